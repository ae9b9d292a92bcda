//! From the bytes of a line to characters: UTF-8, or else Windows-1252, as IRC clients do it.
//!
//! A client that is set to an old encoding says so nowhere, but what it sends is hardly ever valid UTF-8 by
//! chance. Windows-1252 has all letters of Latin-1, and gives every byte a meaning, so decoding never fails
//! and nothing is lost. Each dialect reads in this way; all that is sent is UTF-8.

use std::borrow::Cow;

/// The characters of Windows-1252 at 0x80–0x9F. The five bytes it leaves undefined are the C1 controls of
/// the same number, as in the WHATWG Encoding Standard; cleaning drops them.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// A whole line is one or the other, never some of each. Carriage returns inside it are dropped, and that
/// first: one may stand between the bytes of a character.
pub(in crate::relay) fn decode(raw: &[u8]) -> Cow<'_, str> {
    let raw: Cow<'_, [u8]> = if memchr::memchr(b'\r', raw).is_some() {
        raw.iter().copied().filter(|b| *b != b'\r').collect()
    } else {
        raw.into()
    };
    match raw {
        Cow::Borrowed(raw) => match std::str::from_utf8(raw) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(windows_1252(raw)),
        },
        Cow::Owned(raw) => {
            Cow::Owned(String::from_utf8(raw).unwrap_or_else(|e| windows_1252(e.as_bytes())))
        }
    }
}

fn windows_1252(raw: &[u8]) -> String {
    let char_of = |&byte: &u8| match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    };
    raw.iter().map(char_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_utf8_or_windows_1252() {
        for (raw, text) in [
            (&b"hello"[..], "hello"),
            ("é".as_bytes(), "é"),
            (b"\xe9t\xe9", "été"),
            (b"\x80 5 \x96 \x81", "€ 5 – \u{81}"),
            (b"\xc3\xa9\xff", "Ã©ÿ"),
            (b"a\rb\r\rc", "abc"),
            (b"\r\xe9", "é"),
            (b"\xc3\r\xa9", "é"),
        ] {
            assert_eq!(decode(raw), text, "{raw:?}");
        }
    }
}
