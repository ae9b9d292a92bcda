//! What goes out of the hub: events, and the sink that they are delivered to.
//!
//! Events are named for the chat, not for a protocol: each dialect writes them in its own words.

use super::command::{ModeChange, Reason, Speech, To};
use super::history::{Entry, MessageId};
use super::person::Person;
use super::recipient::{Addressee, Recipient};
use super::refused::Refused;
use super::room::Topic;
use super::roster::Names;
use super::view::RoomView;
use crate::protocol::ConnId;

/// Something that was said.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// By whom.
    pub from: Person<'a>,
    /// For whom.
    pub to: To<'a>,
    /// How.
    pub speech: Speech,
    /// What, in one line or several with LF between them: no dialect may write it as it is.
    pub text: &'a str,
    /// Where in the text its author's program broke a line only because it had to, in ascending order.
    pub seams: &'a [u32],
    /// What the speaker's program said besides, for other programs: the hub only carries it.
    pub tags: &'a str,
    /// Which of all messages it is.
    pub id: MessageId,
    /// When, in microseconds since 1970, UTC.
    pub unix_us: u64,
}

impl Said<'_> {
    /// Whether it is said in several lines. Asked of each message: a search by bytes is a fifth of one by
    /// characters.
    pub fn has_lines(&self) -> bool {
        memchr::memchr(b'\n', self.text.as_bytes()).is_some()
    }
}

/// What has happened, or the answer to a command.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// Something was said in the room.
    Spoken(Said<'a>),
    /// Something was said to this client alone.
    Private(Said<'a>),
    /// Someone came into the room.
    Joined(Person<'a>),
    /// An operator has come back, and rules the room again.
    RulesAgain(Person<'a>),
    /// Someone left the room.
    Left {
        /// Who.
        person: Person<'a>,
        /// Why, if that is known.
        reason: Option<Reason<'a>>,
    },
    /// Someone left for good, and so every room they were in. Told to those who hear
    /// [`Each`](super::Hears::Each) thing; the others are told by room that someone
    /// [left](Self::Left).
    Quit {
        /// Who.
        person: Person<'a>,
        /// Why, if that is known.
        reason: Option<Reason<'a>>,
    },
    /// Many came and went: in a full room that is told together.
    Gathered {
        /// Who came.
        joined: Names<'a>,
        /// Who left.
        left: Names<'a>,
    },
    /// Someone is called something else now.
    Renamed {
        /// Who, by the name they had.
        person: Person<'a>,
        /// What they are called.
        new: &'a str,
    },
    /// Someone was put out of the room.
    Kicked {
        /// Who.
        person: Person<'a>,
        /// By whom.
        by: Person<'a>,
        /// Why, if that was said.
        reason: Option<&'a str>,
    },
    /// Modes of the room were changed.
    ModesChanged {
        /// By whom.
        by: Person<'a>,
        /// What was changed, in order, by the names people have.
        changes: &'a [ModeChange<'a>],
    },
    /// The topic was set, or cleared.
    TopicSet {
        /// By whom.
        by: Person<'a>,
        /// What it is.
        topic: Option<&'a Topic>,
    },
    /// Someone was asked into the room. For its operators.
    Invited {
        /// Who.
        name: &'a str,
        /// By whom.
        by: Person<'a>,
    },
    /// A message was taken back. For those who hear [`Each`](super::Hears::Each) thing: what others
    /// have read cannot be unread.
    TakenBack {
        /// By whom.
        by: Person<'a>,
        /// Which message.
        id: MessageId,
        /// When it was said, in microseconds since 1970, UTC.
        unix_us: u64,
        /// Why, if that was said.
        reason: Option<&'a str>,
    },
    /// Someone is away now, or back: see their profile.
    AwayChanged(Person<'a>),
    /// Someone gave another real name: see their profile.
    RealNameChanged(Person<'a>),
    /// A key has another value now, or is gone. For those who [follow](super::Hub::follow) it.
    ValueChanged {
        /// Whose it is; none: the room's.
        of: Option<Person<'a>>,
        /// The key.
        key: &'a str,
        /// Its value, if it has one.
        value: Option<&'a str>,
    },
    /// The host program tells the room something.
    Notice(&'a str),

    /// This client is in another room now, since it was put out of one.
    Moved {
        /// Who it is.
        person: Person<'a>,
        /// The room.
        room: RoomView<'a>,
        /// Everyone else in it.
        others: Names<'a>,
        /// What was said there before, oldest first, as much as newcomers are shown.
        replay: Vec<&'a Entry>,
    },
    /// This client has lost its place in a room, which is not for those called so.
    KeptOut {
        /// The room.
        room: &'a str,
        /// Why.
        why: Refused<'a>,
    },
    /// This client is asked into a room.
    InvitedTo {
        /// Where.
        room: &'a str,
        /// By whom.
        by: Person<'a>,
    },
    /// This client was disconnected, whatever rooms it was in.
    Disconnected {
        /// By whom.
        by: Person<'a>,
        /// Why, if that was said.
        reason: Option<&'a str>,
    },
    /// This client was put out of a room.
    Removed {
        /// Who it is.
        person: Person<'a>,
        /// Which room.
        room: &'a str,
        /// By whom.
        by: Person<'a>,
        /// Why, if that was said.
        reason: Option<&'a str>,
        /// Whether it is out of everything with that, and its connection is closed.
        is_final: bool,
    },
    /// Someone whom this client watches has come.
    Online {
        /// Who.
        person: Person<'a>,
        /// What they have of the keys that this client follows.
        values: Vec<(&'a str, &'a str)>,
    },
    /// Nobody is called so any more, whom this client watches.
    Offline(&'a str),
}

/// Takes the hub's events. An event is encoded once for each format that occurs in its audience.
pub trait Sink {
    /// Something that happened in a room, for everyone in it whom it concerns. Most often that is
    /// one event; what one person says in one go is several, for the same audience.
    fn to_room<'e>(
        &mut self,
        room: &str,
        audience: impl Iterator<Item = Recipient>,
        events: impl Iterator<Item = Event<'e>> + Clone,
    );

    /// Something about a person, for everyone who shares a room with them, or asked for it: each is
    /// told once, however many rooms they share.
    fn to_peers(&mut self, audience: impl Iterator<Item = Recipient>, event: &Event<'_>);

    /// Something about a person, for those who [watch](super::Hub::watch) them and share no room with
    /// them.
    fn to_watchers(&mut self, audience: impl Iterator<Item = Recipient>, event: &Event<'_>) {
        let _ = (audience, event);
    }

    /// What the one reads whose deed it is, at the place in the order where the others read it; `room`
    /// is empty if it is about none.
    fn to_actor(&mut self, actor: Addressee<'_>, room: &str, event: &Event<'_>) {
        let _ = (actor, room, event);
    }

    /// An answer, or something private.
    fn to_one(&mut self, to: Addressee<'_>, event: &Event<'_>);

    /// Someone was removed from here, and has been told so: their connection is to be closed.
    fn dismissed(&mut self, id: ConnId);
}
