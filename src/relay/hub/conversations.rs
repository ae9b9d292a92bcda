//! The private messages between two people, kept as long as both are connected.
//!
//! A conversation belongs to the two connections: a client that takes one of the nicknames later sees
//! nothing of it.
//!
//! ```text
//! kept:     {ann, bob} ──▶ lines, last id 7          {ann, eve} ──▶ lines, last id 9
//! partners: (ann, bob) (ann, eve) (bob, ann) (eve, ann)
//! by_age:   7 ──▶ {ann, bob}     9 ──▶ {ann, eve}
//! ```
//!
//! The three tables have the same pairs, each pair twice in `partners` and once in `by_age`, under the id of
//! its last message. Only `keep` and `forget` change them, together.
//!
//! They exist for programs that ask for the past of a conversation (IRC's `CHATHISTORY` of a nickname): a
//! client that reconnected its window lost the half of it that it had not drawn. Line clients cannot ask, so
//! a conversation without a program is not kept (`messaging.rs`).

use std::collections::{BTreeMap, BTreeSet};

use super::history::{Entry, History, MessageId, NewEntry};
use crate::protocol::ConnId;

/// Lines of one conversation that are kept, at most.
pub const CONVERSATION_LINES_MAX: usize = 100;

/// The share of the memory for history that conversations may take: one part in so many. Beyond it, the
/// conversation that has been silent longest is dropped.
const SHARE: usize = 8;

#[derive(Debug, Default)]
pub(super) struct Conversations {
    kept: BTreeMap<Pair, Conversation>,
    /// Each pair of partners, in both orders, so that those of one client are a range.
    partners: BTreeSet<(ConnId, ConnId)>,
    /// Each pair, by the id of its last message. Ids rise and are never used twice, so they are a clock that
    /// tells any two conversations apart.
    by_age: BTreeMap<MessageId, Pair>,
    /// Bytes of all lines, for the [share](SHARE).
    bytes: usize,
}

#[derive(Debug, Default)]
struct Conversation {
    history: History,
    last: MessageId,
    said_us: u64,
}

/// The two connections of a conversation, in an order that does not depend on who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Pair(ConnId, ConnId);

impl Pair {
    fn of(one: ConnId, other: ConnId) -> Self {
        Self(one.min(other), one.max(other))
    }
}

impl Conversations {
    /// Time of the last message between two connections, in microseconds since 1970.
    pub(super) fn said_us(&self, one: ConnId, other: ConnId) -> u64 {
        let kept = self.kept.get(&Pair::of(one, other));
        kept.map_or(0, |it| it.said_us)
    }

    /// Keeps a message, within a share of the bytes that all history may take.
    pub(super) fn keep(&mut self, to: ConnId, line: &NewEntry<'_>, history_bytes_max: usize) {
        // Messages of a client to itself have no other side to be kept for.
        let Some(by) = line.by.filter(|by| *by != to) else {
            return;
        };
        let pair = Pair::of(by, to);
        self.partners.extend([(by, to), (to, by)]);
        let it = self.kept.entry(pair).or_default();
        self.by_age.remove(&it.last);
        self.by_age.insert(line.id, pair);
        (it.last, it.said_us) = (line.id, line.unix_us);
        self.bytes -= it.history.bytes();
        it.history.push(line, CONVERSATION_LINES_MAX);
        self.bytes += it.history.bytes();
        // Whole conversations go, the one that has been silent longest first; the one that was just written
        // to goes only if it is too large by itself.
        while self.bytes > history_bytes_max / SHARE {
            let Some((_, oldest)) = self.by_age.pop_first() else {
                return;
            };
            self.forget(oldest);
        }
    }

    /// Drops all conversations of a client that has left.
    pub(super) fn forget_all_of(&mut self, id: ConnId) {
        for partner in self.partners_of(id).collect::<Vec<_>>() {
            self.forget(Pair::of(id, partner));
        }
    }

    /// Drops all messages that were said under a folded nickname.
    pub(super) fn forget_name(&mut self, folded: &str) {
        for it in self.kept.values_mut() {
            self.bytes -= it.history.bytes();
            it.history.remove_name(folded);
            self.bytes += it.history.bytes();
        }
    }

    fn forget(&mut self, pair: Pair) {
        if let Some(it) = self.kept.remove(&pair) {
            self.bytes -= it.history.bytes();
            self.by_age.remove(&it.last);
        }
        self.partners.remove(&(pair.0, pair.1));
        self.partners.remove(&(pair.1, pair.0));
    }

    /// Returns each conversation with its two connections, the oldest line first.
    pub(super) fn iter(
        &self,
    ) -> impl Iterator<Item = ((ConnId, ConnId), impl Iterator<Item = &Entry>)> {
        self.kept
            .iter()
            .map(|(pair, it)| ((pair.0, pair.1), it.history.last(usize::MAX)))
    }

    /// Returns the messages between two connections, oldest first.
    pub(super) fn between(
        &self,
        one: ConnId,
        other: ConnId,
    ) -> impl DoubleEndedIterator<Item = &Entry> {
        let kept = self.kept.get(&Pair::of(one, other));
        kept.into_iter().flat_map(|it| it.history.last(usize::MAX))
    }

    pub(super) fn partners_of(&self, id: ConnId) -> impl Iterator<Item = ConnId> {
        let first = ConnId::new(0, 0);
        let from_here = self.partners.range((id, first)..);
        let of_id = from_here.take_while(move |(one, _)| *one == id);
        of_id.map(|(_, other)| *other)
    }
}

#[cfg(test)]
mod tests {
    use super::super::person::Person;
    use super::super::terms::Speech;
    use super::*;

    fn id(n: u32) -> ConnId {
        ConnId::new(n, 1)
    }

    fn keep(it: &mut Conversations, n: u64, by: u32, to: u32, bytes_max: usize) {
        let line = NewEntry {
            id: MessageId(n),
            unix_us: n,
            speech: Speech::Message,
            by: Some(id(by)),
            from: Person::absent("bob"),
            text: "hello",
        };
        it.keep(id(to), &line, bytes_max);
    }

    fn partners(it: &Conversations, n: u32) -> Vec<usize> {
        it.partners_of(id(n)).map(ConnId::index).collect()
    }

    #[test]
    fn a_conversation_is_that_of_two_and_goes_with_either() {
        let mut it = Conversations::default();
        for (n, by, to) in [(1, 1, 2), (2, 2, 1), (3, 3, 1), (4, 4, 4), (5, 2, 3)] {
            keep(&mut it, n, by, to, 1 << 20);
        }
        assert_eq!(partners(&it, 1), [2, 3]);
        assert_eq!(partners(&it, 2), [1, 3]);
        assert!(
            partners(&it, 4).is_empty(),
            "nobody keeps what is said to oneself"
        );
        assert_eq!(it.said_us(id(1), id(2)), 2);
        it.forget_all_of(id(1));
        assert_eq!(partners(&it, 2), [3]);
        assert_eq!(it.said_us(id(1), id(2)), 0);
        it.forget_all_of(id(3));
        assert!(it.kept.is_empty() && it.partners.is_empty() && it.by_age.is_empty());
        assert_eq!(it.bytes, 0);
    }

    #[test]
    fn the_one_that_has_been_silent_longest_goes_first() {
        let mut it = Conversations::default();
        keep(&mut it, 1, 1, 2, 1 << 20);
        let one = it.bytes;
        let max = SHARE * 3 * one;
        for (n, to) in [(2, 3), (3, 4), (4, 2), (5, 5)] {
            keep(&mut it, n, 1, to, max);
            assert!(it.bytes <= max / SHARE);
        }
        // Two lines remain with 2, whose conversation went on, and one with 5.
        assert_eq!(partners(&it, 1), [2, 5]);
        // A line that is too large by itself is not kept either.
        keep(&mut it, 6, 1, 6, SHARE);
        assert!(it.kept.is_empty());
    }

    #[test]
    fn so_many_lines_are_kept() {
        let mut it = Conversations::default();
        for n in 0..250 {
            keep(&mut it, n, 1 + n as u32 % 2, 2 - n as u32 % 2, 1 << 30);
        }
        let kept = &it.kept[&Pair::of(id(1), id(2))];
        assert_eq!(kept.history.last(usize::MAX).len(), CONVERSATION_LINES_MAX);
    }
}
