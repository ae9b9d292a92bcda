//! Arrivals: from a listener into the slab, or away again in good order.
//!
//! With edge triggers a listener that stops at `EMFILE` is never reported again, so it would be
//! deaf for good. Hence a spare descriptor, which lets the next one in line be told, and another
//! try whenever a connection has closed and after [`RETRY`] at the latest.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use mio::Token;

use super::address::AddressKey;
use super::connection::Connection;
use super::listener::{ListenerSettings, spare_descriptor};
use super::maybe_tls::MaybeTls;
use super::outbox::GENERATIONS;
use super::server::Server;
use super::stream::Stream;
use super::transport::Transport;
use crate::protocol::{
    Address, ConnId, Demand, Moment, Output, Peer, Protocol, Refusal, Tag, Time,
};

/// How long a listener that could not accept waits before it tries again.
const RETRY: Duration = Duration::from_millis(100);

/// Refused connections that are closed with patience at the same time; further ones get their
/// farewell and are closed on the spot.
const REFUSED_LINGERING_MAX: usize = 8;

impl<P: Protocol> Server<P> {
    pub(super) fn can_accept(&self) -> bool {
        self.listeners
            .iter()
            .any(|listener| listener.is_ready && listener.again_at.is_none())
    }

    pub(super) fn accept_again_at(&self) -> Option<Moment> {
        self.listeners.iter().filter_map(|l| l.again_at).min()
    }

    /// A descriptor is free again: whoever waits need not wait for the clock.
    pub(super) fn accept_again_now(&mut self) {
        for listener in &mut self.listeners {
            listener.again_at = None;
        }
    }

    pub(super) fn accept(&mut self, now: Time) {
        for n in 0..self.listeners.len() {
            let listener = &mut self.listeners[n];
            if listener.again_at.is_some_and(|at| at <= now) {
                listener.again_at = None;
            }
            if listener.is_ready && listener.again_at.is_none() {
                self.accept_from(n, now);
            }
        }
    }

    fn accept_from(&mut self, n: usize, now: Time) {
        for _ in 0..self.config.accepts_per_turn {
            let listener = &mut self.listeners[n];
            match listener.listener.accept() {
                Ok((stream, address)) => {
                    let settings = Arc::clone(&listener.settings);
                    self.admit(stream, address, &settings, now);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    listener.is_ready = false;
                    return;
                }
                Err(error) if is_passing(&error) => {}
                Err(error) => {
                    if !self.turn_one_away(n) {
                        log::warn!("cannot accept: {error}; trying again in {RETRY:?}");
                        self.listeners[n].again_at = Some(now + RETRY);
                        return;
                    }
                }
            }
            self.flush_if_full(now);
        }
    }

    /// Lets the next in line in with the spare descriptor, to tell it that there is no room.
    fn turn_one_away(&mut self, n: usize) -> bool {
        if self.spare.take().is_none() {
            self.spare = spare_descriptor();
            return false;
        }
        let listener = &self.listeners[n];
        let settings = Arc::clone(&listener.settings);
        let accepted = listener.listener.accept();
        let went = accepted.is_ok();
        if let Ok((stream, address)) = accepted {
            let line = self.refuse(address, &settings, Refusal::Full);
            farewell(stream, &line);
        }
        self.spare = spare_descriptor();
        went && self.spare.is_some()
    }

    fn admit(
        &mut self,
        stream: Transport,
        address: Address,
        settings: &Arc<ListenerSettings>,
        now: Time,
    ) {
        if settings.is_proxied() && !settings.trusts(address) {
            // Not a word: whoever it is, it is not who may use this listener.
            log::info!("{address} is no proxy to be trusted: closed");
            return;
        }
        let guests = self.connections.len() - self.refused_lingering - self.adopted;
        let refusal = if guests >= self.config.connections_max {
            Refusal::Full
        } else if !settings.is_proxied() && self.is_full_for(address) {
            Refusal::FullForAddress
        } else {
            match self.insert(stream, now) {
                Ok(id) => self.enter(id.index(), settings, address, now),
                Err(error) => log::warn!("cannot serve {address}: {error}"),
            }
            return;
        };
        let line = self.refuse(address, settings, refusal);
        if self.refused_lingering < REFUSED_LINGERING_MAX {
            self.linger_refused(stream, &line, now);
        } else {
            farewell(stream, &line);
        }
    }

    /// Whether an address has as many connections as it may.
    pub(super) fn is_full_for(&self, address: Address) -> bool {
        let key = AddressKey::of(address);
        let here = key.and_then(|key| self.per_address.get(&key)).copied();
        here.is_some_and(|here| here as usize >= self.config.connections_per_address_max)
    }

    /// What someone who is turned away is told: nothing, where plain words would not be understood.
    pub(super) fn refuse(
        &mut self,
        address: Address,
        settings: &ListenerSettings,
        why: Refusal,
    ) -> Vec<u8> {
        log::debug!("{address} refused: {why:?}");
        self.stats.refused += 1;
        let mut line = Vec::new();
        if settings.is_plain() {
            let tag = settings.tag;
            self.protocol
                .refused(&Peer::new(tag, address), why, &mut line);
        }
        line
    }

    /// The life of a connection that came by no listener begins.
    pub(super) fn open(&mut self, stream: Transport, tag: Tag, now: Time) -> io::Result<ConnId> {
        let id = self.insert(stream, now)?;
        self.connections[id.index()].was_adopted = true;
        self.adopted += 1;
        self.stats.accepted += 1;
        let address = Address::Adopted;
        self.notify_opened(id.index(), &Peer::new(tag, address), now);
        self.settle(id.index(), now);
        Ok(id)
    }

    /// The protocol meets a connection.
    pub(super) fn notify_opened(&mut self, index: usize, peer: &Peer, now: Time) {
        let connection = &mut self.connections[index];
        let id = connection.id;
        log::debug!("{id} from {}", peer.address);
        connection.demand = self.protocol.opened(id, peer, now, &mut self.outbox);
        self.take_closings();
    }

    fn insert(&mut self, stream: Transport, now: Time) -> io::Result<ConnId> {
        let index = self.connections.vacant_key();
        let id = self.next_id(u32::try_from(index).map_err(io::Error::other)?);
        let mut connection = Connection::new(MaybeTls::plain(stream), id, now);
        let socket = &mut connection.stream.socket;
        socket.register(self.poll.registry(), Token(index))?;
        self.connections.insert(connection);
        self.outbox.open(id);
        Ok(id)
    }

    /// An id that no connection has had.
    pub(super) fn next_id(&mut self, index: u32) -> ConnId {
        self.generation = (self.generation + 1) % GENERATIONS;
        ConnId::new(index, self.generation)
    }

    /// A refused peer never meets the protocol: it is a connection that is closing from the start.
    fn linger_refused(&mut self, stream: Transport, line: &[u8], now: Time) {
        let Ok(id) = self.insert(stream, now) else {
            return;
        };
        self.refused_lingering += 1;
        self.outbox.reply(id, line);
        self.outbox.seal(id);
        let connection = &mut self.connections[id.index()];
        connection.was_refused = true;
        connection.demand = Demand::More;
        connection.close(crate::error::CloseReason::Asked);
        self.ending.push(id.index() as u32);
    }
}

/// Errors of one peer, not of the listener.
fn is_passing(error: &io::Error) -> bool {
    use ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | Interrupted
    )
}

/// The best that can be done without keeping the descriptor: what the peer has sent already is read,
/// since unread input would turn the close into a reset and lose the line.
fn farewell(mut stream: Transport, line: &[u8]) {
    let _ = stream.write(line);
    let _ = stream.shutdown_write();
    let mut sink = [0; 4096];
    for _ in 0..4 {
        if !matches!(stream.read(&mut sink), Ok(n) if n > 0) {
            break;
        }
    }
}

#[cfg(test)]
mod tests;
