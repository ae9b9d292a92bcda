//! An action as bytes, in which form it is kept until it takes effect.
//!
//! The bytes are a number for the kind of the action, and then its parts in order. Texts and lists have
//! their length before them.
//!
//! ```text
//! kind   room                           reason
//! ┌────┬──────────────────────────────┬────────────────────────────┐
//! │  4 │ 1, length 8 bytes LE, "dev"  │ 1, length 8 bytes LE, text │   Part, by name, with a reason
//! └────┴──────────────────────────────┴────────────────────────────┘
//! ```
//!
//! Bytes can lie in a table, be sent to another process, and be looked at; an outcome that a dialect waits
//! for inside its code, as an `async` function would, can do nothing of that. Today they stay in one
//! process, for a few turns. If they are ever sent, both ends must agree on the numbers of the kinds and on
//! the order of each `ALL`.
//!
//! All numbers have 8 bytes, little-endian.

use super::{Action, Utterance, Whose};
use crate::relay::hub::members::EventLevel;
use crate::relay::hub::nicks::Nick;
use crate::relay::hub::person::PersonFlag;
use crate::relay::hub::terms::{Flag, List, ModeChange, Rank, Reason, RoomId, RoomRef, Speech};

mod read;

use read::{Lists, Reader};

impl Action<'_> {
    /// Appends the action's bytes to `out`. An example is at [`Action`].
    pub fn write(&self, out: &mut Vec<u8>) {
        match *self {
            Action::Admit {
                level,
                host,
                address,
                enters_default,
            } => {
                begin(out, 0)
                    .one_of(&EventLevel::ALL, level)
                    .number(host.bits());
                ByteWriter(out).optional(address).bool(enters_default);
            }
            Action::Arrive { nick, names } => {
                let (user, real_name) = names.unzip();
                begin(out, 1).nick(nick).optional(user).optional(real_name);
            }
            Action::Rename(nick) => begin(out, 2).nick(nick).end(),
            Action::Join {
                room,
                key,
                leaves_others,
            } => begin(out, 3)
                .text(room)
                .optional(key)
                .bool(leaves_others)
                .end(),
            Action::Part { room, reason } => begin(out, 4).room(room).optional(reason).end(),
            Action::Say {
                room,
                at_least,
                what,
            } => {
                begin(out, 5).room(room).one_of(&Rank::ALL, at_least);
                write_utterance(out, what);
            }
            Action::Tell { to, what } => {
                begin(out, 6).text(to);
                write_utterance(out, what);
            }
            Action::SetTopic { room, topic } => begin(out, 7).room(room).optional(topic).end(),
            Action::Invite { room, name } => begin(out, 8).room(room).text(name).end(),
            Action::Kick { room, name, reason } => {
                begin(out, 9).room(room).text(name).optional(reason);
            }
            Action::Redact {
                room,
                message,
                unix_us,
                reason,
            } => {
                begin(out, 10).room(room).number(message.0).number(unix_us);
                ByteWriter(out).optional(reason);
            }
            Action::ChangeModes { room, changes } => {
                begin(out, 11).room(room).number(changes.len() as u64);
                changes.iter().for_each(|change| write_change(out, *change));
            }
            Action::SetAway(away) => begin(out, 12).optional(away).end(),
            Action::SetRealName(name) => begin(out, 13).text(name).end(),
            Action::SetFlags(flags) => {
                begin(out, 14).number(flags.len() as u64);
                for (flag, is_on) in flags {
                    ByteWriter(out).one_of(&PersonFlag::ALL, *flag).bool(*is_on);
                }
            }
            Action::SetValue { whose, key, value } => {
                begin(out, 15).whose(whose).text(key).optional(value);
            }
            Action::ClearValues(whose) => begin(out, 16).whose(whose).end(),
            Action::Announce(text) => begin(out, 17).text(text).end(),
            Action::SayAs { name, room, text } => {
                begin(out, 18).text(name).text(room).text(text);
            }
            Action::Leave(reason) => begin(out, 19).reason(reason).end(),
            Action::Tick => begin(out, 20).end(),
            Action::Disconnect { name, by, reason } => {
                begin(out, 21).text(name).optional(by).optional(reason);
            }
            Action::Forget { name } => begin(out, 22).text(name).end(),
        }
    }

    /// Reads an action that was [written](Self::write), and hands it over. Returns none if the bytes are
    /// not exactly one action.
    ///
    /// The action is lent to a function and not returned, because it borrows its lists, which are made while
    /// it is read.
    pub fn read<R>(bytes: &[u8], hand_over: impl FnOnce(&Action<'_>) -> R) -> Option<R> {
        let (mut lists, mut reader) = (Lists::default(), Reader(bytes));
        let action = reader.action(&mut lists)?;
        reader.0.is_empty().then(|| hand_over(&action))
    }
}

fn begin(out: &mut Vec<u8>, kind: u8) -> ByteWriter<'_> {
    out.push(kind);
    ByteWriter(out)
}

fn write_utterance(out: &mut Vec<u8>, what: Utterance<'_>) {
    let Utterance {
        speech,
        texts,
        concat_offsets,
        tags,
    } = what;
    let writer = ByteWriter(out)
        .one_of(&Speech::ALL, speech)
        .text(tags)
        .text(texts.text);
    let writer = writer.numbers(texts.ends.iter().map(|end| *end as u64));
    writer.numbers(concat_offsets.iter().map(|seam| u64::from(*seam)));
}

fn write_change(out: &mut Vec<u8>, change: ModeChange<'_>) {
    match change {
        ModeChange::Flag(flag, is_on) => begin(out, 0).one_of(&Flag::ALL, flag).bool(is_on).end(),
        ModeChange::Key(key) => begin(out, 1).optional(key).end(),
        ModeChange::Limit(limit) => {
            // Zero stands for no limit. A limit of zero does not occur: no client could enter the room.
            begin(out, 2).number(limit.map_or(0, u64::from));
        }
        ModeChange::Rank { rank, name, is_on } => {
            begin(out, 3)
                .one_of(&Rank::ALL, rank)
                .text(name)
                .bool(is_on);
        }
        ModeChange::List { list, mask, is_on } => {
            begin(out, 4)
                .one_of(&List::ALL, list)
                .text(mask)
                .bool(is_on);
        }
    }
}

/// Writes the parts of an action one after the other.
struct ByteWriter<'o>(&'o mut Vec<u8>);

impl ByteWriter<'_> {
    /// Ends a chain of parts where an arm of a match must have no value.
    fn end(self) {}

    fn byte(self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    fn bool(self, is_so: bool) -> Self {
        self.byte(u8::from(is_so))
    }

    /// Writes the position of a value among all values of its type. The types list all their values in `ALL`
    /// for this: a cast to a number would go one way only. A value that its list lacks becomes 255, which
    /// no reader accepts.
    fn one_of<T: Copy + PartialEq>(self, all: &[T], it: T) -> Self {
        let at = all.iter().position(|other| *other == it);
        self.byte(at.map_or(u8::MAX, |at| at as u8))
    }

    fn number(self, number: u64) -> Self {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    fn numbers(self, numbers: impl ExactSizeIterator<Item = u64>) -> Self {
        let writer = self.number(numbers.len() as u64);
        numbers.fold(writer, Self::number)
    }

    fn text(self, text: &str) -> Self {
        let writer = self.number(text.len() as u64);
        writer.0.extend_from_slice(text.as_bytes());
        writer
    }

    fn optional(self, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.byte(1).text(text),
            None => self.byte(0),
        }
    }

    fn room(self, room: RoomRef<'_>) -> Self {
        match room {
            RoomRef::Id(id) => self.byte(0).room_id(id),
            RoomRef::Named(name) => self.byte(1).text(name),
        }
    }

    fn room_id(self, RoomId { index, number }: RoomId) -> Self {
        self.number(u64::from(index) << 32 | u64::from(number))
    }

    fn whose(self, whose: Whose) -> Self {
        match whose {
            Whose::Person(id) => {
                let (index, generation) = (id.index() as u64, u64::from(id.generation()));
                self.byte(0).number(index << 32 | generation)
            }
            Whose::Room(room) => self.byte(1).room_id(room),
        }
    }

    fn nick(self, nick: Nick<'_>) -> Self {
        match nick {
            Nick::Exactly(name) => self.byte(0).text(name),
            Nick::Like(name) => self.byte(1).text(name),
            Nick::Reserved(name) => self.byte(2).text(name),
        }
    }

    fn reason(self, reason: Option<Reason<'_>>) -> Self {
        match reason {
            None => self.byte(0),
            Some(Reason::Words(words)) => self.byte(1).text(words),
            Some(Reason::Closed) => self.byte(2),
            Some(Reason::Reset) => self.byte(3),
            Some(Reason::Server(words)) => self.byte(4).text(words),
            Some(Reason::Removed { by, reason }) => self.byte(5).text(by).optional(reason),
        }
    }
}

#[cfg(test)]
mod tests;
