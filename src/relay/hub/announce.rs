//! Who is told of someone's coming, going and changing, and when.

use std::collections::BTreeSet;
use std::iter;

use super::event::{Event, Reason, Sink};
use super::gather::Way;
use super::members::Hears;
use super::people::Seat;
use super::person::Person;
use super::recipient::Recipient;
use super::rooms::Rooms;
use crate::protocol::{ConnId, Time};

/// Someone's coming into a room, or going out of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passage<'a> {
    pub(super) id: ConnId,
    pub(super) person: Person<'a>,
    pub(super) way: Way,
    pub(super) reason: Option<Reason<'a>>,
    /// Whether those who hear each thing hear it by room; or by and by, of all rooms at once.
    pub(super) is_all: bool,
}

impl Rooms {
    /// Tells a room that someone came or went, now or, if it is a full one, together with others.
    pub(super) fn announce(
        &mut self,
        room: usize,
        it: Passage<'_>,
        now: Time,
        sink: &mut impl Sink,
    ) {
        let every = self.limits.gather_every;
        let above = self.limits.gather_above;
        let held = &mut self[room];
        // Whoever leaves is out already, and was one of those who made it full.
        let named = held.members.named() + usize::from(it.way == Way::Out);
        let is_full = named > above || held.gathering.is_pending();
        let later = match is_full {
            true => held.gathering.note(it.way, it.person.name, now, every),
            false => None,
        };
        let (person, reason) = (it.person, it.reason);
        let event = match it.way {
            Way::In => Event::Joined(person),
            Way::Out => Event::Left { person, reason },
        };
        let members = &held.members;
        let event = iter::once(event);
        match (later, it.is_all) {
            (None, true) => {
                let audience = members.audience(Hears::Everything, Some(it.id));
                sink.to_room(&held.name, audience, event);
            }
            (None, false) => {
                let audience = members.gathered_audience(Some(it.id));
                sink.to_room(&held.name, audience, event);
            }
            (Some(_), true) if members.has_each() => {
                let audience = members.audience(Hears::Each, Some(it.id));
                sink.to_room(&held.name, audience, event);
            }
            (Some(_), _) => {}
        }
        if let Some(at) = later {
            self.gathering.insert((at, room));
        }
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
                let audience = it.members.gathered_audience(None);
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
        &self,
        seats: &[Seat],
        seen: &mut Seen,
        at_least: Hears,
        except: ConnId,
    ) -> impl Iterator<Item = Recipient> {
        // In one room, everybody is met once anyway.
        let mut seen = (seats.len() > 1).then(|| seen.begin());
        seats
            .iter()
            .map(|seat| &self[seat.room()].members)
            .filter(move |members| at_least < Hears::Each || members.has_each())
            .flat_map(move |members| members.audience(at_least, Some(except)))
            .filter(move |to| seen.as_mut().is_none_or(|seen| seen.is_new(to.id)))
    }
}

/// Whom one has met already, walking through several rooms. Keeps its memory: the numbers of all
/// earlier walks are smaller than this one's.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// By the index of a connection's id: the last walk on which it was met.
    walks: Vec<u64>,
    walk: u64,
}

impl Seen {
    fn begin(&mut self) -> &mut Self {
        self.walk += 1;
        self
    }

    fn is_new(&mut self, id: ConnId) -> bool {
        if self.walks.len() <= id.index() {
            self.walks.resize(id.index() + 1, 0);
        }
        std::mem::replace(&mut self.walks[id.index()], self.walk) != self.walk
    }
}
