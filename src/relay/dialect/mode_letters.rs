//! The letters of modes, one table for IRC and for lines (Modern IRC, "Channel Modes", "User Modes").
//!
//! The order of `ALL` is that of `CHANMODES`: lists, modes that always take a parameter, those that take one
//! when they are set, flags. A `static` and not a constant holds the table by letter: as a constant it was
//! copied at each look.

use crate::relay::hub::{Flag, List, PersonFlag, Rank};

/// A mode of a room, as far as its letter names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    List(List),
    Key,
    Rank(Rank),
    Limit,
    Flag(Flag),
}

impl Mode {
    /// Every one that has a letter.
    pub(super) const ALL: [Self; 13] = [
        Self::List(List::Bans),
        Self::List(List::BanExceptions),
        Self::List(List::InviteExceptions),
        Self::List(List::Mutes),
        Self::Key,
        Self::Rank(Rank::Operator),
        Self::Rank(Rank::Voice),
        Self::Limit,
        Self::Flag(Flag::InviteOnly),
        Self::Flag(Flag::Moderated),
        Self::Flag(Flag::NoExternal),
        Self::Flag(Flag::Secret),
        Self::Flag(Flag::TopicLocked),
    ];

    pub(super) fn of(letter: char) -> Option<Self> {
        *BY_LETTER.get(letter as usize)?
    }

    pub(super) const fn letter(self) -> char {
        match self {
            Self::List(List::Bans) => 'b',
            Self::List(List::BanExceptions) => 'e',
            Self::List(List::InviteExceptions) => 'I',
            Self::List(List::Mutes) => 'q',
            Self::Key => 'k',
            Self::Rank(Rank::Operator) => 'o',
            // Everybody is a member: no letter makes one.
            Self::Rank(Rank::Voice | Rank::Member) => 'v',
            Self::Limit => 'l',
            Self::Flag(Flag::InviteOnly) => 'i',
            Self::Flag(Flag::Moderated) => 'm',
            Self::Flag(Flag::NoExternal) => 'n',
            Self::Flag(Flag::Secret) => 's',
            Self::Flag(Flag::TopicLocked) => 't',
        }
    }
}

/// The mode of each ASCII letter. A search through [`Mode::ALL`] was most of the cost of a line of 490
/// letters that are none.
static BY_LETTER: [Option<Mode>; 128] = {
    let mut table = [None; 128];
    let mut at = 0;
    while at < Mode::ALL.len() {
        table[Mode::ALL[at].letter() as usize] = Some(Mode::ALL[at]);
        at += 1;
    }
    table
};

/// The letter of what may be so of a person.
pub(super) fn person_letter(flag: PersonFlag) -> char {
    match flag {
        PersonFlag::Invisible => 'i',
        PersonFlag::Bot => 'B',
        PersonFlag::Operator => 'o',
        PersonFlag::Wallops => 'w',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_letter_is_one_mode_s() {
        for mode in Mode::ALL {
            assert_eq!(Mode::of(mode.letter()), Some(mode));
        }
        for none in ['x', '+', '\0', '\u{7f}', '\u{80}', 'é', char::MAX] {
            assert_eq!(Mode::of(none), None, "{none:?}");
        }
    }
}
