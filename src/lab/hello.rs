//! `hello`: answers every datagram, to its source.

use crate::protocol::{
    CloseReason, ConnId, Consumed, Demand, Input, Output, Peer, Protocol, Time, UdpPeer,
};

/// The answer to a datagram.
const ANSWER: &[u8] = b"Hello cher client UDP";

/// Answers datagrams, empty ones too, except those that hold its own answer: a forged source could otherwise make two
/// such servers answer each other for ever.
#[derive(Debug, Default)]
pub struct Hello;

impl Protocol for Hello {
    type Call = ();

    fn opened(&mut self, id: ConnId, _: &Peer, _: Time, out: &mut impl Output) -> Demand {
        // The service is not for streams.
        out.close(id);
        Demand::More
    }

    fn received(&mut self, _: ConnId, input: Input<'_>, _: Time, _: &mut impl Output) -> Consumed {
        let (bytes, demand) = (input.bytes.len(), Demand::More);
        Consumed { bytes, demand }
    }

    fn closed(&mut self, _: ConnId, _: CloseReason, _: Time, _: &mut impl Output) {}

    fn datagram(&mut self, from: UdpPeer, bytes: &[u8], _: Time, out: &mut impl Output) {
        if bytes != ANSWER {
            out.send_datagram(from, ANSWER);
        }
    }
}
