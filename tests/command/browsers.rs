//! The program with browsers and with HTTP and WebSocket clients from elsewhere.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use socket2::{Domain, Socket, Type};
use tungstenite::client::IntoClientRequest;
use tungstenite::http::{HeaderValue, StatusCode};
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::{Error, HandshakeError, Message, WebSocket};

use crate::wire::{Client, End, PATIENCE, Program};

type Browser = WebSocket<TcpStream>;

/// Asks for a WebSocket on this stream, with a subprotocol and for a page of this origin.
fn ask<S: Read + Write>(stream: S, url: &str, origin: &str) -> Result<WebSocket<S>, Box<Error>> {
    let mut request = url.into_client_request().expect("a URL");
    let fields = request.headers_mut();
    let line = HeaderValue::from_static("line.parloir");
    fields.insert("Sec-WebSocket-Protocol", line);
    fields.insert("Origin", origin.parse().expect("a header"));
    match tungstenite::client(request, stream) {
        Ok((browser, answer)) => {
            assert_eq!(answer.headers()["Sec-WebSocket-Protocol"], "line.parloir");
            Ok(browser)
        }
        Err(HandshakeError::Failure(error)) => Err(Box::new(error)),
        Err(HandshakeError::Interrupted(_)) => panic!("no answer for {PATIENCE:?}"),
    }
}

/// A browser with the page of the server open, and a nickname.
fn browser(program: &Program, name: &str) -> Browser {
    on(
        TcpStream::connect(program.address()).expect("a connection"),
        program,
        name,
    )
}

fn on(stream: TcpStream, program: &Program, name: &str) -> Browser {
    stream.set_read_timeout(Some(PATIENCE)).expect("a deadline");
    let place = program.address();
    let mut browser = ask(
        stream,
        &format!("ws://{place}/"),
        &format!("http://{place}"),
    )
    .unwrap_or_else(|error| panic!("not let in: {error}"));
    say(&mut browser, name);
    let told = next(&mut browser);
    assert!(told.starts_with(&format!("* You are {name}")), "{told}");
    browser
}

fn say<S: Read + Write>(browser: &mut WebSocket<S>, line: &str) {
    browser.send(Message::text(line)).expect("a write");
}

fn next<S: Read + Write>(browser: &mut WebSocket<S>) -> String {
    match browser.read().expect("a message") {
        Message::Text(text) => text.as_str().to_owned(),
        other => panic!("{other} in place of a line"),
    }
}

/// Checks that the stream of messages ends with a close frame. Returns the frame's code.
fn end(browser: &mut Browser) -> CloseCode {
    let code = match browser.read().expect("a message") {
        Message::Close(Some(frame)) => frame.code,
        other => panic!("{other} in place of a close frame"),
    };
    assert!(matches!(browser.read(), Err(Error::ConnectionClosed)));
    code
}

#[test]
fn a_browser_and_a_netcat_are_in_one_room() {
    let program = Program::start(&[]);
    let mut alice = program.join("alice");
    let mut bob = browser(&program, "bob");
    alice.expect("* bob joined");
    alice.send("salut ! 😀\n");
    assert_eq!(next(&mut bob), "<alice> salut ! 😀");
    say(&mut bob, "hé\nho");
    alice.expect("<bob> hé");
    alice.expect("<bob> ho");
    bob.send(Message::Ping("7".into())).expect("a write");
    assert_eq!(bob.read().expect("a message"), Message::Pong("7".into()));
    bob.close(None).expect("a write");
    assert!(matches!(bob.read(), Ok(Message::Close(_))));
    assert!(matches!(bob.read(), Err(Error::ConnectionClosed)));
    alice.expect("* bob left");
}

#[test]
fn every_end_is_one_in_good_order() {
    let program = Program::start(&[]);
    let mut bob = browser(&program, "bob");
    say(&mut bob, "/quit");
    assert_eq!(next(&mut bob), "* Bye.");
    assert_eq!(end(&mut bob), CloseCode::Normal);
    let mut carol = browser(&program, "carol");
    let long = "x".repeat(70_000);
    say(&mut carol, &long);
    assert_eq!(end(&mut carol), CloseCode::Size);
    let mut dave = browser(&program, "dave");
    program.signal("TERM");
    assert_eq!(next(&mut dave), "* the server is stopping");
    assert_eq!(end(&mut dave), CloseCode::Away);
    assert_eq!(program.wait().status, Some(0));
}

#[test]
fn other_pages_are_let_in_by_name() {
    let program = Program::start(&[
        "--allow-origin",
        "https://chat.example",
        "--allow-origin",
        "null",
    ]);
    let place = program.address();
    for (host, origin, is_let_in) in [
        (place.to_string(), format!("http://{place}"), true),
        (place.to_string(), "https://chat.example".into(), true),
        (place.to_string(), "null".into(), true),
        ("chat.example".into(), "https://chat.example".into(), true),
        (place.to_string(), "https://evil.example".into(), false),
        ("evil.example".into(), "http://evil.example".into(), false),
    ] {
        let stream = TcpStream::connect(place).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a deadline");
        let asked = ask(stream, &format!("ws://{host}/"), &origin);
        match asked {
            Ok(_) => assert!(is_let_in, "{origin} at {host} is let in"),
            Err(error) => {
                let Error::Http(answer) = *error else {
                    panic!("{error}");
                };
                assert_eq!(answer.status(), StatusCode::FORBIDDEN);
                assert!(!is_let_in, "{origin} at {host} is not let in");
            }
        }
    }
}

/// The notice stands at the place of the missed lines, in a message of its own.
#[test]
fn a_browser_that_reads_too_slowly_is_told_what_it_missed() {
    let program = Program::start(&["--rate", "0", "--queue", "20k", "--stall", "600s"]);
    let mut alice = program.join("alice");
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a receive buffer");
    socket.set_tcp_mss(536).expect("a segment size");
    socket
        .connect(&program.address().into())
        .expect("a connection");
    let mut slow = on(socket.into(), &program, "slow");
    alice.expect("* slow joined");
    let line = |n: usize| format!("{n} {}", "x".repeat(990));
    for n in 0..3_000 {
        alice.send(line(n) + "\n");
    }
    // A line behind the last of them shows that all of them have come.
    alice.send("/who\n");
    alice.wait_for(|line| line.starts_with("* lobby: "));
    let (mut at, mut missed) = (0, 0);
    while at < 3_000 {
        let told = next(&mut slow);
        if let Some(count) = told.strip_suffix(" skipped: you were reading too slowly") {
            let count = count
                .trim_start_matches("* ")
                .split(' ')
                .next()
                .expect("a number");
            let count: usize = count.parse().expect("a number");
            (at, missed) = (at + count, missed + count);
        } else {
            assert_eq!(told, format!("<alice> {}", line(at)));
            at += 1;
        }
    }
    assert!(missed > 0, "nothing was left out");
}

#[test]
fn where_only_browsers_are_served_nothing_else_is() {
    let mut command = Program::command();
    command.args(["--listen", "web://127.0.0.1:0"]);
    let program = Program::open(command);
    let opening = program.opening.join("\n");
    let url = format!("http://{}/", program.address());
    assert!(opening.contains(&url), "{opening}");
    assert!(!opening.contains("nc "), "{opening}");
    let mut bob = browser(&program, "bob");
    say(&mut bob, "/who");
    assert_eq!(next(&mut bob), "* lobby: bob");
    let mut person = Client::connect(program.address());
    person.send("NICK alice\r\n\r\n");
    let (answer, how) = person.rest();
    assert!(
        answer.starts_with("HTTP/1.1 400 Bad Request\r\n"),
        "{answer}"
    );
    assert_eq!(how, End::Fin);
}

#[test]
fn curl_gets_the_page_and_its_errors() {
    let Some(curl) = crate::wire::find(&["curl"], "curl") else {
        return;
    };
    let program = Program::start(&[]);
    let place = program.address();
    for (flags, status) in [
        (&["/"][..], "200"),
        (&["/", "-I"], "200"),
        (&["/", "-0"], "200"),
        (&["/healthz"], "200"),
        (&["/nowhere"], "404"),
        (&["/", "-d", "bob\nhello\n"], "405"),
        (&["/", "-X", "OPTIONS"], "204"),
        (&["/", "-H", "Host: a b"], "400"),
        (&["/", "--http2"], "200"),
    ] {
        let output = Command::new(&curl)
            .args(["-s", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}"])
            .args(&flags[1..])
            .arg(format!("http://{place}{}", flags[0]))
            .output()
            .expect("curl starts");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(
            (said.as_str(), output.status.code()),
            (status, Some(0)),
            "{flags:?}"
        );
    }
}

/// The page is at `https:` and its WebSocket at `wss:`, on the port that is plain as well.
#[test]
fn over_tls_it_is_the_same() {
    let identity = crate::wire::Identity::make("browsers");
    let program = Program::start(&identity.flags());
    let port = program.address().port();
    let connect = || {
        let stream = TcpStream::connect(program.address()).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a deadline");
        rustls::StreamOwned::new(identity.client(), stream)
    };
    let mut page = connect();
    let request = format!("GET / HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
    page.write_all(request.as_bytes()).expect("a write");
    let mut answer = String::new();
    page.read_to_string(&mut answer)
        .expect("an end in good order");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("</html>\n"), "it is whole");

    let mut alice = program.join("alice");
    let place = format!("localhost:{port}");
    let mut bob = ask(
        connect(),
        &format!("wss://{place}/"),
        &format!("https://{place}"),
    )
    .unwrap_or_else(|error| panic!("not let in: {error}"));
    say(&mut bob, "bob");
    assert_eq!(next(&mut bob), "* You are bob, in lobby with alice.");
    alice.expect("* bob joined");
    alice.send("salut\n");
    assert_eq!(next(&mut bob), "<alice> salut");
    say(&mut bob, "salut");
    alice.expect("<bob> salut");
}
