//! Common clients: nc, ncat, telnet, a few lines of Python.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use crate::wire::{Client, GREETING, Program, TELNET, Tool, find};

fn nc() -> Option<PathBuf> {
    find(&["nc.openbsd", "nc"], "netcat-openbsd")
}

fn python() -> Option<PathBuf> {
    find(&["python3"], "python3")
}

/// The beginning of every script: a connection `s`.
const CONNECT: &str = "\
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
";

fn start(program: &PathBuf, address: SocketAddr) -> Tool {
    let mut command = Command::new(program);
    let (ip, port) = (address.ip().to_string(), address.port().to_string());
    Tool::start(command.args([ip, port]))
}

fn script(python: &PathBuf, address: SocketAddr, text: &str) -> Tool {
    let (ip, port) = (address.ip().to_string(), address.port().to_string());
    let mut command = Command::new(python);
    let script = format!("{CONNECT}{text}");
    command.env("PYTHONIOENCODING", "utf-8");
    Tool::start(command.args(["-u", "-c", &script, &ip, &port]))
}

#[test]
fn two_people_and_a_script_chat() {
    let (Some(nc), Some(python)) = (nc(), python()) else {
        return;
    };
    let program = Program::start(&[]);
    let address = program.address();
    let mut alice = start(&nc, address);
    alice.wait_for(GREETING);
    alice.type_in("alice\n");
    alice.wait_for("* You are alice, alone in lobby.");
    let mut bob = start(&nc, address);
    bob.type_in("bob\n");
    bob.wait_for("* You are bob, in lobby with alice.");
    alice.wait_for("* bob joined");
    let _robot = script(
        &python,
        address,
        r#"
f = s.makefile("rw", encoding="utf-8", newline="\n")
f.write("robot\n"); f.flush()
for line in f:
    if line.endswith("> what is 6 x 7?\n"):
        f.write("42 — naturally\n"); f.flush()
"#,
    );
    alice.wait_for("* robot joined");
    alice.type_in("what is 6 x 7?\n");
    bob.wait_for("<alice> what is 6 x 7?");
    alice.wait_for("<robot> 42 — naturally");
    bob.wait_for("<robot> 42 — naturally");
    bob.type_in("/me is impressed\n");
    alice.wait_for("~ bob is impressed");
    bob.type_in("/quit\n");
    bob.wait_for("* Bye.");
    alice.wait_for("* bob left");
    // nc itself stays until its input ends.
    bob.end_input();
    assert_eq!(bob.finish(), (String::new(), Some(0)));
}

#[test]
fn printf_into_nc_says_it_and_goes() {
    let Some(nc) = nc() else {
        return;
    };
    let program = Program::start(&[]);
    let mut alice = program.join("alice");
    let line = format!(
        "printf 'bob\\nhello' | '{}' -N 127.0.0.1 {}",
        nc.display(),
        program.address().port()
    );
    let nc = Tool::start(Command::new("sh").args(["-c", &line]));
    let shown = String::from("* You are bob, in lobby with alice.\n");
    assert_eq!(nc.finish(), (shown, Some(0)));
    alice.expect("* bob joined");
    alice.expect("<bob> hello");
    alice.expect("* bob left");
}

#[test]
fn nc_without_input_listens() {
    let Some(nc) = nc() else {
        return;
    };
    let mut command = Program::command();
    command.args([
        "--listen",
        "127.0.0.1:0",
        "--listen",
        "listen://127.0.0.1:0",
    ]);
    let program = Program::open(command);
    let mut alice = program.join("alice");
    let mut listener = start(&nc, program.addresses()[1]);
    listener.end_input();
    while {
        alice.send("/who\n");
        alice.line() != "* lobby: alice and 1 listener"
    } {}
    alice.send("is anybody there?\n");
    listener.wait_for("<alice> is anybody there?");
}

#[test]
fn nc_joins_at_a_unix_socket() {
    let Some(nc) = nc() else {
        return;
    };
    let path = std::env::temp_dir().join(format!("parloir-{}-nc.sock", std::process::id()));
    let mut command = Program::command();
    command.args(["--listen", &format!("unix:{}", path.display())]);
    let program = Program::open(command);
    let mut nc = Tool::start(Command::new(nc).arg("-U").arg(&path));
    nc.type_in("bob\n/quit\n");
    let all = "* You are bob, alone in lobby.\n* Bye.\n";
    assert_eq!(nc.finish(), (all.into(), Some(0)));
    assert_eq!(program.stop().status, Some(0));
}

#[test]
fn ncat_chats() {
    let Some(ncat) = find(&["ncat"], "ncat") else {
        return;
    };
    let program = Program::start(&[]);
    let mut alice = program.join("alice");
    let mut bob = start(&ncat, program.address());
    bob.type_in("bob\nça va ?\n");
    alice.expect("* bob joined");
    alice.expect("<bob> ça va ?");
    alice.send("très bien\n");
    bob.wait_for("<alice> très bien");
    bob.end_input();
    alice.expect("* bob left");
}

#[test]
fn telnet_chats_and_survives_ctrl_c() {
    let telnet = find(&["telnet"], "telnet");
    let (Some(telnet), Some(python)) = (telnet, python()) else {
        return;
    };
    let program = Program::start(&[]);
    let mut alice = program.join("alice");
    let mut command = Command::new(python);
    command.args(["-u", "-c", TELNET]).arg(telnet);
    let port = program.address().port().to_string();
    let mut bob = Tool::start(command.args(["127.0.0.1", &port]));
    bob.wait_for("Escape character is '^]'.");
    bob.type_in("bob\n");
    bob.wait_for("* You are bob, in lobby with alice.");
    alice.expect("* bob joined");
    bob.type_in("bonjour é\n");
    alice.expect("<bob> bonjour é");
    // Telnet asks for a timing mark and shows nothing until it is answered.
    bob.type_in("^C\n");
    bob.type_in("still here\n");
    alice.expect("<bob> still here");
    alice.send("welcome back\n");
    bob.wait_for("<alice> welcome back");
    bob.type_in("/quit\n");
    bob.wait_for("* Bye.");
    alice.expect("* bob left");
}

#[test]
fn telnet_options_are_refused_and_a_timing_mark_is_answered() {
    let program = Program::start(&[]);
    for (asked, answered) in [
        (&b"\xff\xfd\x06"[..], &b"\xff\xfb\x06"[..]),
        (b"\xff\xfd\x01", b"\xff\xfc\x01"),
        (b"\xff\xfb\x1f", b"\xff\xfe\x1f"),
        (b"\xff\xf4\xff\xfd\x06", b"\xff\xfb\x06"),
    ] {
        let mut client = program.join("bob");
        client.send(asked);
        assert_eq!(client.read_bytes(64), answered);
        client.send("/quit\n");
        client.expect("* Bye.\r");
        // The name is free again once the server has noticed that the client is gone.
        assert_eq!(client.rest().0, "");
    }
    let mut silent = program.connect();
    silent.expect(GREETING);
    silent.send(b"bob\xff\xf1\n");
    silent.wait_for(|line| line.starts_with("* You are bob"));
}

#[test]
fn a_python_reader_survives_whatever_others_send() {
    let Some(python) = python() else {
        return;
    };
    let program = Program::start(&["--rate", "0"]);
    let mut reader = script(
        &python,
        program.address(),
        r#"
import unicodedata
for line in s.makefile("r", encoding="utf-8", newline="\n"):
    body = line[:-1]
    assert line[-1] == "\n" and line[0] in "<-~*[", ascii(line)
    assert all(unicodedata.category(c) != "Cc" or c == "\t" for c in body), ascii(line)
    print("ok" if not line.startswith("<last>") else "last", flush=True)
    if line.startswith("<last>"):
        break
"#,
    );
    // A client that is greeted is in the room.
    reader.wait_for("ok");
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut wild = program.join("wild");
    for _ in 0..500 {
        let mut line: Vec<u8> = (0..random.usize(1..200)).map(|_| random.u8(..)).collect();
        // A slash would be a command, for example a quit; IAC would be answered.
        line[0] = b'x';
        line.retain(|byte| !matches!(byte, 0xff | b'\n' | b'\t'));
        line.push(b'\n');
        wild.send(line);
    }
    wild.send("/who\n");
    wild.wait_for(|line| line.starts_with("* lobby: "));
    program.join("last").send("last\n");
    reader.wait_for("last");
    assert_eq!(reader.finish().1, Some(0));
}

#[test]
fn a_beginner_forgets_the_newline() {
    let Some(python) = python() else {
        return;
    };
    let program = Program::start(&[]);
    let mut alice = program.join("alice");
    let beginner = script(
        &python,
        program.address(),
        r#"
s.send(b"hello")
print(s.recv(1024).decode(), end="")
s.send("it works, \u00e9".encode())
print(s.recv(1024).decode(), end="")
"#,
    );
    alice.expect("* hello joined");
    alice.expect("<hello> it works, é");
    alice.send("of course\n");
    let shown = "* You are hello, in lobby with alice.\n<alice> of course\n";
    assert_eq!(beginner.finish(), (shown.into(), Some(0)));
    alice.expect("* hello left");
}

#[test]
fn a_script_that_sends_and_closes_without_reading_is_heard_whole() {
    let Some(python) = python() else {
        return;
    };
    let program = Program::start(&[]);
    let mut alice: Client = program.join("alice");
    let hasty = script(
        &python,
        program.address(),
        r#"
s.sendall(b"bot\n" + b"".join(b"line %d\n" % n for n in range(40)))
s.close()
"#,
    );
    assert_eq!(hasty.finish(), (String::new(), Some(0)));
    alice.expect("* bot joined");
    for n in 0..40 {
        alice.expect(&format!("<bot> line {n}"));
    }
    alice.expect("* bot left");
}

/// Starts one of the examples for the JSON dialect, unchanged.
fn example(program: &PathBuf, file: &str, address: SocketAddr, rest: &[&str]) -> Tool {
    let (ip, port) = (address.ip().to_string(), address.port().to_string());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/").to_owned() + file;
    Tool::start(
        Command::new(program)
            .args([&*path, &*ip, &*port])
            .args(rest),
    )
}

#[test]
fn the_bot_of_the_examples_answers_and_the_shell_says_something() {
    let (Some(nc), Some(python)) = (nc(), python()) else {
        return;
    };
    let program = Program::start(&[]);
    let address = program.address();
    let mut alice = start(&nc, address);
    alice.type_in("alice\n");
    alice.wait_for("* You are alice, alone in lobby.");
    let mut bot = example(&python, "json_bot.py", address, &["lobby"]);
    bot.wait_for("in lobby with 1 others");
    alice.wait_for("* dicebot joined");
    alice.type_in("!dice\n");
    let is_thrown = |line: &str| line.starts_with("<dicebot> alice throws a ");
    alice.wait_until("a die is thrown", is_thrown);
    let shell = PathBuf::from("/bin/sh");
    let mut said = example(&shell, "json_say.sh", address, &["lobby", "buildbot"]);
    said.type_in("it says \"done\"\n");
    said.end_input();
    alice.wait_for("<buildbot> it says \"done\"");
    said.wait_for(r#"{"ok":"quit"}"#);
}
