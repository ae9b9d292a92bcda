//! Requests of every kind, proper and hostile, and what each is answered.

mod proxies;

use std::time::Duration;

use super::*;
use crate::protocol::Time;
use crate::relay::http::{Subprotocol, end_of_head};

/// The moment of the example in RFC 9110, 5.6.7.
const NOW: Duration = Duration::from_secs(784_111_777);

/// The answer, and what became of the request.
fn serve_with(head: &str, is_local: bool) -> (String, Served) {
    assert_eq!(
        end_of_head(head.as_bytes(), 0),
        Some(head.len()),
        "{head:?}"
    );
    let asked = Asked {
        name: "salon",
        is_local,
        is_ready: !head.contains("X-Failing"),
        has_body: true,
        now: Some(Time::new(Duration::ZERO, NOW)),
    };
    let mut out = Vec::new();
    let served = serve(head.as_bytes(), asked, &WebConfig::default(), &mut out);
    (String::from_utf8(out).unwrap(), served)
}

fn answered(head: &str) -> String {
    let (answer, served) = serve_with(head, true);
    let is_refused = matches!(served, Served::Refused(_));
    assert_eq!(is_refused, answer.starts_with("HTTP/1.1 403 "), "{head:?}");
    assert!(is_refused || served == Served::Answered, "{head:?}");
    let (fields, _) = answer.split_once("\r\n\r\n").expect("a whole head");
    for always in [
        "\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT",
        "\r\nX-Content-Type-Options: nosniff",
        "\r\nReferrer-Policy: no-referrer",
        "\r\nContent-Security-Policy: default-src 'none'; ",
    ] {
        assert!(
            fields.contains(always),
            "{always:?} is missing from {fields}"
        );
    }
    answer
}

#[track_caller]
fn check(head: &str, status: &str) {
    let answer = answered(head);
    let line = answer.lines().next().unwrap();
    assert_eq!(line, format!("HTTP/1.1 {status}"), "{head:?}");
}

/// A request as a browser sends it, with this changed.
fn upgrade(from: &str, to: &str) -> String {
    let request = "GET / HTTP/1.1\r\nHost: localhost:4242\r\nConnection: keep-alive, Upgrade\r\n\
        Upgrade: websocket\r\nOrigin: http://localhost:4242\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    assert!(request.contains(from), "{from:?}");
    request.replacen(from, to, 1)
}

#[test]
fn the_page_is_at_the_root() {
    for head in [
        "GET / HTTP/1.1\r\nHost: localhost:4242\r\n\r\n",
        "GET /?room=dev HTTP/1.1\r\nHost: [::1]:4242\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\nHost: x\n\n",
        "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET http://localhost:4242/ HTTP/1.1\r\nHost: other\r\n\r\n",
        "GET http://localhost:4242 HTTP/1.1\r\nHost: other\r\n\r\n",
        "GET HTTP://[::1]:4242/ HTTP/1.1\r\nHost: \r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nCookie: caf\u{e9}\r\n\r\n",
    ] {
        check(head, "200 OK");
        let answer = answered(head);
        let (fields, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(
            fields.contains("\r\nContent-Type: text/html; charset=utf-8"),
            "{fields}"
        );
        assert!(fields.contains("\r\nCache-Control: no-cache"), "{fields}");
        assert!(fields.contains(&format!("\r\nContent-Length: {}", body.len())));
        assert!(fields.contains("\r\nConnection: close"), "{fields}");
        assert!(!fields.contains("unsafe"), "{fields}");
        assert!(!fields.contains("Content-Encoding"), "{fields}");
        assert!(body.starts_with("<!doctype html>"));
    }
}

#[test]
fn head_is_answered_as_get_without_the_body() {
    for path in ["/", "/healthz", "/nowhere"] {
        let get = answered(&format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"));
        let head = answered(&format!("HEAD {path} HTTP/1.1\r\nHost: x\r\n\r\n"));
        assert_eq!(get.split_once("\r\n\r\n").unwrap().0, head.trim_end());
        assert!(head.ends_with("\r\n\r\n"), "{head}");
    }
    let bad = answered("HEAD / HTTP/1.1\r\n\r\n");
    assert!(
        bad.starts_with("HTTP/1.1 400 ") && bad.ends_with("\r\n\r\n"),
        "{bad}"
    );
}

#[test]
fn a_page_that_a_browser_has_is_not_sent_again() {
    let first = answered("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    let tag = first
        .split("ETag: ")
        .nth(1)
        .unwrap()
        .split("\r\n")
        .next()
        .unwrap();
    for tags in [tag, &format!("W/{tag}"), &format!("\"other\", {tag}"), "*"] {
        let head = format!("GET / HTTP/1.1\r\nHost: x\r\nIf-None-Match: {tags}\r\n\r\n");
        check(&head, "304 Not Modified");
        let answer = answered(&head);
        assert!(
            answer.ends_with("\r\n\r\n") && answer.contains(tag),
            "{answer}"
        );
    }
    check(
        "GET / HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"other\"\r\n\r\n",
        "200 OK",
    );
}

#[test]
fn health_is_a_word() {
    let answer = answered("GET /healthz HTTP/1.0\r\n\r\n");
    assert!(answer.ends_with("\r\n\r\nok\n"), "{answer}");
}

#[test]
fn whoever_cannot_keep_the_chat_is_well_and_not_ready() {
    let failing = "X-Failing: the test's own sign\r\n\r\n";
    for (head, status, text) in [
        ("GET /readyz HTTP/1.0\r\n\r\n", "200 OK", "ok"),
        (
            &format!("GET /readyz HTTP/1.0\r\n{failing}"),
            "503 Service Unavailable",
            "see the log.",
        ),
        (
            &format!("GET /healthz HTTP/1.0\r\n{failing}"),
            "200 OK",
            "ok",
        ),
    ] {
        let answer = answered(head);
        assert!(
            answer.contains(status) && answer.ends_with(&format!("{text}\n")),
            "{answer}"
        );
    }
}

#[test]
fn everything_else_is_answered_in_words() {
    for (head, status) in [
        (
            "GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n",
            "404 Not Found",
        ),
        (
            "GET //etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
            "404 Not Found",
        ),
        ("GET /../ HTTP/1.1\r\nHost: x\r\n\r\n", "404 Not Found"),
        (
            "POST / HTTP/1.1\r\nHost: x\r\n\r\n",
            "405 Method Not Allowed",
        ),
        ("POST / HTTP/1.1\r\n\r\n", "405 Method Not Allowed"),
        (
            "CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n",
            "405 Method Not Allowed",
        ),
        (
            "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n",
            "405 Method Not Allowed",
        ),
        (
            "BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
            "405 Method Not Allowed",
        ),
        ("PRI * HTTP/2.0\r\n\r\n", "505 HTTP Version Not Supported"),
        (
            "GET / HTTP/1.2\r\nHost: x\r\n\r\n",
            "505 HTTP Version Not Supported",
        ),
    ] {
        check(head, status);
        let answer = answered(head);
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        assert!(body.starts_with(&format!("{status} - salon\n")), "{body}");
        assert_eq!(
            answer.contains("\r\nAllow: GET, HEAD, OPTIONS\r\n"),
            status.starts_with("405")
        );
    }
}

#[test]
fn what_may_be_read_in_two_ways_is_not_read() {
    for fields in [
        "",
        "Host: a\r\nHost: b\r\n",
        "Host: a, b\r\n",
        "Host: a/b\r\n",
        "Host: user@a\r\n",
        "Host : a\r\n",
        "Host: a\r\n folded: b\r\n",
        "Host: a\r\nno colon\r\n",
        "Host: a\r\n: no name\r\n",
        "Host: a\r\nX: \0\r\n",
        "Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Host: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n",
        "Host: a\r\nContent-Length: +5\r\n",
        "Host: a\r\nContent-Length: 5, 5\r\n",
        "Host: a\r\nContent-Length: \r\n",
    ] {
        check(
            &format!("GET / HTTP/1.1\r\n{fields}\r\n"),
            "400 Bad Request",
        );
    }
    for line in [
        "GET / HTTP/1.1 x",
        "GET  / HTTP/1.1",
        "GET /",
        "GET x HTTP/1.1",
        "G(T / HTTP/1.1",
    ] {
        check(&format!("{line}\r\nHost: x\r\n\r\n"), "400 Bad Request");
    }
}

/// `[::1]evil.example` was an address, which nobody can point elsewhere, and so let in.
#[test]
fn a_host_that_only_began_like_one_was_taken_for_it() {
    let bad = "[::1]evil.example [::1]4242 [::1 [evil.example] ::1 localhost:4242.evil.example \
        localhost:http localhost:1:2 evil]";
    for host in bad.split(' ') {
        let field = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        check(&field, "400 Bad Request");
        let target = format!("GET http://{host}/ HTTP/1.1\r\nHost: a\r\n\r\n");
        check(&target, "400 Bad Request");
    }
    for good in [
        "a:",
        "[::1]:",
        "[::ffff:127.0.0.1]:80",
        "127.0.0.1:4242",
        "",
    ] {
        let field = format!("GET / HTTP/1.1\r\nHost: {good}\r\n\r\n");
        check(&field, "200 OK");
    }
    for target in ["http:///", "http://?x"] {
        let head = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
        check(&head, "400 Bad Request");
    }
}

#[test]
fn fields_are_limited_in_number() {
    let fields = |count| "X: y\r\n".repeat(count);
    let head = |count| format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", fields(count));
    check(&head(99), "200 OK");
    check(&head(100), "431 Request Header Fields Too Large");
}

#[test]
fn a_websocket_is_agreed_to() {
    let (answer, served) = serve_with(&upgrade("", ""), true);
    assert_eq!(served, Served::Upgraded(None));
    let (line, fields) = answer.split_once("\r\n").unwrap();
    assert_eq!(line, "HTTP/1.1 101 Switching Protocols");
    for field in [
        "Upgrade: websocket\r\n",
        "Connection: Upgrade\r\n",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
    ] {
        assert!(fields.contains(field), "{field:?} is missing from {fields}");
    }
    for unasked in [
        "Sec-WebSocket-Protocol",
        "Sec-WebSocket-Extensions",
        "Content-Length",
    ] {
        assert!(!fields.contains(unasked), "{fields}");
    }
    assert!(answer.ends_with("\r\n\r\n"));
    for (from, to) in [
        ("GET / ", "GET /any/where "),
        ("Upgrade: websocket", "Upgrade: h2c, WebSocket"),
        ("keep-alive, Upgrade", "UPGRADE"),
        ("keep-alive, Upgrade", "keep-alive\r\nConnection: upgrade"),
        ("Origin: http://localhost:4242\r\n", ""),
        ("\r\n\r\n", "\r\nContent-Length: 0\r\n\r\n"),
        (
            "\r\n\r\n",
            "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
        ),
    ] {
        let (answer, served) = serve_with(&upgrade(from, to), true);
        assert_eq!(served, Served::Upgraded(None), "{from:?} {to:?}: {answer}");
    }
}

#[test]
fn the_first_subprotocol_that_is_known_is_taken() {
    use Subprotocol::Line;
    check_taken("chat, , line.parloir", Some(Line));
    check_taken("chat\r\nSec-WebSocket-Protocol: line.parloir", Some(Line));
    check_taken("TEXT.ircv3.net", None);
    check_taken("chat", None);
}

#[test]
fn the_first_subprotocol_of_irc_is_taken() {
    use Subprotocol::{BinaryIrc, TextIrc};
    check_taken("text.ircv3.net", Some(TextIrc));
    check_taken("binary.ircv3.net, text.ircv3.net", Some(BinaryIrc));
    check_taken("text.ircv3.net,binary.ircv3.net", Some(TextIrc));
}

#[track_caller]
fn check_taken(asked: &str, taken: Option<Subprotocol>) {
    let field = format!("\r\nSec-WebSocket-Protocol: {asked}\r\n\r\n");
    let (answer, served) = serve_with(&upgrade("\r\n\r\n", &field), true);
    assert_eq!(served, Served::Upgraded(taken), "{asked}");
    let is_answered = answer.contains("Sec-WebSocket-Protocol: ");
    assert_eq!(is_answered, taken.is_some(), "{asked}");
}

#[test]
fn what_is_no_proper_upgrade_is_refused() {
    for (from, to, status) in [
        ("-Version: 13", "-Version: 8", "426 Upgrade Required"),
        ("-Version: 13", "-Version: 013", "426 Upgrade Required"),
        ("Sec-WebSocket-Version: 13\r\n", "", "426 Upgrade Required"),
        ("dGhlIHNhbXBsZSBub25jZQ==", "", "400 Bad Request"),
        (
            "dGhlIHNhbXBsZSBub25jZQ==",
            "dGhlIHNhbXBsZSBub25jZQ",
            "400 Bad Request",
        ),
        ("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=", "400 Bad Request"),
        (
            "dGhlIHNhbXBsZSBub25jZQ==",
            "????????????????????????",
            "400 Bad Request",
        ),
        ("keep-alive, Upgrade", "keep-alive", "426 Upgrade Required"),
        (
            "\r\n\r\n",
            "\r\nContent-Length: 5\r\n\r\n",
            "400 Bad Request",
        ),
        (
            "\r\n\r\n",
            "\r\nTransfer-Encoding: chunked\r\n\r\n",
            "400 Bad Request",
        ),
        (
            "\r\n\r\n",
            "\r\nOrigin: http://localhost:4242\r\n\r\n",
            "400 Bad Request",
        ),
        (
            "\r\n\r\n",
            "\r\nSec-WebSocket-Version: 8\r\n\r\n",
            "400 Bad Request",
        ),
        ("Host: localhost:4242\r\n", "", "400 Bad Request"),
        ("GET", "POST", "405 Method Not Allowed"),
        ("GET", "HEAD", "400 Bad Request"),
        (
            "http://localhost:4242",
            "http://evil.example",
            "403 Forbidden",
        ),
        ("http://localhost:4242", "null", "403 Forbidden"),
        // Before HTTP/1.1 there is nothing to upgrade.
        ("HTTP/1.1", "HTTP/1.0", "426 Upgrade Required"),
    ] {
        check(&upgrade(from, to), status);
    }
    let old = answered(&upgrade("-Version: 13", "-Version: 8"));
    assert!(old.contains("\r\nSec-WebSocket-Version: 13\r\n"), "{old}");
}

#[test]
fn a_name_that_is_pointed_here_by_others_is_refused() {
    let rebound = upgrade("Host: localhost", "Host: evil.example");
    let rebound = rebound.replace("http://localhost", "http://evil.example");
    check(&rebound, "403 Forbidden");
    let (_, served) = serve_with(&rebound, false);
    assert_eq!(
        served,
        Served::Upgraded(None),
        "elsewhere it is the name of the server"
    );
}

#[test]
fn a_head_ends_with_an_empty_line() {
    for (bytes, end) in [
        (&b""[..], None),
        (b"\r\n\r\n", None),
        (b"GET / HTTP/1.1\r\n", None),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r", None),
        (b"GET / HTTP/1.1\r\n\r\nrest", Some(18)),
        (b"\r\n\r\nGET /\n\nrest", Some(11)),
        (b"GET /\n\r\nrest", Some(8)),
        (b"GET /\r\r\n\nrest", Some(9)),
    ] {
        for seen in 0..end.unwrap_or(bytes.len() + 1) {
            let found = end_of_head(bytes, seen);
            assert_eq!(found, end, "{} behind {seen}", bytes.escape_ascii());
        }
    }
}
