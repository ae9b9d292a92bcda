//! Tests datagrams on real sockets, turn by turn.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use super::DATAGRAMS_PER_TURN;
use crate::config::ServerConfig;
use crate::net::Server;
use crate::protocol::{
    CloseReason, ConnId, Consumed, Demand, Input, Output, Peer, Protocol, Tag, Time, UdpPeer,
};

/// Time that anything may take here before a test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends each datagram back, or a hundred thousand bytes, which no datagram can hold.
#[derive(Default)]
struct Mirror {
    seen: Vec<(UdpPeer, usize)>,
    answers_too_much: bool,
}

impl Protocol for Mirror {
    type Call = ();

    fn opened(&mut self, _: ConnId, _: &Peer, _: Time, _: &mut impl Output) -> Demand {
        Demand::More
    }

    fn received(&mut self, _: ConnId, input: Input<'_>, _: Time, _: &mut impl Output) -> Consumed {
        let (bytes, demand) = (input.bytes.len(), Demand::More);
        Consumed { bytes, demand }
    }

    fn closed(&mut self, _: ConnId, _: CloseReason, _: Time, _: &mut impl Output) {}

    fn datagram(&mut self, from: UdpPeer, bytes: &[u8], _: Time, out: &mut impl Output) {
        self.seen.push((from, bytes.len()));
        if self.answers_too_much {
            out.send_datagram(from, &[0; 100_000]);
        } else {
            out.send_datagram(from, bytes);
        }
    }
}

fn server(protocol: Mirror) -> Server<Mirror> {
    Server::new(protocol, ServerConfig::default()).unwrap()
}

fn bind(server: &mut Server<Mirror>, address: &str, tag: u32) -> SocketAddr {
    let address = address.parse().unwrap();
    server.bind_datagram(address, Tag(tag)).unwrap()
}

fn client(address: &str) -> UdpSocket {
    let socket = UdpSocket::bind(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

fn turn_until(server: &mut Server<Mirror>, seen: usize) {
    while server.protocol().seen.len() < seen {
        server.turn(Some(PATIENCE)).unwrap();
    }
}

#[test]
fn an_answer_comes_from_the_socket_that_was_asked() {
    let mut server = server(Mirror::default());
    let one = bind(&mut server, "127.0.0.1:0", 1);
    let two = bind(&mut server, "127.0.0.1:0", 2);
    let client = client("127.0.0.1:0");
    for (n, asked) in [two, one, two].into_iter().enumerate() {
        client.send_to(b"hello", asked).unwrap();
        turn_until(&mut server, n + 1);
        let mut buffer = [0; 16];
        assert_eq!(client.recv_from(&mut buffer).unwrap(), (5, asked));
    }
    let tags: Vec<u32> = server
        .protocol()
        .seen
        .iter()
        .map(|(from, _)| from.tag.0)
        .collect();
    assert_eq!(tags, [2, 1, 2]);
}

#[test]
fn one_socket_answers_both_families_and_shows_ipv4_as_such() {
    let mut server = server(Mirror::default());
    let Ok(bound) = server.bind_datagram("[::]:0".parse().unwrap(), Tag(0)) else {
        println!("skipped: no IPv6 on this machine");
        return;
    };
    for (n, ip) in ["127.0.0.1", "[::1]"].into_iter().enumerate() {
        let client = client(&format!("{ip}:0"));
        client
            .send_to("é".as_bytes(), format!("{ip}:{}", bound.port()))
            .unwrap();
        turn_until(&mut server, n + 1);
        let mut buffer = [0; 16];
        assert_eq!(client.recv(&mut buffer).unwrap(), 2);
        let (from, _) = server.protocol().seen[n];
        assert_eq!(from.address, client.local_addr().unwrap());
    }
}

/// With edge triggers, the next turn must read the datagrams that a turn leaves in a socket: no event
/// will.
#[test]
fn more_than_one_turn_takes_are_there_at_once_and_none_is_forgotten() {
    let mut server = server(Mirror::default());
    let address = bind(&mut server, "127.0.0.1:0", 0);
    let client = client("127.0.0.1:0");
    let count = 2 * DATAGRAMS_PER_TURN + 1;
    for _ in 0..count {
        client.send_to(b"x", address).unwrap();
    }
    server.turn(Some(PATIENCE)).unwrap();
    assert_eq!(server.protocol().seen.len(), DATAGRAMS_PER_TURN);
    assert_eq!(server.next_timeout(), Some(Duration::ZERO));
    turn_until(&mut server, count);
    while server.next_timeout().is_some() {
        server.turn(Some(Duration::ZERO)).unwrap();
    }
    for _ in 0..count {
        assert_eq!(client.recv(&mut [0; 4]).unwrap(), 1);
    }
}

#[test]
fn an_empty_datagram_is_one_and_a_long_one_is_cut() {
    let config = ServerConfig {
        read_bytes_per_turn: 512,
        ..ServerConfig::default()
    };
    let mut server = Server::new(Mirror::default(), config).unwrap();
    let address = bind(&mut server, "127.0.0.1:0", 0);
    let client = client("127.0.0.1:0");
    for (n, (sent, seen)) in [(0, 0), (512, 512), (513, 512), (9000, 512)]
        .into_iter()
        .enumerate()
    {
        client.send_to(&vec![b'x'; sent], address).unwrap();
        turn_until(&mut server, n + 1);
        assert_eq!(server.protocol().seen[n].1, seen);
        assert_eq!(client.recv(&mut [0; 16_384]).unwrap(), seen);
    }
}

#[test]
fn what_cannot_be_sent_is_dropped_and_counted() {
    let mut server = server(Mirror {
        answers_too_much: true,
        ..Mirror::default()
    });
    let address = bind(&mut server, "127.0.0.1:0", 0);
    let client = client("127.0.0.1:0");
    for n in 1..=3 {
        client.send_to(b"x", address).unwrap();
        turn_until(&mut server, n);
    }
    assert_eq!(server.handle().stats().datagrams_dropped, 3);
}

#[test]
fn a_server_that_is_stopping_takes_no_datagram_and_does_not_spin() {
    let mut server = server(Mirror::default());
    let address = bind(&mut server, "127.0.0.1:0", 0);
    server.turn(Some(Duration::ZERO)).unwrap();
    server.handle().stop().unwrap();
    client("127.0.0.1:0").send_to(b"x", address).unwrap();
    while server.turn(Some(PATIENCE)).unwrap() == crate::Status::Running {}
    assert!(server.protocol().seen.len() <= 1);
    assert!(!server.udp.can_receive());
}
