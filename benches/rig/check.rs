//! Checks for lost, doubled or reordered lines: every line carries its sender and number, and every
//! receiver checks them.
//!
//! A line is 64 bytes with its newline: `=`, two digits of sender, eight digits of number, filler.
//! No dialect's traffic contains `=` elsewhere after the handshake, so one scan finds the lines,
//! whatever is wrapped around them; only an unfinished header is kept between two reads.

use super::Outcome;

/// Number of bytes of a line without its newline.
pub(crate) const PAYLOAD: usize = 63;
/// Number of bytes of `=`, sender and number together.
const HEADER: usize = 11;
/// Number of senders that two digits can name.
pub(crate) const SENDERS_MAX: usize = 100;
/// Number of lines that eight digits can name.
pub(crate) const NUMBERS: u32 = 100_000_000;

/// The text of one line.
pub(crate) fn payload(sender: usize, number: u32) -> [u8; PAYLOAD] {
    let mut bytes = [b'x'; PAYLOAD];
    bytes[0] = b'=';
    bytes[1] = b'0' + (sender / 10) as u8;
    bytes[2] = b'0' + (sender % 10) as u8;
    let mut rest = number;
    for digit in bytes[3..HEADER].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    bytes
}

/// The lines that one receiver has seen.
#[derive(Debug)]
pub(crate) struct Checker {
    /// By sender: the number that must come next.
    next: Box<[u32]>,
    /// The beginning of a header whose rest has not come.
    carry: [u8; HEADER],
    carried: usize,
    /// Number of lines so far.
    pub(crate) seen: u64,
}

impl Checker {
    pub(crate) fn new(senders: usize) -> Self {
        Self {
            next: vec![0; senders].into(),
            carry: [0; HEADER],
            carried: 0,
            seen: 0,
        }
    }

    /// The number that must come next from a sender: all before it have been seen.
    pub(crate) fn next_of(&self, sender: usize) -> u32 {
        self.next[sender]
    }

    /// Takes bytes as they come; `line` is called with each line's sender and number, in order.
    ///
    /// # Errors
    ///
    /// The first line that is not the next one of its sender.
    pub(crate) fn take(&mut self, bytes: &[u8], mut line: impl FnMut(usize, u32)) -> Outcome<()> {
        let mut at = self.complete_carry(bytes, &mut line)?;
        // Lines of one sender come at a fixed distance, so that place is tried before a search.
        let mut stride = 0;
        while at < bytes.len() {
            let start = if bytes.get(at + stride) == Some(&b'=') {
                at + stride
            } else if let Some(found) = memchr::memchr(b'=', &bytes[at..]) {
                at + found
            } else {
                return Ok(());
            };
            let Some(header) = bytes.get(start..start + HEADER) else {
                let part = &bytes[start..];
                self.carry[..part.len()].copy_from_slice(part);
                self.carried = part.len();
                return Ok(());
            };
            self.note(header, &mut line)?;
            stride = start + HEADER - at;
            at = start + HEADER;
            stride -= HEADER;
        }
        Ok(())
    }

    /// Completes a header that was cut in two. Returns the place at which to go on.
    fn complete_carry(
        &mut self,
        bytes: &[u8],
        line: &mut impl FnMut(usize, u32),
    ) -> Outcome<usize> {
        if self.carried == 0 {
            return Ok(0);
        }
        let missing = (HEADER - self.carried).min(bytes.len());
        self.carry[self.carried..self.carried + missing].copy_from_slice(&bytes[..missing]);
        self.carried += missing;
        if self.carried == HEADER {
            self.carried = 0;
            let header = self.carry;
            self.note(&header, line)?;
        }
        Ok(missing)
    }

    fn note(&mut self, header: &[u8], line: &mut impl FnMut(usize, u32)) -> Outcome<()> {
        let number = |digits: &[u8]| {
            digits.iter().fold(0, |n: u32, digit| {
                n * 10 + u32::from(digit.wrapping_sub(b'0'))
            })
        };
        let sender = number(&header[1..3]) as usize;
        let got = number(&header[3..]);
        match self.next.get_mut(sender) {
            Some(next) if *next == got => *next = (got + 1) % NUMBERS,
            Some(next) => {
                let what = if got < *next {
                    "again or late"
                } else {
                    "too early"
                };
                return Err(
                    format!("sender {sender}: line {got} came {what}, {next} was next").into(),
                );
            }
            None => return Err(format!("a line of nobody's: {header:?}").into()),
        }
        self.seen += 1;
        line(sender, got);
        Ok(())
    }
}

/// Shows before each benchmark that the check fails where it must: a check that cannot fail would
/// prove nothing.
pub(crate) fn prove() -> Outcome<()> {
    let stream = |numbers: &[u32]| -> Vec<u8> {
        let line = |n: &u32| [b"<s01> ", &payload(1, *n)[..], b"\n"].concat();
        numbers.iter().flat_map(line).collect()
    };
    let verdict = |numbers: &[u32], cut: usize| {
        let bytes = stream(numbers);
        let mut checker = Checker::new(2);
        bytes
            .chunks(cut)
            .try_for_each(|range| checker.take(range, |_, _| {}))
            .map(|()| checker.seen)
    };
    for cut in 1..200 {
        let whole =
            verdict(&[0, 1, 2, 3], cut).map_err(|error| format!("cut at {cut}: {error}"))?;
        if whole != 4 {
            return Err(format!("cut at {cut}, the check saw {whole} lines of 4").into());
        }
        for wrong in [&[0, 2][..], &[0, 1, 1], &[0, 2, 1], &[1]] {
            if verdict(wrong, cut).is_ok() {
                return Err(format!("the check took {wrong:?} for good").into());
            }
        }
    }
    Ok(())
}
