//! Part of what was said in a room: which messages a question about the past means.
//!
//! The last messages of a room are in its [history](super::RoomView::history); older ones may be in a
//! [store](crate::store), which is asked with the same [`Selection`]. What the store answers and what the hub has
//! overlap, so the selection is made again among both together.

use super::history::{Entry, MessageId};

/// A room, as a store knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveKey {
    /// The [folded](super::names::fold) name.
    pub room: String,
    /// The number from which on messages are of this room. Older ones are of a room of the same name that is
    /// gone, and for nobody in this one; a store may still have them for a moment.
    pub first_id: MessageId,
}

/// A place between messages, or one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A message.
    Id(MessageId),
    /// A moment, in milliseconds since 1970: no finer than what clients are told.
    Time(u64),
}

/// The messages that are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// The last ones, behind something if that is given.
    Latest(Option<Reference>),
    /// Those before something.
    Before(Reference),
    /// Those behind something.
    After(Reference),
    /// Those between one thing and another, counted from the first.
    Between(Reference, Reference),
    /// Those on both sides of something.
    Around(Reference),
}

impl Reference {
    fn is_before(self, entry: &Entry) -> bool {
        match self {
            Self::Id(id) => id < entry.id,
            Self::Time(ms) => ms < entry.unix_us / 1000,
        }
    }

    fn is_behind(self, entry: &Entry) -> bool {
        match self {
            Self::Id(id) => id > entry.id,
            Self::Time(ms) => ms > entry.unix_us / 1000,
        }
    }

    /// Returns whether one place is not behind another; none if they are of different kinds, which only the
    /// entries can tell.
    fn is_not_behind(self, other: Self) -> Option<bool> {
        match (self, other) {
            (Self::Id(one), Self::Id(other)) => Some(one <= other),
            (Self::Time(one), Self::Time(other)) => Some(one <= other),
            _ => None,
        }
    }
}

impl Selection {
    /// The messages meant, of all there are, oldest first; bounds are not among them. A limit counts from the
    /// side on which the question begins: the newest of those before something, the oldest of those behind
    /// it.
    pub fn of<'e>(self, entries: &[&'e Entry], limit: usize) -> Vec<&'e Entry> {
        let last = |entries: &[&'e Entry]| entries[entries.len().saturating_sub(limit)..].to_vec();
        let first = |entries: &[&'e Entry]| entries[..entries.len().min(limit)].to_vec();
        let behind = |it: Reference| entries.partition_point(|entry| !it.is_before(entry));
        let before = |it: Reference| entries.partition_point(|entry| it.is_behind(entry));
        match self {
            Self::Latest(None) => last(entries),
            Self::Latest(Some(it)) => last(&entries[behind(it)..]),
            Self::Before(it) => last(&entries[..before(it)]),
            Self::After(it) => first(&entries[behind(it)..]),
            Self::Between(one, other) => {
                // Between two places is counted from the first that is named, which may be the later one.
                let is_forwards = one
                    .is_not_behind(other)
                    .unwrap_or(before(one) <= before(other));
                let (from, to) = if is_forwards {
                    (one, other)
                } else {
                    (other, one)
                };
                let (from, to) = (behind(from), before(to));
                let between = entries.get(from..to).unwrap_or_default();
                if is_forwards {
                    first(between)
                } else {
                    last(between)
                }
            }
            Self::Around(it) => {
                let middle = before(it);
                let from = middle.saturating_sub(limit / 2);
                let to = (from + limit).min(entries.len());
                entries[to.saturating_sub(limit)..to].to_vec()
            }
        }
    }

    /// Returns whether messages from before all of these could be meant as well.
    pub fn reaches_before(self, entries: &[&Entry], limit: usize) -> bool {
        let is_before_all = |it: Reference| entries.first().is_none_or(|first| it.is_before(first));
        let is_short = || self.of(entries, limit).len() < limit;
        match self {
            _ if limit == 0 => false,
            Self::Latest(None) | Self::Before(_) => is_short(),
            Self::Latest(Some(it)) => is_before_all(it) && is_short(),
            Self::After(it) => is_before_all(it),
            Self::Between(one, other) => is_before_all(one) || is_before_all(other),
            Self::Around(it) => {
                let before = entries.partition_point(|entry| it.is_behind(entry));
                let behind = entries.len() - before;
                let wanted = (limit / 2).max(limit.saturating_sub(behind));
                before < wanted || is_before_all(it)
            }
        }
    }
}
