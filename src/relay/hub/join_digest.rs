//! Joins and departures in a full room, which are announced together.
//!
//! Announced one by one, ten thousand people arriving would cause fifty million lines.
//!
//! ```text
//! told_at        told_at + every                          (1 s by default)
//!    │  +bob        │
//!    ▼  noted       ▼
//! ───●───────●──●───●──────▶ time
//!  +ann    +carl -bob   "+bob, carl; -bob"
//! ```
//!
//! A join and a departure of the same client are both told, and not cancelled out: each is announced exactly
//! once, which a test counts. There is one tally for each direction, and 20 names in each, so what a
//! room holds back is bounded.

use std::time::Duration;

use super::roster::{NAMES_SHOWN_MAX, Names};
use crate::protocol::{Monotonic, Time};

/// The joins and departures that a room has yet to announce.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    /// Time of the last announcement that was made under these rules. It stays while more is noted, so what
    /// is pending has one deadline, however much comes in.
    told_at: Option<Monotonic>,
    joined: Tally,
    left: Tally,
}

/// People who entered or who left: the first by nickname, the rest counted.
#[derive(Debug, Default)]
struct Tally {
    names: Vec<Box<str>>,
    others: usize,
}

impl Gathering {
    /// Returns whether anything is to be announced. The names tell, as the first is always kept by name.
    pub(super) fn is_pending(&self) -> bool {
        !self.joined.names.is_empty() || !self.left.names.is_empty()
    }

    /// Returns the time at which a join or departure is to be announced together with others; none if it
    /// is to be announced at once.
    pub(super) fn later(&mut self, now: Time, every: Duration) -> Option<Monotonic> {
        let next = self.told_at.map_or(now.monotonic(), |at| at + every);
        if next <= now && !self.is_pending() {
            self.told_at = Some(now.monotonic());
            return None;
        }
        Some(next)
    }

    /// Notes a join or departure that is to be announced later.
    pub(super) fn note(&mut self, is_out: bool, name: &str) {
        let tally = match is_out {
            false => &mut self.joined,
            true => &mut self.left,
        };
        if tally.names.len() < NAMES_SHOWN_MAX {
            tally.names.push(name.into());
        } else {
            tally.others += 1;
        }
    }

    pub(super) fn joined(&self) -> Names<'_> {
        self.joined.names()
    }

    pub(super) fn left(&self) -> Names<'_> {
        self.left.names()
    }

    /// Forgets all joins and departures, because they have been announced.
    pub(super) fn told(&mut self, now: Time) {
        *self = Self {
            told_at: Some(now.monotonic()),
            ..Self::default()
        };
    }
}

impl Tally {
    fn names(&self) -> Names<'_> {
        Names {
            names: self.names.iter().map(AsRef::as_ref).collect(),
            others: self.others,
            listeners: 0,
        }
    }
}
