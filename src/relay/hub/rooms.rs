//! All rooms: found by name, made on first use, kept a while when empty, within limits.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use slab::Slab;

use super::gather::Gathering;
use super::history::History;
use super::members::Members;
use super::names::fold;
use crate::protocol::Time;

/// One room.
#[derive(Debug)]
pub(super) struct Room {
    /// As whoever made it wrote it.
    pub(super) name: Box<str>,
    pub(super) members: Members,
    pub(super) topic: Option<Box<str>>,
    pub(super) history: History,
    pub(super) gathering: Gathering,
    /// Since when nobody has been in it.
    empty_since: Option<Time>,
}

#[derive(Debug)]
pub(super) struct Rooms {
    rooms: Slab<Room>,
    by_name: BTreeMap<Box<str>, usize>,
    /// Empty ones, the one empty longest first.
    empty: BTreeSet<(Time, usize)>,
    rooms_max: usize,
    empty_max: usize,
    empty_kept: Duration,
}

impl Rooms {
    pub(super) fn new(rooms_max: usize, empty_max: usize, empty_kept: Duration) -> Self {
        Self {
            rooms: Slab::new(),
            by_name: BTreeMap::new(),
            empty: BTreeSet::new(),
            rooms_max,
            empty_max,
            empty_kept,
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(fold(name).as_str()).copied()
    }

    /// The room of a legal name, made if need be for someone who comes in at once. None when there
    /// are too many.
    pub(super) fn find_or_make(&mut self, name: &str) -> Option<usize> {
        if let Some(room) = self.find(name) {
            return Some(room);
        }
        (self.rooms.len() < self.rooms_max).then(|| self.make(name))
    }

    /// The room that everybody arrives in, which is made even if there are too many.
    pub(super) fn find_or_make_default(&mut self, name: &str) -> usize {
        self.find(name).unwrap_or_else(|| self.make(name))
    }

    fn make(&mut self, name: &str) -> usize {
        let room = self.rooms.insert(Room {
            name: name.into(),
            members: Members::default(),
            topic: None,
            history: History::default(),
            gathering: Gathering::default(),
            empty_since: None,
        });
        self.by_name.insert(fold(name).into(), room);
        room
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &Room)> {
        self.rooms.iter()
    }

    /// Somebody has come in or gone out: is the room empty now? Says which room that cost its place.
    pub(super) fn note_empty(&mut self, room: usize, now: Time) -> Option<Room> {
        let it = &mut self.rooms[room];
        match (it.members.is_empty(), it.empty_since) {
            (true, None) => {
                it.empty_since = Some(now);
                self.empty.insert((now, room));
            }
            (false, Some(since)) => {
                it.empty_since = None;
                self.empty.remove(&(since, room));
            }
            _ => {}
        }
        let over = self.empty.len() > self.empty_max;
        let (_, oldest) = self.empty.first().copied().filter(|_| over)?;
        Some(self.forget(oldest))
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        Some(self.empty.first()?.0 + self.empty_kept)
    }

    /// A room that has been empty for too long.
    pub(super) fn expire(&mut self, now: Time) -> Option<Room> {
        let (since, room) = self.empty.first().copied()?;
        (since + self.empty_kept <= now).then(|| self.forget(room))
    }

    fn forget(&mut self, room: usize) -> Room {
        let room_data = self.rooms.remove(room);
        self.by_name.remove(fold(&room_data.name).as_str());
        if let Some(since) = room_data.empty_since {
            self.empty.remove(&(since, room));
        }
        room_data
    }
}

impl std::ops::Index<usize> for Rooms {
    type Output = Room;

    fn index(&self, room: usize) -> &Room {
        &self.rooms[room]
    }
}

impl std::ops::IndexMut<usize> for Rooms {
    fn index_mut(&mut self, room: usize) -> &mut Room {
        &mut self.rooms[room]
    }
}
