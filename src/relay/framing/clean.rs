//! Cleaning of text: controls, escape sequences and characters that turn text around are removed.
//!
//! Escape sequences are those of ECMA-48 (5th edition, 5.3–5.6): CSI; the strings OSC, DCS, SOS, PM
//! and APC; and ESC with intermediates and a final. Their 8-bit introducers count as well.
//!
//! Without this, what one user sends would act on the terminals of all others: move their cursors, set their
//! titles, or forge lines of the server's. It is not the reader's task, since netcat shows every byte that it
//! gets.
//!
//! Of a sequence that does not end with its line, only the introducer goes; what was meant as its parameters
//! is then shown. To clean twice must take out no more than to clean once: the fuzz target asks for that.

const ESC: char = '\u{1b}';
const BEL: char = '\u{7}';
/// The bytes of the backspace key: one or the other, depending on the terminal.
const BS: char = '\u{8}';
const DEL: char = '\u{7f}';
/// String terminator, in its 8-bit form.
const ST: char = '\u{9c}';

/// Returns whether a line has nothing visible. Unicode's white space counts, such as the ideographic space: a
/// message of it would look like an empty one.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// Returns whether text ends in an escape sequence that may go on. Such a text is no line yet, though nothing
/// came behind it for a while: an arrow key sends three bytes, which may come apart.
pub(in crate::relay) fn ends_inside_escape(text: &str) -> bool {
    let mut rest = text;
    while let Some(start) = rest.find(|c| c == ESC || is_c1_introducer(c)) {
        match sequence(&rest[start..], &mut Strings::default()) {
            Sequence::Whole(length) => rest = &rest[start + length..],
            Sequence::Unfinished(_) => return true,
            Sequence::Broken(introducer) => rest = &rest[start + introducer..],
        }
    }
    false
}

/// Appends what is fit to show of a line to `out`, which is empty.
pub(super) fn clean(line: &str, out: &mut String) {
    clean_as(line, false, |_| false, out);
}

/// The same of a line with the keys in it that took back what was typed before them.
pub(super) fn clean_typed(line: &str, out: &mut String) {
    clean_as(line, true, |_| false, out);
}

/// The same, and the control characters that `keeps` names, unless they begin an escape sequence.
pub(super) fn clean_keeping(line: &str, keeps: fn(char) -> bool, out: &mut String) {
    clean_as(line, false, keeps, out);
}

fn clean_as(line: &str, is_typed: bool, keeps: fn(char) -> bool, out: &mut String) {
    // Most lines are printable ASCII, which is told without taking them apart.
    if line.bytes().all(|b| (b' '..0x7f).contains(&b)) {
        out.push_str(line);
        return;
    }
    let mut strings = Strings::default();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        if c == ESC || is_c1_introducer(c) {
            rest = match sequence(rest, &mut strings) {
                Sequence::Whole(length) => &rest[length..],
                Sequence::Unfinished(introducer) | Sequence::Broken(introducer) => {
                    &rest[introducer..]
                }
            };
            continue;
        }
        match c {
            // It is the one control that people mean as text, and terminals do nothing with it but move on.
            '\t' => out.push(c),
            BS | DEL if is_typed => {
                out.pop();
            }
            // Unicode's separators of lines and paragraphs: some programs that read lines split at them, and
            // would make of one user's line two, the second of which could look like anybody's.
            '\u{2028}' | '\u{2029}' => out.push(' '),
            // Embeddings, overrides and isolates turn around all that follows, up to the end of the line:
            // names and times included. The marks of one character (U+200E, U+200F) stay, since right-to-left
            // text needs them.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            // A byte-order mark, which may stand behind something else that goes.
            '\u{feff}' if out.is_empty() => {}
            c if c.is_control() && !keeps(c) => {}
            c => out.push(c),
        }
        rest = &rest[c.len_utf8()..];
    }
}

/// Returns whether a character is the 8-bit form of an introducer. It is asked of characters and not of
/// bytes: in the text of an old Windows terminal the same bytes are punctuation, and are read as such.
fn is_c1_introducer(c: char) -> bool {
    // DCS, SOS, CSI, OSC, PM, APC
    matches!(
        c,
        '\u{90}' | '\u{98}' | '\u{9b}' | '\u{9d}' | '\u{9e}' | '\u{9f}'
    )
}

/// The kind of sequence that begins at an introducer. Lengths are in bytes.
enum Sequence {
    /// A whole sequence of this length.
    Whole(usize),
    /// One that does not end with the line; the length of its introducer.
    Unfinished(usize),
    /// None after all; the length of the introducer.
    Broken(usize),
}

/// The terminators that are known not to follow. A line of nothing but introducers would otherwise be
/// searched to its end for each of them, which takes time by the square of its length.
#[derive(Default)]
struct Strings {
    no_bel: bool,
    no_st: bool,
    /// Bytes that were searched.
    #[cfg(test)]
    searched: usize,
}

fn sequence(text: &str, strings: &mut Strings) -> Sequence {
    let mut chars = text.chars();
    let first = chars.next().unwrap_or(ESC);
    let second = chars.next();
    // ESC and a letter, or the one character of 8-bit codes.
    let (kind, introducer) = match (first, second) {
        (ESC, None) => return Sequence::Unfinished(1),
        (ESC, Some(second)) if second.is_ascii() => (second, 2),
        (ESC, Some(_)) => return Sequence::Broken(1),
        ('\u{90}', _) => ('P', 2),
        ('\u{98}', _) => ('X', 2),
        ('\u{9b}', _) => ('[', 2),
        ('\u{9d}', _) => (']', 2),
        ('\u{9e}', _) => ('^', 2),
        _ => ('_', 2),
    };
    let body = &text[introducer..];
    match kind {
        '[' => match control_sequence(body) {
            Sequence::Whole(length) => Sequence::Whole(introducer + length),
            Sequence::Unfinished(_) => Sequence::Unfinished(introducer),
            Sequence::Broken(_) => Sequence::Broken(introducer),
        },
        ']' | 'P' | 'X' | '^' | '_' => match string_end(body, kind == ']', strings) {
            Some(end) => Sequence::Whole(introducer + end),
            None => Sequence::Unfinished(introducer),
        },
        ' '..='~' => escape_sequence(text),
        _ => Sequence::Broken(1),
    }
}

/// Behind CSI: parameters, intermediates, a final.
fn control_sequence(body: &str) -> Sequence {
    let bytes = body.as_bytes();
    let parameters = bytes
        .iter()
        .take_while(|b| (0x30..=0x3f).contains(*b))
        .count();
    let behind = &bytes[parameters..];
    let intermediates = behind
        .iter()
        .take_while(|b| (0x20..=0x2f).contains(*b))
        .count();
    let length = parameters + intermediates;
    match bytes.get(length) {
        None => Sequence::Unfinished(0),
        Some(0x40..=0x7e) => Sequence::Whole(length + 1),
        Some(_) => Sequence::Broken(0),
    }
}

/// ESC, intermediates, a final.
fn escape_sequence(text: &str) -> Sequence {
    let bytes = text.as_bytes();
    let intermediates = bytes[1..]
        .iter()
        .take_while(|b| (0x20..=0x2f).contains(*b))
        .count();
    match bytes.get(1 + intermediates) {
        None => Sequence::Unfinished(1),
        Some(0x30..=0x7e) => Sequence::Whole(intermediates + 2),
        Some(_) => Sequence::Broken(1),
    }
}

/// The end of a string, terminator included: with ST, an OSC also with BEL, as terminals take it.
///
/// It is looked for up to the nearest one, never up to the nearest of each kind: a line of short strings
/// would be searched to its end for each of them.
fn string_end(body: &str, bel_ends: bool, strings: &mut Strings) -> Option<usize> {
    if strings.no_st && (strings.no_bel || !bel_ends) {
        return None;
    }
    let end = body.char_indices().find_map(|(at, c)| match c {
        BEL if bel_ends => Some(at + 1),
        ST => Some(at + ST.len_utf8()),
        ESC if body[at + 1..].starts_with('\\') => Some(at + 2),
        _ => None,
    });
    #[cfg(test)]
    {
        strings.searched += end.unwrap_or(body.len());
    }
    if end.is_none() {
        strings.no_st = true;
        strings.no_bel |= bel_ends;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(line: &str) -> String {
        let mut out = String::new();
        clean(line, &mut out);
        out
    }

    #[test]
    fn only_what_is_fit_to_show_is_left() {
        for (line, shown) in [
            ("plain", "plain"),
            ("tab\tstays", "tab\tstays"),
            ("\0a\u{1}b\u{7f}c\u{85}d", "abcd"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}[1;2 qx", "x"),
            ("\u{9b}31mred", "red"),
            ("\u{1b}]0;title\u{7}x", "x"),
            ("\u{1b}]0;title\u{1b}\\x", "x"),
            ("\u{9d}0;title\u{9c}x", "x"),
            ("\u{1b}Pdata\u{7}more\u{1b}\\x", "x"),
            (
                "\u{1b}_apc\u{1b}\\\u{1b}^pm\u{1b}\\\u{1b}Xsos\u{1b}\\x",
                "x",
            ),
            ("\u{1b}(Bx", "x"),
            ("\u{1b}cx", "x"),
            ("\u{1b} Fx", "x"),
            ("\u{1b}]0;no end", "0;no end"),
            ("\u{1b}[31", "31"),
            ("\u{1b}[3\u{e9}m", "3ém"),
            ("\u{1b}", ""),
            ("\u{1b}\u{1b}[mx", "x"),
            ("\u{1b}\u{e9}", "é"),
            ("\u{1b}[\u{1b}[mx", "x"),
            ("\u{202e}evil\u{2066}", "evil"),
            ("a\u{2028}b\u{2029}c", "a b c"),
            ("\u{a0}\u{3000}", "\u{a0}\u{3000}"),
            ("\u{200f}stays", "\u{200f}stays"),
            ("\u{feff}é\u{feff}", "é\u{feff}"),
        ] {
            assert_eq!(cleaned(line), shown, "{line:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_behind_a_control_is_at_the_start() {
        for line in ["\u{1}\u{feff}x", "\u{1b}[m\u{feff}x", "\u{feff}\u{feff}x"] {
            assert_eq!(cleaned(line), "x", "{line:?}");
        }
    }

    #[test]
    fn text_that_ends_in_an_escape_is_known() {
        for (text, inside) in [
            ("plain", false),
            ("\u{1b}", true),
            ("x\u{1b}[", true),
            ("x\u{1b}[31", true),
            ("x\u{1b}[31m", false),
            ("\u{1b}]0;title", true),
            ("\u{1b}]0;title\u{7}", false),
            ("\u{1b}(", true),
            ("\u{1b}[é", false),
        ] {
            assert_eq!(ends_inside_escape(text), inside, "{text:?}");
        }
    }

    #[test]
    fn blank_is_white_space_alone() {
        assert!(is_blank(" \t\u{a0}\u{3000}"));
        assert!(is_blank(""));
        assert!(!is_blank(" x"));
    }

    #[test]
    fn what_was_taken_back_is_not_said() {
        for (keys, said) in [
            ("helo\u{8}lo", "hello"),
            ("hel\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}x", "x"),
            ("é\u{7f}e", "e"),
            ("ab\u{1b}[D\u{8}c", "ac"),
            ("\u{8}", ""),
            ("plain", "plain"),
        ] {
            let mut out = String::new();
            clean_typed(keys, &mut out);
            assert_eq!(out, said, "{keys:?}");
        }
        assert_eq!(
            cleaned("man\u{8}n"),
            "mann",
            "a program's output is no typing"
        );
    }

    /// A line of strings that all ended the same way was searched to its end, for each of them, for the
    /// other ways to end.
    #[test]
    fn a_line_of_introducers_is_searched_once() {
        for part in [
            "\u{1b}]",
            "\u{1b}P",
            "\u{1b}]\u{1b}\\",
            "\u{1b}]\u{9c}",
            "\u{1b}]\u{7}",
            "\u{1b}P\u{7}",
            "\u{1b}P\u{1b}\\\u{9d}\u{7}",
        ] {
            let line = part.repeat(1000);
            let (mut strings, mut rest) = (Strings::default(), &*line);
            while rest.contains(|c| c == ESC || is_c1_introducer(c)) {
                let start = rest.find(|c| c == ESC || is_c1_introducer(c)).unwrap();
                let (Sequence::Whole(length)
                | Sequence::Unfinished(length)
                | Sequence::Broken(length)) = sequence(&rest[start..], &mut strings);
                rest = &rest[start + length..];
            }
            let searched = strings.searched;
            assert!(searched <= 2 * line.len(), "{part:?}: {searched}");
            assert_eq!(cleaned(&line), "");
        }
    }
}
