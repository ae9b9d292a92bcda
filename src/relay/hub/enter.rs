//! Coming into rooms and going out of them, one or several, and leaving for good.

use super::Hub;
use super::announce::Passage;
use super::command::{Rank, Ranks};
use super::event::{Event, Sink};
use super::gather::Way;
use super::members::{Hears, Member};
use super::names::room_name;
use super::people::People;
use super::person::Person;
use super::refused::Refused;
use super::rooms::Rooms;
use crate::protocol::{ConnId, Time};

/// Rooms that one person may be in, at most.
pub const ROOMS_OF_ONE_MAX: usize = 100;

impl Hub {
    /// Comes into a room besides those one is in; it is made if there is none of that name. The
    /// others in it are told.
    ///
    /// # Errors
    ///
    /// When the name is none, the room's rules do not allow it, or there are too many rooms.
    pub fn enter(
        &mut self,
        id: ConnId,
        room: &str,
        key: Option<&str>,
        now: Time,
        sink: &mut impl Sink,
    ) -> Result<(), Refused<'static>> {
        let name = room_name(room).ok_or(Refused::NoRoomName)?;
        let client = self.people.get(id).ok_or(Refused::NicknameFirst)?;
        let count = client.seats.all().len();
        let room = self.find_to_enter(id, &name, key)?;
        if count >= ROOMS_OF_ONE_MAX {
            return Err(Refused::InTooManyRooms);
        }
        let room = room.or_else(|| self.rooms.find_or_make(&name, now));
        let room = room.ok_or(Refused::TooManyRooms)?;
        self.seat(id, room, now);
        self.tell_joined(id, room, now, sink);
        Ok(())
    }

    /// Goes out of a room. The others in it are told.
    ///
    /// # Errors
    ///
    /// When there is no such room, or one is not in it.
    pub fn part(
        &mut self,
        id: ConnId,
        room: &str,
        reason: Option<&str>,
        now: Time,
        sink: &mut impl Sink,
    ) -> Result<(), Refused<'static>> {
        let room = self.rooms.find(room).ok_or(Refused::NoSuchRoom)?;
        if !self.unseat(id, room) {
            return Err(Refused::NotIn);
        }
        self.tell_left(id, room, reason, now, sink);
        self.rooms.note_empty(room, now);
        Ok(())
    }

    /// Goes to another room, and out of all others. `asked` is its name; where there is no such room
    /// and the last word is one behind the name of a room that needs a key, that is the key.
    pub(super) fn join(&mut self, id: ConnId, asked: &str, now: Time, sink: &mut impl Sink) {
        let (asked, key) = self.split_key(asked);
        let Some(name) = room_name(asked) else {
            return self.refuse(id, Refused::NoRoomName, None, sink);
        };
        let new = match self.find_to_enter(id, &name, key) {
            Ok(Some(room)) => Some(room),
            Ok(None) => self.rooms.find_or_make(&name, now),
            Err(why) => return self.refuse(id, why, Some(&name), sink),
        };
        let Some(new) = new else {
            return self.refuse(id, Refused::TooManyRooms, Some(&name), sink);
        };
        // In before out: the new room must not be forgotten as an empty one in between.
        let old: Vec<usize> = self.seats(id);
        self.seat(id, new, now);
        for old in old {
            self.unseat(id, old);
            self.tell_left(id, old, None, now, sink);
            self.rooms.note_empty(old, now);
        }
        self.show_room(id, false, sink);
        self.tell_joined(id, new, now, sink);
    }

    fn split_key<'a>(&self, asked: &'a str) -> (&'a str, Option<&'a str>) {
        let find = |text| self.rooms.find(&room_name(text)?);
        if find(asked).is_none()
            && let Some((name, key)) = asked.trim_end().rsplit_once(char::is_whitespace)
            && find(name).is_some_and(|room| self.rooms[room].rules.key.is_some())
        {
            return (name, Some(key));
        }
        (asked, None)
    }

    /// A room that someone may come into; none: there is no such room yet.
    fn find_to_enter(
        &self,
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
        it.rules
            .bar_entry(id, client.person(), key, it.members.len())?;
        Ok(Some(room))
    }

    /// Whoever is here leaves for good, and their rooms are told; if they had no name, they are not.
    pub fn leave(&mut self, id: ConnId, reason: Option<&str>, now: Time, sink: &mut impl Sink) {
        self.unwatch_all(id);
        let Some(client) = self.people.take(id) else {
            return;
        };
        let seats = client.seats.all();
        for seat in seats {
            vacate(&mut self.rooms, &mut self.people, seat.room(), seat.slot());
        }
        if let Some(person) = client.person() {
            self.past.note(person, now);
            for seat in seats {
                let it = Passage {
                    id,
                    person,
                    way: Way::Out,
                    reason,
                    is_all: false,
                };
                self.rooms.announce(seat.room(), it, now, sink);
            }
            let peers = self.rooms.peers(seats, &mut self.seen, Hears::Each, id);
            sink.to_peers(peers, &Event::Quit { person, reason });
            self.tell_offline(person.name, sink);
        }
        for seat in seats {
            self.rooms.note_empty(seat.room(), now);
        }
    }

    /// Removes someone, and tells them and their room. Says whom, so that they can be disconnected.
    pub fn remove(
        &mut self,
        name: &str,
        by: Person<'_>,
        reason: Option<&str>,
        now: Time,
        sink: &mut impl Sink,
    ) -> Option<ConnId> {
        let id = self.people.called(name)?.id;
        self.answer(id, &Event::Disconnected { by, reason }, sink);
        let words = match reason {
            Some(reason) => format!("removed by {}: {reason}", by.name),
            None => format!("removed by {}", by.name),
        };
        self.leave(id, Some(&words), now, sink);
        sink.dismissed(id);
        Some(id)
    }

    /// The rooms someone is in.
    pub(super) fn seats(&self, id: ConnId) -> Vec<usize> {
        let seats = self.people.get(id).map_or(&[][..], |it| it.seats.all());
        seats.iter().map(|seat| seat.room()).collect()
    }

    /// Gives someone a place in a room that they are not in.
    pub(super) fn seat(&mut self, id: ConnId, room: usize, now: Time) {
        let Some(client) = self.people.get_mut(id) else {
            return;
        };
        let it = &mut self.rooms[room];
        it.rules.uninvite(id);
        let member = Member::new(id, client.format, client.hears, client.name.is_some());
        let slot = it.seat(member);
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
        let member = Member::new(id, client.format, client.hears, client.name.is_some());
        client.seats.moved(room, self.rooms[room].seat(member));
        vacate(&mut self.rooms, &mut self.people, room, old);
    }

    /// Takes someone out of a room; says whether they were in it.
    pub(super) fn unseat(&mut self, id: ConnId, room: usize) -> bool {
        let client = self.people.get_mut(id);
        let Some(slot) = client.and_then(|client| client.seats.remove(room)) else {
            return false;
        };
        vacate(&mut self.rooms, &mut self.people, room, slot);
        true
    }

    pub(super) fn tell_joined(&mut self, id: ConnId, room: usize, now: Time, sink: &mut impl Sink) {
        self.tell_passage(id, room, Way::In, None, now, sink);
    }

    fn tell_left(
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
        if let Some(person) = self.people.person(id) {
            let it = Passage {
                id,
                person,
                way,
                reason,
                is_all: true,
            };
            self.rooms.announce(room, it, now, sink);
        }
    }
}

/// Frees a place in a room. When nobody with a name is left in it, nobody could change its rules,
/// and they are forgotten.
fn vacate(rooms: &mut Rooms, people: &mut People, room: usize, slot: usize) {
    let it = &mut rooms[room];
    it.members.remove(slot, |id, slot| {
        if let Some(client) = people.get_mut(id) {
            client.seats.moved(room, slot);
        }
    });
    if it.members.named() == 0 {
        rooms.forget_rules(room);
    }
}

impl super::rooms::Room {
    /// Gives a place. Whoever is the first with a name in a room that is not everybody's rules it.
    fn seat(&mut self, mut member: Member) -> usize {
        if member.is_named() && self.members.named() == 0 && !self.is_default {
            let mut ranks = Ranks::default();
            ranks.set(Rank::Operator, true);
            member.set_ranks(ranks);
        }
        self.members.push(member)
    }
}
