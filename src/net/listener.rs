//! Listeners: the options for the connections of each, and the time at which it may accept again.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use super::prefix::AddressPrefix;
use super::transport::{Listener, Transport};
use crate::protocol::{Address, Monotonic, Peer, Tag, Time};

/// Time that a listener that could not accept waits before it tries again. A connection that closes, and
/// with it frees a descriptor, ends the wait earlier.
const RETRY: Duration = Duration::from_millis(100);

/// [`ListenOptions::plain_after`] of a listener that does not set it: a TLS client sends its hello as
/// soon as it is connected, and to a client that waits for a greeting this time is not noticeable as a
/// delay.
const PLAIN_AFTER: Duration = Duration::from_millis(300);

/// The requirements of a listener for its connections, for
/// [`Server::listen_with`](crate::Server::listen_with).
///
/// # Examples
///
/// ```
/// use parloir::{
///     AddressPrefix, Encryption, Endpoint, Error, ListenOptions, Relay, RelayConfig, Server, ServerConfig,
///     Tag,
/// };
///
/// let mut server = Server::new(Relay::new(RelayConfig::default())?, ServerConfig::default())?;
/// let anywhere: Endpoint = "127.0.0.1:0".parse()?;
/// let behind_a_proxy = ListenOptions::new().proxied_by(AddressPrefix::LOOPBACK);
/// server.listen_with(anywhere.clone(), Tag::default(), behind_a_proxy)?;
///
/// // Without a certificate there is no TLS that could be required.
/// let encrypted = ListenOptions::new().encryption(Encryption::Required);
/// let refused = server.listen_with(anywhere, Tag::default(), encrypted);
/// assert!(matches!(refused, Err(Error::Certificate(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ListenOptions {
    /// Networks whose peers may speak for other clients; None: every peer speaks for itself.
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

/// The rule by which a listener's connections are encrypted or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encryption {
    /// TLS for a connection whose first bytes are a TLS hello, if the server has a certificate; plain
    /// otherwise, and for a connection that sends nothing for [so long](ListenOptions::plain_after). The
    /// default.
    #[default]
    Offered,
    /// TLS from the first byte. A connection that sends anything else is closed.
    Required,
    /// No TLS: a hello is treated like any other bytes.
    Off,
}

impl ListenOptions {
    /// The options that [`Server::listen`](crate::Server::listen) uses.
    pub fn new() -> Self {
        Self::default()
    }

    /// Connections come from a proxy, which says first, in a header of the PROXY protocol (version 1 or
    /// 2), for which client it speaks. The address in the header then is the peer's, and counts for
    /// [`connections_per_address_max`](crate::ServerConfig::connections_per_address_max). A connection
    /// from outside `trusted`, or without a header, is closed. On a Unix socket every peer is trusted,
    /// because the mode of the file already says which processes can connect.
    #[must_use]
    pub fn proxied_by(mut self, trusted: impl IntoIterator<Item = AddressPrefix>) -> Self {
        self.proxies = Some(trusted.into_iter().collect());
        self
    }

    /// The mode of a Unix socket's file, such as `0o660`: a process that may write to the file can
    /// connect. Default: the bits of 0777 that the umask leaves. Has no meaning for TCP.
    #[must_use]
    pub fn unix_mode(mut self, mode: u32) -> Self {
        self.unix_mode = Some(mode);
        self
    }

    /// Sets whether connections are encrypted. Default [`Encryption::Offered`].
    #[must_use]
    pub fn encryption(mut self, encryption: Encryption) -> Self {
        self.encryption = encryption;
        self
    }

    /// Silence after which a connection that may be encrypted is taken for a plain one, and opened;
    /// until then nothing can be sent to it. Default 300 ms. Zero is for protocols in which the server
    /// speaks first: every connection then is plain, and opened at once, unless encryption is required.
    #[must_use]
    pub fn plain_after(mut self, silence: Duration) -> Self {
        self.plain_after = silence;
        self
    }
}

/// The tag and the options that apply to a listener's connections.
#[derive(Debug)]
pub(crate) struct ListenerSettings {
    pub(crate) tag: Tag,
    pub(crate) options: ListenOptions,
}

impl ListenerSettings {
    pub(crate) fn is_proxied(&self) -> bool {
        self.options.proxies.is_some()
    }

    /// Returns whether a peer at this address may speak for other clients. Without an IP address, on a
    /// Unix socket, it always may.
    pub(crate) fn trusts(&self, address: Address) -> bool {
        let proxies = self.options.proxies.iter().flatten();
        match address.ip() {
            Some(ip) => proxies.copied().any(|prefix| prefix.contains(ip)),
            None => true,
        }
    }

    /// Returns whether plain text may be sent to the peer before it has begun TLS.
    pub(crate) fn is_plain(&self) -> bool {
        self.options.encryption != Encryption::Required
    }

    /// Returns whether connections may be encrypted, for a server with or without a certificate.
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

/// A connection that was just accepted, with its address and its listener's settings.
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

/// The result of accepting the next connection.
#[derive(Debug)]
pub(crate) enum Accepted {
    Incoming(Incoming),
    /// The system has no descriptor left but the spare one, which this connection occupies until it has
    /// been told so: a call of [`Listeners::reopen_spare`] must follow.
    Overflow(Incoming),
    /// An error of one peer, not of the listener.
    Aborted,
    /// No connection is waiting, or none can be accepted for a while.
    Nobody,
}

/// A listener, with its settings and its readiness.
#[derive(Debug)]
struct ListenerSocket {
    listener: Listener,
    settings: Arc<ListenerSettings>,
    /// Cleared only when the system says that no connection is waiting: the edge for those that wait comes
    /// once, however few of them are accepted in that turn.
    is_ready: bool,
    /// Time at which to try again, after accepting failed for want of descriptors or memory.
    again_at: Option<Monotonic>,
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
/// With edge triggers a listener that stops at `EMFILE` is never reported again, and so would never
/// accept again. Hence a spare descriptor, which lets the next client in line be told of the refusal,
/// and another attempt whenever a connection has closed, after [`RETRY`] at the latest.
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

    pub(crate) fn retry_at(&self) -> Option<Monotonic> {
        self.sockets.iter().filter_map(|it| it.again_at).min()
    }

    /// Lets all listeners try again at once, because a descriptor is free again.
    pub(crate) fn retry_now(&mut self) {
        for socket in &mut self.sockets {
            socket.again_at = None;
        }
    }

    /// Accepts the next connection of one listener.
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
                // The spare descriptor is closed before the next connection is accepted, which takes its
                // place.
                let had_spare = self.spare.take().is_some();
                match had_spare.then(|| socket.accept()) {
                    Some(Ok(incoming)) => return Accepted::Overflow(incoming),
                    // No connection is waiting: systems report a lack of descriptors before they look
                    // for connections.
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

    /// Opens the spare descriptor again, once the connection that had its place is closed.
    pub(crate) fn reopen_spare(&mut self) {
        self.spare = spare_descriptor();
    }
}

/// A descriptor to be given up when there is no other. None if there is none even for this: then the next
/// connection waits in the system's backlog until one is free.
fn spare_descriptor() -> Option<File> {
    File::open("/dev/null").ok()
}

/// Returns whether an error is that of one peer, not of the listener.
fn is_passing(error: &io::Error) -> bool {
    use ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | Interrupted
    )
}
