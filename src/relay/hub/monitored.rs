//! The nicknames that are watched, and the clients that watch each.
//!
//! Nicknames are compared folded and not by their looks: whoever waits for `bob` is not told of `b0b`. A name
//! may be watched that nobody has had yet.

use std::collections::BTreeMap;

use super::fold::fold;
use crate::protocol::ConnId;

/// A nickname that a client watches.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    /// The nickname in the client's spelling.
    pub(super) name: Box<str>,
    pub(super) folded: Box<str>,
}

/// The clients that watch each nickname, by its folded form.
#[derive(Debug, Default)]
pub(super) struct Watch(BTreeMap<Box<str>, Vec<ConnId>>);

impl Watch {
    pub(super) fn add(&mut self, id: ConnId, folded: String) {
        self.0.entry(folded.into()).or_default().push(id);
    }

    pub(super) fn forget(&mut self, id: ConnId, folded: &str) {
        if let Some(watchers) = self.0.get_mut(folded) {
            watchers.retain(|other| *other != id);
            if watchers.is_empty() {
                self.0.remove(folded);
            }
        }
    }

    /// Returns the clients that watch this nickname. It is asked for each nickname that comes or goes, so
    /// where nobody watches, no name is folded.
    pub(super) fn of(&self, name: &str) -> &[ConnId] {
        match self.0.is_empty() {
            true => &[],
            false => self.0.get(&*fold(name)).map_or(&[], Vec::as_slice),
        }
    }
}
