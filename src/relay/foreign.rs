//! Hellos of protocols that are not spoken here: a scanner's probes, a client that was given the wrong
//! port. They are turned away without a word, or they would be people in a room, called by what they said.
//!
//! Only certain beginnings count. `HELO`, `PING` and `stats` are nicknames as good as any. A new hello
//! belongs in [`BEGINNINGS`] if its first bytes tell, and in a function of its own if it takes a pattern.

/// First bytes that are no text, and beginnings of text that nobody types.
const BEGINNINGS: [&[u8]; 17] = [
    // BitTorrent, Git's daemon is told by its line.
    b"\x13BitTorrent protocol",
    // X11, from machines of either order of bytes.
    b"l\0\x0b\0",
    b"B\0\0\x0b",
    // LDAP in its long form, SOCKS 4.
    b"0\x84\0\0",
    b"\x04\x01",
    b"\x04\x02",
    // CORBA, AMQP, Java's RMI and debugger, LANDesk, Zabbix, Android's debugger.
    b"GIOP\x01",
    b"AMQP\0",
    b"JRMI\0",
    b"JDWP-Handshake",
    b"TNMP\x04",
    b"ZBXD\x01",
    b"CNXN\0",
    // Printers.
    b"\x1b%-12345X",
    // XMPP, rsync, VNC.
    b"<?xml ",
    b"@RSYNCD: ",
    b"RFB 003.",
];

/// Requests as HTTP's, in other protocols.
const REQUESTS: [&str; 3] = ["RTSP", "SIP", "ICAP"];

/// Returns whether the first bytes are of a protocol that one line does not tell: Redis, and version 2 of
/// PROXY, which a listener without `+proxy` is not meant to be sent.
pub(super) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\r\n\r\n\0\r\nQUIT\n") || is_redis(bytes)
}

/// Returns whether the bytes begin a request of Redis: `*N`, the number of words that follow, and `$N`, the
/// length of the first one.
fn is_redis(bytes: &[u8]) -> bool {
    let digits = |bytes: &[u8]| bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let Some((b'*', rest)) = bytes.split_first() else {
        return false;
    };
    let count = digits(&rest[..rest.len().min(8)]);
    let length = rest[count..].strip_prefix(b"\r\n$");
    count > 0 && length.is_some_and(|length| length.first().is_some_and(u8::is_ascii_digit))
}

/// Returns whether a first line is such a hello, from its bytes and its text.
pub(super) fn is_hello(raw: &[u8], text: &str) -> bool {
    // A CR may stand in the raw bytes or not, depending on how the line was cut.
    let raw: Vec<u8> = raw.iter().copied().filter(|b| *b != b'\r').collect();
    BEGINNINGS.iter().any(|it| raw.starts_with(it)) || is_binary(&raw) || is_hello_in_text(text)
}

/// Returns whether there are lengths, versions and numbers of more than one byte where text would begin.
fn is_binary(raw: &[u8]) -> bool {
    let is_control = |byte: u8| matches!(byte, 0..=6 | 14..=26 | 28..=31);
    match *raw {
        // A DNS query over TCP, rlogin.
        [0, ref rest @ ..] if rest.contains(&0) => true,
        // SMB, Kerberos, PostgreSQL, Oracle, RDP, SOCKS 5, MQTT, SQL Server.
        [first, ref rest @ ..] if is_control(first) && rest.iter().take(3).any(|b| *b == 0) => true,
        // MongoDB, Notes: a length with its low byte first.
        [_, 0..=7, 0, 0, ..] => true,
        // LDAP; SSL before its version 3, Sun's RPC.
        [b'0', _, 2, 1, ..] | [0x80, 0, 0, ..] | [0x80, _, 1, 0..=3, ..] => true,
        _ => false,
    }
}

fn is_hello_in_text(text: &str) -> bool {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let is_proxy = || {
        let transports = ["TCP4 ", "TCP6 ", "UNKNOWN"];
        word == "PROXY" && transports.iter().any(|it| rest.starts_with(it))
    };
    is_proxy() || is_mail(word, rest) || is_ssh(word) || is_git(word) || is_request(text)
}

/// Returns whether a line is mail's `EHLO NAME` or `HELO ADDRESS` (RFC 5321, 4.1.1.1). A name alone may
/// follow HELO where somebody says hello.
fn is_mail(word: &str, rest: &str) -> bool {
    let is_word = |it: &str| word.eq_ignore_ascii_case(it);
    let is_one_word = !rest.is_empty() && !rest.contains(' ');
    let is_address = || rest == "localhost" || rest.contains('.') || rest.starts_with('[');
    is_one_word && (is_word("EHLO") || is_word("LHLO") || (is_word("HELO") && is_address()))
}

/// RFC 4253, 4.2: `SSH-protoversion-softwareversion`.
fn is_ssh(word: &str) -> bool {
    let version = word.strip_prefix("SSH-").and_then(|it| it.split_once('-'));
    version.is_some_and(|(version, _)| {
        let is_part = |it: &str| !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit());
        version
            .split_once('.')
            .is_some_and(|(a, b)| is_part(a) && is_part(b))
    })
}

/// Four digits of a length, and a command of its daemon's.
fn is_git(word: &str) -> bool {
    let parts = word.split_at_checked(4);
    parts.is_some_and(|(length, command)| {
        length.bytes().all(|b| b.is_ascii_hexdigit())
            && ["git-upload-pack", "git-receive-pack"].contains(&command)
    })
}

/// `METHOD SP … SP RTSP/x.y`.
fn is_request(text: &str) -> bool {
    let Some((method, (_, version))) = text
        .split_once(' ')
        .and_then(|(method, rest)| Some((method, rest.rsplit_once(' ')?)))
    else {
        return false;
    };
    let is_version = |it: &str| matches!(it.as_bytes(), [b'0'..=b'9', b'.', b'0'..=b'9']);
    let is_method =
        !method.is_empty() && method.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    is_method
        && version
            .split_once('/')
            .is_some_and(|(name, version)| REQUESTS.contains(&name) && is_version(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_foreign(raw: &[u8]) -> bool {
        is_hello(raw, &String::from_utf8_lossy(raw))
    }

    #[test]
    fn hellos_of_other_protocols_are_known() {
        for hello in [
            &b"SSH-2.0-OpenSSH_9.2p1 Debian-2"[..],
            b"SSH-1.99-x",
            b"OPTIONS / RTSP/1.0",
            b"HELO x.yOPTIONS / RTSP/1.0",
            b"DESCRIBE rtsp://x/y RTSP/1.0",
            b"OPTIONS sip:nm SIP/2.0",
            b"EHLO masscan",
            b"ehlo [127.0.0.1]",
            b"HELO mail.example.org",
            b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2",
            b"@RSYNCD: 30",
            b"RFB 003.008",
            b"<?xml version='1.0'?><stream:stream to='x'>",
            b"0032git-upload-pack /x.git\0host=x\0",
            b"JDWP-Handshake",
            b"\x1b%-12345X@PJL INFO ID",
            // PostgreSQL: to be encrypted, and to begin.
            b"\0\0\0\x08\x04\xd2\x16\x2f",
            b"\0\0\0\x25\0\x03\0\0user\0postgres\0",
            // MongoDB, SQL Server, Oracle.
            b"A\0\0\0:0\0\0\xff\xff\xff\xff\xd4\x07\0\0",
            b"\x12\x01\0\x34\0\0\0\0\0\0\x15",
            b"\0\x5a\0\0\x01\0\0\0",
            // DNS over TCP: as nmap asks, and as dig does.
            b"\0\x1e\0\x06\x01\0\0\x01\0\0\0\0\0\0\x07version\x04bind\0\0\x10\0\x03",
            b"\0\x1d\xab\xcd\x01\x20\0\x01",
            // SMB, Kerberos, LDAP, RDP, SOCKS, X11, RPC, an old SSL, rlogin, MQTT, BitTorrent.
            b"\0\0\0\xa4\xffSMBr",
            b"\0\0\0\x71\x6a\x81\x6e",
            b"0\x0c\x02\x01\x01\x60\x07",
            b"0\x84\0\0\0\x2d\x02\x01",
            b"\x03\0\0\x0b\x06\xe0",
            b"\x05\x01\0",
            b"\x05\x02\0\x01",
            b"\x04\x01\x1f\x90\x7f\0\0\x01",
            b"l\0\x0b\0\0\0",
            b"\x80\0\0\x28\x72\xfe",
            b"\x80\x9e\x01\x03\x01\0\x75",
            b"\0root\0root\0xterm/38400\0",
            b"\x10\x10\0\x04MQTT",
            b"\x13BitTorrent protocol",
            b"GIOP\x01\0\x01\0",
            b"JRMI\0\x02K",
        ] {
            assert!(is_foreign(hello), "{}", hello.escape_ascii());
        }
        assert!(begins(b"*1\r\n$4\r\nPING\r\n"));
        assert!(begins(b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"));
    }

    #[test]
    fn what_a_person_may_type_is_none() {
        for line in [
            &b""[..],
            b"HELO",
            b"EHLO",
            b"HELO bob",
            b"helo everybody. I am here",
            b"ehlo to you all",
            b"PING",
            b"PING :x",
            b"INFO",
            b"stats",
            b"HELP",
            b"QUIT",
            b"SSH",
            b"SSH-2",
            b"SSH-fan",
            b"PROXY",
            b"PROXY bob",
            b"RTSP/1.0",
            b"I LIKE RTSP",
            b"GET /",
            b"<xml>",
            b"0",
            b"l",
            b"*1",
            b"\x03\x03bob",
            b"\x15\x17bob",
            b"\0bob",
            b"b\0o\0b\0",
            b"\x1b[A\x08bob",
            b"\x80uro",
            "żółw".as_bytes(),
        ] {
            assert!(!is_foreign(line), "{}", line.escape_ascii());
        }
        for bytes in [
            &b"*1\r\n"[..],
            b"*\r\n$",
            b"*x*\r\n$4",
            b"\r\n\r\nQUIT\n",
            b"*",
        ] {
            assert!(!begins(bytes), "{}", bytes.escape_ascii());
        }
    }
}
