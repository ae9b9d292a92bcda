//! Tags for other programs as members of an object: their values are escaped on the wire.
//!
//! The hub carries tags in the form in which IRC writes them. So values are escaped on the way in and read
//! back on the way out, here alone.

use super::tags::split;
#[cfg(test)]
use super::tags::unescape;

/// The tags of a reaction (IRCv3 draft/react): what it is, and to which message.
pub(super) const REACT: &str = "+draft/react";
pub(super) const REPLY: &str = "+draft/reply";

/// A value as it stands on the wire (IRCv3 message-tags, "Escaping Values").
pub(super) fn escape(value: &str, out: &mut String) {
    for c in value.chars() {
        match c {
            ';' => out.push_str("\\:"),
            ' ' => out.push_str("\\s"),
            '\\' => out.push_str("\\\\"),
            '\r' => out.push_str("\\r"),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
}

/// Each tag, by its key, with its value as it stands on the wire.
pub(super) fn each(tags: &str) -> impl Iterator<Item = (&str, &str)> {
    tags.split(';')
        .map(split)
        .filter(|(key, _)| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_what_it_was_once_it_is_read() {
        for value in ["", "plain", "a;b c\\d\re\nf", "\\:", "😀"] {
            let mut out = String::new();
            escape(value, &mut out);
            assert!(!out.contains([';', ' ', '\r', '\n']), "{out:?}");
            assert_eq!(unescape(&out), value);
        }
        assert_eq!(unescape("a\\bc\\"), "abc");
    }
}
