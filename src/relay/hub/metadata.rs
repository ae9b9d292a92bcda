//! Metadata: keys and values that people and rooms have, and who follows which keys.
//!
//! What a key means is for the programs of those who set and read it to agree upon.

use std::iter;

use super::Hub;
use super::event::{Event, Sink};
use super::members::Hears;
use super::people::People;
use super::recipient::Recipient;
use super::values::{METADATA_VALUE_BYTES_MAX, Metadata, NOTHING, NotSet, is_metadata_key};
use crate::protocol::ConnId;

/// Keys that one person may follow, at most.
pub const FOLLOWED_MAX: usize = 50;

/// Whose metadata is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose<'a> {
    /// Someone's who is here.
    Person(ConnId),
    /// That of the room of this name.
    Room(&'a str),
}

/// Where metadata is.
#[derive(Clone, Copy)]
enum Holder {
    Person(ConnId),
    Room(usize),
}

impl Hub {
    /// All that a person or a room has, if one may know of it.
    pub fn metadata(&self, id: ConnId, whose: Whose<'_>) -> Option<&Metadata> {
        let holder = self.holder(id, whose)?;
        Some(self.held(holder))
    }

    pub(super) fn set_value(
        &mut self,
        id: ConnId,
        whose: Whose<'_>,
        key: &str,
        value: Option<&str>,
        sink: &mut impl Sink,
    ) -> Result<(), NotSet> {
        let holder = self.holder(id, whose).ok_or(NotSet::NoSuchTarget)?;
        if !is_metadata_key(key) {
            return Err(NotSet::KeyIllegal);
        }
        if !self.may_set(id, holder) {
            return Err(NotSet::NotAllowed);
        }
        let fits = |value: &str| {
            value.len() <= METADATA_VALUE_BYTES_MAX && !value.chars().all(char::is_whitespace)
        };
        if !value.is_none_or(fits) {
            return Err(NotSet::ValueIllegal);
        }
        if self.held(holder).get(key) == value {
            return Ok(());
        }
        if let Some(metadata) = self.held_mut(holder) {
            match value {
                Some(value) => metadata.set(key, value)?,
                None => metadata.remove(key),
            }
        }
        self.tell_value(id, holder, key, sink);
        Ok(())
    }

    /// Says which keys those were.
    pub(super) fn clear_values(
        &mut self,
        id: ConnId,
        whose: Whose<'_>,
        sink: &mut impl Sink,
    ) -> Result<Vec<Box<str>>, NotSet> {
        let holder = self.holder(id, whose).ok_or(NotSet::NoSuchTarget)?;
        if !self.may_set(id, holder) {
            return Err(NotSet::NotAllowed);
        }
        if self.held(holder).iter().len() == 0 {
            return Ok(Vec::new());
        }
        let metadata = self.held_mut(holder).map(std::mem::take);
        let values = metadata.unwrap_or_default();
        let keys: Vec<Box<str>> = values.iter().map(|(key, _)| key.into()).collect();
        for key in &keys {
            self.tell_value(id, holder, key, sink);
        }
        Ok(keys)
    }

    /// From now on someone is told when a key changes: their own by others, that of a room they are
    /// in, of someone there, or of someone they [watch](Self::watch). Says whether that is new.
    ///
    /// # Errors
    ///
    /// When that is no key, or one follows as many as one may.
    pub fn follow(&mut self, id: ConnId, key: &str) -> Result<bool, NotSet> {
        if !is_metadata_key(key) {
            return Err(NotSet::KeyIllegal);
        }
        let client = self.people.get_mut(id).ok_or(NotSet::NoSuchTarget)?;
        let followed = client.profile.followed();
        let Err(at) = followed.binary_search_by(|other| (**other).cmp(key)) else {
            return Ok(false);
        };
        if followed.len() >= FOLLOWED_MAX {
            return Err(NotSet::TooMany);
        }
        client.profile.followed_mut().insert(at, key.into());
        Ok(true)
    }

    /// Someone is no longer told of a key.
    pub fn unfollow(&mut self, id: ConnId, key: &str) {
        if let Some(client) = self.people.get_mut(id)
            && client.profile.follows(key)
        {
            client
                .profile
                .followed_mut()
                .retain(|other| **other != *key);
        }
    }

    /// Someone is told of no key any more.
    pub fn unfollow_all(&mut self, id: ConnId) {
        if let Some(client) = self.people.get_mut(id)
            && !client.profile.followed().is_empty()
        {
            *client.profile.followed_mut() = Vec::new();
        }
    }

    /// The keys that someone follows, in order.
    pub fn followed(&self, id: ConnId) -> &[Box<str>] {
        let client = self.people.get(id);
        client.map_or(&[], |client| client.profile.followed())
    }

    /// What someone follows of some metadata.
    pub fn followed_of<'a>(
        &'a self,
        id: ConnId,
        metadata: &'a Metadata,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let values = metadata.iter();
        values.filter(move |(key, _)| follows(&self.people, id, key))
    }

    fn holder(&self, id: ConnId, whose: Whose<'_>) -> Option<Holder> {
        match whose {
            Whose::Person(other) => {
                let client = self.people.get(other)?;
                (other == id || client.name.is_some()).then_some(Holder::Person(other))
            }
            Whose::Room(name) => {
                let room = self.rooms.find(name)?;
                self.view(room).is_open_to(id).then_some(Holder::Room(room))
            }
        }
    }

    fn may_set(&self, id: ConnId, holder: Holder) -> bool {
        let is_own = match holder {
            Holder::Person(other) => other == id,
            Holder::Room(room) => {
                let ranks = self.view(room).ranks_of(id);
                ranks.is_some_and(|ranks| ranks.is_operator)
            }
        };
        is_own || self.people.rules(id)
    }

    fn held(&self, holder: Holder) -> &Metadata {
        match holder {
            Holder::Person(id) => {
                let client = self.people.get(id);
                client.map_or(&NOTHING, |client| client.profile.metadata())
            }
            Holder::Room(room) => &self.rooms[room].metadata,
        }
    }

    fn held_mut(&mut self, holder: Holder) -> Option<&mut Metadata> {
        match holder {
            Holder::Person(id) => Some(self.people.get_mut(id)?.profile.metadata_mut()),
            Holder::Room(room) => Some(&mut self.rooms[room].metadata),
        }
    }

    /// Tells those who follow a key what it is now; but not the one who has changed it.
    fn tell_value(&mut self, by: ConnId, holder: Holder, key: &str, sink: &mut impl Sink) {
        let people = &self.people;
        let is_told = |to: &Recipient| to.id != by && follows(people, to.id, key);
        let of = match holder {
            Holder::Room(room) => {
                let room = &self.rooms[room];
                let value = room.metadata.get(key);
                let event = Event::ValueChanged {
                    of: None,
                    key,
                    value,
                };
                let audience = room.members.audience(Hears::Each, Some(by));
                return sink.to_room(&room.name, audience.filter(is_told), iter::once(event));
            }
            Holder::Person(of) => of,
        };
        // Where someone may not speak, their values are not told either.
        let seats = self.seats_to_speak_in(of);
        let people = &self.people;
        let is_told = |to: &Recipient| to.id != by && follows(people, to.id, key);
        let Some((client, person)) = people
            .get(of)
            .and_then(|client| Some((client, client.person()?)))
        else {
            return;
        };
        let value = person.profile.metadata().get(key);
        let event = Event::ValueChanged {
            of: Some(person),
            key,
            value,
        };
        let peers = self.rooms.peers(&seats, &mut self.seen, Hears::Each, of);
        let own = Recipient {
            id: of,
            format: client.format,
        };
        sink.to_peers(iter::once(own).chain(peers).filter(is_told), &event);
        let watchers = self.watchers(person.name).filter(is_told);
        let others =
            watchers.filter(|watcher| watcher.id != of && !self.share_a_room(of, watcher.id));
        sink.to_peers(others, &event);
    }
}

fn follows(people: &People, id: ConnId, key: &str) -> bool {
    let client = people.get(id);
    client.is_some_and(|client| client.profile.follows(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_of_few_letters() {
        let (fits, long) = ("k".repeat(64), "k".repeat(65));
        for (text, is_key) in [
            ("display-name", true),
            ("a", true),
            ("0", true),
            ("soju.im/pinned_1", true),
            (&*fits, true),
            (&*long, false),
            ("", false),
            ("Avatar", false),
            ("a:b", false),
            ("$url", false),
            ("a b", false),
            ("é", false),
            ("*", false),
        ] {
            assert_eq!(is_metadata_key(text), is_key, "{text:?}");
        }
    }

    #[test]
    fn keys_are_in_order_and_each_is_there_once() {
        let mut metadata = Metadata::default();
        for (key, value) in [("c", "1"), ("a", "2"), ("b", "3"), ("a", "4")] {
            metadata.set(key, value).unwrap();
        }
        metadata.remove("b");
        metadata.remove("x");
        assert!(metadata.iter().eq([("a", "4"), ("c", "1")]));
        assert_eq!(metadata.get("a"), Some("4"));
        assert_eq!(metadata.get("b"), None);
    }
}
