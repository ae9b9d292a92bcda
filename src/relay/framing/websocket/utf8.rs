//! UTF-8 checked piece by piece: an error is found at the first byte that cannot be.
//!
//! The standard library checks a whole text; here a character may be cut by a frame, or by the network. At
//! most three bytes are kept, of a character that has begun. A wrong byte is known as soon as it comes: the
//! connection is failed for it (RFC 6455, 8.1), and what stood before it in the same piece is handed on
//! first, as it would be had it come alone.

/// The beginning of a character whose rest has not come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Utf8 {
    begun: [u8; 4],
    length: u8,
}

impl Utf8 {
    /// Takes more bytes as long as they can be UTF-8: how many, all of them if they can. Whatever the cuts, a
    /// text is judged as the whole would be.
    #[must_use]
    pub(super) fn push(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        while self.length > 0 {
            let Some(&byte) = bytes.get(taken) else {
                return taken;
            };
            let length = usize::from(self.length);
            self.begun[length] = byte;
            match std::str::from_utf8(&self.begun[..=length]) {
                Ok(_) => self.length = 0,
                // Three bytes of a character at most are not an error, so there is room for a fourth.
                Err(error) if error.error_len().is_none() => self.length += 1,
                Err(_) => return taken,
            }
            taken += 1;
        }
        let rest = &bytes[taken..];
        let Err(error) = std::str::from_utf8(rest) else {
            return bytes.len();
        };
        // Of what is wrong, the bytes before its last one could have begun a character.
        let begun = &rest[error.valid_up_to()..];
        let begun = match error.error_len() {
            None => begun,
            Some(wrong) if can_begin(&begun[..wrong]) => &begun[..wrong],
            Some(wrong) => &begun[..wrong - 1],
        };
        self.begun[..begun.len()].copy_from_slice(begun);
        self.length = u8::try_from(begun.len()).expect("less than a character");
        taken + error.valid_up_to() + begun.len()
    }

    /// Returns whether the bytes so far end with a whole character.
    pub(super) fn is_whole(self) -> bool {
        self.length == 0
    }
}

/// Returns whether a character can begin with these bytes.
fn can_begin(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The outcome in pieces is that of the whole, whatever the bytes and wherever they are cut.
    #[test]
    fn pieces_are_judged_as_the_whole() {
        let texts: [&[u8]; 14] = [
            "κόσμε".as_bytes(),
            "a\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}".as_bytes(),
            b"",
            b"\x80",
            b"\xc0\xaf",
            b"\xc3",
            b"\xe0\x80\xaf",
            b"\xed\xa0\x80",
            b"\xf0\x80\x80\x80",
            b"\xf4\x90\x80\x80",
            b"\xf5",
            b"ok\xe2\x82",
            b"\xe2\x82x",
            b"\xf0\x9f\x98\x80\xff",
        ];
        for text in texts {
            let whole = std::str::from_utf8(text).is_ok();
            for first in 0..=text.len() {
                for second in first..=text.len() {
                    let mut utf8 = Utf8::default();
                    let pieces = [&text[..first], &text[first..second], &text[second..]];
                    let holds = pieces.iter().all(|piece| utf8.push(piece) == piece.len());
                    assert_eq!(holds && utf8.is_whole(), whole, "{text:?} {first} {second}");
                }
            }
        }
    }

    #[test]
    fn what_cannot_become_utf8_is_known_at_once() {
        for (good, bad) in [
            (&b"\xf4"[..], b"\x90"),
            (b"\xe0", b"\x80"),
            (b"\xed", b"\xa0"),
            (b"x", b"\xc1"),
            (b"\xf4", b"\xf4"),
            (b"\xf0\x9f\x98", b"x"),
            (b"", b"\xff"),
        ] {
            let mut utf8 = Utf8::default();
            assert_eq!(utf8.push(good), good.len(), "{good:?}");
            assert_eq!(utf8.push(bad), 0, "{good:?} {bad:?}");
            let both = [good, bad].concat();
            assert_eq!(Utf8::default().push(&both), good.len(), "{both:?}");
        }
    }
}
