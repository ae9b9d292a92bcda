//! What the teacher sees: events of the services, told as they happen.

use std::fmt;
use std::sync::Arc;

use super::Service;
use crate::protocol::{Address, CloseReason};

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// Where.
    pub service: Service,
    /// With whom; nobody, for what concerns the teacher alone.
    pub address: Option<Address>,
    /// What.
    pub what: What<'a>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What<'a> {
    /// Someone connected.
    Came,
    /// Someone did not begin TLS where nothing else is spoken, and was closed.
    NotEncrypted,
    /// Someone began TLS, and was closed: there was no agreement.
    HandshakeFailed,
    /// Someone's connection is over, and why.
    Left(CloseReason),
    /// These bytes came in, as they are: at once, or a whole message for `ack`, `operator` and
    /// `mailbox`.
    Received {
        /// The bytes, or the beginning of a message too long to be kept.
        bytes: &'a [u8],
        /// How many bytes it was.
        total: u64,
    },
    /// `ack` answered this, without the white space around it.
    Acknowledged(&'a [u8]),
    /// A `pseudo` connection has sent a whole first line: its pseudonym.
    Named(&'a [u8]),
    /// A `pseudo` connection has sent so many whole lines since its pseudonym.
    Lines(u64),
    /// The next line that is typed answers this `operator` client; so many wait.
    Waits(usize),
    /// This line went to that `operator` client.
    Answered(&'a str),
    /// `exit` closed that `operator` client.
    Dismissed,
    /// A line was typed and no `operator` client waits.
    NobodyWaits,
    /// An empty line was typed, which is no answer.
    NothingTyped,
}

/// Is told of events, on the loop's thread: it must not wait for anything. The default is nobody.
#[derive(Clone, Default)]
pub struct Watcher(Option<Arc<Tell>>);

type Tell = dyn Fn(&Event<'_>) + Send + Sync;

impl Watcher {
    /// Calls this for every event.
    pub fn new(tell: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(tell)))
    }

    pub(super) fn tell(&self, service: Service, address: Address, what: What<'_>) {
        self.tell_of(service, Some(address), what);
    }

    pub(super) fn tell_of(&self, service: Service, address: Option<Address>, what: What<'_>) {
        if let Some(tell) = &self.0 {
            tell(&Event {
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
