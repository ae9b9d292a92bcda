//! Frames that are sent: never masked, never in fragments, with heads as short as they can be.

use std::ops::Range;

use super::CloseCode;

/// The kind of a message: text or binary. A client gets the kind that its subprotocol names; without one, it
/// is text, which browsers hand to a script as a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::relay) enum Kind {
    Text,
    Binary,
}

/// First bytes: the last frame of its message, and what it is (RFC 6455, 5.2).
const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

/// Makes each line of `buffer[start..]` a message: a head before it, no line end behind it.
///
/// In place and from the back, since a head is never shorter than the line end that it replaces. So lines are
/// written as for everyone else, and framing them needs no memory of its own. They are framed once for all
/// who get them, and not once for each.
pub(in crate::relay) fn frame_lines(buffer: &mut Vec<u8>, start: usize, kind: Kind) {
    let first_byte = match kind {
        Kind::Text => TEXT,
        Kind::Binary => BINARY,
    };
    let mut from = buffer.len();
    let mut to = start + framed_size(&buffer[start..]);
    buffer.resize(to, 0);
    while from > start {
        let line = last_line(&buffer[start..from]);
        let (head, size) = head(first_byte, line.len());
        from = start + line.start;
        to -= line.len();
        buffer.copy_within(from..start + line.end, to);
        to -= size;
        buffer[to..to + size].copy_from_slice(&head[..size]);
    }
}

/// Number of bytes that lines become. It must be known before the first line is moved, since lines are moved
/// to where they end up in one go, from the last to the first.
fn framed_size(mut lines: &[u8]) -> usize {
    let mut size = 0;
    while !lines.is_empty() {
        let line = last_line(lines);
        size += head(TEXT, line.len()).1 + line.len();
        lines = &lines[..line.start];
    }
    size
}

/// The place of the last of some lines, without its end. There is at least one. IRC's lines end in CR LF and
/// others in LF; inside a message neither stands.
fn last_line(lines: &[u8]) -> Range<usize> {
    let text = lines.strip_suffix(b"\n").unwrap_or(lines);
    let start = memchr::memrchr(b'\n', text).map_or(0, |at| at + 1);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    start..text.len()
}

/// RFC 6455, 5.2: the head, and how many of these bytes it has.
fn head(first_byte: u8, length: usize) -> ([u8; 10], usize) {
    let mut head = [0; 10];
    head[0] = first_byte;
    let long = (length as u64).to_be_bytes();
    // The shortest form that holds the length, as the RFC asks for.
    let size = match length {
        0..=125 => {
            head[1] = long[7];
            2
        }
        126..=0xffff => {
            head[1] = 126;
            head[2..4].copy_from_slice(&long[6..]);
            4
        }
        _ => {
            head[1] = 127;
            head[2..].copy_from_slice(&long);
            10
        }
    };
    (head, size)
}

/// Says goodbye, and why. The reason is ours and short.
pub(in crate::relay) fn write_close(out: &mut Vec<u8>, code: Option<CloseCode>, reason: &str) {
    let Some(CloseCode(code)) = code else {
        return write_control(out, CLOSE, &[&[]]);
    };
    write_control(out, CLOSE, &[&code.to_be_bytes(), reason.as_bytes()]);
}

/// Asks whether anyone is there.
pub(in crate::relay) fn write_ping(out: &mut Vec<u8>) {
    write_control(out, PING, &[]);
}

/// Answers a ping with what was in it (RFC 6455, 5.5.3).
pub(in crate::relay) fn write_pong(out: &mut Vec<u8>, payload: &[u8]) {
    write_control(out, PONG, &[payload]);
}

fn write_control(out: &mut Vec<u8>, first_byte: u8, payload: &[&[u8]]) {
    let length = payload.iter().map(|part| part.len()).sum();
    debug_assert!(length <= 125, "control frames are short (RFC 6455, 5.5)");
    let (head, size) = head(first_byte, length);
    out.extend_from_slice(&head[..size]);
    for part in payload {
        out.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(lines: &[u8], kind: Kind) -> Vec<u8> {
        let mut buffer = b"before".to_vec();
        let start = buffer.len();
        buffer.extend_from_slice(lines);
        frame_lines(&mut buffer, start, kind);
        assert!(buffer.starts_with(b"before"));
        buffer.split_off(start)
    }

    #[test]
    fn a_line_is_a_message_without_its_end() {
        for (lines, frames) in [
            (&b""[..], &b""[..]),
            (b"a\n", b"\x81\x01a"),
            (b"ab\r\n", b"\x81\x02ab"),
            (b"no end", b"\x81\x06no end"),
            (b"\n", b"\x81\x00"),
            (b"\r\n\n", b"\x81\x00\x81\x00"),
            (b"a\nbc\r\n\nd\n", b"\x81\x01a\x81\x02bc\x81\x00\x81\x01d"),
            (b"cr\rinside\n", b"\x81\x09cr\rinside"),
        ] {
            assert_eq!(framed(lines, Kind::Text), frames, "{lines:?}");
        }
        assert_eq!(framed(b"a\n", Kind::Binary), b"\x82\x01a");
    }

    #[test]
    fn a_head_is_as_short_as_it_can_be() {
        for (length, head) in [
            (125, &[0x81, 125][..]),
            (126, &[0x81, 126, 0, 126]),
            (0xffff, &[0x81, 126, 0xff, 0xff]),
            (0x1_0000, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let text = vec![b'x'; length];
            let lines = [&text[..], b"\nshort\r\n"].concat();
            let expected = [head, &text, b"\x81\x05short"].concat();
            assert_eq!(framed(&lines, Kind::Text), expected, "{length}");
        }
    }

    #[test]
    fn control_frames_are_not_masked_either() {
        let mut out = Vec::new();
        write_ping(&mut out);
        write_pong(&mut out, b"abc");
        write_close(&mut out, Some(CloseCode::AWAY), "bye");
        write_close(&mut out, None, "");
        assert_eq!(out, b"\x89\0\x8a\x03abc\x88\x05\x03\xe9bye\x88\0");
    }
}
