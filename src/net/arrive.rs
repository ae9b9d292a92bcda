//! Between a listener and the protocol: a proxy's header, a TLS hello, a handshake, in their time.
//!
//! A connection that has a [`PendingConnection`] has not met the protocol, with one exception: where TLS is
//! only offered, a person may come in plain and wait to be greeted, so the protocol meets everyone at
//! once. If the first bytes then are a TLS hello, and nothing was sent, that meeting is taken back:
//! for the protocol that connection is closed, and another one opened when the handshake is done.
//! So it sees what is inside as the first bytes of a fresh connection, with all its time for them.

use std::sync::Arc;

use super::address::AddressKey;
use super::connection::{Filled, Phase};
use super::handshake::{HandshakeStage, Hello, PendingConnection, hello};
use super::listener::{Encryption, ListenerSettings};
use super::proxy::{self, Header};
use super::server::Server;
use crate::error::CloseReason;
use crate::protocol::{Address, Output, Peer, Protocol, Refusal, Time};

use super::tls::Handshake;

impl<P: Protocol> Server<P> {
    /// A connection that has its place in the slab comes in by a listener.
    pub(super) fn enter(
        &mut self,
        index: usize,
        settings: &Arc<ListenerSettings>,
        address: Address,
        now: Time,
    ) {
        let is_proxied = settings.is_proxied();
        if !is_proxied {
            self.take_place(index, address);
            if !self.may_be_encrypted(settings) {
                self.stats.accepted += 1;
                let tag = settings.tag;
                self.notify_opened(index, &Peer::new(tag, address), now);
                return self.settle(index, now);
            }
        }
        let pending = PendingConnection {
            settings: Arc::clone(settings),
            address,
            stage: HandshakeStage::Header,
            by: now + self.config.handshake,
            bytes: Vec::new(),
            was_met: false,
        };
        self.connections[index].pending = Some(Box::new(pending));
        if !is_proxied {
            self.pass_header(index, now);
        }
        self.settle(index, now);
    }

    fn may_be_encrypted(&self, settings: &ListenerSettings) -> bool {
        match settings.encryption() {
            Encryption::Offered => self.tls.has_certificate(),
            Encryption::Required => true,
            Encryption::Off => false,
        }
    }

    fn take_place(&mut self, index: usize, address: Address) {
        let connection = &mut self.connections[index];
        connection.address = AddressKey::of(address);
        if let Some(key) = connection.address {
            *self.per_address.entry(key).or_default() += 1;
        }
    }

    /// One turn's share of an pending: something came, or may have.
    pub(super) fn arrive(&mut self, index: usize, now: Time) {
        let connection = &mut self.connections[index];
        let Some(pending) = &mut connection.pending else {
            return;
        };
        if pending.stage == HandshakeStage::Handshake {
            return self.shake_hands(index, now);
        }
        let step = pending.stage;
        match connection.fill(&mut self.buffer) {
            Filled::Bytes(count) => {
                let bytes = &self.buffer[..count];
                if let Some(pending) = &mut connection.pending {
                    pending.bytes.extend_from_slice(bytes);
                }
            }
            Filled::WouldBlock => return,
            Filled::End(reason) => return self.end_early(index, reason, now),
        }
        match step {
            HandshakeStage::Header => self.read_header(index, now),
            HandshakeStage::Hello => self.look(index, now),
            HandshakeStage::Met | HandshakeStage::Handshake => {}
        }
    }

    /// It ended before it had arrived.
    fn end_early(&mut self, index: usize, reason: CloseReason, now: Time) {
        if let Some(pending) = &self.connections[index].pending
            && pending.stage == HandshakeStage::Hello
            && pending.settings.is_plain()
        {
            // It never became a hello: let the protocol see what it was.
            return self.meet_with_bytes(index, now);
        }
        self.drop_arrival(index, &reason.to_string());
    }

    /// Closes what never met the protocol, without a word to it.
    pub(super) fn drop_arrival(&mut self, index: usize, why: &str) {
        let connection = &mut self.connections[index];
        let address = connection.pending.as_ref().map(|a| a.address);
        if let Some(address) = address {
            log::debug!("{} from {address} did not arrive: {why}", connection.id);
        }
        connection.phase = Phase::Gone;
        self.tell_of_arrival(index);
    }

    fn read_header(&mut self, index: usize, now: Time) {
        let Some(pending) = &mut self.connections[index].pending else {
            return;
        };
        let (length, whom) = match proxy::parse(&pending.bytes) {
            Header::Partial => return,
            Header::Bad(why) => {
                log::info!("{} sent a bad PROXY header: {why}", pending.address);
                return self.drop_arrival(index, why);
            }
            Header::Whole(length, whom) => (length, whom),
        };
        pending.bytes.drain(..length);
        let whom = whom.unwrap_or(pending.address);
        pending.address = whom;
        let settings = Arc::clone(&pending.settings);
        if self.is_full_for(whom) {
            let line = self.refuse(whom, &settings, Refusal::FullForAddress);
            return self.part_early(index, &line);
        }
        self.take_place(index, whom);
        self.pass_header(index, now);
    }

    /// Closes what never met the protocol in good order, with a last word.
    fn part_early(&mut self, index: usize, line: &[u8]) {
        let connection = &mut self.connections[index];
        let id = connection.id;
        connection.close(CloseReason::Asked);
        self.outbox.reply(id, line);
        self.outbox.seal(id);
        self.ending.push(index as u32);
    }

    /// Whom it comes from is known.
    fn pass_header(&mut self, index: usize, now: Time) {
        let Some(mut pending) = self.connections[index].pending.take() else {
            return;
        };
        let may_be_encrypted = self.may_be_encrypted(&pending.settings);
        let is_awaited = !pending.settings.is_plain() || !pending.bytes.is_empty();
        pending.stage = if is_awaited {
            HandshakeStage::Hello
        } else {
            HandshakeStage::Met
        };
        self.connections[index].pending = Some(pending);
        match (may_be_encrypted, is_awaited) {
            (true, true) => self.look(index, now),
            (true, false) => self.meet(index, now),
            (false, _) => self.meet_with_bytes(index, now),
        }
    }

    /// The protocol meets it, and at once sees what it has sent.
    fn meet_with_bytes(&mut self, index: usize, now: Time) {
        let pending = self.connections[index].pending.as_mut();
        let bytes = pending.map(|pending| std::mem::take(&mut pending.bytes));
        self.meet(index, now);
        let connection = &mut self.connections[index];
        connection.pending = None;
        connection.unread = bytes.unwrap_or_default();
        let is_ended = connection.end.is_some();
        if connection.phase == Phase::Open && (is_ended || !connection.unread.is_empty()) {
            self.offer(index, 0, now);
        }
    }

    /// It has arrived.
    fn meet(&mut self, index: usize, now: Time) {
        let connection = &mut self.connections[index];
        let Some(pending) = &connection.pending else {
            return;
        };
        let mut peer = Peer::new(pending.settings.tag, pending.address);
        peer.is_encrypted = pending.is_encrypted();
        self.stats.accepted += u64::from(!pending.was_met);
        self.notify_opened(index, &peer, now);
    }
}

impl<P: Protocol> Server<P> {
    /// The first bytes of a connection that the protocol has met; says whether they are to be kept
    /// from it.
    pub(super) fn is_hello(&mut self, index: usize, count: usize, now: Time) -> bool {
        let connection = &mut self.connections[index];
        let Some(pending) = &mut connection.pending else {
            return false;
        };
        let bytes = &self.buffer[..count];
        let is_silent = !self.outbox.has_output(index) && connection.phase == Phase::Open;
        if !is_silent || hello(bytes) == Hello::No {
            connection.pending = None;
            return false;
        }
        pending.bytes.extend_from_slice(bytes);
        pending.stage = HandshakeStage::Hello;
        pending.was_met = true;
        pending.by = now + self.config.handshake;
        self.take_back(index, now);
        self.look(index, now);
        true
    }

    /// The protocol forgets a connection that goes on under another id.
    fn take_back(&mut self, index: usize, now: Time) {
        let old = self.connections[index].id;
        self.outbox.forget(old);
        let id = self.next_id(index as u32);
        let connection = &mut self.connections[index];
        connection.id = id;
        connection.armed = None;
        connection.demand = crate::protocol::Demand::More;
        self.outbox.open(id);
        log::debug!("{old} goes on as {id}");
        self.protocol
            .closed(old, CloseReason::Reopened, now, &mut self.outbox);
        self.take_closings();
    }

    /// Looks at what has come: is it a hello?
    fn look(&mut self, index: usize, now: Time) {
        let Some(pending) = &mut self.connections[index].pending else {
            return;
        };
        let session = match hello(&pending.bytes) {
            Hello::Unclear => return,
            Hello::Yes => {
                pending.stage = HandshakeStage::Handshake;
                self.tls.begin(std::mem::take(&mut pending.bytes))
            }
            Hello::No if pending.settings.is_plain() => return self.meet_with_bytes(index, now),
            Hello::No => return self.drop_arrival(index, "it does not speak TLS"),
        };
        match session {
            Ok(session) => {
                self.connections[index].stream.encrypt(session);
                self.shake_hands(index, now);
            }
            Err(error) => self.drop_arrival(index, &error),
        }
    }

    /// Tells the protocol of someone whom it does not meet, where that is for want of TLS.
    fn tell_of_arrival(&mut self, index: usize) {
        let Some(pending) = &self.connections[index].pending else {
            return;
        };
        let why = match pending.stage {
            HandshakeStage::Hello if !pending.settings.is_plain() => Refusal::NotEncrypted,
            HandshakeStage::Hello | HandshakeStage::Handshake => Refusal::HandshakeFailed,
            HandshakeStage::Header | HandshakeStage::Met => return,
        };
        let peer = Peer::new(pending.settings.tag, pending.address);
        self.protocol.refused(&peer, why, &mut Vec::new());
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
                self.meet(index, now);
                self.connections[index].pending = None;
            }
            Handshake::Failed => {
                log::debug!("{} failed to agree on TLS", connection.id);
                connection.stream.give_up();
                self.tell_of_arrival(index);
                self.part_early(index, b"");
            }
        }
    }
}
