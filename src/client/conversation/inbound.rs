//! From bytes, a stranger's or a pipe's, to lines that are fit for a terminal, of bounded length.

use std::time::Duration;

use crate::protocol::{Moment, Time};
use crate::relay::framing::{Framed, Lines, ends_inside_character, is_blank, read_line};

/// Bytes in a line that is shown, or typed. A relay's own lines are far shorter.
pub(in crate::client) const LINE_BYTES_MAX: usize = 64 << 10;

/// Quiet after which what came without a newline is a message.
pub(super) const QUIET: Duration = Duration::from_millis(200);

/// What came in.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::client) enum Heard {
    /// A line, clean.
    Line(String),
    /// A line that was too long, and is thrown away.
    TooLong,
}

/// What one connection sends.
#[derive(Debug)]
pub(in crate::client) struct Inbound {
    lines: Lines,
    /// When bytes came last.
    last: Option<Moment>,
}

impl Inbound {
    pub(in crate::client) fn new() -> Self {
        Self {
            lines: Lines::new(LINE_BYTES_MAX),
            last: None,
        }
    }

    /// The lines that end in these bytes, clean; blank ones are none.
    pub(in crate::client) fn take(&mut self, mut bytes: &[u8], now: Time) -> Vec<Heard> {
        self.last = Some(now.moment());
        let mut heard = Vec::new();
        let mut memory = Vec::new();
        while let Some(framed) = self.lines.next(&mut bytes, &mut memory) {
            match framed {
                Framed::Line(raw) => heard.extend(text_of(raw).map(Heard::Line)),
                Framed::TooLong => heard.push(Heard::TooLong),
                // It speaks telnet to a client that has never begun to: not answered.
                Framed::Answer(_) | Framed::AreYouThere => {}
            }
        }
        heard
    }

    /// When what has come without a newline is a message. A character cut in two is waited for.
    pub(super) fn due(&self) -> Option<Moment> {
        let partial = self.lines.partial();
        let is_message = !partial.is_empty() && !ends_inside_character(partial);
        // Of what is thrown away, only the end is waited for.
        let is_due = is_message || self.lines.is_overlong();
        self.last.filter(|_| is_due).map(|last| last + QUIET)
    }

    /// What has come without a newline, as a line.
    pub(in crate::client) fn flush(&mut self) -> Option<String> {
        let mut memory = Vec::new();
        match self.lines.finish_unended(&mut memory) {
            Some(Framed::Line(raw)) => text_of(raw),
            _ => None,
        }
    }
}

fn text_of(raw: &[u8]) -> Option<String> {
    let mut text = String::new();
    read_line(raw, &mut text);
    (!is_blank(&text)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Heard {
        Heard::Line(text.into())
    }

    fn at(millis: u64) -> Time {
        Time::new(Duration::from_millis(millis), Duration::ZERO)
    }

    #[test]
    fn nothing_that_hurts_a_terminal_comes_through() {
        let mut inbound = Inbound::new();
        let sent = b"\x1b]0;title\x07\x1b[2Jhi\x07\x08\n\xff\xfd\x01\xe9t\xe9\r\n\n \n\x9b31mx\n";
        assert_eq!(inbound.take(sent, at(0)), ["hi", "été", "›31mx"].map(line));
    }

    #[test]
    fn a_line_is_bounded_and_said_once() {
        let mut inbound = Inbound::new();
        let longest = "x".repeat(LINE_BYTES_MAX);
        let sent = format!("{longest}\n");
        assert_eq!(inbound.take(sent.as_bytes(), at(0)), [line(&longest)]);
        let mut heard = Vec::new();
        for piece in format!("{longest}y{longest}\nnext\n")
            .as_bytes()
            .chunks(1000)
        {
            heard.extend(inbound.take(piece, at(0)));
        }
        assert_eq!(heard, [Heard::TooLong, line("next")]);
    }

    #[test]
    fn a_message_too_long_without_a_newline_swallowed_the_next() {
        let mut inbound = Inbound::new();
        let longest = "x".repeat(LINE_BYTES_MAX);
        let heard = inbound.take(format!("{longest}y").as_bytes(), at(0));
        assert_eq!(heard, [Heard::TooLong]);
        assert_eq!(inbound.due(), Some(at(200).moment()));
        assert_eq!(inbound.flush(), None);
        assert_eq!(inbound.due(), None);
        assert!(inbound.take(b"next", at(300)).is_empty());
        assert_eq!(inbound.flush().as_deref(), Some("next"));
    }

    #[test]
    fn quiet_ends_a_message_but_cuts_no_character() {
        let mut inbound = Inbound::new();
        assert_eq!(inbound.due(), None);
        assert!(inbound.take(b"caf\xc3", at(0)).is_empty());
        assert_eq!(inbound.due(), None);
        assert!(inbound.take(b"\xa9", at(10)).is_empty());
        assert_eq!(inbound.due(), Some(at(210).moment()));
        assert_eq!(inbound.flush().as_deref(), Some("café"));
        assert_eq!(inbound.due(), None);
        assert_eq!(inbound.flush(), None);
    }
}
