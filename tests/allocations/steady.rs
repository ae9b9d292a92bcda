//! The loop and its clients on one thread, turn by turn: for tests of the allocations in a turn.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use parloir::{Endpoint, ListenOptions, Relay, RelayConfig, Server, ServerConfig, Tag};

use crate::blocks;

pub(crate) const SENDERS: usize = 4;
pub(crate) const RECEIVERS: usize = 50;

/// Number of lines that each sender says in a round.
const SAID: usize = 3;

/// Number of rounds that are checked.
const ROUNDS: usize = 100;

pub(crate) fn server(config: RelayConfig) -> Server<Relay> {
    let relay = Relay::new(config).expect("it is valid");
    Server::new(relay, ServerConfig::default()).expect("an event queue")
}

pub(crate) fn listen(server: &mut Server<Relay>, options: ListenOptions) -> SocketAddr {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let Ok(Endpoint::Tcp(address)) = server.listen_with(any, Tag::default(), options) else {
        panic!("cannot listen on loopback");
    };
    address
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("it is listening");
    stream.set_nonblocking(true).expect("it is a socket");
    stream.set_nodelay(true).expect("it is TCP");
    stream
}

/// The members of the room, their lines, and the way in which the output is counted.
pub(crate) struct Plan {
    pub(crate) config: RelayConfig,
    /// The first bytes of a client: `s` is a sender, `r` a receiver.
    pub(crate) arrival: fn(char, usize) -> Vec<u8>,
    /// The bytes of a line, for each sender.
    pub(crate) said: [Vec<u8>; SENDERS],
    /// Counts units of output in some bytes; `each` is the number of units in a line as a client is
    /// sent it.
    pub(crate) count: fn(&[u8]) -> usize,
    pub(crate) each: usize,
}

pub(crate) struct Room {
    plan: Plan,
    server: Server<Relay>,
    senders: Vec<TcpStream>,
    receivers: Vec<TcpStream>,
    buffer: [u8; 65_536],
}

impl Room {
    pub(crate) fn open(plan: Plan) -> Self {
        let mut server = server(plan.config.clone());
        let address = listen(&mut server, ListenOptions::new());
        let enter = |kind, n| {
            let mut stream = connect(address);
            let first = (plan.arrival)(kind, n);
            assert_eq!(stream.write(&first).ok(), Some(first.len()));
            stream
        };
        let senders = (0..SENDERS).map(|n| enter('s', n)).collect();
        let receivers = (0..RECEIVERS).map(|n| enter('r', n)).collect();
        Self {
            plan,
            server,
            senders,
            receivers,
            buffer: [0; 65_536],
        }
    }

    /// Every sender says a few lines, and every client reads until all of them have come.
    fn round(&mut self) {
        for (sender, said) in self.senders.iter_mut().zip(&self.plan.said) {
            for _ in 0..SAID {
                assert_eq!(sender.write(said).ok(), Some(said.len()));
            }
        }
        let hearers = RECEIVERS + SENDERS - 1;
        let mut missing = SENDERS * SAID * hearers * self.plan.each;
        while missing > 0 {
            missing -= self.turn();
        }
    }

    /// Runs one turn of the loop and reads all its output. Returns the number of units in it.
    fn turn(&mut self) -> usize {
        let turn = self.server.turn(Some(Duration::from_millis(10)));
        turn.expect("the loop runs");
        let mut total = 0;
        for stream in self.senders.iter_mut().chain(&mut self.receivers) {
            while let Ok(count) = stream.read(&mut self.buffer) {
                assert!(count > 0, "the relay closed a connection");
                total += (self.plan.count)(&self.buffer[..count]);
            }
        }
        total
    }

    /// Lets all clients arrive and runs some rounds, in which the history fills up and every buffer
    /// reaches its size. From then on, nothing may be allocated.
    #[track_caller]
    pub(crate) fn assert_nothing_is_allocated_after(mut self, rounds: usize) {
        for _ in 0..20 {
            self.turn();
        }
        for _ in 0..rounds {
            self.round();
        }
        let before = blocks();
        for _ in 0..ROUNDS {
            self.round();
        }
        let allocations = blocks() - before;
        let deliveries = ROUNDS * SENDERS * SAID * RECEIVERS;
        assert_eq!(allocations, 0, "in {deliveries} deliveries");
    }
}
