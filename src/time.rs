//! The time as a protocol is told it: passed in, so that the same calls give the same answers.
//!
//! The standard library's `Instant` cannot be made up, so a test could not say what time it is. Here a time
//! is a number of microseconds: the loop reads its clock once a turn, and a test takes any time it wants.

use std::cmp::Ordering;
use std::num::NonZeroU64;
use std::time::Duration;

/// Now, on two clocks: a monotonic one to compare and wait by, and UTC to show.
///
/// Comparing looks at the monotonic clock alone: UTC may be set back while the server runs.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use parloir::Time;
///
/// let start = Time::new(Duration::from_secs(5), Duration::from_secs(1_800_000_000));
/// let later = start.later(Duration::from_millis(1500));
/// assert_eq!(later.since(start), Duration::from_millis(1500));
/// assert_eq!(later.unix_seconds(), 1_800_000_001);
///
/// // UTC was set back, and the order of things is the same.
/// let set_back = Time::new(Duration::from_secs(7), Duration::ZERO);
/// assert!(set_back > later);
/// ```
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

    /// Time that has passed since `earlier`; zero if it is yet to come.
    pub fn since(self, earlier: impl Into<Monotonic>) -> Duration {
        self.monotonic.since(earlier)
    }

    /// The time of both clocks so much later, if neither is set. To wait for a moment, add to a time
    /// instead: that gives a [`Monotonic`], which is half as large.
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
/// an `Option` of it. Every connection has a dozen: with a [`Time`] for each, an idle one takes 80 bytes
/// more.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use parloir::{Monotonic, Time};
///
/// let now = Time::new(Duration::from_secs(1), Duration::ZERO);
/// let due: Monotonic = now + Duration::from_millis(300);
/// assert!(due > now);
/// assert_eq!(due.since(now), Duration::from_millis(300));
/// assert_eq!(now.since(due), Duration::ZERO);
/// assert_eq!(size_of::<Option<Monotonic>>(), 8);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Monotonic(
    /// In microseconds, one more than it is, so that there is a value for `None`.
    NonZeroU64,
);

impl Monotonic {
    /// Time that had passed since `earlier`; zero if it came later.
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

/// A number of microseconds; the largest there is for a duration that is too long, such as one that stands
/// for "never".
fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
