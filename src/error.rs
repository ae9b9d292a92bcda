//! Errors: [`Error`] when a server is set up or its loop fails, [`CloseReason`] for one connection.

use std::fmt;
use std::io;

use crate::store::StoreError;

/// Why a server cannot be set up, or cannot go on. Nothing that a peer sends leads to one.
///
/// # Examples
///
/// ```
/// use parloir::{Error, Relay, RelayConfig, Server, ServerConfig};
///
/// let relay = Relay::new(RelayConfig::default())?;
/// let config = ServerConfig { connections_max: 0, ..ServerConfig::default() };
/// let error = Server::new(relay, config).unwrap_err();
/// assert!(matches!(error, Error::Config { setting: "connections_max", .. }));
/// assert_eq!(error.to_string(), "connections_max must be at least 1");
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A setting has a value that cannot work.
    Config {
        /// The field.
        setting: &'static str,
        /// The rule for its value, in words that follow "must be". It may name another field.
        must: &'static str,
    },
    /// A listener could not be opened.
    Listen {
        /// The address or path, as given.
        address: String,
        /// The error of the system.
        source: io::Error,
    },
    /// A certificate or its key cannot be used; in words.
    Certificate(String),
    /// The system's event queue failed.
    Poll(io::Error),
    /// The chat that was kept cannot be used.
    Store(StoreError),
    /// A stream handed to [`Server::adopt`](crate::Server::adopt) could not be used.
    Adopt(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config { setting, must } => write!(f, "{setting} must be {must}"),
            Self::Listen { address, source } => {
                write!(f, "cannot listen on {address}: {}", describe(source))
            }
            Self::Certificate(text) => f.write_str(text),
            Self::Store(error) => write!(f, "{error}"),
            Self::Poll(source) => write!(f, "the event loop failed: {}", describe(source)),
            Self::Adopt(source) => write!(f, "cannot adopt the stream: {}", describe(source)),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Config { .. } | Self::Certificate(_) => None,
            Self::Store(error) => Some(error),
            Self::Listen { source, .. } | Self::Poll(source) | Self::Adopt(source) => Some(source),
        }
    }
}

/// An I/O error in words, without the `(os error 13)` that std appends: as [`Error`] has it, for a
/// program that tells of errors of its own beside it. It begins with a small letter, since it stands
/// behind a colon.
///
/// ```
/// let error = std::fs::read("/no/such/file").unwrap_err();
/// assert_eq!(parloir::describe(&error), "no such file or directory");
/// ```
pub fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(chars).collect()
    })
}

/// Why a connection ended, and so who ended it. If there are several reasons it is the first: a peer that
/// is closed for its full queue and then resets was [`QueueFull`](Self::QueueFull).
///
/// ```
/// use parloir::CloseReason;
///
/// assert_eq!(CloseReason::QueueFull.to_string(), "read too slowly");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseReason {
    /// The peer ended its stream in good order.
    Finished,
    /// The peer, or the network, broke it off.
    Reset,
    /// The protocol asked for it.
    Asked,
    /// The peer took no byte for too long while some waited for it.
    Stalled,
    /// More waited for the peer than its queue may ever hold, or it held most when all queues were full.
    QueueFull,
    /// The protocol left more bytes untaken than are kept.
    InputFull,
    /// The server is stopping.
    Stopping,
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Finished => "ended by the peer",
            Self::Reset => "reset by the peer",
            Self::Asked => "closed",
            Self::Stalled => "stopped reading",
            Self::QueueFull => "read too slowly",
            Self::InputFull => "sent too much at once",
            Self::Stopping => "server stopping",
        })
    }
}
