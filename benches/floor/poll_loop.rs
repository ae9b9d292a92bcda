//! The server that a reader of the teaching texts writes second: one loop, and a write for each
//! message to each client.

use std::io::{ErrorKind, Read, Write};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use slab::Slab;

use super::announce;
use crate::rig::Outcome;

const LISTENER: Token = Token(usize::MAX);

#[derive(Default)]
struct Buffers {
    input: Vec<u8>,
    output: Vec<u8>,
}

type Clients = Slab<(TcpStream, Buffers)>;

/// Serves until the process is killed.
pub(crate) fn serve() -> Outcome<()> {
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let mut listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
    announce(listener.local_addr()?)?;
    let mut poll = Poll::new()?;
    poll.registry()
        .register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut events = Events::with_capacity(1024);
    let mut clients = Clients::new();
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            match event.token() {
                LISTENER => accept(&poll, &listener, &mut clients)?,
                Token(index) if clients.contains(index) => {
                    if event.is_writable() {
                        send(&mut clients[index], b"");
                    }
                    if event.is_readable() {
                        serve_one(index, &mut clients);
                    }
                }
                Token(_) => {}
            }
        }
    }
}

fn accept(poll: &Poll, listener: &TcpListener, clients: &mut Clients) -> Outcome<()> {
    while let Ok((mut stream, _)) = listener.accept() {
        stream.set_nodelay(true)?;
        let _ = stream.write(b"+\n")?;
        let entry = clients.vacant_entry();
        let both = Interest::READABLE | Interest::WRITABLE;
        let token = Token(entry.key());
        poll.registry().register(&mut stream, token, both)?;
        entry.insert((stream, Buffers::default()));
    }
    Ok(())
}

fn serve_one(index: usize, clients: &mut Clients) {
    let mut buffer = [0; 4096];
    loop {
        match clients[index].0.read(&mut buffer) {
            Ok(0) => {
                clients.remove(index);
                return;
            }
            Ok(count) => clients[index].1.input.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(_) => {
                clients.remove(index);
                return;
            }
        }
    }
    let input = std::mem::take(&mut clients[index].1.input);
    let mut rest = &input[..];
    while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
        let (line, behind) = rest.split_at(end + 1);
        for (other, client) in clients.iter_mut() {
            if other != index {
                send(client, line);
            }
        }
        rest = behind;
    }
    clients[index].1.input = rest.to_vec();
}

fn send((stream, buffers): &mut (TcpStream, Buffers), line: &[u8]) {
    if buffers.output.is_empty() && !line.is_empty() {
        let sent = stream.write(line).unwrap_or(0);
        buffers.output.extend_from_slice(&line[sent..]);
        return;
    }
    buffers.output.extend_from_slice(line);
    while !buffers.output.is_empty() {
        match stream.write(&buffers.output) {
            Ok(sent) => drop(buffers.output.drain(..sent)),
            Err(_) => return,
        }
    }
}
