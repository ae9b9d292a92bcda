//! The events of the services, which the teacher is told of as they happen.

use std::fmt;
use std::sync::Arc;

use super::Service;
use crate::protocol::{Address, CloseReason};

/// An event of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabEvent<'a> {
    /// The service.
    pub service: Service,
    /// The address of the client; None for an event that concerns the teacher alone.
    pub address: Option<Address>,
    /// The kind of the event.
    pub what: What<'a>,
}

/// The kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What<'a> {
    /// A client connected.
    Came,
    /// A client did not begin TLS where nothing else is spoken, and was closed.
    NotEncrypted,
    /// A client began TLS, and was closed because the handshake failed.
    HandshakeFailed,
    /// A client's connection is over, for this reason.
    Left(CloseReason),
    /// These bytes came in, unchanged: as they came, or as a whole message for `ack`, `operator` and
    /// `mailbox`.
    Received {
        /// The bytes, or the beginning of a message too long to be kept.
        bytes: &'a [u8],
        /// Number of bytes that came in.
        total: u64,
    },
    /// `ack` answered this message, which is given without the white space around it.
    Acknowledged(&'a [u8]),
    /// A `pseudo` connection has sent a whole first line: its pseudonym.
    Named(&'a [u8]),
    /// A `pseudo` connection has sent this number of whole lines since its pseudonym.
    Lines(u64),
    /// The next line that is typed answers this `operator` client; this number of messages wait.
    Waits(usize),
    /// This line went to the `operator` client.
    Answered(&'a str),
    /// A typed `exit` closed the `operator` client.
    Dismissed,
    /// A line was typed while no `operator` client waits.
    NobodyWaits,
    /// An empty line was typed, which is no answer.
    NothingTyped,
}

/// The receiver of events. It is called on the loop's thread, and must not wait for anything: a terminal
/// that is stopped with Ctrl-S would hold up the class. By default, events are dropped.
///
/// ```
/// use std::net::{TcpListener, TcpStream};
/// use std::sync::mpsc::channel;
///
/// use parloir::lab::{Lab, LabConfig, Service, Watcher, What};
/// use parloir::{Server, ServerConfig};
///
/// // Sending to a channel does not wait. In a program, another thread shows what comes.
/// let (sender, events) = channel();
/// let watcher = Watcher::new(move |event| {
///     if event.what == What::Came {
///         let _ = sender.send(event.service);
///     }
/// });
/// let lab = Lab::new(LabConfig::default(), watcher)?;
/// let mut server = Server::new(lab, ServerConfig::default())?;
///
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let student = TcpStream::connect(listener.local_addr()?)?;
/// server.adopt(listener.accept()?.0, Service::Ack.tag())?;
/// assert_eq!(events.try_recv()?, Service::Ack);
/// # drop(student);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Watcher(Option<Arc<Tell>>);

type Tell = dyn Fn(&LabEvent<'_>) + Send + Sync;

impl Watcher {
    /// A watcher that calls this function for every event.
    pub fn new(tell: impl Fn(&LabEvent<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(tell)))
    }

    pub(super) fn tell(&self, service: Service, address: Address, what: What<'_>) {
        self.tell_of(service, Some(address), what);
    }

    pub(super) fn tell_of(&self, service: Service, address: Option<Address>, what: What<'_>) {
        if let Some(tell) = &self.0 {
            tell(&LabEvent {
                service,
                address,
                what,
            });
        }
    }

    pub(super) fn tell_received(&self, service: Service, address: Address, bytes: &[u8]) {
        let total = bytes.len() as u64;
        self.tell(service, address, What::Received { bytes, total });
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watcher").field(&self.0.is_some()).finish()
    }
}
