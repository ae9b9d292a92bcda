//! Where a line ends: LF, CR LF or CR NUL, within a limit, across any split of the bytes.
//!
//! A line that arrives whole is handed on where it lies. Only an unfinished one is copied, so an
//! idle connection holds no buffer, and each byte is looked at once however the segments are cut.

use super::telnet::{IAC, Step, Telnet};

/// Cuts one connection's bytes into lines.
#[derive(Debug)]
pub(crate) struct Lines {
    /// The beginning of a line whose end has not come, without telnet's bytes.
    partial: Vec<u8>,
    /// How many bytes that was as received.
    received: u32,
    /// The rest of the line is thrown away: it is too long.
    overlong: bool,
    /// Some line has ended in a newline.
    has_newline: bool,
    telnet: Telnet,
    /// An 0xFF is a byte like any other: no telnet client can be at the other end.
    is_plain: bool,
    line_bytes_max: u32,
}

/// What came out of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framed<'a> {
    /// A line, without its end.
    Line(&'a [u8]),
    /// A line has become too long. Said once, as soon as it is known.
    TooLong,
    /// Telnet wants this answer.
    Answer([u8; 3]),
}

impl Lines {
    pub(crate) fn new(line_bytes_max: usize) -> Self {
        Self {
            partial: Vec::new(),
            received: 0,
            overlong: false,
            has_newline: false,
            telnet: Telnet::default(),
            is_plain: false,
            line_bytes_max: u32::try_from(line_bytes_max).unwrap_or(u32::MAX),
        }
    }

    /// The same, without telnet.
    #[cfg(feature = "web")]
    pub(in crate::relay) fn plain(line_bytes_max: usize) -> Self {
        Self {
            is_plain: true,
            ..Self::new(line_bytes_max)
        }
    }

    /// The next thing in `input`, which is shortened by what it took. None: all of it is taken.
    ///
    /// `line` lends memory for a line that came in pieces; a whole one is borrowed from the input.
    pub(crate) fn next<'a, 'input: 'a>(
        &mut self,
        input: &mut &'input [u8],
        line: &'a mut Vec<u8>,
    ) -> Option<Framed<'a>> {
        if self.is_between_lines()
            && let Some(framed) = self.next_whole(input)
        {
            return Some(framed);
        }
        while let Some(&byte) = input.first() {
            if self.telnet.is_in_sequence() || (byte == IAC && !self.is_plain) {
                if let Some(framed) = self.step_telnet(input) {
                    return Some(framed);
                }
                continue;
            }
            let special = self.find_special(input).unwrap_or(input.len());
            let (text, rest) = input.split_at(special);
            let was_overlong = self.overlong;
            self.push(text);
            *input = rest;
            if let Some((&end @ (b'\n' | 0), rest)) = rest.split_first() {
                *input = rest;
                if end == b'\n' || self.partial.last() == Some(&b'\r') {
                    self.has_newline = true;
                    if !self.overlong {
                        return Some(self.finish(line));
                    }
                    self.forget();
                    if !was_overlong {
                        return Some(Framed::TooLong);
                    }
                    continue;
                }
                // A NUL that ends nothing is text, for cleaning to drop.
                self.push(&[0]);
            }
            if self.overlong && !was_overlong {
                return Some(Framed::TooLong);
            }
        }
        None
    }

    /// Takes the rest of a line that is too long, up to its end or to telnet's next byte: it has been
    /// told of, and nothing comes of it.
    pub(in crate::relay) fn skip_overlong(&mut self, input: &mut &[u8]) {
        while self.overlong && !self.telnet.is_in_sequence() {
            let special = self.find_special(input).unwrap_or(input.len());
            let (text, rest) = input.split_at(special);
            self.push(text);
            *input = rest;
            let Some((&end @ (b'\n' | 0), rest)) = rest.split_first() else {
                return;
            };
            *input = rest;
            if end == b'\n' || self.partial.last() == Some(&b'\r') {
                self.has_newline = true;
                self.forget();
            } else {
                self.push(&[0]);
            }
        }
    }

    /// A line that lies whole at the start of the input, if nothing is odd about it.
    fn next_whole<'a>(&mut self, input: &mut &'a [u8]) -> Option<Framed<'a>> {
        let bytes = *input;
        let mut from = 0;
        let end = loop {
            let at = from + self.find_special(&bytes[from..])?;
            match bytes[at] {
                b'\n' => break at,
                0 if at > 0 && bytes[at - 1] == b'\r' => break at,
                0 => from = at + 1,
                _ => return None,
            }
        };
        *input = &bytes[end + 1..];
        self.has_newline = true;
        let line = &bytes[..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Some(if line.len() > self.line_bytes_max as usize {
            Framed::TooLong
        } else {
            Framed::Line(line)
        })
    }

    /// The first byte that may end a line, or is not text.
    fn find_special(&self, bytes: &[u8]) -> Option<usize> {
        match self.is_plain {
            true => memchr::memchr2(b'\n', 0, bytes),
            false => memchr::memchr3(b'\n', 0, IAC, bytes),
        }
    }

    fn step_telnet<'a>(&mut self, input: &mut &'a [u8]) -> Option<Framed<'a>> {
        let (&byte, rest) = input.split_first()?;
        let was_overlong = self.overlong;
        let step = self.telnet.step(byte);
        if step != Step::LiteralBefore {
            *input = rest;
            // Before a line's first character it is keep-alive and negotiation, for years on end
            // perhaps, and no part of the line.
            self.received += u32::from(self.received > 0);
        }
        if matches!(step, Step::Literal | Step::LiteralBefore) {
            self.received = self.received.max(1);
            self.push_decoded(IAC);
        }
        self.check_length();
        if let Step::Answer(answer) = step {
            // Should the line become too long just here, its end will say so.
            self.overlong = was_overlong;
            return Some(Framed::Answer(answer));
        }
        (self.overlong && !was_overlong).then_some(Framed::TooLong)
    }

    fn push_decoded(&mut self, byte: u8) {
        if self.overlong {
            self.partial.clear();
        }
        self.partial.push(byte);
    }

    fn push(&mut self, bytes: &[u8]) {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.received = self.received.saturating_add(length);
        if self.overlong {
            // Only whether it ends in CR matters still.
            if let Some(last) = bytes.last() {
                self.partial = vec![*last];
            }
            return;
        }
        // A little beyond the limit is kept: a CR there may be part of the line's end.
        let room = (self.line_bytes_max as usize + 2).saturating_sub(self.partial.len());
        self.partial
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
        if bytes.len() > room {
            self.partial.extend(bytes.last());
        }
        self.check_length();
    }

    fn check_length(&mut self) {
        let end = u32::from(self.partial.last() == Some(&b'\r'));
        if self.received.saturating_sub(end) > self.line_bytes_max {
            self.overlong = true;
        }
    }

    fn finish<'a>(&mut self, line: &'a mut Vec<u8>) -> Framed<'a> {
        *line = std::mem::take(&mut self.partial);
        self.forget();
        Framed::Line(line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// Forgets the unfinished line.
    pub(in crate::relay) fn forget(&mut self) {
        (self.partial, self.received, self.overlong) = (Vec::new(), 0, false);
    }

    /// What has come of an unfinished line is a line: the input has ended, or a newline was
    /// forgotten. None if there is nothing.
    pub(crate) fn finish_unended<'a>(&mut self, line: &'a mut Vec<u8>) -> Option<Framed<'a>> {
        if self.partial.is_empty() || self.overlong {
            self.forget();
            return None;
        }
        Some(self.finish(line))
    }

    /// What has come of an unfinished line; nothing of one that is too long.
    pub(crate) fn partial(&self) -> &[u8] {
        if self.overlong { &[] } else { &self.partial }
    }

    /// Whether the unfinished line is too long, and what comes of it thrown away.
    pub(crate) fn is_overlong(&self) -> bool {
        self.overlong
    }

    /// Whether some line has ended in a newline.
    pub(in crate::relay) fn has_newline(&self) -> bool {
        self.has_newline
    }

    /// Whether the bytes so far end inside a telnet sequence.
    pub(in crate::relay) fn ends_inside_telnet(&self) -> bool {
        self.telnet.is_in_sequence()
    }

    fn is_between_lines(&self) -> bool {
        self.received == 0 && !self.overlong && !self.telnet.is_in_sequence()
    }
}

#[cfg(test)]
mod tests;
