//! Entering and leaving rooms, one or several, and leaving the server.
//!
//! Each way in or out has the same steps: membership changes, then the room is told, then
//! `note_empty` may forget rooms. Nothing may look at a room without members behind that call. The limits are
//! asked before anything changes.

use std::iter;

use super::announce::{JoinOrPart, MembershipChange};
use super::apply::ActionContext;
use super::command_error::CommandError;
use super::cost;
use super::event::{Event, Sink};
use super::members::EventLevel;
use super::names::legalize_room;
use super::person::Person;
use super::rooms::Exit;
use super::terms::{Reason, RoomId};
use crate::protocol::ConnId;

/// Rooms that one person may be in, at most.
pub const ROOMS_OF_ONE_MAX: usize = 100;

impl<S: Sink> ActionContext<'_, S> {
    /// Enters a room, which is made if there is none of this name, and leaves the others if that is asked.
    pub(super) fn join(
        &mut self,
        name: &str,
        key: Option<&str>,
        leaves_others: bool,
    ) -> Result<RoomId, CommandError<'static>> {
        let id = self.actor;
        let name = legalize_room(name);
        if name.is_empty() {
            return Err(CommandError::NoRoomName);
        }
        let client = self.people.get(id).ok_or(CommandError::NicknameFirst)?;
        let old: Vec<usize> = client.memberships.rooms().collect();
        let host = client.profile.host();
        let found = self.find_to_enter(&name, key)?;
        if !leaves_others && old.len() >= ROOMS_OF_ONE_MAX {
            return Err(CommandError::InTooManyRooms);
        }
        let room = match found {
            Some(room) => room,
            None => {
                self.work.note(cost::NEW_ROOM as usize);
                let made = self.rooms.try_to_make(&name, host, self.now);
                made.ok_or(CommandError::TooManyRooms)?
            }
        };
        // The actor enters before it leaves: between the two, the new room could be forgotten as an
        // empty one.
        self.add_member(id, room);
        for old in old.into_iter().filter(|_| leaves_others) {
            self.remove_member(id, old, Exit::Left);
            self.tell_passage(id, old, JoinOrPart::Out(None));
            self.rooms.note_empty(old, self.now);
        }
        if let Some(person) = self.people.person(id) {
            let name = &self.rooms[room].name;
            let joined = Event::Joined(person);
            self.sink.to_actor(self.people.addressee(id), name, &joined);
        }
        self.tell_joined(id, room);
        Ok(self.rooms.id(room))
    }

    /// Returns a room that the actor may enter; none if there is no such room yet.
    fn find_to_enter(
        &self,
        name: &str,
        key: Option<&str>,
    ) -> Result<Option<usize>, CommandError<'static>> {
        let client = self.people.get(self.actor);
        let (Some(room), Some(client)) = (self.rooms.find(name), client) else {
            return Ok(None);
        };
        if client.memberships.has(room) {
            return Err(CommandError::AlreadyIn);
        }
        let it = &self.rooms[room];
        self.work.note(cost::MASK as usize * it.rules.masks());
        it.bar_entry(client, key, it.members.len())?;
        Ok(Some(room))
    }

    /// Leaves a room. The right to speak is asked while the actor is still a member: a reason is the actor's
    /// own words, which a muted client must not say by leaving.
    pub(super) fn part(
        &mut self,
        room: usize,
        reason: Option<&str>,
    ) -> Result<(), CommandError<'static>> {
        let id = self.actor;
        let may_speak = self.rooms.may_speak(self.people, id, room);
        let reason = reason.filter(|_| may_speak).map(Reason::Words);
        if !self.remove_member(id, room, Exit::Left) {
            return Err(CommandError::NotIn);
        }
        if let Some(person) = self.people.person(id) {
            let name = &self.rooms[room].name;
            let left = Event::Left { person, reason };
            self.sink.to_actor(self.people.addressee(id), name, &left);
        }
        self.tell_passage(id, room, JoinOrPart::Out(reason));
        self.rooms.note_empty(room, self.now);
        Ok(())
    }

    /// Removes a connected client from the server, and tells its rooms if it had a nickname. Its own
    /// words are told only in rooms where it may speak.
    pub(super) fn leave(&mut self, id: ConnId, reason: Option<Reason<'_>>) {
        let is_own = matches!(reason, Some(Reason::Words(_)));
        // The right to speak is asked while the client is still there: afterwards it is in no room.
        let rooms = self.people.rooms_of(id);
        let reasons: Vec<Option<Reason<'_>>> = rooms
            .iter()
            .map(|room| reason.filter(|_| !is_own || self.rooms.may_speak(self.people, id, *room)))
            .collect();
        self.people.unwatch_all(id);
        self.conversations.forget_all_of(id);
        let Some(client) = self.people.take(id, self.now) else {
            return;
        };
        for place in client.memberships.all() {
            self.rooms.remember(&client, *place, Exit::Left);
            self.rooms.vacate(self.people, *place);
        }
        if let Some(person) = client.person() {
            for (room, reason) in rooms.iter().zip(&reasons) {
                let it = MembershipChange {
                    id,
                    person,
                    room: *room,
                    way: JoinOrPart::Out(*reason),
                    at: self.now,
                    is_all: false,
                };
                self.rooms.announce(it, self.sink);
            }
            // This event is told once for all rooms, so the reason is left out if it may not be told in
            // one of them.
            let reason = reason.filter(|_| reasons.iter().all(Option::is_some));
            let peers = self.rooms.peers(&rooms, EventLevel::Raw, id);
            self.sink.to_peers(peers, &Event::Quit { person, reason });
            self.people.tell_offline(person.name, self.sink);
        }
        for room in rooms {
            self.rooms.note_empty(room, self.now);
        }
    }

    /// Removes a client from the server, and tells the client and its rooms. Returns its connection, so
    /// that it can be closed.
    pub(super) fn disconnect<'a>(
        &mut self,
        name: &'a str,
        by: Option<&str>,
        reason: Option<&str>,
    ) -> Result<ConnId, CommandError<'a>> {
        let actor = self.people.person(self.actor);
        let by = by.map(Person::absent).or(actor);
        let by = by.ok_or(CommandError::NicknameFirst)?;
        let client = self
            .people
            .called(name)
            .ok_or(CommandError::NoOneCalled(name))?;
        let id = client.id;
        client.tell(&Event::Disconnected { by, reason }, self.sink);
        // The name is copied, since it may belong to the client that is removed.
        let by = by.name.to_owned();
        self.leave(id, Some(Reason::Removed { by: &by, reason }));
        self.sink.dismissed(id);
        Ok(id)
    }

    /// Adds a client to a room that it is not in.
    pub(super) fn add_member(&mut self, id: ConnId, room: usize) {
        if let Some(client) = self.people.get_mut(id) {
            self.rooms.add_member(client, room, self.now);
        }
    }

    /// Removes a client from a room. Returns whether it was a member.
    pub(super) fn remove_member(&mut self, id: ConnId, room: usize, exit: Exit) -> bool {
        let client = self.people.get_mut(id);
        let Some((client, place)) = client.and_then(|it| {
            let place = it.memberships.remove(room)?;
            Some((it, place))
        }) else {
            return false;
        };
        self.rooms.remember(client, place, exit);
        self.rooms.vacate(self.people, place);
        true
    }

    pub(super) fn tell_joined(&mut self, id: ConnId, room: usize) {
        self.tell_passage(id, room, JoinOrPart::In);
        let Some(client) = self.people.get(id) else {
            return;
        };
        let ranks = self.rooms.ranks(client, room).unwrap_or_default();
        let room = &self.rooms[room];
        // The event is sent only if another member has a nickname: listeners alone are not told.
        let rules = ranks.is_operator && room.members.named() > 1;
        if let Some(person) = client.person().filter(|_| rules) {
            let audience = room.members.audience(EventLevel::Room, Some(id));
            let event = iter::once(Event::RulesAgain(person));
            self.sink.to_room(&room.name, audience, event);
        }
    }

    /// Tells the other members that a client has entered or left a room.
    fn tell_passage(&mut self, id: ConnId, room: usize, way: JoinOrPart<'_>) {
        // Programs are told the real name and the away reason of a client that enters. Both are its own
        // words, and left out where it may not speak: a muted client told them by coming in.
        let has_words =
            matches!(way, JoinOrPart::Out(_)) || self.rooms.may_speak(self.people, id, room);
        if let Some(person) = self.people.person(id) {
            let bare = (!has_words).then(|| person.profile.without_words());
            let profile = bare.as_ref().unwrap_or(person.profile);
            let it = MembershipChange {
                id,
                person: Person { profile, ..person },
                room,
                way,
                at: self.now,
                is_all: true,
            };
            self.rooms.announce(it, self.sink);
        }
    }
}
