//! Bytes in, and times that have come: what a connection speaks, and its lines for as long as its turn is.
//!
//! ```text
//!  receive -> settle (outcomes of the last line that are there now)
//!          -> detect (first bytes; taken is None while they do not tell)
//!          -> take, line by line -> Stop: Dry, Share, Allowance, Outcome
//!          -> tell_said (messages that were collected for one pass through the room)
//!          -> the end of the stream, but only when all bytes before it are taken
//!          -> Consumed: bytes, and the Demand that goes with the stop
//! ```
//!
//! A call with no new bytes is normal: a time has come, or the turn has. The order above must not change.
//! Messages are told before an end is looked at, so that what someone had sent before leaving is relayed; and
//! silence is looked at only where nothing is left to be taken.

use super::dialect::Dialect;
use super::{Scratch, Session, reason_for};
use crate::protocol::{CloseReason, Consumed, Demand, Input, Monotonic, Output, Time};
use crate::relay::context::Context;
use crate::relay::detect::{self, Detected};
use crate::relay::dialect::irc::client;
use crate::relay::dialect::line::Sentence;
use crate::relay::dialect::{Program, json};
use crate::relay::encoder::say_closing;
use crate::relay::first_line::FirstLine;
use crate::relay::foreign;
use crate::relay::framing::websocket::{Kind, write_ping};
use crate::relay::http::Subprotocol;
use crate::relay::http::exchange::Offer;
use crate::relay::hub::Reason;
use crate::relay::input::{Framing, Messages, Ready, Silence, forgiveness};
use crate::relay::newcomer::Newcomer;
use crate::relay::waiting::Turn;
use crate::relay::wire_format::{LINE, in_messages};

/// The reason for which taking a connection's bytes stopped.
enum Stop {
    /// All bytes are taken. Only behind this one is the end of the stream looked at.
    Dry,
    /// The turn's share is used up. The rest stays with the loop: a flood waits, and nobody else does.
    Share,
    /// The allowance is used up, until then. Nothing is lost: the rest waits where it is.
    Allowance(Monotonic),
    /// The outcome of the last line is still to come, at this time or when the store has answered. The next line
    /// could depend on it, so it is not looked at.
    Outcome(Demand),
}

impl Session {
    /// Takes all that one call brings: bytes, a time that has come, the end.
    pub(in crate::relay) fn receive(
        &mut self,
        input: Input<'_>,
        scratch: &mut Scratch,
        cx: &mut Context<'_, impl Output>,
    ) -> Consumed {
        match cx.begin_turn(self.conn.id) {
            Turn::Begins => {}
            Turn::GoesOn => self.settle(cx),
            Turn::Waits(demand) => return Consumed { bytes: 0, demand },
        }
        self.note_arrival(input.bytes.len(), cx.now);
        let taken = self.detect(input, cx);
        let mut rest = Input {
            bytes: &input.bytes[taken.unwrap_or_default()..],
            end: input.end,
        };
        let stop = match taken {
            Some(_) => self.take(&mut rest, scratch, cx),
            None => Stop::Dry,
        };
        cx.tell_said();
        self.untaken = u32::try_from(rest.bytes.len()).unwrap_or(u32::MAX);
        let is_held_up = matches!(stop, Stop::Allowance(_));
        self.conn.budget.note_held_up(cx.origins(), is_held_up);
        if let (Stop::Dry, Some(_)) = (&stop, taken) {
            self.take_end(input.end, cx);
        }
        let bytes = input.bytes.len() - rest.bytes.len();
        let demand = match stop {
            _ if self.dialect.is_closed() => Demand::More,
            Stop::Share => Demand::Yield,
            Stop::Outcome(demand) => demand,
            // An IRC client goes on to be read while its lines wait: its PING is answered and its QUIT
            // obeyed. Clients that measure their lag gave up the link when a paste was paced for a minute.
            // WebSockets wait as a whole: their frames would have to be taken apart twice.
            Stop::Allowance(at) if matches!(self.framing, Framing::Program(_)) => Demand::Paced(at),
            Stop::Allowance(at) => Demand::PauseUntil(at),
            Stop::Dry => {
                self.note_silence(cx);
                self.demand(cx)
            }
        };
        Consumed { bytes, demand }
    }

    /// Notes that `length` bytes are on offer now: are there new ones among them? A forgotten newline is
    /// forgiven after quiet, so it matters when bytes came; of bytes that could not be read since their
    /// sender was held up, that is not known.
    fn note_arrival(&mut self, length: usize, now: Time) {
        if length <= self.untaken as usize {
            return;
        }
        let was_held_up = self.untaken > 0 && !matches!(self.dialect, Dialect::Detecting { .. });
        self.framing.note_arrival(was_held_up, now);
    }

    /// Detects the dialect. None while the first bytes do not tell; they are left where they are. Else
    /// how many of them have been taken.
    fn detect(&mut self, input: Input<'_>, cx: &mut Context<'_, impl Output>) -> Option<usize> {
        let (
            Framing::Text(lines),
            Dialect::Detecting {
                request_by,
                newcomer,
            },
        ) = (&mut self.framing, &mut self.dialect)
        else {
            return Some(0);
        };
        let seen = self.untaken as usize;
        let offer = Offer { input, seen };
        match detect::look(&self.conn, lines, request_by, offer, cx) {
            Detected::Nothing => {
                newcomer.has_spoken |= !input.bytes.is_empty();
                return None;
            }
            Detected::Text => {
                let newcomer = *newcomer;
                self.become_text(newcomer, cx);
            }
            Detected::Program(program) => self.become_program(program, cx),
            Detected::Over => self.dismiss(None, cx),
            Detected::Messages(subprotocol, taken) => {
                self.begin_in_messages(subprotocol, cx);
                return Some(taken);
            }
        }
        Some(0)
    }

    /// The conversation is known to be one in lines.
    pub(super) fn become_text(&mut self, newcomer: Newcomer, cx: &Context<'_, impl Output>) {
        self.dialect = Dialect::of_lines(self.conn.role, newcomer, cx.config());
    }

    /// The conversation is known to be one of a program. The framing changes with the dialect: what has not
    /// been taken yet is cut by the program's rules, which know no telnet and forgive no newline. In
    /// messages, only the cutting of their lines changes.
    pub(super) fn become_program(&mut self, program: Program, cx: &mut Context<'_, impl Output>) {
        let lines = match program {
            Program::Irc => {
                self.dialect = Dialect::Irc(client::begin(&mut self.conn, cx));
                client::lines()
            }
            Program::Json => {
                self.dialect = Dialect::Json(json::client::begin(&mut self.conn, cx));
                json::client::lines(cx)
            }
        };
        match &mut self.framing {
            Framing::Messages(messages) => messages.be_for(lines),
            framing => *framing = Framing::Program(lines),
        }
    }

    /// A conversation in messages begins, of which what came before it is no part.
    fn begin_in_messages(
        &mut self,
        subprotocol: Option<Subprotocol>,
        cx: &mut Context<'_, impl Output>,
    ) {
        // It may have been greeted, or let in to listen, before it said what it is.
        self.depart(None, cx);
        let kind = match subprotocol {
            Some(Subprotocol::BinaryIrc) => Kind::Binary,
            _ => Kind::Text,
        };
        self.conn.format = in_messages(LINE, kind);
        self.framing = Framing::Messages(Box::new(Messages::new(cx.config(), cx.now)));
        let newcomer = Newcomer::in_messages(cx.config(), cx.now);
        match subprotocol {
            Some(Subprotocol::Line) => self.become_text(newcomer, cx),
            Some(Subprotocol::TextIrc | Subprotocol::BinaryIrc) => {
                self.become_program(Program::Irc, cx);
            }
            Some(Subprotocol::Json) => self.become_program(Program::Json, cx),
            None => {
                self.dialect = Dialect::Detecting {
                    newcomer,
                    request_by: None,
                };
            }
        }
    }

    /// Takes lines until there are none, or until others must have their turn.
    fn take(
        &mut self,
        rest: &mut Input<'_>,
        scratch: &mut Scratch,
        cx: &mut Context<'_, impl Output>,
    ) -> Stop {
        let Scratch {
            payload,
            of_line: room,
        } = scratch;
        loop {
            if let Some(pending) = cx.take_pending(self.conn.id) {
                return Stop::Outcome(cx.wait(self.conn.id, pending));
            }
            // The input of a listener is thrown away, and no time of it is asked for any more: bytes that
            // might once have been a line were asked about for ever.
            if self.dialect.is_closed() || matches!(self.dialect, Dialect::Listen) {
                rest.bytes = &[];
                if let Framing::Text(lines) = &mut self.framing {
                    lines.forget_due();
                }
                return Stop::Dry;
            }
            let ready = self.ready(rest, cx);
            if ready == Ready::Nothing {
                return Stop::Dry;
            }
            if cx.is_turn_over() {
                return Stop::Share;
            }
            if let Some(at) = self.must_wait(rest.bytes, cx) {
                return Stop::Allowance(at);
            }
            match &mut self.framing {
                Framing::Text(lines) => {
                    let framed = lines.take(ready, &mut rest.bytes, &mut room.bytes, cx.now);
                    if let Some(framed) = framed {
                        self.take_text(framed, &mut room.text, cx);
                    }
                }
                Framing::Program(lines) => {
                    // `ready` says that there is something only at the end of a stream that lacks the last
                    // newline.
                    if rest.bytes.is_empty() {
                        rest.bytes = b"\n";
                    }
                    let before = rest.bytes.len();
                    let framed = lines.next(&mut rest.bytes, &mut room.bytes);
                    if let Dialect::Irc(state) = &mut self.dialect {
                        state.note_taken(before - rest.bytes.len(), framed.is_some());
                    }
                    if let Some(framed) = framed {
                        self.take_line_of_program(framed, cx);
                    }
                }
                Framing::Messages(messages) => match messages.next(&mut rest.bytes, payload) {
                    Ok(Some(piece)) => {
                        self.take_piece(piece, room, cx);
                    }
                    Ok(None) => return Stop::Dry,
                    Err(fault) => self.fail(fault, cx),
                },
            }
        }
    }

    /// Looks for the next line, or bytes, to be taken. It comes before the allowance is asked: a session that
    /// has nothing must not be held up, or its end would wait with it.
    fn ready(&mut self, rest: &mut Input<'_>, cx: &mut Context<'_, impl Output>) -> Ready {
        let bytes = |is_dry| if is_dry { Ready::Nothing } else { Ready::Bytes };
        let may_be_met = self.dialect.newcomer().is_some() && detect::may_be_met(self.conn.role);
        let lines = match &mut self.framing {
            // A script's last line may lack its newline; IRC clients say QUIT in whole lines.
            Framing::Program(lines) if rest.bytes.is_empty() && rest.end.is_some() => {
                let is_json = matches!(self.dialect, Dialect::Json(_));
                return bytes(!(is_json && lines.is_begun()));
            }
            Framing::Program(_) => return bytes(rest.bytes.is_empty()),
            Framing::Messages(messages) => return bytes(messages.is_dry(rest.bytes)),
            Framing::Text(lines) => lines,
        };
        // The hello of a binary protocol is not waited for: it has no newline.
        let may_end = |first: &FirstLine, partial: &[u8]| {
            may_be_met && *first == FirstLine::Awaited && foreign::is_hello(partial, "")
        };
        let ready = lines.ready(rest, may_end, forgiveness(cx));
        if ready == Ready::Nothing {
            if lines.is_begun() {
                self.dialect.note_spoken();
            }
            self.note_terminal(cx);
        }
        ready
    }

    /// The time at which the next line may be taken, if not now. Some need not wait: see
    /// [`goes_at_once`](client::goes_at_once).
    ///
    /// `is_guess`: while a password is asked for, the next line may be one, and then waits also for the time
    /// that wrong ones have cost its address.
    fn must_wait(&mut self, rest: &[u8], cx: &mut Context<'_, impl Output>) -> Option<Monotonic> {
        let is_guess = match &self.dialect {
            Dialect::Detecting { .. } | Dialect::AwaitPassword { .. } => {
                cx.config().password.is_some()
            }
            Dialect::Irc(state) => client::is_guess(state, cx),
            Dialect::Json(state) => json::client::is_guess(state, cx),
            _ => false,
        };
        let now = cx.now;
        let at = self.conn.budget.wait(cx.origins(), is_guess, now)?;
        if let (Framing::Program(lines), Dialect::Irc(state)) = (&self.framing, &mut self.dialect)
            && client::goes_at_once(&mut self.conn, state, lines, rest, cx)
        {
            return None;
        }
        Some(at)
    }

    /// No byte will come any more, and all that came is taken.
    fn take_end(&mut self, end: Option<CloseReason>, cx: &mut Context<'_, impl Output>) {
        let Some(reason) = end else {
            return;
        };
        // A listener has nothing to say, and may close its side for writing once it has been let in: `nc host
        // port </dev/null` is a program that reads. The loop asks now and then whether it is still there.
        let stays = matches!(self.dialect, Dialect::Listen) && reason == CloseReason::Finished;
        if !stays && !self.dialect.is_closed() {
            let words = reason.to_string();
            self.dismiss(reason_for(reason, &words), cx);
        }
    }

    /// After a while, someone silent is a person, who is greeted, or a script that only reads; someone who is
    /// writing a first line is let in to listen meanwhile; and a program that may have gone is asked whether
    /// it is still there.
    fn note_silence(&mut self, cx: &mut Context<'_, impl Output>) {
        if self.first_line_by(cx).is_some_and(|by| by <= cx.now) {
            cx.answer(&self.conn, &Sentence::FirstLineUnended.words(&[]));
            return self.dismiss(None, cx);
        }
        self.greet_newcomer(cx);
        if let Dialect::Irc(state) = &mut self.dialect
            && let client::PingVerdict::Over(words) = client::note_silence(&self.conn, state, cx)
        {
            let to = self.conn.recipient();
            say_closing(cx.parts().out, to, Program::Irc, &words);
            self.dismiss(Some(Reason::Server(&words)), cx);
        }
        let Framing::Messages(messages) = &mut self.framing else {
            return;
        };
        if self.dialect.is_closed() {
            return;
        }
        match messages.note_silence(cx.now) {
            Silence::Bearable => {}
            Silence::Ask => cx.send(self.conn.id, write_ping),
            Silence::Over(within) => {
                let words = format!("Ping timeout: {} seconds", within.as_secs());
                self.dismiss(Some(Reason::Server(&words)), cx);
            }
        }
    }

    /// Does what is due about somebody who is nobody yet. The greeting comes only after silence, since
    /// nothing may be sent before it is known what is spoken: Chromium took a greeting on a connection that
    /// it kept in reserve for an invalid response, and the next reload failed.
    fn greet_newcomer(&mut self, cx: &mut Context<'_, impl Output>) {
        let is_unknown = matches!(self.dialect, Dialect::Detecting { .. })
            && matches!(self.framing, Framing::Text(_));
        let has_password = cx.config().password.is_some();
        let (newcomer, is_nameless) = match &mut self.dialect {
            Dialect::Detecting { newcomer, .. } | Dialect::AwaitPassword { newcomer, .. } => {
                (newcomer, false)
            }
            Dialect::AwaitNick(newcomer) => (newcomer, true),
            _ => return,
        };
        let conn = &self.conn;
        if !newcomer.is_due(conn, is_unknown, cx) {
            return;
        }
        // On a listener for programs alone, silence is no listening: it would be a place held for nothing.
        if let Some(program) = conn.role.program() {
            let to = conn.recipient();
            say_closing(cx.parts().out, to, program, "nothing was said");
            return self.dismiss(None, cx);
        }
        match newcomer.has_spoken {
            false if has_password && !is_nameless => newcomer.ask(conn, cx),
            false => newcomer.greet(conn, cx),
            true if is_nameless => cx.admit(conn),
            // It will be let in once it is known to be one who chats, and may.
            true => return,
        }
        newcomer.greet_at = None;
    }
}
