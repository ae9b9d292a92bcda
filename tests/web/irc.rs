//! IRC in WebSocket messages: chosen by the subprotocol, or by the first line.

use parloir::{CloseReason, ConnId, RelayConfig};

use crate::browser::{frame, hear, text, told, upgrade};
use crate::support::Stage;

/// Opens a WebSocket with these subprotocols requested, and checks that this one was agreed.
fn open(stage: &mut Stage, asked: &str, taken: &str) -> ConnId {
    let id = stage.connect();
    stage.send(id, upgrade(asked));
    let answer = stage.hear(id);
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    let said = answer
        .lines()
        .find_map(|line| line.strip_prefix("Sec-WebSocket-Protocol: "));
    assert_eq!(said.unwrap_or_default(), taken, "{asked}");
    id
}

/// Sends each command in a message of its own.
fn say(stage: &mut Stage, id: ConnId, commands: &[&str]) {
    for command in commands {
        stage.send(id, text(command));
    }
}

fn register(stage: &mut Stage, id: ConnId, name: &str) -> Vec<String> {
    let user = format!("USER {name} 0 * :{name}");
    say(stage, id, &[&format!("NICK {name}"), &user]);
    hear(stage, id)
}

#[track_caller]
fn assert_welcome(heard: &[String], name: &str) {
    let first = heard.first().map(String::as_str).unwrap_or_default();
    let first = first.trim_start_matches("binary ");
    assert!(first.contains(&format!(" 001 {name} ")), "{heard:?}");
    assert!(
        heard.iter().all(|line| !line.contains(['\r', '\n'])),
        "{heard:?}"
    );
}

#[test]
fn the_subprotocol_that_is_preferred_is_spoken() {
    for (asked, taken, is_binary) in [
        ("text.ircv3.net", "text.ircv3.net", false),
        ("binary.ircv3.net", "binary.ircv3.net", true),
        ("binary.ircv3.net, text.ircv3.net", "binary.ircv3.net", true),
        ("text.ircv3.net, binary.ircv3.net", "text.ircv3.net", false),
        (
            "kiwi, text.ircv3.net, line.parloir",
            "text.ircv3.net",
            false,
        ),
    ] {
        let mut stage = Stage::new(RelayConfig::default());
        let id = open(&mut stage, asked, taken);
        let heard = register(&mut stage, id, "bob");
        assert_welcome(&heard, "bob");
        let are_binary = heard
            .iter()
            .all(|line| line.starts_with("binary ") == is_binary);
        assert!(are_binary, "{asked}: {heard:?}");
    }
}

/// An IRC client over WebSocket, one over TCP, and a line client: one room.
#[test]
fn everyone_is_in_one_room() {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    let carol = stage.connect();
    stage.send(carol, "NICK carol\r\nUSER c 0 * :c\r\nJOIN #lobby\r\n");
    stage.hear(carol);
    stage.hear(alice);
    let bob = open(&mut stage, "text.ircv3.net", "text.ircv3.net");
    register(&mut stage, bob, "bob");
    say(&mut stage, bob, &["JOIN #lobby"]);
    let heard = hear(&mut stage, bob);
    assert!(
        heard[0].starts_with(":bob!") && heard[0].ends_with(" JOIN #lobby"),
        "{heard:?}"
    );
    assert!(
        heard.iter().any(|line| line.contains(" 366 bob #lobby ")),
        "{heard:?}"
    );
    assert_eq!(stage.hear(alice), "* bob joined\n");
    assert!(stage.hear(carol).contains(" JOIN #lobby\r\n"));
    stage.send(alice, "salut 😀\n");
    let heard = hear(&mut stage, bob);
    assert_eq!(heard.len(), 1);
    assert!(heard[0].starts_with(":alice!"), "{heard:?}");
    assert!(heard[0].ends_with(" PRIVMSG #lobby :salut 😀"), "{heard:?}");
    say(
        &mut stage,
        bob,
        &["PRIVMSG #lobby :one\nPRIVMSG #lobby :two\r\n"],
    );
    assert_eq!(stage.hear(alice), "<bob> one\n<bob> two\n");
    let said = stage.hear(carol);
    assert_eq!(said.matches("\r\n").count(), 3, "{said}");
    say(&mut stage, bob, &["QUIT :so long"]);
    let heard = hear(&mut stage, bob);
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert!(heard[0].starts_with("ERROR :"), "{heard:?}");
    assert_eq!(heard[1], "close 1000");
    assert!(stage.is_closed(bob));
    assert_eq!(stage.hear(alice), "* bob left (so long)\n");
}

/// Many clients ask for no subprotocol, and speak IRC.
#[test]
fn a_first_line_tells_however_it_is_cut() {
    for (lines, is_irc) in [
        (
            &["CAP LS 302", "NICK bob", "USER b 0 * :b", "CAP END"][..],
            true,
        ),
        (&["NICK bob", "USER b 0 * :b"], true),
        (&["NICK bob\r\nUSER b 0 * :b\r\n"], true),
        (&["", "PASS x", "NICK bob", "USER b 0 * :b"], true),
        (&["bob", "hello"], false),
        (&["NICK", "hello"], false),
        (&["nick bob", "hello"], false),
        (&["/nick bob", "hello"], false),
    ] {
        let bytes: Vec<u8> = lines.iter().flat_map(|line| text(line)).collect();
        for cut in 0..bytes.len() {
            let mut stage = Stage::new(RelayConfig::default());
            let alice = stage.arrive("alice");
            let id = open(&mut stage, "", "");
            stage.send(id, &bytes[..cut]);
            stage.wait_ms(1);
            stage.send(id, &bytes[cut..]);
            let heard = hear(&mut stage, id);
            match is_irc {
                true => {
                    let is_welcomed = heard.iter().any(|line| line.contains(" 001 bob "));
                    assert!(is_welcomed, "{lines:?} cut at {cut}: {heard:?}");
                    assert_eq!(stage.hear(alice), "", "{lines:?} cut at {cut}");
                }
                false => {
                    assert!(
                        heard[0].starts_with("* You are "),
                        "{lines:?} at {cut}: {heard:?}"
                    );
                    assert!(
                        stage.hear(alice).ends_with(" hello\n"),
                        "{lines:?} cut at {cut}"
                    );
                }
            }
        }
        // The first line in fragments, with a ping between them.
        let mut stage = Stage::new(RelayConfig::default());
        let id = open(&mut stage, "", "");
        let (first, rest) = lines[0].split_at(lines[0].len() / 2);
        stage.send(id, frame(0x01, first.as_bytes()));
        stage.send(id, frame(0x89, b""));
        stage.send(id, frame(0x80, rest.as_bytes()));
        say(&mut stage, id, &lines[1..]);
        let heard = hear(&mut stage, id);
        assert_eq!(
            heard.iter().any(|line| line.contains(" 001 bob ")),
            is_irc,
            "{heard:?}"
        );
    }
}

#[test]
fn a_silent_one_who_has_said_nothing_of_what_it_speaks_is_greeted_and_may_speak_irc() {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    let id = open(&mut stage, "", "");
    stage.wait_ms(300);
    assert!(hear(&mut stage, id)[0].starts_with("* Welcome to parloir."));
    let heard = register(&mut stage, id, "bob");
    assert_welcome(&heard, "bob");
    stage.send(alice, "/who\n");
    assert_eq!(stage.hear(alice), "* lobby: alice\n");
    // A client that has announced IRC is not greeted as a line client.
    let id = open(&mut stage, "text.ircv3.net", "text.ircv3.net");
    stage.wait_ms(10_000);
    assert_eq!(hear(&mut stage, id), [""; 0]);
}

#[test]
fn what_the_server_says_by_itself_is_a_message_too() {
    let mut stage = Stage::new(RelayConfig::default());
    let bob = open(&mut stage, "text.ircv3.net", "text.ircv3.net");
    register(&mut stage, bob, "bob");
    say(&mut stage, bob, &[&"x".repeat(9_000)]);
    let heard = hear(&mut stage, bob);
    assert!(
        heard.len() == 1 && heard[0].contains(" 417 bob "),
        "{heard:?}"
    );
    let mut heard = Vec::new();
    for _ in 0..3 {
        stage.wait_ms(49_000);
        stage.send(bob, frame(0x8a, b""));
        heard.extend(hear(&mut stage, bob));
    }
    assert!(
        heard.iter().any(|line| line.starts_with("PING :")),
        "{heard:?}"
    );
    let mut line = Vec::new();
    let skipped = parloir::Skipped {
        shared: 3,
        direct: 0,
    };
    parloir::Protocol::skipped(&mut stage.relay, bob, skipped, &mut line);
    let notice = told(&line);
    assert!(
        notice.len() == 1 && notice[0].contains("3 messages skipped"),
        "{notice:?}"
    );
    stage.stop();
    let heard = hear(&mut stage, bob);
    assert_eq!(
        heard,
        ["ERROR :Closing Link: the server is stopping", "close 1001"]
    );
}

#[test]
fn who_is_removed_is_told_so_in_irc() {
    let mut stage = Stage::new(RelayConfig::default());
    let bob = open(&mut stage, "binary.ircv3.net", "binary.ircv3.net");
    register(&mut stage, bob, "bob");
    stage.call(parloir::relay::Call::Kick {
        name: "bob".into(),
        reason: Some("shouting".into()),
    });
    let heard = hear(&mut stage, bob);
    assert!(
        heard.iter().any(|line| line.starts_with("binary ERROR :")),
        "{heard:?}"
    );
    assert_eq!(heard.last().map(String::as_str), Some("close 1008"));
    assert!(stage.is_closed(bob));
    stage.stop();
    stage.free(bob, CloseReason::Asked);
}

/// A capability that changes the text of lines must not change their framing.
#[test]
fn capabilities_leave_the_framing_as_it_is() {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    let bob = open(&mut stage, "text.ircv3.net", "text.ircv3.net");
    register(&mut stage, bob, "bob");
    say(
        &mut stage,
        bob,
        &["JOIN #lobby", "CAP REQ :server-time message-tags"],
    );
    hear(&mut stage, bob);
    stage.send(alice, "hello\n");
    let heard = hear(&mut stage, bob);
    assert!(heard.len() == 1 && heard[0].starts_with("@"), "{heard:?}");
    assert!(heard[0].contains("time=2026-11-20T14:03:07"), "{heard:?}");
    say(&mut stage, bob, &["CAP REQ :-server-time -message-tags"]);
    hear(&mut stage, bob);
    stage.send(alice, "hello\n");
    let heard = hear(&mut stage, bob);
    assert!(
        heard.len() == 1 && heard[0].starts_with(":alice!"),
        "{heard:?}"
    );
}
