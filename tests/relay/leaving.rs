//! The end of conversations, and what is kept of them: leaving, reasons, history, rooms that empty,
//! the stop.

use crate::script::check;

#[test]
fn leaving_is_told_with_its_reason() {
    check(
        r#"
        here alice bob carol dave erin fay
        bob> /quit
        bob< * Bye.
        bob closed
        alice< * bob left
        carol< * bob left
        dave< * bob left
        erin< * bob left
        fay< * bob left
        carol>> "/QUIT  so long \nand more\n"
        carol< * Bye.
        carol closed
        alice< * carol left (so long)
        dave< * carol left (so long)
        erin< * carol left (so long)
        fay< * carol left (so long)
        lost dave stalled
        alice< * dave left (stopped reading)
        erin< * dave left (stopped reading)
        fay< * dave left (stopped reading)
        lost erin queue
        alice< * erin left (read too slowly)
        fay< * erin left (read too slowly)
        lost fay input
        alice< * fay left (sent too much at once)
        "#,
    );
}

#[test]
fn the_end_comes_after_all_that_was_sent() {
    check(
        r#"
        here alice
        connect bob
        bob>> "bob\n/who\n1\n2"
        bob< * You are bob, in lobby with alice.
        bob< * lobby: alice and bob
        alice< * bob joined
        alice< <bob> 1
        end bob
        alice< <bob> 2
        alice< * bob left
        bob closed
        "#,
    );
}

#[test]
fn a_stop_is_told_to_those_who_chat() {
    check(
        "
        here alice
        connect greeted
        wait 300ms
        greeted< * Welcome to parloir. Type a nickname and press Enter; /help lists the commands.
        connect silent
        connect deaf listen
        connect mute talk
        connect bare broker
        mute> mute
        alice< * mute joined
        greeted< * mute joined
        stop
        alice< * the server is stopping
        greeted< * the server is stopping
        lost alice stalled
        ",
    );
}

#[test]
fn the_end_of_the_stream_ends_the_last_line() {
    check(
        r#"
        here alice
        connect bob
        bob>> "bob\nhello"
        bob< * You are bob, in lobby with alice.
        alice< * bob joined
        end bob
        alice< <bob> hello
        alice< * bob left
        bob closed
        connect eve
        eve>> "e"
        end eve
        eve< * You are e, in lobby with alice.
        eve< [2026-11-20 14:03:07Z] <bob> hello
        alice< * e joined
        alice< * e left
        eve closed
        connect zed
        end zed
        zed closed
        "#,
    );
}

#[test]
fn what_came_before_a_reset_is_said() {
    check(
        r#"
        here alice bob
        bob>> "last wo"
        bob>> "rds\nand more"
        alice< <bob> last words
        reset bob
        alice< <bob> and more
        alice< * bob left
        bob closed
        "#,
    );
}

#[test]
fn those_without_a_name_leave_without_a_word() {
    check(
        "
        here alice
        connect quiet
        quiet> /who
        quiet< * lobby: alice and 1 listener
        end quiet
        quiet closed
        alice> /who
        alice< * lobby: alice
        ",
    );
}

#[test]
fn what_follows_a_quit_is_not_said() {
    check(
        r#"
        here alice bob
        bob>> "/quit\nhello\n/nick x\n"
        bob< * Bye.
        bob closed
        alice< * bob left
        "#,
    );
}

#[test]
fn a_name_that_was_left_is_free() {
    check(
        "
        here alice bob
        end bob
        alice< * bob left
        bob closed
        connect bob
        bob> BOB
        bob< * You are BOB, in lobby with alice.
        alice< * BOB joined
        ",
    );
}

#[test]
fn history_is_shown_in_utc() {
    check(
        "
        here alice bob
        alice> one
        bob< <alice> one
        wait 36000s
        alice> /me two
        bob< ~ alice two
        bob> /nick robert
        bob< * You are now robert.
        alice< * bob is now robert
        bob> three
        alice< <robert> three
        alice> /history
        alice< [2026-11-20 14:03:07Z] <alice> one
        alice< [2026-11-21 00:03:07Z] ~ alice two
        alice< [2026-11-21 00:03:07Z] <robert> three
        alice> /history 2
        alice< [2026-11-21 00:03:07Z] ~ alice two
        alice< [2026-11-21 00:03:07Z] <robert> three
        alice> /history 1 
        alice< [2026-11-21 00:03:07Z] <robert> three
        alice> /history 0
        alice< * usage: /history [N]
        alice> /history -1
        alice< * usage: /history [N]
        alice> /history two
        alice< * usage: /history [N]
        alice> /history 1 2
        alice< * usage: /history [N]
        ",
    );
}

#[test]
fn history_has_what_was_said_and_nothing_else() {
    check(
        "
        here alice bob
        alice> /msg bob psst
        bob< -alice- psst
        alice> /topic tea
        alice< * topic: tea
        bob< * topic: tea
        alice> /nick ali
        alice< * You are now ali.
        bob< * alice is now ali
        alice> /history
        alice< * nothing has been said in lobby yet
        ",
    );
}

#[test]
fn an_empty_room_keeps_its_history_and_topic_for_an_hour() {
    for (minutes_and_ms, kept) in [("3599999ms", true), ("3600s", false)] {
        let shown = if kept {
            "bob< * topic: tea\nbob< [2026-11-20 14:03:07Z] <bob> hi"
        } else {
            ""
        };
        check(&format!(
            "
            here alice bob
            bob> /join dev
            bob< * You are bob, alone in dev.
            alice< * bob left
            bob> /topic tea
            bob< * topic: tea
            bob> hi
            bob> /join lobby
            bob< * You are bob, in lobby with alice.
            alice< * bob joined
            wait {minutes_and_ms}
            bob> /join dev
            bob< * You are bob, alone in dev.
            {shown}
            alice< * bob left
            "
        ));
    }
}

#[test]
fn the_first_room_is_kept_and_forgotten_as_others_are() {
    check(
        "
        here alice
        alice> /topic tea
        alice< * topic: tea
        end alice
        alice closed
        wait 3599s
        connect bob
        bob> bob
        bob< * You are bob, alone in lobby.
        bob< * topic: tea
        end bob
        bob closed
        wait 3600s
        connect carol
        carol> carol
        carol< * You are carol, alone in lobby.
        ",
    );
}
