//! The failures that the simulator has found, each as a test of its own, named after what broke.

use parloir::relay::{Call, Role};
use parloir::{CloseReason, Demand, Relay, RelayConfig};

use crate::house::House;
use crate::support::Stage;

fn with_password() -> RelayConfig {
    RelayConfig {
        password: Some(String::from("sesame")),
        ..RelayConfig::default()
    }
}

/// The relay demanded a call at a time that had already come, again and again. The real loop would
/// never sleep. The stage asserts that this does not happen.
#[test]
fn beginning_to_write_and_stopping_spun_the_loop() {
    let plain = RelayConfig::default;
    for (config, role, pieces) in [
        (plain(), Role::Auto, &["G"][..]),
        (plain(), Role::Auto, &["GET", " /"]),
        (plain(), Role::Auto, &["GET /", " of all\n"]),
        (plain(), Role::Auto, &["GET *", " "]),
        (plain(), Role::Auto, &["\x16"]),
        (plain(), Role::Listen, &["PUT"]),
        (with_password(), Role::Auto, &["se"]),
        (with_password(), Role::Auto, &["open\n"]),
    ] {
        let mut stage = Stage::new(config);
        let listener = stage.listener(role);
        let id = stage.connect_to(listener);
        for piece in pieces {
            stage.send(id, piece);
            stage.wait_ms(20);
        }
        stage.wait_ms(20_000);
    }
}

#[test]
fn a_slowly_typed_password_left_its_writer_outside() {
    let mut stage = Stage::new(with_password());
    let host = stage.connect();
    stage.send(host, "sesame\nalice\n");
    let typist = stage.connect();
    stage.send(typist, "s");
    stage.wait_ms(400);
    stage.send(typist, "esame\n");
    stage.send(host, "hello\n");
    assert_eq!(stage.hear(typist), "<alice> hello\n");
}

#[test]
fn a_call_without_a_legal_name_spoke_for_nobody() {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    let (from, room, text) = ("***".into(), "lobby".into(), "hello".into());
    stage.call(Call::Say { from, room, text });
    assert_eq!(stage.hear(alice), "<guest> hello\n");
}

#[test]
fn asking_for_the_name_whose_number_one_has_gave_another_number() {
    let mut stage = Stage::new(RelayConfig::default());
    let (_bob, other) = (stage.arrive("bob"), stage.arrive("bob"));
    stage.arrive("bob");
    stage.send(other, "/nick bob\n");
    assert_eq!(stage.hear(other), "* bob3 joined\n* You are now bob2.\n");
}

#[test]
fn text_before_a_telnet_request_was_not_forgiven_its_newline() {
    let mut stage = Stage::new(RelayConfig::default());
    let id = stage.connect();
    stage.send(id, b"alice\xff\xfd\x01");
    stage.wait_ms(1000);
    assert_eq!(
        stage.hear_bytes(id),
        b"\xff\xfc\x01* You are alice, alone in lobby.\r\n"
    );
}

#[test]
fn a_forgiven_piece_was_cut_at_a_telnet_request_in_it() {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    let id = stage.connect();
    stage.send(id, b"GET ab\xff\xfd\x01cd");
    stage.wait_ms(1000);
    assert_eq!(stage.hear(alice), "* GET_abcd joined\n");
}

fn irc(stage: &mut Stage, name: &str) -> parloir::ConnId {
    let id = stage.connect();
    stage.send(id, format!("NICK {name}\r\nUSER u 0 * :x\r\nJOIN #dev\r\n"));
    stage.hear(id);
    id
}

#[test]
fn a_hook_that_left_only_blanks_of_an_irc_message_had_them_said() {
    let house = House {
        barred: parloir::Tag(9),
    };
    let relay = Relay::new(RelayConfig::default()).unwrap();
    let mut stage = Stage::with(relay.with_hooks(house));
    let (ann, bob) = (irc(&mut stage, "ann"), irc(&mut stage, "bob"));
    stage.hear(ann);
    stage.send(bob, "PRIVMSG #dev :vanish\r\nPRIVMSG #dev :  \r\n");
    let heard = stage.hear(ann);
    assert!(heard.ends_with(" PRIVMSG #dev :  \r\n"), "{heard:?}");
    assert_eq!(heard.lines().count(), 1);
}

#[test]
fn whoever_put_out_themselves_and_others_saw_the_others_go_from_a_room_they_had_left() {
    let mut stage = Stage::new(RelayConfig::default());
    let ann = irc(&mut stage, "ann");
    irc(&mut stage, "bob");
    stage.hear(ann);
    stage.send(ann, "KICK #dev bob,ann\r\n");
    let heard = stage.hear(ann);
    let kicked: Vec<&str> = heard
        .lines()
        .filter_map(|line| line.split(' ').nth(3))
        .collect();
    assert_eq!(kicked, ["bob", "ann"]);
}

#[test]
fn whoever_began_endlessly_was_talked_to_in_lines_on_a_listener_for_irc() {
    let mut stage = Stage::new(RelayConfig::default());
    let listener = stage.listener(Role::Irc);
    let id = stage.connect_to(listener);
    stage.send(id, format!("GET {}", "x".repeat(5000)));
    stage.send(id, "\r\nNICK ann\r\nUSER u 0 * :x\r\n");
    let heard = stage.hear(id);
    assert!(heard.starts_with(":parloir.local 417 * "), "{heard:?}");
    assert!(heard.contains(" 001 ann "), "{heard:?}");
}

/// An IRC client with these capabilities, which has joined the lobby.
fn irc_in_lobby(stage: &mut Stage, name: &str, caps: &str) -> parloir::ConnId {
    let id = stage.connect();
    let lines = [
        "NICK NAME",
        "USER u 0 * :x",
        "CAP REQ :CAPS",
        "CAP END",
        "JOIN #lobby",
        "",
    ];
    let lines = lines.join("\r\n").replace("NAME", name);
    stage.send(id, lines.replace("CAPS", caps));
    stage.hear(id);
    id
}

#[test]
fn a_long_line_behind_a_short_one_was_no_message_of_several_lines() {
    let mut stage = Stage::new(RelayConfig::default());
    let ann = irc_in_lobby(&mut stage, "ann", "batch draft/multiline");
    let bob = stage.arrive("bob");
    stage.hear(ann);
    stage.send(bob, format!("hello\n{}\n", "x".repeat(600)));
    let heard = stage.hear(ann);
    let batches: Vec<&str> = heard.lines().filter(|it| it.contains(" BATCH ")).collect();
    assert!(batches.len() == 2 && heard.lines().count() == 5, "{heard}");
}

#[test]
fn a_nul_behind_ff_and_cr_ended_a_line_that_was_too_long() {
    let mut stage = Stage::new(RelayConfig {
        line_bytes_max: 64,
        ..RelayConfig::default()
    });
    let alice = stage.arrive("alice");
    stage.send(
        alice,
        [&[b'x'; 100][..], b"\r\xff\0", &[b'y'; 100]].concat(),
    );
    stage.send(alice, "\n/nick bob\n");
    assert_eq!(
        stage.hear(alice),
        "* line too long (limit 64 bytes): not sent\n* You are now bob.\n"
    );
}

#[test]
fn several_changes_of_modes_were_skipped_as_one_line() {
    let mut stage = Stage::new(RelayConfig::default());
    let ann = irc(&mut stage, "ann");
    let alice = stage.arrive("alice");
    stage.send(alice, "/join dev\n");
    stage.watch();
    stage.send(ann, "MODE #dev +im\r\n");
    let happenings = stage.happenings();
    let skippable = happenings.iter().flat_map(|it| &it.skippable);
    let lines = skippable.filter(|(to, _)| *to == alice);
    let lines = lines.map(|(_, line)| String::from_utf8_lossy(line).lines().count());
    assert_eq!(lines.collect::<Vec<_>>(), [1, 1]);
}

/// A configuration with a burst of so many lines and a slow allowance.
fn with_burst(burst: u32) -> RelayConfig {
    RelayConfig {
        rate: 1,
        burst,
        line_bytes_max: 64,
        ..RelayConfig::default()
    }
}

#[test]
fn whoever_ended_behind_a_line_too_long_stayed_if_it_came_in_pieces() {
    for pieces in [1, 7, 200] {
        let mut stage = Stage::new(with_burst(2));
        let (alice, bob) = (stage.arrive("alice"), stage.arrive("bob"));
        stage.hear(alice);
        let line = [&[b'y'; 130][..], b"\r\r\n"].concat();
        for piece in line.chunks(pieces) {
            stage.send(bob, piece);
        }
        stage.end(bob);
        assert_eq!(stage.hear(alice), "* bob left\n", "in pieces of {pieces}");
    }
}

#[test]
fn whoever_went_on_with_a_line_too_long_before_it_was_forgiven_its_end_was_told_again() {
    let mut stage = Stage::new(with_burst(1));
    let id = stage.connect();
    stage.send(id, "y".repeat(130));
    let told = "* line too long (limit 64 bytes): not sent\n";
    assert_eq!(stage.hear(id), told);
    stage.wait_ms(150);
    for _ in 0..130 {
        stage.send(id, "y");
    }
    stage.wait_ms(5000);
    assert_eq!(stage.hear(id), "");
}

#[test]
fn a_line_behind_one_too_long_was_taken_for_typed_if_that_came_in_pieces() {
    for pieces in [1, 7, 200] {
        let mut stage = Stage::new(with_burst(50));
        let (alice, bob) = (stage.arrive("alice"), stage.arrive("bob"));
        stage.hear(alice);
        stage.send(bob, "y");
        stage.wait_ms(100);
        let lines = [&[b'y'; 130][..], b"\nN\x08NA\x08A\n"].concat();
        for piece in lines.chunks(pieces) {
            stage.send(bob, piece);
        }
        assert_eq!(stage.hear(alice), "<bob> NNAA\n", "in pieces of {pieces}");
    }
}

#[test]
fn the_second_half_of_a_password_came_too_late_where_somebody_else_had_guessed() {
    let mut stage = Stage::new(with_password());
    let typist = stage.connect();
    stage.send(typist, "ses");
    let guesser = stage.connect();
    stage.send(guesser, "one\ntwo\nthree\n");
    stage.send(typist, "ame\nalice\n");
    stage.wait_ms(1000);
    let heard = stage.hear(typist);
    assert!(heard.contains("You are alice"), "{heard:?}");
}

#[test]
fn a_host_took_away_what_others_had_used_up() {
    let mut stage = Stage::new(RelayConfig {
        rate: 1,
        burst: 5,
        ..RelayConfig::default()
    });
    let listener = stage.listener(Role::Host);
    let alice = stage.arrive("alice");
    stage.send(alice, "one\ntwo\nthree\nfour\n");
    stage.free(alice, CloseReason::Reset);
    let host = stage.connect_to(listener);
    stage.hear(host);
    let again = stage.connect();
    stage.send(again, "alice\nfive\n");
    assert_eq!(stage.hear(host), "");
}

/// No member of the room had a name, so the first person who took a name became operator, and bans
/// do not match operators.
#[test]
fn a_listener_took_a_name_that_was_banned_and_ruled_the_room() {
    let mut stage = Stage::new(RelayConfig::default());
    let ann = irc(&mut stage, "ann");
    let listener = stage.connect();
    stage.send(listener, "/join dev\n");
    stage.send(ann, "MODE #dev +b *!~user@*\r\nKICK #dev ann\r\n");
    stage.hear(listener);
    stage.send(listener, "bob\n");
    assert_eq!(
        stage.hear(listener),
        "* you cannot join dev: you are banned\n* You are bob, alone in lobby.\n"
    );
}

#[test]
fn an_operator_who_came_back_as_a_listener_was_put_out_by_a_ban() {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.connect();
    stage.send(alice, "alice\n/join dev\n/ban *!*@*\n/quit\n");
    let back = stage.connect();
    stage.send(back, "/join dev\n");
    stage.hear(back);
    stage.send(back, "alice\n");
    let heard = stage.hear(back);
    assert!(heard.starts_with("* You are alice"), "{heard:?}");
}

/// The default room can be gone by the time a person takes a name, and is not made for a person who
/// is in another room.
#[test]
fn whoever_took_a_name_elsewhere_was_thought_to_have_made_the_default_room() {
    let mut stage = Stage::new(RelayConfig {
        empty_rooms_max: 0,
        ..RelayConfig::default()
    });
    let listener = stage.connect();
    stage.send(listener, "/join dev\nbob\n/rooms\n");
    let heard = stage.hear(listener);
    assert!(
        heard.ends_with("You are bob, alone in dev.\n* dev (1)\n"),
        "{heard:?}"
    );
}

#[test]
fn a_listening_program_was_thought_to_wait_for_a_newline_to_be_forgiven() {
    let mut stage = Stage::new(with_password());
    let listener = stage.listener(Role::Listen);
    let id = stage.connect_to(listener);
    stage.send(id, "sesame\r\r\nsesame");
    assert_eq!(stage.demand(id), Some(Demand::More));
}

/// A CR that does not end its line is text, but the line that holds it still costs one line.
#[test]
fn carriage_returns_alone_were_thought_to_cost_nothing() {
    let mut stage = Stage::new(with_burst(3));
    let (alice, bob) = (stage.arrive("alice"), stage.arrive("bob"));
    stage.hear(alice);
    stage.send(bob, "\r\r");
    stage.end(bob);
    stage.free(bob, CloseReason::Finished);
    stage.hear(alice);
    // The next connection gets the allowance that bob has left: two of three lines are used up, and
    // carol's name takes the last one, so that nothing is left.
    let next = stage.connect();
    stage.send(next, "carol\n");
    assert_eq!(stage.hear(alice), "");
}

/// The line is too long, and a CR ends it. The byte that shows that the CR stood alone had to wait
/// for the allowance.
#[test]
fn the_end_of_a_line_too_long_was_thought_to_wait_for_the_allowance() {
    let mut stage = Stage::new(with_burst(2));
    let id = stage.connect();
    stage.send(
        id,
        [&[b'y'; 100][..], b"\nx\n", &[b'y'; 100], b"\r\r"].concat(),
    );
    stage.hear(id);
    // The rest of the input is quiet from now on, so it counts as a line without its newline as
    // soon as it is taken.
    stage.wait_ms(3000);
    assert_eq!(stage.unread(id), 0);
    assert_eq!(stage.demand(id), Some(Demand::More));
}

/// The first character is not shown, so nobody could have typed the key.
#[test]
fn a_key_that_began_with_a_byte_order_mark_was_shown_without_it() {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    stage.send(alice, "/join den\n");
    stage.hear(alice);
    for key in ["\u{feff}open", "o\u{feff}pen"] {
        stage.send(alice, format!("/mode key {key}\n"));
        let heard = stage.hear(alice);
        assert!(heard.starts_with("* a key is one word"), "{heard}");
    }
}

/// A mask was shown with `_` for its blanks, and kept with the blanks, so that what is shown could
/// not be typed to lift it.
#[test]
fn a_mask_with_a_blank_is_kept_as_it_is_shown() {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    stage.send(alice, "/join den\n");
    stage.hear(alice);
    stage.send(alice, "/ban a b\n");
    assert_eq!(stage.hear(alice), "* a_b!*@* is kept out now (by alice)\n");
    stage.send(alice, "/unban a_b\n");
    assert_eq!(
        stage.hear(alice),
        "* a_b!*@* is not kept out any more (by alice)\n"
    );
}

#[test]
fn a_mask_that_began_with_a_byte_order_mark_was_shown_without_it() {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    stage.send(alice, "/join den\n");
    stage.hear(alice);
    stage.send(alice, "/ban \u{feff}eve\n/unban eve\n");
    assert_eq!(
        stage.hear(alice),
        "* eve!*@* is kept out now (by alice)\n* eve!*@* is not kept out any more (by alice)\n"
    );
}
