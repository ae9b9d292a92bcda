//! The bare relay: each line goes, unlabelled, to all others on its listener.

use crate::protocol::{ConnId, Delivery, Output};

/// Everyone on one listener.
#[derive(Debug, Default)]
pub(super) struct Broker {
    members: Vec<ConnId>,
}

impl Broker {
    pub(super) fn enter(&mut self, id: ConnId) {
        self.members.push(id);
    }

    pub(super) fn leave(&mut self, id: ConnId) {
        self.members.retain(|member| *member != id);
    }

    /// A line is never left out here, since a notice of it could not be told from a line of
    /// somebody's: whoever falls too far behind is closed instead, which cannot be mistaken.
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
