//! Calls of other threads to a running relay, through its handle.

use super::context::{Context, NOBODY};
use super::framing::is_blank;
use super::hooks::one_line;
use super::hub::Action;
use crate::handle::{CallError, Handle};
use crate::protocol::Output;

/// A call to a running [`Relay`](super::Relay). Made by the methods of its [`Handle`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Call {
    /// Say something in a room.
    Say {
        /// The nickname that it is said under: made legal, and not necessarily that of a client.
        from: String,
        /// Where; nothing happens if there is no such room.
        room: String,
        /// The text; each line of it becomes one message.
        text: String,
    },
    /// Remove someone from the server.
    Kick {
        /// Their nickname.
        name: String,
        /// The reason that they and their room are told.
        reason: Option<String>,
    },
}

impl Handle<Call> {
    /// Says a line in a room, as `from`; each line of `text` becomes one message.
    ///
    /// ```
    /// use parloir::{Relay, RelayConfig, Server, ServerConfig};
    ///
    /// let relay = Relay::new(RelayConfig::default())?;
    /// let mut server = Server::new(relay, ServerConfig::default())?;
    /// let handle = server.handle();
    /// let thread = std::thread::spawn(move || server.run());
    /// handle.say("clock", "lobby", "It is five.")?;
    /// handle.stop()?;
    /// thread.join().expect("the loop does not panic")?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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

impl Call {
    /// Does what is asked.
    pub(super) fn dispatch(self, cx: &mut Context<'_, impl Output>) {
        match self {
            Self::Say { from, room, text } => {
                for line in text.lines().map(one_line) {
                    if !is_blank(&line) {
                        let (name, room, text) = (&*from, &*room, &*line);
                        cx.apply(NOBODY, &Action::SayAs { name, room, text });
                    }
                }
            }
            Self::Kick { name, reason } => {
                let reason = reason.as_deref().map(one_line);
                cx.kick(&name, reason.as_deref());
            }
        }
    }
}
