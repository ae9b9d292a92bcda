//! Answers, as they go out: a status, what is shown, and what browsers may do with it.

use std::time::{Duration, UNIX_EPOCH};

use super::head::Request;
use super::page::CHAT;
use crate::protocol::Time;

/// A status code and its name (RFC 9110, 15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::relay) struct Status(&'static str);

impl Status {
    pub(super) const SWITCHING: Self = Self("101 Switching Protocols");
    const OK: Self = Self("200 OK");
    pub(in crate::relay) const NO_CONTENT: Self = Self("204 No Content");
    const NOT_MODIFIED: Self = Self("304 Not Modified");
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

    /// What goes with it, and has to.
    fn fields(self) -> &'static [(&'static str, &'static str)] {
        match self {
            // RFC 9110, 9.3.7 and 15.5.6.
            Self::NO_CONTENT | Self::METHOD_NOT_ALLOWED => &[("Allow", "GET, HEAD, OPTIONS")],
            // RFC 6455, 4.4; RFC 9110, 15.5.22.
            Self::UPGRADE_REQUIRED => &[("Sec-WebSocket-Version", "13"), ("Upgrade", "websocket")],
            _ => &[],
        }
    }

    /// What to do about it.
    fn advice(self) -> &'static str {
        match self {
            Self::FORBIDDEN => {
                "This page may not join the chat, since it was not loaded from here; \
                 whoever runs the server can let it in with --allow-origin.\n"
            }
            _ => "The chat is at / in a browser, or by nc or telnet at this address and port.\n",
        }
    }
}

/// Who asks, and when.
#[derive(Clone, Copy, Debug)]
pub(in crate::relay) struct Asked<'a> {
    /// What the server calls itself.
    pub(in crate::relay) name: &'a str,
    /// It comes from this machine itself.
    pub(in crate::relay) is_local: bool,
    /// The answer is to have a body, should it be one with a body.
    pub(in crate::relay) has_body: bool,
    /// Unknown to who is turned away at the door, who is told no date then (RFC 9110, 6.6.1).
    pub(in crate::relay) now: Option<Time>,
}

/// Answers a request that is in order.
pub(super) fn show(request: &Request<'_>, asked: Asked<'_>, out: &mut Vec<u8>) {
    match request.path {
        "/" => show_page(request, asked, out),
        "/healthz" => write(
            Status::OK,
            asked,
            b"ok\n",
            &[TEXT, NOT_STORED, NOTHING],
            out,
        ),
        _ => answer(Status::NOT_FOUND, asked, out),
    }
}

const TEXT: (&str, &str) = ("Content-Type", "text/plain; charset=utf-8");
const NOT_STORED: (&str, &str) = ("Cache-Control", "no-store");
/// Nothing in an answer for people is to be loaded, run or framed.
const NOTHING: (&str, &str) = (
    "Content-Security-Policy",
    "default-src 'none'; frame-ancestors 'none'",
);

/// Answers a request that is not, or of which there is nothing more to say.
pub(in crate::relay) fn answer(status: Status, asked: Asked<'_>, out: &mut Vec<u8>) {
    if status == Status::NO_CONTENT {
        return write_head(status, asked, status.fields().iter().copied(), out);
    }
    explain(status, status.advice(), asked, out);
}

/// The same, with words of one's own.
pub(in crate::relay) fn explain(status: Status, words: &str, asked: Asked<'_>, out: &mut Vec<u8>) {
    let text = format!("{} - {}\n{words}", status.0, asked.name);
    let fields = [&[TEXT, NOT_STORED, NOTHING], status.fields()].concat();
    write(status, asked, text.as_bytes(), &fields, out);
}

fn show_page(request: &Request<'_>, asked: Asked<'_>, out: &mut Vec<u8>) {
    let is_packed = takes_gzip(request);
    let (tag, body) = match is_packed {
        true => (&CHAT.gzip_tag, &CHAT.gzip),
        false => (&CHAT.tag, &CHAT.bytes),
    };
    let fields = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Cache-Control", "no-cache"),
        ("ETag", tag.as_str()),
        ("Vary", "Accept-Encoding"),
        ("Content-Security-Policy", CHAT.policy.as_str()),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ];
    // Last, so that it can be left out.
    let packed = [("Content-Encoding", "gzip")];
    let fields = [&fields[..], &packed[usize::from(!is_packed)..]].concat();
    // Compared weakly (RFC 9110, 13.1.2).
    let is_it = |it: &str| it == "*" || it.trim_start_matches("W/") == tag;
    if request.list("if-none-match").any(is_it) {
        // Without the length of what it would have been: that may be left out (RFC 9110, 8.6).
        write_head(Status::NOT_MODIFIED, asked, fields, out);
    } else {
        write(Status::OK, asked, body, &fields, out);
    }
}

/// Whether a request says that its answer may be compressed (RFC 9110, 12.5.3): by name, and not with
/// a weight of nought. A program that reads what comes, and says nothing, gets it as it is.
fn takes_gzip(request: &Request<'_>) -> bool {
    request.list("accept-encoding").any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().trim_start_matches(['q', 'Q', '=']);
        name.trim().eq_ignore_ascii_case("gzip") && weight.parse() != Ok(0.0)
    })
}

fn write(
    status: Status,
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
    status: Status,
    asked: Asked<'_>,
    fields: impl IntoIterator<Item = (&'f str, &'f str)>,
    out: &mut Vec<u8>,
) {
    let connection = match status {
        Status::SWITCHING => "Upgrade",
        Status::UPGRADE_REQUIRED => "Upgrade, close",
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
    if let Some(now) = asked.now {
        let date = UNIX_EPOCH + Duration::from_secs(now.unix_seconds());
        write_field("Date", &httpdate::fmt_http_date(date), out);
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
