//! The state of one JSON client, besides the hub's.

/// One client. Boxed in its session: others have nothing of it.
#[derive(Debug, Default)]
pub(in crate::relay) struct State {
    /// It has said hello, and may do more than that.
    pub(in crate::relay) is_greeted: bool,
    /// Wrong passwords that it gave.
    pub(super) wrong_passwords: u8,
    /// The `do` of the request at hand.
    pub(super) asked: &'static str,
    /// The `id` of the request at hand, as JSON, which its answer repeats; empty if it has none.
    pub(super) re: String,
    /// How many messages are shown of what was said before in a room that it comes into.
    pub(super) replay: usize,
}
