//! A line being typed: keys in, a line out. Pure; its appearance is a few bytes for the screen.
//!
//! The client has its own editor because a chat may show a line above the one being typed at any moment:
//! rustyline up to 18 then shows one key of several that come at once (a paste, a slow link, an input
//! method), 19 wants a newer Rust than this crate does, and reedline counts rows in bytes and polls. The
//! types of the keys are crossterm's.

mod complete;
mod paint;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_segmentation::UnicodeSegmentation;

pub(super) use paint::paint;

/// Number of lines that can be recalled with the arrow keys.
const HISTORY_MAX: usize = 500;

/// Number of bytes in a typed line, at most, which is the limit of a relay.
const TYPED_BYTES_MAX: usize = 4096;

/// The line, the position of the cursor in it, and the lines before it.
#[derive(Debug, Default)]
pub(super) struct Editor {
    text: String,
    /// The position of the cursor in bytes, between two characters as people see them.
    at: usize,
    history: VecDeque<String>,
    /// The earlier line that is shown, counted from the latest, and the text that was typed before
    /// browsing.
    browsing: Option<(usize, String)>,
    /// The text that was cut last, for Ctrl-Y. Never a secret, which could be pasted into a message.
    cut: String,
    /// The text being typed must not be shown, now or later.
    pub(super) is_secret: bool,
}

/// The result of a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum KeyResult {
    /// The line may have changed.
    Edited,
    /// A line was completed.
    Line(String),
    /// The possible completions of the word.
    Choices(Vec<String>),
    /// Ctrl-C.
    Interrupted,
    /// Ctrl-D with nothing typed.
    Ended,
    /// Ctrl-Z.
    Suspend,
    /// Ctrl-L.
    Clear,
}

impl Editor {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The position of the cursor in bytes.
    pub(super) fn cursor(&self) -> usize {
        self.at
    }

    /// Takes a key. `names` are nicknames, the likeliest first.
    pub(super) fn key<'a>(
        &mut self,
        key: KeyEvent,
        names: impl Iterator<Item = &'a str>,
    ) -> KeyResult {
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        let is_alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Enter => return KeyResult::Line(self.finish()),
            KeyCode::Tab if !self.is_secret => return self.complete(names),
            KeyCode::Char(c) if is_control => return self.control(c.to_ascii_lowercase()),
            KeyCode::Char('b') if is_alt => self.at = self.word_before(),
            KeyCode::Char('f') if is_alt => self.at = self.word_behind(),
            KeyCode::Char('d') if is_alt => self.cut(self.at, self.word_behind()),
            KeyCode::Backspace if is_alt || is_control => self.cut(self.word_before(), self.at),
            KeyCode::Char(c) if !is_alt && !c.is_control() => {
                self.insert(c.encode_utf8(&mut [0; 4]));
            }
            KeyCode::Left if is_control || is_alt => self.at = self.word_before(),
            KeyCode::Right if is_control || is_alt => self.at = self.word_behind(),
            KeyCode::Left => self.at = self.before(),
            KeyCode::Right => self.at = self.behind(),
            KeyCode::Home => self.at = 0,
            KeyCode::End => self.at = self.text.len(),
            KeyCode::Backspace => self.remove(self.before(), self.at),
            KeyCode::Delete => self.remove(self.at, self.behind()),
            KeyCode::Up => self.older(),
            KeyCode::Down => self.newer(),
            _ => {}
        }
        KeyResult::Edited
    }

    /// Handles a key with Control: the keys of Emacs, as in a shell.
    fn control(&mut self, c: char) -> KeyResult {
        match c {
            'c' => {
                self.forget();
                return KeyResult::Interrupted;
            }
            'd' if self.text.is_empty() => return KeyResult::Ended,
            'd' => self.remove(self.at, self.behind()),
            'z' => return KeyResult::Suspend,
            'l' => return KeyResult::Clear,
            // Enter and Backspace, as some terminals send them.
            'j' | 'm' => return KeyResult::Line(self.finish()),
            'h' => self.remove(self.before(), self.at),
            'a' => self.at = 0,
            'e' => self.at = self.text.len(),
            'b' => self.at = self.before(),
            'f' => self.at = self.behind(),
            'p' => self.older(),
            'n' => self.newer(),
            'u' => self.cut(0, self.at),
            'k' => self.cut(self.at, self.text.len()),
            'w' => self.cut(self.blank_before(), self.at),
            'y' => {
                let cut = std::mem::take(&mut self.cut);
                self.insert(&cut);
                self.cut = cut;
            }
            _ => {}
        }
        KeyResult::Edited
    }

    /// Inserts text, if the line has room for all of it.
    fn insert(&mut self, text: &str) {
        if self.text.len() + text.len() <= TYPED_BYTES_MAX {
            self.text.insert_str(self.at, text);
            self.at += text.len();
        }
    }

    fn remove(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.at = from;
    }

    fn cut(&mut self, from: usize, to: usize) {
        if from < to && !self.is_secret {
            self.text[from..to].clone_into(&mut self.cut);
        }
        self.remove(from, to);
    }

    /// Takes the line out. It can be recalled, unless it is a secret, blank, or the same as the last one.
    fn finish(&mut self) -> String {
        let line = std::mem::take(&mut self.text);
        let is_new = self.history.back() != Some(&line);
        if is_new && !self.is_secret && !line.trim().is_empty() {
            self.history.push_back(line.clone());
            if self.history.len() > HISTORY_MAX {
                self.history.pop_front();
            }
        }
        self.forget();
        line
    }

    fn forget(&mut self) {
        (self.at, self.browsing) = (0, None);
        self.text.clear();
    }

    fn older(&mut self) {
        let next = self.browsing.as_ref().map_or(0, |(n, _)| n + 1);
        self.browse(next);
    }

    fn newer(&mut self) {
        match self.browsing.take() {
            Some((0, typed)) => self.show(typed),
            Some((n, typed)) => {
                self.browsing = Some((n, typed));
                self.browse(n - 1);
            }
            None => {}
        }
    }

    /// Shows the line `n` places before the latest one, if there is one.
    fn browse(&mut self, n: usize) {
        let Some(line) = self.history.iter().rev().nth(n).cloned() else {
            return;
        };
        let typed = self.browsing.take().map(|(_, typed)| typed);
        let typed = typed.unwrap_or_else(|| std::mem::take(&mut self.text));
        self.browsing = Some((n, typed));
        self.show(line);
    }

    fn show(&mut self, line: String) {
        self.at = line.len();
        self.text = line;
    }

    /// The beginning of the character before the cursor.
    fn before(&self) -> usize {
        let mut before = self.text[..self.at].grapheme_indices(true);
        before.next_back().map_or(0, |(at, _)| at)
    }

    /// The end of the character behind the cursor.
    fn behind(&self) -> usize {
        let next = self.text[self.at..].graphemes(true).next();
        self.at + next.map_or(0, str::len)
    }

    /// The beginning of the word before the cursor.
    fn word_before(&self) -> usize {
        let mut before = self.text[..self.at].unicode_word_indices();
        before.next_back().map_or(0, |(at, _)| at)
    }

    /// The end of the word behind the cursor.
    fn word_behind(&self) -> usize {
        let mut behind = self.text[self.at..].unicode_word_indices();
        let next = behind.next();
        next.map_or(self.text.len(), |(at, word)| self.at + at + word.len())
    }

    /// The beginning of the text between blanks before the cursor.
    fn blank_before(&self) -> usize {
        let before = self.text[..self.at].trim_end();
        let blank = before.char_indices().rfind(|(_, c)| c.is_whitespace());
        blank.map_or(0, |(at, c)| at + c.len_utf8())
    }
}
