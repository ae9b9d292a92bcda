//! Who is told of someone's coming, going and changing, and when.

use std::collections::BTreeSet;
use std::iter;

use super::command::Reason;
use super::event::{Event, Sink};
use super::members::Hears;
use super::person::Person;
use super::recipient::Recipient;
use super::rooms::Rooms;
use crate::protocol::{ConnId, Time};

/// Which way someone went.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way<'a> {
    In,
    /// Out, and why, if that is known.
    Out(Option<Reason<'a>>),
}

/// Someone's coming into a room, or going out of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passage<'a> {
    pub(super) id: ConnId,
    pub(super) person: Person<'a>,
    pub(super) room: usize,
    pub(super) way: Way<'a>,
    pub(super) at: Time,
    /// Whether those who hear each thing hear it by room; or by and by, of all rooms at once.
    pub(super) is_all: bool,
}

impl Rooms {
    /// Tells a room that someone came or went, now or, if it is a full one, together with others.
    pub(super) fn announce(&mut self, it: Passage<'_>, sink: &mut impl Sink) {
        let room = &mut self.rooms[it.room];
        let person = it.person;
        let (is_out, event) = match it.way {
            Way::In => (false, Event::Joined(person)),
            Way::Out(reason) => (true, Event::Left { person, reason }),
        };
        // Whoever leaves is out already, and was one of those who made it full.
        let named = room.members.named() + usize::from(is_out);
        let is_full = named > self.limits.gather_above || room.gathering.is_pending();
        let later = match is_full {
            true => room.gathering.later(it.at, self.limits.gather_every),
            false => None,
        };
        if let Some(later) = later {
            room.gathering.note(is_out, person.name);
            self.gathering.insert((later, it.room));
        }
        let hears = match (later, it.is_all) {
            (None, true) => Hears::Everything..=Hears::Each,
            (None, false) => Hears::Everything..=Hears::Everything,
            (Some(_), true) if room.members.has_each() => Hears::Each..=Hears::Each,
            (Some(_), _) => return,
        };
        let audience = room.members.audience_within(hears, Some(it.id));
        sink.to_room(&room.name, audience, iter::once(event));
    }

    /// Tells what was gathered, where its time has come.
    pub(super) fn tell_gathered(&mut self, now: Time, sink: &mut impl Sink) {
        while let Some(&(at, room)) = self.gathering.first() {
            if at > now {
                break;
            }
            self.gathering.pop_first();
            let it = &mut self[room];
            if it.gathering.is_pending() {
                let event = Event::Gathered {
                    joined: it.gathering.joined(),
                    left: it.gathering.left(),
                };
                let hears = Hears::Everything..=Hears::Everything;
                let audience = it.members.audience_within(hears, None);
                sink.to_room(&it.name, audience, iter::once(event));
                it.gathering.told(now);
            }
        }
        if self.gathering.is_empty() {
            // An empty tree keeps a leaf, and with it the heap below.
            self.gathering = BTreeSet::new();
        }
    }

    /// Everyone who is in one of some rooms and hears so much, but one; each once.
    pub(super) fn peers(
        &mut self,
        rooms: &[usize],
        at_least: Hears,
        except: ConnId,
    ) -> impl Iterator<Item = Recipient> {
        // In one room, everybody is met once anyway.
        let mut seen = (rooms.len() > 1).then(|| self.seen.begin());
        let all = &self.rooms;
        rooms
            .iter()
            .map(|room| &all[*room].members)
            .filter(move |members| at_least < Hears::Each || members.has_each())
            .flat_map(move |members| members.audience(at_least, Some(except)))
            .filter(move |to| seen.as_mut().is_none_or(|seen| seen.is_new(to.id)))
    }
}
