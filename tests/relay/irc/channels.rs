//! Channels: joining, leaving, members, topics, invitations, and the list of channels.

use parloir::RelayConfig;

use crate::script::check;
use crate::support::Stage;

#[test]
fn joining_tells_everyone_and_who_is_there() {
    check(
        "
        irc alice bob
        alice> JOIN #dev
        alice< {alice} JOIN #dev
        alice< :parloir.local 353 alice = #dev @alice
        alice< :parloir.local 366 alice #dev …
        bob> JOIN #dev
        bob< {bob} JOIN #dev
        bob< :parloir.local 353 bob = #dev :@alice bob
        bob< :parloir.local 366 bob #dev …
        alice< {bob} JOIN #dev
        bob> JOIN #dev
        bob<
        ",
    );
}

#[test]
fn several_channels_at_once() {
    check(
        "
        irc alice
        alice> JOIN #a,#b
        alice< {alice} JOIN #a
        alice< :parloir.local 353 alice = #a @alice
        alice< :parloir.local 366 alice #a …
        alice< {alice} JOIN #b
        alice< :parloir.local 353 alice = #b @alice
        alice< :parloir.local 366 alice #b …
        alice> JOIN #c,inv@lid,#c
        alice< {alice} JOIN #c
        alice< :parloir.local 353 alice = #c @alice
        alice< :parloir.local 366 alice #c …
        alice< :parloir.local … alice inv@lid …
        alice> PART #a,#b :bye
        alice< {alice} PART #a bye
        alice< {alice} PART #b bye
        alice> JOIN 0
        alice< {alice} PART #c :alice
        alice> JOIN
        alice< :parloir.local 461 alice JOIN …
        ",
    );
}

#[test]
fn names_of_channels_are_one_whatever_their_case() {
    check(
        "
        irc alice bob
        alice> JOIN #Dev
        skip
        bob> JOIN #dEV
        skip
        bob> PRIVMSG #DEV :hello
        alice< {bob} PRIVMSG #… hello
        ",
    );
}

#[test]
fn there_is_a_limit_to_the_channels_of_one_client() {
    let mut script = String::from("set rate=0\nirc alice\n");
    for n in 0..100 {
        script += &format!("alice> JOIN #c{n}\nskip\n");
    }
    script += "alice> JOIN #one-more\nalice< :parloir.local 405 alice #one-more …\n";
    check(&script);
}

#[test]
fn a_name_too_long_is_no_channel() {
    let (fits, long) = ("a".repeat(32), "a".repeat(33));
    check(&format!(
        "
        irc alice
        alice> JOIN #{fits}
        alice< {{alice}} JOIN #{fits}
        skip
        alice> JOIN #{long}
        alice< :parloir.local 403 alice #{long} …
        ",
    ));
}

#[test]
fn parting_tells_everyone_why() {
    check(
        "
        irc alice bob
        alice> JOIN #dev
        skip
        bob> PART #dev
        bob< :parloir.local 442 bob #dev …
        bob> PART #nowhere
        bob< :parloir.local 403 bob #nowhere …
        bob> JOIN #dev
        skip
        bob> PART #dev
        bob< {bob} PART #dev bob
        alice< {bob} PART #dev bob
        bob> JOIN #dev
        skip
        bob> PART #dev :so long
        bob< {bob} PART #dev :so long
        alice< {bob} PART #dev :so long
        bob> PART
        bob< :parloir.local 461 bob PART …
        ",
    );
}

#[test]
fn names_are_listed() {
    check(
        "
        irc alice bob
        alice> JOIN #dev
        skip
        bob> NAMES #dev
        bob< :parloir.local 353 bob = #dev @alice
        bob< :parloir.local 366 bob #dev …
        bob> NAMES #nowhere
        bob< :parloir.local 366 bob #nowhere …
        bob> NAMES invalid
        bob< :parloir.local 366 bob invalid …
        alice> MODE #dev +s
        alice< {alice} MODE #dev +s
        alice> NAMES #dev
        alice< :parloir.local 353 alice @ #dev @alice
        alice< :parloir.local 366 alice #dev …
        bob> NAMES #dev
        bob< :parloir.local 366 bob #dev …
        ",
    );
}

#[test]
fn names_of_many_take_several_lines_none_too_long() {
    let mut script = String::from("irc alice\nalice> JOIN #dev\nskip\n");
    for n in 0..60 {
        script += &format!("irc someone-{n:02}\nsomeone-{n:02}> JOIN #dev\nskip\n");
    }
    script += "alice> NAMES #dev\n\
        alice< :parloir.local 353 alice = #dev :@alice someone-00 …\n\
        alice< :parloir.local 353 alice = #dev :someone-… someone-59\n\
        alice< :parloir.local 366 alice #dev …\n";
    check(&script);
}

#[test]
fn a_topic_is_shown_and_set() {
    check(
        "
        irc alice bob
        alice> JOIN #dev
        skip
        bob> JOIN #dev
        skip
        bob> TOPIC #dev
        bob< :parloir.local 331 bob #dev …
        bob> TOPIC #dev :plans for today
        bob< {bob} TOPIC #dev :plans for today
        alice< {bob} TOPIC #dev :plans for today
        alice> TOPIC #dev :plans for today
        alice<
        bob<
        bob> TOPIC #dev
        bob< :parloir.local 332 bob #dev :plans for today
        bob< :parloir.local 333 bob #dev bob… 1795183387
        irc carol
        carol> JOIN #dev
        carol< {carol} JOIN #dev
        carol< :parloir.local 332 carol #dev :plans for today
        carol< :parloir.local 333 carol #dev bob… 1795183387
        carol< :parloir.local 353 carol = #dev :@alice bob carol
        carol< :parloir.local 366 carol #dev …
        skip
        carol> TOPIC #dev :
        carol< {carol} TOPIC #dev :
        alice< {carol} TOPIC #dev :
        bob< {carol} TOPIC #dev :
        carol> TOPIC #dev
        carol< :parloir.local 331 carol #dev …
        carol> TOPIC #nowhere
        carol< :parloir.local 403 carol #nowhere …
        carol> TOPIC
        carol< :parloir.local 461 carol TOPIC …
        irc dave
        dave> TOPIC #dev :mine
        dave< :parloir.local 442 dave #dev …
        dave> TOPIC #dev :
        dave< :parloir.local 442 dave #dev …
        ",
    );
}

#[test]
fn an_invitation_reaches_whom_it_is_for() {
    check(
        "
        irc alice bob carol
        alice> JOIN #dev
        skip
        carol> JOIN #dev
        skip
        alice> INVITE bob #dev
        alice< :parloir.local 341 alice bob #dev
        bob< {alice} INVITE bob #dev
        alice> INVITE carol #dev
        alice< :parloir.local 443 alice carol #dev …
        alice> INVITE nobody #dev
        alice< :parloir.local 401 alice nobody …
        bob> INVITE carol #dev
        bob< :parloir.local 442 bob #dev …
        bob> INVITE carol #nowhere
        bob< :parloir.local 403 bob #nowhere …
        alice> INVITE bob
        alice< :parloir.local 461 alice INVITE …
        bob> INVITE
        bob< :parloir.local 336 bob #dev
        bob< :parloir.local 337 bob …
        bob> JOIN #dev
        skip
        bob> INVITE
        bob< :parloir.local 337 bob …
        ",
    );
}

#[test]
fn channels_are_listed_with_people_and_topic() {
    check(
        "
        set ping_after=0s
        irc alice bob
        bob> LIST
        bob< :parloir.local 321 bob …
        bob< :parloir.local 323 bob …
        alice> JOIN #dev
        skip
        alice> TOPIC #dev :plans
        alice< {alice} TOPIC #dev plans
        alice> JOIN #ops
        skip
        bob> JOIN #ops
        skip
        bob> LIST
        bob< :parloir.local 321 bob …
        bob< :parloir.local 322 bob #… …
        bob< :parloir.local 322 bob #… …
        bob< :parloir.local 323 bob …
        bob> LIST #dev
        bob< :parloir.local 321 bob …
        bob< :parloir.local 322 bob #dev 1 plans
        bob< :parloir.local 323 bob …
        bob> LIST >1
        bob< :parloir.local 321 bob …
        bob< :parloir.local 322 bob #ops 2 :
        bob< :parloir.local 323 bob …
        bob> LIST <2
        bob< :parloir.local 321 bob …
        bob< :parloir.local 322 bob #dev 1 plans
        bob< :parloir.local 323 bob …
        bob> LIST #d*
        bob< :parloir.local 321 bob …
        bob< :parloir.local 322 bob #dev 1 plans
        bob< :parloir.local 323 bob …
        bob> LIST !#d*
        bob< :parloir.local 321 bob …
        bob< :parloir.local 322 bob #ops 2 :
        bob< :parloir.local 323 bob …
        bob> LIST #nowhere
        bob< :parloir.local 321 bob …
        bob< :parloir.local 323 bob …
        wait 180s
        bob> JOIN #new
        skip
        bob> TOPIC #new :fresh
        bob< {bob} TOPIC #new fresh
        wait 60s
        bob> LIST C<2
        bob< :parloir.local 321 bob …
        bob< :parloir.local 322 bob #new 1 fresh
        bob< :parloir.local 323 bob …
        bob> LIST T>2
        bob< :parloir.local 321 bob …
        bob< :parloir.local 322 bob #dev 1 plans
        bob< :parloir.local 323 bob …
        ",
    );
}

#[test]
fn a_secret_channel_is_listed_for_those_in_it() {
    check(
        "
        irc alice bob
        alice> JOIN #dev
        skip
        alice> MODE #dev +s
        alice< {alice} MODE #dev +s
        alice> LIST
        alice< :parloir.local 321 alice …
        alice< :parloir.local 322 alice #dev 1 :
        alice< :parloir.local 323 alice …
        bob> LIST
        bob< :parloir.local 321 bob …
        bob< :parloir.local 323 bob …
        bob> WHOIS alice
        bob< :parloir.local 311 bob alice ~alice … * alice
        bob< :parloir.local 312 bob alice parloir.local …
        bob< :parloir.local 317 bob alice 0 … …
        bob< :parloir.local 318 bob alice …
        ",
    );
}

#[test]
fn a_list_is_for_as_many_conditions_as_there_is_time_for() {
    let mut stage = Stage::new(RelayConfig {
        rate: 0,
        ..RelayConfig::default()
    });
    let mut rooms = 0;
    let mut make = |stage: &mut Stage, until: usize| {
        while rooms < until {
            let id = stage.connect();
            stage.send(id, format!("NICK u{rooms}\r\nUSER u 0 * :u\r\n"));
            for _ in 0..100.min(until - rooms) {
                rooms += 1;
                stage.send(id, format!("JOIN #{rooms}\r\n"));
            }
        }
    };
    let asker = stage.connect();
    stage.send(asker, "NICK asker\r\nUSER u 0 * :u\r\n");
    stage.hear(asker);
    let ask = |stage: &mut Stage, conditions: usize| {
        stage.send(
            asker,
            format!("LIST {}\r\n", vec![">0"; conditions].join(",")),
        );
        let answer = stage.hear(asker);
        let is_listed = answer.contains(" 321 ") && answer.contains(" 323 ");
        assert_ne!(is_listed, answer.contains(" 263 asker LIST :"), "{answer}");
        is_listed
    };
    make(&mut stage, 512);
    assert!(ask(&mut stage, 16));
    make(&mut stage, 513);
    assert!(!ask(&mut stage, 16) && ask(&mut stage, 15));
    make(&mut stage, 9000);
    assert!(!ask(&mut stage, 2) && ask(&mut stage, 1) && ask(&mut stage, 0));
}
