//! All rooms: found by name, made on first use, kept a while when empty, within limits.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use slab::Slab;

use super::gather::Gathering;
use super::history::{History, MessageId};
use super::members::Members;
use super::metadata::Metadata;
use super::names::{fold, folded};
use super::person::Person;
use super::rules::Rules;
use crate::config::RelayConfig;
use crate::protocol::{Moment, Time};

/// One room.
#[derive(Debug)]
pub(super) struct Room {
    /// As whoever made it wrote it.
    pub(super) name: Box<str>,
    pub(super) members: Members,
    /// When it was made, in seconds since 1970.
    pub(super) made_at: u64,
    pub(super) topic: Option<Topic>,
    /// Kept as long as the room is, like its topic.
    pub(super) metadata: Metadata,
    pub(super) rules: Rules,
    pub(super) history: History,
    pub(super) gathering: Gathering,
    /// Whether it is the one that everybody arrives in, which is nobody's.
    pub(super) is_default: bool,
    /// Since when nobody has been in it.
    empty_since: Option<Moment>,
}

/// What a room is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// What was written.
    pub text: Box<str>,
    /// By whom, as `nick!user@host`.
    pub by: Box<str>,
    /// When, in seconds since 1970, UTC.
    pub unix_seconds: u64,
}

impl Topic {
    pub(super) fn new(text: &str, by: Person<'_>, now: Time) -> Self {
        Self {
            text: text.into(),
            by: by.mask().to_string().into(),
            unix_seconds: now.unix_seconds(),
        }
    }
}

#[derive(Debug)]
pub(super) struct Rooms {
    rooms: Slab<Room>,
    by_name: BTreeMap<Box<str>, usize>,
    /// Empty ones, the one empty longest first.
    empty: BTreeSet<(Moment, usize)>,
    /// Rooms that have something to tell, and when.
    pub(super) gathering: BTreeSet<(Moment, usize)>,
    /// Bytes of history in all rooms.
    pub(super) history_bytes: usize,
    /// Masks on the lists of all rooms.
    pub(super) masks: usize,
    /// The next message's.
    pub(super) next_id: MessageId,
    pub(super) limits: Limits,
}

/// What holds of all rooms.
#[derive(Debug)]
pub(super) struct Limits {
    rooms_max: usize,
    empty_max: usize,
    empty_kept: Duration,
    default_name: Box<str>,
    pub(super) gather_above: usize,
    pub(super) gather_every: Duration,
    pub(super) history: usize,
    pub(super) history_bytes_max: usize,
}

impl Rooms {
    pub(super) fn new(config: &RelayConfig) -> Self {
        Self {
            rooms: Slab::new(),
            by_name: BTreeMap::new(),
            empty: BTreeSet::new(),
            gathering: BTreeSet::new(),
            history_bytes: 0,
            masks: 0,
            next_id: MessageId(1),
            limits: Limits {
                rooms_max: config.rooms_max,
                empty_max: config.empty_rooms_max,
                empty_kept: config.empty_room_kept,
                default_name: config.default_room.as_str().into(),
                gather_above: config.gather_above,
                gather_every: config.gather_every,
                history: config.history,
                history_bytes_max: config.history_total_bytes_max,
            },
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(&*folded(name)).copied()
    }

    /// The room of a legal name, made if need be for someone who comes in at once. None when there
    /// are too many.
    pub(super) fn find_or_make(&mut self, name: &str, now: Time) -> Option<usize> {
        if let Some(room) = self.find(name) {
            return Some(room);
        }
        (self.rooms.len() < self.limits.rooms_max).then(|| self.make(name, now))
    }

    /// The room that everybody arrives in, which is made even if there are too many.
    pub(super) fn find_or_make_default(&mut self, now: Time) -> usize {
        let name = self.limits.default_name.clone();
        self.find(&name).unwrap_or_else(|| self.make(&name, now))
    }

    fn make(&mut self, name: &str, now: Time) -> usize {
        let folded = fold(name);
        let room = self.rooms.insert(Room {
            name: name.into(),
            members: Members::default(),
            made_at: now.unix_seconds(),
            topic: None,
            metadata: Metadata::default(),
            rules: Rules::default(),
            history: History::default(),
            gathering: Gathering::default(),
            is_default: folded == fold(&self.limits.default_name),
            empty_since: None,
        });
        self.by_name.insert(folded.into(), room);
        room
    }

    pub(super) fn len(&self) -> usize {
        self.rooms.len()
    }

    /// How many nobody is in.
    pub(super) fn empty(&self) -> usize {
        self.empty.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &Room)> {
        self.rooms.iter()
    }

    /// Somebody has come in or gone out: is the room empty now? That may cost another its place.
    pub(super) fn note_empty(&mut self, room: usize, now: Time) {
        let it = &mut self.rooms[room];
        match (it.members.is_empty(), it.empty_since) {
            (true, None) => {
                it.empty_since = Some(now.moment());
                self.empty.insert((now.moment(), room));
                // Nobody is left to tell.
                it.gathering = Gathering::default();
                self.gathering.retain(|(_, other)| *other != room);
            }
            (false, Some(since)) => {
                it.empty_since = None;
                self.empty.remove(&(since, room));
            }
            _ => {}
        }
        let over = self.empty.len() > self.limits.empty_max;
        if let Some((_, oldest)) = self.empty.first().copied().filter(|_| over) {
            self.forget(oldest);
        }
    }

    pub(super) fn deadline(&self) -> Option<Moment> {
        let gathered = self.gathering.first().map(|(at, _)| *at);
        let forgotten = self
            .empty
            .first()
            .map(|(at, _)| *at + self.limits.empty_kept);
        [gathered, forgotten].into_iter().flatten().min()
    }

    /// Forgets the rooms that have been empty for too long.
    pub(super) fn expire(&mut self, now: Time) {
        while let Some((since, room)) = self.empty.first().copied()
            && since + self.limits.empty_kept <= now
        {
            self.forget(room);
        }
    }

    /// Nobody could change a room's rules any more.
    pub(super) fn forget_rules(&mut self, room: usize) {
        let rules = std::mem::take(&mut self[room].rules);
        self.masks -= rules.masks();
    }

    fn forget(&mut self, room: usize) {
        let it = self.rooms.remove(room);
        self.by_name.remove(fold(&it.name).as_str());
        self.history_bytes -= it.history.bytes();
        self.masks -= it.rules.masks();
        if let Some(since) = it.empty_since {
            self.empty.remove(&(since, room));
        }
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
