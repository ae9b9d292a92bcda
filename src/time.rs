//! The time as a protocol is told it: passed in, so that the same calls give the same answers.

use std::cmp::Ordering;
use std::num::NonZeroU64;
use std::time::Duration;

/// Now, on two clocks: a monotonic one to compare and wait by, and UTC to show.
///
/// Comparing looks at the monotonic clock alone: UTC may be set back while the server runs.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    monotonic: Monotonic,
    unix_us: u64,
}

impl Time {
    /// A moment `monotonic` after an arbitrary start and `unix` after 1970-01-01T00:00Z.
    /// Both are kept in microseconds.
    pub fn new(monotonic: Duration, unix: Duration) -> Self {
        Self {
            monotonic: Monotonic(NonZeroU64::MIN.saturating_add(micros(monotonic))),
            unix_us: micros(unix),
        }
    }

    /// The same on the monotonic clock alone.
    pub fn monotonic(self) -> Monotonic {
        self.monotonic
    }

    /// UTC, as seconds since 1970.
    pub fn unix_seconds(self) -> u64 {
        self.unix_us / 1_000_000
    }

    /// UTC, as microseconds since 1970.
    pub fn unix_micros(self) -> u64 {
        self.unix_us
    }

    /// How long ago `earlier` was; zero if it is yet to come.
    pub fn since(self, earlier: impl Into<Monotonic>) -> Duration {
        self.monotonic.since(earlier)
    }

    /// The time of both clocks so much later, if neither is set.
    pub fn later(self, by: Duration) -> Self {
        Self {
            monotonic: self.monotonic + by,
            unix_us: self.unix_us.saturating_add(micros(by)),
        }
    }
}

impl PartialEq for Time {
    fn eq(&self, other: &Self) -> bool {
        self.monotonic == other.monotonic
    }
}

impl Eq for Time {}

impl PartialOrd for Time {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Time {
    fn cmp(&self, other: &Self) -> Ordering {
        self.monotonic.cmp(&other.monotonic)
    }
}

impl std::ops::Add<Duration> for Time {
    type Output = Monotonic;

    fn add(self, later: Duration) -> Monotonic {
        self.monotonic + later
    }
}

/// A moment on the monotonic clock alone, to remember and to wait for: half of a [`Time`], as is
/// an `Option` of it. Every connection has a dozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Monotonic(
    /// In microseconds, one more than it is, so that there is a value for `None`.
    NonZeroU64,
);

impl Monotonic {
    /// How long ago `earlier` was then; zero if it came later.
    pub fn since(self, earlier: impl Into<Self>) -> Duration {
        Duration::from_micros(self.0.get().saturating_sub(earlier.into().0.get()))
    }
}

impl From<Time> for Monotonic {
    fn from(time: Time) -> Self {
        time.monotonic
    }
}

impl PartialEq<Time> for Monotonic {
    fn eq(&self, now: &Time) -> bool {
        *self == now.monotonic
    }
}

impl PartialOrd<Time> for Monotonic {
    fn partial_cmp(&self, now: &Time) -> Option<Ordering> {
        Some(self.cmp(&now.monotonic))
    }
}

impl PartialEq<Monotonic> for Time {
    fn eq(&self, at: &Monotonic) -> bool {
        self.monotonic == *at
    }
}

impl PartialOrd<Monotonic> for Time {
    fn partial_cmp(&self, at: &Monotonic) -> Option<Ordering> {
        Some(self.monotonic.cmp(at))
    }
}

impl std::ops::Add<Duration> for Monotonic {
    type Output = Self;

    fn add(self, later: Duration) -> Self {
        Self(self.0.saturating_add(micros(later)))
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
