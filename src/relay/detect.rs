//! Detection of the dialect from the first bytes, which are left where they are meanwhile.
//!
//! `sniff.rs` says what bytes look like; this file decides, by the listener's role and by the time that is
//! left, what is done about it: first about hellos of foreign protocols, then requests, programs, text. The
//! result must not depend on how the bytes are cut: a decision that more bytes could still change is put
//! off, until they come or their time is over.

use super::conn::Conn;
use super::context::Context;
use super::dialect::Program;
use super::first_line::{from_first_line, is_request};
use super::foreign;
use super::http::Subprotocol;
use super::http::exchange::{self, Exchange, Offer};
use super::input::{TextLines, forgiveness};
use super::role::Role;
use super::sniff::{Sniffed, sniff};
use crate::protocol::{Monotonic, Output};

/// A fatal alert, handshake_failure (RFC 8446, 6): every TLS client shows it as a clear error.
const TLS_ALERT: [u8; 7] = [0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 40];

/// The result of looking at the first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detected {
    /// Nothing can be said yet.
    Nothing,
    /// Text, to be cut into lines: for the line dialect, or for a broker.
    Text,
    /// A dialect of programs.
    Program(Program),
    /// Something that is not spoken here, or a request, which is answered: the connection is over.
    Over,
    /// A WebSocket, with the subprotocol that was agreed on and the number of bytes that its request took.
    Messages(Option<Subprotocol>, usize),
}

/// Looks at all that has come so far. `request_by` is the time by which a request that was begun must be
/// there; it is set here, and cleared if the bytes turn out to be no request, or it would be asked for again
/// once it has come.
pub(super) fn look(
    conn: &Conn,
    lines: &mut TextLines,
    request_by: &mut Option<Monotonic>,
    offer: Offer<'_>,
    cx: &mut Context<'_, impl Output>,
) -> Detected {
    let input = offer.input;
    if may_be_met(conn.role) && foreign::begins(input.bytes) {
        return Detected::Over;
    }
    let told = sniff(from_first_line(conn.role, input.bytes), input.end.is_some());
    if conn.role.serves_requests() && is_request(conn.role, told) {
        lines.forget_due();
        let within = cx.config().request_within;
        let by = *request_by.get_or_insert(cx.now + within);
        return match exchange::take(conn, offer, by, cx) {
            Exchange::Awaited => Detected::Nothing,
            Exchange::Over => Detected::Over,
            Exchange::Upgraded(subprotocol, taken) => Detected::Messages(subprotocol, taken),
        };
    }
    let too_long = input.bytes.len() > cx.config().line_bytes_max;
    if let Some(program) = program(conn.role, told, too_long) {
        return Detected::Program(program);
    }
    if told != Sniffed::Request {
        *request_by = None;
    }
    match told {
        Sniffed::Undecided if input.bytes.is_empty() || conn.role.program().is_some() => {
            Detected::Nothing
        }
        Sniffed::Undecided if !too_long => {
            match lines.note_left(input.bytes, forgiveness(cx)) {
                // The bytes are one piece: a line is made of it once it has gone through framing whole.
                Some(at) if at <= cx.now => Detected::Text,
                _ => Detected::Nothing,
            }
        }
        Sniffed::Request => {
            lines.forget_due();
            let within = cx.config().request_within;
            let by = *request_by.get_or_insert(cx.now + within);
            match by <= cx.now || too_long {
                true => Detected::Over,
                false => Detected::Nothing,
            }
        }
        Sniffed::Http(method) => {
            turn_http_away(conn, method, cx);
            Detected::Over
        }
        Sniffed::Tls => {
            if conn.role.serves_requests() {
                cx.reply(conn.id, &TLS_ALERT);
            }
            Detected::Over
        }
        Sniffed::Line | Sniffed::Program(_) | Sniffed::Undecided => Detected::Text,
    }
}

/// Turns a peer of HTTP away: with an answer on a listener that serves requests, without a word where
/// only lines are spoken.
pub(super) fn turn_http_away(
    conn: &Conn,
    method: super::sniff::Method,
    cx: &mut Context<'_, impl Output>,
) {
    if conn.role.serves_requests() {
        exchange::answer_method(conn, method, cx);
    }
}

/// Returns whether clients of such a listener take a nickname, which others are told. A hello of another
/// protocol must not become one.
pub(super) fn may_be_met(role: Role) -> bool {
    matches!(role, Role::Auto | Role::Line | Role::Talk)
}

/// Returns the dialect of programs that a connection speaks, by its listener or by its first bytes.
/// `too_long` is true if there are more first bytes than a line may have: a beginning that could still become
/// a request is then the dialect's, which answers that its line is too long.
fn program(role: Role, told: Sniffed, too_long: bool) -> Option<Program> {
    match (role.program(), told) {
        (None, Sniffed::Program(program)) if role == Role::Auto => Some(program),
        (None, _) => None,
        // On a listener for one dialect, everything is that dialect but a request and TLS.
        (one, Sniffed::Program(_) | Sniffed::Line) => one,
        (one, Sniffed::Undecided) => one.filter(|_| too_long),
        _ => None,
    }
}
