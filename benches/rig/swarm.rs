//! All clients of one server, on one `mio::Poll` of this process.
//!
//! The first clients are the senders. The last one to arrive is the reference receiver: a server
//! that goes through its clients in order serves it last, so once it has a line, all have been
//! served.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use super::Outcome;
use super::check::Checker;
use super::dialect::{Dialect, Then};

/// Number of clients that connect before the others are looked at again.
const CONNECTS_PER_TURN: usize = 50;
/// The time that one client may take to arrive; ngircd admits some 300 a second.
const JOIN_STALL: Duration = Duration::from_secs(20);
/// The maximum of bytes that one read takes.
const BUFFER: usize = 1 << 20;
/// Number of bytes of an answer in which the sign that the client has arrived is searched for.
const ANSWER_MAX: usize = 1 << 16;

/// One client.
#[derive(Debug)]
struct Client {
    stream: TcpStream,
    /// The answer so far, until the client has arrived.
    answer: Option<Vec<u8>>,
    /// The second half of the handshake, until it is sent.
    then: Option<Then>,
    checker: Checker,
    /// Bytes that the socket has not taken yet.
    unsent: Vec<u8>,
    /// False if the client has stopped reading.
    reads: bool,
}

/// The connected clients.
#[derive(Debug)]
pub(crate) struct Swarm {
    poll: Poll,
    events: Events,
    buffer: Vec<u8>,
    clients: Vec<Client>,
    /// The addresses to connect to, in turn.
    addresses: Vec<SocketAddr>,
    dialect: Dialect,
    pub(crate) senders: usize,
    /// Number of clients that have arrived.
    ready: usize,
    /// Number of lines that all clients have seen together.
    pub(crate) deliveries: u64,
    /// Number of bytes that came, of any kind.
    pub(crate) bytes: u64,
    /// Number of reads that brought something. Lines divided by reads shows how well the server
    /// gathers lines.
    pub(crate) reads: u64,
}

/// One line at one client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) client: usize,
    pub(crate) sender: usize,
    pub(crate) number: u32,
    /// Time at which the bytes were read.
    pub(crate) at: Instant,
}

impl Swarm {
    /// Connects the senders, then the receivers, and waits until all have arrived.
    pub(crate) fn join(
        addresses: &[SocketAddr],
        dialect: Dialect,
        senders: usize,
        receivers: usize,
    ) -> Outcome<Self> {
        let mut swarm = Self {
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            buffer: vec![0; BUFFER],
            clients: Vec::with_capacity(senders + receivers),
            addresses: addresses.to_vec(),
            dialect,
            senders,
            ready: 0,
            deliveries: 0,
            bytes: 0,
            reads: 0,
        };
        swarm.add(senders + receivers)?;
        swarm.settle(Duration::from_millis(dialect.settles_in_ms))?;
        Ok(swarm)
    }

    /// Connects more clients, and waits until they have arrived. The first ones of a swarm are its
    /// senders.
    pub(crate) fn add(&mut self, count: usize) -> Outcome<()> {
        let all = self.clients.len() + count;
        let mut stalled_at = Instant::now() + JOIN_STALL;
        while self.ready < all {
            let room = self.dialect.arriving_max - (self.clients.len() - self.ready);
            let missing = all - self.clients.len();
            for _ in 0..missing.min(room).min(CONNECTS_PER_TURN) {
                self.connect()?;
            }
            let is_going_on = missing > CONNECTS_PER_TURN && room > CONNECTS_PER_TURN;
            let wait = if is_going_on { 0 } else { 100 };
            let before = self.ready;
            self.turn(Some(Duration::from_millis(wait)), &mut |_| {})?;
            if self.ready > before {
                stalled_at = Instant::now() + JOIN_STALL;
            } else if Instant::now() > stalled_at {
                let (ready, silent) = (self.ready, self.first_outside());
                return Err(format!("{ready} of {all} clients got in; then: {silent:?}").into());
            }
        }
        Ok(())
    }

    /// The server's answer to the first client that has not arrived.
    fn first_outside(&self) -> String {
        let answer = self.clients.iter().find_map(|it| it.answer.as_ref());
        answer.map_or_else(String::new, |bytes| {
            let end = bytes.len().min(300);
            String::from_utf8_lossy(&bytes[..end]).into_owned()
        })
    }

    fn connect(&mut self) -> Outcome<()> {
        let index = self.clients.len();
        let mut stream = TcpStream::connect(self.addresses[index % self.addresses.len()])?;
        let both = Interest::READABLE | Interest::WRITABLE;
        self.poll
            .registry()
            .register(&mut stream, Token(index), both)?;
        stream.set_nodelay(true)?;
        self.clients.push(Client {
            stream,
            answer: Some(Vec::new()),
            then: self.dialect.then,
            checker: Checker::new(self.senders),
            unsent: (self.dialect.join)(index, index < self.senders),
            reads: true,
        });
        self.flush(index)
    }

    /// Reads until nothing has come for this time.
    pub(crate) fn settle(&mut self, quiet: Duration) -> Outcome<()> {
        loop {
            let before = self.bytes;
            let deadline = Instant::now() + quiet;
            loop {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                self.turn(Some(left), &mut |_| {})?;
            }
            if self.bytes == before {
                return Ok(());
            }
        }
    }

    /// Runs one turn: waits for events, reads all bytes that are there, and reports each line.
    pub(crate) fn turn(
        &mut self,
        timeout: Option<Duration>,
        seen: &mut impl FnMut(Seen),
    ) -> Outcome<()> {
        let mut events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        match self.poll.poll(&mut events, timeout) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => result?,
        }
        for event in &events {
            let Token(index) = event.token();
            if event.is_writable() {
                self.flush(index)?;
            }
            if event.is_readable() || event.is_read_closed() {
                self.read(index, seen)?;
            }
        }
        self.events = events;
        Ok(())
    }

    /// Reads until the socket is empty. A short read shows that it is.
    fn read(&mut self, index: usize, seen: &mut impl FnMut(Seen)) -> Outcome<()> {
        let client = &mut self.clients[index];
        while client.reads {
            let count = match client.stream.read(&mut self.buffer) {
                Ok(0) => return Err(format!("client {index} was disconnected").into()),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(format!("client {index}: {error}").into()),
            };
            self.bytes += count as u64;
            self.reads += 1;
            let at = Instant::now();
            if client.answer.is_some() {
                // No client speaks before all have arrived, so there is no line behind the answer
                // yet.
                let sends = index < self.senders;
                self.ready +=
                    usize::from(client.hear(&self.buffer[..count], &self.dialect, index, sends));
                client.send()?;
                continue;
            }
            let deliveries = &mut self.deliveries;
            let tell = |sender, number| {
                *deliveries += 1;
                seen(Seen {
                    client: index,
                    sender,
                    number,
                    at,
                });
            };
            let checked = client.checker.take(&self.buffer[..count], tell);
            checked.map_err(|error| format!("client {index}: {error}"))?;
            if count < self.buffer.len() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Queues a line of a sender, behind the bytes that it has not sent yet.
    pub(crate) fn queue(&mut self, sender: usize, payload: &[u8]) {
        (self.dialect.message)(payload, &mut self.clients[sender].unsent);
    }

    /// Writes the bytes that a client has queued.
    pub(crate) fn flush(&mut self, index: usize) -> Outcome<()> {
        let sent = self.clients[index].send();
        Ok(sent.map_err(|error| format!("client {index}: {error}"))?)
    }

    /// The index of the reference receiver.
    pub(crate) fn reference(&self) -> usize {
        self.clients.len() - 1
    }

    /// Number of a sender's lines that a client has seen.
    pub(crate) fn seen_by(&self, client: usize, sender: usize) -> u32 {
        self.clients[client].checker.next_of(sender)
    }

    /// Number of clients that hear a line of one sender.
    pub(crate) fn hearers(&self) -> u64 {
        let senders = if self.dialect.senders_hear {
            self.senders - 1
        } else {
            0
        };
        (self.clients.len() - self.senders + senders) as u64
    }

    /// Lets a client read, or stop reading.
    pub(crate) fn set_reading(&mut self, index: usize, reads: bool) -> Outcome<()> {
        self.clients[index].reads = reads;
        self.read(index, &mut |_| {})
    }

    pub(crate) fn len(&self) -> usize {
        self.clients.len()
    }
}

impl Client {
    /// Goes on with the handshake. Returns whether the client has arrived now.
    fn hear(&mut self, bytes: &[u8], dialect: &Dialect, index: usize, sends: bool) -> bool {
        let Some(answer) = &mut self.answer else {
            return false;
        };
        answer.extend_from_slice(bytes);
        if let Some(Then { heard, say }) = self.then
            && memchr::memmem::find(answer, heard).is_some()
        {
            self.unsent.extend_from_slice(say);
            self.then = None;
        }
        let ready = (dialect.ready)(index, sends);
        let is_in = memchr::memmem::find(answer, ready).is_some();
        if is_in {
            self.answer = None;
        } else if answer.len() > ANSWER_MAX {
            // The answer holds a long list of members. Its end is kept because it may be the
            // beginning of the sign.
            answer.drain(..answer.len() - ready.len());
        }
        is_in
    }

    /// Writes the queued bytes, as far as the socket takes them.
    fn send(&mut self) -> io::Result<()> {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(count) => drop(self.unsent.drain(..count)),
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::WouldBlock | ErrorKind::NotConnected
                    ) =>
                {
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
