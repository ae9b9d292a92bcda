//! Coming into rooms and going out of them, one or several, and leaving for good.

use super::Hub;
use super::action::Done;
use super::announce::Passage;
use super::command::{Rank, Ranks};
use super::event::{Event, Reason, Sink};
use super::gather::Way;
use super::history::MessageId;
use super::members::{Hears, Member};
use super::names::legalize_room;
use super::people::{Client, People, Seat};
use super::person::Person;
use super::refused::Refused;
use super::rooms::{Room, Rooms};
use super::work;
use crate::protocol::{ConnId, Time};

/// Rooms that one person may be in, at most.
pub const ROOMS_OF_ONE_MAX: usize = 100;

/// How someone goes out of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// By themselves, or with their connection: whoever rules the room does so again on coming back.
    Left,
    /// An operator of the room wanted it.
    PutOut,
}

impl Hub {
    pub(super) fn join(
        &mut self,
        id: ConnId,
        (room, key): (&str, Option<&str>),
        leaves_others: bool,
        now: Time,
        sink: &mut impl Sink,
    ) -> Result<Done<'static>, Refused<'static>> {
        let name = Some(legalize_room(room)).filter(|name| !name.is_empty());
        let name = name.ok_or(Refused::NoRoomName)?;
        let client = self.people.get(id).ok_or(Refused::NicknameFirst)?;
        let count = client.seats.all().len();
        let found = self.find_to_enter(id, &name, key)?;
        if !leaves_others && count >= ROOMS_OF_ONE_MAX {
            return Err(Refused::InTooManyRooms);
        }
        let room = match found {
            Some(room) => room,
            None => self.make_room(id, &name, now)?,
        };
        // In before out: the new room must not be forgotten as an empty one in between.
        let old = self.seats(id).into_iter().filter(|_| leaves_others);
        self.seat(id, room, now);
        for old in old {
            self.unseat(id, old, Exit::Left);
            self.tell_left(id, old, None, now, sink);
            self.rooms.note_empty(old, now);
        }
        if let Some(person) = self.people.person(id) {
            let name = &self.rooms[room].name;
            sink.to_actor(self.people.addressee(id), name, &Event::Joined(person));
        }
        self.tell_joined(id, room, now, sink);
        Ok(Done::Joined(self.rooms.id(room)))
    }

    pub(super) fn part(
        &mut self,
        id: ConnId,
        room: usize,
        reason: Option<&str>,
        now: Time,
        sink: &mut impl Sink,
    ) -> Result<(), Refused<'static>> {
        let reason = reason.filter(|_| self.may_speak(id, room));
        if !self.unseat(id, room, Exit::Left) {
            return Err(Refused::NotIn);
        }
        if let Some(person) = self.people.person(id) {
            let name = &self.rooms[room].name;
            let reason = reason.map(Reason::Words);
            let left = Event::Left { person, reason };
            sink.to_actor(self.people.addressee(id), name, &left);
        }
        self.tell_left(id, room, reason, now, sink);
        self.rooms.note_empty(room, now);
        Ok(())
    }

    /// A room that someone may come into; none: there is no such room yet.
    fn find_to_enter(
        &mut self,
        id: ConnId,
        name: &str,
        key: Option<&str>,
    ) -> Result<Option<usize>, Refused<'static>> {
        let (Some(room), Some(client)) = (self.rooms.find(name), self.people.get(id)) else {
            return Ok(None);
        };
        if client.seats.slot_in(room).is_some() {
            return Err(Refused::AlreadyIn);
        }
        let it = &self.rooms[room];
        self.note_work(work::MASK as usize * it.rules.masks());
        it.bar_entry(client, key, it.members.len())?;
        Ok(Some(room))
    }

    fn make_room(&mut self, id: ConnId, name: &str, now: Time) -> Result<usize, Refused<'static>> {
        let client = self.people.get(id).ok_or(Refused::NicknameFirst)?;
        self.note_work(work::NEW_ROOM as usize);
        let made = self.rooms.try_to_make(name, client.profile.host(), now);
        made.ok_or(Refused::TooManyRooms)
    }

    /// Whoever is here leaves for good, and their rooms are told; if they had no name, they are not.
    /// Words of their own are told only where they may speak.
    pub(super) fn leave(
        &mut self,
        id: ConnId,
        reason: Option<Reason<'_>>,
        now: Time,
        sink: &mut impl Sink,
    ) {
        let is_own = matches!(reason, Some(Reason::Words(_)));
        let seats = self.seats(id);
        let in_room =
            |hub: &mut Self, room: &usize| reason.filter(|_| !is_own || hub.may_speak(id, *room));
        let reasons: Vec<Option<Reason<'_>>> = seats.iter().map(|it| in_room(self, it)).collect();
        self.unwatch_all(id);
        self.conversations.forget_all_of(id);
        let Some(client) = self.people.take(id) else {
            return;
        };
        let seats = client.seats.all();
        for seat in seats {
            let place = (seat.room(), seat.slot());
            self.rooms.remember(&client, place, Exit::Left);
            vacate(&mut self.rooms, &mut self.people, seat.room(), seat.slot());
        }
        if let Some(person) = client.person() {
            self.past.note(person, &person.folded(), now);
            for (seat, reason) in seats.iter().zip(&reasons) {
                let it = Passage {
                    id,
                    person,
                    way: Way::Out,
                    reason: *reason,
                    is_all: false,
                };
                self.rooms.announce(seat.room(), it, now, sink);
            }
            // Told once for all rooms: what may not be said in one of them is not said.
            let reason = reason.filter(|_| reasons.iter().all(Option::is_some));
            let peers = self.rooms.peers(seats, &mut self.seen, Hears::Each, id);
            sink.to_peers(peers, &Event::Quit { person, reason });
            self.tell_offline(person.name, sink);
        }
        for seat in seats {
            self.rooms.note_empty(seat.room(), now);
        }
    }

    /// Removes someone, and tells them and their room. Says whom, so that they can be disconnected.
    pub(super) fn remove(
        &mut self,
        name: &str,
        by: Person<'_>,
        reason: Option<&str>,
        now: Time,
        sink: &mut impl Sink,
    ) -> Option<ConnId> {
        let id = self.people.called(name)?.id;
        self.tell(id, &Event::Disconnected { by, reason }, sink);
        let by = by.name;
        self.leave(id, Some(Reason::Removed { by, reason }), now, sink);
        sink.dismissed(id);
        Some(id)
    }

    /// The rooms someone is in.
    pub(super) fn seats(&self, id: ConnId) -> Vec<usize> {
        let seats = self.people.get(id).map_or(&[][..], |it| it.seats.all());
        seats.iter().map(|seat| seat.room()).collect()
    }

    /// Whether what someone says would be told in a room.
    pub(super) fn may_speak(&mut self, id: ConnId, room: usize) -> bool {
        self.bar_speech(id, room).is_ok()
    }

    /// The first message in a room that someone has not had who was in it before; none: they have had
    /// nothing of it, as far as is known.
    pub fn first_unread(&self, id: ConnId, room: &str) -> Option<MessageId> {
        let room = &self.rooms[self.rooms.find(room)?];
        let source = self.people.get(id)?.source();
        let mut readers = room.readers.iter();
        let reader = readers.find(|(it, _)| it.is_same_person(&source));
        reader.map(|(_, next)| *next)
    }

    /// What keeps someone from speaking in a room, if anything does.
    pub(super) fn bar_speech(&mut self, id: ConnId, room: usize) -> Result<(), Refused<'static>> {
        let client = self.people.get(id).ok_or(Refused::NicknameFirst)?;
        let person = client.person().ok_or(Refused::NicknameFirst)?;
        self.rooms[room].bar_speech(client.seats.slot_in(room), person)
    }

    /// Someone's places in those rooms where they may speak.
    pub(super) fn seats_to_speak_in(&mut self, id: ConnId) -> Vec<Seat> {
        let client = self.people.get(id);
        let mut seats = client.map_or(Vec::new(), |it| it.seats.all().to_vec());
        seats.retain(|seat| self.may_speak(id, seat.room()));
        seats
    }

    /// Gives someone a place in a room that they are not in.
    pub(super) fn seat(&mut self, id: ConnId, room: usize, now: Time) {
        let Some(client) = self.people.get_mut(id) else {
            return;
        };
        let it = &mut self.rooms[room];
        it.rules.uninvite(id);
        let slot = it.seat(client);
        client.seats.add(room, slot);
        self.rooms.note_empty(room, now);
    }

    /// Someone has a name now, and is one of those who have from now on.
    pub(super) fn seat_anew(&mut self, id: ConnId, room: usize) {
        let Some(client) = self.people.get_mut(id) else {
            return;
        };
        let Some(old) = client.seats.slot_in(room) else {
            return;
        };
        // Coming back before going out, so that the room is at no time empty.
        let new = self.rooms[room].seat(client);
        client.seats.moved(room, new);
        vacate(&mut self.rooms, &mut self.people, room, old);
    }

    /// Takes someone out of a room; says whether they were in it.
    pub(super) fn unseat(&mut self, id: ConnId, room: usize, exit: Exit) -> bool {
        let client = self.people.get_mut(id);
        let Some(slot) = client.and_then(|client| client.seats.remove(room)) else {
            return false;
        };
        if let Some(client) = self.people.get(id) {
            self.rooms.remember(client, (room, slot), exit);
        }
        vacate(&mut self.rooms, &mut self.people, room, slot);
        true
    }

    pub(super) fn tell_joined(&mut self, id: ConnId, room: usize, now: Time, sink: &mut impl Sink) {
        self.tell_passage(id, room, Way::In, None, now, sink);
        let Some(client) = self.people.get(id) else {
            return;
        };
        let slot = client.seats.slot_in(room);
        let room = &self.rooms[room];
        let member = slot.and_then(|slot| room.members.at(slot));
        let rules = member.is_some_and(|member| member.ranks().is_operator);
        // Whoever comes into a room where nobody is has nobody to be told of it.
        if let Some(person) = client
            .person()
            .filter(|_| rules && room.members.named() > 1)
        {
            let audience = room.members.audience(Hears::Everything, Some(id));
            let event = std::iter::once(Event::RulesAgain(person));
            sink.to_room(&room.name, audience, event);
        }
    }

    pub(super) fn tell_left(
        &mut self,
        id: ConnId,
        room: usize,
        reason: Option<&str>,
        now: Time,
        sink: &mut impl Sink,
    ) {
        self.tell_passage(id, room, Way::Out, reason, now, sink);
    }

    fn tell_passage(
        &mut self,
        id: ConnId,
        room: usize,
        way: Way,
        reason: Option<&str>,
        now: Time,
        sink: &mut impl Sink,
    ) {
        // Programs are told what somebody's real name is who comes, and why they are away.
        let has_words = way == Way::Out || self.may_speak(id, room);
        if let Some(person) = self.people.person(id) {
            let bare = (!has_words).then(|| person.profile.without_words());
            let profile = bare.as_ref().unwrap_or(person.profile);
            let it = Passage {
                id,
                person: Person { profile, ..person },
                way,
                reason: reason.map(Reason::Words),
                is_all: true,
            };
            self.rooms.announce(room, it, now, sink);
        }
    }
}

/// Frees a place in a room.
fn vacate(rooms: &mut Rooms, people: &mut People, room: usize, slot: usize) {
    rooms[room].members.remove(slot, |id, slot| {
        if let Some(client) = people.get_mut(id) {
            client.seats.moved(room, slot);
        }
    });
}

impl Room {
    /// Gives a place. Operators who come back rule the room again; where there are none to wait for,
    /// and nobody with a name is in a room that is not everybody's, whoever comes does.
    fn seat(&mut self, client: &Client) -> usize {
        let is_named = client.name.is_some();
        let mut member = Member::new(client.id, client.format, client.hears, is_named);
        if is_named && self.makes_operator(client) {
            let mut ranks = Ranks::default();
            ranks.set(Rank::Operator, true);
            member.set_ranks(ranks);
        }
        self.members.push(member)
    }

    fn makes_operator(&mut self, client: &Client) -> bool {
        let source = client.source();
        let absent = self.absent_operators.iter();
        let known = absent
            .enumerate()
            .find(|(_, it)| it.is_same_person(&source));
        if let Some((at, _)) = known {
            self.absent_operators.remove(at);
            return true;
        }
        !self.is_default && self.members.named() == 0 && self.absent_operators.is_empty()
    }
}

impl Rooms {
    /// Remembers of whoever goes out of a room, from a place, whether they rule it, and what a program
    /// has read.
    fn remember(&mut self, client: &Client, (room, slot): (usize, usize), exit: Exit) {
        if client.name.is_none() {
            return;
        }
        let next = self.next_id;
        let it = &mut self[room];
        let member = it.members.at(slot);
        let is_operator = member.is_some_and(|member| member.ranks().is_operator);
        if is_operator && exit == Exit::Left {
            it.remember_operator(client.source());
        }
        if client.hears == Hears::Each {
            it.remember_reader(client.source(), next);
        }
    }
}
