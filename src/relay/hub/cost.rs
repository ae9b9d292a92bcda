//! The cost of the work behind a line, counted in lines, so that no client gets much work done for
//! little.
//!
//! An ordinary line costs the loop some microseconds. A line that makes the hub look through a thousand
//! rooms counts as all the lines that could have been handled in that time. Each thing that one line can
//! have many of has its price here, in parts of a line; the code that does the work adds the prices up.
//!
//! ```text
//! the hub, a dialect ── note(parts) ──▶ Work ── take() = parts / 64 ──▶ lines ──▶ the client's allowance
//! ```
//!
//! While each line counted as one, a guest with three connections could stall the loop for seconds: a `LIST`
//! with sixteen masks took it 36 ms among six thousand rooms. `cargo bench --bench core -- hostile` shows
//! what each costly line takes for each line that it counts as. Work that grows with something that a
//! client chooses has to be noted where it is done, or that client gets it for nothing.
//!
//! A price alone does not bound a single line, so some are refused as well: a `LIST` of more than 8,192
//! comparisons (RFC 2812, 263).

use std::cell::Cell;

use super::history::Entry;

/// Parts in one line: fine enough that the smallest work, a look at one entry of a list, is one part.
pub(super) const LINE: u32 = 64;

/// One further target of a command.
pub const TARGET: u32 = LINE;

/// One further line of a message that has several.
pub const LINE_MORE: u32 = LINE;

/// A question that goes through all people or all rooms. With the line itself it counts as four: fifty at
/// once, of `LIST` with two hundred masks each, would have held up ten thousand people for a minute.
pub const QUERY: u32 = 3 * LINE;

/// A question to the store about a page of messages. The disk does the work; the price keeps clients from asking for
/// it line after line.
pub const STORED: u32 = 3 * LINE;

/// A search in the store.
pub const SEARCHED: u32 = 9 * LINE;

/// A mask that a client is compared with.
pub const MASK: u32 = 2;

/// A name that is looked up.
pub const NAME: u32 = 16;

/// A person or a room that a question looks at, and that the answer lists if it fits.
pub const LISTED: u32 = 1;

/// A condition that a person or a room is checked for.
pub const CONDITION: u32 = 4;

/// A nickname that is not in ASCII: it is normalized, folded, and looked up under all names that it
/// looks like.
pub const NICKNAME: u32 = 6 * LINE;

/// An old message that is shown again, besides the price of its length. Entering a room again and again to be
/// shown its history was not charged at all once.
pub const REPLAYED: u32 = 4;

/// Bytes of text that add one part to the price of such a message.
pub const REPLAYED_BYTES: usize = 64;

/// A change to a room's modes: each may be a line to everyone in the room.
pub const MODE: u32 = LINE;

/// A room that is told of an action in all rooms of a client.
pub const ROOM_TOLD: u32 = 16;

/// A room that is made: it is kept for an hour by default, even if it is left at once.
pub const NEW_ROOM: u32 = 4 * LINE;

/// The work done for the current line, in parts.
#[derive(Debug, Default)]
pub(super) struct Work(Cell<u32>);

impl Work {
    pub(super) fn note(&self, parts: usize) {
        let parts = u32::try_from(parts).unwrap_or(u32::MAX);
        self.0.set(self.0.get().saturating_add(parts));
    }

    /// Adds the price of old messages that are shown again.
    pub(super) fn note_replay<'a>(&self, entries: impl Iterator<Item = &'a Entry>) {
        let parts = |entry: &Entry| REPLAYED as usize + entry.text.len() / REPLAYED_BYTES;
        self.note(entries.map(parts).sum());
    }

    /// Resets the count, and returns the parts.
    pub(super) fn take_parts(&self) -> usize {
        self.0.take() as usize
    }

    /// Resets the count, and returns the number of lines that it amounts to. Work of less than a line is
    /// dropped.
    pub(super) fn take(&self) -> u32 {
        self.0.take() / LINE
    }
}
