//! Who is in a room, in order of arrival, in memory that a broadcast can run through.

use super::event::{Format, Recipient};
use crate::protocol::ConnId;

/// What of a room's events someone wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hears {
    /// Nothing: it only talks.
    Nothing,
    /// What is said.
    Speech,
    /// That, comings and goings, topics, and answers.
    Everything,
}

/// What a broadcast needs to know of a member: 12 bytes, so that it reads nothing else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) id: ConnId,
    pub(super) format: Format,
    pub(super) hears: Hears,
    pub(super) is_named: bool,
}

/// An ordered list in which places stay put: leaving makes a hole, and holes are closed together
/// once they outnumber the members. So leaving is cheap however many there are.
#[derive(Debug, Default)]
pub(super) struct Members {
    slots: Vec<Option<Member>>,
    count: usize,
    named: usize,
}

impl Members {
    /// Adds someone at the end; says where.
    pub(super) fn push(&mut self, member: Member) -> usize {
        self.count += 1;
        self.named += usize::from(member.is_named);
        self.slots.push(Some(member));
        self.slots.len() - 1
    }

    /// Removes the one at a place. `moved` is told of everyone whose place has changed.
    pub(super) fn remove(&mut self, slot: usize, mut moved: impl FnMut(ConnId, usize)) {
        let Some(member) = self.slots[slot].take() else {
            return;
        };
        self.count -= 1;
        self.named -= usize::from(member.is_named);
        if self.slots.len() > 2 * self.count + 16 || self.count == 0 {
            self.slots.retain(Option::is_some);
            self.slots.shrink_to(2 * self.count);
            for (place, member) in self.iter().enumerate() {
                moved(member.id, place);
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Member> {
        self.slots.iter().flatten()
    }

    /// Everyone who hears at least so much, except one.
    pub(super) fn audience(
        &self,
        at_least: Hears,
        except: Option<ConnId>,
    ) -> impl Iterator<Item = Recipient> {
        self.iter()
            .filter(move |member| member.hears >= at_least && Some(member.id) != except)
            .map(|member| Recipient {
                id: member.id,
                format: member.format,
            })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many have a nickname.
    pub(super) fn named(&self) -> usize {
        self.named
    }

    /// How many have none.
    pub(super) fn listeners(&self) -> usize {
        self.count - self.named
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_places_survive_any_comings_and_goings() {
        let mut random = fastrand::Rng::with_seed(11);
        let mut members = Members::default();
        let mut expected: Vec<ConnId> = Vec::new();
        let mut places = std::collections::BTreeMap::new();
        for step in 0..5_000 {
            if random.u32(..100) < 52 {
                let id = ConnId::new(step, 1);
                let member = Member {
                    id,
                    format: Format(0),
                    hears: Hears::Everything,
                    is_named: step % 3 > 0,
                };
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
