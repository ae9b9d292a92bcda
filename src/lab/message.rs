//! Finds the end of a message from a program that may have forgotten the newline.
//!
//! The rule is the [relay's](crate::relay::input::unended), applied to bytes that may include those of
//! telnet. It stands once, for both: a program that is understood here is understood in the chat.
//!
//! ```text
//!  bytes ─┬─ end in a line end ────────▶ a message; for `operator` 50 ms after its first byte
//!         ├─ end of input, or 16 KiB ──▶ a message
//!         └─ end without a line end ───▶ a message after 200 ms of silence, if they came in one piece
//!                                       and the client has never sent a line end
//! ```

use std::time::Duration;

use crate::protocol::{Demand, Input, Monotonic, Time};
use crate::relay::input::unended::{self, Forgiveness};
use crate::relay::may_end_as_received;

/// Silence after which a message without a newline is complete.
pub(super) const QUIET: Duration = Duration::from_millis(200);

/// Time within which bytes that come are one piece.
pub(super) const PIECE: Duration = Duration::from_millis(50);

/// Number of bytes after which a message is complete, whatever it looks like. It is well below the
/// number of untaken bytes that the loop keeps, so that this limit is never reached.
const MESSAGE_BYTES_MAX: usize = 16 << 10;

/// The times at which the bytes at hand came.
#[derive(Debug, Default)]
pub(super) struct MessageArrival {
    /// Number of bytes that were there at the last look.
    seen: usize,
    came: unended::Arrival,
    /// An earlier message had a newline.
    had_newline: bool,
}

/// The input to wait for after a newline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MessagePiece {
    /// None: the message ends with the line.
    Line,
    /// The bytes that belong to the same piece.
    Whole,
}

impl MessageArrival {
    /// Returns `Ok` if the bytes at hand are a message, and otherwise the demand for more. A message is
    /// everything that is there; it may be empty only at the end of the input.
    pub(super) fn look(
        &mut self,
        input: Input<'_>,
        piece: MessagePiece,
        now: Time,
    ) -> Result<(), Demand> {
        let bytes = input.bytes;
        if bytes.len() > self.seen {
            self.came.note(now);
        }
        self.seen = bytes.len();
        if input.end.is_some() || bytes.len() >= MESSAGE_BYTES_MAX {
            return Ok(());
        }
        match self.whole_at(bytes, piece, now) {
            Some(at) if at <= now => Ok(()),
            Some(at) => Err(Demand::ReadOrAt(at)),
            None => Err(Demand::More),
        }
    }

    fn whole_at(&self, bytes: &[u8], piece: MessagePiece, now: Time) -> Option<Monotonic> {
        let first = self.came.first()?;
        if ends_line(bytes) {
            return Some(match piece {
                MessagePiece::Line => first,
                MessagePiece::Whole => first + PIECE,
            });
        }
        // A service that asks for no more than a line has its message if there is a line end anywhere.
        if piece == MessagePiece::Line && has_line(bytes) {
            return Some(first);
        }
        let rules = Forgiveness {
            within: PIECE,
            after: QUIET,
            now,
        };
        let may_end = || may_end_as_received(bytes);
        self.came.whole_at(rules, self.had_newline, false, may_end)
    }

    /// Notes that the message is taken; the next byte begins another.
    pub(super) fn take(&mut self, message: &[u8]) {
        self.had_newline |= has_line(message);
        self.seen = 0;
        self.came = unended::Arrival::default();
    }
}

/// Returns whether the bytes end a line. As in the relay, LF, CR LF and CR NUL do.
fn ends_line(bytes: &[u8]) -> bool {
    bytes.ends_with(b"\n") || bytes.ends_with(b"\r\0")
}

fn has_line(bytes: &[u8]) -> bool {
    memchr::memchr(b'\n', bytes).is_some() || bytes.windows(2).any(|two| two == b"\r\0")
}

/// Number of bytes at the end that are the beginning of a character whose rest has not come.
pub(super) fn unfinished_character(bytes: &[u8]) -> usize {
    let is_beginning = |tail: &&[u8]| {
        std::str::from_utf8(tail)
            .is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
    };
    let tails = (1..=3).filter_map(|length| bytes.get(bytes.len().checked_sub(length)?..));
    tails
        .filter(is_beginning)
        .map(<[u8]>::len)
        .next()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_were_cut_are_seen() {
        for (bytes, unfinished) in [
            (&b""[..], 0),
            (b"e", 0),
            (b"\xc3", 1),
            ("é".as_bytes(), 0),
            (b"a\xe2\x82", 2),
            (b"\xf0\x9f\x98", 3),
            ("😀".as_bytes(), 0),
            (b"\xff", 0),
            (b"\xc3\xc3", 1),
            (b"\xa9\xa9\xa9\xa9", 0),
            (b"\xff\xf0\x9f", 2),
        ] {
            assert_eq!(unfinished_character(bytes), unfinished, "{bytes:?}");
        }
    }
}
