//! `parloir chat --tls --ca`: the certificates that are trusted, those that are not, and the words
//! for it.

use std::io::{Read, Write};
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};

use crate::wire::{Identity, Program, by_name, chat_tls, find, peer, run, told};

/// A relay that accepts TLS only.
fn relay(identity: &Identity, flags: &[&str]) -> Program {
    Program::start(&[&identity.flags()[..], &["--tls-only"], flags].concat())
}

fn authority(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
}

/// A certificate that `openssl req -x509` makes is an authority, and webpki does not accept an
/// authority as a server.
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
    // A bundle with an authority that is not the server's certificate, among others.
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
        let output = run(&mut chat_tls(trusted, &["--nick", "ci", &place]), "hello\n");
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
        &mut chat_tls(&identity.certificate, &["--nick", "ci", &place]),
        "hello\n",
    );
    assert_eq!(told(&output).0, 0, "{output:?}");
}

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
        // The exception for authorities is no exception from the other rules.
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
        // No client has come in.
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

/// Checks that the peer is refused with these words, once: a fault that is found before the first
/// line is not tried again.
#[track_caller]
fn assert_refused(trusted: &Path, place: &str, words: &str) {
    let output = run(&mut chat_tls(trusted, &["--nick", "ci", place]), "secret\n");
    let (status, stdout, stderr) = told(&output);
    assert_eq!((status, stdout), (1, "BEY\n"), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(
        stderr.starts_with(&format!("parloir: {place} ")),
        "{stderr}"
    );
    assert!(stderr.contains(words), "{words:?} is not in {stderr:?}");
    // The program may know of the fault before it has read the line; then the error does not name
    // the line.
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
        // The environment variable names the file of the system's certificates.
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
    // A relay without a certificate refuses a hello with an alert.
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

/// A peer that says nothing, or leaves, may be another one the next time, so the handshake is tried
/// again until the time is over.
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
        let output = run(&mut chat_tls(&identity.certificate, &flags), "secret\n");
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
