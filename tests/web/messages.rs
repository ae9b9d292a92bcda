//! The chat over WebSocket: in one room with all other clients, with tungstenite as the client.

use std::time::Duration;

use fastrand::Rng;
use parloir::relay::{Call, Role};
use parloir::{CloseReason, Protocol, RelayConfig, WebConfig};
use tungstenite::Message;
use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;

use crate::browser::{Other, arrive, frame, hear, open, text, told, upgrade};
use crate::support::Stage;

fn texts(messages: &[Message]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| message.to_text().expect("text"))
        .collect()
}

#[test]
fn a_browser_and_a_line_client_are_in_one_room() {
    let random = &mut Rng::with_seed(7);
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    let mut bob = Other::open(&mut stage);
    bob.send(&mut stage, random, Message::text("bob"));
    assert_eq!(
        texts(&bob.receive(&mut stage)),
        ["* You are bob, in lobby with alice."]
    );
    assert_eq!(stage.hear(alice), "* bob joined\n");
    stage.send(alice, "salut 😀\none\n");
    stage.send(alice, "/me waves\n");
    let heard = bob.receive(&mut stage);
    assert_eq!(
        texts(&heard),
        ["<alice> salut 😀", "<alice> one", "~ alice waves"]
    );
    bob.send(&mut stage, random, Message::text("first\nsecond"));
    bob.send(&mut stage, random, Message::binary("thïrd"));
    bob.send(&mut stage, random, Message::text("/msg alice psst"));
    let said = "<bob> first\n<bob> second\n<bob> thïrd\n-bob- psst\n";
    assert_eq!(stage.hear(alice), said);
    bob.send(&mut stage, random, Message::Ping("x".into()));
    assert_eq!(bob.receive(&mut stage), [Message::Pong("x".into())]);
    bob.send(&mut stage, random, Message::text("/quit so long"));
    let heard = bob.receive(&mut stage);
    let goodbye = Message::Close(Some(CloseFrame {
        code: CloseCode::Normal,
        reason: "".into(),
    }));
    assert_eq!(heard, [Message::text("* Bye."), goodbye]);
    assert!(stage.is_closed(bob.id));
    assert_eq!(stage.hear(alice), "* bob left (so long)\n");
}

#[test]
fn answers_of_many_lines_are_as_many_messages() {
    let random = &mut Rng::with_seed(8);
    let mut stage = Stage::new(RelayConfig {
        motd: vec!["be kind".into(), "stay long".into()],
        ..RelayConfig::default()
    });
    let alice = stage.arrive("alice");
    stage.send(alice, "one\ntwo\n");
    let mut bob = Other::open(&mut stage);
    bob.send(&mut stage, random, Message::text("bob"));
    let heard = bob.receive(&mut stage);
    let expected = [
        "* You are bob, in lobby with alice.",
        "* be kind",
        "* stay long",
        "[2026-11-20 14:03:07Z] <alice> one",
        "[2026-11-20 14:03:07Z] <alice> two",
    ];
    let heard = texts(&heard);
    assert!(
        expected.iter().all(|line| heard.contains(line)),
        "{heard:?}"
    );
    assert_eq!(heard.len(), expected.len());
    bob.send(&mut stage, random, Message::text("/help"));
    let help = bob.receive(&mut stage);
    assert!(
        texts(&help).iter().all(|line| line.starts_with("* ")),
        "{help:?}"
    );
    assert!(help.len() > 5);
}

/// The outcome of a message does not depend on the sizes of its frames and pieces.
#[test]
fn fragments_and_pieces_of_any_size_come_to_the_same() {
    for seed in 0..200 {
        let mut random = Rng::with_seed(seed);
        let mut stage = Stage::new(RelayConfig {
            rate: 0,
            ..RelayConfig::default()
        });
        let alice = stage.arrive("alice");
        let bob = arrive(&mut stage, "bob");
        stage.hear(alice);
        let mut bytes = Vec::new();
        let (mut said, mut pongs) = (String::new(), Vec::new());
        for message in 0..random.usize(1..8) {
            let words = ["salut", "κόσμε", "a\nb", "", "x\r\n", "😀😀", "long"];
            let line = format!("{message} {}", random.choice(words).unwrap());
            let line = line.repeat(random.usize(1..60));
            for one in line.lines() {
                said += &format!("<bob> {one}\n");
            }
            let mut rest = line.as_bytes();
            let mut opcode = 0x01;
            loop {
                let (part, later) = rest.split_at(random.usize(0..=rest.len()));
                let is_last = later.is_empty();
                bytes.extend(frame(if is_last { 0x80 | opcode } else { opcode }, part));
                if random.u8(..4) == 0 {
                    pongs.push(format!("pong {message}"));
                    bytes.extend(frame(0x89, message.to_string().as_bytes()));
                }
                if is_last {
                    break;
                }
                (rest, opcode) = (later, 0x00);
            }
        }
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (piece, later) = rest.split_at(random.usize(1..=rest.len().min(30)));
            stage.send(bob, piece);
            rest = later;
        }
        assert_eq!(stage.hear(alice), said, "seed {seed}");
        assert_eq!(hear(&mut stage, bob), pongs, "seed {seed}");
    }
}

#[test]
fn the_first_messages_may_come_with_the_request() {
    // Hundreds of clients that connect from one place, one after another, have one allowance.
    let mut stage = Stage::new(RelayConfig {
        rate: 0,
        ..RelayConfig::default()
    });
    let alice = stage.arrive("alice");
    let all = [
        upgrade("line.parloir").into_bytes(),
        text("bob"),
        text("hello"),
    ]
    .concat();
    for cut in 0..all.len() {
        let id = stage.connect();
        stage.send(id, &all[..cut]);
        stage.send(id, &all[cut..]);
        let bytes = stage.hear_bytes(id);
        let head = bytes
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .expect("a head")
            + 4;
        assert_eq!(
            told(&bytes[head..])[0],
            "* You are bob, in lobby with alice."
        );
        assert_eq!(
            stage.hear(alice),
            "* bob joined\n<bob> hello\n",
            "cut at {cut}"
        );
        stage.free(id, CloseReason::Finished);
        stage.hear(alice);
    }
}

#[test]
fn someone_silent_is_greeted_and_someone_locked_out_asked() {
    let mut stage = Stage::new(RelayConfig::default());
    let id = open(&mut stage);
    stage.wait_ms(299);
    assert_eq!(hear(&mut stage, id), [""; 0]);
    stage.wait_ms(1);
    let welcome =
        "* Welcome to parloir. Type a nickname and press Enter; /help lists the commands.";
    assert_eq!(hear(&mut stage, id), [welcome]);

    let mut stage = Stage::new(RelayConfig {
        password: Some("sesame".into()),
        ..RelayConfig::default()
    });
    let id = open(&mut stage);
    stage.wait_ms(300);
    assert_eq!(hear(&mut stage, id), ["* This server asks for a password."]);
    stage.send(id, text("wrong"));
    assert_eq!(hear(&mut stage, id), ["* wrong password"]);
    stage.send(id, text("sesame"));
    assert_eq!(hear(&mut stage, id), [welcome]);
    stage.send(id, text("bob"));
    assert_eq!(hear(&mut stage, id), ["* You are bob, alone in lobby."]);
}

#[test]
fn every_goodbye_is_a_close_frame() {
    let mut stage = Stage::new(RelayConfig::default());
    let host = stage.listener(Role::Host);
    let host = stage.connect_to(host);
    let bob = arrive(&mut stage, "bob");
    stage.send(host, "/kick bob shouting\n");
    let heard = hear(&mut stage, bob);
    assert_eq!(
        heard,
        ["* you were disconnected by host (shouting)", "close 1008"]
    );
    assert!(stage.is_closed(bob));

    let carol = arrive(&mut stage, "carol");
    let silent = open(&mut stage);
    let half = stage.connect();
    stage.send(half, &upgrade("")[..50]);
    stage.stop();
    assert_eq!(
        hear(&mut stage, carol),
        ["* the server is stopping", "close 1001"]
    );
    assert_eq!(hear(&mut stage, silent), ["close 1001"]);
    assert_eq!(stage.hear(half), "");

    let mut stage = Stage::new(RelayConfig::default());
    let dave = arrive(&mut stage, "dave");
    stage.call(Call::Kick {
        name: "dave".into(),
        reason: None,
    });
    assert_eq!(
        hear(&mut stage, dave).last().map(String::as_str),
        Some("close 1008")
    );
}

#[test]
fn a_stream_that_breaks_off_says_no_half_message() {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    for (bytes, said) in [
        (frame(0x01, b"unfinished"), ""),
        (frame(0x81, b"whole")[..8].to_vec(), ""),
        (
            [text("whole"), frame(0x01, b"line\nhalf")].concat(),
            "<bob> whole\n<bob> line\n",
        ),
    ] {
        let bob = arrive(&mut stage, "bob");
        stage.hear(alice);
        stage.send(bob, bytes);
        stage.end_with(bob, CloseReason::Reset);
        assert!(stage.is_closed(bob));
        stage.free(bob, CloseReason::Reset);
        assert_eq!(stage.hear(alice), format!("{said}* bob left\n"));
    }
}

#[test]
fn a_silent_websocket_is_pinged_and_a_dead_one_given_up() {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    let bob = arrive(&mut stage, "bob");
    stage.hear(alice);
    stage.wait_ms(49_999);
    assert_eq!(hear(&mut stage, bob), [""; 0]);
    stage.wait_ms(1);
    assert_eq!(hear(&mut stage, bob), ["ping"]);
    // The client answers, and is silent from then on.
    stage.wait_ms(20_000);
    stage.send(bob, frame(0x8a, b""));
    stage.wait_ms(49_999);
    assert_eq!(hear(&mut stage, bob), [""; 0]);
    stage.wait_ms(1);
    assert_eq!(hear(&mut stage, bob), ["ping"]);
    stage.wait_ms(49_999);
    assert!(!stage.is_closed(bob));
    stage.wait_ms(1);
    assert_eq!(hear(&mut stage, bob), ["close 1000"]);
    assert!(stage.is_closed(bob));
    assert_eq!(stage.hear(alice), "* bob left (Ping timeout: 50 seconds)\n");
    // No other client is pinged.
    assert_eq!(stage.hear(alice), "");
}

#[test]
fn pings_may_be_turned_off() {
    let mut stage = Stage::new(RelayConfig {
        web: WebConfig {
            ping_after: Duration::ZERO,
            ..WebConfig::default()
        },
        ..RelayConfig::default()
    });
    let bob = arrive(&mut stage, "bob");
    stage.wait(Duration::from_secs(86_400));
    assert_eq!(hear(&mut stage, bob), [""; 0]);
}

/// The allowance counts lines, not messages; and a control frame costs as much as a line.
#[test]
fn an_allowance_holds_up_lines_in_one_message_and_loses_none() {
    let config = RelayConfig {
        rate: 10,
        burst: 5,
        ..RelayConfig::default()
    };
    let mut stage = Stage::new(config.clone());
    let alice = stage.arrive("alice");
    let bob = arrive(&mut stage, "bob");
    stage.wait_ms(1_000);
    stage.hear(alice);
    let lines: Vec<String> = (0..20).map(|n| format!("line {n}")).collect();
    stage.send(bob, [text(&lines.join("\n")), frame(0x89, b"")].concat());
    let heard = stage.hear(alice).lines().count();
    assert_eq!(heard, 5);
    stage.wait_ms(1_000);
    assert_eq!(heard + stage.hear(alice).lines().count(), 15);
    assert_eq!(hear(&mut stage, bob), [""; 0]);
    stage.wait_ms(1_000);
    assert_eq!(stage.hear(alice).lines().count(), 5);
    assert_eq!(hear(&mut stage, bob), ["pong"]);

    for spam in [frame(0x89, b""), frame(0x8a, b""), text("")] {
        let mut stage = Stage::new(config.clone());
        let bob = arrive(&mut stage, "bob");
        stage.wait_ms(1_000);
        stage.send(bob, spam.repeat(100));
        assert_eq!(stage.unread(bob), spam.len() * 95, "{spam:x?}");
    }
}

#[test]
fn lines_left_out_are_told_of_in_a_message() {
    let mut stage = Stage::new(RelayConfig::default());
    let bob = arrive(&mut stage, "bob");
    let alice = stage.arrive("alice");
    for (id, notice) in [
        (
            bob,
            "\u{81}\u{2d}* 1 line skipped: you were reading too slowly",
        ),
        (alice, "* 1 line skipped: you were reading too slowly\n"),
    ] {
        let mut line = Vec::new();
        let skipped = parloir::Skipped {
            shared: 1,
            direct: 0,
        };
        stage.relay.skipped(id, skipped, &mut line);
        let notice: Vec<u8> = notice.chars().map(|c| c as u8).collect();
        assert_eq!(line, notice);
    }
}

#[cfg(feature = "json")]
#[test]
fn a_program_s_objects_may_come_as_messages() {
    for subprotocol in ["json.parloir", ""] {
        let mut stage = Stage::new(RelayConfig::default());
        let alice = stage.arrive("alice");
        let id = stage.connect();
        stage.send(id, upgrade(subprotocol));
        assert!(stage.hear(id).starts_with("HTTP/1.1 101 "));
        stage.send(id, text(r#"{"do":"hello","nick":"bot"}"#));
        stage.send(id, text(r#"{"do":"join","room":"lobby"}"#));
        assert_eq!(stage.hear(alice), "* bot joined\n");
        stage.hear_bytes(id);
        stage.send(alice, "hi\n");
        let bytes = stage.hear_bytes(id);
        let event = told(&bytes);
        assert!(
            event[0].starts_with(r#"{"event":"message","room":"lobby","from":"alice""#),
            "{event:?}"
        );
    }
}
