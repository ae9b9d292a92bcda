//! Terminals: the line ends that they get and send, and the keys that delete text.

use crate::script::check;

#[test]
fn whoever_negotiates_gets_cr_lf_and_nobody_else_does() {
    check(
        r#"
        here alice
        connect bob
        bob>> "\xff\xfb\x18bob\r\n"
        bob<< "\xff\xfe\x18"
        bob<< "* You are bob, in lobby with alice.\r\n"
        alice< * bob joined
        alice> hello
        bob<< "<alice> hello\r\n"
        alice> /topic tea
        alice< * topic: tea
        bob<< "* topic: tea\r\n"
        bob> /me waves
        alice< ~ bob waves
        bob> /who
        bob<< "* lobby: alice and bob\r\n"
        "#,
    );
    check(
        r#"
        here alice bob
        bob>> "\xff\xf1hi\xff\xf4 there\n"
        alice< <bob> hi there
        alice> hello
        bob< <alice> hello
        bob>> "\xff\xfe\x01"
        alice> and now
        bob<< "<alice> and now\r\n"
        "#,
    );
}

#[test]
fn the_keys_that_take_back_do_so_on_a_terminal() {
    check(
        r#"
        here alice bob
        bob>> "\xff\xfc\x01"
        bob>> "helo\x08lo\n"
        alice< <bob> hello
        bob>> "bonjour é\x7f\x7f!\r\n"
        alice< <bob> bonjour!
        bob>> "wrong\xff\xf8right\n"
        alice< <bob> right
        bob>> "ab\e[D\xff\xf7c\xff\xec\n"
        alice< <bob> ac
        bob>> "oops\x7f\x7f\x7f\x7f\x7f\n"
        "#,
    );
}

#[test]
fn the_keys_that_take_back_do_so_where_a_line_comes_key_by_key() {
    check(
        r#"
        here alice bob
        bob>> "helo"
        wait 60ms
        bob>> "\x7f"
        bob>> "lo"
        bob>> "\n"
        alice< <bob> hello
        bob>> "N\x08NA\x08AME\n"
        alice< <bob> NNAAME
        "#,
    );
}

#[test]
fn are_you_there_is_answered_with_a_line() {
    check(
        r#"
        here alice
        connect bob
        bob>> "\xff\xf6"
        bob<< "* yes, still here\r\n"
        wait 300ms
        bob<< "* Welcome to parloir. Type a nickname and press Enter; /help lists the commands.\r\n"
        bob>> "b\xff\xf6ob\n"
        bob<< "* yes, still here\r\n"
        bob<< "* You are bob, in lobby with alice.\r\n"
        alice< * bob joined
        "#,
    );
}

#[test]
fn what_is_asked_of_telnet_is_paid_for() {
    check(
        r#"
        set burst=3
        set rate=1
        connect bob
        bob>> "\xff\xf6"*5
        bob<< "* yes, still here\r\n"*3
        wait 1s
        bob<< "* yes, still here\r\n"
        wait 1s
        bob<< "* yes, still here\r\n"
        bob<< "* Welcome to parloir. Type a nickname and press Enter; /help lists the commands.\r\n"
        "#,
    );
}

#[test]
fn lines_that_end_in_cr_alone_are_lines() {
    check(
        r#"
        here alice
        connect bob
        bob>> "bob\rl1\rl2\rl3\r"
        bob< * You are bob, in lobby with alice.
        alice< * bob joined
        alice< <bob> l1
        alice< <bob> l2
        wait 199ms
        wait 1ms
        alice< <bob> l3
        bob>> "l4\r\nl5\rgoes on\n"
        alice< <bob> l4
        alice< <bob> l5goes on
        "#,
    );
}

#[test]
fn keys_with_cr_for_enter_are_heard() {
    for name in ["bob", "GET"] {
        let mut script = String::from("here alice\nconnect bob\n");
        for key in name.chars() {
            script += &format!("bob>> \"{key}\"\nwait 80ms\n");
        }
        script += &format!(
            r#"
            bob>> "\r"
            wait 199ms
            wait 1ms
            bob< * You are {name}, in lobby with alice.
            alice< * {name} joined
            bob>> "h"
            wait 80ms
            bob>> "i"
            wait 300ms
            bob>> "\r"
            wait 200ms
            alice< <{name}> hi
            bob>> "\r"
            wait 1s
            bob>> "ho\r"
            bob>> "x"
            alice< <{name}> ho
            "#
        );
        check(&script);
    }
}

#[test]
fn a_line_too_long_ends_in_cr_as_well() {
    check(
        r#"
        here alice
        connect bob
        bob>> "bob\r"
        bob>> "x"*5000 "\rshort\r"
        bob< * You are bob, in lobby with alice.
        bob< * line too long (limit 4096 bytes): not sent
        alice< * bob joined
        wait 200ms
        alice< <bob> short
        "#,
    );
}
