//! Signals as events of the loop, for those who ask for them.

use std::fs::{self, File};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::low_level::signal_name;
use signal_hook_mio::v1_0::Signals;

use super::server::{SIGNALS, Server};
use crate::error::Error;
use crate::protocol::{Protocol, Time};

/// The signals that the loop is told of.
#[derive(Default)]
pub(crate) struct Watched {
    signals: Option<Signals>,
    /// Some may have come.
    pub(super) is_ready: bool,
    /// Those that ask for it stop the server.
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

impl<P: Protocol> Server<P> {
    /// Stops in good order on SIGTERM or SIGINT, and at once on a second one; and on SIGHUP, if that
    /// is the end of the terminal that the process was started from.
    ///
    /// Another SIGHUP is for whoever [has something to read again](Self::set_tls_from_files); where
    /// there is nothing, and for SIGUSR1 and SIGUSR2, which end a process that does not expect them,
    /// the log has a line.
    ///
    /// # Errors
    ///
    /// [`Error::Poll`] when a handler cannot be installed.
    pub fn stop_on_signals(&mut self) -> Result<(), Error> {
        self.signals.is_stopping = true;
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2] {
            self.watch_signal(signal)?;
        }
        Ok(())
    }

    /// From here on the loop is told of a signal.
    pub(super) fn watch_signal(&mut self, signal: i32) -> Result<(), Error> {
        if signal == SIGHUP && !self.signals.terminal.was_there {
            self.signals.terminal = Terminal::look();
        }
        if let Some(signals) = &self.signals.signals {
            return signals.add_signal(signal).map_err(Error::Poll);
        }
        let mut signals = Signals::new([signal]).map_err(Error::Poll)?;
        self.poll
            .registry()
            .register(&mut signals, SIGNALS, mio::Interest::READABLE)
            .map_err(Error::Poll)?;
        self.signals.signals = Some(signals);
        Ok(())
    }

    /// Does what each signal that has come asks for.
    pub(super) fn take_signals(&mut self, now: Time) {
        if !std::mem::take(&mut self.signals.is_ready) {
            return;
        }
        let pending = self.signals.signals.as_mut().map(Signals::pending);
        let pending: Vec<i32> = pending.into_iter().flatten().collect();
        for signal in pending {
            match signal {
                SIGINT | SIGTERM => self.stop(now),
                SIGHUP if self.signals.is_stopping && self.signals.terminal.has_gone() => {
                    // The shell and the system may both tell: that is no second request.
                    if self.stopping.is_none() {
                        self.stop(now);
                    }
                }
                #[cfg(feature = "tls")]
                SIGHUP if self.tls.reload() => {}
                signal => {
                    let name = signal_name(signal).unwrap_or("a signal");
                    log::warn!("{name}: nothing to reload; ignored");
                }
            }
        }
    }
}
