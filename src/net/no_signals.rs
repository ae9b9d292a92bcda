//! What stands in for `signals` without that feature: none ever comes.

/// What a signal would ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(dead_code, reason = "nobody asks for anything")]
pub(crate) enum Request {
    Stop,
    HangUp,
    Reload,
    Unknown(&'static str),
}

#[derive(Default)]
pub(crate) struct Signals {}

impl Signals {
    pub(crate) fn note_ready(&mut self) {}

    pub(crate) fn take(&mut self) -> Vec<Request> {
        Vec::new()
    }
}
