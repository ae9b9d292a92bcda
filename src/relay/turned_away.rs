//! Who is turned away: HTTP and TLS where they are not served get a short proper answer, and never say a
//! byte in a room; whoever may not come in is told so.

use super::dialect::irc;
use super::encoder::write_notice;
use super::session::{Role, Session};
use super::sniff::Method;
use super::{LINE, Relay};
use crate::protocol::{Output, Time};

/// A fatal alert, handshake_failure (RFC 8446, 6): every TLS client shows it as a clear error.
const TLS_ALERT: [u8; 7] = [0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 40];

impl Relay {
    /// Tells a peer at the door why it may not come in, where it is told anything.
    pub(super) fn write_refusal(&self, role: Role, text: &str, line: &mut Vec<u8>) {
        #[cfg(feature = "web")]
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
        #[cfg(feature = "web")]
        if session.role.serves_requests() {
            return self.answer_method(session, method, now, out);
        }
        let status = match method {
            Method::Get | Method::Head => "404 Not Found",
            Method::Options | Method::Other => "405 Method Not Allowed\r\nAllow: GET, HEAD",
        };
        self.answer_http(session, status, method != Method::Head, now, out);
    }

    /// A request whose first line does not end, in time or at all.
    pub(super) fn turn_request_away(
        &mut self,
        session: &mut Session,
        is_too_long: bool,
        now: Time,
        out: &mut impl Output,
    ) {
        let status = match is_too_long {
            true => "414 URI Too Long",
            false => "408 Request Timeout",
        };
        self.answer_http(session, status, true, now, out);
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

    fn answer_http(
        &mut self,
        session: &mut Session,
        status: &str,
        has_body: bool,
        now: Time,
        out: &mut impl Output,
    ) {
        if session.role == Role::Auto {
            let name = &self.config.name;
            let text = format!(
                "{name} is a chat relay that speaks plain lines of text: join it with nc or telnet, \
                 at this address and port.\n"
            );
            let body = if has_body { text.as_str() } else { "" };
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                text.len()
            );
            out.reply(session.id, answer.as_bytes());
        }
        self.dismiss(session, None, now, out);
    }
}
