//! Signals as events of the loop, for those who ask for them.

use std::fs::{self, File};

use mio::{Interest, Registry, Token};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::low_level::signal_name;
use signal_hook_mio::v1_0::Signals as Source;

use crate::error::Error;

/// The signals that the loop is told of.
#[derive(Default)]
pub(crate) struct Signals {
    source: Option<Source>,
    /// Some may have come.
    is_ready: bool,
    /// The end of the terminal is one too.
    is_stopping: bool,
    terminal: Terminal,
}

/// Whether SIGHUP can be the end of the terminal that the process was started from, and not only a
/// request to read files again.
#[derive(Debug, Default)]
pub(crate) struct Terminal {
    was_there: bool,
}

impl Terminal {
    /// As it is before a handler for SIGHUP is installed: whoever had it ignored, as nohup does, wants
    /// to stay when the terminal goes.
    pub(crate) fn look() -> Self {
        Self {
            was_there: is_there() && !is_hangup_ignored(),
        }
    }

    /// The system takes it from all of its processes before it tells them.
    pub(crate) fn has_gone(&self) -> bool {
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

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// To stop; again, at once.
    Stop,
    /// To stop because the terminal has gone. The shell and the system may both tell of that, so a
    /// second one is not another request.
    HangUp,
    /// To read files again.
    Reload,
    /// Nothing here: the signal's name.
    Unknown(&'static str),
}

impl Signals {
    /// From here on the loop is told of those that end a process, and what they ask for is done.
    pub(crate) fn stop(&mut self, registry: &Registry, token: Token) -> Result<(), Error> {
        self.is_stopping = true;
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2] {
            self.watch(signal, registry, token)?;
        }
        Ok(())
    }

    /// From here on the loop is told of a signal.
    pub(crate) fn watch(
        &mut self,
        signal: i32,
        registry: &Registry,
        token: Token,
    ) -> Result<(), Error> {
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

    /// Some may have come.
    pub(crate) fn note_ready(&mut self) {
        self.is_ready = true;
    }

    /// What those that have come ask for.
    pub(crate) fn take(&mut self) -> Vec<Request> {
        if !std::mem::take(&mut self.is_ready) {
            return Vec::new();
        }
        let pending = self.source.as_mut().map(Source::pending);
        let pending: Vec<i32> = pending.into_iter().flatten().collect();
        let request = |signal| match signal {
            SIGINT | SIGTERM => Request::Stop,
            SIGHUP if self.is_stopping && self.terminal.has_gone() => Request::HangUp,
            SIGHUP => Request::Reload,
            signal => Request::Unknown(signal_name(signal).unwrap_or("a signal")),
        };
        pending.into_iter().map(request).collect()
    }
}
