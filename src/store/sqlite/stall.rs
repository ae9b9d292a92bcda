//! A disk that hangs: the thread that waits for it cannot say so, so whoever hands changes over does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Time after which a disk that takes nothing, while changes wait for it, is told of.
const STALL: Duration = Duration::from_secs(5);

/// The number of attempts to write that have ended, well or not.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempts(Arc<AtomicUsize>);

impl Attempts {
    /// One more has ended.
    pub(super) fn end_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// News of a stall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StallNews {
    Begins,
    Ends,
}

/// Watches the attempts.
#[derive(Debug)]
pub(super) struct StallWatch {
    attempts: Attempts,
    seen: usize,
    /// Time at which something was last seen to go on.
    moved_at: Instant,
    is_stalled: bool,
}

impl StallWatch {
    pub(super) fn new(attempts: Attempts, now: Instant) -> Self {
        Self {
            attempts,
            seen: 0,
            moved_at: now,
            is_stalled: false,
        }
    }

    /// Looks at the time. `is_waiting`: changes wait for the disk.
    pub(super) fn look(&mut self, is_waiting: bool, now: Instant) -> Option<StallNews> {
        let seen = self.attempts.0.load(Ordering::Relaxed);
        if !is_waiting || seen != self.seen {
            self.seen = seen;
            self.moved_at = now;
            return std::mem::take(&mut self.is_stalled).then_some(StallNews::Ends);
        }
        let is_long = now.saturating_duration_since(self.moved_at) >= STALL;
        let is_news = is_long && !std::mem::replace(&mut self.is_stalled, is_long);
        is_news.then_some(StallNews::Begins)
    }

    /// Returns whether the disk hung at the last look.
    pub(super) fn is_stalled(&self) -> bool {
        self.is_stalled
    }

    /// The same, and the log says it.
    pub(super) fn tell(&mut self, is_waiting: bool) {
        match self.look(is_waiting, Instant::now()) {
            Some(StallNews::Begins) => log::error!(
                "the disk has not answered for {} seconds; the chat goes on, and what is said waits to be written",
                STALL.as_secs()
            ),
            Some(StallNews::Ends) => log::warn!("the disk answers again"),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stall_is_told_once_and_so_is_its_end() {
        let attempts = Attempts::default();
        let begin = Instant::now();
        let mut watch = StallWatch::new(attempts.clone(), begin);
        let at = |millis| begin + Duration::from_millis(millis);
        // A long silence is none.
        assert_eq!(watch.look(false, at(60_000)), None);
        assert_eq!(watch.look(true, at(64_999)), None, "below the limit");
        assert_eq!(watch.look(true, at(65_000)), Some(StallNews::Begins));
        assert_eq!(watch.look(true, at(75_000)), None, "once");
        attempts.end_one();
        assert_eq!(watch.look(true, at(76_000)), Some(StallNews::Ends));
        assert_eq!(watch.look(true, at(77_000)), None);
        // Under load something waits always, and goes on.
        for second in 80..120 {
            attempts.end_one();
            assert_eq!(watch.look(true, at(second * 1_000)), None);
        }
        assert_eq!(watch.look(true, at(125_000)), Some(StallNews::Begins));
        assert_eq!(watch.look(false, at(126_000)), Some(StallNews::Ends));
    }
}
