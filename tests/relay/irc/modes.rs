//! Channel modes: queried, set, and refused.

use crate::script::check;

#[test]
fn modes_are_shown_and_changed() {
    check(
        "
        irc alice bob
        alice> JOIN #dev
        skip
        alice> MODE #dev
        alice< :parloir.local 324 alice #dev +n
        alice< :parloir.local 329 alice #dev 1795183387
        alice> MODE #dev +mnt-s
        alice< {alice} MODE #dev +mt
        alice> MODE #dev +k sesame
        alice< {alice} MODE #dev +k sesame
        alice> MODE #dev +l 5
        alice< {alice} MODE #dev +l 5
        alice> MODE #dev
        alice< :parloir.local 324 alice #dev +… sesame 5
        alice< :parloir.local 329 alice #dev …
        bob> MODE #dev
        bob< :parloir.local 324 bob #dev +… * 5
        bob< :parloir.local 329 bob #dev …
        alice> MODE #dev -kl sesame
        alice< {alice} MODE #dev -kl …
        alice> MODE #dev -mnt
        alice< {alice} MODE #dev -mnt
        alice> MODE #dev
        alice< :parloir.local 324 alice #dev +
        alice< :parloir.local 329 alice #dev …
        alice> MODE #dev -m
        alice<
        ",
    );
}

#[test]
fn what_is_wrong_with_a_change_is_told() {
    check(
        "
        irc alice bob carol
        alice> JOIN #dev
        skip
        bob> JOIN #dev
        skip
        alice> MODE #dev +o nobody
        alice< :parloir.local 401 alice nobody …
        alice> MODE #dev +o carol
        alice< :parloir.local 441 alice carol #dev …
        bob> MODE #dev +o bob
        bob< :parloir.local 482 bob #dev …
        carol> MODE #dev +i
        carol< :parloir.local 442 carol #dev …
        alice> MODE #nowhere +i
        alice< :parloir.local 403 alice #nowhere …
        alice> MODE #dev +X
        alice< :parloir.local 472 alice X …
        alice> MODE #dev +k :two words
        alice< :parloir.local 696 alice #dev k * …
        alice> MODE #dev +k :
        alice< :parloir.local 696 alice #dev k * …
        alice> MODE #dev +l 0
        alice< :parloir.local 696 alice #dev l 0 …
        alice> MODE #dev +l many
        alice< :parloir.local 696 alice #dev l many …
        alice> MODE #dev +l :
        alice< :parloir.local 696 alice #dev l * …
        alice> MODE
        alice< :parloir.local 461 alice MODE …
        ",
    );
}

#[test]
fn one_wrong_letter_does_not_stop_the_others() {
    check(
        "
        irc alice bob
        alice> JOIN #dev
        skip
        bob> JOIN #dev
        skip
        alice> MODE #dev +ovX nobody bob
        alice< :parloir.local 472 alice X …
        alice< {alice} MODE #dev +v bob
        alice< :parloir.local 401 alice nobody …
        bob< {alice} MODE #dev +v bob
        ",
    );
}

#[test]
fn ranks_are_given_and_taken() {
    check(
        "
        irc alice bob
        alice> JOIN #dev
        skip
        bob> JOIN #dev
        skip
        alice> MODE #dev +o bob
        alice< {alice} MODE #dev +o bob
        bob< {alice} MODE #dev +o bob
        bob> MODE #dev -o+v alice alice
        bob< {bob} MODE #dev -o+v alice alice
        alice< {bob} MODE #dev -o+v alice alice
        alice> NAMES #dev
        alice< :parloir.local 353 alice = #dev :+alice @bob
        alice< :parloir.local 366 alice #dev …
        alice> MODE #dev +o alice
        alice< :parloir.local 482 alice #dev …
        ",
    );
}

#[test]
fn who_makes_a_channel_rules_it_and_again_on_coming_back() {
    check(
        "
        irc alice bob
        alice> JOIN #dev
        skip
        alice> PART #dev
        skip
        bob> JOIN #dev
        bob< {bob} JOIN #dev
        bob< :parloir.local 353 bob = #dev bob
        bob< :parloir.local 366 bob #dev …
        alice> JOIN #dev
        alice< {alice} JOIN #dev
        alice< :parloir.local 353 alice = #dev :bob @alice
        alice< :parloir.local 366 alice #dev …
        bob< {alice} JOIN #dev
        bob< :parloir.local MODE #dev +o alice
        bob> MODE #dev +m
        bob< :parloir.local 482 bob #dev …
        ",
    );
}

#[test]
fn nobody_owns_the_lobby() {
    check(
        "
        irc alice
        alice> JOIN #lobby
        alice< {alice} JOIN #lobby
        alice< :parloir.local 353 alice = #lobby alice
        alice< :parloir.local 366 alice #lobby …
        ",
    );
}

#[test]
fn a_ban_keeps_out_and_quiet() {
    check(
        "
        irc alice bob
        alice> JOIN #dev
        skip
        alice> MODE #dev +b Bob!*@*
        alice< {alice} MODE #dev +b Bob!*@*
        bob> JOIN #dev
        bob< :parloir.local 474 bob #dev …
        alice> MODE #dev b
        alice< :parloir.local 367 alice #dev Bob!*@* alice… 1795183387
        alice< :parloir.local 368 alice #dev …
        alice> MODE #dev +e *!~bob@*
        alice< {alice} MODE #dev +e *!~bob@*
        alice> MODE #dev +e
        alice< :parloir.local 348 alice #dev *!~bob@* alice… 1795183387
        alice< :parloir.local 349 alice #dev …
        bob> JOIN #dev
        skip
        bob> PRIVMSG #dev :hello
        alice< {bob} PRIVMSG #dev hello
        alice> MODE #dev -e *!~bob@*
        alice< {alice} MODE #dev -e *!~bob@*
        bob< {alice} MODE #dev -e *!~bob@*
        bob> PRIVMSG #dev :hello
        bob< :parloir.local 404 bob #dev …
        alice> MODE #dev -b bob!*@*
        alice< {alice} MODE #dev -b …
        bob< {alice} MODE #dev -b …
        bob> PRIVMSG #dev :hello
        alice< {bob} PRIVMSG #dev hello
        ",
    );
}

#[test]
fn a_ban_on_a_name_alone_is_on_that_name() {
    check(
        "
        irc alice bob
        alice> JOIN #dev
        skip
        alice> MODE #dev +b bob
        alice< {alice} MODE #dev +b bob!*@*
        bob> JOIN #dev
        bob< :parloir.local 474 bob #dev …
        ",
    );
}

#[test]
fn invitations_and_exceptions_let_in() {
    check(
        "
        irc alice bob carol
        alice> JOIN #dev
        skip
        alice> MODE #dev +i
        alice< {alice} MODE #dev +i
        bob> JOIN #dev
        bob< :parloir.local 473 bob #dev …
        alice> INVITE bob #dev
        alice< :parloir.local 341 alice bob #dev
        bob< {alice} INVITE bob #dev
        bob> JOIN #dev
        bob< {bob} JOIN #dev
        bob< :parloir.local 353 bob = #dev :@alice bob
        bob< :parloir.local 366 bob #dev …
        alice< {bob} JOIN #dev
        bob> INVITE carol #dev
        bob< :parloir.local 482 bob #dev …
        bob> PART #dev
        skip
        bob> JOIN #dev
        bob< :parloir.local 473 bob #dev …
        alice> MODE #dev +I carol!*@*
        alice< {alice} MODE #dev +I carol!*@*
        alice> MODE #dev I
        alice< :parloir.local 346 alice #dev carol!*@* alice… 1795183387
        alice< :parloir.local 347 alice #dev …
        carol> JOIN #dev
        carol< {carol} JOIN #dev
        skip
        ",
    );
}

#[test]
fn a_key_and_a_limit_keep_out() {
    check(
        "
        irc alice bob carol
        alice> JOIN #dev sesame
        skip
        alice> MODE #dev +kl sesame 2
        alice< {alice} MODE #dev +kl sesame 2
        bob> JOIN #dev
        bob< :parloir.local 475 bob #dev …
        bob> JOIN #dev open
        bob< :parloir.local 475 bob #dev …
        bob> JOIN #other,#dev ,sesame
        skip
        carol> JOIN #dev sesame
        carol< :parloir.local 471 carol #dev …
        alice> INVITE carol #dev
        alice< :parloir.local 341 alice carol #dev
        carol< {alice} INVITE carol #dev
        carol> JOIN #dev
        carol< {carol} JOIN #dev
        skip
        ",
    );
}

#[test]
fn in_a_moderated_channel_a_voice_is_needed() {
    check(
        "
        irc alice bob
        alice> JOIN #dev
        skip
        bob> JOIN #dev
        skip
        alice> MODE #dev +m
        alice< {alice} MODE #dev +m
        bob< {alice} MODE #dev +m
        bob> PRIVMSG #dev :hello
        bob< :parloir.local 404 bob #dev …
        bob> NOTICE #dev :hello
        bob<
        alice> MODE #dev +v bob
        alice< {alice} MODE #dev +v bob
        bob< {alice} MODE #dev +v bob
        bob> PRIVMSG #dev :hello
        alice< {bob} PRIVMSG #dev hello
        ",
    );
}

#[test]
fn from_outside_one_speaks_only_where_that_is_allowed() {
    check(
        "
        irc alice bob
        alice> JOIN #dev
        skip
        bob> PRIVMSG #dev :hello
        bob< :parloir.local 404 bob #dev …
        alice> MODE #dev -n
        alice< {alice} MODE #dev -n
        bob> PRIVMSG #dev :hello
        alice< {bob} PRIVMSG #dev hello
        ",
    );
}

#[test]
fn where_the_topic_is_locked_an_operator_sets_it() {
    check(
        "
        irc alice bob
        alice> JOIN #dev
        skip
        bob> JOIN #dev
        skip
        alice> MODE #dev +tv bob
        alice< {alice} MODE #dev +tv bob
        bob< {alice} MODE #dev +tv bob
        bob> TOPIC #dev :mine
        bob< :parloir.local 482 bob #dev …
        alice> TOPIC #dev :mine
        alice< {alice} TOPIC #dev mine
        bob< {alice} TOPIC #dev mine
        ",
    );
}

#[test]
fn own_modes_are_shown_and_changed() {
    check(
        "
        irc alice bob
        alice> MODE alice
        alice< :parloir.local 221 alice +
        alice> MODE alice +i
        alice< {alice} MODE alice +i
        alice> MODE alice +Bw-i
        alice< {alice} MODE alice …
        alice> MODE alice
        alice< :parloir.local 221 alice +Bw
        alice> MODE alice +o
        alice<
        alice> MODE alice +X
        alice< :parloir.local 501 alice …
        alice> MODE bob
        alice< :parloir.local 502 alice …
        alice> MODE bob +i
        alice< :parloir.local 502 alice …
        alice> MODE nobody
        alice< :parloir.local 401 alice nobody …
        ",
    );
}

#[test]
fn a_mute_silences_and_is_listed() {
    check(
        "
        irc alice bob
        alice> JOIN #dev
        skip
        bob> JOIN #dev
        skip
        alice> MODE #dev +q bob
        alice< {alice} MODE #dev +q bob!*@*
        skip
        bob> PRIVMSG #dev :hello
        bob< :parloir.local 404 bob #dev …
        alice> MODE #dev q
        alice< :parloir.local 728 alice #dev q bob!*@* alice!… 1795183387
        alice< :parloir.local 729 alice #dev q …
        alice> MODE #dev +v bob
        alice< {alice} MODE #dev +v bob
        skip
        bob> PRIVMSG #dev :hello
        alice< {bob} PRIVMSG #dev hello
        alice> MODE #dev -q bob
        alice< {alice} MODE #dev -q bob!*@*
        bob< {alice} MODE #dev -q bob!*@*
        ",
    );
}

#[test]
fn a_list_is_full_some_time() {
    let mut script = String::from("set rate=0\nirc alice\nalice> JOIN #dev\nskip\n");
    for n in 0..100 {
        script += &format!("alice> MODE #dev +b m{n}\nskip\n");
    }
    script += "alice> MODE #dev +b more\nalice< :parloir.local 478 alice #dev b …\n";
    check(&script);
}

/// `/ban bob`, typed at a page, did not keep out a person who took another name.
#[test]
fn a_name_is_banned_and_muted_by_its_host_as_at_netcat() {
    check(
        "
        irc alice bob
        alice> JOIN #dev
        skip
        alice> BAN #dev bob
        alice< {alice} MODE #dev +b *!*@…
        alice> MODE #dev +b bob
        alice< {alice} MODE #dev +b bob!*@*
        bob> JOIN #dev
        bob< :parloir.local 474 bob #dev …
        alice> UNBAN #dev bob
        alice< {alice} MODE #dev -bb *!*@… bob!*@*
        alice> UNBAN #dev bob
        alice<
        alice> MUTE #dev BOB
        alice< {alice} MODE #dev +q *!*@…
        alice> UNMUTE #dev bob
        alice< {alice} MODE #dev -q *!*@…
        alice> BAN #dev nobody
        alice< {alice} MODE #dev +b nobody!*@*
        bob> BAN #dev alice
        bob< :parloir.local 442 bob #dev …
        alice> MODE #dev +s
        alice< {alice} MODE #dev +s
        bob> BAN #dev alice
        bob< :parloir.local 403 bob #dev …
        alice> BAN #nowhere bob
        alice< :parloir.local 403 alice #nowhere …
        alice> BAN #dev
        alice< :parloir.local 461 alice BAN …
        ",
    );
}
