//! Who is called what: one namespace for the whole server, and the next free number behind a taken name.

use std::collections::BTreeMap;

use super::index::Index;
use super::names::{NAME_CHARS_MAX, fold, folded, nickname};
use crate::protocol::ConnId;

/// Digits in a number behind a name, at most; more people than that cannot be connected.
const DIGITS_MAX: usize = 9;

/// Every nickname in use. It does not keep them: `is_called` says whether someone has a name, folded.
#[derive(Debug)]
pub(super) struct Nicks {
    owners: Index,
    /// For a folded name and a count of digits: every number with so many digits below this one is
    /// taken behind that name. Without it ten thousand `guest`s would look a hundred million names
    /// up. An entry lasts only while a number it stands for is in use.
    next_numbers: BTreeMap<(Box<str>, usize), u32>,
}

impl Nicks {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            owners: Index::new(seed),
            next_numbers: BTreeMap::new(),
        }
    }

    pub(super) fn owner(
        &self,
        name: &str,
        is_called: impl Fn(ConnId, &str) -> bool,
    ) -> Option<ConnId> {
        let folded = folded(name);
        self.owners.find(&folded, |id| is_called(id, &folded))
    }

    pub(super) fn len(&self) -> usize {
        self.owners.len()
    }

    /// Takes a name for someone who has none: the one asked for, made legal, with the smallest number
    /// from 2 on behind it if someone else has it. Says what it became.
    pub(super) fn claim(
        &mut self,
        asked: &str,
        owner: ConnId,
        is_called: impl Fn(ConnId, &str) -> bool,
    ) -> String {
        let mut name = nickname(asked);
        if self.owner(&name, &is_called).is_some() {
            name = self.numbered(&name, is_called);
        }
        self.owners.insert(&folded(&name), owner);
        name
    }

    /// Takes exactly this name for someone, if nobody else has it. Says whether.
    pub(super) fn claim_exactly(
        &mut self,
        name: &str,
        owner: ConnId,
        is_called: impl Fn(ConnId, &str) -> bool,
    ) -> bool {
        let other = self.owner(name, is_called);
        if other.is_none() {
            self.owners.insert(&folded(name), owner);
        }
        other.is_none_or(|other| other == owner)
    }

    fn numbered(&mut self, name: &str, is_called: impl Fn(ConnId, &str) -> bool) -> String {
        for digits in 1..=DIGITS_MAX {
            let base: String = name.chars().take(NAME_CHARS_MAX - digits).collect();
            let folded = fold(&base);
            let first = 10_u32.pow(digits as u32 - 1).max(2);
            let end = 10_u32.pow(digits as u32);
            let key = (folded.clone().into_boxed_str(), digits);
            let from = self.next_numbers.get(&key).copied().unwrap_or(first);
            let is_free = |n: &u32| self.owner(&format!("{folded}{n}"), &is_called).is_none();
            let free = (from..end).find(is_free);
            if let Some(number) = free {
                self.next_numbers.insert(key, number + 1);
                return format!("{base}{number}");
            }
            self.next_numbers.insert(key, end);
        }
        unreachable!("a billion connections do not fit")
    }

    /// Gives someone's name back.
    pub(super) fn release(&mut self, name: &str, owner: ConnId) {
        let folded = fold(name);
        self.owners.remove(&folded, owner);
        // Whichever name and number it can be read as, that number is free now.
        let digits = folded.bytes().rev().take_while(u8::is_ascii_digit).count();
        for digits in 1..=digits.min(DIGITS_MAX) {
            let (base, number) = folded.split_at(folded.len() - digits);
            let Ok(number) = number.parse::<u32>() else {
                continue;
            };
            let first = 10_u32.pow(digits as u32 - 1).max(2);
            let key = (Box::from(base), digits);
            if number >= first
                && let Some(next) = self.next_numbers.get_mut(&key)
            {
                *next = number.min(*next);
                if *next == first {
                    self.next_numbers.remove(&key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names, and who has them.
    struct House {
        nicks: Nicks,
        names: BTreeMap<ConnId, String>,
    }

    impl House {
        fn new() -> Self {
            Self {
                nicks: Nicks::new(5),
                names: BTreeMap::new(),
            }
        }

        fn claim(&mut self, asked: &str, n: u32) -> String {
            let id = ConnId::new(n, 1);
            if let Some(old) = self.names.remove(&id) {
                self.nicks.release(&old, id);
            }
            let is_called =
                |id, folded: &str| self.names.get(&id).is_some_and(|it| fold(it) == folded);
            let name = self.nicks.claim(asked, id, is_called);
            self.names.insert(id, name.clone());
            name
        }

        fn release(&mut self, name: &str) {
            let owner = self.names.iter().find(|(_, it)| *it == name);
            let id = *owner.expect("someone has it").0;
            self.names.remove(&id);
            self.nicks.release(name, id);
        }
    }

    #[test]
    fn a_taken_name_gets_the_smallest_free_number() {
        let mut nicks = House::new();
        assert_eq!(nicks.claim("bob", 0), "bob");
        assert_eq!(nicks.claim("BOB", 1), "BOB2");
        assert_eq!(nicks.claim("bob2", 2), "bob22");
        assert_eq!(nicks.claim("bob", 3), "bob3");
        nicks.release("BOB2");
        assert_eq!(nicks.claim("bob", 4), "bob2");
        assert_eq!(nicks.claim("???", 5), "guest");
        assert_eq!(nicks.claim("", 6), "guest2");
    }

    #[test]
    fn one_s_own_name_in_another_case_is_free() {
        let mut nicks = House::new();
        nicks.claim("bob", 0);
        assert_eq!(nicks.claim("Bob", 0), "Bob");
        assert_eq!(nicks.nicks.len(), 1);
    }

    #[test]
    fn a_number_stays_within_the_longest_name() {
        let mut nicks = House::new();
        let long = "x".repeat(32);
        nicks.claim(&long, 0);
        for n in 2..=11 {
            let digits = n.to_string();
            let expected = format!("{}{digits}", "x".repeat(32 - digits.len()));
            assert_eq!(nicks.claim(&long, n), expected);
        }
    }

    #[test]
    fn the_smallest_number_is_found_whatever_was_released() {
        let mut random = fastrand::Rng::with_seed(3);
        let mut nicks = House::new();
        let mut taken: BTreeMap<u32, String> = BTreeMap::new();
        for step in 0..20_000_u32 {
            if random.u32(..5) < 3 {
                let base = ["guest", "bob", "bob2", "b1"][random.usize(..4)];
                let name = nicks.claim(base, step);
                let number = |n: u32| {
                    if n == 1 {
                        base.to_string()
                    } else {
                        format!("{base}{n}")
                    }
                };
                let smallest = (1..).map(number).find(|n| !taken.values().any(|t| t == n));
                assert_eq!(Some(&name), smallest.as_ref());
                taken.insert(step, name);
            } else if let Some((&step, _)) = taken.iter().nth(random.usize(..taken.len().max(1))) {
                nicks.release(&taken.remove(&step).unwrap());
            }
            if taken.len() > 60 {
                for name in std::mem::take(&mut taken).into_values() {
                    nicks.release(&name);
                }
                assert_eq!(nicks.nicks.len(), 0);
                assert!(
                    nicks.nicks.next_numbers.is_empty(),
                    "hints outlive the names"
                );
            }
        }
    }
}
