//! The output of the hub: events, and the sink that they are delivered to.
//!
//! Events are named after what happens in the chat, not after a protocol: each dialect writes them in
//! its own words. An event borrows from the hub and lives for one call of the sink, which has to write or
//! copy what it wants to keep.
//!
//! The actor is told by `to_actor` and the others by `to_room`, in one order, because a dialect that wrote
//! the echo of a deed by itself had to guess what the others had been told, and when.

use super::command_error::CommandError;
use super::history::{Entry, MessageId};
use super::person::Person;
use super::recipient::{Addressee, Recipient};
use super::room::Topic;
use super::roster::Names;
use super::terms::{ModeChange, Reason, Speech, To};
use super::view::RoomView;
use crate::protocol::ConnId;

/// A message that was said.
///
/// # Examples
///
/// ```
/// use parloir::relay::hub::{MessageId, Person, Rank, Said, Speech, To};
///
/// let said = Said {
///     from: Person::absent("clock"),
///     to: To::Room { name: "dev", at_least: Rank::Member },
///     speech: Speech::Message,
///     text: "one\ntwo",
///     concat_offsets: &[],
///     tags: "",
///     id: MessageId(7),
///     unix_us: 1_700_000_000_000_000,
/// };
/// assert!(said.has_lines());
/// assert_eq!(said.text.split('\n').count(), 2, "a line client reads two lines");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// The sender.
    pub from: Person<'a>,
    /// The room or the person that the message is for.
    pub to: To<'a>,
    /// The manner of speaking.
    pub speech: Speech,
    /// The text, in one line or in several with LF between them. Because of the LF, no dialect may write
    /// it unchanged.
    pub text: &'a str,
    /// Byte positions in the text at which the sender's program had to break a line, in ascending order.
    pub concat_offsets: &'a [u32],
    /// Additions of the sender's program for other programs. The hub only carries them.
    pub tags: &'a str,
    /// The number of the message among all messages.
    pub id: MessageId,
    /// Time at which the message was said, in microseconds since 1970, UTC.
    pub unix_us: u64,
}

impl Said<'_> {
    /// Returns whether the text has several lines. This is asked of each message, so it searches bytes:
    /// a search by characters takes five times as long, 168 instructions of the 3,280 that a line costs.
    pub fn has_lines(&self) -> bool {
        memchr::memchr(b'\n', self.text.as_bytes()).is_some()
    }
}

/// A change in the chat, or the answer to a command.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// A message was said in the room.
    Spoken(Said<'a>),
    /// A message was said to this client alone.
    Private(Said<'a>),
    /// A person entered the room.
    Joined(Person<'a>),
    /// An operator who had left has come back, and is an operator of the room again.
    RulesAgain(Person<'a>),
    /// A person left the room.
    Left {
        /// The person who left.
        person: Person<'a>,
        /// The reason, if it is known.
        reason: Option<Reason<'a>>,
    },
    /// A person left the server, and so every room that the person was in. Clients that hear
    /// [`Raw`](super::EventLevel::Raw) event are told this; other clients are told for each room that the
    /// person [left](Self::Left).
    Quit {
        /// The person who left.
        person: Person<'a>,
        /// The reason, if it is known.
        reason: Option<Reason<'a>>,
    },
    /// Many people entered and left. In a full room, all of them are announced together. Clients that hear
    /// [`Raw`](super::EventLevel::Raw) event are not told this: they have been told of each by itself.
    Gathered {
        /// The people who entered.
        joined: Names<'a>,
        /// The people who left.
        left: Names<'a>,
    },
    /// A person has another nickname now.
    Renamed {
        /// The person, with the old nickname.
        person: Person<'a>,
        /// The new nickname.
        new: &'a str,
    },
    /// A person was put out of the room.
    Kicked {
        /// The person who was put out.
        person: Person<'a>,
        /// The operator who put the person out.
        by: Person<'a>,
        /// The reason, if one was given.
        reason: Option<&'a str>,
    },
    /// Modes of the room were changed.
    ModesChanged {
        /// The operator who changed the modes.
        by: Person<'a>,
        /// The changes, in order. People are named as they spell their nicknames, not as the operator
        /// typed them.
        changes: &'a [ModeChange<'a>],
    },
    /// The topic was set or cleared.
    TopicSet {
        /// The person who set or cleared the topic.
        by: Person<'a>,
        /// The new topic; none if it was cleared.
        topic: Option<&'a Topic>,
    },
    /// A person was invited into the room. Only the room's operators that hear
    /// [`Raw`](super::EventLevel::Raw) event are told.
    Invited {
        /// The nickname of the invited person.
        name: &'a str,
        /// The person who invited.
        by: Person<'a>,
    },
    /// A message was taken back. Only clients that hear [`Raw`](super::EventLevel::Raw) event are told: a
    /// message that other clients have shown cannot be removed there.
    TakenBack {
        /// The person who took the message back.
        by: Person<'a>,
        /// The id of the message.
        id: MessageId,
        /// Time at which the message was said, in microseconds since 1970, UTC.
        unix_us: u64,
        /// The reason, if one was given.
        reason: Option<&'a str>,
    },
    /// A person is away now, or back: see the person's profile.
    AwayChanged(Person<'a>),
    /// A person has another real name now: see the person's profile.
    RealNameChanged(Person<'a>),
    /// A metadata key has another value now, or was removed. Only clients that
    /// [follow](super::Hub::follow) the key are told.
    ValueChanged {
        /// The person who has the key; none: the room has it.
        of: Option<Person<'a>>,
        /// The key.
        key: &'a str,
        /// The new value; none if the key was removed.
        value: Option<&'a str>,
    },
    /// The host program tells the room a text.
    Notice(&'a str),

    /// This client is in another room now, because it was put out of one.
    Moved {
        /// This client's person.
        person: Person<'a>,
        /// The room that the client is in now.
        room: RoomView<'a>,
        /// All others in the room.
        others: Names<'a>,
        /// Messages that were said in the room before, oldest first, as many as newcomers are shown.
        replay: Vec<&'a Entry>,
    },
    /// This client has lost its place in a room, because the room's bans match it under its nickname.
    KeptOut {
        /// The room.
        room: &'a str,
        /// The reason.
        why: CommandError<'a>,
    },
    /// This client is invited into a room.
    InvitedTo {
        /// The room's name.
        room: &'a str,
        /// The person who invited.
        by: Person<'a>,
    },
    /// This client was removed from the server, and so from all its rooms. [`Removed`](Self::Removed) is
    /// another event, as it names one room: a client that read it would take its other rooms for open.
    Disconnected {
        /// The person who removed the client.
        by: Person<'a>,
        /// The reason, if one was given.
        reason: Option<&'a str>,
    },
    /// This client was put out of a room.
    Removed {
        /// This client's person.
        person: Person<'a>,
        /// The room's name.
        room: &'a str,
        /// The operator who put the client out.
        by: Person<'a>,
        /// The reason, if one was given.
        reason: Option<&'a str>,
        /// True if the client is removed from the server as well, and its connection is closed.
        is_final: bool,
    },
    /// A nickname that this client watches is in use now.
    Online {
        /// The person with the nickname.
        person: Person<'a>,
        /// The person's keys and values, of the keys that this client follows.
        values: Vec<(&'a str, &'a str)>,
    },
    /// A nickname that this client watches is no longer in use.
    Offline(&'a str),
}

/// Receives the hub's events. An event is encoded once for each format that occurs in its audience.
///
/// An audience is an iterator over the members of a room, which the sink goes through once. The hub makes no
/// list of it, and asks nothing of the sink in return: a sink cannot refuse or delay an action.
///
/// # Examples
///
/// ```
/// # use std::time::Duration;
/// use parloir::relay::hub::{
///     Action, Addressee, Event, EventLevel, Host, Hub, Nick, Rank, Recipient, RoomRef, Sink, Utterance,
/// };
/// use parloir::{ConnId, RelayConfig, Time};
///
/// /// Notes who hears of what was said.
/// #[derive(Default)]
/// struct Heard(Vec<(ConnId, String)>);
///
/// impl Sink for Heard {
///     fn to_room<'e>(
///         &mut self,
///         _room: &str,
///         audience: impl Iterator<Item = Recipient>,
///         events: impl Iterator<Item = Event<'e>> + Clone,
///     ) {
///         for to in audience {
///             for event in events.clone() {
///                 if let Event::Spoken(said) = event {
///                     self.0.push((to.id, format!("<{}> {}", said.from.name, said.text)));
///                 }
///             }
///         }
///     }
///     fn to_peers(&mut self, _: impl Iterator<Item = Recipient>, _: &Event<'_>) {}
///     fn to_one(&mut self, _: Addressee<'_>, _: &Event<'_>) {}
///     fn dismissed(&mut self, _: ConnId) {}
/// }
///
/// let (mut hub, mut heard) = (Hub::new(RelayConfig::default()), Heard::default());
/// let now = Time::new(Duration::ZERO, Duration::ZERO);
/// let [ann, bob] = [("ann", 0), ("bob", 1)].map(|(name, n)| {
///     let (id, level, host) = (ConnId::new(n, 0), EventLevel::Room, Host::LOCAL);
///     let admit = Action::Admit { level, host, address: None, enters_default: true };
///     let arrive = Action::Arrive { nick: Nick::Exactly(name), names: None };
///     hub.apply(id, &admit, now, &mut heard).unwrap();
///     hub.apply(id, &arrive, now, &mut heard).unwrap();
///     id
/// });
/// let (room, what) = (RoomRef::Named("lobby"), Utterance::message("hello"));
/// hub.apply(ann, &Action::Say { room, at_least: Rank::Member, what }, now, &mut heard).unwrap();
/// assert_eq!(heard.0, [(bob, "<ann> hello".to_owned())], "all but the one who says it");
/// ```
pub trait Sink {
    /// Takes events in a room, for all members whom they concern. Mostly it is one event; several
    /// messages that one person says together are several events for the same audience. The events can be
    /// cloned, since they are gone through once for each format.
    fn to_room<'e>(
        &mut self,
        room: &str,
        audience: impl Iterator<Item = Recipient>,
        events: impl Iterator<Item = Event<'e>> + Clone,
    );

    /// Takes an event about a person, for everyone who shares a room with that person, or who asked for
    /// such events. Each recipient is told once, even if they share several rooms.
    fn to_peers(&mut self, audience: impl Iterator<Item = Recipient>, event: &Event<'_>);

    /// Takes an event about a person, for clients that [watch](super::Hub::watch) that person and share
    /// no room with them.
    fn to_watchers(&mut self, audience: impl Iterator<Item = Recipient>, event: &Event<'_>) {
        let _ = (audience, event);
    }

    /// Takes the event that the actor reads about its own action, at the place in the order at which
    /// others read it. `room` is empty if the event is about no room.
    fn to_actor(&mut self, actor: Addressee<'_>, room: &str, event: &Event<'_>) {
        let _ = (actor, room, event);
    }

    /// Takes an answer to one client, or a private message.
    fn to_one(&mut self, to: Addressee<'_>, event: &Event<'_>);

    /// Notes that a client was removed from the server and has been told so: its connection is to be
    /// closed.
    fn dismissed(&mut self, id: ConnId);
}
