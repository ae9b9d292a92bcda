//! The index of clients by the hashes of their nicknames: one table, without the nicknames themselves.
//!
//! The table uses open addressing with linear probing. The caller knows the nicknames, and picks the
//! right client from the few with the right hash. A map that holds the nicknames was rejected: a tree
//! takes twice the memory for 15,000 people, and the holes that its nodes leave in the heap stay with
//! the process: 1.3 times the memory of the start after 15,000 had come and gone, where it is 1.07 now. The
//! available hash maps are made anew to grow, after which glibc keeps as much again for itself (see
//! [`crate::table`]).
//!
//! ```text
//! slot    0      1      2      3      4      5      6      7
//!      ┌──────┬──────┬──────┬──────┬──────┬──────┬──────┬──────┐
//!      │      │ bob  │ ann  │ zoé  │      │      │ eve  │      │     home of bob, ann: 1; of zoé: 2
//!      └──────┴──────┴──────┴──────┴──────┴──────┴──────┴──────┘
//! ```
//!
//! The invariant: between the home slot of an entry and its own slot there is no vacant one, so a search ends
//! at the first. A removal therefore closes its hole (of bob: ann moves to 1, zoé to 2) instead of leaving a
//! mark. The order of the slots never shows in a result: `find` is asked for one certain client, or
//! whether there is any.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroU32;

use crate::protocol::ConnId;
use crate::table::table;

/// Slots for which memory is kept even if fewer are in use. The number of slots is always a power of
/// two.
const SLOTS_MIN: usize = 64;

#[derive(Debug)]
pub(super) struct Index {
    slots: Vec<Option<Slot>>,
    count: usize,
    /// Part of each hash, so that clients cannot choose names whose hashes collide: with a known hash, a
    /// crowd of such names would make each search as long as the crowd.
    seed: u64,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// The hash, so that the table can grow and shrink without asking for the names. It is never zero, which
    /// leaves zero for the vacant slot.
    hash: NonZeroU32,
    id: ConnId,
}

impl Index {
    pub(super) fn new(seed: u64) -> Self {
        let mut slots = table();
        slots.resize(SLOTS_MIN, None);
        Self {
            slots,
            count: 0,
            seed,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Returns the client under a name for which `is_right` answers yes.
    pub(super) fn find(&self, name: &str, is_right: impl Fn(ConnId) -> bool) -> Option<ConnId> {
        let at = self.probe(self.hash(name), is_right)?;
        self.slots[at].map(|slot| slot.id)
    }

    /// Adds a client under a name. The client must not be there under that name yet.
    pub(super) fn insert(&mut self, name: &str, id: ConnId) {
        let hash = self.hash(name);
        // At most three quarters of the slots are in use: about two probes for a name that is there, and
        // about eight for one that is not.
        if 4 * (self.count + 1) > 3 * self.slots.len() {
            self.grow();
        }
        self.place(Slot { hash, id });
        self.count += 1;
    }

    /// Removes a client from under a name.
    pub(super) fn remove(&mut self, name: &str, id: ConnId) {
        let Some(mut hole) = self.probe(self.hash(name), |other| other == id) else {
            return;
        };
        self.count -= 1;
        self.slots[hole] = None;
        // Each entry behind the hole moves into it, unless it would then lie before its home slot.
        let mut at = self.behind(hole);
        while let Some(slot) = self.slots[at] {
            if self.distance(self.home(slot.hash), at) >= self.distance(hole, at) {
                self.slots.swap(hole, at);
                hole = at;
            }
            at = self.behind(at);
        }
        // After shrinking, an eighth to a quarter of the slots is in use, and the table grows at three
        // quarters. So a crowd that comes and goes at either limit does not resize it each time.
        if self.slots.len() > SLOTS_MIN && self.count < self.slots.len() / 16 {
            self.shrink();
        }
    }

    fn hash(&self, name: &str) -> NonZeroU32 {
        let mut hasher = DefaultHasher::new();
        (self.seed, name).hash(&mut hasher);
        NonZeroU32::MIN | hasher.finish() as u32
    }

    /// Returns the home slot of a hash. The lowest bit is set in every hash, so it is left out.
    fn home(&self, hash: NonZeroU32) -> usize {
        (hash.get() >> 1) as usize & (self.slots.len() - 1)
    }

    fn behind(&self, at: usize) -> usize {
        (at + 1) & (self.slots.len() - 1)
    }

    fn distance(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & (self.slots.len() - 1)
    }

    fn probe(&self, hash: NonZeroU32, is_right: impl Fn(ConnId) -> bool) -> Option<usize> {
        let mut at = self.home(hash);
        while let Some(slot) = self.slots[at] {
            if slot.hash == hash && is_right(slot.id) {
                return Some(at);
            }
            at = self.behind(at);
        }
        None
    }

    fn place(&mut self, slot: Slot) {
        let mut at = self.home(slot.hash);
        while self.slots[at].is_some() {
            at = self.behind(at);
        }
        self.slots[at] = Some(slot);
    }

    /// Doubles the table in place. All entries are placed again, beginning behind a vacant slot. So all
    /// entries between the home slot of an entry and its old slot have been placed before it, and no
    /// entry is placed behind one that moves away later.
    fn grow(&mut self) {
        let before = self.slots.len();
        let vacant = self.slots.iter().position(Option::is_none);
        let vacant = vacant.expect("a quarter of the slots is vacant");
        self.slots.resize(2 * before, None);
        for at in (vacant..before).chain(0..vacant) {
            if let Some(slot) = self.slots[at].take() {
                self.place(slot);
            }
        }
    }

    fn shrink(&mut self) {
        let slots: Vec<Slot> = self.slots.drain(..).flatten().collect();
        let count = (4 * slots.len()).next_power_of_two().max(SLOTS_MIN);
        self.slots.shrink_to(count);
        self.slots.resize(count, None);
        for slot in slots {
            self.place(slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_slot_takes_twelve_bytes() {
        assert_eq!(size_of::<Option<Slot>>(), 12);
    }

    #[test]
    fn everyone_is_found_whoever_came_and_went() {
        for seed in 0..20 {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut index = Index::new(seed);
            let mut here: BTreeMap<String, ConnId> = BTreeMap::new();
            for step in 0..4_000 {
                // A crowd arrives, and then leaves.
                let name = format!("n{}", random.u32(..1_500));
                let is_coming = random.u32(..10) < if step < 2_000 { 8 } else { 2 };
                match here.get(&name).copied() {
                    None if is_coming => {
                        let id = ConnId::new(step, 1);
                        index.insert(&name, id);
                        here.insert(name, id);
                    }
                    Some(id) if !is_coming => {
                        index.remove(&name, id);
                        here.remove(&name);
                    }
                    _ => {}
                }
                assert_eq!(index.len(), here.len(), "seed {seed}, step {step}");
                if step % 50 == 0 {
                    agree(&index, &here, seed);
                }
            }
            agree(&index, &here, seed);
            for (name, id) in std::mem::take(&mut here) {
                index.remove(&name, id);
            }
            assert!(index.slots.iter().all(Option::is_none), "seed {seed}");
            assert_eq!(index.slots.len(), SLOTS_MIN);
        }
    }

    fn agree(index: &Index, here: &BTreeMap<String, ConnId>, seed: u64) {
        for n in 0..1_500 {
            let name = format!("n{n}");
            let owner = here.get(&name).copied();
            let found = index.find(&name, |id| Some(id) == owner);
            assert_eq!(found, owner, "seed {seed}: {name}");
        }
    }

    #[test]
    fn two_under_one_hash_are_told_apart_by_who_asks() {
        let mut index = Index::new(0);
        let (one, other) = (ConnId::new(1, 1), ConnId::new(2, 1));
        index.insert("same", one);
        index.insert("same", other);
        assert_eq!(index.find("same", |id| id == other), Some(other));
        index.remove("same", one);
        assert_eq!(index.find("same", |id| id == one), None);
        assert_eq!(index.find("same", |id| id == other), Some(other));
    }
}
