//! In the steady state nothing is allocated for WebSocket messages either, in or out.

use parloir::RelayConfig;

use crate::steady::{Plan, Room};

const LINE: &str = "a line of some length that is said again and again and again";

/// Number of bytes around a line on its way out.
const FRAME: usize = 2;

/// The first bytes of a client, which give it a name.
fn arrival(kind: char, n: usize) -> Vec<u8> {
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
        Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    [request.as_bytes(), &message(&format!("{kind}{n}"))].concat()
}

/// A line in a message, as a client sends it. The mask consists of zeros, which is valid.
fn message(text: &str) -> Vec<u8> {
    let head = [0x81, 0x80 | text.len() as u8, 0, 0, 0, 0];
    [&head, text.as_bytes()].concat()
}

pub(crate) fn a_message_costs_no_allocation() {
    let room = Room::open(Plan {
        config: RelayConfig {
            rate: 0,
            ..RelayConfig::default()
        },
        arrival,
        said: std::array::from_fn(|_| message(LINE)),
        count: <[u8]>::len,
        each: "<s0> ".len() + LINE.len() + FRAME,
    });
    room.assert_nothing_is_allocated_after(40);
}
