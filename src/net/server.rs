//! The server: everything the loop owns, and the order of a turn. Only this file knows that order.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mio::{Events, Poll, Token, Waker};
use slab::Slab;

use super::address::{AddressKey, canonical};
use super::clock::Clock;
use super::connection::Connection;
use super::listener::{ListenerSocket, spare_descriptor};
use super::maybe_tls::MaybeTls;
use super::outbox::Outbox;
use super::signals::{Request, Signals};
use super::stream::Stream;
use super::timers::Timers;
use super::tls::Acceptor;
use super::transport::{HostStream, Transport};
use super::udp::DatagramSocket;
use crate::config::ServerConfig;
use crate::error::Error;
use crate::handle::{CALLS_MAX, Counters, Handle, Inbox, Shared, Stats};
use crate::protocol::{Chunk, ConnId, Moment, Protocol, Tag, Time};
use crate::table::{places, table};

/// Events taken from the system at once.
const EVENTS_MAX: usize = 1024;

/// Tokens: connections from 0 up, the rest from the top down.
const WAKER: Token = Token(usize::MAX);
pub(super) const SIGNALS: Token = Token(usize::MAX - 1);
pub(super) const LISTENERS: usize = usize::MAX / 2;
const DATAGRAMS: usize = usize::MAX / 4 * 3;

/// A single-threaded server: a protocol, and the sockets it is served on.
///
/// Make one, [`listen`](Self::listen), then either [`run`](Self::run) it or call
/// [`turn`](Self::turn) from a loop of your own. It touches no global state, and neither installs a
/// signal handler nor starts a thread unless asked to: [`stop_on_signals`](Self::stop_on_signals),
/// [`set_tls_from_files`](Self::set_tls_from_files).
pub struct Server<P: Protocol> {
    pub(super) protocol: P,
    pub(super) config: ServerConfig,
    pub(super) poll: Poll,
    pub(super) listeners: Vec<ListenerSocket>,
    pub(super) datagrams: Vec<DatagramSocket>,
    pub(super) connections: Slab<Connection<MaybeTls<Transport>>>,
    pub(super) outbox: Outbox,
    pub(super) timers: Timers,
    /// Connections with input to go on with; each once, marked by [`Connection::listed`].
    pub(super) ready: Vec<u32>,
    /// Those of this turn, while they are served.
    pub(super) serving: Vec<u32>,
    /// Connections that may have reached the end of a phase.
    pub(super) ending: Vec<u32>,
    /// How many places for connections hold memory, at most.
    pub(super) places: usize,
    /// There were many more connections than there are.
    pub(super) was_crowded: bool,
    /// Given to connections, one after another, so that none has the id of an earlier one.
    pub(super) generation: u32,
    /// Connections per address that counts.
    pub(super) per_address: HashMap<AddressKey, u32>,
    pub(super) refused_lingering: usize,
    /// Connections from [`Self::adopt`], which take no guest's place.
    pub(super) adopted: usize,
    /// Held back so that one more can be accepted, and told, when descriptors run out.
    pub(super) spare: Option<File>,
    /// What every connection reads into, one after another.
    pub(super) buffer: Box<[u8]>,
    pub(super) stats: Stats,
    pub(super) stopping: Option<Moment>,
    /// Room for the ranges of one connection while it is flushed.
    pub(super) ranges: Vec<Chunk>,
    events: Events,
    clock: Clock,
    inbox: Inbox<P::Call>,
    handle: Handle<P::Call>,
    shared: Arc<Shared>,
    pub(super) signals: Signals,
    pub(super) tls: Acceptor,
}

/// Whether a server has more to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Call [`Server::turn`] again.
    Running,
    /// It was stopped, and every connection is closed.
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
        let counters = Counters::default();
        let shared = Arc::new(Shared { waker, counters });
        let (handle, inbox) = Handle::new(Arc::clone(&shared));
        let clock = Clock::start();
        let mut protocol = protocol;
        protocol.started(clock.now());
        Ok(Self {
            protocol,
            poll,
            listeners: Vec::new(),
            datagrams: Vec::new(),
            connections: places(),
            places: 0,
            outbox: Outbox::new(config.arena_bytes_max),
            timers: Timers::default(),
            ready: table(),
            serving: table(),
            ending: table(),
            was_crowded: false,
            generation: 0,
            per_address: HashMap::new(),
            refused_lingering: 0,
            adopted: 0,
            spare: spare_descriptor(),
            buffer: vec![0; config.read_bytes_per_turn].into_boxed_slice(),
            stats: Stats::default(),
            stopping: None,
            ranges: Vec::new(),
            events: Events::with_capacity(EVENTS_MAX),
            clock,
            inbox,
            handle,
            shared,
            signals: Signals::default(),
            tls: Acceptor::default(),
            config,
        })
    }

    /// Receives datagrams at one more UDP address; they carry `tag`. `[::]` takes IPv4 as well.
    /// Gives back the address as it really is: with port 0, the one that was free.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`], with what the system said.
    pub fn bind_datagram(&mut self, address: SocketAddr, tag: Tag) -> Result<SocketAddr, Error> {
        let token = Token(DATAGRAMS + self.datagrams.len());
        let opened = DatagramSocket::open(canonical(address), tag, self.poll.registry(), token);
        let (socket, bound) = opened.map_err(|source| Error::Listen {
            address: format!("{address}/udp"),
            source,
        })?;
        self.datagrams.push(socket);
        Ok(bound)
    }

    /// Takes over a stream that is connected already, as if it had been accepted. It does not count
    /// against the limits on connections.
    ///
    /// # Errors
    ///
    /// [`Error::Adopt`] when the system will not have it in the event queue.
    pub fn adopt(&mut self, stream: impl Into<HostStream>, tag: Tag) -> Result<ConnId, Error> {
        let stream = Transport::adopt(stream.into()).map_err(Error::Adopt)?;
        let now = self.clock.now();
        self.open(stream, tag, now).map_err(Error::Adopt)
    }

    /// Reaches this server from other threads.
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
    /// Another SIGHUP is for whoever [has something to read again](Self::set_tls_from_files); where
    /// there is nothing, and for SIGUSR1 and SIGUSR2, which end a process that does not expect them,
    /// the log has a line.
    ///
    /// # Errors
    ///
    /// [`Error::Poll`] when a handler cannot be installed.
    #[cfg(feature = "signals")]
    pub fn stop_on_signals(&mut self) -> Result<(), Error> {
        self.signals.stop(self.poll.registry(), SIGNALS)
    }

    /// Runs until it is stopped and every connection is closed.
    ///
    /// # Errors
    ///
    /// [`Error::Poll`] when the system's event queue fails.
    pub fn run(&mut self) -> Result<(), Error> {
        while self.turn(None)? == Status::Running {}
        Ok(())
    }

    /// One turn of the loop: waits for something to do, for `timeout` at most (`None`: as long as
    /// it takes), does it, and returns.
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
        self.accept(now);
        self.receive_datagrams(now);
        self.serve_ready(now);
        self.take_calls(now);
        self.take_signals(now);
        self.flush_and_reap(now);
        self.publish();
        Ok(self.status(now))
    }

    /// How long a turn may wait, for a loop of one's own: zero when there is something to do at
    /// once, `None` when only an event can make some.
    pub fn next_timeout(&self) -> Option<Duration> {
        // Another loop that waits for edges has had the one for what did not fit into a full batch.
        let was_full = self.events.iter().count() >= self.events.capacity();
        let is_ready = !self.ready.is_empty() || self.can_accept() || self.can_receive();
        if was_full || is_ready || !self.outbox.is_clean() {
            return Some(Duration::ZERO);
        }
        let deadlines = [
            self.timers.next(),
            self.protocol.deadline(),
            self.accept_again_at(),
            self.receive_again_at(),
            self.stopping,
        ];
        let next = deadlines.into_iter().flatten().min()?;
        // Rounded up to what the system can wait, or the last millisecond would be spent spinning.
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
                Token(token) if token >= DATAGRAMS => {
                    if let Some(socket) = self.datagrams.get_mut(token - DATAGRAMS) {
                        socket.is_ready = true;
                    }
                }
                Token(token) if token >= LISTENERS => {
                    if let Some(listener) = self.listeners.get_mut(token - LISTENERS) {
                        listener.is_ready = true;
                    }
                }
                Token(index) => {
                    let Some(connection) = self.connections.get_mut(index) else {
                        continue;
                    };
                    let failed = event.is_error() || event.is_write_closed();
                    connection.note(
                        event.is_readable(),
                        event.is_writable(),
                        event.is_read_closed(),
                        failed,
                    );
                    if connection.can_drain() {
                        self.outbox.touch(index);
                    }
                    if failed {
                        self.ending.push(connection.id.index() as u32);
                    }
                    list(&mut self.ready, connection);
                }
            }
        }
    }

    /// Wakes what waits for a time that has come.
    fn expire(&mut self, now: Time) {
        while let Some(id) = self.timers.pop_due(now) {
            self.connection_due(id, now);
        }
        if self.protocol.deadline().is_some_and(|at| at <= now) {
            self.protocol.expired(now, &mut self.outbox);
            self.flush_if_full(now);
        }
    }

    /// Before anyone is accepted: who comes after a certificate was handed over sees that one.
    fn take_certificates(&mut self) {
        while let Ok(certificate) = self.inbox.certificates.try_recv() {
            self.tls.set_certificate(certificate);
        }
    }

    /// All that can have been asked for before this turn, and then whether to stop: who says something
    /// and stops the server has said it.
    fn take_calls(&mut self, now: Time) {
        for _ in 0..CALLS_MAX {
            let Ok(call) = self.inbox.calls.try_recv() else {
                break;
            };
            self.protocol.called(call, now, &mut self.outbox);
            self.flush_if_full(now);
        }
        while self.inbox.stops.try_recv().is_ok() || self.outbox.take_stop() {
            self.stop(now);
        }
    }

    /// Does what each signal that has come asks for.
    fn take_signals(&mut self, now: Time) {
        let ignore = |name| log::warn!("{name}: nothing to reload; ignored");
        for request in self.signals.take() {
            match request {
                Request::Stop => self.stop(now),
                Request::HangUp if self.stopping.is_some() => {}
                Request::HangUp => self.stop(now),
                Request::Reload if self.tls.reload() => {}
                Request::Reload => ignore("SIGHUP"),
                Request::Unknown(name) => ignore(name),
            }
        }
    }

    /// Says goodbye and closes everything; asked again, leaves no time for that.
    pub(super) fn stop(&mut self, now: Time) {
        if self.stopping.is_some() {
            self.stopping = Some(now.moment());
            return;
        }
        log::info!("stopping: {} connections", self.connections.len());
        self.stopping = Some(now + self.config.stop_grace);
        self.listeners.clear();
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
        self.shared.counters.publish(self.stats);
    }
}

/// Puts a connection on the ready list, once.
pub(super) fn list<S: Stream>(ready: &mut Vec<u32>, connection: &mut Connection<S>) {
    if !connection.listed {
        connection.listed = true;
        ready.push(connection.id.index() as u32);
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
