//! The terminal client: everything that `parloir chat` does once its flags are read.
//!
//! ```text
//!  keys ─▶ editor ─▶ line ──┐                          ┌─▶ Show ─▶ screen
//!  pipe ────────────▶ line ─┼─▶ Event ─▶ conversation ─┼─▶ Send, Dial, Close ─▶ connections
//!  connections ─▶ bytes ────┘                          └─▶ Finish: the exit status
//! ```
//!
//! [`conversation`] makes all decisions and is pure: no socket, no terminal, no clock. [`editor`] is the
//! line being typed, and as pure. [`connections`] and [`screen`] carry out what they are told, and
//! [`run`] is the loop between them. On encrypted connections [`encrypted`] is the TLS session, and
//! [`trust`] decides which servers are accepted. Threads only wait, for a key, for bytes, for a
//! connection: they pass the result to the loop, through one bounded channel, and never touch the loop's
//! state.
//!
//! | thread | waits for | ends |
//! | --- | --- | --- |
//! | `keys`, or `lines` without a terminal | standard input | with it |
//! | `signals` | signals | with the loop |
//! | `dial`, one for each attempt | a connection, and its TLS handshake | with it |
//! | `read`, `write`, for each connection | its socket; what is to be sent | with the connection |
//! | `accept`; `visitor` for each peer | `--listen`; what that peer sends | with the loop; with the peer |
//!
//! The channel is bounded so that a flood is held up in the sockets instead of being stored.

mod connections;
mod conversation;
mod editor;
mod encrypted;
mod hangup;
mod keys;
mod run;
mod screen;
mod target;
mod trust;

pub(crate) use conversation::Settings;
pub(crate) use run::{is_interactive, run};
pub(crate) use target::Destination;
pub(crate) use trust::Trust;
