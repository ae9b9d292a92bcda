//! The bare relay: each line goes, unlabelled, to all others on its listener.
//!
//! There are no names, no rooms and no hub here. The lines still go through framing, cleaning and allowances,
//! so what one sends cannot hurt the terminal of another.

use crate::protocol::{ConnId, Delivery, Output};

/// Everyone on one listener, or on several that share a tag.
#[derive(Debug, Default)]
pub(super) struct Broker {
    /// The connections in the order in which they came. There is no index: a line goes to all of them.
    members: Vec<ConnId>,
}

impl Broker {
    pub(super) fn enter(&mut self, id: ConnId) {
        self.members.push(id);
    }

    pub(super) fn leave(&mut self, id: ConnId) {
        self.members.retain(|member| *member != id);
    }

    /// Sends a line to all but its sender. A line is never left out here, since a notice of it could not be
    /// told from a line of somebody's. A reader that falls too far behind is closed instead, which cannot be
    /// mistaken.
    pub(super) fn pass_on(&self, from: ConnId, text: &str, out: &mut impl Output) {
        let range = out.encode(Delivery::Kept, |line| {
            line.extend_from_slice(text.as_bytes());
            line.push(b'\n');
        });
        for member in &self.members {
            if *member != from {
                out.send(*member, range);
            }
        }
    }
}
