//! The floor: the smallest epoll relay that can do the job, one write per recipient per turn.
//!
//! No relay can do less: the floor looks at no byte but the last newline of its input, knows no
//! names, and formats nothing. The cost of a relay above the floor is the relay's own work; below
//! the floor, there is only the kernel. The floor keeps the bytes that a socket does not take, so
//! it loses nothing, and it has no limit on them.

use std::io::{ErrorKind, Read, Write};
use std::ops::Range;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use slab::Slab;

use super::announce;
use crate::rig::Outcome;

const LISTENER: Token = Token(usize::MAX);
/// The maximum of bytes that one read takes.
const READ: usize = 64 << 10;

struct Client {
    stream: TcpStream,
    /// The beginning of a line.
    partial: Vec<u8>,
    /// Bytes that the socket has not taken.
    unsent: Vec<u8>,
    /// The client's own bytes in this turn, which are not sent back to it.
    own: Vec<Range<usize>>,
}

struct Floor {
    poll: Poll,
    clients: Slab<Client>,
    /// The lines of this turn.
    turn: Vec<u8>,
    speakers: Vec<usize>,
    buffer: Vec<u8>,
}

/// Serves until the process is killed.
pub(crate) fn serve() -> Outcome<()> {
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let mut listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
    announce(listener.local_addr()?)?;
    let mut floor = Floor {
        poll: Poll::new()?,
        clients: Slab::new(),
        turn: Vec::new(),
        speakers: Vec::new(),
        buffer: vec![0; READ],
    };
    let registry = floor.poll.registry();
    registry.register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut events = Events::with_capacity(1024);
    loop {
        floor.poll.poll(&mut events, None)?;
        for event in &events {
            match event.token() {
                LISTENER => floor.accept(&listener)?,
                Token(index) if floor.clients.contains(index) => {
                    if event.is_writable() && !floor.clients[index].unsent.is_empty() {
                        floor.send(index, 0..0);
                    }
                    if event.is_readable() && !floor.read(index) {
                        floor.clients.remove(index);
                    }
                }
                Token(_) => {}
            }
        }
        floor.flush();
    }
}

impl Floor {
    fn accept(&mut self, listener: &TcpListener) -> Outcome<()> {
        while let Ok((mut stream, _)) = listener.accept() {
            stream.set_nodelay(true)?;
            let _ = stream.write(b"+\n")?;
            let entry = self.clients.vacant_entry();
            let both = Interest::READABLE | Interest::WRITABLE;
            let token = Token(entry.key());
            self.poll.registry().register(&mut stream, token, both)?;
            entry.insert(Client {
                stream,
                partial: Vec::new(),
                unsent: Vec::new(),
                own: Vec::new(),
            });
        }
        Ok(())
    }

    /// Adds a client's lines to the turn. False if the client is gone.
    fn read(&mut self, index: usize) -> bool {
        let client = &mut self.clients[index];
        loop {
            let count = match client.stream.read(&mut self.buffer) {
                Ok(0) => return false,
                Ok(count) => count,
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            };
            let bytes = &self.buffer[..count];
            let whole = memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1);
            if whole > 0 {
                let start = self.turn.len();
                self.turn.append(&mut client.partial);
                self.turn.extend_from_slice(&bytes[..whole]);
                if client.own.is_empty() {
                    self.speakers.push(index);
                }
                client.own.push(start..self.turn.len());
            }
            client.partial.extend_from_slice(&bytes[whole..]);
            if count < self.buffer.len() {
                return true;
            }
        }
    }

    /// Ends a turn: one write for each recipient; for a client that has spoken, one write for each
    /// piece between its own lines.
    fn flush(&mut self) {
        if self.turn.is_empty() {
            return;
        }
        let all = self.turn.len();
        for index in 0..self.clients.capacity() {
            match self.clients.get(index) {
                Some(client) if client.own.is_empty() => self.send(index, 0..all),
                _ => {}
            }
        }
        while let Some(index) = self.speakers.pop() {
            let Some(client) = self.clients.get_mut(index) else {
                continue;
            };
            let mut from = 0;
            for own in std::mem::take(&mut client.own) {
                self.send(index, from..own.start);
                from = own.end;
            }
            self.send(index, from..all);
        }
        self.turn.clear();
    }

    /// Sends the bytes that are left from earlier, then a piece of the turn.
    fn send(&mut self, index: usize, piece: Range<usize>) {
        let client = &mut self.clients[index];
        let piece = &self.turn[piece];
        if client.unsent.is_empty() {
            if !piece.is_empty() {
                let sent = client.stream.write(piece).unwrap_or(0);
                client.unsent.extend_from_slice(&piece[sent..]);
            }
            return;
        }
        client.unsent.extend_from_slice(piece);
        let sent = client.stream.write(&client.unsent).unwrap_or(0);
        client.unsent.drain(..sent);
    }
}
