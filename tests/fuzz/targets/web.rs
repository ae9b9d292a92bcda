//! Any bytes from a browser, cut anywhere: requests, and frames behind a request for a WebSocket.
//!
//! The first byte of an input chooses the listener, the form of the rest (as it is, behind an
//! upgrade, or made into frames), and the way in which the connection ends; the second chooses how
//! many of the next bytes are lengths of pieces. It is sent whole to one relay and in pieces to
//! another, while the clock stands still, and
//!
//! - nothing panics, and no client is sent anything behind a close frame;
//! - a request gets one answer and is closed; frames are answered with frames, whole and unmasked,
//!   and text in them is UTF-8;
//! - the other clients hear only lines, and nothing of bytes that were no message;
//! - the cuts make no difference to anyone.

#![no_main]

mod stage;

use libfuzzer_sys::fuzz_target;
use parloir::relay::Role;
use stage::{Actor, SENDER, Stage, WITNESS};

const LINE_BYTES_MAX: usize = 64;

const UPGRADE: &[u8] = b"GET /x HTTP/1.1\r\nHost: [::1]\r\nOrigin: http://[::1]\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// The ends of the upgrade request. They choose the dialect: the line dialect, the one that the
/// first line shows, or IRC.
const SUBPROTOCOLS: [&[u8]; 4] = [
    b"Sec-WebSocket-Protocol: line.parloir\r\n\r\n",
    b"\r\n",
    b"Sec-WebSocket-Protocol: text.ircv3.net\r\n\r\n",
    b"Sec-WebSocket-Protocol: binary.ircv3.net\r\n\r\n",
];

fuzz_target!(|bytes: &[u8]| {
    let Some((choices, pieces, rest)) = stage::read(bytes) else {
        return;
    };
    let role = [Role::Web, Role::Auto][usize::from(choices & 1)];
    let is_upgrade = choices & 2 != 0;
    let subprotocol = SUBPROTOCOLS[usize::from(choices >> 4) % 4];
    let bytes = match (is_upgrade, choices & 4 != 0) {
        (false, _) => rest.to_vec(),
        (true, false) => [UPGRADE, subprotocol, rest].concat(),
        (true, true) => [UPGRADE, subprotocol, &frames(rest)].concat(),
    };
    let ends = choices & 8 != 0;
    let whole = play(role, &bytes, &[], ends);
    check_sender(&whole.actors[SENDER], role, is_upgrade);
    check_witness(&whole.actors[WITNESS], is_upgrade || role == Role::Auto);
    // On the common port, the end of the first piece may show that the bytes are no request, so
    // cuts can matter.
    if role == Role::Web || is_upgrade {
        whole.assert_same_when_cut(&play(role, &bytes, pieces, ends));
    }
});

fn play(role: Role, bytes: &[u8], pieces: &[u8], ends: bool) -> Stage {
    let mut stage = Stage::new(role, false, LINE_BYTES_MAX);
    stage.send_and_go(bytes, pieces, ends);
    stage
}

/// The frames that an input describes: for each, its first byte, its length, and its payload. The
/// payload is masked here, because a fuzzer does not find a correct mask by chance.
fn frames(mut rest: &[u8]) -> Vec<u8> {
    let mut frames = Vec::new();
    while let [first, length, behind @ ..] = rest {
        let (payload, later) = behind.split_at(usize::from(length & 0x7f).min(behind.len()));
        match payload.len() {
            short @ 0..=125 => frames.extend([*first, 0x80 | short as u8]),
            long => frames.extend([*first, 0xfe, 0, long as u8]),
        }
        let mask = [*length, 0x55, 0, 0xaa];
        frames.extend(mask);
        frames.extend(
            payload
                .iter()
                .zip(mask.iter().cycle())
                .map(|(byte, mask)| byte ^ mask),
        );
        rest = later;
    }
    frames
}

fn check_sender(sender: &Actor, role: Role, is_upgrade: bool) {
    let heard = sender.heard();
    if !heard.starts_with(b"HTTP/1.1 ") {
        let alert = [0x15, 3, 1, 0, 2, 2, 40];
        assert!(!is_upgrade && (role == Role::Auto || heard.is_empty() || heard == alert));
        return;
    }
    let end = heard
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .expect("a whole head")
        + 4;
    let (head, rest) = heard.split_at(end);
    assert!(!is_upgrade || head.starts_with(b"HTTP/1.1 101 "));
    if head.starts_with(b"HTTP/1.1 101 ") {
        return check_frames(rest);
    }
    let again = rest.windows(9).any(|nine| nine == b"HTTP/1.1 ");
    assert!(sender.is_closed && !again, "one answer, and that is all");
}

fn check_frames(mut rest: &[u8]) {
    while let [first, second, behind @ ..] = rest {
        let (length, behind) = match second {
            0..=125 => (usize::from(*second), behind),
            126 => {
                let (long, behind) = behind.split_first_chunk().expect("a whole head");
                let length = usize::from(u16::from_be_bytes(*long));
                assert!(length > 125, "as short as it can be");
                (length, behind)
            }
            _ => panic!("a mask, or a message of 64 KiB"),
        };
        let (payload, later) = behind.split_at(length);
        match first {
            0x81 | 0x82 => {
                let text = std::str::from_utf8(payload).expect("a text message is UTF-8");
                assert!(
                    !text.contains('\n') && !text.is_empty(),
                    "one line, one message"
                );
            }
            0x8a => assert!(length <= 125),
            0x88 => {
                assert!(
                    length <= 125 && later.is_empty(),
                    "nothing behind a close frame"
                );
                assert!(
                    payload
                        .get(2..)
                        .is_none_or(|why| std::str::from_utf8(why).is_ok())
                );
            }
            _ => panic!("no frame of a server's: {first:x}"),
        }
        rest = later;
    }
    assert!(rest.is_empty(), "half a frame");
}

fn check_witness(witness: &Actor, may_hear: bool) {
    let heard = std::str::from_utf8(witness.heard()).expect("all output is UTF-8");
    let before = "* You are alice, alone in lobby.\n* be kind\n";
    assert!(
        may_hear || heard == before,
        "said without a message: {heard:?}"
    );
    let is_shown = |c: char| c == '\n' || c == '\t' || !c.is_control();
    assert!(heard.chars().all(is_shown), "not fit to show: {heard:?}");
    assert!(heard.is_empty() || heard.ends_with('\n'), "half a line");
}
