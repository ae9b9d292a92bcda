//! Messages that were said before, and those that were missed.

use parloir::{Protocol, Relay, RelayConfig, Skipped};
use serde_json::{Value, json};

use super::{Programs, events, texts};
use crate::support::Stage;
use crate::support::archive::Archive;

#[test]
fn what_was_said_is_asked_for_and_what_was_missed_is_told() {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    for n in 0..5 {
        stage.send(alice, format!("m{n}\n"));
    }
    let bot = stage.program("bot");
    let joined = stage.ask(bot, &json!({"do": "join", "room": "lobby", "replay": 2}));
    assert_eq!(texts(&joined[0]["messages"]), ["m3", "m4"]);
    let mut page = json!({"do": "history", "room": "lobby", "limit": 2});
    let last = stage.ask(bot, &page)[0]["messages"].take();
    assert_eq!(texts(&last), ["m3", "m4"]);
    page["before"] = last[0]["msgid"].clone();
    let before = stage.ask(bot, &page)[0]["messages"].take();
    assert_eq!(texts(&before), ["m1", "m2"]);
    page["before"].take();
    page["after"] = before[0]["time"].clone();
    let after = stage.ask(bot, &page)[0]["messages"].take();
    assert_eq!(texts(&after), ["m2", "m3"]);
    let since = json!({"lobby": before[0]["msgid"]});
    let missed = stage.ask(bot, &json!({"do": "resume", "since": since, "id": 1}));
    assert_eq!(
        events(&missed),
        [Some("message"), Some("message"), Some("message"), None]
    );
    assert_eq!(missed[3], json!({"ok": "resume", "re": 1}));
    // A message that is no longer kept, or never existed.
    let missed = stage.ask(bot, &json!({"do": "resume", "since": {"lobby": "0-0"}}));
    assert_eq!(
        missed[0],
        json!({"event": "gap", "room": "lobby", "missed": null})
    );
    for n in 0..120 {
        stage.wait_ms(200);
        stage.send(alice, format!("more {n}\n"));
    }
    stage.hear(bot);
    let since = json!({"lobby": last[1]["msgid"]});
    let missed = stage.ask(bot, &json!({"do": "resume", "since": since}));
    assert_eq!(
        missed.len(),
        102,
        "a hundred, that there are more, and the end"
    );
    assert_eq!(
        missed[100],
        json!({"event": "gap", "room": "lobby", "missed": 20})
    );
}

#[test]
fn whoever_reads_too_slowly_is_told_how_much_was_left_out() {
    let mut stage = Stage::new(RelayConfig::default());
    let bot = stage.program("bot");
    let mut line = Vec::new();
    let skipped = Skipped {
        shared: 3,
        direct: 1,
    };
    stage.relay.skipped(bot, skipped, &mut line);
    let told: Value = serde_json::from_slice(&line).unwrap();
    assert_eq!(
        told,
        json!({"event": "skipped", "missed": 3, "missed_private": 1})
    );
}

#[test]
fn a_room_that_was_named_in_many_ways_was_shown_as_often() {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    stage.send(alice, "one\n");
    let bot = stage.program("bot");
    stage.ask(bot, &json!({"do": "join", "room": "lobby"}));
    let since = json!({"lobby": "1-1", "LOBBY": "1-1", "Lobby": "1-1"});
    let missed = stage.ask(bot, &json!({"do": "resume", "since": since}));
    assert_eq!(events(&missed), [Some("gap"), Some("message"), None]);
}

/// The numbers of messages begin anew with each process.
#[test]
fn ids_of_before_a_restart_missed_what_was_said_behind_them() {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    stage.send(alice, "one\n");
    stage.wait_ms(5);
    stage.send(alice, "two\n");
    let bot = stage.program("bot");
    stage.ask(bot, &json!({"do": "join", "room": "lobby"}));
    // A message from an hour before, with a number that has not been reached again.
    let id = format!("{:x}-63", 1_795_183_387_000_000_u64 - 3_600_000_000);
    let since = json!({ "lobby": id });
    let missed = stage.ask(bot, &json!({"do": "resume", "since": since}));
    assert_eq!(
        events(&missed),
        [Some("gap"), Some("message"), Some("message"), None]
    );
    let after = json!({"do": "history", "room": "lobby", "after": id});
    let page = stage.ask(bot, &after);
    assert_eq!(texts(&page[0]["messages"]), ["one", "two"]);
    // Nothing is kept of that room, so the number of missed messages is not known.
    let since = json!({"lobby": "1-1", "new": "1-1"});
    stage.ask(bot, &json!({"do": "join", "room": "new"}));
    let missed = stage.ask(bot, &json!({"do": "resume", "since": since}));
    let gap = json!({"event": "gap", "room": "new", "missed": null});
    assert!(missed.contains(&gap), "{missed:?}");
}

#[test]
fn an_answer_without_room_for_all_left_out_the_newest() {
    let mut stage = Stage::new(RelayConfig {
        line_bytes_max: 1 << 17,
        rate: 0,
        ..RelayConfig::default()
    });
    let alice = stage.arrive("alice");
    for n in 0..12 {
        stage.send(alice, format!("{n} {}\n", "x".repeat(100_000)));
    }
    let bot = stage.program("bot");
    let joined = stage.ask(bot, &json!({"do": "join", "room": "lobby", "replay": 12}));
    let page = stage.ask(bot, &json!({"do": "history", "room": "lobby"}));
    for answer in [&joined[0], &page[0]] {
        assert_eq!(answer["more"], true);
        let last = texts(&answer["messages"]).pop().unwrap();
        assert!(last.starts_with("11 "), "the last one is {}", &last[..3]);
    }
    let since = json!({"lobby": "1-1"});
    let missed = stage.ask(bot, &json!({"do": "resume", "since": since}));
    let [.., gap, ok] = &missed[..] else {
        panic!("{missed:?}")
    };
    let shown = missed.len() - 3;
    assert_eq!(gap["missed"], 12 - shown);
    assert_eq!(*ok, json!({"ok": "resume"}));
}

#[test]
fn programs_page_back_through_the_store_and_search_it() {
    let config = RelayConfig {
        history: 1,
        ..RelayConfig::default()
    };
    let relay = Relay::new(config).unwrap();
    let mut stage = Stage::with(relay.with_store(Archive::default()).unwrap());
    stage.start();
    let alice = stage.arrive("alice");
    stage.send(alice, "the release\n");
    stage.wait_ms(1000);
    stage.send(alice, "two\n");
    let bot = stage.program("bot");
    let mut search = json!({"do": "search", "text": "release", "id": 2});
    let none = json!({"ok": "search", "re": 2, "messages": []});
    assert_eq!(stage.ask(bot, &search), [none], "it is in no room");
    stage.ask(bot, &json!({"do": "join", "room": "lobby"}));
    let page = json!({"do": "history", "room": "lobby", "limit": 2, "id": 1});
    let past = stage.ask(bot, &page).remove(0);
    assert_eq!(texts(&past["messages"]), ["the release", "two"]);
    assert_eq!((&past["re"], past.get("more")), (&json!(1), None));
    let found = stage.ask(bot, &search).remove(0);
    assert_eq!(texts(&found["messages"]), ["the release"]);
    let mut message = past["messages"][0].clone();
    message["room"] = json!("lobby");
    assert_eq!(found["messages"][0], message);
    search["from"] = json!("Alice");
    search["room"] = json!("lobby");
    search["after"] = message["msgid"].clone();
    search["text"].take();
    let found = stage.ask(bot, &search).remove(0);
    assert_eq!(texts(&found["messages"]), ["two"]);
    for (request, code) in [
        (json!({"do": "search"}), "no_words"),
        (
            json!({"do": "search", "room": "dev", "text": "x"}),
            "no_such_room",
        ),
        (
            json!({"do": "search", "text": "x", "after": "yesterday"}),
            "bad_field",
        ),
    ] {
        stage.wait_ms(10_000);
        let refused = stage.ask(bot, &request).remove(0);
        assert_eq!(refused["error"]["code"], code, "{request}");
    }
}
