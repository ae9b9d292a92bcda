//! Whether SIGHUP is the end of the terminal that the client was started from, and not only a request
//! to read files again, of which it has none.

use std::fs::{self, File};

use signal_hook::consts::SIGHUP;

/// That terminal, if there is one whose end is to be the client's.
#[derive(Debug)]
pub(super) struct Terminal {
    was_there: bool,
}

impl Terminal {
    /// As it is before a handler for SIGHUP is installed: whoever had it ignored, as nohup does, wants
    /// to stay when the terminal goes.
    pub(super) fn look() -> Self {
        Self {
            was_there: is_there() && !is_hangup_ignored(),
        }
    }

    /// The system takes it from all of its processes before it tells them.
    pub(super) fn has_gone(&self) -> bool {
        self.was_there && !is_there()
    }
}

/// Linux gives this name to a process's own terminal without waiting for it.
fn is_there() -> bool {
    File::open("/dev/tty").is_ok()
}

/// Linux tells, as a mask in which bit N - 1 stands for signal N; elsewhere nothing does without
/// unsafe code.
fn is_hangup_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 << (SIGHUP - 1) != 0)
}
