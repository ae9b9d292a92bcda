//! The server's means to begin TLS with clients: a certificate, and a time budget for handshakes.

#[cfg(feature = "signals")]
use std::path::PathBuf;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use super::certificate::Certificate;
use super::session::Session;
#[cfg(feature = "signals")]
use crate::error::Error;

/// Time for handshakes in one turn; once it is spent, the next step has to wait for another turn. A step
/// may be a signature, which takes 0.1 ms with ECDSA and several with RSA, and in that time no other
/// connection is served: so the time is limited, and not the number of steps. (Sixteen steps took 2 ms with
/// ECDSA and 64 ms with a long RSA key, and a flood of hellos made every line wait that long in every turn.)
pub(super) const HANDSHAKE_TIME_PER_TURN: Duration = Duration::from_millis(2);

/// The server's side of TLS. By default it has no certificate.
#[derive(Debug)]
pub(crate) struct Acceptor {
    /// The certificate for new connections; existing connections keep the one that they began with.
    certificate: Option<Certificate>,
    /// Time that handshakes have taken in this turn.
    spent: Duration,
    /// Returns the time since an instant. Tests replace it.
    pub(super) elapsed: fn(&Instant) -> Duration,
    /// Asks the thread that reads the certificate again; None without such a thread.
    reloader: Option<SyncSender<()>>,
}

impl Default for Acceptor {
    fn default() -> Self {
        Self {
            certificate: None,
            spent: Duration::ZERO,
            elapsed: Instant::elapsed,
            reloader: None,
        }
    }
}

impl Acceptor {
    pub(crate) fn set_certificate(&mut self, certificate: Certificate) {
        self.certificate = Some(certificate);
    }

    pub(crate) fn has_certificate(&self) -> bool {
        self.certificate.is_some()
    }

    /// Begins a session with a client that has sent the beginning of a hello. The error says why there
    /// can be none.
    pub(crate) fn begin(&self, hello: Vec<u8>) -> Result<Session, String> {
        let certificate = self.certificate.as_ref().ok_or("there is no certificate")?;
        let session = certificate.begin(hello);
        session.map_err(|error| error.to_string())
    }

    /// Gives handshakes the time of another turn.
    pub(crate) fn begin_turn(&mut self) {
        self.spent = Duration::ZERO;
    }

    /// Takes a step of a handshake, if this turn still has time for it. A step that has begun is not cut
    /// off, so a turn takes longer by one step at most.
    pub(crate) fn in_time<T>(&mut self, step: impl FnOnce() -> T) -> Option<T> {
        if self.spent >= HANDSHAKE_TIME_PER_TURN {
            return None;
        }
        let begun = Instant::now();
        let result = step();
        self.spent += (self.elapsed)(&begun);
        Some(result)
    }

    /// Starts a thread that reads the files again when it is asked to, and hands the result to `send`.
    #[cfg(feature = "signals")]
    pub(crate) fn start_reloader(
        &mut self,
        files: (PathBuf, PathBuf),
        send: impl Fn(Certificate) -> Result<(), String> + Send + 'static,
    ) -> Result<(), Error> {
        self.reloader = Some(super::reload::start(files, send)?);
        Ok(())
    }

    /// Has the files read again; returns whether there are any. If the files cannot be used, the log
    /// says so, and the old certificate stays.
    pub(crate) fn reload(&self) -> bool {
        let Some(requests) = &self.reloader else {
            return false;
        };
        // A request that does not fit is covered by the one that waits.
        let _ = requests.try_send(());
        true
    }
}
