//! `parloir chat --tls`: with relays and peers that are ours and not ours, and with who is not whom it seems.
#![cfg(feature = "cli")]

mod wire;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use wire::{Client, Identity, Program, Tool, find};

/// A client that trusts this certificate alone.
fn chat(certificate: &Path, flags: &[&str]) -> Command {
    let mut command = Program::command();
    command.args(["chat", "--tls", "--ca"]).arg(certificate);
    command.args(flags);
    command
}

/// Runs it with this input to its end.
fn run(command: &mut Command, input: impl Into<Vec<u8>>) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    let input = input.into();
    // It may end before it has read everything, and says things before that.
    thread::spawn(move || drop(stdin.write_all(&input)));
    child.wait_with_output().expect("it ends")
}

/// Its exit status, what it says, and what goes wrong.
fn told(output: &Output) -> (i32, &str, &str) {
    (
        output.status.code().expect("no signal"),
        std::str::from_utf8(&output.stdout).expect("UTF-8"),
        std::str::from_utf8(&output.stderr).expect("UTF-8"),
    )
}

/// A relay that takes nobody without TLS.
fn relay(identity: &Identity, flags: &[&str]) -> Program {
    Program::start(&[&identity.flags()[..], &["--tls-only"], flags].concat())
}

/// By the name that the certificates are for.
fn by_name(address: SocketAddr) -> String {
    format!("localhost:{}", address.port())
}

/// A program that is connected to, on a thread of its own.
fn peer<T: Send + 'static>(
    talk: impl FnOnce(TcpListener) -> T + Send + 'static,
) -> (SocketAddr, thread::JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    (address, thread::spawn(move || talk(listener)))
}

fn authority(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
}

#[test]
fn both_sides_talk_and_a_relay_says_goodbye() {
    let identity = Identity::make("chat-talk");
    let relay = relay(&identity, &[]);
    let mut alice = identity.join(relay.address(), "alice");
    let place = by_name(relay.address());
    let mut ci = Tool::start(&mut chat(&identity.certificate, &[&place]));
    ci.wait_for(&format!("{place} JOINED"));
    ci.type_in("zoé\nsalut, ça farte ?\n");
    alice.expect("* zoé joined");
    alice.expect("<zoé> salut, ça farte ?");
    alice.send("top, et toi ?\n");
    ci.wait_for("<alice> top, et toi ?");
    ci.end_input();
    ci.wait_for("BEY");
    assert_eq!(ci.finish(), (String::new(), Some(0)));
    alice.expect("* zoé left");
}

#[test]
fn a_large_paste_arrives_whole_in_both_directions() {
    let identity = Identity::make("chat-paste");
    let flags = ["--rate", "0", "--queue", "16MiB", "--replay", "0"];
    let relay = relay(&identity, &flags);
    let mut alice = identity.join(relay.address(), "alice");
    let place = by_name(relay.address());
    let line = |n: usize| format!("{n} {}", "é".repeat(n % 100));
    const LINES: usize = 10_500;
    // A little more than a megabyte.
    let paste: String = (0..LINES).map(|n| line(n) + "\n").collect();
    assert!(paste.len() > 1 << 20, "{}", paste.len());
    let output = run(
        &mut chat(&identity.certificate, &["--nick", "ci", &place]),
        paste.clone(),
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    alice.expect("* ci joined");
    for sent in paste.lines() {
        alice.expect(&format!("<ci> {sent}"));
    }
    alice.expect("* ci left");

    let mut bob = Tool::start(&mut chat(&identity.certificate, &["--nick", "bob", &place]));
    bob.wait_for("* You are bob, in lobby with alice.");
    alice.expect("* bob joined");
    let talking = thread::spawn(move || {
        alice.send(paste.as_bytes());
        alice
    });
    for n in 0..LINES {
        assert_eq!(bob.line(), format!("<alice> {}", line(n)));
    }
    talking.join().expect("it was all taken");
}

/// A certificate that `openssl req -x509` makes is an authority, which webpki takes for no server.
#[test]
fn a_certificate_that_vouches_for_itself_is_taken_as_it_is_made() {
    let mut made = vec![
        Identity::make("chat-leaf"),
        Identity::make_for("chat-authority", "localhost", authority),
    ];
    let issuer_key = KeyPair::generate().expect("a key");
    let mut issuer = CertificateParams::default();
    authority(&mut issuer);
    let issued = issuer.self_signed(&issuer_key).expect("a certificate");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    // An authority that is not the server, among others.
    let bundle = folder.join("chat-bundle.pem");
    let other = std::fs::read_to_string(&made[0].certificate).expect("it was written");
    std::fs::write(&bundle, other + &issued.pem()).expect("a place for files");
    let signed = Identity::signed_by("chat-signed", &Issuer::new(issuer, issuer_key));
    if let Some(openssl) = find(&["openssl"], "openssl") {
        for kind in ["rsa:2048", "ec"] {
            made.push(Identity::by_openssl(
                &openssl,
                &format!("chat-openssl-{}", &kind[..2]),
                kind,
            ));
        }
    }
    let trusted = made.iter().map(|it| (it, &it.certificate));
    for (identity, trusted) in trusted.chain([(&signed, &bundle)]) {
        let relay = relay(identity, &[]);
        let place = by_name(relay.address());
        let output = run(&mut chat(trusted, &["--nick", "ci", &place]), "hello\n");
        let (status, _, stderr) = told(&output);
        assert_eq!((status, stderr), (0, ""), "{}", trusted.display());
    }
}

#[test]
fn an_address_is_a_name_as_well() {
    let identity = Identity::make_for("chat-address", "127.0.0.1", |_| {});
    let relay = relay(&identity, &[]);
    let place = relay.address().to_string();
    let output = run(
        &mut chat(&identity.certificate, &["--nick", "ci", &place]),
        "hello\n",
    );
    assert_eq!(told(&output).0, 0, "{output:?}");
}

/// What is found wrong before anything is said is told once, and not tried again.
#[test]
fn who_is_not_whom_it_seems_gets_no_line_and_words_say_why() {
    let good = Identity::make("chat-good");
    let later = |params: &mut CertificateParams| params.not_before = date_time_ymd(3000, 1, 1);
    let past = |params: &mut CertificateParams| {
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
    };
    let expired = "has a certificate that expired at 2020-01-01T00:00:00Z";
    let stranger = "has a certificate that is not in the file of --ca, nor signed by one in it";
    for (name, host, say, words) in [
        (
            "name",
            "example.org",
            (&|_: &mut _| {}) as &dyn Fn(&mut CertificateParams),
            "has a certificate for example.org instead",
        ),
        ("past", "localhost", &past, expired),
        (
            "later",
            "localhost",
            &later,
            "has a certificate that begins only at 3000-01-01T00:00:00Z (is the clock",
        ),
        // The exception for authorities is none from any other rule.
        (
            "name-of-authority",
            "example.org",
            &authority,
            "has a certificate for example.org instead",
        ),
        (
            "past-authority",
            "localhost",
            &|params: &mut _| {
                authority(params);
                past(params);
            },
            expired,
        ),
        (
            "nobody",
            "localhost",
            &|params| params.subject_alt_names.clear(),
            "names no host",
        ),
    ] {
        let identity = Identity::make_for(&format!("chat-bad-{name}"), host, say);
        let relay = Program::start(&identity.flags());
        let mut alice = relay.join("alice");
        assert_refused(&identity.certificate, &by_name(relay.address()), words);
        // Nobody has come in.
        alice.send("/who\n");
        alice.expect("* lobby: alice");
    }
    for (name, say) in [
        (
            "stranger",
            (&|_: &mut _| {}) as &dyn Fn(&mut CertificateParams),
        ),
        ("strange-authority", &authority),
    ] {
        let identity = Identity::make_for(&format!("chat-{name}"), "localhost", say);
        let relay = relay(&identity, &[]);
        assert_refused(&good.certificate, &by_name(relay.address()), stranger);
    }
}

#[track_caller]
fn assert_refused(trusted: &Path, place: &str, words: &str) {
    let output = run(&mut chat(trusted, &["--nick", "ci", place]), "secret\n");
    let (status, stdout, stderr) = told(&output);
    assert_eq!((status, stdout), (1, "BEY\n"), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(
        stderr.starts_with(&format!("parloir: {place} ")),
        "{stderr}"
    );
    assert!(stderr.contains(words), "{words:?} is not in {stderr:?}");
    // It may know so before it has read the line; then it does not name it.
    let unsent = stderr.split("; not sent: ").nth(1);
    assert!(unsent.is_none_or(|line| line == "secret\n"), "{stderr}");
}

#[test]
fn without_a_file_only_those_whom_the_system_trusts_are_trusted() {
    let identity = Identity::make("chat-system");
    let relay = relay(&identity, &[]);
    let place = by_name(relay.address());
    let system = |file: &Path| {
        let mut command = Program::command();
        // Where the system's certificates are, if it is not said by its settings.
        command
            .env("SSL_CERT_FILE", file)
            .env_remove("SSL_CERT_DIR");
        command.args(["chat", "--tls", "--nick", "ci", &place]);
        command
    };
    let output = run(&mut system(&identity.certificate), "hello\n");
    assert_eq!(told(&output).0, 0, "{output:?}");
    let other = Identity::make("chat-system-other");
    let output = run(&mut system(&other.certificate), "hello\n");
    let (status, _, stderr) = told(&output);
    assert_eq!(status, 1);
    assert!(
        stderr.contains("has a certificate that is not trusted here; try --ca FILE"),
        "{stderr}"
    );
    let output = run(&mut system(Path::new("/dev/null")), "hello\n");
    let (status, _, stderr) = told(&output);
    assert_eq!(status, 2);
    assert!(
        stderr.contains("has no certificates to trust (try --ca FILE)"),
        "{stderr}"
    );
}

#[test]
fn who_does_not_speak_tls_is_found_out() {
    let identity = Identity::make("chat-plain");
    // A relay without a certificate turns a hello away with an alert.
    let relay = Program::start(&[]);
    let alert = "refuses TLS (HandshakeFailure); if it does not speak TLS, try without --tls";
    assert_refused(&identity.certificate, &by_name(relay.address()), alert);

    let (address, greeter) = peer(|listener| {
        let (mut stream, _) = listener.accept().expect("a connection");
        stream
            .write_all(b"220 hello, who are you?\r\n")
            .expect("a write");
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let plain = "does not speak TLS; try without --tls";
    assert_refused(&identity.certificate, &by_name(address), plain);
    greeter.join().expect("it does not panic");

    let (address, echo) = peer(|listener| {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut reader = stream.try_clone().expect("a descriptor");
        let _ = std::io::copy(&mut reader, &mut stream);
    });
    let echoed = "cannot be agreed with on TLS";
    assert_refused(&identity.certificate, &by_name(address), echoed);
    echo.join().expect("it does not panic");
}

/// Who says nothing, or goes, may be another the next time: that is tried until the time is over.
#[test]
fn a_handshake_that_comes_to_nothing_is_given_up_in_time() {
    let identity = Identity::make("chat-silent");
    for is_silent in [true, false] {
        let (address, _peer) = peer(move |listener| {
            let mut kept = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let mut hello = [0; 5];
                stream.read_exact(&mut hello).expect("a hello");
                if is_silent {
                    kept.push(stream);
                }
            }
        });
        let place = by_name(address);
        let flags = ["--timeout", "0.7", "--nick", "ci", &place];
        let output = run(&mut chat(&identity.certificate, &flags), "secret\n");
        let (status, stdout, stderr) = told(&output);
        assert_eq!((status, stdout), (1, ""), "{stderr}");
        assert!(
            stderr.contains("if it does not speak TLS, try without --tls"),
            "{stderr}"
        );
        assert!(stderr.ends_with("parloir: not sent: secret\n"), "{stderr}");
    }
}

#[test]
fn a_handshake_byte_by_byte_is_a_handshake() {
    let identity = Identity::make("chat-bytes");
    let relay = relay(&identity, &[]);
    let to = relay.address();
    let (address, between) = peer(move |listener| {
        let (client, _) = listener.accept().expect("a connection");
        let server = TcpStream::connect(to).expect("it is listening");
        for stream in [&client, &server] {
            stream.set_nodelay(true).expect("an option");
        }
        let ways = [
            (client.try_clone(), server.try_clone()),
            (Ok(server), Ok(client)),
        ];
        let ways = ways.map(|(from, to)| {
            let (from, to) = (from.expect("a descriptor"), to.expect("a descriptor"));
            thread::spawn(move || byte_by_byte(from, to))
        });
        for way in ways {
            way.join().expect("it does not panic");
        }
    });
    let place = by_name(address);
    let output = run(
        &mut chat(&identity.certificate, &["--nick", "ci", &place]),
        "hello\n",
    );
    assert_eq!(told(&output).0, 0, "{output:?}");
    between.join().expect("it does not panic");
}

fn byte_by_byte(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 4096];
    while let Ok(count) = from.read(&mut buffer) {
        for byte in &buffer[..count] {
            if to.write_all(&[*byte]).is_err() {
                return;
            }
        }
        if count == 0 {
            let _ = to.shutdown(std::net::Shutdown::Write);
            return;
        }
    }
}

/// The peer says much at once, the beginning of it with its last message of the handshake, and then
/// nothing more: the socket has no news of what is decrypted.
#[test]
fn what_was_decrypted_while_the_socket_is_silent_was_forgotten() {
    const LINES: usize = 4000;
    let identity = Identity::make("chat-held");
    let certificate = identity.certificate.clone();
    let (address, talker) = peer(move |listener| {
        let (stream, _) = listener.accept().expect("a connection");
        let mut stream = identity.serve(stream);
        let burst: String = (0..LINES).map(|n| format!("line {n}\n")).collect();
        stream.write_all(burst.as_bytes()).expect("a write");
        stream.flush().expect("a write");
        let mut heard = String::new();
        stream.read_to_string(&mut heard).expect("a close_notify");
        heard
    });
    let place = by_name(address);
    let mut ana = Tool::start(&mut chat(&certificate, &[&place]));
    ana.wait_for(&format!("{place} JOINED"));
    for n in 0..LINES {
        assert_eq!(ana.line(), format!("localhost said: line {n}"));
    }
    ana.type_in("that was all\n");
    ana.end_input();
    assert_eq!(ana.finish(), (String::from("BEY\n"), Some(0)));
    // To its end in good order: `read_to_string` would complain of another.
    assert_eq!(talker.join().expect("a close_notify"), "that was all\n");
}

/// As when it is plain: that the TCP connection ends is the end, notified or not.
#[test]
fn a_peer_that_just_goes_is_gone() {
    for is_notified in [true, false] {
        let identity = Identity::make(&format!("chat-goes-{is_notified}"));
        let certificate = identity.certificate.clone();
        let (address, goes) = peer(move |listener| {
            let (stream, _) = listener.accept().expect("a connection");
            let mut stream = identity.serve(stream);
            let mut line = [0; 4];
            stream.write_all(b"one\ntwo").expect("a write");
            stream.flush().expect("a write");
            stream.read_exact(&mut line).expect("a line");
            if is_notified {
                stream.conn.send_close_notify();
                stream.flush().expect("a write");
            }
        });
        let place = by_name(address);
        let mut ana = Tool::start(chat(&certificate, &[&place]).stderr(Stdio::null()));
        ana.wait_for("localhost said: one");
        ana.wait_for("localhost said: two");
        ana.type_in("bye\n");
        goes.join().expect("it does not panic");
        ana.end_input();
        assert_eq!(
            ana.finish(),
            (String::from("BEY\n"), Some(0)),
            "{is_notified}"
        );
    }
}

#[test]
fn what_breaks_the_encryption_is_an_end_and_is_told() {
    let identity = Identity::make("chat-broken");
    let certificate = identity.certificate.clone();
    let (address, breaks) = peer(move |listener| {
        let (stream, _) = listener.accept().expect("a connection");
        let mut stream = identity.serve(stream);
        stream.write_all(b"one\n").expect("a write");
        stream.flush().expect("a write");
        let mut line = [0; 4];
        stream.read_exact(&mut line).expect("a line");
        stream
            .sock
            .write_all(b"\x17\x03\x03\x00\x20")
            .expect("a write");
        stream.sock.write_all(&[7; 0x20]).expect("a write");
        stream.read(&mut line).expect_err("an alert")
    });
    let place = by_name(address);
    let mut ana = Tool::start(chat(&certificate, &[&place]).stderr(Stdio::null()));
    ana.wait_for("localhost said: one");
    ana.type_in("two\n");
    let alert = breaks.join().expect("it does not panic");
    assert_eq!(alert.kind(), ErrorKind::InvalidData);
    assert!(alert.to_string().contains("BadRecordMac"), "{alert}");
    ana.end_input();
    assert_eq!(ana.finish(), (String::from("BEY\n"), Some(1)));
}

#[test]
fn joining_another_is_encrypted_as_well() {
    let identity = Identity::make("chat-join");
    let (one, two) = (relay(&identity, &[]), relay(&identity, &[]));
    let mut alice = identity.join(two.address(), "alice");
    let mut bob = Tool::start(&mut chat(
        &identity.certificate,
        &["--nick", "bob", &by_name(one.address())],
    ));
    bob.wait_for("* You are bob, alone in lobby.");
    bob.type_in(&format!("/join localhost {}\n", two.address().port()));
    bob.wait_for(&format!("{} JOINED", by_name(two.address())));
    alice.expect("* bob joined");
    bob.type_in("hello\n");
    alice.expect("<bob> hello");
}

#[test]
fn a_relay_that_comes_back_is_spoken_to_in_tls_again() {
    let identity = Identity::make("chat-back");
    let first = relay(&identity, &[]);
    let address = first.address();
    let place = by_name(address);
    let flags = ["--nick", "bob", "--timeout", "30", &place];
    let mut bob = Tool::start(chat(&identity.certificate, &flags).stderr(Stdio::null()));
    bob.wait_for("* You are bob, alone in lobby.");
    assert_eq!(first.stop().status, Some(0));
    bob.wait_for("* the server is stopping");
    bob.type_in("meanwhile\n");
    let _second = relay(&identity, &["--listen", &address.to_string()]);
    bob.wait_for("* You are bob, alone in lobby.");
    let mut alice = identity.join(address, "alice");
    alice.wait_for(|line| line.ends_with("<bob> meanwhile"));
}

#[test]
fn peers_who_connect_here_are_spoken_to_in_plain() {
    let identity = Identity::make("chat-listen");
    let mut ana = Tool::start(&mut chat(
        &identity.certificate,
        &["--listen", "127.0.0.1:0"],
    ));
    let listening = ana.line();
    let address = listening.strip_prefix("listening on ").expect("an address");
    let mut visitor = Client::connect(address.parse().expect("an address"));
    visitor.send("hello\n");
    ana.wait_for("127.0.0.1 said: hello");
}

#[test]
fn mistakes_are_told_in_one_line_with_status_2() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("a place for files");
        path.display().to_string()
    };
    let (empty, text) = (
        write("chat-empty.pem", ""),
        write("chat-text.pem", "hello\n"),
    );
    let cut = write("chat-cut.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n");
    let odd = write(
        "chat-odd.pem",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    let missing = folder.join("chat-missing.pem").display().to_string();
    for (flags, words) in [
        (&["--ca", &empty, "localhost"][..], &["--tls"][..]),
        (
            &["--tls", "--ca", &missing],
            &["cannot read", &missing, "no such file", "--ca"],
        ),
        (
            &["--tls", "--ca", &empty],
            &[&empty, "holds no certificate in PEM", "--ca"],
        ),
        (
            &["--tls", "--ca", &text],
            &[&text, "holds no certificate in PEM", "--ca"],
        ),
        (&["--tls", "--ca", &cut], &[&cut, "is not PEM", "--ca"]),
        (&["--tls", "--ca", &odd], &[&odd, "cannot be used", "--ca"]),
    ] {
        let output = run(Program::command().arg("chat").args(flags), "");
        let (status, stdout, stderr) = told(&output);
        assert_eq!((status, stdout), (2, ""), "{flags:?}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(words.iter().all(|word| stderr.contains(word)), "{stderr}");
    }
}

/// A peer that is not ours.
#[test]
fn openssl_is_talked_with_in_both_directions_and_both_versions() {
    let Some(openssl) = find(&["openssl"], "openssl") else {
        return;
    };
    let identity = Identity::by_openssl(&openssl, "chat-s-server", "ec");
    for version in ["-tls1_2", "-tls1_3"] {
        let mut command = Command::new(&openssl);
        command.args([
            "s_server",
            "-accept",
            "127.0.0.1:0",
            "-naccept",
            "1",
            version,
        ]);
        command.arg("-cert").arg(&identity.certificate);
        command.arg("-key").arg(&identity.key);
        let mut server = Tool::start(command.stderr(Stdio::null()));
        let port = loop {
            if let Some(place) = server.line().strip_prefix("ACCEPT ") {
                let port = place.rsplit(':').next().expect("a port");
                break port.to_owned();
            }
        };
        let place = format!("localhost:{port}");
        let mut ana = Tool::start(&mut chat(&identity.certificate, &[&place]));
        ana.wait_for(&format!("{place} JOINED"));
        ana.type_in("hello, à bientôt\n");
        server.wait_for("hello, à bientôt");
        server.type_in("et toi ?\n");
        ana.wait_for("localhost said: et toi ?");
        let large: String = (0..2000)
            .map(|n| format!("line {n} {}\n", "x".repeat(500)))
            .collect();
        ana.type_in(&large);
        for line in large.lines() {
            server.wait_for(line);
        }
        ana.end_input();
        assert_eq!(ana.finish(), (String::from("BEY\n"), Some(0)), "{version}");
        server.wait_for("DONE");
    }
}
