//! Standard input and output that another program has left non-blocking, and long pastes: no input
//! or output is lost because of them.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::wire::{Client, Program, Terminal, Tool, find};

/// A program that makes its standard input and output non-blocking, and becomes another program.
const LEAVE: &str = "
import os, sys
for fd in 0, 1:
    os.set_blocking(fd, False)
os.execvp(sys.argv[1], sys.argv[1:])
";

/// The program, started with non-blocking input and output. None if Python is not installed.
fn command(flags: &[&str]) -> Option<Command> {
    let python: PathBuf = find(&["python3"], "python3")?;
    let mut command = Command::new(python);
    command.args(["-c", LEAVE, env!("CARGO_BIN_EXE_parloir")]);
    command.args(flags);
    command
        .env_remove("PARLOIR_PASSWORD")
        .env("PARLOIR_DATA", "none");
    Some(command)
}

fn between_pipes(mut command: Command) -> Child {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts")
}

#[test]
fn a_chat_between_pipes_waits_for_its_input() {
    let relay = Program::start(&[]);
    let address = relay.address().to_string();
    let mut alice = relay.join("alice");
    let Some(command) = command(&["chat", "--nick", "ci", &address]) else {
        return;
    };
    let mut child = between_pipes(command);
    alice.expect("* ci joined");
    let mut stdin = child.stdin.take().expect("it is piped");
    for word in ["one", "two"] {
        writeln!(stdin, "{word}").expect("it reads");
        alice.expect(&format!("<ci> {word}"));
    }
    drop(stdin);
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn a_chat_between_pipes_waits_for_whoever_reads_it() {
    let relay = Program::start(&["--rate", "0"]);
    let address = relay.address().to_string();
    let mut alice = relay.join("alice");
    let Some(command) = command(&["chat", "--nick", "ci", &address]) else {
        return;
    };
    let mut child = between_pipes(command);
    alice.expect("* ci joined");
    // Several times the size of a pipe and of the queue that the relay keeps for a slow reader.
    let line = "x".repeat(1000);
    for n in 0..400 {
        alice.send(format!("{n} {line}\n"));
    }
    alice.send("/who\n");
    alice.expect("* lobby: alice and ci");
    let mut shown = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    for n in 0..400 {
        let said = format!("<alice> {n} {line}");
        let found = shown
            .by_ref()
            .map_while(Result::ok)
            .any(|line| line == said);
        assert!(found, "{n} was not shown");
    }
    drop(child.stdin.take());
    assert!(shown.map_while(Result::ok).any(|line| line == "BEY"));
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn a_chat_in_a_terminal_takes_keys_and_goes_on() {
    let relay = Program::start(&[]);
    let address = relay.address().to_string();
    let mut alice = relay.join("alice");
    let Some(command) = command(&["chat", "--nick", "ci", &address]) else {
        return;
    };
    let Some(mut terminal) = Terminal::start(&command) else {
        return;
    };
    alice.expect("* ci joined");
    for word in ["one", "two"] {
        terminal.press(&format!("{word}\r"));
        alice.expect(&format!("<ci> {word}"));
    }
    terminal.press("/quit\r");
    assert_eq!(terminal.finish().0, Some(0));
}

#[test]
fn the_console_waits_for_its_input() {
    let flags = ["serve", "--listen", "127.0.0.1:0", "--console"];
    let Some(mut command) = command(&flags) else {
        return;
    };
    let mut console = Tool::start(&mut command);
    console.wait_for("* You are host, alone in lobby.");
    for _ in 0..2 {
        console.type_in("/who\n");
        console.wait_for("* lobby: host");
    }
    console.type_in("/quit\n");
    assert_eq!(console.finish().1, Some(0));
}

#[test]
fn the_lab_waits_for_its_operator() {
    let flags = [
        "--bind",
        "127.0.0.1",
        "--only",
        "operator",
        "--port",
        "operator=0",
    ];
    let Some(mut command) = command(&[&["lab", "--lang", "en"], &flags[..]].concat()) else {
        return;
    };
    let mut lab = Tool::start(&mut command);
    let port = loop {
        let line = lab.line();
        let mut words = line.split_whitespace();
        if words.next() == Some("operator") {
            break words
                .next()
                .and_then(|port| port.parse().ok())
                .expect("a port");
        }
    };
    for answer in ["yes", "no"] {
        let mut client = Client::connect(([127, 0, 0, 1], port).into());
        client.send("well?\n");
        while !lab.line().contains("the next line typed here") {}
        lab.type_in(&format!("{answer}\n"));
        assert_eq!(client.read_bytes(16), answer.as_bytes());
    }
}

/// The rest of the paste came only with the next key.
#[test]
fn a_paste_of_more_than_a_kibibyte_is_taken_whole() {
    let relay = Program::start(&["--rate", "0"]);
    let address = relay.address().to_string();
    let mut alice = relay.join("alice");
    let mut command = Command::new(env!("CARGO_BIN_EXE_parloir"));
    command.args(["chat", "--nick", "ci", &address]);
    let Some(mut terminal) = Terminal::start(&command) else {
        return;
    };
    alice.expect("* ci joined");
    let lines: Vec<String> = (0..40).map(|n| format!("{n} {}", "y".repeat(60))).collect();
    terminal.press(&(lines.join("\r") + "\r"));
    for line in lines {
        alice.expect(&format!("<ci> {line}"));
    }
    terminal.press("/quit\r");
    assert_eq!(terminal.finish().0, Some(0));
}
