//! What other threads may ask of a running relay, through its handle.

use super::encoder::Encoder;
use super::hooks::one_line;
use super::hub::Speech;
use super::{Relay, framing};
use crate::handle::{CallError, Handle};
use crate::protocol::{Output, Time};

/// A call to a running [`Relay`]. Made by the methods of its [`Handle`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Call {
    /// Say something in a room.
    Say {
        /// Who is to have said it: made legal, but need not be anybody here.
        from: String,
        /// Where; nothing happens if there is no such room.
        room: String,
        /// What.
        text: String,
    },
    /// Remove someone from the server.
    Kick {
        /// Their nickname.
        name: String,
        /// What they and their room are told of why.
        reason: Option<String>,
    },
}

impl Handle<Call> {
    /// Says a line in a room, as `from`; each line of `text` becomes one.
    ///
    /// # Errors
    ///
    /// When the call does not reach the server: see [`Handle::call`].
    pub fn say(&self, from: &str, room: &str, text: &str) -> Result<(), CallError> {
        self.call(Call::Say {
            from: from.into(),
            room: room.into(),
            text: text.into(),
        })
    }

    /// Removes someone from the server.
    ///
    /// # Errors
    ///
    /// When the call does not reach the server: see [`Handle::call`].
    pub fn kick(&self, name: &str, reason: Option<&str>) -> Result<(), CallError> {
        self.call(Call::Kick {
            name: name.into(),
            reason: reason.map(Into::into),
        })
    }
}

impl Relay {
    pub(super) fn take_call(&mut self, call: Call, now: Time, out: &mut impl Output) {
        match call {
            Call::Say { from, room, text } => {
                let mut sink = Encoder::new(out, &self.wire);
                for line in text.lines().map(one_line) {
                    if !framing::is_blank(&line) {
                        self.hub
                            .speak_as(&from, &room, Speech::Message, &line, now, &mut sink);
                    }
                }
            }
            Call::Kick { name, reason } => {
                let reason = reason.as_deref().map(one_line);
                self.kick(&name, reason.as_deref(), now, out);
            }
        }
    }
}
