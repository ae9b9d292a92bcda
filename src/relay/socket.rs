//! A conversation in WebSocket messages: its frames in, its pings, its goodbye.

use std::time::Duration;

use super::Relay;
use super::framing::websocket::{Decoder, Fault, Kind, Piece, write_close, write_ping, write_pong};
use super::http::Subprotocol;
use super::intake::Stop;
use super::session::{Session, Stage};
use crate::config::WebConfig;
use crate::protocol::{Delivery, Output, Time};

/// What a session has more if it is a WebSocket.
#[derive(Debug)]
pub(super) struct Socket {
    decoder: Decoder,
    pub(super) kind: Kind,
    /// How long it may be silent before it is asked whether it is there.
    ping_after: Duration,
    /// When it is asked, or given up. None: never.
    pub(super) due_at: Option<Time>,
    /// It has been asked, and has not said a thing since.
    was_asked: bool,
}

impl Socket {
    pub(super) fn new(subprotocol: Option<Subprotocol>, rules: &WebConfig, now: Time) -> Self {
        let ping_after = rules.ping_after;
        Self {
            decoder: Decoder::new(rules.message_bytes_max),
            kind: match subprotocol {
                Some(Subprotocol::BinaryIrc) => Kind::Binary,
                Some(Subprotocol::TextIrc | Subprotocol::Line) | None => Kind::Text,
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
        let mut share = self.config.lines_per_turn;
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
            if share == 0 || out.is_full() {
                break Stop::Share;
            }
            if let Some(at) = self.hold_up(session, now) {
                break Stop::Allowance(at);
            }
            share -= 1;
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
        let mut line = std::mem::take(&mut self.line);
        match piece {
            Piece::Part(mut part) => {
                while let Some(framed) = session.lines.next(&mut part, &mut line) {
                    self.take_framed(session, framed, now, out);
                }
                session.has_spoken = true;
            }
            Piece::End { is_empty } => {
                if let Some(framed) = session.lines.finish_unended(&mut line) {
                    self.take_framed(session, framed, now, out);
                } else if is_empty {
                    self.flood.spend(&mut session.allowance, now);
                }
            }
            Piece::Ping(payload) => {
                self.flood.spend(&mut session.allowance, now);
                let chunk = out.encode(Delivery::Kept, |frame| write_pong(frame, payload));
                out.send(session.id, chunk);
            }
            Piece::Pong => self.flood.spend(&mut session.allowance, now),
            Piece::Close(code) => {
                self.say_run(session, now, out);
                let chunk = out.encode(Delivery::Kept, |frame| write_close(frame, code, ""));
                out.send(session.id, chunk);
                self.depart(session, None, now, out);
                out.close(session.id);
            }
        }
        self.line = line;
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
            return self.dismiss(session, Some("no answer"), now, out);
        }
        socket.was_asked = true;
        socket.due_at = Some(now + socket.ping_after);
        let chunk = out.encode(Delivery::Kept, write_ping);
        out.send(session.id, chunk);
    }
}
