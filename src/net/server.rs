//! The server: everything the loop owns, and the order of a turn. Only this file knows that order.

use std::io;
use std::net::SocketAddr;
#[cfg(all(feature = "tls", feature = "signals"))]
use std::path::PathBuf;
use std::time::Duration;

use mio::{Events, Interest, Poll, Token, Waker};

use super::address::canonical;
use super::clock::Clock;
use super::connections::Connections;
use super::listener::{ListenOptions, ListenerSettings, Listeners};
use super::outbox::Outbox;
use super::signals::Signals;
use super::tls::Acceptor;
#[cfg(feature = "tls")]
use super::tls::Certificate;
use super::transport::{Endpoint, HostStream, Listener, Transport};
use super::udp::UdpSockets;
use crate::config::ServerConfig;
use crate::error::Error;
use crate::handle::{Handle, Inbox, Stats};
use crate::protocol::{ConnId, Monotonic, Protocol, Tag, Time};

/// Number of events taken from the system at once, at most.
const EVENTS_MAX: usize = 1024;

/// Tokens of the event queue: connections count up from 0, listeners from `LISTENERS`, UDP sockets from
/// `DATAGRAMS`.
const WAKER: Token = Token(usize::MAX);
const SIGNALS: Token = Token(usize::MAX - 1);
const LISTENERS: usize = usize::MAX / 2;
const DATAGRAMS: usize = usize::MAX / 4 * 3;

/// A single-threaded server: a protocol, and the sockets it is served on.
///
/// Create one, [`listen`](Self::listen), then either [`run`](Self::run) it or call [`turn`](Self::turn)
/// from a loop of your own. A server touches no global state, and neither installs a signal handler nor
/// starts a thread unless asked to: [`stop_on_signals`](Self::stop_on_signals),
/// [`set_tls_from_files`](Self::set_tls_from_files).
pub struct Server<P: Protocol> {
    pub(super) protocol: P,
    pub(super) config: ServerConfig,
    pub(super) poll: Poll,
    events: Events,
    clock: Clock,
    pub(super) listeners: Listeners,
    pub(super) udp: UdpSockets,
    pub(super) connections: Connections,
    pub(super) outbox: Outbox,
    pub(super) tls: Acceptor,
    pub(super) signals: Signals,
    /// The buffer that every connection reads into, one after another.
    pub(super) buffer: Box<[u8]>,
    pub(super) stats: Stats,
    /// Time at which the server stops even if connections are left; None while it is not stopping.
    pub(super) stopping: Option<Monotonic>,
    handle: Handle<P::Call>,
    pub(super) inbox: Inbox<P::Call>,
}

/// The result of a turn: whether the server has more to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Call [`Server::turn`] again.
    Running,
    /// The server was stopped, and every connection is closed.
    Stopped,
}

impl<P: Protocol> Server<P> {
    /// A server that listens nowhere yet.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for a setting that cannot work, [`Error::Poll`] when the system gives no
    /// event queue.
    pub fn new(protocol: P, config: ServerConfig) -> Result<Self, Error> {
        let config = config.validate()?;
        let poll = Poll::new().map_err(Error::Poll)?;
        let waker = Waker::new(poll.registry(), WAKER).map_err(Error::Poll)?;
        let (handle, inbox) = Handle::new(waker);
        let clock = Clock::start();
        let mut protocol = protocol;
        protocol.attached(inbox.protocol_waker());
        protocol.started(clock.now());
        Ok(Self {
            protocol,
            poll,
            events: Events::with_capacity(EVENTS_MAX),
            clock,
            listeners: Listeners::new(),
            udp: UdpSockets::default(),
            connections: Connections::new(&config),
            outbox: Outbox::new(config.arena_bytes_max),
            tls: Acceptor::default(),
            signals: Signals::default(),
            buffer: vec![0; config.read_bytes_per_turn].into_boxed_slice(),
            stats: Stats::default(),
            stopping: None,
            handle,
            inbox,
            config,
        })
    }

    /// Listens on one more address. Connections that come in by it carry `tag`. Returns the address that
    /// is really used: with port 0, the port that was free; for `::ffff:192.0.2.1`, the IPv4 address.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`], with what the system said.
    pub fn listen(&mut self, endpoint: impl Into<Endpoint>, tag: Tag) -> Result<Endpoint, Error> {
        self.listen_with(endpoint, tag, ListenOptions::new())
    }

    /// Listens on one more address, with options for its connections.
    ///
    /// # Errors
    ///
    /// As for [`Self::listen`]; and [`Error::Certificate`] where TLS is required and there is no
    /// certificate yet.
    pub fn listen_with(
        &mut self,
        endpoint: impl Into<Endpoint>,
        tag: Tag,
        options: ListenOptions,
    ) -> Result<Endpoint, Error> {
        let endpoint = match endpoint.into() {
            Endpoint::Tcp(address) => Endpoint::Tcp(canonical(address)),
            other => other,
        };
        let settings = ListenerSettings { tag, options };
        if !settings.is_plain() && !self.tls.has_certificate() {
            let text = format!("{endpoint} cannot have TLS without a certificate");
            return Err(Error::Certificate(text));
        }
        let failed = |source| Error::Listen {
            address: endpoint.to_string(),
            source,
        };
        let unix_mode = settings.options.unix_mode;
        let mut listener = Listener::open(&endpoint, &self.config, unix_mode)?;
        let token = Token(LISTENERS + self.listeners.len());
        let registry = self.poll.registry();
        registry
            .register(listener.source(), token, Interest::READABLE)
            .map_err(failed)?;
        let bound = listener.endpoint().map_err(failed)?;
        self.listeners.add(listener, settings);
        Ok(bound)
    }

    /// Speaks TLS with this certificate, with every client that begins TLS, on every listener that does
    /// not [say otherwise](crate::ListenOptions::encryption). Called again, for a certificate that was
    /// renewed, it closes no connection: existing ones go on with the certificate that they began with.
    ///
    /// The protocol sees the decrypted bytes, and is told that the peer is
    /// [encrypted](crate::Peer::is_encrypted). Its output stays plain, and shared between its
    /// recipients, until their sockets are about to take it. A connection that idles holds some 8 KiB.
    ///
    /// ```no_run
    /// use parloir::{Certificate, Relay, RelayConfig, Server, ServerConfig};
    ///
    /// let relay = Relay::new(RelayConfig::default())?;
    /// let mut server = Server::new(relay, ServerConfig::default())?;
    /// server.set_tls(Certificate::from_files("cert.pem", "key.pem")?);
    /// # Ok::<(), parloir::Error>(())
    /// ```
    #[cfg(feature = "tls")]
    pub fn set_tls(&mut self, certificate: Certificate) {
        self.tls.set_certificate(certificate);
    }

    /// [`set_tls`](Self::set_tls) from two files, as [`Certificate::from_files`] reads them. They are
    /// read again whenever SIGHUP comes, on a separate thread. If they cannot be used then, the log says
    /// so, and the old certificate stays.
    ///
    /// # Errors
    ///
    /// [`Error::Certificate`] for files that cannot be used now, or without that thread;
    /// [`Error::Poll`] when a handler cannot be installed.
    #[cfg(all(feature = "tls", feature = "signals"))]
    pub fn set_tls_from_files(
        &mut self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Result<(), Error> {
        let (certificate, key) = (certificate.into(), key.into());
        self.set_tls(Certificate::from_files(&certificate, &key)?);
        let handle = self.handle();
        let send = move |new| handle.set_tls(new).map_err(|error| error.to_string());
        self.tls.start_reloader((certificate, key), send)?;
        let registry = self.poll.registry();
        self.signals
            .watch(signal_hook::consts::SIGHUP, registry, SIGNALS)
    }

    /// Receives datagrams at one more UDP address; they carry `tag`. `[::]` takes IPv4 as well. Returns
    /// the address that is really used: with port 0, the port that was free.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`], with what the system said.
    pub fn bind_datagram(&mut self, address: SocketAddr, tag: Tag) -> Result<SocketAddr, Error> {
        let token = Token(DATAGRAMS + self.udp.len());
        let bound = self
            .udp
            .bind(canonical(address), tag, self.poll.registry(), token);
        bound.map_err(|source| Error::Listen {
            address: format!("{address}/udp"),
            source,
        })
    }

    /// Takes over a stream that is connected already, as if it had been accepted. The connection does
    /// not count against the limits on connections.
    ///
    /// # Errors
    ///
    /// [`Error::Adopt`] when the system does not take the stream into the event queue.
    pub fn adopt(&mut self, stream: impl Into<HostStream>, tag: Tag) -> Result<ConnId, Error> {
        let stream = Transport::adopt(stream.into()).map_err(Error::Adopt)?;
        let now = self.clock.now();
        self.open(stream, tag, now).map_err(Error::Adopt)
    }

    /// A handle that reaches this server from other threads.
    pub fn handle(&self) -> Handle<P::Call> {
        self.handle.clone()
    }

    /// The protocol that runs here.
    pub fn protocol(&self) -> &P {
        &self.protocol
    }

    /// Stops in good order on SIGTERM or SIGINT, and at once on a second one; and on SIGHUP, if that
    /// is the end of the terminal that the process was started from.
    ///
    /// Any other SIGHUP asks for the [TLS files](Self::set_tls_from_files) to be read again. Where there
    /// are none, and for SIGUSR1 and SIGUSR2, which end a process that does not expect them, the log has
    /// a line.
    ///
    /// # Errors
    ///
    /// [`Error::Poll`] when a handler cannot be installed.
    #[cfg(feature = "signals")]
    pub fn stop_on_signals(&mut self) -> Result<(), Error> {
        self.signals.stop(self.poll.registry(), SIGNALS)
    }

    /// Runs until the server is stopped and every connection is closed.
    ///
    /// # Errors
    ///
    /// [`Error::Poll`] when the system's event queue fails.
    pub fn run(&mut self) -> Result<(), Error> {
        while self.turn(None)? == Status::Running {}
        Ok(())
    }

    /// Runs one turn of the loop: waits for something to do, for at most `timeout` (`None`: without a
    /// limit), does it, and returns.
    ///
    /// # Errors
    ///
    /// [`Error::Poll`] when the system's event queue fails.
    pub fn turn(&mut self, timeout: Option<Duration>) -> Result<Status, Error> {
        self.poll(timeout)?;
        let now = self.clock.now();
        self.note_readiness();
        self.take_certificates();
        self.expire(now);
        self.take_wake(now);
        self.accept(now);
        self.receive_datagrams(now);
        self.read_ready(now);
        self.take_calls(now);
        self.take_signals(now);
        self.flush_and_reap(now);
        self.protocol.turn_ended();
        self.publish();
        Ok(self.status(now))
    }

    /// The time that a turn may wait, for programs with a loop of their own: zero when there is
    /// something to do at once, `None` when only an event can give the server something to do.
    pub fn next_timeout(&self) -> Option<Duration> {
        // A full batch may have left events with the system, and another loop that waits for edges has
        // already had the edge for them.
        let was_full = self.events.iter().count() >= self.events.capacity();
        let is_ready =
            self.connections.has_ready() || self.listeners.can_accept() || self.udp.can_receive();
        let is_pending = !self.outbox.is_clean() || self.outbox.has_resumed();
        if was_full || is_ready || is_pending {
            return Some(Duration::ZERO);
        }
        let deadlines = [
            self.connections.deadline(),
            self.protocol.deadline(),
            self.listeners.retry_at(),
            self.udp.retry_at(),
            self.stopping,
        ];
        let next = deadlines.into_iter().flatten().min()?;
        // Rounded up to the milliseconds that the system can wait; otherwise the last one would be spent
        // spinning.
        let wait = next.since(self.clock.now());
        Some(Duration::from_millis(
            wait.as_micros().div_ceil(1000).try_into().unwrap_or(60_000),
        ))
    }

    fn poll(&mut self, timeout: Option<Duration>) -> Result<(), Error> {
        let timeout = match (timeout, self.next_timeout()) {
            (Some(asked), Some(needed)) => Some(asked.min(needed)),
            (asked, needed) => asked.or(needed),
        };
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                self.events.clear();
                Ok(())
            }
            result => result.map_err(Error::Poll),
        }
    }

    fn note_readiness(&mut self) {
        for event in &self.events {
            match event.token() {
                // Calls are looked for in every turn.
                WAKER => {}
                SIGNALS => self.signals.note_ready(),
                Token(token) if token >= DATAGRAMS => self.udp.note_ready(token - DATAGRAMS),
                Token(token) if token >= LISTENERS => {
                    self.listeners.note_ready(token - LISTENERS);
                }
                Token(index) => {
                    if self.connections.note(index, event) {
                        self.outbox.touch(index);
                    }
                }
            }
        }
    }

    /// Handles everything whose time has come: timers of connections, and the protocol's deadline.
    fn expire(&mut self, now: Time) {
        self.expire_connections(now);
        if self.protocol.deadline().is_some_and(|at| at <= now) {
            self.protocol.expired(now, &mut self.outbox);
            self.flush_if_full(now);
        }
    }

    /// Stops the server: lets the protocol say goodbye, and closes everything. A second request leaves
    /// no time for that.
    pub(super) fn stop(&mut self, now: Time) {
        if self.stopping.is_some() {
            self.stopping = Some(now.monotonic());
            return;
        }
        log::info!("stopping: {} connections", self.connections.len());
        self.stopping = Some(now + self.config.stop_grace);
        self.listeners.close_all();
        self.udp.stop_receiving();
        self.protocol.stopping(now, &mut self.outbox);
        self.close_all();
    }

    fn status(&mut self, now: Time) -> Status {
        match self.stopping {
            None => Status::Running,
            Some(at) if now < at && !self.connections.is_empty() => Status::Running,
            Some(_) => {
                self.drop_all(now);
                Status::Stopped
            }
        }
    }

    pub(super) fn publish(&mut self) {
        self.stats.turns += 1;
        self.stats.connections = self.connections.len() as u64;
        self.stats.queued_bytes = self.connections.queued_bytes();
        self.inbox.publish(self.stats);
    }
}

#[cfg(unix)]
impl<P: Protocol> std::os::fd::AsRawFd for Server<P> {
    /// The event queue's descriptor: readable when a turn has something to do, for waiting on it
    /// in another loop together with [`next_timeout`](Server::next_timeout).
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        self.poll.as_raw_fd()
    }
}

impl<P: Protocol> std::fmt::Debug for Server<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("config", &self.config)
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, unix))]
mod tests;
