//! Calls of other threads to a running relay, through its handle.
//!
//! A call travels through a bounded queue to the loop's thread, and is carried out there between the lines of
//! clients, as the host program: its texts are cleaned as those of clients are, and hooks are not asked.

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
        /// The name of the room; nothing happens if there is no such room.
        room: String,
        /// The text; each line of it becomes one message.
        text: String,
    },
    /// Remove a person from the server.
    Kick {
        /// The nickname; nothing happens if nobody has it.
        name: String,
        /// The reason that the person and the person's rooms are told.
        reason: Option<String>,
    },
}

impl Handle<Call> {
    /// Says a line in a room, as `from`; each line of `text` becomes one message.
    ///
    /// The call returns as soon as it is in the queue, and so does not tell whether the room exists.
    ///
    /// # Examples
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
    /// [`CallError`] if the call does not reach the server: see [`Handle::call`].
    pub fn say(&self, from: &str, room: &str, text: &str) -> Result<(), CallError> {
        self.call(Call::Say {
            from: from.into(),
            room: room.into(),
            text: text.into(),
        })
    }

    /// Removes a person from the server. The call returns as soon as it is in the queue.
    ///
    /// # Errors
    ///
    /// [`CallError`] if the call does not reach the server: see [`Handle::call`].
    pub fn kick(&self, name: &str, reason: Option<&str>) -> Result<(), CallError> {
        self.call(Call::Kick {
            name: name.into(),
            reason: reason.map(Into::into),
        })
    }
}

impl Call {
    /// Carries the call out.
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
