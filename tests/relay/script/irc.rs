//! Compares lines of IRC in a script with lines that were read, by their meaning and not by their
//! spelling.
//!
//! The script's line is a line of IRC in which `…` stands for any text, and `{bob}` at its
//! beginning for `:bob!user@host` with bob's user and host, whatever they are. A `…` in the last
//! place stands for all remaining words, of which there must be at least one. Tags may come in any
//! order, but none may be missing. A colon before the last parameter makes no difference where it
//! is optional.

use std::fmt::Write;

/// A parsed line (RFC 1459, 2.3.1, and IRCv3 message-tags).
#[derive(Debug, PartialEq, Eq)]
struct Line<'a> {
    tags: Vec<(&'a str, &'a str)>,
    source: &'a str,
    words: Vec<&'a str>,
}

/// Compares a line that was read with the line of a script. Returns the difference as an error.
pub(super) fn compare(read: &str, expected: &str) -> Result<(), String> {
    let is_clean = !read.contains(|c: char| c.is_control() && !FORMATTING.contains(&c));
    let is_labelled = read.starts_with([':', '@']) || read.starts_with("ERROR ");
    if is_clean && is_labelled && parse(read).is_like(&parse(expected)) {
        return Ok(());
    }
    Err(format!("{read:?}\ninstead of  {expected:?}"))
}

/// The control characters that a text may contain: CTCP marks, tabs and formatting.
const FORMATTING: [char; 10] = [
    '\u{1}', '\u{2}', '\u{3}', '\u{4}', '\t', '\u{f}', '\u{11}', '\u{16}', '\u{1d}', '\u{1f}',
];

fn parse(line: &str) -> Line<'_> {
    let mut rest = line;
    let mut tags = Vec::new();
    if let Some(tagged) = rest.strip_prefix('@') {
        let (list, behind) = tagged.split_once(' ').unwrap_or((tagged, ""));
        tags.extend(
            list.split(';')
                .map(|tag| tag.split_once('=').unwrap_or((tag, ""))),
        );
        tags.sort_unstable();
        rest = behind;
    }
    let mut source = "";
    if rest.starts_with([':', '{']) {
        (source, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    }
    let (middle, last) = match rest.split_once(" :") {
        Some((middle, last)) => (middle, Some(last)),
        None => (rest, None),
    };
    let words = middle.split_ascii_whitespace().chain(last).collect();
    Line {
        tags,
        source,
        words,
    }
}

impl Line<'_> {
    fn is_like(&self, expected: &Self) -> bool {
        let is_source = match expected.source.strip_prefix('{') {
            Some(name) => {
                let mut pattern = String::from(":");
                let _ = write!(pattern, "{}!…@…", name.trim_end_matches('}'));
                is_like(self.source, &pattern)
            }
            None => is_like(self.source, expected.source),
        };
        let are_tags = self.tags.len() == expected.tags.len()
            && self
                .tags
                .iter()
                .zip(&expected.tags)
                .all(|(tag, other)| tag.0 == other.0 && is_like(tag.1, other.1));
        let is_open = expected.words.last() == Some(&"…");
        let are_as_many = self.words.len() == expected.words.len()
            || is_open && self.words.len() > expected.words.len();
        let mut words = self.words.iter().zip(&expected.words);
        let are_words = are_as_many && words.all(|(word, other)| is_like(word, other));
        is_source && are_tags && are_words
    }
}

/// Returns whether a text matches a pattern in which `…` stands for any text, or for none.
pub(super) fn is_like(text: &str, pattern: &str) -> bool {
    let Some((first, pattern)) = pattern.split_once('…') else {
        return text == pattern;
    };
    let Some(mut text) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = pattern.split('…').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = text.find(part) else {
            return false;
        };
        text = &text[at + part.len()..];
    }
    text.ends_with(last)
}
