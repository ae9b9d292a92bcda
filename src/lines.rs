//! The line protocol, for whoever writes a client of it: a program that reads what a relay sends.
//!
//! The first character of a line says what it is: `<` a message, `-` a private one, `~` an action, `[`
//! a line from before, and `*` the server itself. [`LineReader`] makes lines of what comes from a
//! socket, and [`is_refusal`] tells which of them say that something was not done.

use std::time::Duration;

use crate::protocol::Monotonic;
use crate::relay;
use crate::relay::framing::{Framed, Lines, ends_inside_character, is_blank, read_line};

/// Returns whether a line that a relay has sent, without its end, says that something was not done: a message
/// not sent, a command not carried out, a password or a connection not taken, lines left out for
/// someone who reads too slowly. A client that works off a script has failed if it gets one.
///
/// It goes by the same list of sentences as the relay that writes them. Nothing that people say looks
/// like one, in a room, in private, as a topic or as a reason. What the host program's own
/// [hooks](crate::relay::Hooks) say is not in the list, and lines of a
/// [motd](crate::RelayConfig::motd) are the operator's to choose.
///
/// ```
/// use parloir::lines::is_refusal;
///
/// assert!(is_refusal("* no one here is called bob"));
/// assert!(is_refusal("* usage: /msg NAME TEXT"));
/// assert!(!is_refusal("* bob joined"));
/// assert!(!is_refusal("<bob> * usage: /msg NAME TEXT"));
/// ```
pub fn is_refusal(line: &str) -> bool {
    relay::is_refusal(line)
}

/// One thing that a [`LineReader`] finds in the bytes.
///
/// ```
/// use std::time::Duration;
///
/// use parloir::Time;
/// use parloir::lines::{Line, LineReader};
///
/// let now = Time::new(Duration::ZERO, Duration::ZERO);
/// // A line may have eight bytes here; one that is longer is told of once, however it arrives.
/// let mut reader = LineReader::new(8);
/// assert!(reader.read(b"much too", now).is_empty());
/// assert_eq!(reader.read(b" long\nok\n", now), [Line::TooLong, Line::Text("ok".into())]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A line, clean, without its end.
    Text(String),
    /// A line that was too long, and is thrown away.
    TooLong,
}

/// Cuts the bytes of one connection into lines that are fit for a terminal, as the relay does with
/// what its own clients send: text is UTF-8 or else Windows-1252; controls, escape sequences and
/// telnet's own bytes go; blank lines are none; and no line is longer than is allowed.
///
/// Programs that are written as an exercise often forget the newline, and wait. So what has come
/// without one is a line as well after [some quiet](Self::QUIET): wait until [`due`](Self::due), and
/// then [`flush`](Self::flush). For those who must not be forgiven, do neither.
///
/// ```
/// use std::time::Duration;
///
/// use parloir::Time;
/// use parloir::lines::{Line, LineReader};
///
/// let now = Time::new(Duration::ZERO, Duration::ZERO);
/// let mut reader = LineReader::new(4096);
/// let lines = reader.read(b"* bob joined\n<bob> \x1b[31mred\nhel", now);
/// assert_eq!(lines, ["* bob joined", "<bob> red"].map(|text| Line::Text(text.into())));
/// assert_eq!(reader.due(), Some(now + LineReader::QUIET));
/// assert_eq!(reader.flush().as_deref(), Some("hel"));
/// ```
#[derive(Debug)]
pub struct LineReader {
    lines: Lines,
    /// Time at which bytes came last.
    last: Option<Monotonic>,
}

impl LineReader {
    /// Quiet after which what came without a newline is a line: 200 ms.
    pub const QUIET: Duration = Duration::from_millis(200);

    /// For a connection whose lines have so many bytes at most, as received and without their ends.
    pub fn new(line_bytes_max: usize) -> Self {
        Self {
            lines: Lines::new(line_bytes_max),
            last: None,
        }
    }

    /// The lines that end in these bytes.
    pub fn read(&mut self, mut bytes: &[u8], now: impl Into<Monotonic>) -> Vec<Line> {
        self.last = Some(now.into());
        let mut read = Vec::new();
        let mut memory = Vec::new();
        while let Some(framed) = self.lines.next(&mut bytes, &mut memory) {
            match framed {
                Framed::Line(raw) => read.extend(text_of(raw).map(Line::Text)),
                Framed::TooLong => read.push(Line::TooLong),
                // Telnet, from a server to a client that has never begun it: not answered.
                Framed::Answer(_) | Framed::AreYouThere => {}
            }
        }
        read
    }

    /// Time at which the bytes without a newline so far are a line; None while there are none, or while
    /// they end inside a character.
    pub fn due(&self) -> Option<Monotonic> {
        let partial = self.lines.partial();
        let is_message = !partial.is_empty() && !ends_inside_character(partial);
        // Of what is thrown away, only the end is waited for.
        let is_due = is_message || self.lines.is_overlong();
        self.last.filter(|_| is_due).map(|last| last + Self::QUIET)
    }

    /// The bytes without a newline so far, as a line: when it is due, or when the stream has ended.
    pub fn flush(&mut self) -> Option<String> {
        let mut memory = Vec::new();
        match self.lines.finish_unended(&mut memory) {
            Some(Framed::Line(raw)) => text_of(raw),
            _ => None,
        }
    }
}

/// The text of a line; None for a blank one. White space alone is no message in the line protocol.
fn text_of(raw: &[u8]) -> Option<String> {
    let mut text = String::new();
    read_line(raw, &mut text);
    (!is_blank(&text)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Time;

    const BYTES_MAX: usize = 64 << 10;

    fn line(text: &str) -> Line {
        Line::Text(text.into())
    }

    fn at(millis: u64) -> Time {
        Time::new(Duration::from_millis(millis), Duration::ZERO)
    }

    #[test]
    fn nothing_that_hurts_a_terminal_comes_through() {
        let mut lines = LineReader::new(BYTES_MAX);
        let sent = b"\x1b]0;title\x07\x1b[2Jhi\x07\x08\n\xff\xfd\x01\xe9t\xe9\r\n\n \n\x9b31mx\n";
        assert_eq!(lines.read(sent, at(0)), ["hi", "été", "›31mx"].map(line));
    }

    #[test]
    fn a_line_is_bounded_and_said_once() {
        let mut lines = LineReader::new(BYTES_MAX);
        let longest = "x".repeat(BYTES_MAX);
        let sent = format!("{longest}\n");
        assert_eq!(lines.read(sent.as_bytes(), at(0)), [line(&longest)]);
        let mut heard = Vec::new();
        for piece in format!("{longest}y{longest}\nnext\n")
            .as_bytes()
            .chunks(1000)
        {
            heard.extend(lines.read(piece, at(0)));
        }
        assert_eq!(heard, [Line::TooLong, line("next")]);
    }

    #[test]
    fn a_message_too_long_without_a_newline_swallowed_the_next() {
        let mut lines = LineReader::new(BYTES_MAX);
        let longest = "x".repeat(BYTES_MAX);
        let heard = lines.read(format!("{longest}y").as_bytes(), at(0));
        assert_eq!(heard, [Line::TooLong]);
        assert_eq!(lines.due(), Some(at(200).monotonic()));
        assert_eq!(lines.flush(), None);
        assert_eq!(lines.due(), None);
        assert!(lines.read(b"next", at(300)).is_empty());
        assert_eq!(lines.flush().as_deref(), Some("next"));
    }

    #[test]
    fn quiet_ends_a_message_but_cuts_no_character() {
        let mut lines = LineReader::new(BYTES_MAX);
        assert_eq!(lines.due(), None);
        assert!(lines.read(b"caf\xc3", at(0)).is_empty());
        assert_eq!(lines.due(), None);
        assert!(lines.read(b"\xa9", at(10)).is_empty());
        assert_eq!(lines.due(), Some(at(210).monotonic()));
        assert_eq!(lines.flush().as_deref(), Some("café"));
        assert_eq!(lines.due(), None);
        assert_eq!(lines.flush(), None);
    }
}
