//! Metadata: the keys and values of people and rooms, and the clients that are told of changes.
//!
//! The hub does not know what a key means: the programs that set and read it agree on that. It decides who is
//! told of a change, as it knows the keys that each client follows; so a change reaches exactly those who
//! asked for its key, and is encoded once for each format, whatever else they follow. A person's metadata
//! goes with the person, and a room's stays as long as the room.

use std::iter;

use super::action::Whose;
use super::apply::ActionContext;
use super::event::{Event, Sink};
use super::members::EventLevel;
use super::people::{Client, People};
use super::recipient::Recipient;
use super::rooms::Rooms;
use super::values::{METADATA_VALUE_BYTES_MAX, Metadata, MetadataError, NOTHING, is_metadata_key};
use super::view::RoomView;
use crate::protocol::ConnId;

/// The person or the room that has the metadata.
#[derive(Clone, Copy)]
enum Holder {
    Person(ConnId),
    Room(usize),
}

fn holder(people: &People, rooms: &Rooms, id: ConnId, whose: Whose) -> Option<Holder> {
    match whose {
        // A client without a nickname is nobody for others, but may have metadata: a program sets its own
        // before it registers.
        Whose::Person(other) => {
            let client = people.get(other)?;
            (other == id || client.name.is_some()).then_some(Holder::Person(other))
        }
        Whose::Room(room) => {
            let room = rooms.by_id(room)?;
            let is_open = RoomView::new(people, rooms, room).is_open_to(id);
            is_open.then_some(Holder::Room(room))
        }
    }
}

fn held<'h>(people: &'h People, rooms: &'h Rooms, holder: Holder) -> &'h Metadata {
    match holder {
        Holder::Person(id) => people.get(id).map_or(&NOTHING, |it| it.profile.metadata()),
        Holder::Room(room) => &rooms[room].metadata,
    }
}

/// Returns the metadata of a person or a room, if the client may know of that person or room.
pub(super) fn find_metadata<'h>(
    people: &'h People,
    rooms: &'h Rooms,
    id: ConnId,
    whose: Whose,
) -> Option<&'h Metadata> {
    let holder = holder(people, rooms, id, whose)?;
    Some(held(people, rooms, holder))
}

impl<S: Sink> ActionContext<'_, S> {
    pub(super) fn set_value(
        &mut self,
        whose: Whose,
        key: &str,
        value: Option<&str>,
    ) -> Result<(), MetadataError> {
        let holder = self.holder(whose)?;
        if !is_metadata_key(key) {
            return Err(MetadataError::KeyIllegal);
        }
        self.require_own(holder)?;
        let fits = |value: &str| {
            value.len() <= METADATA_VALUE_BYTES_MAX && !value.chars().all(char::is_whitespace)
        };
        if !value.is_none_or(fits) {
            return Err(MetadataError::ValueIllegal);
        }
        // A value that stays as it is is no news to anybody.
        if held(self.people, self.rooms, holder).get(key) == value {
            return Ok(());
        }
        if let Some(metadata) = self.held_mut(holder) {
            match value {
                Some(value) => metadata.set(key, value)?,
                None => metadata.remove(key),
            }
        }
        self.tell_value(holder, key);
        Ok(())
    }

    /// Removes all keys, and returns the keys that were removed.
    pub(super) fn clear_values(&mut self, whose: Whose) -> Result<Vec<Box<str>>, MetadataError> {
        let holder = self.holder(whose)?;
        self.require_own(holder)?;
        if held(self.people, self.rooms, holder).iter().len() == 0 {
            return Ok(Vec::new());
        }
        let metadata = self.held_mut(holder).map(std::mem::take);
        let values = metadata.unwrap_or_default();
        let keys: Vec<Box<str>> = values.iter().map(|(key, _)| key.into()).collect();
        for key in &keys {
            self.tell_value(holder, key);
        }
        Ok(keys)
    }

    fn holder(&self, whose: Whose) -> Result<Holder, MetadataError> {
        let holder = holder(self.people, self.rooms, self.actor, whose);
        holder.ok_or(MetadataError::NoSuchTarget)
    }

    fn require_own(&self, holder: Holder) -> Result<(), MetadataError> {
        let client = self
            .people
            .get(self.actor)
            .ok_or(MetadataError::NotAllowed)?;
        let is_own = match holder {
            Holder::Person(other) => other == client.id,
            Holder::Room(room) => {
                let ranks = self.rooms.ranks(client, room);
                ranks.is_some_and(|ranks| ranks.is_operator)
            }
        };
        let may = is_own || client.rules_server();
        may.then_some(()).ok_or(MetadataError::NotAllowed)
    }

    fn held_mut(&mut self, holder: Holder) -> Option<&mut Metadata> {
        match holder {
            Holder::Person(id) => Some(self.people.get_mut(id)?.profile.metadata_mut()),
            Holder::Room(room) => {
                self.rooms.journal.note_room(room);
                Some(&mut self.rooms[room].metadata)
            }
        }
    }

    /// Tells clients that follow a key its new value, except the client that has changed it.
    fn tell_value(&mut self, holder: Holder, key: &str) {
        let (by, people) = (self.actor, &*self.people);
        let is_told = |to: &Recipient| to.id != by && people.follows(to.id, key);
        let id = match holder {
            Holder::Room(room) => {
                let room = &self.rooms[room];
                let (of, value) = (None, room.metadata.get(key));
                let event = iter::once(Event::ValueChanged { of, key, value });
                let audience = room.members.audience(EventLevel::Raw, Some(by));
                return self
                    .sink
                    .to_room(&room.name, audience.filter(is_told), event);
            }
            Holder::Person(id) => id,
        };
        // In rooms where a person may not speak, the person's values are not told either.
        let rooms = self.rooms.rooms_to_speak_in(people, id);
        let client = people.get(id);
        let Some((client, person)) = client.and_then(|it| Some((it, it.person()?))) else {
            return;
        };
        let (of, value) = (Some(person), person.profile.metadata().get(key));
        let event = Event::ValueChanged { of, key, value };
        let peers = self.rooms.peers(&rooms, EventLevel::Raw, id);
        let told = iter::once(client.recipient()).chain(peers);
        self.sink.to_peers(told.filter(is_told), &event);
        let watchers = people.watchers_elsewhere(id, person).map(Client::recipient);
        let watchers = watchers.filter(|to| to.id != id && is_told(to));
        self.sink.to_peers(watchers, &event);
    }
}
