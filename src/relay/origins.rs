//! What has been used up by everybody who comes from one place, and does not come back with a new
//! connection: allowances of lines, and guesses at passwords.
//!
//! Each connection has an allowance of its own, or whoever writes most would hold up all others behind
//! the same router. But it is not a new one: it is what the last connection from there has left over.
//! So somebody who comes back a thousand times has one allowance, and thirty people in one classroom,
//! who are all there at once, have thirty.

use std::collections::{BTreeMap, BinaryHeap};
use std::fmt;
use std::time::Duration;

use super::hub::Allowance;
use crate::protocol::{Address, Moment, Time};

/// Wrong passwords from one place that cost no time.
const WRONG_FREE: u32 = 3;

/// What the next wrong one costs; each doubles it.
const DELAY_FIRST: Duration = Duration::from_millis(250);

/// What one costs at most.
const DELAY_MAX: Duration = Duration::from_secs(8);

/// The same where everybody on this machine, or behind a proxy on it, comes from one place.
const DELAY_LOCAL_MAX: Duration = Duration::from_secs(1);

/// How long wrong passwords are remembered behind the last one.
const WRONG_KEPT: Duration = Duration::from_secs(600);

/// How many places are looked at, for what may be forgotten of them, when something is kept of one.
/// More than one, or the table would grow with every place there ever was.
const SWEPT: usize = 2;

/// Where someone comes from: an IPv4 address, an IPv6 /64, which is what one machine gets to choose
/// addresses from, or this machine itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Origin(u64);

impl Origin {
    const LOCAL: Self = Self(0);

    /// No /64 of the network begins like that (IANA gives out 2000::/3).
    const V4: u64 = 1 << 32;

    pub(super) fn of(address: Address) -> Self {
        let octets = address.octets().map(u128::from_be_bytes);
        match (address.ip(), octets) {
            (Some(ip), Some(bits)) if !ip.is_loopback() => match ip.is_ipv4() {
                // Mapped into an IPv6 address, it is the end of that.
                true => Self(Self::V4 | bits as u64 & 0xffff_ffff),
                false => Self((bits >> 64) as u64),
            },
            _ => Self::LOCAL,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::LOCAL => f.write_str("localhost"),
            Self(bits) if bits >> 32 == 1 => {
                let [a, b, c, d] = (bits as u32).to_be_bytes();
                write!(f, "{a}.{b}.{c}.{d}")
            }
            Self(bits) => {
                let part = |n: u32| (bits >> (48 - 16 * n)) as u16;
                write!(
                    f,
                    "{:x}:{:x}:{:x}:{:x}::/64",
                    part(0),
                    part(1),
                    part(2),
                    part(3)
                )
            }
        }
    }
}

/// All places of which something is to be kept.
#[derive(Debug, Default)]
pub(super) struct Origins {
    records: BTreeMap<Origin, Record>,
    /// Where the sweep goes on.
    swept: Option<Origin>,
}

#[derive(Debug, Default)]
struct Record {
    /// What connections that are gone have left over, the most used one on top.
    allowances: BinaryHeap<Allowance>,
    /// Wrong passwords, and when the last one was.
    wrong: u32,
    wrong_at: Option<Moment>,
}

impl Record {
    fn is_worth_keeping(&self, now: Time) -> bool {
        let has_debt = self.allowances.peek().is_some_and(|it| !it.is_full(now));
        has_debt || self.has_guessed(now)
    }

    fn has_guessed(&self, now: Time) -> bool {
        self.wrong_at.is_some_and(|at| at + WRONG_KEPT > now)
    }
}

impl Origins {
    /// The allowance of a new connection: the most used one that is nobody's, else a full one.
    pub(super) fn take(&mut self, origin: Origin, now: Time) -> Allowance {
        let record = self.records.get_mut(&origin);
        let used = record.and_then(|record| record.allowances.pop());
        used.unwrap_or(Allowance::full(now))
    }

    /// A connection is gone, and this is left.
    pub(super) fn give_back(&mut self, origin: Origin, allowance: Allowance, now: Time) {
        self.sweep(now);
        if !allowance.is_full(now) {
            let record = self.records.entry(origin).or_default();
            record.allowances.push(allowance);
        }
    }

    /// Somebody gave a wrong password. Says the how manieth that is from there.
    pub(super) fn note_wrong(&mut self, origin: Origin, now: Time) -> u32 {
        self.sweep(now);
        let record = self.records.entry(origin).or_default();
        if !record.has_guessed(now) {
            record.wrong = 0;
        }
        record.wrong = record.wrong.saturating_add(1);
        record.wrong_at = Some(now.moment());
        record.wrong
    }

    /// When a password from there is looked at, if not now.
    pub(super) fn guess_at(&self, origin: Origin, now: Time) -> Option<Moment> {
        let record = self.records.get(&origin)?;
        let doublings = record.wrong.checked_sub(WRONG_FREE)?;
        let longest = match origin {
            Origin::LOCAL => DELAY_LOCAL_MAX,
            _ => DELAY_MAX,
        };
        let delay = DELAY_FIRST.saturating_mul(1 << doublings.min(16));
        let at = record.wrong_at? + delay.min(longest);
        (at > now).then_some(at)
    }

    /// Forgets what is not worth keeping of the next places.
    fn sweep(&mut self, now: Time) {
        for _ in 0..SWEPT {
            let behind = match self.swept {
                Some(swept) => self.records.range(Origin(swept.0 + 1)..).next(),
                None => self.records.first_key_value(),
            };
            let next = behind.map(|(origin, record)| (*origin, record.is_worth_keeping(now)));
            self.swept = next.map(|(origin, _)| origin).filter(|it| it.0 < u64::MAX);
            if let Some((origin, false)) = next {
                self.records.remove(&origin);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::hub::Flood;

    fn at(ms: u64) -> Time {
        Time::new(Duration::from_millis(ms), Duration::ZERO)
    }

    fn origin(ip: &str) -> Origin {
        let address = match ip.contains(':') {
            true => format!("[{ip}]:1"),
            false => format!("{ip}:1"),
        };
        Origin::of(Address::Ip(address.parse().unwrap()))
    }

    #[test]
    fn places_are_told_apart_and_shown() {
        for (ip, shown) in [
            ("192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("127.0.0.1", "localhost"),
            ("127.9.9.9", "localhost"),
            ("::1", "localhost"),
        ] {
            assert_eq!(origin(ip).to_string(), shown);
        }
        assert_eq!(origin("2001:db8::1"), origin("2001:db8::ffff:0:0:2"));
        assert_ne!(origin("2001:db8::1"), origin("2001:db8:0:1::1"));
        assert_ne!(origin("192.0.2.1"), origin("192.0.2.2"));
        assert_eq!(Origin::of(Address::Unix), origin("::1"));
    }

    #[test]
    fn coming_back_brings_back_what_was_used_up() {
        let flood = Flood::new(10, 50);
        let mut origins = Origins::default();
        let (here, there) = (origin("192.0.2.1"), origin("192.0.2.2"));
        let mut one = origins.take(here, at(0));
        flood.spend(&mut one, 50, at(0));
        let mut two = origins.take(here, at(0));
        flood.spend(&mut two, 10, at(0));
        origins.give_back(here, two, at(0));
        origins.give_back(here, one, at(0));
        // The most used one first, then the other, then new ones; and elsewhere nothing of it.
        assert!(flood.wait(&origins.take(here, at(0)), at(0)).is_some());
        assert!(flood.wait(&origins.take(here, at(0)), at(0)).is_none());
        assert!(origins.take(here, at(0)).is_full(at(0)));
        assert!(origins.take(there, at(0)).is_full(at(0)));
    }

    #[test]
    fn places_are_forgotten_once_everything_has_grown_back() {
        let flood = Flood::new(10, 50);
        let mut origins = Origins::default();
        for n in 0..10_000_u64 {
            let place = Origin(Origin::V4 | n);
            let mut allowance = origins.take(place, at(n));
            flood.spend(&mut allowance, 1, at(n));
            origins.give_back(place, allowance, at(n));
            origins.note_wrong(place, at(n));
        }
        assert_eq!(origins.records.len(), 10_000);
        let later = 700_000;
        for n in 0..10_000 {
            let mut allowance = origins.take(Origin::LOCAL, at(later + n));
            flood.spend(&mut allowance, 1, at(later + n));
            origins.give_back(Origin::LOCAL, allowance, at(later + n));
        }
        assert!(origins.records.len() <= 2, "{}", origins.records.len());
    }

    #[test]
    fn each_wrong_password_costs_more_time_up_to_a_limit() {
        for (place, longest) in [(origin("192.0.2.1"), 8_000), (Origin::LOCAL, 1_000)] {
            let mut origins = Origins::default();
            let mut now = 0;
            let mut delays = Vec::new();
            for count in 1..=12 {
                assert_eq!(origins.note_wrong(place, at(now)), count);
                let next = origins.guess_at(place, at(now));
                let delay = next.map_or(0, |next| next.since(at(now)).as_millis() as u64);
                if delay > 0 {
                    assert!(origins.guess_at(place, at(now + delay - 1)).is_some());
                    assert_eq!(origins.guess_at(place, at(now + delay)), None);
                }
                delays.push(delay);
                now += delay;
            }
            let expected = (0..12).map(|n: u32| match n.checked_sub(2) {
                Some(n) => (250 << n).min(longest),
                None => 0,
            });
            assert!(expected.eq(delays), "{place}");
            // After ten minutes without one, it begins anew.
            assert_eq!(origins.note_wrong(place, at(now + 600_000)), 1);
        }
    }
}
