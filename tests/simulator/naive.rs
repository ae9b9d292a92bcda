//! A second implementation of bytes to lines and lines to text: byte by byte, as simply as the
//! protocol reads.

const IAC: u8 = 0xff;

/// The byte that telnet's Erase Character is kept as.
const BS: u8 = 8;

/// The result of reading a connection's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Framed {
    Line(Vec<u8>),
    TooLong,
    Answer([u8; 3]),
    AreYouThere,
}

/// Reads the lines of one connection, byte by byte.
#[derive(Debug)]
pub(crate) struct Framing {
    /// The unfinished line, without telnet's bytes and the carriage returns that end it.
    line: Vec<u8>,
    /// Number of bytes of the unfinished line as received, without a carriage return at its end.
    received: usize,
    after_cr: bool,
    pub(crate) too_long: bool,
    pub(crate) has_newline: bool,
    has_lf: bool,
    /// The telnet sequence so far.
    telnet: Vec<u8>,
    refusals: usize,
    pub(crate) is_terminal: bool,
    line_bytes_max: usize,
    /// True if the bytes contain no telnet.
    pub(crate) is_plain: bool,
}

impl Framing {
    pub(crate) fn new(line_bytes_max: usize) -> Self {
        Self {
            line: Vec::new(),
            received: 0,
            after_cr: false,
            too_long: false,
            has_newline: false,
            has_lf: false,
            telnet: Vec::new(),
            refusals: 0,
            is_terminal: false,
            line_bytes_max,
            is_plain: false,
        }
    }

    pub(crate) fn plain(line_bytes_max: usize) -> Self {
        Self {
            is_plain: true,
            has_lf: true,
            ..Self::new(line_bytes_max)
        }
    }

    /// The unfinished line, if it can still be taken as a line.
    pub(crate) fn unfinished(&self) -> Option<&[u8]> {
        let is_one = !self.too_long && (!self.line.is_empty() || self.ends_in_cr());
        is_one.then_some(&*self.line)
    }

    /// Returns whether the line ends in a carriage return. It ends the line, unless LF or NUL
    /// follows.
    pub(crate) fn ends_in_cr(&self) -> bool {
        self.after_cr && !self.has_lf
    }

    pub(crate) fn is_in_telnet(&self) -> bool {
        !self.telnet.is_empty()
    }

    /// Ends the unfinished line although no newline has come.
    pub(crate) fn finish(&mut self) -> Framed {
        self.has_newline |= self.ends_in_cr();
        let is_too_long = self.received > self.line_bytes_max;
        let line = std::mem::take(&mut self.line);
        (self.received, self.too_long, self.after_cr) = (0, false, false);
        match is_too_long {
            true => Framed::TooLong,
            false => Framed::Line(line),
        }
    }

    /// Handles the end of a line.
    pub(crate) fn end(&mut self, out: &mut Vec<Framed>) {
        self.has_newline = true;
        let was_told = self.too_long;
        let framed = self.finish();
        out.extend(Some(framed).filter(|_| !was_told));
    }

    pub(crate) fn feed(&mut self, byte: u8, out: &mut Vec<Framed>) {
        if self.telnet.is_empty() {
            let is_cr_nul = self.after_cr && byte == 0 && !self.is_plain;
            if byte == b'\n' || is_cr_nul {
                self.has_lf |= byte == b'\n';
                return self.end(out);
            }
            if self.ends_in_cr() {
                self.end(out);
            }
            self.pass_cr();
        }
        if !self.telnet.is_empty() || byte == IAC && !self.is_plain {
            // Before a line's first character, a telnet byte is no part of the line.
            self.received += usize::from(self.received > 0);
            self.telnet.push(byte);
            return self.read_telnet(out);
        }
        if byte == b'\r' {
            self.after_cr = true;
        } else {
            self.received += 1;
            self.line.push(byte);
        }
        self.measure(out);
    }

    /// Adds a carriage return that has ended no line to the text.
    fn pass_cr(&mut self) {
        if std::mem::take(&mut self.after_cr) {
            self.received += 1;
            self.line.push(b'\r');
        }
    }

    /// Handles a byte that is neither LF nor NUL: a carriage return before it stood alone.
    pub(crate) fn note_lone_cr(&mut self, out: &mut Vec<Framed>) {
        if self.ends_in_cr() {
            return self.end(out);
        }
        if self.after_cr {
            self.pass_cr();
            self.measure(out);
        }
    }

    fn read_telnet(&mut self, out: &mut Vec<Framed>) {
        let is_over = match *self.telnet {
            [_] | [_, 0xfa..=0xfe] => false,
            [_, IAC] => {
                self.line.push(IAC);
                self.received = self.received.max(1);
                true
            }
            // FF before a byte below EC is text, and so is that byte.
            [_, byte @ ..0xec] => {
                self.telnet.clear();
                self.line.push(IAC);
                self.received = self.received.saturating_sub(1).max(1);
                self.measure(out);
                return self.feed(byte, out);
            }
            [_, 0xf6] => {
                (self.is_terminal, self.telnet) = (true, Vec::new());
                return out.push(Framed::AreYouThere);
            }
            [_, 0xf7] => {
                self.is_terminal = true;
                if self.received > 0 {
                    self.line.push(BS);
                }
                true
            }
            [_, 0xf8] => {
                self.is_terminal = true;
                self.line.clear();
                (self.received, self.too_long) = (0, false);
                true
            }
            [_, _] => true,
            [_, 0xfa, .., IAC, 0xf0] => !ends_in_escaped_iac(&self.telnet),
            [_, 0xfa, ..] => false,
            [_, verb, option] => return self.answer(verb, option, out),
            _ => unreachable!("no other sequence is so long"),
        };
        self.is_terminal |= self.telnet.len() > 2;
        if is_over {
            self.telnet.clear();
        }
        self.measure(out);
    }

    /// Answers a telnet request. The length of the line is checked again with the next byte.
    fn answer(&mut self, verb: u8, option: u8, out: &mut Vec<Framed>) {
        self.telnet.clear();
        self.is_terminal = true;
        let answer = match (verb, option) {
            (0xfd, 6) => Some(0xfb),
            (0xfd, _) => Some(0xfc),
            (0xfb, _) => Some(0xfe),
            _ => None,
        };
        let is_refusal = answer.is_some_and(|verb| verb != 0xfb);
        match answer {
            Some(verb) if !is_refusal || self.refusals < 32 => {
                self.refusals += usize::from(is_refusal);
                out.push(Framed::Answer([IAC, verb, option]));
            }
            _ => self.measure(out),
        }
    }

    fn measure(&mut self, out: &mut Vec<Framed>) {
        if self.received > self.line_bytes_max && !self.too_long {
            self.too_long = true;
            out.push(Framed::TooLong);
        }
    }
}

/// Within a subnegotiation, returns whether the IAC before its last byte is the second of a pair.
fn ends_in_escaped_iac(sequence: &[u8]) -> bool {
    let body = &sequence[2..sequence.len() - 1];
    let run = body.iter().rev().take_while(|b| **b == IAC).count();
    run % 2 == 0
}

/// The cleaned text of a line.
pub(crate) fn read(line: &[u8]) -> String {
    let text = clean(&decode(line), "", false).0;
    text.trim_start_matches('\u{feff}').to_owned()
}

/// The cleaned text of a typed line: keys such as Backspace delete the characters before them.
pub(crate) fn read_typed(line: &[u8]) -> String {
    let text = clean(&decode(line), "", true).0;
    text.trim_start_matches('\u{feff}').to_owned()
}

/// The cleaned text of an IRC client's message: formatting stays.
pub(crate) fn read_formatted(text: &str) -> String {
    let kept = "\u{2}\u{3}\u{4}\u{f}\u{11}\u{16}\u{1d}\u{1e}\u{1f}";
    clean(text, kept, false)
        .0
        .trim_start_matches('\u{feff}')
        .to_owned()
}

pub(crate) fn decode(line: &[u8]) -> String {
    let line: Vec<u8> = line.iter().copied().filter(|b| *b != b'\r').collect();
    String::from_utf8(line.clone())
        .unwrap_or_else(|_| line.iter().map(|b| windows_1252(*b)).collect())
}

fn windows_1252(byte: u8) -> char {
    let high = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";
    match byte {
        0x80..=0x9f => high.chars().nth(usize::from(byte) - 0x80).unwrap(),
        _ => char::from(byte),
    }
}

/// Returns whether a line without a newline may be complete: it is more than one key, and does not
/// end inside a sequence.
pub(crate) fn may_end(line: &[u8]) -> bool {
    read(line).chars().count() >= 2 && !goes_on(line)
}

/// Returns whether the beginning of a line ends inside a character or an escape sequence.
fn goes_on(line: &[u8]) -> bool {
    let in_character = std::str::from_utf8(line).is_err_and(|e| e.error_len().is_none());
    in_character || clean(&String::from_utf8_lossy(line), "", false).1
}

/// The cleaned text, with those control characters that are kept, and whether it ended inside an
/// escape sequence.
fn clean(text: &str, kept: &str, is_typed: bool) -> (String, bool) {
    let chars: Vec<char> = text.chars().collect();
    let (mut at, mut shown, mut unfinished) = (0, String::new(), false);
    while at < chars.len() {
        let c = chars[at];
        let (kind, introducer) = match c {
            '\u{1b}' => (chars.get(at + 1).copied(), 2),
            '\u{90}' => (Some('P'), 1),
            '\u{98}' => (Some('X'), 1),
            '\u{9b}' => (Some('['), 1),
            '\u{9d}' => (Some(']'), 1),
            '\u{9e}' => (Some('^'), 1),
            '\u{9f}' => (Some('_'), 1),
            '\u{8}' | '\u{7f}' if is_typed => {
                shown.pop();
                at += 1;
                continue;
            }
            _ => {
                shown.extend(visible(c).or(kept.contains(c).then_some(c)));
                at += 1;
                continue;
            }
        };
        let behind = at + introducer;
        let (is_whole, end) = match kind {
            Some('[') => skip(&chars, behind, '0'..='?', '@'..='~'),
            Some(']') => find_end(&chars, behind, true),
            Some('P' | 'X' | '^' | '_') => find_end(&chars, behind, false),
            Some(' '..='~') => skip(&chars, at + 1, '1'..='0', '0'..='~'),
            Some(_) => (false, Some(0)),
            None => (false, None),
        };
        // If a sequence is invalid or unfinished, only its introducer is removed; for ESC with
        // intermediates that is the ESC alone.
        let is_introducer = matches!(kind, Some('[' | ']' | 'P' | 'X' | '^' | '_'));
        at = match end {
            Some(end) if is_whole => end,
            _ if is_introducer => behind,
            _ => at + 1,
        };
        unfinished |= end.is_none();
    }
    (shown, unfinished)
}

fn visible(c: char) -> Option<char> {
    match c {
        '\t' => Some(c),
        '\u{2028}' | '\u{2029}' => Some(' '),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => None,
        _ => (!c.is_control()).then_some(c),
    }
}

type Chars = std::ops::RangeInclusive<char>;

/// Skips parameters, intermediates and a final byte. Returns whether the sequence is complete, and
/// where it ends; no end if the text is over before.
fn skip(chars: &[char], mut at: usize, parameters: Chars, finals: Chars) -> (bool, Option<usize>) {
    while chars.get(at).is_some_and(|c| parameters.contains(c)) {
        at += 1;
    }
    while chars.get(at).is_some_and(|c| (' '..='/').contains(c)) {
        at += 1;
    }
    match chars.get(at) {
        None => (false, None),
        Some(c) => (finals.contains(c), Some(at + 1)),
    }
}

fn find_end(chars: &[char], from: usize, bel_ends: bool) -> (bool, Option<usize>) {
    for at in from..chars.len() {
        match chars[at] {
            '\u{7}' if bel_ends => return (true, Some(at + 1)),
            '\u{9c}' => return (true, Some(at + 1)),
            '\u{1b}' if chars.get(at + 1) == Some(&'\\') => return (true, Some(at + 2)),
            _ => {}
        }
    }
    (false, None)
}
