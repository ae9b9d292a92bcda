//! WebSocket messages in: the lines in them, and what belongs to the stream itself.
//!
//! Called by `receive.rs` for each piece that the decoder finds. A message is not put together: each piece is
//! handed on as it comes, and stops at a line end, so that an allowance holds up lines and not messages,
//! however a browser or a script packs them. The end of a message ends its last line, so one message is one
//! line for whoever sends no newline at all, as browsers do.

use super::dialect::Dialect;
use super::{LineScratch, Session};
use crate::protocol::Output;
use crate::relay::context::Context;
use crate::relay::framing::Framed;
use crate::relay::framing::websocket::{FrameFault, Piece, write_close, write_pong};
use crate::relay::input::Framing;
use crate::relay::sniff::{Sniffed, sniff};

impl Session {
    /// One piece of a message, or a control frame. An empty message, a ping and a pong count as a line each:
    /// they are six bytes for their sender, who could otherwise send them without end.
    pub(super) fn take_piece(
        &mut self,
        piece: Piece<'_>,
        room: &mut LineScratch,
        cx: &mut Context<'_, impl Output>,
    ) {
        let Framing::Messages(messages) = &mut self.framing else {
            return;
        };
        match piece {
            Piece::Part(part) => {
                messages.note_line_open(!part.ends_with(b"\n"));
                self.take_part(part, room, cx);
            }
            Piece::Last(part) => {
                messages.note_line_open(false);
                self.take_part(part, room, cx);
            }
            Piece::End { is_empty } => {
                // The end of a message is that of its last line.
                if messages.note_line_open(false) {
                    self.take_part(b"\n", room, cx);
                } else if is_empty {
                    cx.spend(&mut self.conn);
                }
            }
            Piece::Ping(payload) => {
                cx.spend(&mut self.conn);
                cx.send(self.conn.id, |frame| write_pong(frame, payload));
            }
            Piece::Pong => cx.spend(&mut self.conn),
            Piece::Close(code) => {
                cx.send(self.conn.id, |frame| write_close(frame, code, ""));
                self.depart(None, cx);
                cx.close(self.conn.id);
            }
        }
    }

    /// Some bytes of a message: at most to the end of a line. The first line of a connection that has asked
    /// for no subprotocol tells what it speaks, as on the common port: web clients of IRC mostly connect
    /// without one.
    fn take_part(
        &mut self,
        mut part: &[u8],
        room: &mut LineScratch,
        cx: &mut Context<'_, impl Output>,
    ) {
        self.dialect.note_spoken();
        while let Framing::Messages(messages) = &mut self.framing {
            let Some(framed) = messages.next_line(&mut part, &mut room.bytes) else {
                return;
            };
            if let Dialect::Detecting { newcomer, .. } = self.dialect {
                match framed {
                    // A blank line tells nothing, and is no nickname.
                    Framed::Line(line) if line.trim_ascii().is_empty() => {
                        cx.spend(&mut self.conn);
                        continue;
                    }
                    // A first line tells what is spoken in messages of which nobody has said it.
                    Framed::Line(line) => match sniff(line, true) {
                        Sniffed::Program(program) => self.become_program(program, cx),
                        _ => self.become_text(newcomer, cx),
                    },
                    _ => self.become_text(newcomer, cx),
                }
            }
            match self.dialect {
                Dialect::Closed => return,
                Dialect::Irc(_) | Dialect::Json(_) => self.take_line_of_program(framed, cx),
                _ => self.take_text(framed, &mut room.text, cx),
            }
        }
    }

    /// Closes a connection whose frames break the protocol, with the reason (RFC 6455, 7.4). No answer from
    /// the peer is waited for: after a fault, nothing that follows means anything.
    pub(super) fn fail(&mut self, fault: FrameFault, cx: &mut Context<'_, impl Output>) {
        cx.send(self.conn.id, |frame| {
            write_close(frame, Some(fault.code()), fault.reason());
        });
        self.depart(None, cx);
        cx.close(self.conn.id);
    }
}
