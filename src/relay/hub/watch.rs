//! The events that a client gets besides those of its rooms: for nicknames that it watches, and for
//! metadata keys that it follows.
//!
//! ```text
//! Profile::watched of #7:  bob, eve          Watch:  bob ──▶ #7, #9
//! Profile::watched of #9:  bob                       eve ──▶ #7
//! ```
//!
//! Watched nicknames are in two places, which `watch`, `unwatch` and `unwatch_all` change together: by
//! client, for the limit and for IRC's `MONITOR L`, and by nickname (`monitored.rs`), so that a name that
//! comes into use finds its watchers without asking everybody. Followed keys are only with the client:
//! they are asked for those who hear of a change anyway, and values change seldom.

use super::command_error::CommandError;
use super::event::{Event, Sink};
use super::fold::fold;
use super::members::EventLevel;
use super::monitored::Watched;
use super::names::legalize;
use super::people::{Client, People};
use super::person::Person;
use super::values::{Metadata, MetadataError, is_metadata_key};
use crate::protocol::ConnId;

/// Nicknames that one client may watch, at most.
pub const WATCHED_MAX: usize = 100;

/// Metadata keys that one client may follow, at most.
pub const FOLLOWED_MAX: usize = 50;

impl People {
    pub(super) fn watch(&mut self, id: ConnId, name: &str) -> Result<(), CommandError<'static>> {
        let client = self.get_mut(id).ok_or(CommandError::NicknameFirst)?;
        if name.is_empty() || legalize(name) != name {
            return Err(CommandError::NameIllegal);
        }
        let folded = fold(name);
        let watched = client.profile.watched();
        if watched.iter().any(|other| *other.folded == *folded) {
            return Ok(());
        }
        if watched.len() >= WATCHED_MAX {
            return Err(CommandError::WatchesTooMany);
        }
        client.profile.watched_mut().push(Watched {
            name: name.into(),
            folded: folded.as_str().into(),
        });
        self.watch.add(id, folded);
        Ok(())
    }

    pub(super) fn unwatch(&mut self, id: ConnId, name: &str) {
        let client = self.get_mut(id);
        let Some(client) = client.filter(|it| !it.profile.watched().is_empty()) else {
            return;
        };
        let folded = fold(name);
        let watched = client.profile.watched_mut();
        watched.retain(|other| *other.folded != *folded);
        self.watch.forget(id, &folded);
    }

    pub(super) fn unwatch_all(&mut self, id: ConnId) {
        let client = self.get_mut(id);
        let Some(client) = client.filter(|it| !it.profile.watched().is_empty()) else {
            return;
        };
        // The list is taken as a whole, and its memory with it.
        for watched in std::mem::take(client.profile.watched_mut()) {
            self.watch.forget(id, &watched.folded);
        }
    }

    pub(super) fn follow(&mut self, id: ConnId, key: &str) -> Result<bool, MetadataError> {
        if !is_metadata_key(key) {
            return Err(MetadataError::KeyIllegal);
        }
        let client = self.get_mut(id).ok_or(MetadataError::NoSuchTarget)?;
        let followed = client.profile.followed();
        let Err(at) = followed.binary_search_by(|other| (**other).cmp(key)) else {
            return Ok(false);
        };
        if followed.len() >= FOLLOWED_MAX {
            return Err(MetadataError::TooMany);
        }
        client.profile.followed_mut().insert(at, key.into());
        Ok(true)
    }

    /// Stops telling a client about the keys that `is_meant` picks.
    pub(super) fn unfollow(&mut self, id: ConnId, is_meant: impl Fn(&str) -> bool) {
        if let Some(client) = self.get_mut(id)
            && client.profile.followed().iter().any(|key| is_meant(key))
        {
            let followed = client.profile.followed_mut();
            followed.retain(|key| !is_meant(key));
            followed.shrink_to_fit();
        }
    }

    pub(super) fn follows(&self, id: ConnId, key: &str) -> bool {
        self.get(id).is_some_and(|it| it.profile.follows(key))
    }

    /// Returns the metadata keys that a client follows, with their values.
    pub(super) fn followed_of<'a>(
        &'a self,
        id: ConnId,
        metadata: &'a Metadata,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let values = metadata.iter();
        values.filter(move |(key, _)| self.follows(id, key))
    }

    /// Returns the clients that watch this nickname.
    pub(super) fn watchers(&self, name: &str) -> impl Iterator<Item = &Client> {
        let watchers = self.watch.of(name).iter();
        watchers.filter_map(|id| self.get(*id))
    }

    /// Returns the clients that watch a person and share no room with that person.
    pub(super) fn watchers_elsewhere(
        &self,
        id: ConnId,
        person: Person<'_>,
    ) -> impl Iterator<Item = &Client> {
        let watchers = self.watchers(person.name);
        watchers.filter(move |watcher| !self.share_a_room(id, watcher.id))
    }

    /// Tells the clients that watch a nickname that its owner is here.
    pub(super) fn tell_online(&self, id: ConnId, sink: &mut impl Sink) {
        if let Some(person) = self.person(id) {
            for watcher in self.watchers(person.name) {
                let values = self.followed_of(watcher.id, person.profile.metadata());
                let values = values.collect();
                watcher.tell(&Event::Online { person, values }, sink);
            }
        }
    }

    /// Tells the clients that watch a nickname that it is no longer in use.
    pub(super) fn tell_offline(&self, name: &str, sink: &mut impl Sink) {
        for watcher in self.watchers(name) {
            watcher.tell(&Event::Offline(name), sink);
        }
    }
}

impl Client {
    /// Sends the client an event, unless it wants to hear nothing but messages.
    pub(super) fn tell(&self, event: &Event<'_>, sink: &mut impl Sink) {
        if self.level >= EventLevel::Room {
            sink.to_one(self.addressee(), event);
        }
    }
}
