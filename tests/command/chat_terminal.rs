//! `parloir chat` as a user has it: in a terminal.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Instant;

use crate::wire::{Client, GREETING, Program, Terminal, Tool, find};

fn chat(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parloir"));
    command.arg("chat").args(flags);
    command
}

/// Starts `parloir chat`, or skips the test and prints the reason.
macro_rules! start {
    ($command:expr) => {
        match Terminal::start($command) {
            Some(terminal) => terminal,
            None => return,
        }
    };
}

/// A relay, and a client on it.
fn relay() -> (Program, String, Client) {
    let relay = Program::start(&[]);
    let address = relay.address().to_string();
    let alice = relay.join("alice");
    (relay, address, alice)
}

/// The program of the fourth teaching text, as a student writes it: one thread accepts, and each
/// connection is one message.
const STUDENT: &str = r#"
import socket, sys, threading
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
def listen():
    while True:
        client, (ip, port) = server.accept()
        text = client.recv(2048).decode()
        client.close()
        print(ip, "said:", text.rstrip("\n"), flush=True)
threading.Thread(target=listen, daemon=True).start()
for line in sys.stdin:
    port, text = line.rstrip("\n").split(" ", 1)
    with socket.create_connection(("127.0.0.1", int(port))) as peer:
        peer.sendall(text.encode())
"#;

/// Runs the student's program. Returns it and the port that it listens on.
fn student() -> Option<(Tool, u16)> {
    let python = find(&["python3"], "python3")?;
    let mut command = Command::new(python);
    command.env("PYTHONIOENCODING", "utf-8");
    let mut student = Tool::start(command.args(["-u", "-c", STUDENT]));
    let port = student.line().parse().expect("its port");
    Some((student, port))
}

/// A `parloir chat` that listens on a free port, and the port.
fn listening() -> Option<(Terminal, u16)> {
    let mut terminal = Terminal::start(&chat(&["--listen", "127.0.0.1:0"]))?;
    terminal.wait_until("a port and a prompt", |rows| {
        rows.last().is_some_and(|row| row == ">")
    });
    let address = terminal.rows()[0].replace("listening on ", "");
    let address: SocketAddr = address.parse().expect("an address");
    terminal.press("\x0c");
    terminal.wait_for(&[">"]);
    Some((terminal, address.port()))
}

#[test]
fn the_transcript_of_the_messenger_between_two_of_them() {
    let (Some((mut ana, to_ana)), Some((mut zoe, to_zoe))) = (listening(), listening()) else {
        return;
    };
    let joined_zoe = format!("127.0.0.1:{to_zoe} JOINED");
    ana.press(&format!("/join 127.0.0.1 {to_zoe}\r"));
    ana.wait_for(&[&format!("> /join 127.0.0.1 {to_zoe}"), &joined_zoe, ">"]);
    ana.press("Hello, ça farte ?\r");
    zoe.wait_for(&["127.0.0.1 said: Hello, ça farte ?", ">"]);
    zoe.press(&format!("/join 127.0.0.1 {to_ana}\r"));
    zoe.wait_until("joined", |rows| {
        rows.iter().any(|row| row.ends_with("JOINED"))
    });
    zoe.press("Top, et toi ?\r");
    ana.wait_until("an answer", |rows| {
        rows.iter().any(|row| row.contains("Top"))
    });
    ana.press("/quit\r");
    let (status, rows, _) = ana.finish();
    let transcript = [
        &format!("> /join 127.0.0.1 {to_zoe}"),
        &joined_zoe,
        "> Hello, ça farte ?",
        "127.0.0.1 said: Top, et toi ?",
        "> /quit",
        "BEY",
    ];
    assert_eq!(
        (status, rows),
        (Some(0), transcript.map(str::to_owned).to_vec())
    );
}

#[test]
fn the_transcript_of_the_messenger_with_a_students() {
    let (Some((mut student, to_student)), Some((mut ana, to_ana))) = (student(), listening())
    else {
        return;
    };
    ana.press(&format!("/join 127.0.0.1 {to_student}\r"));
    ana.wait_until("joined", |rows| {
        rows.iter().any(|row| row.ends_with("JOINED"))
    });
    ana.press("Hello, ça farte ?\r");
    student.wait_for("127.0.0.1 said: Hello, ça farte ?");
    student.type_in(&format!("{to_ana} Top, et toi ?\n"));
    ana.wait_until("an answer", |rows| {
        rows.iter().any(|row| row.contains("Top"))
    });
    for line in ["one", "two", "three"] {
        ana.press(&format!("{line}\r"));
        student.wait_for(&format!("127.0.0.1 said: {line}"));
    }
    ana.press("/quit\r");
    let (status, rows, _) = ana.finish();
    let transcript = [
        &format!("> /join 127.0.0.1 {to_student}"),
        &format!("127.0.0.1:{to_student} JOINED"),
        "> Hello, ça farte ?",
        "127.0.0.1 said: Top, et toi ?",
        "> one",
        "> two",
        "> three",
        "> /quit",
        "BEY",
    ];
    assert_eq!(
        (status, rows),
        (Some(0), transcript.map(str::to_owned).to_vec())
    );
}

#[test]
fn the_first_line_is_the_welcome_and_nothing_hides_it() {
    let mut terminal = start!(&chat(&[]));
    terminal.wait_for(&["Welcome to Messenger !", ">"]);
    terminal.press("hello\r");
    terminal.wait_for(&[
        "Welcome to Messenger !",
        "> hello",
        "nobody to talk to yet (type /join HOST PORT); not sent: hello",
        ">",
    ]);
}

#[test]
fn what_is_being_typed_survives_an_incoming_line() {
    let (_relay, address, mut alice) = relay();
    let mut bob = start!(&chat(&["--nick", "bob", &address]));
    bob.wait_until("arrived", |rows| {
        rows.iter().any(|row| row.contains("* You are bob"))
    });
    alice.expect("* bob joined");
    bob.press("un début\x1b[D\x1b[D");
    bob.wait_until("typed", |rows| {
        rows.last().is_some_and(|row| row == "> un début")
    });
    alice.send("are you there? 日本\n");
    let joined = format!("{address} JOINED");
    bob.wait_for(&[
        "Welcome to Messenger !",
        &joined,
        GREETING,
        "* You are bob, in lobby with alice.",
        "<alice> are you there? 日本",
        "> un début",
    ]);
    assert_eq!(bob.cursor(), (5, 8));
    bob.press("\x05, une fin\r");
    alice.expect("<bob> un début, une fin");
    bob.press("\x1b[A !\r");
    alice.expect("<bob> un début, une fin !");
}

/// rustyline once showed one key of several that came at once.
#[test]
fn keys_that_come_at_once_are_all_taken() {
    let (_relay, address, mut alice) = relay();
    let mut bob = start!(&chat(&["--nick", "bob", &address]));
    bob.wait_until("arrived", |rows| {
        rows.iter().any(|row| row.contains("* You are bob"))
    });
    alice.expect("* bob joined");
    bob.press("これはテスト\rone\rtwo\rthree");
    for line in ["これはテスト", "one", "two"] {
        alice.expect(&format!("<bob> {line}"));
    }
    bob.wait_until("typed", |rows| {
        rows.last().is_some_and(|row| row == "> three")
    });
    alice.send("hm\n");
    bob.wait_until("both", |rows| {
        rows.ends_with(&["<alice> hm".to_owned(), "> three".to_owned()])
    });
}

#[test]
fn every_way_out_says_bey_with_status_0_and_gives_the_terminal_back() {
    let (_relay, address, mut alice) = relay();
    for (keys, reason) in [
        ("/quit\r", ""),
        ("/quit so long\r", " (so long)"),
        ("\x03", ""),
        ("\x04", ""),
        ("half a line\x03", ""),
    ] {
        let line = "stty -g; \"$@\"; echo status $?; stty -g";
        let mut shell = Command::new("sh");
        shell.args(["-c", line, "sh", env!("CARGO_BIN_EXE_parloir"), "chat"]);
        let mut bob = start!(shell.args(["--nick", "bob", &address]));
        bob.wait_until("arrived", |rows| {
            rows.iter().any(|row| row.contains("* You are bob"))
        });
        alice.expect("* bob joined");
        bob.press(keys);
        alice.expect(&format!("* bob left{reason}"));
        let (_, rows, _) = bob.finish();
        let [.., bey, status, after] = &rows[..] else {
            panic!("{rows:?}");
        };
        assert_eq!(
            (bey.as_str(), status.as_str()),
            ("BEY", "status 0"),
            "{keys:?}"
        );
        assert_eq!(&rows[0], after, "{keys:?}");
    }
}

/// The process id that a shell has printed.
fn id_of(terminal: &Terminal) -> String {
    let rows = terminal.rows();
    let id = rows.iter().find_map(|row| row.strip_prefix("pid "));
    id.expect("its id").to_owned()
}

fn signal(terminal: &Terminal, name: &str) {
    let kill = format!("kill -{name} {}", id_of(terminal));
    let status = Command::new("sh").args(["-c", &kill]).status();
    assert!(status.expect("a shell").success());
}

/// A command that prints its process id first, and the settings of the terminal before and
/// afterwards.
fn told() -> Command {
    let inner = "echo pid $$; exec \"$0\" chat";
    let line = "stty -g; sh -c \"$1\" \"$0\"; echo status $?; stty -g";
    let mut shell = Command::new("sh");
    shell.args(["-c", line, env!("CARGO_BIN_EXE_parloir"), inner]);
    shell
}

#[test]
fn a_signal_is_a_way_out_as_well() {
    let mut terminal = start!(&told());
    terminal.wait_until("a prompt", |rows| rows.last().is_some_and(|row| row == ">"));
    terminal.press("half a line");
    terminal.wait_until("typed", |rows| {
        rows.last().is_some_and(|row| row == "> half a line")
    });
    signal(&terminal, "TERM");
    let (_, rows, _) = terminal.finish();
    assert!(
        rows.ends_with(&["BEY".into(), "status 0".into(), rows[0].clone()]),
        "{rows:#?}"
    );
}

#[test]
fn ctrl_z_stops_it_and_it_goes_on_where_it_was() {
    let mut terminal = start!(&told());
    terminal.wait_until("a prompt", |rows| rows.last().is_some_and(|row| row == ">"));
    terminal.press("half a line\x1a");
    terminal.wait_until("no prompt", |rows| {
        rows.last()
            .is_some_and(|row| row == "Welcome to Messenger !")
    });
    let id = id_of(&terminal);
    let until = Instant::now() + crate::wire::PATIENCE;
    while !std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|s| s.contains(") T ")) {
        assert!(Instant::now() < until, "it does not stop");
        std::thread::yield_now();
    }
    signal(&terminal, "CONT");
    terminal.wait_until("typed", |rows| {
        rows.last().is_some_and(|row| row == "> half a line")
    });
    terminal.press("\x04\x15\x04");
    let (_, rows, _) = terminal.finish();
    assert!(
        rows.ends_with(&["BEY".into(), "status 0".into(), rows[0].clone()]),
        "{rows:#?}"
    );
}

#[test]
fn tab_completes_commands_and_those_who_were_heard_of() {
    let (_relay, address, mut alice) = relay();
    let mut bob = start!(&chat(&["--nick", "bob", &address]));
    bob.wait_until("arrived", |rows| {
        rows.iter().any(|row| row.contains("* You are bob"))
    });
    bob.press("/ms\tal\tpsst\r");
    alice.expect("* bob joined");
    alice.expect("-bob- psst");
    bob.press("/h\t");
    bob.wait_until("choices", |rows| {
        rows.ends_with(&["/help  /history".to_owned(), "> /h".to_owned()])
    });
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let (_relay, address, _alice) = relay();
    for (name, value, is_coloured, is_edited) in [
        ("TERM", "xterm-256color", true, true),
        ("NO_COLOR", "1", false, true),
        ("NO_COLOR", "", true, true),
        ("TERM", "dumb", false, false),
    ] {
        let mut command = chat(&["--nick", "bob", &address]);
        let mut bob = start!(command.env(name, value));
        bob.wait_until("arrived", |rows| {
            rows.iter().any(|row| row.contains("* You are bob"))
        });
        bob.press("/quit\r");
        let (status, _, raw) = bob.finish();
        assert_eq!(status, Some(0));
        let dim = "\x1b[2m* You are bob, in lobby with alice.\x1b[0m";
        assert_eq!(raw.contains(dim), is_coloured, "{name}={value}: {raw:?}");
        assert_eq!(
            raw.contains("\x1b[0m"),
            is_coloured,
            "{name}={value}: {raw:?}"
        );
        assert_eq!(raw.contains('\x1b'), is_edited, "{name}={value}: {raw:?}");
    }
}

#[test]
fn a_dumb_terminal_chats() {
    let (_relay, address, mut alice) = relay();
    let mut command = chat(&[]);
    let mut bob = start!(command.env("TERM", "dumb"));
    bob.wait_for(&["Welcome to Messenger !", ">"]);
    let join = format!("/join {}", address.replace(':', " "));
    bob.press(&format!("{join}\n"));
    bob.wait_until("a greeting", |rows| rows.iter().any(|row| row == GREETING));
    bob.press("bob\n");
    alice.expect("* bob joined");
    bob.wait_until("arrived", |rows| {
        rows.iter().any(|row| row.contains("* You are bob"))
    });
    bob.press("half ");
    alice.send("hello\n");
    bob.wait_until("heard", |rows| {
        rows.iter().any(|row| row == "<alice> hello")
    });
    bob.press("a line\n");
    alice.expect("<bob> half a line");
    bob.press("\x03");
    alice.expect("* bob left");
    let (status, rows, raw) = bob.finish();
    assert_eq!(status, Some(0), "{rows:?}");
    assert_eq!(rows.last().map(String::as_str), Some("BEY"));
    assert!(!raw.contains('\x1b'), "{raw:?}");
}

#[test]
fn a_password_is_not_seen() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("chat-password");
    std::fs::write(&path, "sésame\n").expect("a place for files");
    let relay = Program::start(&["--password-file", &path.display().to_string()]);
    let address = relay.address().to_string();
    let mut bob = start!(&chat(&["--nick", "bob", &address]));
    bob.wait_until("a question", |rows| {
        rows.iter()
            .any(|row| row == "* This server asks for a password.")
    });
    bob.press("sésame");
    bob.wait_until("stars", |rows| {
        rows.last().is_some_and(|row| row == "> ******")
    });
    bob.press("\r");
    bob.wait_until("arrived", |rows| {
        rows.iter().any(|row| row.contains("* You are bob"))
    });
    bob.press("\x1b[A/quit\r");
    let (status, _, raw) = bob.finish();
    assert_eq!(status, Some(0));
    assert!(!raw.contains("sésame"), "{raw:?}");
}

#[test]
fn a_line_longer_than_the_row_scrolls_and_is_kept_whole() {
    let (_relay, address, mut alice) = relay();
    let mut bob = start!(&chat(&["--nick", "bob", &address]));
    bob.wait_until("arrived", |rows| {
        rows.iter().any(|row| row.contains("* You are bob"))
    });
    alice.expect("* bob joined");
    let line: String = (0..120).map(|n| char::from(b'a' + n % 26)).collect();
    bob.press(&line);
    let seen = format!("> {}", &line[120 - 76..]);
    bob.wait_until("its end", |rows| rows.last() == Some(&seen));
    bob.press("\r");
    alice.expect(&format!("<bob> {line}"));
    let whole = [format!("> {line}"), ">".to_owned()];
    bob.wait_until("all of it", |rows| rows.ends_with(&whole));
}

#[test]
fn a_relay_that_is_lost_takes_nothing_typed_with_it() {
    let (relay, address, alice) = relay();
    let mut bob = start!(&chat(&["--nick", "bob", &address]));
    bob.wait_until("arrived", |rows| {
        rows.iter().any(|row| row.contains("* You are bob"))
    });
    bob.press("half a li");
    drop(alice);
    assert_eq!(relay.stop().status, Some(0));
    let lost = format!("the connection to {address} is lost; trying again");
    bob.wait_until("a word", |rows| {
        rows.ends_with(&[lost.clone(), "> half a li".into()])
    });
    bob.press("ne\rand another");
    bob.wait_until("typed", |rows| {
        rows.last().is_some_and(|row| row == "> and another")
    });
    let _relay = Program::start(&["--listen", &address]);
    bob.wait_until("arrived again", |rows| {
        rows.iter()
            .filter(|row| row.contains("* You are bob"))
            .count()
            == 2
    });
    let mut alice = Client::join(address.parse().expect("an address"), "alice");
    alice.wait_for(|line| line.ends_with("<bob> half a line"));
    bob.press("\r");
    alice.wait_for_line("<bob> and another");
}

/// After a second Ctrl-C, the program does not wait for a relay that sends nothing more.
#[test]
fn ctrl_c_twice_is_an_end_at_once() {
    let relay = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = relay.local_addr().expect("an address").to_string();
    let mut bob = start!(&chat(&["--nick", "bob", &address]));
    let mut relay = Client::on(relay.accept().expect("a connection").0);
    relay.send("* Welcome to nobody.\n");
    relay.expect("bob");
    bob.press("\x03");
    relay.expect("/quit");
    bob.press("lost\r\x03");
    let (status, rows, _) = bob.finish();
    let joined = format!("{address} JOINED");
    let expected = [
        "Welcome to Messenger !",
        &joined,
        "* Welcome to nobody.",
        ">",
        "BEY",
    ];
    assert_eq!(
        (status, rows),
        (Some(0), expected.map(str::to_owned).to_vec())
    );
}
