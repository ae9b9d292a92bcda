//! In the steady state nothing is allocated for WebSocket messages either, in or out.
#![cfg(feature = "web")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use parloir::{Endpoint, Relay, RelayConfig, Server, ServerConfig, Tag};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

const RECEIVERS: usize = 50;
const LINE: &str = "a line of some length that is said again and again and again";

/// Bytes around a line on its way out.
const FRAME: usize = 2;

/// What someone sends first, to be called so.
fn arrival(name: &str) -> Vec<u8> {
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
        Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    [request.as_bytes(), &message(name)].concat()
}

/// A line in a message, as a client sends it. A mask of zeros is one, too.
fn message(text: &str) -> Vec<u8> {
    let head = [0x81, 0x80 | text.len() as u8, 0, 0, 0, 0];
    [&head, text.as_bytes()].concat()
}

/// The loop and its clients on one thread, turn by turn.
struct Room {
    /// What a sender says, as it is sent.
    line: Vec<u8>,
    server: Server<Relay>,
    senders: Vec<TcpStream>,
    receivers: Vec<TcpStream>,
    buffer: [u8; 65_536],
}

impl Room {
    fn open() -> Self {
        let config = RelayConfig {
            rate: 0,
            ..RelayConfig::default()
        };
        let relay = Relay::new(config).expect("it is valid");
        let mut server = Server::new(relay, ServerConfig::default()).expect("an event queue");
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let Ok(Endpoint::Tcp(address)) = server.listen(any, Tag::default()) else {
            panic!("cannot listen on loopback");
        };
        let connect = |name: String| {
            let mut stream = TcpStream::connect(address).expect("it is listening");
            stream.write_all(&arrival(&name)).expect("it is open");
            stream.set_nonblocking(true).expect("it is a socket");
            stream.set_nodelay(true).expect("it is TCP");
            stream
        };
        let senders = (0..4).map(|n| connect(format!("s{n}"))).collect();
        let receivers = (0..RECEIVERS).map(|n| connect(format!("r{n}"))).collect();
        Self {
            line: message(LINE),
            server,
            senders,
            receivers,
            buffer: [0; 65_536],
        }
    }

    /// Every sender says a few lines, and everyone reads what comes until all of it has.
    fn round(&mut self) {
        for sender in &mut self.senders {
            for _ in 0..3 {
                assert_eq!(sender.write(&self.line).ok(), Some(self.line.len()));
            }
        }
        let line = "<s0> ".len() + LINE.len() + FRAME;
        let mut missing = self.senders.len() * 3 * line * RECEIVERS
            + self.senders.len() * (self.senders.len() - 1) * 3 * line;
        while missing > 0 {
            self.server
                .turn(Some(Duration::from_millis(10)))
                .expect("the loop runs");
            missing -= self.drain();
        }
    }

    fn drain(&mut self) -> usize {
        let mut total = 0;
        for stream in self.senders.iter_mut().chain(&mut self.receivers) {
            while let Ok(count) = stream.read(&mut self.buffer) {
                assert!(count > 0, "the relay closed a connection");
                total += count;
            }
        }
        total
    }
}

#[test]
fn a_message_costs_no_allocation() {
    let _profiler = dhat::Profiler::builder().testing().build();
    say_many();
}

fn say_many() {
    let mut room = Room::open();
    // Everyone arrives, and is told so.
    for _ in 0..20 {
        room.server
            .turn(Some(Duration::from_millis(10)))
            .expect("the loop runs");
        room.drain();
    }
    // The history fills up, and every buffer reaches its size.
    for _ in 0..40 {
        room.round();
    }
    let before = dhat::HeapStats::get().total_blocks;
    for _ in 0..100 {
        room.round();
    }
    let allocations = dhat::HeapStats::get().total_blocks - before;
    assert_eq!(allocations, 0, "in {} deliveries", 100 * 12 * RECEIVERS);
}
