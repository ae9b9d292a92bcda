//! Hostile pages: the bytes that a browser can be made to send to a chat on its own machine.

use parloir::{RelayConfig, WebConfig};

use crate::browser::{frame, text, upgrade};
use crate::support::Stage;

/// The requests of hostile pages never reach the chat, whatever they look like and however they are
/// cut.
#[test]
fn a_posted_line_is_never_said() {
    let bodies = [
        "alice2\nhello everyone\n/msg alice buy\n",
        "NICK mallory\r\nUSER m 0 * :m\r\nJOIN #lobby\r\nPRIVMSG #lobby :spam\r\n",
    ];
    let heads = [
        "POST / HTTP/1.1\r\nHost: 127.0.0.1:4242\r\nContent-Type: text/plain\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        "PUT /x HTTP/1.0\n\n",
        "OPTIONS * HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "PROPFIND / HTTP/1.1\r\nHost: x\r\n\r\n",
        "\r\nPOST / HTTP/1.1\r\nHost: x\r\n\r\n",
    ];
    for head in heads {
        for body in bodies {
            let request = format!("{head}{body}");
            for cut in 0..request.len() {
                let mut stage = Stage::new(RelayConfig::default());
                let alice = stage.arrive("alice");
                let id = stage.connect();
                stage.send(id, &request[..cut]);
                stage.wait_ms(1);
                stage.send(id, &request[cut..]);
                let answer = stage.hear(id);
                assert!(
                    answer.starts_with("HTTP/1.1 "),
                    "{request:?} at {cut}: {answer}"
                );
                assert_eq!(
                    answer.matches("HTTP/1.1 ").count(),
                    1,
                    "{request:?}: {answer}"
                );
                assert!(stage.is_closed(id));
                stage.wait_ms(1_000);
                assert_eq!(stage.hear(alice), "", "{request:?} cut at {cut}");
                stage.send(alice, "/who\n");
                assert_eq!(stage.hear(alice), "* lobby: alice\n");
            }
        }
    }
}

/// No frame behind a refused request is read.
#[test]
fn a_foreign_page_gets_no_websocket() {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    let own = upgrade("");
    let changed = |from: &str, to: &str| own.replace(from, to);
    for request in [
        changed(
            "Origin: http://127.0.0.1:4242",
            "Origin: http://evil.example",
        ),
        changed(
            "Origin: http://127.0.0.1:4242",
            "Origin: http://127.0.0.1:3000",
        ),
        changed("Origin: http://127.0.0.1:4242", "Origin: null"),
        // A domain of the attacker that points to this machine.
        changed("127.0.0.1:4242", "evil.example:4242"),
    ] {
        let id = stage.connect();
        let bytes = [request.as_bytes(), &text("mallory"), &text("spam")].concat();
        stage.send(id, bytes);
        let answer = stage.hear(id);
        assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
        assert!(stage.is_closed(id));
        assert_eq!(stage.hear(alice), "");
    }
}

#[test]
fn an_operator_may_let_other_pages_in() {
    let config = RelayConfig {
        web: WebConfig {
            allowed_origins: vec!["https://chat.example".into()],
            ..WebConfig::default()
        },
        ..RelayConfig::default()
    };
    let mut stage = Stage::new(config);
    let request = upgrade("").replace(
        "Origin: http://127.0.0.1:4242",
        "Origin: https://chat.example",
    );
    let id = stage.connect();
    stage.send(id, request);
    assert!(stage.hear(id).starts_with("HTTP/1.1 101 "));
}

/// No client can send an unmasked line that begins a request, which a proxy could take for one: a
/// client that does not mask its frames is disconnected (RFC 6455, 10.3).
#[test]
fn a_request_in_a_frame_is_text() {
    let mut stage = Stage::new(RelayConfig::default());
    let alice = stage.arrive("alice");
    let id = stage.connect();
    stage.send(id, upgrade("line.parloir"));
    stage.hear(id);
    stage.send(id, text("mallory"));
    stage.send(id, text("GET / HTTP/1.1"));
    assert_eq!(
        stage.hear(alice),
        "* mallory joined\n<mallory> GET / HTTP/1.1\n"
    );
    stage.hear_bytes(id);
    stage.send(id, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(stage.is_closed(id));
    assert_eq!(stage.hear(alice), "* mallory left\n");
    assert_ne!(frame(0x81, b"GET /")[6..], *b"GET /", "a mask that masks");
}
