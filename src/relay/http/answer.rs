//! Answers, as they go out: a status, what is shown, and what browsers may do with it.
//!
//! Each answer closes its connection, and says so. Answers for people are plain text, with a policy under
//! which a browser loads, runs and frames nothing.

use super::serve::{ADVICE, date};
use crate::protocol::Time;

/// A status code and its name (RFC 9110, 15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::relay) struct HttpStatus(&'static str);

impl HttpStatus {
    pub(super) const SWITCHING: Self = Self("101 Switching Protocols");
    pub(super) const OK: Self = Self("200 OK");
    pub(in crate::relay) const NO_CONTENT: Self = Self("204 No Content");
    pub(super) const NOT_MODIFIED: Self = Self("304 Not Modified");
    pub(in crate::relay) const BAD_REQUEST: Self = Self("400 Bad Request");
    pub(super) const FORBIDDEN: Self = Self("403 Forbidden");
    pub(in crate::relay) const NOT_FOUND: Self = Self("404 Not Found");
    pub(in crate::relay) const METHOD_NOT_ALLOWED: Self = Self("405 Method Not Allowed");
    pub(in crate::relay) const TIMEOUT: Self = Self("408 Request Timeout");
    pub(in crate::relay) const URI_TOO_LONG: Self = Self("414 URI Too Long");
    pub(super) const UPGRADE_REQUIRED: Self = Self("426 Upgrade Required");
    pub(in crate::relay) const HEAD_TOO_LARGE: Self = Self("431 Request Header Fields Too Large");
    pub(in crate::relay) const UNAVAILABLE: Self = Self("503 Service Unavailable");
    pub(super) const VERSION_NOT_SUPPORTED: Self = Self("505 HTTP Version Not Supported");

    /// The header fields that must go with it.
    fn fields(self) -> &'static [(&'static str, &'static str)] {
        match self {
            // RFC 9110, 9.3.7 and 15.5.6.
            Self::NO_CONTENT | Self::METHOD_NOT_ALLOWED => &[("Allow", "GET, HEAD, OPTIONS")],
            // RFC 6455, 4.4; RFC 9110, 15.5.22.
            Self::UPGRADE_REQUIRED => &[("Sec-WebSocket-Version", "13"), ("Upgrade", "websocket")],
            _ => &[],
        }
    }

    /// Advice to the reader.
    fn advice(self) -> &'static str {
        match self {
            Self::FORBIDDEN => {
                "This page may not join the chat, since it was not loaded from here; \
                 whoever runs the server can let it in with --allow-origin.\n"
            }
            _ => ADVICE,
        }
    }
}

/// The parts of an answer that depend on the client and the server.
#[derive(Clone, Copy, Debug)]
pub(in crate::relay) struct Asked<'a> {
    /// The name of the server.
    pub(in crate::relay) name: &'a str,
    /// It comes from this machine itself.
    pub(in crate::relay) is_local: bool,
    /// Everything that the server should do it does: what is said is kept, where it is to be.
    pub(in crate::relay) is_ready: bool,
    /// The answer is to have a body, should it be one with a body. HEAD is answered with the fields of GET
    /// and no body (RFC 9110, 9.3.2): a client of several requests would take the body for the next answer.
    pub(in crate::relay) has_body: bool,
    /// Unknown to who is turned away at the door, who is told no date then (RFC 9110, 6.6.1).
    pub(in crate::relay) now: Option<Time>,
}

pub(super) const TEXT: (&str, &str) = ("Content-Type", "text/plain; charset=utf-8");
pub(super) const NOT_STORED: (&str, &str) = ("Cache-Control", "no-store");
/// Nothing in an answer for people is to be loaded, run or framed.
pub(super) const NOTHING: (&str, &str) = (
    "Content-Security-Policy",
    "default-src 'none'; frame-ancestors 'none'",
);

/// Answers a request that is not, or of which there is nothing more to say.
pub(in crate::relay) fn answer(status: HttpStatus, asked: Asked<'_>, out: &mut Vec<u8>) {
    // An answer of 204 has no body and no length (RFC 9110, 8.6 and 15.3.5). haproxy asks with OPTIONS
    // whether the server lives, and took a 405 for dead.
    if status == HttpStatus::NO_CONTENT {
        return write_head(status, asked, status.fields().iter().copied(), out);
    }
    explain(status, status.advice(), asked, out);
}

/// The same, with words of one's own.
pub(in crate::relay) fn explain(
    status: HttpStatus,
    words: &str,
    asked: Asked<'_>,
    out: &mut Vec<u8>,
) {
    let text = format!("{} - {}\n{words}", status.0, asked.name);
    let fields = [&[TEXT, NOT_STORED, NOTHING], status.fields()].concat();
    write(status, asked, text.as_bytes(), &fields, out);
}

pub(super) fn write(
    status: HttpStatus,
    asked: Asked<'_>,
    body: &[u8],
    fields: &[(&str, &str)],
    out: &mut Vec<u8>,
) {
    let length = body.len().to_string();
    let length = [("Content-Length", length.as_str())];
    write_head(status, asked, length.iter().chain(fields).copied(), out);
    if asked.has_body {
        out.extend_from_slice(body);
    }
}

/// A head, and what is in every one.
pub(super) fn write_head<'f>(
    status: HttpStatus,
    asked: Asked<'_>,
    fields: impl IntoIterator<Item = (&'f str, &'f str)>,
    out: &mut Vec<u8>,
) {
    // An answer with the field `Upgrade` must name it here as well (RFC 9110, 7.8).
    let connection = match status {
        HttpStatus::SWITCHING => "Upgrade",
        HttpStatus::UPGRADE_REQUIRED => "Upgrade, close",
        _ => "close",
    };
    let always = [
        ("Connection", connection),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
    ];
    for part in ["HTTP/1.1 ", status.0, "\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
    if let Some(date) = asked.now.and_then(date) {
        write_field("Date", &date, out);
    }
    for (name, value) in always {
        write_field(name, value, out);
    }
    for (name, value) in fields {
        write_field(name, value, out);
    }
    out.extend_from_slice(b"\r\n");
}

fn write_field(name: &str, value: &str, out: &mut Vec<u8>) {
    for part in [name, ": ", value, "\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}
