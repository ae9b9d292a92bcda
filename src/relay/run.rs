//! Messages that one person sends in one go, kept together until they are said.
//!
//! A program that writes sixty lines at once has them taken from one read. Said one by one, each
//! would go through the whole room; said together, the room is gone through once.

use super::hub::Texts;

/// Several texts in one allocation, which is kept for the next run.
#[derive(Debug, Default)]
pub(super) struct Run {
    text: String,
    /// Where each text ends.
    ends: Vec<usize>,
}

impl Run {
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub(super) fn texts(&self) -> Texts<'_> {
        Texts::several(&self.text, &self.ends)
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        // As much as one read brings is worth keeping; more was a single flood.
        self.text.shrink_to(64 << 10);
        self.ends.clear();
    }
}
