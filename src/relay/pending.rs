//! A line whose outcome is still to come, with the answer to the line so far.
//!
//! Where several machines share one order, an action takes effect when its place in that order has come,
//! which is later than the line. A question about what is kept on a disk is answered when the disk is read. The
//! next line of the connection waits for either, so that the lines of one client take effect in their order, and
//! each line knows the outcome of the one before.
//!
//! Two other ways were rejected. An outcome that a dialect waits for inside its code, as an `async` function
//! would, could not lie in a table, be sent to another process, or be looked at. A line that is run again
//! from its start once its outcome is there would ask hooks twice and count allowances twice, and would look
//! at another chat.

use std::time::Duration;

use super::dialect::irc;
use super::hub::{Action, Hub};
use super::past::PastQuestion;
use super::questions::Claim;
use crate::protocol::{Demand, Monotonic, Time};
use crate::store::{Found, QuestionError, QuestionResult};

/// The time for an answer about what is kept. A disk may stall for longer; whoever asked is not kept waiting.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The actions, or the question, of one line that waits.
#[derive(Debug, Default)]
pub(super) struct Pending {
    actions: Vec<PendingAction>,
    question: Option<Box<PendingQuestion>>,
    /// The answer to an IRC client so far; nothing of it is sent before the outcomes are there.
    pub(super) reply: Option<Box<irc::Reply>>,
    /// Turns that are still to pass.
    turns: u32,
    /// Lines that the connection could still count as in the turn of its line. The turn goes on with them.
    pub(super) share: u32,
    /// Work that was done for the line already, in parts. It is charged with the rest, so that a late outcome
    /// costs as much as one at once.
    pub(super) work: usize,
}

#[derive(Debug)]
struct PendingAction {
    bytes: Vec<u8>,
    /// Lines of the answer that stand before those for the outcome of this action.
    behind: usize,
}

/// A question to the store.
#[derive(Debug)]
struct PendingQuestion {
    asked: PastQuestion,
    claim: Option<Claim>,
    /// The time at which it is given up.
    until: Monotonic,
    answer: Option<QuestionResult>,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.actions.is_empty() && self.question.is_none()
    }

    /// Adds an action. `behind` is the number of lines of the answer that stand before those for its outcome.
    pub(super) fn push(&mut self, action: &Action<'_>, behind: usize) {
        let mut bytes = Vec::new();
        action.write(&mut bytes);
        self.actions.push(PendingAction { bytes, behind });
    }

    /// Puts the question of the line, which has no actions.
    pub(super) fn ask(&mut self, asked: PastQuestion, now: Time) {
        self.question = Some(Box::new(PendingQuestion {
            asked,
            claim: None,
            until: now + ANSWER_WITHIN,
            answer: None,
        }));
    }

    /// Hands the question over, if there is one, and notes the claim to its answer.
    pub(super) fn hand_over(
        &mut self,
        now: Time,
        ask: impl FnOnce(&mut PastQuestion) -> Result<Claim, QuestionError>,
    ) {
        if let Some(it) = &mut self.question {
            let claim = match it.until <= now {
                true => Err(QuestionError::Unavailable),
                false => ask(&mut it.asked),
            };
            (it.claim, it.answer) = match claim {
                Ok(claim) => (Some(claim), None),
                Err(why) => (None, Some(Err(why))),
            };
        }
    }

    /// Returns whether there is an answer to the question.
    pub(super) fn is_answered(&self) -> bool {
        let question = self.question.as_ref();
        question.is_some_and(|it| it.answer.is_some())
    }

    /// Returns whether the answer lacks messages that the hub has no more.
    pub(super) fn lacks_some(&self, hub: &Hub) -> bool {
        let question = self.question.as_ref();
        question.is_some_and(|it| matches!(it.answer, Some(Ok(_))) && it.asked.lacks_some(hub))
    }

    /// Leaves out of the answer what is not to be shown.
    pub(super) fn retain(&mut self, is_shown: impl Fn(&Claim, &Found) -> bool) {
        if let Some(it) = &mut self.question
            && let (Some(claim), Some(Ok(found))) = (&it.claim, &mut it.answer)
        {
            found.retain(|found| is_shown(claim, found));
        }
    }

    /// Begins to wait for a number of turns. `share` is the number of lines that the connection could still
    /// count as in this one.
    pub(super) fn begin(&mut self, turns: u32, share: u32) {
        (self.turns, self.share) = (turns, share);
    }

    /// Notes the answer to the question, if it is the one with this number. A question before it may have been
    /// given up, and answered late.
    pub(super) fn note_answer(&mut self, number: u64, answer: QuestionResult) {
        if let Some(it) = &mut self.question
            && it.claim.as_ref().is_some_and(|claim| claim.is_for(number))
        {
            it.answer = Some(answer);
        }
    }

    /// Returns when the connection is to be called again.
    pub(super) fn demand(&self) -> Demand {
        match &self.question {
            Some(it) if it.answer.is_none() => Demand::PauseUntil(it.until),
            _ => Demand::Yield,
        }
    }

    /// Notes that another turn has come. Returns whether the line goes on in it.
    pub(super) fn note_turn(&mut self, now: Time) -> bool {
        if let Some(it) = &mut self.question {
            if it.answer.is_none() && it.until <= now {
                it.answer = Some(Err(QuestionError::Unavailable));
            }
            return it.answer.is_some();
        }
        self.turns = self.turns.saturating_sub(1);
        self.turns == 0
    }

    /// Takes the question and its answer, if there is one.
    pub(super) fn take_answer(&mut self) -> Option<(PastQuestion, QuestionResult)> {
        let it = self.question.take()?;
        Some((it.asked, it.answer?))
    }

    /// Hands over each action, in order, with the number of lines of the answer that stand before those for
    /// its outcome.
    pub(super) fn take_effect(&self, mut apply: impl FnMut(&Action<'_>, usize)) {
        for it in &self.actions {
            let applied = Action::read(&it.bytes, |action| apply(action, it.behind));
            debug_assert!(applied.is_some(), "an action is read as it was written");
        }
    }
}
