//! The questions that are with the store: how many there may be, whose they are, and what was taken back meanwhile.
//!
//! An answer is as old as the moment at which the store has read it. What was taken back since the question was put is
//! noted here, and left out when the answer is shown.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Weak};

use super::hub::names::fold;
use super::hub::{Change, MessageId};
use crate::protocol::{ConnId, Waker};
use crate::store::{Asked, Found, Question, QuestionError, QuestionResult};

/// Questions that may wait for their answers. Each client has one at most; with more, a crowd that asks could keep
/// the answers of others away for minutes.
const QUESTIONS_MAX: usize = 64;
/// Searches among them. They take longest, and leave room for those who only go back.
const SEARCHES_MAX: usize = 32;

/// The questions of a relay.
pub(super) struct Questions {
    /// Number of those that were put so far.
    count: u64,
    /// Those whose claims are alive, by number.
    open: BTreeMap<u64, Open>,
    /// Messages and names that were taken back since the oldest of them was put.
    taken_back: Vec<TakenBack>,
    to: Sender<(u64, QuestionResult)>,
    answers: Receiver<(u64, QuestionResult)>,
    waker: Waker,
}

struct Open {
    by: ConnId,
    is_search: bool,
    /// Gone when the claim is.
    wanted: Weak<()>,
}

/// Something that was said and is to be shown no more.
#[derive(Debug)]
enum TakenBack {
    Message(MessageId),
    /// All that was said under this folded nickname before a message.
    Name(String, MessageId),
}

/// The claim to an answer. The store need not look for it once this is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    number: u64,
    /// Number of things that had been taken back before.
    taken_back: usize,
    _wanted: Arc<()>,
}

impl Claim {
    /// Returns whether it is the claim to the answer with this number.
    pub(super) fn is_for(&self, number: u64) -> bool {
        self.number == number
    }
}

impl Questions {
    pub(super) fn new() -> Self {
        let (to, answers) = channel();
        Self {
            count: 0,
            open: BTreeMap::new(),
            taken_back: Vec::new(),
            to,
            answers,
            waker: Waker::default(),
        }
    }

    /// The loop is woken by this when an answer is there.
    pub(super) fn wake_by(&mut self, waker: Waker) {
        self.waker = waker;
    }

    /// Puts a question: it is handed to the store with the way back for its answer.
    ///
    /// # Errors
    ///
    /// When too many wait already.
    pub(super) fn put(
        &mut self,
        by: ConnId,
        question: Question,
    ) -> Result<(Asked, Claim), QuestionError> {
        self.forget_unwanted();
        let is_search = matches!(question, Question::Search { .. });
        let searches = self.open.values().filter(|it| it.is_search).count();
        if self.open.len() >= QUESTIONS_MAX || (is_search && searches >= SEARCHES_MAX) {
            return Err(QuestionError::Unavailable);
        }
        self.count += 1;
        let (number, wanted) = (self.count, Arc::default());
        let open = Open {
            by,
            is_search,
            wanted: Arc::downgrade(&wanted),
        };
        self.open.insert(number, open);
        let (to, waker) = (self.to.clone(), self.waker.clone());
        let asked = Asked::new(question, number, &wanted, to, waker);
        let claim = Claim {
            number,
            taken_back: self.taken_back.len(),
            _wanted: wanted,
        };
        Ok((asked, claim))
    }

    /// Returns the next answer that has come: who asked, its number, and itself.
    pub(super) fn next_answer(&mut self) -> Option<(ConnId, u64, QuestionResult)> {
        while let Ok((number, answer)) = self.answers.try_recv() {
            if let Some(it) = self.open.get(&number) {
                return Some((it.by, number, answer));
            }
        }
        None
    }

    /// Notes what was taken back, as long as somebody waits for an answer. `next` is the number of the next message.
    pub(super) fn note(&mut self, changes: &[Change], next: MessageId) {
        if self.open.is_empty() {
            return;
        }
        for change in changes {
            match change {
                Change::Redacted { id, .. } => self.taken_back.push(TakenBack::Message(*id)),
                Change::ForgottenName { name } => {
                    self.taken_back.push(TakenBack::Name(name.clone(), next));
                }
                _ => {}
            }
        }
    }

    /// Returns whether a message was taken back since a question was put.
    pub(super) fn is_taken_back(&self, claim: &Claim, found: &Found) -> bool {
        let since = self.taken_back.get(claim.taken_back..).unwrap_or_default();
        since.iter().any(|it| match it {
            TakenBack::Message(id) => *id == found.entry.id,
            TakenBack::Name(name, next) => {
                found.entry.id < *next && fold(&found.entry.from) == *name
            }
        })
    }

    /// Forgets the questions of those who are gone or have given up, and what nobody's answer can have any more.
    fn forget_unwanted(&mut self) {
        self.open.retain(|_, it| it.wanted.strong_count() > 0);
        if self.open.is_empty() {
            self.taken_back.clear();
        }
    }
}
