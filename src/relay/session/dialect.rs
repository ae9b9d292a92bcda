//! The dialect of a connection, with the state that belongs to it.
//!
//! A closed enum, one variant for each stage of a conversation: what belongs to one stage is in its variant
//! and gone with it. The alternative, one struct for all stages, came to 22 fields, most of which meant
//! something in one stage only. The diagram of the stages is at the head of `session.rs`.
//!
//! The variants do nothing by themselves: `lines.rs` matches on them to find out what a line means,
//! `receive.rs` what silence means. A variant for a new dialect of programs goes in here, and the compiler
//! names each place that must tell it apart.

use crate::config::RelayConfig;
use crate::protocol::Monotonic;
use crate::relay::dialect::{Program, irc, json};
use crate::relay::newcomer::Newcomer;
use crate::relay::role::Role;

/// The stage that a conversation is in, or the dialect that it has come to.
#[derive(Debug)]
pub(super) enum Dialect {
    /// It is not known yet. The first bytes stay where they are, with the loop, until they tell.
    Detecting {
        newcomer: Newcomer,
        /// Until when a request that was begun must be there. None while nothing of one has come; put back to
        /// none if the bytes turn out to be text, or the loop would be woken for a request that there is none
        /// of.
        request_by: Option<Monotonic>,
    },
    /// Lines, of which the first ones must be the password. None of them is ever shown to others or taken for
    /// a nickname.
    AwaitPassword {
        newcomer: Newcomer,
        // Of this connection. The waits that grow belong to its address, and outlive it.
        wrong_passwords: u8,
    },
    /// Lines, of which the first one that says something is a nickname. Somebody in this stage may already be
    /// in the lobby, as a listener without a name.
    AwaitNick(Newcomer),
    /// The line dialect, with a nickname. It needs no state besides the hub's.
    Line,
    /// IRC, registered or not. Behind a pointer: most connections are line clients, and pay nothing for this.
    Irc(Box<irc::State>),
    /// JSON, greeted or not. Behind a pointer for the same reason.
    Json(Box<json::client::State>),
    /// Nothing: it hears what is said. Its input is thrown away, and it may end its stream and stay. A health
    /// check that connects and closes looks the same from here, so the loop asks now and then whether
    /// somebody is still there.
    Listen,
    /// Messages, and no answers to them. Its first line was its nickname.
    Talk,
    /// Lines for all others on its listener.
    Broker,
    /// Nothing any more: it is no longer part of anything here. The connection may still be there to be
    /// written to, so bytes that come are taken and dropped.
    Closed,
}

impl Dialect {
    /// That of a conversation that is known to be one in lines.
    pub(super) fn of_lines(role: Role, newcomer: Newcomer, config: &RelayConfig) -> Self {
        match role {
            Role::Host => Self::Line,
            _ if config.password.is_some() => Self::AwaitPassword {
                newcomer,
                wrong_passwords: 0,
            },
            role => Self::let_in(role, newcomer),
        }
    }

    /// That of somebody who needs no password, or has given it.
    pub(super) fn let_in(role: Role, newcomer: Newcomer) -> Self {
        match role {
            Role::Listen => Self::Listen,
            Role::Broker => Self::Broker,
            _ => Self::AwaitNick(newcomer),
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        matches!(self, Self::Closed)
    }

    /// Returns whether the client has a nickname, or needs none. `Session::settle` and `stop` take a client
    /// that has arrived, and that the hub does not know, for one that was removed.
    pub(super) fn has_arrived(&self) -> bool {
        match self {
            Self::Line | Self::Listen | Self::Talk | Self::Broker => true,
            Self::Irc(state) => state.is_registered,
            Self::Json(state) => state.is_greeted,
            _ => false,
        }
    }

    /// The dialect of programs that it is, if it is one.
    pub(super) fn program(&self) -> Option<Program> {
        match self {
            Self::Irc(_) => Some(Program::Irc),
            Self::Json(_) => Some(Program::Json),
            _ => None,
        }
    }

    /// Somebody who is nobody yet, if it is one.
    pub(super) fn newcomer(&self) -> Option<&Newcomer> {
        match self {
            Self::Detecting { newcomer, .. }
            | Self::AwaitPassword { newcomer, .. }
            | Self::AwaitNick(newcomer) => Some(newcomer),
            _ => None,
        }
    }

    /// Text has come of somebody, if only a character. From then on it is a person who takes their time, who
    /// is let in to listen and not greeted in the middle of what they type.
    pub(super) fn note_spoken(&mut self) {
        if let Self::Detecting { newcomer, .. }
        | Self::AwaitPassword { newcomer, .. }
        | Self::AwaitNick(newcomer) = self
        {
            newcomer.has_spoken = true;
        }
    }

    /// The time at which something is to be done without any bytes: a greeting, or the question whether an
    /// IRC client is still there.
    pub(super) fn due(&self) -> Option<Monotonic> {
        let greet_at = self.newcomer().and_then(|newcomer| newcomer.greet_at);
        match self {
            Self::Irc(state) => state.ping_at,
            _ => greet_at,
        }
    }
}
