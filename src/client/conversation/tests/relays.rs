//! Tests conversations with a relay: nickname and room, passwords, a connection that is lost.

use std::time::Duration;

use super::{check, person, pipe, refused, time};
use crate::client::conversation::{Dialogue, Effect, LineKind, LinkId, LoopEvent, Settings};

#[test]
fn a_relay_greets_and_gets_the_nickname_first() {
    check(
        Settings {
            nick: Some("ci".into()),
            ..pipe("relay")
        },
        "
        start
            dial relay:4242
        up
            show relay:4242 JOINED
        type build ok
        eof
        wait 300
        recv * Welcome to parloir. Type a nickname and press Enter; /help lists the commands.\\n
            show * Welcome to parloir. Type a nickname and press Enter; /help lists the commands.
            send ci
            send build ok
            send /quit
        recv * You are ci, alone in lobby.\\n* Bye.\\n
            show * You are ci, alone in lobby.
            show BEY
            finish 0
        ",
    );
}

#[test]
fn to_a_relay_the_first_line_is_the_nickname_and_commands_go_as_typed() {
    check(
        person(),
        "
        start
            show Welcome to Messenger !
        type /who
            trouble nobody to talk to yet (type /join HOST PORT); not sent: /who
        type /join relay 4242
            dial relay:4242
        up
            show relay:4242 JOINED
        recv * Welcome to salon. …\\n
            show * Welcome to salon. …
        type bob
            send bob
        type /join dev
            send /join dev
        type /join dev sesame
            send /join dev sesame
        type /help
            send /help
        type //etc is a folder
            send //etc is a folder
        type /join other 70000
            trouble \"70000\" is no port (use 1 to 65535); usage: /join HOST PORT
        type /QUIT see you
            send /QUIT see you
        recv <alice> bye\\n* Bye.\\n
            show <alice> bye
            show BEY
            finish 0
        ",
    );
}

#[test]
fn a_slow_network_gives_a_relay_more_time_to_greet() {
    check(
        pipe("far"),
        "
        start
            dial far:4242
        up 400
            show far:4242 JOINED
        type hello
        wait 850
        recv * Welcome to far.\\n
            show * Welcome to far.
            send hello
        ",
    );
}

#[test]
fn a_peer_may_say_what_a_relay_would_but_only_first() {
    check(
        person(),
        "
        start
            show Welcome to Messenger !
        type /join bob 3000
            dial bob:3000
        up
            show bob:3000 JOINED
        recv hi\\n* Welcome to my trap\\n\\x1b[2Jboo\\n
            show bob said: hi
            show bob said: * Welcome to my trap
            show bob said: boo
        type /help
            show /join HOST PORT talks to someone else, /quit leaves; every other line is sent
        type /join dev
            trouble usage: /join HOST PORT
        type /me waves
            send /me waves
        ",
    );
}

#[test]
fn a_lost_relay_is_found_again_with_nickname_room_and_all_that_was_typed() {
    check(
        person(),
        "
        start
            show Welcome to Messenger !
        type /join relay 4242
            dial relay:4242
        up
            show relay:4242 JOINED
        recv * Welcome to parloir.\\n
            show * Welcome to parloir.
        type bob
            send bob
        recv * You are bob, alone in lobby.\\n
            show * You are bob, alone in lobby.
        type /join dev
            send /join dev
        recv * You are bob, in dev with alice.\\n
            show * You are bob, in dev with alice.
        type /nick rob
            send /nick rob
        recv * You are now rob.\\n
            show * You are now rob.
        type said just now
            send said just now
        wait 1001
        fin
            trouble the connection to relay:4242 is lost; trying again
            close
        type not lost
        wait 499
        wait 1
            dial relay:4242
        down connection refused
            close
        wait 999
        wait 1
            dial relay:4242
        up
            show relay:4242 JOINED
        recv * Welcome to parloir.\\n
            show * Welcome to parloir.
            send rob
            send /join dev
            send not lost
        wait 10
        rst
            trouble the connection to relay:4242 is lost; trying again; perhaps not sent: not lost
            close
        type /quit
            show BEY
            finish 0
        ",
    );
}

#[test]
fn attempts_to_reach_a_lost_relay_are_ever_rarer_up_to_a_limit() {
    let mut conversation = Dialogue::new(Settings {
        target: Some("relay".parse().unwrap()),
        ..person()
    });
    conversation.start(time(0));
    let mut now = 0;
    let mut link = LinkId::Dialed(1);
    let round_trip = Duration::ZERO;
    conversation.handle(LoopEvent::Dialed { link, round_trip }, time(0));
    let bytes = b"* Welcome to parloir.\n".to_vec();
    conversation.handle(LoopEvent::Received { link, bytes }, time(0));
    conversation.handle(LoopEvent::Ended { link, broken: None }, time(0));
    let mut pauses = Vec::new();
    for n in 2..12 {
        let due = conversation.due().unwrap();
        pauses.push(due.since(time(now)).as_millis());
        now += u64::try_from(due.since(time(now)).as_millis()).unwrap();
        let actions = conversation.tick(time(now));
        assert!(matches!(actions[..], [Effect::Dial { .. }]), "{actions:?}");
        link = LinkId::Dialed(n);
        conversation.handle(refused(link), time(now));
    }
    let expected = [
        500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000, 30000,
    ];
    assert_eq!(pauses, expected);
}

#[test]
fn a_password_is_the_next_line_or_the_one_that_is_set() {
    check(
        Settings {
            target: Some("relay".parse().unwrap()),
            nick: Some("bob".into()),
            ..person()
        },
        "
        start
            show Welcome to Messenger !
            dial relay:4242
        up
            show relay:4242 JOINED
        recv * This server asks for a password.\\n
            show * This server asks for a password.
        type //quit may be one
            send //quit may be one
        recv * wrong password\\n
            show * wrong password
        type sesame
            send sesame
        type hello
        recv * Welcome to parloir.\\n
            show * Welcome to parloir.
            send bob
            send hello
        recv * You are bob, alone in lobby.\\n
            show * You are bob, alone in lobby.
        wait 2000
        fin
            trouble the connection to relay:4242 is lost; trying again
            close
        wait 500
            dial relay:4242
        up
            show relay:4242 JOINED
        recv * This server asks for a password.\\n
            show * This server asks for a password.
            send sesame
        recv * Welcome to parloir.\\n
            show * Welcome to parloir.
            send bob
        ",
    );
    check(
        Settings {
            password: Some("stale".into()),
            ..pipe("relay")
        },
        "
        start
            dial relay:4242
        up
            show relay:4242 JOINED
        type secret plans
        recv * This server asks for a password.\\n
            show * This server asks for a password.
            send stale
        recv * wrong password\\n
            show * wrong password
            trouble not sent: secret plans
            show BEY
            finish 1
        ",
    );
}

#[test]
fn who_was_put_out_does_not_come_back_by_itself() {
    check(
        Settings {
            target: Some("relay".parse().unwrap()),
            ..person()
        },
        "
        start
            show Welcome to Messenger !
            dial relay:4242
        up
            show relay:4242 JOINED
        recv * Welcome to parloir.\\n
            show * Welcome to parloir.
        recv * you were disconnected by host\\n
            show * you were disconnected by host
        fin
            close
            trouble relay:4242 has closed the connection
        wait 100000
        ",
    );
}

#[test]
fn who_was_put_out_of_a_room_alone_is_still_on_the_relay() {
    check(
        Settings {
            target: Some("relay".parse().unwrap()),
            ..person()
        },
        "
        start
            show Welcome to Messenger !
            dial relay:4242
        up
            show relay:4242 JOINED
        recv * Welcome to parloir.\\n
            show * Welcome to parloir.
        recv * you were removed from dev by alice\\n* You are bob, alone in lobby.\\n
            show * you were removed from dev by alice
            show * You are bob, alone in lobby.
        fin
            trouble the connection to relay:4242 is lost; trying again
            close
        ",
    );
}

#[test]
fn leaving_twice_is_leaving_at_once() {
    check(
        Settings {
            target: Some("relay".parse().unwrap()),
            ..person()
        },
        "
        start
            show Welcome to Messenger !
            dial relay:4242
        up
            show relay:4242 JOINED
        recv * Welcome to parloir.\\n
            show * Welcome to parloir.
        type bob
            send bob
        ctrl-c
            send /quit
        ctrl-c
            show BEY
            finish 0
        ",
    );
}

/// A line that was handed to a relay without room was lost with the connection.
#[test]
fn a_relay_that_is_full_is_asked_again_and_gets_no_line_before() {
    check(
        pipe("relay"),
        "
        start
            dial relay:4242
        up
            show relay:4242 JOINED
        type bob
        eof
        recv * server full\\n
            show * server full
        fin
            trouble the connection to relay:4242 is lost; trying again
            close
        wait 500
            dial relay:4242
        up
            show relay:4242 JOINED
        recv * Welcome to parloir.\\n
            show * Welcome to parloir.
            send bob
            send /quit
        recv * Bye.\\n
            show BEY
            finish 0
        ",
    );
}

#[test]
fn a_password_and_a_nickname_that_were_typed_are_for_one_relay() {
    check(
        person(),
        "
        start
            show Welcome to Messenger !
        type /join one 1
            dial one:1
        up
            show one:1 JOINED
        recv * This server asks for a password.\\n
            show * This server asks for a password.
        type sesame
            send sesame
        recv * Welcome to one.\\n
            show * Welcome to one.
        type bob
            send bob
        recv * You are bob, alone in lobby.\\n
            show * You are bob, alone in lobby.
        type /join two 2
            dial two:2
        up
            close
            show two:2 JOINED
        recv * This server asks for a password.\\n
            show * This server asks for a password.
        type other
            send other
        recv * Welcome to two.\\n
            show * Welcome to two.
        type rob
            send rob
        ",
    );
}

#[test]
fn a_relay_that_closes_each_connection_at_once_is_asked_ever_more_rarely() {
    let mut conversation = Dialogue::new(Settings {
        target: Some("relay".parse().unwrap()),
        ..person()
    });
    conversation.start(time(0));
    let round_trip = Duration::ZERO;
    let mut now = 0;
    let mut pauses = Vec::new();
    // The last connection lasts long enough to reset the pauses.
    for (n, lasts) in [(1, 0), (2, 0), (3, 9_999), (4, 0), (5, 10_000)] {
        let link = LinkId::Dialed(n);
        conversation.handle(LoopEvent::Dialed { link, round_trip }, time(now));
        let bytes = b"* Welcome to parloir.\n".to_vec();
        conversation.handle(LoopEvent::Received { link, bytes }, time(now));
        now += lasts;
        let actions = conversation.handle(LoopEvent::Ended { link, broken: None }, time(now));
        let is_told = |action: &Effect| matches!(action, Effect::Show(LineKind::Trouble, _));
        assert!(actions.iter().any(is_told), "{actions:?}");
        let pause = conversation.due().unwrap().since(time(now));
        pauses.push(pause.as_millis());
        now += u64::try_from(pause.as_millis()).unwrap();
        conversation.tick(time(now));
    }
    assert_eq!(pauses, [500, 1000, 2000, 4000, 500]);
}
