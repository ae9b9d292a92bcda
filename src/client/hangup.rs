//! Tells whether SIGHUP is the end of the terminal that the client was started from, and not only a
//! request to read files again, of which the client has none.
//!
//! The library does the same for its loop, in `net/signals.rs`. It is written twice, because a terminal's end
//! is no business of a relay's public functions.

use std::fs::{self, File};

use signal_hook::consts::SIGHUP;

/// The terminal that the client was started from, if its end is to be the client's.
#[derive(Debug)]
pub(super) struct Terminal {
    was_there: bool,
}

impl Terminal {
    /// The state before a handler for SIGHUP is installed. Where SIGHUP was ignored, as under nohup, the
    /// client is to stay when the terminal goes.
    pub(super) fn look() -> Self {
        Self {
            was_there: is_there() && !is_hangup_ignored(),
        }
    }

    /// Returns whether the terminal has gone. The system takes a terminal from all of its processes
    /// before it signals them.
    pub(super) fn has_gone(&self) -> bool {
        self.was_there && !is_there()
    }
}

/// Returns whether the process has a terminal. Linux opens a process's own terminal under this name
/// without waiting for it.
fn is_there() -> bool {
    File::open("/dev/tty").is_ok()
}

/// Returns whether SIGHUP is ignored. Linux tells it as a mask in which bit N - 1 stands for signal N;
/// other systems do not tell it without unsafe code, and the answer there is no.
fn is_hangup_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 << (SIGHUP - 1) != 0)
}
