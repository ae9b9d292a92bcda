//! Hooks, by which a host program takes part: it admits peers, passes or changes messages, adds commands.
//!
//! A hook is asked before the hub is: a message that it refuses has no id and is in no history. It is asked
//! once for each line, also where the outcome of a line comes later.

use std::borrow::Cow;

use crate::protocol::Peer;

/// Hooks are called by a [`Relay`](crate::Relay) on the loop's thread. A hook that takes long holds up
/// everyone.
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
    /// Decides whether a peer that has connected is let in. It is asked once for each connection, before any
    /// byte of it is read.
    ///
    /// # Errors
    ///
    /// The reason, for the peer to read, in one line. The connection is then closed.
    fn admit(&mut self, peer: &Peer) -> Result<(), String> {
        let _ = peer;
        Ok(())
    }

    /// Decides about a message of `from`, to the room or to one person.
    fn message(&mut self, from: &str, text: &str) -> Verdict {
        let _ = (from, text);
        Verdict::Pass
    }

    /// Carries out `/name argument`, typed by `from`, which is no command of the relay's. Each line of the
    /// answer is told as one of the server's; none means that there is no such command.
    ///
    /// # Examples
    ///
    /// ```
    /// use parloir::relay::{Answer, Hooks};
    ///
    /// struct Echo;
    ///
    /// impl Hooks for Echo {
    ///     fn command(&mut self, from: &str, name: &str, argument: &str) -> Option<Answer> {
    ///         match name {
    ///             "echo" => Some(Answer::Sender(argument.to_owned())),
    ///             "wave" => Some(Answer::Room(format!("{from} waves"))),
    ///             _ => None,
    ///         }
    ///     }
    /// }
    /// let wave = Echo.command("bob", "wave", "");
    /// assert_eq!(wave, Some(Answer::Room("bob waves".to_owned())));
    /// assert_eq!(Echo.command("bob", "roll", "6"), None);
    /// ```
    fn command(&mut self, from: &str, name: &str, argument: &str) -> Option<Answer> {
        let _ = (from, name, argument);
        None
    }
}

/// The decision of a hook about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The message is said as it is.
    Pass,
    /// This text is said instead; nothing is said if it is blank, and the sender is not told.
    Change(String),
    /// The message is not said, and the sender is told this reason.
    Refuse(String),
}

/// The result of a command, by the recipients of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The client that sent the command reads it, and no other.
    Sender(String),
    /// Everyone in the sender's room reads it, the sender included. Dice that only the one who threw them
    /// could see were no use to a game.
    Room(String),
}

/// Asks the hooks about each line of a text that a program says. Returns the text as they leave it; lines
/// that they put in are made fit by `clean`.
///
/// # Errors
///
/// The reason of the first line that is refused. Nothing of the text is said then.
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

/// Makes a text of the host program's fit to stand in a line: no more is believed of it than of a client's.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::new();
    super::framing::read_line(text.as_bytes(), &mut line);
    line
}
