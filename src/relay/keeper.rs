//! A store, and what goes between it and the hub: once at the start in one direction, then in the other.

use super::hub::{Change, Hub};
use crate::protocol::Time;
use crate::store::{LoadLimits, Saved, Store, StoreError};

/// The store of a relay.
pub(super) struct Keeper {
    store: Box<dyn Store + Send>,
    /// The rooms that were read, until the time at which the chat begins is known.
    saved: Option<Saved>,
    /// Room for the changes of one turn.
    changes: Vec<Change>,
}

impl Keeper {
    /// Reads what the store has kept.
    pub(super) fn load(
        mut store: impl Store + Send + 'static,
        limits: LoadLimits,
    ) -> Result<Self, StoreError> {
        let saved = store.load(limits)?;
        Ok(Self {
            store: Box::new(store),
            saved: Some(saved),
            changes: Vec::new(),
        })
    }

    /// The seed of the chat that was kept: its bans and operators mean nobody with another one.
    pub(super) fn seed(&self) -> Option<u64> {
        self.saved.as_ref()?.seed
    }

    /// Puts what was kept into the hub, and asks for changes from then on.
    pub(super) fn restore(&mut self, hub: &mut Hub, now: Time) {
        let Some(saved) = self.saved.take() else {
            return;
        };
        for (record, history) in saved.rooms {
            hub.restore(record, history, now);
        }
        hub.continue_from(saved.next_id);
        hub.begin_journal();
    }

    /// Hands what has changed since the last time to the store.
    pub(super) fn keep(&mut self, hub: &mut Hub) {
        hub.take_changes(&mut self.changes);
        if self.store.has_lost_track() {
            hub.tell_all_rooms(&mut self.changes);
        }
        if !self.changes.is_empty() {
            self.store.keep(&mut self.changes);
            self.changes.clear();
        }
    }
}
