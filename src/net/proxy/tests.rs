//! Tests PROXY headers: whole, in pieces, and wrong.

use super::*;

/// A version 2 header.
fn binary(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    [&BINARY_START[..], &[command, family], &length, body].concat()
}

const TCP4: &[u8] = &[192, 0, 2, 1, 198, 51, 100, 1, 0x30, 0x39, 0x10, 0x92];

fn tcp6() -> Vec<u8> {
    let source: Ipv6Addr = "2001:db8::1".parse().unwrap();
    let mapped: Ipv6Addr = "::ffff:192.0.2.1".parse().unwrap();
    let ports = [0x30, 0x39, 0x10, 0x92];
    [&source.octets()[..], &mapped.octets(), &ports].concat()
}

fn at(text: &str) -> Option<Address> {
    Some(Address::Ip(text.parse().unwrap()))
}

/// Valid headers, each with the client that it speaks for.
fn good() -> Vec<(Vec<u8>, Option<Address>)> {
    let text = |line: &str| line.as_bytes().to_vec();
    let extensions = [TCP4, &[0x04, 0, 2, 0, 0, 0x20, 0, 1, 9]].concat();
    let longest = [TCP4, &vec![7; HEADER_BYTES_MAX - BINARY_FIXED - 12]].concat();
    let most = "ffff:f:f:f:f:f:f:ffff";
    let full = format!("PROXY TCP6 {most} {most} 65535 65535\r\n");
    let worst = format!("PROXY UNKNOWN {}\r\n", "x".repeat(TEXT_BYTES_MAX - 16));
    assert_eq!(worst.len(), TEXT_BYTES_MAX);
    vec![
        (
            text("PROXY TCP4 192.0.2.1 198.51.100.1 12345 4242\r\n"),
            at("192.0.2.1:12345"),
        ),
        (
            text("PROXY TCP6 2001:db8::1 ::1 1 0\r\n"),
            at("[2001:db8::1]:1"),
        ),
        (
            text("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n"),
            at("192.0.2.1:1"),
        ),
        (text(&full), at("[ffff:f:f:f:f:f:f:ffff]:65535")),
        (text("PROXY UNKNOWN\r\n"), None),
        (text("PROXY UNKNOWN ffff::1 nonsense\r\n"), None),
        (text(&worst), None),
        (binary(0x21, 0x11, TCP4), at("192.0.2.1:12345")),
        (binary(0x21, 0x11, &extensions), at("192.0.2.1:12345")),
        (binary(0x21, 0x11, &longest), at("192.0.2.1:12345")),
        (binary(0x21, 0x21, &tcp6()), at("[2001:db8::1]:12345")),
        (binary(0x21, 0x31, &[b'/'; 216]), Some(Address::Unix)),
        (binary(0x21, 0x00, b""), None),
        (binary(0x21, 0x00, b"anything"), None),
        (binary(0x21, 0x12, TCP4), None),
        (binary(0x21, 0x32, b""), None),
        (binary(0x20, 0x00, b""), None),
        (binary(0x20, 0x11, TCP4), None),
        (binary(0x20, 0x99, b"ignored"), None),
    ]
}

#[test]
fn headers_say_whom_they_speak_for() {
    for (header, whom) in good() {
        let shown = header.escape_ascii().to_string();
        let length = header.len();
        assert_eq!(parse(&header), Header::Whole(length, whom), "{shown}");
        let more = [&header[..], b"alice\r\n"].concat();
        assert_eq!(
            parse(&more),
            Header::Whole(length, whom),
            "{shown} and more"
        );
        for cut in 0..length {
            assert_eq!(
                parse(&header[..cut]),
                Header::Partial,
                "{shown} cut at {cut}"
            );
        }
    }
}

#[test]
fn what_is_no_header_is_refused_at_its_first_wrong_byte() {
    let long = format!("PROXY UNKNOWN {}\r\n", "x".repeat(TEXT_BYTES_MAX - 15));
    let too_long = vec![0; HEADER_BYTES_MAX - BINARY_FIXED + 1];
    for (bytes, refused_at) in [
        (b"hello\r\n".to_vec(), 1),
        (b"PROXZ TCP4".to_vec(), 5),
        (b"PROXY\tTCP4".to_vec(), 6),
        (b"proxy TCP4".to_vec(), 1),
        (b"\r\n\r\nGET".to_vec(), 5),
        (b"\x16\x03\x01".to_vec(), 1),
        (binary(0x11, 0x11, TCP4), 13),
        (binary(0x31, 0x11, TCP4), 13),
        (binary(0x22, 0x11, TCP4), 13),
        (binary(0x21, 0x11, &TCP4[..11]), 16 + 11),
        (binary(0x21, 0x21, TCP4), 16 + 12),
        (binary(0x21, 0x31, &[b'/'; 215]), 16 + 215),
        (binary(0x21, 0x13, TCP4), 16 + 12),
        (binary(0x21, 0x41, TCP4), 16 + 12),
        (binary(0x21, 0x00, &too_long), 16),
        (long.into_bytes(), TEXT_BYTES_MAX),
    ] {
        let shown = bytes.escape_ascii().to_string();
        let refused = |cut: usize| matches!(parse(&bytes[..cut]), Header::Bad(_));
        let first = (0..=bytes.len()).find(|cut| refused(*cut));
        assert_eq!(first, Some(refused_at), "{shown}");
        assert!(refused(bytes.len()), "{shown}");
    }
}

#[test]
fn a_text_header_is_read_strictly() {
    for line in [
        "PROXY \r\n",
        "PROXY TCP4\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1 2 3\r\n",
        "PROXY TCP4 192.0.2.1  198.51.100.1 1 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1 2 \r\n",
        "PROXY  TCP4 192.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 65536 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 01 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 +1 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1 \r\n",
        "PROXY TCP4 192.0.2.256 198.51.100.1 1 2\r\n",
        "PROXY TCP4 192.0.2.1 host 1 2\r\n",
        "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP6 192.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY UDP4 192.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY tcp4 192.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY UNKNOWNS\r\n",
        "PROXY TCP4 192.0.2.\u{661} 198.51.100.1 1 2\r\n",
    ] {
        assert!(matches!(parse(line.as_bytes()), Header::Bad(_)), "{line:?}");
    }
    // A line feed alone does not end a header.
    let unended = b"PROXY TCP4 192.0.2.1 198.51.100.1 1 2\n";
    assert_eq!(parse(unended), Header::Partial);
}

#[test]
fn no_bytes_at_all_make_it_panic_or_read_past_the_end() {
    let seeds = good();
    for seed in 0..20_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let (header, _) = &seeds[random.usize(..seeds.len())];
        let mut bytes = header.clone();
        bytes.truncate(random.usize(0..=bytes.len()));
        for _ in 0..random.usize(0..4) {
            if !bytes.is_empty() {
                let at = random.usize(..bytes.len());
                bytes[at] = random.u8(..);
            }
        }
        if let Header::Whole(length, _) = parse(&bytes) {
            assert!(length <= bytes.len());
        }
    }
}
