//! Tests a connection under TLS on a scripted socket, with a rustls client: the handshake and input.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::*;
use crate::error::CloseReason;
use crate::net::connection::{Connection, Filled};
use crate::net::outbox::Outbox;
use crate::net::queue::FlushRules;
use crate::net::tls::{Certificate, HANDSHAKE_BYTES_MAX};
use crate::protocol::{ConnId, Delivery, Output, Skipped, Time};

/// The bytes under way between the client and the server.
#[derive(Debug, Default)]
struct Pipe {
    to_server: VecDeque<u8>,
    /// The client's end of stream, or the error that breaks it.
    end: Option<Result<(), ErrorKind>>,
    to_client: Vec<u8>,
    /// Number of bytes that the pipe takes before it is full.
    room: usize,
    is_shut: bool,
    /// A write reports that the client is gone.
    is_broken: bool,
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match (self.to_server.is_empty(), self.end) {
            (false, _) => self.to_server.read(buffer),
            (true, None) => Err(ErrorKind::WouldBlock.into()),
            (true, Some(end)) => end.map(|()| 0).map_err(Into::into),
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        assert!(!self.is_shut, "written after the end");
        if self.is_broken {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let all: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
        let count = all.len().min(self.room);
        if count == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.room -= count;
        self.to_client.extend_from_slice(&all[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for Pipe {
    fn shutdown_write(&mut self) -> io::Result<()> {
        self.is_shut = true;
        Ok(())
    }
}

mod output;

const ID: ConnId = ConnId::new(0, 1);
const PLENTY: usize = 1 << 30;

fn at(seconds: u64) -> Time {
    Time::new(Duration::from_secs(seconds), Duration::ZERO)
}

struct Test {
    connection: Connection<MaybeTls<Pipe>>,
    client: ClientConnection,
    outbox: Outbox,
    queue_bytes_max: usize,
    /// The plain bytes that the client has read.
    heard: Vec<u8>,
    sent: Vec<(String, Delivery)>,
}

fn both_sides() -> (Certificate, ClientConnection) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (pem, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let certificate = Certificate::from_pem(pem.as_bytes(), key.as_bytes()).unwrap();
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    (certificate, client)
}

impl Test {
    /// Both sides, before the first byte.
    fn begin() -> Self {
        let (certificate, client) = both_sides();
        let pipe = Pipe {
            room: PLENTY,
            ..Pipe::default()
        };
        let mut outbox = Outbox::new(1 << 20);
        outbox.open(ID);
        let mut connection = Connection::new(MaybeTls::plain(pipe), ID, at(0));
        let session = certificate.begin(Vec::new()).unwrap();
        connection.stream.encrypt(session);
        Self {
            connection,
            client,
            outbox,
            queue_bytes_max: 1 << 20,
            heard: Vec::new(),
            sent: Vec::new(),
        }
    }

    /// Both sides, after the handshake.
    fn new() -> Self {
        let mut test = Self::begin();
        for _ in 0..4 {
            test.client_writes();
            test.connection.stream.shake_hands();
            test.client_reads();
        }
        assert_eq!(test.connection.stream.shake_hands(), Handshake::Done);
        test
    }

    fn pipe(&mut self) -> &mut Pipe {
        &mut self.connection.stream.socket
    }

    /// Sends everything that the client has to say on its way.
    fn client_writes(&mut self) {
        while self.client.wants_write() {
            let pipe = &mut self.connection.stream.socket;
            self.client.write_tls(&mut pipe.to_server).unwrap();
        }
        self.connection.note(true, false, false, false);
    }

    fn client_says(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(1 << 14) {
            self.client.writer().write_all(piece).unwrap();
            self.client_writes();
        }
    }

    /// Lets the client take all that has come; returns whether that was the end.
    fn client_reads(&mut self) -> bool {
        let bytes = std::mem::take(&mut self.pipe().to_client);
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            self.client.read_tls(&mut rest).unwrap();
            let state = self.client.process_new_packets().unwrap();
            let mut plain = vec![0; state.plaintext_bytes_to_read()];
            self.client.reader().read_exact(&mut plain).unwrap();
            self.heard.extend(plain);
            if state.peer_has_closed() {
                return true;
            }
        }
        false
    }

    fn send(&mut self, text: &str, delivery: Delivery) {
        let write = |buffer: &mut Vec<u8>| buffer.extend_from_slice(text.as_bytes());
        let range = self.outbox.encode(delivery, write);
        self.outbox.send(ID, range);
        self.sent.push((text.into(), delivery));
    }

    fn flush(&mut self) {
        let burst = self.outbox.take(0);
        let mut rules = FlushRules {
            now: at(0),
            queue_bytes_max: self.queue_bytes_max,
            notice: |skipped: Skipped, line: &mut Vec<u8>| {
                line.extend_from_slice(format!("({})", skipped.total()).as_bytes());
            },
        };
        self.connection.flush(burst, &mut rules);
        while self.outbox.next_dirty().is_some() {}
        self.outbox.clear();
    }

    /// Gives the socket room again, and reports it as writable.
    fn becomes_writable(&mut self, room: usize) {
        self.pipe().room = room;
        self.connection.note(false, true, false, false);
        self.flush();
    }
}

#[test]
fn a_handshake_survives_any_pieces() {
    for piece in [1, 2, 7, 100] {
        let mut test = Test::begin();
        test.pipe().room = 0;
        let mut done = false;
        for _ in 0..20_000 {
            let mut bytes = Vec::new();
            while test.client.wants_write() {
                test.client.write_tls(&mut bytes).unwrap();
            }
            for bytes in bytes.chunks(piece) {
                test.pipe().to_server.extend(bytes);
                test.pipe().room = piece;
                done = test.connection.stream.shake_hands() == Handshake::Done;
            }
            test.becomes_writable(piece);
            test.client_reads();
            if done && test.connection.stream.buffered() == 0 {
                break;
            }
        }
        assert!(
            done && !test.client.is_handshaking(),
            "in pieces of {piece}"
        );
    }
}

#[test]
fn what_comes_with_the_end_of_the_handshake_is_there() {
    let mut test = Test::begin();
    test.client_writes();
    assert_eq!(test.connection.stream.shake_hands(), Handshake::Waits);
    test.client_reads();
    // The client's last message of the handshake and its first line are one write.
    test.client_says(b"alice\n");
    assert_eq!(test.connection.stream.shake_hands(), Handshake::Done);
    let mut buffer = [0; 64];
    assert_eq!(test.connection.fill(&mut buffer), Filled::Bytes(6));
    assert_eq!(&buffer[..6], b"alice\n");
}

/// Without a limit, a hello of 64 KiB that never ended was kept for as long as a handshake may take.
#[test]
fn a_hello_has_a_limit() {
    // The header of a message of any length, and of the records that it comes in.
    let hello = |length: usize| {
        let mut bytes = vec![1, 0, 0xfd, 0xe8, 3, 3];
        bytes.resize(length, 0);
        let records = bytes.chunks(1 << 14).flat_map(|piece| {
            let [high, low] = (piece.len() as u16).to_be_bytes();
            [&[0x16, 3, 1, high, low], piece].concat()
        });
        records.collect::<Vec<u8>>()
    };
    for (length, expected) in [
        (HANDSHAKE_BYTES_MAX - 6, Handshake::Waits),
        (HANDSHAKE_BYTES_MAX - 5, Handshake::Failed),
        (HANDSHAKE_BYTES_MAX + 100, Handshake::Failed),
        (60_000, Handshake::Failed),
    ] {
        let mut test = Test::begin();
        let hello = hello(length);
        test.pipe().to_server.extend(&hello);
        assert_eq!(test.connection.stream.shake_hands(), expected, "{length}");
        // The last read that rustls asks for may go over the limit.
        let read = hello.len() - test.pipe().to_server.len();
        assert!(read < HANDSHAKE_BYTES_MAX + 4096, "{length}: {read}");
        if expected == Handshake::Failed {
            test.connection.stream.give_up();
            assert!(test.connection.stream.tls.is_none(), "{length}: it is kept");
        }
    }
}

/// The whole input of a short client, its end included, can be one read.
#[test]
fn a_handshake_that_was_done_failed_when_the_end_came_with_it() {
    for (how, expected) in [
        ("close_notify", CloseReason::Finished),
        ("FIN", CloseReason::Finished),
        ("close_notify and FIN", CloseReason::Finished),
        ("nonsense", CloseReason::Reset),
        ("reset", CloseReason::Reset),
        ("nobody to write to", CloseReason::Finished),
    ] {
        let mut test = Test::begin();
        test.client_writes();
        assert_eq!(test.connection.stream.shake_hands(), Handshake::Waits);
        test.client_reads();
        test.client_says(b"alice\nhello\n");
        if how.starts_with("close_notify") {
            test.client.send_close_notify();
            test.client_writes();
        }
        match how {
            "close_notify" => {}
            "nonsense" => {
                test.pipe().to_server.extend(b"\x17\x03\x03\x00\x20");
                test.pipe().to_server.extend([7; 0x20]);
            }
            "reset" => test.pipe().end = Some(Err(ErrorKind::ConnectionReset)),
            "nobody to write to" => {
                test.pipe().is_broken = true;
                test.pipe().end = Some(Ok(()));
            }
            _ => test.pipe().end = Some(Ok(())),
        }
        let done = test.connection.stream.shake_hands();
        assert_eq!(done, Handshake::Done, "{how}");
        let mut buffer = [0; 64];
        let filled = test.connection.fill(&mut buffer);
        assert_eq!(filled, Filled::Bytes(12), "{how}");
        assert_eq!(&buffer[..12], b"alice\nhello\n");
        test.connection.note(true, false, true, false);
        let filled = test.connection.fill(&mut buffer);
        assert_eq!(filled, Filled::End(expected), "{how}");
    }
}

/// The socket is silent, and rustls holds most of the input, so no event will announce it.
#[test]
fn decrypted_bytes_that_did_not_fit_were_forgotten() {
    let mut test = Test::new();
    let said: Vec<u8> = (0..40_000_u32).map(|n| n as u8).collect();
    test.client_says(&said);
    let mut heard = Vec::new();
    let mut buffer = [0; 1000];
    while test.connection.readable {
        match test.connection.fill(&mut buffer) {
            Filled::Bytes(count) => heard.extend_from_slice(&buffer[..count]),
            other => assert_eq!(other, Filled::WouldBlock),
        }
    }
    assert_eq!(heard.len(), said.len());
    assert!(heard == said);
}

#[test]
fn the_end_comes_after_all_that_was_said_however_it_comes() {
    for (how, expected) in [
        ("close_notify and FIN", CloseReason::Finished),
        ("close_notify alone", CloseReason::Finished),
        ("FIN alone", CloseReason::Finished),
        ("reset", CloseReason::Reset),
        ("nonsense", CloseReason::Reset),
    ] {
        let mut test = Test::new();
        test.client_says(b"last words");
        if how.starts_with("close_notify") {
            test.client.send_close_notify();
            test.client_writes();
        }
        match how {
            "reset" => test.pipe().end = Some(Err(ErrorKind::ConnectionReset)),
            "nonsense" => test.pipe().to_server.extend(b"\x17\x03\x03\x00\x20"),
            "close_notify alone" => {}
            _ => test.pipe().end = Some(Ok(())),
        }
        if how == "nonsense" {
            test.pipe().to_server.extend([7; 0x20]);
        }
        let mut buffer = [0; 64];
        assert_eq!(
            test.connection.fill(&mut buffer),
            Filled::Bytes(10),
            "{how}"
        );
        assert_eq!(&buffer[..10], b"last words");
        // An end that the socket reports comes with an event; an end within TLS does not.
        if how != "close_notify alone" && how != "nonsense" {
            test.connection.note(true, false, true, false);
        }
        assert!(test.connection.readable, "{how}: the end is forgotten");
        assert_eq!(
            test.connection.fill(&mut buffer),
            Filled::End(expected),
            "{how}"
        );
    }
}

#[test]
fn who_breaks_the_encryption_is_told_by_an_alert() {
    let mut test = Test::new();
    test.pipe().to_server.extend(b"\x17\x03\x03\x00\x20");
    test.pipe().to_server.extend([7; 0x20]);
    test.connection.fill(&mut [0; 64]);
    let bytes = std::mem::take(&mut test.pipe().to_client);
    test.client.read_tls(&mut &bytes[..]).unwrap();
    let told = test.client.process_new_packets().unwrap_err();
    let expected = rustls::AlertDescription::BadRecordMac;
    assert_eq!(told, rustls::Error::AlertReceived(expected));
}

#[test]
fn a_new_key_in_the_middle_changes_nothing() {
    let mut test = Test::new();
    test.client_says(b"before");
    test.client.refresh_traffic_keys().unwrap();
    test.client_says(b", after");
    let mut buffer = [0; 64];
    assert_eq!(test.connection.fill(&mut buffer), Filled::Bytes(13));
    assert_eq!(&buffer[..13], b"before, after");
    test.send("answer", Delivery::Kept);
    test.becomes_writable(PLENTY);
    test.client_reads();
    assert_eq!(test.heard, b"answer");
}
