//! The chat as a whole: its parts, subscriptions of clients, and the count of work.
//!
//! Actions are in [`apply`](super::apply), and questions in [`queries`](super::queries). The parts are four
//! values that do not hold each other, so that an action can borrow them apart: when all methods were the
//! hub's own, each of ten files reached into all of its fields.
//!
//! Besides actions, only subscriptions change the hub: a format, a watched nickname, a followed key. They
//! say how and to whom events are delivered, and are no part of the chat, so they are no actions either.
//! Machines that keep one chat together need not agree on formats, which the [digest](Hub::digest) leaves
//! out.

use super::command_error::CommandError;
use super::conversations::Conversations;
use super::cost::Work;
use super::history::Entry;
use super::members::Member;
use super::people::People;
use super::recipient::Format;
use super::rooms::Rooms;
use super::values::MetadataError;
use crate::config::RelayConfig;
use crate::protocol::{ConnId, Monotonic};

/// The whole chat: people, rooms, memberships and messages.
///
/// ```
/// use std::time::Duration;
///
/// use parloir::relay::hub::{Action, Addressee, Done, Event, EventLevel, Host, Hub, Nick, Recipient, Sink};
/// use parloir::{ConnId, RelayConfig, Time};
///
/// /// Prints what everyone is told.
/// struct Printer;
///
/// impl Sink for Printer {
///     fn to_room<'e>(
///         &mut self,
///         room: &str,
///         audience: impl Iterator<Item = Recipient>,
///         events: impl Iterator<Item = Event<'e>> + Clone,
///     ) {
///         let readers = audience.count();
///         events.for_each(|event| println!("{readers} in {room} read {event:?}"));
///     }
///     fn to_peers(&mut self, _: impl Iterator<Item = Recipient>, _: &Event<'_>) {}
///     fn to_one(&mut self, to: Addressee<'_>, event: &Event<'_>) {
///         println!("{} reads {event:?}", to.id);
///     }
///     fn dismissed(&mut self, _: ConnId) {}
/// }
///
/// let mut hub = Hub::new(RelayConfig::default());
/// let (bob, now) = (ConnId::new(0, 0), Time::new(Duration::ZERO, Duration::ZERO));
/// let admit = Action::Admit {
///     level: EventLevel::Room,
///     host: Host::LOCAL,
///     address: None,
///     enters_default: true,
/// };
/// assert_eq!(hub.apply(bob, &admit, now, &mut Printer), Ok(Done::All));
/// let arrive = Action::Arrive { nick: Nick::Like("bob"), names: None };
/// assert_eq!(hub.apply(bob, &arrive, now, &mut Printer), Ok(Done::All));
/// assert_eq!(hub.name(bob), Some("bob"));
/// assert_eq!(hub.room("lobby").map(|room| room.named()), Some(1));
/// ```
#[derive(Debug)]
pub struct Hub {
    pub(super) people: People,
    pub(super) rooms: Rooms,
    /// Private messages. They stand apart from the rooms because they end with a connection, and apart
    /// from the people because each belongs to two of them.
    pub(super) conversations: Conversations,
    /// The work done for the current line. It is in a cell, because questions cost work as well, and a
    /// question has the hub by a shared reference.
    pub(super) work: Work,
}

impl Hub {
    /// An empty chat with these settings.
    pub fn new(config: RelayConfig) -> Self {
        Self {
            people: People::new(config.seed, config.reserved()),
            rooms: Rooms::new(config),
            conversations: Conversations::default(),
            work: Work::default(),
        }
    }

    /// Sets the format in which events for a client are written from now on.
    ///
    /// Each of the client's places in a room has a copy, so that a broadcast reads no client. A client that
    /// is not connected has no format, and nothing happens.
    pub fn set_format(&mut self, id: ConnId, format: Format) {
        if let Some(client) = self.people.get_mut(id) {
            client.format = format;
            let set = |member: &mut Member| member.format = format;
            self.rooms.change_members(client, set);
        }
    }

    /// Tells a client from now on when a nickname comes into use or goes out of it, by
    /// [`Event::Online`](super::Event::Online) and [`Event::Offline`](super::Event::Offline).
    ///
    /// # Errors
    ///
    /// [`CommandError::NameIllegal`] if the text is not a legal nickname, [`CommandError::WatchesTooMany`]
    /// if the client watches [`WATCHED_MAX`](super::WATCHED_MAX) nicknames already, and
    /// [`CommandError::NicknameFirst`] if it is not connected. To watch a nickname twice is no error.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use parloir::relay::hub::{Action, CommandError, EventLevel, Host, Hub};
    /// # use parloir::relay::hub::{Addressee, Event, Recipient, Sink};
    /// use parloir::{ConnId, RelayConfig, Time};
    ///
    /// # struct Quiet;
    /// # impl Sink for Quiet {
    /// #     fn to_room<'e>(&mut self, _: &str, _: impl Iterator<Item = Recipient>,
    /// #         _: impl Iterator<Item = Event<'e>> + Clone) {}
    /// #     fn to_peers(&mut self, _: impl Iterator<Item = Recipient>, _: &Event<'_>) {}
    /// #     fn to_one(&mut self, _: Addressee<'_>, _: &Event<'_>) {}
    /// #     fn dismissed(&mut self, _: ConnId) {}
    /// # }
    /// let (mut hub, id) = (Hub::new(RelayConfig::default()), ConnId::new(0, 0));
    /// assert_eq!(hub.watch(id, "bob"), Err(CommandError::NicknameFirst));
    ///
    /// let (level, host) = (EventLevel::Raw, Host::LOCAL);
    /// let admit = Action::Admit { level, host, address: None, enters_default: false };
    /// let now = Time::new(Duration::ZERO, Duration::ZERO);
    /// hub.apply(id, &admit, now, &mut Quiet).expect("an admission is never refused");
    /// assert_eq!(hub.watch(id, "Bob"), Ok(()));
    /// assert_eq!(hub.watch(id, "BOB"), Ok(()), "the same nickname in another case");
    /// assert!(hub.watched(id).eq(["Bob"]));
    /// assert_eq!(hub.watch(id, "b b"), Err(CommandError::NameIllegal));
    /// ```
    pub fn watch(&mut self, id: ConnId, name: &str) -> Result<(), CommandError<'static>> {
        self.people.watch(id, name)
    }

    /// Stops telling a client about a nickname.
    pub fn unwatch(&mut self, id: ConnId, name: &str) {
        self.people.unwatch(id, name);
    }

    /// Stops telling a client about all nicknames.
    pub fn unwatch_all(&mut self, id: ConnId) {
        self.people.unwatch_all(id);
    }

    /// Tells a client from now on when a metadata key changes: its own key if another client changes it,
    /// and the key of a room that it is in, of a person in such a room, or of a person that it
    /// [watches](Self::watch). Returns whether the client did not follow the key before.
    ///
    /// # Errors
    ///
    /// [`MetadataError::KeyIllegal`] if the text is not a legal key, [`MetadataError::TooMany`] if the
    /// client follows [`FOLLOWED_MAX`](super::FOLLOWED_MAX) keys already, and
    /// [`MetadataError::NoSuchTarget`] if it is not connected.
    pub fn follow(&mut self, id: ConnId, key: &str) -> Result<bool, MetadataError> {
        self.people.follow(id, key)
    }

    /// Stops telling a client about a metadata key.
    pub fn unfollow(&mut self, id: ConnId, key: &str) {
        self.people.unfollow(id, |other| other == key);
    }

    /// Stops telling a client about all metadata keys.
    pub fn unfollow_all(&mut self, id: ConnId) {
        self.people.unfollow(id, |_| true);
    }

    /// Time at which a [tick](super::Action::Tick) is due next, if any is.
    pub fn deadline(&self) -> Option<Monotonic> {
        self.rooms.deadline()
    }

    /// Adds work that is done for the current line, in parts of a line: see [`cost`](super::cost).
    ///
    /// A dialect calls this where it does the work itself, such as writing a long answer. The hub notes its
    /// own work.
    pub fn note_work(&self, work: usize) {
        self.work.note(work);
    }

    /// Adds the work of showing old messages again.
    pub fn note_replay<'a>(&self, entries: impl Iterator<Item = &'a Entry>) {
        self.work.note_replay(entries);
    }

    /// Returns the work done since the last call, in parts, so that it can be [noted](Self::note_work)
    /// again. The relay puts it aside so while the outcome of a line is still to come, and charges the line
    /// once, for all of it.
    pub fn take_work_parts(&mut self) -> usize {
        self.work.take_parts()
    }

    /// Returns the work done since the last call as a number of lines, without the current line itself.
    ///
    /// The relay calls it before a line as well, and throws the result away: the work of timers and of calls
    /// from other threads was once charged to the client that spoke next.
    ///
    /// # Examples
    ///
    /// ```
    /// use parloir::RelayConfig;
    /// use parloir::relay::hub::{Hub, cost};
    ///
    /// let mut hub = Hub::new(RelayConfig::default());
    /// hub.note_work(cost::QUERY as usize);
    /// hub.note_work(cost::LISTED as usize);
    /// assert_eq!(hub.take_work(), 3, "a part of a line is not charged");
    /// assert_eq!(hub.take_work(), 0);
    /// ```
    pub fn take_work(&mut self) -> u32 {
        self.work.take()
    }
}
