//! All rooms: found by name, made on first use, kept a while when empty, within limits.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use slab::Slab;

use super::fold::{fold, folded};
use super::gather::Gathering;
use super::history::{History, MessageId};
use super::masks::Source;
use super::members::Members;
use super::people::Client;
use super::person::{Host, Person};
use super::refused::Refused;
use super::rules::{Rules, Verdict};
use super::values::Metadata;
use crate::config::RelayConfig;
use crate::protocol::{Moment, Time};

/// A room, once it was found: unlike its name it is never another's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomId {
    index: u32,
    /// Which of all that were ever made.
    number: u32,
}

/// One room.
#[derive(Debug)]
pub(super) struct Room {
    /// Which of all that were ever made.
    number: u32,
    /// As whoever made it wrote it.
    pub(super) name: Box<str>,
    /// The same, folded: what it is found by.
    pub(super) folded: Box<str>,
    pub(super) members: Members,
    /// When it was made, in seconds since 1970.
    pub(super) made_at: u64,
    /// Where it was made from; none: it is the one that everybody arrives in.
    made_by: Option<Host>,
    /// Operators who have left, the one gone longest first: they rule it again when they come back.
    pub(super) absent_operators: Vec<Source<'static>>,
    pub(super) topic: Option<Topic>,
    /// Kept as long as the room is, like its topic.
    pub(super) metadata: Metadata,
    pub(super) rules: Rules,
    pub(super) history: History,
    /// When the last message was said, in microseconds since 1970: the next one is said later.
    pub(super) said_us: u64,
    /// Programs that have left, and the message that was the next one then, the one gone longest
    /// first: of what they have had they are shown nothing again.
    pub(super) readers: VecDeque<(Source<'static>, MessageId)>,
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

/// Programs that have left one room and are remembered, at most.
const READERS_MAX: usize = 64;

/// Operators of one room who are remembered while they are away, at most.
const ABSENT_OPERATORS_MAX: usize = 16;

impl Room {
    /// What it is found by that stands there.
    pub(super) fn id(&self, index: usize) -> RoomId {
        RoomId {
            index: u32::try_from(index).expect("rooms are fewer than 2^32 bytes"),
            number: self.number,
        }
    }

    /// Whether someone who is not there may come in, with this key. Those whom an operator invited
    /// may, and its operators who are coming back.
    pub(super) fn bar_entry(
        &self,
        client: &Client,
        key: Option<&str>,
        count: usize,
    ) -> Result<(), Refused<'static>> {
        let source = client.source();
        let is_operator = || {
            self.absent_operators
                .iter()
                .any(|it| it.is_same_person(&source))
        };
        if self.rules.is_invited(client.id) || is_operator() {
            return Ok(());
        }
        self.rules.bar_entry(&source, key, count)
    }

    /// Whether someone with a nickname may speak; `slot` is their place in it, if they have one.
    pub(super) fn bar_speech(
        &mut self,
        slot: Option<usize>,
        person: Person<'_>,
    ) -> Result<(), Refused<'static>> {
        let mut member = slot.and_then(|slot| self.members.at_mut(slot));
        let ranks = member.as_ref().map(|member| member.ranks());
        self.rules.bar_speech(ranks, |rules| {
            let known = member.as_ref().and_then(|member| member.verdict());
            known.unwrap_or_else(|| {
                let verdict = match rules.masks() {
                    0 => Verdict::Free,
                    _ => rules.verdict(&Source::called(person)),
                };
                if let Some(member) = &mut member {
                    member.set_verdict(Some(verdict));
                }
                verdict
            })
        })
    }

    /// What is kept of it besides its rules, its members and its history.
    pub(super) fn kept(&self) -> impl std::fmt::Debug {
        (
            (
                &self.name,
                self.made_at,
                self.made_by,
                &self.topic,
                &self.metadata,
            ),
            (&self.absent_operators, &self.readers),
            (
                self.said_us,
                self.is_default,
                self.empty_since,
                &self.gathering,
            ),
        )
    }

    /// Remembers up to where a program that leaves has read.
    pub(super) fn remember_reader(&mut self, source: Source<'_>, next: MessageId) {
        self.readers.retain(|(it, _)| !it.is_same_person(&source));
        if self.readers.len() == READERS_MAX {
            self.readers.pop_front();
        }
        self.readers.push_back((source.into_owned(), next));
    }

    /// Remembers an operator who leaves.
    pub(super) fn remember_operator(&mut self, source: Source<'_>) {
        self.absent_operators
            .retain(|it| !it.is_same_person(&source));
        if self.absent_operators.len() == ABSENT_OPERATORS_MAX {
            self.absent_operators.remove(0);
        }
        self.absent_operators.push(source.into_owned());
    }
}

#[derive(Debug)]
pub(super) struct Rooms {
    rooms: Slab<Room>,
    by_name: BTreeMap<Box<str>, usize>,
    /// How many rooms were ever made.
    made: u32,
    /// How many rooms were made from each host.
    made_by: BTreeMap<Host, usize>,
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
            made: 0,
            made_by: BTreeMap::new(),
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

    /// Where a room is, if it is still there.
    pub(super) fn by_id(&self, id: RoomId) -> Option<usize> {
        let index = id.index as usize;
        let room = self.rooms.get(index)?;
        (room.number == id.number).then_some(index)
    }

    /// What to find a room by that is at hand.
    pub(super) fn id(&self, room: usize) -> RoomId {
        self.rooms[room].id(room)
    }

    /// A room of a legal name that there is none of, for someone from this host who comes in at once.
    /// None when there are too many, or so many were made from that host that only an eighth would be
    /// left: one person does not use up the rooms of all others.
    pub(super) fn try_to_make(&mut self, name: &str, by: Host, now: Time) -> Option<usize> {
        let own = self.made_by.get(&by).copied().unwrap_or_default();
        let own_max = self.limits.rooms_max - self.limits.rooms_max / 8;
        let has_room = self.rooms.len() < self.limits.rooms_max && own < own_max;
        has_room.then(|| self.make(name, Some(by), now))
    }

    /// The room that everybody arrives in, which is made even if there are too many.
    pub(super) fn find_or_make_default(&mut self, now: Time) -> usize {
        let name = self.limits.default_name.clone();
        self.find(&name)
            .unwrap_or_else(|| self.make(&name, None, now))
    }

    fn make(&mut self, name: &str, by: Option<Host>, now: Time) -> usize {
        let folded = fold(name);
        if let Some(by) = by {
            *self.made_by.entry(by).or_default() += 1;
        }
        self.made = self.made.wrapping_add(1);
        let room = self.rooms.insert(Room {
            number: self.made,
            name: name.into(),
            folded: folded.as_str().into(),
            members: Members::default(),
            made_at: now.unix_seconds(),
            made_by: by,
            absent_operators: Vec::new(),
            topic: None,
            metadata: Metadata::default(),
            rules: Rules::default(),
            history: History::default(),
            said_us: 0,
            readers: VecDeque::new(),
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

    pub(super) fn by_folded_name(&self) -> impl Iterator<Item = (usize, &Room)> {
        self.by_name
            .values()
            .map(|index| (*index, &self.rooms[*index]))
    }

    /// What has been counted so far.
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

    fn forget(&mut self, room: usize) {
        let it = self.rooms.remove(room);
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
