//! Output: one write per connection and turn, straight from the arena; and the end of connections.

use std::time::Duration;

use super::connection::Phase;
use super::connections::Ended;
use super::queue::FlushRules;
use super::server::Server;
use crate::error::CloseReason;
use crate::protocol::{Output, Protocol, Skipped, Time};

/// [`ServerConfig::linger`](crate::ServerConfig::linger) while the server stops, at most.
const STOPPING_LINGER: Duration = Duration::from_secs(1);

impl<P: Protocol> Server<P> {
    /// The end of a turn: some writes, and what is left of them is for the next one.
    ///
    /// Why not all of them: writing to a thousand takes milliseconds, in which nobody is listened to.
    /// With a look at the sockets every now and then, what was said meanwhile goes out in the same
    /// writes to all who have not had theirs, and in a second one only to those who have. Ten who
    /// write in turn with a room of a hundred come together so, and stay together: without it, two
    /// halves that take turns never meet, and every line costs twice the writes.
    pub(super) fn flush_and_reap(&mut self, now: Time) {
        self.take_closings();
        self.flush(self.config.writes_per_turn, now);
        self.reap(now);
        if self.connections.give_memory_back(self.outbox.is_clean()) {
            self.outbox.shrink();
        }
    }

    /// In the middle of a turn: memory for output is bounded.
    pub(super) fn flush_if_full(&mut self, now: Time) {
        if self.outbox.is_full() {
            self.take_closings();
            self.flush(usize::MAX, now);
        }
    }

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

    /// What one connection has got so far, and what waits for it.
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

    /// One try each.
    fn send_datagrams(&mut self) {
        for (to, bytes) in self.outbox.datagrams() {
            if let Err(error) = self.udp.send(to, bytes) {
                log::debug!("a datagram to {} is dropped: {error}", to.address);
                self.stats.datagrams_dropped += 1;
            }
        }
        self.outbox.clear_datagrams();
    }

    /// All queues together have a limit: past it, whoever holds most gives most.
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

    /// Takes every connection that is done to its next phase, and frees those at the last one.
    fn reap(&mut self, now: Time) {
        while let Some(index) = self.connections.next_ending() {
            if self.outbox.has_output(index) {
                // It ends once that is out; this brings it back here.
                self.flush_one(index, now);
            }
            let Some(connection) = self.connections.get_mut(index) else {
                continue;
            };
            // A stop waits for no one who only fails to answer our end of stream with theirs.
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

    /// Closes every connection, with what is queued for it.
    pub(super) fn close_all(&mut self) {
        self.take_closings();
        for id in self.connections.ids() {
            self.outbox.seal(id);
        }
        self.connections.close_all(CloseReason::Stopping);
    }

    /// There is no more time: what is not out by now is lost.
    pub(super) fn drop_all(&mut self, now: Time) {
        self.connections.drop_all(CloseReason::Stopping);
        self.reap(now);
        self.flush(usize::MAX, now);
        self.publish();
    }
}
