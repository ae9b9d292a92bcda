//! In the steady state the loop allocates nothing: lines in, lines out, from memory that it has
//! already.

use parloir::RelayConfig;

use crate::steady::{Plan, RECEIVERS, Room};

/// The capabilities of the receivers that speak IRC. They make the bytes of the receivers differ.
const CAPABILITIES: [&str; 4] = [
    "batch",
    "server-time",
    "message-tags",
    "server-time account-tag",
];
const LINE: &[u8] = b"a line of some length that is said again and again and again\n";
const MESSAGE: &[u8] = b"PRIVMSG #lobby :a line of some length, said again and again\r\n";

/// The first lines of a client. Every other client speaks IRC.
fn arrival(kind: char, n: usize) -> Vec<u8> {
    if n % 2 == 1 {
        let capabilities = CAPABILITIES[n / 2 % CAPABILITIES.len()];
        return format!(
            "CAP REQ :{capabilities}\r\nNICK {kind}{n}\r\nUSER {kind} 0 * :R\r\nCAP END\r\n\
             JOIN #lobby\r\n"
        )
        .into_bytes();
    }
    format!("{kind}{n}\n").into_bytes()
}

/// The line of a sender.
fn said(n: usize) -> &'static [u8] {
    if n % 2 == 1 {
        return MESSAGE;
    }
    let _ = n;
    LINE
}

fn lines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

pub(crate) fn a_line_costs_no_allocation() {
    let room = Room::open(Plan {
        config: RelayConfig {
            rate: 0,
            // So high that no arrival is announced later.
            gather_above: RECEIVERS * 2,
            ..RelayConfig::default()
        },
        arrival,
        said: std::array::from_fn(|n| said(n).to_vec()),
        count: lines,
        each: 1,
    });
    room.assert_nothing_is_allocated_after(200);
}
