//! Tests the change from one connection to another, which fails if the new one cannot be made.

use super::{check, person};
use crate::client::conversation::Settings;

fn with_bob() -> Settings {
    Settings {
        target: Some("one:1".parse().unwrap()),
        nick: Some("bob".into()),
        ..person()
    }
}

const ON_ONE: &str = "
        start
            show Welcome to Messenger !
            dial one:1
        up
            show one:1 JOINED
        recv * Welcome to one.\\n
            show * Welcome to one.
            send bob
        recv * You are bob, alone in lobby.\\n
            show * You are bob, alone in lobby.";

#[track_caller]
fn check_from_one(script: &str) {
    check(with_bob(), &format!("{ON_ONE}{script}"));
}

#[test]
fn joining_where_nobody_listens_left_the_relay_one_was_on() {
    check_from_one(
        "
        type /join two 2
            dial two:2
        on 1
        recv <alice> still here?\\n
            show <alice> still here?
        on 2
        down connection refused
            trouble two:2 cannot be reached: connection refused; still connected to one:1
        on 1
        recv <alice> bob?\\n
            show <alice> bob?
        type yes
            send yes
        ",
    );
}

#[test]
fn what_is_typed_meanwhile_is_for_the_new_one_alone() {
    check_from_one(
        "
        type /join two 2
            dial two:2
        type psst
        unfit has another certificate
            trouble two:2 has another certificate; still connected to one:1; not sent: psst
        type /join two 2
            dial two:2
        type psst
        up
            close
            show two:2 JOINED
        wait 500
            send psst
        ",
    );
}

#[test]
fn whoever_changes_their_mind_talks_to_the_last_one_they_named() {
    check_from_one(
        "
        type /join two 2
            dial two:2
        type /join three 3
            close
            dial three:3
        on 2
        up
            close
        on 3
        up
            close
            show three:3 JOINED
        ",
    );
}

#[test]
fn whoever_leaves_meanwhile_says_so_where_they_are() {
    check_from_one(
        "
        type /join two 2
            dial two:2
        type /quit
            close
            send /quit
        on 1
        recv * Bye.\\n
            show BEY
            finish 0
        ",
    );
}

#[test]
fn a_relay_that_is_lost_meanwhile_is_asked_for_again_unless_the_new_one_is_there() {
    check_from_one(
        "
        type /join two 2
            dial two:2
        on 1
        fin
            trouble the connection to one:1 is lost; trying again
            close
        on 2
        down no route
            trouble two:2 cannot be reached: no route
        wait 500
            dial one:1
        ",
    );
}
