//! The refusals of a relay, and messages in its rooms: a client can tell them apart.

use std::time::Duration;

use parloir::lines::is_refusal;
use parloir::relay::Role;
use parloir::{Address, Peer, Protocol, RejectReason, RelayConfig, Skipped, Tag};

use crate::support::Stage;

/// The refusals of the relay itself, in addition to those of the hub. Each one was brought about.
fn own_refusals() -> Vec<String> {
    let mut lines = Vec::new();
    let mut note = |text: &str| {
        assert!(text.ends_with('\n'), "{text:?}");
        lines.extend(text.lines().map(str::to_owned));
    };
    let config = RelayConfig {
        line_bytes_max: 64,
        first_line_within: Duration::from_secs(1),
        ..RelayConfig::default()
    };
    let mut stage = Stage::new(config.clone());
    let listener = stage.connect();
    stage.send(listener, "/me waves\n/msg\n");
    note(&stage.hear(listener));
    let bob = stage.arrive("bob");
    let commands = [
        "msg",
        "nick",
        "me",
        "join",
        "invite",
        "kick",
        "op",
        "deop",
        "voice",
        "devoice",
        "ban",
        "unban",
        "mute",
        "unmute",
        "mode nonsense",
        "history x",
        "foo",
        "",
    ];
    for command in commands {
        stage.send(bob, format!("/{command}\n"));
        note(&stage.hear(bob));
    }
    stage.send(bob, format!("/mode +key {}\n", "a".repeat(32)));
    note(&stage.hear(bob));
    stage.send(bob, format!("{}\n", "x".repeat(65)));
    note(&stage.hear(bob));
    let unended = stage.connect();
    stage.send(unended, "hel");
    stage.wait_ms(100);
    stage.send(unended, "lo");
    stage.wait_ms(2_000);
    note(&stage.hear(unended));

    let tag = stage.listener(Role::Host);
    let host = stage.connect_to(tag);
    stage.hear(host);
    stage.send(host, "/kick host\n/kick nobody\n");
    note(&stage.hear(host));

    let mut locked = Stage::new(RelayConfig {
        password: Some(String::from("secret")),
        ..config
    });
    let eve = locked.connect();
    locked.send(eve, "guess\n");
    note(&locked.hear(eve));

    let mut crowd = Stage::new(RelayConfig {
        rate: 1,
        burst: 1,
        allowances_per_address: 1,
        ..RelayConfig::default()
    });
    let turned_away = (0..1_000).find_map(|_| {
        let id = crowd.connect();
        crowd.send(id, "x\n".repeat(10));
        crowd.is_closed(id).then(|| crowd.hear(id))
    });
    note(&turned_away.expect("a crowd is too much at some time"));

    let peer = Peer::new(
        Tag::default(),
        Address::Ip(([192, 0, 2, 1], 1).into()),
        stage.now(),
    );
    for why in [RejectReason::Full, RejectReason::FullForAddress] {
        let mut line = Vec::new();
        stage.relay.refused(&peer, why, &mut line);
        note(&String::from_utf8(line).unwrap());
    }
    for (shared, direct) in [(1, 1), (2, 2)] {
        let mut line = Vec::new();
        let mut skipped = Skipped::default();
        (skipped.shared, skipped.direct) = (shared, direct);
        stage.relay.skipped(bob, skipped, &mut line);
        note(&String::from_utf8(line).unwrap());
    }
    lines
}

#[test]
fn whatever_the_relay_refuses_is_recognised() {
    let lines = own_refusals();
    assert_eq!(lines.len(), 33, "{lines:#?}");
    for line in lines {
        assert!(is_refusal(&line), "{line}");
    }
}

#[test]
fn nothing_that_people_say_looks_like_a_refusal() {
    let refusals = own_refusals();
    let more = [
        "bob is not in dev",
        "reads nothing here: not sent",
        "is not in dev",
        "is in dev already",
        "has as many bans as it may have",
        "37 lines skipped: you were reading too slowly",
        "you cannot join dev: it is full",
    ];
    let texts = refusals.iter().map(|line| &line[2..]).chain(more);
    let mut stage = Stage::new(RelayConfig {
        rate: 0,
        ..RelayConfig::default()
    });
    let alice = stage.arrive("alice");
    stage.send(alice, "/join den\n");
    stage.hear(alice);
    let mut heard = String::new();
    for text in texts {
        for said in [text.to_owned(), format!("* {text}")] {
            let [bob, carol, dave] = ["bob", "carol", "dave"].map(|name| stage.arrive(name));
            for (who, line) in [
                (bob, String::from("/join den")),
                (bob, format!("//{said}")),
                (bob, format!(" {said}")),
                (bob, format!("/me {said}")),
                (bob, format!("/msg alice {said}")),
                (bob, format!("/topic {said}")),
                (bob, format!("/away {said}")),
                (alice, String::from("/msg bob hello")),
                (alice, String::from("/topic\n/history 5")),
                (bob, format!("/quit {said}")),
                (carol, String::from("/join den")),
                (alice, format!("/kick carol {said}")),
                (dave, String::from("/join den")),
                (dave, format!("/nick {said}")),
                (alice, String::from("/who")),
                (dave, format!("/join {said}")),
                (alice, String::from("/rooms")),
            ] {
                stage.send(who, format!("{line}\n"));
            }
            stage.end(carol);
            stage.end(dave);
            heard += &stage.hear(alice);
        }
    }
    assert!(heard.lines().count() > 1_000, "{heard}");
    for line in heard.lines() {
        assert!(!is_refusal(line), "{line}");
    }
}
