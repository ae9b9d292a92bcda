//! How a host program takes part: it admits peers, passes or changes what is said, adds commands.

use crate::protocol::Peer;

/// Called by a [`Relay`](crate::Relay) on the loop's thread. A hook that takes long holds up everyone.
///
/// Every text is one line, decoded and cleaned. What a hook gives back is cleaned as well.
pub trait Hooks: Send {
    /// Someone has connected. An error is told to them, and closes the connection.
    ///
    /// # Errors
    ///
    /// The reason, for the peer to read.
    fn admit(&mut self, peer: &Peer) -> Result<(), String> {
        let _ = peer;
        Ok(())
    }

    /// `from` says something, to the room or to one person.
    fn message(&mut self, from: &str, text: &str) -> Verdict {
        let _ = (from, text);
        Verdict::Pass
    }

    /// `from` typed `/name argument`, which is no command of the relay's. Each line of the answer is
    /// told as one of the server's; none: there is no such command.
    fn command(&mut self, from: &str, name: &str, argument: &str) -> Option<Answer> {
        let _ = (from, name, argument);
        None
    }
}

/// What becomes of something said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is said as it is.
    Pass,
    /// This is said instead; nothing, if it is blank.
    Change(String),
    /// It is not said, and the speaker is told why.
    Refuse(String),
}

/// Who is told what came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Whoever typed it.
    Sender(String),
    /// Everyone in their room, themselves included.
    Room(String),
}

#[derive(Debug)]
pub(super) struct NoHooks;

impl Hooks for NoHooks {}

/// A text of the host program's, made fit to stand in a line.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::new();
    super::framing::read_line(text.as_bytes(), &mut line);
    line
}
