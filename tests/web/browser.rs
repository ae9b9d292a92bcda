//! A browser's side: requests, frames, and tungstenite as a second implementation of both.

use std::io::{self, ErrorKind, Read, Write};

use parloir::ConnId;
use tungstenite::protocol::{Role, WebSocket};
use tungstenite::{Error, Message};

use crate::support::Stage;

/// The mask of all frames. Any value will do, as long as it is applied.
const MASK: [u8; 4] = [0x9f, 0x13, 0x00, 0xc4];

/// A request for a WebSocket, as a browser sends it.
pub(crate) fn upgrade(subprotocols: &str) -> String {
    let asked = match subprotocols {
        "" => String::new(),
        names => format!("Sec-WebSocket-Protocol: {names}\r\n"),
    };
    format!(
        "GET / HTTP/1.1\r\nHost: 127.0.0.1:4242\r\nOrigin: http://127.0.0.1:4242\r\n\
         Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{asked}\r\n"
    )
}

/// Connects a client to a chat listener and opens a WebSocket with the line dialect.
pub(crate) fn open(stage: &mut Stage) -> ConnId {
    let id = stage.connect();
    stage.send(id, upgrade("line.parloir"));
    let answer = stage.hear(id);
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    assert!(
        answer.contains("\r\nSec-WebSocket-Protocol: line.parloir\r\n"),
        "{answer}"
    );
    id
}

/// The same, with a nickname. The answers are thrown away.
pub(crate) fn arrive(stage: &mut Stage, name: &str) -> ConnId {
    let id = open(stage);
    stage.send(id, text(name));
    stage.hear_bytes(id);
    id
}

/// A client's frame.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..=125 => frame.push(0x80 | length as u8),
        length @ 126..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    let masks = MASK.into_iter().cycle();
    frame.extend(payload.iter().zip(masks).map(|(byte, mask)| byte ^ mask));
    frame
}

/// A message in one frame.
pub(crate) fn text(line: &str) -> Vec<u8> {
    frame(0x81, line.as_bytes())
}

/// The frames that the server has sent: each frame's first byte and its payload, which has no mask.
pub(crate) fn frames(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while let [first, second, rest @ ..] = bytes {
        let (length, rest) = match second {
            length @ 0..=125 => (usize::from(*length), rest),
            126 => {
                let (long, rest) = rest.split_first_chunk().expect("a whole head");
                (usize::from(u16::from_be_bytes(*long)), rest)
            }
            127 => {
                let (long, rest) = rest.split_first_chunk().expect("a whole head");
                (u64::from_be_bytes(*long) as usize, rest)
            }
            _ => panic!("a server's frame has a mask: {bytes:x?}"),
        };
        let (payload, rest) = rest.split_at(length);
        frames.push((*first, payload.to_vec()));
        bytes = rest;
    }
    assert!(bytes.is_empty(), "half a frame: {bytes:x?}");
    frames
}

/// The messages that a client was sent, in words: text messages as they are, others by their names.
pub(crate) fn hear(stage: &mut Stage, id: ConnId) -> Vec<String> {
    told(&stage.hear_bytes(id))
}

pub(crate) fn told(bytes: &[u8]) -> Vec<String> {
    let word = |(first, payload): (u8, Vec<u8>)| {
        let shown = || String::from_utf8(payload.clone()).expect("UTF-8");
        match (first, &payload[..]) {
            (0x81, _) => shown(),
            (0x82, _) => format!("binary {}", shown()),
            (0x88, []) => String::from("close"),
            (0x88, [high, low, reason @ ..]) => {
                let code = u16::from_be_bytes([*high, *low]);
                let reason = std::str::from_utf8(reason).expect("UTF-8");
                format!("close {code} {reason}").trim_end().to_owned()
            }
            (0x89, _) => format!("ping {}", shown()).trim_end().to_owned(),
            (0x8a, _) => format!("pong {}", shown()).trim_end().to_owned(),
            _ => panic!("no frame of a server's: {first:x}"),
        }
    };
    frames(bytes).into_iter().map(word).collect()
}

/// A client on an independent implementation.
pub(crate) struct Other {
    pub(crate) id: ConnId,
    socket: WebSocket<Pipe>,
}

/// Both directions of a connection, in memory.
#[derive(Default)]
struct Pipe {
    to_client: Vec<u8>,
    to_server: Vec<u8>,
}

impl Other {
    pub(crate) fn open(stage: &mut Stage) -> Self {
        let id = open(stage);
        let socket = WebSocket::from_raw_socket(Pipe::default(), Role::Client, None);
        Self { id, socket }
    }

    /// Sends a message, in pieces of random sizes.
    pub(crate) fn send(&mut self, stage: &mut Stage, random: &mut fastrand::Rng, message: Message) {
        self.socket.send(message).expect("it has room");
        let bytes = std::mem::take(&mut self.socket.get_mut().to_server);
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (piece, later) = rest.split_at(random.usize(1..=rest.len().min(40)));
            stage.send(self.id, piece);
            rest = later;
        }
    }

    /// All messages that have come. The client's automatic answers are sent back.
    pub(crate) fn receive(&mut self, stage: &mut Stage) -> Vec<Message> {
        let bytes = stage.hear_bytes(self.id);
        self.socket.get_mut().to_client.extend(bytes);
        let mut messages = Vec::new();
        loop {
            match self.socket.read() {
                Ok(message) => messages.push(message),
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("tungstenite finds fault with the server: {error}"),
            }
        }
        let _ = self.socket.flush();
        let answer = std::mem::take(&mut self.socket.get_mut().to_server);
        stage.send(self.id, answer);
        messages
    }
}

/// The messages that tungstenite, as a server, reads from a client's frames, and whether the
/// connection ends with them.
pub(crate) fn other_reads(bytes: &[u8]) -> (Vec<Message>, bool) {
    let pipe = Pipe {
        to_client: bytes.to_vec(),
        ..Pipe::default()
    };
    let mut socket = WebSocket::from_raw_socket(pipe, Role::Server, None);
    let mut messages = Vec::new();
    loop {
        match socket.read() {
            Ok(Message::Close(_)) => return (messages, true),
            Ok(message) => messages.push(message),
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                return (messages, false);
            }
            Err(_) => return (messages, true),
        }
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.to_client.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = buffer.len().min(self.to_client.len());
        buffer[..count].copy_from_slice(&self.to_client[..count]);
        self.to_client.drain(..count);
        Ok(count)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to_server.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
