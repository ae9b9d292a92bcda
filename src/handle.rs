//! How other threads reach a running server: to ask its protocol for something, count, and stop it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};

/// Reaches a running [`Server`](crate::Server) from any thread. Cheap to clone.
///
/// Nothing here waits: the loop takes calls once a turn, and at most 1,024 may be under way.
pub struct Handle<C> {
    sender: SyncSender<Message<C>>,
    shared: Arc<Shared>,
}

/// What the loop is asked from outside.
#[derive(Debug)]
pub(crate) enum Message<C> {
    Call(C),
    #[cfg(feature = "tls")]
    Certificate(crate::net::Certificate),
    Stop,
}

/// What the loop and its handles have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) waker: mio::Waker,
    pub(crate) counters: Counters,
}

/// Written by the loop once a turn, read by handles at any time.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) connections: AtomicU64,
    pub(crate) accepted: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) skipped: AtomicU64,
    pub(crate) queued_bytes: AtomicU64,
    pub(crate) datagrams_dropped: AtomicU64,
    pub(crate) turns: AtomicU64,
}

/// What a server has done since its start, as of its last turn.
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

impl<C> Handle<C> {
    pub(crate) fn new(sender: SyncSender<Message<C>>, shared: Arc<Shared>) -> Self {
        Self { sender, shared }
    }

    /// Hands a call to the protocol.
    ///
    /// # Errors
    ///
    /// [`CallError::Busy`] when 1,024 calls wait already, [`CallError::Stopped`] when the server is gone.
    pub fn call(&self, call: C) -> Result<(), CallError> {
        self.send(Message::Call(call))
    }

    /// Lets those who come from now on see another certificate; see
    /// [`Server::set_tls`](crate::Server::set_tls).
    ///
    /// # Errors
    ///
    /// As for [`Self::call`].
    #[cfg(feature = "tls")]
    pub fn set_tls(&self, certificate: crate::net::Certificate) -> Result<(), CallError> {
        self.send(Message::Certificate(certificate))
    }

    /// Stops the server in good order: it says goodbye, flushes its queues for a while and closes.
    /// Asked a second time, it closes at once.
    ///
    /// # Errors
    ///
    /// As for [`Self::call`].
    pub fn stop(&self) -> Result<(), CallError> {
        self.send(Message::Stop)
    }

    fn send(&self, message: Message<C>) -> Result<(), CallError> {
        self.sender.try_send(message).map_err(|error| match error {
            TrySendError::Full(_) => CallError::Busy,
            TrySendError::Disconnected(_) => CallError::Stopped,
        })?;
        self.shared.waker.wake().map_err(|_| CallError::Stopped)
    }

    /// What the server has done so far.
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
    pub(crate) fn publish(&self, stats: Stats) {
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
        Self::new(self.sender.clone(), Arc::clone(&self.shared))
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
