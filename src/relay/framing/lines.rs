//! The end of a person's line: LF, CR LF or CR NUL, and before the first LF a lone CR; within a limit, across
//! any split of the bytes.
//!
//! A line that arrives whole is handed on where it lies. Only an unfinished one is copied, so an idle
//! connection holds no buffer, and each byte is looked at once however the segments are cut.
//!
//! | bytes | meaning |
//! | --- | --- |
//! | LF, CR LF | an end; from the first one on, a lone CR ends nothing |
//! | CR NUL | an end: telnet's carriage return (RFC 854) |
//! | CR, another byte | an end before the first LF (terminals in raw mode, serial lines); text behind it |
//! | CR at the end of the bytes | undecided until the next byte, or quiet, tells |
//! | IAC … | telnet's, see `telnet`; not in messages, where `is_plain` holds |
//!
//! The session calls `next` until there is nothing. It never looks into the state itself: how a line is cut
//! must not depend on who asks.

use super::telnet::{IAC, Telnet, TelnetByte};

/// Backspace, which stands for telnet's Erase Character. It is kept in the line, since only cleaning knows
/// where the character before it begins.
const BS: u8 = 8;

/// The kind of line end that a connection has used so far. Once it has sent an LF, that is how its lines end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Newline {
    None,
    /// A CR, alone or with NUL.
    Cr,
    /// An LF: a lone CR ends none from then on.
    Lf,
}

/// Cuts one connection's bytes into lines. Small, as there is one of every connection.
#[derive(Debug)]
pub(crate) struct Lines {
    /// The beginning of a line whose end has not come, without telnet's bytes.
    partial: Vec<u8>,
    /// Number of bytes of that as received, but for a CR at its end. The limit is one of bytes on the wire,
    /// telnet's within the line included.
    received: u32,
    /// It is too long, which has been told: the rest of it is thrown away.
    overlong: bool,
    /// The last byte was a CR. What it is, the next one tells. It is neither in `partial` nor counted until
    /// then: in front of an LF it is no part of the line, and a line of exactly the greatest length must fit
    /// however it is cut.
    after_cr: bool,
    newline: Newline,
    telnet: Telnet,
    /// There is neither telnet nor a terminal: an 0xFF is a byte like any other, and LF alone ends a line. In
    /// a WebSocket message there is no telnet, and a CR alone is text.
    is_plain: bool,
    line_bytes_max: u32,
}

/// One thing found in the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framed<'a> {
    /// A line, without its end.
    Line(&'a [u8]),
    /// A line has become too long. Said once, as soon as it is known. The rest of the line is thrown away in
    /// silence: one answer for each line, however long.
    TooLong,
    /// Telnet wants this answer. It goes out as it is, past the encoder, since it is no line.
    Answer([u8; 3]),
    /// Telnet asks whether anybody is there, and is answered in words.
    AreYouThere,
}

impl Lines {
    pub(crate) fn new(line_bytes_max: usize) -> Self {
        Self {
            partial: Vec::new(),
            received: 0,
            overlong: false,
            after_cr: false,
            newline: Newline::None,
            telnet: Telnet::default(),
            is_plain: false,
            line_bytes_max: u32::try_from(line_bytes_max).unwrap_or(u32::MAX),
        }
    }

    /// The same for lines in messages, with LF alone for an end.
    pub(in crate::relay) fn plain(line_bytes_max: usize) -> Self {
        Self {
            is_plain: true,
            ..Self::new(line_bytes_max)
        }
    }

    /// The next thing in `input`, which is shortened by what it took. None: all of it is taken.
    ///
    /// `line` lends memory for a line that came in pieces; a whole one is borrowed from the input. Bytes are
    /// taken up to and including what is returned, and no further, so that the next line can wait for its
    /// turn.
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
            if self.take_end(input) {
                if !self.forget_overlong() {
                    return Some(self.finish(line));
                }
            } else if self.is_telnet_s(byte) {
                if let Some(framed) = self.step_telnet(input) {
                    return Some(framed);
                }
            } else if self.take_text(input) {
                return Some(Framed::TooLong);
            }
        }
        None
    }

    /// Takes the rest of a line that is too long, up to its end or to telnet's next byte: it has been told
    /// of, and nothing comes of it. It stops before telnet's bytes, which may have to be answered, and an
    /// answer is paid for.
    pub(in crate::relay) fn skip_overlong(&mut self, input: &mut &[u8]) {
        while self.overlong
            && let Some(&byte) = input.first()
        {
            if self.take_end(input) {
                self.forget_overlong();
            } else if self.is_telnet_s(byte) {
                return;
            } else {
                self.take_text(input);
            }
        }
    }

    /// A line that lies whole at the start of the input, if nothing is odd about it. Almost every line goes
    /// this way, and is not copied. What is odd, such as telnet or a CR at the end of the bytes, is left to
    /// the slower way.
    fn next_whole<'a>(&mut self, input: &mut &'a [u8]) -> Option<Framed<'a>> {
        let (text, behind) = input.split_at(self.text_end(input));
        let end = match behind {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            [b'\r', 0, ..] if !self.is_plain => 2,
            [b'\r', _, ..] if !self.has_lf() => 1,
            _ => return None,
        };
        self.note_newline(behind[end - 1] == b'\n');
        *input = &behind[end..];
        Some(match text.len() > self.line_bytes_max as usize {
            true => Framed::TooLong,
            false => Framed::Line(text),
        })
    }

    fn is_telnet_s(&self, byte: u8) -> bool {
        self.telnet.is_in_sequence() || (byte == IAC && !self.is_plain)
    }

    /// True if a lone CR ends no line.
    fn has_lf(&self) -> bool {
        self.is_plain || self.newline == Newline::Lf
    }

    /// Some line has ended, in LF or otherwise.
    fn note_newline(&mut self, is_lf: bool) {
        if is_lf {
            self.newline = Newline::Lf;
        } else if self.newline == Newline::None {
            self.newline = Newline::Cr;
        }
    }

    /// Takes the end of a line, if it stands at the start of the input. Inside a telnet sequence nothing ends
    /// a line: an option or a subnegotiation may have the value of LF.
    fn take_end(&mut self, input: &mut &[u8]) -> bool {
        match input {
            _ if self.telnet.is_in_sequence() => false,
            [b'\n', rest @ ..] => {
                *input = rest;
                self.note_newline(true);
                true
            }
            [0, rest @ ..] if self.after_cr && !self.is_plain => {
                *input = rest;
                true
            }
            // The CR before this byte was one.
            _ => self.after_cr && !self.has_lf(),
        }
    }

    /// Takes text up to what may end it, or a CR. Whether the line has just become too long. NUL is passed
    /// over as text: a stop at each made endless NULs 180 times as dear as other bytes.
    fn take_text(&mut self, input: &mut &[u8]) -> bool {
        self.pass_cr();
        self.after_cr = input.first() == Some(&b'\r');
        let length = match self.after_cr {
            true => 0,
            false => self.text_end(input),
        };
        let (text, rest) = input.split_at(length);
        *input = &rest[usize::from(self.after_cr)..];
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        self.received = self.received.saturating_add(length);
        let has_become_too_long = self.has_become_too_long();
        if !self.overlong {
            self.partial.extend_from_slice(text);
        }
        has_become_too_long
    }

    /// A CR that ended nothing is text, as it is where the next byte came with it. It counts and is kept:
    /// dropped at the end of a piece alone, an IRC line that had one in it was an error or a command by how
    /// it was cut.
    fn pass_cr(&mut self) {
        let passed = std::mem::take(&mut self.after_cr);
        self.received = self.received.saturating_add(u32::from(passed));
        if passed && !self.overlong {
            self.partial.push(b'\r');
        }
    }

    /// The offset at which the text at the start of the input stops: at an LF, at telnet's bytes, or at a CR
    /// that ends it or may do so.
    fn text_end(&self, input: &[u8]) -> usize {
        let mut from = 0;
        while let Some(found) = memchr::memchr3(b'\n', b'\r', IAC, &input[from..]) {
            let at = from + found;
            let is_text = match (input[at], input.get(at + 1)) {
                (b'\r', None | Some(b'\n')) => false,
                (b'\r', Some(0)) => self.is_plain,
                (b'\r', Some(_)) => self.has_lf(),
                (IAC, _) => self.is_plain,
                _ => false,
            };
            if !is_text {
                return at;
            }
            from = at + 1;
        }
        input.len()
    }

    fn step_telnet<'a>(&mut self, input: &mut &[u8]) -> Option<Framed<'a>> {
        let (&byte, rest) = input.split_first()?;
        self.pass_cr();
        let step = self.telnet.step(byte);
        if step != TelnetByte::LiteralBefore {
            *input = rest;
            // Before a line's first character it is keep-alive and negotiation, for years on end perhaps, and
            // no part of the line. While it was counted, an idle client that was kept alive lost a line every
            // day and a half.
            self.received = self.received.saturating_add(u32::from(self.received > 0));
        }
        match step {
            // Should the line become too long just here, what follows will say so.
            TelnetByte::Answer(answer) => return Some(Framed::Answer(answer)),
            TelnetByte::AreYouThere => return Some(Framed::AreYouThere),
            TelnetByte::Literal | TelnetByte::LiteralBefore => {
                self.received = self.received.max(1);
                self.keep(IAC);
            }
            // Left to cleaning, which knows what a character is.
            TelnetByte::EraseCharacter => self.keep(BS),
            TelnetByte::EraseLine => self.forget(),
            TelnetByte::Consumed => {}
        }
        self.has_become_too_long().then_some(Framed::TooLong)
    }

    /// Keeps a byte that was counted as it was received.
    fn keep(&mut self, byte: u8) {
        if self.received > 0 && !self.overlong {
            self.partial.push(byte);
        }
    }

    /// Returns whether the line has just become too long.
    fn has_become_too_long(&mut self) -> bool {
        let has = !self.overlong && self.received > self.line_bytes_max;
        if has {
            self.overlong = true;
            self.partial = Vec::new();
        }
        has
    }

    /// A line has ended: it is forgotten if it has been told to be too long. It ends here in silence, since
    /// it was told of when it became too long.
    fn forget_overlong(&mut self) -> bool {
        self.note_newline(false);
        let was_overlong = self.overlong;
        if was_overlong {
            self.forget();
        }
        was_overlong
    }

    fn finish<'a>(&mut self, line: &'a mut Vec<u8>) -> Framed<'a> {
        *line = std::mem::take(&mut self.partial);
        let is_too_long = self.received > self.line_bytes_max;
        self.forget();
        match is_too_long {
            true => Framed::TooLong,
            false => Framed::Line(line),
        }
    }

    /// Forgets the unfinished line.
    fn forget(&mut self) {
        self.partial = Vec::new();
        (self.received, self.overlong, self.after_cr) = (0, false, false);
    }

    /// Ends the unfinished line where it is: the input has ended, or a newline was
    /// forgotten, or nothing came behind a CR. None if there is nothing.
    pub(crate) fn finish_unended<'a>(&mut self, line: &'a mut Vec<u8>) -> Option<Framed<'a>> {
        if self.ends_in_cr() {
            self.note_newline(false);
        }
        if !self.is_begun() {
            self.forget();
            return None;
        }
        Some(self.finish(line))
    }

    /// Returns whether an unfinished line has begun.
    pub(crate) fn is_begun(&self) -> bool {
        !self.overlong && (!self.partial.is_empty() || self.ends_in_cr())
    }

    /// The bytes of the unfinished line so far; none of one that is too long. The rule of the forgotten
    /// newline looks at them.
    pub(crate) fn partial(&self) -> &[u8] {
        &self.partial
    }

    /// Returns whether the unfinished line is too long, and its further bytes are thrown away.
    pub(crate) fn is_overlong(&self) -> bool {
        self.overlong
    }

    /// Returns whether the bytes so far end in a CR that ends a line, unless an LF or NUL is still to come.
    pub(in crate::relay) fn ends_in_cr(&self) -> bool {
        self.after_cr && !self.has_lf()
    }

    /// Returns whether some line has ended.
    pub(in crate::relay) fn has_newline(&self) -> bool {
        self.newline != Newline::None
    }

    /// Returns whether the bytes so far end inside a telnet sequence.
    pub(in crate::relay) fn ends_inside_telnet(&self) -> bool {
        self.telnet.is_in_sequence()
    }

    /// Returns whether a terminal is at the other end: it has negotiated, or asked what only telnet asks.
    pub(in crate::relay) fn is_terminal(&self) -> bool {
        self.telnet.is_terminal()
    }

    /// Returns whether nothing is begun. Only then may the next line be taken as it lies.
    fn is_between_lines(&self) -> bool {
        self.received == 0 && !self.overlong && !self.after_cr && !self.telnet.is_in_sequence()
    }
}

#[cfg(test)]
mod tests;
