//! What the work behind a line comes to in lines, so that nobody gets much done for little.
//!
//! An ordinary line costs the loop some microseconds. A line that has it look through a thousand rooms
//! counts as the lines for which that time would have been enough. Each thing that one line can have
//! many of has its price here, in parts of a line; whoever does the work adds it up.

use std::cell::Cell;

use super::history::Entry;

/// The parts of a line.
pub(super) const LINE: u32 = 64;

/// One more of the targets that a command is for.
pub const TARGET: u32 = LINE;

/// One more line of a message that has several.
pub const LINE_MORE: u32 = LINE;

/// A question that goes through everybody or every room there is.
pub const QUERY: u32 = 3 * LINE;

/// A mask that somebody is held against.
pub const MASK: u32 = 2;

/// A name that is looked up.
pub const NAME: u32 = 16;

/// Somebody, or a room, that is looked at to answer a question, and listed if it fits.
pub const LISTED: u32 = 1;

/// A condition that each of those is held against.
pub const CONDITION: u32 = 4;

/// A nickname that is not in ASCII: normalized, folded, and looked for under all that it looks like.
pub const NICKNAME: u32 = 6 * LINE;

/// Something said before that is shown again, besides its length.
pub const REPLAYED: u32 = 4;

/// Of that, bytes of text that are as much work as one part.
pub const REPLAYED_BYTES: usize = 64;

/// A change of a room's modes: each may be a line to everyone in it.
pub const MODE: u32 = LINE;

/// A room that is told of what somebody does in all of theirs.
pub const ROOM_TOLD: u32 = 16;

/// A room that is made: it stays for an hour.
pub const NEW_ROOM: u32 = 4 * LINE;

/// What was done for the line at hand.
#[derive(Debug, Default)]
pub(super) struct Work(Cell<u32>);

impl Work {
    pub(super) fn note(&self, parts: usize) {
        let parts = u32::try_from(parts).unwrap_or(u32::MAX);
        self.0.set(self.0.get().saturating_add(parts));
    }

    /// The same, when this is shown of what was said before.
    pub(super) fn note_replay<'a>(&self, entries: impl Iterator<Item = &'a Entry>) {
        let parts = |entry: &Entry| REPLAYED as usize + entry.text.len() / REPLAYED_BYTES;
        self.note(entries.map(parts).sum());
    }

    /// Forgets it; says how many parts it was.
    pub(super) fn take_parts(&self) -> usize {
        self.0.take() as usize
    }

    /// Forgets it; says as how many lines it counts.
    pub(super) fn take(&self) -> u32 {
        self.0.take() / LINE
    }
}
