//! What can be done to the chat: each [`Action`] is plain data, complete in itself, the same for every
//! dialect; and what came of it for whoever did it.

mod bytes;

use super::command::{ModeChange, Rank, Reason, RoomId, RoomRef, Speech};
use super::history::MessageId;
use super::members::Hears;
use super::nicks::Nick;
use super::person::{Host, PersonFlag};
use super::refused::Refused;
use crate::protocol::ConnId;

/// Something that somebody does. Texts are clean: what a dialect lets through is carried as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action<'a> {
    /// Connects: a listener, who has no name. Without a word to anybody.
    Admit {
        /// What they hear of what happens.
        hears: Hears,
        /// Where they come from: for masks to be held against, and for others to see.
        host: Host,
        /// Their address, if that is shown to others as it is.
        address: Option<&'a str>,
        /// Whether they come into the default room with that, unless they are banned there; else they
        /// are in none until they join one.
        enters_default: bool,
    },
    /// Takes a first nickname, with a user name and a real name if there are any; whoever has one
    /// already takes another.
    Arrive {
        /// The nickname.
        nick: Nick<'a>,
        /// User name and real name.
        names: Option<(&'a str, &'a str)>,
    },
    /// Takes another nickname for the one they have.
    Rename(Nick<'a>),
    /// Comes into a room, which is made if there is none of that name.
    Join {
        /// Its name.
        room: &'a str,
        /// The word without which one does not come in, where there is one.
        key: Option<&'a str>,
        /// Whether they go out of all other rooms with that.
        leaves_others: bool,
    },
    /// Goes out of a room.
    Part {
        /// Which.
        room: RoomRef<'a>,
        /// Why: told only by whoever may speak there.
        reason: Option<&'a str>,
    },
    /// Says something in a room, to all in it who are at least of a rank. One need not be in it.
    Say {
        /// Where.
        room: RoomRef<'a>,
        /// To whom of those in it.
        at_least: Rank,
        /// What.
        what: Utterance<'a>,
    },
    /// Says something to one person, who may be they themselves.
    Tell {
        /// The nickname of whom.
        to: &'a str,
        /// What.
        what: Utterance<'a>,
    },
    /// Sets a room's topic; none clears it.
    SetTopic {
        /// Which room's.
        room: RoomRef<'a>,
        /// The topic.
        topic: Option<&'a str>,
    },
    /// Asks someone into a room. Whoever is asked by an operator of it comes in whatever its rules say.
    Invite {
        /// Where.
        room: RoomRef<'a>,
        /// The nickname of whom.
        name: &'a str,
    },
    /// Puts someone out of a room. Whoever is in one room at a time goes back to the default room; put
    /// out of that, they are removed altogether.
    Kick {
        /// Where.
        room: RoomRef<'a>,
        /// The nickname of whom.
        name: &'a str,
        /// Why.
        reason: Option<&'a str>,
    },
    /// Takes a message back. Whoever said it may, as long as they stay connected, and operators may: a
    /// name proves nothing.
    Redact {
        /// Where.
        room: RoomRef<'a>,
        /// Which message.
        message: MessageId,
        /// When it was said, in microseconds since 1970, UTC: after a restart, a message of before
        /// may have had the same id.
        unix_us: u64,
        /// Why: told only by whoever may speak there.
        reason: Option<&'a str>,
    },
    /// Makes several changes of a room's modes; each is made or not by itself.
    ChangeModes {
        /// Which room's.
        room: RoomRef<'a>,
        /// The changes, in order.
        changes: &'a [ModeChange<'a>],
    },
    /// Is away, with a word why; or back.
    SetAway(Option<&'a str>),
    /// Gives another real name.
    SetRealName(&'a str),
    /// Several things are so of them, or no longer, in order.
    SetFlags(&'a [(PersonFlag, bool)]),
    /// Sets the value of a key, or removes it: one's own, that of a room that one rules, and, for
    /// whoever rules the server, everybody's.
    SetValue {
        /// Whose.
        whose: Whose,
        /// The key.
        key: &'a str,
        /// Its value.
        value: Option<&'a str>,
    },
    /// Removes all keys.
    ClearValues(Whose),
    /// Tells the room that they came into first something, in the server's name.
    Announce(&'a str),
    /// Says something in a room on behalf of the host program.
    SayAs {
        /// Who is to have said it: made legal, but need not be anybody here.
        name: &'a str,
        /// Where.
        room: &'a str,
        /// What, in one line.
        text: &'a str,
    },
    /// Leaves for good.
    Leave(Option<Reason<'a>>),
    /// Time has passed, and nobody did anything: tells of gathered comings and goings, and forgets rooms
    /// long empty.
    Tick,
    /// Removes someone from the server, in the name of somebody who need not be here.
    Disconnect {
        /// The nickname of whom.
        name: &'a str,
        /// Who does it, if it is not the actor.
        by: Option<&'a str>,
        /// Why.
        reason: Option<&'a str>,
    },
}

/// Whose metadata is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Someone's who is here.
    Person(ConnId),
    /// A room's.
    Room(RoomId),
}

/// Something that someone wants to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utterance<'a> {
    /// How.
    pub speech: Speech,
    /// What.
    pub texts: Texts<'a>,
    /// Where in a text its author's program broke a line only because it had to, in ascending order.
    pub seams: &'a [u32],
    /// For programs, in a form that those who read them agree on.
    pub tags: &'a str,
}

impl<'a> Utterance<'a> {
    /// A message of one line.
    pub fn message(text: &'a str) -> Self {
        Self::lines(Speech::Message, Texts::one(text))
    }

    /// Several messages.
    pub fn lines(speech: Speech, texts: Texts<'a>) -> Self {
        Self {
            speech,
            texts,
            seams: &[],
            tags: "",
        }
    }
}

/// One or several messages that are said in one go: the same as one after another, but the room is gone
/// through once. In a busy room, that is most of a line's cost.
///
/// Each is a line, or several with LF between them that belong together; empty if only tags count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Texts<'a> {
    text: &'a str,
    /// Where each ends; nothing, if there is one.
    ends: &'a [usize],
}

impl<'a> Texts<'a> {
    /// One message.
    pub fn one(text: &'a str) -> Self {
        Self { text, ends: &[] }
    }

    /// Several, which stand one behind the other; `ends` says where each ends.
    pub fn several(text: &'a str, ends: &'a [usize]) -> Self {
        Self { text, ends }
    }

    /// Each message.
    pub fn iter(self) -> TextsIter<'a> {
        TextsIter {
            rest: self,
            start: 0,
            is_one: self.ends.is_empty(),
        }
    }
}

/// The messages of [`Texts`], one after the other.
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

/// What came of an action, for whoever did it; the others are told by events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done<'a> {
    /// All of it.
    All,
    /// They are in this room now.
    Joined(RoomId),
    /// It was said.
    Said(Receipt),
    /// What became of each change of modes, in order.
    Changes(Vec<Outcome<'a>>),
    /// These things are so of them now, or no longer, and were not before.
    Flags(Vec<(PersonFlag, bool)>),
    /// These keys were removed.
    Cleared(Vec<Box<str>>),
    /// Nothing, since it was so already.
    Nothing,
    /// This one was removed.
    Disconnected(ConnId),
}

/// What became of something said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Which message it is: the first, where there are several.
    pub id: MessageId,
    /// When it was said, in microseconds since 1970, UTC.
    pub unix_us: u64,
    /// Whether the one person it was for is away: see their profile.
    pub is_away: bool,
}

/// What became of one change of a room's modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// It was made, and told to the room.
    Applied,
    /// It was so already.
    Unchanged,
    /// It was not made.
    Refused(Refused<'a>),
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
