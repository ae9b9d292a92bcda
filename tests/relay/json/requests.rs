//! Requests of a program, and the answers: names and passwords, lines that are no requests, limits.

use std::time::Duration;

use parloir::RelayConfig;
use parloir::relay::Role;
use serde_json::{Value, json};

use super::Programs;
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
        bot! nick_taken {"do":"nick","nick":"alice"}
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
        bot! bad_json hello
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
        bot! bad_room {"do":"join","room":"a b"}
        bot> {"do":"join","room":"dev","replay":-1}
        bot< {"error":{"code":"bad_field",…"replay\" must be a whole number"}}
        bot! bad_field {"do":"say","text":"x"}
        bot! bad_field {"do":"say","room":"dev","to":"bot","text":"x"}
        bot! no_such_room {"do":"say","room":"nowhere","text":"x"}
        bot! nothing_to_say {"do":"say","room":"nowhere","text":" \u0007"}
        bot! bad_field {"do":"say","room":"dev","text":"x","kind":"shout"}
        bot! bad_field {"do":"say","room":"dev","text":"x","tags":{"a":"b"}}
        bot! no_such_room {"do":"history","room":"dev"}
        bot! no_search {"do":"search","text":"x"}
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
fn ids_come_back_as_they_were_written_or_are_refused() {
    check(
        r#"
        connect bot json
        bot> {"do":"ping","id":18446744073709551615}
        bot< {"ok":"ping","re":18446744073709551615}
        bot! bad_field {"do":"ping","id":18446744073709551616}
        bot! bad_field {"do":"ping","id":1.5}
        bot> {"do":"ping","id":"é\n"}
        bot< {"ok":"ping","re":"é\n"}
        "#,
    );
}

#[test]
fn limits_hold_at_and_above() {
    let mut stage = Stage::new(RelayConfig::default());
    let bot = stage.program("bot");
    stage.ask(bot, &json!({"do": "join", "room": "dev"}));
    let id = stage.ask(bot, &json!({"do": "say", "room": "dev", "text": "x"}));
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
            let answer = stage.ask(bot, &request(name, count));
            let is_refused = answer[0]["error"]["code"] == "bad_field";
            assert_eq!(!is_refused, fits, "{count} of {name}: {answer:?}");
        }
    }
    let none = stage.ask(bot, &request("mode", 0));
    assert_eq!(none[0]["error"]["code"], "bad_field");
}

#[test]
fn the_last_line_needs_no_newline() {
    check(
        r#"
        json bot
        bot>> "{\"do\":\"ping\",\"id\":1}"
        end bot
        bot< {"ok":"ping","re":1}
        bot closed
        "#,
    );
}

#[test]
fn the_last_line_says_why() {
    check(
        r#"
        here alice
        json one in lobby
        one> {"do":"quit","reason":"tea time","id":9}
        one< {"ok":"quit","re":9}
        one closed
        alice< * one left (tea time)
        json two
        kick two enough
        two< {"event":"bye","by":"host","reason":"enough"}
        two closed
        json three
        stop
        alice< * the server is stopping
        three< {"event":"bye","reason":"the server is stopping"}
        "#,
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
