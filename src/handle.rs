//! The way for other threads to a running server: to ask its protocol for something, count, and stop it.
//!
//! A [`Handle`] holds the sending ends of three bounded queues, and the loop's waker; the loop holds the
//! receiving ends, its [`Inbox`], which it empties once a turn. No thread ever waits here, neither the
//! caller nor the loop: a full queue is an error that the caller is told of at once.
//!
//! Stopping and new certificates have queues of their own. In one queue with the calls, a thread that says
//! something in a tight loop keeps it full, and even SIGTERM's request to stop is refused.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use crate::net::tls::Certificate;
use crate::waker::Waker;

/// Calls from other threads that may wait. The loop takes as many in one turn, so all that were made
/// before a request to stop are carried out before it.
pub(crate) const CALLS_MAX: usize = 1024;
/// Requests to stop that may wait: a third would say nothing that two do not.
const STOPS_MAX: usize = 2;
/// Certificates that may wait.
const CERTIFICATES_MAX: usize = 8;

/// Reaches a running [`Server`](crate::Server) from any thread. Cheap to clone.
///
/// Nothing here waits: the loop takes calls once a turn, and at most 1,024 may be under way. Stopping,
/// and a new certificate, have queues of their own: whatever the protocol is asked for, and however
/// often, is not in their way.
///
/// # Examples
///
/// ```
/// use parloir::{CallError, Relay, RelayConfig, Server, ServerConfig};
///
/// let mut server = Server::new(Relay::new(RelayConfig::default())?, ServerConfig::default())?;
/// let handle = server.handle();
/// let thread = std::thread::spawn(move || server.run());
///
/// handle.stop()?;
/// thread.join().expect("the loop does not panic")?;
///
/// // The server is gone with its thread; its last counters can still be read.
/// assert_eq!(handle.stop(), Err(CallError::Stopped));
/// assert_eq!(handle.stats().connections, 0);
/// assert!(handle.stats().turns > 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Handle<C> {
    calls: SyncSender<C>,
    stops: SyncSender<()>,
    certificates: SyncSender<Certificate>,
    shared: Arc<HandleState>,
}

/// The loop's end of what handles send.
#[derive(Debug)]
pub(crate) struct Inbox<C> {
    calls: Receiver<C>,
    stops: Receiver<()>,
    certificates: Receiver<Certificate>,
    shared: Arc<HandleState>,
}

impl<C> Inbox<C> {
    pub(crate) fn next_call(&self) -> Option<C> {
        self.calls.try_recv().ok()
    }

    pub(crate) fn next_stop(&self) -> Option<()> {
        self.stops.try_recv().ok()
    }

    pub(crate) fn certificates(&self) -> impl Iterator<Item = Certificate> {
        self.certificates.try_iter()
    }

    /// Returns whether the protocol's own waker was used since this was last asked.
    pub(crate) fn take_wake(&self) -> bool {
        self.shared.is_woken.swap(false, Ordering::AcqRel)
    }

    /// The waker of the protocol itself.
    pub(crate) fn protocol_waker(&self) -> Waker {
        let shared = Arc::clone(&self.shared);
        Waker::new(move || {
            // One system call for all wakes of a turn. A loop that is gone is woken by nobody.
            if !shared.is_woken.swap(true, Ordering::AcqRel) {
                let _ = shared.waker.wake();
            }
        })
    }

    /// Publishes the counters that handles show from now on.
    pub(crate) fn publish(&self, stats: Stats) {
        self.shared.counters.publish(stats);
    }
}

/// The state that the loop and its handles share.
#[derive(Debug)]
struct HandleState {
    waker: mio::Waker,
    /// The protocol's own waker was used.
    is_woken: AtomicBool,
    counters: Counters,
}

/// Written by the loop once a turn, read by handles at any time. Each is a number by itself, so no order
/// between them is kept: a reader may see some of one turn and some of the next.
#[derive(Debug, Default)]
struct Counters {
    connections: AtomicU64,
    accepted: AtomicU64,
    refused: AtomicU64,
    skipped: AtomicU64,
    queued_bytes: AtomicU64,
    datagrams_dropped: AtomicU64,
    turns: AtomicU64,
}

/// The counters of a server since its start, as of its last turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Connections now.
    pub connections: u64,
    /// Connections accepted and let in.
    pub accepted: u64,
    /// Connections turned away at the door.
    pub refused: u64,
    /// Messages left out for slow readers, and told of.
    pub skipped: u64,
    /// Bytes that wait for slow readers now.
    pub queued_bytes: u64,
    /// Datagrams that the system would not send.
    pub datagrams_dropped: u64,
    /// Turns of the loop.
    pub turns: u64,
}

impl HandleState {
    /// Puts a message into a queue, and only then wakes the loop: woken first, the loop could look at the
    /// queue before the message is there, and sleep over it.
    fn send<T>(&self, queue: &SyncSender<T>, message: T) -> Result<(), CallError> {
        queue.try_send(message).map_err(|error| match error {
            TrySendError::Full(_) => CallError::Busy,
            TrySendError::Disconnected(_) => CallError::Stopped,
        })?;
        self.waker.wake().map_err(|_| CallError::Stopped)
    }
}

impl<C> Handle<C> {
    pub(crate) fn new(waker: mio::Waker) -> (Self, Inbox<C>) {
        let counters = Counters::default();
        let shared = Arc::new(HandleState {
            waker,
            is_woken: AtomicBool::new(false),
            counters,
        });
        let (calls, calls_taken) = sync_channel(CALLS_MAX);
        let (stops, stops_taken) = sync_channel(STOPS_MAX);
        let (certificates, certificates_taken) = sync_channel(CERTIFICATES_MAX);
        let handle = Self {
            calls,
            stops,
            certificates,
            shared: Arc::clone(&shared),
        };
        let inbox = Inbox {
            calls: calls_taken,
            stops: stops_taken,
            certificates: certificates_taken,
            shared,
        };
        (handle, inbox)
    }

    /// Hands a call to the protocol.
    ///
    /// # Errors
    ///
    /// [`CallError::Busy`] when 1,024 calls wait already, [`CallError::Stopped`] when the server is gone.
    pub fn call(&self, call: C) -> Result<(), CallError> {
        self.shared.send(&self.calls, call)
    }

    /// Lets those who come from now on see another certificate; see
    /// [`Server::set_tls`](crate::Server::set_tls).
    ///
    /// # Errors
    ///
    /// [`CallError::Busy`] when 8 certificates wait already, [`CallError::Stopped`] when the server is
    /// gone.
    #[cfg(feature = "tls")]
    pub fn set_tls(&self, certificate: Certificate) -> Result<(), CallError> {
        self.shared.send(&self.certificates, certificate)
    }

    /// Stops the server in good order: it says goodbye, flushes its queues for a while and closes.
    /// Asked a second time, it closes at once.
    ///
    /// # Errors
    ///
    /// [`CallError::Stopped`] when the server is gone. It is never too busy for this.
    pub fn stop(&self) -> Result<(), CallError> {
        match self.shared.send(&self.stops, ()) {
            // Two requests wait already, which says all that there is to say.
            Err(CallError::Busy) => Ok(()),
            result => result,
        }
    }

    /// The counters of the server, as of its last turn. A loop that sleeps has nothing newer to tell.
    pub fn stats(&self) -> Stats {
        let counters = &self.shared.counters;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            connections: read(&counters.connections),
            accepted: read(&counters.accepted),
            refused: read(&counters.refused),
            skipped: read(&counters.skipped),
            queued_bytes: read(&counters.queued_bytes),
            datagrams_dropped: read(&counters.datagrams_dropped),
            turns: read(&counters.turns),
        }
    }
}

impl Counters {
    fn publish(&self, stats: Stats) {
        let pairs = [
            (&self.connections, stats.connections),
            (&self.accepted, stats.accepted),
            (&self.refused, stats.refused),
            (&self.skipped, stats.skipped),
            (&self.queued_bytes, stats.queued_bytes),
            (&self.datagrams_dropped, stats.datagrams_dropped),
            (&self.turns, stats.turns),
        ];
        for (counter, value) in pairs {
            counter.store(value, Ordering::Relaxed);
        }
    }
}

impl<C> Clone for Handle<C> {
    fn clone(&self) -> Self {
        Self {
            calls: self.calls.clone(),
            stops: self.stops.clone(),
            certificates: self.certificates.clone(),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<C> fmt::Debug for Handle<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("shared", &self.shared)
            .finish_non_exhaustive()
    }
}

/// Why a call did not reach the server.
///
/// ```
/// use parloir::{CallError, Relay, RelayConfig, Server, ServerConfig};
///
/// let server = Server::new(Relay::new(RelayConfig::default())?, ServerConfig::default())?;
/// let handle = server.handle();
/// // No turn is run here, so no call is taken.
/// for n in 0..1024 {
///     handle.say("clock", "lobby", &format!("tick {n}"))?;
/// }
/// assert_eq!(handle.say("clock", "lobby", "one too many"), Err(CallError::Busy));
/// // There is always room for a request to stop.
/// handle.stop()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallError {
    /// Too many calls wait already: try again once the loop has taken some.
    Busy,
    /// The server has stopped.
    Stopped,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Busy => "the server has too many calls waiting; try again in a moment",
            Self::Stopped => "the server has stopped",
        })
    }
}

impl std::error::Error for CallError {}
