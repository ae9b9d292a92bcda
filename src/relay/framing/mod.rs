//! From bytes to clean lines: where a line ends, what is telnet in it, what it says, what of that is fit to
//! show.
//!
//! ```text
//!  people:     bytes -> lines (with telnet) -> decode -> clean -> text
//!  programs:   bytes -> program_lines       -> their dialect, which decodes and cleans by itself
//!  WebSockets: bytes -> websocket -> pieces of messages -> lines or program_lines -> as above
//! ```
//!
//! Everything here works on bytes as they lie and keeps only what is unfinished, so that an idle connection
//! holds no buffer. It must come to the same whatever the network makes of the bytes: whole, byte by byte, or
//! cut anywhere. The fuzz targets compare the cuts. `unended` in `input` adds the only rule that depends on
//! time. The lab and the module `lines`, for authors of clients, use this folder as well, so it knows nothing
//! of connections.

mod clean;
mod decode;
mod lines;
mod program_lines;
mod telnet;
pub(super) mod websocket;

pub(crate) use clean::is_blank;
pub(crate) use lines::{Framed, Lines};
pub(super) use program_lines::ProgramLines;

use clean::ends_inside_escape;
pub(super) use decode::decode;
#[cfg(any(feature = "lab", test))]
use telnet::{IAC, Telnet, TelnetByte};

/// Decodes and cleans a line into `text`. Decoding comes first: the 8-bit introducers of escape sequences are
/// characters, and in UTF-8 their bytes are parts of other letters.
pub(crate) fn read_line(raw: &[u8], text: &mut String) {
    text.clear();
    clean::clean(&decode::decode(raw), text);
}

/// The same of a line that was typed key by key: what was taken back of it is gone.
pub(super) fn read_typed(raw: &[u8], text: &mut String) {
    text.clear();
    clean::clean_typed(&decode::decode(raw), text);
}

/// Returns whether an unended line, without telnet's bytes, may be whole: it is not a single key, nor the
/// inside of something. A key that is pressed alone is the beginning of a line that someone types, and half a
/// character or sequence is followed by its rest.
pub(super) fn may_end_here(raw: &[u8]) -> bool {
    let mut text = String::new();
    read_line(raw, &mut text);
    let is_one_key = text.chars().nth(1).is_none();
    let goes_on = ends_inside_character(raw) || ends_inside_escape(&String::from_utf8_lossy(raw));
    !is_one_key && !goes_on
}

/// The same of bytes as they came, telnet's included. For callers that have no `Lines` to take telnet out.
#[cfg(any(feature = "lab", test))]
pub(crate) fn may_end_as_received(raw: &[u8]) -> bool {
    let mut telnet = Telnet::default();
    let mut text = Vec::new();
    let mut rest = raw;
    while let Some((&byte, after)) = rest.split_first() {
        if byte != IAC && !telnet.is_in_sequence() {
            text.push(byte);
            rest = after;
            continue;
        }
        match telnet.step(byte) {
            // Only now it is known to have been text; the byte at hand is looked at again.
            TelnetByte::LiteralBefore => text.push(IAC),
            TelnetByte::Literal => {
                text.push(IAC);
                rest = after;
            }
            _ => rest = after,
        }
    }
    !telnet.is_in_sequence() && may_end_here(&text)
}

/// Appends the visible part of a text, and the controls that `keeps` names, to `out`. Programs of IRC and
/// JSON send bold and colours as controls; those stay in the chat, and only the line dialect leaves them out
/// when it writes.
pub(super) fn clean_keeping(text: &str, keeps: fn(char) -> bool, out: &mut String) {
    clean::clean_keeping(text, keeps, out);
}

/// Returns whether bytes end inside a character.
pub(crate) fn ends_inside_character(raw: &[u8]) -> bool {
    std::str::from_utf8(raw).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_single_key_or_goes_on_does_not_end_here() {
        for (raw, may_end) in [
            (&b""[..], false),
            (b"x", false),
            ("é".as_bytes(), false),
            (b"\x1b[A", false),
            (b"xy", true),
            (b"x\xc3", false),
            (b"xy\x1b[", false),
            (b"\xff\xfd\x06", false),
            (b"\xff\xfd\x06xy", true),
            (b"xy\xff", false),
            (b"xy\xff\xfd", false),
            (b"\xff\xfax", false),
            (b"\xff\xff\xffy", true),
        ] {
            assert_eq!(may_end_as_received(raw), may_end, "{raw:?}");
        }
    }
}
