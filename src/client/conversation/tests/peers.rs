//! Tests conversations with peers: a student's, which closes after one message, and those that stay.

use super::{check, person};
use crate::client::conversation::Settings;

#[test]
fn a_students_peer_closes_after_one_message_and_is_dialed_again_with_the_next() {
    check(
        person(),
        "
        start
            show Welcome to Messenger !
        type /join ::1 3000
            dial [::1]:3000
        up
            show [::1]:3000 JOINED
        wait 600
        type one
            send one
        type two
        wait 10
        fin
            close
            dial [::1]:3000
        up
            send two
            end output
        recv ACK from TCP Server
        fin
            show ::1 said: ACK from TCP Server
            close
        wait 60000
        type three
            dial [::1]:3000
        down connection refused
            close
            trouble [::1]:3000 cannot be reached: connection refused; not sent: three
        type four
            dial [::1]:3000
        up
            send four
            end output
        type five
        wait 9999
        wait 1
            trouble no word from [::1]:3000; perhaps not sent: four
            close
            dial [::1]:3000
        ",
    );
}

#[test]
fn a_peer_that_keeps_the_connection_gets_lines_as_they_come_and_is_missed_once() {
    check(
        person(),
        "
        start
            show Welcome to Messenger !
        type /join bob 3000
            dial bob:3000
        up
            show bob:3000 JOINED
        type one
        type two
        wait 500
            send one
        wait 500
            send two
        type three
            send three
        recv without newline
        wait 199
        wait 1
            show bob said: without newline
        recv half\\x20a l
        wait 100
        recv ine\\nrest
            show bob said: half a line
        fin
            show bob said: rest
            trouble bob:3000 has closed the connection; perhaps not sent: two (and 1 more)
            close
        type four
            dial bob:3000
        up
            show bob:3000 JOINED
        wait 500
            send four
        ",
    );
}

#[test]
fn who_connects_here_is_heard_with_or_without_a_newline() {
    check(
        Settings {
            is_listening: true,
            ..person()
        },
        "
        start
            show Welcome to Messenger !
        visit 1 192.0.2.7
        visit 2 ::1
        hears 1 salut
        wait 199
        hears 2 one\\ntwo\\n
            show ::1 said: one
            show ::1 said: two
        wait 1
            show 192.0.2.7 said: salut
        hears 1 bye
        gone 1
            show 192.0.2.7 said: bye
        hears 2 last
        eof
            show ::1 said: last
            show BEY
            finish 0
        ",
    );
}

#[test]
fn the_last_line_has_left_before_the_client_does() {
    check(
        person(),
        "
        start
            show Welcome to Messenger !
        type /join bob 3000
            dial bob:3000
        up
            show bob:3000 JOINED
        wait 500
        type hello
            send hello
        eof
            end output
        wait 500
        written
            show BEY
            finish 0
        ",
    );
}

#[test]
fn a_line_that_a_broken_connection_may_have_taken_along_is_told() {
    check(
        person(),
        "
        start
            show Welcome to Messenger !
        type /join bob 3000
            dial bob:3000
        up
            show bob:3000 JOINED
        wait 500
        type one
            send one
        wait 1400
        type two
            send two
        type three
            send three
        rst
            trouble bob:3000 broke off; perhaps not sent: two (and 1 more)
            close
        ",
    );
}

#[test]
fn a_person_who_leaves_waits_for_the_last_line_but_not_for_ever() {
    check(
        person(),
        "
        start
            show Welcome to Messenger !
        type /join bob 3000
            dial bob:3000
        type hello
        eof
        wait 1999
        wait 1
            trouble not sent: hello
            show BEY
            finish 0
        ",
    );
}
