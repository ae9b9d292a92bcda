//! Texts on their way in and out: formatting codes stay, CTCP is told apart, long ones are cut.

use crate::relay::framing;
use crate::relay::hub::Speech;
use crate::relay::hub::names::legalize;

/// What stands around a CTCP message (CTCP, 2.1).
const CTCP: char = '\u{1}';

/// Whether a control character is one that clients format text with: bold, colour (two kinds),
/// reset, monospace, reverse, italic, strike-through and underline (IRC Formatting, "Characters").
pub(in crate::relay) fn is_formatting(c: char) -> bool {
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
pub(super) fn clean(text: &str, out: &mut String) {
    framing::clean_keeping(text, is_formatting, out);
}

/// The same, as a text of its own.
pub(super) fn cleaned(text: &str) -> String {
    let mut out = String::new();
    clean(text, &mut out);
    out
}

/// Whether a name is legal just as it is: in IRC nothing is renamed but by its owner.
pub(super) fn is_exact(name: &str) -> bool {
    !name.is_empty() && legalize(name) == name
}

/// What a PRIVMSG says, cleaned, in `out`; the speech is none if that is nothing.
pub(super) fn read_speech(text: &str, is_notice: bool, out: &mut String) -> Option<Speech> {
    let Some(ctcp) = text.strip_prefix(CTCP) else {
        clean(text, out);
        let speech = if is_notice {
            Speech::Notice
        } else {
            Speech::Message
        };
        return (!out.is_empty()).then_some(speech);
    };
    let ctcp = ctcp.strip_suffix(CTCP).unwrap_or(ctcp);
    if let Some(action) = ctcp.strip_prefix("ACTION ").filter(|_| !is_notice) {
        clean(action, out);
        return (!out.is_empty()).then_some(Speech::Action);
    }
    clean(ctcp, out);
    (!out.is_empty()).then_some(if is_notice {
        Speech::Reply
    } else {
        Speech::Signal
    })
}

/// Cuts a text into pieces of at most `bytes_max` bytes, between characters, behind a blank where
/// there is one near the end. At least one piece, and never an empty one behind the first.
pub(super) fn pieces(text: &str, bytes_max: usize) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let piece = first_piece(text, bytes_max.max(4));
        rest = Some(&text[piece.len()..]).filter(|rest| !rest.is_empty());
        Some(piece)
    })
}

fn first_piece(text: &str, bytes_max: usize) -> &str {
    let fits = cut(text, bytes_max);
    if fits.len() == text.len() {
        return text;
    }
    // A word is kept whole if that wastes no more than a quarter of the line.
    match fits.rfind(' ') {
        Some(blank) if blank >= bytes_max - bytes_max / 4 => &fits[..=blank],
        _ => fits,
    }
}

/// As much of a text as fits, whole characters.
pub(super) fn cut(text: &str, bytes_max: usize) -> &str {
    let mut end = bytes_max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formatting_stays_and_other_controls_go() {
        for (text, clean) in [
            ("plain", "plain"),
            (
                "\u{2}bold\u{2} \u{3}4,5red\u{f}",
                "\u{2}bold\u{2} \u{3}4,5red\u{f}",
            ),
            (
                "\u{1d}\u{1e}\u{1f}\u{16}\u{11}\u{4}",
                "\u{1d}\u{1e}\u{1f}\u{16}\u{11}\u{4}",
            ),
            ("a\rb\u{7}c\u{1b}[31md\u{85}", "abcd"),
            ("tab\t\u{202e}x", "tab\tx"),
        ] {
            assert_eq!(cleaned(text), clean, "{text:?}");
        }
    }

    #[test]
    fn ctcp_is_told_apart() {
        use Speech::{Action, Message, Notice, Reply, Signal};
        for (text, is_notice, speech, said) in [
            ("hello", false, Some(Message), "hello"),
            ("hello", true, Some(Notice), "hello"),
            ("", false, None, ""),
            ("\u{7}", false, None, ""),
            ("\u{1}ACTION waves\u{1}", false, Some(Action), "waves"),
            ("\u{1}ACTION waves", false, Some(Action), "waves"),
            ("\u{1}ACTION \u{1}", false, None, ""),
            ("\u{1}VERSION\u{1}", false, Some(Signal), "VERSION"),
            ("\u{1}ACTION x\u{1}", true, Some(Reply), "ACTION x"),
            ("\u{1}PING 1\u{1}", true, Some(Reply), "PING 1"),
            ("\u{1}\u{1}", false, None, ""),
        ] {
            let mut out = String::new();
            assert_eq!(read_speech(text, is_notice, &mut out), speech, "{text:?}");
            assert_eq!(out, said, "{text:?}");
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let cut = |text: &str, max| pieces(text, max).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(cut("", 10), [""]);
        assert_eq!(cut("abc", 3 + 1), ["abc"]);
        assert_eq!(cut("abcdefgh", 4), ["abcd", "efgh"]);
        assert_eq!(cut("ééééé", 5), ["éé", "éé", "é"]);
        assert_eq!(cut("😀😀", 1), ["😀", "😀"]);
        assert_eq!(cut("aaaa bbbb cccc", 10), ["aaaa bbbb ", "cccc"]);
        assert_eq!(cut("a bcdefghijkl", 8), ["a bcdefg", "hijkl"]);
        let long = "wörd ".repeat(800);
        let joined: String = pieces(&long, 400)
            .inspect(|piece| assert!(piece.len() <= 400))
            .collect();
        assert_eq!(joined, long);
    }
}
