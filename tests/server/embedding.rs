//! The library in a host program: its loop, its thread, its streams, and the orderly stop.

use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use parloir::relay::{Hooks, Verdict};
use parloir::{
    CallError, Endpoint, Error, Handle, Relay, RelayConfig, Server, ServerConfig, Status, Tag,
};

use crate::wire::{Client, End, PATIENCE};

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

/// A running server of the library, and its result once it has ended.
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

/// A thread that spoke in a tight loop kept the queue full, and a stop has to go through that
/// queue.
#[test]
fn a_stop_was_lost_when_too_many_calls_waited() {
    let mut server = server(ServerConfig::default());
    let handle = server.handle();
    while handle.say("lobby", "clock", "tick") != Err(CallError::Busy) {}
    assert_eq!(handle.stop(), Ok(()));
    // Further calls change nothing: the server is stopping already.
    assert_eq!(handle.stop(), Ok(()));
    assert_eq!(handle.stop(), Ok(()));
    server.run().expect("it stops");
    drop(server);
    assert_eq!(handle.stop(), Err(CallError::Stopped));
}

struct Fragile;

impl Hooks for Fragile {
    fn message(&mut self, _: &str, text: &str) -> Verdict {
        assert_ne!(text, "boom");
        Verdict::Pass
    }
}

#[test]
fn a_hook_that_panicked_left_somebody_behind_who_never_went() {
    let relay = Relay::new(RelayConfig::default()).expect("valid rules");
    let relay = relay.with_hooks(Fragile);
    let mut server = Server::new(relay, ServerConfig::default()).expect("a server");
    let address = listen(&mut server);
    let handle = server.handle();
    let thread = thread::spawn(move || {
        let mut panics = 0;
        loop {
            let turn = AssertUnwindSafe(|| server.turn(None));
            match catch_unwind(turn) {
                Ok(Ok(Status::Stopped)) => return panics,
                Ok(status) => assert!(status.is_ok(), "{status:?}"),
                Err(_) => panics += 1,
            }
        }
    });
    let mut alice = Client::join(address, "alice");
    let mut bob = Client::join(address, "bob");
    alice.expect("* bob joined");
    // A line that came in the same piece before the panic is not sent under another client's name.
    bob.send("one\nboom\n");
    alice.send("hello\n");
    bob.expect("<alice> hello");
    bob.send("/who\n");
    bob.expect("* lobby: alice and bob");
    drop(bob);
    alice.expect("* bob left");
    let mut bob = Client::join(address, "bob");
    alice.expect("* bob joined");
    // No part of an answer that was begun is sent to another client either.
    let mut carol = Client::connect(address);
    carol.send("CAP REQ :batch labeled-response\r\nNICK carol\r\nUSER c 0 * :c\r\nCAP END\r\n");
    let mut dave = Client::connect(address);
    dave.send("NICK dave\r\nUSER d 0 * :d\r\n");
    carol.send("JOIN #lobby\r\n@label=secret PRIVMSG #lobby :boom\r\n");
    alice.expect("* carol joined");
    carol.send("PING after\r\n");
    carol.wait_for_line(":parloir.local PONG parloir.local :after\r");
    dave.send("PING x\r\n");
    dave.wait_for_line(":parloir.local PONG parloir.local :x\r");
    handle.stop().expect("it runs");
    bob.wait_for_line("* the server is stopping");
    drop((alice, bob, carol, dave));
    assert_eq!(thread.join().expect("caught"), 2);
}
#[test]
fn a_certificate_was_refused_when_too_many_calls_waited() {
    let identity = crate::wire::Identity::make("embedded");
    let certificate = || {
        parloir::Certificate::from_files(&identity.certificate, &identity.key).expect("it was made")
    };
    let mut server = server(ServerConfig::default());
    let address = listen(&mut server);
    let handle = server.handle();
    while handle.say("lobby", "clock", "tick") != Err(CallError::Busy) {}
    for _ in 0..8 {
        assert_eq!(handle.set_tls(certificate()), Ok(()));
    }
    assert_eq!(handle.set_tls(certificate()), Err(CallError::Busy));
    let thread = thread::spawn(move || server.run());
    identity.join(address, "alice");
    handle.stop().expect("it runs");
    thread.join().expect("no panic").expect("no error");
}

#[test]
fn whoever_is_thrown_out_reads_why_before_the_end() {
    let running = Running::start(ServerConfig::default());
    for _ in 0..10 {
        let mut bob = Client::join(running.address, "bob");
        // The allowance holds the client up, so most of its input is unread when the kick comes.
        bob.send("flood\n".repeat(3_000));
        running
            .handle
            .kick("bob", Some("flooding"))
            .expect("room for a call");
        let (text, end) = bob.rest();
        assert_eq!(end, End::Fin);
        assert!(
            text.ends_with("* you were disconnected by host (flooding)\n"),
            "{text:?}"
        );
    }
    running.stop();
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

/// A client that does not read, with lines that wait for it at the server.
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
