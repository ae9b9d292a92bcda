//! Every limit of the relay: at it, below it and above it. Every case is a script.

use parloir::RelayConfig;

use crate::script::check;
use crate::support::Stage;

#[test]
fn a_line_has_at_most_4096_bytes_as_received() {
    check(
        r#"
        set rate=0
        here alice bob
        bob>> "x"*4096 "\n"
        alice<< "<bob> " "x"*4096 "\n"
        bob>> "x"*4096 "\r\n"
        alice<< "<bob> " "x"*4096 "\n"
        bob>> "x"*4096 "\r\0"
        alice<< "<bob> " "x"*4096 "\n"
        bob>> "x"*4097 "\n"
        bob< * line too long (limit 4096 bytes): not sent
        bob>> "x"*4095 "\ry\n"
        bob< * line too long (limit 4096 bytes): not sent
        bob>> "x"*4096 "\r\r\n"
        bob< * line too long (limit 4096 bytes): not sent
        bob>> "\xff\xf1" "x"*4094 "\n"
        alice<< "<bob> " "x"*4094 "\n"
        bob>> "x"*4094 "\xff\xf1" "\n"
        alice<< "<bob> " "x"*4094 "\n"
        bob>> "x\xff\xf1" "x"*4093 "\n"
        alice<< "<bob> " "x"*4094 "\n"
        bob>> "x\xff\xf1" "x"*4094 "\n"
        bob< * line too long (limit 4096 bytes): not sent
        bob>> "\xff\xf1"*3000 "x"*4096 "\n"
        alice<< "<bob> " "x"*4096 "\n"
        bob>> "x"*4095 "\xff\xff" "\n"
        bob< * line too long (limit 4096 bytes): not sent
        bob>> "x"*4094 "\xff\xff" "\n"
        alice<< "<bob> " "x"*4094 "ÿ\n"
        bob>> "é"*2048 "\n"
        alice<< "<bob> " "é"*2048 "\n"
        bob>> "é"*2048 "x\n"
        bob< * line too long (limit 4096 bytes): not sent
        bob>> "\e[m"*1366 "\n"
        bob< * line too long (limit 4096 bytes): not sent
        bob>> "\e[m"*1365 "x\n"
        alice< <bob> x
        bob>> "\xe9"*4096 "\n"
        alice<< "<bob> " "é"*4096 "\n"
        "#,
    );
}

#[test]
fn a_line_too_long_is_told_of_once_and_gone() {
    check(
        r#"
        set rate=0
        here alice bob
        bob>> "x"*4097
        bob< * line too long (limit 4096 bytes): not sent
        bob>> "x"*9000
        bob>> "\xff\xfd\x06"
        bob<< "\xff\xfb\x06"
        bob>> "\0x\r"
        bob>> "\nafter\n"
        alice< <bob> after
        bob>> "y"*5000 "\nz\n"
        bob<< "* line too long (limit 4096 bytes): not sent\r\n"
        alice< <bob> z
        bob>> "x"*5000
        bob<< "* line too long (limit 4096 bytes): not sent\r\n"
        end bob
        alice< * bob left
        bob closed
        connect carol
        carol>> "c"*5000
        carol< * line too long (limit 4096 bytes): not sent
        wait 60s
        carol>> "\ncarol\n"
        carol< * You are carol, in lobby with alice.
        carol< [2026-11-20 14:03:07Z] <bob> after
        carol< [2026-11-20 14:03:07Z] <bob> z
        alice< * carol joined
        "#,
    );
}

#[test]
fn the_line_limit_can_be_set() {
    check(
        r#"
        set line_bytes_max=64
        here alice bob
        bob>> "x"*64 "\r\n"
        alice<< "<bob> " "x"*64 "\n"
        bob>> "x"*65 "\n"
        bob< * line too long (limit 64 bytes): not sent
        "#,
    );
}

#[test]
fn a_burst_passes_and_then_ten_lines_a_second() {
    check(
        r#"
        here alice bob
        bob>> "x\n"*49
        alice<< "<bob> x\n"*49
        bob>> "y\n"*12
        wait 99ms
        wait 1ms
        alice< <bob> y
        wait 100ms
        alice< <bob> y
        wait 1000ms
        alice<< "<bob> y\n"*10
        wait 5s
        bob>> "z\n"*51
        alice<< "<bob> z\n"*50
        wait 99ms
        wait 1ms
        alice< <bob> z
        "#,
    );
}

#[test]
fn every_line_counts() {
    check(
        r#"
        set burst=8
        set line_bytes_max=64
        here alice bob
        bob>> "\n \n/who\n/foo\n" "x"*65 "\n/msg alice hi\nlast\nover\n"
        bob< * lobby: alice and bob
        bob< * unknown command /foo; /help lists the commands
        bob< * line too long (limit 64 bytes): not sent
        alice< -bob- hi
        alice< <bob> last
        wait 99ms
        wait 1ms
        alice< <bob> over
        "#,
    );
}

#[test]
fn rate_0_is_no_limit() {
    check(
        r#"
        set rate=0
        set burst=1
        here alice bob
        bob>> "x\n"*1000
        alice<< "<bob> x\n"*1000
        "#,
    );
}

#[test]
fn nothing_is_lost_by_sending_too_fast_and_leaving() {
    check(
        r#"
        set burst=2
        here alice bob
        bob>> "1\n2\n3"
        alice< <bob> 1
        end bob
        wait 99ms
        wait 1ms
        alice< <bob> 2
        wait 100ms
        alice< <bob> 3
        alice< * bob left
        bob closed
        "#,
    );
}

#[test]
fn more_lines_than_a_turn_s_share_are_taken_in_the_next() {
    for (lines, turns) in [(255, 1), (256, 1), (257, 2), (512, 2), (513, 3)] {
        let config = RelayConfig {
            rate: 0,
            ..RelayConfig::default()
        };
        let mut stage = Stage::new(config);
        let (alice, bob) = (stage.arrive("alice"), stage.arrive("bob"));
        stage.hear(alice);
        let before = stage.yields();
        stage.send(bob, "x\n".repeat(lines));
        assert_eq!(stage.hear(alice), "<bob> x\n".repeat(lines));
        assert_eq!(stage.yields() - before + 1, turns, "{lines} lines");
    }
}

#[test]
fn rooms_are_limited() {
    check(
        "
        set rooms_max=2
        here alice bob
        alice> /join dev
        alice< * You are alice, alone in dev.
        bob< * alice left
        alice> /join ops
        alice< * too many rooms
        alice> /join lobby
        alice< * You are alice, in lobby with bob.
        bob< * alice joined
        alice> /join ops
        alice< * too many rooms
        wait 3600s
        alice> /join ops
        alice< * You are alice, alone in ops.
        bob< * alice left
        ",
    );
}

#[test]
fn newcomers_find_their_room_however_many_there_are() {
    check(
        "
        set rooms_max=2
        here alice bob
        alice> /join dev
        alice< * You are alice, alone in dev.
        bob< * alice left
        bob> /join dev
        bob< * You are bob, in dev with alice.
        alice< * bob joined
        wait 3600s
        bob> /join ops
        bob< * You are bob, alone in ops.
        alice< * bob left
        connect carol
        carol> carol
        carol< * You are carol, alone in lobby.
        ",
    );
}

#[test]
fn of_empty_rooms_the_one_empty_longest_goes_first() {
    check(
        "
        set empty_rooms_max=2
        here alice
        wait 1s
        alice> /join a
        alice< * You are alice, alone in a.
        alice> /topic a
        alice< * topic: a
        wait 1s
        alice> /join b
        alice< * You are alice, alone in b.
        alice> /topic b
        alice< * topic: b
        wait 1s
        alice> /join a
        alice< * You are alice, alone in a.
        alice< * topic: a
        wait 1s
        alice> /join c
        alice< * You are alice, alone in c.
        # The lobby has gone; a and b are kept.
        wait 1s
        alice> /join b
        alice< * You are alice, alone in b.
        alice< * topic: b
        wait 1s
        alice> /join d
        alice< * You are alice, alone in d.
        # a has gone.
        wait 1s
        alice> /join a
        alice< * You are alice, alone in a.
        ",
    );
}

#[test]
fn history_keeps_200_lines_and_replays_20() {
    let said: String = (1..=201).map(|n| format!("{n}\\n")).collect();
    let shown = |from: usize, to: usize| -> String {
        (from..=to)
            .map(|n| format!("[2026-11-20 14:03:07Z] <bob> {n}\\n"))
            .collect()
    };
    check(&format!(
        r#"
        set rate=0
        here bob
        bob>> "{said}"
        connect carol
        carol> carol
        carol< * You are carol, in lobby with bob.
        carol<< "{twenty}"
        bob< * carol joined
        carol> /history 199
        carol<< "{without_first}"
        carol> /history
        carol<< "{all}"
        carol> /history 200
        carol<< "{all}"
        carol> /history 201
        carol<< "{all}"
        carol> /history 99999999999999999999999999
        carol<< "{all}"
        "#,
        twenty = shown(182, 201),
        without_first = shown(3, 201),
        all = shown(2, 201),
    ));
}

#[test]
fn history_and_replay_can_be_set() {
    for (history, replay, replayed, kept) in
        [(3, 2, 2, 3), (2, 3, 2, 2), (3, 0, 0, 3), (0, 3, 0, 0)]
    {
        let shown = |count: usize| -> String {
            (5 - count..5)
                .map(|n| format!("carol< [2026-11-20 14:03:07Z] <bob> {n}\n"))
                .collect()
        };
        let all = match kept {
            0 => "carol< * nothing has been said in lobby yet".into(),
            kept => shown(kept),
        };
        check(&format!(
            r#"
            set history={history}
            set replay={replay}
            here bob
            bob>> "1\n2\n3\n4\n"
            connect carol
            carol> carol
            carol< * You are carol, in lobby with bob.
            {}
            bob< * carol joined
            carol> /history
            {all}
            "#,
            shown(replayed)
        ));
    }
}

#[test]
fn fifty_rooms_are_listed() {
    for (count, others) in [(50, ""), (51, " and 1 other"), (52, " and 2 others")] {
        let moves: String = (10..10 + count - 1)
            .map(|n| format!("here p{n}\np{n}> /join r{n}\nskip\n"))
            .collect();
        let rooms: Vec<String> = (10..59.min(10 + count - 1))
            .map(|n| format!("r{n} (1)"))
            .collect();
        check(&format!(
            "
            here alice bob
            {moves}
            alice> /rooms
            alice< * lobby (2), {}{others}
            ",
            rooms.join(", ")
        ));
    }
}

#[test]
fn the_room_that_remembers_most_forgets_its_older_half() {
    check(
        r#"
        set history_total_bytes_max=12000
        here alice bob
        bob> /join dev
        skip
        bob> small
        alice>> "1\n2" "x"*3000 "\n3" "x"*3000 "\n4" "x"*3000 "\n"
        alice> /history 4
        alice< [2026-11-20 14:03:07Z] <alice> 1
        alice<< "[2026-11-20 14:03:07Z] <alice> 2" "x"*3000 "\n"
        alice<< "[2026-11-20 14:03:07Z] <alice> 3" "x"*3000 "\n"
        alice<< "[2026-11-20 14:03:07Z] <alice> 4" "x"*3000 "\n"
        alice> 5
        alice>> "6" "x"*3000 "\n"
        alice> /history
        alice<< "[2026-11-20 14:03:07Z] <alice> 4" "x"*3000 "\n"
        alice< [2026-11-20 14:03:07Z] <alice> 5
        alice<< "[2026-11-20 14:03:07Z] <alice> 6" "x"*3000 "\n"
        bob> /history
        bob< [2026-11-20 14:03:07Z] <bob> small
        "#,
    );
}

/// Such a connection has no name, and no probe closes it, because its peer is alive.
#[test]
fn a_first_line_that_never_ended_stayed_for_ever() {
    check(
        r#"
        set first_line_within=300s
        set replay=0
        here alice
        connect typist
        wait 100ms
        typist>> "b"
        wait 299s
        typist>> "o"
        wait 999ms
        typist>> "b\n"
        alice< * bob joined
        typist< * You are bob, in lobby with alice.
        # From then on there is time.
        typist>> "n"
        wait 400s
        typist>> "o\n"
        alice< <bob> no
        connect sleeper
        wait 100ms
        sleeper>> "b"
        wait 299999ms
        sleeper>> "o"
        wait 1ms
        sleeper< * your first line never ended
        sleeper closed
        connect endless
        endless>> "x"*5000
        endless< * line too long (limit 4096 bytes): not sent
        wait 100ms
        endless>> "x"
        wait 300s
        endless< * your first line never ended
        endless closed
        connect writer talk
        wait 100ms
        writer>> "b"
        wait 100ms
        writer>> "o"
        wait 300s
        writer closed
        # Saying nothing at all is fine.
        connect silent
        wait 300ms
        silent< * Welcome to parloir. Type a nickname and press Enter; /help lists the commands.
        wait 2000s
        silent> carol
        alice< * carol joined
        typist< * carol joined
        silent< * You are carol, in lobby with alice and bob.
        "#,
    );
}

#[test]
fn a_first_line_may_be_given_all_the_time_there_is() {
    check(
        r#"
        set first_line_within=0s
        connect typist
        typist>> "b"
        wait 100ms
        typist>> "o"
        wait 100000s
        typist>> "b\n"
        typist< * You are bob, alone in lobby.
        "#,
    );
}
