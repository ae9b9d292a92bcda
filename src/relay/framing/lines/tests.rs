//! Lines at every split of their bytes.

use super::{Framed, Lines};

/// Everything that comes out of `pieces`, as text: lines in quotes, the rest in words.
fn frame(pieces: &[&[u8]], line_bytes_max: usize) -> Vec<String> {
    let mut lines = Lines::new(line_bytes_max);
    let mut out = Vec::new();
    let mut describe = |framed: Framed<'_>| {
        out.push(match framed {
            Framed::Line(line) => format!("'{}'", line.escape_ascii()),
            Framed::TooLong => "too long".into(),
            Framed::Answer(answer) => format!("answer {answer:02x?}"),
            Framed::AreYouThere => "are you there".into(),
        });
    };
    for mut piece in pieces.iter().copied() {
        let mut line = Vec::new();
        while let Some(framed) = lines.next(&mut piece, &mut line) {
            describe(framed);
            line = Vec::new();
        }
        assert!(piece.is_empty());
    }
    let mut line = Vec::new();
    if let Some(framed) = lines.finish_unended(&mut line) {
        describe(framed);
    }
    out
}

fn check(input: &[u8], expected: &[&str]) {
    assert_eq!(
        frame(&[input], 8),
        expected,
        "{:?} whole",
        input.escape_ascii().to_string()
    );
    for at in 0..=input.len() {
        let (a, b) = input.split_at(at);
        assert_eq!(
            frame(&[a, b], 8),
            expected,
            "{:?} cut at {at}",
            input.escape_ascii().to_string()
        );
    }
    let bytes: Vec<&[u8]> = input.chunks(1).collect();
    assert_eq!(
        frame(&bytes, 8),
        expected,
        "{:?} byte by byte",
        input.escape_ascii().to_string()
    );
}

/// The same, but for carriage returns in lines: they mean nothing, and cleaning drops those that were
/// not dropped before.
fn check_but_cr(input: &[u8], expected: &[&str]) {
    for size in 1..=input.len() {
        let pieces: Vec<&[u8]> = input.chunks(size).collect();
        let lines = frame(&pieces, 8).into_iter();
        let lines: Vec<String> = lines.map(|line| line.replace(r"\r", "")).collect();
        assert_eq!(lines, expected, "{:?} by {size}", input.escape_ascii());
    }
}

#[test]
fn a_line_ends_with_lf_crlf_or_crnul() {
    check(b"a\nb\r\nc\r\0d", &["'a'", "'b'", "'c'", "'d'"]);
    check(b"\n\r\n\r\0", &["''", "''", "''"]);
    check(b"a\0b\nc\0", &[r"'a\x00b'", r"'c\x00'"]);
    check(b"", &[]);
}

#[test]
fn before_the_first_lf_a_lone_cr_ends_a_line() {
    check(b"l1\rl2\rl3\r", &["'l1'", "'l2'", "'l3'"]);
    check(b"a\r\r\0b\r\r\n", &["'a'", "''", "'b'", "''"]);
    check(b"a\r\0b\rc", &["'a'", "'b'", "'c'"]);
    check(b"123456789\r12345678\r\n", &["too long", "'12345678'"]);
    check(b"a\r\xff\xf1b\r\xff\xffc", &["'a'", "'b'", r"'\xffc'"]);
}

#[test]
fn behind_the_first_lf_a_lone_cr_is_nothing() {
    check_but_cr(b"x\na\rb\r\r\nc\r", &["'x'", "'ab'", "'c'"]);
    check_but_cr(b"\n\r\ra\r\xff\xf1\nb", &["''", "'a'", "'b'"]);
    check_but_cr(
        b"x\n12345\r67\n12345\r678\n",
        &["'x'", "'1234567'", "too long"],
    );
}

#[test]
fn what_terminals_take_back_is_marked() {
    check(b"ab\xff\xf7c\n", &[r"'ab\x08c'"]);
    check(b"ab\xff\xf8c\n", &["'c'"]);
    check(b"123456789\xff\xf8ok\n", &["too long", "'ok'"]);
    check(b"\xff\xf7\xff\xf8\xff\xf6a\n", &["are you there", "'a'"]);
}

#[test]
fn end_of_file_suspend_and_abort_are_no_text() {
    check(b"a\xff\xec\xff\xedb\n", &["'ab'"]);
    check(b"a\xff\xee\xff\xefb\n", &["'ab'"]);
    check(b"a\xff\xebc\n", &[r"'a\xff\xebc'"]);
}

#[test]
fn telnet_is_removed_and_refused() {
    check(b"a\xff\xf1b\n", &["'ab'"]);
    check(
        b"\xff\xfd\x01\xff\xfb\x03hi\n",
        &["answer [ff, fc, 01]", "answer [ff, fe, 03]", "'hi'"],
    );
    check(b"\xff\xfc\x01\xff\xfe\x01x\n", &["'x'"]);
    check(b"\xff\xfd\x06", &["answer [ff, fb, 06]"]);
    check(b"\xff\xfa\n\xff\xff\xff\xf0y\n", &["'y'"]);
    check(b"\xff\xfd\n\n", &["answer [ff, fc, 0a]", "''"]);
}

#[test]
fn a_doubled_or_lone_ff_is_text() {
    check(b"\xff\xffx\n", &[r"'\xffx'"]);
    check(b"\xffx\n\xff\n", &[r"'\xffx'", r"'\xff'"]);
}

#[test]
fn telnet_is_refused_at_most_32_times_but_its_timing_mark_always_answered() {
    let mut input = Vec::new();
    for option in 0..40 {
        input.extend([0xff, 0xfb, option]);
        input.extend([0xff, 0xfd, 6]);
    }
    input.push(b'\n');
    let out = frame(&[&input], 4096);
    let refusals = out
        .iter()
        .filter(|o| o.starts_with("answer [ff, fe"))
        .count();
    let marks = out.iter().filter(|o| *o == "answer [ff, fb, 06]").count();
    assert_eq!((refusals, marks), (32, 40));
}

#[test]
fn the_limit_is_on_bytes_as_received_without_the_end() {
    check(
        b"1234567\n12345678\n12345678\r\n",
        &["'1234567'", "'12345678'", "'12345678'"],
    );
    check(b"123456789\nok\n", &["too long", "'ok'"]);
    check(b"\n12345678\r9\nok\n", &["''", "too long", "'ok'"]);
    check(b"\n12345678\r\r\nok\n", &["''", "too long", "'ok'"]);
    check(
        b"1\xff\xf123456\n1\xff\xf1234567\nok\n",
        &["'123456'", "too long", "'ok'"],
    );
    check(b"123456789\r\0ok\n", &["too long", "'ok'"]);
    check(b"123456789", &["too long"]);
}

/// Each stop costs as much as hundreds of bytes that are passed over: endless NULs were 180 times as
/// dear as other text.
#[test]
fn text_is_passed_over_in_one_go_whatever_it_is() {
    let mut lines = Lines::new(4096);
    for byte in 0..=u8::MAX {
        let text = [byte; 4096];
        let is_special = matches!(byte, b'\n' | b'\r' | 0xff);
        assert_eq!(lines.text_end(&text) == 4096, !is_special, "{byte:#x}");
    }
    lines.newline = super::Newline::Lf;
    let text = b"x\r".repeat(2048);
    assert_eq!(lines.text_end(&text), 4095, "the last may be an end");
}

#[test]
fn ten_megabytes_without_a_newline_are_not_stored() {
    let mut lines = Lines::new(4096);
    let range = [b'x'; 65_536];
    let mut line = Vec::new();
    let mut said = 0;
    for _ in 0..160 {
        let mut input = &range[..];
        while lines.next(&mut input, &mut line).is_some() {
            said += 1;
        }
        assert!(
            lines.partial.capacity() == 0,
            "{}",
            lines.partial.capacity()
        );
    }
    assert_eq!(said, 1);
    let mut input = &b"\nafter\n"[..];
    assert_eq!(
        lines.next(&mut input, &mut line),
        Some(Framed::Line(b"after"))
    );
}

#[test]
fn telnet_s_keep_alives_on_an_idle_connection_are_no_part_of_a_line() {
    let mut input = b"\xff\xf1".repeat(20);
    input.extend(b"12345678\nok\n");
    check(&input, &["'12345678'", "'ok'"]);
}

#[test]
fn without_telnet_its_bytes_are_text() {
    let mut lines = Lines::plain(4096);
    let (mut input, mut line) = (&b"\xff\xfd\x06\n\xff\xffb"[..], Vec::new());
    let whole = Some(Framed::Line(&b"\xff\xfd\x06"[..]));
    assert_eq!(lines.next(&mut input, &mut line), whole);
    assert_eq!(lines.next(&mut input, &mut line), None);
    assert_eq!(lines.partial(), b"\xff\xffb");
    let (mut input, mut line) = (&b"\rc\r\0d\n"[..], Vec::new());
    let whole = Some(Framed::Line(&b"\xff\xffb\rc\r\0d"[..]));
    assert_eq!(lines.next(&mut input, &mut line), whole);
    assert!(!lines.is_terminal());
}

/// A CR at the end of a piece was dropped, and one in the middle was not: an IRC line with one in it was
/// an error only if it came whole.
#[test]
fn a_cr_that_ends_nothing_is_text_wherever_the_bytes_are_cut() {
    let text = b"CAP LS 3\rUSER\n";
    for cut in 1..text.len() {
        let (mut lines, mut line) = (Lines::plain(4096), Vec::new());
        assert_eq!(lines.next(&mut &text[..cut], &mut line), None);
        let whole = Some(Framed::Line(&text[..text.len() - 1]));
        assert_eq!(lines.next(&mut &text[cut..], &mut line), whole, "at {cut}");
    }
}
