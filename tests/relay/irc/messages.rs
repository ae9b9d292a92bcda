//! Messages to channels and to people, and the length that fits into a line.

use parloir::{ConnId, RelayConfig};

use crate::script::check;
use crate::support::Stage;

#[test]
fn a_message_goes_to_everyone_else() {
    check(
        "
        irc alice bob carol
        alice> JOIN #dev
        skip
        bob> JOIN #dev
        skip
        alice> PRIVMSG #dev :hello there
        bob< {alice} PRIVMSG #dev :hello there
        alice> PRIVMSG #dev word
        bob< {alice} PRIVMSG #dev word
        alice> NOTICE #dev :psst
        bob< {alice} NOTICE #dev psst
        alice> privmsg #DEV ::)
        bob< {alice} PRIVMSG #… ::)
        ",
    );
}

#[test]
fn a_message_to_a_nickname_is_private() {
    check(
        "
        irc alice bob carol
        alice> PRIVMSG bob :hello there
        bob< {alice} PRIVMSG bob :hello there
        alice> PRIVMSG BOB :hello there
        bob< {alice} PRIVMSG … :hello there
        alice> NOTICE bob :psst
        bob< {alice} NOTICE bob psst
        alice> PRIVMSG bob,carol :both
        bob< {alice} PRIVMSG bob both
        carol< {alice} PRIVMSG carol both
        alice> PRIVMSG alice :me
        alice< {alice} PRIVMSG alice me
        ",
    );
}

#[test]
fn what_cannot_be_said_is_told_but_not_for_notices() {
    check(
        "
        irc alice bob
        alice> PRIVMSG nobody :hello
        alice< :parloir.local 401 alice nobody …
        alice> PRIVMSG #nowhere :hello
        alice< :parloir.local 403 alice #nowhere …
        alice> PRIVMSG
        alice< :parloir.local 411 alice …
        alice> PRIVMSG bob
        alice< :parloir.local 412 alice …
        alice> PRIVMSG bob :
        alice< :parloir.local 412 alice …
        alice> NOTICE nobody :hello
        alice<
        alice> NOTICE #nowhere :hello
        alice<
        alice> NOTICE
        alice<
        alice> NOTICE bob
        alice<
        ",
    );
}

#[test]
fn questions_for_programs_pass_through() {
    check(
        r#"
        irc alice bob
        alice>> "PRIVMSG bob :\x01VERSION\x01\r\n"
        bob<< ":alice!"
        skip
        bob>> "NOTICE alice :\x01VERSION netcat\x01\r\n"
        alice<< ":bob!"
        skip
        alice>> "PRIVMSG bob :\x01ACTION waves\x01\r\n"
        skip
        alice>> "PRIVMSG bob :\x02bold\x02 \x0304red\x03 plain\r\n"
        skip
        "#,
    );
}

#[test]
fn formatting_passes_through() {
    check(
        "
        irc alice bob
        alice> PRIVMSG bob :\u{2}bold\u{2} and \u{3}04red\u{f}, \u{1d}italic\u{1d}
        bob< {alice} PRIVMSG bob :\u{2}bold\u{2} and \u{3}04red\u{f}, \u{1d}italic\u{1d}
        ",
    );
}

#[test]
fn operators_can_be_reached_alone() {
    check(
        "
        irc alice bob carol
        alice> JOIN #dev
        skip
        bob> JOIN #dev
        skip
        carol> JOIN #dev
        skip
        alice> MODE #dev +v bob
        skip
        carol> PRIVMSG @#dev :a word with you
        alice< {carol} PRIVMSG @#dev :a word with you
        carol> PRIVMSG +#dev :a word with you
        alice< {carol} PRIVMSG +#dev :a word with you
        bob< {carol} PRIVMSG +#dev :a word with you
        ",
    );
}

#[test]
fn who_is_away_says_so() {
    check(
        "
        irc alice bob
        bob> AWAY :out to lunch
        bob< :parloir.local 306 bob …
        alice> PRIVMSG bob :hungry?
        alice< :parloir.local 301 alice bob :out to lunch
        bob< {alice} PRIVMSG bob hungry?
        alice> NOTICE bob :hungry?
        bob< {alice} NOTICE bob hungry?
        ",
    );
}

#[test]
fn a_line_has_512_bytes_with_its_end() {
    let (fits, long) = ("x".repeat(505), "x".repeat(506));
    check(&format!(
        r#"
        irc alice
        alice>> "PING {fits}\r\n"
        alice< :parloir.local PONG parloir.local x…
        alice>> "PING {long}\r\n"
        alice< :parloir.local 417 alice …
        alice>> "PING \r\n"
        alice< :parloir.local 409 alice …
        alice>> "PING {long}\n"
        alice< :parloir.local 417 alice …
        alice>> "PING ok\n"
        alice< :parloir.local PONG parloir.local ok
        "#,
    ));
}

#[test]
fn tags_have_4096_bytes_of_their_own() {
    let (fits, long) = (
        "x".repeat(4096 - "@+a= ".len()),
        "x".repeat(4096 - "@+a=".len()),
    );
    check(&format!(
        r#"
        irc alice bob
        caps alice message-tags
        caps bob message-tags
        alice>> "@+a={fits} TAGMSG bob\r\n"
        bob< @+a={fits};msgid=… {{alice}} TAGMSG bob
        alice>> "@+a={long} TAGMSG bob\r\n"
        alice< :parloir.local 417 alice …
        alice>> "@+a={long} PRIVMSG bob :hello\r\n"
        alice< :parloir.local 417 alice …
        "#,
    ));
}

#[test]
fn what_is_not_utf8_is_windows_1252() {
    check(
        r#"
        irc alice bob
        alice>> "PRIVMSG bob :caf\xe9\r\n"
        bob< {alice} PRIVMSG bob café
        alice>> "PRIVMSG bob :café\r\n"
        bob< {alice} PRIVMSG bob café
        connect rene irc
        rene>> "NICK ren\xe9\r\nUSER ren\xe9 0 * :Ren\xe9 \x80\r\n"
        skip
        alice>> "WHOIS ren\xe9\r\n"
        alice< :parloir.local 311 alice rené ~rené … * :René €
        skip
        "#,
    );
}

#[test]
fn lines_end_with_cr_lf_or_lf_and_empty_ones_are_nothing() {
    check(
        r#"
        irc alice
        alice>> "PING a\nPING b\r\n\r\n\n  \r\nPING c\r\n"
        alice< :parloir.local PONG parloir.local a
        alice< :parloir.local PONG parloir.local b
        alice< :parloir.local PONG parloir.local c
        alice>> "  PING   d  \r\n"
        alice< :parloir.local PONG parloir.local d
        alice>> ":alice PING e\r\n"
        alice< :parloir.local PONG parloir.local e
        "#,
    );
}

#[test]
fn unknown_commands_are_told() {
    check(
        "
        irc alice
        alice> NONSENSE with words
        alice< :parloir.local 421 alice NONSENSE …
        alice> lower
        alice< :parloir.local 421 alice lower …
        ",
    );
}

#[test]
fn one_message_goes_to_so_many_and_no_more() {
    check(
        "
        irc alice bob carol dave erin fred
        alice> PRIVMSG bob,carol,dave,erin,fred :hello
        alice< :parloir.local 407 alice fred …
        bob< {alice} PRIVMSG bob hello
        carol< {alice} PRIVMSG carol hello
        dave< {alice} PRIVMSG dave hello
        erin< {alice} PRIVMSG erin hello
        fred<
        ",
    );
}

#[test]
fn a_line_with_nul_or_a_bare_cr_in_it_is_refused() {
    check(
        r#"
        irc alice bob
        alice>> "PRIVMSG bob :hel\0lo\r\n"
        alice< :parloir.local 400 alice PRIVMSG …
        alice>> "PRIVMSG bob :hello\rQUIT :no\r\n"
        alice< :parloir.local 400 alice PRIVMSG …
        bob<
        "#,
    );
}

/// A stage where alice speaks IRC and bob does not, and each may say five lines at once.
fn paced() -> (Stage, ConnId, ConnId) {
    let mut stage = Stage::new(RelayConfig {
        rate: 1,
        burst: 5,
        ..RelayConfig::default()
    });
    let bob = stage.arrive("bob");
    let alice = stage.connect();
    stage.send(alice, "NICK alice\r\nUSER a 0 * :a\r\nJOIN #lobby\r\n");
    stage.wait_ms(10_000);
    stage.hear(alice);
    stage.hear(bob);
    (stage, alice, bob)
}

/// A PING behind a paste of many lines asks whether the server is alive, so it must not wait for
/// the paste.
#[test]
fn a_ping_waits_for_no_paste() {
    let (mut stage, alice, bob) = paced();
    stage.send(alice, "PRIVMSG #lobby :word\r\n".repeat(20));
    assert_eq!(stage.hear(bob).matches("word").count(), 5);
    stage.send(alice, "PING :one\r\n@label=x PING two\r\nPING ");
    stage.send(alice, "three\r\nPRIVMSG #lobby :last\r\n");
    let answer = stage.hear(alice);
    assert!(answer.contains("PONG parloir.local :one\r\n"), "{answer}");
    assert!(answer.contains("PONG parloir.local :three\r\n"), "{answer}");
    assert_eq!(answer.matches("PONG").count(), 2, "{answer}");
    stage.wait_ms(20_000);
    let heard = stage.hear(bob);
    assert_eq!(heard.matches("word").count(), 15);
    assert!(heard.ends_with("last\n"), "{heard}");
    // Each PING is answered once.
    let answer = stage.hear(alice);
    assert_eq!(answer.matches("PONG").count(), 1, "{answer}");
}

#[test]
fn who_quits_behind_a_paste_goes_at_once_if_it_is_short() {
    for (count, heard_at_once, is_gone) in [(5, 5, true), (10, 10, true), (11, 5, false)] {
        let (mut stage, alice, bob) = paced();
        let paste = "PRIVMSG #lobby :word\r\n".repeat(count);
        stage.send(alice, paste + "QUIT :bye\r\n");
        assert_eq!(stage.is_closed(alice), is_gone, "{count} lines");
        let heard = stage.hear(bob);
        assert_eq!(heard.matches("word").count(), heard_at_once);
        assert_eq!(heard.contains("alice left (bye)"), is_gone, "{heard}");
        stage.wait_ms(10_000);
        assert!(stage.is_closed(alice));
        let rest = stage.hear(bob);
        assert_eq!(rest.matches("word").count(), count - heard_at_once);
    }
}
