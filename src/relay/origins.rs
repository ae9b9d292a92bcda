//! Limits that all connections from one place share, and that a new connection does not renew: allowances
//! of lines, and guesses at passwords.
//!
//! Each connection has an allowance of its own, or the one that writes most would hold up all others behind
//! the same router. But it is not a new one: it is the one that the last connection from there has left over.
//! So somebody who comes back a thousand times has one allowance, and thirty people in one classroom,
//! who are all there at once, have thirty.
//!
//! ```text
//! place ──▶ Record { common allowance, open, held_up, left: [allowances of closed connections] }
//!             open:  take() the most used one of `left`, or a full one
//!             line:  spend() from its own and from the common one
//!             close: give_back() to `left`; the overdrawn part to the common one
//! ```
//!
//! All that come from one place have a common one besides, many times as large. While it is overdrawn,
//! each line costs its sender, besides itself, the time by which the place is behind; but no more than
//! it takes everybody there to say a line each, or one who had the relay do the work of thousands of
//! lines would hold up the others. Nobody waits for that time: it is taken from what they have left, so
//! a crowd that says all it can shares the place's rate, and who speaks now and then among them does
//! not notice. A queue with turns was rejected: everybody would wait behind everyone's paste, and thousands
//! of timers would come due at once. Before there was a common allowance, 49 lines, close, and again came to
//! 155,000 lines a second from one place.

use std::collections::{BTreeMap, BinaryHeap};
use std::fmt;
use std::time::Duration;

use slab::Slab;

use super::hub::{Allowance, Flood};
use crate::config::RelayConfig;
use crate::protocol::{Address, Monotonic, Time};

/// Wrong passwords from one place that cost no time.
const WRONG_FREE: u32 = 3;

/// The wait after the first wrong password; each further one doubles it.
const DELAY_FIRST: Duration = Duration::from_millis(250);

/// The longest wait after a wrong password.
const DELAY_MAX: Duration = Duration::from_secs(8);

/// The longest wait on this machine, where everybody, or everybody behind a proxy on it, is one place.
const DELAY_LOCAL_MAX: Duration = Duration::from_secs(1);

/// The number of places that this machine counts as, for the same reason.
const LOCAL_PLACES: u32 = 8;

/// The time for which wrong passwords are remembered behind the last one.
const WRONG_KEPT: Duration = Duration::from_secs(600);

/// Places that are looked at when a connection closes, to see whether they may be forgotten. More than one,
/// or the table would grow with every place there ever was. There is no timer for it.
const SWEPT: usize = 2;

/// The place that a connection comes from: an IPv4 address, an IPv6 /64, from which one machine may choose
/// any address, or this machine itself.
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

/// The record of a place, for as long as a connection from there is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OriginId(u32);

impl OriginId {
    fn index(self) -> usize {
        self.0 as usize
    }
}

/// All places of which something is to be kept.
#[derive(Debug)]
pub(super) struct Origins {
    known: BTreeMap<Origin, OriginId>,
    records: Slab<Record>,
    /// The place behind which the sweep goes on; none at the beginning.
    swept: Option<Origin>,
    /// The settings of the allowance of one connection.
    one: Flood,
    /// The settings of the allowance of all connections from one place.
    common: Common,
}

/// The allowance of all connections from one place.
#[derive(Debug)]
struct Common {
    address: Flood,
    local: Flood,
    /// The number of connections that the allowance of an address is for; zero if there is no limit.
    shares: u32,
}

impl Common {
    fn of(&self, origin: Origin) -> Option<&Flood> {
        (self.shares > 0).then_some(match origin {
            Origin::LOCAL => &self.local,
            _ => &self.address,
        })
    }

    fn shares_of(&self, origin: Origin) -> u32 {
        match origin {
            Origin::LOCAL => self.shares.saturating_mul(LOCAL_PLACES),
            _ => self.shares,
        }
    }
}

#[derive(Debug)]
struct Record {
    origin: Origin,
    /// Connections that are open.
    open: u32,
    /// The number of them that have lines which wait for their allowance.
    held_up: u32,
    /// The allowance that is left for all of them together.
    common: Allowance,
    /// Allowances that closed connections have left over, the most used one on top.
    left: BinaryHeap<Allowance>,
    /// Wrong passwords, and the time of the last one. They count until there was none for [`WRONG_KEPT`]; a
    /// right one in between changes nothing.
    wrong: u32,
    wrong_at: Option<Monotonic>,
}

impl Record {
    fn is_worth_keeping(&self, now: Time) -> bool {
        let has_debt = self.left.peek().is_some_and(|it| !it.is_full(now));
        self.open > 0 || has_debt || !self.common.is_full(now) || self.has_guessed(now)
    }

    fn has_guessed(&self, now: Time) -> bool {
        self.wrong_at.is_some_and(|at| at + WRONG_KEPT > now)
    }
}

impl Origins {
    pub(super) fn new(config: &RelayConfig) -> Self {
        let (rate, burst) = (config.rate, config.burst);
        let shares = config.allowances_per_address;
        let flood =
            |shares: u32| Flood::new(rate.saturating_mul(shares), burst.saturating_mul(shares));
        Self {
            known: BTreeMap::new(),
            records: Slab::new(),
            swept: None,
            one: Flood::new(rate, burst),
            common: Common {
                address: flood(shares),
                local: flood(shares.saturating_mul(LOCAL_PLACES)),
                shares,
            },
        }
    }

    /// Counts a connection from an address as open, until [`Self::close`].
    pub(super) fn open(&mut self, address: Address, now: Time) -> OriginId {
        let origin = Origin::of(address);
        let place = *self.known.entry(origin).or_insert_with(|| {
            let record = Record {
                origin,
                open: 0,
                held_up: 0,
                common: Allowance::full(now),
                left: BinaryHeap::new(),
                wrong: 0,
                wrong_at: None,
            };
            // Places that matter are fewer than connections, of which ids leave room for 2^24.
            OriginId(u32::try_from(self.records.insert(record)).unwrap_or(u32::MAX))
        });
        self.records[place.index()].open += 1;
        place
    }

    /// Counts a connection as held up that was not, or the other way round.
    pub(super) fn note_held_up(&mut self, place: OriginId, is_held_up: bool) {
        let record = &mut self.records[place.index()];
        match is_held_up {
            true => record.held_up += 1,
            false => record.held_up -= 1,
        }
    }

    /// Counts a connection as gone that was opened, and is not held up any more.
    pub(super) fn close(&mut self, place: OriginId, now: Time) {
        self.records[place.index()].open -= 1;
        self.sweep(now);
    }

    /// The address or network of a record, for the log.
    pub(super) fn origin(&self, place: OriginId) -> Origin {
        self.records[place.index()].origin
    }

    /// Returns whether one more connection could only be kept waiting: so many wait already that they have the
    /// whole place's rate among them.
    pub(super) fn is_crowded(&self, place: OriginId) -> bool {
        let shares = self.common.shares_of(self.origin(place));
        shares > 0 && self.records[place.index()].held_up >= shares
    }

    /// The allowance of a new connection: the most used one that is nobody's, else a full one. But once
    /// its place has less than half left, new ones have less and less, and nothing when that has. (Full
    /// ones as long as there is a line left would let everybody in who comes in that moment.)
    pub(super) fn take(&mut self, place: OriginId, now: Time) -> Allowance {
        let record = &mut self.records[place.index()];
        let left = record.left.pop();
        if left.is_none_or(|left| left.is_full(now)) {
            // The most used one is full, and so are all others.
            record.left.clear();
        }
        let mut allowance = Allowance::full(now);
        if let Some(common) = self.common.of(record.origin) {
            allowance.put_off(2 * common.over_half(&record.common, now), now);
            let mut most = self.one.used_up(now);
            most.put_off(common.time_for(record.open), now);
            allowance = allowance.min(most);
        }
        allowance.max(left.unwrap_or(allowance))
    }

    /// Takes the allowance back that a gone connection has left, less a line for coming and going at all, if
    /// there is one. (If more were taken, somebody who only connects would put everybody there behind.) The
    /// place has to pay the overdrawn part, if it has a common allowance, and not whoever comes next: a
    /// line that counts as six thousand was paid for by others, for ten minutes.
    pub(super) fn give_back(&mut self, place: OriginId, mut allowance: Allowance, now: Time) {
        self.one.spend_if_any(&mut allowance, now);
        if self.common.shares > 0 {
            allowance = allowance.min(self.one.used_up(now));
        }
        let record = &mut self.records[place.index()];
        if !allowance.is_full(now) {
            record.left.push(allowance);
        }
        if let Some(common) = self.common.of(record.origin) {
            common.spend_if_any(&mut record.common, now);
        }
    }

    /// Returns the time at which a connection with this allowance may send its next line; none if now.
    pub(super) fn wait(&self, allowance: &Allowance, now: Time) -> Option<Monotonic> {
        self.one.wait(allowance, now)
    }

    /// Returns whether the allowance of a place has room for one more line.
    pub(super) fn has_left(&self, place: OriginId, now: Time) -> bool {
        let record = &self.records[place.index()];
        let common = self.common.of(record.origin);
        common.is_some_and(|common| common.wait(&record.common, now).is_none())
    }

    /// Takes a number of lines out of the allowance of a connection and of its place.
    pub(super) fn spend(
        &mut self,
        place: OriginId,
        allowance: &mut Allowance,
        lines: u32,
        now: Time,
    ) {
        self.one.spend(allowance, lines, now);
        let record = &mut self.records[place.index()];
        if let Some(common) = self.common.of(record.origin) {
            common.spend(&mut record.common, lines, now);
            let behind = common.overdrawn(&record.common, now);
            if !behind.is_zero() {
                // Not more than a line of each: forty JOINs that counted as five hundred lines each put
                // localhost fifteen seconds behind, and an honest pair there waited four.
                allowance.put_off(behind.min(common.time_for(record.open)), now);
            }
        }
    }

    /// Notes a wrong password. Returns how many have come from the place by now.
    pub(super) fn note_wrong(&mut self, place: OriginId, now: Time) -> u32 {
        let record = &mut self.records[place.index()];
        if !record.has_guessed(now) {
            record.wrong = 0;
        }
        record.wrong = record.wrong.saturating_add(1);
        record.wrong_at = Some(now.monotonic());
        record.wrong
    }

    /// Returns the time at which a password from the place is looked at; none if now.
    pub(super) fn guess_at(&self, place: OriginId, now: Time) -> Option<Monotonic> {
        let record = &self.records[place.index()];
        let doublings = record.wrong.checked_sub(WRONG_FREE)?;
        let longest = match record.origin {
            Origin::LOCAL => DELAY_LOCAL_MAX,
            _ => DELAY_MAX,
        };
        let delay = DELAY_FIRST.saturating_mul(1 << doublings.min(16));
        let at = record.wrong_at? + delay.min(longest);
        (at > now).then_some(at)
    }

    /// Looks at the next places, and forgets those of which nothing is worth keeping.
    fn sweep(&mut self, now: Time) {
        for _ in 0..SWEPT {
            let behind = match self.swept {
                Some(swept) => self.known.range(Origin(swept.0 + 1)..).next(),
                None => self.known.first_key_value(),
            };
            let next = behind.map(|(origin, place)| (*origin, place.index()));
            self.swept = next.map(|(origin, _)| origin).filter(|it| it.0 < u64::MAX);
            if let Some((origin, at)) = next
                && !self.records[at].is_worth_keeping(now)
            {
                self.known.remove(&origin);
                self.records.remove(at);
            }
        }
    }
}

#[cfg(test)]
mod tests;
