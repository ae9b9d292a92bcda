//! A UDP socket: what it is bound to, and what it owes.

use std::io;
use std::net::{IpAddr, SocketAddr};

use mio::net::UdpSocket;
use mio::{Interest, Registry, Token};
use socket2::{Domain, Socket, Type};

use crate::protocol::{Moment, Tag};

/// A bound socket, and what it owes.
#[derive(Debug)]
pub(crate) struct DatagramSocket {
    socket: UdpSocket,
    pub(crate) tag: Tag,
    /// It speaks IPv6, and to IPv4 addresses in the form that they have there.
    is_v6: bool,
    /// Cleared only when the system says that nothing is waiting: with edge triggers nothing else
    /// would bring the rest.
    pub(crate) is_ready: bool,
    /// Reading it gave an error that is not one datagram's.
    pub(crate) again_at: Option<Moment>,
}

impl DatagramSocket {
    pub(crate) fn open(
        address: SocketAddr,
        tag: Tag,
        registry: &Registry,
        token: Token,
    ) -> io::Result<(Self, SocketAddr)> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, None)?;
        socket.set_nonblocking(true)?;
        if address.is_ipv6() {
            socket.set_only_v6(!address.ip().is_unspecified())?;
        }
        socket.bind(&address.into())?;
        let mut socket = UdpSocket::from_std(socket.into());
        let bound = socket.local_addr()?;
        registry.register(&mut socket, token, Interest::READABLE)?;
        let opened = Self {
            socket,
            tag,
            is_v6: address.is_ipv6(),
            is_ready: true,
            again_at: None,
        };
        Ok((opened, bound))
    }

    /// Whether there may be something to read.
    pub(crate) fn is_due(&self) -> bool {
        self.is_ready && self.again_at.is_none()
    }

    pub(crate) fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let (count, mut from) = self.socket.recv_from(buffer)?;
        from.set_ip(from.ip().to_canonical());
        Ok((count, from))
    }

    pub(crate) fn send(&self, mut to: SocketAddr, bytes: &[u8]) -> io::Result<usize> {
        if self.is_v6
            && let IpAddr::V4(ip) = to.ip()
        {
            to.set_ip(ip.to_ipv6_mapped().into());
        }
        self.socket.send_to(bytes, to)
    }
}
