//! Corner cases of RFC 6455, through the whole relay: the answers and the messages, wherever the
//! bytes are cut.

use parloir::RelayConfig;

use crate::browser::{arrive, frame, frames, hear, text, told};
use crate::support::Stage;

/// The outcome of some frames: the lines to the sender, the lines to the room, and whether the
/// connection has ended.
type Outcome = (Vec<String>, String, bool);

fn play(bytes: &[u8], cuts: &[usize]) -> Outcome {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    let bob = arrive(&mut stage, "bob");
    stage.hear(alice);
    let mut from = 0;
    for cut in cuts.iter().copied().chain([bytes.len()]) {
        stage.send(bob, &bytes[from..cut]);
        from = cut;
    }
    let answers = hear(&mut stage, bob);
    (answers, stage.hear(alice), stage.is_closed(bob))
}

/// Checks that the frames have this outcome when they are sent whole, cut in two anywhere, and byte
/// by byte.
#[track_caller]
fn check(bytes: &[u8], answers: &[&str], said: &str, is_closed: bool) {
    let answers = answers.iter().map(|answer| (*answer).to_owned()).collect();
    let expected = (answers, said.to_owned(), is_closed);
    assert_eq!(play(bytes, &[]), expected, "{bytes:x?}");
    for cut in 0..bytes.len().min(300) {
        assert_eq!(play(bytes, &[cut]), expected, "{bytes:x?} cut at {cut}");
    }
    let everywhere: Vec<usize> = (0..bytes.len()).collect();
    assert_eq!(play(bytes, &everywhere), expected, "{bytes:x?} in bytes");
}

fn all(parts: &[(u8, &[u8])]) -> Vec<u8> {
    let frames = parts.iter().map(|(first, payload)| frame(*first, payload));
    frames.collect::<Vec<_>>().concat()
}

/// Checks that the sender is disconnected with this code, and that the room has heard this much.
#[track_caller]
fn fails(bytes: &[u8], close: &str, said: &str) {
    // Bytes behind the fault are ignored.
    let bytes = [bytes, &text("behind"), &frame(0x89, b"behind")].concat();
    check(&bytes, &[close], &format!("{said}* bob left\n"), true);
}

#[test]
fn messages_are_lines() {
    check(&text("hello"), &[], "<bob> hello\n", false);
    check(
        &text("one\ntwo\r\nthree\n"),
        &[],
        "<bob> one\n<bob> two\n<bob> three\n",
        false,
    );
    check(&frame(0x82, "é".as_bytes()), &[], "<bob> é\n", false);
    check(&text(""), &[], "", false);
    check(&text("\n\n"), &[], "", false);
    let two = [text("one"), text("two")].concat();
    check(&two, &[], "<bob> one\n<bob> two\n", false);
}

#[test]
fn fragments_are_one_message() {
    let parts = [(0x01, &b"he"[..]), (0x00, b""), (0x00, b"ll"), (0x80, b"o")];
    check(&all(&parts), &[], "<bob> hello\n", false);
    // A character, and a line end, in two frames.
    let parts = [(0x01, &b"\xc3"[..]), (0x00, b"\xa9\r"), (0x80, b"\nx")];
    check(&all(&parts), &[], "<bob> é\n<bob> x\n", false);
    // The last line of an unfinished message is unfinished, too.
    let parts = [(0x01, &b"one\ntw"[..]), (0x00, b"o")];
    check(&all(&parts), &[], "<bob> one\n", false);
}

#[test]
fn pings_are_answered_in_the_middle_of_a_message() {
    let parts = [
        (0x01, &b"he"[..]),
        (0x89, b"there?"),
        (0x8a, b"unasked"),
        (0x80, b"llo"),
        (0x89, b""),
    ];
    check(
        &all(&parts),
        &["pong there?", "pong"],
        "<bob> hello\n",
        false,
    );
    let longest = "x".repeat(125);
    check(
        &frame(0x89, longest.as_bytes()),
        &[&format!("pong {longest}")],
        "",
        false,
    );
}

#[test]
fn what_may_not_be_sent_ends_the_connection() {
    for (bytes, why) in [
        (frame(0xc1, b"x"), "a reserved bit"),
        (frame(0x83, b"x"), "a reserved opcode"),
        (frame(0x8b, b""), "a reserved opcode"),
        (frame(0x09, b"x"), "a control frame in fragments"),
        (
            frame(0x89, &[b'x'; 126]),
            "a control frame that is too long",
        ),
        (frame(0x80, b"x"), "a continuation of nothing"),
        (frame(0x88, b"\x03"), "half a close code"),
        (vec![0x81, 0x01, b'x'], "a frame without a mask"),
        (
            vec![0x81, 0xfe, 0, 1, 0, 0, 0, 0, b'x'],
            "a length in more bytes than it needs",
        ),
        (
            vec![0x81, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0],
            "a length with its highest bit set",
        ),
    ] {
        fails(&bytes, &format!("close 1002 {why}"), "");
        let behind = [text("hello"), bytes].concat();
        fails(&behind, &format!("close 1002 {why}"), "<bob> hello\n");
    }
    let twice = all(&[(0x01, b"a"), (0x81, b"b")]);
    fails(&twice, "close 1002 a message within a message", "");
}

#[test]
fn close_codes_are_checked_and_answered() {
    for (payload, answer) in [
        (&b""[..], "close"),
        (b"\x03\xe8", "close 1000"),
        (b"\x03\xe9going away", "close 1001"),
        (b"\x0b\xb8", "close 3000"),
        (b"\x13\x87bye", "close 4999"),
    ] {
        fails(&frame(0x88, payload), answer, "");
        let within = [frame(0x01, b"unfinished"), frame(0x88, payload)].concat();
        fails(&within, answer, "");
    }
    let wrong = "close 1002 a close code that may not be sent";
    for code in [0_u16, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] {
        fails(&frame(0x88, &code.to_be_bytes()), wrong, "");
    }
    fails(
        &frame(0x88, b"\x03\xe8\xff"),
        "close 1007 text that is not UTF-8",
        "",
    );
}

#[test]
fn text_that_is_not_utf8_ends_the_connection_unsaid() {
    let close = "close 1007 text that is not UTF-8";
    for bad in [
        &b"\xff"[..],
        b"caf\xe9",
        b"\xed\xa0\x80",
        b"\xc0\xaf",
        b"\xf4\x90\x80\x80",
        b"cut \xe2\x82",
    ] {
        fails(&frame(0x81, bad), close, "");
        fails(&all(&[(0x01, bad), (0x80, b"")]), close, "");
        // In a binary message, such bytes are read as they are outside of WebSockets.
        let (answers, said, is_closed) = play(&frame(0x82, bad), &[]);
        assert!(
            answers.is_empty() && !is_closed && said.starts_with("<bob> "),
            "{said}"
        );
    }
    let cut = all(&[(0x01, b"\xc3"), (0x89, b""), (0x80, b"\xc3")]);
    check(&cut, &["pong", close], "* bob left\n", true);
}

#[test]
fn the_longest_message_is_read_and_a_longer_one_refused() {
    let line = "x".repeat(4095) + "\n";
    let longest = line.repeat(16);
    assert_eq!(longest.len(), 64 << 10);
    let (answers, said, is_closed) = play(&text(&longest), &[]);
    assert_eq!(said.lines().count(), 16);
    assert!(answers.is_empty() && !is_closed);
    let outcome = play(&text(&(longest + "x")), &[]);
    let left = (
        vec![String::from("close 1009 the message is too long")],
        "* bob left\n".into(),
        true,
    );
    assert_eq!(outcome, left);
}

#[test]
fn a_line_that_is_too_long_is_told_of_and_the_rest_of_its_message_kept() {
    let long = format!("before\n{}\nbehind", "x".repeat(4097));
    let told = ["* line too long (limit 4096 bytes): not sent"];
    let (answers, said, is_closed) = play(&text(&long), &[]);
    assert_eq!(answers, told);
    assert_eq!(
        (said.as_str(), is_closed),
        ("<bob> before\n<bob> behind\n", false)
    );
    // An overlong line ends with its message, too.
    let next = [text(&"x".repeat(5000)), text("next")].concat();
    let (answers, said, _) = play(&next, &[]);
    assert_eq!(
        (answers.as_slice(), said.as_str()),
        (&told.map(String::from)[..], "<bob> next\n")
    );
}

#[test]
fn nothing_is_masked_or_cut_on_the_way_out() {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    let bob = arrive(&mut stage, "bob");
    for length in [1, 100, 119, 120, 4096] {
        stage.send(alice, format!("{}\n", "x".repeat(length)));
        let bytes = stage.hear_bytes(bob);
        let sent = frames(&bytes);
        assert_eq!(sent.len(), 1, "one line, one message");
        assert_eq!(sent[0].0, 0x81, "whole, and text");
        assert_eq!(told(&bytes), [format!("<alice> {}", "x".repeat(length))]);
    }
}

/// A fault in a message hid the bytes that had come before it in the same piece.
#[test]
fn a_wrong_byte_behind_an_overlong_line_is_found_behind_it() {
    let bytes = frame(0x81, &[&[b'x'; 4097][..], b"\xf4\xf4"].concat());
    let too_long = "* line too long (limit 4096 bytes): not sent".to_owned();
    let wrong = "close 1007 text that is not UTF-8".to_owned();
    let outcome = (vec![too_long, wrong], "* bob left\n".to_owned(), true);
    assert_eq!(play(&bytes, &[]), outcome);
    for cut in bytes.len() - 5..bytes.len() {
        assert_eq!(play(&bytes, &[cut]), outcome, "cut at {cut}");
    }
}
