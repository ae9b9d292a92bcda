//! The memory of a conversation: of the target, of the client's identity, of what is still to be done.

use parloir::Monotonic;
use parloir::lines::LineReader;

use super::{LinkId, Settings};
use crate::client::target::Destination;

/// A line or a command that was typed, in its turn.
#[derive(Debug)]
pub(super) enum Typed {
    Line(String),
    Join(Destination),
}

/// The kind of the target, as far as talking to it has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Nothing,
    Relay,
    /// The target closes after one message, and an idle connection to it would hold up all other
    /// clients.
    OneMessage,
}

/// The client's identity on a relay, which is sent again after a connection was lost. It is for one target:
/// a nickname or password that was typed for one relay must not go to the next.
#[derive(Debug, Default)]
pub(super) struct Identity {
    pub(super) nick: Option<String>,
    /// The current room, and the room in which the client arrives.
    pub(super) room: Option<String>,
    pub(super) home: Option<String>,
    pub(super) password: Option<String>,
}

pub(super) struct Visitor {
    pub(super) from: String,
    pub(super) inbound: LineReader,
}

impl Identity {
    /// The identity that the flags give, for a relay of which nothing is known.
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            nick: settings.nick.clone(),
            password: settings.password.clone(),
            ..Self::default()
        }
    }
}

/// A dial to another target, while the client is connected.
#[derive(Debug)]
pub(super) struct Joining {
    pub(super) link: LinkId,
    pub(super) target: Destination,
}

/// The state of a client that is leaving.
#[derive(Debug)]
pub(super) struct Leaving {
    /// The line that a relay is sent as a farewell.
    pub(super) farewell: String,
    /// Everything is sent, and the farewell, or the end of the output, after it.
    pub(super) is_said: bool,
    /// Time at which the client goes, whatever is missing.
    pub(super) until: Option<Monotonic>,
}
