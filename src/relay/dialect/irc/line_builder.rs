//! Builds lines of IRC in place, never longer than a line may be, and cut between characters.
//!
//! A line is built where it is to stand, at the end of the turn's buffer. As texts of their own, tags,
//! source, time and id were five allocations for every set of capabilities in a room. A line that grows too
//! long is cut by `end`; whatever must not be cut ends with `end_uncut`, and its caller counts.

use std::fmt::{self, Display, Write};

use super::message::MESSAGE_BYTES_MAX;
use crate::relay::hub::{Host, Person};

/// Maximum bytes of a line without its line end.
pub(super) const LINE_BYTES_MAX: usize = MESSAGE_BYTES_MAX - 2;

/// A line that is being written, at the end of a buffer.
#[derive(Debug)]
pub(super) struct LineBuilder<'a> {
    out: &'a mut Vec<u8>,
    /// Offset in the buffer at which the line begins, behind its tags. The limit counts from there: tags have
    /// one of their own.
    start: usize,
}

impl<'a> LineBuilder<'a> {
    /// Begins a line at the end of the buffer, behind its tags.
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        let start = out.len();
        Self { out, start }
    }

    /// Number of bytes of the line so far, without its tags.
    pub(super) fn len(&self) -> usize {
        self.out.len() - self.start
    }

    /// Adds `:source `.
    #[must_use]
    pub(super) fn source(self, source: &str) -> Self {
        self.add(":").add(source).add(" ")
    }

    /// Adds `:nick!user@host `.
    #[must_use]
    pub(super) fn by(self, LineSource { name, user, host }: LineSource<'_>) -> Self {
        let line = self.add(":").add(name).add("!").add(user).add("@");
        line.show(host).add(" ")
    }

    #[must_use]
    pub(super) fn person(self, person: Person<'_>) -> Self {
        self.by(LineSource::of(person))
    }

    #[must_use]
    pub(super) fn add(self, text: &str) -> Self {
        self.out.extend_from_slice(text.as_bytes());
        self
    }

    /// Adds words, with a blank before each.
    #[must_use]
    pub(super) fn words(self, words: &[&str]) -> Self {
        let add = |line: Self, word: &&str| line.add(" ").add(word);
        words.iter().fold(self, add)
    }

    #[must_use]
    pub(super) fn show(mut self, value: impl Display) -> Self {
        // Writing to a vector cannot fail, so there is no error to handle.
        let _ = write!(self, "{value}");
        self
    }

    pub(super) fn add_bytes(self, text: &[u8]) {
        self.out.extend_from_slice(text);
    }

    /// Ends the line without a cut, however long it is.
    pub(super) fn end_uncut(self) {
        self.add_bytes(b"\r\n");
    }

    /// Ends the line. If it is too long, it is cut between characters.
    pub(super) fn end(self) {
        let mut end = self.out.len();
        if end - self.start > LINE_BYTES_MAX {
            end = self.start + LINE_BYTES_MAX;
            // The line is valid UTF-8, in which a byte of the form 10xxxxxx continues a character.
            while self.out[end] & 0xc0 == 0x80 {
                end -= 1;
            }
        }
        self.out.truncate(end);
        self.end_uncut();
    }
}

impl Write for LineBuilder<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.out.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Counts the bytes that are written to it.
struct Count(usize);

impl Write for Count {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

/// Number of bytes of a value when it is written. The text before a message must be measured before it is cut
/// into lines; to write it for that, and take it back, was rejected.
pub(super) fn shown_bytes(value: impl Display) -> usize {
    let mut count = Count(0);
    let _ = write!(count, "{value}");
    count.0
}

/// The person that a line comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct LineSource<'a> {
    pub(super) name: &'a str,
    pub(super) user: &'a str,
    pub(super) host: Host,
}

impl<'a> LineSource<'a> {
    pub(super) fn of(Person { name, profile }: Person<'a>) -> Self {
        let (user, host) = (profile.user(), profile.host());
        Self { name, user, host }
    }

    /// Number of bytes of `:nick!user@host `.
    pub(super) fn bytes(self) -> usize {
        ":!@ ".len() + self.name.len() + self.user.len() + shown_bytes(self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sink::Tags;

    fn line(tags: &str, text: &str) -> String {
        let mut out = b"before\r\n".to_vec();
        let mut line_tags = Tags::new(&mut out);
        line_tags.add(tags);
        line_tags.line().add(text).end();
        String::from_utf8(out).unwrap().split_off(8)
    }

    #[test]
    fn lines_are_cut_between_characters_and_tags_do_not_count() {
        assert_eq!(line("", "PING x"), "PING x\r\n");
        assert_eq!(line("a=b", "PING x"), "@a=b PING x\r\n");
        for length in [509, 510, 511, 5000] {
            let text = "x".repeat(length);
            let fits = &text[..length.min(510)];
            assert_eq!(line("a", &text), format!("@a {fits}\r\n"));
        }
        let text = format!("x{}", "é".repeat(400));
        assert_eq!(line("", &text).len(), 509 + 2);
        assert_eq!(line("", &"😀".repeat(400)).len(), 508 + 2);
    }
}
