//! The commands that peers are sent, and their answers.

use crate::rig::dialect::{Dialect, Then, name};

/// RFC 2812. All clients are in one channel; 366 ends the list of its members. Numerics are
/// searched for with the server's name before them, because `There are 366 users` is none.
pub(crate) const IRC: Dialect = Dialect {
    join: |client, _| {
        let name = name(client);
        format!("NICK {name}\r\nUSER {name} 0 * :{name}\r\n").into_bytes()
    },
    // Some servers refuse a JOIN before they have sent the welcome.
    then: Some(Then {
        heard: b".example 001 ",
        say: b"JOIN #bench\r\n",
    }),
    ready: |_, _| b".example 366 ",
    message: |payload, out| wrap(b"PRIVMSG #bench :", payload, b"\r\n", out),
    senders_hear: true,
    arriving_max: 50,
    settles_in_ms: 300,
};

/// RESP2, in which a subscriber cannot publish: the senders hear nothing.
pub(crate) const REDIS: Dialect = Dialect {
    join: |_, sends| match sends {
        true => b"*1\r\n$4\r\nPING\r\n".to_vec(),
        false => b"*2\r\n$9\r\nSUBSCRIBE\r\n$5\r\nbench\r\n".to_vec(),
    },
    then: None,
    ready: |_, sends| match sends {
        true => b"+PONG\r\n",
        false => b"$5\r\nbench\r\n:1\r\n",
    },
    message: |payload, out| {
        let before = format!(
            "*3\r\n$7\r\nPUBLISH\r\n$5\r\nbench\r\n${}\r\n",
            payload.len()
        );
        wrap(before.as_bytes(), payload, b"\r\n", out);
    },
    senders_hear: false,
    arriving_max: 100,
    settles_in_ms: 50,
};

/// The NATS client protocol, without echo.
pub(crate) const NATS: Dialect = Dialect {
    join: |_, _| b"CONNECT {\"verbose\":false,\"echo\":false}\r\nSUB bench 1\r\nPING\r\n".to_vec(),
    then: None,
    ready: |_, _| b"PONG\r\n",
    message: |payload, out| {
        let before = format!("PUB bench {}\r\n", payload.len());
        wrap(before.as_bytes(), payload, b"\r\n", out);
    },
    senders_hear: true,
    arriving_max: 100,
    settles_in_ms: 300,
};

/// MQTT 3.1.1 at QoS 0. A subscriber would get its own messages, so the senders do not subscribe.
pub(crate) const MQTT: Dialect = Dialect {
    join: |client, sends| {
        let name = name(client);
        let mut connect = b"\0\x04MQTT\x04\x02\0\0\0".to_vec();
        connect.push(name.len() as u8);
        connect.extend_from_slice(name.as_bytes());
        let mut out = packet(0x10, &connect);
        if !sends {
            out.extend(packet(0x82, b"\0\x01\0\x05bench\0"));
        }
        out
    },
    then: None,
    ready: |_, sends| match sends {
        true => b"\x20\x02\0\0",
        false => b"\x90\x03\0\x01\0",
    },
    message: |payload, out| out.extend(packet(0x30, &[b"\0\x05bench", payload].concat())),
    senders_hear: false,
    arriving_max: 100,
    settles_in_ms: 50,
};

/// `ncat --chat`, which tells a new client of all clients that are connected.
pub(crate) const NCAT: Dialect = Dialect {
    join: |_, _| Vec::new(),
    then: None,
    ready: |_, _| b"<announce> already connected:",
    message: |payload, out| wrap(b"", payload, b"\n", out),
    senders_hear: true,
    arriving_max: 1,
    settles_in_ms: 300,
};

fn wrap(before: &[u8], payload: &[u8], behind: &[u8], out: &mut Vec<u8>) {
    for part in [before, payload, behind] {
        out.extend_from_slice(part);
    }
}

/// A packet that is short enough for a length of one byte.
fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    debug_assert!(body.len() < 128, "longer lengths take more bytes");
    [&[kind, body.len() as u8], body].concat()
}
