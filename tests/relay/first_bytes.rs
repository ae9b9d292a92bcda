//! The protocol that first bytes reveal: HTTP and TLS are refused where they are not served, and
//! never said in a room. Every case is a script.

use parloir::RelayConfig;
use parloir::relay::Role;

use crate::script::check;
use crate::support::Stage;

#[test]
fn http_is_turned_away_and_never_said() {
    for request in [
        "GET / HTTP/1.1",
        "HEAD /x HTTP/1.0",
        "POST /say HTTP/1.1",
        "PRI * HTTP/2.0",
        "CONNECT host:1 HTTP/1.1",
    ] {
        check(&format!(
            r#"
            here alice
            connect plain line
            plain>> "{request}\r\nHost: localhost\r\n\r\nalice\nbody\n"
            plain closed
            connect deaf listen
            deaf>> "{request}\r\n"
            deaf closed
            connect mute talk
            mute>> "{request}\r\n"
            mute closed
            connect other broker
            connect bare broker
            bare>> "{request}\r\n"
            bare closed
            "#
        ));
    }
}

/// First bytes decide the protocol even after the greeting: a request then is neither a nickname
/// nor a listener's text.
#[test]
fn a_request_after_the_greeting_is_still_one() {
    check(
        r#"
        here alice
        connect web line
        wait 300ms
        web< * Welcome to parloir. Type a nickname and press Enter; /help lists the commands.
        alice> /who
        alice< * lobby: alice and 1 listener
        web>> "GET / HTTP/1.1\r\n\r\n"
        web closed
        alice> /who
        alice< * lobby: alice
        connect tls line
        wait 300ms
        tls< * Welcome to parloir. Type a nickname and press Enter; /help lists the commands.
        tls>> "\x16\x03\x01\x02\0"
        tls closed
        alice> /who
        alice< * lobby: alice
        "#,
    );
}

/// Blank lines, telnet and byte-order marks do not count, so the bytes after them are the first
/// bytes.
#[test]
fn a_request_behind_nothing_is_still_one() {
    for before in ["\\r\\n", " \\n", "\\xff\\xf1", "\\u{feff}", "\\e[A"] {
        for role in ["line", "talk", "listen", "broker"] {
            if role == "listen" || (role == "talk" && before.ends_with("\\n")) {
                continue;
            }
            check(&format!(
                r#"
                here alice
                connect other broker
                connect web {role}
                web>> "{before}GET / HTTP/1.1\r\n\r\n"
                web closed
                "#
            ));
        }
    }
}

#[test]
fn any_method_makes_a_request() {
    check(
        r#"
        here alice
        connect dav line
        dav>> "PROPFIND /notes HTTP/1.1\r\nDepth: 1\r\n\r\n"
        dav closed
        connect sip line
        sip>> "HELLO HTTP/1.1\n"
        sip< * You are HELLO_HTTP1.1, in lobby with alice.
        alice< * HELLO_HTTP1.1 joined
        "#,
    );
}

#[test]
fn what_only_resembles_a_request_is_text() {
    check(
        r#"
        here alice
        connect a
        a> GET out of here
        a< * You are GET_out_of_here, in lobby with alice.
        alice< * GET_out_of_here joined
        a> GET / HTTP/1.1
        alice< <GET_out_of_here> GET / HTTP/1.1
        connect b
        b> get / HTTP/1.1
        b< * You are get__HTTP1.1, in lobby with alice and GET_out_of_here.
        b< [2026-11-20 14:03:07Z] <GET_out_of_here> GET / HTTP/1.1
        alice< * get__HTTP1.1 joined
        a< * get__HTTP1.1 joined
        "#,
    );
}

#[test]
fn a_request_line_that_does_not_end_is_not_forgiven_but_timed_out() {
    check(
        r#"
        connect web line
        web>> "GET /"
        wait 9999ms
        wait 1ms
        web closed
        connect cut line
        cut>> "GET / HTTP/1.1"
        end cut
        cut closed
        connect long line
        long>> "GET /" "x"*4092
        long closed
        "#,
    );
}

/// The relay waited for more letters of HTTP until a time that had passed: the loop spun.
#[test]
fn a_first_letter_of_http_does_not_spin() {
    check(
        r#"
        here alice
        connect greta
        greta>> "G"
        wait 10s
        alice> hello
        greta<
        greta>> "reta\n"
        greta< * You are Greta, in lobby with alice.
        greta< [2026-11-20 14:03:17Z] <alice> hello
        alice< * Greta joined
        wait 60s
        "#,
    );
}

#[test]
fn a_line_that_began_like_a_request_does_not_spin() {
    check(
        r#"
        connect person
        person>> "GET"
        wait 100ms
        person>> " /x"
        wait 1s
        person>> " and y\n"
        person< * You are GET_x_and_y, alone in lobby.
        wait 60s
        connect deaf listen
        deaf>> "GET"
        wait 60s
        "#,
    );
}

#[test]
fn a_method_alone_is_a_forgotten_newline() {
    check(
        r#"
        connect a
        a>> "GET"
        wait 199ms
        wait 1ms
        a< * You are GET, alone in lobby.
        "#,
    );
}

/// A client called POST executed `/nick evil` and said `hi`, both lines of such a body.
#[test]
fn a_request_whose_method_came_by_itself_was_said_in_the_room() {
    for (pieces, name) in [
        (
            &[
                "PO",
                "ST / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n/nick evil\\r\\nhi",
            ][..],
            "PO",
        ),
        (&["GET", " /x HTTP/1.0\\r\\n"], "GET"),
        (&["GET ", "/ HTTP/1.1\\nHost: x\\n"], "GET"),
        (
            &["PROPFIND /no", "tes HTTP/1.1\\r\\nDepth: 1\\r\\n"],
            "PROPFIND_no",
        ),
        (
            &["PROPFIND /a HTTP/1.", "1\\r\\n/nick evil\\r\\n"],
            "PROPFIND_a_HTTP1.",
        ),
    ] {
        let [first, rest] = pieces else {
            unreachable!("each comes in two pieces");
        };
        check(&format!(
            r#"
            here alice
            connect web line
            web>> "{first}"
            wait 200ms
            web< * You are {name}, in lobby with alice.
            alice< * {name} joined
            web>> "{rest}"
            web closed
            alice< * {name} left
            "#
        ));
    }
}

/// A client that hung up in the middle of a request became a nickname in the room, and a line to
/// all clients of a broker.
#[test]
fn a_request_line_that_was_cut_off_reached_the_chat() {
    for role in ["line", "talk", "broker"] {
        check(&format!(
            r#"
            here alice
            connect other broker
            connect web {role}
            web>> "GET /x HTT"
            end web
            web closed
            "#
        ));
    }
}

/// The remaining lines of such a client were said in the room.
#[test]
fn an_irc_client_whose_first_command_came_by_itself_was_said_in_the_room() {
    for (pieces, name) in [
        (["NICK", " bob\\r\\nUSER b 0 * :b\\r\\n"], "NICK"),
        (["CA", "P LS 302\\r\\nNICK bob\\r\\n"], "CA"),
        (["USER ", "b 0 * :b\\r\\n"], "USER"),
    ] {
        let [first, rest] = pieces;
        check(&format!(
            r#"
            here alice
            connect eve
            eve>> "{first}"
            wait 200ms
            eve< * You are {name}, in lobby with alice.
            alice< * {name} joined
            eve>> "{rest}"
            alice< * {name} left
            eve closed
            "#
        ));
    }
}

#[test]
fn what_goes_on_after_a_forgiven_newline_is_still_said() {
    check(
        r#"
        here alice
        connect bob
        bob>> "BOB"
        wait 200ms
        bob< * You are BOB, in lobby with alice.
        alice< * BOB joined
        bob>> " / hello"
        wait 200ms
        alice< <BOB>  / hello
        bob>> "\n"
        bob> GET / HTTP/1.1
        alice< <BOB> GET / HTTP/1.1
        "#,
    );
}

#[test]
fn a_tls_hello_is_refused() {
    check(
        r#"
        connect tls
        tls>> "\x16\x03\x01\x02\0\x01\0"
        tls<< "\x15\x03\x01\0\x02\x02\x28"
        tls closed
        connect plain line
        plain>> "\x16\x03\x01\x02\0\x01\0"
        plain closed
        connect deaf listen
        deaf>> "\x16\x03\x01"
        deaf closed
        connect mute talk
        mute>> "\x16\x03\x01"
        mute closed
        connect bare broker
        bare>> "\x16\x03\x01"
        bare closed
        "#,
    );
}

#[test]
fn http_is_no_password() {
    check(
        r#"
        set password=secret
        connect web line
        web>> "GET / HTTP/1.1\r\n"
        web closed
        "#,
    );
}

#[test]
fn a_request_of_no_known_method_depended_on_how_it_was_cut() {
    check(
        r#"
        connect bob
        bob>> "CON \e[31mred\e[ HTTP/1.1\n"
        bob< * You are CON_redTTP1.1, alone in lobby.
        "#,
    );
}

/// A client that was given the wrong port, or a port scanner, entered as a person and said its
/// hello.
#[test]
fn hellos_of_other_protocols_are_nobody() {
    let hellos: [&[u8]; 10] = [
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"OPTIONS / RTSP/1.0\r\n\r\n",
        b"EHLO masscan\r\n",
        b"*1\r\n$4\r\nPING\r\n",
        b"\0\0\0\x08\x04\xd2\x16\x2f",
        b"\x03\0\0\x0b\x06\xe0\0\0\0\0\0",
        b"l\0\x0b\0\0\0\0\0\0\0\0\0",
        b"\0\0\0\xa4\xffSMBr\0\0\0\0\x08\x01\x40",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 4711 4242\r\n",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\x12\x67\x10\x92",
    ];
    for role in [Role::Auto, Role::Line, Role::Talk] {
        for hello in hellos {
            let mut stage = Stage::new(RelayConfig::default());
            let tag = stage.listener(role);
            let alice = stage.arrive("alice");
            let id = stage.connect_to(tag);
            stage.send(id, hello);
            stage.wait_ms(200);
            let hello = hello.escape_ascii();
            assert!(stage.is_closed(id), "{role:?}: {hello}");
            assert_eq!(stage.hear(id), "", "{role:?}: {hello}");
            assert_eq!(stage.hear(alice), "", "{role:?}: {hello}");
        }
    }
}

#[test]
fn names_like_hellos_are_names() {
    for name in ["HELO", "EHLO", "PING", "stats", "SSH", "QUIT", "0"] {
        let mut stage = Stage::new(RelayConfig::default());
        let id = stage.connect();
        stage.send(id, format!("{name}\n"));
        assert_eq!(
            stage.hear(id),
            format!("* You are {name}, alone in lobby.\n")
        );
    }
}
