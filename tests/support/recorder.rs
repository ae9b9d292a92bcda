//! Records the output of a protocol on the stage, in order.

use std::collections::BTreeMap;

use parloir::{ConnId, Delivery, Output, OutputRange};

#[derive(Default)]
pub(super) struct Recorder {
    pub(super) arena: Vec<u8>,
    pub(super) sent: Vec<(ConnId, OutputRange)>,
    pub(super) skippable: Vec<OutputRange>,
    pub(super) closing: Vec<ConnId>,
    pub(super) open: BTreeMap<ConnId, bool>,
    pub(super) stopped: bool,
    /// Zero stands for as much as the real loop permits by default.
    pub(super) turn_bytes_max: usize,
}

impl Recorder {
    /// Forgets the output and the closings.
    pub(super) fn clear(&mut self) {
        self.arena.clear();
        self.sent.clear();
        self.skippable.clear();
        self.closing.clear();
    }
}

impl Output for Recorder {
    fn encode(&mut self, delivery: Delivery, write: impl FnOnce(&mut Vec<u8>)) -> OutputRange {
        let start = self.arena.len() as u32;
        write(&mut self.arena);
        let chunk = OutputRange::new(start, self.arena.len() as u32);
        if delivery == Delivery::Skippable && !chunk.range().is_empty() {
            self.skippable.push(chunk);
        }
        chunk
    }

    fn send(&mut self, to: ConnId, chunk: OutputRange) {
        let is_open = self.open.get(&to).copied().unwrap_or_default();
        assert!(is_open, "sent something to {to}, which is closed");
        self.sent.push((to, chunk));
    }

    fn close(&mut self, id: ConnId) {
        if self.open.insert(id, false) == Some(true) {
            self.closing.push(id);
        }
    }

    fn stop(&mut self) {
        self.stopped = true;
    }

    fn is_full(&self) -> bool {
        let max = match self.turn_bytes_max {
            0 => 256 << 10,
            max => max,
        };
        self.arena.len() > max
    }
}
