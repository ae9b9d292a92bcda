//! The allowance of a client: the number of lines that it may send, which grows back with time.
//!
//! ```text
//!         now                 full_at
//! ─────────┼─────────────────────┼──────────▶ time
//!          │◀──── used up ──────▶│
//!          │◀──────── per_burst ────────▶│      a line is free: used + per_line <= per_burst
//! ```
//!
//! An allowance is one time and not a number of lines with the time at which it was right: nothing has to be
//! counted up before it is read, and of two allowances the smaller one is simply the earlier time. Nothing
//! happens as it grows back, so thousands of them need no timer.
//!
//! The relay has one for each connection and one for each place that connections come from
//! (`relay/origins.rs`); the rates are settings of the whole relay, and so not in each allowance.

use std::time::Duration;

use crate::protocol::{Monotonic, Time};

/// A token bucket: `burst` lines at once, and `rate` lines a second in the long run. Of two allowances,
/// the greater is the one of which more is used up.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use parloir::Time;
/// use parloir::relay::hub::{Allowance, Flood};
///
/// let flood = Flood::new(10, 2);
/// let now = Time::new(Duration::from_secs(60), Duration::ZERO);
/// let mut allowance = Allowance::full(now);
/// flood.spend(&mut allowance, 2, now);
/// let next = flood.wait(&allowance, now).expect("a burst of two is used up");
/// assert_eq!(next, now.later(Duration::from_millis(100)).monotonic());
/// assert_eq!(flood.wait(&allowance, now.later(Duration::from_millis(100))), None);
/// assert!(allowance.is_full(now.later(Duration::from_millis(200))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Allowance {
    /// Time at which the allowance will be full again, if nothing more is sent. If this time is past, it
    /// is full.
    full_at: Monotonic,
}

impl Allowance {
    /// A full allowance.
    pub fn full(now: Time) -> Self {
        Self {
            full_at: now.monotonic(),
        }
    }

    /// Returns whether the allowance is full.
    pub fn is_full(&self, now: Time) -> bool {
        self.full_at <= now
    }

    /// Takes out as much as grows back in this time.
    pub fn put_off(&mut self, by: Duration, now: Time) {
        self.full_at = self.full_at.max(now.monotonic()) + by;
    }
}

/// The settings that all allowances of a relay share.
#[derive(Clone, Copy, Debug)]
pub struct Flood {
    /// The time in which one line grows back; zero means that there is no limit.
    per_line: Duration,
    /// The time in which a whole burst grows back. It is kept because it is needed for every line, and
    /// multiplying durations takes time: a line costs 1 % less with it.
    per_burst: Duration,
    burst: u32,
}

impl Flood {
    /// `rate` is the number of lines a second in the long run (zero: no limit), `burst` the number at
    /// once.
    pub fn new(rate: u32, burst: u32) -> Self {
        let per_line = Duration::from_secs(1).checked_div(rate).unwrap_or_default();
        Self {
            per_line,
            per_burst: per_line * burst,
            burst,
        }
    }

    /// Returns the time at which the next line may be taken; none if it may be taken now.
    pub fn wait(&self, allowance: &Allowance, now: Time) -> Option<Monotonic> {
        // There is an allowance for one more line if at least the time of one line is left of the burst.
        let used = allowance.full_at.since(now);
        let over = (used + self.per_line).checked_sub(self.per_burst)?;
        (!over.is_zero()).then(|| now + over)
    }

    /// Takes lines out of the allowance, even if it has fewer. The price of a line is known only once its
    /// work is done, so it is owed, and the next line waits for as long as all of it takes to grow back.
    pub fn spend(&self, allowance: &mut Allowance, lines: u32, now: Time) {
        allowance.put_off(self.per_line * lines, now);
    }

    /// The time in which a number of lines grows back.
    pub fn time_for(&self, lines: u32) -> Duration {
        self.per_line * lines
    }

    /// The time in which the overdrawn part of the allowance grows back: the lines that were taken out
    /// beyond the burst. The relay charges it to who sends while a place is behind.
    pub fn overdrawn(&self, allowance: &Allowance, now: Time) -> Duration {
        let used = allowance.full_at.since(now);
        used.saturating_sub(self.per_burst)
    }

    /// The time until at least half of the allowance is there again. Newcomers from a place begin with less
    /// by that much: with a full allowance as long as one line was left, each of 256 that came in one turn
    /// took fifty.
    pub fn over_half(&self, allowance: &Allowance, now: Time) -> Duration {
        let used = allowance.full_at.since(now);
        used.saturating_sub(self.per_burst / 2)
    }

    /// An allowance with no lines left.
    pub fn used_up(&self, now: Time) -> Allowance {
        let mut allowance = Allowance::full(now);
        self.spend(&mut allowance, self.burst, now);
        allowance
    }

    /// Takes one line out of the allowance, if it has one.
    pub fn spend_if_any(&self, allowance: &mut Allowance, now: Time) {
        if self.wait(allowance, now).is_none() {
            self.spend(allowance, 1, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Time {
        Time::new(Duration::from_millis(ms), Duration::ZERO)
    }

    #[test]
    fn a_burst_passes_and_then_one_line_in_its_time() {
        let flood = Flood::new(10, 50);
        let mut allowance = Allowance::full(at(0));
        for _ in 0..50 {
            assert_eq!(flood.wait(&allowance, at(0)), None);
            flood.spend(&mut allowance, 1, at(0));
        }
        assert_eq!(flood.wait(&allowance, at(0)), Some(at(100).monotonic()));
        assert_eq!(flood.wait(&allowance, at(99)), Some(at(100).monotonic()));
        assert_eq!(flood.wait(&allowance, at(100)), None);
        flood.spend(&mut allowance, 1, at(100));
        assert_eq!(flood.wait(&allowance, at(100)), Some(at(200).monotonic()));
    }

    #[test]
    fn an_allowance_never_grows_past_its_burst() {
        let flood = Flood::new(10, 2);
        let mut allowance = Allowance::full(at(0));
        let now = at(1_000_000);
        for _ in 0..2 {
            assert_eq!(flood.wait(&allowance, now), None);
            flood.spend(&mut allowance, 1, now);
        }
        assert!(flood.wait(&allowance, now).is_some());
    }

    #[test]
    fn a_line_that_counts_as_many_is_paid_back() {
        let flood = Flood::new(10, 5);
        let mut allowance = Allowance::full(at(0));
        flood.spend(&mut allowance, 100, at(0));
        flood.spend_if_any(&mut allowance, at(0));
        assert_eq!(flood.wait(&allowance, at(0)), Some(at(9_600).monotonic()));
        assert_eq!(flood.wait(&allowance, at(9_600)), None);
        flood.spend_if_any(&mut allowance, at(9_600));
        assert_eq!(
            flood.wait(&allowance, at(9_600)),
            Some(at(9_700).monotonic())
        );
        assert!(!allowance.is_full(at(10_099)) && allowance.is_full(at(10_100)));
    }

    #[test]
    fn rate_zero_is_no_limit() {
        let flood = Flood::new(0, 1);
        let mut allowance = Allowance::full(at(0));
        for _ in 0..1000 {
            assert_eq!(flood.wait(&allowance, at(0)), None);
            flood.spend(&mut allowance, 1, at(0));
        }
    }
}
