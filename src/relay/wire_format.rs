//! The bits of a [`Format`]: which dialect a client speaks, and how its lines are framed.
//!
//! | bits | what |
//! | --- | --- |
//! | `0x8000`, `0x4000` | each line is a WebSocket message: of text, or binary |
//! | `0x2000` | lines end in CR LF |
//! | `0x1000` | JSON |
//! | the rest | nought: the line dialect; else IRC, with what its client has negotiated |

use super::dialect::Program;
use super::framing::websocket::Kind;
use super::hub::Format;

/// The wire format of the line dialect.
pub(super) const LINE: Format = Format(0);

const TEXT_MESSAGES: u16 = 0x8000;
const BINARY_MESSAGES: u16 = 0x4000;

/// With LF alone, a terminal in raw mode goes down and not back to the left (RFC 854).
const CRLF: u16 = 0x2000;

const JSON: u16 = 0x1000;

/// The kind of messages that are answers, in whatever format: no format has these bits.
pub(super) const ANSWERS: u16 = JSON | 1;

/// As JSON, framed as before.
pub(super) fn as_json(format: Format) -> Format {
    Format(format.0 & !CRLF | JSON)
}

/// The same lines, for a terminal.
pub(super) fn for_terminals(format: Format) -> Format {
    Format(format.0 | CRLF)
}

/// The same lines, as messages.
pub(super) fn in_messages(format: Format, kind: Kind) -> Format {
    Format(match kind {
        Kind::Text => format.0 | TEXT_MESSAGES,
        Kind::Binary => format.0 | BINARY_MESSAGES,
    })
}

/// The dialect that it is written in, however it is framed; none: that of people, the line dialect.
pub(super) fn program(format: Format) -> Option<Program> {
    match format.0 & !(TEXT_MESSAGES | BINARY_MESSAGES | CRLF) {
        0 => None,
        JSON => Some(Program::Json),
        _ => Some(Program::Irc),
    }
}

pub(super) fn ends_in_crlf(format: Format) -> bool {
    format.0 & CRLF != 0
}

/// As which kind of messages its lines go out, if they do.
pub(super) fn messages(format: Format) -> Option<Kind> {
    match format.0 & (TEXT_MESSAGES | BINARY_MESSAGES) {
        0 => None,
        BINARY_MESSAGES => Some(Kind::Binary),
        _ => Some(Kind::Text),
    }
}
