//! The line protocol, case by case, without sockets: what is typed and what everyone reads.

mod support;

use parloir::RelayConfig;
use support::Stage;

#[test]
fn a_first_line_is_a_nickname_and_the_next_a_message() {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    let bob = stage.connect();
    stage.send(bob, "bob\nhello\n");
    assert_eq!(stage.hear(bob), "* You are bob, in lobby with alice.\n");
    assert_eq!(stage.hear(alice), "* bob joined\n<bob> hello\n");
}

#[test]
fn silence_is_greeted_after_300_ms_and_once() {
    let mut stage = Stage::new(RelayConfig::default());
    let person = stage.connect();
    stage.wait_ms(299);
    assert_eq!(stage.hear(person), "");
    stage.wait_ms(1);
    assert_eq!(
        stage.hear(person),
        "* Welcome to parloir. Type a nickname and press Enter; /help lists the commands.\n"
    );
    stage.wait_ms(10_000);
    assert_eq!(stage.hear(person), "");
}

#[test]
fn a_forgiven_line_does_not_merge_with_bytes_that_came_after_its_time() {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    let beginner = stage.connect();
    stage.send(beginner, "bob");
    // The loop is busy past the 200 ms, and finds the timer and the next bytes in one turn.
    stage.stall_ms(250);
    stage.send(beginner, "bonjour");
    stage.wait_ms(200);
    assert_eq!(stage.hear(alice), "* bob joined\n<bob> bonjour\n");
}

#[test]
fn telnet_s_negotiation_is_no_part_of_a_piece_that_came_at_once() {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    let beginner = stage.connect();
    stage.send(beginner, b"\xff\xfb\x01");
    stage.wait_ms(250);
    stage.send(beginner, "bob");
    stage.wait_ms(200);
    assert_eq!(stage.hear(alice), "* bob joined\n");
}
