//! One connection: its stream, its readiness, and the bytes that wait to be read and to be written.
//!
//! Readiness is edge-triggered: an event sets a flag, which is cleared only when the system has said, by
//! `WouldBlock` or by doing less than was asked, that it will report the next change.
//!
//! There may be thousands of connections that are idle, so one without anything that waits owns no buffer:
//! all of them read into the server's, rare parts are boxed, and one field has two meanings that exclude
//! each other.

mod write;

use std::io::ErrorKind;
use std::time::Duration;

use super::handshake::PendingConnection;
use super::queue::Queue;
use super::stream::Stream;
use crate::error::CloseReason;
use crate::protocol::{ConnId, Demand, Monotonic, Skipped, Time};

/// The phase of a connection's life. It only ever moves forward.
///
/// ```text
///         closed here              all output written              the peer's end, or its time is over
///   Open ─────────────▶ Closing ──────────────────────▶ Lingering ────────────────────────┐
///     │                    │                               │                              ▼
///     │                    └─ the peer had ended before ───┼────────────────────────────▶ Gone
///     └─ failed: what was read goes to the protocol first ─┴─ failed ─────────────────────▲
/// ```
///
/// Lingering is for the farewell: a socket that is closed with input unread sends a reset (RFC 1122,
/// 4.2.2.13), and the peer's last lines may be lost with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The peer and the protocol exchange bytes, or will after the handshake.
    Open,
    /// The connection was closed here; output that is queued is still written.
    Closing,
    /// The server's end of stream is sent; input is thrown away until the peer's end comes, or for a
    /// while.
    Lingering,
    /// The connection is freed at the end of the turn.
    Gone,
}

/// Seconds after its end of stream after which a peer that stays is first probed: a peer that still
/// reads looks just like one that is gone, until something is sent to it. The interval doubles with each
/// probe. A health check that connects to a `listen` port and closes is gone after a second or three;
/// TCP's own probes would be answered for a minute more, by its system.
const PROBE_AFTER: u8 = 1;
/// Seconds between two probes, at most.
const PROBE_EVERY: u8 = 60;

/// Number of bytes of a paced peer that may wait before no more is read from it. A paste of lines that are
/// paced fits, and what must not wait is found behind it; an endless flood is left in the socket.
const PACED_BYTES_MAX: usize = 32 << 10;

/// The result of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filled {
    Bytes(usize),
    WouldBlock,
    End(CloseReason),
}

#[derive(Debug)]
pub(crate) struct Connection<S> {
    pub(crate) stream: S,
    pub(crate) id: ConnId,
    pub(crate) phase: Phase,
    /// The reason of the end. Set once.
    reason: Option<CloseReason>,

    /// A read may give something.
    pub(crate) readable: bool,
    /// The peer's end of stream was announced, so a short read is not the last read.
    pub(crate) end_announced: bool,
    /// The reason for which no more bytes will come; None while some may come.
    pub(crate) end: Option<CloseReason>,
    /// Seconds after the last sign of life, or the last probe, after which a peer whose stream has ended
    /// is probed; 0 until the protocol has been told of `end` and has taken the bytes that it wanted.
    /// (A flag besides would make each of thousands of connections eight bytes larger.)
    probe_after: u8,
    /// Bytes that the protocol has not taken. Empty, and without memory, between whole lines.
    pub(crate) unread: Vec<u8>,
    pub(crate) demand: Demand,

    /// A write may be taken.
    writable: bool,
    /// The peer takes no more bytes: output is dropped, input is still read.
    write_closed: bool,
    queue: Option<Box<Queue>>,
    /// Time at which the peer last took a byte, the first byte began to wait, or the peer was probed. In
    /// [`Phase::Lingering`], time until which the peer's end of stream is waited for: nothing waits to be
    /// written then. (A field for each made a connection 16 bytes larger.)
    progress_at: Monotonic,

    /// The state of the handshake, during which the protocol does not know of the connection yet.
    pub(crate) pending: Option<Box<PendingConnection>>,
}

impl<S: Stream> Connection<S> {
    /// A fresh connection, which is writable. Its registration will tell whether it is readable.
    pub(crate) fn new(stream: S, id: ConnId, now: Time) -> Self {
        Self {
            stream,
            id,
            phase: Phase::Open,
            reason: None,
            readable: false,
            end_announced: false,
            end: None,
            probe_after: 0,
            unread: Vec::new(),
            demand: Demand::More,
            writable: true,
            write_closed: false,
            queue: None,
            progress_at: now.monotonic(),
            pending: None,
        }
    }

    /// Takes note of a readiness event.
    pub(crate) fn note(&mut self, readable: bool, writable: bool, closed: bool, failed: bool) {
        self.readable |= readable || closed || failed;
        self.writable |= writable;
        self.end_announced |= closed || failed;
        if failed {
            self.close_write();
        }
    }

    /// Reads once. A short read means that the socket is drained and the next byte makes a new event,
    /// which saves the read that would only return `WouldBlock`. This is not so after the end was
    /// announced, because the end may have come in the same event as the bytes.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) -> Filled {
        loop {
            let read = match self.phase {
                Phase::Open => self.stream.read(buffer),
                _ => self.stream.discard(buffer),
            };
            return match read {
                Ok(0) if self.write_closed => self.ended(CloseReason::Reset),
                Ok(0) => self.ended(CloseReason::Finished),
                Ok(n) => {
                    let is_ended = self.end_announced || self.stream.is_ended();
                    self.readable = n == buffer.len() || is_ended;
                    Filled::Bytes(n)
                }
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted => continue,
                    ErrorKind::WouldBlock => {
                        self.readable = false;
                        Filled::WouldBlock
                    }
                    _ => {
                        self.close_write();
                        self.ended(CloseReason::Reset)
                    }
                },
            };
        }
    }

    fn ended(&mut self, reason: CloseReason) -> Filled {
        self.readable = false;
        self.end = Some(self.end.unwrap_or(reason));
        Filled::End(reason)
    }

    /// Ends the connection from the server's side without a farewell. Bytes that the peer had sent and
    /// that were read are still handed to the protocol, with `reason` as their end.
    pub(crate) fn fail(&mut self, reason: CloseReason) {
        self.reason.get_or_insert(reason);
        self.end.get_or_insert(reason);
        self.readable = false;
        self.close_write();
        if self.pending.is_some() {
            // The protocol does not know of the connection, and is not told of its end.
            self.phase = Phase::Gone;
        }
    }

    /// Notes that the peer takes no more bytes.
    fn close_write(&mut self) {
        self.write_closed = true;
        self.queue = None;
        // If the peer had only half-closed, the protocol may have let it stay. That is over now, so the
        // protocol is told of the end again.
        self.probe_after = 0;
        if self.phase != Phase::Open {
            self.phase = Phase::Gone;
        }
    }

    /// Time at which the handshake must be done; None without a handshake. For a silent peer also None
    /// until nothing is left to be read: the first bytes may have been waiting while the loop was busy.
    fn handshake_deadline(&self) -> Option<Monotonic> {
        let deadline = self.pending.as_ref()?.deadline();
        let may_have_spoken = self.readable && self.is_silent_so_far();
        (!may_have_spoken).then_some(deadline)
    }

    /// Returns whether the deadline of the handshake has passed.
    pub(crate) fn is_late_for_handshake(&self, now: Time) -> bool {
        self.handshake_deadline().is_some_and(|at| at <= now)
    }

    /// Returns whether the peer has sent nothing that tells whether it is encrypted, and need not be.
    pub(crate) fn is_silent_so_far(&self) -> bool {
        let pending = self.pending.as_ref();
        pending.is_some_and(|pending| pending.is_silent_and_may_be_plain())
    }

    /// Notes that the protocol has taken all of an ended input. A peer that can still be written to
    /// stays, unless the protocol closes it.
    pub(crate) fn take_end(&mut self, now: Time) {
        self.probe_after = PROBE_AFTER;
        self.unread = Vec::new();
        if self.write_closed {
            self.phase = Phase::Gone;
        } else if self.phase == Phase::Open {
            self.progress_at = now.monotonic();
        }
    }

    /// Probes a peer whose stream has ended, if it is time to. The answer, if there is one, comes as an
    /// event.
    pub(crate) fn probe(&mut self, now: Time) {
        if self.probe_at().is_some_and(|at| at <= now) {
            self.progress_at = now.monotonic();
            self.probe_after = (2 * self.probe_after).min(PROBE_EVERY);
            let _ = self.stream.probe();
        }
    }

    /// Time of the next probe. None while output waits to be written, which serves as a probe as well.
    fn probe_at(&self) -> Option<Monotonic> {
        let is_asked = self.probe_after > 0 && self.phase == Phase::Open && !self.has_backlog();
        is_asked.then(|| self.progress_at + Duration::from_secs(self.probe_after.into()))
    }

    /// Closes the connection for the protocol; queued output is still written.
    pub(crate) fn close(&mut self, reason: CloseReason) {
        if self.phase == Phase::Open {
            self.reason.get_or_insert(self.end.unwrap_or(reason));
            self.phase = if self.write_closed {
                Phase::Gone
            } else {
                Phase::Closing
            };
            self.unread = Vec::new();
            self.demand = Demand::More;
        }
    }

    /// The reason that the protocol is told of at the end: this side's, if it closed first.
    pub(crate) fn reason(&self) -> CloseReason {
        self.reason.or(self.end).unwrap_or(CloseReason::Asked)
    }

    /// Returns whether the protocol is still to be told of the end, or to take the bytes before it.
    fn owes_end(&self) -> bool {
        self.end.is_some() && self.probe_after == 0
    }

    /// Returns whether the protocol is to be called although no new bytes have come.
    pub(crate) fn is_due(&self, now: Time) -> bool {
        match self.demand {
            Demand::More => self.owes_end(),
            Demand::Yield => true,
            Demand::ReadOrAt(at) => at <= now || self.owes_end(),
            Demand::PauseUntil(at) | Demand::Paced(at) => at <= now,
        }
    }

    /// Returns whether the input can be handled now. It cannot while the protocol waits for a time, or
    /// while more output waits for the peer than should: what a peer asks for itself is kept for it, so a
    /// peer that asks and does not read is bounded by not being heard.
    pub(crate) fn has_input(&self, now: Time, queue_bytes_max: usize) -> bool {
        let can_read = self.readable && self.end.is_none();
        match self.phase {
            Phase::Gone => false,
            Phase::Closing | Phase::Lingering => can_read,
            Phase::Open if self.queued() >= queue_bytes_max => false,
            Phase::Open if self.is_held_up() => self.is_due(now),
            Phase::Open => can_read || self.is_due(now),
        }
    }

    /// Returns whether no byte is to be read before the time that the protocol demanded.
    pub(crate) fn is_held_up(&self) -> bool {
        match self.demand {
            Demand::PauseUntil(_) => true,
            Demand::Paced(_) => self.unread.len() >= PACED_BYTES_MAX,
            _ => false,
        }
    }

    /// Time at which the connection must be looked at even if no event comes. Anything that is due now
    /// is not included: the connection then is on the ready list, or waits for the peer to read.
    pub(crate) fn due_at(&self, now: Time, stall: Duration) -> Option<Monotonic> {
        let demanded = match (self.phase, self.demand) {
            (Phase::Lingering, _) => Some(self.progress_at),
            (Phase::Open, _) if self.pending.is_some() => self.handshake_deadline(),
            (Phase::Open, Demand::ReadOrAt(at) | Demand::PauseUntil(at) | Demand::Paced(at))
                if at > now =>
            {
                Some(at)
            }
            _ => None,
        };
        let stalled = (self.queued() > 0).then(|| self.progress_at + stall);
        [demanded, stalled, self.probe_at()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Returns whether the time to wait for the peer's end of stream is over.
    pub(crate) fn has_lingered(&self, now: Time) -> bool {
        self.phase == Phase::Lingering && self.progress_at <= now
    }

    pub(crate) fn is_stalled(&self, now: Time, stall: Duration) -> bool {
        self.queued() > 0 && now >= self.progress_at + stall
    }

    /// Lets the next flush try a write that no event has announced.
    pub(crate) fn try_to_write(&mut self) {
        self.writable = true;
    }

    /// Number of bytes that wait for the peer.
    pub(crate) fn queued(&self) -> usize {
        match self.write_closed {
            true => 0,
            false => self.queue.as_ref().map_or(0, |queue| queue.len()) + self.stream.buffered(),
        }
    }

    /// Returns whether there is a backlog that could be written now.
    pub(crate) fn can_drain(&self) -> bool {
        self.writable && self.has_backlog()
    }

    /// Returns whether output waits. A queue without bytes counts as well: it owes the notice of a gap.
    fn has_backlog(&self) -> bool {
        !self.write_closed && (self.queue.is_some() || self.stream.buffered() > 0)
    }

    /// Returns whether the system has taken everything sent so far, and the connection can send more.
    pub(crate) fn is_flowing(&self) -> bool {
        self.phase == Phase::Open && !self.has_backlog() && !self.write_closed
    }

    /// Drops the skippable messages of the backlog. Returns the number of bytes that this freed.
    pub(crate) fn drop_skippable(
        &mut self,
        notice: &mut impl FnMut(Skipped, &mut Vec<u8>),
    ) -> usize {
        let queue = self.queue.as_mut();
        queue.map_or(0, |queue| queue.drop_skippable(notice))
    }

    /// Sends the server's end of stream once all output is written. Returns whether the connection must
    /// be rescheduled.
    pub(crate) fn finish(&mut self, now: Time, linger: Duration) -> bool {
        if self.phase != Phase::Closing || self.has_backlog() {
            return false;
        }
        if let Err(error) = self.stream.close_notify()
            && error.kind() == ErrorKind::WouldBlock
        {
            // The stream's own farewell is the last output that waits.
            self.writable = false;
            self.progress_at = now.monotonic();
            return true;
        }
        let failed = self.stream.shutdown_write().is_err();
        self.phase = if failed || self.end.is_some() {
            Phase::Gone
        } else {
            self.progress_at = now + linger;
            Phase::Lingering
        };
        true
    }
}

#[cfg(test)]
mod tests;
