//! From a listener into the slab and to the protocol, or away again in good order.
//!
//! With edge triggers a listener that stops at `EMFILE` is never reported again, so it would be
//! deaf for good. Hence a spare descriptor, which lets the next one in line be told, and another
//! try whenever a connection has closed and after [`RETRY`] at the latest.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use mio::Token;

use super::address::AddressKey;
use super::connection::{Connection, Filled, Phase};
use super::handshake::{HandshakeStage, Hello, PendingConnection, hello};
use super::listener::{ListenerSettings, spare_descriptor};
use super::maybe_tls::MaybeTls;
use super::outbox::GENERATIONS;
use super::proxy::{self, Header};
use super::server::Server;
use super::stream::Stream;
use super::tls::Handshake;
use super::transport::Transport;
use crate::error::CloseReason;
use crate::protocol::{Address, ConnId, Moment, Output, Peer, Protocol, Refusal, Tag, Time};

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
                    if !self.turn_one_away(n, now) {
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
    fn turn_one_away(&mut self, n: usize, now: Time) -> bool {
        if self.spare.take().is_none() {
            self.spare = spare_descriptor();
            return false;
        }
        let listener = &self.listeners[n];
        let settings = Arc::clone(&listener.settings);
        let accepted = listener.listener.accept();
        let went = accepted.is_ok();
        if let Ok((stream, address)) = accepted {
            let peer = Peer::new(settings.tag, address, now);
            let line = self.refuse(&peer, &settings, Refusal::Full);
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
                Ok(id) => self.begin_handshake(id.index(), settings, address, now),
                Err(error) => log::warn!("cannot serve {address}: {error}"),
            }
            return;
        };
        let peer = Peer::new(settings.tag, address, now);
        let line = self.refuse(&peer, settings, refusal);
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
        peer: &Peer,
        settings: &ListenerSettings,
        why: Refusal,
    ) -> Vec<u8> {
        log::debug!("{} refused: {why:?}", peer.address);
        self.stats.refused += 1;
        let mut line = Vec::new();
        if settings.is_plain() {
            self.protocol.refused(peer, why, &mut line);
        }
        line
    }

    /// A connection that has its place in the slab comes in by a listener.
    fn begin_handshake(
        &mut self,
        index: usize,
        settings: &Arc<ListenerSettings>,
        address: Address,
        now: Time,
    ) {
        let is_proxied = settings.is_proxied();
        if !is_proxied {
            self.take_place(index, address);
        }
        if !is_proxied && !settings.may_be_encrypted(self.tls.has_certificate()) {
            self.notify_opened(index, &Peer::new(settings.tag, address, now), now);
        } else {
            let within = self.config.handshake;
            let pending = PendingConnection::new(Arc::clone(settings), address, now, within);
            let pending = self.connections[index].pending.insert(Box::new(pending));
            if !is_proxied {
                pending.await_first_bytes(now, 0);
            }
        }
        self.settle(index, now);
    }

    fn take_place(&mut self, index: usize, address: Address) {
        let connection = &mut self.connections[index];
        connection.address = AddressKey::of(address);
        if let Some(key) = connection.address {
            *self.per_address.entry(key).or_default() += 1;
        }
    }

    /// One turn's share of a handshake: something came, or may have.
    pub(super) fn continue_handshake(&mut self, index: usize, now: Time) {
        let connection = &mut self.connections[index];
        let Some(pending) = &connection.pending else {
            return;
        };
        let stage = pending.stage;
        if stage == HandshakeStage::Tls {
            return self.shake_hands(index, now);
        }
        match connection.fill(&mut self.buffer) {
            Filled::Bytes(count) => {
                if let Some(pending) = &mut connection.pending {
                    pending.add(&self.buffer[..count], now, self.config.handshake);
                }
            }
            Filled::WouldBlock if connection.is_late_for_handshake(now) => {
                return self.end_handshake(index, "it took too long", now);
            }
            Filled::WouldBlock => return,
            Filled::End(reason) => return self.end_handshake(index, &reason.to_string(), now),
        }
        match stage {
            HandshakeStage::ProxyHeader => self.read_header(index, now),
            _ => self.read_first_bytes(index, now),
        }
    }

    fn read_header(&mut self, index: usize, now: Time) {
        let Some(pending) = &mut self.connections[index].pending else {
            return;
        };
        let (length, whom) = match proxy::parse(pending.bytes()) {
            Header::Partial => return,
            Header::Bad(why) => {
                log::info!("{} sent a bad PROXY header: {why}", pending.address);
                return self.drop_pending(index, why, now);
            }
            Header::Whole(length, whom) => (length, whom),
        };
        let whom = whom.unwrap_or(pending.address);
        pending.address = whom;
        let settings = Arc::clone(&pending.settings);
        if self.is_full_for(whom) {
            let line = self.refuse(
                &Peer::new(settings.tag, whom, now),
                &settings,
                Refusal::FullForAddress,
            );
            return self.part_early(index, &line);
        }
        self.take_place(index, whom);
        if let Some(pending) = &mut self.connections[index].pending {
            pending.await_first_bytes(now, length);
        }
        match settings.may_be_encrypted(self.tls.has_certificate()) {
            true => self.read_first_bytes(index, now),
            false => self.open_plain(index, now),
        }
    }

    /// Looks at what has come: is it a hello?
    fn read_first_bytes(&mut self, index: usize, now: Time) {
        let connection = &mut self.connections[index];
        let Some(pending) = &mut connection.pending else {
            return;
        };
        match hello(pending.bytes()) {
            Hello::Unclear => {}
            Hello::Yes => match self.tls.begin(pending.begin_tls()) {
                Ok(session) => {
                    connection.stream.encrypt(session);
                    self.shake_hands(index, now);
                }
                Err(error) => self.drop_pending(index, &error, now),
            },
            Hello::No if pending.may_be_plain() => self.open_plain(index, now),
            Hello::No => self.drop_pending(index, "it does not speak TLS", now),
        }
    }

    fn shake_hands(&mut self, index: usize, now: Time) {
        let connection = &mut self.connections[index];
        let Some(state) = self.tls.in_time(|| connection.stream.shake_hands()) else {
            // It keeps its place on the ready list, before those who come later.
            connection.readable = true;
            return;
        };
        match state {
            Handshake::Waits => connection.readable = false,
            Handshake::Done => {
                // What came with its last message may be here already: no event will tell.
                connection.readable = true;
                self.open_pending(index, now);
            }
            Handshake::Failed => {
                log::debug!("{} failed to agree on TLS", connection.id);
                connection.stream.give_up();
                self.tell_refused(index, now);
                self.part_early(index, b"");
            }
        }
    }

    /// Its time is over, or its stream: what never became a hello is plain.
    pub(super) fn end_handshake(&mut self, index: usize, why: &str, now: Time) {
        let connection = &self.connections[index];
        let is_plain = connection
            .pending
            .as_ref()
            .is_some_and(|pending| match connection.end {
                Some(_) => pending.may_be_plain(),
                None => pending.is_silent_and_may_be_plain(),
            });
        match is_plain {
            true => self.open_plain(index, now),
            false => self.drop_pending(index, why, now),
        }
    }

    /// The protocol is told of a plain connection, and at once shown what it has sent.
    fn open_plain(&mut self, index: usize, now: Time) {
        let bytes = self.open_pending(index, now);
        let connection = &mut self.connections[index];
        connection.unread = bytes;
        let is_ended = connection.end.is_some();
        if connection.phase == Phase::Open && (is_ended || !connection.unread.is_empty()) {
            self.offer(index, 0, now);
        }
    }

    /// The protocol is told of a connection. Gives back what was read and is for the protocol.
    fn open_pending(&mut self, index: usize, now: Time) -> Vec<u8> {
        let Some(mut pending) = self.connections[index].pending.take() else {
            return Vec::new();
        };
        self.notify_opened(index, &pending.peer(now), now);
        pending.take_bytes()
    }

    /// A connection is let in.
    pub(super) fn notify_opened(&mut self, index: usize, peer: &Peer, now: Time) {
        let connection = &mut self.connections[index];
        let id = connection.id;
        log::debug!("{id} from {}", peer.address);
        self.stats.accepted += 1;
        connection.demand = self.protocol.opened(id, peer, now, &mut self.outbox);
        self.take_closings();
    }

    /// Closes what the protocol was never told of, without a word to the peer.
    fn drop_pending(&mut self, index: usize, why: &str, now: Time) {
        let connection = &mut self.connections[index];
        if let Some(pending) = &connection.pending {
            log::debug!(
                "{} from {} is not let in: {why}",
                connection.id,
                pending.address
            );
        }
        connection.phase = Phase::Gone;
        self.tell_refused(index, now);
    }

    /// Closes it in good order, with a last word.
    fn part_early(&mut self, index: usize, line: &[u8]) {
        let connection = &mut self.connections[index];
        let id = connection.id;
        connection.close(CloseReason::Asked);
        self.outbox.reply(id, line);
        self.outbox.seal(id);
        self.ending.push(index as u32);
    }

    /// Tells the protocol of somebody who is not let in for want of TLS.
    fn tell_refused(&mut self, index: usize, now: Time) {
        if let Some(pending) = &self.connections[index].pending
            && let Some(why) = pending.refusal()
        {
            self.protocol
                .refused(&pending.peer(now), why, &mut Vec::new());
        }
    }

    /// The life of a connection that came by no listener begins.
    pub(super) fn open(&mut self, stream: Transport, tag: Tag, now: Time) -> io::Result<ConnId> {
        let id = self.insert(stream, now)?;
        self.connections[id.index()].was_adopted = true;
        self.adopted += 1;
        self.notify_opened(id.index(), &Peer::new(tag, Address::Adopted, now), now);
        self.settle(id.index(), now);
        Ok(id)
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
        connection.close(CloseReason::Asked);
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
