//! The cost of TLS: the encryption itself, and the work around it.
//!
//! One speaker, 200 recipients, a few lines a round, and the CPU time of the server's thread alone,
//! which other work on the machine does not add to. Three figures for a round:
//!
//! - **plain**: without TLS.
//! - **alone**: what rustls takes to encrypt the same records, one for each recipient, into memory
//!   that is there already; and to decrypt the speaker's.
//! - **TLS**: all of it.
//!
//! **factor** is TLS ÷ (plain + alone): what it costs against what nobody can save. 1 would be
//! perfect. The last line is what a handshake takes.
//!
//! ```text
//! cargo bench --bench encryption
//! cargo bench --bench encryption -- --quick      fewer rounds
//! ```

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread::JoinHandle;
use std::time::Duration;

use parloir::relay::Call;
use parloir::{
    Certificate, Endpoint, Error, Handle, Relay, RelayConfig, Server, ServerConfig, Tag,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConnection};

const RECIPIENTS: usize = 200;
/// For each case, the number of lines in a round and the bytes in each line.
const CASES: [(usize, usize); 4] = [(1, 100), (10, 100), (50, 100), (10, 4000)];

/// Number of rounds before the first that counts.
const WARM_UP: usize = 20;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let quick = std::env::args().any(|arg| arg == "--quick");
    let rounds = if quick { 100 } else { 1000 };
    println!("{RECIPIENTS} recipients; microseconds of the server's time for a round\n");
    println!(
        "{:<14}{:>9}{:>9}{:>9}{:>9}",
        "lines", "plain", "alone", "TLS", "factor"
    );
    for (lines, bytes) in CASES {
        let keys = Keys::make()?;
        let (plain, _) = measure(&keys, false, lines, bytes, rounds)?;
        let (tls, records) = measure(&keys, true, lines, bytes, rounds)?;
        let alone = alone(&keys, &records, lines * (bytes + 1), rounds)?;
        let factor = tls / (plain + alone);
        let case = format!("{lines} x {bytes} B");
        println!("{case:<14}{plain:>9.0}{alone:>9.0}{tls:>9.0}{factor:>9.2}");
    }
    let keys = Keys::make()?;
    println!(
        "\na handshake: {:.0} microseconds",
        handshake(&keys, rounds / 5)?
    );
    Ok(())
}

/// A certificate, and what each side needs of it.
struct Keys {
    pem: String,
    key: String,
    client: Arc<ClientConfig>,
    server: Arc<rustls::ServerConfig>,
}

impl Keys {
    fn make() -> Outcome<Self> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        let (pem, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        let der = CertificateDer::from_pem_slice(pem.as_bytes())?;
        let mut roots = RootCertStore::empty();
        roots.add(der.clone())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let server = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![der], PrivateKeyDer::from_pem_slice(key.as_bytes())?)?;
        let (client, server) = (Arc::new(client), Arc::new(server));
        Ok(Self {
            pem,
            key,
            client,
            server,
        })
    }

    fn client(&self) -> Outcome<ClientConnection> {
        let name = ServerName::try_from("localhost")?;
        Ok(ClientConnection::new(Arc::clone(&self.client), name)?)
    }
}

/// A client that only counts the bytes that it receives.
struct Listener {
    stream: TcpStream,
    tls: Option<ClientConnection>,
    /// Number of bytes left of the current record, and the beginning of a header that was cut.
    left: usize,
    header: Vec<u8>,
}

impl Listener {
    fn say(&mut self, bytes: &[u8]) -> Outcome<()> {
        let Some(session) = &mut self.tls else {
            return Ok(self.stream.write_all(bytes)?);
        };
        for piece in bytes.chunks(1 << 14) {
            session.writer().write_all(piece)?;
            while session.wants_write() {
                session.write_tls(&mut self.stream)?;
            }
        }
        Ok(())
    }

    /// Reads and counts plain bytes, and notes the sizes of their records.
    fn count(&mut self, buffer: &mut [u8], records: &mut Vec<usize>) -> Outcome<usize> {
        let mut total = 0;
        loop {
            let count = match self.stream.read(buffer) {
                Ok(0) => return Err("the server closed a connection".into()),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(total),
                Err(error) => return Err(error.into()),
            };
            if self.tls.is_none() {
                total += count;
                continue;
            }
            for byte in &buffer[..count] {
                if self.left > 0 {
                    self.left -= 1;
                    continue;
                }
                self.header.push(*byte);
                if let [_, _, _, high, low] = self.header[..] {
                    self.left = usize::from(u16::from_be_bytes([high, low]));
                    // Without the tag and the inner type (RFC 8446, 5.2).
                    records.push(self.left - 17);
                    total += self.left - 17;
                    self.header.clear();
                }
            }
        }
    }
}

/// A server on a thread of its own.
struct House {
    address: SocketAddr,
    handle: Handle<Call>,
    thread: JoinHandle<Result<(), Error>>,
    /// The file in which the system reports how long that thread has worked.
    schedstat: PathBuf,
}

impl House {
    fn open(keys: &Keys, tls: bool) -> Outcome<Self> {
        let config = RelayConfig {
            rate: 0,
            gather_above: usize::MAX,
            ..RelayConfig::default()
        };
        let mut server = Server::new(Relay::new(config)?, ServerConfig::default())?;
        if tls {
            let certificate = Certificate::from_pem(keys.pem.as_bytes(), keys.key.as_bytes())?;
            server.set_tls(certificate);
        }
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let Endpoint::Tcp(address) = server.listen(any, Tag::default())? else {
            return Err("not on TCP".into());
        };
        let handle = server.handle();
        let (sender, id) = channel();
        let thread = std::thread::spawn(move || {
            let _ = sender.send(std::fs::read_link("/proc/thread-self"));
            server.run()
        });
        let schedstat = Path::new("/proc").join(id.recv()??).join("schedstat");
        Ok(Self {
            address,
            handle,
            thread,
            schedstat,
        })
    }

    fn join(&self, keys: &Keys, tls: bool, name: &str) -> Outcome<Listener> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_nodelay(true)?;
        let mut session = if tls { Some(keys.client()?) } else { None };
        if let Some(session) = &mut session {
            while session.is_handshaking() {
                session.complete_io(&mut stream)?;
            }
        }
        stream.set_nonblocking(true)?;
        let mut client = Listener {
            stream,
            tls: session,
            left: 0,
            header: Vec::new(),
        };
        client.say(format!("{name}\n").as_bytes())?;
        Ok(client)
    }

    fn close(self) -> Outcome<()> {
        self.handle.stop()?;
        self.thread.join().map_err(|_| "the server panicked")??;
        Ok(())
    }
}

/// Number of microseconds that a thread has worked.
fn worked(schedstat: &Path) -> Outcome<f64> {
    let text = std::fs::read_to_string(schedstat)?;
    let nanoseconds: u64 = text.split(' ').next().unwrap_or_default().parse()?;
    Ok(nanoseconds as f64 / 1e3)
}

/// Microseconds of a round, and the sizes of the records in which it reached the recipients.
fn measure(
    keys: &Keys,
    tls: bool,
    lines: usize,
    bytes: usize,
    rounds: usize,
) -> Outcome<(f64, Vec<usize>)> {
    let house = House::open(keys, tls)?;
    let mut speaker = house.join(keys, tls, "s")?;
    let mut all = Vec::new();
    for n in 0..RECIPIENTS {
        all.push(house.join(keys, tls, &format!("r{n}"))?);
    }
    let (mut buffer, mut records) = (vec![0; 1 << 18], Vec::new());
    let said = format!("{}\n", "x".repeat(bytes)).repeat(lines);
    let expected = ("<s> ".len() * lines + said.len()) * RECIPIENTS;
    let mut before = 0.0;
    // Some rounds to warm up, until all clients have received the news of all arrivals.
    for n in 0..rounds + WARM_UP {
        if n == WARM_UP {
            before = worked(&house.schedstat)?;
        }
        records.clear();
        speaker.say(said.as_bytes())?;
        let mut heard = 0;
        while heard < expected {
            for client in &mut all {
                heard += client.count(&mut buffer, &mut records)?;
            }
        }
        if heard != expected && n > 0 {
            return Err(format!("{heard} bytes were heard of {expected}").into());
        }
        if n == 0 {
            std::thread::sleep(Duration::from_millis(500));
            for client in &mut all {
                client.count(&mut buffer, &mut records)?;
            }
        }
    }
    let spent = worked(&house.schedstat)? - before;
    house.close()?;
    Ok((spent / rounds as f64, records))
}

/// Both ends of a session, in memory.
fn pair(keys: &Keys) -> Outcome<(ClientConnection, ServerConnection)> {
    let mut client = keys.client()?;
    let mut server = ServerConnection::new(Arc::clone(&keys.server))?;
    let mut wire = Vec::new();
    while client.is_handshaking() || server.is_handshaking() {
        wire.clear();
        while client.wants_write() {
            client.write_tls(&mut wire)?;
        }
        server.read_tls(&mut &wire[..])?;
        server.process_new_packets()?;
        wire.clear();
        while server.wants_write() {
            server.write_tls(&mut wire)?;
        }
        client.read_tls(&mut &wire[..])?;
        client.process_new_packets()?;
    }
    Ok((client, server))
}

/// Microseconds that rustls alone takes for the same records.
fn alone(keys: &Keys, records: &[usize], spoken: usize, rounds: usize) -> Outcome<f64> {
    let mut sessions = Vec::new();
    for _ in 0..RECIPIENTS {
        sessions.push(pair(keys)?.1);
    }
    let (mut client, mut server) = pair(keys)?;
    let text = vec![b'x'; 1 << 16];
    let (mut wire, mut plain) = (Vec::new(), vec![0; 1 << 16]);
    let own = Path::new("/proc/thread-self/schedstat");
    let before = worked(own)?;
    for _ in 0..rounds {
        wire.clear();
        for piece in text[..spoken].chunks(1 << 14) {
            client.writer().write_all(piece)?;
            client.write_tls(&mut wire)?;
        }
        let mut rest = &wire[..];
        while !rest.is_empty() {
            server.read_tls(&mut rest)?;
            server.process_new_packets()?;
            let _ = server.reader().read(&mut plain);
        }
        for (n, record) in records.iter().enumerate() {
            let session = &mut sessions[n % RECIPIENTS];
            session.writer().write_all(&text[..*record])?;
            wire.clear();
            session.write_tls(&mut wire)?;
        }
    }
    Ok((worked(own)? - before) / rounds as f64)
}

fn handshake(keys: &Keys, rounds: usize) -> Outcome<f64> {
    let house = House::open(keys, true)?;
    let before = worked(&house.schedstat)?;
    for n in 0..rounds {
        house.join(keys, true, &format!("r{n}"))?;
    }
    let spent = worked(&house.schedstat)? - before;
    house.close()?;
    Ok(spent / rounds as f64)
}
