//! What goes in and out of the hub: commands, events, and the sink that events are delivered to.
//!
//! Both are named for the chat, not for a protocol: each dialect parses its lines into
//! [`Command`]s and writes [`Event`]s in its own words.

use crate::protocol::ConnId;

/// What someone may want. Texts are one line each, clean and not blank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// Say or do something in the room.
    Speak(Speech, &'a str),
    /// Say something to one person.
    Private {
        /// The nickname of whom it is for.
        to: &'a str,
        /// What to say.
        text: &'a str,
    },
    /// Take a nickname, the first or another.
    Rename(&'a str),
    /// Who is in this room?
    Who,
    /// Which rooms are there?
    Rooms,
    /// Go to another room.
    Join(&'a str),
    /// What is the topic?
    Topic,
    /// Set the topic; none clears it.
    SetTopic(Option<&'a str>),
    /// The room's last lines: so many, or all that are kept.
    History(Option<usize>),
}

/// How something is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speech {
    /// `<bob> hello`
    #[default]
    Message,
    /// `~ bob waves`
    Action,
}

/// One line that was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// When, in seconds since 1970, UTC.
    pub unix_seconds: u64,
    /// Whether it was said or done.
    pub speech: Speech,
    /// Who said it.
    pub from: String,
    /// What.
    pub text: String,
}

impl Entry {
    /// Bytes of memory, about.
    pub(super) fn bytes(&self) -> usize {
        self.from.len() + self.text.len() + size_of::<Self>()
    }
}

/// What has happened, or the answer to a command.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// Something was said in the room.
    Spoken {
        /// By whom.
        from: &'a str,
        /// How.
        speech: Speech,
        /// What.
        text: &'a str,
    },
    /// Something was said to this client alone.
    Private {
        /// By whom.
        from: &'a str,
        /// What.
        text: &'a str,
    },
    /// Someone came into the room.
    Joined(&'a str),
    /// Someone left the room.
    Left {
        /// Who.
        name: &'a str,
        /// Why, if that was said.
        reason: Option<&'a str>,
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
        /// What they were called.
        old: &'a str,
        /// What they are called.
        new: &'a str,
    },
    /// The host program tells the room something.
    Notice(&'a str),
    /// The room's topic, new or asked for; none: there is none.
    Topic(Option<&'a str>),

    /// This client is now in a room.
    Arrived {
        /// Its nickname; a listener has none.
        name: Option<&'a str>,
        /// The room.
        room: &'a str,
        /// Everyone else in it.
        others: Names<'a>,
    },
    /// The message of the day.
    Motd(&'a [String]),
    /// What was said before, oldest first.
    History(Vec<&'a Entry>),
    /// This client's new nickname.
    NowCalled(&'a str),
    /// Who is in the room.
    Who {
        /// The room.
        room: &'a str,
        /// Everyone in it.
        everyone: Names<'a>,
    },
    /// The rooms with somebody named in them.
    Rooms {
        /// The largest, each with how many are named in it.
        rooms: Vec<(&'a str, usize)>,
        /// How many more there are.
        others: usize,
    },
    /// This client was removed.
    Removed {
        /// From which room.
        room: &'a str,
        /// By whom.
        by: &'a str,
        /// Why, if that was said.
        reason: Option<&'a str>,
    },
    /// A command was not carried out.
    Refused(Refused<'a>),
}

/// Why a command was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused<'a> {
    /// It needs a nickname.
    NicknameFirst,
    /// Nobody is called so.
    NoOneCalled(&'a str),
    /// That person's connection only sends.
    ReadsNothing(&'a str),
    /// One is there already.
    AlreadyIn(&'a str),
    /// That is no name for a room.
    NoRoomName,
    /// No further room can be made.
    TooManyRooms,
    /// Nothing has been said in the room.
    NoHistory(&'a str),
}

/// Some people, in order of arrival: the first by name, the rest by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names<'a> {
    /// At most [`NAMES_SHOWN_MAX`].
    pub names: Vec<&'a str>,
    /// How many more have a name.
    pub others: usize,
    /// How many have none.
    pub listeners: usize,
}

/// How many people are listed by name.
pub const NAMES_SHOWN_MAX: usize = 20;

impl<'a> Names<'a> {
    /// Adds someone.
    pub(super) fn push(&mut self, name: &'a str) {
        if self.names.len() < NAMES_SHOWN_MAX {
            self.names.push(name);
        } else {
            self.others += 1;
        }
    }

    /// Whether this is nobody at all.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.others == 0 && self.listeners == 0
    }
}

/// Where an event goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The connection.
    pub id: ConnId,
    /// What it is to be written as. The hub only carries it.
    pub format: Format,
}

/// Names a wire format: those with the same one get the same bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Format(pub u8);

/// Takes the hub's events. An event is encoded once for each format that occurs in its audience.
pub trait Sink {
    /// Something that happened in a room, for everyone in it whom it concerns. Most often that is
    /// one event; what one person says in one go is several, for the same audience.
    fn to_room<'e>(
        &mut self,
        audience: impl Iterator<Item = Recipient>,
        events: impl Iterator<Item = Event<'e>> + Clone,
    );

    /// An answer, or something private.
    fn to_one(&mut self, recipient: Recipient, event: &Event<'_>);
}
