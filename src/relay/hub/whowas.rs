//! The last few hundred nicknames that were given up, and the people who had them.
//!
//! ```text
//! oldest ◀── pop_front, once 500 are there           push_back ──▶ newest
//!  ┌─────┬─────┬─────┬ ─ ─ ┬─────┐
//!  │ bob │ eve │ bob │     │ ann │      one nickname may be there several times
//!  └─────┴─────┴─────┴ ─ ─ ┴─────┘
//! ```
//!
//! IRC's `WHOWAS` reads it, and so does an operator's `/unban NAME`: whoever has left, or goes by another
//! name by now, is meant by where they came from. There is no index by name: each search goes through all
//! of it, and is charged for that.

use std::collections::VecDeque;

use compact_str::CompactString;

use super::fold::fold;
use super::person::{Host, Person};
use crate::protocol::Time;

/// Nicknames that are remembered after they were given up, at most.
pub const PAST_MAX: usize = 500;

/// A person who had a nickname until leaving or taking another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// The nickname that was given up.
    pub name: CompactString,
    /// The user name.
    pub user: CompactString,
    /// The place that the person connected from.
    pub host: Host,
    /// The real name.
    pub real_name: CompactString,
    /// Time at which the nickname was given up, in seconds since 1970, UTC.
    pub unix_seconds: u64,
}

#[derive(Debug)]
pub(super) struct Pasts {
    /// The people, each with the folded nickname, oldest first. Short strings are kept in place:
    /// hundreds of small allocations that are made while a crowd leaves would keep the crowd's heap from
    /// shrinking.
    entries: VecDeque<(CompactString, Past)>,
}

impl Default for Pasts {
    fn default() -> Self {
        Self {
            // Allocated as a whole and early, so that it lies below the memory that a crowd frees.
            entries: VecDeque::with_capacity(PAST_MAX),
        }
    }
}

impl Pasts {
    /// Number of nicknames that are remembered.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Remembers a nickname that is given up. `folded` is the nickname as names are compared.
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

    /// Returns everyone who had this nickname, the latest first.
    pub(super) fn called(&self, name: &str) -> impl Iterator<Item = &Past> {
        let name = fold(name);
        let entries = self.entries.iter().rev();
        entries.filter_map(move |(folded, past)| (*folded == *name).then_some(past))
    }
}
