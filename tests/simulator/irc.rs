//! A second reader of IRC lines, and what each line that a client is sent must be.
//!
//! Two things are asked of the lines that an IRC client gets. The events of rooms (messages,
//! joining, leaving, nicknames, kicks, modes) are [expected](Expected) line by line, by the same
//! model that writes the words of line clients. So there is one order for all, across the dialects,
//! and nothing is lost, doubled or forged; a message of several lines is one message for clients
//! that know such. Only the places at which long texts are cut are left to the relay, within
//! limits. All other lines (numerics, capabilities, batches) would take a second server to write,
//! and are only read [as a client reads them](View): each is a line, its tags were requested and
//! say the right time, its label comes once, its numeric is addressed to its recipient; and the
//! lists of members kept from the lines alone must be the hub's, in which the model has no part.

mod expected;
mod heard;
mod ids;
mod view;

pub(crate) use expected::{Expected, Utterance, compare};
pub(crate) use ids::Ids;
pub(crate) use view::View;

/// A parsed line, as its sender would read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) source: String,
    pub(crate) command: String,
    pub(crate) params: Vec<String>,
}

impl Message {
    /// Parses a line without its line end. None if it has no command.
    pub(crate) fn read(line: &str) -> Option<Self> {
        let mut message = Self::default();
        let mut rest = line;
        if let Some(tagged) = rest.strip_prefix('@') {
            let (tags, behind) = tagged.split_once(' ').unwrap_or((tagged, ""));
            for tag in tags.split(';') {
                let (key, value) = tag.split_once('=').unwrap_or((tag, ""));
                message.tags.push((key.to_owned(), value.to_owned()));
            }
            rest = behind;
        }
        rest = rest.trim_start_matches(' ');
        if let Some(sourced) = rest.strip_prefix(':') {
            let (source, behind) = sourced.split_once(' ').unwrap_or((sourced, ""));
            message.source = source.to_owned();
            rest = behind;
        }
        let mut words = Vec::new();
        loop {
            rest = rest.trim_start_matches(' ');
            if rest.is_empty() {
                break;
            }
            if let Some(last) = rest.strip_prefix(':').filter(|_| !words.is_empty()) {
                words.push(last.to_owned());
                break;
            }
            if words.len() == 15 {
                words.push(rest.to_owned());
                break;
            }
            let (word, behind) = rest.split_once(' ').unwrap_or((rest, ""));
            words.push(word.to_owned());
            rest = behind;
        }
        if words.is_empty() {
            return None;
        }
        message.command = words.remove(0);
        message.params = words;
        Some(message)
    }

    pub(crate) fn param(&self, n: usize) -> &str {
        self.params.get(n).map_or("", |param| param)
    }

    /// A parameter, if it is not empty.
    pub(crate) fn some(&self, n: usize) -> Option<&str> {
        Some(self.param(n)).filter(|param| !param.is_empty())
    }

    pub(crate) fn tag(&self, key: &str) -> Option<&str> {
        let found = self.tags.iter().rev().find(|(known, _)| known == key);
        found.map(|(_, value)| &**value)
    }

    /// The nickname in the source.
    pub(crate) fn from(&self) -> &str {
        self.source.split('!').next().unwrap()
    }

    pub(crate) fn is_numeric(&self) -> bool {
        self.command.len() == 3 && self.command.bytes().all(|b| b.is_ascii_digit())
    }
}

/// The longest beginning of a text that fits into so many bytes, in whole characters.
pub(crate) fn cut(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Splits a channel's mode changes: for each, whether it is set, its letter, and its parameter.
pub(crate) fn mode_changes(params: &[String]) -> Vec<(bool, char, Option<String>)> {
    let Some((letters, rest)) = params.split_first() else {
        return Vec::new();
    };
    let (mut rest, mut sets, mut changes) = (rest.iter(), true, Vec::new());
    for letter in letters.chars() {
        if letter == '+' || letter == '-' {
            sets = letter == '+';
            continue;
        }
        let takes_one = "beIqkov".contains(letter) || (letter == 'l' && sets);
        let param = if takes_one { rest.next() } else { None };
        changes.push((sets, letter, param.cloned()));
    }
    changes
}

/// The server's name in the source of its lines.
pub(crate) fn server_name(config: &parloir::RelayConfig) -> String {
    format!("{}.local", config.name)
}
