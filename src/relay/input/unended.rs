//! When bytes without a newline count as a line: their writer may have forgotten it.
//!
//! A connection that has never sent a newline, and whose bytes came in one piece, is taken to be a
//! program that sends none; so is one whose bytes end in a CR. Quiet for a while, what has come is a
//! line, if it may end where it does.

use std::time::Duration;

use crate::protocol::{Monotonic, Time};

/// How long the two of it last, and what time it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Forgiveness {
    /// Bytes that come within this are one piece.
    pub(crate) within: Duration,
    /// Quiet after which a piece is a line.
    pub(crate) after: Duration,
    pub(crate) now: Time,
}

/// When the bytes of an unfinished line came.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Arrival {
    /// When the first and the last of them came; none: there are none.
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

    /// When the first of them came.
    pub(crate) fn first(self) -> Option<Monotonic> {
        self.span.map(|(first, _)| first)
    }

    /// True if they came in one piece.
    pub(crate) fn is_one_piece(self, within: Duration) -> bool {
        let is_one = |(first, last): (Monotonic, Monotonic)| last.since(first) <= within;
        self.span.is_some_and(is_one)
    }

    /// When the bytes count as a line. `may_be_whole` looks at them when it is time: for each byte that
    /// comes alone, it would be over and over.
    pub(crate) fn whole_at(
        self,
        rules: Forgiveness,
        has_newline: bool,
        ends_in_cr: bool,
        may_be_whole: impl FnOnce() -> bool,
    ) -> Option<Monotonic> {
        let (_, last) = self.span?;
        let is_one = !has_newline && self.is_one_piece(rules.within);
        let at = (ends_in_cr || is_one).then(|| last + rules.after)?;
        (at > rules.now || may_be_whole()).then_some(at)
    }
}
