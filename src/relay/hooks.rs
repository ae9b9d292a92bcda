//! How a host program takes part: it admits peers, passes or changes what is said, adds commands.

use std::borrow::Cow;

use crate::protocol::Peer;

/// Called by a [`Relay`](crate::Relay) on the loop's thread. A hook that takes long holds up everyone.
///
/// Every text is one line, decoded and cleaned. The text that a hook gives back is cleaned as well.
///
/// ```
/// use parloir::relay::{Hooks, Verdict};
/// use parloir::{Relay, RelayConfig};
///
/// /// Lets nobody shout.
/// struct Quiet;
///
/// impl Hooks for Quiet {
///     fn message(&mut self, _from: &str, text: &str) -> Verdict {
///         match text.chars().any(char::is_lowercase) {
///             true => Verdict::Pass,
///             false => Verdict::Change(text.to_lowercase()),
///         }
///     }
/// }
///
/// let relay = Relay::new(RelayConfig::default())?.with_hooks(Quiet);
/// # Ok::<(), parloir::Error>(())
/// ```
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

/// The decision of a hook about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is said as it is.
    Pass,
    /// This is said instead; nothing, if it is blank.
    Change(String),
    /// It is not said, and the speaker is told why.
    Refuse(String),
}

/// The result of a command, by the recipients of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The client that sent the command.
    Sender(String),
    /// Everyone in their room, themselves included.
    Room(String),
}

/// Asks about each line of a text that a program says; gives the text as the host program has it, `clean`
/// being how what it puts in is made fit.
///
/// # Errors
///
/// Why it is not said.
pub(super) fn ask_each_line<'t>(
    hooks: &mut dyn Hooks,
    from: &str,
    text: &'t str,
    clean: fn(&str) -> String,
) -> Result<Cow<'t, str>, String> {
    let mut changed = None;
    for (n, line) in text.split('\n').enumerate() {
        if line.is_empty() {
            continue;
        }
        match hooks.message(from, line) {
            Verdict::Pass => {}
            Verdict::Change(new) => {
                let lines = text.split('\n').map(Cow::Borrowed);
                let lines = changed.get_or_insert_with(|| lines.collect::<Vec<_>>());
                lines[n] = Cow::Owned(clean(&new));
            }
            Verdict::Refuse(reason) => return Err(reason),
        }
    }
    Ok(match changed {
        None => Cow::Borrowed(text),
        Some(lines) => Cow::Owned(lines.join("\n")),
    })
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
