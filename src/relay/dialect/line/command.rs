//! The commands of the line dialect.
//!
//! Plain data, borrowed from the line: `parse` makes it, `dispatch` carries it out. Most commands name no
//! room, since they mean the one that the client is in; the action that is made of one does.

use crate::relay::hub::{List, ModeChange, Rank, Speech};

/// A command of a client that is in one room and means that one. Texts are one line each, clean and not
/// blank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::relay) enum Command<'a> {
    /// Say or do something in the room.
    Speak(Speech, &'a str),
    /// Say something to one person.
    Private {
        /// The nickname of whom it is for.
        to: &'a str,
        /// The text.
        text: &'a str,
    },
    /// Take a nickname, the first or another.
    Rename(&'a str),
    /// List the members of this room.
    Who,
    /// List the rooms.
    Rooms,
    /// Go to another room, and out of this one. Where the room needs a key, that is the last word.
    Join(&'a str),
    /// Show the topic.
    Topic,
    /// Set the topic; none clears it.
    SetTopic(Option<&'a str>),
    /// The room's last lines.
    History {
        /// Their number; none: a page.
        count: Option<usize>,
        /// A time that they are before, in milliseconds since 1970.
        before: Option<u64>,
    },
    /// Lines of the room with these words.
    Search(&'a str),
    /// Be away, with a word why; or back.
    Away(Option<&'a str>),
    /// Ask someone into the room.
    Invite(&'a str),
    /// Put someone out of the room.
    Kick {
        /// The nickname of whom.
        name: &'a str,
        /// The reason, if one is given.
        reason: Option<&'a str>,
    },
    /// Make someone an operator of the room, or give them a voice in it; or take that away.
    SetRank {
        /// The nickname of whom.
        name: &'a str,
        /// The rank that is given or taken.
        rank: Rank,
        /// True if it is given.
        is_on: bool,
    },
    /// Keep someone out of the room, or keep them from speaking in it; or no longer.
    SetMask {
        /// The list: of those who are kept out, or of those who are kept quiet.
        list: List,
        /// A nickname, of which the host is meant, or a mask `nick!user@host`. Off the list goes
        /// all that means whoever is called so, or was last.
        whom: &'a str,
        /// True if it is put on the list.
        is_on: bool,
    },
    /// Have everything that was said under a nickname forgotten, everywhere.
    Forget(&'a str),
    /// Show the room's modes.
    Modes,
    /// Change one of them.
    SetMode(ModeChange<'a>),
}
