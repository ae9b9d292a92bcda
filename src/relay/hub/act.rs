//! What people do: arrive, take another name, be away; and what each command comes to.

use super::Hub;
use super::command::{Command, List, ModeChange, Speech};
use super::event::{Event, Sink};
use super::govern::Outcome;
use super::masks::{mask_in_full, mask_of, matches};
use super::members::Hears;
use super::names::{fold, is_same, legalize};
use super::person::Person;
use super::refused::Refused;
use super::rules::{source, source_of_past};
use super::speak::Utterance;
use crate::protocol::{ConnId, Time};

impl Hub {
    /// A listener takes its first nickname, made legal and unique, and the room is told.
    pub fn arrive(&mut self, id: ConnId, asked: &str, now: Time, sink: &mut impl Sink) {
        if self.people.get(id).is_none() {
            return;
        }
        let name = self.people.claim(asked, id);
        self.take_place(id, &name, now);
        self.show_room(id, true, sink);
        for room in self.seats(id) {
            self.tell_joined(id, room, now, sink);
        }
        self.tell_online(id, sink);
    }

    /// Someone takes their first nickname, exactly this one, with a user name and a real name.
    ///
    /// # Errors
    ///
    /// When the nickname is not legal, or someone else has it.
    pub fn try_arrive(
        &mut self,
        id: ConnId,
        name: &str,
        (user, real_name): (&str, &str),
        now: Time,
        sink: &mut impl Sink,
    ) -> Result<(), Refused<'static>> {
        self.claim_exactly(id, name)?;
        if let Some(client) = self.people.get_mut(id) {
            client.profile.set_user(user, real_name);
        }
        self.take_place(id, name, now);
        for room in self.seats(id) {
            self.tell_joined(id, room, now, sink);
        }
        self.tell_online(id, sink);
        Ok(())
    }

    fn claim_exactly(&mut self, id: ConnId, name: &str) -> Result<(), Refused<'static>> {
        if name.is_empty() || legalize(name) != name {
            return Err(Refused::NameIllegal);
        }
        let is_free = self.is_here(id) && self.people.claim_exactly(name, id);
        is_free.then_some(()).ok_or(Refused::NameTaken)
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

    fn rename(&mut self, id: ConnId, asked: &str, now: Time, sink: &mut impl Sink) {
        let Some(old) = self.name(id).map(str::to_owned) else {
            return;
        };
        // One's own name counts as free, and so does the number behind it.
        self.people.release(&old, id);
        let new = self.people.claim(asked, id);
        self.answer(id, &Event::NowCalled(&new), sink);
        self.renamed(id, &old, &new, now, sink);
    }

    /// Someone takes exactly this nickname for the one they have.
    ///
    /// # Errors
    ///
    /// When it is not legal, or someone else has it.
    pub fn try_rename(
        &mut self,
        id: ConnId,
        name: &str,
        now: Time,
        sink: &mut impl Sink,
    ) -> Result<(), Refused<'static>> {
        let old = self.name(id).ok_or(Refused::NicknameFirst)?.to_owned();
        self.claim_exactly(id, name)?;
        if !is_same(&old, name) {
            self.people.release(&old, id);
        }
        self.renamed(id, &old, name, now, sink);
        Ok(())
    }

    fn renamed(&mut self, id: ConnId, old: &str, new: &str, now: Time, sink: &mut impl Sink) {
        self.people.set_name(id, new);
        let Some(client) = self.people.get(id).filter(|_| old != new) else {
            return;
        };
        let person = Person {
            name: old,
            profile: &client.profile,
        };
        let seats = client.seats.all();
        let peers = self
            .rooms
            .peers(seats, &mut self.seen, Hears::Everything, id);
        sink.to_peers(peers, &Event::Renamed { person, new });
        if !is_same(old, new) {
            self.past.note(person, now);
            self.tell_offline(old, sink);
            self.tell_online(id, sink);
        }
    }

    /// Someone is away, with a word why; or back.
    pub fn set_away(&mut self, id: ConnId, away: Option<&str>, sink: &mut impl Sink) {
        if let Some(client) = self.people.get_mut(id) {
            let before = client.profile.away();
            if before != away {
                client.profile.set_away(away);
                self.tell_programs(id, away_changed, sink);
            }
        }
    }

    /// Someone gives another real name.
    pub fn set_real_name(&mut self, id: ConnId, real_name: &str, sink: &mut impl Sink) {
        if let Some(client) = self.people.get_mut(id) {
            client.profile.set_real_name(real_name);
            self.tell_programs(id, real_name_changed, sink);
        }
    }

    /// Tells those who share a room with someone and hear each thing, and then those others who
    /// watch them.
    fn tell_programs(
        &mut self,
        id: ConnId,
        event: for<'a> fn(Person<'a>) -> Event<'a>,
        sink: &mut impl Sink,
    ) {
        if let Some(client) = self.people.get(id)
            && let Some(person) = client.person()
        {
            let seats = client.seats.all();
            let peers = self.rooms.peers(seats, &mut self.seen, Hears::Each, id);
            sink.to_peers(peers, &event(person));
            let watchers = self.watchers(person.name);
            let others = watchers.filter(|watcher| !self.share_a_room(id, watcher.id));
            sink.to_watchers(others, &event(person));
        }
    }

    /// Carries out a command of someone who is here, and answers it.
    pub fn perform(&mut self, id: ConnId, command: Command<'_>, now: Time, sink: &mut impl Sink) {
        let Some(client) = self.people.get(id) else {
            return;
        };
        let is_named = client.name.is_some();
        match command {
            Command::Rename(asked) if is_named => self.rename(id, asked, now, sink),
            Command::Rename(asked) => self.arrive(id, asked, now, sink),
            Command::Who => self.tell_who(id, sink),
            Command::Rooms => self.tell_rooms(id, sink),
            Command::Join(room) => self.join(id, room, now, sink),
            Command::History(count) => self.tell_history(id, count, sink),
            _ if !is_named => self.refuse(id, Refused::NicknameFirst, None, sink),
            Command::Speak(speech, text) => {
                self.speak(id, speech, std::iter::once(text), now, sink);
            }
            Command::Private { to, text } => self.whisper(id, to, text, now, sink),
            Command::Topic => self.tell_topic(id, sink),
            Command::Modes => self.tell_modes(id, sink),
            Command::Away(away) => {
                self.set_away(id, away, sink);
                self.answer(id, &Event::NowAway(away.is_some()), sink);
            }
            command => {
                if let Err(why) = self.perform_in_room(id, command, now, sink) {
                    self.refuse(id, why, None, sink);
                }
            }
        }
    }

    fn whisper(&mut self, id: ConnId, to: &str, text: &str, now: Time, sink: &mut impl Sink) {
        let it = Utterance {
            speech: Speech::Message,
            text,
            seams: &[],
            tags: "",
        };
        match self.tell_privately(id, to, it, now, sink) {
            Ok(receipt) if receipt.is_away => {
                if let Some(person) = self.person(to) {
                    self.answer(id, &Event::IsAway(person), sink);
                }
            }
            Ok(_) => {}
            Err(why) => self.refuse(id, why, None, sink),
        }
    }

    /// What is done in the room that one is in, and to it. Who did it is told as the others are.
    fn perform_in_room<'a>(
        &mut self,
        id: ConnId,
        command: Command<'a>,
        now: Time,
        sink: &mut impl Sink,
    ) -> Result<(), Refused<'a>> {
        let room = self.rooms_of(id).next().ok_or(Refused::NotIn)?;
        let room = room.name().to_owned();
        match command {
            Command::SetTopic(topic) => {
                self.set_topic(id, &room, topic, now, sink)?;
                self.tell_topic_set(id, sink);
            }
            Command::Invite(name) => {
                self.invite(id, &room, name, sink)?;
                let name = self.person(name).map_or(name, |person| person.name);
                self.answer(id, &Event::Inviting { name, room: &room }, sink);
            }
            Command::Kick { name, reason } => {
                let called = self
                    .person(name)
                    .map_or(name, |person| person.name)
                    .to_owned();
                self.kick(id, &room, name, reason, now, sink)?;
                self.tell_kicked(id, &called, reason, sink);
            }
            Command::SetRank { name, rank, is_on } => {
                let change = ModeChange::Rank { rank, name, is_on };
                self.set_modes(id, &room, &[change], now, sink);
            }
            Command::SetMask { list, whom, is_on } => {
                let masks = match (self.person(whom), is_on) {
                    (_, false) => self.masks_to_lift(&room, list, whom),
                    (Some(person), true) => vec![mask_of(person)],
                    (None, true) => vec![mask_in_full(whom)],
                };
                let change = |mask| ModeChange::List { list, mask, is_on };
                let changes: Vec<_> = masks.iter().map(|mask| change(mask)).collect();
                self.set_modes(id, &room, &changes, now, sink);
            }
            Command::SetMode(change) => self.set_modes(id, &room, &[change], now, sink),
            _ => {}
        }
        Ok(())
    }

    /// What is to go from a list so that someone is not meant any more: the mask that was typed, and
    /// whatever means them, or whoever was called so last, by their name or by their host.
    fn masks_to_lift(&self, room: &str, list: List, whom: &str) -> Vec<String> {
        let typed = mask_in_full(whom);
        let source = match self.person(whom) {
            Some(person) => Some(source(person)),
            None => self.was_called(&[whom]).next().map(source_of_past),
        };
        let room = self.rooms.find(room).map(|key| &self.rooms[key]);
        let masks = room.map_or(&[][..], |room| room.rules.list(list));
        let folded = fold(&typed);
        let mut lifted = Vec::new();
        for mask in masks {
            if *mask.folded == *folded {
                lifted.push(typed.clone());
            } else if source.as_ref().is_some_and(|it| matches(&mask.folded, it)) {
                lifted.push(mask.text.to_string());
            }
        }
        if lifted.is_empty() {
            // That it is not there is told as of any other.
            lifted.push(typed);
        }
        lifted
    }

    fn set_modes(
        &mut self,
        id: ConnId,
        room: &str,
        changes: &[ModeChange<'_>],
        now: Time,
        sink: &mut impl Sink,
    ) {
        let outcomes = match self.change_modes(id, room, changes, now, sink) {
            Ok(outcomes) => outcomes,
            Err(why) => return self.refuse(id, why, None, sink),
        };
        for (change, outcome) in changes.iter().zip(outcomes) {
            match outcome {
                Outcome::Applied => self.tell_mode(id, *change, sink),
                Outcome::Refused(why) => self.refuse(id, why, None, sink),
                Outcome::Unchanged => self.refuse(id, Refused::Unchanged, None, sink),
            }
        }
    }
}

// The variants themselves are functions of one lifetime only.
fn away_changed(person: Person<'_>) -> Event<'_> {
    Event::AwayChanged(person)
}

fn real_name_changed(person: Person<'_>) -> Event<'_> {
    Event::RealNameChanged(person)
}
