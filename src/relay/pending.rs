//! Actions of one line that have not taken effect yet, with the answer to the line so far.
//!
//! Where several machines share one order, an action takes effect when its place in that order has come,
//! which is later than the line. The next line of its connection waits for that, so that everything one
//! says comes about as one said it, and each line knows what came of the one before.

use super::dialect::irc;
use super::hub::Action;

/// The actions of one line, whose outcomes are waited for.
#[derive(Debug, Default)]
pub(super) struct Pending {
    actions: Vec<PendingAction>,
    /// The answer to an IRC client so far; nothing of it is sent before the outcomes are there.
    pub(super) reply: Option<Box<irc::Reply>>,
    /// Turns that are still to pass.
    turns: u32,
    /// As how many lines the connection might still count in the turn of its line.
    pub(super) share: u32,
    /// Work that was done for the line already.
    pub(super) work: usize,
}

#[derive(Debug)]
struct PendingAction {
    bytes: Vec<u8>,
    /// Lines of the answer that stand before what comes of it.
    behind: usize,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// Adds an action; `behind`: lines of the answer that stand before what comes of it.
    pub(super) fn push(&mut self, action: &Action<'_>, behind: usize) {
        let mut bytes = Vec::new();
        action.write(&mut bytes);
        self.actions.push(PendingAction { bytes, behind });
    }

    /// From now on it is waited for, so many turns. `share`: as how many lines the connection might
    /// still count in this one.
    pub(super) fn begin(&mut self, turns: u32, share: u32) {
        (self.turns, self.share) = (turns, share);
    }

    /// Another turn has come; says whether it is the one.
    pub(super) fn note_turn(&mut self) -> bool {
        self.turns = self.turns.saturating_sub(1);
        self.turns == 0
    }

    /// Each action, with the lines of the answer that stand before what comes of it.
    pub(super) fn take_effect(&self, mut apply: impl FnMut(&Action<'_>, usize)) {
        for it in &self.actions {
            let applied = Action::read(&it.bytes, |action| apply(action, it.behind));
            debug_assert!(applied.is_some(), "an action is read as it was written");
        }
    }
}
