//! The model's WebSockets: a request turns a connection into one, and its messages are lines.

use std::time::Duration;

use parloir::{CloseReason, ConnId, Consumed, Demand};

use super::{Client, Model, Stage, why};
use crate::chat::words::Why;
use crate::frames::{Control, Framed, Frames};
use crate::house;
use crate::irc::View;
use crate::model::irc::Irc;
use crate::naive::{self, Framing};

/// The additional state of a client that is a WebSocket.
#[derive(Debug)]
pub(super) struct Socket {
    frames: Frames,
    /// The last byte of the current message.
    last: u8,
    pub(super) is_binary: bool,
    /// The length of the request in bytes, for the call that takes it.
    pub(super) head: usize,
    heard_at: Duration,
    is_pinged: bool,
}

impl Socket {
    pub(super) fn note_arrival(&mut self, now: Duration) {
        (self.heard_at, self.is_pinged) = (now, false);
    }
}

/// The length of the request and the subprotocol that the client asks for, if its bytes begin with
/// a complete request for a WebSocket.
fn upgrade(bytes: &[u8]) -> Option<(usize, String)> {
    let length = bytes.windows(4).position(|it| it == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..length]).into_owned();
    let value = |field: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(name, _)| *name == field).map(|it| it.1)
    };
    let is_one = value("Upgrade") == Some("websocket");
    let asked = value("Sec-WebSocket-Protocol").unwrap_or_default();
    is_one.then(|| (length, asked.to_owned()))
}

impl Model {
    /// Returns whether a request asks for a WebSocket. From then on the client is one.
    pub(super) fn upgrade(&mut self, c: &mut Client, bytes: &[u8]) -> bool {
        let Some((head, asked)) = upgrade(bytes) else {
            return false;
        };
        // The answer to the one key that all clients use: see RFC 6455, 1.3.
        let accept = String::from("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        let agreed = Control::Agreed(accept, asked.clone());
        self.controls.push((c.id, agreed));
        self.chat.leave(c.id, None);
        c.socket = Some(Box::new(Socket {
            frames: Frames::new(self.config.web.message_bytes_max),
            last: b'\n',
            is_binary: asked == "binary.ircv3.net",
            head,
            heard_at: self.now,
            is_pinged: false,
        }));
        c.framing = Framing::plain(self.config.line_bytes_max);
        c.opened_at = self.now;
        (c.has_spoken, c.has_line, c.is_welcomed) = (false, true, false);
        c.was_asked = false;
        (c.piece, c.begun, c.requested_at) = (None, None, None);
        match &*asked {
            "line.parloir" => c.stage = self.first_stage(),
            "text.ircv3.net" | "binary.ircv3.net" => self.begin_irc(c),
            "json.parloir" => self.begin_json(c),
            _ => c.stage = Stage::Deciding,
        }
        true
    }

    fn first_stage(&self) -> Stage {
        match self.config.password {
            Some(_) => Stage::AwaitPassword,
            None => Stage::AwaitNick,
        }
    }

    pub(super) fn begin_irc(&mut self, c: &mut Client) {
        self.chat.leave(c.id, None);
        self.views.insert(c.id, View::default());
        c.irc = Some(Box::new(Irc::new(self.now)));
        (c.stage, c.is_welcomed, c.has_spoken) = (Stage::Program, true, true);
    }

    pub(super) fn received_frames(
        &mut self,
        c: &mut Client,
        bytes: &[u8],
        end: Option<CloseReason>,
        taken: Consumed,
    ) {
        for &byte in bytes {
            if c.is_gone() {
                break;
            }
            for framed in c.socket.as_mut().unwrap().frames.feed(byte) {
                self.take_in_frame(c, framed);
            }
        }
        match taken.demand {
            Demand::Yield => return,
            Demand::PauseUntil(at) => return self.check_hold_up(c, at),
            _ if c.is_gone() => return,
            // The beginning of a head, or of a control frame.
            _ => assert!(c.untaken < 14 + 125, "{} bytes are left", c.untaken),
        }
        if let Some(reason) = end {
            return self.dismiss(c, why(reason));
        }
        self.keep_company(c);
        self.note_irc_silence(c);
        self.note_quiet(c);
    }

    fn take_in_frame(&mut self, c: &mut Client, framed: Framed) {
        let socket = c.socket.as_mut().unwrap();
        match framed {
            Framed::Byte(byte) => {
                socket.last = byte;
                c.has_spoken = true;
                self.take_byte(c, byte);
            }
            Framed::Over { is_empty: true } | Framed::Pong => {
                self.begin_line(c);
                self.spend(c);
            }
            Framed::Over { is_empty: false } => {
                if socket.last != b'\n' {
                    self.take_byte(c, b'\n');
                }
            }
            Framed::Ping(payload) => {
                self.begin_line(c);
                self.spend(c);
                self.controls.push((c.id, Control::Pong(payload)));
            }
            Framed::Close(code) => self.close(c, code),
            Framed::Fault(code) => self.close(c, Some(code)),
        }
    }

    fn close(&mut self, c: &mut Client, code: Option<u16>) {
        self.depart(c, None);
        self.say_goodbye(c.id, code);
        self.closed.insert(c.id);
    }

    pub(super) fn say_goodbye(&mut self, id: ConnId, code: Option<u16>) {
        self.controls.push((id, Control::Close(code)));
    }

    fn take_byte(&mut self, c: &mut Client, byte: u8) {
        if c.is_gone() {
            return;
        }
        if let Some(irc) = &mut c.irc {
            if let Some(line) = irc.feed(byte) {
                self.take_irc(c, line);
            }
            return;
        }
        if c.json.is_some() {
            return self.take_json_byte(c, byte);
        }
        let mut framed = Vec::new();
        c.framing.feed(byte, &mut framed);
        for framed in framed {
            if c.stage == Stage::Deciding && !self.decide_by_line(c, &framed) {
                self.begin_line(c);
                self.spend(c);
                continue;
            }
            match framed {
                naive::Framed::Line(line) if c.irc.is_some() => self.take_irc(c, Some(line)),
                naive::Framed::Line(line) if c.json.is_some() => self.take_json(c, Some(line)),
                framed => self.take(c, framed),
            }
        }
    }

    /// Decides the dialect by the first line that says something.
    fn decide_by_line(&mut self, c: &mut Client, framed: &naive::Framed) -> bool {
        let line = match framed {
            naive::Framed::Line(line) if line.trim_ascii().is_empty() => return false,
            naive::Framed::Line(line) => String::from_utf8_lossy(line).into_owned(),
            _ => String::new(),
        };
        match () {
            () if line.starts_with('{') => self.begin_json(c),
            () if house::begins_irc(&line) => self.begin_irc(c),
            () => c.stage = self.first_stage(),
        }
        true
    }

    fn note_quiet(&mut self, c: &mut Client) {
        if c.is_gone() || !self.is_quiet(c, self.now) {
            return;
        }
        let socket = c.socket.as_mut().unwrap();
        if socket.is_pinged {
            let seconds = self.config.web.ping_after.as_secs();
            let words = format!("Ping timeout: {seconds} seconds");
            return self.dismiss(c, Some(Why::Server(words)));
        }
        (socket.is_pinged, socket.heard_at) = (true, self.now);
        self.controls.push((c.id, Control::Ping));
    }

    /// Returns whether a WebSocket has been silent so long that it must be pinged or given up.
    pub(super) fn is_quiet(&self, c: &Client, now: Duration) -> bool {
        let after = self.config.web.ping_after;
        let socket = c.socket.as_ref();
        socket.is_some_and(|socket| socket.heard_at + after <= now)
    }
}
