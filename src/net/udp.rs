//! UDP sockets on the same loop. A datagram is sent at once or dropped: nothing waits.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use mio::net::UdpSocket;
use mio::{Interest, Registry, Token};
use socket2::{Domain, Socket, Type};

use crate::protocol::{Monotonic, Tag, Time, UdpPeer};

/// Number of datagrams taken from one socket in one turn, at most: others come first then, and the socket
/// stays marked as ready, since an edge is reported once.
pub(crate) const DATAGRAMS_PER_TURN: usize = 64;

/// Time that a socket that gave an error waits before it is read again.
const RETRY: Duration = Duration::from_millis(100);

/// A bound socket, with its tag and its readiness.
#[derive(Debug)]
struct DatagramSocket {
    socket: UdpSocket,
    tag: Tag,
    /// The socket speaks IPv6, and sends to IPv4 addresses in their mapped form.
    is_v6: bool,
    /// Cleared only when the system says that no datagram is waiting: with edge triggers nothing else
    /// would bring the rest.
    is_ready: bool,
    /// Time at which to read again, after an error that was not that of one datagram.
    again_at: Option<Monotonic>,
}

impl DatagramSocket {
    /// Returns whether there may be something to read.
    fn is_due(&self) -> bool {
        self.is_ready && self.again_at.is_none()
    }

    fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let (count, mut from) = self.socket.recv_from(buffer)?;
        from.set_ip(from.ip().to_canonical());
        Ok((count, from))
    }

    fn send(&self, mut to: SocketAddr, bytes: &[u8]) -> io::Result<usize> {
        if self.is_v6
            && let IpAddr::V4(ip) = to.ip()
        {
            to.set_ip(ip.to_ipv6_mapped().into());
        }
        self.socket.send_to(bytes, to)
    }
}

/// All UDP sockets.
#[derive(Debug, Default)]
pub(crate) struct UdpSockets {
    sockets: Vec<DatagramSocket>,
    is_stopped: bool,
}

impl UdpSockets {
    pub(crate) fn len(&self) -> usize {
        self.sockets.len()
    }

    /// Opens one more socket. Returns its address.
    pub(crate) fn bind(
        &mut self,
        address: SocketAddr,
        tag: Tag,
        registry: &Registry,
        token: Token,
    ) -> io::Result<SocketAddr> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, None)?;
        socket.set_nonblocking(true)?;
        if address.is_ipv6() {
            socket.set_only_v6(!address.ip().is_unspecified())?;
        }
        socket.bind(&address.into())?;
        let mut socket = UdpSocket::from_std(socket.into());
        let bound = socket.local_addr()?;
        registry.register(&mut socket, token, Interest::READABLE)?;
        self.sockets.push(DatagramSocket {
            socket,
            tag,
            is_v6: address.is_ipv6(),
            is_ready: true,
            again_at: None,
        });
        Ok(bound)
    }

    pub(crate) fn note_ready(&mut self, n: usize) {
        if let Some(socket) = self.sockets.get_mut(n) {
            socket.is_ready = true;
        }
    }

    pub(crate) fn can_receive(&self) -> bool {
        !self.is_stopped && self.sockets.iter().any(DatagramSocket::is_due)
    }

    pub(crate) fn retry_at(&self) -> Option<Monotonic> {
        self.sockets.iter().filter_map(|it| it.again_at).min()
    }

    /// Receives nothing from here on; answers are still sent.
    pub(crate) fn stop_receiving(&mut self) {
        self.is_stopped = true;
        for socket in &mut self.sockets {
            socket.again_at = None;
        }
    }

    /// The next datagram of one socket: its length, and its sender.
    pub(crate) fn receive(
        &mut self,
        n: usize,
        buffer: &mut [u8],
        now: Time,
    ) -> Option<(usize, UdpPeer)> {
        let socket = &mut self.sockets[n];
        socket.again_at = socket.again_at.filter(|at| *at > now);
        // Bounded, because errors of single datagrams may come without an end as well.
        for _ in 0..DATAGRAMS_PER_TURN {
            if self.is_stopped || !socket.is_due() {
                break;
            }
            match socket.receive(buffer) {
                Ok((count, address)) => {
                    return Some((count, UdpPeer::new(socket.tag, address, n as u32)));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => socket.is_ready = false,
                Err(error) if is_passing(&error) => {}
                Err(error) => {
                    log::warn!("cannot receive datagrams: {error}; trying again in {RETRY:?}");
                    socket.again_at = Some(now + RETRY);
                }
            }
        }
        None
    }

    /// Sends a datagram by the socket that received the one it answers, in one attempt. A datagram may
    /// be lost anywhere on its way, so dropping it here is no worse than later; keeping it would make a
    /// queue that strangers fill.
    pub(crate) fn send(&self, to: UdpPeer, bytes: &[u8]) -> io::Result<()> {
        let socket = self.sockets.get(to.socket() as usize);
        let socket = socket.ok_or(ErrorKind::NotFound)?;
        retry_interrupted(|| socket.send(to.address, bytes)).map(drop)
    }
}

/// Returns whether an error is that of one datagram, not of the socket: some systems report here that an
/// earlier answer reached no receiver.
fn is_passing(error: &io::Error) -> bool {
    use ErrorKind::{ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionRefused | ConnectionReset | Interrupted
    )
}

fn retry_interrupted(mut send: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match send() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests;
