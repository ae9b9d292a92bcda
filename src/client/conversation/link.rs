//! The one connection that is talked on, and what is known of who is at its other end.

use parloir::lines::LineReader;
use parloir::{Moment, Time};

use super::LinkId;

/// Whether there is a connection.
#[derive(Debug)]
pub(super) enum Link {
    None,
    /// Asked for.
    Dialing(LinkId),
    /// To be asked for again then.
    Later(Moment),
    Open(Open),
}

/// A connection.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) id: LinkId,
    pub(super) inbound: LineReader,
    pub(super) stage: Stage,
    pub(super) since: Time,
    /// Lines sent on it.
    pub(super) lines: u32,
    /// The relay has put one out, and is not to be asked again unless one says so.
    pub(super) is_removed: bool,
}

/// What is known of who is at the other end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing, until then.
    Probing(Moment),
    /// A relay that wants a password, which may have been sent.
    Locked { is_sent: bool },
    /// A relay that has no room.
    Full,
    /// A relay.
    Relay,
    /// A peer. Until then it may close after its first message, so a second one waits.
    Peer { hold: Option<Moment>, keeps: bool },
    /// A peer that takes one message for each connection, and has it; it is to close by then.
    OneShot { text: String, until: Moment },
}

impl Stage {
    pub(super) fn is_peer(&self) -> bool {
        matches!(self, Self::Peer { .. } | Self::OneShot { .. })
    }
}

impl Link {
    pub(super) fn asks_for_password(&self) -> bool {
        matches!(self, Self::Open(open) if open.stage == Stage::Locked { is_sent: false })
    }
}
