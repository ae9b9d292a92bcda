//! Tests a server inside another loop: the time that loop is told to wait, and the work of one turn.

use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

use super::Server;
use crate::config::ServerConfig;
use crate::error::CloseReason;
use crate::protocol::{
    ConnId, Consumed, Delivery, Demand, Input, Output, Peer, Protocol, Tag, Time,
};

/// Counts the connections that have sent something.
#[derive(Default)]
struct Counter(usize);

impl Protocol for Counter {
    type Call = ();

    fn opened(&mut self, _: ConnId, _: &Peer, _: Time, _: &mut impl Output) -> Demand {
        Demand::More
    }

    fn received(&mut self, _: ConnId, input: Input<'_>, _: Time, _: &mut impl Output) -> Consumed {
        self.0 += 1;
        let (bytes, demand) = (input.bytes.len(), Demand::More);
        Consumed { bytes, demand }
    }

    fn closed(&mut self, _: ConnId, _: CloseReason, _: Time, _: &mut impl Output) {}
}

#[test]
fn another_edge_triggered_loop_went_to_sleep_over_events_beyond_one_batch() {
    let mut server = Server::new(Counter::default(), ServerConfig::default()).unwrap();
    // A small batch stands in for more than a thousand connections.
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

    // There is one edge for all connections: a connection that is not served by it is not served at all.
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

/// Repeats every message to all connections.
#[derive(Default)]
struct Crier(Vec<ConnId>);

impl Protocol for Crier {
    type Call = ();

    fn opened(&mut self, id: ConnId, _: &Peer, _: Time, _: &mut impl Output) -> Demand {
        self.0.push(id);
        Demand::More
    }

    fn received(
        &mut self,
        _: ConnId,
        input: Input<'_>,
        _: Time,
        out: &mut impl Output,
    ) -> Consumed {
        let range = out.encode(Delivery::Kept, |buffer| {
            buffer.extend_from_slice(input.bytes);
        });
        for id in &self.0 {
            out.send(*id, range);
        }
        let (bytes, demand) = (input.bytes.len(), Demand::More);
        Consumed { bytes, demand }
    }

    fn closed(&mut self, _: ConnId, _: CloseReason, _: Time, _: &mut impl Output) {}
}

#[test]
fn who_speaks_is_heard_before_everyone_has_what_was_said_earlier() {
    let config = ServerConfig {
        writes_per_turn: 2,
        ..ServerConfig::default()
    };
    let mut server = Server::new(Crier::default(), config).unwrap();
    let mut peers: Vec<UnixStream> = (0..6)
        .map(|_| {
            let (ours, theirs) = UnixStream::pair().unwrap();
            ours.set_nonblocking(true).unwrap();
            server.adopt(theirs, Tag::default()).unwrap();
            ours
        })
        .collect();
    let mut turn = || server.turn(Some(Duration::ZERO)).unwrap();
    let mut buffer = [0; 9];
    let mut read = |peer: &mut UnixStream| {
        let count = peer.read(&mut buffer).unwrap_or(0);
        String::from_utf8_lossy(&buffer[..count]).into_owned()
    };
    turn();
    peers[5].write_all(b"a").unwrap();
    turn();
    let first: Vec<String> = peers.iter_mut().map(&mut read).collect();
    assert_eq!(
        first,
        ["a", "a", "", "", "", ""],
        "at the limit, and no more"
    );

    peers[0].write_all(b"b").unwrap();
    for _ in 0..4 {
        turn();
    }
    // The connections that had waited have both messages, in one write; those that had not are the last.
    let second: Vec<String> = peers.iter_mut().map(&mut read).collect();
    assert_eq!(second, ["b", "b", "ab", "ab", "ab", "ab"]);
}

/// Records the peers that were opened.
#[cfg(feature = "tls")]
#[derive(Default)]
struct Opened(Vec<Peer>);

#[cfg(feature = "tls")]
impl Protocol for Opened {
    type Call = ();

    fn opened(&mut self, _: ConnId, peer: &Peer, _: Time, _: &mut impl Output) -> Demand {
        self.0.push(*peer);
        Demand::More
    }

    fn received(&mut self, _: ConnId, input: Input<'_>, _: Time, _: &mut impl Output) -> Consumed {
        let (bytes, demand) = (input.bytes.len(), Demand::More);
        Consumed { bytes, demand }
    }

    fn closed(&mut self, _: ConnId, _: CloseReason, _: Time, _: &mut impl Output) {}
}

#[cfg(feature = "tls")]
#[test]
fn hellos_that_waited_behind_a_full_batch_of_events_were_taken_for_silence() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (pem, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let mut server = Server::new(Opened::default(), ServerConfig::default()).unwrap();
    server.set_tls(crate::net::Certificate::from_pem(pem.as_bytes(), key.as_bytes()).unwrap());
    // A small batch stands in for more than a thousand connections.
    server.events = Events::with_capacity(2);
    // Longer than connecting takes on any machine.
    let silence = Duration::from_secs(60);
    let how = crate::net::ListenOptions::new().plain_after(silence);
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
    let crate::net::Endpoint::Tcp(address) = server.listen_with(any, Tag::default(), how).unwrap()
    else {
        unreachable!("TCP was asked for")
    };
    let connect = |_| std::net::TcpStream::connect(address).unwrap();
    let mut peers: Vec<_> = (0..7).map(connect).collect();
    while server.connections.len() < peers.len() {
        server.turn(Some(Duration::ZERO)).unwrap();
    }
    for peer in &mut peers {
        peer.write_all(&[0x16, 3, 1, 2, 0]).unwrap();
    }
    // The loop is busy for twice the silence, which is the condition under test.
    server.clock.put_forward(2 * silence);
    for _ in 0..20 {
        server.turn(Some(Duration::ZERO)).unwrap();
    }
    assert_eq!(server.protocol().0, []);
}
