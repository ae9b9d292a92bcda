//! HTTP (RFC 9110, 9112): the head of a request in, its answer out. Each connection gets one answer.
//!
//! Nothing behind a head is ever read as a request: an answer closes the connection, and an upgrade makes
//! frames of the rest. So there is no second request to smuggle, and no body to understand.
//!
//! `detect` calls `exchange` with the first bytes while they may be a request; a line that turns out to be
//! one later, behind telnet or a byte-order mark, gets the answer of `exchange::answer_method`. No byte of a
//! request may ever reach a room: a POST whose body had the line `/nick evil` in it was once carried out.
//!
//! The page and WebSockets are served by the module `serve`; without the feature `web`, by another of the
//! same shape that says that nothing is. The rest is one text for both, instead of sixty conditions on the
//! feature.

//!
//! The page and WebSockets are served by the module `serve`; without the feature `web`, by another of
//! the same shape that says that nothing is.

#![cfg_attr(
    not(feature = "web"),
    allow(dead_code, reason = "what only the other module uses")
)]

mod answer;
pub(super) mod exchange;
#[cfg(feature = "web")]
mod serve;
#[cfg(not(feature = "web"))]
#[path = "not_served.rs"]
mod serve;

use super::sniff::blank_lines;

pub(super) use answer::{Asked, HttpStatus, answer, explain};

/// The result of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Served {
    /// It is answered, and that is all.
    Answered,
    /// A page from there may not join; it is answered. The origin is for the log: the page can only say that
    /// it was refused, and the operator would look for the reason in vain.
    Refused(String),
    /// The connection is a WebSocket from here on. Without a subprotocol, its first line tells what is
    /// spoken.
    Upgraded(Option<Subprotocol>),
}

/// The offset at which the first head in the bytes ends: behind an empty line. Lines may end in LF alone (RFC
/// 9112, 2.2).
///
/// In the first `seen` bytes no end was found: of a head that comes byte by byte, only the line at hand is
/// looked at again.
pub(in crate::relay) fn end_of_head(bytes: &[u8], seen: usize) -> Option<usize> {
    // Empty lines before a request are none of it (RFC 9112, 2.2). Without this, they made a 404 of a health
    // check.
    let start = blank_lines(bytes);
    let seen = &bytes[..seen.min(bytes.len())];
    let from = memchr::memrchr(b'\n', seen).map_or(0, |at| at + 1);
    let mut line = from.max(start);
    let ends = memchr::memchr_iter(b'\n', &bytes[line..]);
    for end in ends.map(|at| from.max(start) + at) {
        if line > start && matches!(&bytes[line..end], b"" | b"\r") {
            return Some(end + 1);
        }
        line = end + 1;
    }
    None
}

/// The dialect inside the messages of a WebSocket, as a client may ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subprotocol {
    /// IRC in text messages (IRCv3, WebSocket).
    TextIrc,
    /// IRC in binary messages.
    BinaryIrc,
    /// The line dialect, in text messages.
    Line,
    /// JSON, in text messages.
    Json,
}
