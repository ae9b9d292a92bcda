//! Who is turned away: HTTP and TLS where they are not served get a short proper answer, and never say a
//! byte in a room; whoever may not come in is told so.

use super::Relay;
use super::dialect::irc;
use super::encoder::write_notice;
use super::session::{Role, Session};
use super::sniff::Method;
use super::wire_format::LINE;
use crate::protocol::{Output, Time};

/// A fatal alert, handshake_failure (RFC 8446, 6): every TLS client shows it as a clear error.
const TLS_ALERT: [u8; 7] = [0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 40];

impl Relay {
    /// Tells a peer at the door why it may not come in, where it is told anything.
    pub(super) fn write_refusal(&self, role: Role, text: &str, line: &mut Vec<u8>) {
        if role.is_web_alone() {
            return self.write_request_refusal(text, line);
        }
        match role {
            Role::Irc => irc::write_closing(line, text),
            role if role.converses() => write_notice(line, LINE, text),
            _ => {}
        }
    }

    /// The same, of a peer that the host program does not admit.
    pub(super) fn say_not_admitted(&self, session: &Session, why: &str, out: &mut impl Output) {
        let mut line = Vec::new();
        self.write_refusal(session.role, why, &mut line);
        if !line.is_empty() {
            out.reply(session.id, &line);
        }
    }

    pub(super) fn turn_http_away(
        &mut self,
        session: &mut Session,
        method: Method,
        now: Time,
        out: &mut impl Output,
    ) {
        match session.role.serves_requests() {
            true => self.answer_method(session, method, now, out),
            // Where only lines are spoken, no other protocol gets a word.
            false => self.dismiss(session, None, now, out),
        }
    }

    pub(super) fn turn_tls_away(
        &mut self,
        session: &mut Session,
        now: Time,
        out: &mut impl Output,
    ) {
        if session.role == Role::Auto || session.role.is_web_alone() {
            out.reply(session.id, &TLS_ALERT);
        }
        self.dismiss(session, None, now, out);
    }
}
