//! Texts and names that programs send: formatting codes stay, and a name is taken as it is or not at all.
//!
//! People's lines are cleaned of all controls and their names made legal. A program is told what it asked for
//! or an error, since it would not know of a changed name; and its bold and colours are kept, since other
//! programs show them. The limits are those that IRC clients are told in 005, and JSON has the same.

use std::borrow::Cow;

use crate::relay::framing;
use crate::relay::hub::names::legalize;

/// Bytes of an away message.
pub(in crate::relay::dialect) const AWAY_BYTES_MAX: usize = 200;
/// Bytes of the reason why somebody is put out.
pub(in crate::relay::dialect) const KICK_BYTES_MAX: usize = 255;
/// Bytes of a topic that a program sets.
pub(in crate::relay::dialect) const TOPIC_BYTES_MAX: usize = 390;

/// Returns whether a control character is one that clients format text with: bold, colour (two kinds),
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

/// Appends the visible part of a text, formatting included, to `out`. Escape sequences and what turns text
/// around go as from any other text.
pub(in crate::relay::dialect) fn clean(text: &str, out: &mut String) {
    framing::clean_keeping(text, is_formatting, out);
}

/// The same, as a text of its own.
pub(crate) fn cleaned(text: &str) -> String {
    let mut out = String::new();
    clean(text, &mut out);
    out
}

/// Returns whether a name is legal just as it is: a program would not know of a changed one.
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

/// Returns a text that another client chose, such as a mask, as one word, which can end no line. Such a text
/// was set in another dialect, with other rules about what can stand in one: a blank in it would be two
/// words, and a line end two lines.
pub(in crate::relay::dialect) fn one_word(text: &str) -> Cow<'_, str> {
    let is_odd = |c: char| c.is_whitespace() || c.is_control();
    // Most texts are plain, which is quickly seen. Cleaning also removes the characters that turn text
    // around.
    let is_plain = |b: u8| b.is_ascii_graphic();
    match text.bytes().all(is_plain) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(cleaned(text).replace(is_odd, "_")),
    }
}
