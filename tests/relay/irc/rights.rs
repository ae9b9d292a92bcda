//! The rights of operators: removing people from a channel, or from the server.

use crate::script::check;

#[test]
fn a_kick_puts_out() {
    check(
        "
        irc alice bob carol
        alice> JOIN #dev
        skip
        bob> JOIN #dev
        skip
        carol> JOIN #dev
        skip
        bob> KICK #dev carol
        bob< :parloir.local 482 bob #dev …
        alice> KICK #dev bob :enough
        alice< {alice} KICK #dev bob enough
        bob< {alice} KICK #dev bob enough
        carol< {alice} KICK #dev bob enough
        bob> PRIVMSG #dev :why?
        bob< :parloir.local 404 bob #dev …
        alice> KICK #dev carol
        alice< {alice} KICK #dev carol alice
        carol< {alice} KICK #dev carol alice
        alice> KICK #dev bob
        alice< :parloir.local 441 alice bob #dev …
        alice> KICK #dev nobody
        alice< :parloir.local 401 alice nobody …
        alice> KICK #nowhere bob
        alice< :parloir.local 403 alice #nowhere …
        bob> KICK #dev alice
        bob< :parloir.local 442 bob #dev …
        alice> KICK #dev
        alice< :parloir.local 461 alice KICK …
        ",
    );
}

#[test]
fn several_are_kicked_one_by_one() {
    check(
        "
        irc alice bob carol dave
        alice> JOIN #dev
        skip
        bob> JOIN #dev
        skip
        carol> JOIN #dev
        skip
        dave> JOIN #dev
        skip
        alice> KICK #dev bob,carol :bye
        alice< {alice} KICK #dev bob bye
        alice< {alice} KICK #dev carol bye
        bob< {alice} KICK #dev bob bye
        carol< {alice} KICK #dev bob bye
        carol< {alice} KICK #dev carol bye
        dave< {alice} KICK #dev bob bye
        dave< {alice} KICK #dev carol bye
        ",
    );
}

#[test]
fn nobody_rules_a_room_from_outside() {
    check(
        "
        irc alice bob
        alice> JOIN #lobby
        skip
        bob> MODE #lobby +o alice
        bob< :parloir.local 442 bob #lobby …
        bob> MODE #lobby +m
        bob< :parloir.local 442 bob #lobby …
        alice> JOIN #dev
        skip
        bob> MODE #dev +ov alice bob
        bob< :parloir.local 442 bob #dev …
        ",
    );
}

/// A muted person could tell a room something by joining again with another real name and an away
/// message.
#[test]
fn who_may_not_speak_says_nothing_by_coming_in() {
    check(
        "
        irc alice bob
        alice> CAP REQ :extended-join away-notify setname
        skip
        alice> JOIN #dev
        skip
        alice> MODE #dev +q bob!*@*
        skip
        bob> SETNAME :buy pills
        bob> AWAY :at evil.example
        skip
        bob> JOIN #dev
        alice< {bob} JOIN #dev * bob
        skip
        bob> PART #dev
        skip
        alice> MODE #dev -q bob!*@*
        skip
        bob> JOIN #dev
        alice< {bob} JOIN #dev * :buy pills
        alice< {bob} AWAY :at evil.example
        skip
        ",
    );
}
