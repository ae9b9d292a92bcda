//! The owner of each nickname: one namespace for the whole server, and the next free number behind a
//! taken nickname.
//!
//! Nicknames are kept under their skeletons, so that a nickname that only looks like another is found
//! with it:
//!
//! ```text
//! nickname ── fold ──▶ folded ── skeleton ──▶ key in the index ──▶ ConnId ── People ──▶ the nickname
//!   B0B                  b0b                      bob                 #3.1                   B0B
//! ```
//!
//! One key has one owner: a claim is refused, or gets a number, while any other client has a name with the
//! same skeleton. To look a name up (a message to it, an invitation) takes the folded name, and not the
//! skeleton, or a message to `bob` would reach the person called `b0b`.
//!
//! [`People`](super::people::People) is the only caller. A claim and the name that is then set are two
//! steps; between them the index knows an owner whose name is still the old one.

use std::collections::BTreeMap;

use super::command_error::CommandError;
use super::confusables::{guises, skeleton};
use super::fold::{fold, folded};
use super::index::Index;
use super::names::{before_number, nickname};
use crate::protocol::ConnId;

/// Digits of a number behind a nickname, at most: more people than that cannot be connected.
const DIGITS_MAX: usize = 9;

/// Names that no client may take, because people would believe the messages sent under them. The relay's own
/// name and those of the configuration are reserved besides.
const RESERVED: [&str; 6] = ["host", "server", "root", "admin", "operator", "system"];

/// The ending of more such names: services of IRC networks, which people tell their passwords to.
const RESERVED_ENDING: &str = "serv";

/// A request for a nickname.
///
/// # Examples
///
/// ```
/// # use std::time::Duration;
/// use parloir::relay::hub::{Action, CommandError, EventLevel, Host, Hub, Nick};
/// # use parloir::relay::hub::{Addressee, Event, Recipient, Sink};
/// use parloir::{ConnId, RelayConfig, Time};
///
/// # struct Quiet;
/// # impl Sink for Quiet {
/// #     fn to_room<'e>(&mut self, _: &str, _: impl Iterator<Item = Recipient>,
/// #         _: impl Iterator<Item = Event<'e>> + Clone) {}
/// #     fn to_peers(&mut self, _: impl Iterator<Item = Recipient>, _: &Event<'_>) {}
/// #     fn to_one(&mut self, _: Addressee<'_>, _: &Event<'_>) {}
/// #     fn dismissed(&mut self, _: ConnId) {}
/// # }
/// let mut hub = Hub::new(RelayConfig::default());
/// let now = Time::new(Duration::ZERO, Duration::ZERO);
/// let mut arrive = |n, nick| {
///     let (id, level, host) = (ConnId::new(n, 0), EventLevel::Room, Host::LOCAL);
///     let admit = Action::Admit { level, host, address: None, enters_default: true };
///     hub.apply(id, &admit, now, &mut Quiet).expect("an admission is never refused");
///     hub.apply(id, &Action::Arrive { nick, names: None }, now, &mut Quiet).map(drop)?;
///     Ok(hub.name(id).expect("it has arrived").to_owned())
/// };
/// assert_eq!(arrive(0, Nick::Exactly("bob")), Ok("bob".to_owned()));
/// assert_eq!(arrive(1, Nick::Like("Bob")), Ok("Bob2".to_owned()));
/// assert_eq!(arrive(2, Nick::Exactly("b0b")), Err(CommandError::NameTaken), "it looks like bob");
/// assert_eq!(arrive(3, Nick::Exactly("host")), Err(CommandError::NameReserved));
/// assert_eq!(arrive(4, Nick::Like("host")), Ok("host2".to_owned()));
/// assert_eq!(arrive(5, Nick::Reserved("host")), Ok("host".to_owned()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nick<'a> {
    /// Exactly this nickname, or none. For programs, which want to know that a nickname is taken, and ask
    /// for another one themselves.
    Exactly(&'a str),
    /// This nickname made legal, with a number behind it if it is taken. For people at a terminal, who are
    /// to be in the room with their first line, whatever it is.
    Like(&'a str),
    /// This nickname, which is reserved for the client that requests it. The hub believes the caller: see
    /// [`Hub::apply`](super::Hub::apply).
    Reserved(&'a str),
}

/// A question about the owner of a nickname.
#[derive(Clone, Copy, Debug)]
pub(super) enum Owned<'a> {
    /// The owner of this folded nickname.
    Folded(&'a str),
    /// An owner of any nickname with this skeleton.
    Skeleton(&'a str),
}

/// The index of all nicknames in use. It does not store them: its callers pass a function, `owns`, that
/// answers whether a client has a nickname, or a nickname with a skeleton.
#[derive(Debug)]
pub(super) struct Nicks {
    owners: Index,
    /// Skeletons of the reserved names.
    reserved: Vec<Box<str>>,
    /// For the skeleton of a nickname and a count of digits: all numbers of that many digits below this
    /// one are taken behind the nickname. Without these, ten thousand `guest`s would cost a hundred
    /// million lookups. An entry lasts only while one of its taken numbers is in use.
    next_numbers: BTreeMap<(Box<str>, usize), u32>,
}

impl Nicks {
    /// An empty index. The names in `more` are reserved in addition to those that always are.
    pub(super) fn new<'a>(seed: u64, more: impl Iterator<Item = &'a str>) -> Self {
        let reserved = RESERVED.into_iter().chain(more);
        Self {
            owners: Index::new(seed),
            reserved: reserved.map(|name| skeleton(&fold(name)).into()).collect(),
            next_numbers: BTreeMap::new(),
        }
    }

    pub(super) fn owner(
        &self,
        name: &str,
        owns: impl Fn(ConnId, Owned<'_>) -> bool,
    ) -> Option<ConnId> {
        let folded = folded(name);
        let is_it = |id| owns(id, Owned::Folded(&folded));
        self.owners.find(&skeleton(&folded), is_it)
    }

    /// Returns whether a client other than `except` has a nickname with this skeleton.
    fn has_like(
        &self,
        skeleton: &str,
        except: Option<ConnId>,
        owns: impl Fn(ConnId, Owned<'_>) -> bool,
    ) -> bool {
        let is_other = |id| Some(id) != except && owns(id, Owned::Skeleton(skeleton));
        self.owners.find(skeleton, is_other).is_some()
    }

    /// Returns whether a skeleton is that of a reserved name. Names with numbers behind them are not: `root2`
    /// is what somebody gets who asks for `root`, and shows by its number that it is not that.
    fn is_reserved(&self, skeleton: &str) -> bool {
        skeleton.ends_with(RESERVED_ENDING) || self.reserved.iter().any(|it| **it == *skeleton)
    }

    pub(super) fn len(&self) -> usize {
        self.owners.len()
    }

    /// Takes a nickname for a client that has none, and returns it. The nickname is made legal, and gets
    /// the smallest free number from 2 on behind it if it is reserved, or if a client has it or one that
    /// looks like it.
    pub(super) fn claim(
        &mut self,
        asked: &str,
        owner: ConnId,
        owns: impl Fn(ConnId, Owned<'_>) -> bool,
    ) -> String {
        let mut name = nickname(asked);
        // All guises are asked, not the skeleton alone: `ВОВ` in Russian capitals was let in beside `BOB`, as
        // names were compared by their small letters only.
        let is_taken = |like: &String| self.is_reserved(like) || self.has_like(like, None, &owns);
        if guises(&name).iter().any(is_taken) {
            name = self.numbered(&name, owns);
        }
        self.owners.insert(&skeleton(&folded(&name)), owner);
        name
    }

    /// Takes exactly this nickname for a client.
    ///
    /// # Errors
    ///
    /// If the nickname is reserved, or another client has it or one that looks like it.
    pub(super) fn claim_exactly(
        &mut self,
        name: &str,
        owner: ConnId,
        owns: impl Fn(ConnId, Owned<'_>) -> bool,
    ) -> Result<(), CommandError<'static>> {
        let guises = guises(name);
        if guises.iter().any(|like| self.is_reserved(like)) {
            return Err(CommandError::NameReserved);
        }
        let is_taken = |like: &String| self.has_like(like, Some(owner), &owns);
        if guises.iter().any(is_taken) {
            return Err(CommandError::NameTaken);
        }
        let like = skeleton(&folded(name));
        // The client's own nickname in another case is in the index already.
        if self.owners.find(&like, |id| id == owner).is_none() {
            self.owners.insert(&like, owner);
        }
        Ok(())
    }

    /// Takes a reserved nickname for the client that it is reserved for, with a number behind it if
    /// another client has it. Returns the nickname.
    pub(super) fn claim_reserved(
        &mut self,
        name: &str,
        owner: ConnId,
        owns: impl Fn(ConnId, Owned<'_>) -> bool,
    ) -> String {
        let like = skeleton(&folded(name));
        let name = match self.has_like(&like, None, &owns) {
            true => self.numbered(name, owns),
            false => name.to_owned(),
        };
        self.owners.insert(&skeleton(&folded(&name)), owner);
        name
    }

    /// Returns the name with the smallest free number behind it. The name is cut so that the number fits, so
    /// each count of digits has a base of its own, and is searched by itself.
    fn numbered(&mut self, name: &str, owns: impl Fn(ConnId, Owned<'_>) -> bool) -> String {
        for digits in 1..=DIGITS_MAX {
            let base = before_number(name, digits);
            let like = skeleton(&fold(base));
            let first = 10_u32.pow(digits as u32 - 1).max(2);
            let end = 10_u32.pow(digits as u32);
            let key = (like.clone().into_boxed_str(), digits);
            let from = self.next_numbers.get(&key).copied().unwrap_or(first);
            let is_free = |n: &u32| {
                let like = format!("{like}{}", skeleton(&n.to_string()));
                !self.has_like(&like, None, &owns)
            };
            let free = (from..end).find(is_free);
            if let Some(number) = free {
                self.next_numbers.insert(key, number + 1);
                return format!("{base}{number}");
            }
            self.next_numbers.insert(key, end);
        }
        unreachable!("a billion connections do not fit")
    }

    /// Gives back a client's nickname, and the number behind it for whoever asks next.
    pub(super) fn release(&mut self, name: &str, owner: ConnId) {
        let like = skeleton(&folded(name));
        self.owners.remove(&like, owner);
        // The skeleton may be read as a nickname and a number in several ways; in each of them, the
        // number is free now. A letter that looks like a digit counts as one, as it does in the
        // skeleton.
        let read = |c: char| match c {
            'o' => Some('0'),
            'l' => Some('1'),
            c => Some(c).filter(char::is_ascii_digit),
        };
        let mut number = String::new();
        for (at, c) in like.char_indices().rev().take(DIGITS_MAX) {
            let Some(digit) = read(c) else {
                break;
            };
            number.insert(0, digit);
            let Ok(value) = number.parse::<u32>() else {
                break;
            };
            let first = 10_u32.pow(number.len() as u32 - 1).max(2);
            let key = (Box::from(&like[..at]), number.len());
            if value >= first
                && let Some(next) = self.next_numbers.get_mut(&key)
            {
                *next = value.min(*next);
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

    /// An index, with the nicknames and their owners.
    struct House {
        nicks: Nicks,
        names: BTreeMap<ConnId, String>,
    }

    impl House {
        fn new() -> Self {
            Self {
                nicks: Nicks::new(5, ["Café"].into_iter()),
                names: BTreeMap::new(),
            }
        }

        fn claim(&mut self, asked: &str, n: u32) -> String {
            let id = ConnId::new(n, 1);
            if let Some(old) = self.names.remove(&id) {
                self.nicks.release(&old, id);
            }
            let owns = |id, it: Owned<'_>| {
                let own = self.names.get(&id).map(|own| fold(own));
                own.is_some_and(|own| match it {
                    Owned::Folded(name) => own == name,
                    Owned::Skeleton(like) => skeleton(&own) == like,
                })
            };
            let name = self.nicks.claim(asked, id, owns);
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
    fn what_looks_like_a_name_in_use_is_taken() {
        let mut nicks = House::new();
        nicks.claim("bob", 0);
        assert_eq!(nicks.claim("b0b", 1), "b0b2");
        assert_eq!(nicks.claim("bоb", 2), "bоb3");
        nicks.release("b0b2");
        assert_eq!(nicks.claim("bob", 3), "bob2");
        // The number 10 and `lo` look alike as well.
        for n in 4..=10 {
            assert_eq!(nicks.claim("bob", n), format!("bob{n}"));
        }
        assert_eq!(nicks.claim("boblo", 11), "boblo2");
        nicks.release("bob10");
        assert_eq!(nicks.claim("boblo", 12), "boblo");
        assert_eq!(nicks.claim("bob", 13), "bob11");
        nicks.release("boblo");
        assert_eq!(nicks.claim("bob", 14), "bob10");
    }

    #[test]
    fn reserved_names_are_nobody_s_and_numbers_are_told_from_them() {
        let mut nicks = House::new();
        for (asked, name) in [
            ("root", "root2"),
            ("ROOT", "ROOT3"),
            ("аdmin", "аdmin2"),
            ("adrnin", "adrnin3"),
            ("NickServ", "NickServ2"),
            ("ChanServ", "ChanServ2"),
            ("cafe\u{301}", "café2"),
            ("conserve", "conserve"),
            ("hostess", "hostess"),
            ("server1", "server1"),
        ] {
            let n = nicks.names.len() as u32;
            assert_eq!(nicks.claim(asked, n), name);
        }
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
        // Each character folds to three; a folded nickname has at most 64.
        let long = "ﬃ".repeat(21);
        nicks.claim(&long, 20);
        for n in 2..=11 {
            let kept = if n < 10 { 21 } else { 20 };
            assert_eq!(
                nicks.claim(&long, 20 + n),
                format!("{}{n}", "ﬃ".repeat(kept))
            );
        }
    }

    #[test]
    fn the_smallest_number_is_found_whatever_was_released() {
        let mut random = fastrand::Rng::with_seed(3);
        let mut nicks = House::new();
        let mut taken: BTreeMap<u32, String> = BTreeMap::new();
        for step in 0..20_000_u32 {
            if random.u32(..5) < 3 {
                let base = ["guest", "bob", "bob2", "b1", "b0b", "bl"][random.usize(..6)];
                let name = nicks.claim(base, step);
                let number = |n: u32| {
                    if n == 1 {
                        base.to_string()
                    } else {
                        format!("{base}{n}")
                    }
                };
                let looks_so = |t: &String, n: &String| skeleton(&fold(t)) == skeleton(&fold(n));
                let is_taken = |n: &String| taken.values().any(|t| looks_so(t, n));
                let smallest = (1..).map(number).find(|n| !is_taken(n));
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
