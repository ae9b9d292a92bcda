//! Texts that are received and sent: formatting codes are kept, CTCP is told apart, long texts are cut.
//!
//! Formatting codes stay in the chat; the line dialect leaves them out where it writes. Nothing that a client
//! sent may stand in a line of the server's before it went through `shown`, `middle` or `cleaned`: a blank or
//! a colon in it would take that line apart.

use std::borrow::Cow;

use super::super::text::one_word;
pub(super) use super::super::text::{clean, cleaned, cut, is_exact};
use crate::relay::hub::Speech;

/// The character around a CTCP message (CTCP, 2.1).
const CTCP: char = '\u{1}';

/// Returns a client's text in a form that can be a middle parameter of an answer: cut to 200 bytes, or
/// `*` if it cannot be one.
pub(super) fn shown(text: &str) -> &str {
    match text {
        "" => "*",
        text if text.starts_with(':') || text.contains(' ') => "*",
        text => cut(text, 200),
    }
}

/// Returns a text that another client chose as a middle parameter. Unchanged, a mask that was set from netcat
/// would stand in the middle of a MODE with its blanks, or begin with a colon.
pub(super) fn middle(text: &str) -> Cow<'_, str> {
    match text.trim_start_matches(':') {
        "" => Cow::Borrowed("*"),
        text => one_word(text),
    }
}

/// Writes the cleaned text of a PRIVMSG or NOTICE to `out`, and returns its kind; none if the text is empty.
/// `/me` is ACTION, which all dialects know; any other CTCP is a matter between IRC clients. A CTCP may lack
/// its last mark.
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
        Speech::CtcpReply
    } else {
        Speech::CtcpRequest
    })
}

/// Splits a text into parts that fit in a line each: the lines of the text, cut at its seams and
/// wherever they are longer than `bytes_max`. A cut is between characters, and behind a blank if there
/// is one near the end. The flag of a part is true if the part continues the line of the part before it.
/// There is at least one part; only a part that is a whole line can be empty.
pub(super) fn parts<'a>(
    text: &'a str,
    concat_offsets: &'a [u32],
    bytes_max: usize,
) -> impl Iterator<Item = (&'a str, bool)> + Clone {
    let bytes_max = bytes_max.max(4);
    let mut at = Some((0, false));
    std::iter::from_fn(move || {
        let (start, goes_on) = at?;
        let line_end = text[start..].find('\n').map_or(text.len(), |n| start + n);
        let mut concat_offsets = concat_offsets.iter().map(|seam| *seam as usize);
        let end = concat_offsets.find(|seam| (start + 1..line_end).contains(seam));
        let part = first_piece(&text[start..end.unwrap_or(line_end)], bytes_max);
        let next = start + part.len();
        at = if next < line_end {
            Some((next, true))
        } else {
            Some((next + 1, false)).filter(|_| line_end < text.len())
        };
        Some((part, goes_on))
    })
}

/// Returns the first piece of a text. The blank stays at the end of the piece, so that the pieces joined are
/// the text.
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
        use Speech::{Action, CtcpReply, CtcpRequest, Message, Notice};
        for (text, is_notice, speech, said) in [
            ("hello", false, Some(Message), "hello"),
            ("hello", true, Some(Notice), "hello"),
            ("", false, None, ""),
            ("\u{7}", false, None, ""),
            ("\u{1}ACTION waves\u{1}", false, Some(Action), "waves"),
            ("\u{1}ACTION waves", false, Some(Action), "waves"),
            ("\u{1}ACTION \u{1}", false, None, ""),
            ("\u{1}VERSION\u{1}", false, Some(CtcpRequest), "VERSION"),
            ("\u{1}ACTION x\u{1}", true, Some(CtcpReply), "ACTION x"),
            ("\u{1}PING 1\u{1}", true, Some(CtcpReply), "PING 1"),
            ("\u{1}\u{1}", false, None, ""),
        ] {
            let mut out = String::new();
            assert_eq!(read_speech(text, is_notice, &mut out), speech, "{text:?}");
            assert_eq!(out, said, "{text:?}");
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let cut = |text: &str, max| {
            let parts = parts(text, &[], max).enumerate();
            let check = parts.inspect(|(n, (_, goes_on))| assert_eq!(*goes_on, *n > 0));
            check
                .map(|(_, (part, _))| part.to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(cut("", 10), [""]);
        assert_eq!(cut("abc", 3 + 1), ["abc"]);
        assert_eq!(cut("abcdefgh", 4), ["abcd", "efgh"]);
        assert_eq!(cut("ééééé", 5), ["éé", "éé", "é"]);
        assert_eq!(cut("😀😀", 1), ["😀", "😀"]);
        assert_eq!(cut("aaaa bbbb cccc", 10), ["aaaa bbbb ", "cccc"]);
        assert_eq!(cut("a bcdefghijkl", 8), ["a bcdefg", "hijkl"]);
        let long = "wörd ".repeat(800);
        let joined: String = parts(&long, &[], 400)
            .map(|(part, _)| part)
            .inspect(|part| assert!(part.len() <= 400))
            .collect();
        assert_eq!(joined, long);
    }

    #[test]
    fn lines_and_seams_are_where_parts_end() {
        let (new, on) = (false, true);
        for (text, concat_offsets, expected) in [
            ("a\nb", &[][..], &[("a", new), ("b", new)][..]),
            ("\na\n", &[], &[("", new), ("a", new), ("", new)]),
            ("ab", &[1], &[("a", new), ("b", on)]),
            ("abcdefgh", &[2], &[("ab", new), ("cdef", on), ("gh", on)]),
            (
                "ab\ncd",
                &[1, 4],
                &[("a", new), ("b", on), ("c", new), ("d", on)],
            ),
            // A place that cannot be a seam is ignored.
            ("ab\ncd", &[0, 2, 3, 5, 9], &[("ab", new), ("cd", new)]),
        ] {
            let parts: Vec<_> = parts(text, concat_offsets, 4).collect();
            assert_eq!(parts, expected, "{text:?} {concat_offsets:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_middle_parameter_is_a_star() {
        for (text, middle) in [
            ("a", "a"),
            ("", "*"),
            (":a", "*"),
            ("a b", "*"),
            ("a:b", "a:b"),
        ] {
            assert_eq!(shown(text), middle);
        }
    }
}
