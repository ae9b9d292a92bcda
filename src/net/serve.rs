//! Input: from a readable socket through the shared buffer to the protocol, fairly.
//!
//! Every ready connection gets one read, or one look at what it was shown before, per turn. Whoever
//! has more to do afterwards goes back on the ready list: with edge triggers nothing else would.

use super::connection::{Filled, Phase};
use super::server::{Server, list};
use super::stream::Stream;
use crate::error::CloseReason;
use crate::protocol::{ConnId, Demand, Input, Protocol, Time};

impl<P: Protocol> Server<P> {
    pub(super) fn serve_ready(&mut self, now: Time) {
        // What becomes ready while we go is for the next turn. Two lists change places, so that
        // neither is ever allocated anew.
        std::mem::swap(&mut self.ready, &mut self.serving);
        self.tls.begin_turn();
        for n in 0..self.serving.len() {
            let index = self.serving[n] as usize;
            if let Some(connection) = self.connections.get_mut(index) {
                connection.listed = false;
                self.serve(index, now);
                self.note_replies(index);
                self.settle(index, now);
                self.flush_if_full(now);
            }
        }
        self.serving.clear();
    }

    /// One connection's share of a turn.
    fn serve(&mut self, index: usize, now: Time) {
        let connection = &mut self.connections[index];
        if !connection.has_input(now, self.config.queue_bytes_max) {
            return;
        }
        if connection.phase != Phase::Open {
            self.discard(index);
            return;
        }
        if connection.pending.is_some() {
            return self.continue_handshake(index, now);
        }
        // What was shown before comes first, and alone: it is not to grow while it waits.
        if !connection.unread.is_empty() && connection.is_due(now) {
            self.offer(index, 0, now);
        } else if connection.readable && connection.end.is_none() {
            match connection.fill(&mut self.buffer) {
                Filled::Bytes(count) => self.offer(index, count, now),
                Filled::End(_) => self.offer(index, 0, now),
                Filled::WouldBlock if connection.is_due(now) => self.offer(index, 0, now),
                Filled::WouldBlock => {}
            }
        } else {
            self.offer(index, 0, now);
        }
    }

    /// A read may have made the stream itself say something, which no message announces.
    fn note_replies(&mut self, index: usize) {
        let connection = &self.connections[index];
        if connection.stream.buffered() > 0 && connection.can_drain() {
            self.outbox.touch(index);
        }
    }

    /// Shows the protocol what it has not taken yet, with `fresh` more bytes from the buffer.
    pub(super) fn offer(&mut self, index: usize, fresh: usize, now: Time) {
        let connection = &mut self.connections[index];
        let mut kept = std::mem::take(&mut connection.unread);
        let from_buffer = kept.is_empty();
        let bytes = if from_buffer {
            &self.buffer[..fresh]
        } else {
            kept.extend_from_slice(&self.buffer[..fresh]);
            &kept
        };
        let end = connection.end;
        let input = Input { bytes, end };
        let id = connection.id;
        let taken = self.protocol.received(id, input, now, &mut self.outbox);

        let rest = &bytes[taken.bytes.min(bytes.len())..];
        connection.unread = if rest.len() == bytes.len() && !from_buffer {
            kept
        } else {
            rest.to_vec()
        };
        connection.demand = taken.demand;
        let waits = matches!(taken.demand, Demand::More | Demand::MoreOr(_));
        if waits && end.is_some() {
            connection.take_end(now);
        } else if waits && connection.unread.len() > self.config.unread_bytes_max {
            connection.fail(CloseReason::InputFull);
            connection.unread = Vec::new();
        }
        self.take_closings();
    }

    /// Input of a connection that is closing: read so that the close is no reset, and thrown away.
    fn discard(&mut self, index: usize) {
        let connection = &mut self.connections[index];
        if let Filled::End(_) = connection.fill(&mut self.buffer)
            && connection.phase == Phase::Lingering
        {
            connection.phase = Phase::Gone;
        }
    }

    /// After anything was done with a connection: is there more, and when is it to be looked at?
    pub(super) fn settle(&mut self, index: usize, now: Time) {
        let connection = &mut self.connections[index];
        connection.recount(&mut self.stats.queued_bytes);
        if connection.phase == Phase::Gone {
            self.ending.push(index as u32);
            return;
        }
        if connection.has_input(now, self.config.queue_bytes_max) {
            list(&mut self.ready, connection);
        }
        let due = connection.due_at(now, self.config.stall);
        if let Some(at) = due.filter(|at| connection.armed.is_none_or(|armed| *at < armed)) {
            connection.armed = Some(at);
            self.timers.arm(at, connection.id);
        }
    }

    /// A timer says that something may be due.
    pub(super) fn connection_due(&mut self, id: ConnId, now: Time) {
        let index = id.index();
        let Some(connection) = self.connections.get_mut(index) else {
            return;
        };
        if connection.id != id {
            return;
        }
        if connection.armed.is_some_and(|armed| armed <= now) {
            connection.armed = None;
        }
        let is_late = connection.is_late_for_handshake(now);
        if connection.has_lingered(now) {
            connection.phase = Phase::Gone;
        } else if is_late && connection.phase == Phase::Open {
            self.end_handshake(index, "it took too long", now);
        } else if connection.is_stalled(now, self.config.stall) {
            self.close_stalled(index, now);
        } else {
            connection.probe(now);
        }
        self.settle(index, now);
    }

    /// Closes a connection that takes nothing, once it has shown that it really does not: systems
    /// report a socket as writable only when a good part of its buffer is free (on Linux a third,
    /// which may be megabytes), so that a slow but steady reader can go unreported for minutes.
    fn close_stalled(&mut self, index: usize, now: Time) {
        self.connections[index].try_to_write();
        self.flush_one(index, now);
        let connection = &mut self.connections[index];
        if connection.is_stalled(now, self.config.stall) {
            log::info!("{} took nothing for {:?}", connection.id, self.config.stall);
            connection.fail(CloseReason::Stalled);
        }
    }

    /// Carries out what the protocol closed.
    pub(super) fn take_closings(&mut self) {
        while let Some(id) = self.outbox.next_closing() {
            let connection = &mut self.connections[id.index()];
            connection.close(CloseReason::Asked);
            self.ending.push(id.index() as u32);
        }
    }
}
