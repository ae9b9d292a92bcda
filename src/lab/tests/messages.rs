//! Tests where a message ends, and which client an answer of the operator goes to.

use super::stage::Stage;
use crate::lab::{Service, Visible};
use crate::protocol::{CloseReason, Protocol};

#[test]
fn echo_gives_the_same_bytes_back_and_waits_for_the_rest_of_a_character() {
    let mut stage = Stage::new();
    let student = stage.connect(Service::Echo);
    stage.send(student, "x");
    stage.hears(student, "x");
    stage.send(student, b"caf\xc3");
    stage.hears(student, "caf");
    stage.wait(100);
    stage.send(student, b"\xa9 \xe2\x82");
    stage.hears(student, "é ");
    stage.wait(199);
    stage.hears(student, "");
    stage.wait(1);
    stage.hears(student, b"\xe2\x82");
    stage.send(student, b"\0\xff\r\n\xc3");
    stage.hears(student, b"\0\xff\r\n");
    stage.end(student, CloseReason::Finished);
    stage.hears(student, b"\xc3");
    assert!(stage.is_closed(student));
}

#[test]
fn ack_takes_one_message_with_or_without_its_newline() {
    for (pieces, wait, message, stripped) in [
        (&["hello\n"][..], 0, r"hello\n", "hello"),
        (&["  hello \r\n"], 0, r"  hello \r\n", "hello"),
        (&["hello"], 200, "hello", "hello"),
        (&["he", "llo\n"], 0, r"hello\n", "hello"),
        (&["one\ntwo"], 0, r"one\ntwo", r"one\ntwo"),
        (&["\n"], 0, r"\n", ""),
        (&["hi\r\0"], 0, r"hi\r\x00", r"hi\r\x00"),
    ] {
        let mut stage = Stage::new();
        let student = stage.connect(Service::Ack);
        stage.overlook();
        for piece in pieces {
            stage.send(student, piece);
        }
        if wait > 0 {
            stage.wait(wait - 1);
            assert!(!stage.is_closed(student), "{message}");
            stage.wait(1);
        }
        stage.hears(student, "ACK from TCP Server");
        assert!(stage.is_closed(student), "{message}");
        stage.sees(&[&format!("1 > {message}"), &format!("1 sent {stripped}")]);
    }
}

#[test]
fn a_typist_a_cut_character_and_telnet_are_waited_for() {
    for service in [Service::Ack, Service::Operator] {
        for pieces in [
            &[&b"h"[..]][..],
            &[b"h", b"e", b"l"],
            &[b"caf\xc3"],
            &[b"up\x1b["],
            &[b"\xff\xfd\x06"],
            &[b"hello\xff\xfd"],
        ] {
            let mut stage = Stage::new();
            let student = stage.connect(service);
            stage.overlook();
            for piece in pieces {
                stage.send(student, piece);
                stage.wait(100);
            }
            stage.wait(10_000);
            stage.sees(&[]);
            stage.send(student, "\n");
            stage.wait(50);
            let all = [&pieces.concat()[..], b"\n"].concat();
            let shown = format!("1 > {}", Visible(&all));
            assert_eq!(stage.events.lock().unwrap().first(), Some(&shown));
        }
    }
}

#[test]
fn ack_of_nothing_is_none_and_the_end_ends_a_message() {
    let mut stage = Stage::new();
    let silent = stage.connect(Service::Ack);
    stage.end(silent, CloseReason::Finished);
    stage.hears(silent, "");
    assert!(stage.is_closed(silent));
    let short = stage.connect(Service::Ack);
    stage.send(short, "5");
    stage.end(short, CloseReason::Finished);
    stage.hears(short, "ACK from TCP Server");
}

#[test]
fn a_message_without_an_end_is_cut_before_the_loop_would_give_it_up() {
    for service in [Service::Ack, Service::Operator] {
        let mut stage = Stage::new();
        let student = stage.connect(service);
        stage.send(student, vec![b'x'; (16 << 10) - 1]);
        stage.overlook();
        stage.wait(60);
        stage.sees(&[]);
        stage.send(student, "x");
        assert_eq!(stage.people[&student].unread.len(), 0);
        assert!(!stage.events.lock().unwrap().is_empty());
    }
}

#[test]
fn an_operators_line_goes_to_whoever_has_waited_longest() {
    let mut stage = Stage::new();
    let [ana, bob] = [(); 2].map(|()| stage.connect(Service::Operator));
    stage.overlook();
    stage.typed("too early");
    stage.sees(&["- nobody waits"]);
    stage.send(bob, "Bonjour");
    stage.wait(200);
    stage.send(ana, "one\ntwo\n");
    stage.wait(50);
    stage.sees(&["2 > Bonjour", "2 waits, of 1", r"1 > one\ntwo\n"]);
    stage.typed("");
    stage.typed("\x1b[AÇa va ?\r");
    stage.sees(&["- nothing typed", "2 < Ça va ?", "1 waits, of 1"]);
    stage.hears(bob, "Ça va ?");
    stage.hears(ana, "");
    stage.typed("three");
    stage.hears(ana, "three");
    stage.typed("four");
    stage.sees(&["1 < three", "- nobody waits"]);
    assert!(!stage.is_closed(ana) && !stage.is_closed(bob));
}

#[test]
fn exit_closes_the_one_whose_turn_it_is() {
    let mut stage = Stage::new();
    let [ana, bob] = [(); 2].map(|()| stage.connect(Service::Operator));
    for id in [ana, bob] {
        stage.send(id, "hello\n");
        stage.wait(50);
    }
    stage.overlook();
    stage.typed(" exit ");
    assert!(stage.is_closed(ana) && !stage.is_closed(bob));
    stage.hears(ana, "");
    stage.typed("hi bob");
    stage.hears(bob, "hi bob");
    stage.sees(&["1 dismissed", "2 waits, of 1", "2 < hi bob"]);
    stage.typed("exit");
    stage.sees(&["- nobody waits"]);
}

#[test]
fn from_its_first_newline_on_an_operators_client_is_held_to_lines() {
    let mut stage = Stage::new();
    let ana = stage.connect(Service::Operator);
    stage.send(ana, "one\n");
    stage.wait(50);
    stage.overlook();
    stage.send(ana, "two");
    stage.wait(60_000);
    stage.sees(&[]);
    stage.send(ana, " and a half\n");
    stage.wait(50);
    stage.sees(&[r"1 > two and a half\n"]);
}

#[test]
fn whoever_left_without_an_answer_takes_nobody_elses() {
    let mut stage = Stage::new();
    let [gone, broken, ended, there] = [(); 4].map(|()| stage.connect(Service::Operator));
    for id in [gone, broken, ended, there] {
        stage.send(id, "hello\n");
        stage.wait(50);
    }
    let now = stage.now();
    stage.end(ended, CloseReason::Finished);
    stage.end(broken, CloseReason::Reset);
    stage
        .lab
        .closed(gone, CloseReason::Stalled, now, &mut stage.out);
    stage.overlook();
    stage.typed("for the one who is there");
    stage.hears(there, "for the one who is there");
    // The client's program may be one that first sends all that it has to send, and then reads.
    stage.typed("for the one who may be");
    stage.hears(ended, "for the one who may be");
    assert!(stage.is_closed(ended));
    stage.typed("for nobody");
    stage.sees(&[
        "4 < for the one who is there",
        "3 waits, of 1",
        "3 < for the one who may be",
        "- nobody waits",
    ]);
}

#[test]
fn messages_past_the_limit_are_shown_and_wait_for_nothing() {
    let mut stage = Stage::new();
    let ana = stage.connect(Service::Operator);
    for n in 0..20 {
        stage.send(ana, format!("message {n}\n"));
        stage.wait(50);
    }
    let shown = stage
        .events
        .lock()
        .unwrap()
        .iter()
        .filter(|it| it.contains(" > "))
        .count();
    assert_eq!(shown, 20);
    for _ in 0..16 {
        stage.typed("answer");
    }
    stage.hears(ana, "answer".repeat(16));
    stage.overlook();
    stage.typed("answer");
    stage.sees(&["- nobody waits"]);
}

#[test]
fn no_more_messages_wait_than_anyone_answers() {
    let mut stage = Stage::new();
    for _ in 0..65 {
        let id = stage.connect(Service::Operator);
        for n in 0..16 {
            stage.send(id, format!("message {n}\n"));
            stage.wait(50);
        }
    }
    for _ in 0..1024 {
        stage.overlook();
        stage.typed("answer");
        assert!(stage.seen()[0].ends_with("< answer"));
    }
    stage.overlook();
    stage.typed("answer");
    stage.sees(&["- nobody waits"]);
}

/// A message may come from a program that writes it line by line, or over a network that cuts it.
#[test]
fn what_comes_in_one_piece_is_one_message_to_the_operator() {
    let mut stage = Stage::new();
    let ana = stage.connect(Service::Operator);
    stage.overlook();
    stage.send(ana, "one\n");
    stage.wait(49);
    stage.send(ana, "two\n");
    stage.sees(&[]);
    stage.wait(1);
    stage.sees(&[r"1 > one\ntwo\n", "1 waits, of 1"]);
    stage.send(ana, "three\r\0");
    stage.wait(50);
    stage.sees(&[r"1 > three\r\x00"]);
    // Both messages wait; the teacher is told again whose turn it is.
    stage.typed("a");
    stage.typed("b");
    stage.sees(&["1 < a", "1 waits, of 1", "1 < b"]);
}

#[test]
fn the_last_words_of_a_broken_connection_are_shown_and_wait_for_nothing() {
    let mut stage = Stage::new();
    let ana = stage.connect(Service::Operator);
    stage.overlook();
    stage.send(ana, "hel");
    stage.end(ana, CloseReason::Reset);
    stage.sees(&["1 > hel", "1 left, reset by the peer"]);
}
