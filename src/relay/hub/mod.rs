//! The chat itself, pure: rooms, nicknames, topics, history. No socket, no clock, no protocol.
//!
//! Calls come with the time and a [`Sink`]; what happened goes into the sink as [`Event`]s, each
//! with its audience. The same calls give the same events, whatever the machine.
//!
//! Someone is first [admitted](Hub::admit) as a listener, [arrives](Hub::arrive) by taking a
//! nickname, [performs](Hub::perform) commands, and [leaves](Hub::leave).

mod act;
mod event;
mod flood;
mod gather;
mod history;
mod members;
pub mod names;
mod nicks;
mod rooms;

use std::collections::BTreeSet;
use std::iter;

use crate::config::RelayConfig;
use crate::protocol::{ConnId, Time};

pub use event::{
    Command, Entry, Event, Format, NAMES_SHOWN_MAX, Names, Recipient, Refused, Sink, Speech,
};
pub use flood::{Allowance, Flood};
pub use members::Hears;

use gather::Way;
use members::Member;
use nicks::Nicks;
use rooms::{Room, Rooms};

/// Rooms, nicknames, and who is where.
#[derive(Debug)]
pub struct Hub {
    config: RelayConfig,
    /// By the index of a connection's id.
    clients: Vec<Option<Client>>,
    nicks: Nicks,
    rooms: Rooms,
    /// Rooms that have something to tell, and when.
    gathering: BTreeSet<(Time, usize)>,
    /// Bytes of history in all rooms.
    history_bytes: usize,
}

/// Someone in a room.
#[derive(Debug)]
struct Client {
    id: ConnId,
    name: Option<Box<str>>,
    room: usize,
    /// The place in the room's list of members.
    slot: usize,
    format: Format,
    hears: Hears,
}

impl Hub {
    /// An empty chat under these rules.
    pub fn new(config: RelayConfig) -> Self {
        Self {
            clients: Vec::new(),
            nicks: Nicks::default(),
            rooms: Rooms::new(
                config.rooms_max,
                config.empty_rooms_max,
                config.empty_room_kept,
            ),
            gathering: BTreeSet::new(),
            history_bytes: 0,
            config,
        }
    }

    /// Lets someone into the default room as a listener, without a word to anybody. They are
    /// counted, but have no name.
    pub fn admit(&mut self, id: ConnId, format: Format, hears: Hears, now: Time) {
        let room = self.rooms.find_or_make_default(&self.config.default_room);
        if self.clients.len() <= id.index() {
            self.clients.resize_with(id.index() + 1, || None);
        }
        debug_assert!(self.clients[id.index()].is_none(), "{id} is here already");
        self.clients[id.index()] = Some(Client {
            id,
            name: None,
            room,
            slot: 0,
            format,
            hears,
        });
        self.enter(id, room, now);
    }

    /// Whether someone is here and has a nickname.
    pub fn name(&self, id: ConnId) -> Option<&str> {
        self.client(id)?.name.as_deref()
    }

    /// Whether someone is here, named or not.
    pub fn is_here(&self, id: ConnId) -> bool {
        self.client(id).is_some()
    }

    /// Who is called so, up to the form and case of the letters.
    pub fn find(&self, name: &str) -> Option<ConnId> {
        self.nicks.owner(name)
    }

    /// How many people have a nickname.
    pub fn named(&self) -> usize {
        self.nicks.len()
    }

    /// Whoever is here leaves, and the room is told; if they had no name, it is not.
    pub fn leave(&mut self, id: ConnId, reason: Option<&str>, now: Time, sink: &mut impl Sink) {
        if self.client(id).is_none() {
            return;
        }
        let Some(client) = self.clients[id.index()].take() else {
            return;
        };
        self.remove_member(client.room, client.slot);
        if let Some(name) = &client.name {
            self.nicks.release(name);
            self.announce(client.room, Way::Out, name, reason, id, now, sink);
        }
        self.note_empty(client.room, now);
        trim(&mut self.clients);
    }

    /// When [`Self::expired`] has something to do.
    pub fn deadline(&self) -> Option<Time> {
        let gathered = self.gathering.first().map(|(at, _)| *at);
        [gathered, self.rooms.deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Time has passed: tells of gathered comings and goings, and forgets rooms long empty.
    pub fn expired(&mut self, now: Time, sink: &mut impl Sink) {
        while let Some(&(at, room)) = self.gathering.first() {
            if at > now {
                break;
            }
            self.gathering.pop_first();
            self.tell_gathered(room, now, sink);
        }
        while let Some(room) = self.rooms.expire(now) {
            self.history_bytes -= room.history.bytes();
        }
    }

    fn client(&self, id: ConnId) -> Option<&Client> {
        self.clients
            .get(id.index())?
            .as_ref()
            .filter(|client| client.id == id)
    }

    fn room_of(&self, id: ConnId) -> Option<&Room> {
        Some(&self.rooms[self.client(id)?.room])
    }

    /// Puts a client into a room's list, as what it is now.
    fn enter(&mut self, id: ConnId, room: usize, now: Time) {
        let Some(client) = self.clients[id.index()].as_mut() else {
            return;
        };
        client.room = room;
        client.slot = self.rooms[room].members.push(Member {
            id,
            format: client.format,
            hears: client.hears,
            is_named: client.name.is_some(),
        });
        self.note_empty(room, now);
    }

    fn remove_member(&mut self, room: usize, slot: usize) {
        let clients = &mut self.clients;
        self.rooms[room].members.remove(slot, |id, slot| {
            if let Some(client) = clients[id.index()].as_mut() {
                client.slot = slot;
            }
        });
    }

    fn note_empty(&mut self, room: usize, now: Time) {
        if self.rooms[room].members.is_empty() {
            // Nobody is left to tell.
            self.gathering.retain(|(_, other)| *other != room);
            self.rooms[room].gathering = gather::Gathering::default();
        }
        if let Some(forgotten) = self.rooms.note_empty(room, now) {
            self.history_bytes -= forgotten.history.bytes();
        }
    }

    /// Tells a room that someone came or went, now or, if it is a full one, together with others.
    #[expect(
        clippy::too_many_arguments,
        reason = "one announcement is all of these"
    )]
    fn announce(
        &mut self,
        room: usize,
        way: Way,
        name: &str,
        reason: Option<&str>,
        except: ConnId,
        now: Time,
        sink: &mut impl Sink,
    ) {
        let every = self.config.gather_every;
        let above = self.config.gather_above;
        let it = &mut self.rooms[room];
        // Whoever leaves is out already, and was one of those who made it full.
        let named = it.members.named() + usize::from(way == Way::Out);
        if (named > above || it.gathering.is_pending())
            && let Some(at) = it.gathering.note(way, name, now, every)
        {
            self.gathering.insert((at, room));
            return;
        }
        let event = match way {
            Way::In => Event::Joined(name),
            Way::Out => Event::Left { name, reason },
        };
        let audience = it.members.audience(Hears::Everything, Some(except));
        sink.to_room(audience, iter::once(event));
    }

    fn tell_gathered(&mut self, room: usize, now: Time, sink: &mut impl Sink) {
        let it = &mut self.rooms[room];
        if it.gathering.is_pending() {
            let event = Event::Gathered {
                joined: it.gathering.joined(),
                left: it.gathering.left(),
            };
            let audience = it.members.audience(Hears::Everything, None);
            sink.to_room(audience, iter::once(event));
            it.gathering.told(now);
        }
    }
}

/// Gives back the memory of a table behind the last entry in use.
pub(super) fn trim<T>(table: &mut Vec<Option<T>>) {
    while table.last().is_some_and(Option::is_none) {
        table.pop();
    }
    if table.len() < table.capacity() / 4 {
        table.shrink_to(2 * table.len());
    }
}

#[cfg(test)]
mod tests;
