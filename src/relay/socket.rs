//! A conversation in WebSocket messages: its frames in, its pings, its goodbye.

use std::time::Duration;

use super::Relay;
use super::framing::Framed;
use super::framing::websocket::{Decoder, Fault, Kind, Piece, write_close, write_ping, write_pong};
use super::http::Subprotocol;
use super::hub::Reason;
use super::intake::Stop;
use super::session::{Session, Stage};
use super::sniff::{Sniffed, sniff};
use crate::config::WebConfig;
use crate::protocol::{Delivery, Moment, Output, Time};

/// What a session has more if it is a WebSocket.
#[derive(Debug)]
pub(super) struct Socket {
    decoder: Decoder,
    /// The message at hand does not end in a line end so far.
    is_line_open: bool,
    pub(super) kind: Kind,
    /// How long it may be silent before it is asked whether it is there.
    ping_after: Duration,
    /// When it is asked, or given up. None: never.
    pub(super) due_at: Option<Moment>,
    /// It has been asked, and has not said a thing since.
    was_asked: bool,
}

impl Socket {
    pub(super) fn new(subprotocol: Option<Subprotocol>, rules: &WebConfig, now: Time) -> Self {
        let ping_after = rules.ping_after;
        Self {
            decoder: Decoder::new(rules.message_bytes_max),
            is_line_open: false,
            kind: match subprotocol {
                Some(Subprotocol::BinaryIrc) => Kind::Binary,
                _ => Kind::Text,
            },
            ping_after,
            due_at: (!ping_after.is_zero()).then(|| now + ping_after),
            was_asked: false,
        }
    }

    /// Something has come: it is there.
    pub(super) fn note_arrival(&mut self, now: Time) {
        self.due_at = self.due_at.map(|_| now + self.ping_after);
        self.was_asked = false;
    }
}

impl Relay {
    /// Takes messages until there are none, or until others must have their turn.
    pub(super) fn take_messages(
        &mut self,
        session: &mut Session,
        rest: &mut &[u8],
        now: Time,
        out: &mut impl Output,
    ) -> Stop {
        self.share = u32::try_from(self.config.lines_per_turn).unwrap_or(u32::MAX);
        let mut payload = std::mem::take(&mut self.payload);
        let stop = loop {
            if session.stage == Stage::Departed {
                *rest = &[];
                break Stop::Dry;
            }
            let Some(socket) = &session.socket else {
                break Stop::Dry;
            };
            if rest.is_empty() && !socket.decoder.is_at_end() {
                break Stop::Dry;
            }
            if self.share == 0 || out.is_full() {
                break Stop::Share;
            }
            if let Some(at) = self.hold_up(session, now) {
                break Stop::Allowance(at);
            }
            let Some(socket) = &mut session.socket else {
                break Stop::Dry;
            };
            match socket.decoder.next(rest, &mut payload) {
                Ok(Some(piece)) => self.take_piece(session, piece, now, out),
                Ok(None) => break Stop::Dry,
                Err(fault) => {
                    self.say_run(session, now, out);
                    self.fail(session, fault, now, out);
                }
            }
        };
        self.payload = payload;
        self.say_run(session, now, out);
        stop
    }

    fn take_piece(
        &mut self,
        session: &mut Session,
        piece: Piece<'_>,
        now: Time,
        out: &mut impl Output,
    ) {
        let Some(socket) = &mut session.socket else {
            return;
        };
        match piece {
            Piece::Part(part) => {
                socket.is_line_open = !part.ends_with(b"\n");
                session.has_spoken = true;
                self.take_part(session, part, now, out);
            }
            Piece::Last(part) => {
                socket.is_line_open = false;
                session.has_spoken = true;
                self.take_part(session, part, now, out);
            }
            // The end of a message is that of its last line.
            Piece::End { .. } if socket.is_line_open => {
                socket.is_line_open = false;
                self.take_part(session, b"\n", now, out);
            }
            Piece::End { is_empty: true } => self.spend(session, now),
            Piece::End { is_empty: false } => {}
            Piece::Ping(payload) => {
                self.spend(session, now);
                let chunk = out.encode(Delivery::Kept, |frame| write_pong(frame, payload));
                out.send(session.id, chunk);
            }
            Piece::Pong => self.spend(session, now),
            Piece::Close(code) => {
                self.say_run(session, now, out);
                let chunk = out.encode(Delivery::Kept, |frame| write_close(frame, code, ""));
                out.send(session.id, chunk);
                self.depart(session, None, now, out);
                out.close(session.id);
            }
        }
    }

    /// Some bytes of a message: at most to the end of a line.
    fn take_part(
        &mut self,
        session: &mut Session,
        mut part: &[u8],
        now: Time,
        out: &mut impl Output,
    ) {
        let mut line = std::mem::take(&mut self.line);
        loop {
            let framed = match session.stage {
                Stage::Departed => break,
                Stage::Irc => session.next_irc(&mut part, &mut line),
                _ => session.lines.next(&mut part, &mut line),
            };
            let Some(framed) = framed else {
                break;
            };
            self.take_framed(session, framed, now, out);
        }
        self.line = line;
    }

    /// A first line tells what is spoken in messages of which nobody has said it. False: it does not,
    /// since there is nothing in it.
    pub(super) fn decide_by_line(
        &mut self,
        session: &mut Session,
        framed: Framed<'_>,
        now: Time,
        out: &mut impl Output,
    ) -> bool {
        let line = match framed {
            Framed::Line(line) if line.trim_ascii().is_empty() => return false,
            Framed::Line(line) => line,
            Framed::TooLong | Framed::Answer(_) | Framed::AreYouThere => &[],
        };
        if sniff(line, true) == Sniffed::Irc {
            self.become_irc(session, now, out);
            return true;
        }
        session.stage = self.first_stage(session);
        true
    }

    /// Whoever does not keep to the framing is told why, and is gone.
    fn fail(&mut self, session: &mut Session, fault: Fault, now: Time, out: &mut impl Output) {
        let chunk = out.encode(Delivery::Kept, |frame| {
            write_close(frame, Some(fault.code()), fault.reason());
        });
        out.send(session.id, chunk);
        self.depart(session, None, now, out);
        out.close(session.id);
    }

    /// Asks a silent WebSocket whether it is there; gives up one that was asked in vain.
    pub(super) fn note_quiet(&mut self, session: &mut Session, now: Time, out: &mut impl Output) {
        let Some(socket) = session.socket.as_mut() else {
            return;
        };
        if session.stage == Stage::Departed || socket.due_at.is_none_or(|at| at > now) {
            return;
        }
        if socket.was_asked {
            let words = format!("Ping timeout: {} seconds", socket.ping_after.as_secs());
            return self.dismiss(session, Some(Reason::Server(&words)), now, out);
        }
        socket.was_asked = true;
        socket.due_at = Some(now + socket.ping_after);
        let chunk = out.encode(Delivery::Kept, write_ping);
        out.send(session.id, chunk);
    }
}
