//! The server's information about itself, and server operators.

use crate::script::check;

#[test]
fn numbers_of_people() {
    check(
        "
        irc alice
        connect bob irc
        bob> NICK bob
        alice> LUSERS
        alice< :parloir.local 251 alice :There are 1 users and 0 invisible on 1 servers
        alice< :parloir.local 252 alice 0 …
        alice< :parloir.local 253 alice 1 …
        alice< :parloir.local 254 alice 0 …
        alice< :parloir.local 255 alice :I have 1 clients and 0 servers
        alice< :parloir.local 265 alice 1 1 …
        alice< :parloir.local 266 alice 1 1 …
        bob> USER bob 0 * :Bob
        skip
        bob> MODE bob +i
        skip
        bob> JOIN #dev
        skip
        alice> LUSERS
        alice< :parloir.local 251 alice :There are 1 users and 1 invisible on 1 servers
        alice< :parloir.local 252 alice 0 …
        alice< :parloir.local 253 alice 0 …
        alice< :parloir.local 254 alice 1 …
        alice< :parloir.local 255 alice :I have 2 clients and 0 servers
        alice< :parloir.local 265 alice 2 2 …
        alice< :parloir.local 266 alice 2 2 …
        bob> QUIT
        skip
        bob closed
        alice> LUSERS
        alice< :parloir.local 251 alice :There are 1 users and 0 invisible on 1 servers
        alice< :parloir.local 252 alice 0 …
        alice< :parloir.local 253 alice 0 …
        alice< :parloir.local 254 alice 0 …
        alice< :parloir.local 255 alice :I have 1 clients and 0 servers
        alice< :parloir.local 265 alice 1 2 …
        alice< :parloir.local 266 alice 1 2 …
        ",
    );
}

#[test]
fn what_the_server_is() {
    check(
        "
        set name=chat.example
        irc alice
        alice> VERSION
        alice< :chat.example 351 alice parloir-… chat.example …
        skip
        alice> TIME
        alice< :chat.example 391 alice chat.example …
        alice> INFO
        alice< :chat.example 371 alice parloir-…
        alice< :chat.example 371 alice …
        alice< :chat.example 371 alice …
        alice< :chat.example 371 alice :Running since 2026-11-20T14:03:07.000Z
        alice< :chat.example 374 alice …
        alice> LINKS
        alice< :chat.example 365 alice * …
        alice> ADMIN
        alice< :chat.example 256 alice chat.example …
        alice< :chat.example 257 alice …
        alice< :chat.example 258 alice …
        alice< :chat.example 259 alice …
        alice> STATS u
        alice< :chat.example 242 alice …
        alice< :chat.example 219 alice u …
        alice> MOTD
        alice< :chat.example 422 alice …
        ",
    );
}

#[test]
fn a_ping_is_answered() {
    check(
        "
        irc alice
        alice> PING token
        alice< :parloir.local PONG parloir.local token
        alice> PING :two words
        alice< :parloir.local PONG parloir.local :two words
        alice> PING
        alice< :parloir.local 409 alice …
        alice> PONG token
        alice<
        ",
    );
}

#[test]
fn help_is_there() {
    check(
        "
        irc alice
        alice> HELP
        alice< :parloir.local 704 alice … …
        skip
        alice> HELPOP privmsg
        alice< :parloir.local 704 alice privmsg …
        alice< :parloir.local 706 alice privmsg …
        alice> HELP mode
        alice< :parloir.local 704 alice mode …
        alice< :parloir.local 705 alice mode …
        alice< :parloir.local 705 alice mode …
        alice< :parloir.local 705 alice mode :MODE nick …
        alice< :parloir.local 706 alice mode …
        alice> HELP NONSENSE
        alice< :parloir.local 524 alice NONSENSE …
        ",
    );
}

#[test]
fn operators_identify_themselves() {
    check(
        "
        set operator=root sesame
        irc alice bob
        alice> OPER root wrong
        alice< :parloir.local 464 alice …
        alice> OPER nobody sesame
        alice< :parloir.local 464 alice …
        alice> OPER root
        alice< :parloir.local 461 alice OPER …
        alice> KILL bob :because
        alice< :parloir.local 481 alice …
        alice> WALLOPS :hello
        alice< :parloir.local 481 alice …
        alice> OPER root sesame
        alice< :parloir.local 381 alice …
        alice< {alice} MODE alice +o
        bob> WHOIS alice
        bob< :parloir.local 311 bob alice ~alice … * alice
        bob< :parloir.local 312 bob alice parloir.local …
        bob< :parloir.local 313 bob alice …
        bob< :parloir.local 317 bob alice … … …
        bob< :parloir.local 318 bob alice …
        alice> REHASH
        alice< :parloir.local 382 alice … …
        alice> MODE alice -o
        alice< {alice} MODE alice -o
        alice> WALLOPS :hello
        alice< :parloir.local 481 alice …
        ",
    );
}

#[test]
fn an_operator_removes_people() {
    check(
        "
        set operator=root sesame
        irc alice bob carol
        bob> JOIN #dev
        skip
        carol> JOIN #dev
        skip
        alice> OPER root sesame
        skip
        alice> KILL bob :because
        bob< {alice} KILL bob …because…
        bob< ERROR …because…
        bob closed
        carol< {bob} QUIT …
        alice> KILL nobody :because
        alice< :parloir.local 401 alice nobody …
        ",
    );
}

#[test]
fn wallops_go_to_those_who_want_them() {
    check(
        "
        set operator=root sesame
        irc alice bob carol
        bob> MODE bob +w
        skip
        alice> OPER root sesame
        skip
        alice> WALLOPS :restarting soon
        bob< {alice} WALLOPS :restarting soon
        ",
    );
}

#[test]
fn where_there_is_no_operator_nobody_becomes_one() {
    check(
        "
        irc alice
        alice> OPER root sesame
        alice< :parloir.local 491 alice …
        ",
    );
}

#[test]
fn another_server_is_not_known() {
    check(
        "
        set name=chat.example
        irc alice
        alice> VERSION elsewhere.example
        alice< :chat.example 402 alice elsewhere.example …
        alice> TIME CHAT.*
        alice< :chat.example 391 alice chat.example …
        ",
    );
}

#[test]
fn whoever_was_killed_was_told_of_a_room_that_they_were_put_out_of() {
    check(
        "
        set operator=root sesame
        irc alice
        here bob carol
        alice> OPER root sesame
        skip
        alice> KILL bob :because
        bob< * you were disconnected by alice (because)
        bob closed
        carol< * bob left (removed by alice: because)
        alice> KILL carol
        carol< * you were disconnected by alice
        carol closed
        ",
    );
}

#[test]
fn three_wrong_passwords_to_rule_the_server_close_and_more_of_them_take_time() {
    check(
        "
        set operator=root sesame
        irc alice bob carol
        alice> OPER root a
        alice< :parloir.local 464 alice …
        alice> OPER root b
        alice< :parloir.local 464 alice …
        alice> OPER root c
        alice< :parloir.local 464 alice …
        alice< ERROR …
        alice closed
        bob> OPER root sesame
        bob< :parloir.local 464 bob :Too many wrong passwords from there: wait 1 s
        wait 249ms
        bob> OPER root sesame
        bob< :parloir.local 464 bob :Too many wrong passwords from there: wait 1 s
        wait 1ms
        bob> OPER root sesame
        bob< :parloir.local 381 bob …
        bob< {bob} MODE bob +o
        carol> OPER root d
        carol< :parloir.local 464 carol …
        carol> OPER root sesame
        carol< :parloir.local 464 carol …
        wait 500ms
        carol> OPER root sesame
        carol< :parloir.local 381 carol …
        carol< {carol} MODE carol +o
        ",
    );
}

#[test]
fn where_somebody_comes_from_is_for_operators_to_know() {
    check(
        "
        set operator=root sesame
        irc alice bob
        alice> WHOIS bob
        alice< :parloir.local 311 alice bob …
        alice< :parloir.local 312 alice bob …
        alice< :parloir.local 317 alice bob …
        alice< :parloir.local 318 alice bob …
        alice> OPER root sesame
        skip
        alice> WHOIS bob
        alice< :parloir.local 311 alice bob …
        alice< :parloir.local 312 alice bob …
        alice< :parloir.local 338 alice bob localhost …
        alice< :parloir.local 317 alice bob …
        alice< :parloir.local 318 alice bob …
        ",
    );
}
