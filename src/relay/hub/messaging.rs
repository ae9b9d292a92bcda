//! Messages in rooms and between two people, and the part of them that is kept.
//!
//! ```text
//! Action::Say  ── may speak? ──▶ Rooms::say ──▶ to_room, one call for all texts ──▶ history, text by text
//! Action::Tell ── reads? ──────▶ tell_one, for each text ──▶ to_one ──▶ a conversation, if it is asked for
//! ```
//!
//! Each message gets the next id and a time, in the order in which it is sent, so that the history, the
//! events and all machines agree on both. The texts that one client says in one go are sent in one pass
//! through the room. With 64 lines under way for each of 10 senders that took server time for a delivery
//! from 0.021 to 0.017 µs in a room of 100, and from 0.038 to 0.026 µs in one of 5,000.

use std::iter;

use super::action::{Done, Receipt, Texts, Utterance};
use super::apply::ActionContext;
use super::command_error::CommandError;
use super::event::{Event, Said, Sink};
use super::history::{Entry, History, MessageId, NewEntry};
use super::members::EventLevel;
use super::names::{nickname, room_name};
use super::people::Client;
use super::person::Person;
use super::rooms::Rooms;
use super::terms::{Flag, Rank, RoomRef, Speech, To};
use crate::protocol::{ConnId, Time};

impl<S: Sink> ActionContext<'_, S> {
    /// Says a message in a room. The sender gets the event only if it hears each event, since its
    /// program may want to show the message as it was said.
    pub(super) fn say(
        &mut self,
        room: RoomRef<'_>,
        at_least: Rank,
        what: Utterance<'_>,
    ) -> Result<Receipt, CommandError<'static>> {
        let client = self.people.get_mut(self.actor);
        let client = client.ok_or(CommandError::NicknameFirst)?;
        if what.speech.is_for_people() {
            client.profile.note_activity(self.now);
        }
        let from = client.person().ok_or(CommandError::NicknameFirst)?;
        let key = self.rooms.by_ref(room).ok_or(CommandError::NoSuchRoom)?;
        let place = client.memberships.in_room(key);
        let room = &mut self.rooms[key];
        if let Err(why) = room.bar_speech(place, from) {
            // Any other reason would tell a stranger that the secret room exists.
            let is_hidden = place.is_none() && room.rules.has(Flag::Secret);
            return Err(if is_hidden {
                CommandError::NoSuchRoom
            } else {
                why
            });
        }
        let speech = Speaking {
            by: Some(client.id),
            from,
            at: self.now,
            at_least,
            what,
        };
        let first = self.rooms.say(key, &speech, self.sink);
        if client.level == EventLevel::Raw {
            let name = &self.rooms[key].name;
            for said in speech.each(name, first) {
                let said = Event::Spoken(said);
                self.sink.to_actor(client.addressee(), name, &said);
            }
        }
        Ok(first)
    }

    /// Says each text to one person. The first refusal ends it; all texts have one recipient, so it is the
    /// very first text that is refused, or none.
    pub(super) fn tell_privately<'a>(
        &mut self,
        to: &'a str,
        what: Utterance<'_>,
    ) -> Result<Done<'a>, CommandError<'a>> {
        let mut done = Done::Nothing;
        for text in what.texts.iter() {
            done = Done::Said(self.tell_one(to, &what, text)?);
        }
        Ok(done)
    }

    fn tell_one<'a>(
        &mut self,
        to: &'a str,
        what: &Utterance<'_>,
        text: &str,
    ) -> Result<Receipt, CommandError<'a>> {
        let id = self.actor;
        let is_for_people = what.speech.is_for_people();
        let me = self.people.get_mut(id).filter(|_| is_for_people);
        if let Some(me) = me {
            me.profile.note_activity(self.now);
        }
        let me = self.people.get(id).ok_or(CommandError::NicknameFirst)?;
        let from = me.person().ok_or(CommandError::NicknameFirst)?;
        let other = self
            .people
            .called(to)
            .ok_or(CommandError::NoOneCalled(to))?;
        if other.level < EventLevel::Room {
            return Err(CommandError::ReadsNothing(to));
        }
        let last_us = self.conversations.said_us(id, other.id);
        let said = Said {
            from,
            to: To::Person(other.name.as_deref().unwrap_or(to)),
            speech: what.speech,
            text,
            concat_offsets: what.concat_offsets,
            tags: what.tags,
            id: self.rooms.next_id,
            unix_us: self.now.unix_micros().max(last_us + APART_US),
        };
        self.rooms.next_id.0 += 1;
        // Only programs can ask for a conversation, so one between two other clients is not kept.
        let is_program = |it: &Client| it.level == EventLevel::Raw;
        if is_for_people && (is_program(me) || is_program(other)) {
            let max = self.rooms.limits.history_bytes_max;
            self.conversations
                .keep(other.id, &line(&said, Some(id)), max);
        }
        let event = Event::Private(said);
        // A client that is not a program has no use for messages that only programs read.
        if is_for_people || is_program(other) {
            self.sink.to_one(other.addressee(), &event);
        }
        self.sink.to_actor(me.addressee(), "", &event);
        Ok(Receipt {
            id: said.id,
            unix_us: said.unix_us,
            is_away: other.profile.away().is_some(),
        })
    }

    /// Says something in a room on behalf of the host program.
    pub(super) fn say_as(
        &mut self,
        name: &str,
        room: &str,
        text: &str,
    ) -> Result<(), CommandError<'static>> {
        let room = room_name(room).and_then(|name| self.rooms.find(&name));
        let room = room.ok_or(CommandError::NoSuchRoom)?;
        let name = nickname(name);
        let said = Speaking {
            by: None,
            from: Person::absent(&name),
            at: self.now,
            at_least: Rank::Member,
            what: Utterance::lines(Speech::Message, Texts::one(text)),
        };
        self.rooms.say(room, &said, self.sink);
        Ok(())
    }

    /// Tells a text in the server's name to the room that the actor entered first.
    pub(super) fn tell_room(&mut self, text: &str) {
        let client = self.people.get(self.actor);
        if let Some(room) = client.and_then(|it| it.memberships.rooms().next()) {
            let room = &self.rooms[room];
            let audience = room.members.audience(EventLevel::Room, None);
            let event = iter::once(Event::Notice(text));
            self.sink.to_room(&room.name, audience, event);
        }
    }
}

/// Messages that one sender says in a room together, with their time and the members they are for.
struct Speaking<'a> {
    /// The connection of the sender; none if the sender is not connected.
    by: Option<ConnId>,
    from: Person<'a>,
    at: Time,
    at_least: Rank,
    what: Utterance<'a>,
}

impl<'a> Speaking<'a> {
    /// Returns each of the texts as a message in a room, given the receipt for the first one.
    fn each(&self, room: &'a str, first: Receipt) -> impl Iterator<Item = Said<'a>> + Clone {
        let Self { from, what, .. } = *self;
        let to = To::Room {
            name: room,
            at_least: self.at_least,
        };
        (0..).zip(what.texts.iter()).map(move |(n, text)| Said {
            from,
            to,
            speech: what.speech,
            text,
            concat_offsets: what.concat_offsets,
            tags: what.tags,
            id: MessageId(first.id.0 + n),
            unix_us: first.unix_us + n * APART_US,
        })
    }
}

/// Returns the part of a message that is kept.
fn line<'a>(said: &Said<'a>, by: Option<ConnId>) -> NewEntry<'a> {
    NewEntry {
        id: said.id,
        unix_us: said.unix_us,
        speech: said.speech,
        by,
        from: said.from,
        text: said.text,
    }
}

/// The least time between two messages of a room or of a conversation, in microseconds. Clients are told
/// times in milliseconds, and ask for the messages before and after a time. Thirty lines of one write shared
/// a millisecond once, and a page of history by time lost all but some of them.
const APART_US: u64 = 1_000;

impl Rooms {
    /// Sends the messages to the room, keeps them, and returns the receipt for the first one.
    fn say(&mut self, room: usize, speech: &Speaking<'_>, sink: &mut impl Sink) -> Receipt {
        let held = &self[room];
        let first = Receipt {
            id: self.next_id,
            unix_us: speech.at.unix_micros().max(held.said_us + APART_US),
            is_away: false,
        };
        let is_for_people = speech.what.speech.is_for_people();
        let level = match is_for_people {
            true => EventLevel::Messages,
            false => EventLevel::Raw,
        };
        let (members, name) = (&held.members, &*held.name);
        let events = speech.each(name, first).map(Event::Spoken);
        match speech.at_least {
            Rank::Member => sink.to_room(name, members.audience(level, speech.by), events),
            rank => {
                let audience = members.ranked_audience(level, rank, speech.by);
                sink.to_room(name, audience, events);
            }
        }
        // The lines are kept after they were sent, and the limits on history are asked after each line: asked
        // once for all of them, the history would depend on how lines were read together.
        for said in speech.each("", first) {
            self.next_id.0 += 1;
            self[room].said_us = said.unix_us;
            if is_for_people && speech.at_least == Rank::Member {
                self.keep(room, &line(&said, speech.by));
            }
        }
        first
    }

    /// Keeps a line, within the limit on the history of all rooms. A line that is larger than the whole limit
    /// empties the history of its room, and is not kept itself.
    fn keep(&mut self, room: usize, line: &NewEntry<'_>) {
        let lines_max = self.limits.history;
        self.change_history(room, |history| history.push(line, lines_max));
        if lines_max > 0 {
            // A server without a history keeps none on a disk either.
            let held = &self.rooms[room];
            self.journal.note_said(held, || line.entry());
        }
        self.bound_history();
    }

    /// Forgets messages until all histories together are within their limit. The room with the largest history
    /// forgets first.
    pub(super) fn bound_history(&mut self) {
        while self.history_bytes > self.limits.history_bytes_max {
            let largest = self.iter().max_by_key(|(_, room)| room.history.bytes());
            let Some((room, _)) = largest else {
                return;
            };
            self.change_history(room, History::halve);
        }
    }

    pub(super) fn forget_message(&mut self, room: usize, id: MessageId) {
        self.journal.note_redacted(&self.rooms[room], id);
        self.change_history(room, |history| history.remove(id));
    }

    /// Returns whether a message may be one of a room that is older than its history.
    pub(super) fn may_have_left_memory(&self, room: usize, id: MessageId) -> bool {
        let room = &self.rooms[room];
        let first = room.history.last(usize::MAX).next();
        let is_older = first.is_none_or(|first| id < first.id);
        (room.first_id..self.next_id).contains(&id) && is_older
    }

    /// Forgets what was said in a room under a folded nickname. Returns it.
    pub(super) fn forget_name(&mut self, room: usize, folded: &str) -> Vec<Entry> {
        self.change_history(room, |history| history.remove_name(folded))
    }

    /// Changes the history of a room, and the sum of all histories with it.
    fn change_history<T>(&mut self, room: usize, change: impl FnOnce(&mut History) -> T) -> T {
        let history = &mut self.rooms[room].history;
        self.history_bytes -= history.bytes();
        let done = change(history);
        self.history_bytes += history.bytes();
        done
    }
}
