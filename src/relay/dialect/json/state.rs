//! The state of one JSON client, besides the hub's.

/// One client. Boxed in its session: others have nothing of it. All of it is about the line at hand or the
/// time before the hello: what a client is and where it is, the hub knows.
#[derive(Debug, Default)]
pub(in crate::relay) struct State {
    /// It has said hello, and may do more than that.
    pub(in crate::relay) is_greeted: bool,
    /// Wrong passwords that it gave.
    pub(super) wrong_passwords: u8,
    /// The `do` of the request at hand. It stays until the outcome is there, which may be later than the
    /// call, and the answer repeats it.
    pub(super) asked: &'static str,
    /// The `id` of the request at hand, as JSON, which its answer repeats; empty if it has none.
    pub(super) re: String,
    /// Number of messages that are shown of what was said before in a room that it comes into. Noted here
    /// since the answer is written from the action and its outcome, and the action has no part that concerns
    /// a dialect alone.
    pub(super) replay: usize,
}
