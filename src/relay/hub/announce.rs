//! The audience and the time of announcements that a client has entered, left or changed.
//!
//! ```text
//! room with few people      ──▶ at once, to everyone
//! full room                 ──▶ the first at once; those of the next second together, at its end
//!                               programs (`Raw`): each at once, since they keep lists of their own
//! leaving the server        ──▶ programs: one `Quit` for all rooms; others: `Left` in each room
//! ```
//!
//! Announcements that are held back lie in the room (`join_digest.rs`); `Rooms::gathering` has the time at
//! which they are due, which is also the hub's deadline. [`Action::Tick`](super::Action::Tick) tells them,
//! late if need be: nobody may overtake those who are yet to be announced.

use std::collections::BTreeSet;
use std::iter;

use super::event::{Event, Sink};
use super::members::EventLevel;
use super::person::Person;
use super::recipient::Recipient;
use super::rooms::Rooms;
use super::terms::Reason;
use crate::protocol::{ConnId, Time};

/// The direction of a passage.
#[derive(Clone, Copy, Debug)]
pub(super) enum JoinOrPart<'a> {
    In,
    /// Out of the room, with the reason if it is known.
    Out(Option<Reason<'a>>),
}

/// A client's passage into a room or out of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct MembershipChange<'a> {
    pub(super) id: ConnId,
    pub(super) person: Person<'a>,
    pub(super) room: usize,
    pub(super) way: JoinOrPart<'a>,
    pub(super) at: Time,
    /// True if clients that hear each event are told by room. False if they are told once for all rooms,
    /// by [`Event::Quit`].
    pub(super) is_all: bool,
}

impl Rooms {
    /// Tells a room that a client has entered or left: at once, or together with others if the room is
    /// full.
    pub(super) fn announce(&mut self, it: MembershipChange<'_>, sink: &mut impl Sink) {
        let room = &mut self.rooms[it.room];
        let person = it.person;
        let (is_out, event) = match it.way {
            JoinOrPart::In => (false, Event::Joined(person)),
            JoinOrPart::Out(reason) => (true, Event::Left { person, reason }),
        };
        // A client that leaves is no longer a member, but it was one of those that made the room full. While
        // something is pending, the room counts as full even if it is not any more, so that nobody is
        // announced before those who came earlier.
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
        let level = match (later, it.is_all) {
            (None, true) => EventLevel::Room..=EventLevel::Raw,
            (None, false) => EventLevel::Room..=EventLevel::Room,
            (Some(_), true) if room.members.has_each() => EventLevel::Raw..=EventLevel::Raw,
            (Some(_), _) => return,
        };
        let audience = room.members.audience_within(level, Some(it.id));
        sink.to_room(&room.name, audience, iter::once(event));
    }

    /// Announces the gathered joins and departures that are due.
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
                let level = EventLevel::Room..=EventLevel::Room;
                let audience = it.members.audience_within(level, None);
                sink.to_room(&it.name, audience, iter::once(event));
                it.gathering.told(now);
            }
        }
        if self.gathering.is_empty() {
            // An empty tree keeps a leaf, and the leaf keeps the heap below it from being given back.
            self.gathering = BTreeSet::new();
        }
    }

    /// Returns all members of some rooms that hear at least so much, except one. Each is returned once.
    pub(super) fn peers(
        &mut self,
        rooms: &[usize],
        at_least: EventLevel,
        except: ConnId,
    ) -> impl Iterator<Item = Recipient> {
        // In a single room, each member is met only once anyway.
        let mut seen = (rooms.len() > 1).then(|| self.seen.begin());
        let all = &self.rooms;
        rooms
            .iter()
            .map(|room| &all[*room].members)
            .filter(move |members| at_least < EventLevel::Raw || members.has_each())
            .flat_map(move |members| members.audience(at_least, Some(except)))
            .filter(move |to| seen.as_mut().is_none_or(|seen| seen.is_new(to.id)))
    }
}
