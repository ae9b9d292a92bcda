//! Proxies between a client and the server: requests of their own, and header fields that they drop.

use super::*;

/// A load balancer sends it to see whether anybody is there: haproxy did, and took the chat for dead.
#[test]
fn options_are_told_without_a_word() {
    for head in [
        "OPTIONS / HTTP/1.0\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    ] {
        let (answer, served) = serve_with(head, true);
        assert_eq!(served, Served::Answered);
        assert!(
            answer.starts_with("HTTP/1.1 204 No Content\r\n"),
            "{answer}"
        );
        assert!(
            answer.contains("\r\nAllow: GET, HEAD, OPTIONS\r\n"),
            "{answer}"
        );
        assert!(
            !answer.contains("Content-Length"),
            "RFC 9110, 8.6: {answer}"
        );
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    }
}

/// The request as nginx passes it on by default, and others that drop either line: it got the page.
#[test]
fn whoever_runs_a_proxy_that_strips_an_upgrade_is_told_how_it_is_kept() {
    for (from, to) in [
        ("Upgrade: websocket\r\n", ""),
        ("Connection: keep-alive, Upgrade", "Connection: close"),
        ("HTTP/1.1", "HTTP/1.0"),
    ] {
        let answer = answered(&upgrade(from, to));
        assert!(
            answer.starts_with("HTTP/1.1 426 Upgrade Required\r\n"),
            "{answer}"
        );
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        assert!(
            body.ends_with("\nUpgrade: websocket\nConnection: Upgrade\n"),
            "{body}"
        );
    }
}
