//! `pseudo`: takes a pseudonym and lines, and shows where a line ends. It never sends a byte.

use super::slots::Slots;
use super::{Service, Watcher, What};
use crate::protocol::{
    Address, CloseReason, ConnId, Consumed, Demand, Input, Output, Peer, Protocol, Time,
};

/// Number of bytes of a pseudonym that are kept to be shown. A first line without an end has no other limit.
const NAME_BYTES_MAX: usize = 256;

/// Reads a pseudonym and counts lines. A line without a newline does not count: only this service does
/// not forgive a forgotten newline, because it is here that a student finds out what a newline is for.
#[derive(Debug)]
pub struct Pseudo {
    watcher: Watcher,
    authors: Slots<Author>,
}

#[derive(Debug)]
struct Author {
    address: Address,
    /// The first line so far; None once it has ended.
    name: Option<Vec<u8>>,
    /// Number of lines that have ended after the pseudonym.
    lines: u64,
}

impl Pseudo {
    /// A service that tells the watcher of pseudonyms and lines.
    pub fn new(watcher: Watcher) -> Self {
        Self {
            watcher,
            authors: Slots::default(),
        }
    }
}

impl Protocol for Pseudo {
    type Call = ();

    fn opened(&mut self, id: ConnId, peer: &Peer, _: Time, _: &mut impl Output) -> Demand {
        let author = Author {
            address: peer.address,
            name: Some(Vec::new()),
            lines: 0,
        };
        self.authors.insert(id, author);
        Demand::More
    }

    fn received(
        &mut self,
        id: ConnId,
        input: Input<'_>,
        _: Time,
        out: &mut impl Output,
    ) -> Consumed {
        if let Some(author) = self.authors.get_mut(id) {
            author.read(input.bytes, &self.watcher);
        }
        if input.end.is_some() {
            out.close(id);
        }
        let (bytes, demand) = (input.bytes.len(), Demand::More);
        Consumed { bytes, demand }
    }

    fn closed(&mut self, id: ConnId, _: CloseReason, _: Time, _: &mut impl Output) {
        self.authors.remove(id);
    }
}

impl Author {
    fn read(&mut self, mut bytes: &[u8], watcher: &Watcher) {
        if let Some(name) = &mut self.name {
            let end = memchr::memchr(b'\n', bytes);
            let (part, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
            let room = NAME_BYTES_MAX - name.len();
            name.extend_from_slice(&part[..part.len().min(room)]);
            if end.is_none() {
                return;
            }
            bytes = &rest[1..];
            let name = name.trim_ascii();
            watcher.tell(Service::Pseudo, self.address, What::Named(name));
            self.name = None;
        }
        let ended = memchr::memchr_iter(b'\n', bytes).count() as u64;
        self.lines += ended;
        if ended > 0 {
            let what = What::Lines(self.lines);
            watcher.tell(Service::Pseudo, self.address, what);
        }
    }
}
