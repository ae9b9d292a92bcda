//! Listeners: what each asks of those who connect, and what it owes them.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use super::prefix::AddressPrefix;
use super::transport::{Listener, Transport};
use crate::protocol::{Address, Moment, Peer, Tag, Time};

/// How long a listener that could not accept waits before it tries again.
const RETRY: Duration = Duration::from_millis(100);

/// [`ListenOptions::plain_after`] of a listener that is told nothing: a TLS client sends its hello as
/// soon as it is connected, and whoever has to be greeted takes this for no delay.
const PLAIN_AFTER: Duration = Duration::from_millis(300);

/// What a listener asks of those who connect, for [`Server::listen_with`](crate::Server::listen_with).
///
/// ```
/// use parloir::{AddressPrefix, ListenOptions};
///
/// let behind_a_proxy = ListenOptions::new().proxied_by(AddressPrefix::LOOPBACK);
/// let for_the_group = ListenOptions::new().unix_mode(0o660);
/// # let _ = (behind_a_proxy, for_the_group);
/// ```
#[derive(Clone, Debug)]
pub struct ListenOptions {
    /// Who may speak for others; None: everyone speaks for themselves.
    proxies: Option<Vec<AddressPrefix>>,
    pub(crate) unix_mode: Option<u32>,
    encryption: Encryption,
    plain_after: Duration,
}

impl Default for ListenOptions {
    fn default() -> Self {
        Self {
            proxies: None,
            unix_mode: None,
            encryption: Encryption::default(),
            plain_after: PLAIN_AFTER,
        }
    }
}

/// Whether a listener's connections are encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encryption {
    /// TLS where a connection's first bytes are a TLS hello, and the server has a certificate; plain
    /// otherwise, and where none come for [so long](ListenOptions::plain_after). The default.
    #[default]
    Offered,
    /// TLS from the first byte. Whoever sends anything else is closed.
    Required,
    /// No TLS: a hello is bytes like any other.
    Off,
}

impl ListenOptions {
    /// What [`Server::listen`](crate::Server::listen) does.
    pub fn new() -> Self {
        Self::default()
    }

    /// Connections come from a proxy, which says first, in a header of the PROXY protocol (version 1
    /// or 2), for whom it speaks. That address then is the peer's, and counts for
    /// [`connections_per_address_max`](crate::ServerConfig::connections_per_address_max). Anyone who
    /// connects from elsewhere than `trusted`, or without a header, is closed. On a Unix socket
    /// everyone is trusted: its mode says who that can be.
    #[must_use]
    pub fn proxied_by(mut self, trusted: impl IntoIterator<Item = AddressPrefix>) -> Self {
        self.proxies = Some(trusted.into_iter().collect());
        self
    }

    /// The mode of a Unix socket's file, such as `0o660`: who may write to it can connect. Default:
    /// what the umask leaves of 0777. Without meaning for TCP.
    #[must_use]
    pub fn unix_mode(mut self, mode: u32) -> Self {
        self.unix_mode = Some(mode);
        self
    }

    /// Whether connections are encrypted. Default [`Encryption::Offered`].
    #[must_use]
    pub fn encryption(mut self, encryption: Encryption) -> Self {
        self.encryption = encryption;
        self
    }

    /// Silence after which a connection that may be encrypted is taken for a plain one, and opened: until
    /// then nothing can be said to it. Default 300 ms. Zero where the server speaks first: every
    /// connection then is plain, and opened at once, unless encryption is required.
    #[must_use]
    pub fn plain_after(mut self, silence: Duration) -> Self {
        self.plain_after = silence;
        self
    }
}

/// What a listener's connections go through.
#[derive(Debug)]
pub(crate) struct ListenerSettings {
    pub(crate) tag: Tag,
    pub(crate) options: ListenOptions,
}

impl ListenerSettings {
    pub(crate) fn is_proxied(&self) -> bool {
        self.options.proxies.is_some()
    }

    /// Whether an address may speak for others.
    pub(crate) fn trusts(&self, address: Address) -> bool {
        let proxies = self.options.proxies.iter().flatten();
        match address.ip() {
            Some(ip) => proxies.copied().any(|prefix| prefix.contains(ip)),
            None => true,
        }
    }

    /// Whether plain words would be understood at the other end.
    pub(crate) fn is_plain(&self) -> bool {
        self.options.encryption != Encryption::Required
    }

    /// Whether its connections may be encrypted, with a certificate or without one.
    pub(crate) fn may_be_encrypted(&self, has_certificate: bool) -> bool {
        match self.options.encryption {
            Encryption::Offered => has_certificate && !self.plain_after().is_zero(),
            Encryption::Required => true,
            Encryption::Off => false,
        }
    }

    pub(crate) fn plain_after(&self) -> Duration {
        self.options.plain_after
    }
}

/// Somebody who has connected.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) stream: Transport,
    pub(crate) address: Address,
    pub(crate) settings: Arc<ListenerSettings>,
}

impl Incoming {
    pub(crate) fn peer(&self, now: Time) -> Peer {
        Peer::new(self.settings.tag, self.address, now)
    }
}

/// What taking in the next one came to.
#[derive(Debug)]
pub(crate) enum Accepted {
    Incoming(Incoming),
    /// The system has no descriptor left but the spare one, which this one has for as long as it takes to
    /// say so: [`Listeners::reopen_spare`] is to follow.
    Overflow(Incoming),
    /// An error of one peer's, not of the listener.
    Aborted,
    /// Nobody waits, or nobody can be taken in for a while.
    Nobody,
}

/// A listener, and what it owes.
#[derive(Debug)]
struct ListenerSocket {
    listener: Listener,
    settings: Arc<ListenerSettings>,
    /// Cleared only when the system says that nobody is waiting.
    is_ready: bool,
    /// It could not accept for want of descriptors or memory.
    again_at: Option<Moment>,
}

impl ListenerSocket {
    fn can_accept(&self) -> bool {
        self.is_ready && self.again_at.is_none()
    }

    fn accept(&self) -> io::Result<Incoming> {
        let (stream, address) = self.listener.accept()?;
        Ok(Incoming {
            stream,
            address,
            settings: Arc::clone(&self.settings),
        })
    }
}

/// All listeners.
///
/// With edge triggers a listener that stops at `EMFILE` is never reported again, so it would be
/// deaf for good. Hence a spare descriptor, which lets the next one in line be told, and another
/// try whenever a connection has closed and after [`RETRY`] at the latest.
#[derive(Debug)]
pub(crate) struct Listeners {
    sockets: Vec<ListenerSocket>,
    spare: Option<File>,
}

impl Listeners {
    pub(crate) fn new() -> Self {
        Self {
            sockets: Vec::new(),
            spare: spare_descriptor(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.sockets.len()
    }

    pub(crate) fn add(&mut self, listener: Listener, settings: ListenerSettings) {
        self.sockets.push(ListenerSocket {
            listener,
            settings: Arc::new(settings),
            is_ready: true,
            again_at: None,
        });
    }

    pub(crate) fn close_all(&mut self) {
        self.sockets.clear();
    }

    pub(crate) fn note_ready(&mut self, n: usize) {
        if let Some(socket) = self.sockets.get_mut(n) {
            socket.is_ready = true;
        }
    }

    pub(crate) fn can_accept(&self) -> bool {
        self.sockets.iter().any(ListenerSocket::can_accept)
    }

    pub(crate) fn retry_at(&self) -> Option<Moment> {
        self.sockets.iter().filter_map(|it| it.again_at).min()
    }

    /// A descriptor is free again: whoever waits need not wait for the clock.
    pub(crate) fn retry_now(&mut self) {
        for socket in &mut self.sockets {
            socket.again_at = None;
        }
    }

    /// Takes in the next one.
    pub(crate) fn accept(&mut self, n: usize, now: Time) -> Accepted {
        let socket = &mut self.sockets[n];
        socket.again_at = socket.again_at.filter(|at| *at > now);
        if !socket.can_accept() {
            return Accepted::Nobody;
        }
        match socket.accept() {
            Ok(incoming) => Accepted::Incoming(incoming),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                socket.is_ready = false;
                Accepted::Nobody
            }
            Err(error) if is_passing(&error) => Accepted::Aborted,
            Err(error) => {
                // Closed before the next one is taken in, who gets its place.
                let had_spare = self.spare.take().is_some();
                match had_spare.then(|| socket.accept()) {
                    Some(Ok(incoming)) => return Accepted::Overflow(incoming),
                    // Nobody waits: systems say that there is no descriptor before they look.
                    Some(Err(error)) if error.kind() == ErrorKind::WouldBlock => {
                        socket.is_ready = false;
                        self.reopen_spare();
                        return Accepted::Nobody;
                    }
                    _ => {}
                }
                log::warn!("cannot accept: {error}; trying again in {RETRY:?}");
                socket.again_at = Some(now + RETRY);
                self.reopen_spare();
                Accepted::Nobody
            }
        }
    }

    pub(crate) fn reopen_spare(&mut self) {
        self.spare = spare_descriptor();
    }
}

fn spare_descriptor() -> Option<File> {
    File::open("/dev/null").ok()
}

/// Errors of one peer, not of the listener.
fn is_passing(error: &io::Error) -> bool {
    use ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | Interrupted
    )
}
