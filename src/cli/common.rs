//! What `serve` and `lab` have in common: this machine, its terminal, and words about what went wrong.

use std::hash::{BuildHasher, RandomState};
use std::io::ErrorKind;

use parloir::Error;

use super::screen::Screen;

/// Descriptors that are not for connections: standard streams, event queue, waker, spare, signals,
/// console, refused peers that are let go with patience, and a few to be safe.
pub(super) const DESCRIPTORS_RESERVED: usize = 24;

/// How many connections the descriptor limit leaves room for, once it is as high as it may be; and
/// that limit.
pub(super) fn room_for_connections(listeners: usize) -> (usize, usize) {
    let limit = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(1024);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let fit = limit.saturating_sub(DESCRIPTORS_RESERVED + listeners);
    // More than a slab of them can be addressed is more than anyone has.
    (fit.clamp(1, 1 << 20), limit)
}

/// What this machine is called: as it says itself, without its domain, and in its own network
/// (RFC 6762, 3).
pub(super) fn own_hosts() -> Vec<String> {
    let system = rustix::system::uname();
    let full = system.nodename().to_string_lossy();
    let short = full.split('.').next().unwrap_or_default();
    if short.is_empty() {
        return Vec::new();
    }
    vec![full.to_string(), short.to_owned(), format!("{short}.local")]
}

/// A number that nobody can guess, from what the standard library seeds its tables with.
pub(super) fn random() -> u64 {
    RandomState::new().hash_one("parloir")
}

/// Begins to show lines on standard output, by a thread of this name.
pub(super) fn open_terminal(thread: &str, notice: fn(u64) -> String) -> Result<Screen, String> {
    Screen::open(thread, std::io::stdout(), notice)
        .map_err(|error| format!("cannot open the terminal: {error}"))
}

/// The machine has no such address, or not that family at all.
pub(super) fn is_without_address(error: &Error) -> bool {
    let Error::Listen { source, .. } = error else {
        return false;
    };
    // EAFNOSUPPORT, which has no kind of its own.
    const FAMILY_NOT_SUPPORTED: i32 = 97;
    matches!(
        source.kind(),
        ErrorKind::AddrNotAvailable | ErrorKind::Unsupported
    ) || source.raw_os_error() == Some(FAMILY_NOT_SUPPORTED)
}
