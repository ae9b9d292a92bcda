//! The rule of the forgotten newline: the time at which bytes without a newline count as a line.
//!
//! A connection that has never sent a newline, and whose bytes came in one piece, is taken to be a program
//! that sends none; so is one whose bytes end in a CR. Quiet for a while, what has come is a line, if it may
//! end where it does.
//!
//! A beginner's program that calls `send("hello")` and nothing else is the reason for this rule. People who
//! type at a terminal never meet it: what they type comes key by key, or with its newline, and one newline is
//! enough for the rule to be off for the rest of the connection.
//!
//! ```text
//!  no bytes --bytes--> one piece --quiet for `after`--> a line, if it may end there
//!                         |  more bytes, later than `within` behind the first
//!                         v
//!                      typed: waits for a newline, or for quiet behind a CR
//!  any newline: only what ends in a CR is still forgiven, and nothing once an LF has come
//! ```
//!
//! The lab cuts the lines of its exercises by the same rule, so this file knows no session.

use std::time::Duration;

use crate::protocol::{Monotonic, Time};

/// The two spans of the rule, and what time it is. By default they are 50 ms and 200 ms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Forgiveness {
    /// Bytes that come within this are one piece.
    pub(crate) within: Duration,
    /// Quiet after which a piece is a line.
    pub(crate) after: Duration,
    pub(crate) now: Time,
}

/// The times at which the bytes of an unfinished line came: of the first and of the last one. The rule needs
/// no more, and every connection has one of these.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Arrival {
    /// Times of the first and of the last byte; none if there are no bytes.
    span: Option<(Monotonic, Monotonic)>,
}

impl Arrival {
    /// That of bytes that came now.
    pub(crate) fn at(now: Time) -> Self {
        Self {
            span: Some((now.monotonic(), now.monotonic())),
        }
    }

    /// More bytes have come.
    pub(crate) fn note(&mut self, now: Time) {
        let (first, _) = self.span.unwrap_or((now.monotonic(), now.monotonic()));
        self.span = Some((first, now.monotonic()));
    }

    /// The time at which the first of them came.
    pub(crate) fn first(self) -> Option<Monotonic> {
        self.span.map(|(first, _)| first)
    }

    /// True if they came in one piece.
    pub(crate) fn is_one_piece(self, within: Duration) -> bool {
        let is_one = |(first, last): (Monotonic, Monotonic)| last.since(first) <= within;
        self.span.is_some_and(is_one)
    }

    /// The time at which the bytes count as a line. `may_be_whole` looks at them when it is time: for each
    /// byte that comes alone, it would be over and over.
    pub(crate) fn whole_at(
        self,
        rules: Forgiveness,
        has_newline: bool,
        ends_in_cr: bool,
        may_be_whole: impl FnOnce() -> bool,
    ) -> Option<Monotonic> {
        let (_, last) = self.span?;
        // A CR is different: a terminal in raw mode sends it at the end of each line, but the LF or NUL that
        // may belong to it can still be on its way.
        let is_one = !has_newline && self.is_one_piece(rules.within);
        let at = (ends_in_cr || is_one).then(|| last + rules.after)?;
        (at > rules.now || may_be_whole()).then_some(at)
    }
}
