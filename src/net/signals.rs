//! Signals as events of the loop, for those who ask for them.

use signal_hook_mio::v1_0::Signals;

use super::server::{SIGNALS, Server};
use crate::error::Error;
use crate::protocol::Protocol;

impl<P: Protocol> Server<P> {
    /// Stops in good order on SIGTERM or SIGINT, and at once on a second one.
    ///
    /// # Errors
    ///
    /// [`Error::Poll`] when a handler cannot be installed.
    pub fn stop_on_signals(&mut self) -> Result<(), Error> {
        use signal_hook::consts::{SIGINT, SIGTERM};
        self.watch_signal(SIGINT)?;
        self.watch_signal(SIGTERM)
    }

    /// From here on the loop is told of a signal.
    pub(super) fn watch_signal(&mut self, signal: i32) -> Result<(), Error> {
        if let Some(signals) = &self.signals {
            return signals.add_signal(signal).map_err(Error::Poll);
        }
        let mut signals = Signals::new([signal]).map_err(Error::Poll)?;
        self.poll
            .registry()
            .register(&mut signals, SIGNALS, mio::Interest::READABLE)
            .map_err(Error::Poll)?;
        self.signals = Some(signals);
        Ok(())
    }
}

/// Hands on each signal that has come.
pub(super) fn take(signals: Option<&mut Signals>, each: impl FnMut(i32)) {
    signals
        .into_iter()
        .flat_map(Signals::pending)
        .for_each(each);
}
