//! The bits of a [`Format`]: the dialect that a client speaks, and the framing of its lines.
//!
//! Recipients with the same bits get the same bytes, which are encoded once. The hub carries them and does
//! not know them. IRC has 12 bits for capabilities that change lines; the bits above are the same for all
//! dialects, so a change of capabilities must leave them as they are.
//!
//! | bits | meaning |
//! | --- | --- |
//! | `0x8000`, `0x4000` | each line is a WebSocket message: of text, or binary |
//! | `0x2000` | lines end in CR LF |
//! | `0x1000` | JSON |
//! | the rest | zero: the line dialect; else IRC, with the capabilities that its client has negotiated |

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

/// The kind of messages that are answers, in any format: no format has these bits. Answers are kept apart
/// from events so that they do not cut the ranges of a room (see `encoder.rs`).
pub(super) const ANSWERS: u16 = JSON | 1;

/// The format for JSON with the framing of another one. JSON lines end in LF alone.
pub(super) fn as_json(format: Format) -> Format {
    Format(format.0 & !CRLF | JSON)
}

/// The format for the same lines on a terminal.
pub(super) fn for_terminals(format: Format) -> Format {
    Format(format.0 | CRLF)
}

/// The format for the same lines as WebSocket messages.
pub(super) fn in_messages(format: Format, kind: Kind) -> Format {
    Format(match kind {
        Kind::Text => format.0 | TEXT_MESSAGES,
        Kind::Binary => format.0 | BINARY_MESSAGES,
    })
}

/// Returns the dialect of programs that a format is written in, in any framing; none for the line dialect.
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

/// Returns the kind of WebSocket messages that lines are sent as; none if they are sent as a stream.
pub(super) fn messages(format: Format) -> Option<Kind> {
    match format.0 & (TEXT_MESSAGES | BINARY_MESSAGES) {
        0 => None,
        BINARY_MESSAGES => Some(Kind::Binary),
        _ => Some(Kind::Text),
    }
}
