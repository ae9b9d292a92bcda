//! Tests of the scripts themselves: a script that leaves something out fails.

use crate::script::check;

#[test]
#[should_panic(expected = "alice reads  \"* bob joined\\n\"")]
fn what_is_not_read_at_the_end_is_missed() {
    check(
        "
        here alice
        connect bob
        bob> bob
        bob< * You are bob, in lobby with alice.
        ",
    );
}

#[test]
#[should_panic(expected = "before this alice reads  \"<bob> one\\n\"")]
fn what_is_not_read_before_the_next_step_is_missed() {
    check(
        "
        here alice bob
        bob> one
        bob> two
        alice< <bob> one
        alice< <bob> two
        ",
    );
}

#[test]
#[should_panic(expected = "instead of  \"<bob> two\"")]
fn another_line_is_not_the_same() {
    check(
        "
        here alice bob
        bob> one
        alice< <bob> two
        ",
    );
}

#[test]
#[should_panic(expected = "alice reads no line, but \"\"")]
fn a_line_that_does_not_come_is_missed() {
    check(
        "
        here alice
        alice> hello
        alice< <alice> hello
        ",
    );
}

#[test]
#[should_panic(expected = "before this bob is closed")]
fn a_close_is_missed() {
    check(
        "
        here bob
        bob> /quit
        bob< * Bye.
        wait 1s
        ",
    );
}

#[test]
#[should_panic(expected = "bob is not closed")]
fn a_close_that_does_not_come_is_missed() {
    check(
        "
        here bob
        bob closed
        ",
    );
}

#[test]
#[should_panic(expected = "the server is asked to stop")]
fn a_stop_is_missed() {
    check(
        "
        connect host host
        host< * You are host, alone in lobby.
        host> /quit
        ",
    );
}
