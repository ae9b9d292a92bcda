//! What comes first on a connection, in bytes and in lines: requests and hellos are told from text.

use super::framing;
use super::session::{Role, Session};
use super::sniff::{Method, irc_line, may_become_request, request_line};
use super::sniff::{Sniffed, blank_lines};

/// First bytes without the blank lines that may stand before a request.
pub(super) fn from_first_line(role: Role, bytes: &[u8]) -> &[u8] {
    if role.serves_requests() {
        return &bytes[blank_lines(bytes)..];
    }
    bytes
}

/// Whether first bytes are for HTTP to look at, where it is served.
pub(super) fn is_request(role: Role, told: Sniffed) -> bool {
    match told {
        Sniffed::Tls => false,
        // Of other methods, their first line is all that matters.
        Sniffed::Http(method) => {
            role.is_web_alone() || matches!(method, Method::Get | Method::Head)
        }
        Sniffed::Request => true,
        Sniffed::Line | Sniffed::Irc | Sniffed::Undecided => role.is_web_alone(),
    }
}

/// Whether what it says first is still to come.
pub(super) fn is_first(session: &Session) -> bool {
    session.may_be_met() && !session.has_line
}

/// Whether a first line is a request. The first bytes tell of most; but blank lines, telnet and what
/// is cleaned away may stand before one, and there are more methods than those they are told by.
pub(super) fn first_request(session: &mut Session, text: &str) -> Option<Method> {
    if session.has_line || framing::is_blank(text) {
        return None;
    }
    session.has_line = true;
    if !session.lines.has_newline() && may_become_request(text.as_bytes()) {
        session.begun = Some(text.into());
    }
    request_line(text.as_bytes())
}

/// Whether a line, behind those that were forgiven their newlines, makes a request of them, or IRC: one
/// that came in pieces, of which the first was taken for a nickname. It is too late for an answer then,
/// but not for what follows, which would be said in the room.
pub(super) fn completes_request(session: &mut Session, text: &str, bytes_max: usize) -> bool {
    let Some(begun) = session.begun.take() else {
        return false;
    };
    let whole = [&begun, text].concat();
    let goes_on = !session.lines.has_newline() && whole.len() <= bytes_max;
    if goes_on && may_become_request(whole.as_bytes()) {
        session.begun = Some(whole.as_str().into());
    }
    let is_irc = session.role == Role::Auto && irc_line(whole.as_bytes());
    is_irc || request_line(whole.as_bytes()).is_some()
}
