//! What a conversation remembers: of who is talked to, of oneself, of what is still to be done.

use parloir::Moment;
use parloir::lines::LineReader;

use super::{LinkId, Settings};
use crate::client::target::Target;

/// What is typed, in its turn.
#[derive(Debug)]
pub(super) enum Typed {
    Line(String),
    Join(Target),
}

/// What is known of the target from talking to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Nothing,
    Relay,
    /// It closes after one message, and an idle connection would hold up everyone else.
    OneMessage,
}

/// Who one is on a relay: what is said again after a connection was lost.
#[derive(Debug, Default)]
pub(super) struct Identity {
    pub(super) nick: Option<String>,
    /// Where one is, and where one arrives.
    pub(super) room: Option<String>,
    pub(super) home: Option<String>,
    pub(super) password: Option<String>,
}

pub(super) struct Visitor {
    pub(super) from: String,
    pub(super) inbound: LineReader,
}

impl Identity {
    /// What the flags say, for a relay that nothing is known of.
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            nick: settings.nick.clone(),
            password: settings.password.clone(),
            ..Self::default()
        }
    }
}

/// Someone else is asked, while one is connected.
#[derive(Debug)]
pub(super) struct Joining {
    pub(super) link: LinkId,
    pub(super) target: Target,
}

/// The client is going.
#[derive(Debug)]
pub(super) struct Leaving {
    /// What a relay is told.
    pub(super) farewell: String,
    /// Whether all is sent and the end said.
    pub(super) is_said: bool,
    /// When it goes whatever is missing.
    pub(super) until: Option<Moment>,
}
