//! What people say, in a room and to each other, and what is kept of it.

use std::iter;

use super::Hub;
use super::action::{Done, Receipt, Utterance};
use super::command::{Flag, Rank, Speech, To};
use super::event::{Event, Said, Sink};
use super::history::{Line, MessageId};
use super::members::Hears;
use super::names::{nickname, room_name};
use super::person::Person;
use super::refused::Refused;
use super::rooms::{RoomId, Rooms};
use crate::protocol::{ConnId, Time};

impl Hub {
    /// Whoever says it is told only if their program may want to show it as it was said.
    pub(super) fn say(
        &mut self,
        id: ConnId,
        (room, at_least): (RoomId, Rank),
        what: Utterance<'_>,
        now: Time,
        sink: &mut impl Sink,
    ) -> Result<Done<'static>, Refused<'static>> {
        let client = self.people.get_mut(id).ok_or(Refused::NicknameFirst)?;
        if what.speech.is_for_people() {
            client.profile.note_activity(now);
        }
        let from = client.person().ok_or(Refused::NicknameFirst)?;
        let key = self.rooms.by_id(room).ok_or(Refused::NoSuchRoom)?;
        let slot = client.seats.slot_in(key);
        let room = &mut self.rooms[key];
        if let Err(why) = room.bar_speech(slot, from) {
            let is_hidden = slot.is_none() && room.rules.has(Flag::Secret);
            return Err(if is_hidden { Refused::NoSuchRoom } else { why });
        }
        let speaker = Speaker {
            id: Some(id),
            from,
            at_least,
            speech: what.speech,
            seams: what.seams,
            tags: what.tags,
        };
        let first = self.rooms.next_id;
        let first_us = self.rooms.say(key, &speaker, what.texts.iter(), now, sink);
        if client.hears == Hears::Each {
            let name = &self.rooms[key].name;
            for (n, text) in (0..).zip(what.texts.iter()) {
                let (id, unix_us) = (MessageId(first.0 + n), first_us + n * APART_US);
                let said = speaker.said(name, id, unix_us, text);
                sink.to_actor(client.addressee(), name, &Event::Spoken(said));
            }
        }
        Ok(Done::Said(Receipt {
            id: first,
            unix_us: first_us,
            is_away: false,
        }))
    }

    pub(super) fn tell_privately<'a>(
        &mut self,
        id: ConnId,
        to: &'a str,
        what: Utterance<'_>,
        now: Time,
        sink: &mut impl Sink,
    ) -> Result<Done<'a>, Refused<'a>> {
        let mut done = Done::Nothing;
        for text in what.texts.iter() {
            done = Done::Said(self.tell_one(id, to, (what, text), now, sink)?);
        }
        Ok(done)
    }

    fn tell_one<'a>(
        &mut self,
        id: ConnId,
        to: &'a str,
        (it, text): (Utterance<'_>, &str),
        now: Time,
        sink: &mut impl Sink,
    ) -> Result<Receipt, Refused<'a>> {
        if let Some(client) = self.people.get_mut(id)
            && it.speech.is_for_people()
        {
            client.profile.note_activity(now);
        }
        let from = self.people.person(id).ok_or(Refused::NicknameFirst)?;
        let other = self.people.called(to).ok_or(Refused::NoOneCalled(to))?;
        if other.hears < Hears::Everything {
            return Err(Refused::ReadsNothing(to));
        }
        let said_us = self.conversations.said_us(id, other.id);
        let receipt = Receipt {
            id: self.rooms.next_id,
            unix_us: now.unix_micros().max(said_us + APART_US),
            is_away: other.profile.away().is_some(),
        };
        self.rooms.next_id.0 += 1;
        // Others have no way to ask for it.
        let is_program = |id| {
            self.people
                .get(id)
                .is_some_and(|it| it.hears == Hears::Each)
        };
        if it.speech.is_for_people() && (is_program(id) || is_program(other.id)) {
            let line = Line {
                id: receipt.id,
                unix_us: receipt.unix_us,
                speech: it.speech,
                by: Some(id),
                from,
                text,
            };
            let max = self.rooms.limits.history_bytes_max;
            self.conversations.keep(other.id, &line, max);
        }
        // Who is no program has no use for what only programs read.
        let said = Event::Private(Said {
            from,
            to: To::Person(other.name.as_deref().unwrap_or(to)),
            speech: it.speech,
            text,
            seams: it.seams,
            tags: it.tags,
            id: receipt.id,
            unix_us: receipt.unix_us,
        });
        if it.speech.is_for_people() || other.hears == Hears::Each {
            sink.to_one(other.addressee(), &said);
        }
        sink.to_actor(self.people.addressee(id), "", &said);
        Ok(receipt)
    }

    /// Tells the room that someone came into first something, in the server's name.
    pub(super) fn tell_room(&self, id: ConnId, text: &str, sink: &mut impl Sink) {
        let client = self.people.get(id);
        if let Some(seat) = client.and_then(|client| client.seats.first()) {
            let room = &self.rooms[seat.room()];
            let audience = room.members.audience(Hears::Everything, None);
            sink.to_room(&room.name, audience, iter::once(Event::Notice(text)));
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
            let name = nickname(name);
            let speaker = Speaker {
                id: None,
                from: Person::absent(&name),
                at_least: Rank::Member,
                speech,
                seams: &[],
                tags: "",
            };
            self.rooms.say(room, &speaker, iter::once(text), now, sink);
        }
        room.is_some()
    }
}

/// Who says something, how, and to whom in the room.
struct Speaker<'a> {
    /// None: nobody who is here.
    id: Option<ConnId>,
    from: Person<'a>,
    at_least: Rank,
    speech: Speech,
    /// Of the one text that there is if there are any.
    seams: &'a [u32],
    tags: &'a str,
}

impl<'a> Speaker<'a> {
    /// One of the texts, as a message of a room.
    fn said(&self, room: &'a str, id: MessageId, unix_us: u64, text: &'a str) -> Said<'a> {
        Said {
            from: self.from,
            to: To::Room {
                name: room,
                at_least: self.at_least,
            },
            speech: self.speech,
            text,
            seams: self.seams,
            tags: self.tags,
            id,
            unix_us,
        }
    }
}

/// The least time between two messages of a room or of a conversation, in microseconds: clients are
/// told times to the millisecond, and ask for what came before and after one.
const APART_US: u64 = 1_000;

impl Rooms {
    /// Says when the first of the texts was said.
    fn say<'t>(
        &mut self,
        room: usize,
        it: &Speaker<'_>,
        texts: impl Iterator<Item = &'t str> + Clone,
        now: Time,
        sink: &mut impl Sink,
    ) -> u64 {
        let held = &self[room];
        let first_us = now.unix_micros().max(held.said_us + APART_US);
        let first = self.next_id.0;
        let (from, speech) = (it.from, it.speech);
        let events = (0..).zip(texts.clone()).map(|(n, text)| {
            let (id, unix_us) = (MessageId(first + n), first_us + n * APART_US);
            Event::Spoken(it.said(&held.name, id, unix_us, text))
        });
        let hears = match speech.is_for_people() {
            true => Hears::Speech,
            false => Hears::Each,
        };
        match it.at_least {
            Rank::Member => {
                let audience = held.members.audience(hears, it.id);
                sink.to_room(&held.name, audience, events);
            }
            rank => {
                let audience = held.members.ranked_audience(hears, rank, it.id);
                sink.to_room(&held.name, audience, events);
            }
        }
        for text in texts {
            let n = self.next_id.0 - first;
            let unix_us = first_us + n * APART_US;
            self[room].said_us = unix_us;
            let line = Line {
                id: self.next_id,
                unix_us,
                speech,
                by: it.id,
                from,
                text,
            };
            self.next_id.0 += 1;
            if speech.is_for_people() && it.at_least == Rank::Member {
                self.keep(room, &line);
            }
        }
        first_us
    }

    fn keep(&mut self, room: usize, line: &Line<'_>) {
        let lines_max = self.limits.history;
        let history = &mut self[room].history;
        let before = history.bytes();
        history.push(line, lines_max);
        self.history_bytes = self.history_bytes - before + self[room].history.bytes();
        self.bound_history();
    }

    pub(super) fn forget_message(&mut self, room: usize, id: MessageId) {
        let history = &mut self[room].history;
        let before = history.bytes();
        history.remove(id);
        self.history_bytes = self.history_bytes - before + self[room].history.bytes();
    }

    /// Whoever remembers most forgets first.
    fn bound_history(&mut self) {
        while self.history_bytes > self.limits.history_bytes_max {
            let largest = self.iter().max_by_key(|(_, room)| room.history.bytes());
            let Some((room, before)) = largest.map(|(room, it)| (room, it.history.bytes())) else {
                return;
            };
            self[room].history.halve();
            self.history_bytes = self.history_bytes - before + self[room].history.bytes();
        }
    }
}
