//! The dialect of a connection, with the state that belongs to it.

use crate::config::RelayConfig;
use crate::protocol::Monotonic;
use crate::relay::dialect::{Program, irc, json};
use crate::relay::newcomer::Newcomer;
use crate::relay::role::Role;

/// The dialect of a connection, with the state that belongs to it.
#[derive(Debug)]
pub(super) enum Dialect {
    /// It is not known yet.
    Detecting {
        newcomer: Newcomer,
        /// Until when a request that was begun must be there.
        request_by: Option<Monotonic>,
    },
    /// Lines, of which the first ones must be the password.
    AwaitPassword {
        newcomer: Newcomer,
        wrong_passwords: u8,
    },
    /// Lines, of which the first one that says something is a nickname.
    AwaitNick(Newcomer),
    /// The line dialect.
    Line,
    Irc(Box<irc::State>),
    Json(Box<json::client::State>),
    /// Nothing: it hears what is said.
    Listen,
    /// Messages, and no answers to them.
    Talk,
    /// Lines for all others on its listener.
    Broker,
    /// Nothing any more: it is no longer part of anything here.
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

    /// Returns whether the client has a nickname, or needs none.
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

    /// Text has come of somebody, if only a character.
    pub(super) fn note_spoken(&mut self) {
        if let Self::Detecting { newcomer, .. }
        | Self::AwaitPassword { newcomer, .. }
        | Self::AwaitNick(newcomer) = self
        {
            newcomer.has_spoken = true;
        }
    }

    /// When something is to be done without any bytes.
    pub(super) fn due(&self) -> Option<Monotonic> {
        let greet_at = self.newcomer().and_then(|newcomer| newcomer.greet_at);
        match self {
            Self::Irc(state) => state.ping_at,
            _ => greet_at,
        }
    }
}
