//! What was said in a room, for those who come late: a ring that reuses its memory.

use std::collections::VecDeque;

use super::command::Speech;
use super::person::{Host, Person, USER_DEFAULT};
use crate::protocol::ConnId;

/// Which message it is, of all that were said since the server began: later ones are larger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub u64);

/// One message that was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Which message it was.
    pub id: MessageId,
    /// When, in microseconds since 1970, UTC.
    pub unix_us: u64,
    /// Whether it was said or done.
    pub speech: Speech,
    /// Whose connection said it; none: the host program did.
    pub by: Option<ConnId>,
    /// Who said it.
    pub from: String,
    /// Where they came from.
    pub host: Host,
    /// The user name they gave; empty if none: see [`Self::user`].
    pub own_user: String,
    /// What, in one line or several with LF between them.
    pub text: String,
}

impl Entry {
    /// The user name of whoever said it.
    pub fn user(&self) -> &str {
        match &*self.own_user {
            "" => USER_DEFAULT,
            user => user,
        }
    }

    /// When, in seconds since 1970, UTC.
    pub fn unix_seconds(&self) -> u64 {
        self.unix_us / 1_000_000
    }

    /// Bytes of memory that it may come to, with its share of the ring: what [`History::push`] leaves
    /// unused included. A number of the texts alone, so that all who keep the same lines count alike.
    pub(super) fn bytes(&self) -> usize {
        let place = size_of::<Self>() + size_of::<Self>() / RING_SPARE;
        let from = block(self.from.len().max(SPARE_FROM));
        let own_user = block(self.own_user.len().max(SPARE_USER));
        place + from + own_user + block(self.text.len().max(SPARE_TEXT))
    }
}

/// Bytes for which an entry's texts keep memory that they do not need, so that most lines find theirs
/// where they are put.
const SPARE_TEXT: usize = 128;
const SPARE_FROM: usize = 32;
const SPARE_USER: usize = 16;
/// The ring has places to spare for one in so many of its lines.
const RING_SPARE: usize = 4;

/// Bytes of the block that so many get on the heap: of glibc's, and about of others'.
fn block(bytes: usize) -> usize {
    (bytes + 8).next_multiple_of(16)
}

/// Puts one text in the place of another, in memory for just it, or for so much as may be to spare.
fn replace(old: &mut String, new: &str, spare: usize) {
    old.clear();
    old.shrink_to(new.len().max(spare));
    old.reserve_exact(new.len());
    old.push_str(new);
}

/// A line to be kept.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) id: MessageId,
    pub(super) unix_us: u64,
    pub(super) speech: Speech,
    pub(super) by: Option<ConnId>,
    pub(super) from: Person<'a>,
    pub(super) text: &'a str,
}

/// The last lines of one room.
#[derive(Debug, Default)]
pub(super) struct History {
    entries: VecDeque<Entry>,
    bytes: usize,
}

impl History {
    /// Keeps a line, and at most `lines_max` of them.
    pub(super) fn push(&mut self, line: &Line<'_>, lines_max: usize) {
        if lines_max == 0 {
            return;
        }
        let mut entry = Entry::default();
        while self.entries.len() >= lines_max {
            // The oldest line's memory is the newest one's.
            entry = self.pop();
        }
        entry.id = line.id;
        entry.unix_us = line.unix_us;
        entry.speech = line.speech;
        entry.by = line.by;
        entry.host = line.from.profile.host();
        replace(&mut entry.from, line.from.name, SPARE_FROM);
        replace(
            &mut entry.own_user,
            line.from.profile.own_user(),
            SPARE_USER,
        );
        replace(&mut entry.text, line.text, SPARE_TEXT);
        self.bytes += entry.bytes();
        let length = self.entries.len();
        if length == self.entries.capacity() {
            self.entries.reserve_exact(1 + length / RING_SPARE);
        }
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

    pub(super) fn find(&self, id: MessageId) -> Option<&Entry> {
        let at = self.entries.binary_search_by_key(&id, |entry| entry.id);
        self.entries.get(at.ok()?)
    }

    /// Forgets one line.
    pub(super) fn remove(&mut self, id: MessageId) {
        let at = self.entries.binary_search_by_key(&id, |entry| entry.id);
        if let Some(entry) = at.ok().and_then(|at| self.entries.remove(at)) {
            self.bytes -= entry.bytes();
        }
    }

    /// Forgets the older half.
    pub(super) fn halve(&mut self) {
        for _ in 0..self.entries.len().div_ceil(2) {
            self.pop();
        }
        self.entries.shrink_to_fit();
    }

    /// The last `count` lines, oldest first.
    pub(super) fn last(
        &self,
        count: usize,
    ) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        let from = self.entries.len().saturating_sub(count);
        self.entries.range(from..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(history: &mut History, n: u64, text: &str, lines_max: usize) {
        let line = Line {
            by: None,
            from: Person::absent("bob"),
            speech: Speech::Message,
            text,
            id: MessageId(n),
            unix_us: n * 1_000_000,
        };
        history.push(&line, lines_max);
    }

    #[test]
    fn keeps_as_many_lines_as_it_may() {
        let mut history = History::default();
        for n in 0..10 {
            push(&mut history, n, &n.to_string(), 3);
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
        let newest = history.last(1).next().unwrap();
        assert_eq!((newest.id, newest.unix_seconds()), (MessageId(9), 9));
        assert_eq!((&*newest.from, newest.user()), ("bob", "~user"));
    }

    /// What the limit on all rooms' history allowed was held three times over.
    #[test]
    fn what_is_held_was_more_than_what_was_counted() {
        let held = |history: &History| {
            let texts = |entry: &Entry| {
                let capacities = [&entry.from, &entry.own_user, &entry.text].map(String::capacity);
                let blocks = capacities.into_iter().filter(|capacity| *capacity > 0);
                blocks.map(block).sum::<usize>()
            };
            let ring = history.entries.capacity() * size_of::<Entry>();
            ring + history.entries.iter().map(texts).sum::<usize>()
        };
        let lengths = [0, 1, 127, 128, 129, 255, 256, 4096, 3, 3000, 2];
        let mut history = History::default();
        for n in 0..2000 {
            let length = lengths[n * n % lengths.len()];
            push(&mut history, n as u64, &"x".repeat(length), 300);
            if n % 700 == 699 {
                history.halve();
            }
            // One place more than a fourth, where there are few.
            let counted = history.bytes() + size_of::<Entry>();
            assert!(held(&history) <= counted, "{} {counted}", held(&history));
        }
        assert!(history.bytes() < 2 * held(&history), "nor much less");
    }

    #[test]
    fn keeps_nothing_when_told_to() {
        let mut history = History::default();
        push(&mut history, 0, "hello", 0);
        assert_eq!(history.last(9).len(), 0);
        assert_eq!(history.bytes(), 0);
    }
}
