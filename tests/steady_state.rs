//! In the steady state the loop allocates nothing: lines in, lines out, from memory it has already.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use parloir::{Endpoint, Relay, RelayConfig, Server, ServerConfig, Tag};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

const RECEIVERS: usize = 50;
/// Of the receivers that speak IRC: what they ask for makes their bytes differ.
#[cfg(feature = "irc")]
const CAPABILITIES: [&str; 4] = [
    "batch",
    "server-time",
    "message-tags",
    "server-time account-tag",
];
const LINE: &[u8] = b"a line of some length that is said again and again and again\n";
#[cfg(feature = "irc")]
const MESSAGE: &[u8] = b"PRIVMSG #lobby :a line of some length, said again and again\r\n";

/// The loop and its clients on one thread, turn by turn.
struct Room {
    server: Server<Relay>,
    senders: Vec<TcpStream>,
    receivers: Vec<TcpStream>,
    buffer: [u8; 65_536],
}

impl Room {
    fn open() -> Self {
        let config = RelayConfig {
            rate: 0,
            // Nobody is told of later.
            gather_above: RECEIVERS * 2,
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
            stream.write_all(name.as_bytes()).expect("it is open");
            stream.set_nonblocking(true).expect("it is a socket");
            stream.set_nodelay(true).expect("it is TCP");
            stream
        };
        let senders = (0..4).map(|n| connect(arrival('s', n))).collect();
        let receivers = (0..RECEIVERS).map(|n| connect(arrival('r', n))).collect();
        Self {
            server,
            senders,
            receivers,
            buffer: [0; 65_536],
        }
    }

    /// Every sender says a few lines, and everyone reads what comes until all of it has.
    fn round(&mut self) {
        for (n, sender) in self.senders.iter_mut().enumerate() {
            for _ in 0..3 {
                let said = said(n);
                assert_eq!(sender.write(said).ok(), Some(said.len()));
            }
        }
        let mut missing = self.senders.len() * 3 * (RECEIVERS + self.senders.len() - 1);
        while missing > 0 {
            self.server
                .turn(Some(Duration::from_millis(10)))
                .expect("the loop runs");
            missing -= self.drain();
        }
    }

    /// Reads all that has come; says how many lines ended in it.
    fn drain(&mut self) -> usize {
        let mut total = 0;
        for stream in self.senders.iter_mut().chain(&mut self.receivers) {
            while let Ok(count) = stream.read(&mut self.buffer) {
                assert!(count > 0, "the relay closed a connection");
                let ends = self.buffer[..count].iter().filter(|byte| **byte == b'\n');
                total += ends.count();
            }
        }
        total
    }
}

/// What each says first: every other one is a client of IRC.
fn arrival(kind: char, n: usize) -> String {
    #[cfg(feature = "irc")]
    if n % 2 == 1 {
        let capabilities = CAPABILITIES[n / 2 % CAPABILITIES.len()];
        return format!(
            "CAP REQ :{capabilities}\r\nNICK {kind}{n}\r\nUSER {kind} 0 * :R\r\nCAP END\r\n\
             JOIN #lobby\r\n"
        );
    }
    format!("{kind}{n}\n")
}

/// What a sender says.
fn said(n: usize) -> &'static [u8] {
    #[cfg(feature = "irc")]
    if n % 2 == 1 {
        return MESSAGE;
    }
    let _ = n;
    LINE
}

#[test]
fn a_line_costs_no_allocation() {
    let _profiler = dhat::Profiler::builder().testing().build();
    let mut room = Room::open();
    // Everyone arrives, and is told so.
    for _ in 0..20 {
        room.server
            .turn(Some(Duration::from_millis(10)))
            .expect("the loop runs");
        room.drain();
    }
    // The history fills up, and every buffer reaches its size.
    for _ in 0..200 {
        room.round();
    }
    let before = dhat::HeapStats::get().total_blocks;
    for _ in 0..100 {
        room.round();
    }
    let allocations = dhat::HeapStats::get().total_blocks - before;
    assert_eq!(allocations, 0, "in {} deliveries", 100 * 12 * RECEIVERS);
}
