//! IRC's lines, read a second time, and what every one that a client is sent must be.
//!
//! Two things are asked of what an IRC client gets. What the life of rooms is made of (who says
//! what, comes, goes, is called, is put out, may do what) is [expected](Expected) line by line, by
//! the same model that writes the line clients' words: so there is one order for all, across the
//! dialects, and nothing is lost, doubled or forged; a message of several lines is one for who knows
//! such. Only how long texts are cut is left to the relay, within reason. Whatever else comes (numerics, capabilities, batches) would take a second
//! server to write, and is only read [as a client reads it](View): each is a line, its tags were
//! asked for and say the right time, its label comes once, its numeric is addressed to whom it was
//! sent; and the lists of members kept from the lines alone must be the hub's, which the model has
//! no part in.

mod expected;
mod heard;
mod ids;
mod view;

pub(crate) use expected::{Expected, Utterance, compare};
pub(crate) use ids::Ids;
pub(crate) use view::View;

/// A line taken apart, as the sender of it would read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) source: String,
    pub(crate) command: String,
    pub(crate) params: Vec<String>,
}

impl Message {
    /// Reads a line without its end; none, if there is no command in it.
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

    /// A parameter that has something in it.
    pub(crate) fn some(&self, n: usize) -> Option<&str> {
        Some(self.param(n)).filter(|param| !param.is_empty())
    }

    pub(crate) fn tag(&self, key: &str) -> Option<&str> {
        let found = self.tags.iter().rev().find(|(known, _)| known == key);
        found.map(|(_, value)| &**value)
    }

    /// The nickname of its source.
    pub(crate) fn from(&self) -> &str {
        self.source.split('!').next().unwrap()
    }

    pub(crate) fn is_numeric(&self) -> bool {
        self.command.len() == 3 && self.command.bytes().all(|b| b.is_ascii_digit())
    }
}

/// As much of a text as fits into so many bytes, whole characters.
pub(crate) fn cut(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// A channel's mode changes one by one: whether it is set, the letter, and the parameter.
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

/// What the server is called where lines say whom they are from.
pub(crate) fn server_name(config: &parloir::RelayConfig) -> String {
    format!("{}.local", config.name)
}
