//! All connections: their places, who has something to do, when to look at whom, how many there are.

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
use crate::protocol::{Address, ConnId, Moment, Time};
use crate::table::{self, places, table};

/// Places that are kept however few connections there are.
const PLACES_KEPT: usize = 1024;

type Conn = Connection<MaybeTls<Transport>>;

#[derive(Debug)]
pub(crate) struct Connections {
    slab: Slab<Entry>,
    /// How many places hold memory, at most.
    places: usize,
    /// There were many more connections than there are.
    was_crowded: bool,
    /// Given to connections one after another, so that none has the id of an earlier one.
    generation: u32,
    /// How many there are at each address that counts.
    per_address: HashMap<AddressKey, u32>,
    refused: usize,
    adopted: usize,
    /// Those with input to go on with; each once, marked by [`Entry::is_listed`].
    ready: Vec<u32>,
    /// Those of this turn, while they are served, and how many have been.
    serving: Vec<u32>,
    served: usize,
    /// Those that may have reached the end of a phase.
    ending: Vec<u32>,
    timers: Timers,
    /// Bytes that wait for all of them.
    queued_bytes: u64,
    queue_bytes_max: usize,
    stall: Duration,
}

/// A connection, and what is kept of it for all of them together.
#[derive(Debug)]
struct Entry {
    connection: Conn,
    kind: Kind,
    /// What it counts as at its address, if that has a limit.
    address: Option<AddressKey>,
    is_listed: bool,
    /// The earliest timer that will look at it.
    armed: Option<Moment>,
    /// How many of its queued bytes are in the total.
    counted: usize,
}

/// How a connection came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// By a listener.
    Guest,
    /// By a listener, and was turned away: the protocol never knows of it.
    Refused,
    /// The host program brought it, and it takes no guest's place.
    Adopted,
}

/// What is to be known of a connection that is gone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) id: ConnId,
    pub(crate) reason: CloseReason,
    /// The protocol knows of it.
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

    /// Those that came by a listener and were let in.
    pub(crate) fn guests(&self) -> usize {
        self.slab.len() - self.refused - self.adopted
    }

    /// Those that were turned away and are not gone.
    pub(crate) fn refused(&self) -> usize {
        self.refused
    }

    pub(crate) fn queued_bytes(&self) -> u64 {
        self.queued_bytes
    }

    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut Conn> {
        Some(&mut self.slab.get_mut(index)?.connection)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = ConnId> {
        self.slab.iter().map(|(_, entry)| entry.connection.id)
    }

    /// What the next one is to be registered with.
    pub(crate) fn next_token(&self) -> Token {
        Token(self.slab.vacant_key())
    }

    pub(crate) fn insert(&mut self, stream: Transport, kind: Kind, now: Time) -> ConnId {
        let index = self.slab.vacant_key() as u32;
        self.generation = (self.generation + 1) % GENERATIONS;
        let id = ConnId::new(index, self.generation);
        self.slab.insert(Entry {
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

    /// Frees a place, and closes the socket, which takes it out of the event queue as well.
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
            was_opened: entry.kind != Kind::Refused && connection.pending.is_none(),
        }
    }

    /// A guest is turned away after all.
    pub(crate) fn note_refused(&mut self, index: usize) {
        self.count(self.slab[index].kind, -1);
        self.slab[index].kind = Kind::Refused;
        self.count(Kind::Refused, 1);
    }

    fn count(&mut self, kind: Kind, by: isize) {
        let count = match kind {
            Kind::Guest => return,
            Kind::Refused => &mut self.refused,
            Kind::Adopted => &mut self.adopted,
        };
        *count = count.saturating_add_signed(by);
    }

    /// Whether an address has as many connections as it may.
    pub(crate) fn is_full_for(&self, address: Address, max: usize) -> bool {
        let key = AddressKey::of(address);
        let here = key.and_then(|key| self.per_address.get(&key)).copied();
        here.is_some_and(|here| here as usize >= max)
    }

    /// From here on a connection counts for its address.
    pub(crate) fn count_for(&mut self, index: usize, address: Address) {
        let key = AddressKey::of(address);
        self.slab[index].address = key;
        if let Some(key) = key {
            *self.per_address.entry(key).or_default() += 1;
        }
    }

    /// Takes note of a readiness event. Says whether a backlog can go on its way.
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

    /// What becomes ready from here on is for the next turn. Two lists change places, so that neither is
    /// ever allocated anew.
    pub(crate) fn begin_serving(&mut self) {
        std::mem::swap(&mut self.ready, &mut self.serving);
    }

    /// Whose turn it is, of those who were ready.
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

    /// After anything was done with a connection: is there more, and when is it to be looked at?
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

    /// When one is to be looked at next.
    pub(crate) fn deadline(&self) -> Option<Moment> {
        self.timers.next()
    }

    /// One for which a timer says that something may be due.
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

    /// A connection may have reached the end of a phase.
    pub(crate) fn note_end(&mut self, index: usize) {
        self.ending.push(index as u32);
    }

    pub(crate) fn next_ending(&mut self) -> Option<usize> {
        self.ending.pop().map(|index| index as usize)
    }

    /// Closes one, with what is queued for it.
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

    /// Ends all of them, whatever is queued.
    pub(crate) fn drop_all(&mut self, reason: CloseReason) {
        for (index, entry) in &mut self.slab {
            entry.connection.fail(reason);
            entry.connection.phase = Phase::Gone;
            self.ending.push(index as u32);
        }
    }

    /// The one for which most bytes wait, if any do.
    pub(crate) fn slowest(&self) -> Option<usize> {
        let queued = self
            .slab
            .iter()
            .map(|(at, it)| (it.connection.queued(), at));
        queued.max().filter(|(most, _)| *most > 0).map(|(_, at)| at)
    }

    /// After a crowd has gone, what it took goes as well; the lists of a turn wait for one in which they
    /// are empty. Says whether they went.
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
fn list(ready: &mut Vec<u32>, entry: &mut Entry) {
    if !entry.is_listed {
        entry.is_listed = true;
        ready.push(entry.connection.id.index() as u32);
    }
}

impl Index<usize> for Connections {
    type Output = Conn;

    fn index(&self, index: usize) -> &Conn {
        &self.slab[index].connection
    }
}

impl IndexMut<usize> for Connections {
    fn index_mut(&mut self, index: usize) -> &mut Conn {
        &mut self.slab[index].connection
    }
}
