//! The lab: every server that exercises on sockets need, for a whole class at once.
//!
//! A student of sockets writes clients first, and a client needs a server to talk to: one that answers,
//! one that never does, one that closes, one that waits. The lab has twelve such services, each a small
//! [`Protocol`], and [`Lab`] runs them all on one loop. `parloir lab` is the lab with a terminal;
//! [`guide_fr`] is a page for the class, in French.
//!
//! | service | port | who speaks first | what it does |
//! | --- | --- | --- | --- |
//! | [`feed`](Feed) | 2000 | server | a line at once and one every second, for ever |
//! | [`burst`](Burst) | 2001 | server | 3 to 10 lines, then the end of the stream |
//! | [`echo`](Echo) | 3000 | client | the same bytes back, newline or not |
//! | [`hello`](Hello) | 3000/udp | client | answers every datagram, to its source |
//! | [`ack`](Ack) | 3001 | client | acknowledges one message, and closes |
//! | [`operator`](Operator) | 3002 | client | a person answers each message |
//! | `broker` | 3003 | client | the bytes of one client go to all the others, unchanged |
//! | [`mailbox`](Mailbox) | 3004 | client | one connection is one message |
//! | [`pseudo`](Pseudo) | 4240 | client | a pseudonym, then lines; never sends a byte |
//! | `listen` | 4241 | server | everything said on `talk` and `chat` |
//! | `talk` | 4242 | client | a pseudonym, then messages; never sends a byte |
//! | `chat` | 5000 | client | the whole relay, in the same room |
//!
//! Every service is a [`Protocol`] by itself, and can be served alone. The lab only tells them apart by the
//! tag of the listener, and shows the teacher what comes in; no service knows of another.
//!
//! `broker`, `listen`, `talk` and `chat` are [roles](crate::relay::Role) of one [`Relay`]. It keeps no
//! history, so that a student reads only messages that were sent while the student was there.
//!
//! Beginners' programs forget the newline and wait for an answer: all services but `pseudo` forgive
//! that, by the rule of the relay. Output that a client decodes piece by piece is never cut inside a
//! character here, as long as the system takes all of it.
//!
//! ```
//! use std::io::{Read, Write};
//! use std::net::{SocketAddr, TcpStream};
//!
//! use parloir::lab::{Lab, LabConfig, Service, Watcher};
//! use parloir::{Endpoint, Server, ServerConfig};
//!
//! let lab = Lab::new(LabConfig::default(), Watcher::default())?;
//! let mut server = Server::new(lab, ServerConfig::default())?;
//! let address: SocketAddr = "127.0.0.1:0".parse()?;
//! let Endpoint::Tcp(address) = server.listen(address, Service::Ack.tag())? else { unreachable!() };
//! let handle = server.handle();
//! let thread = std::thread::spawn(move || server.run());
//!
//! let mut student = TcpStream::connect(address)?;
//! student.write_all(b"hello")?; // without a newline
//! let mut answer = String::new();
//! student.read_to_string(&mut answer)?;
//! assert_eq!(answer, "ACK from TCP Server");
//!
//! handle.stop()?;
//! thread.join().expect("the loop does not panic")?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ack;
mod burst;
mod echo;
mod feed;
mod hello;
mod mailbox;
mod message;
mod operator;
mod pseudo;
mod service;
mod slots;
mod texts;
mod visible;
mod watch;

#[doc = include_str!("guide_fr.md")]
pub mod guide_fr {}

use std::time::Duration;

use crate::config::RelayConfig;
use crate::error::Error;
use crate::handle::{CallError, Handle};
use crate::protocol::{
    Address, CloseReason, ConnId, Consumed, Demand, Input, Monotonic, Output, Peer, Protocol,
    RejectReason, Skipped, Tag, Time, UdpPeer,
};
use crate::relay::{Relay, Role};

pub use ack::Ack;
pub use burst::Burst;
pub use echo::Echo;
pub use feed::Feed;
pub use hello::Hello;
pub use mailbox::Mailbox;
pub use operator::Operator;
pub use pseudo::Pseudo;
pub use service::Service;
pub use texts::Language;
pub use visible::Visible;
pub use watch::{LabEvent, Watcher, What};

use slots::Slots;

/// The shortest time between two lines of [`Feed`], which is the shortest time that the loop can wait.
const EVERY_MIN: Duration = Duration::from_millis(1);

/// The configuration of a lab.
///
/// ```
/// use std::time::Duration;
///
/// use parloir::Error;
/// use parloir::lab::{Lab, LabConfig, Language, Watcher};
///
/// let config = LabConfig { language: Language::French, ..LabConfig::default() };
/// assert!(Lab::new(config, Watcher::default()).is_ok());
/// // A millisecond is the shortest time that the loop can wait.
/// let config = LabConfig { every: Duration::ZERO, ..LabConfig::default() };
/// let error = Lab::new(config, Watcher::default()).unwrap_err();
/// assert!(matches!(error, Error::Config { setting: "every", .. }));
/// ```
#[derive(Clone, Debug)]
pub struct LabConfig {
    /// The language of `feed` and `burst`. Default English.
    pub language: Language,
    /// The time between two lines of `feed`, a millisecond or more. Default 1 s.
    pub every: Duration,
    /// The seed from which the lengths of `burst` follow. Default 0.
    pub seed: u64,
    /// The rules of `broker`, `listen`, `talk` and `chat`. Default: those of a relay that keeps no
    /// history and whose `/who` shows addresses.
    pub relay: RelayConfig,
}

impl Default for LabConfig {
    fn default() -> Self {
        let relay = RelayConfig {
            history: 0,
            replay: 0,
            who_shows_addresses: true,
            ..RelayConfig::default()
        };
        Self {
            language: Language::default(),
            every: Duration::from_secs(1),
            seed: 0,
            relay,
        }
    }
}

/// All twelve services, told apart by the [tags](Service::tag) of their listeners. A connection with any
/// other tag is closed.
#[derive(Debug)]
pub struct Lab {
    watcher: Watcher,
    guests: Slots<Guest>,
    feed: Feed,
    burst: Burst,
    echo: Echo,
    hello: Hello,
    ack: Ack,
    operator: Operator,
    mailbox: Mailbox,
    pseudo: Pseudo,
    relay: Relay,
    relay_tags: RelayTags,
}

/// The state that is kept of every connection, whatever its service.
#[derive(Debug)]
struct Guest {
    service: Service,
    address: Address,
    /// Number of bytes that were shown to the service and not taken. They come again with the next ones, and
    /// the teacher is to see each byte once.
    untaken: usize,
}

/// The tags by which the relay knows its listeners.
#[derive(Debug)]
struct RelayTags {
    broker: Tag,
    listen: Tag,
    talk: Tag,
    chat: Tag,
}

/// The calls that other threads may make to a running lab.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Call {
    /// A line was typed at the teacher's terminal: see [`Operator::typed`].
    Typed(String),
    /// A call to the relay.
    Relay(crate::relay::Call),
}

impl Handle<Call> {
    /// Hands in a line that was typed at the teacher's terminal.
    ///
    /// ```
    /// use std::io::{Read, Write};
    /// use std::net::{TcpListener, TcpStream};
    /// use std::sync::mpsc::channel;
    ///
    /// use parloir::lab::{Lab, LabConfig, Service, Watcher, What};
    /// use parloir::{Server, ServerConfig};
    ///
    /// let (sender, waits) = channel();
    /// let watcher = Watcher::new(move |event| {
    ///     if let What::Waits(count) = event.what {
    ///         let _ = sender.send(count);
    ///     }
    /// });
    /// let mut server = Server::new(Lab::new(LabConfig::default(), watcher)?, ServerConfig::default())?;
    /// let listener = TcpListener::bind("127.0.0.1:0")?;
    /// let mut student = TcpStream::connect(listener.local_addr()?)?;
    /// server.adopt(listener.accept()?.0, Service::Operator.tag())?;
    /// let handle = server.handle();
    /// let thread = std::thread::spawn(move || server.run());
    ///
    /// student.write_all(b"Is anybody there?\n")?;
    /// assert_eq!(waits.recv()?, 1);
    /// handle.typed("yes")?;
    /// let mut answer = [0; 3];
    /// student.read_exact(&mut answer)?;
    /// assert_eq!(&answer, b"yes");
    ///
    /// handle.stop()?;
    /// thread.join().expect("the loop does not panic")?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Handle::call`], for a call that does not reach the server.
    pub fn typed(&self, line: &str) -> Result<(), CallError> {
        self.call(Call::Typed(line.into()))
    }
}

impl Lab {
    /// A lab whose events go to `watcher`.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for a setting that cannot work.
    pub fn new(config: LabConfig, watcher: Watcher) -> Result<Self, Error> {
        if config.every < EVERY_MIN {
            return Err(Error::Config {
                setting: "every",
                must: "a millisecond or more",
            });
        }
        let mut relay = Relay::new(config.relay)?;
        let relay_tags = RelayTags {
            broker: relay.tag(Role::Broker),
            listen: relay.tag(Role::Listen),
            talk: relay.tag(Role::Talk),
            chat: relay.tag(Role::Auto),
        };
        Ok(Self {
            guests: Slots::default(),
            feed: Feed::new(config.language, config.every),
            burst: Burst::new(config.language, config.seed),
            echo: Echo::default(),
            hello: Hello,
            ack: Ack::new(watcher.clone()),
            operator: Operator::new(watcher.clone()),
            mailbox: Mailbox::new(watcher.clone()),
            pseudo: Pseudo::new(watcher.clone()),
            relay,
            relay_tags,
            watcher,
        })
    }

    /// A copy of the peer, with the tag by which the service itself knows the listener.
    fn inner_peer(&self, peer: &Peer, service: Service) -> Peer {
        let tag = match service {
            Service::Broker => self.relay_tags.broker,
            Service::Listen => self.relay_tags.listen,
            Service::Talk => self.relay_tags.talk,
            Service::Chat => self.relay_tags.chat,
            other => other.tag(),
        };
        Peer { tag, ..*peer }
    }

    /// The [`ListenOptions::plain_after`](crate::ListenOptions::plain_after) of a service's listeners.
    pub fn plain_after(&self, service: Service) -> Duration {
        match service {
            // These services speak first.
            Service::Feed | Service::Burst => Duration::ZERO,
            Service::Broker => self.relay.plain_after(Role::Broker),
            Service::Listen => self.relay.plain_after(Role::Listen),
            Service::Chat => self.relay.plain_after(Role::Auto),
            // These services wait for input. A second is enough for a program that prepares its TLS only
            // once it is connected; after a longer silence, the teacher would not see that a client is
            // there.
            _ => Duration::from_secs(1),
        }
    }

    fn service_of(&self, id: ConnId) -> Option<Service> {
        Some(self.guests.get(id)?.service)
    }
}

/// Calls a method of the protocol that a service is. The services are separate types, and methods with
/// an `impl Output` cannot be called on trait objects, hence a match.
macro_rules! on_service {
    ($lab:ident, $service:expr, $method:ident($($argument:expr),*)) => {
        match $service {
            Service::Feed => $lab.feed.$method($($argument),*),
            Service::Burst => $lab.burst.$method($($argument),*),
            Service::Echo => $lab.echo.$method($($argument),*),
            Service::Hello => $lab.hello.$method($($argument),*),
            Service::Ack => $lab.ack.$method($($argument),*),
            Service::Operator => $lab.operator.$method($($argument),*),
            Service::Mailbox => $lab.mailbox.$method($($argument),*),
            Service::Pseudo => $lab.pseudo.$method($($argument),*),
            Service::Broker | Service::Listen | Service::Talk | Service::Chat => {
                $lab.relay.$method($($argument),*)
            }
        }
    };
}

impl Protocol for Lab {
    type Call = Call;

    fn opened(&mut self, id: ConnId, peer: &Peer, now: Time, out: &mut impl Output) -> Demand {
        let Some(service) = Service::of(peer.tag) else {
            out.close(id);
            return Demand::More;
        };
        let address = peer.address;
        self.watcher.tell(service, address, What::Came);
        let guest = Guest {
            service,
            address,
            untaken: 0,
        };
        self.guests.insert(id, guest);
        let peer = self.inner_peer(peer, service);
        on_service!(self, service, opened(id, &peer, now, out))
    }

    fn received(
        &mut self,
        id: ConnId,
        input: Input<'_>,
        now: Time,
        out: &mut impl Output,
    ) -> Consumed {
        let Some(guest) = self.guests.get_mut(id) else {
            let (bytes, demand) = (input.bytes.len(), Demand::More);
            return Consumed { bytes, demand };
        };
        let service = guest.service;
        // Shown before the service has them, so that what came in stands above what came of it.
        let fresh = input.bytes.get(guest.untaken..).unwrap_or_default();
        if !fresh.is_empty() && !service.shows_messages() {
            self.watcher.tell_received(service, guest.address, fresh);
        }
        let taken = on_service!(self, service, received(id, input, now, out));
        if let Some(guest) = self.guests.get_mut(id) {
            guest.untaken = input.bytes.len() - taken.bytes;
        }
        taken
    }

    fn closed(&mut self, id: ConnId, reason: CloseReason, now: Time, out: &mut impl Output) {
        if let Some(guest) = self.guests.remove(id) {
            let what = What::Left(reason);
            self.watcher.tell(guest.service, guest.address, what);
            on_service!(self, guest.service, closed(id, reason, now, out));
        }
    }

    fn datagram(&mut self, from: UdpPeer, bytes: &[u8], now: Time, out: &mut impl Output) {
        if let Some(service) = Service::of(from.tag) {
            self.watcher
                .tell_received(service, Address::Ip(from.address), bytes);
            on_service!(self, service, datagram(from, bytes, now, out));
        }
    }

    fn skipped(&mut self, id: ConnId, skipped: Skipped, line: &mut Vec<u8>) {
        if let Some(service) = self.service_of(id) {
            on_service!(self, service, skipped(id, skipped, line));
        }
    }

    fn refused(&mut self, peer: &Peer, why: RejectReason, line: &mut Vec<u8>) {
        if let Some(service) = Service::of(peer.tag) {
            let what = match why {
                RejectReason::NotEncrypted => Some(What::NotEncrypted),
                RejectReason::HandshakeFailed => Some(What::HandshakeFailed),
                RejectReason::Full | RejectReason::FullForAddress => None,
            };
            if let Some(what) = what {
                self.watcher.tell(service, peer.address, what);
            }
            let peer = self.inner_peer(peer, service);
            on_service!(self, service, refused(&peer, why, line));
        }
    }

    fn called(&mut self, call: Call, now: Time, out: &mut impl Output) {
        match call {
            Call::Typed(line) => self.operator.called(line, now, out),
            Call::Relay(call) => self.relay.called(call, now, out),
        }
    }

    fn stopping(&mut self, now: Time, out: &mut impl Output) {
        self.relay.stopping(now, out);
    }

    fn deadline(&self) -> Option<Monotonic> {
        self.relay.deadline()
    }

    fn expired(&mut self, now: Time, out: &mut impl Output) {
        self.relay.expired(now, out);
    }
}

#[cfg(test)]
mod tests;
