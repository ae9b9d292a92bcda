//! `parloir chat` between pipes: the lines that are delivered, the lines that are shown, and the
//! exit status.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::wire::{Client, Program, Tool, chat, find, peer, run, told};

/// A port that no program listens on.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

#[test]
fn a_line_from_a_script_is_delivered_and_status_0_says_so() {
    let relay = Program::start(&[]);
    let mut alice = relay.join("alice");
    let address = relay.address().to_string();
    let output = run(&mut chat(&["--nick", "ci", &address]), "build ok\n");
    let greeting = crate::wire::GREETING;
    let shown = format!("{address} JOINED\n{greeting}\n* You are ci, in lobby with alice.\nBEY\n");
    assert_eq!(told(&output), (0, shown.as_str(), ""));
    alice.expect("* ci joined");
    alice.expect("<ci> build ok");
    alice.expect("* ci left");
}

#[test]
fn every_line_of_a_file_arrives_however_many_and_however_they_end() {
    let relay = Program::start(&["--rate", "0"]);
    let mut alice = relay.join("alice");
    let address = relay.address().to_string();
    let lines: String = (0..5000).map(|n| format!("line {n}\r\n")).collect();
    let mut input = lines.into_bytes();
    input.extend(b"\xe9t\xe9 without an end");
    let output = run(&mut chat(&["--nick", "ci", &address]), input);
    assert_eq!(output.status.code(), Some(0));
    alice.expect("* ci joined");
    for n in 0..5000 {
        alice.expect(&format!("<ci> line {n}"));
    }
    alice.expect("<ci> été without an end");
}

#[test]
fn a_relay_that_holds_up_a_fast_script_is_waited_for() {
    let relay = Program::start(&["--rate", "20", "--burst", "1"]);
    let mut alice = relay.join("alice");
    let address = relay.address().to_string();
    let input: String = (0..30).map(|n| format!("line {n}\n")).collect();
    let output = run(
        &mut chat(&["--nick", "ci", "--timeout", "1", &address]),
        input,
    );
    assert_eq!(output.status.code(), Some(0));
    alice.wait_for_line("<ci> line 29");
}

#[test]
fn what_the_relay_refuses_is_status_1() {
    let relay = Program::start(&["--max-line", "100"]);
    let address = relay.address().to_string();
    for line in [
        "x".repeat(101),
        String::from("/msg nobody psst"),
        String::from("/dance"),
        format!("/join dev\n/mode +key {}", "a".repeat(32)),
    ] {
        let output = run(&mut chat(&["--nick", "ci", &address]), format!("{line}\n"));
        assert_eq!(output.status.code(), Some(1), "{line}");
    }
}

#[test]
fn a_password_comes_from_the_environment_or_is_the_first_line() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("chat-pipe-password");
    std::fs::write(&path, "sesame\n").expect("a place for files");
    let relay = Program::start(&["--password-file", &path.display().to_string()]);
    let address = relay.address().to_string();
    let flags = ["--nick", "ci", &address];
    let mut alice = relay.connect();
    alice.send("sesame\n");
    let mut alice = alice.named("alice");
    let output = run(chat(&flags).env("PARLOIR_PASSWORD", "sesame"), "one\n");
    assert_eq!(output.status.code(), Some(0));
    alice.wait_for_line("<ci> one");
    assert_eq!(
        run(&mut chat(&flags), "sesame\ntwo\n").status.code(),
        Some(0)
    );
    alice.wait_for_line("<ci> two");
    alice.expect("* ci left");
    let output = run(chat(&flags).env("PARLOIR_PASSWORD", "wrong"), "three\n");
    let (status, _, stderr) = told(&output);
    assert_eq!((status, stderr), (1, "parloir: not sent: three\n"));
    alice.send("/who\n");
    alice.expect("* lobby: alice");
}

#[test]
fn nobody_to_talk_to_is_status_1_after_a_while_in_one_line_each() {
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let begun = Instant::now();
    let output = run(&mut chat(&["--timeout", "0.7", &address]), "hello\n");
    assert!(begun.elapsed() >= Duration::from_millis(700));
    let (status, stdout, stderr) = told(&output);
    let words = format!(
        "parloir: {address} cannot be reached: connection refused; given up after 0.7 s\n\
         parloir: not sent: hello\n"
    );
    assert_eq!((status, stdout, stderr), (1, "", words.as_str()));
    let output = run(&mut chat(&["--timeout", "0.2", "no-such-host.invalid"]), "");
    let (status, _, stderr) = told(&output);
    assert_eq!(status, 1);
    assert!(stderr.contains("no host has that name"), "{stderr}");
    let output = run(&mut chat(&[]), "hello\n");
    let (status, _, stderr) = told(&output);
    assert_eq!(status, 1);
    assert!(stderr.contains("nobody to talk to"), "{stderr}");
}

#[test]
fn mistakes_are_told_in_one_line_with_status_2() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let in_use = taken.local_addr().expect("an address").to_string();
    for (flags, words) in [
        (&["a:b"][..], &["a:b", "port"][..]),
        (&["a:b:c"], &["a:b:c", "use HOST:PORT, or [ADDRESS]:PORT"]),
        (&["fe80::1"], &["fe80::1", "try fe80::1%eth0"]),
        (&["--listen", "x"], &["--listen", "[::1]:3000"]),
        (&["--listen", &in_use], &["in use", "--listen"]),
        (&["--timeout", "0"], &["--timeout"]),
        (&["--nick", "/quit"], &["--nick", "slash"]),
        (&["one", "two"], &["two"]),
    ] {
        let output = run(&mut chat(flags), "");
        let (status, stdout, stderr) = told(&output);
        assert_eq!((status, stdout), (2, ""), "{flags:?}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(words.iter().all(|word| stderr.contains(word)), "{stderr}");
    }
}

#[test]
fn who_comes_late_is_waited_for() {
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let late = thread::spawn({
        let address = address.clone();
        move || run(&mut chat(&["--nick", "ci", &address]), "hello\n")
    });
    let relay = Program::start(&["--listen", &address]);
    let output = late.join().expect("it does not panic");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    drop(relay);
}

#[test]
fn several_addresses_of_a_name_are_tried() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let heard = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("UTF-8");
        text
    });
    let output = run(&mut chat(&[&format!("localhost:{port}")]), "hello\n");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(heard.join().expect("it does not panic"), "hello\n");
}

#[test]
fn ipv6_is_spoken() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else {
        return;
    };
    let port = listener.local_addr().expect("an address").port();
    let heard = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        stream.write_all(b"hi").expect("a write");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("UTF-8");
        text
    });
    let output = run(&mut chat(&[]), format!("/join ::1 {port}\nhello\n/quit\n"));
    let shown = format!("[::1]:{port} JOINED\n::1 said: hi\nBEY\n");
    assert_eq!(told(&output), (0, shown.as_str(), ""));
    assert_eq!(heard.join().expect("it does not panic"), "hello\n");
}

#[test]
fn each_line_is_a_connection_for_a_peer_that_closes_after_one() {
    let (address, heard) = peer(|listener| {
        let mut heard = Vec::new();
        for _ in 0..3 {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut buffer = [0; 2048];
            let count = stream.read(&mut buffer).expect("a message");
            heard.push(String::from_utf8_lossy(&buffer[..count]).into_owned());
        }
        heard
    });
    let output = run(&mut chat(&[&address.to_string()]), "one\ntwo\nthree\n");
    let shown = format!("{address} JOINED\nBEY\n");
    assert_eq!(told(&output), (0, shown.as_str(), ""));
    let heard = heard.join().expect("it does not panic");
    assert_eq!(heard, ["one\n", "two\n", "three\n"]);
}

/// An idle connection once kept a student's accept loop from serving any other client.
#[test]
fn a_peer_that_closes_after_one_message_is_free_for_others_between_them() {
    let (address, heard) = peer(|listener| {
        let mut heard = Vec::new();
        while heard.last().is_none_or(|last| last != "two\n") {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut buffer = [0; 2048];
            let count = stream.read(&mut buffer).expect("a message");
            heard.push(String::from_utf8_lossy(&buffer[..count]).into_owned());
        }
        heard
    });
    let mut ana = Tool::start(&mut chat(&[&address.to_string()]));
    ana.wait_for(&format!("{address} JOINED"));
    ana.type_in("one\n");
    let mut other = Client::connect(address);
    other.send("other");
    // The connection ended as an answer, so it did not have to wait behind an idle one.
    assert_eq!(other.rest().0, "");
    ana.type_in("two\n");
    ana.end_input();
    assert_eq!(ana.finish(), (String::from("BEY\n"), Some(0)));
    assert_eq!(
        heard.join().expect("it does not panic"),
        ["one\n", "other", "two\n"]
    );
}

#[test]
fn what_a_peer_breaks_off_is_status_1() {
    let (address, broken) = peer(|listener| {
        let (stream, _) = listener.accept().expect("a connection");
        let socket = socket2::Socket::from(stream);
        let mut byte = [0];
        (&socket).read_exact(&mut byte).expect("a byte");
        // The rest is unread, so closing the socket sends a reset.
    });
    let output = run(&mut chat(&[&address.to_string()]), "hello\n");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    broken.join().expect("it does not panic");
}

#[test]
fn a_peer_says_what_it_likes_and_the_terminal_is_safe() {
    let (address, peer) = peer(|listener| {
        let (mut stream, _) = listener.accept().expect("a connection");
        let evil = b"\x1b]0;owned\x07\x1b[2J\x9b31mhi\r\n\xe2\x80\xae\xff\xfa\x18\x00\xff\xf0\n";
        stream.write_all(evil).expect("a write");
        stream.write_all(&[b'x'; 70_000]).expect("a write");
        stream.write_all(b"\nend\n").expect("a write");
        // Reads to the end, as a well-behaved peer does.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let output = run(&mut chat(&[&address.to_string()]), "hello\n");
    let host = address.ip();
    let shown = format!(
        "{address} JOINED\n{host} said: ›31mhi\n{host} said: (a line of more than 65536 bytes)\n\
         {host} said: end\nBEY\n"
    );
    assert_eq!(told(&output), (0, shown.as_str(), ""));
    peer.join().expect("it does not panic");
}

#[test]
fn peers_connect_here_and_are_heard_line_by_line_as_they_speak() {
    let mut ana = Tool::start(&mut chat(&["--listen", "127.0.0.1:0"]));
    let address: SocketAddr = ana
        .line()
        .replace("listening on ", "")
        .parse()
        .expect("one");
    let mut keeper = Client::connect(address);
    keeper.send("one\ntwo\n");
    ana.wait_for("127.0.0.1 said: one");
    ana.wait_for("127.0.0.1 said: two");
    // The last line has no newline: a quiet moment ends it, or the end of the stream.
    keeper.send("three");
    ana.wait_for("127.0.0.1 said: three");
    let mut hasty = Client::connect(address);
    hasty.send("four");
    drop(hasty);
    ana.wait_for("127.0.0.1 said: four");
    keeper.send("five\n");
    ana.wait_for("127.0.0.1 said: five");
    // The end of the input does not end the listening.
    ana.end_input();
    keeper.send("six\n");
    ana.wait_for("127.0.0.1 said: six");
}

#[test]
fn more_peers_than_there_is_room_for_are_turned_away_until_one_leaves() {
    let mut ana = Tool::start(&mut chat(&["--listen", "127.0.0.1:0"]));
    let address: SocketAddr = ana
        .line()
        .replace("listening on ", "")
        .parse()
        .expect("one");
    let mut visitors: Vec<Client> = (0..64).map(|_| Client::connect(address)).collect();
    visitors[63].send("the last\n");
    ana.wait_for("127.0.0.1 said: the last");
    let mut turned_away = Client::connect(address);
    assert_eq!(turned_away.rest().0, "");
    visitors[0].send("bye\n");
    ana.wait_for("127.0.0.1 said: bye");
    visitors[0].end_output();
    assert_eq!(visitors[0].rest().0, "");
    let mut next = Client::connect(address);
    next.send("room again\n");
    ana.wait_for("127.0.0.1 said: room again");
}

#[test]
fn a_relay_that_comes_back_gets_what_was_typed_meanwhile() {
    let relay = Program::start(&[]);
    let address = relay.address();
    let mut bob = Tool::start(&mut chat(&["--nick", "bob", &address.to_string()]));
    bob.wait_for("* You are bob, alone in lobby.");
    assert_eq!(relay.stop().status, Some(0));
    bob.wait_for("* the server is stopping");
    bob.type_in("meanwhile\n");
    let relay = Program::start(&["--listen", &address.to_string()]);
    bob.wait_for(&format!("{address} JOINED"));
    bob.wait_for("* You are bob, alone in lobby.");
    bob.end_input();
    bob.wait_for("BEY");
    assert_eq!(bob.finish(), (String::new(), Some(0)));
    let mut alice = Client::join(address, "alice");
    alice.wait_for(|line| line.ends_with("<bob> meanwhile"));
    drop(relay);
}

#[test]
fn an_output_that_nobody_reads_is_an_end() {
    let relay = Program::start(&[]);
    let mut alice = relay.join("alice");
    let line = "\"$0\" chat \"$1\" | head -n 3";
    let mut shell = Command::new("sh");
    let address = relay.address().to_string();
    let mut head = Tool::start(shell.args(["-c", line, env!("CARGO_BIN_EXE_parloir"), &address]));
    head.type_in("bob\n");
    alice.expect("* bob joined");
    // The first line can still be read by the program.
    while alice.is_quiet_for(Duration::from_millis(50)) {
        alice.send("is anybody reading?\n");
    }
    alice.expect("* bob left");
    drop(head);
}

#[test]
fn a_students_messenger_that_sends_without_a_newline_is_heard() {
    let Some(python) = find(&["python3"], "python3") else {
        return;
    };
    let mut ana = Tool::start(&mut chat(&["--listen", "127.0.0.1:0"]));
    let address: SocketAddr = ana
        .line()
        .replace("listening on ", "")
        .parse()
        .expect("one");
    let script = "\
import socket, sys
s = socket.socket()
s.connect(('127.0.0.1', int(sys.argv[1])))
s.send('Hello, ça farte ?'.encode())
input()
";
    let mut command = Command::new(python);
    let port = address.port().to_string();
    let _student = Tool::start(command.args(["-c", script, &port]));
    ana.wait_for("127.0.0.1 said: Hello, ça farte ?");
}
