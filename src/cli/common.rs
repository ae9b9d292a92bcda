//! The parts that `serve` and `lab` share: facts about this machine, its terminal, advice on errors.

use std::hash::{BuildHasher, RandomState};
use std::io::ErrorKind;

use parloir::Error;

use super::screen::Screen;

/// Number of descriptors that are not for connections: standard streams, event queue, waker, spare,
/// signals, console, refused peers that linger, and a few to be safe.
pub(super) const DESCRIPTORS_RESERVED: usize = 24;

/// Number of connections that the descriptor limit leaves room for, once the limit is as high as it may
/// be; and that limit.
pub(super) fn room_for_connections(listeners: usize) -> (usize, usize) {
    let limit = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(1024);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let fit = limit.saturating_sub(DESCRIPTORS_RESERVED + listeners);
    // The upper bound cuts an unlimited descriptor limit to a number of connections that no machine has.
    (fit.clamp(1, 1 << 20), limit)
}

/// The names of this machine: the name that it gives itself, the same without its domain, and its name
/// in the local network (RFC 6762, 3). A page that a browser on the machine itself has loaded by one of
/// these may join; any other name could be one that somebody else points here.
pub(super) fn own_hosts() -> Vec<String> {
    let system = rustix::system::uname();
    let full = system.nodename().to_string_lossy();
    let short = full.split('.').next().unwrap_or_default();
    if short.is_empty() {
        return Vec::new();
    }
    vec![full.to_string(), short.to_owned(), format!("{short}.local")]
}

/// A number that cannot be guessed, from the seed that the standard library gives its tables.
pub(super) fn random() -> u64 {
    RandomState::new().hash_one("parloir")
}

/// Begins to show lines on standard output, on a thread of this name.
pub(super) fn open_terminal(thread: &str, notice: fn(u64) -> String) -> Result<Screen, String> {
    Screen::open(thread, std::io::stdout(), notice)
        .map_err(|error| format!("cannot open the terminal: {error}"))
}

/// The names of settings, each with the name of the flag that sets it. The compiler checks that there
/// are such settings in the configurations, and such flags among the options; in a list of strings, which
/// was rejected, nothing did.
macro_rules! flags {
    ($options:ident: $($config:ident { $($setting:ident: $flag:ident),* $(,)? })*) => {{
        $(let _ = |$config { $($setting: _,)* .. }: &$config, $options { $($flag: _,)* .. }: &$options| ();)*
        &[$($((stringify!($setting), stringify!($flag)),)*)*]
    }};
}
pub(super) use flags;

/// The message for an error, with advice on what to do about it; `listen` is the advice for other
/// errors, such as an address that cannot be listened on.
pub(super) fn advise(error: &Error, flags: &[(&str, &str)], listen: Option<String>) -> String {
    let advice = match error {
        Error::Certificate(_) => Some(String::from("see --tls-cert and --tls-key")),
        Error::Config { setting, must } => {
            // The value that a setting must have may depend on another setting.
            let is_meant = |name: &str| name == *setting || must.split(' ').any(|it| it == name);
            let flags = flags.iter().filter(|(name, _)| is_meant(name));
            let flags: Vec<_> = flags
                .map(|(_, flag)| format!("--{}", flag.replace('_', "-")))
                .collect();
            (!flags.is_empty()).then(|| format!("see {}", flags.join(" and ")))
        }
        _ => listen,
    };
    match advice {
        Some(advice) => format!("{error} ({advice})"),
        None => error.to_string(),
    }
}

/// The advice for an address and a port that cannot be listened on, which names a flag for a port that
/// needs no privileges, for a free port, or for all addresses of the machine.
pub(super) fn listen_advice(
    kind: ErrorKind,
    program: &str,
    [unprivileged, free, everywhere]: [&str; 3],
) -> Option<String> {
    Some(match kind {
        ErrorKind::PermissionDenied => {
            format!("ports below 1024 need privileges; try {unprivileged}")
        }
        ErrorKind::AddrInUse => format!(
            "another program listens there, perhaps another {program}; try {free} for a free port"
        ),
        ErrorKind::AddrNotAvailable => {
            format!("this machine does not have that address; try {everywhere} for all it has")
        }
        _ => return None,
    })
}

/// Returns whether the machine does not have such an address, or not that family at all.
pub(super) fn is_without_address(error: &Error) -> bool {
    let Error::Listen { source, .. } = error else {
        return false;
    };
    // EAFNOSUPPORT, which has no kind of its own; the number is Linux's.
    const FAMILY_NOT_SUPPORTED: i32 = 97;
    matches!(
        source.kind(),
        ErrorKind::AddrNotAvailable | ErrorKind::Unsupported
    ) || source.raw_os_error() == Some(FAMILY_NOT_SUPPORTED)
}
