//! The connection of an IRC client: how it is recognised, how its bytes may arrive, and whether it
//! is still alive.

use parloir::relay::{Answer, Hooks, Role, Verdict};
use parloir::{CloseReason, ConnId, Peer, Protocol, RejectReason, Relay, RelayConfig, Time};

use crate::support::Stage;

const REGISTRATION: &str = "NICK alice\r\nUSER alice 0 * :Alice\r\n";

fn stage() -> Stage {
    Stage::new(RelayConfig::default())
}

/// An IRC client that is registered and has read its welcome.
fn irc(stage: &mut Stage, nickname: &str) -> ConnId {
    let id = stage.connect();
    stage.send(
        id,
        format!("NICK {nickname}\r\nUSER {nickname} 0 * :Real\r\n"),
    );
    assert!(stage.hear(id).contains(" 001 "), "{nickname} is welcome");
    id
}

#[test]
fn a_client_is_known_however_its_first_line_is_cut() {
    for cut in 0..REGISTRATION.len() {
        let mut stage = stage();
        let id = stage.connect();
        let (first, second) = REGISTRATION.split_at(cut);
        stage.send(id, first);
        stage.wait_ms(20);
        stage.send(id, second);
        let heard = stage.hear(id);
        assert!(
            heard.starts_with(":parloir.local 001 alice "),
            "{cut}: {heard}"
        );
    }
}

#[test]
fn bytes_come_one_by_one_and_nothing_is_said_twice() {
    let mut stage = stage();
    let id = stage.connect();
    for byte in REGISTRATION.bytes().chain(*b"PING :\xc3\xa9t\xc3\xa9\r\n") {
        stage.send(id, [byte]);
    }
    let heard = stage.hear(id);
    assert_eq!(heard.matches(" 001 ").count(), 1);
    assert!(
        heard.ends_with(":parloir.local PONG parloir.local :été\r\n"),
        "{heard}"
    );
}

#[test]
fn who_was_greeted_as_a_person_may_still_be_a_program() {
    let mut stage = stage();
    let id = stage.connect();
    stage.wait_ms(400);
    assert!(stage.hear(id).starts_with("* Welcome"));
    let bob = stage.arrive("bob");
    stage.send(id, REGISTRATION);
    assert!(stage.hear(id).contains(" 001 alice "));
    assert_eq!(stage.hear(bob), "", "nobody left, nobody came to the lobby");
    stage.send(bob, "/who\n");
    assert_eq!(stage.hear(bob), "* lobby: bob\n");
}

#[test]
fn who_has_not_given_the_password_learns_nothing_of_who_is_here() {
    let mut stage = Stage::new(RelayConfig {
        password: Some(String::from("sesame")),
        ..RelayConfig::default()
    });
    let alice = stage.connect();
    stage.send(alice, format!("PASS sesame\r\n{REGISTRATION}"));
    assert!(stage.hear(alice).contains(" 001 alice "));
    let eve = stage.connect();
    stage.send(eve, "NICK alice\r\n");
    assert_eq!(stage.hear(eve), "");
    stage.send(eve, "USER eve 0 * :Eve\r\n");
    let heard = stage.hear(eve);
    assert!(
        heard.contains(" 464 ") && !heard.contains(" 433 "),
        "{heard}"
    );
    assert!(stage.is_closed(eve));
}

#[test]
fn a_list_of_capabilities_takes_several_lines_where_names_are_long() {
    let mut stage = Stage::new(RelayConfig {
        name: "n".repeat(63),
        ..RelayConfig::default()
    });
    let id = stage.connect();
    stage.send(id, "NICK alice\r\nUSER a 0 * :a\r\n");
    stage.hear(id);
    let offered = |stage: &mut Stage, version: &str| -> (usize, usize) {
        stage.send(id, format!("CAP LS{version}\r\n"));
        let heard = stage.hear(id);
        assert!(heard.lines().all(|line| line.len() <= 510), "{heard}");
        let lists = heard.lines().map(|line| line.rsplit_once(" :").unwrap().1);
        let count = lists.map(|list| list.split(' ').count()).sum();
        (heard.matches(" LS * :").count() + 1, count)
    };
    assert_eq!(offered(&mut stage, ""), (1, 24));
    // Letters of four bytes each.
    stage.send(id, format!("NICK {}\r\n", "𐐷".repeat(32)));
    stage.hear(id);
    let (lines, count) = offered(&mut stage, "");
    assert!(
        lines == 1 && count < 24,
        "who knows of no second line gets what fits"
    );
    assert_eq!(offered(&mut stage, " 302"), (2, 24));
}

#[test]
fn silence_is_asked_about_and_then_taken_for_absence() {
    let mut stage = stage();
    let (alice, bob) = (irc(&mut stage, "alice"), irc(&mut stage, "bob"));
    for id in [alice, bob] {
        stage.send(id, "JOIN #dev\r\n");
    }
    stage.hear(alice);
    stage.hear(bob);
    stage.wait_ms(119_000);
    assert_eq!(stage.hear(alice), "");
    stage.wait_ms(1_000);
    assert_eq!(stage.hear(alice), "PING :parloir.local\r\n");
    stage.hear(bob);
    stage.wait_ms(60_000);
    stage.send(bob, "PONG :parloir.local\r\n");
    stage.wait_ms(60_000);
    assert_eq!(
        stage.hear(alice),
        "ERROR :Closing Link: Ping timeout: 120 seconds\r\n"
    );
    assert!(stage.is_closed(alice));
    let heard = stage.hear(bob);
    assert!(
        heard.contains(" QUIT :Ping timeout: 120 seconds\r\n"),
        "{heard}"
    );
    assert!(!stage.is_closed(bob), "who answers stays");
    stage.wait_ms(60_000);
    assert_eq!(
        stage.hear(bob),
        "PING :parloir.local\r\n",
        "and is asked again"
    );
}

#[test]
fn who_asks_not_to_be_asked_is_not() {
    let mut stage = Stage::new(RelayConfig {
        ping_after: std::time::Duration::ZERO,
        ..RelayConfig::default()
    });
    let alice = irc(&mut stage, "alice");
    stage.wait_ms(100_000_000);
    assert_eq!(stage.hear(alice), "");
}

#[test]
fn who_never_registers_is_asked_and_goes() {
    let mut stage = stage();
    let id = stage.connect();
    stage.send(id, "CAP LS\r\n");
    stage.hear(id);
    stage.wait_ms(120_000);
    assert_eq!(stage.hear(id), "PING :parloir.local\r\n");
    stage.wait_ms(120_000);
    assert!(stage.is_closed(id));
}

#[test]
fn who_says_nothing_to_a_listener_for_irc_is_given_up() {
    let mut stage = stage();
    let tag = stage.listener(Role::Irc);
    let (silent, begun) = (stage.connect_to(tag), stage.connect_to(tag));
    stage.send(begun, "P");
    stage.wait_ms(119_999);
    assert!(!stage.is_closed(silent) && !stage.is_closed(begun));
    stage.wait_ms(1);
    for id in [silent, begun] {
        assert_eq!(stage.hear(id), "ERROR :Closing Link: nothing was said\r\n");
        assert!(stage.is_closed(id));
    }
}

#[test]
fn who_sends_too_fast_is_held_up_and_loses_nothing() {
    let mut stage = stage();
    let bob = irc(&mut stage, "bob");
    stage.send(bob, "JOIN #dev\r\n");
    let alice = irc(&mut stage, "alice");
    stage.send(alice, "JOIN #dev\r\n");
    stage.hear(bob);
    let lines: String = (0..100).map(|n| format!("PRIVMSG #dev :{n}\r\n")).collect();
    stage.send(alice, lines);
    let at_once = stage.hear(bob).lines().count();
    assert_eq!(
        at_once,
        50 - 3,
        "the burst, of which three lines were used up"
    );
    stage.wait_ms(60_000);
    let heard = stage.hear(bob);
    assert_eq!(at_once + heard.lines().count(), 100);
    assert!(heard.ends_with(" PRIVMSG #dev :99\r\n"));
    assert!(!stage.is_closed(alice));
}

#[test]
fn a_question_about_everything_counts_as_four_lines() {
    let mut stage = stage();
    for question in ["LIST", "WHO *", "WHO b*", "NAMES"] {
        let alice = irc(&mut stage, "alice");
        // Together with NICK and USER, these are the burst.
        stage.send(alice, format!("{question}\r\n").repeat(12));
        stage.send(alice, "TIME\r\n");
        let heard = stage.hear(alice);
        let ends = heard.matches(" :End of ").count();
        assert_eq!(ends, 12, "{question}: {heard}");
        assert!(!heard.contains(" 391 "), "{question}: {heard}");
        stage.wait_ms(100);
        assert!(stage.hear(alice).contains(" 391 "), "{question}");
        stage.end(alice);
    }
}

#[test]
fn an_unfinished_line_is_no_message() {
    let mut stage = stage();
    let (alice, bob) = (irc(&mut stage, "alice"), irc(&mut stage, "bob"));
    stage.send(alice, "PRIVMSG bob :do not send th");
    stage.end(alice);
    assert_eq!(stage.hear(bob), "");
}

#[test]
fn a_listener_for_irc_answers_nothing_else_and_relays_no_request() {
    let mut stage = stage();
    let tag = stage.listener(Role::Irc);
    let id = stage.connect_to(tag);
    stage.wait_ms(1_000);
    assert_eq!(stage.hear(id), "", "no greeting");
    stage.send(id, "hello there\r\n");
    assert_eq!(
        stage.hear(id),
        ":parloir.local 451 * :You have not registered\r\n"
    );
    stage.send(id, REGISTRATION);
    assert!(stage.hear(id).contains(" 001 alice "));
    for first in [
        "GET / HTTP/1.1\r\nNICK eve\r\nUSER e 0 * :e\r\n",
        "\x16\x03\x01\x02",
    ] {
        let id = stage.connect_to(tag);
        stage.send(id, first);
        assert_eq!(stage.hear(id), "");
        assert!(stage.is_closed(id), "{first:?}");
    }
}

#[test]
fn what_the_door_and_the_queue_say_is_said_in_irc() {
    let mut relay = Relay::new(RelayConfig::default()).unwrap();
    let tag = relay.tag(Role::Irc);
    let start = std::time::Duration::ZERO;
    let now = Time::new(start, start);
    let peer = Peer::new(tag, parloir::Address::Unix, now);
    let mut line = Vec::new();
    relay.refused(&peer, RejectReason::Full, &mut line);
    assert_eq!(line, b"ERROR :Closing Link: server full\r\n");

    let mut stage = stage();
    let alice = irc(&mut stage, "alice");
    let mut line = Vec::new();
    let skipped = parloir::Skipped {
        shared: 3,
        direct: 0,
    };
    stage.relay.skipped(alice, skipped, &mut line);
    let line = String::from_utf8(line).unwrap();
    assert_eq!(
        line,
        "NOTICE * :3 messages skipped: you were reading too slowly\r\n"
    );
}

#[test]
fn a_connection_that_was_reset_is_a_quit_in_the_server_s_words() {
    let mut stage = stage();
    let (alice, bob) = (irc(&mut stage, "alice"), irc(&mut stage, "bob"));
    for id in [alice, bob] {
        stage.send(id, "JOIN #dev\r\n");
    }
    stage.hear(bob);
    stage.end_with(alice, CloseReason::Reset);
    let heard = stage.hear(bob);
    assert!(
        heard.starts_with(":alice!~alice@") && heard.ends_with(" QUIT :Connection reset\r\n"),
        "{heard}"
    );
}

struct House;

impl Hooks for House {
    fn admit(&mut self, peer: &Peer) -> Result<(), String> {
        match peer.tag.0 {
            2 => Err(String::from("not today")),
            _ => Ok(()),
        }
    }

    fn message(&mut self, _: &str, text: &str) -> Verdict {
        match text {
            "secret" => Verdict::Refuse(String::from("keep that to yourself")),
            "hi" => Verdict::Change(String::from("good day")),
            _ => Verdict::Pass,
        }
    }

    fn command(&mut self, from: &str, name: &str, argument: &str) -> Option<Answer> {
        (name == "roll").then(|| Answer::Sender(format!("{from} rolls {argument}\nand wins")))
    }
}

#[test]
fn the_host_program_has_its_say() {
    let relay = Relay::new(RelayConfig::default()).unwrap();
    let mut stage = Stage::with(relay.with_hooks(House));
    let open = stage.listener(Role::Irc);
    let closed = stage.listener(Role::Irc);
    assert_eq!((open.0, closed.0), (1, 2));
    let id = stage.connect_to(closed);
    assert_eq!(stage.hear(id), "ERROR :Closing Link: not today\r\n");
    assert!(stage.is_closed(id));

    let (alice, bob) = (irc(&mut stage, "alice"), irc(&mut stage, "bob"));
    stage.send(
        alice,
        "PRIVMSG bob :hi\r\nPRIVMSG bob :secret\r\nROLL 2 dice\r\n",
    );
    assert_eq!(
        stage.hear(alice),
        ":parloir.local 404 alice bob :keep that to yourself\r\n\
         :parloir.local NOTICE alice :alice rolls 2 dice\r\n\
         :parloir.local NOTICE alice :and wins\r\n"
    );
    assert!(stage.hear(bob).ends_with(" PRIVMSG bob :good day\r\n"));
}

#[test]
fn one_line_cannot_ask_for_the_same_list_again_and_again() {
    let mut stage = stage();
    let alice = irc(&mut stage, "alice");
    stage.send(alice, "JOIN #dev\r\nMODE #dev +b eve\r\n");
    stage.hear(alice);
    stage.send(alice, format!("MODE #dev {}\r\n", "b".repeat(450)));
    assert_eq!(stage.hear(alice).matches(" 368 ").count(), 1);
}

#[test]
fn what_a_line_user_types_stays_one_word_in_irc() {
    let mut stage = stage();
    let liz = stage.arrive("liz");
    stage.send(liz, "/join dev\n");
    let alice = irc(&mut stage, "alice");
    stage.send(alice, "JOIN #dev\r\n");
    stage.hear(alice);
    stage.send(liz, "/ban :a*b@c\n");
    let heard = stage.hear(alice);
    let mode = heard.trim_end().split(' ').collect::<Vec<_>>();
    assert_eq!(mode[1..4], ["MODE", "#dev", "+b"], "{heard}");
    assert!(!mode[4].starts_with(':'), "{heard}");
}

#[test]
fn what_is_more_than_an_answer_may_hold_is_asked_for_later_or_said_to_be_cut() {
    let mut stage = Stage::new(RelayConfig {
        burst: 100,
        ..RelayConfig::default()
    });
    let value = "v".repeat(300);
    let fill = |stage: &mut Stage, names: std::ops::Range<usize>| {
        for n in names {
            let id = irc(stage, &format!("filler{n}"));
            let mut lines = String::from("CAP REQ :draft/metadata-3 batch\r\nJOIN #full\r\n");
            for key in 0..20 {
                lines.push_str(&format!("METADATA * SET k{key} :{value}\r\n"));
            }
            stage.send(id, lines);
            assert_eq!(stage.hear(id).matches(" 761 ").count(), 20);
        }
    };
    let join = |stage: &mut Stage, name: &str| {
        let id = irc(stage, name);
        let keys = |from: usize, to: usize| -> String {
            (from..to).map(|n| format!(" k{n}")).collect::<String>()
        };
        let (some, more) = (keys(0, 10), keys(10, 20));
        stage.send(id, "CAP REQ :draft/metadata-3 batch\r\n");
        stage.send(
            id,
            format!("METADATA * SUB{some}\r\nMETADATA * SUB{more}\r\n"),
        );
        stage.hear(id);
        stage.send(id, "JOIN #full\r\n");
        (id, stage.hear(id))
    };
    fill(&mut stage, 0..8);
    let (_, heard) = join(&mut stage, "early");
    assert_eq!(heard.matches(" 761 ").count(), 8 * 20, "{heard}");
    assert!(!heard.contains(" 774 "));
    fill(&mut stage, 8..10);
    let (late, heard) = join(&mut stage, "late");
    assert!(heard.ends_with(" 774 late #full 0 :Ask for it with METADATA SYNC\r\n"));
    assert!(
        !heard.contains(" BATCH ") && !heard.contains(" 761 "),
        "{heard}"
    );
    stage.send(late, "METADATA #full SYNC\r\n");
    let heard = stage.hear(late);
    assert_eq!(heard.matches(" 761 ").count(), 10 * 20);
    assert!(!heard.contains(" WARN "));
    fill(&mut stage, 10..160);
    stage.hear(late);
    stage.send(late, "METADATA *ALL SYNC\r\n");
    let heard = stage.hear(late);
    assert!(heard.len() < 1_200_000, "{}", heard.len());
    assert!(heard.contains(" WARN METADATA INCOMPLETE *ALL :"));
    let last = heard.lines().next_back().unwrap();
    assert!(last.starts_with(":parloir.local BATCH -"), "{last}");
}
