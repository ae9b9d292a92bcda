//! Writes output, once per connection and turn, straight from the arena; and frees ended connections.

use std::time::Duration;

use super::connection::Phase;
use super::connections::Ended;
use super::queue::FlushRules;
use super::server::Server;
use crate::error::CloseReason;
use crate::protocol::{Output, Protocol, Skipped, Time};

/// Upper limit of [`ServerConfig::linger`](crate::ServerConfig::linger) while the server stops.
const STOPPING_LINGER: Duration = Duration::from_secs(1);

impl<P: Protocol> Server<P> {
    /// Ends a turn: writes to as many connections as one turn allows, and leaves the others for the next
    /// turn.
    ///
    /// Writing to all connections at once was rejected: a thousand writes take milliseconds, during
    /// which no client is read from. With a look at the sockets in between, messages that arrive
    /// meanwhile go out in the same write to every connection that has not had its write yet, and in a
    /// second write only to those that have. The messages of ten clients that alternate with a room of a
    /// hundred are combined in this way, and stay combined; otherwise two halves that alternate never
    /// meet in one turn, and every line costs twice the writes: 0.81 µs for a delivery instead of 0.47. The
    /// price is one more wait for events in 64 writes.
    pub(super) fn flush_and_reap(&mut self, now: Time) {
        self.take_closings();
        self.flush(self.config.writes_per_turn, now);
        self.reap(now);
        if self.connections.give_memory_back(self.outbox.is_clean()) {
            self.outbox.shrink();
        }
    }

    /// Flushes everything in the middle of a turn once the outbox is full, because memory for output is
    /// bounded.
    pub(super) fn flush_if_full(&mut self, now: Time) {
        if self.outbox.is_full() {
            self.take_closings();
            self.flush(usize::MAX, now);
        }
    }

    /// Writes to at most `writes_max` connections, first to those that have waited longest. The arena is
    /// cleared only when no connection is left that has a range of it.
    fn flush(&mut self, writes_max: usize, now: Time) {
        for _ in 0..writes_max {
            let Some(index) = self.outbox.next_dirty() else {
                break;
            };
            self.flush_one(index, now);
        }
        self.send_datagrams();
        if self.outbox.is_clean() {
            self.outbox.clear();
        }
        self.hold_total(now);
    }

    /// Writes the backlog of one connection and the output that it has got so far in this turn.
    pub(super) fn flush_one(&mut self, index: usize, now: Time) {
        let burst = self.outbox.take(index);
        let Some(connection) = self.connections.get_mut(index) else {
            return;
        };
        let was_flowing = connection.is_flowing();
        let id = connection.id;
        let mut rules = FlushRules {
            now,
            queue_bytes_max: self.config.queue_bytes_max,
            notice: |skipped: Skipped, line: &mut Vec<u8>| {
                self.stats.skipped += skipped.total();
                self.protocol.skipped(id, skipped, line);
            },
        };
        connection.flush(burst, &mut rules);
        if !(was_flowing && connection.is_flowing()) {
            if connection.phase != Phase::Open {
                self.connections.note_end(index);
            }
            self.connections.reschedule(index, now);
        }
    }

    /// Sends each datagram in one attempt; a datagram that the system does not take is dropped and
    /// counted.
    fn send_datagrams(&mut self) {
        for (to, bytes) in self.outbox.datagrams() {
            if let Err(error) = self.udp.send(to, bytes) {
                log::debug!("a datagram to {} is dropped: {error}", to.address);
                self.stats.datagrams_dropped += 1;
            }
        }
        self.outbox.clear_datagrams();
    }

    /// Holds all queues together to their limit: while they exceed it, the connection with the most
    /// queued bytes loses its skippable messages, or is closed if it has none.
    fn hold_total(&mut self, now: Time) {
        while self.connections.queued_bytes() > self.config.queue_total_bytes_max as u64 {
            let Some(index) = self.connections.slowest() else {
                return;
            };
            let connection = &mut self.connections[index];
            let id = connection.id;
            let dropped = connection.drop_skippable(&mut |skipped: Skipped, line| {
                self.stats.skipped += skipped.total();
                self.protocol.skipped(id, skipped, line);
            });
            if dropped == 0 {
                log::info!("{id} holds most of full queues: closed");
                connection.fail(CloseReason::QueueFull);
            }
            self.connections.reschedule(index, now);
        }
    }

    /// Moves every connection that has finished a phase to the next one, and frees the connections in
    /// the last phase.
    fn reap(&mut self, now: Time) {
        while let Some(index) = self.connections.next_ending() {
            if self.outbox.has_output(index) {
                // The connection ends only once this output is written. The flush notes its end again,
                // so that it is visited here again.
                self.flush_one(index, now);
            }
            let Some(connection) = self.connections.get_mut(index) else {
                continue;
            };
            // While the server stops, a peer that has not answered the server's end of stream with its
            // own is waited for only briefly.
            let linger = match self.stopping {
                Some(_) => self.config.linger.min(STOPPING_LINGER),
                None => self.config.linger,
            };
            if connection.finish(now, linger) {
                self.connections.reschedule(index, now);
            } else if connection.phase == Phase::Gone {
                self.free(index, now);
            }
        }
    }

    /// Frees a connection, and tells the protocol. The protocol is told last, when the id is unknown
    /// everywhere, so that what it sends to it in that call goes nowhere. The descriptor is free from here
    /// on, so listeners that wait for one try again.
    fn free(&mut self, index: usize, now: Time) {
        let Ended {
            id,
            reason,
            was_opened,
        } = self.connections.remove(index);
        self.outbox.forget(id);
        self.listeners.retry_now();
        if was_opened {
            log::debug!("{id} {reason}");
            self.protocol.closed(id, reason, now, &mut self.outbox);
            self.take_closings();
        }
    }

    /// Closes every connection after the output that is queued for it.
    pub(super) fn close_all(&mut self) {
        self.take_closings();
        for id in self.connections.ids() {
            self.outbox.seal(id);
        }
        self.connections.close_all(CloseReason::Stopping);
    }

    /// Drops every connection because there is no more time: output that is not written by now is lost.
    pub(super) fn drop_all(&mut self, now: Time) {
        self.connections.drop_all(CloseReason::Stopping);
        self.reap(now);
        self.flush(usize::MAX, now);
        self.publish();
    }
}
