//! The connection from its first line to the welcome, and its end.

use crate::script::check;

#[test]
fn a_nickname_and_a_user_are_welcome() {
    check(
        r#"
        set name=chat.example
        connect alice irc
        alice>> "NICK alice\r\n"
        alice>> "USER ally 0 * :Alice Liddell\r\n"
        alice< :chat.example 001 alice …alice!~ally@…
        alice< :chat.example 002 alice …chat.example…
        alice< :chat.example 003 alice …
        alice< :chat.example 004 alice chat.example parloir-… Biow Ibeiklmnoqstv Ibekloqv
        alice< :chat.example 005 alice AWAYLEN=200 BOT=B CASEMAPPING=ascii CHANLIMIT=#:100 CHANMODES=beIq,k,l,imnst CHANNELLEN=33 …
        alice< :chat.example 005 alice …
        alice< :chat.example 005 alice …
        alice< :chat.example 251 alice :There are 1 users and 0 invisible on 1 servers
        alice< :chat.example 252 alice 0 …
        alice< :chat.example 253 alice 0 …
        alice< :chat.example 254 alice 0 …
        alice< :chat.example 255 alice :I have 1 clients and 0 servers
        alice< :chat.example 265 alice 1 1 …
        alice< :chat.example 266 alice 1 1 …
        alice< :chat.example 422 alice …
        "#,
    );
}

#[test]
fn the_order_of_nick_and_user_makes_no_difference() {
    check(
        "
        irc bob
        connect alice irc
        alice> USER ally 0 * :Alice
        alice<
        alice> nick alice
        skip
        bob> PRIVMSG alice :hello
        alice< {bob} PRIVMSG alice hello
        ",
    );
}

#[test]
fn the_message_of_the_day_stands_last() {
    check(
        "
        set motd=be kind|and brief
        irc alice
        alice> MOTD
        alice< :parloir.local 375 alice …
        alice< :parloir.local 372 alice :…be kind
        alice< :parloir.local 372 alice :…and brief
        alice< :parloir.local 376 alice …
        ",
    );
}

#[test]
fn a_taken_nickname_is_refused_and_never_changed() {
    check(
        "
        irc alice
        connect bob irc
        bob> NICK ALICE
        bob<
        bob> USER bob 0 * :Bob
        bob< :parloir.local 433 * ALICE …
        bob> NICK bob
        skip
        bob> NICK alice
        bob< :parloir.local 433 bob alice …
        alice> PRIVMSG bob :still you?
        bob< {alice} PRIVMSG bob :still you?
        ",
    );
}

#[test]
fn a_user_name_that_cannot_be_shown_is_refused_but_not_its_owner() {
    check(
        "
        irc alice
        connect bob irc
        bob> NICK alice
        bob> USER 😊😊 0 * :Bob
        bob< :parloir.local 468 alice …
        bob< :parloir.local 433 * alice …
        bob> NICK bob
        skip
        bob> PRIVMSG alice :hello
        alice< :bob!~user@… PRIVMSG alice hello
        ",
    );
}

#[test]
fn a_nickname_is_somebody_s_from_the_welcome_on() {
    check(
        "
        connect one irc
        connect two irc
        one> NICK alice
        two> NICK alice
        two> USER two 0 * :Two
        skip
        one> USER one 0 * :One
        one< :parloir.local 433 … alice …
        one> NICK alicia
        skip
        one> PRIVMSG alice :hello
        two< :alicia!~one@… PRIVMSG alice hello
        ",
    );
}

#[test]
fn bad_nicknames_are_refused() {
    check(
        "
        connect bob irc
        bob> NICK
        bob< :parloir.local 431 * …
        bob> NICK :
        bob< :parloir.local 431 * …
        bob> NICK *
        bob< :parloir.local 432 * * …
        bob> NICK #dev
        bob< :parloir.local 432 * #dev …
        bob> NICK 1st
        bob< :parloir.local 432 * 1st …
        bob> NICK @bob
        bob< :parloir.local 432 * @bob …
        bob> NICK :two words
        bob< :parloir.local 432 * * …
        bob> NICK a!b
        bob< :parloir.local 432 * a!b …
        bob> NICK a,b
        bob< :parloir.local 432 * a,b …
        ",
    );
}

#[test]
fn a_user_needs_a_name_and_a_real_name() {
    check(
        "
        connect bob irc
        bob> NICK bob
        bob> USER bob
        bob< :parloir.local 461 … USER …
        bob> USER bob 0 *
        bob< :parloir.local 461 … USER …
        bob> USER bob 0 * :
        bob< :parloir.local 461 … USER …
        bob> USER bob 0 * :Bob
        skip
        bob> USER bob 0 * :Bob
        bob< :parloir.local 462 bob …
        bob> PASS sesame
        bob< :parloir.local 462 bob …
        ",
    );
}

#[test]
fn before_the_welcome_most_commands_are_not_heard() {
    check(
        "
        irc bob
        connect alice irc
        alice> JOIN :
        alice< :parloir.local 451 * …
        alice> PRIVMSG bob :hello
        alice< :parloir.local 451 * …
        alice> NONSENSE
        alice< :parloir.local 451 * …
        alice> hello everybody
        alice< :parloir.local 451 * …
        alice> PING token
        alice< :parloir.local PONG parloir.local token
        alice> PONG token
        alice<
        ",
    );
}

#[test]
fn a_password_comes_first() {
    check(
        "
        set password=sesame
        connect alice irc
        alice> PASS sesame
        alice> NICK alice
        alice> USER alice 0 * :Alice
        skip
        alice> PING x
        alice< :parloir.local PONG parloir.local x
        connect bob irc
        bob> PASS wrong
        bob> NICK bob
        bob> USER bob 0 * :Bob
        bob< :parloir.local 464 … …
        bob< ERROR …
        bob closed
        connect carol irc
        carol> NICK carol
        carol> USER carol 0 * :Carol
        carol< :parloir.local 464 … …
        carol< ERROR …
        carol closed
        connect dave irc
        dave> PASS
        dave< :parloir.local 461 … PASS …
        ",
    );
}

#[test]
fn quitting_before_the_welcome_says_goodbye() {
    check(
        "
        connect alice irc
        alice> QUIT :no thanks
        alice< ERROR :…no thanks…
        alice closed
        connect bob irc
        bob> NICK bob
        bob> QUIT
        bob< ERROR …
        bob closed
        ",
    );
}

#[test]
fn quitting_says_goodbye_and_tells_the_others() {
    check(
        "
        irc alice bob carol
        alice> JOIN #dev,#ops
        skip
        bob> JOIN #dev,#ops
        skip
        bob> QUIT :so long
        bob< ERROR :…so long…
        bob closed
        alice< {bob} QUIT :…so long
        carol<
        ",
    );
}

#[test]
fn a_connection_that_breaks_is_a_quit() {
    check(
        "
        irc alice bob
        alice> JOIN #dev
        skip
        bob> JOIN #dev
        skip
        lost bob stalled
        alice< {bob} QUIT :…
        ",
    );
}

#[test]
fn on_the_common_port_the_first_line_tells() {
    check(
        r#"
        connect alice
        alice>> "CAP LS 302\r\n"
        alice< :parloir.local CAP * LS …
        alice>> "CAP END\r\nNICK alice\r\nUSER alice 0 * :Alice\r\n"
        skip
        alice> PING x
        alice< :parloir.local PONG parloir.local x
        connect bob
        bob>> "NICK bob\r\n"
        bob<
        bob>> "USER bob 0 * :Bob\r\n"
        skip
        bob> PRIVMSG alice :hello
        alice< {bob} PRIVMSG alice hello
        connect carol
        carol>> "PASS sesame\r\n"
        carol<
        connect dave
        dave>> "USER dave 0 * :Dave\r\n"
        dave<
        "#,
    );
}

#[test]
fn a_nickname_of_the_line_dialect_is_no_command() {
    check(
        "
        connect nick
        nick> NICK
        nick< * You are NICK, alone in lobby.
        connect cap
        cap> nick cap
        cap< * You are nick_cap, in lobby with NICK.
        nick< * nick_cap joined
        connect user
        user> USER
        user< * You are USER, in lobby with NICK and nick_cap.
        nick< * USER joined
        cap< * USER joined
        ",
    );
}

#[test]
fn the_stop_of_the_server_is_an_error() {
    check(
        "
        irc alice
        stop
        alice< ERROR …
        ",
    );
}

#[test]
fn asking_for_a_capability_holds_the_welcome_back() {
    check(
        "
        connect alice irc
        alice> CAP REQ :multi-prefix
        alice< :parloir.local CAP * ACK multi-prefix
        alice> NICK alice
        alice> USER alice 0 * :Alice
        alice<
        alice> CAP END
        alice< :parloir.local 001 alice …
        skip
        alice> CAP REQ :setname
        alice< :parloir.local CAP alice ACK setname
        alice> NICK alicia
        alice< {alice} NICK alicia
        ",
    );
}
