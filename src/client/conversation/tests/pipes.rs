//! Tests conversations of a script, whose exit status says whether everything was delivered.

use super::{check, person, pipe, time};
use crate::client::conversation::{Dialogue, Effect, LineKind, LoopEvent, Settings};

#[test]
fn from_a_pipe_nobody_to_talk_to_is_given_up() {
    check(
        pipe("[::1]:1"),
        "
        start
            dial [::1]:1
        type hello
        eof
        down connection refused
            close
        wait 500
            dial [::1]:1
        down connection refused
            close
        wait 9499
            dial [::1]:1
        wait 1
            trouble [::1]:1 cannot be reached: connection refused; given up after 10 s
            trouble not sent: hello
            finish 1
        ",
    );
}

/// Waiting changes neither a certificate nor a server that speaks no TLS.
#[test]
fn what_would_be_the_same_the_next_time_is_not_tried_again() {
    check(
        pipe("[::1]:1"),
        "
        start
            dial [::1]:1
        type hello
        eof
        unfit does not speak TLS
            close
            trouble [::1]:1 does not speak TLS; not sent: hello
            show BEY
            finish 1
        ",
    );
    check(
        person(),
        "
        start
            show Welcome to Messenger !
        type /join a 1
            dial a:1
        unfit does not speak TLS
            close
            trouble a:1 does not speak TLS
        type hello
            dial a:1
        ",
    );
}

#[test]
fn from_a_pipe_without_a_target_there_is_nobody_at_all() {
    check(
        Settings {
            target: None,
            ..pipe("x")
        },
        "
        start
        type hello
        wait 9999
        wait 1
            trouble nobody to talk to: name a HOST, or begin with /join HOST PORT
            trouble not sent: hello
            finish 1
        ",
    );
    check(
        Settings {
            target: None,
            ..pipe("x")
        },
        "
        start
        type hello
        eof
            trouble nobody to talk to: name a HOST, or begin with /join HOST PORT
            trouble not sent: hello
            finish 1
        ",
    );
}

#[test]
fn from_a_pipe_without_a_host_who_listens_stays_and_who_does_not_is_told() {
    let alone = || Settings {
        target: None,
        ..pipe("x")
    };
    check(
        Settings {
            is_listening: true,
            ..alone()
        },
        "
        start
        eof
        wait 100000
        visit 1 192.0.2.7
        hears 1 hello\\n
            show 192.0.2.7 said: hello
        ctrl-c
            show BEY
            finish 0
        ",
    );
    check(
        alone(),
        "
        start
        eof
            trouble nobody to talk to: name a HOST, or begin with /join HOST PORT
            finish 1
        ",
    );
}

#[test]
fn an_interrupted_pipe_has_delivered_nothing() {
    check(
        pipe("relay"),
        "
        start
            dial relay:4242
        up
            show relay:4242 JOINED
        recv * Welcome to parloir.\\n
            show * Welcome to parloir.
        type bob
            send bob
        ctrl-c
            show BEY
            finish 1
        ",
    );
}

#[test]
fn from_a_pipe_lines_go_where_they_were_joined_to() {
    check(
        Settings {
            target: None,
            ..pipe("x")
        },
        "
        start
        type /join a 1
            dial a:1
        type one
        type /join b 2
        type two
        eof
        up
            show a:1 JOINED
        wait 500
            send one
        wait 500
            close
            dial b:2
        up
            show b:2 JOINED
        wait 500
            send two
            end output
        fin
            show BEY
            finish 0
        ",
    );
}

#[test]
fn from_a_pipe_what_a_peer_did_not_take_is_status_1() {
    let told = "trouble no word from bob:3000 that everything arrived";
    for (end, outcome) in [
        ("fin", "show BEY\n            finish 0"),
        (
            "rst",
            &*format!("{told}\n            show BEY\n            finish 1"),
        ),
        (
            "wait 11000",
            &*format!("{told}\n            show BEY\n            finish 1"),
        ),
    ] {
        check(
            pipe("bob:3000"),
            &format!(
                "
        start
            dial bob:3000
        up
            show bob:3000 JOINED
        type hello
        eof
        wait 500
            send hello
            end output
        {end}
            {outcome}
        "
            ),
        );
    }
}

#[test]
fn from_a_pipe_lines_to_a_peer_that_closes_after_each_are_all_delivered_or_told() {
    check(
        pipe("bob:3000"),
        "
        start
            dial bob:3000
        up
            show bob:3000 JOINED
        type one
        type two
        type three
        wait 500
            send one
        eof
        fin
            close
            dial bob:3000
        up
            send two
            end output
        fin
            close
            dial bob:3000
        up
            send three
            end output
        rst
            trouble bob:3000 broke off; perhaps not sent: three
            close
            show BEY
            finish 1
        ",
    );
}

#[test]
fn from_a_pipe_what_a_relay_refused_or_never_confirmed_is_status_1() {
    for (answer, status) in [
        ("* line too long (limit 4096 bytes): not sent", 1),
        ("* no one here is called nobody", 1),
        ("* alice joined", 0),
    ] {
        check(
            pipe("relay"),
            &format!(
                "
                start
                    dial relay:4242
                up
                    show relay:4242 JOINED
                recv * Welcome to parloir.\\n
                    show * Welcome to parloir.
                type bob
                    send bob
                type hello
                    send hello
                recv {answer}\\n
                    show {answer}
                eof
                    send /quit
                recv * Bye.\\n
                    show BEY
                    finish {status}
                "
            ),
        );
    }
    check(
        pipe("relay"),
        "
        start
            dial relay:4242
        up
            show relay:4242 JOINED
        recv * Welcome to parloir.\\n
            show * Welcome to parloir.
        type bob
            send bob
        eof
            send /quit
        fin
            trouble no word from relay:4242 that everything arrived
            show BEY
            finish 1
        ",
    );
}

#[test]
fn what_waits_is_bounded() {
    let mut conversation = Dialogue::new(pipe("relay"));
    conversation.start(time(0));
    for _ in 0..super::super::WAITING_MAX {
        assert!(conversation.wants_input());
        let actions = conversation.handle(LoopEvent::Typed("x".into()), time(0));
        assert_eq!(actions, []);
    }
    assert!(!conversation.wants_input());
    let actions = conversation.handle(LoopEvent::Typed("y".into()), time(0));
    let text = String::from("too many lines wait already; not sent: y");
    assert_eq!(actions, [Effect::Show(LineKind::Trouble, text)]);
    let mut conversation = Dialogue::new(pipe("relay"));
    let line = "x".repeat(super::super::WAITING_BYTES_MAX - 1);
    conversation.handle(LoopEvent::Typed(line), time(0));
    assert!(conversation.wants_input());
    conversation.handle(LoopEvent::Typed("x".into()), time(0));
    assert!(!conversation.wants_input());
}

#[test]
fn a_relay_that_stayed_full_was_asked_for_ever() {
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
        recv * server full\\n
            show * server full
        fin
            close
        wait 1000
            dial relay:4242
        wait 8499
        wait 1
            trouble relay:4242 has no room for another; given up after 10 s
            trouble not sent: bob
            finish 1
        ",
    );
}

#[test]
fn a_relay_that_had_no_room_at_first_has_refused_nothing() {
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
