//! Limits that are set on the command line: the effect of each flag, below the limit, at it and
//! above it.

use std::time::Duration;

use crate::wire::{Client, End, GREETING, Program};

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: localhost\r\n";

#[test]
fn rooms_can_be_few() {
    let program = Program::start(&["--max-rooms", "2"]);
    let mut alice = program.join("alice");
    let mut bob = program.join("bob");
    bob.send("/join dev\n");
    bob.expect("* You are bob, alone in dev.");
    alice.wait_for_line("* bob left");
    alice.send("/join tea\n");
    alice.expect("* too many rooms");
}

#[test]
fn empty_rooms_are_kept_in_number_and_in_time() {
    let history_of_dev = |flags: &[&str], elsewhere: &[&str]| {
        let program = Program::start(flags);
        let mut bob = program.join("bob");
        bob.send("/join dev\nhello\n");
        for room in elsewhere {
            bob.send(format!("/join {room}\n"));
        }
        bob.send("/join lobby\n");
        bob.wait_for_line("* You are bob, alone in lobby.");
        bob.send("/join dev\n/who\n");
        bob.wait_for_line("* You are bob, alone in dev.");
        bob.line()
    };
    let (kept, gone) = ("<bob> hello", "* dev: bob");
    assert!(history_of_dev(&["--max-empty-rooms", "2"], &["tea"]).ends_with(kept));
    // If no empty room may be kept, dev is forgotten as soon as bob leaves it.
    assert_eq!(history_of_dev(&["--max-empty-rooms", "0"], &[]), gone);
    assert!(history_of_dev(&["--keep-rooms", "10m"], &[]).ends_with(kept));
    assert_eq!(history_of_dev(&["--keep-rooms", "0"], &[]), gone);
}

#[test]
fn the_history_of_all_rooms_has_its_bytes() {
    let oldest = |size: &str| {
        let program = Program::start(&["--history-total", size, "--rate", "0"]);
        let mut bob = program.join("bob");
        let filling = "x".repeat(1000);
        for n in 0..20 {
            bob.send(format!("{n} {filling}\n"));
        }
        bob.send("/history\n");
        let line = bob.line();
        let number = line.split("<bob> ").nth(1);
        let number = number.and_then(|text| text.split(' ').next()).unwrap();
        number.parse::<u32>().unwrap()
    };
    assert_eq!(oldest("64KiB"), 0);
    assert!(oldest("8KiB") > 10);
}

#[test]
fn a_request_may_take_so_long_and_no_longer() {
    let start = |time: &str| Program::start(&["--request", time]);
    let (patient, hasty) = (start("10m"), start("50ms"));
    let (mut first, mut second) = (patient.connect(), hasty.connect());
    first.send(REQUEST);
    second.send(REQUEST);
    let (answer, end) = second.rest();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert_eq!(end, End::Fin);
    // With the same limit for both, the first would have been answered before the second.
    assert!(first.is_quiet_for(Duration::from_millis(20)));
    first.send("\r\n");
    assert_eq!(first.line(), "HTTP/1.1 200 OK\r");
}

/// A WebSocket whose upgrade the server has accepted.
fn upgraded(program: &Program) -> Client {
    let mut client = program.connect();
    client.send(format!(
        "{REQUEST}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ));
    client.wait_for_line("\r");
    client
}

/// Sends a message, masked with zeros.
fn say(client: &mut Client, length: u16) {
    client.send([0x81, 0xfe]);
    client.send(length.to_be_bytes());
    client.send([0; 4]);
    client.send("x".repeat(length.into()));
}

/// Reads the head of the next frame: its first byte, and the length of its payload.
fn next_frame(client: &mut Client) -> (u8, usize) {
    let mut head = Vec::new();
    while head.len() < 2 {
        head.extend(client.read_bytes(2 - head.len()));
    }
    let length = usize::from(head[1]);
    let mut left = length;
    while left > 0 {
        left -= client.read_bytes(left).len();
    }
    (head[0], length)
}

const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;

#[test]
fn a_message_in_a_websocket_has_its_bytes() {
    let program = Program::start(&["--max-message", "128"]);
    for (length, answer) in [(127, TEXT), (128, TEXT), (129, CLOSE)] {
        let mut client = upgraded(&program);
        say(&mut client, length);
        assert_eq!(next_frame(&mut client).0, answer, "{length}");
    }
}

#[test]
fn a_silent_websocket_is_pinged_when_it_was_asked_for() {
    let program = Program::start(&["--web-ping", "50ms"]);
    let mut client = upgraded(&program);
    let first = (1..).find_map(|_| match next_frame(&mut client).0 {
        TEXT => None,
        other => Some(other),
    });
    assert_eq!(first, Some(PING));
}

#[test]
fn a_setting_that_cannot_be_is_a_mistake_and_names_its_flag() {
    for (flag, value, must) in [
        ("--name", "", "some text on one line"),
        ("--reserve", " ", "nicknames"),
        ("--burst", "0", "at least 1"),
        ("--history", "100001", "at most 100,000 lines"),
        ("--max-line", "63", "between 64 bytes and 1 MiB"),
        ("--max-rooms", "0", "at least 1"),
        ("--request", "0", "longer than zero"),
        ("--max-message", "127", "between 128 bytes and 16 MiB"),
        ("--max-connections", "0", "at least 1"),
        ("--max-per-address", "0", "at least 1"),
        ("--queue", "1", "between 1 KiB and 1 GiB"),
        ("--stall", "0", "longer than zero"),
        ("--keepalive", "1ms", "0, or between 1 and 32,767 seconds"),
        ("--handshake", "0", "longer than zero"),
    ] {
        let stderr = mistake(&[flag, value]);
        let told = format!(" must be {must} (see {flag})\n");
        assert!(stderr.ends_with(&told), "{stderr}");
    }
    let stderr = mistake(&["--queue", "65M", "--queue-total", "64M"]);
    assert!(
        stderr.ends_with(" (see --queue and --queue-total)\n"),
        "{stderr}"
    );
    let program = Program::start(&["--max-rooms", "1", "--max-message", "16MiB"]);
    program.connect().expect(GREETING);
}

/// The error that the command prints for these flags, after a check of its exit status.
fn mistake(flags: &[&str]) -> String {
    let mut command = Program::command();
    command.args(["--listen", "127.0.0.1:0"]).args(flags);
    let exit = Program::try_open(command).err().expect("a mistake");
    assert_eq!((exit.status, &*exit.stdout), (Some(2), ""), "{flags:?}");
    exit.stderr
}

#[test]
fn a_password_of_several_lines_is_a_mistake_of_the_variable_that_it_is_in() {
    let mut command = Program::command();
    command.args(["--listen", "127.0.0.1:0"]);
    command.env("PARLOIR_PASSWORD", "one\ntwo");
    let exit = Program::try_open(command).err().expect("a mistake");
    assert_eq!(exit.stderr, "parloir: PARLOIR_PASSWORD is not one line\n");
}
