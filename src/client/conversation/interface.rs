//! What a conversation is told, and what it asks to be done: its interface to sockets and screens.

use std::time::Duration;

use crate::client::target::Target;

/// What the flags say.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Whom to talk to at the start.
    pub(crate) target: Option<Target>,
    /// What to be called on a relay; else the first line typed is the nickname.
    pub(crate) nick: Option<String>,
    /// What a relay that asks for a password gets; else the next line typed.
    pub(crate) password: Option<String>,
    /// A person types. Otherwise lines come from a pipe or a file, and what matters is whether they
    /// were delivered.
    pub(crate) is_interactive: bool,
    /// Peers can connect here.
    pub(crate) is_listening: bool,
    /// Connections that are asked for are encrypted.
    pub(crate) is_encrypted: bool,
    /// How long a connection may take; from a pipe, how long nobody may be there to talk to.
    pub(crate) timeout: Duration,
}

/// One connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::client) enum LinkId {
    /// Asked for here.
    Dialed(u64),
    /// Accepted by `--listen`.
    Visitor(u64),
}

/// What has happened.
#[derive(Debug)]
pub(in crate::client) enum Event {
    /// A line, without its end.
    Typed(String),
    /// A line was typed that is too long to be one.
    TypedTooMuch,
    /// Ctrl-D, or the end of a pipe.
    InputEnded,
    /// Ctrl-C, or a signal to end.
    Interrupted,
    /// It is connected, and the peer was that far away.
    Dialed {
        link: LinkId,
        round_trip: Duration,
    },
    /// It could not be connected.
    Failed {
        link: LinkId,
        failure: Failure,
    },
    Received {
        link: LinkId,
        bytes: Vec<u8>,
    },
    /// The other side has closed it, or it broke, in a few words.
    Ended {
        link: LinkId,
        broken: Option<String>,
    },
    /// So many bytes have left.
    Sent {
        link: LinkId,
        bytes: usize,
    },
    /// Someone has connected here.
    Visited {
        link: LinkId,
        from: String,
    },
}

/// Why a connection could not be had.
#[derive(Debug)]
pub(in crate::client) struct Failure {
    /// In words that follow the name of who was to be connected to.
    pub(in crate::client) why: String,
    /// Another attempt would come to the same.
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

/// What is to be done about it, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::client) enum Action {
    Show(Kind, String),
    Dial {
        link: LinkId,
        target: Target,
        within: Duration,
    },
    Send {
        link: LinkId,
        bytes: Vec<u8>,
    },
    /// Nothing more will be sent: the other side is to see the end, once all is written.
    EndOutput(LinkId),
    /// Nothing more is wanted of it: it ends in good order, and nobody hears of it again.
    Close(LinkId),
    /// The end, with this exit status.
    Finish(u8),
}

/// What a line that is shown is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::client) enum Kind {
    /// The client's word to a person at the start.
    Welcome,
    /// The client's word.
    Note,
    /// What went wrong.
    Trouble,
    /// What a peer said. So many bytes at the start say who it was.
    Said(usize),
    /// A relay's line: its first character says what it is.
    Relay,
}
