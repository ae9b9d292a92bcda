//! Actions of one line that have not taken effect yet, with the answer to the line so far.
//!
//! Where several machines share one order, an action takes effect when its place in that order has come,
//! which is later than the line. The next line of its connection waits for that, so that the lines of one
//! client take effect in their order, and each line knows the outcome of the one before.
//!
//! Two other ways were rejected. An outcome that a dialect waits for inside its code, as an `async` function
//! would, could not lie in a table, be sent to another process, or be looked at. A line that is run again
//! from its start once its outcome is there would ask hooks twice and count allowances twice, and would look
//! at another chat.

use super::dialect::irc;
use super::hub::Action;

/// The actions of one line that waits for their outcomes.
#[derive(Debug, Default)]
pub(super) struct Pending {
    actions: Vec<PendingAction>,
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

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// Adds an action. `behind` is the number of lines of the answer that stand before those for its outcome.
    pub(super) fn push(&mut self, action: &Action<'_>, behind: usize) {
        let mut bytes = Vec::new();
        action.write(&mut bytes);
        self.actions.push(PendingAction { bytes, behind });
    }

    /// Begins to wait for a number of turns. `share` is the number of lines that the connection could still
    /// count as in this one.
    pub(super) fn begin(&mut self, turns: u32, share: u32) {
        (self.turns, self.share) = (turns, share);
    }

    /// Notes that another turn has come. Returns whether the actions take effect in it.
    pub(super) fn note_turn(&mut self) -> bool {
        self.turns = self.turns.saturating_sub(1);
        self.turns == 0
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
