//! `ack`: acknowledges one message, and ends the connection.

use super::message::{MessageArrival, MessagePiece};
use super::slots::Slots;
use super::{Service, Watcher, What};
use crate::protocol::{
    Address, CloseReason, ConnId, Consumed, Demand, Input, Output, Peer, Protocol, Time,
};

/// The answer: sent in one write, so in one segment, and without a newline.
const ANSWER: &[u8] = b"ACK from TCP Server";

/// Acknowledges one message of each connection. A client that ends its input without a message gets no
/// answer: there is nothing to acknowledge.
#[derive(Debug)]
pub struct Ack {
    watcher: Watcher,
    clients: Slots<(Address, MessageArrival)>,
}

impl Ack {
    /// A service that tells the watcher of the messages that it acknowledges.
    pub fn new(watcher: Watcher) -> Self {
        Self {
            watcher,
            clients: Slots::default(),
        }
    }
}

impl Protocol for Ack {
    type Call = ();

    fn opened(&mut self, id: ConnId, peer: &Peer, _: Time, _: &mut impl Output) -> Demand {
        self.clients
            .insert(id, (peer.address, MessageArrival::default()));
        Demand::More
    }

    fn received(
        &mut self,
        id: ConnId,
        input: Input<'_>,
        now: Time,
        out: &mut impl Output,
    ) -> Consumed {
        if let Some((address, arrival)) = self.clients.get_mut(id) {
            if let Err(demand) = arrival.look(input, MessagePiece::Line, now) {
                return Consumed { bytes: 0, demand };
            }
            if !input.bytes.is_empty() {
                self.watcher
                    .tell_received(Service::Ack, *address, input.bytes);
                let stripped = input.bytes.trim_ascii();
                let what = What::Acknowledged(stripped);
                self.watcher.tell(Service::Ack, *address, what);
                out.reply(id, ANSWER);
            }
        }
        out.close(id);
        let (bytes, demand) = (input.bytes.len(), Demand::More);
        Consumed { bytes, demand }
    }

    fn closed(&mut self, id: ConnId, _: CloseReason, _: Time, _: &mut impl Output) {
        self.clients.remove(id);
    }
}
