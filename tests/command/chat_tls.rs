//! `parloir chat --tls`: messages inside TLS arrive, from the handshake to the end, with relays and
//! peers.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;

use crate::wire::{
    Client, Identity, Program, Terminal, Tool, by_name, chat_tls, find, peer, run, told,
};

/// A relay that accepts TLS only.
fn relay(identity: &Identity, flags: &[&str]) -> Program {
    Program::start(&[&identity.flags()[..], &["--tls-only"], flags].concat())
}

#[test]
fn both_sides_talk_and_a_relay_says_goodbye() {
    let identity = Identity::make("chat-talk");
    let relay = relay(&identity, &[]);
    let mut alice = identity.join(relay.address(), "alice");
    let place = by_name(relay.address());
    let mut ci = Tool::start(&mut chat_tls(&identity.certificate, &[&place]));
    ci.wait_for(&format!("{place} JOINED"));
    ci.type_in("zoé\nsalut, ça farte ?\n");
    alice.expect("* zoé joined");
    alice.expect("<zoé> salut, ça farte ?");
    alice.send("top, et toi ?\n");
    ci.wait_for("<alice> top, et toi ?");
    ci.end_input();
    ci.wait_for("BEY");
    assert_eq!(ci.finish(), (String::new(), Some(0)));
    alice.expect("* zoé left");
}

#[test]
fn a_large_paste_arrives_whole_in_both_directions() {
    let identity = Identity::make("chat-paste");
    let flags = ["--rate", "0", "--queue", "16MiB", "--replay", "0"];
    let relay = relay(&identity, &flags);
    let mut alice = identity.join(relay.address(), "alice");
    let place = by_name(relay.address());
    let line = |n: usize| format!("{n} {}", "é".repeat(n % 100));
    const LINES: usize = 10_500;
    // A little more than a megabyte.
    let paste: String = (0..LINES).map(|n| line(n) + "\n").collect();
    assert!(paste.len() > 1 << 20, "{}", paste.len());
    let output = run(
        &mut chat_tls(&identity.certificate, &["--nick", "ci", &place]),
        paste.clone(),
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    alice.expect("* ci joined");
    for sent in paste.lines() {
        alice.expect(&format!("<ci> {sent}"));
    }
    alice.expect("* ci left");

    let mut bob = Tool::start(&mut chat_tls(
        &identity.certificate,
        &["--nick", "bob", &place],
    ));
    bob.wait_for("* You are bob, in lobby with alice.");
    alice.expect("* bob joined");
    let talking = thread::spawn(move || {
        alice.send(paste.as_bytes());
        alice
    });
    for n in 0..LINES {
        assert_eq!(bob.line(), format!("<alice> {}", line(n)));
    }
    talking.join().expect("it was all taken");
}

/// Every byte comes by itself, in both directions.
#[test]
fn a_handshake_byte_by_byte_is_a_handshake() {
    let identity = Identity::make("chat-bytes");
    let relay = relay(&identity, &[]);
    let to = relay.address();
    let (address, between) = peer(move |listener| {
        let (client, _) = listener.accept().expect("a connection");
        let server = TcpStream::connect(to).expect("it is listening");
        for stream in [&client, &server] {
            stream.set_nodelay(true).expect("an option");
        }
        let ways = [
            (client.try_clone(), server.try_clone()),
            (Ok(server), Ok(client)),
        ];
        let ways = ways.map(|(from, to)| {
            let (from, to) = (from.expect("a descriptor"), to.expect("a descriptor"));
            thread::spawn(move || byte_by_byte(from, to))
        });
        for way in ways {
            way.join().expect("it does not panic");
        }
    });
    let place = by_name(address);
    let output = run(
        &mut chat_tls(&identity.certificate, &["--nick", "ci", &place]),
        "hello\n",
    );
    assert_eq!(told(&output).0, 0, "{output:?}");
    between.join().expect("it does not panic");
}

fn byte_by_byte(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 4096];
    while let Ok(count) = from.read(&mut buffer) {
        for byte in &buffer[..count] {
            if to.write_all(&[*byte]).is_err() {
                return;
            }
        }
        if count == 0 {
            let _ = to.shutdown(std::net::Shutdown::Write);
            return;
        }
    }
}

/// The peer sends much at once, the beginning of it with its last message of the handshake, and
/// then nothing more: the socket does not report the bytes that are decrypted already.
#[test]
fn what_was_decrypted_while_the_socket_is_silent_was_forgotten() {
    const LINES: usize = 4000;
    let identity = Identity::make("chat-held");
    let certificate = identity.certificate.clone();
    let (address, talker) = peer(move |listener| {
        let (stream, _) = listener.accept().expect("a connection");
        let mut stream = identity.serve(stream);
        let burst: String = (0..LINES).map(|n| format!("line {n}\n")).collect();
        stream.write_all(burst.as_bytes()).expect("a write");
        stream.flush().expect("a write");
        let mut heard = String::new();
        stream.read_to_string(&mut heard).expect("a close_notify");
        heard
    });
    let place = by_name(address);
    let mut ana = Tool::start(&mut chat_tls(&certificate, &[&place]));
    ana.wait_for(&format!("{place} JOINED"));
    for n in 0..LINES {
        assert_eq!(ana.line(), format!("localhost said: line {n}"));
    }
    ana.type_in("that was all\n");
    ana.end_input();
    assert_eq!(ana.finish(), (String::from("BEY\n"), Some(0)));
    // The stream must end with a close_notify: `read_to_string` would fail otherwise.
    assert_eq!(talker.join().expect("a close_notify"), "that was all\n");
}

/// The end of the TCP connection counts as the end, with a close_notify or without, as it does
/// without TLS.
#[test]
fn a_peer_that_just_goes_is_gone() {
    for is_notified in [true, false] {
        let identity = Identity::make(&format!("chat-goes-{is_notified}"));
        let certificate = identity.certificate.clone();
        let (address, goes) = peer(move |listener| {
            let (stream, _) = listener.accept().expect("a connection");
            let mut stream = identity.serve(stream);
            let mut line = [0; 4];
            stream.write_all(b"one\ntwo").expect("a write");
            stream.flush().expect("a write");
            stream.read_exact(&mut line).expect("a line");
            if is_notified {
                stream.conn.send_close_notify();
                stream.flush().expect("a write");
            }
        });
        let place = by_name(address);
        let mut ana = Tool::start(chat_tls(&certificate, &[&place]).stderr(Stdio::null()));
        ana.wait_for("localhost said: one");
        ana.wait_for("localhost said: two");
        ana.type_in("bye\n");
        goes.join().expect("it does not panic");
        ana.end_input();
        assert_eq!(
            ana.finish(),
            (String::from("BEY\n"), Some(0)),
            "{is_notified}"
        );
    }
}

/// A TLS 1.3 server may speak, and end, in the segment with its last message of the handshake.
#[test]
fn a_peer_that_says_all_and_goes_in_its_first_segment_was_not_heard() {
    let identity = Identity::make("chat-one-segment");
    let certificate = identity.certificate.clone();
    let (address, goes) = peer(move |listener| {
        let (stream, _) = listener.accept().expect("a connection");
        let mut stream = identity.serve(stream);
        while !stream.conn.wants_write() {
            stream.conn.read_tls(&mut stream.sock).expect("a hello");
            stream.conn.process_new_packets().expect("a hello");
        }
        stream.conn.writer().write_all(b"one\n").expect("memory");
        stream.conn.send_close_notify();
        let mut all = Vec::new();
        while stream.conn.wants_write() {
            stream.conn.write_tls(&mut all).expect("memory");
        }
        stream.sock.write_all(&all).expect("a write");
        let mut heard = String::new();
        stream.read_to_string(&mut heard).expect("a close_notify");
        heard
    });
    let place = by_name(address);
    let mut ana = Tool::start(chat_tls(&certificate, &[&place]).stderr(Stdio::null()));
    ana.wait_for("localhost said: one");
    ana.end_input();
    assert_eq!(ana.finish().1, Some(0));
    assert_eq!(goes.join().expect("a close_notify"), "");
}

#[test]
fn what_breaks_the_encryption_is_an_end_and_is_told() {
    let identity = Identity::make("chat-broken");
    let certificate = identity.certificate.clone();
    let (address, breaks) = peer(move |listener| {
        let (stream, _) = listener.accept().expect("a connection");
        let mut stream = identity.serve(stream);
        stream.write_all(b"one\n").expect("a write");
        stream.flush().expect("a write");
        let mut line = [0; 4];
        stream.read_exact(&mut line).expect("a line");
        stream
            .sock
            .write_all(b"\x17\x03\x03\x00\x20")
            .expect("a write");
        stream.sock.write_all(&[7; 0x20]).expect("a write");
        stream.read(&mut line).expect_err("an alert")
    });
    let place = by_name(address);
    let mut ana = Tool::start(chat_tls(&certificate, &[&place]).stderr(Stdio::null()));
    ana.wait_for("localhost said: one");
    ana.type_in("two\n");
    let alert = breaks.join().expect("it does not panic");
    assert_eq!(alert.kind(), ErrorKind::InvalidData);
    assert!(alert.to_string().contains("BadRecordMac"), "{alert}");
    ana.end_input();
    assert_eq!(ana.finish(), (String::from("BEY\n"), Some(1)));
}

#[test]
fn joining_another_is_encrypted_as_well() {
    let identity = Identity::make("chat-join");
    let (one, two) = (relay(&identity, &[]), relay(&identity, &[]));
    let mut alice = identity.join(two.address(), "alice");
    let mut bob = Tool::start(&mut chat_tls(
        &identity.certificate,
        &["--nick", "bob", &by_name(one.address())],
    ));
    bob.wait_for("* You are bob, alone in lobby.");
    bob.type_in(&format!("/join localhost {}\n", two.address().port()));
    bob.wait_for(&format!("{} JOINED", by_name(two.address())));
    alice.expect("* bob joined");
    bob.type_in("hello\n");
    alice.expect("<bob> hello");
}

#[test]
fn at_a_terminal_who_cannot_be_trusted_is_a_line_and_the_next_is_asked_as_well() {
    let (good, other) = (Identity::make("chat-seen"), Identity::make("chat-unseen"));
    let (relay, stranger) = (relay(&good, &[]), relay(&other, &[]));
    let mut alice = good.join(relay.address(), "alice");
    let command = chat_tls(&good.certificate, &["--nick", "bob"]);
    let Some(mut terminal) = Terminal::start(&command) else {
        return;
    };
    let mut join = |program: &Program, words: &str| {
        terminal.press(&format!("/join localhost {}\r", program.address().port()));
        let words = format!("{}{words}", by_name(program.address()));
        terminal.wait_until(&words, |rows| {
            let is_asked = rows.last().is_some_and(|row| row == ">");
            is_asked && rows.concat().contains(&words)
        });
    };
    join(
        &stranger,
        " has a certificate that is not in the file of --ca",
    );
    join(&relay, " JOINED");
    alice.expect("* bob joined");
    terminal.press("salut\r");
    alice.expect("<bob> salut");
    terminal.press("\x04");
    assert_eq!(terminal.finish().0, Some(0));
    alice.expect("* bob left");
}

#[test]
fn a_relay_that_comes_back_is_spoken_to_in_tls_again() {
    let identity = Identity::make("chat-back");
    let first = relay(&identity, &[]);
    let address = first.address();
    let place = by_name(address);
    let flags = ["--nick", "bob", "--timeout", "30", &place];
    let mut bob = Tool::start(chat_tls(&identity.certificate, &flags).stderr(Stdio::null()));
    bob.wait_for("* You are bob, alone in lobby.");
    assert_eq!(first.stop().status, Some(0));
    bob.wait_for("* the server is stopping");
    bob.type_in("meanwhile\n");
    let _second = relay(&identity, &["--listen", &address.to_string()]);
    bob.wait_for("* You are bob, alone in lobby.");
    let mut alice = identity.join(address, "alice");
    alice.wait_for(|line| line.ends_with("<bob> meanwhile"));
}

#[test]
fn peers_who_connect_here_are_spoken_to_in_plain() {
    let identity = Identity::make("chat-listen");
    let mut ana = Tool::start(&mut chat_tls(
        &identity.certificate,
        &["--listen", "127.0.0.1:0"],
    ));
    let listening = ana.line();
    let address = listening.strip_prefix("listening on ").expect("an address");
    let mut visitor = Client::connect(address.parse().expect("an address"));
    visitor.send("hello\n");
    ana.wait_for("127.0.0.1 said: hello");
}

/// The peer is another implementation.
#[test]
fn openssl_is_talked_with_in_both_directions_and_both_versions() {
    let Some(openssl) = find(&["openssl"], "openssl") else {
        return;
    };
    let identity = Identity::by_openssl(&openssl, "chat-s-server", "ec");
    for version in ["-tls1_2", "-tls1_3"] {
        let mut command = Command::new(&openssl);
        command.args([
            "s_server",
            "-accept",
            "127.0.0.1:0",
            "-naccept",
            "1",
            version,
        ]);
        command.arg("-cert").arg(&identity.certificate);
        command.arg("-key").arg(&identity.key);
        let mut server = Tool::start(command.stderr(Stdio::null()));
        let port = loop {
            if let Some(place) = server.line().strip_prefix("ACCEPT ") {
                let port = place.rsplit(':').next().expect("a port");
                break port.to_owned();
            }
        };
        let place = format!("localhost:{port}");
        let mut ana = Tool::start(&mut chat_tls(&identity.certificate, &[&place]));
        ana.wait_for(&format!("{place} JOINED"));
        ana.type_in("hello, à bientôt\n");
        server.wait_for("hello, à bientôt");
        server.type_in("et toi ?\n");
        ana.wait_for("localhost said: et toi ?");
        let large: String = (0..2000)
            .map(|n| format!("line {n} {}\n", "x".repeat(500)))
            .collect();
        ana.type_in(&large);
        for line in large.lines() {
            server.wait_for(line);
        }
        ana.end_input();
        assert_eq!(ana.finish(), (String::from("BEY\n"), Some(0)), "{version}");
        server.wait_for("DONE");
    }
}
