//! The rooms without members, in the order in which they became empty, and the one that goes when there are too many.

use std::collections::{BTreeMap, BTreeSet};

use super::person::Host;
use crate::protocol::Monotonic;

/// Empty rooms that one host may leave, where an eighth of the limit is less.
const SHARE: usize = 8;

/// An empty room: the time since which it has been empty, and its index.
type Entry = (Monotonic, usize);

/// The empty rooms. Each is here twice if a host has made it: among all, and among those of the host.
#[derive(Debug, Default)]
pub(super) struct EmptyRooms {
    all: BTreeSet<Entry>,
    by_host: BTreeMap<Host, BTreeSet<Entry>>,
}

impl EmptyRooms {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Returns the room that has been empty longest.
    pub(super) fn oldest(&self) -> Option<Entry> {
        self.all.first().copied()
    }

    /// Adds a room that was made from a host, or by the server.
    pub(super) fn add(&mut self, entry: Entry, made_by: Option<Host>) {
        self.all.insert(entry);
        if let Some(host) = made_by {
            self.by_host.entry(host).or_default().insert(entry);
        }
    }

    pub(super) fn remove(&mut self, entry: Entry, made_by: Option<Host>) {
        self.all.remove(&entry);
        if let Some(host) = made_by
            && let Some(own) = self.by_host.get_mut(&host)
        {
            own.remove(&entry);
            if own.is_empty() {
                self.by_host.remove(&host);
            }
        }
    }

    /// Returns the room that goes for one from this host that has just become empty, if there are more than `max`:
    /// the one empty longest of all; or of those from the same host, if that has more than its share. Otherwise one
    /// guest who makes a thousand rooms and leaves them would have those of all others forgotten, with all that was
    /// said in them.
    pub(super) fn to_forget(&self, made_by: Option<Host>, max: usize) -> Option<usize> {
        if self.all.len() <= max {
            return None;
        }
        let own = made_by.and_then(|host| self.by_host.get(&host));
        let own = own.filter(|own| own.len() > SHARE.max(max / 8));
        let (_, room) = own.unwrap_or(&self.all).first()?;
        Some(*room)
    }
}
