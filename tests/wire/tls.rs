//! Certificates for the tests, and a client that speaks TLS.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rcgen::{Certificate, CertificateParams, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
};
use socket2::{Domain, Socket, Type};

use super::PATIENCE;

/// A self-signed certificate and its key, in two files.
pub struct Identity {
    pub certificate: PathBuf,
    pub key: PathBuf,
    trust: Arc<ClientConfig>,
}

impl Identity {
    /// Makes a new certificate, in files of this name.
    pub fn make(name: &str) -> Self {
        Self::make_for(name, "localhost", |_| {})
    }

    /// The same, for any host, and with changes to the certificate's parameters.
    pub fn make_for(name: &str, host: &str, say: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = CertificateParams::new([host.to_owned()]).expect("a name");
        say(&mut params);
        let key = KeyPair::generate().expect("a key");
        let made = params.self_signed(&key).expect("a certificate");
        Self::write(name, &made, &key)
    }

    /// A certificate that an authority has signed.
    pub fn signed_by(name: &str, authority: &Issuer<'_, KeyPair>) -> Self {
        let params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        let key = KeyPair::generate().expect("a key");
        let made = params.signed_by(&key, authority).expect("a certificate");
        Self::write(name, &made, &key)
    }

    /// A certificate made by `openssl req -x509` with the command in the README, and a key of this
    /// kind.
    pub fn by_openssl(openssl: &Path, name: &str, kind: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let path = |what: &str| folder.join(format!("{name}.{what}.pem"));
        let (certificate, key) = (path("cert"), path("key"));
        let mut command = Command::new(openssl);
        command.args(["req", "-x509", "-newkey", kind, "-nodes", "-days", "2"]);
        if kind == "ec" {
            command.args(["-pkeyopt", "ec_paramgen_curve:P-256"]);
        }
        command.args(["-subj", "/CN=localhost"]);
        command.args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]);
        command
            .arg("-out")
            .arg(&certificate)
            .arg("-keyout")
            .arg(&key);
        let made = command.output().expect("openssl starts");
        assert!(made.status.success(), "{made:?}");
        let pem = std::fs::read(&certificate).expect("it was made");
        let trust = trust(&pem);
        Self {
            certificate,
            key,
            trust,
        }
    }

    fn write(name: &str, made: &Certificate, key: &KeyPair) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let write = |kind: &str, pem: String| {
            let path = folder.join(format!("{name}.{kind}.pem"));
            std::fs::write(&path, pem).expect("a place for files");
            path
        };
        let pem = made.pem();
        Self {
            trust: trust(pem.as_bytes()),
            certificate: write("cert", pem),
            key: write("key", key.serialize_pem()),
        }
    }

    /// The flags that make a server use the certificate.
    pub fn flags(&self) -> [&str; 4] {
        [
            "--tls-cert",
            self.certificate.to_str().expect("a plain path"),
            "--tls-key",
            self.key.to_str().expect("a plain path"),
        ]
    }

    /// A client that trusts this certificate only, before its first byte.
    pub fn client(&self) -> ClientConnection {
        let name = ServerName::try_from("localhost").expect("a name");
        ClientConnection::new(Arc::clone(&self.trust), name).expect("a configuration")
    }

    /// The same, with this version of TLS.
    pub fn client_of(
        &self,
        version: &'static rustls::SupportedProtocolVersion,
    ) -> ClientConnection {
        let pem = std::fs::read(&self.certificate).expect("it was written");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .expect("ring has it")
            .with_root_certificates(roots(&pem))
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").expect("a name");
        ClientConnection::new(Arc::new(config), name).expect("a configuration")
    }

    /// The server's side, on an accepted stream. It is rustls itself, not the code under test.
    pub fn serve(&self, stream: TcpStream) -> StreamOwned<ServerConnection, TcpStream> {
        let chain = CertificateDer::pem_file_iter(&self.certificate).expect("it was written");
        let chain = chain.collect::<Result<_, _>>().expect("it is PEM");
        let key = PrivateKeyDer::from_pem_file(&self.key).expect("it is PEM");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has them")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("they belong together");
        // The server's first bytes may be in the segment with the end of its part of the handshake.
        config.send_half_rtt_data = true;
        // Tickets would follow even after an early close_notify: a peer that is gone by then
        // answers with a reset, and its own last bytes are lost.
        config.send_tls13_tickets = 0;
        stream.set_read_timeout(Some(PATIENCE)).expect("a deadline");
        stream
            .set_write_timeout(Some(PATIENCE))
            .expect("a deadline");
        let connection = ServerConnection::new(Arc::new(config)).expect("a configuration");
        StreamOwned::new(connection, stream)
    }

    /// Connects and shakes hands.
    pub fn connect(&self, address: SocketAddr) -> TlsClient {
        let stream = TcpStream::connect(address).expect("it is listening");
        self.shake_hands(stream).expect("a handshake")
    }

    /// The same, with hardly any room for bytes that are not read.
    pub fn connect_narrow(&self, address: SocketAddr) -> TlsClient {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a receive buffer");
        socket.set_tcp_mss(536).expect("a segment size");
        socket.connect(&address.into()).expect("it is listening");
        self.shake_hands(socket.into()).expect("a handshake")
    }

    pub fn join(&self, address: SocketAddr, name: &str) -> TlsClient {
        self.connect(address).named(name)
    }

    /// TLS on a stream that is connected already.
    pub fn shake_hands(&self, stream: TcpStream) -> std::io::Result<TlsClient> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut stream = StreamOwned::new(self.client(), stream);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(TlsClient {
            stream,
            unread: Vec::new(),
        })
    }
}

fn roots(pem: &[u8]) -> RootCertStore {
    let der = CertificateDer::from_pem_slice(pem).expect("it was just made");
    let mut roots = RootCertStore::empty();
    roots.add(der).expect("it was just made");
    roots
}

/// The configuration of a client that trusts this certificate only.
fn trust(pem: &[u8]) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has them")
        .with_root_certificates(roots(pem))
        .with_no_client_auth();
    Arc::new(config)
}

/// The way in which an encrypted stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsEnd {
    /// The stream ended with a close_notify.
    Notified,
    /// The TCP stream ended first.
    Cut,
    Reset,
}

pub struct TlsClient {
    pub stream: StreamOwned<ClientConnection, TcpStream>,
    unread: Vec<u8>,
}

impl TlsClient {
    pub fn named(mut self, name: &str) -> Self {
        self.send(format!("{name}\n"));
        self.wait_for(|line| line.starts_with(&format!("* You are {name}")));
        self
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).expect("a write");
        self.stream.flush().expect("a write");
    }

    /// Sends as many of the bytes as are taken before the server ends the connection.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.stream.write_all(bytes.as_ref())?;
        self.stream.flush()
    }

    fn fill(&mut self) -> Result<(), TlsEnd> {
        let mut buffer = [0; 16 << 10];
        match self.stream.read(&mut buffer) {
            Ok(0) => Err(TlsEnd::Notified),
            Ok(count) => {
                self.unread.extend_from_slice(&buffer[..count]);
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(TlsEnd::Cut),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Err(TlsEnd::Reset),
            Err(error) => panic!("nothing to read for {PATIENCE:?} ({error})"),
        }
    }

    /// The next line, without its end.
    pub fn line(&mut self) -> String {
        let mut looked_at = 0;
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.unread[looked_at..]) {
                let line: Vec<u8> = self.unread.drain(..=looked_at + at).collect();
                let line = String::from_utf8(line).expect("whole characters");
                return line.trim_end_matches('\n').to_owned();
            }
            looked_at = self.unread.len();
            if let Err(end) = self.fill() {
                panic!("{end:?} in place of a line; unread: {:?}", self.unread);
            }
        }
    }

    #[track_caller]
    pub fn expect(&mut self, line: &str) {
        assert_eq!(self.line(), line);
    }

    /// Reads up to a line for which `is_it` is true. Returns the line.
    pub fn wait_for(&mut self, is_it: impl Fn(&str) -> bool) -> String {
        loop {
            let line = self.line();
            if is_it(&line) {
                return line;
            }
        }
    }

    pub fn wait_for_line(&mut self, line: &str) {
        self.wait_for(|other| other == line);
    }

    /// Reads all that still comes. Returns it, and the way in which the stream ends.
    pub fn rest(&mut self) -> (String, TlsEnd) {
        let end = loop {
            if let Err(end) = self.fill() {
                break end;
            }
        };
        let rest = String::from_utf8(std::mem::take(&mut self.unread)).expect("whole characters");
        (rest, end)
    }

    /// Sends a close_notify: no more bytes will follow.
    pub fn end_output(&mut self) {
        self.stream.conn.send_close_notify();
        self.stream.flush().expect("a write");
    }

    /// Ends the TCP connection with a reset.
    pub fn reset(self) {
        let socket = Socket::from(self.stream.sock);
        socket
            .set_linger(Some(std::time::Duration::ZERO))
            .expect("an option");
    }
}
