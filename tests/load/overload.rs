//! More load than there is room for: descriptors that run out, endless lines, floods, thousands of
//! idle clients.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use crate::wire::{Client, End, GREETING, PATIENCE, Program};

const FULL: &str = "* server full";

/// Maximum CPU time in hundredths of a second, in a second in which nothing happens.
const TICKS_AT_REST_MAX: u64 = 30;

/// CPU time of the program in one second without activity. The sleep is the measurement itself, not
/// a wait.
fn ticks_in_a_second(program: &Program) -> u64 {
    let before = program.cpu_ticks();
    thread::sleep(Duration::from_secs(1));
    program.cpu_ticks() - before
}

fn assert_at_rest(program: &Program) {
    let ticks = ticks_in_a_second(program);
    assert!(
        ticks < TICKS_AT_REST_MAX,
        "{ticks} ticks of work in a second of rest"
    );
}

/// Connects so many clients. Returns those who were greeted and the number of those who were
/// refused.
fn crowd(address: SocketAddr, count: usize) -> (Vec<Client>, usize) {
    let clients: Vec<Client> = (0..count).map(|_| Client::connect(address)).collect();
    let mut inside = Vec::new();
    let mut refused = 0;
    for mut client in clients {
        match client.line().as_str() {
            GREETING => inside.push(client),
            FULL => {
                assert_eq!(client.rest(), (String::new(), End::Fin));
                refused += 1;
            }
            other => panic!("neither in nor out: {other}"),
        }
    }
    (inside, refused)
}

/// Connects until a place that was given up is free again.
fn connect_until_inside(address: SocketAddr) -> Client {
    let until = Instant::now() + PATIENCE;
    loop {
        let mut client = Client::connect(address);
        if client.line() == GREETING {
            return client;
        }
        assert!(Instant::now() < until, "no place became free");
    }
}

/// The first limit is the program's own, below that of the descriptors; with the second one,
/// accepting fails for want of a descriptor.
#[test]
fn eighty_who_come_to_forty_descriptors_are_served_or_told() {
    for flags in [&[][..], &["--max-connections", "1000"]] {
        let program = Program::start_limited("-n 40", flags);
        let address = program.address();
        let (mut inside, refused) = crowd(address, 80);
        assert_eq!(inside.len() + refused, 80);
        assert!(
            (10..40).contains(&inside.len()),
            "{} were let in",
            inside.len()
        );
        assert_at_rest(&program);

        // The server is still full, and still answers.
        let mut late = Client::connect(address);
        late.expect(FULL);
        assert_eq!(late.rest(), (String::new(), End::Fin));

        for _ in 0..5 {
            inside.pop();
        }
        inside.extend((0..5).map(|_| connect_until_inside(address)));
        let mut bob = inside.pop().expect("someone is inside").named("bob");
        bob.send("still here?\n/who\n");
        let everyone = format!("* lobby: bob and {} listeners", inside.len());
        bob.wait_for_line(&everyone);
        assert!(inside[0].wait_for(|line| line.starts_with('<')) == "<bob> still here?");

        drop(inside);
        drop(bob);
        for _ in 0..3 {
            connect_until_inside(address);
        }
        assert_at_rest(&program);
    }
}

#[test]
fn the_default_limit_is_what_the_descriptors_leave_room_for() {
    let program = Program::start_limited("-n 40", &[]);
    let (inside, refused) = crowd(program.address(), 80);
    let expected = (room(&program), 80 - inside.len());
    assert_eq!((Some(inside.len()), refused), expected);
}

#[test]
fn more_room_was_announced_than_the_descriptors_leave() {
    let default = Program::start_limited("-n 40", &[]);
    let asked = Program::start_limited("-n 40", &["--max-connections", "1000"]);
    assert_eq!(room(&asked), room(&default));
    let fewer = Program::start_limited("-n 40", &["--max-connections", "3"]);
    assert_eq!(room(&fewer), Some(3));
}

/// The number of connections that fit, as the program reports at its start.
fn room(program: &Program) -> Option<usize> {
    program.opening.iter().find_map(|line| {
        let count = line.strip_prefix("There is room for ")?;
        count.strip_suffix(" connections at once.")?.parse().ok()
    })
}

#[test]
fn those_who_spoke_before_they_were_refused_are_told_too() {
    let program = Program::start(&["--max-connections", "1"]);
    let _only = program.join("only");
    for n in 0..50 {
        let mut client = program.connect();
        // The client may be refused before or after this arrives.
        let _ = client.try_send("bob\nhello\n");
        assert_eq!(client.next_line().as_deref(), Ok(FULL), "attempt {n}");
    }
}

#[test]
fn the_console_took_a_place_of_the_guests() {
    let program = Program::start(&["--max-connections", "1", "--console"]);
    let mut guest = program.connect();
    guest.expect(GREETING);
    let mut other = program.connect();
    other.expect(FULL);
}

#[test]
fn ten_megabytes_without_a_newline_are_refused_once_and_kept_nowhere() {
    const NOTICE: &str = "* line too long (limit 4096 bytes): not sent";
    let program = Program::start(&[]);
    let mut alice = program.join("alice");
    let mut bob = program.join("bob");
    alice.expect("* bob joined");
    let before = program.resident_kib();
    let megabyte = vec![b'x'; 1 << 20];
    for _ in 0..10 {
        bob.send(&megabyte);
    }
    bob.expect(NOTICE);
    let grown = program.resident_kib().saturating_sub(before);
    assert!(grown < 3 << 10, "grown by {grown} KiB");
    bob.send("\nshort\n/who\n");
    bob.expect("* lobby: alice and bob");
    alice.expect("<bob> short");
}

#[test]
fn a_flood_takes_nobodys_turn() {
    let program = Program::start(&["--rate", "0", "--history", "0"]);
    let mut alice = program.join("alice");
    let floods: Vec<_> = (0..4)
        .map(|n| {
            let mut client = program.connect();
            thread::spawn(move || {
                client.send(format!("flood{n}\n"));
                // The lines are answered one by one, so the flood uses up its own allowance and no
                // other client's.
                let lines = "/who\n".repeat(2_000);
                let mut twin = client.twin();
                let writes = thread::spawn(move || (0..10).for_each(|_| twin.send(&lines)));
                let answers = (0..20_000)
                    .map(|_| client.wait_for(|line| line.starts_with("* lobby: ")))
                    .count();
                writes.join().expect("no panic");
                answers
            })
        })
        .collect();
    let mut answered = 0;
    while floods.iter().any(|flood| !flood.is_finished()) || answered < 10 {
        alice.send("/topic\n");
        alice.wait_for_line("* no topic is set");
        answered += 1;
    }
    for flood in floods {
        assert_eq!(flood.join().expect("no panic"), 20_000);
    }
}

#[test]
fn the_allowance_holds_up_the_sender_and_loses_nothing() {
    let program = Program::start(&["--rate", "100", "--burst", "20"]);
    let mut alice = program.join("alice");
    let mut bob = program.join("bob");
    alice.expect("* bob joined");
    let begin = Instant::now();
    let lines: String = (0..200).map(|n| format!("{n}\n")).collect();
    bob.send(lines);
    for n in 0..200 {
        alice.expect(&format!("<bob> {n}"));
    }
    // A lower bound: 200 lines less the burst, at 100 a second.
    let passed = begin.elapsed();
    assert!(
        passed >= Duration::from_millis(1_700),
        "{passed:?} for 200 lines"
    );
    assert_at_rest(&program);
}

#[test]
fn whoever_is_held_up_costs_no_work() {
    let program = Program::start(&["--rate", "1", "--burst", "1"]);
    let floods: Vec<Client> = (0..50)
        .map(|n| {
            let mut client = program.connect();
            client.send(format!("flood{n}\n").repeat(5_000));
            client
        })
        .collect();
    let ticks = ticks_in_a_second(&program);
    assert!(
        ticks < 60,
        "{ticks} ticks of work in a second for 50 who wait"
    );
    drop(floods);
}

#[test]
fn thousands_who_idle_cost_next_to_nothing() {
    let room = rlimit::increase_nofile_limit(20_000).expect("a descriptor limit");
    // The remaining descriptors are for the other tests of this process.
    let count = usize::try_from(room)
        .expect("it fits")
        .saturating_sub(600)
        .min(5_000);
    assert!(count >= 400, "ulimit -n {room} is too low to test anything");
    let program = Program::start(&[]);
    // Memory that is set up at first use is not part of the price of an idle connection.
    drop(crowd(program.address(), 200));
    let (before, threads) = (program.resident_kib(), program.threads());
    let mut idle: Vec<Client> = (0..count).map(|_| program.connect()).collect();
    for client in &mut idle {
        client.expect(GREETING);
    }
    let bytes_each = (program.resident_kib().saturating_sub(before) << 10) / count as u64;
    println!("{count} idle connections, {bytes_each} bytes each");
    assert!(bytes_each < 1024, "{bytes_each} bytes for each of {count}");
    assert!(program.threads() <= threads, "there is one loop");
    assert_at_rest(&program);
    let mut bob = program.join("bob");
    bob.send("anyone?\n");
    for client in &mut idle {
        client.expect("* bob joined");
        client.expect("<bob> anyone?");
    }
}
