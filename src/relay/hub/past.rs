//! Who was here: the last few hundred names that were given up.

use std::collections::VecDeque;

use compact_str::CompactString;

use super::fold::fold;
use super::person::{Host, Person};
use crate::protocol::Time;

/// Names that were given up and are remembered, at most.
pub const PAST_MAX: usize = 500;

/// Someone who was called something, until they left or took another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// What they were called.
    pub name: CompactString,
    /// Their user name.
    pub user: CompactString,
    /// Where they came from.
    pub host: Host,
    /// Their real name.
    pub real_name: CompactString,
    /// When they gave the name up, in seconds since 1970, UTC.
    pub unix_seconds: u64,
}

#[derive(Debug)]
pub(super) struct Pasts {
    /// Each with its folded name, oldest first. Short strings are kept in place: hundreds of small
    /// allocations, made while a crowd leaves, would hold on to the heap that it leaves behind.
    entries: VecDeque<(CompactString, Past)>,
}

impl Default for Pasts {
    fn default() -> Self {
        Self {
            // All at once and early, so that it lies below what a crowd leaves behind.
            entries: VecDeque::with_capacity(PAST_MAX),
        }
    }
}

impl Pasts {
    /// Names that are known.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// `folded` is the name, as names are compared.
    pub(super) fn note(&mut self, person: Person<'_>, folded: &str, now: Time) {
        if self.entries.len() == PAST_MAX {
            self.entries.pop_front();
        }
        let past = Past {
            name: person.name.into(),
            user: person.profile.user().into(),
            host: person.profile.host(),
            real_name: person.real_name().into(),
            unix_seconds: now.unix_seconds(),
        };
        self.entries.push_back((folded.into(), past));
    }

    /// Everyone who was called so, the latest first.
    pub(super) fn called(&self, name: &str) -> impl Iterator<Item = &Past> {
        let name = fold(name);
        let entries = self.entries.iter().rev();
        entries.filter_map(move |(folded, past)| (*folded == *name).then_some(past))
    }
}
