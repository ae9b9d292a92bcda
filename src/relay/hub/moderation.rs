//! The actions of operators: topics, invitations, removals, modes.
//!
//! Each action checks the rights first and changes the room then, so that a refusal has changed nothing. An
//! operator of the server has all rights of an operator of the room, in it or not. Others are told with
//! `to_room`, the actor with `to_actor` just before them, so that both read a change at the same place
//! in the order of events.

use std::iter;

use super::action::Outcome;
use super::apply::ActionContext;
use super::command_error::CommandError;
use super::cost;
use super::event::{Event, Sink};
use super::fold::fold;
use super::history::MessageId;
use super::masks::{Mask, mask_in_full};
use super::members::EventLevel;
use super::people::People;
use super::room::Topic;
use super::rooms::{Exit, Rooms};
use super::rules::{MASKS_MAX, MASKS_TOTAL_MAX};
use super::terms::{Flag, List, ModeChange, Rank};
use super::view::RoomView;
use crate::protocol::ConnId;

impl<S: Sink> ActionContext<'_, S> {
    /// Sets a room's topic, or clears it, and tells the other members.
    pub(super) fn set_topic(
        &mut self,
        room: usize,
        topic: Option<&str>,
    ) -> Result<(), CommandError<'static>> {
        self.rooms.bar_topic(self.people, self.actor, room)?;
        let by = self.people.person(self.actor);
        let by = by.ok_or(CommandError::NicknameFirst)?;
        let topic = topic.map(|text| Topic::new(text, by, self.now));
        self.rooms[room].topic = topic;
        self.rooms.journal.note_room(room);
        let topic = self.rooms[room].topic.as_ref();
        let event = Event::TopicSet { by, topic };
        let room = &self.rooms[room];
        let audience = room.members.audience(EventLevel::Room, Some(self.actor));
        let actor = self.people.addressee(self.actor);
        self.sink.to_actor(actor, &room.name, &event);
        self.sink.to_room(&room.name, audience, iter::once(event));
        Ok(())
    }

    /// Invites a person into a room, and tells that person and the room's operators that hear each
    /// event. If an operator invites, the person may enter against all modes and lists.
    pub(super) fn invite<'a>(
        &mut self,
        room: usize,
        name: &'a str,
    ) -> Result<(), CommandError<'a>> {
        let id = self.actor;
        let is_closed = self.rooms[room].rules.has(Flag::InviteOnly);
        let operator = self.rooms.require_operator(self.people, id, room);
        let overrides = operator.is_ok();
        let by = match is_closed {
            true => operator?,
            false => self.people.require_member(id, room)?,
        };
        let other = self
            .people
            .called(name)
            .ok_or(CommandError::NoOneCalled(name))?;
        if other.level < EventLevel::Room {
            return Err(CommandError::ReadsNothing(name));
        }
        if other.memberships.has(room) {
            return Err(CommandError::AlreadyThere(name));
        }
        let it = &mut self.rooms[room];
        // A member's invitation is only told. If it counted, any member could let in whoever is banned.
        if overrides {
            it.rules.invite(other.id);
        }
        let room = &*it.name;
        let invited = Event::InvitedTo { room, by };
        self.sink.to_one(other.addressee(), &invited);
        let name = other.name.as_deref().unwrap_or(name);
        let operators = it
            .members
            .ranked_audience(EventLevel::Raw, Rank::Operator, Some(id));
        let invited = iter::once(Event::Invited { name, by });
        self.sink.to_room(room, operators, invited);
        Ok(())
    }

    /// Puts a member out of a room, and tells the member and all others in the room. A member that is in
    /// no other room goes back to the default room, unless it is a program that hears [`EventLevel::Raw`]
    /// event. Put out of the default room, it is removed from the server.
    pub(super) fn kick<'a>(
        &mut self,
        key: usize,
        name: &'a str,
        reason: Option<&str>,
    ) -> Result<(), CommandError<'a>> {
        let id = self.actor;
        let by = self.rooms.require_operator(self.people, id, key)?;
        let other = self
            .people
            .called(name)
            .ok_or(CommandError::NoOneCalled(name))?;
        let person = other.person().filter(|_| other.memberships.has(key));
        let person = person.ok_or(CommandError::NotWithYou(name))?;
        let held = &self.rooms[key];
        let room = &*held.name;
        let goes_back = other.level < EventLevel::Raw && other.memberships.all().len() == 1;
        let is_final = goes_back && held.is_default;
        // Operators of the server are not removed from it by a kick. A host that kicked itself was closed
        // under its own hands, and the next line that it had typed let it in again, as a listener.
        if is_final && other.rules_server() {
            return Err(CommandError::NotOperator);
        }
        let kicked = Event::Kicked { person, by, reason };
        let removed = Event::Removed {
            person,
            room,
            by,
            reason,
            is_final,
        };
        // An operator who kicks itself is told once, as the one who is put out.
        let is_self = other.id == id;
        let own = if is_self { &removed } else { &kicked };
        self.sink.to_actor(self.people.addressee(id), room, own);
        let others = held.members.audience_but(EventLevel::Room, [id, other.id]);
        self.sink.to_room(room, others, iter::once(kicked));
        if !is_self {
            other.tell(&removed, self.sink);
        }
        let other = other.id;
        self.remove_member(other, key, Exit::PutOut);
        if is_final {
            self.leave(other, None);
            self.sink.dismissed(other);
        }
        self.rooms.note_empty(key, self.now);
        // This comes last: an operator who is in the default room as well read the person's coming there
        // before the removal that it came of.
        if goes_back && !is_final {
            self.return_to_default(other);
        }
        Ok(())
    }

    /// Adds a client that was put out of its only room to the default room. The rules of the default
    /// room are not checked, since there is no other room to go to.
    fn return_to_default(&mut self, id: ConnId) {
        let key = self.rooms.find_or_make_default(self.now);
        self.add_member(id, key);
        let room = RoomView::new(self.people, self.rooms, key);
        let client = self.people.get(id);
        if let Some((client, person)) = client.and_then(|it| Some((it, it.person()?))) {
            let replay = self.rooms[key].history.last(self.rooms.limits.replay);
            let replay: Vec<_> = replay.collect();
            self.work.note_replay(replay.iter().copied());
            let moved = Event::Moved {
                person,
                room,
                others: room.names(Some(id)),
                replay,
            };
            client.tell(&moved, self.sink);
        }
        self.tell_joined(id, key);
    }

    /// Takes a message back: it is no longer kept, and programs are told to show it no longer. The
    /// sender may do so as long as the connection lasts, and so may an operator; the sender's name
    /// proves nothing. The reason is told only if the actor may speak in the room.
    pub(super) fn redact(
        &mut self,
        key: usize,
        (message, unix_us): (MessageId, u64),
        reason: Option<&str>,
    ) -> Result<(), CommandError<'static>> {
        let actor = self.actor;
        let may_speak = self.rooms.may_speak(self.people, actor, key);
        let reason = reason.filter(|_| may_speak);
        let by = self.people.require_member(actor, key)?;
        let is_own = match self.rooms[key].history.find(message) {
            // Without a store, ids begin anew with each process: one from before took back another message.
            Some(entry) if entry.unix_us != unix_us => return Err(CommandError::NoSuchMessage),
            Some(entry) => entry.by == Some(actor),
            // A store may have it, and people on their screens. Who said it is not known here.
            None if self.rooms.may_have_left_memory(key, message) => false,
            None => return Err(CommandError::NoSuchMessage),
        };
        if !is_own {
            self.rooms.require_operator(self.people, actor, key)?;
        }
        self.rooms.forget_message(key, message);
        let event = Event::TakenBack {
            by,
            id: message,
            unix_us,
            reason,
        };
        let room = &self.rooms[key];
        let audience = room.members.audience(EventLevel::Raw, Some(actor));
        let actor = self.people.addressee(actor);
        self.sink.to_actor(actor, &room.name, &event);
        self.sink.to_room(&room.name, audience, iter::once(event));
        Ok(())
    }

    /// Takes back all that was said under a nickname. The members of each room are told of every message that it still
    /// had; older ones are with a store, and not on anybody's screen.
    pub(super) fn forget_name(&mut self, name: &str) {
        let folded = fold(name);
        self.rooms.journal.note_forgotten_name(&folded);
        self.conversations.forget_name(&folded);
        let by = self.people.person(self.actor);
        for key in self.rooms.by_folded_name().collect::<Vec<_>>() {
            let forgotten = self.rooms.forget_name(key, &folded);
            let Some(by) = by else {
                continue;
            };
            let room = &self.rooms[key];
            let events = forgotten.iter().map(|entry| Event::TakenBack {
                by,
                id: entry.id,
                unix_us: entry.unix_us,
                reason: None,
            });
            let audience = room.members.audience(EventLevel::Raw, None);
            self.sink.to_room(&room.name, audience, events);
        }
    }

    /// Makes several changes to a room's modes, each of which succeeds or fails by itself. Other members
    /// are told all changes that were made in one event. Returns the outcome of each change, in order.
    pub(super) fn change_modes<'a>(
        &mut self,
        key: usize,
        changes: &[ModeChange<'a>],
    ) -> Result<Vec<Outcome<'a>>, CommandError<'static>> {
        // The first change is the line itself. The work is noted before the rights are asked, since a list
        // that is changed in vain counts as well.
        let parts = cost::MODE as usize * changes.len().saturating_sub(1);
        self.work.note(parts);
        let by = self.rooms.require_operator(self.people, self.actor, key)?;
        let people = &*self.people;
        let mut outcomes = Vec::with_capacity(changes.len());
        let mut made = Vec::new();
        for change in changes {
            let mask = |mask| Mask::new(&mask_in_full(mask), by, self.now.unix_seconds());
            let changed = match *change {
                ModeChange::Rank { rank, name, is_on } => {
                    self.rooms.change_rank(people, key, (rank, name, is_on))
                }
                ModeChange::List {
                    list,
                    mask: text,
                    is_on: true,
                } => self.rooms.add_mask(key, list, mask(text)),
                ModeChange::List {
                    list,
                    mask: text,
                    is_on: false,
                } => Ok(self.rooms.remove_mask(key, list, &mask(text))),
                other => self.rooms[key].rules.change(other),
            };
            outcomes.push(match changed {
                Ok(true) => Outcome::Applied,
                Ok(false) => Outcome::Unchanged,
                Err(why) => Outcome::Refused(why),
            });
            if changed == Ok(true) {
                made.push(in_proper_names(*change, people));
            }
        }
        if !made.is_empty() {
            self.rooms.journal.note_room(key);
            let changes = &*made;
            let event = Event::ModesChanged { by, changes };
            let room = &self.rooms[key];
            let audience = room.members.audience(EventLevel::Room, Some(self.actor));
            let actor = people.addressee(self.actor);
            self.sink.to_actor(actor, &room.name, &event);
            self.sink.to_room(&room.name, audience, iter::once(event));
        }
        Ok(outcomes)
    }
}

/// Returns the change with the nickname as its owner spells it, not as it was typed.
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

/// Changes to ranks and lists. Each function returns whether anything has changed.
impl Rooms {
    fn change_rank<'a>(
        &mut self,
        people: &People,
        key: usize,
        (rank, name, is_on): (Rank, &'a str, bool),
    ) -> Result<bool, CommandError<'a>> {
        let client = people.called(name);
        let place = client.and_then(|client| client.memberships.in_room(key));
        let room = &mut self[key];
        if let Some(member) = place.and_then(|place| room.members.at_mut(place.slot())) {
            let mut ranks = member.ranks();
            let was_on = ranks.has(rank);
            ranks.set(rank, is_on);
            member.set_ranks(ranks);
            return Ok(was_on != is_on);
        }
        // An operator who is away loses the rank at once, not only after coming back.
        if rank == Rank::Operator && !is_on {
            let name = fold(name);
            if room.forget_operators(|it| it.name() == Some(&*name)) {
                return Ok(true);
            }
        }
        Err(match client {
            Some(_) => CommandError::NotWithYou(name),
            None => CommandError::NoOneCalled(name),
        })
    }

    fn add_mask(
        &mut self,
        key: usize,
        list: List,
        mask: Mask,
    ) -> Result<bool, CommandError<'static>> {
        let room = &mut self.rooms[key];
        // A mask that is there already needs no place, so it is no error in a full list.
        if room.rules.list(list).iter().any(|other| other.is(&mask)) {
            return Ok(false);
        }
        if room.rules.masks() >= MASKS_MAX || self.masks >= MASKS_TOTAL_MAX {
            return Err(CommandError::ListFull(list));
        }
        // An absent operator whom the room bans would come back to rule it, since such a person is let in
        // against every rule.
        if list == List::Bans {
            room.forget_operators(|it| mask.means(it));
        }
        room.rules.list_mut(list).push(mask);
        self.masks += 1;
        room.members.forget_verdicts();
        Ok(true)
    }

    fn remove_mask(&mut self, key: usize, list: List, mask: &Mask) -> bool {
        let room = &mut self.rooms[key];
        let masks = room.rules.list_mut(list);
        let Some(at) = masks.iter().position(|other| other.is(mask)) else {
            return false;
        };
        masks.remove(at);
        self.masks -= 1;
        room.members.forget_verdicts();
        true
    }
}
