//! The members of a room in order of arrival, in memory that a broadcast can run through.
//!
//! ```text
//! slots  ┌────┬────┬────┬────┬────┐      count 3, named 2
//!        │ ann│ -- │ bob│ -- │ #9 │      a hole keeps the places behind it where they are;
//!        └────┴────┴────┴────┴────┘      there is none at the end
//!           0    1    2    3    4
//! ```
//!
//! A place is what a client remembers of itself (`memberships.rs`), so a member moves only when `moved` tells
//! the client. Without holes, each departure from a room of 10,000 would move and renumber half of them; if
//! the last member filled the hole, the order would be lost, which lists of members show.

use std::ops::RangeInclusive;

use super::recipient::{Format, Recipient};
use super::rules::ListVerdict;
use super::terms::{Rank, Ranks};
use crate::protocol::ConnId;
use crate::table::shrink;

/// The events of a room that a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventLevel {
    /// No events: the client only sends.
    None,
    /// Messages.
    Messages,
    /// Messages, joins, departures, topics and answers.
    Room,
    /// All of these, and each join and departure by itself, even in a full room. For programs that keep
    /// member lists of their own.
    Raw,
}

impl EventLevel {
    /// All of them, the least first.
    pub const ALL: [Self; 4] = [Self::None, Self::Messages, Self::Room, Self::Raw];
}

/// The facts that a broadcast needs of a member, in 12 bytes, so that it reads no other memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) id: ConnId,
    /// A copy of the client's, like `level`, so that no client is looked up for each member of an audience.
    pub(super) format: Format,
    pub(super) level: EventLevel,
    /// The bits below, in the one byte that is left of the twelve.
    standing: u8,
}

/// Bits of a member's standing.
const NAMED: u8 = 1;
const VOICE: u8 = 2;
const OPERATOR: u8 = 4;
/// The verdict of the room's lists. If none of the three bits is set, the lists have not been asked
/// since they changed.
const FREE: u8 = 8;
const MUTED: u8 = 16;
const BANNED: u8 = 32;
const VERDICTS: u8 = FREE | MUTED | BANNED;

impl Member {
    pub(super) fn new(id: ConnId, format: Format, level: EventLevel, is_named: bool) -> Self {
        Self {
            id,
            format,
            level,
            standing: if is_named { NAMED } else { 0 },
        }
    }

    pub(super) fn is_named(&self) -> bool {
        self.standing & NAMED != 0
    }

    pub(super) fn ranks(&self) -> Ranks {
        Ranks {
            is_operator: self.standing & OPERATOR != 0,
            has_voice: self.standing & VOICE != 0,
        }
    }

    pub(super) fn set_ranks(&mut self, ranks: Ranks) {
        let voice = if ranks.has_voice { VOICE } else { 0 };
        let operator = if ranks.is_operator { OPERATOR } else { 0 };
        self.standing = self.standing & !(VOICE | OPERATOR) | voice | operator;
    }

    /// Returns the verdict of the room's lists, if it is known.
    pub(super) fn verdict(&self) -> Option<ListVerdict> {
        match self.standing & VERDICTS {
            FREE => Some(ListVerdict::Free),
            MUTED => Some(ListVerdict::Muted),
            BANNED => Some(ListVerdict::Banned),
            _ => None,
        }
    }

    /// Remembers the verdict, until the lists change or the member is renamed.
    pub(super) fn set_verdict(&mut self, verdict: Option<ListVerdict>) {
        let bit = match verdict {
            None => 0,
            Some(ListVerdict::Free) => FREE,
            Some(ListVerdict::Muted) => MUTED,
            Some(ListVerdict::Banned) => BANNED,
        };
        self.standing = self.standing & !VERDICTS | bit;
    }

    fn recipient(&self) -> Recipient {
        Recipient {
            id: self.id,
            format: self.format,
        }
    }
}

/// An ordered list in which members keep their places. A member that leaves makes a hole, and all holes
/// are closed together when they outnumber the members. So leaving is cheap in a room of any size.
#[derive(Debug, Default)]
pub(super) struct Members {
    slots: Vec<Option<Member>>,
    count: usize,
    named: usize,
    /// Number of members that hear [`EventLevel::Raw`] event. Where there are none, events for programs
    /// alone are sent without a look at the members.
    each: usize,
}

impl Members {
    /// Adds a member at the end, and returns its place.
    pub(super) fn push(&mut self, member: Member) -> usize {
        self.count += 1;
        self.named += usize::from(member.is_named());
        self.each += usize::from(member.level == EventLevel::Raw);
        self.slots.push(Some(member));
        self.slots.len() - 1
    }

    /// Removes the member at a place. `moved` is called for each member whose place has changed.
    pub(super) fn remove(&mut self, slot: usize, mut moved: impl FnMut(ConnId, usize)) {
        let Some(member) = self.slots[slot].take() else {
            return;
        };
        self.count -= 1;
        self.named -= usize::from(member.is_named());
        self.each -= usize::from(member.level == EventLevel::Raw);
        // Holes at the end are dropped at once: a client that takes a nickname right after it has
        // entered leaves one there.
        while let Some(None) = self.slots.last() {
            self.slots.pop();
        }
        // The 16 keep a small room from being closed up with each departure. More than half of the places
        // are holes here, so a departure pays for two places at most: leaving is cheap in the long run.
        if self.slots.len() > 2 * self.count + 16 || self.count == 0 {
            self.slots.retain(Option::is_some);
            shrink(&mut self.slots);
            for (place, member) in self.iter().enumerate() {
                moved(member.id, place);
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Member> {
        self.slots.iter().flatten()
    }

    /// Forgets all verdicts, because the room's lists have changed: any mask may free some members and bar
    /// others, by the exceptions.
    pub(super) fn forget_verdicts(&mut self) {
        for member in self.slots.iter_mut().flatten() {
            member.set_verdict(None);
        }
    }

    pub(super) fn at(&self, slot: usize) -> Option<&Member> {
        self.slots.get(slot)?.as_ref()
    }

    pub(super) fn at_mut(&mut self, slot: usize) -> Option<&mut Member> {
        self.slots.get_mut(slot)?.as_mut()
    }

    /// Returns the members that hear at least so much, except one.
    pub(super) fn audience(
        &self,
        at_least: EventLevel,
        except: Option<ConnId>,
    ) -> impl Iterator<Item = Recipient> {
        self.chosen(move |member| member.level >= at_least && Some(member.id) != except)
    }

    /// Returns the members that hear at least so much, except two.
    pub(super) fn audience_but(
        &self,
        at_least: EventLevel,
        except: [ConnId; 2],
    ) -> impl Iterator<Item = Recipient> {
        self.chosen(move |member| member.level >= at_least && !except.contains(&member.id))
    }

    /// Returns the members that hear an amount in this range, except one.
    pub(super) fn audience_within(
        &self,
        level: RangeInclusive<EventLevel>,
        except: Option<ConnId>,
    ) -> impl Iterator<Item = Recipient> {
        self.chosen(move |member| level.contains(&member.level) && Some(member.id) != except)
    }

    /// Returns the members of at least a rank that hear at least so much, except one.
    pub(super) fn ranked_audience(
        &self,
        at_least: EventLevel,
        rank: Rank,
        except: Option<ConnId>,
    ) -> impl Iterator<Item = Recipient> {
        self.chosen(move |member| {
            member.level >= at_least
                && member.ranks().highest() >= rank
                && Some(member.id) != except
        })
    }

    fn chosen(&self, is_chosen: impl Fn(&Member) -> bool) -> impl Iterator<Item = Recipient> {
        let chosen = self.iter().filter(move |member| is_chosen(member));
        chosen.map(Member::recipient)
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Returns whether any member hears [`EventLevel::Raw`] event.
    pub(super) fn has_each(&self) -> bool {
        self.each > 0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Number of members with a nickname.
    pub(super) fn named(&self) -> usize {
        self.named
    }

    /// Number of members without a nickname.
    pub(super) fn listeners(&self) -> usize {
        self.count - self.named
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broadcast_reads_twelve_bytes_a_member() {
        assert_eq!(size_of::<Member>(), 12);
        assert_eq!(size_of::<Option<Member>>(), 12);
        let mut member = Member::new(ConnId::new(1, 1), Format(9), EventLevel::Raw, true);
        let ranks = Ranks {
            is_operator: true,
            has_voice: false,
        };
        member.set_ranks(ranks);
        assert_eq!(member.ranks(), ranks);
        for verdict in [ListVerdict::Free, ListVerdict::Banned, ListVerdict::Muted].map(Some) {
            member.set_verdict(verdict);
            member.set_ranks(ranks);
            assert_eq!((member.verdict(), member.ranks()), (verdict, ranks));
        }
        member.set_verdict(None);
        assert_eq!(member.verdict(), None);
        member.set_ranks(Ranks::default());
        assert_eq!(member.ranks().highest(), Rank::Member);
        assert!(member.is_named());
    }

    #[test]
    fn order_and_places_survive_any_comings_and_goings() {
        let mut random = fastrand::Rng::with_seed(11);
        let mut members = Members::default();
        let mut expected: Vec<ConnId> = Vec::new();
        let mut places = std::collections::BTreeMap::new();
        for step in 0..5_000 {
            if random.u32(..100) < 52 {
                let id = ConnId::new(step, 1);
                let member = Member::new(id, Format(0), EventLevel::Room, step % 3 > 0);
                places.insert(id, members.push(member));
                expected.push(id);
            } else if !expected.is_empty() {
                let id = expected.remove(random.usize(..expected.len()));
                let place = places.remove(&id).unwrap();
                members.remove(place, |id, place| {
                    places.insert(id, place);
                });
            }
            let ids: Vec<ConnId> = members.iter().map(|member| member.id).collect();
            assert_eq!(ids, expected);
            let named = expected.iter().filter(|id| id.index() % 3 > 0).count();
            assert_eq!(members.named(), named);
            assert_eq!(members.listeners(), expected.len() - named);
        }
    }
}
