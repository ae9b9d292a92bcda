//! Certificates of the tests' own, and a client that speaks TLS.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use socket2::{Domain, Socket, Type};

use super::PATIENCE;

/// A certificate that vouches for itself, and its key, in two files.
pub struct Identity {
    pub certificate: PathBuf,
    pub key: PathBuf,
    trust: Arc<ClientConfig>,
}

impl Identity {
    /// Makes a new one, in files of this name.
    pub fn make(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a name");
        let write = |kind: &str, pem: String| {
            let path = folder.join(format!("{name}.{kind}.pem"));
            std::fs::write(&path, pem).expect("a place for files");
            path
        };
        let pem = made.cert.pem();
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).expect("it was just made");
        let mut roots = RootCertStore::empty();
        roots.add(der).expect("it was just made");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let trust = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has them")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            certificate: write("cert", pem),
            key: write("key", made.signing_key.serialize_pem()),
            trust: Arc::new(trust),
        }
    }

    /// The flags that make a server use it.
    pub fn flags(&self) -> [&str; 4] {
        [
            "--tls-cert",
            self.certificate.to_str().expect("a plain path"),
            "--tls-key",
            self.key.to_str().expect("a plain path"),
        ]
    }

    /// A client that trusts nobody else, before its first byte.
    pub fn client(&self) -> ClientConnection {
        let name = ServerName::try_from("localhost").expect("a name");
        ClientConnection::new(Arc::clone(&self.trust), name).expect("a configuration")
    }

    /// Connects and shakes hands.
    pub fn connect(&self, address: SocketAddr) -> TlsClient {
        let stream = TcpStream::connect(address).expect("it is listening");
        self.shake_hands(stream).expect("a handshake")
    }

    /// The same, with hardly any room for what is not read.
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

/// How an encrypted stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsEnd {
    /// With a close_notify.
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

    /// As much as is taken before the server ends it.
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

    /// Reads up to a line that is so, and gives it back.
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

    /// All that still comes, and how it ends.
    pub fn rest(&mut self) -> (String, TlsEnd) {
        let end = loop {
            if let Err(end) = self.fill() {
                break end;
            }
        };
        let rest = String::from_utf8(std::mem::take(&mut self.unread)).expect("whole characters");
        (rest, end)
    }

    /// Says that nothing more will come.
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
