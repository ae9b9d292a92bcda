//! The one connection that is talked on, and the kind of the peer at its other end.
//!
//! ```text
//!           dial                connected              ended, hung up
//!  None ────────────▶ Dialing ─────────────▶ Open ──────────────────────▶ None
//!                     ▲     │ not there: from a pipe,   │
//!          its time   │     │ or a relay that was lost  │ a relay is lost
//!                     └──── Later ◀─────────────────────┘
//! ```
//!
//! The stages of an open connection:
//!
//! ```text
//!  Probing ─┬─ `* Welcome to …` ───────────────▶ Relay, and the nickname is sent
//!           ├─ `* This server asks …` ─────────▶ AwaitPassword ── `* Welcome to …` ──▶ Relay
//!           ├─ `* server full` ────────────────▶ Full, until it closes
//!           ├─ any other line ─────────────────▶ Peer
//!           └─ silence ────────────────────────▶ Peer, or Relay if it was one before
//! ```
//!
//! A peer that closed after its first message gets the next one in stage `OneShot`, on a connection of its
//! own. It is not held on to in between: a server that serves one client at a time would be held up by it.

use parloir::lines::LineReader;
use parloir::{Monotonic, Time};

use super::LinkId;

/// The state of the connection.
#[derive(Debug)]
pub(super) enum Link {
    None,
    /// Dialed, and not connected yet.
    Dialing(LinkId),
    /// To be dialed again at this time.
    Later(Monotonic),
    Open(Open),
}

/// A connection that has been made.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) id: LinkId,
    pub(super) inbound: LineReader,
    pub(super) stage: Stage,
    pub(super) since: Time,
    /// Number of lines sent on it.
    pub(super) lines: u32,
    /// The relay has removed the client, and is not to be dialed again unless the user says so.
    pub(super) is_removed: bool,
}

/// The kind of the peer, as far as it is known.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The kind is not known, until this time at the latest.
    Probing(Monotonic),
    /// A relay that wants a password, which may have been sent.
    AwaitPassword { is_sent: bool },
    /// A relay that has no room. It is sent nothing: lines would be lost with the connection.
    Full,
    /// A relay.
    Relay,
    /// A plain peer. Until `hold` it may close after its first message, so a second message waits; a peer
    /// that `keeps` the connection has been given that time once.
    Peer {
        hold: Option<Monotonic>,
        keeps: bool,
    },
    /// A peer that takes one message per connection, and has been sent it; it is to close by `until`.
    OneShot { text: String, until: Monotonic },
}

impl Stage {
    pub(super) fn is_peer(&self) -> bool {
        matches!(self, Self::Peer { .. } | Self::OneShot { .. })
    }
}

impl Link {
    pub(super) fn asks_for_password(&self) -> bool {
        matches!(self, Self::Open(open) if open.stage == Stage::AwaitPassword { is_sent: false })
    }
}
