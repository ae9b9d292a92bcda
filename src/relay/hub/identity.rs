//! The actions of clients on themselves: arriving, taking another nickname, being away.
//!
//! One rule goes through all of them: whoever may not speak in a room does not speak there by other means
//! either. A new nickname, an away reason and a real name are words of the client's own, so a nickname is
//! refused, and the others are not told in such a room.

use super::apply::ActionContext;
use super::command_error::CommandError;
use super::confusables::skeleton;
use super::cost;
use super::event::{Event, Sink};
use super::fold::fold;
use super::members::EventLevel;
use super::nicks::Nick;
use super::people::Client;
use super::person::{Host, Person};
use super::recipient::Format;
use super::rooms::Exit;
use super::rules::ListVerdict;
use super::terms::Rank;

impl<S: Sink> ActionContext<'_, S> {
    pub(super) fn admit(&mut self, level: EventLevel, host: Host, address: Option<&str>) {
        let mut client = Client::new(self.actor, Format::default(), level);
        client.profile.set_origin(host, address);
        self.people.insert(client);
    }

    /// Adds the actor to the default room, unless it is banned there.
    pub(super) fn enter_default(&mut self) {
        let room = self.rooms.find_or_make_default(self.now);
        if let Some(client) = self.people.get_mut(self.actor)
            && !self.rooms.is_banned(client, room)
        {
            self.rooms.add_member(client, room, self.now);
        }
    }

    /// Gives a listener its first nickname, and announces it in its rooms.
    ///
    /// The order matters: the name is set before the bans are asked, since they may mean it; the bans are
    /// asked before any place is renewed, which may give a rank; everybody is told last, when the rooms are
    /// as they will be.
    pub(super) fn arrive(
        &mut self,
        nick: Nick<'_>,
        names: Option<(&str, &str)>,
    ) -> Result<(), CommandError<'static>> {
        let id = self.actor;
        // A client with a nickname that arrived again was once counted twice.
        if self.people.person(id).is_some() {
            return self.rename(nick);
        }
        let name = self.claim(nick)?;
        if let (Some(client), Some((user, real_name))) = (self.people.get_mut(id), names) {
            client.profile.set_user(user, real_name);
        }
        self.people.set_name(id, &name, self.now);
        // This must come before any rank is given for being the only member with a nickname: an operator
        // is not banned, so in a room of listeners a name that the room bans made itself an operator.
        self.leave_where_banned();
        for room in self.people.rooms_of(id) {
            self.rooms.renew_member(self.people, id, room);
        }
        self.enter_default_if_lost();
        for room in self.people.rooms_of(id) {
            self.tell_joined(id, room);
        }
        self.people.tell_online(id, self.sink);
        Ok(())
    }

    /// Claims a nickname for the actor, and returns the nickname as it was claimed.
    fn claim(&mut self, nick: Nick<'_>) -> Result<String, CommandError<'static>> {
        let claimed = self.people.claim(self.actor, nick);
        // The price is due whether the name was given or not: looking it up is what takes time.
        let looked_up = match (nick, &claimed) {
            (Nick::Exactly(name), _) => name,
            (Nick::Like(_), Ok(name)) => name,
            _ => "",
        };
        if !looked_up.is_ascii() {
            self.work.note(cost::NICKNAME as usize);
        }
        claimed
    }

    /// Removes the actor from rooms whose bans match it now that it has a first nickname.
    fn leave_where_banned(&mut self) {
        let id = self.actor;
        for room in self.people.rooms_of(id) {
            if self.is_banned(room) {
                // Of the default room the client is told where it is asked for again below.
                if !self.rooms[room].is_default {
                    self.tell_kept_out(room);
                }
                self.remove_member(id, room, Exit::PutOut);
                self.rooms.note_empty(room, self.now);
            }
        }
    }

    /// Adds the actor to the default room if it is in no room and not banned there. Programs are left in
    /// no room, since they choose their rooms themselves.
    fn enter_default_if_lost(&mut self) {
        let id = self.actor;
        let is_lost = |it: &Client| it.level < EventLevel::Raw && it.memberships.all().is_empty();
        if !self.people.get(id).is_some_and(is_lost) {
            return;
        }
        let default = self.rooms.find_or_make_default(self.now);
        match self.is_banned(default) {
            true => self.tell_kept_out(default),
            false => self.add_member(id, default),
        }
    }

    fn is_banned(&self, room: usize) -> bool {
        let client = self.people.get(self.actor);
        client.is_some_and(|client| self.rooms.is_banned(client, room))
    }

    fn tell_kept_out(&mut self, room: usize) {
        let client = self.people.get(self.actor);
        if let Some(client) = client.filter(|it| it.level >= EventLevel::Room) {
            let (room, why) = (&self.rooms[room].name, CommandError::Banned);
            let event = Event::KeptOut { room, why };
            self.sink.to_actor(client.addressee(), room, &event);
        }
    }

    /// Replaces the actor's nickname.
    ///
    /// An exact nickname is known before it is claimed, so the rules are asked first. A nickname with a
    /// number is known only once it is claimed; if the rules are against it, it is given back, and the old
    /// one is taken again, which nobody can have taken meanwhile.
    pub(super) fn rename(&mut self, nick: Nick<'_>) -> Result<(), CommandError<'static>> {
        let id = self.actor;
        let person = self.people.person(id).ok_or(CommandError::NicknameFirst)?;
        let old = person.name.to_owned();
        if let Nick::Exactly(name) = nick {
            self.may_rename(name)?;
            self.claim(nick)?;
            // Nicknames that look alike share one entry in the index, which the new nickname still
            // needs.
            if skeleton(&fold(&old)) != skeleton(&fold(name)) {
                self.people.release(&old, id);
            }
            self.renamed(&old, name);
            return Ok(());
        }
        // The actor's own nickname counts as free, and so does the number behind it: of bob, bob2 and bob3,
        // bob2 asking to be bob became bob4, because the search for a number begins behind those in use.
        self.people.release(&old, id);
        let new = self.claim(nick)?;
        if let Err(why) = self.may_rename(&new) {
            self.people.release(&new, id);
            // The old nickname is claimed as a reserved one, since it may be one that no other request gets.
            self.people.claim(id, Nick::Reserved(&old))?;
            return Err(why);
        }
        self.renamed(&old, &new);
        Ok(())
    }

    /// Checks whether the actor may take another nickname, and returns the room that forbids it and the
    /// reason otherwise. All rooms of the actor are told a new nickname, so the actor must be allowed to
    /// speak in each of them, and the bans of none may match the new nickname.
    fn may_rename(&mut self, new: &str) -> Result<(), CommandError<'static>> {
        let client = self.people.get(self.actor);
        let is_new = |it: &&Client| it.name.as_deref().is_some_and(|old| old != new);
        let Some(client) = client.filter(is_new) else {
            return Ok(());
        };
        for room in client.memberships.rooms() {
            let bar = self.rooms.bar_speech(self.people, client.id, room);
            let bar = bar.map_err(silence).and_then(|()| {
                let ranks = self.rooms.ranks(client, room).unwrap_or_default();
                let rules = &self.rooms[room].rules;
                let verdict = rules.verdict(&client.source().renamed(new));
                match ranks.highest() == Rank::Member && verdict == ListVerdict::Banned {
                    true => Err(&CommandError::BannedThere),
                    false => Ok(()),
                }
            });
            if let Err(why) = bar {
                let room = self.rooms.id(room);
                return Err(CommandError::NameKept { room, why });
            }
        }
        Ok(())
    }

    /// Sets a nickname that is claimed, and tells the actor, its rooms and those who watch either name.
    fn renamed(&mut self, old: &str, new: &str) {
        let id = self.actor;
        let is_another = self.people.set_name(id, new, self.now);
        let Some(client) = self.people.get(id).filter(|_| old != new) else {
            return;
        };
        // The lists may say something else of the new nickname.
        self.rooms.change_members(client, |it| it.set_verdict(None));
        for room in client.memberships.rooms() {
            self.rooms.note_operator(client, room);
        }
        let person = Person {
            name: old,
            profile: &client.profile,
        };
        let renamed = Event::Renamed { person, new };
        self.sink.to_actor(client.addressee(), "", &renamed);
        let rooms = self.people.rooms_of(id);
        let peers = self.rooms.peers(&rooms, EventLevel::Room, id);
        self.sink.to_peers(peers, &renamed);
        // The same nickname in another case is told in rooms, which show it, but has not gone anywhere.
        if is_another {
            self.people.tell_offline(old, self.sink);
            self.people.tell_online(id, self.sink);
        }
    }

    pub(super) fn set_away(&mut self, away: Option<&str>) {
        if let Some(client) = self.people.get_mut(self.actor)
            && client.profile.away() != away
        {
            client.profile.set_away(away);
            self.tell_programs(away_changed);
        }
    }

    pub(super) fn set_real_name(&mut self, real_name: &str) {
        if let Some(client) = self.people.get_mut(self.actor) {
            client.profile.set_real_name(real_name);
            if let Some(person) = client.person() {
                let event = Event::RealNameChanged(person);
                self.sink.to_actor(client.addressee(), "", &event);
            }
            self.tell_programs(real_name_changed);
        }
    }

    /// Tells clients that share a room with the actor and hear each event, and then the other clients
    /// that watch the actor. Rooms where the actor may not speak are not told, because away reasons and
    /// real names are the actor's own words.
    fn tell_programs(&mut self, event: for<'a> fn(Person<'a>) -> Event<'a>) {
        let id = self.actor;
        let rooms = self.rooms.rooms_to_speak_in(self.people, id);
        self.work.note(cost::ROOM_TOLD as usize * rooms.len());
        if let Some(person) = self.people.person(id) {
            let peers = self.rooms.peers(&rooms, EventLevel::Raw, id);
            self.sink.to_peers(peers, &event(person));
            let watchers = self.people.watchers_elsewhere(id, person);
            let watchers = watchers.map(Client::recipient);
            self.sink.to_watchers(watchers, &event(person));
        }
    }
}

/// Turns the reason why a client may not speak into a reference, which another refusal can hold.
fn silence(why: CommandError<'static>) -> &'static CommandError<'static> {
    match why {
        CommandError::Moderated => &CommandError::Moderated,
        CommandError::NoExternal => &CommandError::NoExternal,
        CommandError::Muted => &CommandError::Muted,
        _ => &CommandError::BannedThere,
    }
}

// A variant that is used as a function works for one lifetime only, so these functions stand in for the
// variants.
fn away_changed(person: Person<'_>) -> Event<'_> {
    Event::AwayChanged(person)
}

fn real_name_changed(person: Person<'_>) -> Event<'_> {
    Event::RealNameChanged(person)
}
