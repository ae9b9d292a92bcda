//! Passes input from readable sockets through the shared buffer to the protocol, fairly.
//!
//! Every ready connection gets one read per turn, or one more call of the protocol with the bytes that
//! it was shown before. A connection that has more to do afterwards goes back on the ready list, because
//! with edge triggers no event would bring it back. That is the classic fault of this design, and it makes
//! no noise: whoever stops before `WouldBlock` and is on no list is not heard any more.
//!
//! ```text
//!  socket ─▶ the server's buffer ─▶ received ─▶ taken: nothing is copied
//!                  ▲                   │
//!                  └── before it ◀─────┴─ not taken: kept as `unread`, a copy
//! ```
//!
//! A buffer for each connection was rejected: thousands that idle would each have one.

use super::connection::{Filled, Phase};
use super::server::Server;
use super::stream::Stream;
use super::udp::DATAGRAMS_PER_TURN;
use crate::error::CloseReason;
use crate::protocol::{Demand, Input, Protocol, Time};

impl<P: Protocol> Server<P> {
    /// Serves each connection that was ready when this began, once: a flood waits for its next turn, and
    /// nobody else does.
    pub(super) fn read_ready(&mut self, now: Time) {
        self.tls.begin_turn();
        self.take_resumed(now);
        self.connections.begin_serving();
        while let Some(index) = self.connections.next_served() {
            self.read(index, now);
            self.note_replies(index);
            self.connections.reschedule(index, now);
            self.flush_if_full(now);
        }
    }

    /// Handles one connection's share of a turn.
    fn read(&mut self, index: usize, now: Time) {
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
        // Bytes that were shown before come first, and without a read, so that they do not grow while
        // they wait.
        if !connection.unread.is_empty() && connection.is_due(now) {
            self.deliver_input(index, 0, now);
        } else if connection.readable && connection.end.is_none() {
            match connection.fill(&mut self.buffer) {
                Filled::Bytes(count) => self.deliver_input(index, count, now),
                Filled::End(_) => self.deliver_input(index, 0, now),
                Filled::WouldBlock if connection.is_due(now) => self.deliver_input(index, 0, now),
                Filled::WouldBlock => {}
            }
        } else {
            self.deliver_input(index, 0, now);
        }
    }

    /// Notes the output that a read may have made the stream itself produce, which no message announces.
    fn note_replies(&mut self, index: usize) {
        let connection = &self.connections[index];
        if connection.stream.buffered() > 0 && connection.can_drain() {
            self.outbox.touch(index);
        }
    }

    /// Shows the protocol the bytes that it has not taken yet, with `fresh` more bytes from the buffer.
    pub(super) fn deliver_input(&mut self, index: usize, fresh: usize, now: Time) {
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
        // The limit is for a protocol that waits for more. Bytes of a peer that is held up are bounded by
        // what is read meanwhile: nothing, or 32 KiB of one that is paced.
        let waits = matches!(taken.demand, Demand::More | Demand::ReadOrAt(_));
        if waits && end.is_some() {
            connection.take_end(now);
        } else if waits && connection.unread.len() > self.config.unread_bytes_max {
            connection.fail(CloseReason::InputFull);
            connection.unread = Vec::new();
        }
        self.take_closings();
    }

    /// Reads input of a connection that is closing and throws it away: unread input would turn the close
    /// into a reset.
    fn discard(&mut self, index: usize) {
        let connection = &mut self.connections[index];
        if let Filled::End(_) = connection.fill(&mut self.buffer)
            && connection.phase == Phase::Lingering
        {
            connection.phase = Phase::Gone;
        }
    }

    /// Handles the connections for which a timer says that something may be due.
    pub(super) fn expire_connections(&mut self, now: Time) {
        while let Some(index) = self.connections.next_due(now) {
            self.expire_one(index, now);
            self.connections.reschedule(index, now);
        }
    }

    fn expire_one(&mut self, index: usize, now: Time) {
        let connection = &mut self.connections[index];
        if connection.has_lingered(now) {
            connection.phase = Phase::Gone;
        } else if connection.is_late_for_handshake(now) && connection.phase == Phase::Open {
            if connection.is_silent_so_far() {
                // The peer's first bytes may have come, in an event that is not taken yet.
                connection.readable = true;
            } else {
                self.end_handshake(index, "it took too long", now);
            }
        } else if connection.is_stalled(now, self.config.stall) {
            self.close_stalled(index, now);
        } else {
            connection.probe(now);
        }
    }

    /// Closes a connection whose peer takes no bytes, once an attempt to write has confirmed it: systems
    /// report a socket as writable only when a good part of its buffer is free (on Linux a third, which
    /// may be megabytes), so that a slow but steady reader can go unreported for minutes.
    fn close_stalled(&mut self, index: usize, now: Time) {
        self.connections[index].try_to_write();
        self.flush_one(index, now);
        let connection = &mut self.connections[index];
        if connection.is_stalled(now, self.config.stall) {
            log::info!("{} took nothing for {:?}", connection.id, self.config.stall);
            connection.fail(CloseReason::Stalled);
        }
    }

    /// Closes the connections that the protocol has asked to close.
    pub(super) fn take_closings(&mut self) {
        while let Some(id) = self.outbox.next_closing() {
            self.connections.close(id.index(), CloseReason::Asked);
        }
    }

    /// Lets the connections go on that the protocol has asked for.
    fn take_resumed(&mut self, now: Time) {
        while let Some(id) = self.outbox.next_resumed() {
            let connection = self.connections.get_mut(id.index());
            if let Some(connection) = connection.filter(|it| it.id == id) {
                connection.demand = Demand::Yield;
                self.connections.reschedule(id.index(), now);
            }
        }
    }

    /// Receives datagrams from every UDP socket, up to its share of a turn.
    pub(super) fn receive_datagrams(&mut self, now: Time) {
        for n in 0..self.udp.len() {
            for _ in 0..DATAGRAMS_PER_TURN {
                let Some((count, from)) = self.udp.receive(n, &mut self.buffer, now) else {
                    break;
                };
                let bytes = &self.buffer[..count];
                self.protocol.datagram(from, bytes, now, &mut self.outbox);
                self.take_closings();
                self.flush_if_full(now);
            }
        }
    }
}
