//! The other end of a connection, or of a datagram: its address, and the listener that it came in by.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use crate::time::Monotonic;

/// Tells a protocol which of its listeners a connection came in by. The driver only carries it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub u32);

/// The other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Peer {
    /// The listener it came in by.
    pub tag: Tag,
    /// Its address.
    pub address: Address,
    /// True if the connection is encrypted.
    pub is_encrypted: bool,
    /// Since when it could say something: since it was accepted, or since the end of a proxy's header or
    /// a TLS handshake. [`Protocol::opened`](crate::Protocol::opened) may come later, after a [while of
    /// silence](crate::ListenOptions::plain_after).
    pub connected_at: Monotonic,
}

impl Peer {
    /// Somebody who came in by this listener, not encrypted.
    pub fn new(tag: Tag, address: Address, connected_at: impl Into<Monotonic>) -> Self {
        Self {
            tag,
            address,
            is_encrypted: false,
            connected_at: connected_at.into(),
        }
    }
}

/// The source of a datagram, and the socket that took it: all that it takes to answer it. An answer that
/// left by another socket would come from an address that the peer did not write to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UdpPeer {
    /// The socket's tag.
    pub tag: Tag,
    /// The source. An IPv4 address is always shown as one, never as `::ffff:192.0.2.1`.
    pub address: SocketAddr,
    socket: u32,
}

impl UdpPeer {
    /// One of one's own numbering of sockets, for using a protocol without the loop.
    pub const fn new(tag: Tag, address: SocketAddr, socket: u32) -> Self {
        Self {
            tag,
            address,
            socket,
        }
    }

    /// The number of the socket: the driver's in what the driver hands over.
    pub const fn socket(self) -> u32 {
        self.socket
    }
}

/// The place of a peer.
///
/// ```
/// let address = parloir::Address::Ip(([192, 0, 2, 1], 4242).into());
/// assert_eq!(address.to_string(), "192.0.2.1:4242");
/// assert_eq!(address.octets().unwrap()[10..], [255, 255, 192, 0, 2, 1]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Address {
    /// TCP. An IPv4 address is always shown as one, never as `::ffff:192.0.2.1`.
    Ip(SocketAddr),
    /// A Unix socket.
    Unix,
    /// A stream that the host program handed over, with [`Server::adopt`](crate::Server::adopt).
    Adopted,
}

impl Address {
    /// The IP address, where there is one.
    pub fn ip(self) -> Option<IpAddr> {
        match self {
            Self::Ip(address) => Some(address.ip()),
            Self::Unix | Self::Adopted => None,
        }
    }

    /// The IP address, where there is one, as the bytes of an IPv6 address; an IPv4 address is mapped
    /// into one (RFC 4291, 2.5.5.2).
    pub fn octets(self) -> Option<[u8; 16]> {
        Some(match self.ip()? {
            IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
            IpAddr::V6(ip) => ip.octets(),
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Unix => f.write_str("unix"),
            Self::Adopted => f.write_str("host"),
        }
    }
}
