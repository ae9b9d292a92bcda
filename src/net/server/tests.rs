//! A server inside another loop: what that loop is told to wait for.

use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

use super::Server;
use crate::config::ServerConfig;
use crate::error::CloseReason;
use crate::protocol::{ConnId, Demand, Input, Output, Peer, Protocol, Tag, Taken, Time};

/// Counts the connections that have sent something.
#[derive(Default)]
struct Counter(usize);

impl Protocol for Counter {
    type Call = ();

    fn opened(&mut self, _: ConnId, _: &Peer, _: Time, _: &mut impl Output) -> Demand {
        Demand::More
    }

    fn received(&mut self, _: ConnId, input: Input<'_>, _: Time, _: &mut impl Output) -> Taken {
        self.0 += 1;
        let (bytes, demand) = (input.bytes.len(), Demand::More);
        Taken { bytes, demand }
    }

    fn closed(&mut self, _: ConnId, _: CloseReason, _: Time, _: &mut impl Output) {}
}

#[test]
fn another_edge_triggered_loop_went_to_sleep_over_events_beyond_one_batch() {
    let mut server = Server::new(Counter::default(), ServerConfig::default()).unwrap();
    // Instead of more than a thousand connections.
    server.events = Events::with_capacity(2);
    let mut poll = Poll::new().unwrap();
    let fd = server.as_raw_fd();
    let registry = poll.registry();
    registry
        .register(&mut SourceFd(&fd), Token(0), Interest::READABLE)
        .unwrap();

    let mut peers = Vec::new();
    for _ in 0..7 {
        let (ours, theirs) = UnixStream::pair().unwrap();
        server.adopt(theirs, Tag::default()).unwrap();
        peers.push(ours);
    }
    while server.turn(Some(Duration::ZERO)).is_ok() && server.next_timeout().is_some() {}
    for peer in &mut peers {
        peer.write_all(b"x").unwrap();
    }

    // An edge for all of them: whoever is not served by it is not served at all.
    let mut events = Events::with_capacity(2);
    while server.protocol().0 < peers.len() {
        let wait = server.next_timeout();
        let patience = Duration::from_secs(30);
        poll.poll(&mut events, Some(wait.unwrap_or(patience)))
            .unwrap();
        let has_slept = events.is_empty() && wait.is_none();
        assert!(!has_slept, "{} were served", server.protocol().0);
        server.turn(Some(Duration::ZERO)).unwrap();
    }
}
