//! Roles of listeners: the dialects that their connections may speak, and the events that they hear.
//!
//! Most of what a role means is a question below, so that a new role has one place where they are answered.
//! The recipe is in [`guide::recipes`](crate::guide::recipes).

use super::dialect::Program;
use super::hub::EventLevel;

/// The nickname of the host of the server.
pub(super) const HOST_NAME: &str = "host";

/// The role of a listener's connections. A listener gets it by its tag.
///
/// # Examples
///
/// ```
/// use parloir::relay::Role;
/// use parloir::{Relay, RelayConfig, Tag};
///
/// let mut relay = Relay::new(RelayConfig::default())?;
/// let listen = relay.tag(Role::Listen);
/// assert_ne!(listen, Tag::default(), "tag 0 is Role::Auto");
/// # Ok::<(), parloir::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// Any dialect: the first bytes of a connection tell it. TLS is turned away with a proper answer.
    #[default]
    Auto,
    /// The line dialect alone: HTTP and TLS are closed, and lines of IRC clients are text.
    Line,
    /// IRC alone: anything else that comes first is answered as IRC.
    Irc,
    /// JSON alone: anything else that comes first is answered as JSON.
    Json,
    /// HTTP alone, and WebSocket; anything else is a bad request.
    Web,
    /// The connection only hears messages, and says nothing.
    Listen,
    /// The connection only sends: first a nickname, then messages. It never gets a byte.
    Talk,
    /// No chat at all: each line goes, unlabelled, to all others on the listener.
    Broker,
    /// The host of the server, in the line dialect: called `host` from the start, without a limit
    /// on its lines, and with `/kick NAME [REASON]` and a `/quit` that stops the server. The role is for a
    /// stream given to [`Server::adopt`](crate::Server::adopt).
    Host,
}

impl Role {
    /// Returns whether its connections are greeted, answered and told of errors in lines.
    pub(super) fn converses(self) -> bool {
        match self {
            Self::Auto | Self::Line | Self::Host => true,
            Self::Web => true,
            Self::Irc | Self::Json => false,
            Self::Listen | Self::Talk | Self::Broker => false,
        }
    }

    /// The dialect of programs that the listener is for, if it is for one alone.
    pub(super) fn program(self) -> Option<Program> {
        match self {
            Self::Irc => Some(Program::Irc),
            Self::Json => Some(Program::Json),
            _ => None,
        }
    }

    /// Returns whether its connections begin with HTTP.
    pub(super) fn is_web_alone(self) -> bool {
        self == Self::Web
    }

    /// Returns whether it serves requests.
    pub(super) fn serves_requests(self) -> bool {
        matches!(self, Self::Auto | Self::Web)
    }

    /// The events that a client of such a listener hears. On [`Role::Auto`] that is the level of people; a
    /// program that its first bytes tell is admitted with its own.
    pub(super) fn event_level(self) -> EventLevel {
        match self {
            Self::Irc | Self::Json => EventLevel::Raw,
            Self::Auto | Self::Line | Self::Host | Self::Web => EventLevel::Room,
            Self::Listen => EventLevel::Messages,
            Self::Talk | Self::Broker => EventLevel::None,
        }
    }
}
