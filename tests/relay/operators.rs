//! The commands of a room's operators in the line dialect, and their announcements.

use parloir::relay::hub::Host;

use crate::script::check;

#[test]
fn an_operator_makes_others_and_takes_it_back() {
    check(
        "
        here alice bob
        alice> /join dev
        skip
        bob> /join dev
        skip
        bob> /op bob
        bob< * you are not an operator of dev
        alice> /op BOB
        alice< * bob is an operator now (by alice)
        bob< * bob is an operator now (by alice)
        alice> /op bob
        alice< * that is so already
        bob> /deop alice
        alice< * alice is not an operator any more (by bob)
        bob< * alice is not an operator any more (by bob)
        bob> /voice alice
        alice< * alice has a voice now (by bob)
        bob< * alice has a voice now (by bob)
        bob> /devoice alice
        alice< * alice has no voice any more (by bob)
        bob< * alice has no voice any more (by bob)
        bob> /op carol
        bob< * no one here is called carol
        bob> /op
        bob< * usage: /op NAME
        ",
    );
}

#[test]
fn whoever_is_kicked_is_back_in_the_lobby() {
    check(
        "
        here alice bob carol
        alice> /join dev
        skip
        bob> /join dev
        skip
        carol> /topic tea
        skip
        alice> /kick bob too loud
        bob< * you were removed from dev by alice (too loud)
        bob< * You are bob, in lobby with carol.
        bob< * topic: tea
        alice< * bob was removed by alice (too loud)
        carol< * bob joined
        alice> /kick bob
        alice< * bob is not in dev
        alice> /kick
        alice< * usage: /kick NAME [REASON]
        carol> /kick bob
        carol< * you are not an operator of lobby
        bob> /join dev
        bob< * You are bob, in dev with alice.
        alice< * bob joined
        carol< * bob left
        alice> /kick bob
        bob< * you were removed from dev by alice
        bob< * You are bob, in lobby with carol.
        bob< * topic: tea
        alice< * bob was removed by alice
        carol< * bob joined
        ",
    );
}

#[test]
fn out_of_the_lobby_is_out_of_the_server_and_the_host_stays() {
    check(
        "
        here alice bob
        connect host host
        skip
        host> /op alice
        host< * alice is an operator now (by host)
        alice< * alice is an operator now (by host)
        bob< * alice is an operator now (by host)
        alice> /kick host
        alice< * you are not an operator of lobby
        alice> /kick bob bye
        bob< * you were removed from lobby by alice (bye)
        alice< * bob was removed by alice (bye)
        host< * bob was removed by alice (bye)
        bob closed
        ",
    );
}

#[test]
fn the_last_word_is_a_key_only_where_one_is_needed() {
    check(
        "
        here alice bob
        alice> /join dev
        skip
        bob> /join dev sesame
        bob< * You are bob, alone in dev_sesame.
        bob> /join lobby
        bob< * You are bob, alone in lobby.
        alice> /mode key sesame
        alice< * the room needs a key now: sesame (by alice)
        # A room of that very name goes first, and there is one still.
        bob> /join Dev  Sesame
        bob< * You are bob, alone in dev_sesame.
        bob> /join DEV sesame
        bob< * you are in dev_sesame
        ",
    );
}

#[test]
fn a_room_that_is_closed_says_how_to_come_in() {
    check(
        "
        here alice bob
        alice> /join dev
        skip
        alice> /mode key sesame
        alice< * the room needs a key now: sesame (by alice)
        bob> /join dev
        bob< * you cannot join dev: it needs a key (/join dev KEY)
        bob> /join dev open
        bob< * you cannot join dev: it needs a key (/join dev KEY)
        bob> /join #DEV sesame
        bob< * You are bob, in dev with alice.
        alice< * bob joined
        bob> /join lobby
        bob< * You are bob, alone in lobby.
        alice< * bob left
        alice> /mode key open sesame
        alice< * a key is one word of at most 23 bytes, without commas
        alice> /mode key 12345678901234567890123
        alice< * the room needs a key now: 12345678901234567890123 (by alice)
        alice> /mode key 123456789012345678901234
        alice< * a key is one word of at most 23 bytes, without commas
        alice> /mode -key
        alice< * the room needs no key any more (by alice)
        alice> /mode +i
        alice< * only those invited may come in now (by alice)
        bob> /join dev
        bob< * you cannot join dev: only those invited may
        alice> /invite bob
        bob< * alice invites you: /join dev
        alice< * bob is invited to dev
        bob> /join dev
        bob< * You are bob, in dev with alice.
        alice< * bob joined
        bob> /invite alice
        bob< * you are not an operator of dev
        alice> /invite bob
        alice< * bob is in dev already
        alice> /kick bob
        skip
        alice> /mode -invite-only
        alice< * everyone may come in now (by alice)
        alice> /mode limit 1
        alice< * at most 1 may be in the room now (by alice)
        bob> /join dev
        bob< * you cannot join dev: it is full
        alice> /mode
        alice< * dev: no-external, limit 1
        alice> /mode limit
        alice< * usage: /mode [+MODE or -MODE], where MODE is moderated, invite-only, topic-locked, secret, no-external, key WORD or limit N
        ",
    );
}

#[test]
fn a_room_that_is_moderated_says_so() {
    check(
        "
        here alice bob
        alice> /join dev
        skip
        bob> /join dev
        skip
        alice> /mode moderated
        alice< * only those with a voice may speak now (by alice)
        bob< * only those with a voice may speak now (by alice)
        bob> hello
        bob< * you cannot speak in dev: it is moderated
        bob> /me waves
        bob< * you cannot speak in dev: it is moderated
        alice> /voice bob
        skip
        bob> hello
        alice< <bob> hello
        alice> /devoice bob
        skip
        alice> /mode -m
        skip
        alice> /mute bob!*@*
        skip
        bob> hello
        bob< * you cannot speak in dev: you are muted
        alice> /unmute BOB!*@*
        alice< * BOB!*@* may speak now (by alice)
        bob< * BOB!*@* may speak now (by alice)
        bob> hello
        alice< <bob> hello
        alice> /mode topic-locked
        skip
        bob> /topic tea
        bob< * you are not an operator of dev
        alice> /topic tea
        alice< * topic: tea
        bob< * topic: tea
        alice> /mode secret
        skip
        alice> /rooms
        alice< * dev (2)
        bob> /join lobby
        skip
        bob> /rooms
        bob< * lobby (1)
        ",
    );
}

#[test]
fn a_ban_by_name_is_one_of_the_host() {
    let address = ([127, 0, 0, 1], 40_000).into();
    let host = Host::cloak(0, parloir::Address::Ip(address));
    check(&format!(
        "
        here alice bob
        alice> /join dev
        skip
        alice> /ban bob
        alice< * *!*@{host} is kept out now (by alice)
        bob> /join dev
        bob< * you cannot join dev: you are banned
        bob> /nick robert
        skip
        bob> /join dev
        bob< * you cannot join dev: you are banned
        alice> /mode
        alice< * dev: no-external, banned *!*@{host}
        alice> /unban robert
        alice< * *!*@{host} is not kept out any more (by alice)
        alice> /ban carol
        alice< * carol!*@* is kept out now (by alice)
        bob> /join dev
        bob< * You are robert, in dev with alice.
        alice< * robert joined
        "
    ));
}

/// Only the ban on the host was lifted, and the ban on the name stayed; once the name was given up,
/// neither was lifted.
#[test]
fn lifting_a_ban_by_name_left_the_others_that_meant_it() {
    let address = ([127, 0, 0, 1], 40_000).into();
    let host = Host::cloak(0, parloir::Address::Ip(address));
    check(&format!(
        "
        here alice bob
        alice> /join dev
        skip
        bob> /join dev
        skip
        alice> /ban bob!*@*
        skip
        alice> /ban BOB
        skip
        alice> /ban eve!*@*
        skip
        bob> /unban bob
        bob< * you are not an operator of dev
        alice> /unban bob
        alice< * bob!*@* is not kept out any more (by alice)
        bob< * bob!*@* is not kept out any more (by alice)
        alice< * *!*@{host} is not kept out any more (by alice)
        bob< * *!*@{host} is not kept out any more (by alice)
        alice> /unban bob
        alice< * that is so already
        alice> /mode
        alice< * dev: no-external, banned eve!*@*
        alice> /ban bob
        skip
        alice> /ban bob!*@*
        skip
        bob> /quit
        bob< * Bye.
        bob closed
        alice< * bob left
        alice> /unban Bob
        alice< * *!*@{host} is not kept out any more (by alice)
        alice< * Bob!*@* is not kept out any more (by alice)
        alice> /unban eve
        alice< * eve!*@* is not kept out any more (by alice)
        "
    ));
}

#[test]
fn an_empty_room_waits_for_its_operator() {
    check(
        "
        here alice bob
        alice> /join dev
        skip
        alice> /mode invite-only
        skip
        alice> /topic tea
        skip
        alice> /join lobby
        skip
        bob> /join dev
        bob< * you cannot join dev: only those invited may
        end alice
        alice closed
        bob< * alice left
        wait 3599s
        connect alice
        alice> alice
        skip
        alice> /join dev
        alice< * You are alice, alone in dev.
        alice< * topic: tea
        bob< * alice left
        alice> /invite bob
        alice< * bob is invited to dev
        bob< * alice invites you: /join dev
        bob> /join dev
        bob< * You are bob, in dev with alice.
        bob< * topic: tea
        alice< * bob joined
        bob> /mode -i
        bob< * you are not an operator of dev
        alice> /join lobby
        alice< * You are alice, alone in lobby.
        bob< * alice left
        alice> /join dev
        alice< * You are alice, in dev with bob.
        alice< * topic: tea
        bob< * alice joined
        bob< * alice is an operator again
        ",
    );
}

#[test]
fn nobody_speaks_by_another_name_by_a_topic_or_on_leaving_who_may_not_speak() {
    check(
        "
        here alice bob
        alice> /join dev
        skip
        bob> /join dev
        skip
        alice> /mute bob!*@*
        skip
        bob> hello
        bob< * you cannot speak in dev: you are muted
        bob> /topic hello
        bob< * you cannot speak in dev: you are muted
        bob> /nick hello
        bob< * you cannot change your name in dev: you are muted
        alice> /mode moderated
        skip
        alice> /unmute bob
        skip
        bob> /nick hello
        bob< * you cannot change your name in dev: it is moderated
        bob> /nick BOB
        bob< * you cannot change your name in dev: it is moderated
        bob> /quit hello
        bob< * Bye.
        bob closed
        alice< * bob left
        ",
    );
}

#[test]
fn a_connection_without_a_name_is_somebody_too() {
    check(
        "
        here alice
        alice> /join dev
        skip
        alice> /ban *!*@*
        skip
        connect eve
        eve> /join dev
        eve< * you cannot join dev: you are banned
        alice> /unban *!*@*
        skip
        alice> /ban mallory
        skip
        eve> /join dev
        eve< * You are a listener, in dev with alice.
        eve> mallory
        eve< * you cannot join dev: you are banned
        eve< * You are mallory, alone in lobby.
        alice> secret
        eve<
        ",
    );
}

#[test]
fn what_people_trust_is_nobody_s_name() {
    check(
        "
        connect bob
        bob> NickServ
        bob< * You are NickServ2, alone in lobby.
        bob> /nick root
        bob< * You are now root2.
        bob> /nick parloir
        bob< * You are now parloir2.
        bob> /nick аdmin
        bob< * You are now аdmin2.
        bob> /nick alice
        bob< * You are now alice.
        connect eve
        eve> аlice
        eve< * You are аlice2, in lobby with alice.
        bob< * аlice2 joined
        eve> /nick al1ce
        eve< * You are now al1ce.
        bob< * аlice2 is now al1ce
        eve> /nick aIice
        eve< * You are now aIice2.
        bob< * al1ce is now aIice2
        ",
    );
}

#[test]
fn whoever_is_away_says_so_to_those_who_write() {
    check(
        "
        here alice bob
        bob> /away gone fishing
        bob< * you are away
        alice> /msg bob there?
        bob< -alice- there?
        alice< * bob is away: gone fishing
        bob> /away
        bob< * you are back
        alice> /msg bob there?
        bob< -alice- there?
        ",
    );
}

#[test]
fn who_comes_from_where_is_told_only_where_that_is_wanted() {
    check(
        "
        set who_shows_addresses=true
        here alice bob
        connect ear
        wait 1s
        skip
        alice> /who
        alice< * lobby: alice (127.0.0.1:40000), bob (127.0.0.1:40000) and 1 listener
        ",
    );
}

#[test]
fn a_listener_gives_a_name_before_anything_of_this() {
    check(
        "
        connect bob
        wait 1s
        skip
        bob> /away
        bob< * give a nickname first
        bob> /op alice
        bob< * give a nickname first
        bob> /kick
        bob< * give a nickname first
        bob> /mode
        bob< * give a nickname first
        ",
    );
}

#[test]
fn whoever_was_banned_but_still_there_was_told_of_being_muted() {
    check(
        "
        here alice bob
        alice> /join dev
        skip
        bob> /join dev
        skip
        alice> /ban bob!*@*
        skip
        alice> /mute bob!*@*
        skip
        bob> hello
        bob< * you cannot speak in dev: you are banned
        alice> /unban bob!*@*
        skip
        bob> hello
        bob< * you cannot speak in dev: you are muted
        ",
    );
}
