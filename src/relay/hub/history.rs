//! What was said in a room, for those who come late: a ring that reuses its memory.

use std::collections::VecDeque;

use super::event::{Entry, Speech};

/// The last lines of one room.
#[derive(Debug, Default)]
pub(super) struct History {
    entries: VecDeque<Entry>,
    bytes: usize,
}

impl History {
    /// Keeps a line, and at most `lines_max` of them.
    pub(super) fn push(
        &mut self,
        unix_seconds: u64,
        speech: Speech,
        from: &str,
        text: &str,
        lines_max: usize,
    ) {
        if lines_max == 0 {
            return;
        }
        let mut entry = Entry::default();
        while self.entries.len() >= lines_max {
            // The oldest line's memory is the newest one's.
            entry = self.pop();
        }
        entry.unix_seconds = unix_seconds;
        entry.speech = speech;
        entry.from.clear();
        entry.from.push_str(from);
        entry.text.clear();
        // One long line long ago is no reason to hold on to its memory.
        entry.text.shrink_to(text.len().max(256));
        entry.text.push_str(text);
        self.bytes += entry.bytes();
        self.entries.push_back(entry);
    }

    fn pop(&mut self) -> Entry {
        let entry = self.entries.pop_front().unwrap_or_default();
        self.bytes = self.bytes.saturating_sub(entry.bytes());
        entry
    }

    /// Bytes of memory, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Forgets the older half.
    pub(super) fn halve(&mut self) {
        for _ in 0..self.entries.len().div_ceil(2) {
            self.pop();
        }
    }

    /// The last `count` lines, oldest first.
    pub(super) fn last(&self, count: usize) -> impl ExactSizeIterator<Item = &Entry> + Clone {
        let from = self.entries.len().saturating_sub(count);
        self.entries.range(from..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_as_many_lines_as_it_may() {
        let mut history = History::default();
        for n in 0..10 {
            history.push(n, Speech::Message, "bob", &n.to_string(), 3);
        }
        let texts = |count| {
            history
                .last(count)
                .map(|e| e.text.as_str())
                .collect::<String>()
        };
        assert_eq!(texts(2), "89");
        assert_eq!(texts(3), "789");
        assert_eq!(texts(100), "789");
        let bytes: usize = history.last(3).map(Entry::bytes).sum();
        assert_eq!(history.bytes(), bytes);
    }

    #[test]
    fn keeps_nothing_when_told_to() {
        let mut history = History::default();
        history.push(0, Speech::Message, "bob", "hello", 0);
        assert_eq!(history.last(9).len(), 0);
        assert_eq!(history.bytes(), 0);
    }
}
