//! Programs beside people and IRC clients: what is said, who may do what, who is where.

use parloir::RelayConfig;
use serde_json::json;

use super::Programs;
use crate::script::check;
use crate::support::Stage;

#[test]
fn people_irc_clients_and_programs_are_in_one_room() {
    check(
        r#"
        here alice
        irc carol
        json bot in lobby
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
        .as_str());
}

#[test]
fn several_lines_are_one_message_as_many_as_may_be_sent_at_once() {
    check(
        r#"
        set burst=3
        here alice
        json bot in lobby
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
        json bot
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
        bot! no_such_nick {"do":"mode","room":"dev","changes":[{"mode":"voice","nick":"nobody"}]}
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
        bot! not_with_you {"do":"kick","room":"dev","nick":"alice"}
        "#,
    );
}

/// A line cannot contain a line end, but a JSON string can.
#[test]
fn a_mask_with_a_line_end_was_a_line_of_somebody_else_s() {
    check(
        r#"
        here alice
        alice> /join dev
        skip
        json bot in den
        alice> /join den
        alice< * You are alice, in den with bot.
        bot< {"event":"join","room":"den","nick":"alice"}
        bot> {"do":"mode","room":"den","changes":[{"mode":"ban","mask":"x!y@z\n<alice> my password is 123\n* it"}]}
        bot< {"error":{"code":"bad_field","message":"\"mask\" must be one word, without controls"}}
        bot! bad_field {"do":"mute","room":"den","mask":"y\u001b[31m"}
        bot! bad_field {"do":"ban","room":"den","nick":"y\n<alice> z"}
        bot! bad_field {"do":"ban","room":"den","mask":"x\u202ey"}
        bot! bad_field {"do":"mode","room":"den","changes":[{"mode":"ban","mask":""}]}
        bot> {"do":"mode","room":"den","changes":[{"mode":"ban"}]}
        bot< {"error":{"code":"missing_field","message":"\"mask\" is missing"}}
        bot> {"do":"mode","room":"den","changes":[{"mode":"ban","mask":"eve","on":null}]}
        bot< {"ok":"mode"}
        alice< * eve!*@* is kept out now (by bot)
        "#,
    );
}

#[test]
fn one_s_own_deeds_are_told_in_the_answer_alone() {
    check(
        r#"
        json bot in den
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
        json bot in dev
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
fn who_is_where_is_asked_for() {
    check(
        r#"
        here alice
        alice> /join dev
        skip
        json bot
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
        bot! no_such_room {"do":"who","room":"dev"}
        bot! no_such_room {"do":"topic","room":"dev"}
        bot> {"do":"whois","nick":"alice"}
        bot< {"ok":"whois","person":{…"rooms":[]}}
        bot! no_such_room {"do":"ban","room":"dev","nick":"alice"}
        "#,
    );
}

#[test]
fn what_is_taken_back_and_what_is_thought_of_it() {
    let mut stage = Stage::new(RelayConfig::default());
    let (one, other) = (stage.program("one"), stage.program("other"));
    for id in [one, other] {
        stage.ask(id, &json!({"do": "join", "room": "dev"}));
        stage.hear(one);
    }
    let tags = json!({"+draft/reply": "x;y z"});
    let say = json!({"do": "say", "room": "dev", "text": "a", "tags": tags});
    let said = stage.ask(one, &say);
    let id = &said[0]["msgid"];
    let heard = stage.told(other);
    assert_eq!((&heard[0]["msgid"], &heard[0]["tags"]), (id, &tags));
    let react = json!({"do": "react", "room": "dev", "msgid": id, "text": "👍"});
    assert_eq!(stage.ask(other, &react)[0]["ok"], "react");
    let heard = stage.told(one);
    let seen = ["event", "room", "from", "msgid", "text"].map(|key| heard[0][key].clone());
    assert_eq!(json!(seen), json!(["react", "dev", "other", id, "👍"]));
    let redact = json!({"do": "redact", "room": "dev", "msgid": id});
    assert_eq!(
        stage.ask(other, &redact)[0]["error"]["code"],
        "not_operator"
    );
    assert_eq!(stage.ask(one, &redact), [json!({"ok": "redact"})]);
    let heard = stage.told(other);
    assert_eq!(
        heard,
        [json!({"event": "redact", "room": "dev", "by": "one", "msgid": id})]
    );
}
