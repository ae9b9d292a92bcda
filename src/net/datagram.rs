//! Datagrams: UDP sockets on the same loop. In within a budget, out at once or dropped: nothing waits.

use std::io::{self, ErrorKind};
use std::time::Duration;

use super::server::Server;
use super::udp::DatagramSocket;
use crate::protocol::{Correspondent, Moment, Protocol, Time};

/// Datagrams taken from one socket in one turn.
const DATAGRAMS_PER_TURN: usize = 64;

/// How long a socket that gave an error waits before it is read again.
const RETRY: Duration = Duration::from_millis(100);

impl<P: Protocol> Server<P> {
    pub(super) fn can_receive(&self) -> bool {
        self.stopping.is_none() && self.datagrams.iter().any(DatagramSocket::is_due)
    }

    pub(super) fn receive_again_at(&self) -> Option<Moment> {
        self.datagrams.iter().filter_map(|it| it.again_at).min()
    }

    /// Every socket's share of a turn. A server that is stopping answers nobody new.
    pub(super) fn receive_datagrams(&mut self, now: Time) {
        for n in 0..self.datagrams.len() {
            let socket = &mut self.datagrams[n];
            socket.again_at = socket.again_at.filter(|at| *at > now);
            if self.stopping.is_none() && socket.is_due() {
                self.receive_from(n, now);
            }
        }
    }

    fn receive_from(&mut self, n: usize, now: Time) {
        for _ in 0..DATAGRAMS_PER_TURN {
            let socket = &mut self.datagrams[n];
            match socket.receive(&mut self.buffer) {
                Ok((count, address)) => {
                    let from = Correspondent::new(socket.tag, address, n as u32);
                    let bytes = &self.buffer[..count];
                    self.protocol.datagram(from, bytes, now, &mut self.outbox);
                    self.take_closings();
                    self.flush_if_full(now);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    socket.is_ready = false;
                    return;
                }
                Err(error) if is_passing(&error) => {}
                Err(error) => {
                    log::warn!("cannot receive datagrams: {error}; trying again in {RETRY:?}");
                    socket.again_at = Some(now + RETRY);
                    return;
                }
            }
        }
    }

    /// One try each. A datagram may be lost on any way, so to drop it here is as good as later; to
    /// keep it would be a queue that strangers fill.
    pub(super) fn send_datagrams(&mut self) {
        for (to, bytes) in self.outbox.datagrams() {
            let sent = match self.datagrams.get(to.socket() as usize) {
                Some(socket) => retry_interrupted(|| socket.send(to.address, bytes)),
                None => Err(ErrorKind::NotFound.into()),
            };
            if let Err(error) = sent {
                log::debug!("a datagram to {} is dropped: {error}", to.address);
                self.stats.datagrams_dropped += 1;
            }
        }
    }
}

/// Errors of one datagram, not of the socket: some systems report here that an earlier answer found
/// nobody.
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
