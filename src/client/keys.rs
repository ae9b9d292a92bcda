//! Converts the bytes of a terminal to keys.
//!
//! crossterm's own reader takes the first 1,024 bytes of a paste, and the rest only when the next key is
//! pressed, because it waits for the terminal to have something new. And the part of an escape sequence
//! that comes later than the rest, as over a slow line, is taken for text by it.
//!
//! A thread that blocks reads the bytes, so nothing is lost between two reads; a character or a sequence
//! that is cut stays in [`Keys`] until its rest comes. The sequences are those of ECMA-48, 5.4 (`ESC [`) and
//! of SS3 (`ESC O`); one that has no meaning here is taken out whole and does nothing.

use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Time that the rest of an escape sequence may take. Text that comes later is text, after the Escape
/// key alone.
const ESCAPE_WITHIN: Duration = Duration::from_millis(500);

/// Number of bytes in an escape sequence of any terminal, at most.
const ESCAPE_BYTES_MAX: usize = 32;

const ESC: u8 = 0x1b;

/// Reads one terminal's keys.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// The beginning of a character, or of an escape sequence.
    begun: Vec<u8>,
    /// Time at which the last bytes came.
    last: Option<Instant>,
}

impl Keys {
    /// The keys that these bytes complete.
    pub(super) fn read(&mut self, bytes: &[u8], now: Instant) -> Vec<KeyEvent> {
        let is_late = |last: Instant| now.duration_since(last) > ESCAPE_WITHIN;
        if self.begun.first() == Some(&ESC) && self.last.is_some_and(is_late) {
            self.begun.clear();
        }
        self.last = Some(now);
        bytes.iter().filter_map(|byte| self.take(*byte)).collect()
    }

    fn take(&mut self, byte: u8) -> Option<KeyEvent> {
        // No sequence goes on after an escape: another one begins.
        if byte == ESC {
            self.begun.clear();
        }
        self.begun.push(byte);
        let key = match *self.begun {
            [ESC] => return None,
            // Function keys of the Linux console have one byte more than others.
            [ESC, b'[', b'[', _] => None,
            [ESC, b'[', ref body @ ..] => match body {
                [.., b'@'..=b'~'] if body != b"[" => control_sequence(body),
                _ if self.begun.len() < ESCAPE_BYTES_MAX => return None,
                _ => None,
            },
            [ESC, b'O'] => return None,
            [ESC, b'O', last] => named(last).map(KeyEvent::from),
            [ESC, ref rest @ ..] => match whole(rest) {
                Whole::Key(key) => Some(KeyEvent::new(key.code, key.modifiers | KeyModifiers::ALT)),
                Whole::Begun => return None,
                Whole::Nothing => None,
            },
            ref character => match whole(character) {
                Whole::Key(key) => Some(key),
                Whole::Begun => return None,
                Whole::Nothing => None,
            },
        };
        self.begun.clear();
        key
    }
}

/// The meaning of bytes without an escape. Control codes have the names that crossterm gives them.
enum Whole {
    Key(KeyEvent),
    /// The beginning of a character.
    Begun,
    Nothing,
}

fn whole(bytes: &[u8]) -> Whole {
    let control = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
    Whole::Key(match *bytes {
        [b'\r'] => KeyCode::Enter.into(),
        [b'\t'] => KeyCode::Tab.into(),
        [0x7f] => KeyCode::Backspace.into(),
        [0] => control(' '),
        [byte @ 1..=26] => control(char::from(byte - 1 + b'a')),
        [byte @ 28..=31] => control(char::from(byte - 28 + b'4')),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => match text.chars().next() {
                Some(c) => KeyCode::Char(c).into(),
                None => return Whole::Nothing,
            },
            Err(error) if error.error_len().is_none() => return Whole::Begun,
            Err(_) => return Whole::Nothing,
        },
    })
}

/// Parses the bytes after `ESC [`: numbers, of which the second gives the modifiers held down, and the
/// key.
fn control_sequence(body: &[u8]) -> Option<KeyEvent> {
    let (last, numbers) = body.split_last()?;
    let numbers = std::str::from_utf8(numbers).ok()?;
    let mut numbers = numbers.split(';').map(|number| number.parse::<u8>().ok());
    let first = numbers.next().flatten();
    let held = numbers.next().flatten().unwrap_or(1).saturating_sub(1);
    let code = match last {
        b'~' => match first? {
            1 | 7 => KeyCode::Home,
            4 | 8 => KeyCode::End,
            3 => KeyCode::Delete,
            _ => return None,
        },
        last => named(*last)?,
    };
    let mut modifiers = KeyModifiers::NONE;
    for (bit, modifier) in [
        (1, KeyModifiers::SHIFT),
        (2, KeyModifiers::ALT),
        (4, KeyModifiers::CONTROL),
    ] {
        if held & bit != 0 {
            modifiers |= modifier;
        }
    }
    Some(KeyEvent::new(code, modifiers))
}

/// The key that a final letter stands for.
fn named(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'M' => KeyCode::Enter,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys in words.
    fn described(keys: &[KeyEvent]) -> String {
        let words = keys.iter().map(|key| {
            let code = match key.code {
                KeyCode::Char(c) => c.to_string(),
                code => format!("{code:?}"),
            };
            let held = [
                (KeyModifiers::CONTROL, "c-"),
                (KeyModifiers::ALT, "a-"),
                (KeyModifiers::SHIFT, "s-"),
            ];
            let held = held.iter().filter(|(it, _)| key.modifiers.contains(*it));
            held.map(|(_, word)| *word).chain([&*code]).collect()
        });
        words.collect::<Vec<String>>().join(" ")
    }

    #[test]
    fn keys_are_the_same_however_their_bytes_are_cut() {
        for (bytes, keys) in [
            (&b"ab"[..], "a b"),
            ("é👍".as_bytes(), "é 👍"),
            (b"\r\n\t\x7f\x08", "Enter c-j Tab Backspace c-h"),
            (b"\x01\x03\x1a\0\x1f", "c-a c-c c-z c-  c-7"),
            (b"\x1b[A\x1b[B\x1b[C\x1b[D", "Up Down Right Left"),
            (b"\x1bOA\x1bOH\x1b[H\x1b[F", "Up Home Home End"),
            (
                b"\x1b[1~\x1b[4~\x1b[3~\x1b[7~\x1b[8~",
                "Home End Delete Home End",
            ),
            (
                b"\x1b[1;5C\x1b[1;3D\x1b[1;2A\x1b[3;5~",
                "c-Right a-Left s-Up c-Delete",
            ),
            (b"\x1bb\x1b\x7f\x1b\xc3\xa9", "a-b a-Backspace a-é"),
            (b"\x1b\x1b[A", "Up"),
            // Keys without a meaning here, and sequences that are invalid, leave nothing behind.
            (b"\x1b[[Ax\x1b[15~x\x1b[200~x\x1b[Zx", "x x x x"),
            (b"\x1b[?1;2cx\x1b[99999999999Ax", "x Up x"),
            (b"\xffx\xc3x", "x"),
        ] {
            for size in 1..=bytes.len() {
                let mut reader = Keys::default();
                let mut now = Instant::now();
                let mut read = Vec::new();
                for piece in bytes.chunks(size) {
                    read.extend(reader.read(piece, now));
                    now += ESCAPE_WITHIN;
                }
                let bytes = bytes.escape_ascii();
                assert_eq!(described(&read), keys, "{bytes} by {size}");
            }
        }
    }

    #[test]
    fn behind_the_escape_key_text_is_text() {
        let mut reader = Keys::default();
        let now = Instant::now();
        assert!(reader.read(b"\x1b", now).is_empty());
        let later = now + ESCAPE_WITHIN + Duration::from_millis(1);
        assert_eq!(described(&reader.read(b"[b", later)), "[ b");
    }

    #[test]
    fn a_sequence_without_an_end_is_given_up() {
        let mut reader = Keys::default();
        let now = Instant::now();
        let endless = [b"\x1b[".to_vec(), vec![b'1'; 1000]].concat();
        reader.read(&endless, now);
        assert!(reader.begun.len() < ESCAPE_BYTES_MAX);
    }
}
