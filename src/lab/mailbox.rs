//! `mailbox`: takes one message from each connection.

use super::message::QUIET;
use super::slots::Slots;
use super::{Service, Watcher, What};
use crate::protocol::{
    Address, CloseReason, ConnId, Consumed, Demand, Input, Monotonic, Output, Peer, Protocol, Time,
};

/// Number of bytes of a message that are kept to be shown. All are taken and counted, so that a client which
/// sends without an end piles up nothing here.
const KEPT_BYTES_MAX: usize = 4096;

/// Takes a message from each connection: all bytes up to the client's end of stream, or up to 200 ms of
/// silence, after which the server ends the stream. It never answers.
#[derive(Debug)]
pub struct Mailbox {
    watcher: Watcher,
    letters: Slots<Mail>,
}

#[derive(Debug)]
struct Mail {
    address: Address,
    /// The beginning of the message.
    kept: Vec<u8>,
    total: u64,
    /// Time at which the last bytes came.
    last: Option<Monotonic>,
}

impl Mailbox {
    /// A mailbox that tells the watcher of every message.
    pub fn new(watcher: Watcher) -> Self {
        Self {
            watcher,
            letters: Slots::default(),
        }
    }
}

impl Protocol for Mailbox {
    type Call = ();

    fn opened(&mut self, id: ConnId, peer: &Peer, _: Time, _: &mut impl Output) -> Demand {
        let letter = Mail {
            address: peer.address,
            kept: Vec::new(),
            total: 0,
            last: None,
        };
        self.letters.insert(id, letter);
        Demand::More
    }

    fn received(
        &mut self,
        id: ConnId,
        input: Input<'_>,
        now: Time,
        out: &mut impl Output,
    ) -> Consumed {
        let bytes = input.bytes.len();
        let mut demand = Demand::More;
        if let Some(letter) = self.letters.get_mut(id) {
            letter.add(input.bytes, now);
            let quiet_at = letter.last.map(|last| last + QUIET);
            if input.end.is_some() || quiet_at.is_some_and(|at| at <= now) {
                if let Some(letter) = self.letters.remove(id)
                    && letter.total > 0
                {
                    let (bytes, total) = (&letter.kept[..], letter.total);
                    let what = What::Received { bytes, total };
                    self.watcher.tell(Service::Mailbox, letter.address, what);
                }
                out.close(id);
            } else if let Some(at) = quiet_at {
                demand = Demand::ReadOrAt(at);
            }
        }
        Consumed { bytes, demand }
    }

    fn closed(&mut self, id: ConnId, _: CloseReason, _: Time, _: &mut impl Output) {
        self.letters.remove(id);
    }
}

impl Mail {
    fn add(&mut self, bytes: &[u8], now: Time) {
        if !bytes.is_empty() {
            let room = KEPT_BYTES_MAX - self.kept.len();
            self.kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
            self.total += bytes.len() as u64;
            self.last = Some(now.monotonic());
        }
    }
}
