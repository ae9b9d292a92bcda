//! Random frames, valid and invalid, to the relay and to tungstenite as a server: both read the
//! same.

use fastrand::Rng;
use parloir::{CloseReason, RelayConfig};
use tungstenite::Message;

use crate::browser::{arrive, frame, hear, other_reads};
use crate::support::Stage;

/// The meaning of a stream of frames, in words that both sides share.
#[derive(Debug, Default, PartialEq, Eq)]
struct Read {
    messages: Vec<String>,
    pings: Vec<String>,
    /// True if the stream ended with a close frame, or with a fault.
    is_over: bool,
}

/// Payloads without line ends, so that a message is one line at most.
fn payload(random: &mut Rng) -> Vec<u8> {
    let parts: [&[u8]; 10] = [
        b"salut",
        "é".as_bytes(),
        "😀".as_bytes(),
        b"\xc3",
        b"\xa9",
        b"\xff",
        b"\xed\xa0\x80",
        b" x",
        b"\xf0\x9f",
        b"y",
    ];
    // Mostly parts that are valid at any place.
    let choices = if random.u8(..12) == 0 { parts.len() } else { 3 };
    let count = random.usize(..5);
    let mut bytes = Vec::new();
    for _ in 0..count {
        bytes.extend_from_slice(parts[random.usize(..choices)]);
    }
    bytes.truncate(125);
    bytes
}

/// Frames in an order that is mostly valid.
fn stream(random: &mut Rng) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut is_within = false;
    for _ in 0..random.usize(1..12) {
        let payload = payload(random);
        let is_last = random.bool();
        let last = u8::from(is_last) << 7;
        let first = match random.u8(..24) {
            0..=3 => 0x89,
            4 => 0x8a,
            5 => 0x88,
            6 => random.u8(..),
            _ if is_within => last,
            7 => 0x82,
            _ => 0x01 | last,
        };
        if matches!(first & 0x0f, 0..=2) {
            is_within = first & 0x80 == 0;
        }
        let payload = match first {
            0x88 if random.bool() => {
                let code = random
                    .choice([1000_u16, 1001, 1005, 1007, 3000, 4999, 2000])
                    .unwrap();
                [&code.to_be_bytes()[..], b"bye"].concat()
            }
            0x88 => Vec::new(),
            // The two sides treat bytes that are no text differently, so these frames hold a text.
            0x82 | 0x89 => "är".into(),
            _ => payload,
        };
        bytes.extend(frame(first, &payload));
    }
    bytes
}

/// The relay's reading: the lines in the room, the answers, and whether the connection has ended.
fn ours(bytes: &[u8], random: &mut Rng) -> Read {
    let mut stage = Stage::new(RelayConfig {
        rate: 0,
        ..RelayConfig::default()
    });
    let alice = stage.arrive("alice");
    let bob = arrive(&mut stage, "bob");
    stage.hear(alice);
    let mut rest = bytes;
    while !rest.is_empty() {
        let (piece, later) = rest.split_at(random.usize(1..=rest.len()));
        stage.send(bob, piece);
        rest = later;
    }
    let mut read = Read::default();
    for line in stage.hear(alice).lines() {
        if let Some(text) = line.strip_prefix("<bob> ") {
            read.messages.push(text.to_owned());
        }
    }
    for answer in hear(&mut stage, bob) {
        if let Some(payload) = answer.strip_prefix("pong") {
            read.pings.push(payload.trim_start().to_owned());
        }
    }
    read.is_over = stage.is_closed(bob);
    stage.free(bob, CloseReason::Finished);
    read
}

/// tungstenite's reading, with the lines that the line dialect makes of each message.
fn theirs(bytes: &[u8]) -> Read {
    let (messages, is_over) = other_reads(bytes);
    let mut read = Read {
        is_over,
        ..Read::default()
    };
    for message in messages {
        match message {
            Message::Text(text) if !text.trim().is_empty() => {
                read.messages.push(text.as_str().to_owned());
            }
            Message::Binary(bytes) => {
                read.messages
                    .push(String::from_utf8(bytes.to_vec()).expect("UTF-8"));
            }
            Message::Ping(payload) => {
                read.pings
                    .push(String::from_utf8_lossy(&payload).trim_start().to_owned());
            }
            _ => {}
        }
    }
    read
}

#[test]
fn random_frames_are_read_as_somebody_else_reads_them() {
    let (mut over, mut said) = (0, 0);
    for seed in 0..3_000 {
        let mut random = Rng::with_seed(seed);
        let bytes = stream(&mut random);
        let (ours, theirs) = (ours(&bytes, &mut random), theirs(&bytes));
        assert_eq!(ours, theirs, "seed {seed}: {bytes:x?}");
        over += usize::from(ours.is_over);
        said += ours.messages.len();
    }
    assert!(
        over > 300 && said > 3_000,
        "{over} ended, {said} said: is that a test?"
    );
}
