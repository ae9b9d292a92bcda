//! All rooms: found by name, made on first use, kept for a time when empty, and limited in number.
//!
//! ```text
//! rooms: Slab<Room>        by_name: folded name ──▶ index      made_by: host ──▶ number of its rooms
//!  ┌───┬───────────┐       empty: (since when, index)          gathering: (due at, index)
//!  │ 0 │ lobby     │
//!  │ 1 │ dev       │       Every index in `empty` has `Room::empty_since` set to the same time, and no
//!  │ 2 │ (vacant)  │       members; every index in `gathering` is there once, and has members and
//!  └───┴───────────┘       something to announce.
//! ```
//!
//! Outside of the hub a room is a [`RoomId`] or a name; inside it is its index, which is valid during one
//! action only as long as nothing calls `note_empty` or `expire`, which may forget a room.

use std::collections::{BTreeMap, BTreeSet};

use slab::Slab;

use super::command_error::CommandError;
use super::empty_rooms::EmptyRooms;
use super::fold::{fold, folded};
use super::history::MessageId;
use super::join_digest::Gathering;
use super::limits::Limits;
use super::members::{EventLevel, Member};
use super::memberships::Membership;
use super::people::{Client, People};
use super::person::{Host, Person};
use super::record::Journal;
use super::room::Room;
use super::terms::{Flag, Ranks, RoomId, RoomRef};
use super::visited::Seen;
use crate::config::RelayConfig;
use crate::protocol::{ConnId, Monotonic, Time};

#[derive(Debug)]
pub(super) struct Rooms {
    pub(super) rooms: Slab<Room>,
    /// The index of each room, by its folded name.
    by_name: BTreeMap<Box<str>, usize>,
    /// Number of rooms that were ever made.
    made: u32,
    /// Number of existing rooms that were made from each host; without any, a host has no entry.
    made_by: BTreeMap<Host, usize>,
    /// Empty rooms, the one that has been empty longest first.
    empty: EmptyRooms,
    /// Rooms with gathered announcements, and the time at which each is due.
    pub(super) gathering: BTreeSet<(Monotonic, usize)>,
    /// Bytes of history in all rooms, so that no message goes through all of them.
    pub(super) history_bytes: usize,
    /// Masks on the lists of all rooms. A limit on those of one room is not enough: an operator could fill
    /// every room that one may be in, which came to several gigabytes.
    pub(super) masks: usize,
    /// The id of the next message, in a room or in private. It is never 0, which conversations use before the
    /// first message.
    pub(super) next_id: MessageId,
    pub(super) limits: Limits,
    /// The changes that somebody who keeps them has not taken yet.
    pub(super) journal: Journal,
    /// The clients that the current walk through several rooms has met.
    pub(super) seen: Seen,
}

impl Rooms {
    pub(super) fn new(config: RelayConfig) -> Self {
        Self {
            rooms: Slab::new(),
            by_name: BTreeMap::new(),
            made: 0,
            made_by: BTreeMap::new(),
            empty: EmptyRooms::default(),
            gathering: BTreeSet::new(),
            history_bytes: 0,
            masks: 0,
            next_id: MessageId(1),
            journal: Journal::default(),
            seen: Seen::default(),
            limits: Limits::new(config),
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(&*folded(name)).copied()
    }

    /// Returns the index of a room, if the room still exists.
    pub(super) fn by_id(&self, id: RoomId) -> Option<usize> {
        let index = id.index as usize;
        let room = self.rooms.get(index)?;
        (room.number == id.number).then_some(index)
    }

    /// Returns the index of the room that an action is about, if it exists.
    pub(super) fn by_ref(&self, room: RoomRef<'_>) -> Option<usize> {
        match room {
            RoomRef::Id(id) => self.by_id(id),
            RoomRef::Named(name) => self.find(name),
        }
    }

    /// Returns the id of the room at an index.
    pub(super) fn id(&self, room: usize) -> RoomId {
        RoomId {
            index: u32::try_from(room).expect("rooms are fewer than 2^32 bytes"),
            number: self.rooms[room].number,
        }
    }

    /// Makes a room with a legal and unused name, for a client from this host that enters at once.
    /// Returns none if there are too many rooms, or if seven eighths of the allowed rooms were made from
    /// that host: one person cannot use up the rooms of all others.
    pub(super) fn try_to_make(&mut self, name: &str, by: Host, now: Time) -> Option<usize> {
        let own = self.made_by.get(&by).copied().unwrap_or_default();
        let own_max = self.limits.rooms_max - self.limits.rooms_max / 8;
        let has_room = self.rooms.len() < self.limits.rooms_max && own < own_max;
        has_room.then(|| self.make(name, Some(by), now))
    }

    /// Returns the default room, which clients arrive in. It is made if needed, even if there are too
    /// many rooms: newcomers had no place to go otherwise, and were closed.
    pub(super) fn find_or_make_default(&mut self, now: Time) -> usize {
        let name = self.limits.default_name.clone();
        self.find(&name)
            .unwrap_or_else(|| self.make(&name, None, now))
    }

    pub(super) fn make(&mut self, name: &str, by: Option<Host>, now: Time) -> usize {
        let folded = fold(name);
        if let Some(by) = by {
            *self.made_by.entry(by).or_default() += 1;
        }
        self.made = self.made.wrapping_add(1);
        let mut room = Room::new(name, self.made, now);
        room.made_by = by;
        room.first_id = self.next_id;
        room.is_default = folded == fold(&self.limits.default_name);
        let room = self.rooms.insert(room);
        self.by_name.insert(folded.into(), room);
        self.journal.note_room(room);
        room
    }

    pub(super) fn len(&self) -> usize {
        self.rooms.len()
    }

    /// Number of rooms without members.
    pub(super) fn empty(&self) -> usize {
        self.empty.len()
    }

    pub(super) fn by_folded_name(&self) -> impl Iterator<Item = usize> {
        self.by_name.values().copied()
    }

    /// All counters, for comparison.
    pub(super) fn counters(&self) -> impl std::fmt::Debug {
        (
            self.next_id,
            self.made,
            self.masks,
            self.history_bytes,
            self.gathering.len(),
        )
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &Room)> {
        self.rooms.iter()
    }

    /// Notes whether a room is empty, after a member has entered or left. If there are too many empty
    /// rooms then, the one that has been empty longest is forgotten.
    ///
    /// The caller must be done with the room, which may be the one that is forgotten.
    pub(super) fn note_empty(&mut self, room: usize, now: Time) {
        let it = &mut self.rooms[room];
        match (it.members.is_empty(), it.empty_since) {
            (true, None) => {
                self.keep_empty(room, now);
                let it = &mut self.rooms[room];
                // There is no member left to tell.
                it.gathering = Gathering::default();
                self.gathering.retain(|(_, other)| *other != room);
            }
            (false, Some(since)) => {
                it.empty_since = None;
                let by = it.made_by;
                self.empty.remove((since, room), by);
                return;
            }
            _ => return,
        }
        // Only a room that has just become empty takes the place of another. After a crash all rooms are
        // empty, and each join would otherwise have had the next one forgotten.
        let by = self.rooms[room].made_by;
        if let Some(other) = self.empty.to_forget(by, self.limits.empty_max) {
            self.forget(other);
        }
    }

    /// Notes that a room has no members from now on.
    pub(super) fn keep_empty(&mut self, room: usize, now: Time) {
        let since = now.monotonic();
        let it = &mut self.rooms[room];
        it.empty_since = Some(since);
        self.empty.add((since, room), it.made_by);
    }

    pub(super) fn deadline(&self) -> Option<Monotonic> {
        let gathered = self.gathering.first().map(|(at, _)| *at);
        let oldest = self.empty.oldest();
        let forgotten = oldest.map(|(at, _)| at + self.limits.empty_kept);
        [gathered, forgotten].into_iter().flatten().min()
    }

    /// Forgets the rooms that have been empty for too long.
    pub(super) fn expire(&mut self, now: Time) {
        while let Some((since, room)) = self.empty.oldest()
            && since + self.limits.empty_kept <= now
        {
            self.forget(room);
        }
    }

    fn forget(&mut self, room: usize) {
        let it = self.rooms.remove(room);
        self.journal.note_forgotten(room, &it);
        self.by_name.remove(&it.folded);
        if let Some(by) = it.made_by
            && let Some(count) = self.made_by.get_mut(&by)
        {
            *count -= 1;
            if *count == 0 {
                self.made_by.remove(&by);
            }
        }
        self.history_bytes -= it.history.bytes();
        self.masks -= it.rules.masks();
        if let Some(since) = it.empty_since {
            self.empty.remove((since, room), it.made_by);
        }
    }
}

/// The way in which a member leaves a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// By its own action, or because its connection ended. An operator of the room is one again after
    /// coming back.
    Left,
    /// Because of the room's operators: they put it out, or one of their bans matches it.
    PutOut,
}

/// Membership. It is stored twice: in each room, and with each client for all its rooms.
///
/// ```text
/// Client #7   memberships: [ (room 3, slot 1) ]
///                                     │
/// Room 3      members:  slot 0   slot 1   slot 2        slots[1].id == #7
///                       #2       #7       (hole)
/// ```
///
/// The invariant is that equality, for each membership. A broadcast needs the members in a row, and a
/// client's action needs its place without a search through the room.
impl Rooms {
    /// Adds a client to a room that it is not in.
    pub(super) fn add_member(&mut self, client: &mut Client, room: usize, now: Time) {
        let it = &mut self[room];
        it.rules.uninvite(client.id);
        let slot = it.add_member(client);
        client.memberships.add(room, slot);
        self.note_operator(client, room);
        self.note_empty(room, now);
    }

    /// Moves a member that has taken its first nickname behind the members that had one before: the others
    /// see it come only now. The old place is freed first. The other way round, each client that takes a name
    /// right after entering left a hole, and every other place that a broadcast looked at was one: 34.9
    /// instructions for each recipient, where it is 24.9 now.
    pub(super) fn renew_member(&mut self, people: &mut People, id: ConnId, room: usize) {
        let client = people.get(id);
        let Some(old) = client.and_then(|client| client.memberships.in_room(room)) else {
            return;
        };
        self.vacate(people, old);
        if let Some(client) = people.get_mut(id) {
            let new = self[room].add_member(client);
            client.memberships.moved(room, new);
            self.note_operator(client, room);
        }
    }

    /// Changes a client's entry in the member lists of all its rooms.
    pub(super) fn change_members(&mut self, client: &Client, change: impl Fn(&mut Member)) {
        for place in client.memberships.all() {
            if let Some(member) = self[place.room()].members.at_mut(place.slot()) {
                change(member);
            }
        }
    }

    /// Remembers what a room needs to know when a client comes back: an operator who left by its own
    /// action, and how far a program has read.
    pub(super) fn remember(&mut self, client: &Client, place: Membership, exit: Exit) {
        if client.name.is_none() {
            return;
        }
        let next = self.next_id;
        // Asked by its place: the client itself may know of the membership no longer.
        let member = self[place.room()].members.at(place.slot());
        if member.is_some_and(|member| member.ranks().is_operator) {
            self.journal.note_room(place.room());
        }
        let room = &mut self[place.room()];
        if exit == Exit::Left {
            room.remember_operator(client, place.slot());
        }
        if client.level == EventLevel::Raw {
            room.remember_reader(client, next);
            self.journal.note_room(place.room());
        }
    }

    /// Notes a change of a room's operators, if the client is one.
    pub(super) fn note_operator(&mut self, client: &Client, room: usize) {
        if self
            .ranks(client, room)
            .is_some_and(|ranks| ranks.is_operator)
        {
            self.journal.note_room(room);
        }
    }

    /// Removes a member from a room's list. The memberships of those that move by that follow.
    pub(super) fn vacate(&mut self, people: &mut People, place: Membership) {
        let room = place.room();
        self[room].members.remove(place.slot(), |id, slot| {
            if let Some(client) = people.get_mut(id) {
                client.memberships.moved(room, slot);
            }
        });
    }

    /// Returns the ranks of a client in a room; none if it is not a member.
    pub(super) fn ranks(&self, client: &Client, room: usize) -> Option<Ranks> {
        let place = client.memberships.in_room(room)?;
        Some(self[room].members.at(place.slot())?.ranks())
    }

    fn is_operator(&self, client: &Client, room: usize) -> bool {
        let ranks = self.ranks(client, room);
        client.rules_server() || ranks.is_some_and(|ranks| ranks.is_operator)
    }

    /// Returns the person behind an operator of a room or of the whole server.
    pub(super) fn require_operator<'a>(
        &self,
        people: &'a People,
        id: ConnId,
        room: usize,
    ) -> Result<Person<'a>, CommandError<'static>> {
        let person = people.require_member(id, room)?;
        let client = people.get(id);
        let rules = client.is_some_and(|client| self.is_operator(client, room));
        rules.then_some(person).ok_or(CommandError::NotOperator)
    }

    /// Returns whether a room's bans match a client that is not expected in the room, and is an operator
    /// neither of the room nor of the server.
    pub(super) fn is_banned(&self, client: &Client, room: usize) -> bool {
        self[room].is_banned(client) && !self.is_operator(client, room)
    }

    /// Returns the reason why a client may not speak in a room, if there is one.
    pub(super) fn bar_speech(
        &mut self,
        people: &People,
        id: ConnId,
        room: usize,
    ) -> Result<(), CommandError<'static>> {
        let client = people.get(id).ok_or(CommandError::NicknameFirst)?;
        let person = client.person().ok_or(CommandError::NicknameFirst)?;
        self[room].bar_speech(client.memberships.in_room(room), person)
    }

    /// Returns whether a client may speak in a room.
    pub(super) fn may_speak(&mut self, people: &People, id: ConnId, room: usize) -> bool {
        self.bar_speech(people, id, room).is_ok()
    }

    /// Returns the rooms of a client in which it may speak.
    pub(super) fn rooms_to_speak_in(&mut self, people: &People, id: ConnId) -> Vec<usize> {
        let mut rooms = people.rooms_of(id);
        rooms.retain(|room| self.may_speak(people, id, *room));
        rooms
    }

    /// Returns the reason why a client may not set a room's topic, if there is one.
    pub(super) fn bar_topic(
        &mut self,
        people: &People,
        id: ConnId,
        room: usize,
    ) -> Result<(), CommandError<'static>> {
        if self.require_operator(people, id, room).is_ok() {
            return Ok(());
        }
        people.require_member(id, room)?;
        if self[room].rules.has(Flag::TopicLocked) {
            return Err(CommandError::NotOperator);
        }
        self.bar_speech(people, id, room)
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
