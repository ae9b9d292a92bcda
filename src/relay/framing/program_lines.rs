//! The end of a program's line: LF, with or without CR, within a limit, across any split of the bytes.
//!
//! Unlike framing for people it knows no telnet and forgives nothing. IRC and JSON are cut by it, each with a
//! limit of its own. An 0xFF is a byte like any other here, which decoding makes a character of.

use super::Framed;

/// Cuts one connection's bytes into lines.
#[derive(Debug)]
pub(in crate::relay) struct ProgramLines {
    /// The beginning of a line whose end has not come. It grows to one byte more than a line may have, and no
    /// further, whatever the peer sends.
    partial: Vec<u8>,
    /// The rest of the line is thrown away: it is too long. That is told where the line ends. CRs alone
    /// beyond the limit do not make it so: they may all belong to the end.
    overlong: bool,
    /// Bytes of the longest line, without its end.
    line_bytes_max: u32,
}

impl ProgramLines {
    pub(in crate::relay) fn new(line_bytes_max: u32) -> Self {
        Self {
            partial: Vec::new(),
            overlong: false,
            line_bytes_max,
        }
    }

    /// The next thing in `input`, which is shortened by what it took. None: all of it is taken.
    ///
    /// `line` lends memory for a line that came in pieces; a whole one is borrowed from the input.
    pub(in crate::relay) fn next<'a, 'input: 'a>(
        &mut self,
        input: &mut &'input [u8],
        line: &'a mut Vec<u8>,
    ) -> Option<Framed<'a>> {
        let Some(end) = memchr::memchr(b'\n', input) else {
            self.keep(input);
            *input = &[];
            return None;
        };
        let (text, rest) = (&input[..end], &input[end + 1..]);
        *input = rest;
        if self.partial.is_empty() && !self.overlong {
            return Some(self.whole(text));
        }
        self.keep(text);
        *line = std::mem::take(&mut self.partial);
        Some(match std::mem::take(&mut self.overlong) {
            true => Framed::TooLong,
            false => self.whole(line),
        })
    }

    /// Returns whether the next bytes continue a line.
    pub(in crate::relay) fn is_begun(&self) -> bool {
        self.overlong || !self.partial.is_empty()
    }

    /// A line with whatever stands for its end cut off. Also used by IRC's look at lines that still wait,
    /// which must judge a line exactly as it will be judged when it is taken.
    pub(in crate::relay) fn whole<'a>(&self, text: &'a [u8]) -> Framed<'a> {
        // A client whose output goes through one text mode too many sends several.
        let ends = text.iter().rev().take_while(|byte| **byte == b'\r').count();
        let text = &text[..text.len() - ends];
        match text.len() > self.line_bytes_max as usize {
            true => Framed::TooLong,
            false => Framed::Line(text),
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        // One more than a line, to tell whether it is too long. Behind that, only CRs can be none of its
        // bytes, and any number of them is as good as one.
        let room_left = (self.line_bytes_max as usize + 1).saturating_sub(self.partial.len());
        let (kept, over) = bytes.split_at(room_left.min(bytes.len()));
        self.overlong |= over.iter().any(|byte| *byte != b'\r');
        if self.overlong {
            self.partial = Vec::new();
        } else {
            self.partial.extend_from_slice(kept);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE_BYTES_MAX: usize = 600;

    /// The lines of bytes that arrive in pieces of this size.
    fn framed(bytes: &[u8], piece: usize) -> Vec<Option<Vec<u8>>> {
        let mut lines = ProgramLines::new(LINE_BYTES_MAX as u32);
        let mut memory = Vec::new();
        let mut out = Vec::new();
        for mut input in bytes.chunks(piece) {
            while let Some(framed) = lines.next(&mut input, &mut memory) {
                out.push(match framed {
                    Framed::Line(line) => Some(line.to_vec()),
                    _ => None,
                });
            }
            assert!(lines.partial.len() <= LINE_BYTES_MAX + 1);
        }
        out
    }

    #[test]
    fn lines_end_in_lf_however_they_are_cut() {
        let bytes = b"NICK a\r\nUSER b\n\n\r\nx\r\r\nunfinished";
        let expected: Vec<Option<Vec<u8>>> = [&b"NICK a"[..], b"USER b", b"", b"", b"x"]
            .map(|line| Some(line.to_vec()))
            .into();
        for piece in 1..=bytes.len() {
            assert_eq!(framed(bytes, piece), expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn a_line_that_ended_in_several_crs_was_too_long_if_it_came_in_pieces() {
        for (length, fits) in [(LINE_BYTES_MAX, true), (LINE_BYTES_MAX + 1, false)] {
            let text = vec![b'x'; length];
            for end in [&b"\n"[..], b"\r\n", b"\r\r\n", b"\r\r\r\r\n"] {
                let bytes = [&text, end].concat();
                for piece in [1, 7, length, length + 1, length + 2, 1000] {
                    let expected = [fits.then(|| text.clone())];
                    assert_eq!(framed(&bytes, piece), expected, "in pieces of {piece}");
                }
            }
            let bytes = [&text, &b"\r\rx\n"[..]].concat();
            for piece in [1, length + 1, length + 2, 1000] {
                assert_eq!(framed(&bytes, piece), [None], "in pieces of {piece}");
            }
        }
    }

    #[test]
    fn a_line_too_long_is_said_once_and_its_rest_is_nothing() {
        for (length, fits) in [
            (LINE_BYTES_MAX, true),
            (LINE_BYTES_MAX + 1, false),
            (LINE_BYTES_MAX + 2, false),
            (100_000, false),
        ] {
            let mut bytes = vec![b'x'; length];
            bytes.extend_from_slice(b"\r\nPING\r\n");
            let expected = [fits.then(|| vec![b'x'; length]), Some(b"PING".to_vec())];
            for piece in [1, 7, 512, 200_000] {
                assert_eq!(
                    framed(&bytes, piece),
                    expected,
                    "{length} in pieces of {piece}"
                );
            }
        }
    }
}
