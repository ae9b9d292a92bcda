//! Leads connections from a listener to the protocol, or refuses them in good order.
//!
//! ```text
//!  accept ─┬─ no descriptor is left ────────▶ farewell, closed            turn_overflow_away
//!          ├─ no proxy that is trusted ─────▶ closed without a word
//!          ├─ over a limit ─────────────────▶ farewell, lingers           turn_away
//!          └─ insert ─▶ proxy header ─▶ first bytes ─▶ TLS ─▶ open_pending ─▶ the protocol's `opened`
//!                            │               │          │
//!                            └───────────────┴──────────┴─▶ drop_pending, or close_pending
//! ```
//!
//! The stages in the last row are those of `handshake`, and each may be left out. A connection that ends
//! before `opened` has no `closed` either: the protocol has never met it.

use std::io::{self, Read, Write};

use super::connection::{Filled, Phase};
use super::connections::CameBy;
use super::handshake::{HandshakeStage, PendingConnection, TlsHello, hello};
use super::listener::{Accepted, Incoming, ListenerSettings};
use super::proxy::{self, Header};
use super::server::Server;
use super::stream::Stream;
use super::tls::Handshake;
use super::transport::Transport;
use crate::error::CloseReason;
use crate::protocol::{Address, ConnId, Output, Peer, Protocol, RejectReason, Tag, Time};

/// Number of refused connections that may linger at the same time. Further ones get their farewell and
/// are closed at once. Each holds a descriptor, and the command leaves some two dozen in all for everything
/// that is no guest.
const REFUSED_LINGERING_MAX: usize = 8;

/// Bytes read at once from a connection that the protocol is not told of yet: enough for a header or a
/// hello. The bytes are kept, so thousands of connections that come at once must not be able to bring
/// much more.
const FIRST_BYTES_MAX: usize = 4 << 10;

impl<P: Protocol> Server<P> {
    /// Accepts connections from every listener, up to its share of a turn.
    pub(super) fn accept(&mut self, now: Time) {
        for n in 0..self.listeners.len() {
            for _ in 0..self.config.accepts_per_turn {
                match self.listeners.accept(n, now) {
                    Accepted::Incoming(incoming) => self.admit(incoming, now),
                    Accepted::Overflow(incoming) => {
                        self.turn_overflow_away(incoming, now);
                        self.listeners.reopen_spare();
                    }
                    Accepted::Aborted => {}
                    Accepted::Nobody => break,
                }
                self.flush_if_full(now);
            }
        }
    }

    /// Refuses a connection for which there is no descriptor.
    fn turn_overflow_away(&mut self, incoming: Incoming, now: Time) {
        let (settings, address) = (&incoming.settings, incoming.address);
        if !settings.is_proxied() || settings.trusts(address) {
            let line = self.refuse(&incoming.peer(now), settings, RejectReason::Full);
            farewell(incoming.stream, &line);
        }
    }

    /// Takes a connection in, or turns it away. Trust comes before the limits, because a peer that is not
    /// trusted is due no word about them. The limit of an address is looked at here for peers that speak for
    /// themselves; a proxy's own address says nothing about its client, which is counted in
    /// [`Self::read_header`].
    fn admit(&mut self, incoming: Incoming, now: Time) {
        let peer = incoming.peer(now);
        let Incoming {
            stream,
            settings,
            address,
        } = incoming;
        if settings.is_proxied() && !settings.trusts(address) {
            // There is no farewell: the peer is not one that may use this listener.
            log::info!("{address} is no proxy to be trusted: closed");
        } else if self.connections.guests() >= self.config.connections_max {
            let line = self.refuse(&peer, &settings, RejectReason::Full);
            self.turn_away(stream, &line, now);
        } else if !settings.is_proxied() && self.is_full_for(address) {
            let line = self.refuse(&peer, &settings, RejectReason::FullForAddress);
            self.turn_away(stream, &line, now);
        } else {
            match self.insert(stream, CameBy::Guest, now) {
                Ok(id) => {
                    let within = self.config.handshake;
                    let pending = PendingConnection::new(settings, address, now, within);
                    self.begin_handshake(id.index(), pending, now);
                }
                Err(error) => log::warn!("cannot serve {address}: {error}"),
            }
        }
    }

    fn is_full_for(&self, address: Address) -> bool {
        let max = self.config.connections_per_address_max;
        self.connections.is_full_for(address, max)
    }

    /// Counts a refusal. Returns the farewell for the peer, which is empty where plain text would not be
    /// understood.
    fn refuse(&mut self, peer: &Peer, settings: &ListenerSettings, why: RejectReason) -> Vec<u8> {
        log::debug!("{} refused: {why:?}", peer.address);
        self.stats.refused += 1;
        let mut line = Vec::new();
        if settings.is_plain() {
            self.protocol.refused(peer, why, &mut line);
        }
        line
    }

    /// Closes a refused connection after its farewell: it lingers, unless too many refused ones do
    /// already.
    fn turn_away(&mut self, stream: Transport, line: &[u8], now: Time) {
        if self.connections.refused() >= REFUSED_LINGERING_MAX {
            return farewell(stream, line);
        }
        if let Ok(id) = self.insert(stream, CameBy::Refused, now) {
            self.close_pending(id.index(), line);
        }
    }

    /// Gives a connection its place. It is registered first: a stream that the system refuses to watch
    /// takes no place and no id.
    fn insert(&mut self, mut stream: Transport, kind: CameBy, now: Time) -> io::Result<ConnId> {
        let token = self.connections.next_token();
        stream.register(self.poll.registry(), token)?;
        let id = self.connections.insert(stream, kind, now);
        self.outbox.open(id);
        Ok(id)
    }

    /// Opens a connection that came by no listener.
    pub(super) fn open(&mut self, stream: Transport, tag: Tag, now: Time) -> io::Result<ConnId> {
        let id = self.insert(stream, CameBy::Adopted, now)?;
        self.notify_opened(id.index(), &Peer::new(tag, Address::Adopted, now), now);
        self.connections.reschedule(id.index(), now);
        Ok(id)
    }

    /// Begins the handshake of a connection that came by a listener, or opens it if it needs none. Only a
    /// handshake is put into a box: without a certificate and a proxy, an accept allocates nothing for one.
    fn begin_handshake(&mut self, index: usize, mut pending: PendingConnection, now: Time) {
        let is_proxied = pending.settings.is_proxied();
        if !is_proxied {
            self.connections.count_for(index, pending.address);
            pending.await_first_bytes(now, 0);
        }
        let has_certificate = self.tls.has_certificate();
        if is_proxied || pending.settings.may_be_encrypted(has_certificate) {
            self.connections[index].pending = Some(Box::new(pending));
        } else {
            self.notify_opened(index, &pending.peer(), now);
        }
        self.connections.reschedule(index, now);
    }

    /// Handles one turn's share of a handshake, when bytes have come or may have.
    pub(super) fn continue_handshake(&mut self, index: usize, now: Time) {
        let connection = &mut self.connections[index];
        let Some(pending) = &connection.pending else {
            return;
        };
        let stage = pending.stage;
        if stage == HandshakeStage::Tls {
            return self.shake_hands(index, now);
        }
        let room = FIRST_BYTES_MAX.min(self.buffer.len());
        match connection.fill(&mut self.buffer[..room]) {
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

    /// Reads a proxy's header, if it is complete. Bytes behind it are the client's, and stay for the next
    /// stage: they may have come in the same segment.
    fn read_header(&mut self, index: usize, now: Time) {
        let Some(pending) = &mut self.connections[index].pending else {
            return;
        };
        let (length, whom) = match proxy::parse(pending.bytes()) {
            Header::Partial => return,
            Header::Bad(why) => {
                log::info!("{} sent a bad PROXY header: {why}", pending.address);
                return self.drop_pending(index, why);
            }
            Header::Whole(length, whom) => (length, whom),
        };
        pending.address = whom.unwrap_or(pending.address);
        let (peer, settings) = (pending.peer(), pending.settings.clone());
        if self.is_full_for(peer.address) {
            let line = self.refuse(&peer, &settings, RejectReason::FullForAddress);
            // From here on the connection does not count as a guest, while it lingers.
            let is_one_too_many = self.connections.refused() >= REFUSED_LINGERING_MAX;
            self.connections.note_refused(index);
            self.close_pending(index, &line);
            if is_one_too_many {
                self.flush_one(index, now);
                self.connections[index].phase = Phase::Gone;
            }
            return;
        }
        self.connections.count_for(index, peer.address);
        if let Some(pending) = &mut self.connections[index].pending {
            pending.await_first_bytes(now, length);
        }
        match settings.may_be_encrypted(self.tls.has_certificate()) {
            true => self.read_first_bytes(index, now),
            false => self.open_plain(index, now),
        }
    }

    /// Begins TLS if the bytes so far are a hello; if they cannot be one, opens the connection as plain
    /// or drops it.
    fn read_first_bytes(&mut self, index: usize, now: Time) {
        let connection = &mut self.connections[index];
        let Some(pending) = &mut connection.pending else {
            return;
        };
        match hello(pending.bytes()) {
            TlsHello::Unclear => {}
            TlsHello::Yes => match self.tls.begin(pending.begin_tls()) {
                Ok(session) => {
                    connection.stream.encrypt(session);
                    self.shake_hands(index, now);
                }
                Err(error) => self.drop_pending(index, &error),
            },
            TlsHello::No if pending.may_be_plain() => self.open_plain(index, now),
            TlsHello::No => self.drop_pending(index, "it does not speak TLS"),
        }
    }

    /// Takes one step of a TLS handshake. A step may be a signature of several milliseconds, so steps have a
    /// time for each turn, and the rest of them wait.
    fn shake_hands(&mut self, index: usize, now: Time) {
        let connection = &mut self.connections[index];
        let Some(state) = self.tls.in_time(|| connection.stream.shake_hands()) else {
            // The connection keeps its place on the ready list, before those that come later.
            connection.readable = true;
            return;
        };
        match state {
            Handshake::Waits => connection.readable = false,
            Handshake::Done => {
                // Bytes that came with the last message of the handshake may be here already, and no
                // event will announce them.
                connection.readable = true;
                if let Some(pending) = &mut connection.pending {
                    pending.finish_tls(now);
                }
                self.open_pending(index, now);
            }
            Handshake::Failed => {
                log::debug!("{} failed to agree on TLS", connection.id);
                connection.stream.give_up();
                self.tell_refused(index);
                self.close_pending(index, b"");
            }
        }
    }

    /// Ends a handshake whose time is over, or whose stream has ended. A connection that has not become
    /// a TLS one is opened as plain where that is allowed, and dropped otherwise.
    pub(super) fn end_handshake(&mut self, index: usize, why: &str, now: Time) {
        let connection = &self.connections[index];
        match &connection.pending {
            Some(pending) if pending.is_plain_at_its_end(connection.end.is_some()) => {
                self.open_plain(index, now);
            }
            _ => self.drop_pending(index, why),
        }
    }

    /// Tells the protocol of a plain connection, and at once shows it the bytes that the peer has sent.
    fn open_plain(&mut self, index: usize, now: Time) {
        let bytes = self.open_pending(index, now);
        let connection = &mut self.connections[index];
        if connection.phase != Phase::Open {
            return;
        }
        let has_input = connection.end.is_some() || !bytes.is_empty();
        connection.unread = bytes;
        if has_input && !connection.is_held_up() {
            self.deliver_input(index, 0, now);
        }
    }

    /// Tells the protocol of a connection. Returns the bytes that were read and are for the protocol.
    fn open_pending(&mut self, index: usize, now: Time) -> Vec<u8> {
        let Some(mut pending) = self.connections[index].pending.take() else {
            return Vec::new();
        };
        self.notify_opened(index, &pending.peer(), now);
        pending.take_bytes()
    }

    /// Tells the protocol that a connection is open, and notes its demand.
    pub(super) fn notify_opened(&mut self, index: usize, peer: &Peer, now: Time) {
        let connection = &mut self.connections[index];
        let id = connection.id;
        log::debug!("{id} from {}", peer.address);
        self.stats.accepted += 1;
        connection.demand = self.protocol.opened(id, peer, now, &mut self.outbox);
        self.take_closings();
    }

    /// Closes a connection that the protocol was never told of, without a farewell.
    fn drop_pending(&mut self, index: usize, why: &str) {
        let connection = &mut self.connections[index];
        log::debug!("{} is not let in: {why}", connection.id);
        connection.phase = Phase::Gone;
        self.tell_refused(index);
    }

    /// Closes such a connection in good order, with `line` as its farewell.
    fn close_pending(&mut self, index: usize, line: &[u8]) {
        let id = self.connections[index].id;
        self.connections.close(index, CloseReason::Asked);
        self.outbox.reply(id, line);
        self.outbox.seal(id);
    }

    /// Tells the protocol of a peer that is refused for want of TLS.
    fn tell_refused(&mut self, index: usize) {
        if let Some(pending) = &self.connections[index].pending
            && let Some(why) = pending.refusal()
        {
            self.protocol.refused(&pending.peer(), why, &mut Vec::new());
        }
    }
}

/// Sends a farewell and closes, without keeping the descriptor. Input that the peer has sent already is
/// read, since unread input would turn the close into a reset and lose the line.
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
