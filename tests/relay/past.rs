//! The past beyond the last lines, out of a store: what is read, by whom, and who waits.

use std::time::Duration;

use parloir::relay::{Call, Role};
use parloir::{CloseReason, Protocol, Relay, RelayConfig, Time};

use crate::script::check_with;
use crate::support::archive::Archive;
use crate::support::{START_UNIX_SECONDS, Stage};

fn check(script: &str) {
    check_with(script, |config| {
        let relay = Relay::new(config).expect("a valid configuration");
        let mut relay = relay.with_store(Archive::default()).expect("it is read");
        let start = Duration::from_secs(START_UNIX_SECONDS);
        relay.started(Time::new(Duration::ZERO, start));
        relay
    });
}

#[test]
fn people_page_back_through_the_store() {
    check(
        "
        set history=2
        here alice bob
        alice> m1
        bob< <alice> m1
        wait 1s
        alice> m2
        bob< <alice> m2
        wait 1s
        alice> m3
        bob< <alice> m3
        wait 1s
        alice> m4
        bob< <alice> m4
        bob> /history
        bob< [2026-11-20 14:03:07Z] <alice> m1
        bob< [2026-11-20 14:03:08Z] <alice> m2
        bob< [2026-11-20 14:03:09Z] <alice> m3
        bob< [2026-11-20 14:03:10Z] <alice> m4
        bob> /history 1
        bob< [2026-11-20 14:03:10Z] <alice> m4
        bob< * /history 1 2026-11-20 14:03:10.000Z shows what was said before
        bob> /history 2 2026-11-20 14:03:10.000Z
        bob< [2026-11-20 14:03:08Z] <alice> m2
        bob< [2026-11-20 14:03:09Z] <alice> m3
        bob< * /history 2 2026-11-20 14:03:08.000Z shows what was said before
        bob> /history 2 2026-11-20 14:03:08.000Z
        bob< [2026-11-20 14:03:07Z] <alice> m1
        bob> /history 2026-11-20
        bob< * that is no longer kept
        bob> /history 1 [2026-11-20 14:03:09Z]
        bob< [2026-11-20 14:03:08Z] <alice> m2
        bob< * /history 1 2026-11-20 14:03:08.000Z shows what was said before
        bob> /history yesterday
        bob< * usage: /history [N]
        ",
    );
}

#[test]
fn words_are_looked_for_in_the_room_that_one_is_in() {
    check(
        "
        set history=1
        here alice bob
        alice> The release is out
        bob< <alice> The release is out
        wait 1s
        alice> something else
        bob< <alice> something else
        bob> /join dev
        alice< * bob left
        bob< * You are bob, alone in dev.
        bob> no release here
        alice> /search release
        alice< [2026-11-20 14:03:07Z] <alice> The release is out
        alice< * 1 line; /history 20 TIME shows what was said before one of them
        alice> /search nothing
        alice< * nothing was found
        alice> /search
        alice< * usage: /search WORDS
        bob> /search release
        bob< [2026-11-20 14:03:08Z] <bob> no release here
        bob< * 1 line; /history 20 TIME shows what was said before one of them
        ",
    );
}

/// A room that was left by all and forgotten is another one for who makes it anew, whatever a disk still has.
#[test]
fn a_new_room_has_none_of_the_past_of_an_old_one() {
    check(
        "
        set history=1
        set empty_rooms_max=0
        here alice bob
        alice> /join dev
        bob< * alice left
        alice< * You are alice, alone in dev.
        alice> secret
        alice> secret two
        alice> /join lobby
        bob< * alice joined
        alice< * You are alice, in lobby with bob.
        bob> /join dev
        alice< * bob left
        bob< * You are bob, alone in dev.
        bob> one
        bob> two
        bob> /history
        bob< [2026-11-20 14:03:07Z] <bob> one
        bob< [2026-11-20 14:03:07Z] <bob> two
        bob> /search secret
        bob< * nothing was found
        ",
    );
}

#[test]
fn irc_clients_page_back_and_search() {
    check(
        "
        set history=2
        irc alice bob
        caps bob draft/chathistory batch server-time message-tags soju.im/search
        alice> JOIN #dev
        skip
        alice> PRIVMSG #dev :one
        wait 10ms
        alice> PRIVMSG #dev :two
        wait 10ms
        alice> NOTICE #dev :three
        wait 10ms
        alice> PRIVMSG #dev :four
        bob> CHATHISTORY LATEST #dev * 5
        bob< @time=… :parloir.local FAIL CHATHISTORY INVALID_TARGET LATEST #dev …
        bob> SEARCH text=two
        bob< @time=… :parloir.local BATCH +… soju.im/search
        bob< @time=… :parloir.local BATCH -…
        bob> JOIN #dev
        skip
        bob> CHATHISTORY BEFORE #dev timestamp=2026-11-20T14:03:07.020Z 5
        bob< @time=… :parloir.local BATCH +… chathistory #dev
        bob< @batch=…;msgid=…;time=2026-11-20T14:03:07.000Z {alice} PRIVMSG #dev one
        bob< @batch=…;msgid=…;time=2026-11-20T14:03:07.010Z {alice} PRIVMSG #dev two
        bob< @time=… :parloir.local BATCH -…
        bob> CHATHISTORY AROUND #DEV timestamp=2026-11-20T14:03:07.010Z 3
        bob< @time=… :parloir.local BATCH +… chathistory #DEV
        bob< @batch=…;msgid=…;time=2026-11-20T14:03:07.000Z {alice} PRIVMSG #dev one
        bob< @batch=…;msgid=…;time=2026-11-20T14:03:07.010Z {alice} PRIVMSG #dev two
        bob< @batch=…;msgid=…;time=2026-11-20T14:03:07.020Z {alice} NOTICE #dev three
        bob< @time=… :parloir.local BATCH -…
        bob> SEARCH text=TWO;in=#dev;from=ALICE;limit=5
        bob< @time=… :parloir.local BATCH +… soju.im/search
        bob< @batch=…;msgid=…;time=2026-11-20T14:03:07.010Z {alice} PRIVMSG #dev two
        bob< @time=… :parloir.local BATCH -…
        bob> SEARCH in=#dev;from=alice;after=2026-11-20T14:03:07.010Z;before=2026-11-20T14:03:07.030Z
        bob< @time=… :parloir.local BATCH +… soju.im/search
        bob< @batch=…;msgid=…;time=2026-11-20T14:03:07.020Z {alice} NOTICE #dev three
        bob< @time=… :parloir.local BATCH -…
        bob> SEARCH text=two;in=#ops
        bob< @time=… :parloir.local FAIL SEARCH INVALID_TARGET …
        bob> SEARCH in=#dev
        bob< @time=… :parloir.local FAIL SEARCH INVALID_PARAMS …
        wait 60s
        bob> SEARCH text=two;limit=x
        bob< @time=… :parloir.local FAIL SEARCH INVALID_PARAMS …
        bob> SEARCH text=two;before=yesterday
        bob< @time=… :parloir.local FAIL SEARCH INVALID_PARAMS …
        ",
    );
}

/// Without a store that can be searched, the command and its capability do not exist.
#[test]
fn where_nothing_can_be_searched_nothing_is_offered() {
    crate::script::check(
        "
        irc alice
        here bob
        alice> CAP REQ soju.im/search
        alice< :parloir.local CAP alice NAK soju.im/search
        alice> SEARCH text=two
        alice< :parloir.local 421 alice SEARCH …
        bob> /search two
        bob< * nothing can be searched here: the server runs without --search
        ",
    );
}

/// A labelled question is one answer, also if it comes later.
#[test]
fn a_late_answer_has_its_label() {
    check(
        "
        set history=1
        irc alice
        caps alice draft/chathistory batch labeled-response
        alice> JOIN #dev
        skip
        alice> PRIVMSG #dev :one
        alice> PRIVMSG #dev :two
        alice> @label=7 CHATHISTORY LATEST #dev * 2
        alice< @label=7 :parloir.local BATCH +… labeled-response
        alice< @batch=… :parloir.local BATCH +… chathistory #dev
        alice< @batch=… {alice} PRIVMSG #dev one
        alice< @batch=… {alice} PRIVMSG #dev two
        alice< @batch=… :parloir.local BATCH -…
        alice< :parloir.local BATCH -…
        ",
    );
}

/// All that somebody said goes from memory and from the store, in every room and under every spelling of the name; the
/// clients that know how are told of what they may have on their screens.
#[test]
fn an_operator_of_the_server_has_somebody_forgotten() {
    check(
        "
        set history=2
        set rate=0
        connect host host
        host< * You are host, alone in lobby.
        here Bob alice
        skip
        irc dave
        caps dave draft/message-redaction message-tags
        dave> JOIN #lobby
        skip
        Bob> one
        skip
        alice> two
        skip
        Bob> three
        skip
        alice> /forget bob
        alice< * only an operator of the server may do that
        dave> FORGET bob
        dave< :parloir.local 481 dave …
        host> /forget
        host< * usage: /forget NAME
        host> /forget bob
        dave< {host} REDACT #lobby …
        host< * what bob said is forgotten; copies that were made of it are not
        alice> /history
        alice< [2026-11-20 14:03:07Z] <alice> two
        Bob> four
        skip
        alice> /history
        alice< [2026-11-20 14:03:07Z] <alice> two
        alice< [2026-11-20 14:03:07Z] <Bob> four
        alice> /search three
        alice< * nothing was found
        ",
    );
}

/// A message that had left the memory could not be taken back at all, though the store and people's screens still had it.
#[test]
fn an_operator_of_the_room_takes_back_what_only_the_store_has() {
    let config = RelayConfig {
        history: 1,
        ..RelayConfig::default()
    };
    let relay = Relay::new(config).unwrap();
    let mut stage = Stage::with(relay.with_store(Archive::default()).unwrap());
    stage.start();
    let irc = stage.listener(Role::Irc);
    let mut join = |name: &str| {
        let id = stage.connect_to(irc);
        let caps = "message-tags echo-message draft/message-redaction";
        let hello = format!("NICK {name}\r\nUSER u 0 * :u\r\nCAP REQ :{caps}\r\nCAP END\r\n");
        stage.send(id, hello + "JOIN #dev\r\n");
        stage.hear(id);
        id
    };
    let [alice, bob] = ["alice", "bob"].map(&mut join);
    stage.send(bob, "PRIVMSG #dev :one\r\n");
    let heard = stage.hear(bob);
    let id = heard.split_once("msgid=").expect("its own message").1;
    let id = id.split([';', ' ']).next().unwrap_or_default().to_owned();
    stage.send(alice, "PRIVMSG #dev :two\r\n");
    let redact = format!("REDACT #dev {id}\r\n");
    stage.hear(bob);
    // Nobody knows any more that it was bob's.
    stage.send(bob, &redact);
    assert!(stage.hear(bob).contains("REDACT_FORBIDDEN"));
    stage.send(alice, &redact);
    assert!(stage.hear(bob).contains(&format!("REDACT #dev {id}")));
    stage.send(bob, "CHATHISTORY LATEST #dev * 5\r\n");
    let heard = stage.hear(bob);
    assert!(heard.contains("two") && !heard.contains("one"), "{heard}");
}

/// A stage whose store answers when the test says so; a message has left the memory already.
fn slow() -> (Stage, Archive) {
    let config = RelayConfig {
        history: 1,
        ..RelayConfig::default()
    };
    let archive = Archive::slow();
    let relay = Relay::new(config).unwrap();
    let mut stage = Stage::with(relay.with_store(archive.clone()).unwrap());
    stage.start();
    stage.take_turns();
    let alice = stage.arrive("alice");
    stage.send(alice, "one\ntwo\n");
    stage.hear(alice);
    (stage, archive)
}

#[test]
fn whoever_asks_waits_and_nobody_else_does() {
    let (mut stage, archive) = slow();
    let [bob, carol] = ["bob", "carol"].map(|name| stage.arrive(name));
    stage.hear(bob);
    stage.hear(carol);
    // Their own lines wait, in order; one question at a time is on its way.
    stage.send(bob, "/history 2\nbehind\n/history 2\n");
    stage.send(carol, "meanwhile\n");
    assert_eq!(stage.hear(bob), "<carol> meanwhile\n");
    assert_eq!((archive.wanted(), stage.hear(carol).as_str()), (1, ""));
    archive.answer();
    stage.woken();
    let past = "[2026-11-20 14:03:07Z] <alice> two\n[2026-11-20 14:03:07Z] <carol> meanwhile\n\
        * /history 2 2026-11-20 14:03:07.001Z shows what was said before\n";
    assert_eq!(stage.hear(bob), past);
    assert_eq!(stage.hear(carol), "<bob> behind\n");
    assert_eq!(archive.wanted(), 1);
}

#[test]
fn a_question_is_given_up_after_ten_seconds() {
    let (mut stage, archive) = slow();
    let bob = stage.arrive("bob");
    stage.hear(bob);
    stage.send(bob, "/history 2\nbehind\n");
    stage.wait_ms(9_999);
    assert_eq!(stage.hear(bob), "");
    stage.wait_ms(1);
    let words = "* what is kept cannot be read now; try again in a moment\n";
    assert_eq!(stage.hear(bob), words);
    // The late answer is nobody's, and the next question has its own.
    assert_eq!(archive.wanted(), 0);
    stage.send(bob, "/search two\n");
    assert_eq!(archive.wanted(), 1);
    archive.answer();
    stage.woken();
    let heard = stage.hear(bob);
    assert!(
        heard.starts_with("[2026-11-20 14:03:07Z] <alice> two\n* 1 line;"),
        "{heard}"
    );
}

#[test]
fn who_is_gone_or_put_out_is_told_nothing_of_the_past() {
    let (mut stage, archive) = slow();
    let [bob, carol] = ["bob", "carol"].map(|name| stage.arrive(name));
    stage.hear(bob);
    for (asker, is_reset) in [(bob, true), (carol, false)] {
        stage.send(asker, "/history 2\n");
        assert_eq!(archive.wanted(), 1);
        if is_reset {
            stage.free(asker, CloseReason::Reset);
            assert_eq!(archive.wanted(), 0, "nobody needs to look for it");
            archive.answer();
        } else {
            let (name, reason) = (String::from("carol"), None);
            stage.call(Call::Kick { name, reason });
        }
        archive.answer();
        stage.woken();
        assert!(!stage.hear(asker).contains('['));
    }
}

/// The client that was served first took the answers of all, and nobody was woken for the others any more.
#[test]
fn two_answers_at_once_are_shown_at_once() {
    let (mut stage, archive) = slow();
    let [bob, carol] = ["bob", "carol"].map(|name| stage.arrive(name));
    for asker in [bob, carol] {
        stage.hear(asker);
        stage.send(asker, "/history 2\n");
    }
    archive.answer();
    stage.turn(bob);
    stage.woken();
    for asker in [bob, carol] {
        assert_eq!(stage.hear(asker).lines().count(), 3);
    }
}

/// The store had read it before it was taken back; whoever asked read it afterwards.
#[test]
fn what_is_taken_back_while_a_question_waits_is_not_shown() {
    for taken_back in ["redact", "forget"] {
        let (mut stage, archive) = slow();
        let bob = stage.arrive("bob");
        let tag = stage.listener(Role::Host);
        let host = stage.connect_to(tag);
        let irc = stage.listener(Role::Irc);
        let dave = stage.connect_to(irc);
        stage.send(
            dave,
            "NICK dave\r\nUSER d 0 * :d\r\nCAP REQ :message-tags echo-message\r\nCAP END\r\n",
        );
        stage.send(dave, "JOIN #lobby\r\nPRIVMSG #lobby :secret\r\n");
        let heard = stage.hear(dave);
        let id = heard.rsplit_once("msgid=").expect("its own message").1;
        let id = id.split([';', ' ']).next().unwrap_or_default().to_owned();
        stage.hear(bob);
        stage.send(bob, "/search secret\n");
        match taken_back {
            "redact" => stage.send(dave, format!("REDACT #lobby {id}\r\n")),
            _ => stage.send(host, "/forget dave\n"),
        }
        archive.answer();
        stage.woken();
        let heard = stage.hear(bob);
        assert_eq!(
            heard.lines().last(),
            Some("* nothing was found"),
            "{taken_back}: {heard}"
        );
    }
}

/// Lines that were said while a question waited, and had left the memory before its answer came, were in neither.
#[test]
fn a_page_has_no_hole_where_the_room_went_on() {
    let (mut stage, archive) = slow();
    let [bob, carol] = ["bob", "carol"].map(|name| stage.arrive(name));
    stage.hear(bob);
    stage.send(bob, "/history 5\n");
    stage.send(carol, "three\nfour\n");
    stage.hear(bob);
    archive.answer();
    stage.woken();
    assert_eq!(
        (archive.wanted(), stage.hear(bob).as_str()),
        (1, ""),
        "it is asked again"
    );
    archive.answer();
    stage.woken();
    let heard = stage.hear(bob);
    let texts: Vec<_> = heard
        .lines()
        .filter_map(|line| line.rsplit(' ').next())
        .collect();
    assert_eq!(texts, ["one", "two", "three", "four"]);
}

/// A crowd that asks could keep the answers of others away; the rest are told at once.
#[test]
fn so_many_questions_wait_and_no_more() {
    for (line, max) in [("/history 2\n", 64), ("/search two\n", 32)] {
        check_limit(line, max);
    }
}

fn check_limit(line: &str, max: usize) {
    let (mut stage, archive) = slow();
    let crowd: Vec<_> = (0..=max)
        .map(|n| stage.arrive(&format!("guest{n}")))
        .collect();
    for asker in &crowd {
        stage.hear(*asker);
        stage.send(*asker, line);
    }
    assert_eq!(archive.wanted(), max);
    stage.turn(crowd[max]);
    let heard = stage.hear(crowd[max]);
    assert!(
        heard.ends_with("* what is kept cannot be read now; try again in a moment\n"),
        "{heard}"
    );
}
