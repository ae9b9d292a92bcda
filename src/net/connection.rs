//! One connection: its stream, what is known of its readiness, what waits to be read and to be written.
//!
//! Readiness is edge-triggered: a flag is set by an event and cleared only when the system has said,
//! by `WouldBlock` or by doing less than was asked, that it will report the next change.

mod write;

use std::io::ErrorKind;
use std::time::Duration;

use super::handshake::PendingConnection;
use super::queue::Queue;
use super::stream::Stream;
use crate::error::CloseReason;
use crate::protocol::{ConnId, Demand, Moment, Skipped, Time};

/// How far along its life a connection is. It only ever moves forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// In conversation with the protocol.
    Open,
    /// The protocol is done with it: what is queued still goes out.
    Closing,
    /// Our end of stream is sent; input is thrown away until the peer's comes, or for a while.
    Lingering,
    /// To be freed at the end of the turn.
    Gone,
}

/// Seconds after its end of stream after which a peer that stays is first asked whether it lives: it
/// looks just like one that is gone, until something is sent to it. The next time is after twice as
/// long, and so on.
const PROBE_AFTER: u8 = 1;
/// Seconds between two such questions, at most.
const PROBE_EVERY: u8 = 60;

/// Bytes that may wait of a peer that is paced, before it is read from no more.
const PACED_BYTES_MAX: usize = 32 << 10;

/// What a read came to.
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
    /// Why it ends. Set once.
    reason: Option<CloseReason>,

    /// A read may give something.
    pub(crate) readable: bool,
    /// The peer's end of stream was announced: a short read is not the last one.
    pub(crate) end_announced: bool,
    /// No byte will come any more, and why.
    pub(crate) end: Option<CloseReason>,
    /// The protocol has been told of `end` and has taken what it wanted.
    pub(crate) end_taken: bool,
    /// Seconds after the last sign of life, or question for one, after which it is asked whether it is
    /// still there, although its stream has ended; 0: it has not.
    probe_after: u8,
    /// Bytes that the protocol has not taken. Empty, and without memory, between whole lines.
    pub(crate) unread: Vec<u8>,
    pub(crate) demand: Demand,

    /// A write may take something.
    writable: bool,
    /// The peer takes nothing any more; output is dropped, input is still read.
    write_closed: bool,
    queue: Option<Box<Queue>>,
    /// When the peer last took a byte, or the first one began to wait, or it was asked whether it lives;
    /// until when it is waited for, once it lingers.
    progress_at: Moment,

    /// How far it is on its way to the protocol, which does not know of it yet.
    pub(crate) pending: Option<Box<PendingConnection>>,
}

impl<S: Stream> Connection<S> {
    /// A fresh connection is writable. Whether it is readable, its registration will tell.
    pub(crate) fn new(stream: S, id: ConnId, now: Time) -> Self {
        Self {
            stream,
            id,
            phase: Phase::Open,
            reason: None,
            readable: false,
            end_announced: false,
            end: None,
            end_taken: false,
            probe_after: 0,
            unread: Vec::new(),
            demand: Demand::More,
            writable: true,
            write_closed: false,
            queue: None,
            progress_at: now.moment(),
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

    /// Reads once. A short read means that the socket is drained and the next byte makes a new
    /// event, so it saves the read that would only say `WouldBlock`; unless the end was announced,
    /// which may have come in the same event as the bytes.
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

    /// Ends the conversation from our side without a farewell. What the peer had sent and was read
    /// is still handed to the protocol, with `reason` as its end.
    pub(crate) fn fail(&mut self, reason: CloseReason) {
        self.reason.get_or_insert(reason);
        self.end.get_or_insert(reason);
        self.readable = false;
        self.close_write();
        if self.pending.is_some() {
            // Nobody is to be told of its end.
            self.phase = Phase::Gone;
        }
    }

    /// The peer takes nothing any more.
    fn close_write(&mut self) {
        self.write_closed = true;
        self.queue = None;
        // If it had only half-closed, the protocol may have let it stay: that is over now.
        self.end_taken = false;
        if self.phase != Phase::Open {
            self.phase = Phase::Gone;
        }
    }

    /// When it must be through with its handshake, if it is not. Of somebody silent only once nothing is
    /// left to be read: the first bytes may have been waiting while the loop was busy.
    fn handshake_deadline(&self) -> Option<Moment> {
        let deadline = self.pending.as_ref()?.deadline();
        let may_have_spoken = self.readable && self.is_silent_so_far();
        (!may_have_spoken).then_some(deadline)
    }

    /// Whether that has passed.
    pub(crate) fn is_late_for_handshake(&self, now: Time) -> bool {
        self.handshake_deadline().is_some_and(|at| at <= now)
    }

    /// Whether nothing has come that tells whether it is encrypted, and it need not be.
    pub(crate) fn is_silent_so_far(&self) -> bool {
        let pending = self.pending.as_ref();
        pending.is_some_and(|pending| pending.is_silent_and_may_be_plain())
    }

    /// The protocol has taken all of an ended input. Unless it closes, a peer that can still be
    /// written to stays.
    pub(crate) fn take_end(&mut self, now: Time) {
        self.end_taken = true;
        self.unread = Vec::new();
        if self.write_closed {
            self.phase = Phase::Gone;
        } else if self.phase == Phase::Open {
            self.progress_at = now.moment();
            self.probe_after = PROBE_AFTER;
        }
    }

    /// Asks a peer whose stream has ended whether it lives, if it is time to. The answer, if there is
    /// one, comes as an event.
    pub(crate) fn probe(&mut self, now: Time) {
        if self.probe_at().is_some_and(|at| at <= now) {
            self.progress_at = now.moment();
            self.probe_after = (2 * self.probe_after).min(PROBE_EVERY);
            let _ = self.stream.probe();
        }
    }

    /// When that is. What waits to be written asks as well.
    fn probe_at(&self) -> Option<Moment> {
        let is_asked = self.probe_after > 0 && self.phase == Phase::Open && !self.has_backlog();
        is_asked.then(|| self.progress_at + Duration::from_secs(self.probe_after.into()))
    }

    /// The protocol is done with it.
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

    pub(crate) fn reason(&self) -> CloseReason {
        self.reason.or(self.end).unwrap_or(CloseReason::Asked)
    }

    /// Whether the protocol is to be called although nothing new has come.
    pub(crate) fn is_due(&self, now: Time) -> bool {
        match self.demand {
            Demand::More => self.end.is_some() && !self.end_taken,
            Demand::Yield => true,
            Demand::MoreOr(at) => at <= now || (self.end.is_some() && !self.end_taken),
            Demand::Until(at) | Demand::Paced(at) => at <= now,
        }
    }

    /// Whether its input can be gone on with now. It cannot while the protocol waits for a time, or
    /// while more waits for the peer than should.
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

    /// Whether no byte is read before its time.
    pub(crate) fn is_held_up(&self) -> bool {
        match self.demand {
            Demand::Until(_) => true,
            Demand::Paced(_) => self.unread.len() >= PACED_BYTES_MAX,
            _ => false,
        }
    }

    /// When it must be looked at even if nothing comes. What is due now is not among it: that is
    /// on the ready list, or waits for the peer to read.
    pub(crate) fn due_at(&self, now: Time, stall: Duration) -> Option<Moment> {
        let demanded = match (self.phase, self.demand) {
            (Phase::Lingering, _) => Some(self.progress_at),
            (Phase::Open, _) if self.pending.is_some() => self.handshake_deadline(),
            (Phase::Open, Demand::MoreOr(at) | Demand::Until(at) | Demand::Paced(at))
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

    /// Whether the peer's end has been waited for in vain.
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

    /// Bytes that wait for the peer.
    pub(crate) fn queued(&self) -> usize {
        match self.write_closed {
            true => 0,
            false => self.queue.as_ref().map_or(0, |queue| queue.len()) + self.stream.buffered(),
        }
    }

    /// Whether there is a backlog that could go on its way.
    pub(crate) fn can_drain(&self) -> bool {
        self.writable && self.has_backlog()
    }

    fn has_backlog(&self) -> bool {
        !self.write_closed && (self.queue.is_some() || self.stream.buffered() > 0)
    }

    /// Whether everything sent so far is with the system, and more would be too.
    pub(crate) fn is_flowing(&self) -> bool {
        self.phase == Phase::Open && !self.has_backlog() && !self.write_closed
    }

    /// Leaves out what may be left out of the backlog; says how many bytes that freed.
    pub(crate) fn drop_skippable(
        &mut self,
        notice: &mut impl FnMut(Skipped, &mut Vec<u8>),
    ) -> usize {
        let queue = self.queue.as_mut();
        queue.map_or(0, |queue| queue.drop_skippable(notice))
    }

    /// Sends our end of stream once everything is out. Says whether the phase changed.
    pub(crate) fn finish(&mut self, now: Time, linger: Duration) -> bool {
        if self.phase != Phase::Closing || self.has_backlog() {
            return false;
        }
        if let Err(error) = self.stream.close_notify()
            && error.kind() == ErrorKind::WouldBlock
        {
            // The stream's own farewell is the last thing that waits.
            self.writable = false;
            self.progress_at = now.moment();
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
