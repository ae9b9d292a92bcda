//! The input of browsers: a request for a WebSocket, and frames, valid and invalid.

use fastrand::Rng;

use crate::world::Tongue;

/// The subprotocol that a WebSocket asks for. If it is empty, the first line decides the dialect.
pub(crate) fn subprotocol(random: &mut Rng, tongue: Tongue) -> &'static str {
    let choices = match tongue {
        Tongue::Irc => ["", "text.ircv3.net", "binary.ircv3.net"],
        Tongue::Line => ["", "line.parloir", ""],
        Tongue::Json => ["", "json.parloir", ""],
    };
    random.choice(choices).unwrap()
}

pub(crate) fn request(subprotocol: &str) -> Vec<u8> {
    let asked = match subprotocol {
        "" => String::new(),
        name => format!("Sec-WebSocket-Protocol: {name}\r\n"),
    };
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
                   Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    format!("{request}{asked}\r\n").into_bytes()
}

/// Lines as messages: each line as one, or all lines in one.
pub(crate) fn messages(random: &mut Rng, lines: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    if random.u8(..5) == 0 {
        message(random, lines, &mut bytes);
    } else {
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            let kept = match random.u8(..4) {
                0 => line,
                _ => line.trim_ascii_end(),
            };
            message(random, kept, &mut bytes);
        }
    }
    if random.u8(..100) == 0 {
        bytes.extend(end(random));
    }
    bytes
}

/// One message in frames, with control frames in between. Only bytes that are text are sent as
/// text.
fn message(random: &mut Rng, payload: &[u8], out: &mut Vec<u8>) {
    let is_text = std::str::from_utf8(payload).is_ok() && random.u8(..4) > 0;
    let mut opcode = if is_text { 1 } else { 2 };
    let mut rest = payload;
    while random.u8(..6) == 0 {
        let (part, behind) = rest.split_at(random.usize(..=rest.len()));
        frame(random, opcode, part, out);
        (opcode, rest) = (0, behind);
        if random.bool() {
            control(random, out);
        }
    }
    frame(random, 0x80 | opcode, rest, out);
    if random.u8(..16) == 0 {
        control(random, out);
    }
    if random.u8(..24) == 0 {
        frame(random, 0x81, b"", out);
    }
}

fn control(random: &mut Rng, out: &mut Vec<u8>) {
    let opcode = if random.u8(..3) > 0 { 0x89 } else { 0x8a };
    let payload = random.choice([&b""[..], b"beat", b"\0\xff\n"]).unwrap();
    frame(random, opcode, payload, out);
}

/// A close frame, or a frame that no client may send.
fn end(random: &mut Rng) -> Vec<u8> {
    let mut out = Vec::new();
    match random.u8(..12) {
        0..3 => frame(random, 0x88, b"\x03\xe8bye", &mut out),
        3 => frame(random, 0x88, b"", &mut out),
        4 => frame(random, 0x88, b"\x03\xed", &mut out),
        5 => out.extend(b"\x81\x02hi"),
        6 => frame(random, 0x80, b"goes on", &mut out),
        7 => frame(random, 0x83, b"odd", &mut out),
        8 => frame(random, 0xc1, b"odd", &mut out),
        9 => frame(random, 0x81, b"first\nsecond \xff third", &mut out),
        10 => out.extend(b"\x82\xff\0\0\0\0\0\x01\x12\x34mask"),
        _ => {
            frame(random, 0x01, b"half of ", &mut out);
            frame(random, 0x81, b"another", &mut out);
        }
    }
    out
}

fn frame(random: &mut Rng, first: u8, payload: &[u8], out: &mut Vec<u8>) {
    out.push(first);
    match payload.len() {
        short @ ..126 => out.push(0x80 | short as u8),
        long => {
            out.push(0x80 | 126);
            out.extend((long as u16).to_be_bytes());
        }
    }
    let mask = random.u32(..).to_be_bytes();
    out.extend(mask);
    let masked = payload.iter().zip(mask.iter().cycle());
    out.extend(masked.map(|(byte, mask)| byte ^ mask));
}
