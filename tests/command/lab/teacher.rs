//! The teacher's side: the table, the flags, the terminal, the end.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use super::bench::{Lab, SERVICES, Unwatched};
use crate::wire::{Client, Exit, Program};

/// Runs `parloir lab` with these flags, which must fail.
fn failing(flags: &[&str]) -> Exit {
    let mut command = Program::command();
    command.arg("lab").args(flags).stdin(Stdio::null());
    match Program::try_open(command) {
        Ok(_) => panic!("it opened with {flags:?}"),
        Err(exit) => exit,
    }
}

#[test]
fn the_table_says_what_listens_where_and_what_to_try() {
    let lab = Lab::start(&[]);
    let opening = &lab.program.opening;
    assert!(
        opening[0].starts_with("The lab is open (parloir "),
        "{opening:#?}"
    );
    assert!(opening[0].ends_with(" at 127.0.0.1: this machine only (--bind :: for a class)."));
    let rows: Vec<&String> = opening
        .iter()
        .filter(|line| line.starts_with("  "))
        .collect();
    assert_eq!(rows.len(), SERVICES.len());
    for (row, service) in rows.iter().zip(SERVICES) {
        let port = lab.port(service);
        let attempt = match service {
            "hello" => format!("{port}/udp  nc -u 127.0.0.1 {port}  "),
            _ => format!("  nc 127.0.0.1 {port}  "),
        };
        let row = row.split_whitespace().collect::<Vec<_>>().join(" ");
        let attempt = attempt.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(row.starts_with(service) && row.contains(&attempt), "{row}");
    }
}

/// The page was shown under that name, but its WebSocket was refused.
#[test]
fn the_page_is_let_in_by_the_machine_s_own_name() {
    let lab = Lab::start(&[]);
    let printed = Command::new("uname").arg("-n").output().expect("uname");
    let own = String::from_utf8(printed.stdout).expect("UTF-8");
    for (name, status) in [(own.trim(), "101"), ("elsewhere.example", "403")] {
        let mut client = lab.connect("chat");
        client.send(format!(
            "GET / HTTP/1.1\r\nHost: {name}:5000\r\nOrigin: http://{name}:5000\r\n\
             Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ));
        let line = client.line();
        assert!(line.starts_with(&format!("HTTP/1.1 {status} ")), "{line}");
    }
}

#[test]
fn the_language_is_the_locales_unless_a_flag_says_otherwise() {
    for (variables, flags, first) in [
        (
            &[("LANG", "fr_FR.UTF-8")][..],
            &[][..],
            "Le labo est ouvert",
        ),
        (
            &[("LANG", "fr_FR.UTF-8"), ("LC_ALL", "C")],
            &[],
            "The lab is open",
        ),
        (&[("LC_MESSAGES", "fr")], &[], "Le labo est ouvert"),
        (
            &[("LANG", "fr_FR.UTF-8")],
            &["--lang", "en"],
            "The lab is open",
        ),
        (&[], &["--lang", "fr"], "Le labo est ouvert"),
        (&[], &[], "The lab is open"),
    ] {
        let mut command = Lab::command();
        command.args(["--bind", "127.0.0.1"]).args(flags);
        command.envs(variables.iter().copied());
        let lab = Lab::open(command);
        assert!(lab.program.opening[0].starts_with(first), "{variables:?}");
        let line = lab.connect("feed").line();
        let french = first.starts_with("Le");
        assert_eq!(line.starts_with("Ligne 1 : "), french, "{line}");
    }
}

#[test]
fn without_flags_it_is_found_on_this_machine_by_both_families() {
    let mut command = Lab::command();
    command.args(["--lang", "en"]);
    let lab = Lab::open(command);
    let first = &lab.program.opening[0];
    let has_ipv6 = TcpListener::bind("[::1]:0").is_ok();
    assert_eq!(
        first.contains("at 127.0.0.1 and ::1: this machine only"),
        has_ipv6
    );
    for ip in ["127.0.0.1", "::1"].iter().take(1 + usize::from(has_ipv6)) {
        let mut student = Client::connect(lab.address_at(ip.parse().unwrap(), "echo"));
        student.send("x");
        assert_eq!(student.read_bytes(9), b"x");
    }
}

#[test]
fn only_opens_what_was_asked_for() {
    let lab = Lab::start(&["--only", "echo,hello", "--only", "ack"]);
    for service in SERVICES {
        let is_asked_for = ["echo", "hello", "ack"].contains(&service);
        assert_eq!(lab.has(service), is_asked_for, "{service}");
    }
}

#[test]
fn what_is_wrong_is_said_in_one_line_with_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let in_use = format!("echo={port}");
    for (flags, what, advice) in [
        (
            &["--bind", "127.0.0.1", "--only", "echo", "--port", &in_use][..],
            &format!("cannot listen on 127.0.0.1:{port}: address already in use")[..],
            "--port echo=0",
        ),
        (
            &["--bind", "192.0.2.1"],
            "cannot listen on 192.0.2.1:2000",
            "--bind ::",
        ),
        (&["--bind", "127.0.0.1:80"], "127.0.0.1:80", "--port"),
        (
            &["--port", "ech=1"],
            "\"ech\" is no service",
            "use feed, burst, echo",
        ),
        (&["--port", "echo"], "echo", "try echo=3000"),
        (
            &["--port", "echo=70000"],
            "\"70000\" is no port",
            "0 to 65535",
        ),
        (
            &["--port", "ack=3000"],
            "echo and ack cannot both have port 3000",
            "--port",
        ),
        (
            &["--only", "ech"],
            "\"ech\" is no service",
            "use feed, burst, echo",
        ),
        (&["--lang", "de"], "'de'", "fr, en"),
        (
            &["--every", "0"],
            "every must be a millisecond or more",
            "--every",
        ),
        (&["--every", "soon"], "\"soon\" is no number", "try 0.5"),
        (&["--loud"], "'--loud'", "--help"),
    ] {
        let Exit {
            status,
            stdout,
            stderr,
        } = failing(flags);
        assert_eq!((status, stdout.as_str()), (Some(2), ""), "{flags:?}");
        assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr}");
        assert!(stderr.starts_with("parloir: "), "{stderr}");
        assert!(
            stderr.contains(what) && stderr.contains(advice),
            "{flags:?}: {stderr}"
        );
    }
}

#[test]
fn a_signal_ends_it_in_good_order() {
    for signal in ["INT", "TERM"] {
        let mut lab = Lab::start(&[]);
        let mut chat = Client::join(lab.address("chat"), "Ana");
        let mut others: Vec<Client> = ["feed", "echo", "operator", "listen", "pseudo"]
            .into_iter()
            .map(|service| lab.enter(service))
            .collect();
        lab.program.signal(signal);
        chat.wait_for_line("* the server is stopping");
        for client in &mut others {
            assert_eq!(client.rest().1, crate::wire::End::Fin);
        }
        drop((chat, others));
        let exit = lab.program.wait();
        assert_eq!(
            (exit.status, exit.stderr.as_str()),
            (Some(0), ""),
            "{signal}"
        );
        assert!(exit.stdout.contains(" leaves feed\n"), "{}", exit.stdout);
    }
}

#[test]
fn it_needs_nothing_to_be_typed() {
    let mut lab = Lab::start(&[]);
    lab.program.end_input();
    let mut student = lab.connect("echo");
    student.send("x");
    assert_eq!(student.read_bytes(9), b"x");
    assert_eq!(lab.stop().status, Some(0));
}

#[test]
fn a_line_that_is_typed_without_end_is_cut() {
    const TYPED_BYTES_MAX: usize = 64 << 10;
    let nobody = "operator: nobody waits for an answer; nothing was sent";
    let mut lab = Lab::start(&["--only", "operator"]);
    for (length, lines) in [
        (TYPED_BYTES_MAX - 1, 1),
        (TYPED_BYTES_MAX, 2),
        (3 * TYPED_BYTES_MAX - 1, 3),
    ] {
        lab.program.type_in(&("x".repeat(length) + "\n"));
        for _ in 0..lines {
            assert_eq!(lab.program.shown(), nobody, "{length}");
        }
    }
    let mut client = lab.enter("operator");
    client.send("hello\n");
    lab.wait_until_received(&client, "operator", r"hello\n");
    lab.program.type_in("hi\n");
    assert_eq!(client.read_bytes(9), b"hi");
}

#[test]
fn what_is_typed_may_come_from_a_file() {
    let path = std::env::temp_dir().join(format!("parloir-lab-{}", std::process::id()));
    std::fs::write(&path, "one\r\ntwo\nthree").unwrap();
    let mut command = Command::new("sh");
    let script = format!("exec \"$@\" < '{}'", path.display());
    command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_parloir"), "lab"]);
    command.args([
        "--bind",
        "127.0.0.1",
        "--lang",
        "en",
        "--only",
        "echo",
        "--port",
        "echo=0",
    ]);
    let mut lab = Lab::open(command);
    for _ in 0..3 {
        lab.program
            .wait_until_shown("operator: nobody waits for an answer; nothing was sent");
    }
    std::fs::remove_file(&path).unwrap();
    let mut student = lab.connect("echo");
    student.send("x");
    assert_eq!(student.read_bytes(9), b"x");
}

/// A terminal stopped with Ctrl-S, a pager, a full disk: the class goes on.
#[test]
fn a_terminal_that_shows_nothing_holds_up_no_student() {
    let mut lab = Unwatched::start();
    // From here on the output is not read; the pipe and the queue behind it fill up.
    let mut student = lab.connect("echo");
    let message = "é".repeat(500);
    for _ in 0..1500 {
        student.send(&message);
        let mut back = 0;
        while back < message.len() {
            back += student.read_bytes(2048).len();
        }
    }
    // When the output is read again, the program reports the number of lines that it did not show,
    // and goes on.
    let missing = loop {
        let line = lab.line();
        let Some(rest) = line.strip_prefix("… ") else {
            assert!(!line.ends_with(" → echo  last\n"), "nothing is missing");
            continue;
        };
        let count = rest.strip_suffix(" lines not shown: the terminal is too slow\n");
        break count
            .and_then(|count| count.parse::<u32>().ok())
            .expect("a count");
    };
    assert!((1..1400).contains(&missing), "{missing} of 1500");
    student.send("last");
    while !lab.line().ends_with(" → echo  last\n") {}
    assert_eq!(student.read_bytes(9), b"last");
    drop(student);
    lab.stop(|lab| {
        let rest = lab.rest();
        assert!(rest.contains(" leaves echo\n"), "{rest}");
    });
}

/// A terminal that stays stopped does not hold up the end of the program either.
#[test]
fn a_terminal_that_shows_nothing_does_not_hold_up_the_end() {
    let lab = Unwatched::start();
    let mut student = lab.connect("echo");
    for _ in 0..200 {
        student.send("x".repeat(1000));
        let mut back = 0;
        while back < 1000 {
            back += student.read_bytes(2048).len();
        }
    }
    drop(student);
    lab.stop(|_| {});
}

#[test]
fn a_terminal_that_is_gone_is_no_reason_to_stop() {
    let mut lab = Unwatched::start();
    lab.close_terminal();
    for _ in 0..3 {
        let mut student = lab.connect("ack");
        student.send("hello\n");
        assert_eq!(student.rest().0, "ACK from TCP Server");
    }
    lab.stop(|_| {});
}
