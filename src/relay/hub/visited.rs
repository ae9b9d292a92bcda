//! The clients that a walk through several rooms has met already.

use crate::protocol::ConnId;

/// Keeps its memory from walk to walk. Each walk has a larger number than all earlier ones, so marks of
/// earlier walks need not be cleared. Only walks through several rooms use it: in one room each client is
/// met once anyway.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The number of the last walk that met a client, by the index of the connection's id. The index is
    /// enough: during one walk no connection ends, so none is reused, and the marks of those before are
    /// smaller than the number of any walk to come.
    walks: Vec<u64>,
    /// The number of the current walk; zero before the first one, as the marks of clients never met.
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
