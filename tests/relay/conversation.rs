//! The line protocol in the room: messages and commands, and the lines that everyone reads because
//! of them.

use crate::script::check;

#[test]
fn a_line_is_a_message_and_is_not_echoed() {
    check(
        "
        here alice bob carol
        bob> hello
        alice< <bob> hello
        carol< <bob> hello
        bob>  leading blanks stay, and trailing 
        alice< <bob>  leading blanks stay, and trailing 
        carol< <bob>  leading blanks stay, and trailing 
        bob>  /who
        alice< <bob>  /who
        carol< <bob>  /who
        ",
    );
}

#[test]
fn a_doubled_slash_says_one() {
    check(
        "
        here alice bob
        bob> //etc is a folder
        alice< <bob> /etc is a folder
        bob> ///
        alice< <bob> //
        ",
    );
}

#[test]
fn blank_lines_are_ignored() {
    check(
        r#"
        here alice bob
        bob>
        bob>    
        bob>> "\t \u{a0}\u{3000}\n\r\n\r\0\u{feff}\n\e[A\n\0\n\u{2028}\n\u{202e}\n"
        bob> .
        alice< <bob> .
        "#,
    );
}

#[test]
fn everyone_sees_one_order() {
    check(
        r#"
        here alice bob carol
        alice>> "1\n/me 2\n"
        bob< <alice> 1
        bob< ~ alice 2
        carol< <alice> 1
        carol< ~ alice 2
        bob> 3
        alice< <bob> 3
        carol< <bob> 3
        alice> 4
        bob< <alice> 4
        carol< <alice> 4
        carol> /history
        carol< [2026-11-20 14:03:07Z] <alice> 1
        carol< [2026-11-20 14:03:07Z] ~ alice 2
        carol< [2026-11-20 14:03:07Z] <bob> 3
        carol< [2026-11-20 14:03:07Z] <alice> 4
        "#,
    );
}

#[test]
fn help_lists_every_command() {
    check(
        "
        here alice
        connect quiet
        quiet> /HELP me
        quiet< * A line is a message to everyone in the room. These are commands:
        quiet< * /nick NAME: be called something else
        quiet< * /who: who is in this room
        quiet< * /rooms: which rooms there are
        quiet< * /join ROOM: go to another room, or make it
        quiet< * /msg NAME TEXT: say something to one person
        quiet< * /me TEXT: say what you do
        quiet< * /topic [TEXT]: show or set the room's topic; /topic - clears it
        quiet< * /history [N] [TIME]: the room's last lines, or those before a time
        quiet< * /search WORDS: lines of the room with these words
        quiet< * /away [TEXT]: say that you are away; without TEXT, that you are back
        quiet< * /invite NAME: ask someone into this room
        quiet< * /mode: what holds in this room
        quiet< * Who makes a room is its operator, and may:
        quiet< * /op NAME, /deop NAME: make someone else one, or no longer
        quiet< * /voice NAME, /devoice NAME: let someone speak where not everyone may
        quiet< * /kick NAME [REASON]: put someone out
        quiet< * /ban NAME, /unban NAME: keep someone out; /mute NAME, /unmute NAME: keep someone quiet
        quiet< * /mode +MODE or -MODE: moderated, invite-only, topic-locked, secret, key WORD, limit N
        quiet< * /quit [REASON]: leave
        quiet< * /help: this list. To begin a message with a slash, type two.
        ",
    );
}

#[test]
fn nick_renames() {
    check(
        "
        here alice bob
        bob> /nick Robert Smith
        bob< * You are now Robert_Smith.
        alice< * bob is now Robert_Smith
        connect carol
        carol> bob
        carol< * You are bob, in lobby with alice and Robert_Smith.
        alice< * bob joined
        bob< * bob joined
        bob> /nick bob
        bob< * You are now bob2.
        alice< * Robert_Smith is now bob2
        carol< * Robert_Smith is now bob2
        bob> /nick BOB2
        bob< * You are now BOB2.
        alice< * bob2 is now BOB2
        carol< * bob2 is now BOB2
        bob> /nick BOB2
        bob< * You are now BOB2.
        bob> /nick ***
        bob< * You are now guest.
        alice< * BOB2 is now guest
        carol< * BOB2 is now guest
        bob> /nick
        bob< * usage: /nick NAME
        bob> /nick  
        bob< * usage: /nick NAME
        ",
    );
}

#[test]
fn nick_is_a_first_nickname_as_well() {
    check(
        "
        here alice
        connect bob
        bob> /nick bob
        bob< * You are bob, in lobby with alice.
        alice< * bob joined
        bob> hello
        alice< <bob> hello
        ",
    );
}

#[test]
fn who_and_rooms() {
    check(
        "
        connect first
        first> /rooms
        first< * nobody with a nickname is in any room
        first> /who
        first< * lobby: 1 listener
        here alice bob
        skip
        alice> /who
        alice< * lobby: alice, bob and 1 listener
        connect second
        second> /Who ever
        second< * lobby: alice, bob and 2 listeners
        bob> /join dev
        bob< * You are bob, alone in dev.
        alice< * bob left
        first< * bob left
        second< * bob left
        bob> /who
        bob< * dev: bob
        bob> /rooms
        bob< * dev (1), lobby (1)
        here carol
        bob> /rooms
        bob< * lobby (2), dev (1)
        second> /join empty
        second< * You are a listener, alone in empty.
        bob> /rooms
        bob< * lobby (2), dev (1)
        ",
    );
}

#[test]
fn join_moves_and_both_rooms_are_told() {
    check(
        "
        here alice bob carol
        carol> /join #Dev
        carol< * You are carol, alone in Dev.
        alice< * carol left
        bob< * carol left
        carol> /topic work
        carol< * topic: work
        carol> first
        carol> /me types
        wait 60s
        bob> /join dev
        bob< * You are bob, in Dev with carol.
        bob< * topic: work
        bob< [2026-11-20 14:03:07Z] <carol> first
        bob< [2026-11-20 14:03:07Z] ~ carol types
        carol< * bob joined
        alice< * bob left
        bob> /join DEV
        bob< * you are in Dev
        bob> /join
        bob< * usage: /join ROOM
        bob> /join #
        bob< * usage: /join ROOM
        bob> /join ,,
        bob< * usage: /join ROOM
        bob> hi
        carol< <bob> hi
        alice> hi
        bob> /join lobby
        bob< * You are bob, in lobby with alice.
        bob< [2026-11-20 14:04:07Z] <alice> hi
        carol< * bob left
        alice< * bob joined
        ",
    );
}

#[test]
fn rooms_fold_as_nicknames_do() {
    check(
        "
        here alice
        alice> /join Café du Nord
        alice< * You are alice, alone in Café_du_Nord.
        alice> /join #CAFÉ_DU_NORD
        alice< * you are in Café_du_Nord
        alice> /join  ｄｅｖ 
        alice< * You are alice, alone in ｄｅｖ.
        alice> /join DEV
        alice< * you are in ｄｅｖ
        alice> /join ##c++, 🎉
        alice< * You are alice, alone in #c++_🎉.
        alice> /join ##C++_🎉
        alice< * you are in #c++_🎉
        ",
    );
}

#[test]
fn private_messages_go_to_anyone_on_the_server() {
    check(
        "
        here alice bob
        alice> /join dev
        alice< * You are alice, alone in dev.
        bob< * alice left
        bob> /msg ALICE are you there?
        alice< -bob- are you there?
        alice> /MSG bob   with  blanks 
        bob< -alice- with  blanks 
        alice> /msg alice note
        alice< -alice- note
        bob> /msg carol hi
        bob< * no one here is called carol
        bob> /msg alice
        bob< * usage: /msg NAME TEXT
        bob> /msg alice  
        bob< * usage: /msg NAME TEXT
        bob> /msg
        bob< * usage: /msg NAME TEXT
        bob> /history
        bob< * nothing has been said in lobby yet
        ",
    );
}

#[test]
fn actions() {
    check(
        "
        here alice bob
        bob> /me waves
        alice< ~ bob waves
        bob> /me
        bob< * usage: /me TEXT
        bob> /me  
        bob< * usage: /me TEXT
        ",
    );
}

#[test]
fn topics_are_told_to_the_whole_room() {
    check(
        "
        here alice bob
        bob> /topic
        bob< * no topic is set
        bob> /topic cake & tea
        alice< * topic: cake & tea
        bob< * topic: cake & tea
        alice> /topic
        alice< * topic: cake & tea
        connect carol
        carol> carol
        carol< * You are carol, in lobby with alice and bob.
        carol< * topic: cake & tea
        alice< * carol joined
        bob< * carol joined
        carol> /topic -
        alice< * no topic is set
        bob< * no topic is set
        carol< * no topic is set
        carol> /topic -x
        alice< * topic: -x
        bob< * topic: -x
        carol< * topic: -x
        ",
    );
}

#[test]
fn unknown_commands() {
    check(
        "
        here alice bob
        bob> /foo bar
        bob< * unknown command /foo; /help lists the commands
        bob> /Foo
        bob< * unknown command /Foo; /help lists the commands
        bob> /
        bob< * unknown command /; /help lists the commands
        bob> / who
        bob< * unknown command /; /help lists the commands
        bob> /hélp
        bob< * unknown command /hélp; /help lists the commands
        bob> /33333333333333333333333333333333é3
        bob< * unknown command /33333333333333333333333333333333; /help lists the commands
        ",
    );
}

#[test]
fn what_a_listener_may_use() {
    check(
        "
        here alice
        connect quiet
        quiet> /msg alice hi
        quiet< * give a nickname first
        quiet> /msg
        quiet< * give a nickname first
        quiet> /me waves
        quiet< * give a nickname first
        quiet> /topic
        quiet< * give a nickname first
        quiet> /topic mine
        quiet< * give a nickname first
        quiet> /who
        quiet< * lobby: alice and 1 listener
        quiet> /rooms
        quiet< * lobby (1)
        quiet> /history
        quiet< * nothing has been said in lobby yet
        quiet> /history x
        quiet< * usage: /history [N]
        quiet> /nick
        quiet< * usage: /nick NAME
        quiet> /join
        quiet< * usage: /join ROOM
        quiet> /join lobby
        quiet< * you are in lobby
        quiet> /join dev
        quiet< * You are a listener, alone in dev.
        alice> /rooms
        alice< * lobby (1)
        quiet> bob
        quiet< * You are bob, alone in dev.
        alice> /rooms
        alice< * dev (1), lobby (1)
        connect second
        second> /quit
        second< * Bye.
        second closed
        ",
    );
}
