//! The corners of RFC 6455, byte by byte; and that it makes no difference how the bytes are cut.

use super::*;

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
const MAX: usize = 1000;

/// A piece, with its bytes owned.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kept {
    Message(Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    Close(Option<u16>),
    FrameFault(u16),
}

/// A frame as a client sends it.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..=125 => frame.push(0x80 | length as u8),
        length @ 126..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    unmask(payload, MASK, &mut frame);
    frame
}

fn frames(parts: &[(u8, &[u8])]) -> Vec<u8> {
    let frames = parts.iter().map(|(first, payload)| frame(*first, payload));
    frames.collect::<Vec<_>>().concat()
}

/// Everything in the bytes, when they come in pieces that end at these places.
fn decode(bytes: &[u8], cuts: &[usize]) -> Vec<Kept> {
    let mut decoder = Decoder::new(MAX);
    let (mut kept, mut message) = (Vec::new(), Vec::new());
    let (mut scratch, mut taken) = (Vec::new(), 0);
    for end in cuts.iter().copied().chain([bytes.len()]) {
        let mut input = &bytes[taken..end];
        loop {
            match decoder.next(&mut input, &mut scratch) {
                Ok(None) => break,
                Ok(Some(Piece::Part(part))) => message.extend_from_slice(part),
                Ok(Some(Piece::Last(part))) => {
                    let (end, part) = part.split_last().expect("a line end");
                    assert_eq!(*end, b'\n');
                    message.extend_from_slice(part);
                    kept.push(Kept::Message(std::mem::take(&mut message)));
                }
                Ok(Some(Piece::End { is_empty })) => {
                    assert_eq!(is_empty, message.is_empty());
                    kept.push(Kept::Message(std::mem::take(&mut message)));
                }
                Ok(Some(Piece::Ping(payload))) => kept.push(Kept::Ping(payload.to_vec())),
                Ok(Some(Piece::Pong)) => kept.push(Kept::Pong),
                Ok(Some(Piece::Close(code))) => kept.push(Kept::Close(code.map(|code| code.0))),
                Err(fault) => {
                    kept.push(Kept::FrameFault(fault.code().0));
                    return kept;
                }
            }
        }
        taken = end - input.len();
    }
    kept
}

/// The bytes come to this, whole, in two pieces cut anywhere, and byte by byte.
#[track_caller]
fn check(bytes: &[u8], expected: &[Kept]) {
    assert_eq!(decode(bytes, &[]), expected, "{bytes:x?}");
    for cut in 0..bytes.len() {
        assert_eq!(decode(bytes, &[cut]), expected, "{bytes:x?} cut at {cut}");
    }
    let everywhere: Vec<usize> = (0..bytes.len()).collect();
    assert_eq!(decode(bytes, &everywhere), expected, "{bytes:x?} in bytes");
}

fn message(text: &[u8]) -> Kept {
    Kept::Message(text.to_vec())
}

#[test]
fn messages_come_whole_or_in_fragments() {
    for (parts, expected) in [
        (&[(0x81, &b"hello"[..])][..], vec![message(b"hello")]),
        (&[(0x82, b"\xff\0")], vec![message(b"\xff\0")]),
        (&[(0x81, b"")], vec![message(b"")]),
        (
            &[(0x01, b"he"), (0x00, b"l"), (0x80, b"lo")],
            vec![message(b"hello")],
        ),
        (&[(0x01, b""), (0x00, b""), (0x80, b"")], vec![message(b"")]),
        (&[(0x81, b"a\nb\r\0c\n\n")], vec![message(b"a\nb\r\0c\n\n")]),
        (
            &[(0x81, b"a"), (0x82, b"b")],
            vec![message(b"a"), message(b"b")],
        ),
    ] {
        check(&frames(parts), &expected);
    }
}

#[test]
fn control_frames_stand_between_fragments() {
    check(
        &frames(&[
            (0x01, b"he"),
            (0x89, b"are you there"),
            (0x00, b"ll"),
            (0x8a, b"unasked"),
            (0x80, b"o"),
            (0x89, b""),
        ]),
        &[
            Kept::Ping(b"are you there".to_vec()),
            Kept::Pong,
            message(b"hello"),
            Kept::Ping(Vec::new()),
        ],
    );
}

#[test]
fn lengths_of_every_size_are_read() {
    for length in [0, 1, 125, 126, 127, MAX - 1, MAX] {
        let text = vec![b'x'; length];
        check(&frame(0x81, &text), &[message(&text)]);
    }
    let long = vec![b'x'; 125];
    check(&frame(0x89, &long), &[Kept::Ping(long)]);
}

#[test]
fn what_may_not_be_sent_is_a_protocol_error() {
    let masked = |head: &[u8]| [head, &MASK].concat();
    let mut wrong = vec![
        frame(0xc1, b"a reserved bit"),
        frame(0xa1, b"another"),
        frame(0x91, b"the third"),
        frame(0x09, b"a ping in fragments"),
        frame(0x08, b""),
        frame(0x80, b"nothing to go on with"),
        frame(0x00, b""),
        frames(&[(0x01, b"a"), (0x81, b"b")]),
        frames(&[(0x01, b"a"), (0x02, b"b")]),
        frames(&[(0x81, b""), (0x80, b"")])[6..].to_vec(),
        vec![0x81, 0x05, b'h', b'e', b'l', b'l', b'o'],
        vec![0x81, 0x00],
        vec![0x89, 0x00],
        masked(&[0x89, 0xfe, 0, 126]),
        masked(&[0x88, 0xff, 0, 0, 0, 0, 0, 0, 0, 126]),
        masked(&[0x81, 0xfe, 0, 125]),
        masked(&[0x81, 0xfe, 0, 0]),
        masked(&[0x81, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff]),
        masked(&[0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]),
        masked(&[0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    ];
    for opcode in [3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf] {
        wrong.push(frame(0x80 | opcode, b"reserved"));
        wrong.push(frame(opcode, b""));
    }
    for bytes in wrong {
        check(&bytes, &[Kept::FrameFault(1002)]);
    }
}

/// Nobody has to wait for the rest of what is wrong already.
#[test]
fn what_is_wrong_is_known_at_its_first_byte() {
    for bytes in [
        &b"\xf1"[..],
        b"\x83",
        b"\x09",
        b"\x81\x05",
        b"\x89\xfe",
        b"\x81\xfe\0\x7d",
    ] {
        assert_eq!(decode(bytes, &[]), [Kept::FrameFault(1002)], "{bytes:x?}");
        assert_eq!(decode(&bytes[..bytes.len() - 1], &[]), [], "{bytes:x?}");
    }
}

#[test]
fn a_close_frame_is_read() {
    let close = |payload: &[u8]| frame(0x88, payload);
    check(&close(b""), &[Kept::Close(None)]);
    check(&close(b"\x03\xe8"), &[Kept::Close(Some(1000))]);
    check(&close(b"\x0f\xa0why"), &[Kept::Close(Some(4000))]);
    let longest = [&b"\x03\xe8"[..], &[b'x'; 123]].concat();
    check(&close(&longest), &[Kept::Close(Some(1000))]);
    check(&close(b"\x03"), &[Kept::FrameFault(1002)]);
    check(&close(b"\x03\xec"), &[Kept::FrameFault(1002)]);
    check(&close(b"\x03\xe8\xff"), &[Kept::FrameFault(1007)]);
    let between = frames(&[(0x01, b"a"), (0x88, b"\x03\xe8")]);
    check(&between, &[Kept::Close(Some(1000))]);
}

#[test]
fn text_is_utf8_wherever_it_is_cut() {
    let text = "κόσμε\u{10ffff}".as_bytes();
    for cut in 0..text.len() {
        let (one, other) = text.split_at(cut);
        let parts = [(0x01, one), (0x89, b"between"), (0x80, other)];
        let ping = Kept::Ping(b"between".to_vec());
        check(&frames(&parts), &[ping, message(text)]);
    }
    for bad in [
        &b"\xff"[..],
        b"ok\xc3",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xc0\x80",
    ] {
        check(&frame(0x81, bad), &[Kept::FrameFault(1007)]);
        check(&frame(0x82, bad), &[message(bad)]);
        check(
            &frames(&[(0x01, bad), (0x80, b"")]),
            &[Kept::FrameFault(1007)],
        );
    }
    check(
        &frames(&[(0x01, b"\xc3"), (0x80, b"x")]),
        &[Kept::FrameFault(1007)],
    );
    // The bytes behind the message belong to the next frame.
    check(
        &frames(&[(0x81, b"\xc3\xa9"), (0x82, b"\xa9")]),
        &[message("é".as_bytes()), message(b"\xa9")],
    );
}

#[test]
fn text_that_cannot_become_utf8_is_known_before_its_frame_ends() {
    let bytes = frame(0x81, b"ok\xff and more");
    assert_eq!(decode(&bytes[..6 + 3], &[]), [Kept::FrameFault(1007)]);
    assert_eq!(decode(&bytes[..6 + 2], &[]), []);
}

#[test]
fn a_message_is_as_long_as_it_may_be_and_no_longer() {
    let text = vec![b'x'; MAX];
    let (half, rest) = text.split_at(MAX / 2);
    check(&frames(&[(0x01, half), (0x80, rest)]), &[message(&text)]);
    let over = [&text[..], b"x"].concat();
    // The head is enough to know.
    assert_eq!(
        decode(&frame(0x81, &over)[..8], &[]),
        [Kept::FrameFault(1009)]
    );
    let fragments = frames(&[(0x01, half), (0x00, rest), (0x80, b"x")]);
    check(&fragments, &[Kept::FrameFault(1009)]);
    let huge = [&[0x81, 0xff, 0x7f][..], &[0xff; 7], &MASK].concat();
    check(&huge, &[Kept::FrameFault(1009)]);
    // The next message has all of it again.
    check(
        &frames(&[(0x81, &text), (0x81, &text)]),
        &[message(&text), message(&text)],
    );
}

/// A piece ends where a line may, so that whoever takes one line has taken no more than that.
#[test]
fn a_piece_is_no_more_than_a_line() {
    let bytes = frame(0x81, b"one\ntwo\0\r\n\r\0three");
    let mut decoder = Decoder::new(MAX);
    let (mut input, mut scratch) = (&bytes[..], Vec::new());
    for expected in [&b"one\n"[..], b"two\0\r\n"] {
        let piece = decoder.next(&mut input, &mut scratch);
        assert_eq!(piece, Ok(Some(Piece::Part(expected))));
    }
    let last = decoder.next(&mut input, &mut scratch);
    assert_eq!(last, Ok(Some(Piece::Last(b"\r\0three\n"))));
    assert_eq!(decoder.next(&mut input, &mut scratch), Ok(None));
}
