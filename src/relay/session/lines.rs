//! Lines in: what one means, by what is spoken and how far the conversation is.
//!
//! `receive.rs` brings each line here once it is cut, and `messages.rs` those of WebSockets. What a line
//! changes goes out through the `Context`, which first tells what was said before it: no order of two lines
//! of one client can come about otherwise. Each line is paid for exactly once, with `cx.spend`, on every way
//! out of `take_text`.

use super::Session;
use super::dialect::Dialect;
use crate::protocol::Output;
use crate::relay::context::Context;
use crate::relay::detect;
use crate::relay::dialect::irc::client;
use crate::relay::dialect::json;
use crate::relay::dialect::line::Sentence;
use crate::relay::dialect::line::input::{self, Then};
use crate::relay::first_line::FirstLine;
use crate::relay::foreign;
use crate::relay::framing::{self, Framed, is_blank};
use crate::relay::hub::{Nick, Reason};
use crate::relay::input::{Framing, forgiveness};
use crate::relay::password::{self, Guess};
use crate::relay::role::Role;
use crate::relay::wire_format::{LINE, for_terminals};

impl Session {
    /// One line of text, or what telnet wants. Telnet's questions count as a line each, since each is
    /// answered.
    pub(super) fn take_text(
        &mut self,
        framed: Framed<'_>,
        text: &mut String,
        cx: &mut Context<'_, impl Output>,
    ) {
        self.note_terminal(cx);
        match framed {
            Framed::Answer(answer) => {
                if self.conn.role.converses() {
                    cx.reply(self.conn.id, &answer);
                }
                return cx.spend(&mut self.conn);
            }
            Framed::AreYouThere => {
                cx.answer(&self.conn, "yes, still here");
                return cx.spend(&mut self.conn);
            }
            // It is not cut and sent in part: no part of a line that is too long may be relayed.
            Framed::TooLong => {
                let limit = cx.config().line_bytes_max;
                cx.answer(&self.conn, &Sentence::LineTooLong.words(&[&limit]));
            }
            Framed::Line(raw) => {
                let rules = forgiveness(cx);
                match &self.framing {
                    // Backspaces take effect only where somebody types. In a program's output they are no
                    // typing, and all letters are meant.
                    Framing::Text(lines) if lines.is_typed(rules) => {
                        framing::read_typed(raw, text);
                    }
                    _ => framing::read_line(raw, text),
                }
                if !self.is_turned_away(raw, text, cx) {
                    self.take_line(text, cx);
                }
            }
        }
        self.dialect.note_spoken();
        if let Framing::Text(lines) = &mut self.framing {
            lines.end_line(cx.now);
        }
        cx.spend(&mut self.conn);
    }

    /// Returns whether a line is no text of a person, but a hello of another protocol, or a request; a client
    /// that wrote one is turned away. The first bytes tell of most of them, but they may stand behind blank
    /// lines, telnet or a byte-order mark, and are then seen only here, once the line is cleaned. Left alone,
    /// `GET / HTTP/1.1` becomes a nickname, and the lines behind it are said in the room.
    fn is_turned_away(
        &mut self,
        raw: &[u8],
        text: &str,
        cx: &mut Context<'_, impl Output>,
    ) -> bool {
        let may_be_met = self.dialect.newcomer().is_some() && detect::may_be_met(self.conn.role);
        let Framing::Text(lines) = &mut self.framing else {
            return false;
        };
        let (role, max) = (self.conn.role, cx.config().line_bytes_max);
        let (has_newline, first) = (lines.has_newline(), &mut lines.first);
        let is_first = may_be_met && *first == FirstLine::Awaited;
        let is_hello = is_first && foreign::is_hello(raw, text);
        if !is_hello && !first.is_completed_by(text, has_newline, role, max) {
            match first.request(text, has_newline) {
                Some(method) => detect::turn_http_away(&self.conn, method, cx),
                None => return false,
            }
        }
        self.dismiss(None, cx);
        true
    }

    /// One line, decoded and cleaned.
    fn take_line(&mut self, text: &str, cx: &mut Context<'_, impl Output>) {
        let conn = &self.conn;
        let is_talk = conn.role == Role::Talk;
        // An empty first line of a program that only talks is a nickname: the program's next line
        // is a message already.
        if is_blank(text) && !(is_talk && matches!(self.dialect, Dialect::AwaitNick(_))) {
            return;
        }
        let is_named = match &mut self.dialect {
            Dialect::AwaitPassword { .. } => return self.take_password(text, cx),
            Dialect::AwaitNick(_) if is_talk => {
                cx.admit(conn);
                cx.line_commands(conn).arrive(Nick::Like(text));
                self.dialect = Dialect::Talk;
                return;
            }
            Dialect::AwaitNick(newcomer) => {
                newcomer.greet_at = None;
                false
            }
            Dialect::Line => true,
            // No command is looked for: a program that only talks could not read the answer.
            Dialect::Talk => return cx.say(conn, text),
            Dialect::Broker => return cx.pass_on(conn, text),
            Dialect::Detecting { .. }
            | Dialect::Irc(_)
            | Dialect::Json(_)
            | Dialect::Listen
            | Dialect::Closed => return,
        };
        match input::take(conn, is_named, text, cx) {
            Then::Stays => {}
            Then::IsNamed => self.dialect = Dialect::Line,
            Then::IsGone => self.dialect = Dialect::Closed,
            // For the host, to leave is to stop the server.
            Then::Quits(_) if conn.role == Role::Host => cx.stop(),
            Then::Quits(reason) => {
                // A script's proof that all its lines were delivered: the goodbye is answered in its turn,
                // behind everything that was sent before.
                cx.tell(conn.recipient(), "Bye.");
                self.dismiss(reason.map(Reason::Words), cx);
            }
        }
    }

    /// One line as the password. The guesses of an address are counted where the address is, so that a new
    /// connection is no new try; the time that they cost is waited for in `receive.rs`, before the line is
    /// taken.
    fn take_password(&mut self, text: &str, cx: &mut Context<'_, impl Output>) {
        let Dialect::AwaitPassword {
            newcomer,
            wrong_passwords,
        } = &mut self.dialect
        else {
            return;
        };
        match password::look_at(text, wrong_passwords, &self.conn, cx) {
            Guess::Wrong => return,
            Guess::LastWrong => return self.dismiss(None, cx),
            Guess::Right => {}
        }
        let mut newcomer = *newcomer;
        self.dialect = Dialect::let_in(self.conn.role, newcomer);
        self.begin(cx);
        if newcomer.was_asked {
            newcomer.greet(&self.conn, cx);
        } else if self.conn.role.converses() && newcomer.greet_at.is_none() {
            // The time to be let in to listen had come while the password was still missing. Without this,
            // the connection heard nothing before its next line.
            cx.admit(&self.conn);
        }
    }

    /// One line of a program. The dialect answers by itself; here is only whether the client leaves, and with
    /// which words for others.
    pub(super) fn take_line_of_program(
        &mut self,
        framed: Framed<'_>,
        cx: &mut Context<'_, impl Output>,
    ) {
        match &mut self.dialect {
            Dialect::Irc(state) => {
                if let Some(leaving) = client::take(&mut self.conn, state, framed, cx) {
                    self.dismiss(leaving.reason(), cx);
                }
            }
            Dialect::Json(state) => {
                if let Some(words) = json::client::take(&mut self.conn, state, framed, cx) {
                    self.dismiss(words.as_deref().map(Reason::Words), cx);
                }
            }
            _ => {}
        }
    }

    /// Lines out end as the terminal at the other end has them end, once one has shown. In raw mode a
    /// terminal takes LF for "down" alone, and the lines would run across the screen like stairs. It is a
    /// wire format of its own, so everybody else goes on to share lines that end in LF.
    pub(super) fn note_terminal(&mut self, cx: &mut Context<'_, impl Output>) {
        let Framing::Text(lines) = &self.framing else {
            return;
        };
        let conn = &mut self.conn;
        if lines.is_terminal() && conn.format == LINE && conn.role.converses() {
            // Answers to earlier lines go out first, in the old format.
            let hub = cx.parts().hub;
            conn.format = for_terminals(LINE);
            hub.set_format(conn.id, conn.format);
        }
    }
}
