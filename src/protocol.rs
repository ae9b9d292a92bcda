//! The seam between the event loop and what runs on it: bytes in, bytes out, and time as an argument.
//!
//! [`crate::net`] drives a [`Protocol`] and knows nothing of chat; [`crate::relay`] is one and knows
//! nothing of sockets. Anything that must be known on both sides is defined here, and nothing else.
//!
//! The loop calls the protocol, and the protocol never calls the loop: it asks for output through
//! [`Output`], which is written after the call has returned, and says by its [`Demand`] when it wants to
//! be called again. So a test needs no sockets and no sleep: it makes the same calls with bytes and times
//! of its own.

use std::fmt;

pub use crate::error::CloseReason;
pub use crate::peer::{Address, Peer, Tag, UdpPeer};
pub use crate::time::{Monotonic, Time};
pub use crate::waker::Waker;

/// A protocol that runs on the event loop.
///
/// A protocol does no I/O and reads no clock: every call gets the time and a place to write to. The
/// driver guarantees, for each connection,
///
/// - one [`opened`](Self::opened), then any number of [`received`](Self::received), then one
///   [`closed`](Self::closed), after which the id is never used again;
/// - that bytes arrive in order, and that those a call did not take are shown again, with what came
///   after them, in the next one;
/// - that a call returns to the loop before any byte is written: nothing re-enters a protocol.
pub trait Protocol {
    /// The calls that other threads may make through a [`Handle`](crate::Handle).
    type Call: Send + 'static;

    /// The protocol runs on a loop that another thread can wake, for [`Self::woken`]. Called once, before
    /// [`Self::started`], by loops that can be woken.
    fn attached(&mut self, waker: Waker) {
        let _ = waker;
    }

    /// The server is set up, and this is when: called once, before everything else.
    fn started(&mut self, now: Time) {
        let _ = now;
    }

    /// A connection was accepted, and whether it is encrypted is known: called once for each, as soon as
    /// it has said something, or been silent for [so long](crate::ListenOptions::plain_after). Output is
    /// possible from here on.
    fn opened(&mut self, id: ConnId, peer: &Peer, now: Time, out: &mut impl Output) -> Demand;

    /// Bytes came, a demanded time came, or the input ended.
    ///
    /// Called with no new bytes when the time of [`Demand::ReadOrAt`], [`Demand::PauseUntil`] or the turn
    /// of [`Demand::Yield`] has come. A peer whose input has ended is called until it is taken whole.
    fn received(
        &mut self,
        id: ConnId,
        input: Input<'_>,
        now: Time,
        out: &mut impl Output,
    ) -> Consumed;

    /// The connection is gone and its id with it. Whatever is sent to it is ignored from here on.
    fn closed(&mut self, id: ConnId, reason: CloseReason, now: Time, out: &mut impl Output);

    /// A datagram came in by a socket of
    /// [`Server::bind_datagram`](crate::Server::bind_datagram). It may be empty, and what was longer
    /// than [`ServerConfig::read_bytes_per_turn`](crate::ServerConfig::read_bytes_per_turn) is cut.
    fn datagram(&mut self, from: UdpPeer, bytes: &[u8], now: Time, out: &mut impl Output) {
        let _ = (from, bytes, now, out);
    }

    /// Messages marked [`Delivery::Skippable`] or [`Delivery::Direct`] were left out of this
    /// connection's stream because it read too slowly. What is written to `line` goes where they are
    /// missing. The call comes at the end of a gap, when the count is known, which is often in a later turn.
    fn skipped(&mut self, id: ConnId, skipped: Skipped, line: &mut Vec<u8>) {
        let _ = (id, skipped, line);
    }

    /// A peer is turned away at the door. What is written to `line` is its farewell.
    fn refused(&mut self, peer: &Peer, why: RejectReason, line: &mut Vec<u8>) {
        let _ = (peer, why, line);
    }

    /// Another thread asked for something.
    fn called(&mut self, call: Self::Call, now: Time, out: &mut impl Output) {
        let _ = (call, now, out);
    }

    /// Another thread has used the protocol's own [`Waker`]: a thread that works for the protocol has
    /// something for it. Several wakes may be one call.
    fn woken(&mut self, now: Time, out: &mut impl Output) {
        let _ = (now, out);
    }

    /// A turn of the loop is over: all its calls were made, and its output is written.
    fn turn_ended(&mut self) {}

    /// The server is stopping: a last chance to say so. Every connection is closed after this call.
    fn stopping(&mut self, now: Time, out: &mut impl Output) {
        let _ = (now, out);
    }

    /// Time at which [`expired`](Self::expired) is to be called, for what concerns no single connection.
    /// It is asked for in every turn: a time that has passed and stays keeps the loop from ever sleeping.
    fn deadline(&self) -> Option<Monotonic> {
        None
    }

    /// The [`deadline`](Self::deadline) has come.
    fn expired(&mut self, now: Time, out: &mut impl Output) {
        let _ = (now, out);
    }
}

/// The place to which a protocol writes.
///
/// A message is encoded once and sent to many: [`encode`](Self::encode) writes it into the turn's
/// arena, [`send`](Self::send) notes the range for one recipient. Every recipient gets one write,
/// straight out of the arena, with all that has been sent to it by then: at the end of the turn, or of
/// one soon after if there are many.
///
/// # Examples
///
/// An output of one's own, to test a protocol without a server:
///
/// ```
/// use parloir::{ConnId, Delivery, Output, OutputRange};
///
/// #[derive(Default)]
/// struct Sent {
///     arena: Vec<u8>,
///     sent: Vec<(ConnId, OutputRange)>,
/// }
///
/// impl Output for Sent {
///     fn encode(&mut self, _: Delivery, write: impl FnOnce(&mut Vec<u8>)) -> OutputRange {
///         let start = self.arena.len() as u32;
///         write(&mut self.arena);
///         OutputRange::new(start, self.arena.len() as u32)
///     }
///     fn send(&mut self, to: ConnId, range: OutputRange) { self.sent.push((to, range)); }
///     fn close(&mut self, _: ConnId) {}
///     fn stop(&mut self) {}
///     fn is_full(&self) -> bool { false }
/// }
///
/// let mut out = Sent::default();
/// let hello = out.encode(Delivery::Skippable, |buffer| buffer.extend_from_slice(b"hello\n"));
/// out.send(ConnId::new(0, 1), hello);
/// out.send(ConnId::new(1, 2), hello);
/// assert_eq!((out.arena.len(), out.sent.len()), (6, 2)); // encoded once, sent twice
/// ```
pub trait Output {
    /// Encodes one message. The chunk is good until the protocol returns to the loop.
    fn encode(&mut self, delivery: Delivery, write: impl FnOnce(&mut Vec<u8>)) -> OutputRange;

    /// The same, for one of several wire formats or other kinds of messages. Those of one kind lie
    /// one after another, whatever is encoded between them, so that whoever gets no other kind gets
    /// all of a turn in one piece. [`Self::encode`] is for kind 0.
    fn encode_as(
        &mut self,
        kind: u16,
        delivery: Delivery,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> OutputRange {
        let _ = kind;
        self.encode(delivery, write)
    }

    /// Sends an encoded message to one connection. The id of a closed one is ignored.
    fn send(&mut self, to: ConnId, range: OutputRange);

    /// Closes a connection once everything sent to it so far has been delivered. Nothing more can
    /// be sent to it, and nothing more is received from it.
    fn close(&mut self, id: ConnId);

    /// Has [`received`](Protocol::received) called for a connection in this turn or the next, whatever it
    /// has demanded: what it waited for is there. The id of a closed one is ignored. An output without a loop
    /// does nothing.
    fn resume(&mut self, id: ConnId) {
        let _ = id;
    }

    /// Sends a datagram to where one came from, by the socket it came in by, after this call. What
    /// the system has no room for is dropped, and counted in
    /// [`Stats::datagrams_dropped`](crate::Stats::datagrams_dropped): nothing ever waits for it.
    /// An output that has no sockets drops it too.
    fn send_datagram(&mut self, to: UdpPeer, bytes: &[u8]) {
        let _ = (to, bytes);
    }

    /// Stops the whole server, as [`Handle::stop`](crate::Handle::stop) does.
    fn stop(&mut self);

    /// Returns whether this turn has produced so much that the rest should wait for the next one:
    /// a protocol that handles many lines in one call returns [`Demand::Yield`] then.
    fn is_full(&self) -> bool;

    /// Sends bytes to one connection, not to be skipped.
    fn reply(&mut self, to: ConnId, bytes: &[u8]) {
        let range = self.encode(Delivery::Kept, |buffer| buffer.extend_from_slice(bytes));
        self.send(to, range);
    }
}

/// Names one connection for as long as it lives. The generation makes a stale id harmless: a place is
/// reused, an id is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId {
    index: u32,
    generation: u32,
}

impl ConnId {
    /// An id of one's own numbering, for using a protocol or the hub without the loop.
    pub const fn new(index: u32, generation: u32) -> Self {
        Self { index, generation }
    }

    /// The place in a table of connections: small, dense, and reused after a close.
    pub const fn index(self) -> usize {
        self.index as usize
    }

    /// Tells apart the connections that have had this index, one after another.
    pub const fn generation(self) -> u32 {
        self.generation
    }
}

impl fmt::Display for ConnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}.{}", self.index, self.generation)
    }
}

/// The unread input of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The bytes that were not taken so far; may be empty.
    pub bytes: &'a [u8],
    /// The reason why nothing comes after them, if nothing does.
    pub end: Option<CloseReason>,
}

/// The part of its input that a protocol has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consumed {
    /// Number of bytes that it is done with; the driver keeps the rest, within
    /// [`ServerConfig::unread_bytes_max`](crate::ServerConfig::unread_bytes_max).
    pub bytes: usize,
    /// The condition under which it is called again.
    pub demand: Demand,
}

/// The condition under which a connection is called again.
///
/// It is an answer and not a timer, so a protocol keeps no timers of its own, and the bytes of a peer
/// that is held up stay in the connection, and past [a limit](crate::ServerConfig::read_bytes_per_turn)
/// with the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// More bytes.
    More,
    /// More bytes, or this time, whichever comes first. A time that has passed calls again in the next
    /// turn: a protocol that goes on demanding it keeps the loop from ever sleeping.
    ReadOrAt(Monotonic),
    /// Its next turn: there is more to be done with what is here, but others come first.
    Yield,
    /// This time, and no byte before it: the peer is held up.
    PauseUntil(Monotonic),
    /// This time; until then, whatever comes is shown, as long as less than 32 KiB wait: the peer is
    /// held up, and may say what need not wait. (Programs that measure their lag by a question, as IRC
    /// clients do, give up a connection whose answer waits behind a minute of paced lines.)
    Paced(Monotonic),
}

/// The fate of a message when its recipient reads too slowly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It is left out, and counted, once the queue is over its limit.
    Skippable,
    /// The same, of what somebody says to this recipient alone: that is counted by itself. It is not kept,
    /// or sixty people who write to a slow reader could have it thrown out.
    Direct,
    /// It is queued all the same; a recipient whose queue reaches four times its limit is closed. For
    /// what a recipient has itself asked for: nobody else may fill its queue so far.
    Kept,
}

/// The number of messages that a slow reader misses at one place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Those marked [`Delivery::Skippable`].
    pub shared: u64,
    /// Those marked [`Delivery::Direct`].
    pub direct: u64,
}

impl Skipped {
    /// One message of this kind; none, if it is one to be kept.
    pub(crate) fn one(delivery: Delivery) -> Self {
        Self {
            shared: u64::from(delivery == Delivery::Skippable),
            direct: u64::from(delivery == Delivery::Direct),
        }
    }

    /// All of them.
    pub const fn total(self) -> u64 {
        self.shared + self.direct
    }

    pub(crate) fn is_none(self) -> bool {
        self.total() == 0
    }
}

impl std::ops::AddAssign for Skipped {
    fn add_assign(&mut self, more: Self) {
        self.shared += more.shared;
        self.direct += more.direct;
    }
}

/// An encoded message, or several that follow each other, for [`Output::send`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputRange {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl OutputRange {
    /// The range `start..end` of an arena, for an [`Output`] of one's own.
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// This message and all of its kind that were encoded after it up to `last`, as one range: one write.
    #[must_use]
    pub const fn through(self, last: Self) -> Self {
        Self::new(self.start, last.end)
    }

    /// The range that it was made of by [`Self::new`].
    pub const fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Why a peer is turned away at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectReason {
    /// [`ServerConfig::connections_max`](crate::ServerConfig::connections_max) is reached, or the
    /// system has no descriptor left.
    Full,
    /// [`ServerConfig::connections_per_address_max`](crate::ServerConfig::connections_per_address_max)
    /// is reached.
    FullForAddress,
    /// It did not begin TLS where nothing else is spoken. It gets no farewell: that would be in plain.
    NotEncrypted,
    /// It began TLS, and there was no agreement in time. It gets no farewell.
    HandshakeFailed,
}
