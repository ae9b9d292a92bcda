//! The rooms that one client is in, each with the client's place in the room's list of members.
//!
//! This is the other half of [`Members`](super::members::Members): `rooms.rs` keeps the two in step. Order is
//! that of entering, and the first room is the one that a client of one room at a time means.

/// A client's place in the member list of a room: two numbers of 32 bits, so that the one membership that
/// most clients have fits into the [`Memberships`] themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Membership {
    room: u32,
    slot: u32,
}

impl Membership {
    fn new(room: usize, slot: usize) -> Self {
        let small = |n| u32::try_from(n).expect("rooms and people are fewer than 2^32 bytes");
        Self {
            room: small(room),
            slot: small(slot),
        }
    }

    pub(super) fn room(self) -> usize {
        self.room as usize
    }

    pub(super) fn slot(self) -> usize {
        self.slot as usize
    }
}

/// The rooms that a client is in, in the order in which it entered them. Most clients are in one room: a
/// list of its own for each of ten thousand clients would be the largest part of their data.
#[derive(Debug, Default)]
pub(super) enum Memberships {
    #[default]
    None,
    One(Membership),
    Several(Box<MembershipList>),
}

/// A list in a box: the three words of a bare `Vec` would make all [`Memberships`] 24 bytes instead of 16,
/// for the few clients that are in several rooms.
#[derive(Debug)]
pub(super) struct MembershipList(Vec<Membership>);

impl Memberships {
    pub(super) fn all(&self) -> &[Membership] {
        match self {
            Self::None => &[],
            Self::One(membership) => std::slice::from_ref(membership),
            Self::Several(list) => &list.0,
        }
    }

    fn all_mut(&mut self) -> &mut [Membership] {
        match self {
            Self::None => &mut [],
            Self::One(membership) => std::slice::from_mut(membership),
            Self::Several(list) => &mut list.0,
        }
    }

    /// Returns the rooms without the places.
    pub(super) fn rooms(&self) -> impl ExactSizeIterator<Item = usize> {
        self.all().iter().map(|it| it.room())
    }

    pub(super) fn in_room(&self, room: usize) -> Option<Membership> {
        self.all().iter().copied().find(|it| it.room() == room)
    }

    /// Returns whether a room is one of these.
    pub(super) fn has(&self, room: usize) -> bool {
        self.in_room(room).is_some()
    }

    /// Notes a place in a room that the client is not in yet. There are at most
    /// [`ROOMS_OF_ONE_MAX`](super::ROOMS_OF_ONE_MAX), so a search through all of them is short.
    pub(super) fn add(&mut self, room: usize, slot: usize) {
        let new = Membership::new(room, slot);
        match self {
            Self::None => *self = Self::One(new),
            Self::One(first) => *self = Self::Several(Box::new(MembershipList(vec![*first, new]))),
            Self::Several(list) => list.0.push(new),
        }
    }

    /// Notes a new place in a room that the client is in.
    pub(super) fn moved(&mut self, room: usize, slot: usize) {
        let mut all = self.all_mut().iter_mut();
        if let Some(it) = all.find(|it| it.room() == room) {
            *it = Membership::new(room, slot);
        }
    }

    /// Forgets the place in a room, and returns it.
    pub(super) fn remove(&mut self, room: usize) -> Option<Membership> {
        let removed = self.in_room(room)?;
        let others = self.all().iter().copied().filter(|it| *it != removed);
        let rest: Vec<Membership> = others.collect();
        *self = match rest[..] {
            [] => Self::None,
            [one] => Self::One(one),
            _ => Self::Several(Box::new(MembershipList(rest))),
        };
        Some(removed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_in_one_room_has_no_list() {
        assert_eq!(size_of::<Memberships>(), 16);
        let mut it = Memberships::default();
        let slot = |it: &Memberships, room| it.in_room(room).map(Membership::slot);
        it.add(5, 0);
        assert!(matches!(it, Memberships::One(_)));
        it.add(3, 9);
        it.add(4, 1);
        assert!(it.rooms().eq([5, 3, 4]));
        it.moved(3, 2);
        assert_eq!(slot(&it, 3), Some(2));
        assert_eq!(it.remove(5).map(Membership::slot), Some(0));
        assert_eq!(it.remove(5), None);
        assert!(it.rooms().eq([3, 4]));
        assert_eq!(it.remove(3).map(Membership::slot), Some(2));
        assert!(matches!(it, Memberships::One(_)));
        assert_eq!(it.rooms().next(), Some(4));
        assert_eq!(it.remove(4).map(Membership::slot), Some(1));
        assert_eq!(it.rooms().next(), None);
    }
}
