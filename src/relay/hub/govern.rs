//! What operators do: topics that are locked, invitations, removals, modes.

use std::iter;

use super::Hub;
use super::action::Outcome;
use super::command::{Flag, List, ModeChange, Rank};
use super::enter::Exit;
use super::event::{Event, Sink};
use super::fold::fold;
use super::history::MessageId;
use super::masks::{Mask, mask_in_full};
use super::members::Hears;
use super::people::People;
use super::person::{Person, PersonFlag};
use super::refused::Refused;
use super::rooms::{Room, RoomId, Rooms, Topic};
use super::rules::{MASKS_MAX, MASKS_TOTAL_MAX, is_key};
use super::work;
use crate::protocol::{ConnId, Time};

impl Hub {
    /// Sets a room's topic, or clears it. The others in it are told.
    pub(super) fn set_topic(
        &mut self,
        id: ConnId,
        room: RoomId,
        topic: Option<&str>,
        now: Time,
        sink: &mut impl Sink,
    ) -> Result<(), Refused<'static>> {
        let key = self.may_set_topic(id, room)?;
        let by = self.people.person(id).ok_or(Refused::NicknameFirst)?;
        let topic = topic.map(|text| Topic::new(text, by, now));
        let room = &mut self.rooms[key];
        room.topic = topic;
        let topic = room.topic.as_ref();
        let audience = room.members.audience(Hears::Everything, Some(id));
        let event = Event::TopicSet { by, topic };
        sink.to_actor(self.people.addressee(id), &room.name, &event);
        sink.to_room(&room.name, audience, iter::once(event));
        Ok(())
    }

    /// Whether one may set a room's topic.
    ///
    /// # Errors
    ///
    /// When one is not in the room or may not speak there, or its topic is locked and one is no
    /// operator of it.
    pub fn bar_topic(&mut self, id: ConnId, room: RoomId) -> Result<(), Refused<'static>> {
        self.may_set_topic(id, room).map(|_| ())
    }

    fn may_set_topic(&mut self, id: ConnId, room: RoomId) -> Result<usize, Refused<'static>> {
        let key = self.find_visible(id, room)?;
        if ruler(&self.people, &self.rooms, id, key).is_ok() {
            return Ok(key);
        }
        insider(&self.people, id, key)?;
        if self.rooms[key].rules.has(Flag::TopicLocked) {
            return Err(Refused::NotOperator);
        }
        self.bar_speech(id, key)?;
        Ok(key)
    }

    /// Asks someone into a room, who is told; so are its operators, if they hear each thing. Whoever
    /// is asked by one of those comes in whatever its modes and lists say.
    pub(super) fn invite<'a>(
        &mut self,
        id: ConnId,
        room: RoomId,
        name: &'a str,
        sink: &mut impl Sink,
    ) -> Result<(), Refused<'a>> {
        let key = self.find_visible(id, room)?;
        let is_closed = self.rooms[key].rules.has(Flag::InviteOnly);
        let ruler = ruler(&self.people, &self.rooms, id, key);
        let overrides = ruler.is_ok();
        let by = match is_closed {
            true => ruler?,
            false => insider(&self.people, id, key)?,
        };
        let other = self.people.called(name).ok_or(Refused::NoOneCalled(name))?;
        if other.hears < Hears::Everything {
            return Err(Refused::ReadsNothing(name));
        }
        if other.seats.slot_in(key).is_some() {
            return Err(Refused::AlreadyThere(name));
        }
        let room = &mut self.rooms[key];
        if overrides {
            room.rules.invite(other.id);
        }
        let invited = Event::InvitedTo {
            room: &room.name,
            by,
        };
        sink.to_one(other.addressee(), &invited);
        let name = other.name.as_deref().unwrap_or(name);
        let audience = room
            .members
            .ranked_audience(Hears::Each, Rank::Operator, Some(id));
        sink.to_room(
            &room.name,
            audience,
            iter::once(Event::Invited { name, by }),
        );
        Ok(())
    }

    /// Puts someone out of a room. They are told, and the others in it are. Whoever lives in one
    /// room at a time goes back to the default room; put out of that, they are removed altogether.
    pub(super) fn kick<'a>(
        &mut self,
        id: ConnId,
        key: usize,
        (name, reason): (&'a str, Option<&str>),
        now: Time,
        sink: &mut impl Sink,
    ) -> Result<(), Refused<'a>> {
        let by = ruler(&self.people, &self.rooms, id, key)?;
        let other = self.people.called(name).ok_or(Refused::NoOneCalled(name))?;
        let slot = other.seats.slot_in(key);
        let (Some(_), Some(person)) = (slot, other.person()) else {
            return Err(Refused::NotWithYou(name));
        };
        let room = &self.rooms[key];
        let goes_back = other.hears < Hears::Each && other.seats.all().len() == 1;
        let is_final = goes_back && room.is_default;
        if is_final && person.profile.is(PersonFlag::Operator) {
            return Err(Refused::NotOperator);
        }
        let kicked = Event::Kicked { person, by, reason };
        let others = room.members.audience_but(Hears::Everything, [id, other.id]);
        let removed = Event::Removed {
            person,
            room: &room.name,
            by,
            reason,
            is_final,
        };
        let actor = self.people.addressee(id);
        match other.id == id {
            true => sink.to_actor(actor, &room.name, &removed),
            false => sink.to_actor(actor, &room.name, &kicked),
        }
        sink.to_room(&room.name, others, iter::once(kicked));
        if other.hears >= Hears::Everything && other.id != id {
            sink.to_one(other.addressee(), &removed);
        }
        let other = other.id;
        self.unseat(other, key, Exit::PutOut);
        if is_final {
            self.leave(other, None, now, sink);
            sink.dismissed(other);
        }
        self.rooms.note_empty(key, now);
        if goes_back && !is_final {
            self.go_back(other, now, sink);
        }
        Ok(())
    }

    /// Whoever was put out comes into the default room, whatever its rules: there is nowhere else.
    fn go_back(&mut self, id: ConnId, now: Time, sink: &mut impl Sink) {
        let room = self.rooms.find_or_make_default(now);
        self.seat(id, room, now);
        self.tell_moved(id, room, sink);
        self.tell_joined(id, room, now, sink);
    }

    fn tell_moved(&self, id: ConnId, room: usize, sink: &mut impl Sink) {
        let view = self.view(room);
        if let Some(person) = self.people.person(id) {
            let replay: Vec<_> = view.last(self.config.replay).collect();
            self.note_replay(replay.iter().copied());
            let moved = Event::Moved {
                person,
                room: view,
                others: view.names(Some(id)),
                replay,
            };
            self.tell(id, &moved, sink);
        }
    }

    /// Takes a message back: it is kept no longer, and programs are told to show it no longer. Whoever
    /// said it may, as long as they stay connected, and operators may: a name proves nothing. A reason
    /// is told only by whoever may speak there.
    pub(super) fn redact(
        &mut self,
        id: ConnId,
        room: RoomId,
        message: MessageId,
        reason: Option<&str>,
        sink: &mut impl Sink,
    ) -> Result<(), Refused<'static>> {
        let key = self.find_visible(id, room)?;
        let reason = reason.filter(|_| self.may_speak(id, key));
        let by = insider(&self.people, id, key)?;
        let entry = self.rooms[key].history.find(message);
        let entry = entry.ok_or(Refused::NoSuchMessage)?;
        let unix_us = entry.unix_us;
        if entry.by != Some(id) {
            ruler(&self.people, &self.rooms, id, key)?;
        }
        self.rooms.forget_message(key, message);
        let room = &self.rooms[key];
        let event = Event::TakenBack {
            by,
            id: message,
            unix_us,
            reason,
        };
        let audience = room.members.audience(Hears::Each, Some(id));
        sink.to_actor(self.people.addressee(id), &room.name, &event);
        sink.to_room(&room.name, audience, iter::once(event));
        Ok(())
    }

    /// Makes several changes of a room's modes; each is made or not by itself. Those that are, are
    /// told to the others in it together. Gives what became of each, in order.
    pub(super) fn change_modes<'a>(
        &mut self,
        id: ConnId,
        room: RoomId,
        changes: &[ModeChange<'a>],
        now: Time,
        sink: &mut impl Sink,
    ) -> Result<Vec<Outcome<'a>>, Refused<'static>> {
        let key = self.find_visible(id, room)?;
        self.note_work(work::MODE as usize * changes.len().saturating_sub(1));
        let by = ruler(&self.people, &self.rooms, id, key)?;
        let (people, rooms) = (&self.people, &mut self.rooms);
        let change = |change: &ModeChange<'a>| {
            let elsewhere = rooms.masks - rooms[key].rules.masks();
            let masks_max = MASKS_MAX.min(MASKS_TOTAL_MAX.saturating_sub(elsewhere));
            let outcome = rooms[key].change(key, *change, by, people, masks_max, now);
            rooms.masks = elsewhere + rooms[key].rules.masks();
            outcome
        };
        let outcomes: Vec<Outcome<'a>> = changes.iter().map(change).collect();
        let made = changes.iter().zip(&outcomes);
        let made: Vec<ModeChange<'_>> = made
            .filter(|(_, outcome)| **outcome == Outcome::Applied)
            .map(|(change, _)| in_proper_names(*change, &self.people))
            .collect();
        if !made.is_empty() {
            let room = &self.rooms[key];
            let changes = &*made;
            let audience = room.members.audience(Hears::Everything, Some(id));
            let event = Event::ModesChanged { by, changes };
            sink.to_actor(self.people.addressee(id), &room.name, &event);
            sink.to_room(&room.name, audience, iter::once(event));
        }
        Ok(outcomes)
    }
}

/// Someone who is in a room, or rules the whole server.
fn insider(people: &People, id: ConnId, room: usize) -> Result<Person<'_>, Refused<'static>> {
    let client = people.get(id).ok_or(Refused::NicknameFirst)?;
    let person = client.person().ok_or(Refused::NicknameFirst)?;
    let is_there = client.seats.slot_in(room).is_some();
    let is_ruler = person.profile.is(PersonFlag::Operator);
    (is_there || is_ruler)
        .then_some(person)
        .ok_or(Refused::NotIn)
}

/// Someone who rules a room: an operator of it, or of the whole server.
fn ruler<'a>(
    people: &'a People,
    rooms: &Rooms,
    id: ConnId,
    room: usize,
) -> Result<Person<'a>, Refused<'static>> {
    let person = insider(people, id, room)?;
    let slot = people.get(id).and_then(|it| it.seats.slot_in(room));
    let member = slot.and_then(|slot| rooms[room].members.at(slot));
    let is_operator = member.is_some_and(|member| member.ranks().is_operator);
    (is_operator || person.profile.is(PersonFlag::Operator))
        .then_some(person)
        .ok_or(Refused::NotOperator)
}

/// A change by the name that someone has, not by how it was typed.
fn in_proper_names<'a>(change: ModeChange<'a>, people: &'a People) -> ModeChange<'a> {
    match change {
        ModeChange::Rank { rank, name, is_on } => {
            let client = people.called(name);
            let name = client.and_then(|it| it.name.as_deref()).unwrap_or(name);
            ModeChange::Rank { rank, name, is_on }
        }
        other => other,
    }
}

impl Room {
    fn change<'a>(
        &mut self,
        key: usize,
        change: ModeChange<'a>,
        by: Person<'_>,
        people: &People,
        masks_max: usize,
        now: Time,
    ) -> Outcome<'a> {
        let rules = &mut self.rules;
        let is_new = match change {
            ModeChange::Flag(flag, is_on) => {
                let was_on = rules.has(flag);
                rules.set(flag, is_on);
                was_on != is_on
            }
            ModeChange::Key(key) => {
                if !key.is_none_or(is_key) {
                    return Outcome::Refused(Refused::KeyIllegal);
                }
                let new = key.map(Box::from);
                let is_new = rules.key != new;
                rules.key = new;
                is_new
            }
            ModeChange::Limit(limit) => {
                let was = std::mem::replace(&mut rules.limit, limit);
                was != limit
            }
            ModeChange::Rank { rank, name, is_on } => {
                let client = people.called(name);
                let slot = client.and_then(|client| client.seats.slot_in(key));
                let member = slot.and_then(|slot| self.members.at_mut(slot));
                let Some(member) = member else {
                    let why = match client {
                        // Operators who are away need not wait to be operators no longer.
                        _ if rank == Rank::Operator && !is_on && self.forget_operator(name) => {
                            return Outcome::Applied;
                        }
                        Some(_) => Refused::NotWithYou(name),
                        None => Refused::NoOneCalled(name),
                    };
                    return Outcome::Refused(why);
                };
                let mut ranks = member.ranks();
                let was_on = ranks.has(rank);
                ranks.set(rank, is_on);
                member.set_ranks(ranks);
                was_on != is_on
            }
            ModeChange::List { list, mask, is_on } => {
                let is_full = rules.masks() >= masks_max;
                return self.change_list((list, mask, is_on), is_full, by, now);
            }
        };
        match is_new {
            true => Outcome::Applied,
            false => Outcome::Unchanged,
        }
    }

    fn change_list<'a>(
        &mut self,
        (list, mask, is_on): (List, &str, bool),
        is_full: bool,
        by: Person<'_>,
        now: Time,
    ) -> Outcome<'a> {
        let masks = self.rules.list_mut(list);
        let mask = Mask::new(&mask_in_full(mask), by, now.unix_seconds());
        let at = masks.iter().position(|other| other.is(&mask));
        match (at, is_on) {
            (None, true) if is_full => return Outcome::Refused(Refused::ListFull(list)),
            (None, true) => {
                if list == List::Bans {
                    self.absent_operators.retain(|it| !mask.means(it));
                }
                masks.push(mask);
            }
            (Some(at), false) => {
                masks.remove(at);
            }
            _ => return Outcome::Unchanged,
        }
        self.members.forget_verdicts();
        Outcome::Applied
    }

    /// An operator who is away will be none on coming back; says whether there is one of that name.
    fn forget_operator(&mut self, name: &str) -> bool {
        let name = fold(name);
        let before = self.absent_operators.len();
        self.absent_operators
            .retain(|it| it.name() != Some(name.as_str()));
        self.absent_operators.len() < before
    }
}
