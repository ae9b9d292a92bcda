//! The command line: flags, files, signals, the console, and errors in one line that helps.

use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use crate::wire::{Client, End, GREETING, Program};

/// A path that belongs to this test.
fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A path for a socket, which must be a short one.
fn socket_path(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("parloir-{}-{name}", std::process::id()))
}

fn write(name: &str, text: &str) -> String {
    let path = path(name);
    std::fs::write(&path, text).expect("a place for files");
    path.display().to_string()
}

fn open(flags: &[&str]) -> Program {
    let mut command = Program::command();
    command.args(flags);
    Program::open(command)
}

/// Runs a command that ends by itself. Returns its output.
fn output(flags: &[&str]) -> Output {
    Program::command()
        .args(flags)
        .output()
        .expect("the program starts")
}

#[test]
fn help_names_every_flag_and_version_the_version() {
    let help = output(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    let help = String::from_utf8(help.stdout).unwrap();
    for flag in [
        "--listen",
        "--tls-cert",
        "--tls-key",
        "--tls-only",
        "--proxy-from",
        "--unix-mode",
        "--name",
        "--password-file",
        "--motd",
        "--rate",
        "--burst",
        "--allowances-per-address",
        "--history",
        "--replay",
        "--max-connections",
        "--max-per-address",
        "--max-line",
        "--queue",
        "--queue-total",
        "--stall",
        "--keepalive",
        "--handshake",
        "--history-total",
        "--max-rooms",
        "--max-empty-rooms",
        "--keep-rooms",
        "--request",
        "--max-message",
        "--web-ping",
        "--allow-origin",
        "--console",
        "--log-format",
        "-v",
        "-q",
        "PARLOIR_PASSWORD",
        "127.0.0.1:4242",
        "serve",
    ] {
        assert!(help.contains(flag), "{flag} is not in\n{help}");
    }
    let version = output(&["--version"]);
    assert_eq!(version.status.code(), Some(0));
    let expected = format!("parloir {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(String::from_utf8(version.stdout).unwrap(), expected);
}

#[test]
fn mistakes_are_told_in_one_line_with_status_2() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let in_use = taken.local_addr().unwrap().to_string();
    let (empty, missing) = (write("empty", ""), path("missing").display().to_string());
    let blank = write("blank", "   \nsecond line\n");
    let folder = std::env::temp_dir().display().to_string();
    let socket = socket_path("live.sock");
    let _live = UnixListener::bind(&socket).unwrap();
    let live = format!("unix:{}", socket.display());
    let file = write("file", "precious");
    let in_file = format!("unix:{file}");
    let nowhere = format!("unix:{missing}/x.sock");
    let too_long = format!("unix:/tmp/{}", "x".repeat(200));
    let cases: &[(&[&str], &[&str])] = &[
        (&["--loud"], &["--loud", "--help"]),
        (&["--listem", "127.0.0.1:0"], &["--listem", "--listen"]),
        (&["shout"], &["shout", "--help"]),
        (&["--listen", "4242"], &["4242", "try 127.0.0.1:4242"]),
        (&["--listen", "shout://127.0.0.1:0"], &["shout", "use auto"]),
        (&["--oper", "admin"], &["--oper", "a colon and a file"]),
        (
            &["--oper", "admin:/nonexistent/file"],
            &["cannot read", "/nonexistent/file", "--oper"],
        ),
        (&["--listen"], &["--listen", "value"]),
        (
            &["--listen", "auto+tls://127.0.0.1:0"],
            &["127.0.0.1:0", "without a certificate", "--tls-cert"],
        ),
        (&["--tls-only"], &["--tls-cert"]),
        (&["--tls-cert", &missing], &["--tls-key"]),
        (&["--tls-key", &missing], &["--tls-cert"]),
        (
            &["--tls-cert", &missing, "--tls-key", &missing],
            &["cannot read certificate", &missing, "no such file"],
        ),
        (
            &["--tls-cert", &blank, "--tls-key", &blank],
            &[&blank, "holds no certificate", "--tls-cert"],
        ),
        (
            &["--proxy-from", "10/8"],
            &["10/8", "--proxy-from", "10.0.0.0/8"],
        ),
        // With each of these, the server once opened as if the flag had not been given.
        (
            &["--proxy-from", "10.0.0.0/8"],
            &["--proxy-from", "+proxy", "there is none", "try --listen"],
        ),
        (
            &["--unix-mode", "0660"],
            &["--unix-mode", "unix:", "there is none", "try --listen"],
        ),
        (&["--handshake", "0"], &["--handshake", "longer than zero"]),
        (
            &["--listen", &too_long],
            &["too long for a socket", "try --listen unix:"],
        ),
        (
            &["--listen", "[fe80::1]:0"],
            &["fe80::1", "on a link", "try [fe80::1%eth0]:0"],
        ),
        (&["--unix-mode", "rw"], &["rw", "--unix-mode", "octal"]),
        (&["--rate", "many"], &["many", "--rate"]),
        (
            &["--stall", "2w"],
            &["2w", "--stall", "use ms, s, m, h or d"],
        ),
        (&["--queue", "1X"], &["1X", "--queue", "KiB"]),
        (&["--queue", "1"], &["--queue", "between"]),
        (&["--queue-total", "1k"], &["--queue-total", "at least"]),
        (&["--max-line", "1"], &["--max-line", "between"]),
        (
            &["--max-connections", "0"],
            &["--max-connections", "at least 1"],
        ),
        // No warning comes before this error. There once was one, and a sum for it overflowed.
        (
            &["--max-connections", "18446744073709551615"],
            &["--max-connections", "at most"],
        ),
        (
            &["--max-per-address", "0"],
            &["--max-per-address", "at least 1"],
        ),
        (&["--stall", "0"], &["--stall", "longer"]),
        // The kernel's own refusal would name an address instead.
        (&["--keepalive", "999ms"], &["--keepalive", "1 and 32,767"]),
        (&["--keep", "dev=soon"], &["--keep", "90d, or dev=30d"]),
        (
            &["--keep", "dev=1d", "--keep", "DEV=2d"],
            &["--keep", "twice for DEV"],
        ),
        (&["--keepalive", "32768s"], &["--keepalive", "1 and 32,767"]),
        (&["--burst", "0"], &["--burst", "at least 1"]),
        (
            &["--allow-origin", "https://chat.example/"],
            &["--allow-origin", "try https://chat.example"],
        ),
        (
            &["--allow-origin", "chat.example"],
            &["--allow-origin", "such as https://"],
        ),
        (&["--log-format", "xml"], &["xml", "--log-format", "json"]),
        (&["-v", "-q"], &["--verbose", "--quiet"]),
        (
            &["--listen", &in_use],
            &["cannot listen on", &in_use, "in use", "try --listen"],
        ),
        (
            &["--listen", "198.51.100.1:0"],
            &["198.51.100.1:0", "does not have that address"],
        ),
        (&["--listen", &live], &[&live, "in use"]),
        (&["--listen", &in_file], &[&file, "in use"]),
        (
            &["--listen", &nowhere],
            &[&nowhere, "folder does not exist"],
        ),
        (&["--motd", &missing], &["cannot read", &missing, "--motd"]),
        (&["--motd", &folder], &["cannot read", &folder, "--motd"]),
        (
            &["--password-file", &missing],
            &["cannot read", &missing, "--password-file"],
        ),
        (&["--password-file", &empty], &[&empty, "no password"]),
        (&["--password-file", &blank], &[&blank, "no password"]),
    ];
    for (flags, words) in cases {
        // Keeps the program from opening on its default addresses if it opens after all.
        let mut flags = flags.to_vec();
        if flags[0] != "shout" && flags != ["--listen"] {
            flags.splice(0..0, ["--listen", "127.0.0.1:0"]);
        }
        let mut command = Program::command();
        command.args(&flags);
        assert_mistake(command, words);
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
    std::fs::remove_file(&socket).unwrap();
    drop(taken);
}

fn assert_mistake(command: Command, words: &[&str]) {
    let Err(exit) = Program::try_open(command) else {
        panic!("it opened in spite of {words:?}");
    };
    let said = exit.stderr;
    assert_eq!(exit.status, Some(2), "{words:?}: {said}");
    assert!(said.starts_with("parloir: "), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is not in {said:?}");
    }
    assert_eq!(exit.stdout, "");
}

#[test]
fn a_privileged_port_is_a_mistake_for_those_without_privileges() {
    match TcpListener::bind("127.0.0.1:1") {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            let mut command = Program::command();
            let words = ["127.0.0.1:1", "privileges", "try --listen 127.0.0.1:4242"];
            command.args(["--listen", "127.0.0.1:1"]);
            assert_mistake(command, &words);
        }
        _ => println!("skipped: port 1 is open to whoever runs this test"),
    }
}

/// An empty or garbled variable once meant that there was no password at all.
#[test]
fn a_password_that_was_set_wrongly_left_the_server_open() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    for value in [&b""[..], b"  ", b"\xff\xfe"] {
        let mut command = Program::command();
        command.args(["--listen", "127.0.0.1:0"]);
        command.env("PARLOIR_PASSWORD", OsStr::from_bytes(value));
        assert_mistake(command, &["PARLOIR_PASSWORD"]);
    }
}

#[test]
fn without_flags_it_listens_on_port_4242_of_both_loopbacks() {
    match Program::try_open(Program::command()) {
        Ok(program) => {
            let places = program.places();
            assert_eq!(places[0], "127.0.0.1:4242");
            let has_v6 = TcpListener::bind("[::1]:0").is_ok();
            assert_eq!(places.get(1), has_v6.then_some(&"[::1]:4242"));
        }
        // Another program on this machine may have taken the port.
        Err(exit) => {
            assert_eq!(exit.status, Some(2));
            assert!(
                exit.stderr.contains(":4242: address already in use"),
                "{exit:?}"
            );
        }
    }
}

#[test]
fn serve_is_what_it_does_without_being_told() {
    let anonymous = |program: Program| {
        let port = program.address().port().to_string();
        let lines = program
            .opening
            .iter()
            .map(|line| line.replace(&port, "PORT"));
        lines.collect::<Vec<_>>()
    };
    let plain = anonymous(open(&["--listen", "127.0.0.1:0"]));
    assert_eq!(
        plain,
        anonymous(open(&["serve", "--listen", "127.0.0.1:0"]))
    );
    assert!(
        plain.contains(&"    nc 127.0.0.1 PORT".to_owned()),
        "{plain:#?}"
    );
}

/// Such an address cannot be bound as the IPv6 address that it looks like.
#[test]
fn an_ipv4_address_in_ipv6_clothes_was_an_invalid_argument() {
    let program = open(&["--listen", "[::ffff:127.0.0.1]:0"]);
    let place = program.places()[0].to_owned();
    assert!(place.starts_with("127.0.0.1:"), "{place}");
    program.join("bob");
}

#[test]
fn who_takes_too_long_for_a_handshake_is_closed_and_how_long_that_is_can_be_set() {
    let start = |time: &str| open(&["--listen", "auto+proxy://127.0.0.1:0", "--handshake", time]);
    let (patient, hasty) = (start("10m"), start("50ms"));
    let mut first = patient.connect();
    first.send("PROXY TCP4 ");
    let mut second = hasty.connect();
    second.send("PROXY TCP4 ");
    assert_eq!(second.rest().0, "");
    // With the same limit for both, the first would have been closed before the second.
    assert!(first.is_quiet_for(Duration::from_millis(20)));
}

#[test]
fn numbers_come_with_units() {
    let units = ["--stall", "500ms", "--keepalive", "2m", "--queue", "64k"];
    let more = [
        "--queue-total",
        "1MiB",
        "--max-line",
        "1KiB",
        "--name",
        "café",
    ];
    let program = Program::start(&[units, more].concat());
    let mut client = program.connect();
    client.expect(&GREETING.replace("parloir", "café"));
    client.send("x".repeat(1025) + "\n");
    client.expect("* line too long (limit 1024 bytes): not sent");
    client.send("x".repeat(1024) + "\n");
    client.expect(&format!("* You are {}, alone in lobby.", "x".repeat(32)));
}

#[test]
fn a_message_of_the_day_is_shown_on_arrival() {
    let motd = write("motd", "Be kind.\n\tAlways.\u{7}\n");
    let program = Program::start(&["--motd", &motd]);
    let mut bob = program.join("bob");
    bob.expect("* Be kind.");
    bob.expect("*     Always.");
}

#[test]
fn a_password_comes_from_a_file_or_the_environment() {
    let file = write("password", "open sesame  \nnot this\n");
    let mut with_file = Program::command();
    with_file.args(["--listen", "127.0.0.1:0", "--password-file", &file]);
    // The flag wins over the variable: the flag was typed, the variable may be a leftover.
    with_file.env("PARLOIR_PASSWORD", "other");
    let mut with_variable = Program::command();
    with_variable
        .args(["--listen", "127.0.0.1:0"])
        .env("PARLOIR_PASSWORD", "open sesame");
    for command in [with_file, with_variable] {
        let program = Program::open(command);
        let mut bob = program.connect();
        bob.expect("* This server asks for a password.");
        bob.send("sesame\n");
        bob.expect("* wrong password");
        bob.send("open sesame\n");
        bob.expect(GREETING);
        bob.named("bob");
        let mut thief = program.connect();
        thief.send("a\nb\nc\nd\n");
        assert_eq!(thief.rest(), ("* wrong password\n".repeat(3), End::Fin));
    }
}

#[test]
fn both_signals_stop_it_in_good_order() {
    for signal in ["TERM", "INT"] {
        let program = Program::start(&[]);
        let mut bob = program.join("bob");
        let mut silent = program.connect();
        silent.expect(GREETING);
        let mut flood = program.join("flood");
        // Most of this is unread when the stop comes.
        flood.send("flood\n".repeat(20_000));
        flood.send("flood\n");
        program.signal(signal);
        bob.wait_for_line("* the server is stopping");
        assert_eq!(bob.rest(), (String::new(), End::Fin), "{signal}");
        silent.wait_for_line("* the server is stopping");
        assert_eq!(silent.rest(), (String::new(), End::Fin), "{signal}");
        flood.wait_for_line("* the server is stopping");
        assert_eq!(flood.rest(), (String::new(), End::Fin), "{signal}");
        drop(flood);
        let exit = program.wait();
        assert_eq!(exit.status, Some(0), "{signal}: {exit:?}");
        assert_eq!(exit.stderr, "");
    }
}

#[test]
fn a_second_signal_means_now() {
    let program = Program::start(&["--rate", "0"]);
    let _slow = Client::connect_narrow(program.address()).named("slow");
    let mut talker = program.join("talker");
    talker.send(format!("{}\n", "x".repeat(4000)).repeat(100));
    talker.send("/who\n");
    talker.wait_for_line("* lobby: slow and talker");
    program.signal("TERM");
    talker.wait_for_line("* the server is stopping");
    program.signal("TERM");
    assert_eq!(program.wait().status, Some(0));
}

#[test]
fn the_log_takes_the_form_that_was_asked_for() {
    let log = |flags: &[&str]| {
        let program = Program::start(flags);
        drop(program.join("bob"));
        let exit = program.stop();
        assert_eq!(exit.status, Some(0));
        exit.stderr
    };
    assert_eq!(log(&[]), "");
    assert!(log(&["-v"]).contains("stopping"), "-v says what happens");
    assert!(
        log(&["-vv"]).contains("from 127.0.0.1:"),
        "-vv names connections"
    );
    assert_ne!(
        log(&["--max-connections", "10000000"]),
        "",
        "a warning is shown"
    );
    assert_eq!(log(&["-q", "--max-connections", "10000000"]), "");
    let json = log(&["-vv", "--log-format", "json"]);
    assert!(json.lines().count() > 1, "{json}");
    for line in json.lines() {
        let record: serde_json::Value = serde_json::from_str(line).expect(line);
        for key in ["time", "level", "target", "message"] {
            assert!(record[key].is_string(), "{key} of {line}");
        }
    }
}
