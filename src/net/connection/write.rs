//! The write path of a connection: straight from the arena to the system, and the rest into the queue.
//!
//! Three places hold bytes for the peer. Each is emptied before the next one is looked at, which is all that
//! keeps the order:
//!
//! ```text
//!  the stream's own (encrypted) ─▶ the queue, with its notices ─▶ this turn's ranges in the arena
//! ```
//!
//! In the common case the first two are empty, and the ranges leave in one system call without a copy.

use std::io::{self, ErrorKind, IoSlice};

use super::Connection;
use crate::error::CloseReason;
use crate::net::arena::Arena;
use crate::net::outbox::PendingOutput;
use crate::net::queue::FlushRules;
use crate::net::stream::{SLICES_MAX, Stream};
use crate::protocol::{OutputRange, Skipped, Time};

impl<S: Stream> Connection<S> {
    /// Writes the backlog, then this turn's ranges straight from the arena, and queues the bytes that
    /// the system does not take.
    pub(crate) fn flush<N>(&mut self, burst: PendingOutput<'_>, rules: &mut FlushRules<N>)
    where
        N: FnMut(Skipped, &mut Vec<u8>),
    {
        if self.write_closed {
            return;
        }
        self.flush_stream(rules.now);
        self.drain_queue(rules);
        if self.write_closed || burst.ranges.is_empty() {
            return;
        }
        if self.queue.is_some() || !self.writable {
            self.enqueue(burst, 0, rules);
            return;
        }
        let mut from = 0;
        while let Some(batch) = burst.ranges.get(from..).filter(|rest| !rest.is_empty()) {
            let batch = &batch[..batch.len().min(SLICES_MAX)];
            let written = self.write_ranges(burst.arena, batch);
            if written > 0 {
                self.progress_at = rules.now.monotonic();
            }
            if self.write_closed {
                return;
            }
            if !self.writable {
                let ranges = &burst.ranges[from..];
                self.enqueue(PendingOutput { ranges, ..burst }, written, rules);
                return;
            }
            from += batch.len();
        }
    }

    /// Writes all ranges in one system call. Returns the number of bytes written. One range, which is nearly
    /// every turn's output, needs no list of slices.
    fn write_ranges(&mut self, arena: &Arena, ranges: &[OutputRange]) -> usize {
        if let [range] = ranges {
            let bytes = arena.bytes(*range);
            return self.write(bytes.len(), |stream| stream.write(bytes));
        }
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        let mut length = 0;
        for (slice, range) in slices.iter_mut().zip(ranges) {
            *slice = IoSlice::new(arena.bytes(*range));
            length += slice.len();
        }
        let slices = &slices[..ranges.len()];
        self.write(length, |stream| stream.write_vectored(slices))
    }

    /// Makes one system call, which was asked to write `length` bytes. If it took less, the socket is full
    /// and an event will come; if it took all, there may be room for more. A stream that still holds bytes
    /// back counts as full, or output would be encrypted ahead of a socket that takes nothing.
    fn write(&mut self, length: usize, mut call: impl FnMut(&mut S) -> io::Result<usize>) -> usize {
        loop {
            return match call(&mut self.stream) {
                Ok(0) => self.write_failed(),
                Ok(n) => {
                    self.writable = n == length && self.stream.buffered() == 0;
                    n
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.writable = false;
                    0
                }
                Err(_) => self.write_failed(),
            };
        }
    }

    /// Notes that a write failed. The peer's last lines may still be in the socket, so it is read to its
    /// end before the connection goes.
    fn write_failed(&mut self) -> usize {
        self.close_write();
        self.readable = true;
        self.end_announced = true;
        0
    }

    /// Writes the bytes that the stream has buffered, which come before anything else.
    fn flush_stream(&mut self, now: Time) {
        let before = self.stream.buffered();
        if before == 0 || !self.writable {
            return;
        }
        match self.stream.flush() {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.writable = false,
            Err(_) => {
                self.write_failed();
            }
        }
        if self.stream.buffered() < before {
            self.progress_at = now.monotonic();
        }
    }

    /// Writes as much of the queue as the system takes, and frees the queue once it is empty.
    fn drain_queue<N>(&mut self, rules: &mut FlushRules<N>)
    where
        N: FnMut(Skipped, &mut Vec<u8>),
    {
        // The loop ends: each time around, either the system takes less than all, or the queue is gone.
        while self.writable {
            let Some(mut queue) = self.queue.take() else {
                return;
            };
            if queue.len() == 0 {
                queue.push_notice(&mut rules.notice);
                if queue.is_done() {
                    return;
                }
            }
            let slices = queue.slices();
            let written = self.write(queue.len(), |stream| stream.write_vectored(&slices));
            if self.write_closed {
                return;
            }
            if written > 0 {
                self.progress_at = rules.now.monotonic();
            }
            queue.consume(written);
            if queue.len() == 0 {
                // The notice is added at once: a stream that holds buffered bytes may not be writable
                // for a while, and messages that are queued meanwhile come after the gap.
                queue.push_notice(&mut rules.notice);
            }
            if !queue.is_done() {
                self.queue = Some(queue);
            }
        }
    }

    /// Queues the rest of a burst, of which `written` bytes have been written. Here ranges come apart into
    /// messages again: each whole one may be skipped, and one that has begun may not, because the peer would
    /// read half of it and then another.
    fn enqueue<N>(
        &mut self,
        burst: PendingOutput<'_>,
        mut written: usize,
        rules: &mut FlushRules<N>,
    ) where
        N: FnMut(Skipped, &mut Vec<u8>),
    {
        let mut queue = self.queue.take().unwrap_or_else(|| {
            self.progress_at = rules.now.monotonic();
            Box::default()
        });
        for range in burst.ranges {
            for (message, delivery) in burst.arena.messages(*range) {
                if written >= message.len() {
                    written -= message.len();
                } else if written > 0 {
                    queue.push_rest(&message[written..]);
                    written = 0;
                } else {
                    let max = rules.queue_bytes_max;
                    queue.push_message(message, delivery, max, &mut rules.notice);
                }
            }
        }
        let is_over = queue.is_over(rules.queue_bytes_max);
        if !queue.is_done() {
            self.queue = Some(queue);
        }
        if is_over {
            self.fail(CloseReason::QueueFull);
        }
    }
}
