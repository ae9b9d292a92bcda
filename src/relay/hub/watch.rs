//! Who waits for whom to come and go.

use std::collections::BTreeMap;

use super::Hub;
use super::event::{Event, Sink};
use super::fold::fold;
use super::names::legalize;
use super::recipient::Recipient;
use super::refused::Refused;
use crate::protocol::ConnId;

/// Names that one person may watch, at most.
pub const WATCHED_MAX: usize = 100;

/// Who watches each name, by its folded form.
#[derive(Debug, Default)]
pub(super) struct Watch(BTreeMap<Box<str>, Vec<ConnId>>);

/// A name that someone watches.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    /// As they wrote it.
    name: Box<str>,
    folded: Box<str>,
}

impl Hub {
    /// From now on, someone is told when whoever is called so comes and goes: by
    /// [`Event::Online`] and [`Event::Offline`].
    ///
    /// # Errors
    ///
    /// When nobody could be called so, or one watches as many as one may.
    pub fn watch(&mut self, id: ConnId, name: &str) -> Result<(), Refused<'static>> {
        let client = self.people.get_mut(id).ok_or(Refused::NicknameFirst)?;
        if name.is_empty() || legalize(name) != name {
            return Err(Refused::NameIllegal);
        }
        let folded = fold(name);
        let watched = client.profile.watched();
        if watched.iter().any(|other| *other.folded == *folded) {
            return Ok(());
        }
        if watched.len() >= WATCHED_MAX {
            return Err(Refused::WatchesTooMany);
        }
        client.profile.watched_mut().push(Watched {
            name: name.into(),
            folded: folded.as_str().into(),
        });
        self.watch.0.entry(folded.into()).or_default().push(id);
        Ok(())
    }

    /// Someone is no longer told of a name.
    pub fn unwatch(&mut self, id: ConnId, name: &str) {
        let Some(client) = self.people.get_mut(id) else {
            return;
        };
        if client.profile.watched().is_empty() {
            return;
        }
        let folded = fold(name);
        let watched = client.profile.watched_mut();
        watched.retain(|other| *other.folded != *folded);
        self.watch.forget(id, &folded);
    }

    /// Someone is told of nobody any more.
    pub fn unwatch_all(&mut self, id: ConnId) {
        let Some(client) = self.people.get_mut(id) else {
            return;
        };
        if !client.profile.watched().is_empty() {
            for watched in std::mem::take(client.profile.watched_mut()) {
                self.watch.forget(id, &watched.folded);
            }
        }
    }

    /// The names that someone watches, as they wrote them.
    pub fn watched(&self, id: ConnId) -> impl Iterator<Item = &str> {
        let watched = self.people.get(id).map(|client| client.profile.watched());
        watched.unwrap_or_default().iter().map(|it| &*it.name)
    }

    /// Tells those who wait for someone that they have come.
    pub(super) fn tell_online(&self, id: ConnId, sink: &mut impl Sink) {
        if let Some(person) = self.people.person(id) {
            let metadata = person.profile.metadata();
            self.tell_watchers(person.name, sink, |watcher| {
                let values = self.followed_of(watcher, metadata).collect();
                Event::Online { person, values }
            });
        }
    }

    /// Tells those who watch a name that nobody is called so any more.
    pub(super) fn tell_offline(&self, name: &str, sink: &mut impl Sink) {
        self.tell_watchers(name, sink, |_| Event::Offline(name));
    }

    /// Those who watch a name.
    pub(super) fn watchers(&self, name: &str) -> impl Iterator<Item = Recipient> {
        let watchers = match self.watch.0.is_empty() {
            true => None,
            false => self.watch.0.get(fold(name).as_str()),
        };
        let watchers = watchers.into_iter().flatten();
        let clients = watchers.filter_map(|id| self.people.get(*id));
        clients.map(|client| Recipient {
            id: client.id,
            format: client.format,
        })
    }

    fn tell_watchers<'e>(
        &self,
        name: &str,
        sink: &mut impl Sink,
        event: impl Fn(ConnId) -> Event<'e>,
    ) {
        if self.watch.0.is_empty() {
            return;
        }
        for watcher in self.watch.0.get(fold(name).as_str()).into_iter().flatten() {
            self.tell(*watcher, &event(*watcher), sink);
        }
    }
}

impl Watch {
    fn forget(&mut self, id: ConnId, folded: &str) {
        if let Some(watchers) = self.0.get_mut(folded) {
            watchers.retain(|other| *other != id);
            if watchers.is_empty() {
                self.0.remove(folded);
            }
        }
    }
}
