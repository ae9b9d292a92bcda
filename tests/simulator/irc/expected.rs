//! What the model wants an IRC client to be told, held against the lines that came.

use super::{Message, mode_changes};

/// One line; or, of a text too long for one, as many as it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    /// Stands before the text in each line; all of the line if there is no text.
    pub(crate) head: String,
    pub(crate) text: String,
    pub(crate) tail: &'static str,
}

/// What a room's life is made of.
const CORE: [&str; 12] = [
    "PRIVMSG", "NOTICE", "TAGMSG", "JOIN", "PART", "QUIT", "NICK", "TOPIC", "KICK", "MODE",
    "INVITE", "AWAY",
];

/// The line without its tags, if the model is asked about it; one for each change of modes.
fn core(line: &str, server: &str) -> Vec<String> {
    let message = Message::read(line).expect("a line has a command");
    let is_core = CORE.contains(&&*message.command) && message.source != server;
    let is_own_mode = message.command == "MODE" && !message.param(0).starts_with('#');
    if !is_core || is_own_mode {
        return Vec::new();
    }
    let plain = match line.strip_prefix('@') {
        Some(tagged) => tagged.split_once(' ').unwrap().1,
        None => line,
    };
    if message.command != "MODE" {
        return vec![plain.to_owned()];
    }
    let changes = mode_changes(&message.params[1..]);
    assert!(!changes.is_empty(), "no change: {line:?}");
    let one = |(sets, letter, param): (bool, char, Option<String>)| {
        let sign = if sets { '+' } else { '-' };
        let param = param.map_or(String::new(), |param| format!(" {param}"));
        let (source, channel) = (&message.source, message.param(0));
        format!(":{source} MODE {channel} {sign}{letter}{param}")
    };
    changes.into_iter().map(one).collect()
}

/// Holds lines against what is expected; gives what is wrong, if anything is.
pub(crate) fn compare(expected: &[Expected], lines: &[String], server: &str) -> Result<(), String> {
    let lines: Vec<String> = lines.iter().flat_map(|line| core(line, server)).collect();
    let mut rest = &lines[..];
    for it in expected {
        rest = it.take(rest).map_err(|why| {
            format!("{why}\nexpected {expected:#?}\nand the lines were\n{lines:#?}")
        })?;
    }
    match rest.first() {
        Some(line) => Err(format!("too much: {line:?}\nexpected {expected:#?}")),
        None => Ok(()),
    }
}

impl Expected {
    /// Takes its lines from the beginning of those that are left.
    fn take<'a>(&self, mut lines: &'a [String]) -> Result<&'a [String], String> {
        let (head, tail) = (&*self.head, self.tail);
        let mut text = &*self.text;
        loop {
            let Some((line, rest)) = lines.split_first() else {
                return Err(format!("missing: {head:?} {text:?}"));
            };
            let body = line.strip_prefix(head);
            let body = body.and_then(|body| body.strip_suffix(tail));
            let Some(body) = body.filter(|body| text.starts_with(body)) else {
                return Err(format!("{line:?} is not {head:?} {text:?}"));
            };
            text = &text[body.len()..];
            lines = rest;
            if text.is_empty() {
                return Ok(lines);
            }
            // A word may be kept whole, but not at the price of more than a quarter of a line.
            let fits = 510 - head.len() - tail.len();
            if body.len() + 4 < fits - fits / 4 {
                return Err(format!("{line:?} is cut, and need not be"));
            }
        }
    }
}
