//! Records the output of a protocol, in order: the one output of all drivers without sockets.
//!
//! Unit tests and fuzz targets have this file as a module too. It takes the names of the protocol
//! from the module that it is in, since these are in the crate there and outside of it here.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each driver uses what it needs of it"
)]

use std::collections::BTreeMap;

use super::{ConnId, Delivery, Output, OutputRange, UdpPeer};

#[derive(Default)]
pub struct Recorder {
    pub arena: Vec<u8>,
    pub sent: Vec<(ConnId, OutputRange)>,
    pub skippable: Vec<OutputRange>,
    pub closing: Vec<ConnId>,
    /// Connections that are to be served although they wait.
    pub resumed: Vec<ConnId>,
    pub datagrams: Vec<(UdpPeer, Vec<u8>)>,
    /// For each connection, true if it is open. The driver notes that it is, and that it is free.
    pub open: BTreeMap<ConnId, bool>,
    pub stopped: bool,
    /// Zero stands for as much as the real loop permits by default.
    pub turn_bytes_max: usize,
}

impl Recorder {
    /// Forgets the output and the closings.
    pub fn clear(&mut self) {
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

    fn resume(&mut self, id: ConnId) {
        self.resumed.push(id);
    }

    fn send_datagram(&mut self, to: UdpPeer, bytes: &[u8]) {
        self.datagrams.push((to, bytes.to_vec()));
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
