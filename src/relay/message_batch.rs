//! Messages that one person sends in one go, kept together until they are told.
//!
//! A program that writes sixty lines at once has them taken from one read. Told one by one, each
//! would go through the whole room; told together, the room is gone through once.

use super::hub::{Recipient, Texts};
use crate::protocol::ConnId;

/// Several texts in one allocation, which is kept for the next run.
#[derive(Debug, Default)]
pub(super) struct MessageBatch {
    /// The sender, and the recipient of answers, if the sender gets any.
    speaker: Option<(ConnId, Option<Recipient>)>,
    text: String,
    /// The byte position at which each text ends.
    ends: Vec<usize>,
}

impl MessageBatch {
    pub(super) fn push(&mut self, id: ConnId, answered_to: Option<Recipient>, text: &str) {
        self.speaker = Some((id, answered_to));
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    /// The sender of the collected messages; none if there are none.
    pub(super) fn speaker(&self) -> Option<(ConnId, Option<Recipient>)> {
        self.speaker
    }

    pub(super) fn texts(&self) -> Texts<'_> {
        Texts::several(&self.text, &self.ends)
    }

    pub(super) fn clear(&mut self) {
        self.speaker = None;
        self.text.clear();
        // The memory for as much as one read brings is worth keeping; more was a single flood.
        self.text.shrink_to(64 << 10);
        self.ends.clear();
    }
}
