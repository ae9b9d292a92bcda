//! The beginning of a connection: silence, first bytes, passwords, nicknames. Every case is a
//! script.

use parloir::{Relay, RelayConfig};

use crate::script::check;

#[test]
fn silence_is_greeted_after_300_ms_and_once() {
    check(
        "
        connect alice
        wait 299ms
        wait 1ms
        alice< * Welcome to parloir. Type a nickname and press Enter; /help lists the commands.
        wait 60s
        alice> alice
        alice< * You are alice, alone in lobby.
        wait 60s
        ",
    );
}

#[test]
fn the_greeting_has_the_server_s_name() {
    check(
        "
        set name=Café du Nord
        connect alice
        wait 300ms
        alice< * Welcome to Café du Nord. Type a nickname and press Enter; /help lists the commands.
        ",
    );
}

#[test]
fn who_has_spoken_is_never_greeted() {
    check(
        r#"
        connect named
        connect begun
        connect blank
        connect asked
        named> bob
        named< * You are bob, alone in lobby.
        begun>> "b"
        blank>
        asked> /who
        named<
        asked< * lobby: bob and 1 listener
        wait 60s
        "#,
    );
}

#[test]
fn telnet_negotiation_alone_is_silence() {
    check(
        r#"
        connect alice
        wait 100ms
        alice>> "\xff\xfd\x01\xff\xfb\x1f"
        alice<< "\xff\xfc\x01\xff\xfe\x1f"
        alice>> "\xff\xfa\x18\0xterm\xff\xf0\xff\xf1"
        wait 199ms
        wait 1ms
        alice<< "* Welcome to parloir. Type a nickname and press Enter; /help lists the commands.\r\n"
        alice>> "alice\r\0"
        alice<< "* You are alice, alone in lobby.\r\n"
        "#,
    );
}

#[test]
fn the_first_line_is_a_nickname_and_the_next_a_message() {
    check(
        r#"
        here alice
        connect bob
        bob>> "bob\nhello\n"
        bob< * You are bob, in lobby with alice.
        alice< * bob joined
        alice< <bob> hello
        "#,
    );
}

#[test]
fn a_silent_connection_listens_from_its_greeting_on() {
    check(
        "
        here alice
        connect early
        alice> before
        early<
        wait 300ms
        early< * Welcome to parloir. Type a nickname and press Enter; /help lists the commands.
        alice> after
        early< <alice> after
        alice> /who
        alice< * lobby: alice and 1 listener
        connect bob
        bob> bob
        bob< * You are bob, in lobby with alice and 1 listener.
        bob< [2026-11-20 14:03:07Z] <alice> before
        bob< [2026-11-20 14:03:07Z] <alice> after
        alice< * bob joined
        early< * bob joined
        end early
        early closed
        alice> /who
        alice< * lobby: alice and bob
        ",
    );
}

#[test]
fn someone_who_types_a_first_line_listens_meanwhile() {
    check(
        r#"
        here alice
        connect bob
        bob>> "b"
        alice> too early
        wait 300ms
        alice> hello
        bob< <alice> hello
        bob>> "ob\r\n"
        bob< * You are bob, in lobby with alice.
        bob< [2026-11-20 14:03:07Z] <alice> too early
        bob< [2026-11-20 14:03:07Z] <alice> hello
        alice< * bob joined
        "#,
    );
}

#[test]
fn the_password_comes_first_and_nothing_before_it() {
    check(
        "
        set password=open sesame
        connect alice
        alice> open sesame
        alice> alice
        alice< * You are alice, alone in lobby.
        connect bob
        wait 299ms
        wait 1ms
        bob< * This server asks for a password.
        alice> secret things
        alice> /who
        alice< * lobby: alice
        bob> bob
        bob< * wrong password
        bob>
        bob> OPEN SESAME
        bob< * wrong password
        bob> open sesame
        bob< * Welcome to parloir. Type a nickname and press Enter; /help lists the commands.
        alice> /who
        alice< * lobby: alice and 1 listener
        bob> bob
        bob< * You are bob, in lobby with alice.
        bob< [2026-11-20 14:03:07Z] <alice> secret things
        alice< * bob joined
        ",
    );
}

#[test]
fn the_third_wrong_password_closes() {
    check(
        "
        set password=secret
        connect bob
        bob> a
        bob< * wrong password
        bob> /quit
        bob< * wrong password
        bob> secret2
        bob< * wrong password
        bob closed
        ",
    );
}

#[test]
fn passwords_and_what_follows_may_come_at_once_and_without_newlines() {
    check(
        r#"
        set password=secret
        connect alice
        alice>> "secret\nalice\nhello\n/who\n"
        alice< * You are alice, alone in lobby.
        alice< * lobby: alice
        connect bob
        bob>> "secret"
        wait 200ms
        bob>> "bob"
        wait 200ms
        bob< * You are bob, in lobby with alice.
        bob< [2026-11-20 14:03:07Z] <alice> hello
        alice< * bob joined
        "#,
    );
}

#[test]
fn a_greeting_may_come_without_delay() {
    check(
        "
        set greet_after=0ms
        connect alice
        wait 0ms
        alice< * Welcome to parloir. Type a nickname and press Enter; /help lists the commands.
        wait 60s
        ",
    );
}

/// A client whose right password came late was in no room before its next line.
#[test]
fn a_late_right_password_makes_a_listener_at_once() {
    check(
        "
        set password=secret
        connect alice
        alice> secret
        alice> alice
        alice< * You are alice, alone in lobby.
        connect bob
        bob> wrong
        bob< * wrong password
        wait 1s
        bob> secret
        alice> hello
        bob< <alice> hello
        ",
    );
}

#[test]
fn what_is_shown_on_arrival_is_in_order() {
    check(
        "
        set motd=be nice||have tea
        here alice bob
        alice> /topic cake
        skip
        bob> hi
        skip
        connect carol
        carol> carol
        carol< * You are carol, in lobby with alice and bob.
        carol< * be nice
        carol<< \"* \\n\"
        carol< * have tea
        carol< * topic: cake
        carol< [2026-11-20 14:03:07Z] <bob> hi
        alice< * carol joined
        bob< * carol joined
        carol> /join dev
        carol< * You are carol, alone in dev.
        alice< * carol left
        bob< * carol left
        carol> /join lobby
        carol< * You are carol, in lobby with alice and bob.
        carol< * topic: cake
        carol< [2026-11-20 14:03:07Z] <bob> hi
        alice< * carol joined
        bob< * carol joined
        ",
    );
}

#[test]
fn the_first_room_may_have_another_name() {
    check(
        "
        set default_room=Café
        here alice
        alice> /join #CAFÉ
        alice< * you are in Café
        ",
    );
}

/// A first room whose name cannot be typed is a room that nobody can come back to.
#[test]
fn a_first_room_that_cannot_be_joined_is_refused() {
    for name in [
        "",
        "my room",
        "#lobby",
        "a\nb",
        "a,b",
        "zoe\u{301}",
        &"x".repeat(33),
    ] {
        let config = RelayConfig {
            default_room: name.into(),
            ..RelayConfig::default()
        };
        let error = Relay::new(config).expect_err(name).to_string();
        assert!(error.starts_with("default_room must be"), "{error}");
    }
}
