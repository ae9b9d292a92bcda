//! How to join and speak in each server's own words, as data where that is enough.

/// What the clients say to one kind of server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    /// What a client says first; `sends` tells senders from receivers.
    pub(crate) join: fn(client: usize, sends: bool) -> Vec<u8>,
    /// What it says next, and what it waits for before it does.
    pub(crate) then: Option<Then>,
    /// Comes once in the answer, when the client is in the room and gets what is said there.
    pub(crate) ready: fn(client: usize, sends: bool) -> &'static [u8],
    /// Writes one line to be relayed.
    pub(crate) message: fn(payload: &[u8], out: &mut Vec<u8>),
    /// Whether senders hear the lines of the other senders. Nobody hears their own.
    pub(crate) senders_hear: bool,
    /// Clients on their way in at once. Well within any server's backlog, if an answer tells when
    /// each is in.
    pub(crate) arriving_max: usize,
    /// For so long it may still announce arrivals, at the cost of what is measured.
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

/// A name that is as long for everyone.
pub(crate) fn name(client: usize) -> String {
    format!("c{client:05}")
}

/// parloir, everyone in a room of their own choosing: who is only connected stays in the lobby.
pub(crate) const PARLOIR: Dialect = Dialect {
    join: |client, _| format!("{}\n/join bench\n", name(client)).into_bytes(),
    then: None,
    ready: |_, _| b" in bench",
    message: line,
    senders_hear: true,
    arriving_max: 500,
    settles_in_ms: 1_100,
};

/// parloir, clients that never say a word: the greeting is what tells that they are in. It takes a
/// moment of silence, in which all of them may come.
pub(crate) const SILENT: Dialect = Dialect {
    join: |_, _| Vec::new(),
    ready: |_, _| b"* Welcome",
    arriving_max: usize::MAX,
    settles_in_ms: 0,
    ..PARLOIR
};

/// parloir, clients that give a nickname and are in the one room that there is.
pub(crate) const ARRIVING: Dialect = Dialect {
    join: |client, _| format!("{}\n", name(client)).into_bytes(),
    ready: |_, _| b"* You are",
    settles_in_ms: 0,
    ..PARLOIR
};

/// parloir, clients that each keep to a room of their own.
pub(crate) const HERMIT: Dialect = Dialect {
    join: |client, _| format!("h{client:05}\n/join r{client:05}\n").into_bytes(),
    ready: |_, _| b" in r0",
    ..PARLOIR
};

/// parloir, everyone an IRC client; 366 ends the list of who is in a channel.
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

/// parloir, everyone a JSON client.
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

/// parloir, every second one who only hears an IRC client.
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

/// What a WebSocket begins with.
const UPGRADE: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
    Sec-WebSocket-Protocol: line.parloir\r\n\r\n";

/// parloir, everyone who only hears a WebSocket with plain lines in it. They all ask for one name.
pub(crate) const WEB: Dialect = Dialect {
    join: |client, sends| match sends {
        true => (PARLOIR.join)(client, sends),
        false => UPGRADE.to_vec(),
    },
    then: Some(Then {
        heard: b"\r\n\r\n",
        // Two frames of text, masked with zeros.
        say: b"\x81\x81\0\0\0\0w\x81\x8b\0\0\0\0/join bench",
    }),
    ..PARLOIR
};

/// parloir, WebSockets that never say a word.
pub(crate) const SILENT_WEB: Dialect = Dialect {
    join: |_, _| UPGRADE.to_vec(),
    ..SILENT
};

/// The bare relays of these benchmarks, which say `+` once they have accepted.
pub(crate) const BARE: Dialect = Dialect {
    join: |_, _| Vec::new(),
    then: None,
    ready: |_, _| b"+\n",
    message: line,
    senders_hear: true,
    arriving_max: 100,
    settles_in_ms: 0,
};
