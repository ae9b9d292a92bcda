//! The messages said in a room, kept for clients that enter later: a ring that reuses its memory.
//!
//! Ids rise from the oldest entry to the newest, and removing one keeps the order, so an entry is found by
//! halving. Times rise as well: a page of history by time is a range.
//!
//! The bytes that are counted are the memory, not the texts. With the texts alone, a history of 16 MiB held
//! 155 MiB of one-letter lines: spare places of the ring, what the allocator adds to each text, and the
//! capacity of longer lines from before were not counted. So the spare memory is bounded, and its bound is
//! counted as if it were in use; the number depends on the texts alone and is the same on every machine.

use std::collections::VecDeque;

use super::fold::fold;
use super::person::{Host, Person, USER_DEFAULT};
use super::terms::Speech;
use crate::protocol::ConnId;

/// The number of a message among all messages since the server began. Later messages have larger
/// numbers. After a restart without a [store](crate::store) numbers begin anew, so a program that keeps them
/// must keep the times as well: a number alone once took back another message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub u64);

/// A message that is kept. It has all that is shown of its sender, since the sender may be gone, or be called
/// something else, when it is read.
///
/// # Examples
///
/// ```
/// use parloir::relay::hub::{Entry, MessageId};
///
/// let entry = Entry {
///     id: MessageId(3),
///     unix_us: 1_700_000_000_250_000,
///     from: "bob".to_owned(),
///     text: "hello".to_owned(),
///     ..Entry::default()
/// };
/// assert_eq!((entry.user(), entry.unix_seconds()), ("~user", 1_700_000_000));
/// assert!(entry.id < MessageId(4));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The id of the message.
    pub id: MessageId,
    /// Time at which the message was said, in microseconds since 1970, UTC.
    pub unix_us: u64,
    /// The manner of speaking: a message, an action or a notice.
    pub speech: Speech,
    /// The connection of the sender; none if the host program said the message. The connection, and not the
    /// nickname, is what may take the message back, because a name proves nothing.
    pub by: Option<ConnId>,
    /// The nickname of the sender.
    pub from: String,
    /// The place that the sender connected from.
    pub host: Host,
    /// The user name that the sender gave; empty if none: see [`Self::user`].
    pub own_user: String,
    /// The text, in one line or in several with LF between them.
    pub text: String,
}

impl Entry {
    /// Returns the sender's user name.
    pub fn user(&self) -> &str {
        match &*self.own_user {
            "" => USER_DEFAULT,
            user => user,
        }
    }

    /// Time at which the message was said, in seconds since 1970, UTC.
    pub fn unix_seconds(&self) -> u64 {
        self.unix_us / 1_000_000
    }

    /// Bytes of memory that the entry may take at most while the hub keeps it, with its share of the ring and
    /// the memory that is left unused for a longer text. The number depends on the texts alone, so that all
    /// hubs that keep the same lines count the same.
    pub fn bytes(&self) -> usize {
        let place = size_of::<Self>() + size_of::<Self>() / RING_SPARE;
        let from = block(self.from.len().max(SPARE_FROM));
        let own_user = block(self.own_user.len().max(SPARE_USER));
        place + from + own_user + block(self.text.len().max(SPARE_TEXT))
    }
}

/// Bytes of memory that each text of an entry may keep even if it is shorter, so that most lines fit
/// into the memory of the line that they replace.
const SPARE_TEXT: usize = 128;
const SPARE_FROM: usize = 32;
const SPARE_USER: usize = 16;
/// The ring has one spare place for this many lines: it grows by a fourth and not by doubling, so that what
/// it may have to spare is little enough to be counted for each line.
const RING_SPARE: usize = 4;

/// Bytes of the heap block that an allocation of this size gets: exact for glibc, and about right for
/// other allocators.
fn block(bytes: usize) -> usize {
    (bytes + 8).next_multiple_of(16)
}

/// Replaces a text by another, in memory of the exact size, or of up to `spare` bytes that is there
/// already.
fn replace(old: &mut String, new: &str, spare: usize) {
    old.clear();
    old.shrink_to(new.len().max(spare));
    old.reserve_exact(new.len());
    old.push_str(new);
}

/// A line to be kept.
#[derive(Debug)]
pub(super) struct NewEntry<'a> {
    pub(super) id: MessageId,
    pub(super) unix_us: u64,
    pub(super) speech: Speech,
    pub(super) by: Option<ConnId>,
    pub(super) from: Person<'a>,
    pub(super) text: &'a str,
}

impl NewEntry<'_> {
    /// Returns the line as a message that is kept.
    pub(super) fn entry(&self) -> Entry {
        Entry {
            id: self.id,
            unix_us: self.unix_us,
            speech: self.speech,
            by: self.by,
            from: self.from.name.to_owned(),
            host: self.from.profile.host(),
            own_user: self.from.profile.own_user().to_owned(),
            text: self.text.to_owned(),
        }
    }
}

/// The last lines of one room or one conversation.
#[derive(Debug, Default)]
pub(super) struct History {
    entries: VecDeque<Entry>,
    bytes: usize,
    /// There may be older messages, which are kept elsewhere.
    is_cut: bool,
}

impl History {
    /// Keeps a line, and drops the oldest ones beyond `lines_max`.
    pub(super) fn push(&mut self, line: &NewEntry<'_>, lines_max: usize) {
        if lines_max == 0 {
            return;
        }
        let mut entry = Entry::default();
        while self.entries.len() >= lines_max {
            // The newest line reuses the memory of the oldest.
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

    /// Keeps a line from before a restart.
    pub(super) fn restore(&mut self, entry: Entry, lines_max: usize) {
        if self.entries.len() < lines_max {
            self.bytes += entry.bytes();
            self.entries.push_back(entry);
        }
    }

    /// Returns whether there may be older messages, which are kept elsewhere.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Notes that there may be older messages.
    pub(super) fn note_cut(&mut self) {
        self.is_cut = true;
    }

    fn pop(&mut self) -> Entry {
        self.is_cut = true;
        let entry = self.entries.pop_front().unwrap_or_default();
        self.bytes = self.bytes.saturating_sub(entry.bytes());
        entry
    }

    /// Bytes of memory that the lines take, about.
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

    /// Forgets the lines that were said under a folded nickname. Returns them.
    pub(super) fn remove_name(&mut self, folded: &str) -> Vec<Entry> {
        let is_of = |entry: &Entry| fold(&entry.from) == folded;
        let removed: Vec<_> = self
            .entries
            .iter()
            .filter(|it| is_of(it))
            .cloned()
            .collect();
        self.entries.retain(|it| !is_of(it));
        self.bytes -= removed.iter().map(Entry::bytes).sum::<usize>();
        removed
    }

    /// Forgets the older half. A line at a time would have the room that is largest looked for with each line
    /// that is said, once the limit is reached.
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
        let line = NewEntry {
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

    /// The memory in use was three times the limit on the history of all rooms.
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
            // With few lines, the ring has one spare place more than a quarter.
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
