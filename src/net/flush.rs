//! Output: one write per connection and turn, straight from the arena; and the end of connections.

use std::time::Duration;

use super::connection::{FlushRules, Phase};
use super::server::Server;
use crate::error::CloseReason;
use crate::protocol::{Output, Protocol, Skipped, Time};
use crate::table;

/// Places for connections that are kept however few there are.
const PLACES_KEPT: usize = 1024;

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
        self.give_memory_back();
    }

    /// After a crowd has gone, what it took goes as well.
    fn give_memory_back(&mut self) {
        let here = self.connections.len();
        self.places = self.places.max(here);
        if self.places > PLACES_KEPT && here < self.places / 4 {
            let before = self.connections.capacity();
            match here {
                0 => table::renew(&mut self.connections),
                _ => self.connections.shrink_to_fit(),
            }
            self.places = self.connections.capacity();
            self.was_crowded |= self.places < before;
        }
        // The lists of a turn wait for one in which they are empty.
        if self.was_crowded && self.ready.is_empty() && self.outbox.is_clean() {
            self.was_crowded = false;
            for list in [&mut self.ready, &mut self.serving, &mut self.ending] {
                table::shrink(list);
            }
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
        self.outbox.clear_datagrams();
        if self.outbox.is_clean() {
            self.outbox.clear();
        }
        self.hold_total(now);
    }

    pub(super) fn flush_one(&mut self, index: usize, now: Time) {
        let mut ranges = std::mem::take(&mut self.ranges);
        let burst = self.outbox.take(index, &mut ranges);
        if let Some(connection) = self.connections.get_mut(index) {
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
                    self.ending.push(index as u32);
                }
                self.settle(index, now);
            }
        }
        self.ranges = ranges;
    }

    /// All queues together have a limit: past it, whoever holds most gives most.
    fn hold_total(&mut self, now: Time) {
        while self.stats.queued_bytes > self.config.queue_total_bytes_max as u64 {
            let worst = self
                .connections
                .iter_mut()
                .max_by_key(|(_, connection)| connection.queued());
            let Some((index, connection)) = worst.filter(|(_, worst)| worst.queued() > 0) else {
                return;
            };
            let id = connection.id;
            let shed = connection.shed(&mut |skipped: Skipped, line| {
                self.stats.skipped += skipped.total();
                self.protocol.skipped(id, skipped, line);
            });
            if shed == 0 {
                log::info!("{} holds most of full queues: closed", connection.id);
                connection.fail(CloseReason::QueueFull);
            }
            self.settle(index, now);
        }
    }

    /// Takes every connection that is done to its next phase, and frees those at the last one.
    fn reap(&mut self, now: Time) {
        while let Some(index) = self.ending.pop() {
            let index = index as usize;
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
                self.settle(index, now);
            } else if connection.phase == Phase::Gone {
                self.free(index, now);
            }
        }
    }

    fn free(&mut self, index: usize, now: Time) {
        let mut connection = self.connections.remove(index);
        connection.uncount(&mut self.stats.queued_bytes);
        self.outbox.forget(connection.id);
        if let Some(key) = connection.address
            && let Some(count) = self.per_address.get_mut(&key)
        {
            *count -= 1;
            if *count == 0 {
                self.per_address.remove(&key);
            }
        }
        let (id, reason) = (connection.id, connection.reason());
        let was_refused = connection.was_refused;
        let is_opened = connection.pending.is_none();
        self.adopted -= usize::from(connection.was_adopted);
        // Closing the descriptor also takes it out of the event queue.
        drop(connection);
        self.accept_again_now();
        if was_refused {
            self.refused_lingering -= 1;
        } else if is_opened {
            log::debug!("{id} {reason}");
            self.protocol.closed(id, reason, now, &mut self.outbox);
            self.take_closings();
        }
    }

    /// Closes every connection, with what is queued for it.
    pub(super) fn close_all(&mut self) {
        self.take_closings();
        for (index, connection) in &mut self.connections {
            self.outbox.seal(connection.id);
            connection.close(CloseReason::Stopping);
            self.ending.push(index as u32);
        }
    }

    /// There is no more time: what is not out by now is lost.
    pub(super) fn drop_all(&mut self, now: Time) {
        for (index, connection) in &mut self.connections {
            connection.fail(CloseReason::Stopping);
            connection.phase = Phase::Gone;
            self.ending.push(index as u32);
        }
        self.reap(now);
        self.flush(usize::MAX, now);
        self.publish();
    }
}
