//! Tests which certificates can be used, and the cost of handshakes in a turn.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustls::crypto::ring;

use super::Certificate;
use super::acceptor::HANDSHAKE_TIME_PER_TURN;
use crate::config::ServerConfig;
use crate::error::CloseReason;
use crate::net::{Endpoint, Server};
use crate::protocol::{ConnId, Consumed, Demand, Input, Output, Peer, Protocol, Tag, Time};

#[test]
fn certificates_that_cannot_be_used_are_told_of_in_words() {
    let make = || rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (one, two) = (make(), make());
    let (pem, key) = (one.cert.pem(), one.signing_key.serialize_pem());
    let other = two.signing_key.serialize_pem();
    let cut = pem.replace("-----END CERTIFICATE-----", "");
    let garbled = pem.replace('M', "N");
    let locked = key.replace("BEGIN PRIVATE", "BEGIN ENCRYPTED PRIVATE");
    let both = format!("{key}{pem}");
    for (pem, key, words) in [
        (&*pem, &*key, None),
        (&*both, &*both, None),
        ("", &*key, Some("the certificate holds no certificate")),
        ("hello", &*key, Some("the certificate holds no certificate")),
        (&*key, &*key, Some("the certificate holds no certificate")),
        (&*cut, &*key, Some("the certificate is not PEM")),
        (&*garbled, &*key, Some("cannot be used")),
        (&*pem, "", Some("the key holds no private key")),
        (&*pem, &*pem, Some("the key holds no private key")),
        (&*pem, &*locked, Some("the key is encrypted")),
        (&*pem, &*other, Some("the key is not the key of")),
    ] {
        let made = Certificate::from_pem(pem.as_bytes(), key.as_bytes());
        let told = made.err().map(|error| error.to_string());
        match (&told, words) {
            (Some(told), Some(words)) => assert!(told.contains(words), "{told:?}: {words}"),
            (told, words) => assert_eq!(told.as_deref(), words),
        }
    }
    let missing = Path::new("no-such-file.pem");
    let told = Certificate::from_files(missing, missing).unwrap_err();
    let words = "cannot read certificate no-such-file.pem: no such file or directory";
    assert_eq!(told.to_string(), words);
}

/// A protocol that ignores all input.
struct Deaf;

impl Protocol for Deaf {
    type Call = ();

    fn opened(&mut self, _: ConnId, _: &Peer, _: Time, _: &mut impl Output) -> Demand {
        Demand::More
    }

    fn received(&mut self, _: ConnId, input: Input<'_>, _: Time, _: &mut impl Output) -> Consumed {
        let (bytes, demand) = (input.bytes.len(), Demand::More);
        Consumed { bytes, demand }
    }

    fn closed(&mut self, _: ConnId, _: CloseReason, _: Time, _: &mut impl Output) {}
}

/// With a limit by number, sixteen handshakes with a long RSA key took the loop 64 ms in every turn.
#[test]
fn handshakes_were_bounded_by_number_however_long_they_took() {
    static STEPS: AtomicUsize = AtomicUsize::new(0);
    // Makes each step seem to take half of the time that a turn has for handshakes.
    fn half_of_it(_: &Instant) -> Duration {
        STEPS.fetch_add(1, Ordering::Relaxed);
        HANDSHAKE_TIME_PER_TURN / 2
    }
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (pem, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let mut server = Server::new(Deaf, ServerConfig::default()).unwrap();
    server.set_tls(Certificate::from_pem(pem.as_bytes(), key.as_bytes()).unwrap());
    server.tls.elapsed = half_of_it;
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let Endpoint::Tcp(address) = server.listen(any, Tag::default()).unwrap() else {
        unreachable!("TCP was asked for")
    };
    let mut peers: Vec<TcpStream> = (0..7)
        .map(|_| {
            let mut peer = TcpStream::connect(address).unwrap();
            peer.write_all(&client_hello()).unwrap();
            peer
        })
        .collect();
    while STEPS.load(Ordering::Relaxed) < peers.len() {
        let before = STEPS.load(Ordering::Relaxed);
        server.turn(None).unwrap();
        let steps = STEPS.load(Ordering::Relaxed) - before;
        assert!(steps <= 2, "{steps} steps in one turn");
    }
    // Each peer has had one step: none had a second step while others had none.
    for peer in &mut peers {
        let mut answer = [0; 2];
        peer.read_exact(&mut answer).unwrap();
        assert_eq!(answer, [0x16, 3]);
    }
}

fn client_hello() -> Vec<u8> {
    let provider = Arc::new(ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let mut client = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut hello = Vec::new();
    client.write_tls(&mut hello).unwrap();
    hello
}
