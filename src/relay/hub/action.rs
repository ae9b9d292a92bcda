//! The actions that change the chat, and their results. Each [`Action`] is plain data, complete in
//! itself, and the same for every dialect.
//!
//! Complete means: the action, the chat and the time are enough to carry it out, and the action and its
//! outcome are enough to answer it. An answer once stood behind the call, in the dialect, and knew the line:
//! how a channel was typed, whether a flag was for OPER. So no outcome could ever come later than the call,
//! as it does where several machines share one order (`relay/pending.rs`). Therefore an action names its
//! room as it was written if it was not found before, several flags are one action, and the passing of time
//! is an action as well.

mod bytes;

use super::command_error::CommandError;
use super::history::MessageId;
use super::members::EventLevel;
use super::nicks::Nick;
use super::person::{Host, PersonFlag};
use super::terms::{ModeChange, Rank, Reason, RoomId, RoomRef, Speech};
use crate::protocol::ConnId;

/// Something that a client does. Texts are clean already: the hub carries the text that a dialect lets
/// through unchanged.
///
/// # Examples
///
/// An action survives a way through bytes, which is how it is kept until it takes effect:
///
/// ```
/// use parloir::relay::hub::{Action, RoomRef};
///
/// let kick = Action::Kick { room: RoomRef::Named("dev"), name: "bob", reason: Some("late") };
/// let mut bytes = Vec::new();
/// kick.write(&mut bytes);
/// assert_eq!(Action::read(&bytes, |action| *action == kick), Some(true));
/// assert_eq!(Action::read(&bytes[1..], |_| ()), None, "bytes that are no action are refused");
/// assert_eq!(kick.room(), Some(RoomRef::Named("dev")));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action<'a> {
    /// Connects as a listener, a client without a nickname. No other client is told.
    Admit {
        /// The events that the client wants to hear.
        level: EventLevel,
        /// The place that the client connects from: masks are compared with it, and others see it.
        host: Host,
        /// The client's address, if others are shown the address itself.
        address: Option<&'a str>,
        /// True if the client also enters the default room, unless it is banned there. Otherwise the
        /// client is in no room until it joins one.
        enters_default: bool,
    },
    /// Takes a first nickname, and a user name and a real name if they are given. A client that already
    /// has a nickname is renamed.
    Arrive {
        /// The nickname.
        nick: Nick<'a>,
        /// The user name and the real name.
        names: Option<(&'a str, &'a str)>,
    },
    /// Replaces the client's nickname by another one.
    Rename(Nick<'a>),
    /// Enters a room. If no room has that name, the room is made.
    Join {
        /// The room's name.
        room: &'a str,
        /// The room's key, without which the client cannot enter a room that has a key.
        key: Option<&'a str>,
        /// True if the client leaves all its other rooms at the same time.
        leaves_others: bool,
    },
    /// Leaves a room.
    Part {
        /// The room to leave.
        room: RoomRef<'a>,
        /// The reason. It is told to others only if the client may speak in the room.
        reason: Option<&'a str>,
    },
    /// Says something in a room, to all members of at least a given rank. The client need not be in the
    /// room.
    Say {
        /// The room to speak in.
        room: RoomRef<'a>,
        /// The lowest rank of the members that the message is for.
        at_least: Rank,
        /// The message.
        what: Utterance<'a>,
    },
    /// Says something to one person. The sender may also be the recipient.
    Tell {
        /// The recipient's nickname.
        to: &'a str,
        /// The message.
        what: Utterance<'a>,
    },
    /// Sets a room's topic, or clears it.
    SetTopic {
        /// The room of the topic.
        room: RoomRef<'a>,
        /// The new topic; none clears it.
        topic: Option<&'a str>,
    },
    /// Invites a person into a room. If an operator of the room invites, the invited person may enter
    /// against every rule of the room.
    Invite {
        /// The room that the invitation is for.
        room: RoomRef<'a>,
        /// The nickname of the invited person.
        name: &'a str,
    },
    /// Puts a person out of a room. A person who is in no other room goes back to the default room,
    /// unless the client is a program that hears [`EventLevel::Raw`] event. Put out of the default room,
    /// such a person is removed from the server.
    Kick {
        /// The room.
        room: RoomRef<'a>,
        /// The nickname of the person to put out.
        name: &'a str,
        /// The reason.
        reason: Option<&'a str>,
    },
    /// Takes a message back. The sender may do so as long as the connection lasts and the message is in the history, and
    /// an operator of the room always. The sender's name does not count, because a name proves nothing.
    Redact {
        /// The room of the message.
        room: RoomRef<'a>,
        /// The message to take back.
        message: MessageId,
        /// Time at which the message was said, in microseconds since 1970, UTC. The id alone is not
        /// enough: a message from before a restart may have had the same id.
        unix_us: u64,
        /// The reason. It is told to others only if the client may speak in the room.
        reason: Option<&'a str>,
    },
    /// Makes several changes to a room's modes. Each change succeeds or fails by itself.
    ChangeModes {
        /// The room of the modes.
        room: RoomRef<'a>,
        /// The changes, in order.
        changes: &'a [ModeChange<'a>],
    },
    /// Sets the client away, with a reason; none means that the client is back.
    SetAway(Option<&'a str>),
    /// Replaces the client's real name.
    SetRealName(&'a str),
    /// Sets or clears several of the client's flags, in order.
    SetFlags(&'a [(PersonFlag, bool)]),
    /// Sets the value of a metadata key, or removes the key. Clients may change their own keys and those
    /// of rooms that they are an operator of; server operators may change all keys.
    SetValue {
        /// The person or the room that has the key.
        whose: Whose,
        /// The key.
        key: &'a str,
        /// The new value; none removes the key.
        value: Option<&'a str>,
    },
    /// Removes all metadata keys of a person or a room.
    ClearValues(Whose),
    /// Tells a text, in the server's name, to the room that the client entered first.
    Announce(&'a str),
    /// Says something in a room on behalf of the host program.
    SayAs {
        /// The name of the sender. It is made legal, and need not belong to a connected client.
        name: &'a str,
        /// The room to speak in.
        room: &'a str,
        /// The text, in one line.
        text: &'a str,
    },
    /// Leaves the server.
    Leave(Option<Reason<'a>>),
    /// Lets time pass without an action by a client: announces the gathered joins and departures, and
    /// forgets rooms that have been empty for too long.
    Tick,
    /// Removes a person from the server. The removal may be in the name of a person who is not
    /// connected.
    Disconnect {
        /// The nickname of the person to remove.
        name: &'a str,
        /// The name of the person who removes, if that is not the acting client.
        by: Option<&'a str>,
        /// The reason.
        reason: Option<&'a str>,
    },
    /// Takes back everything that was said under a nickname, by whomever, in all rooms and conversations, and what a
    /// [store](crate::store) has of it.
    Forget {
        /// The nickname.
        name: &'a str,
    },
}

impl<'a> Action<'a> {
    /// Returns the room that the action is about, if it is about one: a refusal names it. The match has no
    /// `_`, so that the compiler asks for the room of a new action: three dialects read it here.
    pub fn room(&self) -> Option<RoomRef<'a>> {
        match *self {
            Self::Join { room, .. } | Self::SayAs { room, .. } => Some(RoomRef::Named(room)),
            Self::Part { room, .. }
            | Self::Say { room, .. }
            | Self::SetTopic { room, .. }
            | Self::Invite { room, .. }
            | Self::Kick { room, .. }
            | Self::Redact { room, .. }
            | Self::ChangeModes { room, .. } => Some(room),
            Self::Admit { .. }
            | Self::Arrive { .. }
            | Self::Rename(_)
            | Self::Tell { .. }
            | Self::SetAway(_)
            | Self::SetRealName(_)
            | Self::SetFlags(_)
            | Self::SetValue { .. }
            | Self::ClearValues(_)
            | Self::Announce(_)
            | Self::Leave(_)
            | Self::Tick
            | Self::Disconnect { .. }
            | Self::Forget { .. } => None,
        }
    }
}

/// The owner of metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// A connected client.
    Person(ConnId),
    /// A room.
    Room(RoomId),
}

/// A message to be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utterance<'a> {
    /// The manner of speaking.
    pub speech: Speech,
    /// The texts of the message.
    pub texts: Texts<'a>,
    /// Byte positions in the text at which the sender's program had to break a line, in ascending order:
    /// IRC's draft/multiline, `multiline-concat`. A program that shows the message joins the parts there.
    pub concat_offsets: &'a [u32],
    /// Tags for programs, in a form that the programs that read them agree on. Empty if there are none.
    pub tags: &'a str,
}

impl<'a> Utterance<'a> {
    /// A message of one text.
    ///
    /// # Examples
    ///
    /// ```
    /// use parloir::relay::hub::{Speech, Texts, Utterance};
    ///
    /// let hello = Utterance::message("hello");
    /// assert_eq!(hello, Utterance::lines(Speech::Message, Texts::one("hello")));
    /// let wave = Utterance { speech: Speech::Action, ..Utterance::message("waves") };
    /// assert!(wave.speech.is_for_people());
    /// ```
    pub fn message(text: &'a str) -> Self {
        Self::lines(Speech::Message, Texts::one(text))
    }

    /// Several messages without seams and tags.
    pub fn lines(speech: Speech, texts: Texts<'a>) -> Self {
        Self {
            speech,
            texts,
            concat_offsets: &[],
            tags: "",
        }
    }
}

/// One or several messages that are said together. The result is the same as saying one after another,
/// but the room's members are gone through only once; in a busy room, that is most of a line's cost.
///
/// Each message is one line, or several lines that belong together, with LF between them. It is empty if
/// only the tags count.
///
/// The messages are one text with the positions of their ends, and not a list of texts, so that a relay can
/// collect them in memory that it keeps from line to line.
///
/// # Examples
///
/// ```
/// use parloir::relay::hub::Texts;
///
/// assert!(Texts::one("hello").iter().eq(["hello"]));
/// assert!(Texts::several("onetwo", &[3, 6]).iter().eq(["one", "two"]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Texts<'a> {
    text: &'a str,
    /// The byte position at which each message ends; empty if there is only one message.
    ends: &'a [usize],
}

impl<'a> Texts<'a> {
    /// One message.
    pub fn one(text: &'a str) -> Self {
        Self { text, ends: &[] }
    }

    /// Several messages, joined in one text; `ends` has the byte position at which each message ends.
    pub fn several(text: &'a str, ends: &'a [usize]) -> Self {
        Self { text, ends }
    }

    /// Returns each message.
    pub fn iter(self) -> TextsIter<'a> {
        TextsIter {
            rest: self,
            start: 0,
            is_one: self.ends.is_empty(),
        }
    }
}

/// Iterates over the messages of [`Texts`].
#[derive(Clone, Debug)]
pub struct TextsIter<'a> {
    rest: Texts<'a>,
    start: usize,
    is_one: bool,
}

impl<'a> Iterator for TextsIter<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.is_one {
            self.is_one = false;
            return Some(self.rest.text);
        }
        let (end, ends) = self.rest.ends.split_first()?;
        let text = &self.rest.text[self.start..*end];
        self.start = *end;
        self.rest.ends = ends;
        Some(text)
    }
}

/// The result of an action, for the client that acted. Other clients are told by events. It holds what the
/// chat alone can tell; whatever else an answer says is in the action itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done<'a> {
    /// The whole action was carried out.
    All,
    /// The client is now in this room.
    Joined(RoomId),
    /// The message was said.
    Said(Receipt),
    /// The outcome of each mode change, in order.
    Changes(Vec<Outcome<'a>>),
    /// The flags that have changed, each with its new value. A flag that was so already is left out, since
    /// programs are told of changes only.
    Flags(Vec<(PersonFlag, bool)>),
    /// The metadata keys that were removed.
    Cleared(Vec<Box<str>>),
    /// Nothing was done: an [`Action::Tell`] had no text.
    Nothing,
    /// The client with this connection was removed.
    Disconnected(ConnId),
}

/// The receipt for something that was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The id of the message; of the first one if there are several. The others have the next numbers.
    pub id: MessageId,
    /// Time at which the message was said, in microseconds since 1970, UTC; of several messages, each
    /// further one was said 1,000 µs later.
    pub unix_us: u64,
    /// True if the one recipient of a private message is away: see the recipient's profile.
    pub is_away: bool,
}

/// The outcome of one change to a room's modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// The change was made, and the room was told.
    Applied,
    /// The room already had this mode, so nothing changed.
    Unchanged,
    /// The change was not made.
    Refused(CommandError<'a>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_one_or_several() {
        let texts = |texts: Texts<'static>| texts.iter().collect::<Vec<_>>();
        assert_eq!(texts(Texts::one("")), [""]);
        assert_eq!(texts(Texts::one("ab")), ["ab"]);
        assert_eq!(texts(Texts::several("ab", &[2])), ["ab"]);
        assert_eq!(texts(Texts::several("abc", &[1, 1, 3])), ["a", "", "bc"]);
    }
}
