//! The forgotten newline: when a chunk without a newline counts as a line, and when it does not.

use crate::script::check;

#[test]
fn a_forgotten_newline_is_forgiven_after_200_ms_of_quiet() {
    check(
        r#"
        here alice
        connect bob
        bob>> "bob"
        wait 199ms
        wait 1ms
        bob< * You are bob, in lobby with alice.
        alice< * bob joined
        bob>> "hello"
        wait 199ms
        wait 1ms
        alice< <bob> hello
        bob>> "/who"
        wait 200ms
        bob< * lobby: alice and bob
        "#,
    );
}

#[test]
fn it_must_come_within_50_ms() {
    check(
        r#"
        connect bob
        bob>> "b"
        wait 50ms
        bob>> "ob"
        wait 199ms
        wait 1ms
        bob< * You are bob, alone in lobby.
        connect eve
        eve>> "e"
        wait 51ms
        eve>> "ve"
        wait 60s
        eve>> "\n"
        eve< * You are eve, in lobby with bob.
        bob< * eve joined
        "#,
    );
}

#[test]
fn the_quiet_is_counted_from_the_last_byte() {
    check(
        r#"
        connect bob
        bob>> "bo"
        wait 40ms
        bob>> "b"
        wait 199ms
        wait 1ms
        bob< * You are bob, alone in lobby.
        "#,
    );
}

#[test]
fn a_typist_is_waited_for() {
    check(
        r#"
        connect bob
        bob>> "b"
        wait 60s
        bob>> "o"
        wait 60s
        bob>> "b"
        wait 60s
        bob>> "\r\0"
        bob< * You are bob, alone in lobby.
        "#,
    );
}

#[test]
fn it_waits_inside_a_character_an_escape_or_telnet() {
    for (begun, rest, name) in [
        ("caf\\xc3", "\\xa9", "café"),
        ("bob\\xf0\\x9f\\x98", "\\x80", "bob"),
        ("bob\\e", "[0m", "bob"),
        ("bob\\e[3", "1m", "bob"),
        ("bob\\e]0;x", "\\x07", "bob"),
        ("bob\\xff", "\\xf1", "bob"),
    ] {
        check(&format!(
            r#"
            connect bob
            bob>> "{begun}"
            wait 250ms
            bob>> "{rest}\n"
            bob< * You are {name}, alone in lobby.
            "#
        ));
        check(&format!(
            r#"
            connect bob
            bob>> "{begun}"
            wait 30ms
            bob>> "{rest}"
            wait 199ms
            wait 1ms
            bob< * You are {name}, alone in lobby.
            "#
        ));
    }
}

#[test]
fn after_a_first_newline_lines_are_whole() {
    check(
        r#"
        connect bob
        bob>> "bob\xff\xfa"
        wait 250ms
        bob>> "\x01\xff\xf0\n"
        bob<< "* You are bob, alone in lobby.\r\n"
        "#,
    );
    check(
        r#"
        here alice
        connect bob
        bob>> "bob\nhel"
        bob< * You are bob, in lobby with alice.
        alice< * bob joined
        wait 60s
        bob>> "lo"
        wait 60s
        bob>> "\n"
        alice< <bob> hello
        connect eve
        eve>> "\n"
        eve>> "eve"
        wait 60s
        "#,
    );
}

#[test]
fn a_newline_in_time_makes_one_line() {
    check(
        r#"
        here alice
        connect bob
        bob>> "bob"
        wait 199ms
        bob>> "by\n"
        bob< * You are bobby, in lobby with alice.
        alice< * bobby joined
        wait 60s
        "#,
    );
}

#[test]
fn programs_that_only_talk_and_bare_relays_are_forgiven_as_well() {
    check(
        r#"
        here alice
        connect t talk
        t>> "sensor"
        wait 200ms
        alice< * sensor joined
        t>> "21 degrees"
        wait 200ms
        alice< <sensor> 21 degrees
        connect x broker
        connect y broker
        x>> "hello"
        wait 200ms
        y< hello
        "#,
    );
}

#[test]
fn one_character_is_a_key() {
    for key in [
        "x",
        "é",
        "\\xe9",
        "€",
        "\\e[A",
        "\\t",
        "\\u{feff}x",
        "\\0x",
        "G",
        "\\x16",
    ] {
        check(&format!(
            r#"
            connect bob
            bob>> "{key}"
            wait 60s
            "#
        ));
    }
    check(
        r#"
        connect bob
        bob>> "é!"
        wait 200ms
        bob< * You are é, alone in lobby.
        "#,
    );
}

/// A telnet request that was answered was taken for the first byte of the line, and for its last.
#[test]
fn telnet_around_a_forgotten_newline_does_not_count() {
    check(
        r#"
        connect bob
        bob>> "\xff\xfd\x01"
        bob<< "\xff\xfc\x01"
        wait 100ms
        bob>> "bob"
        wait 199ms
        wait 1ms
        bob<< "* You are bob, alone in lobby.\r\n"
        connect eve
        eve>> "eve\xff\xfb\x01"
        eve<< "\xff\xfe\x01"
        wait 199ms
        wait 1ms
        eve<< "* You are eve, in lobby with bob.\r\n"
        bob<< "* eve joined\r\n"
        "#,
    );
}

/// A busy driver shows the next chunk only after the time for the first has come: the two chunks
/// were made one line, which then had to end in a newline.
#[test]
fn what_is_forgiven_late_is_still_a_line_of_its_own() {
    check(
        r#"
        here alice
        connect bob
        bob>> "bob"
        late 210ms
        bob>> "hello"
        bob< * You are bob, in lobby with alice.
        alice< * bob joined
        wait 199ms
        wait 1ms
        alice< <bob> hello
        bob>> "good"
        late 190ms
        bob>> "bye\n"
        alice< <bob> goodbye
        "#,
    );
}

/// All input was thrown away up to a newline, so a client that never sends one was not heard any
/// more.
#[test]
fn an_overlong_line_without_a_newline_swallowed_all_that_followed() {
    check(
        r#"
        here alice
        connect bob
        bob>> "bob"
        wait 200ms
        bob< * You are bob, in lobby with alice.
        alice< * bob joined
        bob>> "x"*5000
        bob< * line too long (limit 4096 bytes): not sent
        wait 50ms
        bob>> "more"
        wait 199ms
        wait 1ms
        bob>> "heard again"
        wait 199ms
        wait 1ms
        alice< <bob> heard again
        bob>> "y"*4097
        bob< * line too long (limit 4096 bytes): not sent
        late 200ms
        bob>> "again"
        wait 200ms
        alice< <bob> again
        "#,
    );
}

/// No part of a line that is too long may be relayed, and a line in pieces counts as typed.
#[test]
fn an_overlong_line_in_several_pieces_ends_with_its_newline() {
    check(
        r#"
        here alice
        connect bob
        bob>> "x"*2000
        wait 51ms
        bob>> "x"*3000
        bob< * line too long (limit 4096 bytes): not sent
        wait 60s
        bob>> "xx"
        wait 60s
        bob>> "\nbob\n"
        bob< * You are bob, in lobby with alice.
        alice< * bob joined
        "#,
    );
}
