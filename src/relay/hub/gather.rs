//! Comings and goings of a full room, told together.
//!
//! Announced one by one, ten thousand people arriving would cause fifty million lines.

use std::time::Duration;

use super::roster::{NAMES_SHOWN_MAX, Names};
use crate::protocol::{Moment, Time};

/// What a room has yet to tell.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    /// When something was last told under these rules.
    told_at: Option<Moment>,
    joined: Tally,
    left: Tally,
}

/// Everyone counted once; the first of them by name.
#[derive(Debug, Default)]
struct Tally {
    names: Vec<Box<str>>,
    others: usize,
}

impl Gathering {
    pub(super) fn is_pending(&self) -> bool {
        !self.joined.names.is_empty() || !self.left.names.is_empty()
    }

    /// When to tell of someone's coming or going, together with others; none: at once.
    pub(super) fn later(&mut self, now: Time, every: Duration) -> Option<Moment> {
        let next = self.told_at.map_or(now.moment(), |at| at + every);
        if next <= now && !self.is_pending() {
            self.told_at = Some(now.moment());
            return None;
        }
        Some(next)
    }

    /// Notes someone's coming or going, to be told later.
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

    /// All that was noted has been told.
    pub(super) fn told(&mut self, now: Time) {
        *self = Self {
            told_at: Some(now.moment()),
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
