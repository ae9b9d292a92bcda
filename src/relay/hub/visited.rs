//! The clients that a walk through several rooms has met already.

use crate::protocol::ConnId;

/// Keeps its memory from walk to walk. Each walk has a larger number than all earlier ones, so marks of
/// earlier walks need not be cleared.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The number of the last walk that met a client, by the index of the connection's id.
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
