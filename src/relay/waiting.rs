//! Connections whose last line has not come about yet: they wait for their place in an order, or for the store.
//!
//! A connection that waits has an entry here, and none of its lines is taken. Where nothing is delayed and nobody asks
//! for what is on a disk, the table is empty; so it is not in the sessions, of which there are thousands.

use super::context::{Chat, Context};
use super::hub::Hub;
use super::keeper::Keeper;
use super::past::PastQuestion;
use super::pending::Pending;
use super::questions::Claim;
use crate::protocol::{ConnId, Demand, Output, Time, Waker};
use crate::store::QuestionError;

/// The beginning of a call for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// A new turn, with a full share.
    Begins,
    /// The outcomes are there, and the turn goes on in which the connection began to wait.
    GoesOn,
    /// The outcome that the connection waits for is still to come. None of its lines may be taken.
    Waits(Demand),
}

impl Chat {
    /// The loop is woken by this when the store has answered.
    pub(super) fn wake_by(&mut self, waker: Waker) {
        if let Some(keeper) = &mut self.keeper {
            keeper.questions.wake_by(waker);
        }
    }

    /// Notes the answers of the store, and has each connection served that has waited for one: whoever takes an answer
    /// takes those of others as well, and nobody is woken for them again.
    pub(super) fn take_answers(&mut self, out: &mut impl Output) {
        let Some(keeper) = &mut self.keeper else {
            return;
        };
        while let Some((id, number, answer)) = keeper.questions.next_answer() {
            if let Some(pending) = self.waiting.get_mut(&id) {
                pending.note_answer(number, answer);
                out.resume(id);
            }
        }
    }

    /// Puts the question of a connection again, if messages have left the hub's memory since it was put that its answer
    /// does not have. Returns whether it did.
    fn ask_again(&mut self, id: ConnId, now: Time) -> bool {
        let (Some(pending), Some(keeper)) = (self.waiting.get_mut(&id), &mut self.keeper) else {
            return false;
        };
        if !pending.lacks_some(&self.hub) {
            return false;
        }
        pending.hand_over(now, |asked| hand_to(keeper, &mut self.hub, id, asked));
        !pending.is_answered()
    }

    /// Lets the actions of a line take effect so many turns later from now on.
    pub(super) fn delay_outcomes(&mut self, turns: u32) {
        self.delay = Some(turns).filter(|turns| *turns > 0);
    }

    /// Returns whether a connection waits for the outcome of its last line.
    pub(super) fn is_waiting(&self, id: ConnId) -> bool {
        self.waiting.contains_key(&id)
    }
}

impl<O: Output> Context<'_, O> {
    /// Begins a connection's turn, unless it waits for outcomes.
    pub(super) fn begin_turn(&mut self, id: ConnId) -> Turn {
        if self.chat.is_waiting(id) {
            self.chat.take_answers(self.out);
        }
        if let Some(pending) = self.chat.waiting.get_mut(&id) {
            let goes_on = pending.note_turn(self.now) && !self.chat.ask_again(id, self.now);
            let demand = self.chat.waiting.get(&id).map(Pending::demand);
            return match demand.filter(|_| !goes_on) {
                Some(demand) => Turn::Waits(demand),
                None => Turn::GoesOn,
            };
        }
        // Work that calls and timers have done is charged to nobody.
        self.chat.hub.take_work();
        self.chat.share = u32::try_from(self.chat.config.lines_per_turn).unwrap_or(u32::MAX);
        Turn::Begins
    }

    /// Lets a connection wait for the outcome of its line from now on. Returns when it is to be called again.
    pub(super) fn wait(&mut self, id: ConnId, pending: Pending) -> Demand {
        let demand = pending.demand();
        self.chat.waiting.insert(id, pending);
        demand
    }

    /// Takes the actions that a connection waits for, or its answer, without what was taken back since it was asked for.
    /// It waits no longer.
    pub(super) fn take_waiting(&mut self, id: ConnId) -> Option<Pending> {
        let mut pending = self.chat.waiting.remove(&id)?;
        if pending.is_answered() {
            self.chat.keep_changes();
            if let Some(keeper) = &self.chat.keeper {
                let questions = &keeper.questions;
                pending.retain(|claim, found| !questions.is_taken_back(claim, found));
            }
        }
        Some(pending)
    }

    /// Goes on with the turn in which a connection began to wait, with its share and the work done in it.
    pub(super) fn go_on(&mut self, pending: &Pending) {
        self.chat.hub.take_work();
        self.chat.hub.note_work(pending.work);
        self.chat.share = pending.share;
    }

    /// Takes the delayed actions of the line at hand, if there are any, or its question, which the store gets now.
    pub(super) fn take_pending(&mut self, id: ConnId) -> Option<Pending> {
        if self.chat.pending.is_empty() {
            return None;
        }
        let chat = &mut *self.chat;
        let mut pending = std::mem::take(&mut chat.pending);
        pending.begin(chat.delay.unwrap_or_default(), chat.share);
        if let Some(keeper) = &mut chat.keeper {
            pending.hand_over(self.now, |asked| hand_to(keeper, &mut chat.hub, id, asked));
        }
        Some(pending)
    }
}

/// Hands a question to the store, if the client may still ask it.
fn hand_to(
    keeper: &mut Keeper,
    hub: &mut Hub,
    id: ConnId,
    asked: &mut PastQuestion,
) -> Result<Claim, QuestionError> {
    let question = asked.for_store(hub, id).ok_or(QuestionError::Unavailable)?;
    asked.note_put(hub.next_message());
    keeper.ask(hub, id, question)
}
