//! The terminal client: what `parloir chat` does once its flags are read.
//!
//! ```text
//!  keys ─▶ editor ─▶ line ──┐                          ┌─▶ Show ─▶ screen
//!  pipe ────────────▶ line ─┼─▶ Event ─▶ conversation ─┼─▶ Send, Dial, Close ─▶ connections
//!  connections ─▶ bytes ────┘                          └─▶ Finish: the exit status
//! ```
//!
//! [`conversation`] decides everything and is pure: no socket, no terminal, no clock. [`editor`] is a
//! line being typed, as pure. [`connections`] and [`screen`] do what they are told, and [`run`] is the loop
//! between them. On encrypted connections [`encrypted`] is the TLS session; [`trust`] says with
//! whom. Threads only wait, for a key, for bytes, for a connection: they pass what came to
//! the loop, through one bounded channel, and never touch what the loop owns.

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
pub(crate) use target::Target;
pub(crate) use trust::Trust;
