//! Reads actions from bytes, and accepts no bytes that are not valid.
//!
//! The bytes may come from another process one day, so nothing in them is believed: a count, a position, a
//! kind or a text that is not right makes the whole action none, and never a panic. The other half is
//! `bytes.rs`; the two must agree part by part, which `bytes/tests.rs` holds for each kind of action.

use crate::protocol::ConnId;
use crate::relay::hub::action::{Action, Texts, Utterance, Whose};
use crate::relay::hub::history::MessageId;
use crate::relay::hub::members::EventLevel;
use crate::relay::hub::nicks::Nick;
use crate::relay::hub::person::{Host, PersonFlag};
use crate::relay::hub::terms::{Flag, List, ModeChange, Rank, Reason, RoomId, RoomRef, Speech};

/// The lists of an action, which the action itself only borrows: an [`Action`] is a value without
/// allocations, so that a line costs none.
#[derive(Default)]
pub(super) struct Lists<'b> {
    ends: Vec<usize>,
    concat_offsets: Vec<u32>,
    changes: Vec<ModeChange<'b>>,
    flags: Vec<(PersonFlag, bool)>,
}

/// Reads the parts of an action one after the other; each function returns none if its part is not
/// there.
pub(super) struct Reader<'b>(pub(super) &'b [u8]);

impl<'b> Reader<'b> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn bool(&mut self) -> Option<bool> {
        self.one_of(&[false, true])
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        all.get(usize::from(self.byte()?)).copied()
    }

    fn number(&mut self) -> Option<u64> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*number))
    }

    fn text(&mut self) -> Option<&'b str> {
        let bytes = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    fn optional(&mut self) -> Option<Option<&'b str>> {
        match self.bool()? {
            true => self.text().map(Some),
            false => Some(None),
        }
    }

    /// Reads a list. Each entry takes at least one byte, so a wrong count cannot use more memory than
    /// the bytes allow for.
    fn list<T>(&mut self, entry: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.number()?;
        (0..count).map(|_| entry(self)).collect()
    }

    fn room(&mut self) -> Option<RoomRef<'b>> {
        match self.bool()? {
            true => self.text().map(RoomRef::Named),
            false => self.room_id().map(RoomRef::Id),
        }
    }

    fn halves(&mut self) -> Option<(u32, u32)> {
        let number = self.number()?;
        Some(((number >> 32) as u32, number as u32))
    }

    fn room_id(&mut self) -> Option<RoomId> {
        let (index, number) = self.halves()?;
        Some(RoomId { index, number })
    }

    fn whose(&mut self) -> Option<Whose> {
        match self.bool()? {
            true => self.room_id().map(Whose::Room),
            false => {
                let (index, generation) = self.halves()?;
                Some(Whose::Person(ConnId::new(index, generation)))
            }
        }
    }

    fn nick(&mut self) -> Option<Nick<'b>> {
        let make = self.one_of(&[Nick::Exactly, Nick::Like, Nick::Reserved])?;
        self.text().map(make)
    }

    fn reason(&mut self) -> Option<Option<Reason<'b>>> {
        Some(Some(match self.byte()? {
            0 => return Some(None),
            1 => Reason::Words(self.text()?),
            2 => Reason::Closed,
            3 => Reason::Reset,
            4 => Reason::Server(self.text()?),
            5 => Reason::Removed {
                by: self.text()?,
                reason: self.optional()?,
            },
            _ => return None,
        }))
    }

    fn utterance<'l>(&mut self, lists: &'l mut Lists<'b>) -> Option<Utterance<'l>>
    where
        'b: 'l,
    {
        let (speech, tags, text) = (self.one_of(&Speech::ALL)?, self.text()?, self.text()?);
        lists.ends = self.list(|it| usize::try_from(it.number()?).ok())?;
        lists.concat_offsets = self.list(|it| u32::try_from(it.number()?).ok())?;
        // The ends cut the text later, without looking: an end inside a character or behind the text would
        // be a panic there.
        let is_end = |end: &usize| text.is_char_boundary(*end);
        let is_right = lists.ends.iter().all(is_end) && lists.ends.is_sorted();
        is_right.then_some(Utterance {
            speech,
            texts: Texts {
                text,
                ends: &lists.ends,
            },
            concat_offsets: &lists.concat_offsets,
            tags,
        })
    }

    fn change(&mut self) -> Option<ModeChange<'b>> {
        Some(match self.byte()? {
            0 => ModeChange::Flag(self.one_of(&Flag::ALL)?, self.bool()?),
            1 => ModeChange::Key(self.optional()?),
            2 => {
                let limit = u32::try_from(self.number()?).ok()?;
                ModeChange::Limit((limit > 0).then_some(limit))
            }
            3 => ModeChange::Rank {
                rank: self.one_of(&Rank::ALL)?,
                name: self.text()?,
                is_on: self.bool()?,
            },
            4 => ModeChange::List {
                list: self.one_of(&List::ALL)?,
                mask: self.text()?,
                is_on: self.bool()?,
            },
            _ => return None,
        })
    }

    pub(super) fn action<'l>(&mut self, lists: &'l mut Lists<'b>) -> Option<Action<'l>>
    where
        'b: 'l,
    {
        Some(match self.byte()? {
            0 => Action::Admit {
                level: self.one_of(&EventLevel::ALL)?,
                host: Host::from_bits(self.number()?),
                address: self.optional()?,
                enters_default: self.bool()?,
            },
            1 => Action::Arrive {
                nick: self.nick()?,
                names: self.optional()?.zip(self.optional()?),
            },
            2 => Action::Rename(self.nick()?),
            3 => Action::Join {
                room: self.text()?,
                key: self.optional()?,
                leaves_others: self.bool()?,
            },
            4 => Action::Part {
                room: self.room()?,
                reason: self.optional()?,
            },
            5 => Action::Say {
                room: self.room()?,
                at_least: self.one_of(&Rank::ALL)?,
                what: self.utterance(lists)?,
            },
            6 => Action::Tell {
                to: self.text()?,
                what: self.utterance(lists)?,
            },
            7 => Action::SetTopic {
                room: self.room()?,
                topic: self.optional()?,
            },
            8 => Action::Invite {
                room: self.room()?,
                name: self.text()?,
            },
            9 => Action::Kick {
                room: self.room()?,
                name: self.text()?,
                reason: self.optional()?,
            },
            10 => Action::Redact {
                room: self.room()?,
                message: MessageId(self.number()?),
                unix_us: self.number()?,
                reason: self.optional()?,
            },
            11 => Action::ChangeModes {
                room: self.room()?,
                changes: {
                    lists.changes = self.list(Self::change)?;
                    &lists.changes
                },
            },
            kind => self.own_action(kind, lists)?,
        })
    }

    /// Reads the actions of clients on themselves, and of the server.
    fn own_action<'l>(&mut self, kind: u8, lists: &'l mut Lists<'b>) -> Option<Action<'l>>
    where
        'b: 'l,
    {
        Some(match kind {
            12 => Action::SetAway(self.optional()?),
            13 => Action::SetRealName(self.text()?),
            14 => Action::SetFlags({
                lists.flags = self.list(|it| Some((it.one_of(&PersonFlag::ALL)?, it.bool()?)))?;
                &lists.flags
            }),
            15 => Action::SetValue {
                whose: self.whose()?,
                key: self.text()?,
                value: self.optional()?,
            },
            16 => Action::ClearValues(self.whose()?),
            17 => Action::Announce(self.text()?),
            18 => Action::SayAs {
                name: self.text()?,
                room: self.text()?,
                text: self.text()?,
            },
            19 => Action::Leave(self.reason()?),
            20 => Action::Tick,
            21 => Action::Disconnect {
                name: self.text()?,
                by: self.optional()?,
                reason: self.optional()?,
            },
            22 => Action::Forget { name: self.text()? },
            _ => return None,
        })
    }
}
