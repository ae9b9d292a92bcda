//! Texts and names that programs send: formatting codes stay, and a name is taken as it is or not at all.

use crate::relay::framing;
use crate::relay::hub::names::legalize;

/// Bytes of an away message.
pub(in crate::relay::dialect) const AWAY_BYTES_MAX: usize = 200;
/// Bytes of the reason why somebody is put out.
pub(in crate::relay::dialect) const KICK_BYTES_MAX: usize = 255;
/// Bytes of a topic that a program sets.
pub(in crate::relay::dialect) const TOPIC_BYTES_MAX: usize = 390;

/// Whether a control character is one that clients format text with: bold, colour (two kinds),
/// reset, monospace, reverse, italic, strike-through and underline (IRC Formatting, "Characters").
fn is_formatting(c: char) -> bool {
    matches!(
        c,
        '\u{2}'
            | '\u{3}'
            | '\u{4}'
            | '\u{f}'
            | '\u{11}'
            | '\u{16}'
            | '\u{1d}'
            | '\u{1e}'
            | '\u{1f}'
    )
}

/// What is fit to show of a text, formatting included, in `out`.
pub(in crate::relay::dialect) fn clean(text: &str, out: &mut String) {
    framing::clean_keeping(text, is_formatting, out);
}

/// The same, as a text of its own.
pub(in crate::relay::dialect) fn cleaned(text: &str) -> String {
    let mut out = String::new();
    clean(text, &mut out);
    out
}

/// Whether a name is legal just as it is: for programs nothing is renamed but by its owner.
pub(in crate::relay::dialect) fn is_exact(name: &str) -> bool {
    !name.is_empty() && legalize(name) == name
}

/// As much of a text as fits, whole characters.
pub(in crate::relay::dialect) fn cut(text: &str, bytes_max: usize) -> &str {
    let mut end = bytes_max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
