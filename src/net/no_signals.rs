//! The substitute for `signals` without that feature: no signal ever comes.
//!
//! It has the functions of the real module that the loop calls, as `no_tls` has those of `tls`.

/// The request that a signal would stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(dead_code, reason = "nobody asks for anything")]
pub(crate) enum SignalRequest {
    Stop,
    HangUp,
    Reload,
    Unknown(&'static str),
}

#[derive(Default)]
pub(crate) struct Signals {}

impl Signals {
    pub(crate) fn note_ready(&mut self) {}

    pub(crate) fn take(&mut self) -> Vec<SignalRequest> {
        Vec::new()
    }
}
