//! The chat to look at: rooms, who is in them, and who is here at all.

use super::Hub;
use super::command::{Flag, List, Ranks};
use super::history::Entry;
use super::masks::Mask;
use super::past::Past;
use super::people::People;
use super::person::{Person, PersonFlag};
use super::recipient::Recipient;
use super::rooms::{Room, RoomId, Topic};
use super::roster::{NAMES_SHOWN_MAX, Names};
use super::values::Metadata;
use super::work;
use crate::protocol::ConnId;

/// A room, to look at.
#[derive(Clone, Copy, Debug)]
pub struct RoomView<'a> {
    room: &'a Room,
    key: usize,
    people: &'a People,
}

/// Someone in a room.
#[derive(Clone, Copy, Debug)]
pub struct MemberView<'a> {
    /// Their connection.
    pub id: ConnId,
    /// Who it is.
    pub person: Person<'a>,
    /// What they are in the room.
    pub ranks: Ranks,
}

/// A mask on one of a room's lists.
#[derive(Clone, Copy, Debug)]
pub struct MaskView<'a> {
    /// `nick!user@host`
    pub mask: &'a str,
    /// Who put it there, as `nick!user@host`.
    pub by: &'a str,
    /// When, in seconds since 1970, UTC.
    pub unix_seconds: u64,
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// People with a nickname.
    pub named: usize,
    /// The most that there ever were.
    pub named_max: usize,
    /// Of those here, the invisible ones.
    pub invisible: usize,
    /// Of those here, those who rule the server.
    pub operators: usize,
    /// Those without a nickname.
    pub listeners: usize,
    /// Rooms with somebody in them, named or not.
    pub rooms: usize,
}

impl<'a> RoomView<'a> {
    /// Which it is.
    pub fn id(self) -> RoomId {
        self.room.id(self.key)
    }

    /// What it is called, as whoever made it wrote it.
    pub fn name(self) -> &'a str {
        &self.room.name
    }

    /// The same, [folded](super::names::fold).
    pub fn folded(self) -> &'a str {
        &self.room.folded
    }

    /// When it was made, in seconds since 1970, UTC.
    pub fn made_unix_seconds(self) -> u64 {
        self.room.made_at
    }

    /// What it is about.
    pub fn topic(self) -> Option<&'a Topic> {
        self.room.topic.as_ref()
    }

    /// Whether a rule holds in it.
    pub fn has(self, flag: Flag) -> bool {
        self.room.rules.has(flag)
    }

    /// Whether someone was asked into it, and has not come yet.
    pub fn has_invited(self, id: ConnId) -> bool {
        self.room.rules.is_invited(id)
    }

    /// The word without which one does not come in.
    pub fn key(self) -> Option<&'a str> {
        self.room.rules.key.as_deref()
    }

    /// How many may be in it.
    pub fn limit(self) -> Option<u32> {
        self.room.rules.limit
    }

    /// One of its lists, in the order in which it was made.
    pub fn list(self, list: List) -> impl ExactSizeIterator<Item = MaskView<'a>> {
        let view = |mask: &'a Mask| MaskView {
            mask: &mask.text,
            by: &mask.by,
            unix_seconds: mask.unix_seconds,
        };
        self.room.rules.list(list).iter().map(view)
    }

    /// Everyone with a nickname in it, in order of arrival.
    pub fn members(self) -> impl Iterator<Item = MemberView<'a>> {
        let named = self.room.members.iter().filter(|member| member.is_named());
        named.filter_map(move |member| {
            Some(MemberView {
                id: member.id,
                person: self.people.person(member.id)?,
                ranks: member.ranks(),
            })
        })
    }

    /// How many with a nickname are in it.
    pub fn named(self) -> usize {
        self.room.members.named()
    }

    /// How many without one are in it.
    pub fn listeners(self) -> usize {
        self.room.members.listeners()
    }

    /// What someone is in it; none: they are not there.
    pub fn ranks_of(self, id: ConnId) -> Option<Ranks> {
        let slot = self.people.get(id)?.seats.slot_in(self.key)?;
        Some(self.room.members.at(slot)?.ranks())
    }

    /// Whether someone may know of it: those in a secret room do, and who rules the server.
    pub fn is_visible_to(self, id: ConnId) -> bool {
        !self.has(Flag::Secret) || self.ranks_of(id).is_some() || self.people.rules(id)
    }

    /// Whether someone may know what it has: those in it do, who could come in as they are while it
    /// is not secret, and who rules the server.
    pub fn is_open_to(self, id: ConnId) -> bool {
        let could_come_in = || {
            let client = self.people.get(id);
            client.is_some_and(|client| self.room.bar_entry(client, None, 0).is_ok())
        };
        self.ranks_of(id).is_some()
            || self.people.rules(id)
            || (!self.has(Flag::Secret) && could_come_in())
    }

    /// Keys and values that it has.
    pub fn metadata(self) -> &'a Metadata {
        &self.room.metadata
    }

    /// What was said in it and is kept, oldest first.
    pub fn history(self) -> impl DoubleEndedIterator<Item = &'a Entry> + ExactSizeIterator {
        self.room.history.last(usize::MAX)
    }

    pub(super) fn last(
        self,
        count: usize,
    ) -> impl DoubleEndedIterator<Item = &'a Entry> + ExactSizeIterator {
        self.room.history.last(count)
    }

    /// Everyone in it, but one, as they are listed.
    pub(in crate::relay) fn names(self, except: Option<ConnId>) -> Names<'a> {
        let members = &self.room.members;
        let is_there = |id| self.ranks_of(id).is_some();
        let except = except.filter(|id| is_there(*id));
        let except_named = except.is_some_and(|id| self.people.person(id).is_some());
        let named = members.named() - usize::from(except_named);
        let others = self.members().filter(|it| Some(it.id) != except);
        let names: Vec<&str> = others
            .take(named.min(NAMES_SHOWN_MAX))
            .map(|it| it.person.name)
            .collect();
        Names {
            others: named - names.len(),
            listeners: members.listeners() - usize::from(except.is_some() && !except_named),
            names,
        }
    }
}

impl Hub {
    /// Which room has this name, if there is one.
    pub fn find_room(&self, name: &str) -> Option<RoomId> {
        Some(self.rooms.id(self.rooms.find(name)?))
    }

    /// A room that was found before, if it is still there.
    pub fn room_at(&self, id: RoomId) -> Option<RoomView<'_>> {
        Some(self.view(self.rooms.by_id(id)?))
    }

    /// The room that someone came into first of those that they are in.
    pub fn first_room(&self, id: ConnId) -> Option<RoomId> {
        let seat = self.people.get(id)?.seats.first()?;
        Some(self.rooms.id(seat.room()))
    }

    /// The room of this name, if there is one; it may be empty.
    pub fn room(&self, name: &str) -> Option<RoomView<'_>> {
        Some(self.view(self.rooms.find(name)?))
    }

    /// Every room that somebody is in, named or not.
    pub fn rooms(&self) -> impl Iterator<Item = RoomView<'_>> {
        let rooms = self.rooms.iter();
        let lively = rooms.filter(|(_, room)| !room.members.is_empty());
        lively.map(|(key, _)| self.view(key))
    }

    /// The rooms that someone is in, in the order in which they came.
    pub fn rooms_of(&self, id: ConnId) -> impl Iterator<Item = RoomView<'_>> {
        let seats = self.people.get(id).map_or(&[][..], |it| it.seats.all());
        seats.iter().map(|seat| self.view(seat.room()))
    }

    /// Whether two are in a room together.
    pub fn share_a_room(&self, one: ConnId, other: ConnId) -> bool {
        let other = self.people.get(other);
        let is_there = |room| other.is_some_and(|other| other.seats.slot_in(room).is_some());
        let mut seats = self
            .people
            .get(one)
            .into_iter()
            .flat_map(|it| it.seats.all());
        seats.any(|seat| is_there(seat.room()))
    }

    /// Everyone with a nickname.
    pub fn people(&self) -> impl Iterator<Item = (ConnId, Person<'_>)> {
        let clients = self.people.iter();
        clients.filter_map(|client| Some((client.id, client.person()?)))
    }

    /// Whoever is called so, up to the form and case of the letters.
    pub fn person(&self, name: &str) -> Option<Person<'_>> {
        self.people.called(name)?.person()
    }

    /// Whoever is here, if they have a nickname.
    pub fn person_of(&self, id: ConnId) -> Option<Person<'_>> {
        self.people.person(id)
    }

    /// Who was called so and is no longer, the latest first. Of all that have left or taken another
    /// name, the last [`PAST_MAX`](super::PAST_MAX) are kept.
    pub fn was_called(&self, name: &str) -> impl Iterator<Item = &Past> {
        self.note_work(work::LISTED as usize * self.past.len());
        self.past.called(name)
    }

    /// Where what is said to someone here alone goes.
    pub fn recipient(&self, id: ConnId) -> Option<Recipient> {
        let format = self.people.get(id)?.format;
        Some(Recipient { id, format })
    }

    /// What someone and another said to each other, oldest first.
    pub fn conversation(
        &self,
        one: ConnId,
        other: ConnId,
    ) -> impl DoubleEndedIterator<Item = &Entry> {
        self.conversations.between(one, other)
    }

    /// Those with whom someone has a conversation.
    pub fn partners(&self, id: ConnId) -> impl Iterator<Item = ConnId> {
        self.conversations.partners_of(id)
    }

    /// How many there are of what.
    pub fn counts(&self) -> Counts {
        Counts {
            named: self.people.named(),
            named_max: self.named_max,
            invisible: self.people.flagged(PersonFlag::Invisible),
            operators: self.people.flagged(PersonFlag::Operator),
            listeners: self.people.unnamed(),
            rooms: self.rooms.len() - self.rooms.empty(),
        }
    }

    pub(super) fn view(&self, key: usize) -> RoomView<'_> {
        RoomView {
            room: &self.rooms[key],
            key,
            people: &self.people,
        }
    }
}
