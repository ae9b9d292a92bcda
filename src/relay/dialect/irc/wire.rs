//! Lines of IRC out: built in place, never longer than a line may be, always whole characters.

use std::fmt::{self, Write};

use super::message::MESSAGE_BYTES_MAX;
use crate::relay::hub::Person;

/// Bytes of a line without its end.
pub(super) const LINE_BYTES_MAX: usize = MESSAGE_BYTES_MAX - 2;

/// A line in the making, at the end of a buffer.
#[derive(Debug)]
pub(super) struct Line<'a> {
    out: &'a mut Vec<u8>,
    /// Where it begins, behind its tags.
    start: usize,
}

impl<'a> Line<'a> {
    /// A line without tags.
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        let start = out.len();
        Self { out, start }
    }

    /// A line of which the end of the buffer from `start` on is the beginning.
    pub(super) fn at(out: &'a mut Vec<u8>, start: usize) -> Self {
        Self { out, start }
    }

    /// How long it is so far.
    pub(super) fn len(&self) -> usize {
        self.out.len() - self.start
    }

    /// A line that begins with `:source `.
    pub(super) fn from(out: &'a mut Vec<u8>, source: &str) -> Self {
        Self::new(out).source(source)
    }

    /// A line that begins with `:nick!user@host `.
    pub(super) fn by(out: &'a mut Vec<u8>, person: Person<'_>) -> Self {
        Self::new(out).person(person)
    }

    /// A line that begins with tags, if there are any: they are no part of its length.
    pub(super) fn tagged(out: &'a mut Vec<u8>, tags: &str) -> Self {
        if !tags.is_empty() {
            for part in ["@", tags, " "] {
                out.extend_from_slice(part.as_bytes());
            }
        }
        Self::new(out)
    }

    #[must_use]
    pub(super) fn source(self, source: &str) -> Self {
        self.add(":").add(source).add(" ")
    }

    #[must_use]
    pub(super) fn person(mut self, person: Person<'_>) -> Self {
        write_source(&mut self, person);
        self.add(" ")
    }

    #[must_use]
    pub(super) fn add(self, text: &str) -> Self {
        self.out.extend_from_slice(text.as_bytes());
        self
    }

    /// Ends it. What is too much is cut off between characters.
    pub(super) fn end(self) {
        let mut end = self.out.len();
        if end - self.start > LINE_BYTES_MAX {
            end = self.start + LINE_BYTES_MAX;
            // What stands there is valid UTF-8: a byte of the form 10xxxxxx goes on with a character.
            while self.out[end] & 0xc0 == 0x80 {
                end -= 1;
            }
        }
        self.out.truncate(end);
        self.out.extend_from_slice(b"\r\n");
    }
}

impl Write for Line<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.out.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// `:nick!user@host`
fn write_source(line: &mut impl Write, Person { name, profile }: Person<'_>) {
    // What takes everything has no error to handle.
    let _ = write!(line, ":{name}!{}@{}", profile.user(), profile.host());
}

/// Counts the bytes that are written to it.
struct Count(usize);

impl Write for Count {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

/// How long `:nick!user@host ` is.
pub(super) fn source_bytes(person: Person<'_>) -> usize {
    let mut count = Count(" ".len());
    write_source(&mut count, person);
    count.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(tags: &str, text: &str) -> String {
        let mut out = b"before\r\n".to_vec();
        Line::tagged(&mut out, tags).add(text).end();
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
