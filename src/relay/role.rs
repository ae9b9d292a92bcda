//! Roles of listeners: which dialect their connections may speak, and what they hear.

use super::dialect::Program;
use super::hub::EventLevel;

/// The nickname of the host of the server.
pub(super) const HOST_NAME: &str = "host";

/// The role of a listener's connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// Anything: what it is, its first bytes tell. TLS is turned away with a proper answer.
    #[default]
    Auto,
    /// The line dialect alone: HTTP and TLS are closed, what IRC clients say is text.
    Line,
    /// IRC alone: whatever else comes first is answered as IRC.
    Irc,
    /// JSON alone: whatever else comes first is answered as JSON.
    Json,
    /// HTTP alone, and WebSocket; anything else is a bad request.
    Web,
    /// Only hears what is said, and says nothing.
    Listen,
    /// Only says: first a nickname, then messages. Never gets a byte.
    Talk,
    /// No chat at all: each line goes, unlabelled, to all others on the listener.
    Broker,
    /// The host of the server, at the line dialect: called `host`, from the start, without a limit
    /// on its lines, and with `/kick NAME [REASON]` and a `/quit` that stops the server. For a stream
    /// given to [`Server::adopt`](crate::Server::adopt).
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

    /// The dialect of programs that it is for, if it is for one alone.
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

    /// Which events somebody hears there.
    pub(super) fn event_level(self) -> EventLevel {
        match self {
            Self::Irc | Self::Json => EventLevel::Raw,
            Self::Auto | Self::Line | Self::Host | Self::Web => EventLevel::Room,
            Self::Listen => EventLevel::Messages,
            Self::Talk | Self::Broker => EventLevel::None,
        }
    }
}
