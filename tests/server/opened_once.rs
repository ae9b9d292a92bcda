//! A connection is reported to the relay and its hooks once, when it is known whether it is
//! encrypted: whatever bytes come first, in whatever pieces, and however late.

use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parloir::relay::{Call, Hooks, Role};
use parloir::{
    AddressPrefix, Certificate, Encryption, Endpoint, Handle, ListenOptions, Peer, Relay,
    RelayConfig, Server, ServerConfig, Tag,
};

use crate::wire::{Client, End, GREETING, Identity, PATIENCE};

/// The time for which the relay waits in silence: long enough for the steps that must happen within
/// it.
const SILENCE: Duration = Duration::from_secs(1);

/// Hooks that record each peer that they are asked about.
struct Doorkeeper(Sender<Peer>);

impl Hooks for Doorkeeper {
    fn admit(&mut self, peer: &Peer) -> Result<(), String> {
        self.0.send(*peer).map_err(|error| error.to_string())
    }
}

/// A relay that runs until this is dropped. It has a listener for everyone, one behind a proxy, one
/// where the server would speak first, and one like that for TLS only.
struct House {
    identity: Identity,
    handle: Handle<Call>,
    addresses: Vec<SocketAddr>,
    asked: Receiver<Peer>,
    thread: Option<JoinHandle<()>>,
}

impl House {
    fn open(name: &str) -> Self {
        let identity = Identity::make(&format!("once-{name}"));
        let (sender, asked) = channel();
        let config = RelayConfig {
            greet_after: SILENCE,
            ..RelayConfig::default()
        };
        let relay = Relay::new(config).unwrap().with_hooks(Doorkeeper(sender));
        let open = ListenOptions::new().plain_after(relay.plain_after(Role::Auto));
        let proxied = open.clone().proxied_by(AddressPrefix::LOOPBACK);
        let speaks_first = open.clone().plain_after(Duration::ZERO);
        let required = speaks_first.clone().encryption(Encryption::Required);
        let mut server = Server::new(relay, ServerConfig::default()).unwrap();
        server.set_tls(Certificate::from_files(&identity.certificate, &identity.key).unwrap());
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut listen = |options| match server.listen_with(any, Tag(0), options).unwrap() {
            Endpoint::Tcp(address) => address,
            other => panic!("{other}"),
        };
        Self {
            addresses: [open, proxied, speaks_first, required]
                .map(&mut listen)
                .into(),
            identity,
            handle: server.handle(),
            asked,
            thread: Some(std::thread::spawn(move || server.run().unwrap())),
        }
    }

    fn stream(&self) -> TcpStream {
        TcpStream::connect(self.addresses[0]).unwrap()
    }

    fn connect(&self) -> Client {
        Client::on(self.stream())
    }

    /// A client behind the proxy.
    fn connect_by_proxy(&self) -> Client {
        let mut client = Client::on(TcpStream::connect(self.addresses[1]).unwrap());
        client.send("PROXY TCP4 192.0.2.1 198.51.100.1 12345 4242\r\n");
        client
    }

    fn hello(&self) -> Vec<u8> {
        let mut hello = Vec::new();
        self.identity.client().write_tls(&mut hello).unwrap();
        hello
    }

    /// The one peer that the hook was asked about so far.
    fn asked_once(&self) -> Peer {
        let peer = self.asked.recv_timeout(PATIENCE).unwrap();
        assert!(self.asked.try_recv().is_err(), "asked again");
        peer
    }

    fn was_not_asked(&self) -> bool {
        self.asked.try_recv().is_err()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = self.handle.stop();
        let _ = self.handle.stop();
        self.thread.take().map(JoinHandle::join);
    }
}

#[test]
fn silence_is_plain_and_greeted_after_its_time_and_not_after_twice_that() {
    let house = House::open("silent");
    let begun = Instant::now();
    let mut client = house.connect();
    client.expect(GREETING);
    let took = begun.elapsed();
    assert!(took >= SILENCE && took < 2 * SILENCE, "{took:?}");
    client.send("bob\n");
    client.expect("* You are bob, alone in lobby.");
    assert!(!house.asked_once().is_encrypted);
    assert_eq!(house.handle.stats().accepted, 1);
}

#[test]
fn first_bytes_that_are_no_hello_are_plain_at_once() {
    let house = House::open("plain");
    let begun = Instant::now();
    let mut client = house.connect();
    client.send("bob\n");
    client.expect("* You are bob, alone in lobby.");
    assert!(begun.elapsed() < SILENCE);
    let mut typed = house.connect();
    typed.send(b"\x16");
    assert!(typed.is_quiet_for(2 * SILENCE));
    typed.send("alice\n");
    typed.expect("* You are alice, in lobby with bob.");
    let peers: Vec<Peer> = house.asked.try_iter().collect();
    assert_eq!(peers.len(), 2);
    assert!(peers.iter().all(|peer| !peer.is_encrypted));
}

#[test]
fn a_hello_within_the_time_is_met_once_it_is_agreed_on() {
    let house = House::open("within");
    let stream = house.stream();
    let mut waiting = Client::on(stream.try_clone().unwrap());
    assert!(waiting.is_quiet_for(SILENCE / 5));
    assert!(house.was_not_asked());
    let begun = Instant::now();
    let mut client = house.identity.shake_hands(stream).unwrap();
    // The time for silence begins anew inside TLS.
    client.expect(GREETING);
    assert!(begun.elapsed() >= SILENCE);
    client.send("bob\n");
    client.expect("* You are bob, alone in lobby.");
    assert!(house.asked_once().is_encrypted);
    assert_eq!(house.handle.stats().accepted, 1);
}

#[test]
fn a_hello_after_the_time_is_turned_away_as_where_there_is_no_tls() {
    let house = House::open("after");
    let mut client = house.connect();
    client.expect(GREETING);
    client.send(house.hello());
    assert_eq!(client.read_bytes(7), [0x15, 3, 1, 0, 2, 2, 40]);
    assert!(!house.asked_once().is_encrypted);
}

#[test]
fn a_handshake_byte_by_byte_is_one_connection() {
    let house = House::open("bytes");
    let mut client = house.connect();
    let mut tls = house.identity.client();
    while tls.is_handshaking() {
        let mut bytes = Vec::new();
        while tls.wants_write() {
            tls.write_tls(&mut bytes).unwrap();
        }
        for byte in bytes {
            client.send([byte]);
        }
        assert!(house.was_not_asked());
        while tls.wants_read() && tls.is_handshaking() && !tls.wants_write() {
            tls.read_tls(&mut &client.read_bytes(1)[..]).unwrap();
            tls.process_new_packets().unwrap();
        }
    }
    let mut last = Vec::new();
    while tls.wants_write() {
        tls.write_tls(&mut last).unwrap();
    }
    for byte in last {
        client.send([byte]);
    }
    assert!(house.asked_once().is_encrypted);
}

#[test]
fn a_proxy_s_header_comes_before_either() {
    let house = House::open("header");
    let mut silent = house.connect_by_proxy();
    silent.expect(GREETING);
    let mut late = house.connect_by_proxy();
    assert!(late.is_quiet_for(SILENCE / 5));
    late.send(house.hello());
    assert_eq!(late.read_bytes(2), b"\x16\x03");
    let mut plain = house.connect_by_proxy();
    plain.send("bob\n");
    plain.expect("* You are bob, in lobby with 1 listener.");
    // The client in the middle of its handshake was not reported.
    let peers: Vec<Peer> = house.asked.try_iter().collect();
    assert_eq!(peers.len(), 2);
    for peer in peers {
        assert_eq!(peer.address.to_string(), "192.0.2.1:12345");
        assert!(!peer.is_encrypted);
    }
}

#[test]
fn where_the_server_speaks_first_a_connection_is_plain_at_once() {
    let house = House::open("first");
    let begun = Instant::now();
    let _plain = Client::on(TcpStream::connect(house.addresses[2]).unwrap());
    assert!(!house.asked_once().is_encrypted);
    assert!(begun.elapsed() < SILENCE);
    // A connection on a listener for TLS only is not reported before it is encrypted.
    let stream = TcpStream::connect(house.addresses[3]).unwrap();
    let mut waiting = Client::on(stream.try_clone().unwrap());
    assert!(waiting.is_quiet_for(SILENCE / 5));
    assert!(house.was_not_asked());
    house.identity.shake_hands(stream).unwrap();
    assert!(house.asked_once().is_encrypted);
}

#[test]
fn who_ends_before_anything_is_met_and_gone() {
    let house = House::open("ended");
    let mut ended = house.connect();
    ended.end_output();
    assert_eq!(ended.rest(), (String::new(), End::Fin));
    assert!(!house.asked_once().is_encrypted);
    let half = house.hello()[..20].to_vec();
    let mut cut = house.connect();
    cut.send(half);
    cut.end_output();
    // The server may send an alert, but the hook was asked about no peer.
    cut.rest();
    assert!(house.was_not_asked());
}

#[test]
fn a_stop_ends_in_good_order_who_was_not_met_yet() {
    let house = House::open("stopped");
    let mut silent = house.connect();
    let mut half = house.connect();
    half.send(b"\x16");
    let mut agreeing = house.connect();
    agreeing.send(&house.hello()[..20]);
    let mut header = Client::on(TcpStream::connect(house.addresses[1]).unwrap());
    header.send("PROXY ");
    assert!(header.is_quiet_for(SILENCE / 5));
    house.handle.stop().unwrap();
    for client in [&mut silent, &mut half, &mut header] {
        assert_eq!(client.rest(), (String::new(), End::Fin));
    }
    // An alert announces the end.
    assert_eq!(agreeing.rest().1, End::Fin);
    assert!(house.was_not_asked());
    assert_eq!(house.handle.stats().accepted, 0);
}
