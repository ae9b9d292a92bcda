//! What people do about themselves: arrive, take another name, be away.

use super::Hub;
use super::action::Nick;
use super::command::List;
use super::command::Rank;
use super::enter::Exit;
use super::event::{Event, Sink};
use super::fold::{fold, is_same};
use super::looks::skeleton;
use super::masks::{Mask, Source, mask_in_full, mask_of};
use super::members::Hears;
use super::names::legalize;
use super::person::{Person, PersonFlag};
use super::refused::Refused;
use super::rooms::{RoomId, Rooms};
use super::rules::Verdict;
use super::work;
use crate::protocol::{ConnId, Time};

impl Hub {
    pub(super) fn arrive(
        &mut self,
        id: ConnId,
        nick: Nick<'_>,
        names: Option<(&str, &str)>,
        now: Time,
        sink: &mut impl Sink,
    ) -> Result<(), Refused<'static>> {
        if self.name(id).is_some() {
            return self.rename(id, nick, now, sink);
        }
        let name = self.claim(id, nick)?;
        if let (Some(client), Some((user, real_name))) = (self.people.get_mut(id), names) {
            client.profile.set_user(user, real_name);
        }
        self.take_place(id, &name, now);
        self.ask_rules_again(id, now, sink);
        for room in self.seats(id) {
            self.tell_joined(id, room, now, sink);
        }
        self.tell_online(id, sink);
        Ok(())
    }

    /// Takes a name for someone; says what it became.
    fn claim(&mut self, id: ConnId, nick: Nick<'_>) -> Result<String, Refused<'static>> {
        match nick {
            Nick::Exactly(name) => {
                self.claim_exactly(id, name)?;
                Ok(name.to_owned())
            }
            _ if !self.is_here(id) => Err(Refused::NicknameFirst),
            Nick::Reserved(name) => Ok(self.people.claim_reserved(name, id)),
            Nick::Like(asked) => {
                let name = self.people.claim(asked, id);
                self.note_nickname(&name);
                Ok(name)
            }
        }
    }

    fn note_nickname(&mut self, name: &str) {
        if !name.is_ascii() {
            self.note_work(work::NICKNAME as usize);
        }
    }

    fn claim_exactly(&mut self, id: ConnId, name: &str) -> Result<(), Refused<'static>> {
        self.note_nickname(name);
        if name.is_empty() || legalize(name) != name {
            return Err(Refused::NameIllegal);
        }
        if !self.is_here(id) {
            return Err(Refused::NicknameFirst);
        }
        self.people.claim_exactly(name, id)
    }

    /// Somebody who was nobody is somebody now, of whom a room's bans may say something. Whoever is
    /// banned goes back to the default room, or is in none if it is that one.
    fn ask_rules_again(&mut self, id: ConnId, now: Time, sink: &mut impl Sink) {
        for room in self.seats(id) {
            if self.is_banned(id, room) {
                if !self.rooms[room].is_default {
                    self.refuse_room(id, Refused::Banned, room, sink);
                }
                self.unseat(id, room, Exit::PutOut);
                self.rooms.note_empty(room, now);
            }
        }
        let is_program = self.people.get(id).is_none_or(|it| it.hears == Hears::Each);
        if is_program || !self.seats(id).is_empty() {
            return;
        }
        let default = self.rooms.find_or_make_default(now);
        match self.is_banned(id, default) {
            true => self.refuse_room(id, Refused::Banned, default, sink),
            false => self.seat(id, default, now),
        }
    }

    fn refuse_room(&self, id: ConnId, why: Refused<'_>, room: usize, sink: &mut impl Sink) {
        let room = &self.rooms[room].name;
        if let Some(client) = self.people.get(id)
            && client.hears >= Hears::Everything
        {
            sink.to_actor(client.addressee(), room, &Event::KeptOut { room, why });
        }
    }

    /// Whether the bans of a room mean someone who is not invited there and rules neither it nor the
    /// server.
    pub(super) fn is_banned(&self, id: ConnId, room: usize) -> bool {
        let it = &self.rooms[room];
        let client = self.people.get(id).filter(|_| it.rules.masks() > 0);
        client.is_some_and(|client| {
            let slot = client.seats.slot_in(room);
            let member = slot.and_then(|slot| it.members.at(slot));
            let is_operator = member.is_some_and(|member| member.ranks().is_operator);
            let is_banned = it.rules.verdict(&client.source()) == Verdict::Banned;
            let is_exempt = is_operator || client.profile.is(PersonFlag::Operator);
            is_banned && !is_exempt && !it.rules.is_invited(id)
        })
    }

    /// Whoever has a name now comes behind those who have had one longer.
    fn take_place(&mut self, id: ConnId, name: &str, now: Time) {
        self.people.set_name(id, name);
        if let Some(client) = self.people.get_mut(id) {
            client.profile.note_arrival(now);
        }
        self.named_max = self.named_max.max(self.named());
        for room in self.seats(id) {
            self.seat_anew(id, room);
        }
    }

    pub(super) fn rename(
        &mut self,
        id: ConnId,
        nick: Nick<'_>,
        now: Time,
        sink: &mut impl Sink,
    ) -> Result<(), Refused<'static>> {
        let old = self.name(id).ok_or(Refused::NicknameFirst)?.to_owned();
        if let Nick::Exactly(name) = nick {
            self.may_rename(id, name)?;
            self.claim_exactly(id, name)?;
            // Names that look alike are kept in one place.
            if skeleton(&fold(&old)) != skeleton(&fold(name)) {
                self.people.release(&old, id);
            }
            self.renamed(id, &old, name, now, sink);
            return Ok(());
        }
        // One's own name counts as free, and so does the number behind it.
        self.people.release(&old, id);
        let new = self.claim(id, nick)?;
        if let Err(why) = self.may_rename(id, &new) {
            self.people.release(&new, id);
            self.people.claim_reserved(&old, id);
            return Err(why);
        }
        self.renamed(id, &old, &new, now, sink);
        Ok(())
    }

    /// Whether someone may be called something else: a new nickname is told to all their rooms, so it
    /// takes that they may speak there, and that nobody of that name is banned. If not, in which room,
    /// and why.
    fn may_rename(&mut self, id: ConnId, new: &str) -> Result<(), Refused<'static>> {
        let is_new = self.name(id).is_some_and(|old| old != new);
        for room in self.seats(id).into_iter().filter(|_| is_new) {
            let kept = |why, rooms: &Rooms| Refused::NameKept {
                room: rooms.id(room),
                why,
            };
            if let Err(why) = self.bar_speech(id, room) {
                return Err(kept(silence(why), &self.rooms));
            }
            let Some(client) = self.people.get(id) else {
                continue;
            };
            let slot = client.seats.slot_in(room);
            let it = &self.rooms[room];
            let member = slot.and_then(|slot| it.members.at(slot));
            let is_ranked = member.is_some_and(|member| member.ranks().highest() > Rank::Member);
            let verdict = it.rules.verdict(&client.source().renamed(new));
            if !is_ranked && verdict == Verdict::Banned {
                return Err(kept(&Refused::BannedThere, &self.rooms));
            }
        }
        Ok(())
    }

    fn renamed(&mut self, id: ConnId, old: &str, new: &str, now: Time, sink: &mut impl Sink) {
        self.people.set_name(id, new);
        let Some(client) = self.people.get(id).filter(|_| old != new) else {
            return;
        };
        let seats = client.seats.all();
        for seat in seats {
            if let Some(member) = self.rooms[seat.room()].members.at_mut(seat.slot()) {
                member.set_verdict(None);
            }
        }
        let person = Person {
            name: old,
            profile: &client.profile,
        };
        let renamed = Event::Renamed { person, new };
        sink.to_actor(client.addressee(), "", &renamed);
        let peers = self
            .rooms
            .peers(seats, &mut self.seen, Hears::Everything, id);
        sink.to_peers(peers, &renamed);
        if !is_same(old, new) {
            self.past.note(person, &fold(old), now);
            self.tell_offline(old, sink);
            self.tell_online(id, sink);
        }
    }

    pub(super) fn set_away(&mut self, id: ConnId, away: Option<&str>, sink: &mut impl Sink) {
        if let Some(client) = self.people.get_mut(id) {
            let before = client.profile.away();
            if before != away {
                client.profile.set_away(away);
                self.tell_programs(id, away_changed, sink);
            }
        }
    }

    pub(super) fn set_real_name(&mut self, id: ConnId, real_name: &str, sink: &mut impl Sink) {
        if let Some(client) = self.people.get_mut(id) {
            client.profile.set_real_name(real_name);
            if let Some(person) = self.people.person(id) {
                let event = Event::RealNameChanged(person);
                sink.to_actor(self.people.addressee(id), "", &event);
            }
            self.tell_programs(id, real_name_changed, sink);
        }
    }

    /// Tells those who share a room with someone and hear each thing, and then those others who
    /// watch them; but not where they may not speak, which is what such words would be.
    fn tell_programs(
        &mut self,
        id: ConnId,
        event: for<'a> fn(Person<'a>) -> Event<'a>,
        sink: &mut impl Sink,
    ) {
        let seats = self.seats_to_speak_in(id);
        self.note_work(work::ROOM_TOLD as usize * seats.len());
        if let Some(person) = self.people.person(id) {
            let peers = self.rooms.peers(&seats, &mut self.seen, Hears::Each, id);
            sink.to_peers(peers, &event(person));
            let watchers = self.watchers(person.name);
            let others = watchers.filter(|watcher| !self.share_a_room(id, watcher.id));
            sink.to_watchers(others, &event(person));
        }
    }

    /// What is to be put on a list, or to go from it, where someone types a name or a mask.
    pub fn masks_meant(&self, room: RoomId, list: List, whom: &str, is_on: bool) -> Vec<String> {
        match (self.person(whom), is_on) {
            (_, false) => self.masks_to_lift(room, list, whom),
            (Some(person), true) => vec![mask_of(person)],
            (None, true) => vec![mask_in_full(whom)],
        }
    }

    /// What is to go from a list so that someone is not meant any more: the mask that was typed, and
    /// whatever means them, or whoever was called so last, by their name or by their host.
    fn masks_to_lift(&self, room: RoomId, list: List, whom: &str) -> Vec<String> {
        let typed = mask_in_full(whom);
        let source = match self.person(whom) {
            Some(person) => Some(Source::called(person)),
            None => self.was_called(whom).next().map(Source::past),
        };
        let room = self.rooms.by_id(room).map(|key| &self.rooms[key]);
        let masks = room.map_or(&[][..], |room| room.rules.list(list));
        let asked = Mask::new(&typed, Person::absent(""), 0);
        let mut lifted = Vec::new();
        for mask in masks {
            if mask.is(&asked) {
                lifted.push(typed.clone());
            } else if source.as_ref().is_some_and(|it| mask.means(it)) {
                lifted.push(mask.text.to_string());
            }
        }
        if lifted.is_empty() {
            // That it is not there is told as of any other.
            lifted.push(typed);
        }
        lifted
    }
}

/// What keeps someone from speaking, to be kept in another refusal.
fn silence(why: Refused<'static>) -> &'static Refused<'static> {
    match why {
        Refused::Moderated => &Refused::Moderated,
        Refused::NoExternal => &Refused::NoExternal,
        Refused::Muted => &Refused::Muted,
        _ => &Refused::BannedThere,
    }
}

// The variants themselves are functions of one lifetime only.
fn away_changed(person: Person<'_>) -> Event<'_> {
    Event::AwayChanged(person)
}

fn real_name_changed(person: Person<'_>) -> Event<'_> {
    Event::RealNameChanged(person)
}
