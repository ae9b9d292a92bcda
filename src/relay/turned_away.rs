//! HTTP and TLS where they are not served: a short proper answer, and never a byte of theirs in a room.

use super::Relay;
use super::session::{Role, Session};
use super::sniff::Method;
use crate::protocol::{Output, Time};

/// A fatal alert, handshake_failure (RFC 8446, 6): every TLS client shows it as a clear error.
const TLS_ALERT: [u8; 7] = [0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 40];

impl Relay {
    pub(super) fn turn_http_away(
        &mut self,
        session: &mut Session,
        method: Method,
        now: Time,
        out: &mut impl Output,
    ) {
        let status = match method {
            Method::Get | Method::Head => "404 Not Found",
            Method::Other => "405 Method Not Allowed\r\nAllow: GET, HEAD",
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
        if session.role == Role::Auto {
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
