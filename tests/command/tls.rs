//! TLS through the real program: on the port of all other clients, with a renewed certificate,
//! broken off, read too slowly.

use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::wire::{Client, End, GREETING, Identity, PATIENCE, Program, TlsEnd, Tool, find};

fn start(identity: &Identity, flags: &[&str]) -> Program {
    Program::start(&[&identity.flags()[..], flags].concat())
}

/// Opens a program that listens in these places, instead of on a free port.
fn open(identity: &Identity, places: &[&str], flags: &[&str]) -> Program {
    let mut command = Program::command();
    for place in places {
        command.args(["--listen", place]);
    }
    command.args(identity.flags()).args(flags);
    Program::open(command)
}

#[test]
fn tls_and_plain_meet_in_one_room_on_one_port() {
    let identity = Identity::make("one-port");
    let program = start(&identity, &[]);
    let mut alice = identity.join(program.address(), "alice");
    let mut bob = program.join("bob");
    alice.expect("* bob joined");
    bob.send("hello\n");
    alice.expect("<bob> hello");
    alice.send("hi\n");
    bob.expect("<alice> hi");
    bob.send("/who\n");
    bob.expect("* lobby: alice and bob");
    // Inside TLS, first bytes reveal the protocol as they do outside.
    let mut browser = identity.connect(program.address());
    browser.send("GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let (answer, end) = browser.rest();
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    assert_eq!(end, TlsEnd::Notified);
    alice.send("/quit\n");
    assert_eq!(alice.rest(), ("* Bye.\n".to_owned(), TlsEnd::Notified));
    bob.expect("* alice left");
    let exit = program.stop();
    assert_eq!((exit.status, &*exit.stderr), (Some(0), ""));
}

#[test]
fn irc_is_spoken_inside_as_outside() {
    let identity = Identity::make("irc");
    let places = ["127.0.0.1:0", "irc+tls://127.0.0.1:0"];
    let program = open(&identity, &places, &[]);
    let mut bob = program.join("bob");
    for (name, address) in ["common", "own"].into_iter().zip(program.addresses()) {
        let mut client = identity.connect(address);
        client.send(format!(
            "NICK {name}\r\nUSER {name} 0 * :{name}\r\nJOIN #lobby\r\n"
        ));
        client.wait_for(|line| line.contains(&format!(" 001 {name} ")));
        bob.wait_for_line(&format!("* {name} joined"));
        client.send("PRIVMSG #lobby :hello\r\n");
        bob.expect(&format!("<{name}> hello"));
        client.send("QUIT\r\n");
        assert_eq!(client.rest().1, TlsEnd::Notified);
    }
}

#[test]
fn silence_inside_is_greeted_as_outside() {
    let identity = Identity::make("silence");
    let program = start(&identity, &[]);
    let mut silent = identity.connect(program.address());
    silent.expect(GREETING);
    // After the greeting it is too late for TLS, and a hello is refused as on a server without TLS.
    let mut late = program.connect();
    late.expect(GREETING);
    late.send(b"\x16\x03\x01\x00\x05hello");
    let mut told = [0; 7];
    for byte in &mut told {
        *byte = late.read_bytes(1)[0];
    }
    assert_eq!(told, [0x15, 3, 1, 0, 2, 2, 40]);
}

/// The greeting, for which the protocol waits 300 ms, would not be TLS.
#[test]
fn a_hello_that_comes_byte_by_byte_was_greeted_in_the_middle() {
    let identity = Identity::make("bytes");
    let program = start(&identity, &[]);
    let mut hello = Vec::new();
    identity.client().write_tls(&mut hello).unwrap();
    let mut client = program.connect();
    client.send(&hello[..1]);
    assert!(client.is_quiet_for(Duration::from_millis(500)));
    client.send(&hello[1..2]);
    assert!(client.is_quiet_for(Duration::from_millis(500)));
    for byte in &hello[2..] {
        client.send([*byte]);
    }
    // The beginning of a server's hello.
    assert_eq!(client.read_bytes(2), b"\x16\x03");

    let mut typed = program.connect();
    typed.send(b"\x16");
    assert!(typed.is_quiet_for(Duration::from_millis(500)));
    typed.send("bob\n");
    typed.expect("* You are bob, alone in lobby.");
    let mut ended = program.connect();
    ended.send(b"\x16");
    ended.end_output();
    assert_eq!(ended.rest().1, End::Fin);
    typed.send("/who\n");
    typed.expect("* lobby: bob");
}

#[test]
fn plain_is_closed_where_tls_is_required() {
    let identity = Identity::make("required");
    let places = ["auto+tls://127.0.0.1:0", "listen+tls://127.0.0.1:0"];
    let strict = open(&identity, &places, &[]);
    let all = open(
        &identity,
        &["127.0.0.1:0", "listen://127.0.0.1:0"],
        &["--tls-only"],
    );
    for program in [strict, all] {
        let addresses = program.addresses();
        for address in &addresses {
            for first in [&b"alice\n"[..], b"GET / HTTP/1.1\r\n\r\n", b"\x16alice"] {
                let mut plain = Client::connect(*address);
                plain.send(first);
                let (told, _) = plain.rest();
                assert_eq!(told, "", "{}", first.escape_ascii());
            }
            // A silent client is not greeted either.
            let mut silent = Client::connect(*address);
            assert!(silent.is_quiet_for(Duration::from_millis(500)));
        }
        let mut reader = identity.connect(addresses[1]);
        let mut alice = identity.join(addresses[0], "alice");
        alice.send("hello\n");
        reader.expect("<alice> hello");
        let paste = format!("    openssl s_client -quiet -connect {}", addresses[0]);
        assert!(program.opening.contains(&paste), "{:?}", program.opening);
    }
}

#[test]
fn nobody_who_awaits_tls_is_refused_in_plain_words() {
    let identity = Identity::make("full");
    let places = ["auto+tls://127.0.0.1:0", "auto://127.0.0.1:0"];
    let program = open(&identity, &places, &["--max-connections", "1"]);
    let addresses = program.addresses();
    let _alice = identity.join(addresses[0], "alice");
    assert_eq!(Client::connect(addresses[0]).rest().0, "");
    let (told, _) = Client::connect(addresses[1]).rest();
    assert_eq!(told, "* server full\n");
}

#[test]
fn a_certificate_is_renewed_without_dropping_anyone() {
    let old = Identity::make("renewed");
    let program = start(&old, &[]);
    let mut alice = old.join(program.address(), "alice");
    let mut plain = program.join("plain");
    // The new certificate is put into the same files.
    let new = Identity::make("renewed");
    program.signal("HUP");
    let connect = |identity: &Identity| {
        let stream = TcpStream::connect(program.address()).expect("it is listening");
        identity.shake_hands(stream)
    };
    let mut bob = loop {
        match connect(&new) {
            Ok(client) => break client.named("bob"),
            Err(_) => thread::yield_now(),
        }
    };
    assert!(connect(&old).is_err());
    alice.wait_for_line("* bob joined");
    alice.send("still here\n");
    bob.expect("<alice> still here");
    plain.wait_for_line("<alice> still here");

    std::fs::write(&new.certificate, "half a certificate").unwrap();
    program.signal("HUP");
    let mut carol = connect(&new).expect("the old one stays").named("carol");
    bob.expect("* carol joined");
    bob.send("hello\n");
    carol.wait_for_line("<bob> hello");
    let exit = program.stop();
    assert_eq!(exit.status, Some(0));
    let told = "holds no certificate in PEM; the certificate in use stays";
    assert!(exit.stderr.contains(told), "{}", exit.stderr);
    assert_eq!(alice.rest().1, TlsEnd::Notified);
}

#[test]
fn half_a_handshake_leaves_nothing_behind() {
    let identity = Identity::make("half");
    let program = start(&identity, &[]);
    let mut bob = program.join("bob");
    let mut hello = Vec::new();
    identity.client().write_tls(&mut hello).unwrap();
    for cut in [1, 2, 5, hello.len() - 1, hello.len()] {
        let mut gone = program.connect();
        gone.send(&hello[..cut]);
        drop(gone);
        let mut reset = program.connect();
        reset.send(&hello[..cut]);
        reset.reset();
    }
    let mut nonsense = program.connect();
    nonsense.send(b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00");
    // An alert, and the end in good order.
    let alert = nonsense.read_bytes(7);
    assert_eq!(alert[0], 0x15, "{alert:?}");
    assert_eq!(nonsense.rest().1, End::Fin);
    bob.send("/who\n");
    bob.expect("* lobby: bob");
}

#[test]
fn last_words_arrive_however_the_stream_ends() {
    let identity = Identity::make("last");
    let program = start(&identity, &[]);
    let mut bob = program.join("bob");
    for end in ["notified", "cut", "reset"] {
        let mut alice = identity.join(program.address(), "alice");
        bob.expect("* alice joined");
        alice.send(format!("one\n{end}\n"));
        match end {
            "notified" => {
                alice.end_output();
                assert_eq!(alice.rest(), (String::new(), TlsEnd::Notified));
            }
            "cut" => drop(alice),
            _ => {
                bob.expect("<alice> one");
                bob.expect("<alice> reset");
                alice.reset();
                bob.expect("* alice left");
                continue;
            }
        }
        bob.expect("<alice> one");
        bob.expect(&format!("<alice> {end}"));
        bob.expect("* alice left");
    }
}

/// `printf 'alice\nhello\n' | gnutls-cli` does so every time.
#[test]
fn who_said_all_in_the_segment_that_ended_the_handshake_was_not_heard() {
    let identity = Identity::make("one-segment");
    let program = start(&identity, &[]);
    let mut bob = program.join("bob");
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let mut alice = identity.client_of(version);
        let mut stream = TcpStream::connect(program.address()).expect("it is listening");
        stream.set_read_timeout(Some(PATIENCE)).expect("a deadline");
        // The handshake goes up to the client's last message, which waits in memory for the bytes
        // that come with it.
        while !(alice.wants_write() && alice.negotiated_cipher_suite().is_some()) {
            while alice.wants_write() {
                alice.write_tls(&mut stream).expect("a write");
            }
            alice.read_tls(&mut stream).expect("a read");
            alice.process_new_packets().expect("a handshake");
        }
        let mut last = Vec::new();
        while alice.wants_write() {
            alice.write_tls(&mut last).expect("memory");
        }
        if alice.is_handshaking() {
            // With TLS 1.2, the client may speak only after this.
            stream.write_all(&last).expect("a write");
            last.clear();
            while alice.is_handshaking() {
                alice.read_tls(&mut stream).expect("a read");
                alice.process_new_packets().expect("a handshake");
            }
        }
        alice.writer().write_all(b"alice\nhello\n").expect("memory");
        alice.send_close_notify();
        while alice.wants_write() {
            alice.write_tls(&mut last).expect("memory");
        }
        stream.write_all(&last).expect("a write");
        stream.shutdown(Shutdown::Write).expect("an end");
        bob.expect("* alice joined");
        bob.expect("<alice> hello");
        bob.expect("* alice left");
    }
}

#[test]
fn gnutls_cli_sends_from_a_pipe() {
    let Some(gnutls) = find(&["gnutls-cli"], "gnutls-bin") else {
        return;
    };
    let identity = Identity::make("gnutls");
    let program = start(&identity, &[]);
    let mut bob = program.join("bob");
    for n in 0..10 {
        let mut command = Command::new(&gnutls);
        let port = program.address().port().to_string();
        command.args(["--insecure", "--logfile", "/dev/null", "-p", &port]);
        command.arg("127.0.0.1").stdout(Stdio::null());
        let mut child = command.stdin(Stdio::piped()).spawn().expect("it starts");
        let mut stdin = child.stdin.take().expect("it is piped");
        let said = format!("alice\n{n}\n");
        stdin.write_all(said.as_bytes()).expect("a pipe");
        drop(stdin);
        bob.expect("* alice joined");
        bob.expect(&format!("<alice> {n}"));
        bob.expect("* alice left");
        child.wait().expect("it was started");
    }
}

#[test]
fn a_stop_says_goodbye_inside() {
    let identity = Identity::make("stop");
    let program = start(&identity, &[]);
    let mut alice = identity.join(program.address(), "alice");
    let mut half = program.connect();
    half.send(b"\x16\x03\x01");
    alice.send("/who\n");
    alice.expect("* lobby: alice");
    program.signal("TERM");
    let goodbye = "* the server is stopping\n".to_owned();
    assert_eq!(alice.rest(), (goodbye, TlsEnd::Notified));
    assert_eq!(half.rest().1, End::Fin);
    drop((alice, half));
    assert_eq!(program.wait().status, Some(0));
}

/// The number of missing lines in a notice.
fn skipped(line: &str) -> Option<usize> {
    let count = line
        .strip_suffix(" lines skipped: you were reading too slowly")
        .or(line.strip_suffix(" line skipped: you were reading too slowly"))?;
    count.strip_prefix("* ")?.parse().ok()
}

#[test]
fn a_slow_reader_over_tls_misses_whole_lines_and_is_told_how_many() {
    const LINES: usize = 3000;
    let identity = Identity::make("slow");
    let program = start(&identity, &["--rate", "0", "--queue", "64KiB"]);
    let mut slow = identity.connect_narrow(program.address()).named("slow");
    let mut fast = identity.join(program.address(), "fast");
    let mut talker = identity.join(program.address(), "talker");
    slow.wait_for_line("* talker joined");
    let line = |n: usize| format!("{n} {}", "x".repeat(990));
    let talking = thread::spawn(move || {
        for n in 0..LINES {
            talker.send(line(n) + "\n");
        }
        talker.send("/msg slow the end\n");
        talker
    });
    fast.wait_for_line("* talker joined");
    for n in 0..LINES {
        fast.expect(&format!("<talker> {}", line(n)));
    }
    let _talker = talking.join().expect("it was all taken");
    let (mut at, mut missed) = (0, 0);
    loop {
        let heard = slow.line();
        if let Some(count) = skipped(&heard) {
            at += count;
            missed += count;
        } else if heard == "-talker- the end" || heard.contains(" private message skipped") {
            break;
        } else {
            assert_eq!(heard, format!("<talker> {}", line(at)));
            at += 1;
        }
    }
    assert_eq!(at, LINES);
    assert!(missed > 0, "it was not slow at all");
}

#[test]
fn bursts_in_both_directions_arrive_whole() {
    const LINES: usize = 20_000;
    let identity = Identity::make("bursts");
    let program = start(&identity, &["--rate", "0", "--queue", "16MiB"]);
    let mut one = identity.join(program.address(), "one");
    let mut two = identity.join(program.address(), "two");
    one.expect("* two joined");
    // A TLS connection cannot be used from two handles, so each client sends in pieces and reads in
    // between.
    let burst = |name: &str| -> String { (0..LINES).map(|n| format!("{name}{n}\n")).collect() };
    let (mut ones, mut twos) = (burst("a"), burst("b"));
    let sent = (ones.clone(), twos.clone());
    while !ones.is_empty() || !twos.is_empty() {
        for (client, burst) in [(&mut one, &mut ones), (&mut two, &mut twos)] {
            let piece: String = burst.drain(..burst.len().min(60_000)).collect();
            client.send(piece);
        }
    }
    for (client, sent, from) in [(&mut two, sent.0, "one"), (&mut one, sent.1, "two")] {
        for line in sent.lines() {
            client.expect(&format!("<{from}> {line}"));
        }
    }
}

/// Decrypted bytes wait while their sender is held up, and the socket has nothing more to report.
#[test]
fn who_sends_too_fast_is_slowed_down_and_loses_nothing() {
    let identity = Identity::make("fast");
    let program = start(&identity, &["--rate", "200", "--burst", "10"]);
    let mut bob = program.join("bob");
    let mut alice = identity.join(program.address(), "alice");
    bob.expect("* alice joined");
    let line = |n: usize| format!("{n} {}", "x".repeat(100));
    let all: String = (0..300).map(|n| line(n) + "\n").collect();
    alice.send(all);
    // The connection is cut without a close_notify, with most of its input unread.
    drop(alice);
    for n in 0..300 {
        bob.expect(&format!("<alice> {}", line(n)));
    }
    bob.expect("* alice left");
}

#[test]
fn openssl_joins_with_any_version_and_any_protocol_we_speak() {
    let Some(openssl) = find(&["openssl"], "openssl") else {
        return;
    };
    let identity = Identity::make("openssl");
    let program = start(&identity, &[]);
    let mut bob = program.join("bob");
    let place = program.address().to_string();
    let base = ["s_client", "-connect", &place, "-CAfile"];
    for flags in [
        &["-tls1_3"][..],
        &["-tls1_2"],
        &["-alpn", "irc"],
        &["-alpn", "h2,http/1.1"],
        &["-servername", "localhost", "-verify_return_error"],
    ] {
        let mut command = Command::new(&openssl);
        command.args(base).arg(&identity.certificate);
        command.args(["-quiet", "-no_ign_eof"]).args(flags);
        let mut alice = Tool::start(command.stderr(Stdio::null()));
        alice.type_in("alice\nhello\n");
        bob.expect("* alice joined");
        bob.expect("<alice> hello");
        bob.send("hi\n");
        alice.wait_for("<bob> hi");
        alice.type_in("/quit\n");
        bob.expect("* alice left");
        alice.wait_for("* Bye.");
        assert_eq!(alice.finish().1, Some(0), "{flags:?}");
    }
    for (offered, chosen) in [("irc", "irc"), ("h2,http/1.1", "http/1.1")] {
        let mut command = Command::new(&openssl);
        command.args(base).arg(&identity.certificate);
        let shown = command
            .args(["-alpn", offered])
            .stdin(Stdio::null())
            .output();
        let shown = String::from_utf8_lossy(&shown.unwrap().stdout).into_owned();
        let line = format!("ALPN protocol: {chosen}");
        assert!(shown.contains(&line), "{shown}");
    }
    let mut command = Command::new(&openssl);
    command.args(base).arg(&identity.certificate);
    let other = command
        .args(["-alpn", "gopher"])
        .stdin(Stdio::null())
        .output();
    assert!(
        !other.unwrap().status.success(),
        "a protocol that nobody speaks"
    );
}

/// An answer of TLS itself is no message of the protocol, and waited until there was one.
#[test]
fn a_refusal_to_negotiate_anew_was_not_sent() {
    let Some(openssl) = find(&["openssl"], "openssl") else {
        return;
    };
    let identity = Identity::make("anew");
    let program = start(&identity, &[]);
    let mut bob = program.join("bob");
    let mut command = Command::new(openssl);
    let place = program.address().to_string();
    command.args(["s_client", "-tls1_2", "-connect", &place]);
    let mut alice = Tool::start(command.stderr(Stdio::null()));
    alice.type_in("alice\n");
    bob.expect("* alice joined");
    // openssl takes this line as its own command. It gives up if it is refused, and only then.
    alice.type_in("R\n");
    bob.expect("* alice left");
    assert_eq!(alice.finish().1, Some(1));
}

#[test]
fn a_unix_socket_can_be_encrypted_too() {
    let Some(openssl) = find(&["openssl"], "openssl") else {
        return;
    };
    let identity = Identity::make("unix");
    let path = std::env::temp_dir().join(format!("parloir-{}-tls.sock", std::process::id()));
    let place = format!("auto+tls+unix:{}", path.display());
    let program = open(&identity, &[&place], &["--unix-mode", "0600"]);
    let mut command = Command::new(openssl);
    command.args(["s_client", "-quiet", "-unix"]).arg(&path);
    let mut alice = Tool::start(command.stderr(Stdio::null()));
    alice.type_in("alice\n");
    alice.wait_for("* You are alice, alone in lobby.");
    let mode = std::fs::metadata(&path).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&mode.permissions());
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(program.stop().status, Some(0));
    assert!(!path.exists());
}

#[test]
fn a_client_that_never_reads_is_no_reason_to_wait_at_the_end() {
    let identity = Identity::make("stuck");
    let program = start(&identity, &["--rate", "0", "--stall", "1s"]);
    let mut stuck = identity.connect_narrow(program.address()).named("stuck");
    let mut talker = program.join("talker");
    let line = format!("{}\n", "x".repeat(4000));
    for _ in 0..600 {
        talker.send(&line);
    }
    // The client takes nothing for a second, with more than one record encrypted for it.
    talker.wait_for_line("* stuck left (stopped reading)");
    stuck.stream.sock.set_read_timeout(Some(PATIENCE)).unwrap();
    let _ = stuck.stream.sock.flush();
}

#[test]
fn whois_says_who_is_encrypted() {
    let identity = Identity::make("whois");
    let program = start(&identity, &[]);
    let mut alice = identity.connect(program.address());
    alice.send("NICK alice\r\nUSER a 0 * :A\r\nWHOIS alice\r\n");
    alice.wait_for(|line| line.contains(" 671 alice alice :"));
    let mut bob = program.connect();
    bob.send("NICK bob\r\nUSER b 0 * :B\r\nWHOIS bob\r\n");
    loop {
        let line = bob.line();
        assert!(!line.contains(" 671 "), "{line}");
        if line.contains(" 318 ") {
            break;
        }
    }
}
