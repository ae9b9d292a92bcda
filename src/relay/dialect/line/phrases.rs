//! Parts of lines: a message with its sender, names in a sentence.

use std::fmt::{self, Write};

use super::unformatted::{is_blank, plain};
use crate::relay::hub::{Names, Speech};

/// Each line of what was said, with its author before it and something before that. A line of formatting or
/// blanks alone is left out: no line client could send one, and `<bob> ` with nothing behind it would look
/// broken. It is written without the formatting machinery, since messages are most of what is sent.
pub(super) fn spoken_behind(
    before: &str,
    out: &mut Vec<u8>,
    from: &str,
    speech: Speech,
    text: &str,
) {
    let (open, close) = match speech {
        Speech::Message | Speech::Notice => ("<", "> "),
        Speech::Action => ("~ ", " "),
        // Matters between IRC clients.
        Speech::CtcpRequest | Speech::CtcpReply | Speech::TagsOnly => return,
    };
    for line in text.split('\n').filter(|line| !is_blank(line)) {
        for part in [before, open, from, close] {
            out.extend_from_slice(part.as_bytes());
        }
        plain(out, line);
        out.push(b'\n');
    }
}

/// Names in a sentence: `alice, bob and 2 listeners`.
pub(super) struct NameList<'a>(pub(super) &'a Names<'a>);

impl fmt::Display for NameList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Addressed(self.0, &[]).fmt(f)
    }
}

/// The same, each with an address, and commas throughout, since programs read it in order to find
/// each other: `alice (192.0.2.1:5000), bob (unix)`.
pub(super) struct Addressed<'a>(pub(super) &'a Names<'a>, pub(super) &'a [&'a str]);

impl fmt::Display for Addressed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(names, addresses) = self;
        let Names {
            names,
            others,
            listeners,
        } = names;
        let is_last = |n: usize| n + 1 == names.len() && *others == 0 && *listeners == 0;
        for (n, name) in names.iter().enumerate() {
            let before = match n {
                0 => "",
                n if is_last(n) && addresses.is_empty() => " and ",
                _ => ", ",
            };
            write!(f, "{before}{name}")?;
            if let Some(address) = addresses.get(n) {
                write!(f, " ({address})")?;
            }
        }
        if *others > 0 {
            write!(f, " and {others} other{}", plural(*others))?;
        }
        if *listeners > 0 {
            let before = if names.is_empty() { "" } else { " and " };
            write!(f, "{before}{listeners} listener{}", plural(*listeners))?;
        }
        Ok(())
    }
}

pub(super) fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// Formats into bytes, without what a terminal should not get. Whatever is formatted into a line passes here,
/// so no event can forget to take the codes out.
pub(super) struct Text<'a>(pub(super) &'a mut Vec<u8>);

impl Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        plain(self.0, text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_listed_as_in_a_sentence() {
        let people: Vec<String> = (1..=20).map(|n| format!("p{n}")).collect();
        let list = |count: usize, others, listeners| {
            let names = people[..count].iter().map(String::as_str).collect();
            NameList(&Names {
                names,
                others,
                listeners,
            })
            .to_string()
        };
        assert_eq!(list(1, 0, 0), "p1");
        assert_eq!(list(2, 0, 0), "p1 and p2");
        assert_eq!(list(3, 0, 0), "p1, p2 and p3");
        assert_eq!(list(0, 0, 1), "1 listener");
        assert_eq!(list(1, 0, 1), "p1 and 1 listener");
        assert_eq!(list(2, 0, 2), "p1, p2 and 2 listeners");
        assert!(list(20, 1, 0).ends_with(", p20 and 1 other"));
        assert!(list(20, 5, 2).ends_with(", p20 and 5 others and 2 listeners"));
    }
}
