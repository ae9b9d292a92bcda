//! The relay on real sockets: ends, resets, several listeners, and the four ways to run it.
#![cfg(feature = "cli")]

mod wire;

use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use parloir::{
    CallError, Endpoint, Error, Handle, Relay, RelayConfig, Server, ServerConfig, Status, Tag,
};
use wire::{Client, End, PATIENCE, Program};

fn server(config: ServerConfig) -> Server<Relay> {
    let relay = Relay::new(RelayConfig::default()).expect("valid rules");
    Server::new(relay, config).expect("a server")
}

fn listen(server: &mut Server<Relay>) -> SocketAddr {
    let any: SocketAddr = "127.0.0.1:0".parse().expect("an address");
    match server.listen(any, Tag::default()).expect("a free port") {
        Endpoint::Tcp(address) => address,
        Endpoint::Unix(_) => unreachable!("TCP was asked for"),
    }
}

/// A running library server, and how it ended.
struct Running {
    address: SocketAddr,
    handle: Handle<parloir::relay::Call>,
    ended: Receiver<Result<(), Error>>,
}

impl Running {
    fn start(config: ServerConfig) -> Self {
        let mut server = server(config);
        let address = listen(&mut server);
        let handle = server.handle();
        let (sender, ended) = channel();
        thread::spawn(move || {
            let result = server.run();
            drop(server);
            sender.send(result)
        });
        Self {
            address,
            handle,
            ended,
        }
    }

    fn stop(self) {
        self.handle.stop().expect("it runs");
        let ended = self.ended.recv_timeout(PATIENCE);
        ended.expect("it stops").expect("without an error");
    }
}

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
fn whoever_is_thrown_out_reads_why_before_the_end() {
    let running = Running::start(ServerConfig::default());
    for _ in 0..10 {
        let mut bob = Client::join(running.address, "bob");
        // Held up by its allowance, so that most of it lies unread when the kick comes.
        bob.send("flood\n".repeat(3_000));
        running
            .handle
            .kick("bob", Some("flooding"))
            .expect("room for a call");
        let (text, end) = bob.rest();
        assert_eq!(end, End::Fin);
        assert!(
            text.ends_with("* you were removed from lobby by host (flooding)\n"),
            "{text:?}"
        );
    }
    running.stop();
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
    // A socket that was simply closed would answer the first of these with a reset.
    for n in 0..100 {
        let sent = bob.try_send("too late\n");
        assert!(sent.is_ok(), "line {n} after the end: {sent:?}");
    }
}

#[test]
fn silent_peers_are_probed() {
    for (flag, timer) in [("30s", "02"), ("0", "00")] {
        let program = Program::start(&["--keepalive", flag]);
        let mut client = program.connect();
        client.expect(wire::GREETING);
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

/// Which timer runs for a connection of this machine: `00` none, `02` keep-alive.
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
}

#[test]
fn a_stream_that_is_connected_already_can_be_adopted() {
    let mut server = server(ServerConfig::default());
    let (ours, theirs) = UnixStream::pair().unwrap();
    server.adopt(theirs, Tag::default()).unwrap();
    let handle = server.handle();
    let thread = thread::spawn(move || server.run());
    let mut client = Client::on(ours).named("bob");
    client.send("/who\n");
    client.expect("* lobby: bob");
    handle.stop().unwrap();
    assert_eq!(
        client.rest(),
        ("* the server is stopping\n".into(), End::Fin)
    );
    thread.join().unwrap().unwrap();
}

#[test]
fn a_loop_of_ones_own_turns_the_server() {
    let mut server = server(ServerConfig::default());
    let address = listen(&mut server);
    while server.next_timeout() == Some(Duration::ZERO) {
        server.turn(Some(Duration::ZERO)).unwrap();
    }
    assert_eq!(
        server.next_timeout(),
        None,
        "nothing to wait for but events"
    );

    let client = thread::spawn(move || {
        let mut bob = Client::join(address, "bob");
        bob.send("/quit\n");
        bob.rest()
    });
    let mut own_work = 0;
    while !client.is_finished() {
        assert_eq!(
            server.turn(Some(Duration::from_millis(5))).unwrap(),
            Status::Running
        );
        own_work += 1;
    }
    assert_eq!(client.join().unwrap(), ("* Bye.\n".into(), End::Fin));
    assert!(own_work > 0);

    server.handle().stop().unwrap();
    let until = Instant::now() + PATIENCE;
    while server.turn(Some(Duration::ZERO)).unwrap() == Status::Running {
        assert!(Instant::now() < until, "it does not stop");
    }
}

#[test]
fn a_handle_speaks_counts_and_stops_from_another_thread() {
    let running = Running::start(ServerConfig::default());
    let mut bob = Client::join(running.address, "bob");
    let handle = running.handle.clone();
    thread::spawn(move || handle.say("clock", "lobby", "noon\nsharp"))
        .join()
        .unwrap()
        .unwrap();
    bob.expect("<clock> noon");
    bob.expect("<clock> sharp");
    let stats = running.handle.stats();
    assert_eq!(
        (stats.connections, stats.accepted, stats.refused),
        (1, 1, 0)
    );
    let handle = running.handle.clone();
    running.stop();
    assert_eq!(bob.rest(), ("* the server is stopping\n".into(), End::Fin));
    assert_eq!(
        handle.say("clock", "lobby", "late"),
        Err(CallError::Stopped)
    );
}

#[test]
fn calls_that_nobody_takes_are_refused_and_never_wait() {
    let mut server = server(ServerConfig::default());
    let handle = server.handle();
    let taken = (0..10_000)
        .take_while(|_| handle.kick("nobody", None).is_ok())
        .count();
    assert_eq!(taken, 1024);
    assert_eq!(handle.kick("nobody", None), Err(CallError::Busy));
    server.turn(Some(Duration::ZERO)).unwrap();
    assert_eq!(handle.kick("nobody", None), Ok(()));
}

/// Someone for whom lines wait at the server, and who does not read them.
fn hold_up(running: &Running) -> Client {
    let slow = Client::connect_narrow(running.address).named("slow");
    let mut talker = Client::join(running.address, "talker");
    for _ in 0..40 {
        talker.send(format!("{}\n", "x".repeat(4000)));
    }
    talker.send("/who\n");
    talker.expect("* lobby: slow and talker");
    let queued = running.handle.stats().queued_bytes;
    assert!(queued > 0, "nothing waits for the slow one");
    slow
}

#[test]
fn a_stop_waits_a_while_for_those_who_do_not_read() {
    let running = Running::start(ServerConfig {
        stop_grace: Duration::from_millis(200),
        ..ServerConfig::default()
    });
    let _slow = hold_up(&running);
    running.stop();
}

#[test]
fn a_second_stop_waits_for_nobody() {
    let running = Running::start(ServerConfig {
        stop_grace: Duration::from_secs(3600),
        stall: Duration::from_secs(3600),
        ..ServerConfig::default()
    });
    let _slow = hold_up(&running);
    running.handle.stop().unwrap();
    running.stop();
}

#[test]
fn a_stop_lets_the_slow_read_to_the_end() {
    let running = Running::start(ServerConfig::default());
    let mut slow = hold_up(&running);
    running.handle.stop().unwrap();
    let (text, end) = slow.rest();
    assert_eq!(end, End::Fin);
    assert_eq!(text.matches('x').count(), 40 * 4000);
    assert!(text.ends_with("\n* the server is stopping\n"));
    let ended = running.ended.recv_timeout(PATIENCE);
    ended.expect("it stops").expect("without an error");
}
