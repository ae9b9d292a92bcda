//! What people do: arrive, speak, ask, move from room to room.

use std::iter;

use super::event::{Command, Event, NAMES_SHOWN_MAX, Names, Recipient, Refused, Sink, Speech};
use super::gather::Way;
use super::members::Hears;
use super::names::{nickname, room_name};
use super::{Client, Hub, Room};
use crate::protocol::{ConnId, Time};

/// Rooms named in one answer.
const ROOMS_SHOWN_MAX: usize = 50;

impl Hub {
    /// A listener takes its first nickname, made legal and unique, and the room is told.
    pub fn arrive(&mut self, id: ConnId, asked: &str, now: Time, sink: &mut impl Sink) {
        let Some(client) = self.client(id) else {
            return;
        };
        let (room, slot) = (client.room, client.slot);
        let name = self.nicks.claim(asked, id);
        if let Some(client) = self.clients[id.index()].as_mut() {
            client.name = Some(name.into());
        }
        // Named people are listed in the order in which they took their names. Coming back before
        // going out, so that the room is at no time empty.
        self.enter(id, room, now);
        self.remove_member(room, slot);
        self.show_room(id, true, sink);
        self.tell_joined(id, now, sink);
    }

    /// Carries out a command of someone who is here.
    pub fn perform(&mut self, id: ConnId, command: Command<'_>, now: Time, sink: &mut impl Sink) {
        let Some(client) = self.client(id) else {
            return;
        };
        let is_named = client.name.is_some();
        match command {
            Command::Rename(asked) if is_named => self.rename(id, asked, sink),
            Command::Rename(asked) => self.arrive(id, asked, now, sink),
            Command::Who => self.tell_who(id, sink),
            Command::Rooms => self.tell_rooms(id, sink),
            Command::Join(room) => self.join(id, room, now, sink),
            Command::History(count) => self.tell_history(id, count, sink),
            _ if !is_named => self.answer(id, &Event::Refused(Refused::NicknameFirst), sink),
            Command::Speak(speech, text) => self.speak(id, speech, iter::once(text), now, sink),
            Command::Private { to, text } => self.tell_privately(id, to, text, sink),
            Command::Topic => self.tell_topic(id, sink),
            Command::SetTopic(topic) => self.set_topic(id, topic, sink),
        }
    }

    /// Says something in a room on behalf of the host program; `name` is made legal, but need not
    /// be anybody's. Says whether there is such a room.
    pub fn speak_as(
        &mut self,
        name: &str,
        room: &str,
        speech: Speech,
        text: &str,
        now: Time,
        sink: &mut impl Sink,
    ) -> bool {
        let room = room_name(room).and_then(|name| self.rooms.find(&name));
        if let Some(room) = room {
            let texts = iter::once(text);
            self.speak_in(room, None, &nickname(name), speech, texts, now, sink);
        }
        room.is_some()
    }

    /// Tells everyone in someone's room something, in the server's name.
    pub fn tell_room(&self, id: ConnId, text: &str, sink: &mut impl Sink) {
        if let Some(room) = self.room_of(id) {
            let audience = room.members.audience(Hears::Everything, None);
            sink.to_room(audience, iter::once(Event::Notice(text)));
        }
    }

    /// Removes someone, and tells them and their room. Says whom, so that they can be disconnected.
    pub fn remove(
        &mut self,
        name: &str,
        by: &str,
        reason: Option<&str>,
        now: Time,
        sink: &mut impl Sink,
    ) -> Option<ConnId> {
        let id = self.find(name)?;
        let room = &self.room_of(id)?.name;
        self.answer(id, &Event::Removed { room, by, reason }, sink);
        let words = match reason {
            Some(reason) => format!("removed by {by}: {reason}"),
            None => format!("removed by {by}"),
        };
        self.leave(id, Some(&words), now, sink);
        Some(id)
    }

    /// Someone with a nickname says several things in one go. The same as one after another, but
    /// the room is gone through once: in a busy room, that is most of a line's cost.
    pub fn speak<'t>(
        &mut self,
        id: ConnId,
        speech: Speech,
        texts: impl Iterator<Item = &'t str> + Clone,
        now: Time,
        sink: &mut impl Sink,
    ) {
        if self.client(id).is_none() {
            return;
        }
        let Some(client) = self.clients[id.index()].as_mut() else {
            return;
        };
        let room = client.room;
        // Lent out for the call and put back: cheaper than a copy for every line.
        let Some(name) = client.name.take() else {
            return;
        };
        self.speak_in(room, Some(id), &name, speech, texts, now, sink);
        if let Some(client) = self.clients[id.index()].as_mut() {
            client.name = Some(name);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one utterance is all of these")]
    fn speak_in<'t>(
        &mut self,
        room: usize,
        speaker: Option<ConnId>,
        from: &str,
        speech: Speech,
        texts: impl Iterator<Item = &'t str> + Clone,
        now: Time,
        sink: &mut impl Sink,
    ) {
        let spoken = |text| Event::Spoken { from, speech, text };
        let members = &self.rooms[room].members;
        let audience = members.audience(Hears::Speech, speaker);
        sink.to_room(audience, texts.clone().map(spoken));
        for text in texts {
            let history = &mut self.rooms[room].history;
            let before = history.bytes();
            history.push(now.unix_seconds(), speech, from, text, self.config.history);
            self.history_bytes = self.history_bytes - before + history.bytes();
            self.bound_history();
        }
    }

    /// Whoever remembers most forgets first.
    fn bound_history(&mut self) {
        while self.history_bytes > self.config.history_total_bytes_max {
            let largest = self
                .rooms
                .iter()
                .max_by_key(|(_, room)| room.history.bytes());
            let Some((room, before)) = largest.map(|(room, it)| (room, it.history.bytes())) else {
                return;
            };
            self.rooms[room].history.halve();
            self.history_bytes = self.history_bytes - before + self.rooms[room].history.bytes();
        }
    }

    fn tell_privately(&mut self, id: ConnId, to: &str, text: &str, sink: &mut impl Sink) {
        let Some(from) = self.name(id) else {
            return;
        };
        let refused = match self.find(to).and_then(|other| self.client(other)) {
            None => Refused::NoOneCalled(to),
            Some(other) if other.hears < Hears::Everything => Refused::ReadsNothing(to),
            Some(other) => {
                sink.to_one(other.recipient(), &Event::Private { from, text });
                return;
            }
        };
        self.answer(id, &Event::Refused(refused), sink);
    }

    fn rename(&mut self, id: ConnId, asked: &str, sink: &mut impl Sink) {
        let Some(old) = self.name(id).map(str::to_owned) else {
            return;
        };
        // One's own name counts as free, and so does the number behind it.
        self.nicks.release(&old);
        let new = self.nicks.claim(asked, id);
        let Some(client) = self.clients[id.index()].as_mut() else {
            return;
        };
        client.name = Some(new.as_str().into());
        let room = client.room;
        self.answer(id, &Event::NowCalled(&new), sink);
        if new != old {
            let (old, new) = (old.as_str(), new.as_str());
            let members = &self.rooms[room].members;
            let audience = members.audience(Hears::Everything, Some(id));
            sink.to_room(audience, iter::once(Event::Renamed { old, new }));
        }
    }

    fn rooms_index(&self, id: ConnId) -> Option<usize> {
        self.client(id).map(|client| client.room)
    }

    fn join(&mut self, id: ConnId, asked: &str, now: Time, sink: &mut impl Sink) {
        let Some(client) = self.client(id) else {
            return;
        };
        let (old, slot) = (client.room, client.slot);
        let Some(name) = room_name(asked) else {
            return self.answer(id, &Event::Refused(Refused::NoRoomName), sink);
        };
        let Some(new) = self.rooms.find_or_make(&name) else {
            return self.answer(id, &Event::Refused(Refused::TooManyRooms), sink);
        };
        if new == old {
            let name = &self.rooms[old].name;
            return self.answer(id, &Event::Refused(Refused::AlreadyIn(name)), sink);
        }
        // In before out: the new room must not be forgotten as an empty one in between.
        self.enter(id, new, now);
        self.remove_member(old, slot);
        if let Some(name) = self.name(id).map(str::to_owned) {
            self.announce(old, Way::Out, &name, None, id, now, sink);
        }
        self.note_empty(old, now);
        self.show_room(id, false, sink);
        self.tell_joined(id, now, sink);
    }

    fn tell_joined(&mut self, id: ConnId, now: Time, sink: &mut impl Sink) {
        let Some(client) = self.client(id) else {
            return;
        };
        let room = client.room;
        if let Some(name) = client.name.clone() {
            self.announce(room, Way::In, &name, None, id, now, sink);
        }
    }

    /// What someone sees who comes into a room.
    fn show_room(&self, id: ConnId, is_first: bool, sink: &mut impl Sink) {
        let (Some(client), Some(room)) = (self.client(id), self.room_of(id)) else {
            return;
        };
        let arrived = Event::Arrived {
            name: client.name.as_deref(),
            room: &room.name,
            others: self.names(room, Some(id)),
        };
        self.answer(id, &arrived, sink);
        if is_first && !self.config.motd.is_empty() {
            self.answer(id, &Event::Motd(&self.config.motd), sink);
        }
        if room.topic.is_some() {
            self.answer(id, &Event::Topic(room.topic.as_deref()), sink);
        }
        let lines = room.history.last(self.config.replay);
        if lines.len() > 0 {
            self.answer(id, &Event::History(lines.collect()), sink);
        }
    }

    /// Everyone in a room, but one.
    fn names<'a>(&'a self, room: &'a Room, except: Option<ConnId>) -> Names<'a> {
        let mut names = Names::default();
        let except_named = except.is_some_and(|id| self.name(id).is_some());
        let named = room.members.named() - usize::from(except_named);
        for member in room.members.iter() {
            if names.names.len() == named.min(NAMES_SHOWN_MAX) {
                break;
            }
            if member.is_named && Some(member.id) != except {
                names.push(self.name(member.id).unwrap_or_default());
            }
        }
        names.others = named - names.names.len();
        names.listeners = room.members.listeners() - usize::from(except.is_some() && !except_named);
        names
    }

    fn tell_who(&self, id: ConnId, sink: &mut impl Sink) {
        if let Some(room) = self.room_of(id) {
            let everyone = self.names(room, None);
            let room = &room.name;
            self.answer(id, &Event::Who { room, everyone }, sink);
        }
    }

    fn tell_rooms(&self, id: ConnId, sink: &mut impl Sink) {
        let mut rooms: Vec<(&str, usize)> = self
            .rooms
            .iter()
            .map(|(_, room)| (&*room.name, room.members.named()))
            .filter(|(_, named)| *named > 0)
            .collect();
        let by_size = |a: &(&str, usize), b: &(&str, usize)| b.1.cmp(&a.1).then(a.0.cmp(b.0));
        let others = rooms.len().saturating_sub(ROOMS_SHOWN_MAX);
        if others > 0 {
            rooms.select_nth_unstable_by(ROOMS_SHOWN_MAX, by_size);
            rooms.truncate(ROOMS_SHOWN_MAX);
        }
        rooms.sort_unstable_by(by_size);
        self.answer(id, &Event::Rooms { rooms, others }, sink);
    }

    fn tell_topic(&self, id: ConnId, sink: &mut impl Sink) {
        if let Some(room) = self.room_of(id) {
            self.answer(id, &Event::Topic(room.topic.as_deref()), sink);
        }
    }

    fn set_topic(&mut self, id: ConnId, topic: Option<&str>, sink: &mut impl Sink) {
        if let Some(room) = self.rooms_index(id) {
            let room = &mut self.rooms[room];
            room.topic = topic.map(Into::into);
            let audience = room.members.audience(Hears::Everything, None);
            sink.to_room(audience, iter::once(Event::Topic(topic)));
        }
    }

    fn tell_history(&self, id: ConnId, count: Option<usize>, sink: &mut impl Sink) {
        if let Some(room) = self.room_of(id) {
            let lines = room.history.last(count.unwrap_or(usize::MAX));
            if lines.len() > 0 {
                self.answer(id, &Event::History(lines.collect()), sink);
            } else {
                self.answer(id, &Event::Refused(Refused::NoHistory(&room.name)), sink);
            }
        }
    }

    /// An answer goes only to those who want to hear more than what is said.
    fn answer(&self, id: ConnId, event: &Event<'_>, sink: &mut impl Sink) {
        if let Some(client) = self.client(id)
            && client.hears == Hears::Everything
        {
            sink.to_one(client.recipient(), event);
        }
    }
}

impl Client {
    fn recipient(&self) -> Recipient {
        Recipient {
            id: self.id,
            format: self.format,
        }
    }
}
