//! The first line of a connection: requests are told from text.
//!
//! First bytes tell of most requests (`sniff.rs`). Here the rest is found, once a line is clean: requests of
//! other methods, and those behind blank lines, telnet or a byte-order mark, which were people with a strange
//! nickname before, or were relayed by a broker.

use super::framing::is_blank;
use super::role::Role;
use super::sniff::{Method, Sniffed, blank_lines, irc_line, may_become_request, request_line};

/// First bytes without the blank lines that may stand before a request.
pub(super) fn from_first_line(role: Role, bytes: &[u8]) -> &[u8] {
    if role.serves_requests() {
        return &bytes[blank_lines(bytes)..];
    }
    bytes
}

/// Returns whether the first bytes are a request that is served here.
pub(super) fn is_request(role: Role, told: Sniffed) -> bool {
    match told {
        Sniffed::Tls => false,
        // Other methods than these two are answered from their first line alone.
        Sniffed::Http(method) => {
            role.is_web_alone() || matches!(method, Method::Get | Method::Head)
        }
        Sniffed::Request => true,
        Sniffed::Line | Sniffed::Program(_) | Sniffed::Undecided => role.is_web_alone(),
    }
}

/// The state of the first line that says something.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FirstLine {
    /// The line has not come.
    Awaited,
    /// The line has come, without a newline so far, and may be the beginning of a request.
    #[expect(
        clippy::box_collection,
        reason = "a pointer for three words in each of thousands of sessions, of which few have it"
    )]
    Begun(Box<String>),
    /// The line has come, and is no request.
    Past,
}

impl FirstLine {
    /// Returns the method, if a line is the first one and a request. The first bytes tell of most; but blank
    /// lines, telnet and characters that are cleaned away may stand before one, and there are more methods
    /// than those they are told by.
    pub(super) fn request(&mut self, text: &str, has_newline: bool) -> Option<Method> {
        if *self != Self::Awaited || is_blank(text) {
            return None;
        }
        *self = match !has_newline && may_become_request(text.as_bytes()) {
            true => Self::Begun(Box::new(text.into())),
            false => Self::Past,
        };
        request_line(text.as_bytes())
    }

    /// Returns whether a line, behind those that were forgiven their newlines, makes a request of them, or
    /// IRC, where that may be: one that came in pieces, of which the first was taken for a nickname. It is
    /// too late for an answer then, but the bytes behind it must not be said in the room.
    pub(super) fn is_completed_by(
        &mut self,
        text: &str,
        has_newline: bool,
        role: Role,
        bytes_max: usize,
    ) -> bool {
        let Self::Begun(begun) = self else {
            return false;
        };
        let whole = [begun.as_str(), text].concat();
        let goes_on = !has_newline && whole.len() <= bytes_max;
        let is_irc = role == Role::Auto && irc_line(whole.as_bytes());
        let is_one = is_irc || request_line(whole.as_bytes()).is_some();
        *self = match goes_on && may_become_request(whole.as_bytes()) {
            true => Self::Begun(Box::new(whole)),
            false => Self::Past,
        };
        is_one
    }
}
