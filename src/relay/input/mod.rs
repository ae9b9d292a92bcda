//! How a connection's bytes become lines, each in its time.

mod messages;
mod text_lines;
pub(crate) mod unended;

pub(super) use messages::{Messages, Silence};
pub(super) use text_lines::{Ready, TextLines, forgiveness};

use super::framing::ProgramLines;
use crate::protocol::{Monotonic, Time};

/// How a connection's bytes are cut into lines.
#[derive(Debug)]
pub(super) enum Framing {
    /// Lines as people and their scripts send them, and whatever comes before it is known that they do.
    Text(TextLines),
    /// Lines as programs send them.
    Program(ProgramLines),
    /// Lines in WebSocket messages.
    Messages(Box<Messages>),
}

impl Framing {
    /// New bytes are there. `was_held_up`: since when is not known, as they had to wait.
    pub(super) fn note_arrival(&mut self, was_held_up: bool, now: Time) {
        match self {
            Self::Text(lines) => lines.note_arrival(was_held_up, now),
            Self::Program(_) => {}
            Self::Messages(messages) => messages.note_arrival(now),
        }
    }

    /// When something is to be done without any bytes.
    pub(super) fn due(&self) -> Option<Monotonic> {
        match self {
            Self::Text(lines) => lines.due(),
            Self::Program(_) => None,
            Self::Messages(messages) => messages.due(),
        }
    }
}
