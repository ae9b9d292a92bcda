//! Shows bytes to people: valid UTF-8 as it is, and everything that would be invisible by an escape.

use std::fmt::{self, Write};

/// Shows bytes on one line, without ambiguity: `\n` and other controls by their escapes, bytes that are
/// no UTF-8 as `\xNN`, characters that would be invisible or turn text around as `\u{202e}`, and a
/// backslash as two, so that `\n` is always a newline.
///
/// ```
/// use parloir::lab::Visible;
///
/// assert_eq!(Visible("Zoé\r\n".as_bytes()).to_string(), r"Zoé\r\n");
/// assert_eq!(Visible(b"caf\xe9").to_string(), r"caf\xe9");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Visible<'a>(pub &'a [u8]);

impl fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for range in self.0.utf8_chunks() {
            for c in range.valid().chars() {
                write_char(f, c)?;
            }
            for byte in range.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Writes a character. The joiner U+200D is left as it is, since it holds emoji together; the marks that
/// turn text around (U+202A to U+202E, U+2066 to U+2069) could make a line show what was not received.
fn write_char(f: &mut fmt::Formatter<'_>, c: char) -> fmt::Result {
    match c {
        '\n' => f.write_str("\\n"),
        '\r' => f.write_str("\\r"),
        '\t' => f.write_str("\\t"),
        '\\' => f.write_str("\\\\"),
        '\0'..='\u{1f}' | '\u{7f}' => write!(f, "\\x{:02x}", c as u32),
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{200b}'
        | '\u{200e}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => write!(f, "\\u{{{:x}}}", c as u32),
        c => f.write_char(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_show_is_made_visible() {
        for (bytes, shown) in [
            ("Zoé\n".as_bytes(), r"Zoé\n"),
            (b"a\r\nb\tc\0", r"a\r\nb\tc\x00"),
            (b"caf\xe9", r"caf\xe9"),
            (b"\xc3", r"\xc3"),
            (b"\xff\xfd\x06", r"\xff\xfd\x06"),
            (b"C:\\new", r"C:\\new"),
            (b"\x1b[31m", r"\x1b[31m"),
            (
                "\u{9b}\u{202e}\u{feff}x".as_bytes(),
                r"\u{9b}\u{202e}\u{feff}x",
            ),
            ("😀 日本 👩\u{200d}🚀".as_bytes(), "😀 日本 👩\u{200d}🚀"),
            (b"", ""),
        ] {
            assert_eq!(Visible(bytes).to_string(), shown);
        }
    }
}
