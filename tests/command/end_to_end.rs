//! The program on real sockets: ends, resets, dead peers, several listeners.

use std::thread;
use std::time::{Duration, Instant};

use crate::wire::{Client, End, PATIENCE, Program};

#[test]
fn what_is_piped_in_without_a_last_newline_is_relayed() {
    let program = Program::start(&[]);
    let mut alice = program.join("alice");
    let mut bob = program.connect();
    bob.send("bob\nhello");
    bob.end_output();
    alice.expect("* bob joined");
    alice.expect("<bob> hello");
    alice.expect("* bob left");
    let all = String::from("* You are bob, in lobby with alice.\n");
    assert_eq!(bob.rest(), (all, End::Fin));
}

#[test]
fn the_farewell_arrives_although_more_was_sent_than_anyone_reads() {
    let program = Program::start(&[]);
    for extra in [0, 1, 1_000, 30_000, 300_000] {
        for attempt in 0..5 {
            let mut bob = program.connect();
            let junk = "never read ".repeat(extra / 11);
            bob.send(format!("bob\n/quit\n{junk}"));
            let (text, end) = bob.rest();
            assert_eq!(end, End::Fin, "{extra} bytes more, attempt {attempt}");
            assert!(text.ends_with("\n* Bye.\n"), "{extra} bytes more: {text:?}");
        }
    }
}

#[test]
fn all_lines_of_one_who_never_reads_and_resets_arrive() {
    for flags in [&["--rate", "0"][..], &[]] {
        let program = Program::start(flags);
        let mut alice = program.join("alice");
        let mut bob = program.connect();
        bob.send("bob\n");
        alice.expect("* bob joined");
        let said: String = (0..100).map(|n| format!("line {n}\n")).collect();
        bob.send(said);
        bob.reset();
        for n in 0..100 {
            alice.expect(&format!("<bob> line {n}"));
        }
        alice.expect("* bob left");
    }
}

#[test]
fn a_reset_before_the_first_answer_loses_nothing() {
    let program = Program::start(&["--rate", "0"]);
    let mut alice = program.join("alice");
    for n in 0..50 {
        let mut bob = program.connect();
        bob.send(format!("bob\nfirst {n}\nlast {n}\n"));
        bob.reset();
        alice.expect("* bob joined");
        alice.expect(&format!("<bob> first {n}"));
        alice.expect(&format!("<bob> last {n}"));
        alice.expect("* bob left");
    }
}

#[test]
fn fifty_resets_in_the_middle_of_a_broadcast_are_noticed_by_no_one_else() {
    const LINES: usize = 500;
    let program = Program::start(&["--rate", "0"]);
    let mut alice = program.join("alice");
    let watchers: Vec<Client> = (0..8)
        .map(|n| program.join(&format!("watcher{n}")))
        .collect();
    let leaving: Vec<Client> = (0..50)
        .map(|n| match n % 2 {
            0 => program.connect(),
            _ => program.join(&format!("leaving{n}")),
        })
        .collect();
    let resets = thread::spawn(move || {
        for (n, mut client) in leaving.into_iter().enumerate() {
            if n % 2 == 1 {
                client.send("last words\n");
            }
            client.reset();
        }
    });
    for n in 0..LINES {
        alice.send(format!("{n} {}\n", "x".repeat(500)));
    }
    resets.join().expect("no panic");
    for mut watcher in watchers {
        let (mut of_alice, mut of_others) = (0, 0);
        while of_alice < LINES || of_others < 25 {
            let line = watcher.wait_for(|line| line.starts_with('<'));
            if line.starts_with("<leaving") && line.ends_with("> last words") {
                of_others += 1;
                continue;
            }
            let next = format!("<alice> {of_alice} ");
            assert!(line.starts_with(&next), "{line} is not {of_alice}");
            of_alice += 1;
        }
    }
    alice.send("/who\n");
    let who = alice.wait_for(|line| line.starts_with("* lobby: "));
    assert!(
        !who.contains("leaving") && !who.contains("listener"),
        "{who}"
    );
}

#[test]
fn what_is_sent_to_a_closed_connection_breaks_nothing() {
    let program = Program::start(&[]);
    let mut bob = program.join("bob");
    bob.send("/quit\n");
    assert_eq!(bob.rest(), ("* Bye.\n".into(), End::Fin));
    // A socket that was simply closed would answer the first of these lines with a reset.
    for n in 0..20 {
        let sent = bob.try_send("too late\n");
        assert!(sent.is_ok(), "line {n} after the end: {sent:?}");
        // A program that has not noticed the end yet goes on sending for a while, here for 200 ms.
        // There is nothing to wait for: the reset is what must not come.
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn silent_peers_are_probed() {
    for (flag, timer) in [("30s", "02"), ("0", "00")] {
        let program = Program::start(&["--keepalive", flag]);
        let mut client = program.connect();
        client.expect(crate::wire::GREETING);
        let (ours, theirs) = (program.address().port(), client.local_address().port());
        let until = Instant::now() + PATIENCE;
        // While the greeting is not acknowledged yet, the timer is that of the transmission.
        while kernel_timer(ours, theirs).as_deref() != Some(timer) {
            assert!(
                Instant::now() < until,
                "--keepalive {flag}: {:?}",
                kernel_timer(ours, theirs)
            );
            thread::yield_now();
        }
    }
}

/// The timer that the kernel runs for a connection of this machine: `00` none, `02` keep-alive.
fn kernel_timer(ours: u16, theirs: u16) -> Option<String> {
    let table = std::fs::read_to_string("/proc/net/tcp").expect("Linux");
    table.lines().find_map(|row| {
        let fields: Vec<&str> = row.split_whitespace().collect();
        let is_it = fields.get(1)?.ends_with(&format!(":{ours:04X}"))
            && fields.get(2)?.ends_with(&format!(":{theirs:04X}"));
        is_it.then(|| fields[5][..2].to_owned())
    })
}

#[test]
fn all_kinds_of_listeners_lead_to_one_room() {
    let path = std::env::temp_dir().join(format!("parloir-{}.sock", std::process::id()));
    let unix = format!("unix:{}", path.display());
    let mut command = Program::command();
    command.args([
        "--listen",
        "127.0.0.1:0",
        "--listen",
        "[::1]:0",
        "--listen",
        &unix,
    ]);
    let program = Program::open(command);
    let [v4, v6] = program.addresses()[..] else {
        panic!("{:?}", program.opening)
    };
    let mut clients = [
        Client::join(v4, "four"),
        Client::join(v6, "six"),
        Client::connect_unix(&path).named("path"),
    ];
    let names = ["four", "six", "path"];
    for (n, speaker) in names.iter().enumerate() {
        clients[n].send(format!("I am {speaker}\n"));
        for (other, client) in clients.iter_mut().enumerate() {
            if other != n {
                client.wait_for_line(&format!("<{speaker}> I am {speaker}"));
            }
        }
    }
    assert_eq!(program.stop().status, Some(0));
    assert!(!path.exists(), "the socket's file was left behind");
}
