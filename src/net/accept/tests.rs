//! Tests the limit per address: which peers count as one, and that closed connections free their places.

use std::io::Read;
use std::net::IpAddr;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::config::ServerConfig;
use crate::net::{HostStream, ListenOptions};
use crate::protocol::{Consumed, Demand, Input};

/// Writes nothing but the reason of a refusal.
struct Mute;

impl Protocol for Mute {
    type Call = ();

    fn opened(&mut self, _: ConnId, _: &Peer, _: Time, _: &mut impl Output) -> Demand {
        Demand::More
    }

    fn received(
        &mut self,
        id: ConnId,
        input: Input<'_>,
        _: Time,
        out: &mut impl Output,
    ) -> Consumed {
        if input.end.is_some() {
            out.close(id);
        }
        Consumed {
            bytes: input.bytes.len(),
            demand: Demand::More,
        }
    }

    fn closed(&mut self, _: ConnId, _: CloseReason, _: Time, _: &mut impl Output) {}

    fn refused(&mut self, _: &Peer, why: RejectReason, line: &mut Vec<u8>) {
        line.extend_from_slice(format!("{why:?}").as_bytes());
    }
}

fn server(per_address: usize) -> Server<Mute> {
    let config = ServerConfig {
        connections_per_address_max: per_address,
        ..ServerConfig::default()
    };
    Server::new(Mute, config).unwrap()
}

/// Lets a peer connect from this address.
fn come_from(server: &mut Server<Mute>, ip: &str) -> UnixStream {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let theirs = Transport::adopt(HostStream::from(theirs)).unwrap();
    let ip: IpAddr = ip.parse().unwrap();
    let now = Time::new(Duration::ZERO, Duration::ZERO);
    let settings = Arc::new(ListenerSettings {
        tag: Tag::default(),
        options: ListenOptions::new(),
    });
    let incoming = Incoming {
        stream: theirs,
        address: Address::Ip((ip, 1).into()),
        settings,
    };
    server.admit(incoming, now);
    server.turn(Some(Duration::ZERO)).unwrap();
    ours
}

#[test]
fn an_ipv4_address_and_an_ipv6_network_have_so_many_places() {
    for (ips, refused) in [
        (&["198.51.100.1", "198.51.100.1", "198.51.100.1"][..], 1),
        (
            &[
                "198.51.100.1",
                "198.51.100.2",
                "198.51.100.1",
                "198.51.100.2",
            ],
            0,
        ),
        (&["2001:db8::1", "2001:db8::2", "2001:db8::ffff:0:0:3"], 1),
        (&["2001:db8::1", "2001:db8:0:1::1", "2001:db8::1"], 0),
        (&["127.0.0.1", "127.0.0.1", "127.0.0.1"], 0),
        (&["::1", "::1", "::1"], 0),
    ] {
        let mut server = server(2);
        let _peers: Vec<UnixStream> = ips.iter().map(|ip| come_from(&mut server, ip)).collect();
        assert_eq!(server.handle().stats().refused, refused, "{ips:?}");
    }
}

#[test]
fn a_place_given_up_is_free_and_the_refused_are_told() {
    const IP: &str = "198.51.100.1";
    let mut server = server(2);
    let first = come_from(&mut server, IP);
    let _second = come_from(&mut server, IP);
    let mut text = String::new();
    let mut third = come_from(&mut server, IP);
    third.read_to_string(&mut text).unwrap();
    assert_eq!(text, "FullForAddress");
    drop((first, third));
    while server.handle().stats().connections > 1 {
        server.turn(Some(Duration::from_secs(30))).unwrap();
    }
    let _fourth = come_from(&mut server, IP);
    let stats = server.handle().stats();
    assert_eq!((stats.accepted, stats.refused), (3, 1));
    let address = Address::Ip((IP.parse::<IpAddr>().unwrap(), 1).into());
    let is_full = |max| server.connections.is_full_for(address, max);
    assert!(is_full(2) && !is_full(3));
}
