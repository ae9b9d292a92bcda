//! A line that comes byte by byte is not read from its beginning again for each byte. This is
//! measured by the memory that reading takes.

#[path = "../support/recorder.rs"]
mod recorder;

use std::time::Duration;

use parloir::{
    Address, ConnId, Delivery, Demand, Input, Output, OutputRange, Peer, Protocol, Relay,
    RelayConfig, Tag, Time, UdpPeer,
};

use crate::blocks;
use recorder::Recorder;

/// Maximum number of allocations. A buffer that grows to hold a line is allocated a dozen times.
const ALLOCATIONS_MAX: u64 = 40;

pub(crate) fn bytes_that_come_one_by_one_are_read_once() {
    let mut relay = Relay::new(RelayConfig::default()).expect("it is valid");
    let now = Time::new(Duration::ZERO, Duration::ZERO);
    let address = Address::Ip(([127, 0, 0, 1], 40_000).into());
    let peer = Peer::new(Tag::default(), address, now);
    for (n, begun) in ["", "GET ", "\u{1b}]", "é"].iter().enumerate() {
        let id = ConnId::new(n as u32, 1);
        let mut out = Recorder::default();
        out.open.insert(id, true);
        relay.opened(id, &peer, now, &mut out);
        let mut unread = begun.as_bytes().to_vec();
        unread.reserve(8192);
        let before = blocks();
        for _ in 0..4000 {
            unread.push(b'x');
            let input = Input {
                bytes: &unread,
                end: None,
            };
            let taken = relay.received(id, input, now, &mut out);
            unread.drain(..taken.bytes);
            assert!(matches!(taken.demand, Demand::ReadOrAt(_)), "{begun:?}");
        }
        let allocations = blocks() - before;
        assert!(
            allocations <= ALLOCATIONS_MAX,
            "{begun:?}: {allocations} allocations"
        );
    }
}
