//! A connection's bytes become lines here, each in its time.
//!
//! `framing` knows where a line ends by its bytes; this folder adds when: a newline that was forgotten is
//! forgiven after quiet, and a WebSocket that is silent is asked whether it lives. The session
//! (`session/receive.rs`) asks for one line at a time and may stop between any two, so nothing here takes
//! more than the next one. Nothing here sends anything or knows the chat.

mod messages;
mod text_lines;
pub(crate) mod unended;

pub(super) use messages::{Messages, Silence};
pub(super) use text_lines::{Ready, TextLines, forgiveness};

use super::framing::ProgramLines;
use crate::protocol::{Monotonic, Time};

/// The cutting of a connection's bytes into lines.
#[derive(Debug)]
pub(super) enum Framing {
    /// Lines as people and their scripts send them, and whatever comes before it is known that they do. It is
    /// the first framing of every connection, since it can leave its bytes where they are until they tell
    /// what they are.
    Text(TextLines),
    /// Lines as programs send them. No time matters to it: a program ends its lines, or closes.
    Program(ProgramLines),
    /// Lines in WebSocket messages. Behind a pointer, for the sake of a session's size: most connections have
    /// none.
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

    /// The time at which something is to be done without any bytes.
    pub(super) fn due(&self) -> Option<Monotonic> {
        match self {
            Self::Text(lines) => lines.due(),
            Self::Program(_) => None,
            Self::Messages(messages) => messages.due(),
        }
    }
}
