//! What a client can get wrong, and what it is told then.

use super::CloseCode;

/// Why a connection is failed (RFC 6455, 7.1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::relay) enum Fault {
    /// The frames are not such as a client may send.
    Protocol(&'static str),
    /// A text message, or the reason in a close frame, is not UTF-8.
    NotUtf8,
    /// A message is longer than any may be.
    TooBig,
}

impl Fault {
    /// The code for the close frame (RFC 6455, 7.4.1).
    pub(in crate::relay) fn code(self) -> CloseCode {
        match self {
            Self::Protocol(_) => CloseCode::PROTOCOL,
            Self::NotUtf8 => CloseCode::NOT_UTF8,
            Self::TooBig => CloseCode::TOO_BIG,
        }
    }

    /// The same in words, for whoever debugs the client.
    pub(in crate::relay) fn reason(self) -> &'static str {
        match self {
            Self::Protocol(what) => what,
            Self::NotUtf8 => "text that is not UTF-8",
            Self::TooBig => "the message is too long",
        }
    }
}
