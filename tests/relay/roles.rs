//! Listeners for programs, and the lines that each role is told. Every case is a script.

use std::time::Duration;

use parloir::relay::Role;
use parloir::{Address, Peer, Protocol, RejectReason, Relay, RelayConfig, Time};

use crate::script::check;

#[test]
fn listen_hears_what_is_said_and_nothing_else() {
    check(
        r#"
        set motd=welcome
        connect deaf listen
        wait 60s
        connect alice
        alice> alice
        alice< * You are alice, in lobby with 1 listener.
        alice< * welcome
        alice> hello
        deaf< <alice> hello
        alice> /me waves
        deaf< ~ alice waves
        alice> /topic tea
        alice< * topic: tea
        alice> /nick ali
        alice< * You are now ali.
        alice> /msg deaf hi
        alice< * no one here is called deaf
        deaf>> "bob\n/who\n\xff\xfd\x06hello\n" "x"*9000 "\n"
        deaf>> "x"
        wait 60s
        end deaf
        wait 60s
        alice> still there?
        deaf< <ali> still there?
        alice> /who
        alice< * lobby: ali and 1 listener
        reset deaf
        deaf closed
        alice> /who
        alice< * lobby: ali
        "#,
    );
}

#[test]
fn listen_takes_its_password_in_silence() {
    check(
        r#"
        set password=secret
        connect alice
        alice>> "secret\nalice\n"
        alice< * You are alice, alone in lobby.
        connect deaf listen
        wait 60s
        alice> before
        deaf>> "secret"
        end deaf
        alice> after
        deaf< <alice> after
        connect wrong listen
        wrong> password
        wrong closed
        "#,
    );
}

#[test]
fn talk_says_every_line_literally_and_hears_nothing() {
    check(
        r#"
        here alice
        connect mute talk
        wait 60s
        alice> /who
        alice< * lobby: alice
        mute> sensor 1
        alice< * sensor_1 joined
        mute> /quit
        alice< <sensor_1> /quit
        mute> //x
        alice< <sensor_1> //x
        mute>
        mute>> " \n" "x"*9000 "\n"
        mute>> "\xff\xfd\x06\xff\xfd\x01on\n"
        alice< <sensor_1> on
        mute>  /who
        alice< <sensor_1>  /who
        alice> hello
        alice> /who
        alice< * lobby: alice and sensor_1
        alice> /msg sensor_1 hi
        alice< * sensor_1 reads nothing here: not sent
        end mute
        alice< * sensor_1 left
        mute closed
        "#,
    );
}

#[test]
fn talk_with_an_empty_nickname_is_guest() {
    check(
        r#"
        here alice
        connect mute talk
        mute>> "\nhello\n"
        alice< * guest joined
        alice< <guest> hello
        connect other talk
        other> *
        alice< * guest2 joined
        connect third talk
        third> /nick x
        alice< * nick_x joined
        "#,
    );
}

#[test]
fn talk_takes_its_password_in_silence() {
    check(
        r#"
        set password=secret
        connect alice
        alice>> "secret\nalice\n"
        alice< * You are alice, alone in lobby.
        connect mute talk
        mute>> "secret\nsensor\n21\n"
        alice< * sensor joined
        alice< <sensor> 21
        connect empty talk
        empty>> "secret\n\n21\n"
        alice< * guest joined
        alice< <guest> 21
        connect wrong talk
        wrong> sensor
        wrong closed
        "#,
    );
}

#[test]
fn broker_passes_lines_on_unlabelled() {
    check(
        r#"
        here alice
        connect a broker
        connect b broker
        connect c broker
        connect other broker:2
        wait 60s
        a> hello
        b< hello
        c< hello
        b> /quit
        a< /quit
        c< /quit
        c> * bob joined
        a< * bob joined
        b< * bob joined
        a>> "\e[1mx\r\0\n  y \xe9\n" "z"*5000 "\n"
        b< x
        c< x
        b<< "  y é\n"
        c<< "  y é\n"
        a>> "\xff\xfd\x06"
        end b
        b closed
        a>> "last"
        end a
        c< last
        a closed
        "#,
    );
}

#[test]
fn broker_takes_its_password_in_silence() {
    check(
        "
        set password=secret
        connect a broker
        connect b broker
        a> secret
        a> too early
        b> secret
        a> now
        b< now
        connect c broker
        c> now
        c closed
        ",
    );
}

#[test]
fn skipped_lines_are_told_of() {
    let mut relay = Relay::new(RelayConfig::default()).expect("a valid configuration");
    for (shared, direct, notice) in [
        (1, 0, "* 1 line skipped: you were reading too slowly\n"),
        (2, 0, "* 2 lines skipped: you were reading too slowly\n"),
        (37, 0, "* 37 lines skipped: you were reading too slowly\n"),
        (
            0,
            1,
            "* 1 private message skipped: you were reading too slowly\n",
        ),
        (
            1,
            3,
            "* 1 line skipped: you were reading too slowly\n\
             * 3 private messages skipped: you were reading too slowly\n",
        ),
    ] {
        let mut line = Vec::new();
        let skipped = parloir::Skipped { shared, direct };
        relay.skipped(parloir::ConnId::new(0, 1), skipped, &mut line);
        assert_eq!(String::from_utf8(line).unwrap(), notice);
    }
}

#[test]
fn who_may_be_silent_for_ever_is_not_waited_for_as_long_as_who_is_greeted() {
    let config = RelayConfig {
        greet_after: Duration::from_millis(700),
        ..RelayConfig::default()
    };
    let relay = Relay::new(config).expect("a valid configuration");
    for (role, ms) in [
        (Role::Auto, 700),
        (Role::Line, 700),
        (Role::Listen, 300),
        (Role::Broker, 300),
        (Role::Talk, 10_000),
        (Role::Irc, 10_000),
    ] {
        let silence = Duration::from_millis(ms);
        assert_eq!(relay.plain_after(role), silence, "{role:?}");
    }
    // The time is never longer than the client has for its first bytes, and never zero.
    let mut config = RelayConfig {
        greet_after: Duration::ZERO,
        ping_after: Duration::from_secs(3),
        ..RelayConfig::default()
    };
    config.request_within = Duration::from_secs(2);
    let relay = Relay::new(config).expect("a valid configuration");
    for (role, ms) in [(Role::Auto, 300), (Role::Irc, 3_000), (Role::Web, 2_000)] {
        let silence = Duration::from_millis(ms);
        assert_eq!(relay.plain_after(role), silence, "{role:?}");
    }
}

#[test]
fn only_those_who_chat_are_told_why_they_are_turned_away() {
    let now = Time::new(Duration::ZERO, Duration::ZERO);
    let mut relay = Relay::new(RelayConfig::default()).expect("a valid configuration");
    for (role, is_told) in [
        (Role::Auto, true),
        (Role::Line, true),
        (Role::Listen, false),
        (Role::Talk, false),
        (Role::Broker, false),
    ] {
        let tag = relay.tag(role);
        let address = Address::Unix;
        for (why, words) in [
            (RejectReason::Full, "* server full\n"),
            (
                RejectReason::FullForAddress,
                "* too many connections from your address\n",
            ),
        ] {
            let mut line = Vec::new();
            relay.refused(&Peer::new(tag, address, now), why, &mut line);
            let expected = if is_told { words } else { "" };
            assert_eq!(String::from_utf8(line).unwrap(), expected, "{role:?}");
        }
    }
}

/// A client that had given no password, and could not give one any more, waited for ever.
#[test]
fn listen_without_its_password_ends_with_its_input() {
    check(
        "
        set password=secret
        connect deaf listen
        end deaf
        deaf closed
        connect blank listen
        blank>
        end blank
        blank closed
        ",
    );
}
