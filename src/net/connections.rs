//! All connections: their places, the ready list, the timers, and the counts for the limits.
//!
//! A connection knows what can be done with it; this table knows which connections to look at, so that a
//! turn costs what happens in it and not what is connected:
//!
//! | list | its connections | gone through by |
//! | --- | --- | --- |
//! | `ready` | may have input; filled by events and by [`Connections::reschedule`] | the next turn |
//! | `serving` | were ready when the turn began to read | `read_ready` |
//! | `ending` | may have reached the end of a phase | `reap`, at the end of the turn |
//! | `timers` | must be looked at by a certain time | `expire_connections` |
//!
//! Each list holds indices, and may hold one whose connection is gone or has nothing to do any more: that
//! is found out where the list is gone through. Whatever was done with a connection,
//! [`Connections::reschedule`] must follow, or the connection is never heard of again.

use std::collections::HashMap;
use std::ops::{Index, IndexMut};
use std::time::Duration;

use mio::Token;
use mio::event::Event;
use slab::Slab;

use super::address::AddressKey;
use super::connection::{Connection, Phase};
use super::maybe_tls::MaybeTls;
use super::outbox::GENERATIONS;
use super::timers::Timers;
use super::transport::Transport;
use crate::config::ServerConfig;
use crate::error::CloseReason;
use crate::protocol::{Address, ConnId, Monotonic, Time};
use crate::table::{self, places, table};

/// Number of places that are kept however few connections there are.
const PLACES_KEPT: usize = 1024;

type NetConnection = Connection<MaybeTls<Transport>>;

#[derive(Debug)]
pub(crate) struct Connections {
    slab: Slab<Place>,
    /// Number of places that hold memory, at most.
    places: usize,
    /// There were many more connections than there are now.
    was_crowded: bool,
    /// The generation of the latest connection. Each gets the next one, so that none has the id of an
    /// earlier connection.
    generation: u32,
    /// Number of connections at each address that has a limit.
    per_address: HashMap<AddressKey, u32>,
    refused: usize,
    adopted: usize,
    /// Connections with input to go on with. Each stands here once, marked by [`Place::is_listed`].
    ready: Vec<u32>,
    /// Connections that are served in this turn, and the number of those that have been.
    serving: Vec<u32>,
    served: usize,
    /// Connections that may have reached the end of a phase.
    ending: Vec<u32>,
    timers: Timers,
    /// Number of bytes queued for all connections: the sum of [`Place::counted`], kept up to date by
    /// differences.
    queued_bytes: u64,
    queue_bytes_max: usize,
    stall: Duration,
}

/// A connection, with its share in the lists and counts of all connections.
#[derive(Debug)]
struct Place {
    connection: NetConnection,
    kind: CameBy,
    /// The key under which the connection is counted; None if its address has no limit.
    address: Option<AddressKey>,
    is_listed: bool,
    /// Time of the earliest timer that will look at the connection.
    armed: Option<Monotonic>,
    /// Number of the connection's queued bytes that are in the total.
    counted: usize,
}

/// The way in which a connection came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CameBy {
    /// By a listener.
    Guest,
    /// By a listener, and was refused: the protocol never knows of it.
    Refused,
    /// The host program handed it over, and it does not count against the limits on connections: a console
    /// would otherwise take the only place of a server that has one.
    Adopted,
}

/// The facts that are still needed of a connection that is gone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) id: ConnId,
    pub(crate) reason: CloseReason,
    /// The protocol knows of the connection.
    pub(crate) was_opened: bool,
}

impl Connections {
    pub(crate) fn new(config: &ServerConfig) -> Self {
        Self {
            slab: places(),
            places: 0,
            was_crowded: false,
            generation: 0,
            per_address: HashMap::new(),
            refused: 0,
            adopted: 0,
            ready: table(),
            serving: table(),
            served: 0,
            ending: table(),
            timers: Timers::default(),
            queued_bytes: 0,
            queue_bytes_max: config.queue_bytes_max,
            stall: config.stall,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.slab.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.slab.is_empty()
    }

    /// Number of connections that came by a listener and were not refused.
    pub(crate) fn guests(&self) -> usize {
        self.slab.len() - self.refused - self.adopted
    }

    /// Number of connections that were refused and are not gone yet.
    pub(crate) fn refused(&self) -> usize {
        self.refused
    }

    pub(crate) fn queued_bytes(&self) -> u64 {
        self.queued_bytes
    }

    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut NetConnection> {
        Some(&mut self.slab.get_mut(index)?.connection)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = ConnId> {
        self.slab.iter().map(|(_, entry)| entry.connection.id)
    }

    /// The token that the next connection is to be registered with.
    pub(crate) fn next_token(&self) -> Token {
        Token(self.slab.vacant_key())
    }

    pub(crate) fn insert(&mut self, stream: Transport, kind: CameBy, now: Time) -> ConnId {
        let index = self.slab.vacant_key() as u32;
        self.generation = (self.generation + 1) % GENERATIONS;
        let id = ConnId::new(index, self.generation);
        self.slab.insert(Place {
            connection: Connection::new(MaybeTls::plain(stream), id, now),
            kind,
            address: None,
            is_listed: false,
            armed: None,
            counted: 0,
        });
        self.count(kind, 1);
        id
    }

    /// Frees a connection's place, and closes its socket, which takes the socket out of the event queue
    /// as well.
    pub(crate) fn remove(&mut self, index: usize) -> Ended {
        let entry = self.slab.remove(index);
        self.queued_bytes -= entry.counted as u64;
        self.count(entry.kind, -1);
        if let Some(key) = entry.address
            && let Some(count) = self.per_address.get_mut(&key)
        {
            *count -= 1;
            if *count == 0 {
                self.per_address.remove(&key);
            }
        }
        let connection = entry.connection;
        Ended {
            id: connection.id,
            reason: connection.reason(),
            was_opened: entry.kind != CameBy::Refused && connection.pending.is_none(),
        }
    }

    /// Counts a guest as refused from here on.
    pub(crate) fn note_refused(&mut self, index: usize) {
        self.count(self.slab[index].kind, -1);
        self.slab[index].kind = CameBy::Refused;
        self.count(CameBy::Refused, 1);
    }

    /// Counts the kinds that are no guests. Guests are the rest, so one that is made a refused one frees a
    /// guest's place at once, although it lingers.
    fn count(&mut self, kind: CameBy, by: isize) {
        let count = match kind {
            CameBy::Guest => return,
            CameBy::Refused => &mut self.refused,
            CameBy::Adopted => &mut self.adopted,
        };
        *count = count.saturating_add_signed(by);
    }

    /// Returns whether an address has as many connections as it may.
    pub(crate) fn is_full_for(&self, address: Address, max: usize) -> bool {
        let key = AddressKey::of(address);
        let here = key.and_then(|key| self.per_address.get(&key)).copied();
        here.is_some_and(|here| here as usize >= max)
    }

    /// Counts a connection for its address from here on.
    pub(crate) fn count_for(&mut self, index: usize, address: Address) {
        let key = AddressKey::of(address);
        self.slab[index].address = key;
        if let Some(key) = key {
            *self.per_address.entry(key).or_default() += 1;
        }
    }

    /// Takes note of a readiness event. Returns whether a backlog can be written now.
    pub(crate) fn note(&mut self, index: usize, event: &Event) -> bool {
        let Some(entry) = self.slab.get_mut(index) else {
            return false;
        };
        let failed = event.is_error() || event.is_write_closed();
        entry.connection.note(
            event.is_readable(),
            event.is_writable(),
            event.is_read_closed(),
            failed,
        );
        if failed {
            self.ending.push(index as u32);
        }
        list(&mut self.ready, entry);
        entry.connection.can_drain()
    }

    pub(crate) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Begins to serve the ready connections; a connection that becomes ready from here on is for the
    /// next turn. The two lists are swapped, so that neither is ever allocated anew.
    pub(crate) fn begin_serving(&mut self) {
        std::mem::swap(&mut self.ready, &mut self.serving);
    }

    /// The next connection to serve, of those that were ready.
    pub(crate) fn next_served(&mut self) -> Option<usize> {
        while let Some(index) = self.serving.get(self.served) {
            self.served += 1;
            if let Some(entry) = self.slab.get_mut(*index as usize) {
                entry.is_listed = false;
                return Some(*index as usize);
            }
        }
        self.serving.clear();
        self.served = 0;
        None
    }

    /// Updates the state of a connection after anything was done with it: its queued bytes, its place on
    /// the ready list or among the ending connections, and its timer.
    pub(crate) fn reschedule(&mut self, index: usize, now: Time) {
        let entry = &mut self.slab[index];
        let queued = entry.connection.queued();
        self.queued_bytes = self.queued_bytes + queued as u64 - entry.counted as u64;
        entry.counted = queued;
        if entry.connection.phase == Phase::Gone {
            self.ending.push(index as u32);
            return;
        }
        if entry.connection.has_input(now, self.queue_bytes_max) {
            list(&mut self.ready, entry);
        }
        let due = entry.connection.due_at(now, self.stall);
        if let Some(at) = due.filter(|at| entry.armed.is_none_or(|armed| *at < armed)) {
            entry.armed = Some(at);
            self.timers.arm(at, entry.connection.id);
        }
    }

    /// Time of the next timer.
    pub(crate) fn deadline(&self) -> Option<Monotonic> {
        self.timers.next()
    }

    /// The next connection for which a timer says that something may be due. A timer of a connection that
    /// is gone finds another generation in its place, and is passed over.
    pub(crate) fn next_due(&mut self, now: Time) -> Option<usize> {
        while let Some(id) = self.timers.pop_due(now) {
            if let Some(entry) = self.slab.get_mut(id.index())
                && entry.connection.id == id
            {
                entry.armed = entry.armed.filter(|armed| *armed > now);
                return Some(id.index());
            }
        }
        None
    }

    /// Notes that a connection may have reached the end of a phase.
    pub(crate) fn note_end(&mut self, index: usize) {
        self.ending.push(index as u32);
    }

    pub(crate) fn next_ending(&mut self) -> Option<usize> {
        self.ending.pop().map(|index| index as usize)
    }

    /// Closes a connection after the output that is queued for it.
    pub(crate) fn close(&mut self, index: usize, reason: CloseReason) {
        self[index].close(reason);
        self.note_end(index);
    }

    pub(crate) fn close_all(&mut self, reason: CloseReason) {
        for (index, entry) in &mut self.slab {
            entry.connection.close(reason);
            self.ending.push(index as u32);
        }
    }

    /// Ends all connections, whatever is queued for them.
    pub(crate) fn drop_all(&mut self, reason: CloseReason) {
        for (index, entry) in &mut self.slab {
            entry.connection.fail(reason);
            entry.connection.phase = Phase::Gone;
            self.ending.push(index as u32);
        }
    }

    /// The connection with the most queued bytes, if any connection has some. It is looked for among all of
    /// them, which happens only while the queues together are over their limit.
    pub(crate) fn slowest(&self) -> Option<usize> {
        let queued = self
            .slab
            .iter()
            .map(|(at, it)| (it.connection.queued(), at));
        queued.max().filter(|(most, _)| *most > 0).map(|(_, at)| at)
    }

    /// Gives memory back after many connections have gone. The lists of a turn are shrunk only in a turn
    /// in which they are empty. Returns whether they were shrunk.
    pub(crate) fn give_memory_back(&mut self, is_flushed: bool) -> bool {
        let here = self.slab.len();
        self.places = self.places.max(here);
        if self.places > PLACES_KEPT && here < self.places / 4 {
            let before = self.slab.capacity();
            match here {
                0 => table::renew(&mut self.slab),
                _ => self.slab.shrink_to_fit(),
            }
            self.places = self.slab.capacity();
            self.was_crowded |= self.places < before;
        }
        if !self.was_crowded || !is_flushed || self.has_ready() {
            return false;
        }
        self.was_crowded = false;
        for list in [&mut self.ready, &mut self.serving, &mut self.ending] {
            table::shrink(list);
        }
        true
    }
}

/// Puts a connection on the ready list, once.
fn list(ready: &mut Vec<u32>, entry: &mut Place) {
    if !entry.is_listed {
        entry.is_listed = true;
        ready.push(entry.connection.id.index() as u32);
    }
}

impl Index<usize> for Connections {
    type Output = NetConnection;

    fn index(&self, index: usize) -> &NetConnection {
        &self.slab[index].connection
    }
}

impl IndexMut<usize> for Connections {
    fn index_mut(&mut self, index: usize) -> &mut NetConnection {
        &mut self.slab[index].connection
    }
}
