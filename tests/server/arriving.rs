//! The time before the protocol: proxies' headers, handshakes, and the time that they may take. A
//! server in this process, with a protocol that records its connections.

use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parloir::{
    AddressPrefix, CloseReason, ConnId, Consumed, Demand, Endpoint, Handle, Input, ListenOptions,
    Output, Peer, Protocol, RejectReason, Server, ServerConfig, Tag, Time,
};

use crate::wire::{Client, End, PATIENCE};

/// The events that the protocol has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Opened(u32),
    Closed(CloseReason),
}

/// A protocol that answers every line with the client's address and the line.
struct Doorman {
    guests: Vec<(ConnId, Peer)>,
    seen: Sender<Seen>,
}

impl Protocol for Doorman {
    type Call = ();

    fn opened(&mut self, id: ConnId, peer: &Peer, _: Time, _: &mut impl Output) -> Demand {
        self.guests.push((id, *peer));
        let _ = self.seen.send(Seen::Opened(peer.tag.0));
        Demand::More
    }

    fn received(
        &mut self,
        id: ConnId,
        input: Input<'_>,
        _: Time,
        out: &mut impl Output,
    ) -> Consumed {
        let (_, peer) = self.guests.iter().find(|(guest, _)| *guest == id).unwrap();
        let mut bytes = 0;
        for line in input.bytes.split_inclusive(|byte| *byte == b'\n') {
            if line.ends_with(b"\n") {
                let mut answer = format!("{} ", peer.address).into_bytes();
                answer.extend(line);
                out.reply(id, &answer);
                bytes += line.len();
            }
        }
        if input.end.is_some() {
            out.close(id);
        }
        let demand = Demand::More;
        Consumed { bytes, demand }
    }

    fn closed(&mut self, id: ConnId, reason: CloseReason, _: Time, _: &mut impl Output) {
        self.guests.retain(|(guest, _)| *guest != id);
        let _ = self.seen.send(Seen::Closed(reason));
    }

    fn refused(&mut self, _: &Peer, why: RejectReason, line: &mut Vec<u8>) {
        line.extend_from_slice(format!("{why:?}\n").as_bytes());
    }
}

/// A server that runs until this is dropped.
struct House {
    handle: Handle<()>,
    addresses: Vec<SocketAddr>,
    seen: Receiver<Seen>,
    thread: Option<JoinHandle<()>>,
}

impl House {
    fn open(config: ServerConfig, doors: Vec<ListenOptions>) -> Self {
        Self::open_with(config, doors, |_| {})
    }

    fn open_with(
        config: ServerConfig,
        doors: Vec<ListenOptions>,
        set_up: impl FnOnce(&mut Server<Doorman>),
    ) -> Self {
        let (sender, seen) = channel();
        let doorman = Doorman {
            guests: Vec::new(),
            seen: sender,
        };
        let mut server = Server::new(doorman, config).unwrap();
        set_up(&mut server);
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut addresses = Vec::new();
        for (tag, options) in (0..).zip(doors) {
            match server.listen_with(any, Tag(tag), options).unwrap() {
                Endpoint::Tcp(address) => addresses.push(address),
                other => panic!("{other}"),
            }
        }
        Self {
            handle: server.handle(),
            addresses,
            seen,
            thread: Some(std::thread::spawn(move || server.run().unwrap())),
        }
    }

    fn connect(&self) -> Client {
        Client::on(TcpStream::connect(self.addresses[0]).unwrap())
    }

    fn next(&self) -> Seen {
        self.seen.recv_timeout(PATIENCE).unwrap()
    }

    /// Waits until this number of connections is left.
    fn wait_for_connections(&self, count: u64) {
        let until = Instant::now() + PATIENCE;
        while self.handle.stats().connections != count {
            assert!(Instant::now() < until, "{:?}", self.handle.stats());
            std::thread::yield_now();
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = self.handle.stop();
        let _ = self.handle.stop();
        self.thread.take().map(JoinHandle::join);
    }
}

fn proxied() -> ListenOptions {
    ListenOptions::new().proxied_by(AddressPrefix::LOOPBACK)
}

fn proxied_house() -> House {
    House::open(ServerConfig::default(), vec![proxied()])
}

/// A version 2 header: TCP over IPv4, from this address and port 12345.
fn binary_header(ip: [u8; 4]) -> Vec<u8> {
    let fixed = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c";
    let ports = [0x30, 0x39, 0x10, 0x92];
    [&fixed[..], &ip, &[198, 51, 100, 1], &ports].concat()
}

fn text_header(ip: &str) -> Vec<u8> {
    format!("PROXY TCP4 {ip} 198.51.100.1 12345 4242\r\n").into_bytes()
}

#[test]
fn a_proxy_speaks_for_others_or_for_itself_in_any_pieces() {
    let house = proxied_house();
    for (header, address) in [
        (text_header("192.0.2.1"), "192.0.2.1:12345"),
        (binary_header([192, 0, 2, 1]), "192.0.2.1:12345"),
        (
            b"PROXY TCP6 2001:db8::1 ::1 1 2\r\n".to_vec(),
            "[2001:db8::1]:1",
        ),
        (b"PROXY UNKNOWN\r\n".to_vec(), "itself"),
        (b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00".to_vec(), "itself"),
    ] {
        let all = [&header[..], b"hello\n"].concat();
        for piece in [1, 7, all.len()] {
            let mut client = house.connect();
            for bytes in all.chunks(piece) {
                client.send(bytes);
            }
            let own = client.local_address().to_string();
            let address = if address == "itself" { &own } else { address };
            client.expect(&format!("{address} hello"));
            client.send("again\n");
            client.expect(&format!("{address} again"));
        }
    }
}

#[test]
fn the_protocol_meets_nobody_without_a_header() {
    let house = proxied_house();
    for bytes in [
        &b""[..],
        b"PROXY TCP4 192.0.2.1",
        b"hello\n",
        b"PROXY TCP4 nonsense\r\n",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x41\x00\x00",
    ] {
        let mut client = house.connect();
        client.send(bytes);
        client.end_output();
        assert_eq!(client.rest().0, "", "{}", bytes.escape_ascii());
    }
    house.wait_for_connections(0);
    assert_eq!(house.handle.stats().accepted, 0);
    assert!(house.seen.try_recv().is_err());
    // A client that sends a header and nothing after it counts as a client that connects and
    // leaves.
    let mut client = house.connect();
    client.send(text_header("192.0.2.1"));
    client.end_output();
    assert_eq!(client.rest(), (String::new(), End::Fin));
    assert_eq!(house.next(), Seen::Opened(0));
    assert_eq!(house.next(), Seen::Closed(CloseReason::Finished));
}

#[test]
fn only_the_trusted_may_speak_for_others() {
    let elsewhere: AddressPrefix = "10.0.0.0/8".parse().unwrap();
    let door = ListenOptions::new().proxied_by([elsewhere]);
    let house = House::open(ServerConfig::default(), vec![door]);
    let mut client = house.connect();
    let _ = client.try_send(text_header("192.0.2.1"));
    assert_eq!(client.rest().0, "");
    assert_eq!(house.handle.stats().accepted, 0);
}

#[test]
fn it_is_the_real_address_that_counts() {
    let config = ServerConfig {
        connections_per_address_max: 2,
        ..ServerConfig::default()
    };
    let house = House::open(config, vec![proxied()]);
    let come = |ip: &str| {
        let mut client = house.connect();
        client.send([&text_header(ip)[..], b"hello\n"].concat());
        client
    };
    let mut first = come("192.0.2.1");
    first.expect("192.0.2.1:12345 hello");
    come("192.0.2.1").expect("192.0.2.1:12345 hello");
    house.wait_for_connections(1);
    let mut second = come("192.0.2.1");
    second.expect("192.0.2.1:12345 hello");
    let refused = come("192.0.2.1").rest();
    assert_eq!(refused, ("FullForAddress\n".to_owned(), End::Fin));
    come("192.0.2.2").expect("192.0.2.2:12345 hello");
    drop(first);
    house.wait_for_connections(1);
    come("192.0.2.1").expect("192.0.2.1:12345 hello");
    assert_eq!(house.handle.stats().refused, 1);
}

const LIMIT: Duration = Duration::from_millis(600);

fn hurried() -> ServerConfig {
    ServerConfig {
        handshake: LIMIT,
        ..ServerConfig::default()
    }
}

/// Sends a byte now and then until the server closes the connection. Returns the time that this
/// took.
fn dawdle(client: &mut Client, bytes: &[u8]) -> Duration {
    let start = Instant::now();
    for byte in bytes {
        if client.try_send([*byte]).is_err() || !client.is_quiet_for(Duration::from_millis(50)) {
            break;
        }
    }
    client.rest();
    start.elapsed()
}

#[test]
fn a_header_has_its_time_and_no_more() {
    let house = House::open(hurried(), vec![proxied()]);
    let header = text_header("192.0.2.1");
    let took = dawdle(&mut house.connect(), &header);
    assert!(took >= LIMIT && took < PATIENCE, "{took:?}");
    // A somewhat slow header is fast enough, and once it is complete, its time limit no longer
    // counts.
    let mut client = house.connect();
    client.send(&header[..20]);
    assert!(client.is_quiet_for(LIMIT / 3));
    client.send(&header[20..]);
    assert!(client.is_quiet_for(LIMIT * 2));
    client.send("hello\n");
    client.expect("192.0.2.1:12345 hello");
}
mod encrypted {
    use parloir::{Certificate, Encryption, Error};

    use super::*;
    use crate::wire::{Identity, TlsEnd};

    fn certificate(identity: &Identity) -> Certificate {
        Certificate::from_files(&identity.certificate, &identity.key).unwrap()
    }

    fn required() -> ListenOptions {
        ListenOptions::new().encryption(Encryption::Required)
    }

    fn house(identity: &Identity, config: ServerConfig, doors: Vec<ListenOptions>) -> House {
        House::open_with(config, doors, |server| {
            server.set_tls(certificate(identity));
        })
    }

    fn hello(identity: &Identity) -> Vec<u8> {
        let mut hello = Vec::new();
        identity.client().write_tls(&mut hello).unwrap();
        hello
    }

    #[test]
    fn a_handshake_has_its_time_and_no_more() {
        let identity = Identity::make("time");
        let hello = hello(&identity);
        for door in [ListenOptions::new(), required()] {
            let house = house(&identity, hurried(), vec![door]);
            let took = dawdle(&mut house.connect(), &hello);
            assert!(took >= LIMIT && took < PATIENCE, "{took:?}");
            let mut half = house.connect();
            half.send(&hello);
            house.wait_for_connections(0);
            drop(half);
            // A somewhat slow handshake is fast enough, and once it is done, its time limit no
            // longer counts.
            let stream = TcpStream::connect(house.addresses[0]).unwrap();
            let mut waiting = Client::on(stream.try_clone().unwrap());
            assert!(waiting.is_quiet_for(LIMIT / 3));
            let mut client = identity.shake_hands(stream).unwrap();
            client.send("hello\n");
            client.line();
            let own = client.stream.sock.local_addr().unwrap();
            client
                .stream
                .sock
                .set_read_timeout(Some(LIMIT * 2))
                .unwrap();
            let quiet = std::io::Read::read(&mut client.stream, &mut [0]).unwrap_err();
            assert_eq!(quiet.kind(), std::io::ErrorKind::WouldBlock);
            client.stream.sock.set_read_timeout(Some(PATIENCE)).unwrap();
            client.send("still here\n");
            client.expect(&format!("{own} still here"));
        }
    }

    #[test]
    fn silence_has_no_limit_where_it_may_be_plain() {
        let identity = Identity::make("limit");
        let doors = vec![ListenOptions::new(), required()];
        let house = house(&identity, hurried(), doors);
        let mut plain = house.connect();
        let mut awaited = Client::on(TcpStream::connect(house.addresses[1]).unwrap());
        assert!(plain.is_quiet_for(LIMIT * 2));
        assert_eq!(awaited.rest().0, "");
        plain.send("hello\n");
        let own = plain.local_address();
        plain.expect(&format!("{own} hello"));
    }

    #[test]
    fn who_is_still_shaking_hands_has_a_place() {
        let identity = Identity::make("places");
        let config = ServerConfig {
            connections_max: 2,
            ..hurried()
        };
        let doors = vec![ListenOptions::new(), required()];
        let house = house(&identity, config, doors);
        let awaited = |n: usize| Client::on(TcpStream::connect(house.addresses[n]).unwrap());
        let (one, two) = (awaited(1), awaited(1));
        house.wait_for_connections(2);
        assert_eq!(awaited(0).rest().0, "Full\n");
        house.wait_for_connections(0);
        drop((one, two));
        let mut client = identity.connect(house.addresses[1]);
        client.send("hello\n");
        client.line();
    }

    #[test]
    fn a_proxy_s_header_comes_before_tls() {
        let identity = Identity::make("proxied");
        let doors = vec![proxied().encryption(Encryption::Required), proxied()];
        let house = house(&identity, ServerConfig::default(), doors);
        for address in &house.addresses {
            for header in [text_header("192.0.2.1"), binary_header([192, 0, 2, 1])] {
                let mut stream = TcpStream::connect(address).unwrap();
                std::io::Write::write_all(&mut stream, &header).unwrap();
                let mut client = identity.shake_hands(stream).unwrap();
                client.send("hello\n");
                client.expect("192.0.2.1:12345 hello");
                // The header and the hello come in one piece.
                let mut whole = Client::on(TcpStream::connect(address).unwrap());
                whole.send([header, hello(&identity)].concat());
                assert_eq!(whole.read_bytes(2), b"\x16\x03");
            }
        }
        let mut plain = Client::on(TcpStream::connect(house.addresses[0]).unwrap());
        plain.send([&text_header("192.0.2.1")[..], b"hello\n"].concat());
        assert_eq!(plain.rest().0, "");
        let mut plain = Client::on(TcpStream::connect(house.addresses[1]).unwrap());
        plain.send([&text_header("192.0.2.1")[..], b"\x16"].concat());
        plain.send("hello\n");
        plain.expect("192.0.2.1:12345 \x16hello");
    }

    #[test]
    fn for_the_protocol_it_is_one_connection() {
        let identity = Identity::make("one-connection");
        let doors = vec![ListenOptions::new(), required()];
        let house = house(&identity, ServerConfig::default(), doors);
        let mut offered = identity.connect(house.addresses[0]);
        offered.send("hello\n");
        offered.line();
        assert_eq!(house.next(), Seen::Opened(0));
        offered.end_output();
        assert_eq!(offered.rest(), (String::new(), TlsEnd::Notified));
        assert_eq!(house.next(), Seen::Closed(CloseReason::Finished));
        let mut awaited = identity.connect(house.addresses[1]);
        awaited.send("hello\n");
        awaited.line();
        assert_eq!(house.next(), Seen::Opened(1));
        let stats = house.handle.stats();
        assert_eq!((stats.accepted, stats.refused), (2, 0));
    }

    #[test]
    fn where_tls_is_off_a_hello_is_bytes_like_any_other() {
        let identity = Identity::make("off");
        let off = ListenOptions::new().encryption(Encryption::Off);
        for (has_certificate, door) in [(true, off), (false, ListenOptions::new())] {
            let house = House::open_with(ServerConfig::default(), vec![door], |server| {
                if has_certificate {
                    server.set_tls(certificate(&identity));
                }
            });
            let mut client = house.connect();
            client.send(b"\x16\x03\n");
            let own = client.local_address();
            client.expect(&format!("{own} \x16\x03"));
        }
    }

    /// The handshakes of a crowd that connects at once are spread over several turns, so that other
    /// connections have theirs.
    #[test]
    fn handshakes_of_a_crowd_are_spread_over_turns() {
        const CROWD: usize = 50;
        let identity = Identity::make("crowd");
        let (seen, _) = channel();
        let guests = Vec::new();
        let mut server = Server::new(Doorman { guests, seen }, ServerConfig::default()).unwrap();
        server.set_tls(certificate(&identity));
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let Endpoint::Tcp(address) = server.listen(any, Tag(0)).unwrap() else {
            panic!("not on TCP");
        };
        let mut crowd: Vec<TcpStream> = (0..CROWD)
            .map(|_| {
                let mut stream = TcpStream::connect(address).unwrap();
                std::io::Write::write_all(&mut stream, &hello(&identity)).unwrap();
                stream.set_nonblocking(true).unwrap();
                stream
            })
            .collect();
        let until = Instant::now() + PATIENCE;
        let mut turns = 0;
        while !crowd.is_empty() {
            assert!(Instant::now() < until, "{} wait for ever", crowd.len());
            server.turn(Some(Duration::from_millis(10))).unwrap();
            let before = crowd.len();
            crowd.retain(|stream| stream.peek(&mut [0]).is_err());
            let answered = before - crowd.len();
            assert!(answered <= 16, "{answered} in one turn");
            turns += 1;
        }
        assert!(turns >= CROWD / 16, "{turns} turns");
    }

    #[test]
    fn another_thread_can_bring_a_certificate() {
        let identity = Identity::make("thread");
        let doors = vec![ListenOptions::new()];
        let house = House::open(ServerConfig::default(), doors);
        let mut plain = house.connect();
        plain.send("hello\n");
        plain.line();
        house.handle.set_tls(certificate(&identity)).unwrap();
        let mut client = loop {
            let stream = TcpStream::connect(house.addresses[0]).unwrap();
            // Until the certificate is there, the hello counts as text, and the server waits for
            // the end of its line.
            let mut probe = Client::on(stream);
            probe.send(hello(&identity));
            if !probe.is_quiet_for(Duration::from_millis(200)) {
                break identity.connect(house.addresses[0]);
            }
        };
        client.send("hello\n");
        client.line();
        plain.send("again\n");
        plain.line();
    }

    #[test]
    fn tls_cannot_be_required_without_a_certificate() {
        let (seen, _) = channel();
        let guests = Vec::new();
        let mut server = Server::new(Doorman { guests, seen }, ServerConfig::default()).unwrap();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let told = server.listen_with(any, Tag(0), required()).unwrap_err();
        assert!(matches!(told, Error::Certificate(_)), "{told}");
        assert!(told.to_string().contains("without a certificate"), "{told}");
    }
}
