//! Under TLS the loop allocates what rustls does for the same records, and nothing of its own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use parloir::{Certificate, Encryption, ListenOptions, Relay, RelayConfig, Server};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConnection};

use crate::{blocks, steady};

const CLIENTS: usize = 20;
const ROUNDS: u64 = 50;
const LINE: &[u8] = b"a line of some length that is said again and again and again\n";

struct Keys {
    pem: String,
    key: String,
    client: Arc<ClientConfig>,
    server: Arc<rustls::ServerConfig>,
}

fn keys() -> Keys {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (pem, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(der.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let secret = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let server = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![der], secret)
        .unwrap();
    let (client, server) = (Arc::new(client), Arc::new(server));
    Keys {
        pem,
        key,
        client,
        server,
    }
}

impl Keys {
    fn client(&self) -> ClientConnection {
        let name = ServerName::try_from("localhost").unwrap();
        ClientConnection::new(Arc::clone(&self.client), name).unwrap()
    }
}

/// Number of allocations in rustls alone, for a record in and for one out.
fn rustls_alone(keys: &Keys) -> (u64, u64) {
    let (mut client, mut wire) = (keys.client(), Vec::with_capacity(1 << 16));
    let mut server = ServerConnection::new(Arc::clone(&keys.server)).unwrap();
    let (mut read, mut written) = (0, 0);
    for n in 0..2 * ROUNDS {
        let before = blocks();
        if !server.is_handshaking() {
            server.writer().write_all(LINE).unwrap();
        }
        wire.clear();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        written += if n >= ROUNDS { blocks() - before } else { 0 };
        let mut rest = &wire[..];
        while !rest.is_empty() {
            client.read_tls(&mut rest).unwrap();
            client.process_new_packets().unwrap();
            let _ = client.reader().read(&mut [0; 1024]);
        }
        if !client.is_handshaking() {
            client.writer().write_all(LINE).unwrap();
        }
        wire.clear();
        while client.wants_write() {
            client.write_tls(&mut wire).unwrap();
        }
        let before = blocks();
        let mut rest = &wire[..];
        while !rest.is_empty() {
            server.read_tls(&mut rest).unwrap();
            server.process_new_packets().unwrap();
            let _ = server.reader().read(&mut [0; 1024]);
        }
        read += if n >= ROUNDS { blocks() - before } else { 0 };
    }
    (read.div_ceil(ROUNDS), written.div_ceil(ROUNDS))
}

struct Room {
    server: Server<Relay>,
    clients: Vec<(TcpStream, ClientConnection)>,
    /// Number of allocations in the server's turns.
    own: u64,
    /// Number of records that clients have received, and of bytes in them.
    records: u64,
    heard: usize,
}

impl Room {
    fn open(keys: &Keys) -> Self {
        let mut server = steady::server(RelayConfig {
            rate: 0,
            ..RelayConfig::default()
        });
        let certificate = Certificate::from_pem(keys.pem.as_bytes(), keys.key.as_bytes());
        server.set_tls(certificate.unwrap());
        let options = ListenOptions::new().encryption(Encryption::Required);
        let address = steady::listen(&mut server, options);
        let mut room = Self {
            server,
            clients: Vec::new(),
            own: 0,
            records: 0,
            heard: 0,
        };
        for n in 0..CLIENTS {
            room.clients.push((steady::connect(address), keys.client()));
            while room.clients[n].1.is_handshaking() {
                room.turn();
            }
            room.say(n, format!("c{n}\n").as_bytes());
        }
        room
    }

    fn say(&mut self, n: usize, bytes: &[u8]) {
        self.clients[n].1.writer().write_all(bytes).unwrap();
        self.turn();
    }

    fn turn(&mut self) {
        for (stream, tls) in &mut self.clients {
            while tls.wants_write() {
                tls.write_tls(stream).unwrap();
            }
        }
        let before = blocks();
        self.server.turn(Some(Duration::from_millis(1))).unwrap();
        self.own += blocks() - before;
        for (stream, tls) in &mut self.clients {
            while tls.read_tls(stream).is_ok() {
                let state = tls.process_new_packets().unwrap();
                let mut plain = vec![0; state.plaintext_bytes_to_read()];
                tls.reader().read_exact(&mut plain).unwrap();
                self.heard += plain.len();
                // One turn makes one record, and each turn's record is read here before the next
                // turn.
                self.records += u64::from(!plain.is_empty());
            }
        }
    }

    /// All clients say a line, one after another.
    fn round(&mut self) {
        let line = b"<c0> ".len() + LINE.len();
        let before = self.heard;
        for n in 0..CLIENTS {
            self.say(n, LINE);
        }
        // The names from c10 on are one byte longer.
        let expected = CLIENTS * (CLIENTS - 1) * line + (CLIENTS - 10) * (CLIENTS - 1);
        while self.heard - before < expected {
            self.turn();
        }
    }
}

pub(crate) fn a_record_costs_what_rustls_takes_and_no_more() {
    let keys = keys();
    let (read, written) = rustls_alone(&keys);
    assert!(written > 0, "it is no longer rustls that allocates");
    let mut room = Room::open(&keys);
    for _ in 0..30 {
        room.round();
    }
    (room.own, room.records) = (0, 0);
    for _ in 0..ROUNDS {
        room.round();
    }
    let spoken = ROUNDS * CLIENTS as u64;
    let alone = spoken * read + room.records * written;
    assert!(
        room.own <= alone,
        "{} allocations for {spoken} records in ({read} each) and {} out ({written} each)",
        room.own,
        room.records
    );
}
