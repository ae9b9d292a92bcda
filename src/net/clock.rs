//! The clock of the loop: monotonic time since its start, and UTC.
//!
//! One reading a turn is the time of everything in that turn, so that nothing depends on how long another
//! thing took. (Handshakes of TLS alone measure by themselves what they take: see `tls/acceptor`.)

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::protocol::Time;

/// Reads both clocks, once a turn.
#[derive(Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    pub(crate) fn now(&self) -> Time {
        // A machine whose clock stands before 1970 is served all the same, and shows 1970.
        let unix = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Time::new(self.start.elapsed(), unix)
    }

    /// Puts the monotonic clock forward by this time, as if the loop had been busy for so long, so that
    /// a test need not wait.
    #[cfg(all(test, feature = "tls"))]
    pub(crate) fn put_forward(&mut self, by: std::time::Duration) {
        self.start -= by;
    }
}
