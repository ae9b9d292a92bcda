//! Splits a line of IRC in place, into tags, source, command and parameters.
//!
//! Modern IRC, "Message Format"; RFC 1459, 2.3.1; IRCv3 message-tags, "Format".
//!
//! A message borrows from its line: an ordinary line is read without an allocation. Parameters are kept as
//! they came. Cleaning is left to the command, since only that knows whether a parameter is a name, a mask or
//! a text.

use std::collections::BTreeSet;

/// Maximum bytes of a message without its tags, CR LF included (RFC 1459, 2.3).
pub(in crate::relay) const MESSAGE_BYTES_MAX: usize = 512;

/// Maximum bytes of a client's tags, with the `@` before and the blank behind (IRCv3 message-tags, "Size
/// limit").
pub(in crate::relay) const TAGS_BYTES_MAX: usize = 4096;

/// Maximum number of parameters of a message (RFC 1459, 2.3). The last of them takes all that is left, with
/// its blanks (RFC 1459, 2.3.1).
const PARAMS_MAX: usize = 15;

/// A line, split into its parts. The source that a client gives has no meaning and is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::relay) struct Message<'a> {
    /// The tags without the `@`, still escaped; empty if there are none.
    pub(super) tags: &'a str,
    /// The command in the case in which it was written.
    pub(super) command: &'a str,
    params: [&'a str; PARAMS_MAX],
    count: usize,
}

/// The reason why a line is not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    /// The line has no command.
    Empty,
    /// The tags, or the rest of the line, exceed their limit.
    TooLong,
}

/// Returns the entries of a list that is separated by commas, each once, however often it occurs. Each is
/// paid for once, so each is done once.
pub(super) fn targets(list: &str) -> impl Iterator<Item = &str> {
    let mut seen = BTreeSet::new();
    let is_one = !list.contains(',');
    let named = list.split(',').filter(|it| !it.is_empty());
    named.filter(move |it| is_one || seen.insert(*it))
}

impl<'a> Message<'a> {
    /// Splits a line that has no line end. `raw` is the line as it was received: the limits count its
    /// bytes, and in another encoding the decoded line has another number of bytes.
    pub(super) fn parse(line: &'a str, raw: &[u8]) -> Result<Self, Malformed> {
        if is_too_long(raw) {
            return Err(Malformed::TooLong);
        }
        let (tags, rest) = match line.strip_prefix('@') {
            Some(tagged) => tagged.split_once(' ').unwrap_or((tagged, "")),
            None => ("", line),
        };
        let mut rest = rest.trim_start_matches(' ');
        // A client's source means nothing: nobody speaks for others.
        if rest.starts_with(':') {
            rest = word(rest).1;
        }
        let (command, mut rest) = word(rest);
        if command.is_empty() {
            return Err(Malformed::Empty);
        }
        let mut message = Self {
            tags,
            command,
            params: [""; PARAMS_MAX],
            count: 0,
        };
        while !rest.is_empty() {
            let is_last = message.count + 1 == PARAMS_MAX;
            let (param, behind) = match rest.strip_prefix(':') {
                Some(trailing) => (trailing, ""),
                None if is_last => (rest, ""),
                None => word(rest),
            };
            message.params[message.count] = param;
            message.count += 1;
            rest = behind;
        }
        Ok(message)
    }

    /// All parameters.
    pub(super) fn params(&self) -> &[&'a str] {
        &self.params[..self.count]
    }

    /// Returns the parameter at this index; empty if there is none.
    pub(super) fn param(&self, n: usize) -> &'a str {
        self.params().get(n).copied().unwrap_or_default()
    }

    /// Returns the parameter at this index, if it is there and not empty.
    pub(super) fn some(&self, n: usize) -> Option<&'a str> {
        Some(self.param(n)).filter(|param| !param.is_empty())
    }
}

/// Returns whether the tags of a line, or the rest of it, exceed their limit. Each has its own, so that tags
/// take nothing from the text (IRCv3 message-tags, "Size limit").
fn is_too_long(raw: &[u8]) -> bool {
    let tags = match raw.first() {
        // The blank after the tags counts as one of their bytes.
        Some(b'@') => memchr::memchr(b' ', raw).map_or(raw.len(), |blank| blank + 1),
        _ => 0,
    };
    tags > TAGS_BYTES_MAX || raw.len() - tags > MESSAGE_BYTES_MAX - 2
}

/// Returns the first word, and the text after the blanks that follow it.
fn word(text: &str) -> (&str, &str) {
    match text.split_once(' ') {
        Some((word, rest)) => (word, rest.trim_start_matches(' ')),
        None => (text, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Message<'_>, Malformed> {
        Message::parse(line, line.as_bytes())
    }

    #[test]
    fn lines_come_apart() {
        for (line, tags, command, params) in [
            ("PING", "", "PING", &[][..]),
            ("ping x", "", "ping", &["x"]),
            ("  PING   x  ", "", "PING", &["x"]),
            (":me!a@b NICK new", "", "NICK", &["new"]),
            (
                "@a=b;+c :me PRIVMSG #x :hi  there ",
                "a=b;+c",
                "PRIVMSG",
                &["#x", "hi  there "],
            ),
            ("@a  NICK x", "a", "NICK", &["x"]),
            ("JOIN :", "", "JOIN", &[""]),
            ("MODE a ::", "", "MODE", &["a", ":"]),
            ("TOPIC #x a:b", "", "TOPIC", &["#x", "a:b"]),
            ("USER\u{a0}x y", "", "USER\u{a0}x", &["y"]),
        ] {
            let message = parse(line).unwrap();
            assert_eq!(message.tags, tags, "{line:?}");
            assert_eq!(message.command, command, "{line:?}");
            assert_eq!(message.params(), params, "{line:?}");
        }
        for line in ["", "   ", ":source", ":source  ", "@tags", "@tags  "] {
            assert_eq!(parse(line), Err(Malformed::Empty), "{line:?}");
        }
    }

    #[test]
    fn the_fifteenth_parameter_is_the_rest() {
        let line = "X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 :17";
        let message = parse(line).unwrap();
        assert_eq!(message.params().len(), PARAMS_MAX);
        assert_eq!(message.param(14), "15 16 :17");
        assert_eq!(message.param(15), "");
    }

    #[test]
    fn tags_and_the_rest_have_a_limit_each() {
        let tagged = |tags: usize, rest: usize| {
            let line = format!("@{} {}", "t".repeat(tags - 2), "c".repeat(rest));
            parse(&line).map(|_| ())
        };
        assert_eq!(tagged(TAGS_BYTES_MAX, 510), Ok(()));
        assert_eq!(tagged(TAGS_BYTES_MAX + 1, 1), Err(Malformed::TooLong));
        assert_eq!(tagged(3, 511), Err(Malformed::TooLong));
        assert!(parse(&"c".repeat(510)).is_ok());
        assert_eq!(parse(&"c".repeat(511)), Err(Malformed::TooLong));
    }
}
