//! The timers of connections: a heap with at most a few entries per connection, cancelled lazily.
//!
//! An entry says only "look now"; the connection itself knows what is due. So a deadline that moves
//! later costs nothing: its old entry fires, nothing is due, and a new entry is armed.
//! That is the usual case: each byte that a peer takes moves its deadline. Removing the old entry from the
//! heap each time would cost a search.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::protocol::{ConnId, Monotonic, Time};
use crate::table::{KEPT, table};

#[derive(Debug)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<(Monotonic, ConnId)>>,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            heap: table().into(),
        }
    }
}

impl Timers {
    /// Adds an entry. The caller adds one only if it is earlier than the connection's earliest, so that
    /// entries do not pile up.
    pub(crate) fn arm(&mut self, at: Monotonic, id: ConnId) {
        self.heap.push(Reverse((at, id)));
    }

    pub(crate) fn next(&self) -> Option<Monotonic> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes the next entry whose time has come. Its connection may be gone, and its place another's: the
    /// caller compares the whole id.
    pub(crate) fn pop_due(&mut self, now: Time) -> Option<ConnId> {
        if self.next()? > now {
            return None;
        }
        let Reverse((_, id)) = self.heap.pop()?;
        if self.heap.is_empty() && self.heap.capacity() > 4 * KEPT {
            self.heap.shrink_to(KEPT);
        }
        Some(id)
    }
}
