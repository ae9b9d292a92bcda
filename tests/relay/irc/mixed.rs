//! Line clients and IRC clients in the same rooms, with equal rights, each in the words of its
//! dialect.

use crate::script::check;

#[test]
fn each_hears_the_other_speak() {
    check(
        "
        here alice
        irc bob
        bob> JOIN #lobby
        bob< {bob} JOIN #lobby
        bob< :parloir.local 353 bob = #lobby :alice bob
        bob< :parloir.local 366 bob #lobby …
        alice< * bob joined
        alice> hello
        bob< {alice} PRIVMSG #lobby hello
        bob> PRIVMSG #lobby :hello yourself
        alice< <bob> hello yourself
        bob> NOTICE #lobby :psst
        alice< <bob> psst
        ",
    );
}

#[test]
fn actions_are_actions() {
    check(
        r#"
        here alice
        irc bob
        bob> JOIN #lobby
        skip
        alice> /me waves
        bob<< ":alice!"
        skip
        bob>> "PRIVMSG #lobby :\x01ACTION waves back\x01\r\n"
        alice< ~ bob waves back
        bob>> "PRIVMSG alice :\x01ACTION winks\x01\r\n"
        skip
        bob>> "PRIVMSG #lobby :\x01VERSION\x01\r\n"
        alice<
        bob>> "PRIVMSG alice :\x01VERSION\x01\r\n"
        alice<
        "#,
    );
}

#[test]
fn private_messages_go_both_ways() {
    check(
        "
        here alice
        irc bob
        alice> /msg bob over here
        bob< {alice} PRIVMSG bob :over here
        bob> PRIVMSG alice :here I am
        alice< -bob- here I am
        bob> NOTICE alice :psst
        alice< -bob- psst
        ",
    );
}

#[test]
fn comings_goings_and_names_are_told_in_both() {
    check(
        "
        here alice
        irc bob
        bob> JOIN #lobby
        skip
        here carol
        carol> /nick caroline
        carol< * You are now caroline.
        alice< * carol is now caroline
        bob< {carol} NICK caroline
        bob> NICK robert
        bob< {bob} NICK robert
        alice< * bob is now robert
        carol< * bob is now robert
        carol> /join dev
        carol< * You are caroline, alone in dev.
        alice< * caroline left
        bob< {caroline} PART #lobby caroline
        bob> JOIN #dev
        bob< {robert} JOIN #dev
        bob< :parloir.local 353 robert = #dev :@caroline robert
        bob< :parloir.local 366 robert #dev …
        carol< * robert joined
        bob> PART #lobby :enough
        bob< {robert} PART #lobby enough
        alice< * robert left (enough)
        bob> QUIT :so long
        bob< ERROR …
        bob closed
        carol< * robert left (so long)
        carol> /quit
        carol< * Bye.
        carol closed
        ",
    );
}

#[test]
fn a_line_user_is_heard_coming_and_going() {
    check(
        "
        irc bob
        bob> JOIN #lobby
        skip
        connect alice
        alice> alice
        alice< * You are alice, in lobby with bob.
        bob< {alice} JOIN #lobby
        alice> /quit bye
        alice< * Bye.
        alice closed
        bob< {alice} QUIT :Quit: bye
        ",
    );
}

#[test]
fn topics_are_one() {
    check(
        "
        here alice
        irc bob
        bob> JOIN #lobby
        skip
        alice> /topic plans
        alice< * topic: plans
        bob< {alice} TOPIC #lobby plans
        bob> TOPIC #lobby
        bob< :parloir.local 332 bob #lobby plans
        bob< :parloir.local 333 bob #lobby alice… 1795183387
        bob> TOPIC #lobby :other plans
        bob< {bob} TOPIC #lobby :other plans
        alice< * topic: other plans
        alice> /topic -
        alice< * no topic is set
        bob< {alice} TOPIC #lobby :
        ",
    );
}

#[test]
fn nicknames_are_one_namespace() {
    check(
        "
        here alice
        connect bob irc
        bob> NICK alice
        bob> USER bob 0 * :Bob
        bob< :parloir.local 433 * alice …
        bob> NICK bob
        skip
        connect carol
        carol> bob
        carol< * You are bob2, in lobby with alice.
        alice< * bob2 joined
        ",
    );
}

#[test]
fn who_sees_whom() {
    check(
        "
        here alice
        irc bob
        bob> JOIN #lobby
        skip
        alice> /who
        alice< * lobby: alice and bob
        bob> WHO #lobby
        bob< :parloir.local 352 bob #lobby ~user … parloir.local alice H :0 alice
        bob< :parloir.local 352 bob #lobby ~bob … parloir.local bob H :0 bob
        bob< :parloir.local 315 bob #lobby …
        bob> WHOIS alice
        bob< :parloir.local 311 bob alice ~user … * alice
        bob< :parloir.local 319 bob alice #lobby
        bob< :parloir.local 312 bob alice parloir.local …
        bob< :parloir.local 317 bob alice 0 1795183387 …
        bob< :parloir.local 318 bob alice …
        alice> /rooms
        alice< * lobby (2)
        ",
    );
}

#[test]
fn a_kick_puts_a_line_user_back_in_the_lobby() {
    check(
        "
        irc bob
        bob> JOIN #dev
        skip
        here alice
        alice> /join dev
        alice< * You are alice, in dev with bob.
        bob< {alice} JOIN #dev
        bob> KICK #dev alice :enough
        bob< {bob} KICK #dev alice enough
        alice< * you were removed from dev by bob (enough)
        alice< * You are alice, alone in lobby.
        alice> hello
        bob<
        ",
    );
}

#[test]
fn modes_speak_in_words_to_line_users() {
    check(
        "
        irc bob
        bob> JOIN #dev
        skip
        bob> MODE #dev +k sesame
        bob< {bob} MODE #dev +k sesame
        here alice
        alice> /join dev
        alice< * you cannot join dev: it needs a key (/join dev KEY)
        alice> /join dev sesame
        alice< * You are alice, in dev with bob.
        bob< {alice} JOIN #dev
        bob> MODE #dev +m
        bob< {bob} MODE #dev +m
        skip
        alice> hello
        alice< * you cannot speak in dev: it is moderated
        bob> MODE #dev +v alice
        skip
        alice> hello
        bob< {alice} PRIVMSG #dev hello
        bob> MODE #dev +o alice
        bob< {bob} MODE #dev +o alice
        alice< * alice is an operator now (by bob)
        ",
    );
}

#[test]
fn a_line_user_rules_the_room_they_made() {
    check(
        "
        here alice
        irc bob
        alice> /join dev
        alice< * You are alice, alone in dev.
        bob> JOIN #dev
        bob< {bob} JOIN #dev
        bob< :parloir.local 353 bob = #dev :@alice bob
        bob< :parloir.local 366 bob #dev …
        alice< * bob joined
        alice> /kick bob enough
        bob< {alice} KICK #dev bob enough
        alice< * bob was removed by alice (enough)
        alice> /ban bob
        skip
        bob> JOIN #dev
        bob< :parloir.local 474 bob #dev …
        ",
    );
}

#[test]
fn formatting_is_for_those_who_can_show_it() {
    check(
        r#"
        here alice
        irc bob carol
        bob> JOIN #lobby
        skip
        carol> JOIN #lobby
        skip
        bob>> "PRIVMSG #lobby :\x02bold\x02 \x0304,01red\x03 \x1ditalic\x0f\r\n"
        alice< <bob> bold red italic
        carol<< ":bob!"
        skip
        "#,
    );
}

#[test]
fn formatting_of_nothing_was_a_line_with_nothing_in_it() {
    check(
        r#"
        here alice
        irc bob
        bob> JOIN #lobby
        skip
        bob>> "PRIVMSG #lobby :\x02\x0304\x0f\r\n"
        bob>> "PRIVMSG #lobby :  \r\n"
        bob>> "PRIVMSG #lobby :\x01ACTION \x02\x01\r\n"
        bob>> "NOTICE alice :\x1d\r\n"
        bob> PRIVMSG #lobby :seen
        alice< <bob> seen
        alice> /history
        alice< [2026-11-20 14:03:07Z] <bob> seen
        "#,
    );
}

#[test]
fn a_long_line_becomes_several_messages_of_whole_characters() {
    let text = "é".repeat(1000);
    check(&format!(
        "
        here alice
        irc bob
        bob> JOIN #lobby
        skip
        alice> {text}
        bob< {{alice}} PRIVMSG #lobby é…é
        bob< {{alice}} PRIVMSG #lobby é…é
        bob< {{alice}} PRIVMSG #lobby é…é
        bob< {{alice}} PRIVMSG #lobby é…é
        bob< {{alice}} PRIVMSG #lobby é…é
        ",
    ));
}

#[test]
fn what_was_said_before_is_shown_to_both() {
    check(
        "
        here alice
        irc bob
        alice> one
        bob> JOIN #lobby
        bob< {bob} JOIN #lobby
        bob< :parloir.local 353 bob = #lobby :alice bob
        bob< :parloir.local 366 bob #lobby …
        bob< {alice} PRIVMSG #lobby :…14:03:07…one
        alice< * bob joined
        bob> PRIVMSG #lobby :two
        alice< <bob> two
        connect carol
        carol> carol
        carol< * You are carol, in lobby with alice and bob.
        carol< [2026-11-20 14:03:07Z] <alice> one
        carol< [2026-11-20 14:03:07Z] <bob> two
        alice< * carol joined
        bob< {carol} JOIN #lobby
        ",
    );
}

#[test]
fn whoever_was_banned_but_still_there_was_told_of_being_banned_or_muted() {
    check(
        "
        irc alice bob
        alice> JOIN #dev
        skip
        bob> JOIN #dev
        skip
        alice> MODE #dev +bq bob bob
        skip
        bob> PRIVMSG #dev :hello
        bob< :parloir.local 404 bob #dev …banned…
        alice> MODE #dev -b bob
        skip
        bob> PRIVMSG #dev :hello
        bob< :parloir.local 404 bob #dev …muted…
        ",
    );
}

#[test]
fn whoever_was_put_out_came_into_the_lobby_before_they_had_left() {
    check(
        "
        irc bob
        bob> JOIN #dev,#lobby
        skip
        here alice carol
        skip
        alice> /join dev
        skip
        carol> /join dev
        skip
        bob> KICK #dev alice,carol :enough
        bob< {bob} KICK #dev alice enough
        bob< {bob} KICK #dev carol enough
        bob< {alice} JOIN #lobby
        bob< {carol} JOIN #lobby
        alice< * you were removed from dev by bob (enough)
        alice< * You are alice, in lobby with bob.
        alice< * carol joined
        carol< * alice was removed by bob (enough)
        carol< * you were removed from dev by bob (enough)
        carol< * You are carol, in lobby with bob and alice.
        ",
    );
}

#[test]
fn a_mask_that_turned_text_around_did_so_at_a_terminal() {
    check(
        "
        here alice
        irc bob
        bob> JOIN #dev
        skip
        alice> /join dev
        skip
        bob> MODE #dev +b x\u{202e}y!*@*
        bob< {bob} MODE #dev +b xy!*@*
        alice< * xy!*@* is kept out now (by bob)
        ",
    );
}
