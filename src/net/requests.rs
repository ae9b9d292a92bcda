//! Requests from outside of all connections: other threads with their calls, the protocol's own threads, and
//! signals. Each is looked for once a turn.

use super::server::Server;
use super::signals::SignalRequest;
use crate::handle::CALLS_MAX;
use crate::protocol::{Protocol, Time};

impl<P: Protocol> Server<P> {
    /// Takes certificates that were handed over, before any connection is accepted: a client that
    /// connects after the hand-over is served with the new certificate.
    pub(super) fn take_certificates(&mut self) {
        for certificate in self.inbox.certificates() {
            self.tls.set_certificate(certificate);
        }
    }

    /// Lets the protocol take what its own threads have for it, before connections are served: those that
    /// have waited for it are.
    pub(super) fn take_wake(&mut self, now: Time) {
        if self.inbox.take_wake() {
            self.protocol.woken(now, &mut self.outbox);
            self.take_closings();
            self.flush_if_full(now);
        }
    }

    /// Handles all calls that can have been made before this turn, and only then the request to stop: a
    /// caller that sends a message and then stops the server can rely on the message being sent.
    pub(super) fn take_calls(&mut self, now: Time) {
        for _ in 0..CALLS_MAX {
            let Some(call) = self.inbox.next_call() else {
                break;
            };
            self.protocol.called(call, now, &mut self.outbox);
            self.flush_if_full(now);
        }
        while self.inbox.next_stop().is_some() || self.outbox.take_stop() {
            self.stop(now);
        }
    }

    /// Carries out the request of each signal that has come.
    pub(super) fn take_signals(&mut self, now: Time) {
        let ignore = |name| log::warn!("{name}: nothing to reload; ignored");
        for request in self.signals.take() {
            match request {
                SignalRequest::Stop => self.stop(now),
                SignalRequest::HangUp if self.stopping.is_some() => {}
                SignalRequest::HangUp => self.stop(now),
                SignalRequest::Reload if self.tls.reload() => {}
                SignalRequest::Reload => ignore("SIGHUP"),
                SignalRequest::Unknown(name) => ignore(name),
            }
        }
    }
}
