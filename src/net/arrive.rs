//! Between a listener and the protocol: a proxy's header, a TLS hello, a handshake, in their time.
//!
//! A connection that has an [`Arrival`] has not met the protocol, with one exception: where TLS is
//! only offered, a person may come in plain and wait to be greeted, so the protocol meets everyone at
//! once. If the first bytes then are a TLS hello, and nothing was sent, that meeting is taken back:
//! for the protocol that connection is closed, and another one opened when the handshake is done.
//! So it sees what is inside as the first bytes of a fresh connection, with all its time for them.

use std::sync::Arc;

use super::address::AddressKey;
use super::connection::{Connection, Filled, Phase, Stream};
use super::listen::Door;
use super::proxy::{self, Header};
use super::server::Server;
use crate::error::CloseReason;
use crate::protocol::{Address, Moment, Output, Peer, Protocol, Refusal, Time};

#[cfg(feature = "tls")]
use super::listen::Encryption;
#[cfg(feature = "tls")]
use super::tls::{Handshake, Hello, hello};

/// How far an arrival is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A proxy is to say for whom it speaks.
    Header,
    /// It has met the protocol, and its first bytes may yet be a TLS hello.
    #[cfg(feature = "tls")]
    Met,
    /// Its first bytes decide.
    #[cfg(feature = "tls")]
    Hello,
    #[cfg(feature = "tls")]
    Handshake,
}

/// A connection on its way in.
#[derive(Debug)]
pub(crate) struct Arrival {
    door: Arc<Door>,
    address: Address,
    step: Step,
    /// When it must have arrived.
    by: Moment,
    /// What was read and belongs to no step so far.
    bytes: Vec<u8>,
    /// It has met the protocol before, in plain.
    was_met: bool,
}

impl Arrival {
    #[cfg(feature = "tls")]
    fn has_met(&self) -> bool {
        self.step == Step::Met
    }

    #[cfg(not(feature = "tls"))]
    fn has_met(&self) -> bool {
        false
    }

    /// Whether it has come in by a handshake.
    fn is_encrypted(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.step == Step::Handshake;
        #[cfg(not(feature = "tls"))]
        false
    }
}

impl<S: Stream> Connection<S> {
    /// Whether the protocol knows of it.
    pub(crate) fn is_met(&self) -> bool {
        self.arrival
            .as_ref()
            .is_none_or(|arrival| arrival.has_met())
    }

    /// When it must have arrived, if it has not.
    pub(crate) fn arrives_by(&self) -> Option<Moment> {
        let arrival = self.arrival.as_ref().filter(|arrival| !arrival.has_met());
        arrival.map(|arrival| arrival.by)
    }

    /// Something is being sent to it: what comes is no TLS any more.
    pub(crate) fn has_output(&mut self) {
        if self.is_met() {
            self.arrival = None;
        }
    }
}

impl<P: Protocol> Server<P> {
    /// A connection that has its place in the slab comes in by a door.
    pub(super) fn enter(&mut self, index: usize, door: &Arc<Door>, address: Address, now: Time) {
        let is_proxied = door.is_proxied();
        if !is_proxied {
            self.take_place(index, address);
            if !self.may_be_encrypted(door) {
                self.stats.accepted += 1;
                let tag = door.tag;
                self.introduce(index, &Peer::new(tag, address), now);
                return self.settle(index, now);
            }
        }
        let arrival = Arrival {
            door: Arc::clone(door),
            address,
            step: Step::Header,
            by: now + self.config.handshake,
            bytes: Vec::new(),
            was_met: false,
        };
        self.connections[index].arrival = Some(Box::new(arrival));
        if !is_proxied {
            self.pass_header(index, now);
        }
        self.settle(index, now);
    }

    #[cfg(feature = "tls")]
    fn may_be_encrypted(&self, door: &Door) -> bool {
        match door.encryption() {
            Encryption::Offered => self.tls.certificate.is_some(),
            Encryption::Required => true,
            Encryption::Off => false,
        }
    }

    #[cfg(not(feature = "tls"))]
    fn may_be_encrypted(&self, _: &Door) -> bool {
        false
    }

    fn take_place(&mut self, index: usize, address: Address) {
        let connection = &mut self.connections[index];
        connection.address = AddressKey::of(address);
        if let Some(key) = connection.address {
            *self.per_address.entry(key).or_default() += 1;
        }
    }

    /// One turn's share of an arrival: something came, or may have.
    pub(super) fn arrive(&mut self, index: usize, now: Time) {
        let connection = &mut self.connections[index];
        let Some(arrival) = &mut connection.arrival else {
            return;
        };
        #[cfg(feature = "tls")]
        if arrival.step == Step::Handshake {
            return self.shake_hands(index, now);
        }
        let step = arrival.step;
        match connection.fill(&mut self.buffer) {
            Filled::Bytes(count) => {
                let bytes = &self.buffer[..count];
                if let Some(arrival) = &mut connection.arrival {
                    arrival.bytes.extend_from_slice(bytes);
                }
            }
            Filled::WouldBlock => return,
            Filled::End(reason) => return self.end_early(index, reason, now),
        }
        match step {
            Step::Header => self.read_header(index, now),
            #[cfg(feature = "tls")]
            Step::Hello => self.look(index, now),
            #[cfg(feature = "tls")]
            Step::Met | Step::Handshake => {}
        }
    }

    /// It ended before it had arrived.
    fn end_early(&mut self, index: usize, reason: CloseReason, now: Time) {
        #[cfg(feature = "tls")]
        if let Some(arrival) = &self.connections[index].arrival
            && arrival.step == Step::Hello
            && arrival.door.is_plain()
        {
            // It never became a hello: let the protocol see what it was.
            return self.meet_with_bytes(index, now);
        }
        #[cfg(not(feature = "tls"))]
        let _ = now;
        self.drop_arrival(index, &reason.to_string());
    }

    /// Closes what never met the protocol, without a word to it.
    pub(super) fn drop_arrival(&mut self, index: usize, why: &str) {
        let connection = &mut self.connections[index];
        let address = connection.arrival.as_ref().map(|a| a.address);
        if let Some(address) = address {
            log::debug!("{} from {address} did not arrive: {why}", connection.id);
        }
        connection.phase = Phase::Gone;
        #[cfg(feature = "tls")]
        self.tell_of_arrival(index);
    }

    fn read_header(&mut self, index: usize, now: Time) {
        let Some(arrival) = &mut self.connections[index].arrival else {
            return;
        };
        let (length, whom) = match proxy::parse(&arrival.bytes) {
            Header::Partial => return,
            Header::Bad(why) => {
                log::info!("{} sent a bad PROXY header: {why}", arrival.address);
                return self.drop_arrival(index, why);
            }
            Header::Whole(length, whom) => (length, whom),
        };
        arrival.bytes.drain(..length);
        let whom = whom.unwrap_or(arrival.address);
        arrival.address = whom;
        let door = Arc::clone(&arrival.door);
        if self.is_full_for(whom) {
            let line = self.refuse(whom, &door, Refusal::FullForAddress);
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
    #[cfg(feature = "tls")]
    fn pass_header(&mut self, index: usize, now: Time) {
        let Some(mut arrival) = self.connections[index].arrival.take() else {
            return;
        };
        let may_be_encrypted = self.may_be_encrypted(&arrival.door);
        let is_awaited = !arrival.door.is_plain() || !arrival.bytes.is_empty();
        arrival.step = if is_awaited { Step::Hello } else { Step::Met };
        self.connections[index].arrival = Some(arrival);
        match (may_be_encrypted, is_awaited) {
            (true, true) => self.look(index, now),
            (true, false) => self.meet(index, now),
            (false, _) => self.meet_with_bytes(index, now),
        }
    }

    #[cfg(not(feature = "tls"))]
    fn pass_header(&mut self, index: usize, now: Time) {
        self.meet_with_bytes(index, now);
    }

    /// The protocol meets it, and at once sees what it has sent.
    fn meet_with_bytes(&mut self, index: usize, now: Time) {
        let arrival = self.connections[index].arrival.as_mut();
        let bytes = arrival.map(|arrival| std::mem::take(&mut arrival.bytes));
        self.meet(index, now);
        let connection = &mut self.connections[index];
        connection.arrival = None;
        connection.unread = bytes.unwrap_or_default();
        let is_ended = connection.end.is_some();
        if connection.phase == Phase::Open && (is_ended || !connection.unread.is_empty()) {
            self.offer(index, 0, now);
        }
    }

    /// It has arrived.
    fn meet(&mut self, index: usize, now: Time) {
        let connection = &mut self.connections[index];
        let Some(arrival) = &connection.arrival else {
            return;
        };
        let mut peer = Peer::new(arrival.door.tag, arrival.address);
        peer.is_encrypted = arrival.is_encrypted();
        self.stats.accepted += u64::from(!arrival.was_met);
        self.introduce(index, &peer, now);
    }
}

#[cfg(feature = "tls")]
impl<P: Protocol> Server<P> {
    /// The first bytes of a connection that the protocol has met; says whether they are to be kept
    /// from it.
    pub(super) fn is_hello(&mut self, index: usize, count: usize, now: Time) -> bool {
        let connection = &mut self.connections[index];
        let Some(arrival) = &mut connection.arrival else {
            return false;
        };
        let bytes = &self.buffer[..count];
        let is_silent = !self.outbox.has_output(index) && connection.phase == Phase::Open;
        if !is_silent || hello(bytes) == Hello::No {
            connection.arrival = None;
            return false;
        }
        arrival.bytes.extend_from_slice(bytes);
        arrival.step = Step::Hello;
        arrival.was_met = true;
        arrival.by = now + self.config.handshake;
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
        let certificate = self.tls.certificate.clone();
        let Some(arrival) = &mut self.connections[index].arrival else {
            return;
        };
        let session = match (hello(&arrival.bytes), certificate) {
            (Hello::Unclear, _) => return,
            (Hello::Yes, Some(certificate)) => {
                arrival.step = Step::Handshake;
                certificate.begin(std::mem::take(&mut arrival.bytes))
            }
            _ if arrival.door.is_plain() => return self.meet_with_bytes(index, now),
            _ => return self.drop_arrival(index, "it does not speak TLS"),
        };
        match session {
            Ok(session) => {
                self.connections[index].stream.encrypt(session);
                self.shake_hands(index, now);
            }
            Err(error) => self.drop_arrival(index, &error.to_string()),
        }
    }

    /// Tells the protocol of someone whom it does not meet, where that is for want of TLS.
    fn tell_of_arrival(&mut self, index: usize) {
        let Some(arrival) = &self.connections[index].arrival else {
            return;
        };
        let why = match arrival.step {
            Step::Hello if !arrival.door.is_plain() => Refusal::NotEncrypted,
            Step::Hello | Step::Handshake => Refusal::HandshakeFailed,
            Step::Header | Step::Met => return,
        };
        let peer = Peer::new(arrival.door.tag, arrival.address);
        self.protocol.refused(&peer, why, &mut Vec::new());
    }

    fn shake_hands(&mut self, index: usize, now: Time) {
        let connection = &mut self.connections[index];
        if self.tls.handshake_time.is_spent() {
            // It keeps its place on the ready list, before those who come later.
            connection.readable = true;
            return;
        }
        let step = || connection.stream.shake_hands();
        match self.tls.handshake_time.charge(step) {
            Handshake::Waits => connection.readable = false,
            Handshake::Done => {
                // What came with its last message may be here already: no event will tell.
                connection.readable = true;
                self.meet(index, now);
                self.connections[index].arrival = None;
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
