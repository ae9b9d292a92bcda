//! The JSON dialect: the requests of programs, the answers and the events, beside people and IRC
//! clients.

use std::time::Duration;

use parloir::relay::Role;
use parloir::{Protocol, RelayConfig, Skipped};
use serde_json::{Value, json};

use crate::script::check;
use crate::support::Stage;

#[test]
fn the_first_byte_tells_it_from_text() {
    check(
        r#"
        here alice
        connect bot
        bot> {"do":"hello","nick":"bot","id":7}
        bot< {"ok":"hello","re":7,"nick":"bot","server":"parloir","version":1,"limits":{…"line_bytes":4096,…}}
        bot> {"do":"join","room":"lobby","id":"j"}
        bot< {"ok":"join","re":"j","room":"lobby","topic":null,"people":[{"nick":"alice"},{"nick":"bot"}]}
        alice< * bot joined
        alice> hello there
        bot< {"event":"message","room":"lobby","from":"alice","text":"hello there","kind":"message","msgid":"…-…","time":"…"}
        bot> {"do":"say","room":"lobby","text":"hi"}
        bot< {"ok":"say","msgid":"…","time":"2026-…Z"}
        alice< <bot> hi
        "#,
    );
}

#[test]
fn people_irc_clients_and_programs_are_in_one_room() {
    check(
        r#"
        here alice
        irc carol
        connect bot json
        bot> {"do":"hello","nick":"bot"}
        bot< {"ok":"hello",…}
        bot> {"do":"join","room":"lobby"}
        bot< {"ok":"join","room":"lobby",…}
        alice< * bot joined
        carol> JOIN #lobby
        skip
        bot> {"do":"say","room":"lobby","kind":"action","text":"waves"}
        bot< {"ok":"say",…}
        alice< ~ bot waves
        carol< {bot} PRIVMSG #lobby :\u{1}ACTION waves\u{1}
        bot> {"do":"say","to":"alice","text":"psst"}
        bot< {"ok":"say","msgid":"…","time":"…"}
        alice< -bot- psst
        alice> /msg bot yes?
        bot< {"event":"private","from":"alice","text":"yes?","kind":"message","msgid":"…","time":"…"}
        alice> /away tea
        alice< * you are away
        bot< {"event":"away","nick":"alice","away":"tea"}
        bot> {"do":"say","to":"alice","text":"psst"}
        bot< {"ok":"say",…,"away":true}
        alice< -bot- psst
        carol> PART #lobby :bye
        bot< {"event":"leave","room":"lobby","nick":"carol","reason":"bye"}
        alice< * carol left (bye)
        carol< {carol} PART #lobby :bye
        "#
        .replace(r"\u{1}", "\u{1}")
        .as_str(),
    );
}

#[test]
fn nothing_comes_unasked() {
    check(
        r#"
        set motd=Be kind.
        connect bot json
        wait 10s
        bot> {"do":"ping","id":1}
        bot< {"ok":"ping","re":1}
        bot> {"do":"join","room":"lobby"}
        bot< {"error":{"code":"hello_first","message":"…"}}
        bot> {"do":"hello"}
        bot< {"ok":"hello","server":"parloir",…}
        bot> {"do":"hello","nick":"bot"}
        bot< {"error":{"code":"hello_already","message":"you have said hello"}}
        bot> {"do":"join","room":"lobby"}
        bot< {"ok":"join","room":"lobby","topic":null,"people":[]}
        bot> {"do":"say","room":"lobby","text":"hi"}
        bot< {"error":{"code":"nick_first","message":"give a nickname first"}}
        bot> {"do":"nick","nick":"bot"}
        bot< {"ok":"nick","nick":"bot"}
        "#,
    );
}

#[test]
fn a_name_is_taken_as_it_is_or_not_at_all() {
    check(
        r#"
        here alice
        connect bot json
        bot> {"do":"hello","nick":"alice","id":1}
        bot< {"error":{"code":"nick_taken","message":"someone else is called so"},"re":1}
        bot> {"do":"hello","nick":"a b","id":2}
        bot< {"error":{"code":"bad_nick","message":"that is no nickname"},"re":2}
        bot> {"do":"hello","nick":"root","id":3}
        bot< {"error":{"code":"nick_reserved",…},"re":3}
        bot> {"do":"hello","nick":"bot","id":4}
        bot< {"ok":"hello","re":4,"nick":"bot",…}
        bot> {"do":"nick","nick":"alice"}
        bot< {"error":{"code":"nick_taken",…}}
        bot> {"do":"nick","nick":"robot"}
        bot< {"ok":"nick","nick":"robot"}
        "#,
    );
}

#[test]
fn a_password_is_part_of_hello() {
    check(
        r#"
        set password=sesame
        connect bot json
        bot> {"do":"hello","nick":"bot"}
        bot< {"error":{"code":"wrong_password",…}}
        wait 10s
        bot> {"do":"hello","nick":"bot","password":"sesame"}
        bot< {"ok":"hello","nick":"bot",…}
        connect eve json
        eve> {"do":"hello","nick":"eve","password":"a"}
        eve< {"error":{"code":"wrong_password",…}}
        wait 60s
        eve> {"do":"hello","nick":"eve","password":"b"}
        eve< {"error":{"code":"wrong_password",…}}
        wait 60s
        eve> {"do":"hello","nick":"eve","password":"c"}
        eve< {"error":{"code":"wrong_password",…}}
        eve< {"event":"bye","reason":"too many wrong passwords"}
        eve closed
        "#,
    );
}

#[test]
fn what_is_no_request_is_an_error_and_loses_nothing() {
    check(
        r#"
        connect bot json
        bot> hello
        bot< {"error":{"code":"bad_json",…}}
        bot> [1]
        bot< {"error":{"code":"bad_json","message":"a line is one JSON object"}}
        bot> {"id":1}
        bot< {"error":{"code":"missing_field","message":"\"do\" is missing"},"re":1}
        bot> {"do":"dance","id":-15}
        bot< {"error":{"code":"unknown_do",…},"re":-15}
        bot> {"do":"ping","id":[1]}
        bot< {"error":{"code":"bad_field","message":"\"id\" must be a text or a whole number of 64 bits"}}
        bot> {"do":"ping","unknown":{"a":1}}
        bot< {"ok":"ping"}
        bot>> "{\"do\":\"ping\",\"x\":\"\xff\"}\n"
        bot< {"error":{"code":"bad_json",…}}
        bot>> "\n \r\n"
        bot> {"do":"hello","nick":7}
        bot< {"error":{"code":"bad_field","message":"\"nick\" must be a text"}}
        bot> {"do":"hello","nick":"bot"}
        bot< {"ok":"hello",…}
        bot> {"do":"join","room":"a b"}
        bot< {"error":{"code":"bad_room",…}}
        bot> {"do":"join","room":"dev","replay":-1}
        bot< {"error":{"code":"bad_field",…"replay\" must be a whole number"}}
        bot> {"do":"say","text":"x"}
        bot< {"error":{"code":"bad_field",…}}
        bot> {"do":"say","room":"dev","to":"bot","text":"x"}
        bot< {"error":{"code":"bad_field",…}}
        bot> {"do":"say","room":"nowhere","text":"x"}
        bot< {"error":{"code":"no_such_room",…}}
        bot> {"do":"say","room":"nowhere","text":" \u0007"}
        bot< {"error":{"code":"nothing_to_say",…}}
        bot> {"do":"say","room":"dev","text":"x","kind":"shout"}
        bot< {"error":{"code":"bad_field",…}}
        bot> {"do":"say","room":"dev","text":"x","tags":{"a":"b"}}
        bot< {"error":{"code":"bad_field",…}}
        bot> {"do":"history","room":"dev"}
        bot< {"error":{"code":"no_such_room",…}}
        bot> {"do":"search","text":"x"}
        bot< {"error":{"code":"no_search",…}}
        "#,
    );
}

#[test]
fn a_line_has_as_many_bytes_as_elsewhere() {
    check(
        r#"
        set line_bytes_max=64
        connect bot json
        bot>> "{\"do\":\"ping\",\"x\":\"" "y"*44 "\"}\n"
        bot< {"ok":"ping"}
        bot>> "{\"do\":\"ping\",\"x\":\"" "y"*45 "\"}\r\n"
        bot< {"error":{"code":"too_long","message":"a line has at most 64 bytes: not taken"}}
        bot> {"do":"ping"}
        bot< {"ok":"ping"}
        "#,
    );
}

#[test]
fn several_lines_are_one_message_as_many_as_may_be_sent_at_once() {
    check(
        r#"
        set burst=3
        here alice
        connect bot json
        bot> {"do":"hello","nick":"bot"}
        bot< {"ok":"hello",…}
        bot> {"do":"join","room":"lobby"}
        bot< {"ok":"join",…}
        alice< * bot joined
        wait 60s
        bot> {"do":"say","room":"lobby","text":"one\ntwo\nthree"}
        bot< {"ok":"say",…}
        alice< <bot> one
        alice< <bot> two
        alice< <bot> three
        wait 60s
        bot> {"do":"say","room":"lobby","text":"one\ntwo\nthree\nfour"}
        bot< {"error":{"code":"too_many_lines","message":"a message has at most 3 lines: not sent"}}
        "#,
    );
}

#[test]
fn rooms_are_ruled_as_by_everybody() {
    check(
        r#"
        here alice
        connect bot json
        bot> {"do":"hello","nick":"bot"}
        bot< {"ok":"hello",…}
        bot> {"do":"join","room":"dev","key":"x"}
        bot< {"ok":"join","room":"dev","topic":null,"people":[{"nick":"bot","operator":true}]}
        bot> {"do":"mode","room":"dev","changes":[{"mode":"key","key":"sesame"},{"mode":"limit","limit":2},{"mode":"voice","nick":"bot"}]}
        bot< {"ok":"mode"}
        alice> /join dev
        alice< * you cannot join dev: it needs a key (/join dev KEY)
        alice> /join dev sesame
        alice< * You are alice, in dev with bot.
        bot< {"event":"join","room":"dev","nick":"alice"}
        bot> {"do":"topic","room":"dev","topic":"tea"}
        bot< {"ok":"topic"}
        alice< * topic: tea
        alice> /topic more tea
        alice< * topic: more tea
        bot< {"event":"topic","room":"dev","by":"alice","topic":"more tea"}
        bot> {"do":"topic","room":"dev"}
        bot< {"ok":"topic","topic":"more tea","by":"alice","time":"…"}
        bot> {"do":"topic","room":"dev","topic":"a\nb"}
        bot< {"error":{"code":"bad_field","message":"\"topic\" must be one line"}}
        bot> {"do":"mode","room":"dev","changes":[{"mode":"operator","nick":"alice"},{"mode":"moderated"}]}
        bot< {"ok":"mode"}
        alice< * alice is an operator now (by bot)
        alice< * only those with a voice may speak now (by bot)
        alice> /mode -moderated
        alice< * everyone may speak now (by alice)
        bot< {"event":"mode","room":"dev","by":"alice","changes":[{"mode":"moderated","on":false}]}
        bot> {"do":"mode","room":"dev","changes":[{"mode":"voice","nick":"nobody"}]}
        bot< {"error":{"code":"no_such_nick",…}}
        bot> {"do":"mode","room":"dev","changes":[{"mode":"secret"},{"mode":"voice","nick":"nobody"}]}
        bot< {"ok":"mode","refused":[{"change":1,"code":"no_such_nick","message":"…"}]}
        alice< * the room is secret now (by bot)
        bot> {"do":"mute","room":"dev","mask":"*!*@nowhere"}
        bot< {"ok":"mute"}
        alice< * *!*@nowhere may not speak now (by bot)
        bot> {"do":"unmute","room":"dev","mask":"*!*@nowhere"}
        bot< {"ok":"unmute"}
        alice< * *!*@nowhere may speak now (by bot)
        bot> {"do":"kick","room":"dev","nick":"alice","reason":"out"}
        bot< {"ok":"kick"}
        alice< * you were removed from dev by bot (out)
        alice< * You are alice, alone in lobby.
        bot> {"do":"kick","room":"dev","nick":"alice"}
        bot< {"error":{"code":"not_with_you",…}}
        "#,
    );
}

#[test]
fn what_was_said_is_asked_for_and_what_was_missed_is_told() {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    for n in 0..5 {
        stage.send(alice, format!("m{n}\n"));
    }
    let bot = program(&mut stage, "bot");
    let joined = ask(
        &mut stage,
        bot,
        &json!({"do": "join", "room": "lobby", "replay": 2}),
    );
    assert_eq!(texts(&joined[0]["messages"]), ["m3", "m4"]);
    let page = |stage: &mut Stage, how: &Value| {
        let mut asked = json!({"do": "history", "room": "lobby", "limit": 2});
        asked
            .as_object_mut()
            .unwrap()
            .extend(how.as_object().unwrap().clone());
        let answer = ask(stage, bot, &asked);
        answer[0]["messages"].clone()
    };
    let last = page(&mut stage, &json!({}));
    assert_eq!(texts(&last), ["m3", "m4"]);
    let before = page(&mut stage, &json!({"before": last[0]["msgid"]}));
    assert_eq!(texts(&before), ["m1", "m2"]);
    let after = page(&mut stage, &json!({"after": before[0]["time"]}));
    assert_eq!(texts(&after), ["m2", "m3"]);
    let since = json!({"lobby": before[0]["msgid"]});
    let missed = ask(
        &mut stage,
        bot,
        &json!({"do": "resume", "since": since, "id": 1}),
    );
    let events: Vec<_> = missed.iter().map(|it| it["event"].as_str()).collect();
    assert_eq!(
        events,
        [Some("message"), Some("message"), Some("message"), None]
    );
    assert_eq!(missed[3], json!({"ok": "resume", "re": 1}));
    // A message that is no longer kept, or never existed.
    let missed = ask(
        &mut stage,
        bot,
        &json!({"do": "resume", "since": {"lobby": "0-0"}}),
    );
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
    let missed = ask(&mut stage, bot, &json!({"do": "resume", "since": since}));
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
fn what_is_taken_back_and_what_is_thought_of_it() {
    let mut stage = Stage::new(RelayConfig::default());
    let (one, other) = (program(&mut stage, "one"), program(&mut stage, "other"));
    for id in [one, other] {
        ask(&mut stage, id, &json!({"do": "join", "room": "dev"}));
        stage.hear(one);
    }
    let tags = json!({"+draft/reply": "x;y z"});
    let said = ask(
        &mut stage,
        one,
        &json!({"do": "say", "room": "dev", "text": "a", "tags": tags}),
    );
    let id = &said[0]["msgid"];
    let heard = hear(&mut stage, other);
    assert_eq!((&heard[0]["msgid"], &heard[0]["tags"]), (id, &tags));
    let react = json!({"do": "react", "room": "dev", "msgid": id, "text": "👍"});
    assert_eq!(ask(&mut stage, other, &react)[0]["ok"], "react");
    let heard = hear(&mut stage, one);
    let seen = ["event", "room", "from", "msgid", "text"].map(|key| heard[0][key].clone());
    assert_eq!(json!(seen), json!(["react", "dev", "other", id, "👍"]));
    let redact = json!({"do": "redact", "room": "dev", "msgid": id});
    assert_eq!(
        ask(&mut stage, other, &redact)[0]["error"]["code"],
        "not_operator"
    );
    assert_eq!(ask(&mut stage, one, &redact), [json!({"ok": "redact"})]);
    let heard = hear(&mut stage, other);
    assert_eq!(
        heard,
        [json!({"event": "redact", "room": "dev", "by": "one", "msgid": id})]
    );
}

#[test]
fn who_is_where_is_asked_for() {
    check(
        r#"
        here alice
        alice> /join dev
        skip
        connect bot json
        bot> {"do":"hello","nick":"bot"}
        bot< {"ok":"hello",…}
        bot> {"do":"rooms"}
        bot< {"ok":"rooms","rooms":[{"room":"dev","people":1}]}
        bot> {"do":"who","room":"dev"}
        bot< {"ok":"who","people":[{"nick":"alice","operator":true}]}
        bot> {"do":"whois","nick":"alice"}
        bot< {"ok":"whois","person":{"nick":"alice","user":"~user","host":"…","real_name":"alice","idle_seconds":0,"since":"…","rooms":["dev"]}}
        bot> {"do":"whois","nick":"nobody"}
        bot< {"error":{"code":"no_such_nick","message":"no one here is called nobody"}}
        bot> {"do":"history","room":"dev"}
        bot< {"error":{"code":"not_in","message":"you are not in dev"}}
        alice> /mode secret
        alice< * the room is secret now (by alice)
        bot> {"do":"rooms"}
        bot< {"ok":"rooms","rooms":[]}
        bot> {"do":"who","room":"dev"}
        bot< {"error":{"code":"no_such_room",…}}
        bot> {"do":"topic","room":"dev"}
        bot< {"error":{"code":"no_such_room",…}}
        bot> {"do":"whois","nick":"alice"}
        bot< {"ok":"whois","person":{…"rooms":[]}}
        bot> {"do":"ban","room":"dev","nick":"alice"}
        bot< {"error":{"code":"no_such_room",…}}
        "#,
    );
}

#[test]
fn the_last_line_says_why() {
    check(
        r#"
        here alice
        connect one json
        one> {"do":"hello","nick":"one"}
        one< {"ok":"hello",…}
        one> {"do":"join","room":"lobby"}
        one< {"ok":"join",…}
        alice< * one joined
        one> {"do":"quit","reason":"tea time","id":9}
        one< {"ok":"quit","re":9}
        one closed
        alice< * one left (tea time)
        connect two json
        two> {"do":"hello","nick":"two"}
        two< {"ok":"hello",…}
        kick two enough
        two< {"event":"bye","by":"host","reason":"enough"}
        two closed
        connect three json
        three> {"do":"hello","nick":"three"}
        three< {"ok":"hello",…}
        stop
        alice< * the server is stopping
        three< {"event":"bye","reason":"the server is stopping"}
        "#,
    );
}

#[test]
fn whoever_reads_too_slowly_is_told_how_much_was_left_out() {
    let mut stage = Stage::new(RelayConfig::default());
    let bot = program(&mut stage, "bot");
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
fn a_silent_one_on_its_listener_is_given_up() {
    let mut stage = Stage::new(RelayConfig {
        ping_after: Duration::from_secs(20),
        ..RelayConfig::default()
    });
    let tag = stage.listener(Role::Json);
    let silent = stage.connect_to(tag);
    stage.wait(Duration::from_secs(19));
    assert!(!stage.is_closed(silent));
    stage.wait(Duration::from_secs(2));
    assert!(stage.is_closed(silent));
    let told: Value = serde_json::from_str(&stage.hear(silent)).unwrap();
    assert_eq!(told, json!({"event": "bye", "reason": "nothing was said"}));
}

/// A line cannot contain a line end, but a JSON string can.
#[test]
fn a_mask_with_a_line_end_was_a_line_of_somebody_else_s() {
    check(
        r#"
        here alice
        alice> /join dev
        skip
        connect bot json
        bot> {"do":"hello","nick":"bot"}
        bot< {"ok":"hello",…}
        bot> {"do":"join","room":"den"}
        bot< {"ok":"join",…}
        alice> /join den
        alice< * You are alice, in den with bot.
        bot< {"event":"join","room":"den","nick":"alice"}
        bot> {"do":"mode","room":"den","changes":[{"mode":"ban","mask":"x!y@z\n<alice> my password is 123\n* it"}]}
        bot< {"error":{"code":"bad_field","message":"\"mask\" must be one word, without controls"}}
        bot> {"do":"mute","room":"den","mask":"y\u001b[31m"}
        bot< {"error":{"code":"bad_field",…}}
        bot> {"do":"ban","room":"den","nick":"y\n<alice> z"}
        bot< {"error":{"code":"bad_field",…}}
        bot> {"do":"ban","room":"den","mask":"x\u202ey"}
        bot< {"error":{"code":"bad_field",…}}
        bot> {"do":"mode","room":"den","changes":[{"mode":"ban","mask":""}]}
        bot< {"error":{"code":"bad_field",…}}
        bot> {"do":"mode","room":"den","changes":[{"mode":"ban"}]}
        bot< {"error":{"code":"missing_field","message":"\"mask\" is missing"}}
        bot> {"do":"mode","room":"den","changes":[{"mode":"ban","mask":"eve","on":null}]}
        bot< {"ok":"mode"}
        alice< * eve!*@* is kept out now (by bot)
        "#,
    );
}

#[test]
fn a_room_that_was_named_in_many_ways_was_shown_as_often() {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    stage.send(alice, "one\n");
    let bot = program(&mut stage, "bot");
    ask(&mut stage, bot, &json!({"do": "join", "room": "lobby"}));
    let since = json!({"lobby": "1-1", "LOBBY": "1-1", "Lobby": "1-1"});
    let missed = ask(&mut stage, bot, &json!({"do": "resume", "since": since}));
    let events: Vec<_> = missed.iter().map(|it| it["event"].as_str()).collect();
    assert_eq!(events, [Some("gap"), Some("message"), None]);
}

/// The numbers of messages begin anew with each process.
#[test]
fn ids_of_before_a_restart_missed_what_was_said_behind_them() {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    stage.send(alice, "one\n");
    stage.wait_ms(5);
    stage.send(alice, "two\n");
    let bot = program(&mut stage, "bot");
    ask(&mut stage, bot, &json!({"do": "join", "room": "lobby"}));
    // A message from an hour before, with a number that has not been reached again.
    let id = format!("{:x}-63", 1_795_183_387_000_000_u64 - 3_600_000_000);
    let since = json!({ "lobby": id });
    let missed = ask(&mut stage, bot, &json!({"do": "resume", "since": since}));
    let events: Vec<_> = missed.iter().map(|it| it["event"].as_str()).collect();
    assert_eq!(
        events,
        [Some("gap"), Some("message"), Some("message"), None]
    );
    let after = json!({"do": "history", "room": "lobby", "after": id});
    let page = ask(&mut stage, bot, &after);
    assert_eq!(texts(&page[0]["messages"]), ["one", "two"]);
    // Nothing is kept of that room, so the number of missed messages is not known.
    let since = json!({"lobby": "1-1", "new": "1-1"});
    ask(&mut stage, bot, &json!({"do": "join", "room": "new"}));
    let missed = ask(&mut stage, bot, &json!({"do": "resume", "since": since}));
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
    let bot = program(&mut stage, "bot");
    let join = json!({"do": "join", "room": "lobby", "replay": 12});
    let joined = ask(&mut stage, bot, &join);
    let page = json!({"do": "history", "room": "lobby"});
    let page = ask(&mut stage, bot, &page);
    for answer in [&joined[0], &page[0]] {
        assert_eq!(answer["more"], true);
        let last = texts(&answer["messages"]).pop().unwrap();
        assert!(last.starts_with("11 "), "the last one is {}", &last[..3]);
    }
    let since = json!({"lobby": "1-1"});
    let missed = ask(&mut stage, bot, &json!({"do": "resume", "since": since}));
    let [.., gap, ok] = &missed[..] else {
        panic!("{missed:?}")
    };
    let shown = missed.len() - 3;
    assert_eq!(gap["missed"], 12 - shown);
    assert_eq!(*ok, json!({"ok": "resume"}));
}

#[test]
fn one_s_own_deeds_are_told_in_the_answer_alone() {
    check(
        r#"
        connect bot json
        bot> {"do":"hello","nick":"bot"}
        bot< {"ok":"hello",…}
        bot> {"do":"join","room":"den"}
        bot< {"ok":"join",…}
        bot> {"do":"topic","room":"den","topic":"tea"}
        bot< {"ok":"topic"}
        bot> {"do":"kick","room":"den","nick":"bot"}
        bot< {"ok":"kick"}
        bot> {"do":"part","room":"den"}
        bot< {"error":{"code":"not_in","message":"you are not in den"}}
        "#,
    );
}

#[test]
fn a_topic_that_is_so_already_is_no_news() {
    check(
        r#"
        here alice
        alice> /join dev
        skip
        connect bot json
        bot> {"do":"hello","nick":"bot"}
        bot< {"ok":"hello",…}
        bot> {"do":"join","room":"dev"}
        bot< {"ok":"join",…}
        alice< * bot joined
        bot> {"do":"topic","room":"dev","topic":null}
        bot< {"ok":"topic"}
        bot> {"do":"topic","room":"dev","topic":"tea"}
        bot< {"ok":"topic"}
        alice< * topic: tea
        bot> {"do":"topic","room":"dev","topic":"tea"}
        bot< {"ok":"topic"}
        "#,
    );
}

#[test]
fn the_last_line_needs_no_newline() {
    check(
        r#"
        connect bot json
        bot> {"do":"hello","nick":"bot"}
        bot< {"ok":"hello",…}
        bot>> "{\"do\":\"ping\",\"id\":1}"
        end bot
        bot< {"ok":"ping","re":1}
        bot closed
        "#,
    );
}

#[test]
fn ids_come_back_as_they_were_written_or_are_refused() {
    check(
        r#"
        connect bot json
        bot> {"do":"ping","id":18446744073709551615}
        bot< {"ok":"ping","re":18446744073709551615}
        bot> {"do":"ping","id":18446744073709551616}
        bot< {"error":{"code":"bad_field",…}}
        bot> {"do":"ping","id":1.5}
        bot< {"error":{"code":"bad_field",…}}
        bot> {"do":"ping","id":"é\n"}
        bot< {"ok":"ping","re":"é\n"}
        "#,
    );
}

#[test]
fn limits_hold_at_and_above() {
    let mut stage = Stage::new(RelayConfig::default());
    let bot = program(&mut stage, "bot");
    ask(&mut stage, bot, &json!({"do": "join", "room": "dev"}));
    let id = ask(
        &mut stage,
        bot,
        &json!({"do": "say", "room": "dev", "text": "x"}),
    );
    let id = id[0]["msgid"].clone();
    let x = |count: usize| "x".repeat(count);
    let changes = |count: usize| vec![json!({"mode": "moderated"}); count];
    let request = |name: &str, count: usize| match name {
        "topic" => json!({"do": "topic", "room": "dev", "topic": x(count)}),
        "away" => json!({"do": "away", "text": x(count)}),
        "react" => json!({"do": "react", "room": "dev", "msgid": id, "text": x(count)}),
        "mode" => json!({"do": "mode", "room": "dev", "changes": changes(count)}),
        "redact" => json!({"do": "redact", "room": "dev", "msgid": "1-1", "reason": x(count)}),
        _ => json!({"do": "kick", "room": "dev", "nick": "nobody", "reason": x(count)}),
    };
    let limits = [
        ("topic", 390),
        ("away", 200),
        ("react", 64),
        ("mode", 20),
        ("redact", 255),
        ("kick", 255),
    ];
    for (name, limit) in limits {
        for (count, fits) in [(limit - 1, true), (limit, true), (limit + 1, false)] {
            stage.wait(Duration::from_secs(10));
            let answer = ask(&mut stage, bot, &request(name, count));
            let is_refused = answer[0]["error"]["code"] == "bad_field";
            assert_eq!(!is_refused, fits, "{count} of {name}: {answer:?}");
        }
    }
    let none = ask(&mut stage, bot, &request("mode", 0));
    assert_eq!(none[0]["error"]["code"], "bad_field");
}

/// A program that has sent its hello.
fn program(stage: &mut Stage, nick: &str) -> parloir::ConnId {
    let tag = stage.listener(Role::Json);
    let id = stage.connect_to(tag);
    let hello = ask(stage, id, &json!({"do": "hello", "nick": nick}));
    assert_eq!(hello[0]["ok"], "hello");
    id
}

fn ask(stage: &mut Stage, id: parloir::ConnId, what: &Value) -> Vec<Value> {
    stage.send(id, format!("{what}\n"));
    hear(stage, id)
}

fn hear(stage: &mut Stage, id: parloir::ConnId) -> Vec<Value> {
    let heard = stage.hear(id);
    let lines = heard.lines().map(serde_json::from_str);
    lines
        .collect::<Result<_, _>>()
        .expect("objects, a line each")
}

fn texts(messages: &Value) -> Vec<&str> {
    let messages = messages.as_array().expect("a list of messages");
    messages
        .iter()
        .filter_map(|it| it["text"].as_str())
        .collect()
}
