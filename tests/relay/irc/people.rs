//! Information about people: WHO, WHOIS, WHOWAS and others, nicknames, and lists of watched people.

use crate::script::check;

#[test]
fn who_is_in_a_channel() {
    check(
        "
        irc alice bob carol
        alice> JOIN #dev
        skip
        bob> JOIN #dev
        skip
        bob> AWAY :out
        skip
        carol> WHO #DEV
        carol< :parloir.local 352 carol #dev ~alice … parloir.local alice H@ :0 alice
        carol< :parloir.local 352 carol #dev ~bob … parloir.local bob G :0 bob
        carol< :parloir.local 315 carol #DEV …
        carol> WHO alice
        carol< :parloir.local 352 carol … ~alice … parloir.local alice H… :0 alice
        carol< :parloir.local 315 carol alice …
        carol> WHO B*b
        carol< :parloir.local 352 carol … ~bob … parloir.local bob G… :0 bob
        carol< :parloir.local 315 carol B*b …
        carol> WHO nobody
        carol< :parloir.local 315 carol nobody …
        bob> MODE bob +i
        bob< {bob} MODE bob +i
        carol> WHO b*
        carol< :parloir.local 315 carol b* …
        carol> WHO bob
        carol< :parloir.local 352 carol … ~bob … parloir.local bob G… :0 bob
        carol< :parloir.local 315 carol bob …
        alice> WHO b*
        alice< :parloir.local 352 alice … ~bob … parloir.local bob G… :0 bob
        alice< :parloir.local 315 alice b* …
        ",
    );
}

#[test]
fn whox_answers_what_was_asked_in_its_own_order() {
    check(
        "
        irc alice bob
        alice> JOIN #dev
        skip
        bob> WHO #dev %tcuhnfdar,743
        bob< :parloir.local 354 bob 743 #dev ~alice … alice H@ 0 0 alice
        bob< :parloir.local 315 bob #dev …
        bob> WHO alice %nt,9
        bob< :parloir.local 354 bob 9 alice
        bob< :parloir.local 315 bob alice …
        bob> WHO alice %na
        bob< :parloir.local 354 bob alice 0
        bob< :parloir.local 315 bob alice …
        bob> WHO #dev %cuhsnfdar
        bob< :parloir.local 354 bob #dev ~alice … parloir.local alice H@ 0 0 alice
        bob< :parloir.local 315 bob #dev …
        bob> WHO alice %tcuihsnfdlaor,123
        bob< :parloir.local 354 bob 123 … ~alice … … parloir.local alice H… 0 … 0 … alice
        bob< :parloir.local 315 bob alice …
        ",
    );
}

#[test]
fn whois_tells_what_is_known() {
    check(
        r#"
        irc alice bob
        connect carol irc
        carol>> "NICK carol\r\nUSER cc 0 * :Carol Danvers\r\n"
        skip
        carol> JOIN #dev,#ops
        skip
        alice> JOIN #dev
        skip
        carol> MODE carol +B
        skip
        carol> AWAY :in space
        skip
        wait 7s
        alice> WHOIS carol
        alice< :parloir.local 311 alice carol ~cc … * :Carol Danvers
        alice< :parloir.local 319 alice carol :@#… @#…
        alice< :parloir.local 312 alice carol parloir.local …
        alice< :parloir.local 301 alice carol :in space
        alice< :parloir.local 335 alice carol …
        alice< :parloir.local 317 alice carol 7 1795183387 …
        alice< :parloir.local 318 alice carol …
        alice> WHOIS parloir bob
        alice< :parloir.local 311 alice bob ~bob … * bob
        alice< :parloir.local 312 alice bob parloir.local …
        alice< :parloir.local 317 alice bob 7 1795183387 …
        alice< :parloir.local 318 alice bob …
        alice> WHOIS nobody
        alice< :parloir.local 401 alice nobody …
        alice< :parloir.local 318 alice nobody …
        alice> WHOIS
        alice< :parloir.local 431 alice …
        "#,
    );
}

#[test]
fn whowas_tells_who_is_gone_the_last_first() {
    check(
        r#"
        irc alice
        connect bob irc
        bob>> "NICK bob\r\nUSER one 0 * :The first\r\n"
        skip
        bob> QUIT
        skip
        bob closed
        connect bob irc
        bob>> "NICK bob\r\nUSER two 0 * :The second\r\n"
        skip
        bob> NICK robert
        skip
        alice> WHOWAS bob
        alice< :parloir.local 314 alice bob ~two … * :The second
        alice< :parloir.local 312 alice bob parloir.local …
        alice< :parloir.local 314 alice bob ~one … * :The first
        alice< :parloir.local 312 alice bob parloir.local …
        alice< :parloir.local 369 alice bob …
        alice> WHOWAS bob 1
        alice< :parloir.local 314 alice bob ~two … * :The second
        alice< :parloir.local 312 alice bob parloir.local …
        alice< :parloir.local 369 alice bob …
        alice> WHOWAS nobody
        alice< :parloir.local 406 alice nobody …
        alice< :parloir.local 369 alice nobody …
        alice> WHOWAS
        alice< :parloir.local 431 alice …
        "#,
    );
}

#[test]
fn userhost_and_ison_answer_in_one_line() {
    check(
        "
        irc alice bob
        bob> AWAY :out
        skip
        alice> USERHOST alice bob nobody
        alice< :parloir.local 302 alice :alice=+~alice@… bob=-~bob@…
        alice> USERHOST
        alice< :parloir.local 461 alice USERHOST …
        alice> ISON bob nobody ALICE
        alice< :parloir.local 303 alice :bob alice
        alice> ISON :bob nobody
        alice< :parloir.local 303 alice bob
        alice> ISON nobody
        alice< :parloir.local 303 alice :
        alice> ISON
        alice< :parloir.local 461 alice ISON …
        ",
    );
}

#[test]
fn away_and_back() {
    check(
        "
        irc alice
        alice> AWAY :out to lunch
        alice< :parloir.local 306 alice …
        alice> AWAY
        alice< :parloir.local 305 alice …
        alice> AWAY :
        alice< :parloir.local 305 alice …
        ",
    );
}

#[test]
fn a_new_nickname_is_told_once_to_all_who_share_a_channel() {
    check(
        "
        irc alice bob carol
        alice> JOIN #dev,#ops
        skip
        bob> JOIN #dev,#ops
        skip
        alice> NICK alicia
        alice< :alice!~alice@… NICK alicia
        bob< :alice!~alice@… NICK alicia
        alice> NICK Alicia
        alice< :alicia!~alice@… NICK Alicia
        bob< :alicia!~alice@… NICK Alicia
        alice> NICK Alicia
        alice<
        alice> NICK bob
        alice< :parloir.local 433 Alicia bob …
        carol> NICK alice
        carol< :carol!~carol@… NICK alice
        ",
    );
}

#[test]
fn a_nickname_has_its_length() {
    let (fits, long) = ("a".repeat(32), "a".repeat(33));
    check(&format!(
        "
        irc alice
        alice> NICK {fits}
        alice< {{alice}} NICK {fits}
        alice> NICK {long}
        alice< :parloir.local 432 {fits} {long} …
        ",
    ));
}

#[test]
fn watched_people_are_told_of() {
    check(
        "
        irc alice
        alice> MONITOR + bob,carol
        alice< :parloir.local 731 alice :bob,carol
        connect bob irc
        bob> NICK bob
        bob> USER bob 0 * :Bob
        skip
        alice> MONITOR S
        alice< :parloir.local 730 alice bob…
        alice< :parloir.local 731 alice carol
        alice> MONITOR L
        alice< :parloir.local 732 alice :bob,carol
        alice< :parloir.local 733 alice …
        bob> NICK BOB
        skip
        bob> NICK carol
        bob< {BOB} NICK carol
        alice< :parloir.local 731 alice BOB
        alice< :parloir.local 730 alice carol…
        alice> MONITOR - carol
        alice<
        bob> QUIT
        bob< ERROR …
        bob closed
        alice<
        alice> MONITOR C
        alice<
        alice> MONITOR L
        alice< :parloir.local 733 alice …
        alice> MONITOR + *!*@*
        alice< :parloir.local WARN MONITOR INVALID_TARGET *!*@* …
        alice> MONITOR + dave,DAVE,dave
        alice< :parloir.local 731 alice dave,DAVE
        alice> MONITOR L
        alice< :parloir.local 732 alice dave
        alice< :parloir.local 733 alice …
        alice> MONITOR
        alice< :parloir.local 461 alice MONITOR …
        ",
    );
}

#[test]
fn a_hundred_people_can_be_watched() {
    let names: Vec<String> = (0..100).map(|n| format!("n{n}")).collect();
    let (some, rest) = names.split_at(50);
    check(&format!(
        "
        irc alice
        alice> MONITOR + {}
        skip
        alice> MONITOR + {}
        skip
        alice> MONITOR + one-more
        alice< :parloir.local 734 alice 100 one-more …
        alice> MONITOR + n5
        alice< :parloir.local 731 alice n5
        alice> MONITOR - n5
        alice> MONITOR + one-more
        alice< :parloir.local 731 alice one-more
        ",
        some.join(","),
        rest.join(","),
    ));
}

#[test]
fn more_is_told_of_watched_people_to_those_who_ask() {
    check(
        "
        irc alice bob carol
        caps alice extended-monitor away-notify setname
        alice> MONITOR + bob
        alice< :parloir.local 730 alice bob…
        carol> MONITOR + bob
        carol< :parloir.local 730 carol bob…
        bob> AWAY :afk
        bob< :parloir.local 306 bob …
        alice< {bob} AWAY afk
        bob> AWAY
        bob< :parloir.local 305 bob …
        alice< {bob} AWAY
        caps bob setname
        bob> SETNAME :Robert
        bob< {bob} SETNAME Robert
        alice< {bob} SETNAME Robert
        ",
    );
}

#[test]
fn a_bot_is_known_as_one() {
    check(
        "
        irc alice bob
        caps alice message-tags
        bob> MODE bob +B
        bob< {bob} MODE bob +B
        bob> PRIVMSG alice :beep
        alice< @bot;msgid=… {bob} PRIVMSG alice beep
        alice> WHO bob
        alice< :parloir.local 352 alice … ~bob … parloir.local bob HB :0 bob
        alice< :parloir.local 315 alice bob …
        ",
    );
}
