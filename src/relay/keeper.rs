//! A store, and what goes between it and the hub: once at the start in one direction, then in the other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::hub::{Change, Hub};
use crate::protocol::{ConnId, Time, Waker};
use crate::store::{
    Abilities, Asked, LoadLimits, Question, QuestionError, QuestionResult, Saved, Store, StoreError,
};

/// Questions that may wait for their answers. Each client has one at most; with more, a crowd that asks could keep
/// the answers of others away for minutes.
const QUESTIONS_MAX: usize = 64;

/// The store of a relay.
pub(super) struct Keeper {
    store: Box<dyn Store + Send>,
    abilities: Abilities,
    /// The rooms that were read, until the time at which the chat begins is known.
    saved: Option<Saved>,
    /// Room for the changes of one turn.
    changes: Vec<Change>,
    /// Number of questions that were asked so far.
    asked: u64,
    /// Those that wait for their answers, by number, with who asked.
    waiting: BTreeMap<u64, ConnId>,
    to: Sender<(u64, QuestionResult)>,
    answers: Receiver<(u64, QuestionResult)>,
    waker: Waker,
}

/// The claim to an answer. The store need not look for it once this is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    number: u64,
    _wanted: Arc<()>,
}

impl Claim {
    /// Returns whether it is the claim to the answer with this number.
    pub(super) fn is_for(&self, number: u64) -> bool {
        self.number == number
    }
}

impl Keeper {
    /// Reads what the store has kept.
    pub(super) fn load(
        mut store: impl Store + Send + 'static,
        limits: LoadLimits,
    ) -> Result<Self, StoreError> {
        let saved = store.load(limits)?;
        let (to, answers) = channel();
        Ok(Self {
            abilities: store.abilities(),
            store: Box::new(store),
            saved: Some(saved),
            changes: Vec::new(),
            asked: 0,
            waiting: BTreeMap::new(),
            to,
            answers,
            waker: Waker::default(),
        })
    }

    /// The loop is woken by this when an answer is there.
    pub(super) fn wake_by(&mut self, waker: Waker) {
        self.waker = waker;
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
        if self.waiting.len() >= QUESTIONS_MAX {
            return Err(QuestionError::Unavailable);
        }
        self.keep(hub);
        self.asked += 1;
        let (number, wanted) = (self.asked, Arc::default());
        let (to, waker) = (self.to.clone(), self.waker.clone());
        self.waiting.insert(number, id);
        let asked = Asked::new(question, number, &wanted, to, waker);
        self.store.ask(asked);
        Ok(Claim {
            number,
            _wanted: wanted,
        })
    }

    /// Returns the next answer that has come: who asked, its number, and itself.
    pub(super) fn next_answer(&mut self) -> Option<(ConnId, u64, QuestionResult)> {
        while let Ok((number, answer)) = self.answers.try_recv() {
            if let Some(id) = self.waiting.remove(&number) {
                return Some((id, number, answer));
            }
        }
        None
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
