//! `parloir chat` at the lab: it talks to each service as to any peer, or as to a relay.

use std::io::Write;
use std::process::Stdio;

use super::bench::Lab;
use crate::wire::{GREETING, Program};

/// The output of `parloir chat` when these two lines are piped into it. It must end with status 0.
fn shown(lab: &Lab, service: &str) -> String {
    let mut command = Program::command();
    command.arg("chat").arg(lab.address(service).to_string());
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    let lines = "Zoé\nbonjour\n".as_bytes();
    stdin.write_all(lines).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{service}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn two_lines_are_delivered_to_every_service_that_takes_them() {
    let lab = Lab::start(&[]);
    let mut listen = lab.connect("listen");
    for (service, said) in [
        ("echo", "127.0.0.1 said: Zoé\n127.0.0.1 said: bonjour\n"),
        // These services take one message, so each line has a connection of its own.
        (
            "ack",
            "127.0.0.1 said: ACK from TCP Server\n127.0.0.1 said: ACK from TCP Server\n",
        ),
        ("mailbox", ""),
        ("pseudo", ""),
        ("talk", ""),
        (
            "chat",
            &format!("{GREETING}\n* You are Zoé, in lobby with 1 listener.\n"),
        ),
    ] {
        let expected = format!("{} JOINED\n{said}BEY\n", lab.address(service));
        assert_eq!(shown(&lab, service), expected, "{service}");
    }
    for service in ["talk", "chat"] {
        assert_eq!(listen.line(), "<Zoé> bonjour", "{service}");
    }
}
