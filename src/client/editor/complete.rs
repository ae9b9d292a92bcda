//! Completion: of a command at the start of the line, of a nickname anywhere.

use super::{Editor, KeyResult};

/// The commands that begin with a slash, of the client and of a relay. A new command of the relay is
/// added here by hand.
const COMMANDS: [&str; 22] = [
    "/away", "/ban", "/deop", "/devoice", "/help", "/history", "/invite", "/join", "/kick", "/me",
    "/mode", "/msg", "/mute", "/nick", "/op", "/quit", "/rooms", "/topic", "/unban", "/unmute",
    "/voice", "/who",
];

/// Number of choices that are shown; a longer list is of no help.
const CHOICES_MAX: usize = 40;

impl Editor {
    /// Completes the word before the cursor as far as it is unambiguous, and tells the choices if it
    /// cannot.
    pub(super) fn complete<'a>(&mut self, names: impl Iterator<Item = &'a str>) -> KeyResult {
        let start = self.blank_before_word();
        let word = &self.text[start..self.at];
        if word.is_empty() {
            return KeyResult::Edited;
        }
        let mut found: Vec<&str> = if start == 0 && word.starts_with('/') {
            let commands = COMMANDS.into_iter();
            commands.filter(|name| begins(name, word)).collect()
        } else {
            names.filter(|name| begins(name, word)).collect()
        };
        found.sort_unstable();
        let (Some(first), is_sure) = (found.first(), found.len() == 1) else {
            return KeyResult::Edited;
        };
        let common = found
            .iter()
            .fold(first.len(), |common, name| common.min(same(first, name)));
        let (mut completed, typed) = (first[..common].to_owned(), word.chars().count());
        let is_longer = completed.chars().count() > typed;
        if is_sure && !self.text[self.at..].starts_with(' ') {
            completed.push(' ');
        }
        if is_sure || is_longer {
            self.remove(start, self.at);
            self.insert(&completed);
            return KeyResult::Edited;
        }
        let choices = found.into_iter().take(CHOICES_MAX);
        KeyResult::Choices(choices.map(str::to_owned).collect())
    }

    fn blank_before_word(&self) -> usize {
        let before = &self.text[..self.at];
        let blank = before.char_indices().rfind(|(_, c)| c.is_whitespace());
        blank.map_or(0, |(at, c)| at + c.len_utf8())
    }
}

/// Returns whether a name begins with the typed text, in any case. Letter by letter, and not by bytes: the
/// small form of a letter may be longer than the letter.
fn begins(name: &str, typed: &str) -> bool {
    let mut name = name.chars().flat_map(char::to_lowercase);
    typed
        .chars()
        .flat_map(char::to_lowercase)
        .all(|c| name.next() == Some(c))
}

/// Number of bytes at the start of a name that another name shares, in any case.
fn same(a: &str, b: &str) -> usize {
    let both = a.chars().zip(b.chars());
    both.take_while(|(a, b)| a.to_lowercase().eq(b.to_lowercase()))
        .map(|(a, _)| a.len_utf8())
        .sum()
}
