//! The interface of a conversation to sockets and screens: its settings, its events and its actions.

use std::time::Duration;

use crate::client::target::Destination;

/// The settings that the flags give.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The target at the start.
    pub(crate) target: Option<Destination>,
    /// The nickname for a relay; without it the first line typed is the nickname.
    pub(crate) nick: Option<String>,
    /// The password for a relay that asks for one; without it the next line typed is the password.
    pub(crate) password: Option<String>,
    /// A person types. Otherwise lines come from a pipe or a file, and what matters is whether the lines
    /// were delivered.
    pub(crate) is_interactive: bool,
    /// Peers can connect here.
    pub(crate) is_listening: bool,
    /// Connections dialed here are encrypted.
    pub(crate) is_encrypted: bool,
    /// Time that a connection may take; with input from a pipe, time for which there may be no peer to
    /// talk to.
    pub(crate) timeout: Duration,
}

/// The name of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::client) enum LinkId {
    /// Dialed here.
    Dialed(u64),
    /// Accepted by `--listen`.
    Visitor(u64),
}

/// An event that the conversation is told of.
#[derive(Debug)]
pub(in crate::client) enum LoopEvent {
    /// A line, without its end.
    Typed(String),
    /// A typed line that is too long to be sent.
    TypedTooMuch,
    /// Ctrl-D, or the end of a pipe.
    InputEnded,
    /// Ctrl-C, or a signal to end.
    Interrupted,
    /// The link is connected, and connecting took this time.
    Dialed {
        link: LinkId,
        round_trip: Duration,
    },
    /// The link could not be connected.
    Failed {
        link: LinkId,
        failure: Failure,
    },
    Received {
        link: LinkId,
        bytes: Vec<u8>,
    },
    /// The peer has closed the link, or the link broke, for a reason in a few words.
    Ended {
        link: LinkId,
        broken: Option<String>,
    },
    /// This many bytes have been written.
    Sent {
        link: LinkId,
        bytes: usize,
    },
    /// A peer has connected here.
    Visited {
        link: LinkId,
        from: String,
    },
}

/// The reason why a connection could not be made.
#[derive(Debug)]
pub(in crate::client) struct Failure {
    /// The reason, in words that follow the name of the target.
    pub(in crate::client) why: String,
    /// Another attempt would fail in the same way.
    pub(in crate::client) is_final: bool,
}

impl Failure {
    pub(in crate::client) fn passing(why: String) -> Self {
        let is_final = false;
        Self { why, is_final }
    }

    pub(in crate::client) fn lasting(why: String) -> Self {
        let is_final = true;
        Self { why, is_final }
    }
}

/// An action that the conversation asks for. Actions are carried out in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::client) enum Effect {
    Show(LineKind, String),
    Dial {
        link: LinkId,
        target: Destination,
        within: Duration,
    },
    Send {
        link: LinkId,
        bytes: Vec<u8>,
    },
    /// Nothing more will be sent: the peer is to see the end, once everything is written.
    EndOutput(LinkId),
    /// The connection is no longer needed: it ends in good order, and its further events are ignored.
    Close(LinkId),
    /// The client ends, with this exit status.
    Finish(u8),
}

/// The kind of a line that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::client) enum LineKind {
    /// The client's greeting to a person at the start.
    Welcome,
    /// A message of the client.
    Note,
    /// A message about something that went wrong.
    Trouble,
    /// A peer's message. This number of bytes at the start names the sender.
    Said(usize),
    /// A relay's line, whose first character tells its kind.
    Relay,
}
