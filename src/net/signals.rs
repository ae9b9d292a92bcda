//! Delivers signals as events of the loop, to servers that ask for them.
//!
//! | signal | asked for by `stop_on_signals` | by `set_tls_from_files` alone |
//! | --- | --- | --- |
//! | SIGTERM, SIGINT | stop; a second one at once | not watched |
//! | SIGHUP, and the process's terminal has gone | stop | read files again |
//! | any other SIGHUP | read files again | read files again |
//! | SIGUSR1, SIGUSR2 | a line in the log | not watched |
//!
//! A signal that is not watched keeps the meaning that the process gave it. SIGHUP, SIGUSR1 and SIGUSR2 end
//! a process that does not expect them, so a server that stops in good order watches them, whether or not it
//! has files to read.

use std::fs::{self, File};

use mio::{Interest, Registry, Token};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::low_level::signal_name;
use signal_hook_mio::v1_0::Signals as Source;

use crate::error::Error;

/// The signals that the loop watches.
#[derive(Default)]
pub(crate) struct Signals {
    source: Option<Source>,
    /// Signals may have come since the last look.
    is_ready: bool,
    /// The end of the terminal is a request to stop as well.
    is_stopping: bool,
    terminal: Terminal,
}

/// The terminal that the process was started from, if SIGHUP can mean its end, and not only a request to
/// read files again.
#[derive(Debug, Default)]
pub(crate) struct Terminal {
    was_there: bool,
}

impl Terminal {
    /// The state before a handler for SIGHUP is installed. Where SIGHUP was ignored, as under nohup, the
    /// process is to stay when the terminal goes.
    pub(crate) fn look() -> Self {
        Self {
            was_there: is_there() && !is_hangup_ignored(),
        }
    }

    /// Returns whether the terminal has gone. The system takes a terminal from all of its processes
    /// before it signals them.
    pub(crate) fn has_gone(&self) -> bool {
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

/// The request that a signal stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignalRequest {
    /// Stop. A second one stops at once.
    Stop,
    /// Stop because the terminal has gone. The shell and the system may both report that, so a second
    /// one is not another request.
    HangUp,
    /// Read files again.
    Reload,
    /// No request: the name of a signal that has no meaning here.
    Unknown(&'static str),
}

impl Signals {
    /// Watches the signals that end a process from here on, and takes the end of the terminal for a
    /// request to stop.
    pub(crate) fn stop(&mut self, registry: &Registry, token: Token) -> Result<(), Error> {
        self.is_stopping = true;
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2] {
            self.watch(signal, registry, token)?;
        }
        Ok(())
    }

    /// Watches one more signal from here on.
    pub(crate) fn watch(
        &mut self,
        signal: i32,
        registry: &Registry,
        token: Token,
    ) -> Result<(), Error> {
        // Looked at before a handler is installed, after which nobody could tell that SIGHUP was ignored.
        if signal == SIGHUP && !self.terminal.was_there {
            self.terminal = Terminal::look();
        }
        if let Some(source) = &self.source {
            return source.add_signal(signal).map_err(Error::Poll);
        }
        let source = self
            .source
            .insert(Source::new([signal]).map_err(Error::Poll)?);
        registry
            .register(source, token, Interest::READABLE)
            .map_err(Error::Poll)
    }

    /// Notes that signals may have come.
    pub(crate) fn note_ready(&mut self) {
        self.is_ready = true;
    }

    /// The requests of the signals that have come.
    pub(crate) fn take(&mut self) -> Vec<SignalRequest> {
        if !std::mem::take(&mut self.is_ready) {
            return Vec::new();
        }
        let pending = self.source.as_mut().map(Source::pending);
        let pending: Vec<i32> = pending.into_iter().flatten().collect();
        let request = |signal| match signal {
            SIGINT | SIGTERM => SignalRequest::Stop,
            SIGHUP if self.is_stopping && self.terminal.has_gone() => SignalRequest::HangUp,
            SIGHUP => SignalRequest::Reload,
            signal => SignalRequest::Unknown(signal_name(signal).unwrap_or("a signal")),
        };
        pending.into_iter().map(request).collect()
    }
}
