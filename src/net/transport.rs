//! The streams that connections run on, and the listeners they come from: TCP and Unix sockets.

use std::fmt;
use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream as StdTcpStream};
#[cfg(unix)]
use std::os::unix::net::UnixStream as StdUnixStream;
#[cfg(not(unix))]
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use mio::event::Source;
use mio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use mio::net::{UnixListener, UnixStream};
use mio::{Interest, Registry, Token};
use socket2::{Domain, SockRef, Socket, TcpKeepalive, Type};

#[cfg(unix)]
use super::socket_file::{self, SocketFile};
use super::stream::Stream;
use crate::config::ServerConfig;
use crate::error::Error;
use crate::protocol::Address;

/// Number of connections that the system may hold for the server between two turns. Linux cuts it to
/// `net.core.somaxconn`, which is as large by default.
const BACKLOG: i32 = 4096;

/// Number of the system's probes that a peer may leave unanswered. With the interval between them, an
/// eighth of `keepalive` and a second, a machine that has vanished is given up after half as long again as
/// `keepalive`: some three minutes by default.
const KEEPALIVE_PROBES: u32 = 4;

/// The place to listen at: `"127.0.0.1:4242".parse()` for TCP, [`Endpoint::Unix`] for a path.
///
/// # Examples
///
/// ```
/// use std::net::SocketAddr;
///
/// use parloir::Endpoint;
///
/// let tcp: Endpoint = "[::1]:4242".parse()?;
/// assert_eq!(tcp, "[::1]:4242".parse::<SocketAddr>()?.into());
/// let path: Endpoint = "unix:chat.sock".parse()?;
/// assert_eq!(path, Endpoint::Unix("chat.sock".into()));
/// assert_eq!(path.to_string(), "unix:chat.sock");
/// // A host name may stand for several addresses, so it is no endpoint.
/// assert!("localhost:4242".parse::<Endpoint>().is_err());
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A TCP address. Port 0 takes a free port. `[::]` takes IPv4 as well.
    Tcp(SocketAddr),
    /// The path of a Unix socket. A stale socket file there is replaced, a live one is an error,
    /// and the file is removed when the server stops, if it is still the same.
    Unix(PathBuf),
}

impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}

impl std::str::FromStr for Endpoint {
    type Err = std::net::AddrParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("unix:") {
            Some(path) => Ok(Self::Unix(path.into())),
            None => text.parse().map(Self::Tcp),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// An open listener.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(SocketFile, UnixListener),
}

impl Listener {
    pub(crate) fn open(
        endpoint: &Endpoint,
        config: &ServerConfig,
        unix_mode: Option<u32>,
    ) -> Result<Self, Error> {
        let opened = match endpoint {
            Endpoint::Tcp(address) => listen_tcp(*address, config).map(Self::Tcp),
            #[cfg(unix)]
            Endpoint::Unix(path) => socket_file::listen(path, unix_mode, BACKLOG)
                .map(|(file, listener)| Self::Unix(file, UnixListener::from_std(listener))),
            #[cfg(not(unix))]
            Endpoint::Unix(path) => listen_unix(path, unix_mode),
        };
        opened.map_err(|source| Error::Listen {
            address: endpoint.to_string(),
            source,
        })
    }

    pub(crate) fn endpoint(&self) -> io::Result<Endpoint> {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(Endpoint::Tcp),
            #[cfg(unix)]
            Self::Unix(file, _) => Ok(Endpoint::Unix(file.path().to_owned())),
        }
    }

    pub(crate) fn accept(&self) -> io::Result<(Transport, Address)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, mut address) = listener.accept()?;
                // A listener at `[::]` sees IPv4 as `::ffff:192.0.2.1`, which nobody else calls it.
                address.set_ip(address.ip().to_canonical());
                inherit_options(&stream);
                Ok((Transport::Tcp(stream), Address::Ip(address)))
            }
            #[cfg(unix)]
            Self::Unix(_, listener) => {
                let (stream, _) = listener.accept()?;
                Ok((Transport::Unix(stream), Address::Unix))
            }
        }
    }

    pub(crate) fn source(&mut self) -> &mut dyn Source {
        match self {
            Self::Tcp(listener) => listener,
            #[cfg(unix)]
            Self::Unix(_, listener) => listener,
        }
    }
}

/// Opens a TCP listener. Options are set once, on the listener: Linux hands them down to every socket it
/// accepts, which saves five system calls per connection.
fn listen_tcp(address: SocketAddr, config: &ServerConfig) -> io::Result<TcpListener> {
    let keepalive = config.keepalive;
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    // Connections of an earlier run that the system still remembers (TIME-WAIT) do not keep the port.
    socket.set_reuse_address(true)?;
    // Lines are small and written once a turn: Nagle's algorithm would hold them back for 40 ms.
    socket.set_tcp_nodelay(true)?;
    if !keepalive.is_zero() {
        let interval = keepalive / 8 + Duration::from_secs(1);
        let probes = TcpKeepalive::new()
            .with_time(keepalive)
            .with_interval(interval)
            .with_retries(KEEPALIVE_PROBES);
        socket.set_tcp_keepalive(&probes)?;
        // While bytes are under way the system does not probe, and would send them again for a quarter
        // of an hour. A peer that reads nothing is closed by the server itself, after `stall`.
        #[cfg(target_os = "linux")]
        socket.set_tcp_user_timeout(Some(
            config.stall.max(keepalive + KEEPALIVE_PROBES * interval),
        ))?;
    }
    if address.is_ipv6() {
        // Said for both cases, because the default differs from system to system.
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}

#[cfg(target_os = "linux")]
fn inherit_options(_: &TcpStream) {}

#[cfg(not(target_os = "linux"))]
fn inherit_options(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
}

#[cfg(not(unix))]
fn listen_unix(_: &Path, _: Option<u32>) -> io::Result<Listener> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "this system has no Unix sockets",
    ))
}

/// A connected stream, for [`Server::adopt`](crate::Server::adopt). It becomes non-blocking, and
/// with it every other handle of the same socket.
///
/// # Examples
///
/// ```
/// use std::net::{TcpListener, TcpStream};
/// use std::time::Duration;
///
/// use parloir::{Relay, RelayConfig, Server, ServerConfig, Tag};
///
/// let mut server = Server::new(Relay::new(RelayConfig::default())?, ServerConfig::default())?;
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let _client = TcpStream::connect(listener.local_addr()?)?;
/// let (stream, _) = listener.accept()?;
/// server.adopt(stream, Tag::default())?;
///
/// server.turn(Some(Duration::ZERO))?;
/// assert_eq!(server.handle().stats().connections, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub enum HostStream {
    /// TCP.
    Tcp(StdTcpStream),
    /// A Unix socket, such as one end of a [`UnixStream::pair`](StdUnixStream::pair).
    #[cfg(unix)]
    Unix(StdUnixStream),
}

impl From<StdTcpStream> for HostStream {
    fn from(stream: StdTcpStream) -> Self {
        Self::Tcp(stream)
    }
}

#[cfg(unix)]
impl From<StdUnixStream> for HostStream {
    fn from(stream: StdUnixStream) -> Self {
        Self::Unix(stream)
    }
}

/// The stream of a connection.
#[derive(Debug)]
pub(crate) enum Transport {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Transport {
    pub(crate) fn adopt(stream: HostStream) -> io::Result<Self> {
        match stream {
            HostStream::Tcp(stream) => {
                stream.set_nonblocking(true)?;
                SockRef::from(&stream).set_tcp_nodelay(true)?;
                Ok(Self::Tcp(TcpStream::from_std(stream)))
            }
            #[cfg(unix)]
            HostStream::Unix(stream) => {
                stream.set_nonblocking(true)?;
                Ok(Self::Unix(UnixStream::from_std(stream)))
            }
        }
    }
}

impl Read for Transport {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            #[cfg(unix)]
            Self::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Transport {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            #[cfg(unix)]
            Self::Unix(stream) => stream.write(bytes),
        }
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write_vectored(slices),
            #[cfg(unix)]
            Self::Unix(stream) => stream.write_vectored(slices),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        // A socket holds nothing back: what it has taken is the system's.
        Ok(())
    }
}

impl Stream for Transport {
    fn shutdown_write(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Write),
            #[cfg(unix)]
            Self::Unix(stream) => stream.shutdown(Shutdown::Write),
        }
    }

    /// Sends one urgent byte (RFC 9293, 3.8.5), which is no part of the data that a peer reads. TCP's
    /// own probes do not suffice: a system answers them for a minute in the name of a program that has
    /// closed its socket. If something on the way makes it an ordinary byte, it is an empty line.
    fn probe(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => SockRef::from(&*stream).send_out_of_band(b"\n").map(drop),
            // For a Unix socket, the system reports at once when the peer has gone.
            #[cfg(unix)]
            Self::Unix(_) => Ok(()),
        }
    }
}

impl Transport {
    fn source(&mut self) -> &mut dyn Source {
        match self {
            Self::Tcp(stream) => stream,
            #[cfg(unix)]
            Self::Unix(stream) => stream,
        }
    }

    /// Registers the stream, once in its life: for both directions, edge-triggered.
    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        registry.register(self.source(), token, interest)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
