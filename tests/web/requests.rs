//! Requests, in pieces and over time, on the chat's port and on a port for browsers only.

use std::io::Read;
use std::time::Duration;

use parloir::relay::{Hooks, Role};
use parloir::{
    Address, CloseReason, ConnId, Peer, Protocol, RejectReason, Relay, RelayConfig, Tag, Time,
    WebConfig,
};

use crate::browser::upgrade;
use crate::support::Stage;

const REQUEST: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
const BROWSER_S: &str = "GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Mozilla/5.0\r\n\r\n";

/// Both kinds of listener on which requests are served.
fn listeners() -> (Stage, [Tag; 2]) {
    let mut stage = Stage::new(RelayConfig::default());
    let web = stage.listener(Role::Web);
    (stage, [Tag::default(), web])
}

/// The status line of an answer that is complete and the only one.
#[track_caller]
fn answer(stage: &mut Stage, id: ConnId) -> String {
    let answer = stage.hear(id);
    assert!(stage.is_closed(id), "there is to be one answer: {answer:?}");
    assert!(
        answer.is_empty() || answer.contains("\r\n\r\n"),
        "{answer:?}"
    );
    assert_eq!(
        answer.matches("HTTP/1.1 ").count(),
        usize::from(!answer.is_empty())
    );
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_request_is_answered_however_it_is_cut() {
    let (mut stage, tags) = listeners();
    for tag in tags {
        for cut in 0..REQUEST.len() {
            let id = stage.connect_to(tag);
            stage.send(id, &REQUEST[..cut]);
            // A little later, a person's first piece would count as a line.
            stage.wait_ms(199);
            assert_eq!(stage.hear(id), "", "cut at {cut}");
            stage.send(id, &REQUEST[cut..]);
            let answer = stage.hear(id);
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{cut}: {answer}");
            assert!(answer.ends_with("\r\n\r\nok\n"), "{cut}: {answer}");
            assert!(stage.is_closed(id));
        }
    }
}

#[test]
fn a_request_after_the_greeting_is_served_and_no_listener() {
    let (mut stage, _) = listeners();
    let alice = stage.arrive("alice");
    for request in [REQUEST.to_owned(), upgrade("")] {
        let id = stage.connect();
        stage.wait_ms(300);
        assert!(stage.hear(id).starts_with("* Welcome"));
        stage.send(alice, "/who\n");
        assert_eq!(stage.hear(alice), "* lobby: alice and 1 listener\n");
        stage.send(id, request);
        assert!(stage.hear(id).starts_with("HTTP/1.1 "));
        stage.send(alice, "/who\n");
        assert_eq!(stage.hear(alice), "* lobby: alice\n");
        stage.free(id, CloseReason::Finished);
    }
}

/// Chromium reloads on a connection that it had opened with the page; bytes that it read there
/// before the answer made the answer invalid.
#[test]
fn a_reload_on_a_spare_connection_fails_on_no_greeting() {
    let (mut stage, _) = listeners();
    let alice = stage.arrive("alice");
    let spare = stage.connect();
    let late = stage.connect();
    stage.wait_ms(299);
    let page = stage.connect();
    stage.send(page, BROWSER_S);
    assert_eq!(answer(&mut stage, page), "HTTP/1.1 200 OK");
    stage.wait_ms(1_000);
    stage.send(alice, "said meanwhile\n/who\n");
    assert_eq!(stage.hear(alice), "* lobby: alice\n");
    assert_eq!(stage.hear(spare), "");
    stage.send(spare, REQUEST);
    assert_eq!(answer(&mut stage, spare), "HTTP/1.1 200 OK");
    // This client is no spare connection of a browser, because no browser keeps one for more than a
    // minute.
    stage.wait_ms(69_000);
    assert_eq!(stage.hear(late), "");
    stage.wait_ms(1_001);
    assert!(stage.hear(late).starts_with("* Welcome"));
    // A person who came well after the page is greeted in time.
    let person = stage.connect();
    stage.wait_ms(300);
    assert!(stage.hear(person).starts_with("* Welcome"));
}

#[test]
fn a_head_that_does_not_end_is_timed_out() {
    let (mut stage, tags) = listeners();
    for tag in tags {
        for begun in [
            "GET /",
            "GET / HTTP/1.1\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\n",
        ] {
            let id = stage.connect_to(tag);
            stage.wait_ms(1);
            stage.send(id, begun);
            for _ in 0..9 {
                stage.wait_ms(1_000);
                stage.send(
                    id,
                    if begun.ends_with('\n') {
                        "X: y\r\n"
                    } else {
                        "x"
                    },
                );
            }
            stage.wait_ms(998);
            assert_eq!(stage.hear(id), "", "{begun:?}");
            stage.wait_ms(2);
            assert_eq!(
                answer(&mut stage, id),
                "HTTP/1.1 408 Request Timeout",
                "{begun:?}"
            );
        }
    }
}

#[test]
fn a_spare_connection_of_a_browser_is_closed_without_a_word() {
    let (mut stage, [_, web]) = listeners();
    let id = stage.connect_to(web);
    stage.wait_ms(9_999);
    assert!(!stage.is_closed(id));
    stage.wait_ms(1);
    assert_eq!(answer(&mut stage, id), "");
    let id = stage.connect_to(web);
    stage.end(id);
    assert_eq!(answer(&mut stage, id), "");
}

#[test]
fn a_head_is_as_long_as_it_may_be_and_no_longer() {
    let config = RelayConfig {
        web: WebConfig {
            head_bytes_max: 2048,
            ..WebConfig::default()
        },
        ..RelayConfig::default()
    };
    for role in [Role::Auto, Role::Web] {
        let mut stage = Stage::new(config.clone());
        let tag = stage.listener(role);
        let head = |length: usize| {
            let begun = "GET /healthz HTTP/1.1\r\nHost: x\r\nX: ";
            format!("{begun}{}\r\n\r\n", "x".repeat(length - begun.len() - 4))
        };
        let line = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(2048));
        for (request, status) in [
            (head(2047), "200 OK"),
            (head(2048), "200 OK"),
            (head(2049), "431 Request Header Fields Too Large"),
            (
                head(2049)[..2048].to_owned(),
                "431 Request Header Fields Too Large",
            ),
            (head(60_000), "431 Request Header Fields Too Large"),
            (line.clone(), "414 URI Too Long"),
            (line[..2048].to_owned(), "414 URI Too Long"),
        ] {
            let whole = stage.connect_to(tag);
            stage.send(whole, &request);
            assert_eq!(answer(&mut stage, whole), format!("HTTP/1.1 {status}"));
            let cut = stage.connect_to(tag);
            for piece in request.as_bytes().chunks(100) {
                stage.send(cut, piece);
            }
            assert_eq!(answer(&mut stage, cut), format!("HTTP/1.1 {status}"));
        }
        let waiting = stage.connect_to(tag);
        stage.send(waiting, &head(2049)[..2047]);
        assert_eq!(stage.hear(waiting), "");
    }
}

#[test]
fn a_client_that_is_done_writing_is_answered() {
    let (mut stage, tags) = listeners();
    for tag in tags {
        for (request, status) in [
            (REQUEST, "HTTP/1.1 200 OK"),
            ("GET / HTTP/1.1\r\nHost: x\r\n", "HTTP/1.1 400 Bad Request"),
            ("GET / HTTP/1.1", "HTTP/1.1 400 Bad Request"),
        ] {
            let id = stage.connect_to(tag);
            stage.send(id, request);
            stage.end(id);
            assert_eq!(answer(&mut stage, id), status, "{request:?}");
        }
    }
}

#[test]
fn what_is_no_request_is_a_bad_one_where_nothing_else_is_spoken() {
    let (mut stage, [_, web]) = listeners();
    for bytes in [
        "hello\n\n",
        "NICK bob\r\n\r\n",
        "\0\0\n\n",
        "GET\n\n",
        "é / HTTP/1.1\n\n",
    ] {
        let id = stage.connect_to(web);
        stage.send(id, bytes);
        assert_eq!(
            answer(&mut stage, id),
            "HTTP/1.1 400 Bad Request",
            "{bytes:?}"
        );
    }
    let id = stage.connect_to(web);
    stage.send(id, b"\x16\x03\x01\x02\0\x01\0");
    assert_eq!(stage.hear_bytes(id), [0x15, 3, 1, 0, 2, 2, 40]);
    assert!(stage.is_closed(id));
}

#[test]
fn who_is_turned_away_at_the_door_is_told_so_in_http() {
    let now = Time::new(Duration::ZERO, Duration::ZERO);
    let mut relay = Relay::new(RelayConfig::default()).expect("a valid configuration");
    let tag = relay.tag(Role::Web);
    let address = Address::Unix;
    for (why, words) in [
        (RejectReason::Full, "server full"),
        (
            RejectReason::FullForAddress,
            "too many connections from your address",
        ),
    ] {
        let mut answer = Vec::new();
        relay.refused(&Peer::new(tag, address, now), why, &mut answer);
        let answer = String::from_utf8(answer).expect("UTF-8");
        assert!(
            answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"),
            "{answer}"
        );
        assert!(answer.ends_with(&format!("parloir\n{words}\n")), "{answer}");
    }
}

#[test]
fn who_is_not_admitted_is_told_why_in_http() {
    struct Nobody;
    impl Hooks for Nobody {
        fn admit(&mut self, _: &Peer) -> Result<(), String> {
            Err("not\ntoday".into())
        }
    }
    let relay = Relay::new(RelayConfig::default()).expect("a valid configuration");
    let mut stage = Stage::with(relay.with_hooks(Nobody));
    let web = stage.listener(Role::Web);
    let id = stage.connect_to(web);
    let answer = stage.hear(id);
    assert!(
        answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"),
        "{answer}"
    );
    assert!(answer.ends_with("nottoday\n"), "{answer}");
    assert!(stage.is_closed(id));
}

/// Requests the page with one more header field. Returns the head and the body.
fn page_with(field: &str) -> (String, Vec<u8>) {
    let mut stage = Stage::new(RelayConfig::default());
    let id = stage.connect();
    stage.send(id, format!("GET / HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\n"));
    let answer = stage.hear_bytes(id);
    let end = memchr::memmem::find(&answer, b"\r\n\r\n").expect("a whole head");
    let head = String::from_utf8(answer[..end].to_vec()).expect("a head in ASCII");
    (head, answer[end + 4..].to_vec())
}

#[test]
fn the_page_is_compressed_for_those_who_ask() {
    let (head, plain) = page_with("Accept: text/html");
    assert!(!head.contains("Content-Encoding"), "{head}");
    assert!(head.contains("\r\nVary: Accept-Encoding"), "{head}");
    let tag_of = |head: &str| {
        let tag = head.lines().find_map(|line| line.strip_prefix("ETag: "));
        tag.expect("a tag").to_owned()
    };
    for (asked, is_given) in [
        ("gzip", true),
        ("gzip, deflate, br, zstd", true),
        ("br, GZIP;q=0.5", true),
        ("gzip ; q=1", true),
        ("gzip;q=0", false),
        ("gzip; q=0.000", false),
        ("br", false),
        ("identity", false),
        ("x-gzip-not", false),
        ("", false),
    ] {
        let (head, body) = page_with(&format!("Accept-Encoding: {asked}"));
        let is_told = head.contains("\r\nContent-Encoding: gzip");
        assert_eq!(is_told, is_given, "{asked:?}: {head}");
        assert!(head.contains(&format!("\r\nContent-Length: {}", body.len())));
        let mut whole = body;
        if is_given {
            let packed = std::mem::take(&mut whole);
            let mut reader = flate2::read::GzDecoder::new(&packed[..]);
            reader.read_to_end(&mut whole).expect("gzip");
        }
        assert!(whole == plain, "{asked:?}");
    }
    // Each encoding has its own tag, and is not sent again to a client that has it.
    let (packed, _) = page_with("Accept-Encoding: gzip");
    let (unpacked, packed) = (tag_of(&head), tag_of(&packed));
    assert_ne!(unpacked, packed);
    for (tag, status) in [(&packed, "304"), (&unpacked, "200")] {
        let (head, body) = page_with(&format!("Accept-Encoding: gzip\r\nIf-None-Match: {tag}"));
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        assert_eq!(body.is_empty(), status == "304");
    }
}

/// The checks of haproxy, Kubernetes and load balancers, exactly as they are sent, and a check that
/// only connects.
#[test]
fn health_checks_are_answered_and_leave_nothing_behind() {
    let checks = [
        ("", ""),
        ("\r\n", ""),
        ("OPTIONS / HTTP/1.0\r\n\r\n", "HTTP/1.1 204 No Content"),
        ("\r\nOPTIONS / HTTP/1.0\r\n\r\n", "HTTP/1.1 204 No Content"),
        ("HEAD / HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK"),
        ("\r\n\r\nHEAD / HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK"),
        (
            "\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
            "HTTP/1.1 200 OK",
        ),
        (
            "GET /healthz HTTP/1.1\r\nHost: x\r\nUser-Agent: kube-probe/1.30\r\n\r\n",
            "HTTP/1.1 200 OK",
        ),
    ];
    for (check, answered) in checks {
        for cut in 0..=check.len() {
            let mut stage = Stage::new(RelayConfig::default());
            let alice = stage.arrive("alice");
            let id = stage.connect();
            for piece in [&check[..cut], &check[cut..]] {
                if !piece.is_empty() {
                    stage.send(id, piece);
                }
            }
            stage.end(id);
            assert_eq!(answer(&mut stage, id), answered, "{check:?} at {cut}");
            stage.free(id, CloseReason::Finished);
            stage.wait_ms(10_000);
            stage.send(alice, "/who\n");
            assert_eq!(stage.hear(alice), "* lobby: alice\n", "{check:?} at {cut}");
        }
    }
}

#[test]
fn a_person_who_presses_enter_first_is_let_in() {
    let (mut stage, _) = listeners();
    let alice = stage.arrive("alice");
    let id = stage.connect();
    stage.send(id, "\r\n");
    stage.wait_ms(300);
    stage.send(alice, "hello\n");
    assert_eq!(stage.hear(id), "<alice> hello\n");
    stage.send(id, "bob\n");
    assert_eq!(
        stage.hear(id),
        "* You are bob, in lobby with alice.\n[2026-11-20 14:03:07Z] <alice> hello\n"
    );
}
