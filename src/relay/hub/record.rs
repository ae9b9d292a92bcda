//! The part of the chat that outlives the process, as data: rooms, messages, and the changes to them.
//!
//! Only durable facts are here. Who is connected, invitations and announcements that are still to come are
//! gone with the process. A room is written whole whenever one of its facts has changed: it is small (100
//! masks at most), and a record of each single change would need a second set of rules for how changes add
//! up, which could disagree with the first.

use std::collections::BTreeSet;

use super::history::{Entry, MessageId};
use super::masks::{Mask, MaskSubject};
use super::person::Host;
use super::room::{Room, Topic};
use super::rooms::Rooms;
use super::state::Hub;
use super::terms::{Flag, List};
use crate::protocol::Time;

/// The facts about a room that are kept, besides its messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomRecord {
    /// The name, in the spelling of the client that made the room. Rooms are the same if their
    /// [folded](super::names::fold) names are.
    pub name: String,
    /// Time at which the room was made, in seconds since 1970, UTC.
    pub made_at: u64,
    /// The host that the room was made from; None if the server made it.
    pub made_by: Option<Host>,
    /// The topic.
    pub topic: Option<Topic>,
    /// The flags that are set, in the order of [`Flag::ALL`].
    pub flags: Vec<Flag>,
    /// The key.
    pub key: Option<String>,
    /// Members at most.
    pub limit: Option<u32>,
    /// The masks on all lists, list by list, oldest first.
    pub masks: Vec<MaskRecord>,
    /// Keys and values, in the order of the keys.
    pub metadata: Vec<(String, String)>,
    /// Operators of the room, connected or not: each is one again after coming back.
    pub operators: Vec<PersonRecord>,
    /// Programs that have left, each with the first message that it has not been sent.
    pub readers: Vec<(PersonRecord, MessageId)>,
}

/// One mask on a list of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskRecord {
    /// The list.
    pub list: List,
    /// The mask in full, as `nick!user@host`.
    pub mask: String,
    /// The person who put the mask on the list, as `nick!user@host`.
    pub by: String,
    /// Time at which that was done, in seconds since 1970, UTC.
    pub unix_seconds: u64,
}

/// A person as a room remembers people: [folded](super::names::fold) nickname and user name, and the host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PersonRecord {
    /// The nickname.
    pub name: String,
    /// The user name.
    pub user: String,
    /// The host.
    pub host: Host,
}

/// A change of the facts that are kept. Changes are told in their order, and rooms by folded name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A message was said in a room. The room may not have been told of yet.
    Said {
        /// The room.
        room: String,
        /// The message.
        entry: Entry,
    },
    /// A message was taken back, and is to be kept no longer.
    Redacted {
        /// The room.
        room: String,
        /// The message.
        id: MessageId,
    },
    /// All that was said so far under this [folded](super::names::fold) nickname is to be kept no longer, in any room.
    ForgottenName {
        /// The nickname.
        name: String,
    },
    /// A room is new, or has changed: its facts as they are now.
    Room(RoomRecord),
    /// A room is no longer kept, nor are its messages.
    Forgotten {
        /// The room.
        room: String,
    },
    /// These are all the rooms that there are: no other is kept. Their facts follow. It is told to a store
    /// that [has lost track](crate::store::Store::has_lost_track).
    AllRooms(Vec<String>),
}

/// The changes since they were last taken. None of it is noted until somebody asks for it.
#[derive(Debug, Default)]
pub(super) struct Journal {
    is_on: bool,
    changes: Vec<Change>,
    /// Rooms whose facts have changed. They are written when the changes are taken, so that several
    /// changes in one turn are one record.
    changed: BTreeSet<usize>,
}

impl Journal {
    /// Notes that facts of a room have changed.
    pub(super) fn note_room(&mut self, room: usize) {
        if self.is_on {
            self.changed.insert(room);
        }
    }

    pub(super) fn note_forgotten(&mut self, key: usize, room: &Room) {
        if self.is_on {
            self.changed.remove(&key);
            let room = room.folded.to_string();
            self.changes.push(Change::Forgotten { room });
        }
    }

    pub(super) fn note_said(&mut self, room: &Room, entry: impl FnOnce() -> Entry) {
        if self.is_on {
            self.changes.push(Change::Said {
                room: room.folded.to_string(),
                entry: entry(),
            });
        }
    }

    pub(super) fn note_forgotten_name(&mut self, folded: &str) {
        if self.is_on {
            let name = folded.to_owned();
            self.changes.push(Change::ForgottenName { name });
        }
    }

    pub(super) fn note_redacted(&mut self, room: &Room, id: MessageId) {
        if self.is_on {
            let room = room.folded.to_string();
            self.changes.push(Change::Redacted { room, id });
        }
    }
}

/// The durable part of the chat, told and taken back.
impl Hub {
    /// From now on, changes are noted for [`Self::take_changes`].
    pub fn begin_journal(&mut self) {
        self.rooms.journal.is_on = true;
    }

    /// Moves the changes since the last call to `out`, in their order. There are none before
    /// [`Self::begin_journal`].
    pub fn take_changes(&mut self, out: &mut Vec<Change>) {
        let journal = &mut self.rooms.journal;
        if journal.changes.is_empty() && journal.changed.is_empty() {
            return;
        }
        out.append(&mut journal.changes);
        let changed = std::mem::take(&mut journal.changed);
        out.extend(
            changed
                .into_iter()
                .map(|key| Change::Room(self.record(key))),
        );
    }

    /// Adds the facts about all rooms to `out`, for somebody who has lost track.
    pub fn tell_all_rooms(&self, out: &mut Vec<Change>) {
        let folded = |key: usize| self.rooms[key].folded.to_string();
        let names = self.rooms.by_folded_name().map(folded);
        out.push(Change::AllRooms(names.collect()));
        out.extend(self.records().map(Change::Room));
    }

    /// Returns the facts about each room, by name.
    pub fn records(&self) -> impl Iterator<Item = RoomRecord> {
        let rooms = self.rooms.by_folded_name();
        rooms.map(|key| self.record(key))
    }

    fn record(&self, key: usize) -> RoomRecord {
        let room = &self.rooms[key];
        let operators = room.members.iter().filter(|it| it.ranks().is_operator);
        let clients = operators.filter_map(|it| self.people.get(it.id));
        let named = clients.filter(|client| client.name.is_some());
        room.record(named.map(|client| client.source().record()).collect())
    }

    /// Makes a room as it was kept, with its last messages, oldest first. Nobody is in it. The change is
    /// not noted in the journal.
    pub fn restore(&mut self, record: RoomRecord, history: Vec<Entry>, now: Time) {
        let journal = std::mem::take(&mut self.rooms.journal);
        self.rooms.restore(record, history, now);
        self.rooms.journal = journal;
    }

    /// Returns the number of the next message.
    pub fn next_message(&self) -> MessageId {
        self.rooms.next_id
    }

    /// Sets the number of the next message, unless it is larger already.
    pub fn continue_from(&mut self, next: MessageId) {
        self.rooms.next_id = self.rooms.next_id.max(next);
    }
}

impl Rooms {
    fn restore(&mut self, record: RoomRecord, history: Vec<Entry>, now: Time) {
        // Limits on rooms and masks are not asked: what was allowed stays.
        let key = match self.find(&record.name) {
            Some(key) => key,
            None => self.make(&record.name, record.made_by, now),
        };
        let lines_max = self.limits.history;
        let room = &mut self.rooms[key];
        room.first_id = MessageId::default();
        self.masks += record.masks.len();
        room.restore(record, history, lines_max);
        self.history_bytes += room.history.bytes();
        // Not by `note_empty`, which would forget a room for each one over the limit on empty rooms: after
        // a crash all rooms are empty, also those of people who come back in a moment.
        self.keep_empty(key, now);
        self.bound_history();
    }
}

impl Room {
    /// Returns the facts about the room; `present`: its operators that are connected.
    pub(super) fn record(&self, mut present: Vec<PersonRecord>) -> RoomRecord {
        let person = |it: &MaskSubject<'_>| it.record();
        let absent = self.absent_operators().iter().map(person);
        let absent: Vec<_> = absent.filter(|it| !present.contains(it)).collect();
        present.sort_unstable();
        let masks = List::ALL.into_iter().flat_map(|list| {
            let masks = self.rules.list(list).iter();
            masks.map(move |mask| MaskRecord {
                list,
                mask: mask.text.to_string(),
                by: mask.by.to_string(),
                unix_seconds: mask.unix_seconds,
            })
        });
        let texts = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        RoomRecord {
            name: self.name.to_string(),
            made_at: self.made_at,
            made_by: self.made_by,
            topic: self.topic.clone(),
            flags: Flag::ALL
                .into_iter()
                .filter(|flag| self.rules.has(*flag))
                .collect(),
            key: self.rules.key.as_deref().map(String::from),
            limit: self.rules.limit,
            masks: masks.collect(),
            metadata: self.metadata.iter().map(texts).collect(),
            operators: absent.into_iter().chain(present).collect(),
            readers: self
                .readers()
                .map(|(it, next)| (person(it), *next))
                .collect(),
        }
    }

    /// Sets the facts, except the name and who made the room.
    pub(super) fn restore(&mut self, record: RoomRecord, history: Vec<Entry>, lines_max: usize) {
        self.made_at = record.made_at;
        self.topic = record.topic;
        for flag in Flag::ALL {
            self.rules.set(flag, record.flags.contains(&flag));
        }
        self.rules.key = record.key.map(String::into_boxed_str);
        self.rules.limit = record.limit;
        for it in record.masks {
            let mask = Mask::restored(&it.mask, it.by, it.unix_seconds);
            self.rules.list_mut(it.list).push(mask);
        }
        for (key, value) in record.metadata {
            // There are no more keys than there were, so each has its place.
            let _ = self.metadata.set(&key, &value);
        }
        let operators = record.operators.into_iter().map(MaskSubject::restored);
        let readers = record.readers.into_iter();
        let readers = readers.map(|(it, next)| (MaskSubject::restored(it), next));
        self.restore_people(operators, readers);
        self.said_us = history.last().map_or(0, |entry| entry.unix_us);
        self.history.note_cut();
        for entry in history {
            self.history.restore(entry, lines_max);
        }
    }
}
