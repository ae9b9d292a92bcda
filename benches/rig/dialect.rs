//! The words to join and to speak on each kind of server, as data where that is enough.

/// The words of the clients on one kind of server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    /// The first bytes of a client; `sends` is true for senders and false for receivers.
    pub(crate) join: fn(client: usize, sends: bool) -> Vec<u8>,
    /// The next bytes of the client, and the answer that it waits for before it sends them.
    pub(crate) then: Option<Then>,
    /// Bytes that the answer contains once, when the client is in the room and gets the lines that
    /// are said there.
    pub(crate) ready: fn(client: usize, sends: bool) -> &'static [u8],
    /// Writes one line to be relayed.
    pub(crate) message: fn(payload: &[u8], out: &mut Vec<u8>),
    /// True if senders get the lines of the other senders. No sender gets its own.
    pub(crate) senders_hear: bool,
    /// The maximum number of clients that are arriving at once. It is well within any server's
    /// backlog if an answer shows that a client has arrived.
    pub(crate) arriving_max: usize,
    /// Time in which the server may still announce arrivals, which would cost time during the
    /// measurement.
    pub(crate) settles_in_ms: u64,
}

/// The second half of a handshake.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Then {
    pub(crate) heard: &'static [u8],
    pub(crate) say: &'static [u8],
}

fn line(payload: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(payload);
    out.push(b'\n');
}

/// The name of a client. All names have the same length.
pub(crate) fn name(client: usize) -> String {
    format!("c{client:05}")
}

/// parloir, with all clients in a room that they have joined: clients that are only connected stay
/// in the lobby.
pub(crate) const PARLOIR: Dialect = Dialect {
    join: |client, _| format!("{}\n/join bench\n", name(client)).into_bytes(),
    then: None,
    ready: |_, _| b" in bench",
    message: line,
    senders_hear: true,
    arriving_max: 500,
    settles_in_ms: 1_100,
};

/// parloir, with clients that never say a word: the greeting shows that they have arrived. It takes
/// a moment of silence, in which all of them may arrive.
pub(crate) const SILENT: Dialect = Dialect {
    join: |_, _| Vec::new(),
    ready: |_, _| b"* Welcome",
    arriving_max: usize::MAX,
    settles_in_ms: 0,
    ..PARLOIR
};

/// parloir, with clients that give a nickname and stay in the default room.
pub(crate) const ARRIVING: Dialect = Dialect {
    join: |client, _| format!("{}\n", name(client)).into_bytes(),
    ready: |_, _| b"* You are",
    settles_in_ms: 0,
    ..PARLOIR
};

/// parloir, with each client in a room of its own.
pub(crate) const HERMIT: Dialect = Dialect {
    join: |client, _| format!("h{client:05}\n/join r{client:05}\n").into_bytes(),
    ready: |_, _| b" in r0",
    ..PARLOIR
};

/// parloir, with IRC clients; 366 ends the list of a channel's members.
pub(crate) const IRC: Dialect = Dialect {
    join: |client, _| join_irc(client),
    ready: |_, _| b":parloir.local 366 ",
    message: |payload, out| {
        out.extend_from_slice(b"PRIVMSG #bench :");
        out.extend_from_slice(payload);
        out.extend_from_slice(b"\r\n");
    },
    ..PARLOIR
};

/// parloir, with JSON clients.
pub(crate) const JSON: Dialect = Dialect {
    join: |client, _| {
        let hello = format!(r#"{{"do":"hello","nick":"{}"}}"#, name(client));
        format!("{hello}\n{{\"do\":\"join\",\"room\":\"bench\"}}\n").into_bytes()
    },
    ready: |_, _| br#"{"ok":"join""#,
    message: |payload, out| {
        out.extend_from_slice(br#"{"do":"say","room":"bench","text":""#);
        out.extend_from_slice(payload);
        out.extend_from_slice(b"\"}\n");
    },
    ..PARLOIR
};

/// parloir, with every second receiver an IRC client.
pub(crate) const MIXED: Dialect = Dialect {
    join: |client, sends| match speaks_irc(client, sends) {
        true => join_irc(client),
        false => (PARLOIR.join)(client, sends),
    },
    ready: |client, sends| match speaks_irc(client, sends) {
        true => b":parloir.local 366 ",
        false => (PARLOIR.ready)(client, sends),
    },
    ..PARLOIR
};

fn speaks_irc(client: usize, sends: bool) -> bool {
    !sends && client % 2 == 1
}

fn join_irc(client: usize) -> Vec<u8> {
    let name = name(client);
    format!("NICK {name}\r\nUSER {name} 0 * :{name}\r\nJOIN #bench\r\n").into_bytes()
}

/// The request that begins a WebSocket.
const UPGRADE: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
    Sec-WebSocket-Protocol: line.parloir\r\n\r\n";

/// parloir, with receivers that are WebSockets with plain lines in them. They all ask for one
/// subprotocol.
pub(crate) const WEB: Dialect = Dialect {
    join: |client, sends| match sends {
        true => (PARLOIR.join)(client, sends),
        false => UPGRADE.to_vec(),
    },
    then: Some(Then {
        heard: b"\r\n\r\n",
        // Two text frames, masked with zeros.
        say: b"\x81\x81\0\0\0\0w\x81\x8b\0\0\0\0/join bench",
    }),
    ..PARLOIR
};

/// parloir, with WebSockets that never say a word.
pub(crate) const SILENT_WEB: Dialect = Dialect {
    join: |_, _| UPGRADE.to_vec(),
    ..SILENT
};

/// The bare relays of these benchmarks, which send `+` once they have accepted a connection.
pub(crate) const BARE: Dialect = Dialect {
    join: |_, _| Vec::new(),
    then: None,
    ready: |_, _| b"+\n",
    message: line,
    senders_hear: true,
    arriving_max: 100,
    settles_in_ms: 0,
};
