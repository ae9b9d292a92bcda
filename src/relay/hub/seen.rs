//! Whom one has met already, walking through several rooms.

use crate::protocol::ConnId;

/// Keeps its memory from walk to walk: the numbers of all earlier ones are smaller than this one's.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// By the index of a connection's id: the last walk on which it was met.
    walks: Vec<u64>,
    walk: u64,
}

impl Seen {
    pub(super) fn begin(&mut self) -> &mut Self {
        self.walk += 1;
        self
    }

    pub(super) fn is_new(&mut self, id: ConnId) -> bool {
        if self.walks.len() <= id.index() {
            self.walks.resize(id.index() + 1, 0);
        }
        std::mem::replace(&mut self.walks[id.index()], self.walk) != self.walk
    }
}
