//! How much a client may send: an allowance of lines that grows back with time.

use std::time::Duration;

use crate::protocol::{Moment, Time};

/// A token bucket: `burst` lines at once, `rate` lines a second in the long run. Of two, the one of
/// which more is used up is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Allowance {
    /// When it would be full again, if nothing more were sent; in the past: it is.
    full_at: Moment,
}

impl Allowance {
    /// A full allowance.
    pub fn full(now: Time) -> Self {
        Self {
            full_at: now.moment(),
        }
    }

    /// Whether nothing of it is used up.
    pub fn is_full(&self, now: Time) -> bool {
        self.full_at <= now
    }

    /// Takes as much out of it as grows back in this time.
    pub fn put_off(&mut self, by: Duration, now: Time) {
        self.full_at = self.full_at.max(now.moment()) + by;
    }
}

/// The two numbers that all allowances of a relay share.
#[derive(Clone, Copy, Debug)]
pub struct Flood {
    /// The time in which one line grows back; zero: there is no limit.
    per_line: Duration,
    /// The same for a burst: asked for with every line, and a multiplication of durations takes time.
    per_burst: Duration,
    burst: u32,
}

impl Flood {
    /// `rate` lines a second in the long run (zero: no limit), `burst` at once.
    pub fn new(rate: u32, burst: u32) -> Self {
        let per_line = Duration::from_secs(1).checked_div(rate).unwrap_or_default();
        Self {
            per_line,
            per_burst: per_line * burst,
            burst,
        }
    }

    /// When the next line may be taken, if not now.
    pub fn wait(&self, allowance: &Allowance, now: Time) -> Option<Moment> {
        // Room for one more line is left when at least one line's time of the burst is unused.
        let used = allowance.full_at.since(now);
        let over = (used + self.per_line).checked_sub(self.per_burst)?;
        (!over.is_zero()).then(|| now + over)
    }

    /// Takes so many lines out of the allowance, more than there are in it if need be.
    pub fn spend(&self, allowance: &mut Allowance, lines: u32, now: Time) {
        allowance.put_off(self.per_line * lines, now);
    }

    /// The time in which so many lines grow back.
    pub fn time_for(&self, lines: u32) -> Duration {
        self.per_line * lines
    }

    /// The time in which what was taken out of the allowance and was not in it grows back.
    pub fn overdrawn(&self, allowance: &Allowance, now: Time) -> Duration {
        let used = allowance.full_at.since(now);
        used.saturating_sub(self.per_burst)
    }

    /// The time in which what was taken out of the allowance and is more than half of it grows back.
    pub fn over_half(&self, allowance: &Allowance, now: Time) -> Duration {
        let used = allowance.full_at.since(now);
        used.saturating_sub(self.per_burst / 2)
    }

    /// An allowance of which nothing is left.
    pub fn used_up(&self, now: Time) -> Allowance {
        let mut allowance = Allowance::full(now);
        self.spend(&mut allowance, self.burst, now);
        allowance
    }

    /// Takes one line out of the allowance, if there is one.
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
        assert_eq!(flood.wait(&allowance, at(0)), Some(at(100).moment()));
        assert_eq!(flood.wait(&allowance, at(99)), Some(at(100).moment()));
        assert_eq!(flood.wait(&allowance, at(100)), None);
        flood.spend(&mut allowance, 1, at(100));
        assert_eq!(flood.wait(&allowance, at(100)), Some(at(200).moment()));
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
        assert_eq!(flood.wait(&allowance, at(0)), Some(at(9_600).moment()));
        assert_eq!(flood.wait(&allowance, at(9_600)), None);
        flood.spend_if_any(&mut allowance, at(9_600));
        assert_eq!(flood.wait(&allowance, at(9_600)), Some(at(9_700).moment()));
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
