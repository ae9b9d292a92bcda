//! A store, and what goes between it and the hub: once at the start in one direction, then in the other.

use super::hub::{Change, Hub};
use super::questions::{Claim, Questions};
use crate::protocol::{ConnId, Time};
use crate::store::{Abilities, LoadLimits, Question, QuestionError, Saved, Store, StoreError};

/// The store of a relay.
pub(super) struct Keeper {
    store: Box<dyn Store + Send>,
    abilities: Abilities,
    /// The rooms that were read, until the time at which the chat begins is known.
    saved: Option<Saved>,
    /// Room for the changes of one turn.
    changes: Vec<Change>,
    pub(super) questions: Questions,
}

impl Keeper {
    /// Reads what the store has kept.
    pub(super) fn load(
        mut store: impl Store + Send + 'static,
        limits: LoadLimits,
    ) -> Result<Self, StoreError> {
        let saved = store.load(limits)?;
        Ok(Self {
            abilities: store.abilities(),
            store: Box::new(store),
            saved: Some(saved),
            changes: Vec::new(),
            questions: Questions::new(),
        })
    }

    /// The kinds of questions that the store answers.
    pub(super) fn abilities(&self) -> Abilities {
        self.abilities
    }

    /// Returns whether changes are not kept now.
    pub(super) fn is_failing(&self) -> bool {
        self.store.is_failing()
    }

    /// Asks the store for somebody, behind all changes so far.
    ///
    /// # Errors
    ///
    /// When too many questions wait already.
    pub(super) fn ask(
        &mut self,
        hub: &mut Hub,
        id: ConnId,
        question: Question,
    ) -> Result<Claim, QuestionError> {
        self.keep(hub);
        let (asked, claim) = self.questions.put(id, question)?;
        self.store.ask(asked);
        Ok(claim)
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
        self.questions.note(&self.changes, hub.next_message());
        if !self.changes.is_empty() {
            self.store.keep(&mut self.changes);
            self.changes.clear();
        }
    }
}
