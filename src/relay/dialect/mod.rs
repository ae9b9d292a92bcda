//! The languages that peers speak: each turns lines into commands and events into lines.

mod history_query;
pub(super) mod irc;
#[cfg(feature = "json")]
pub(super) mod json;
#[cfg(not(feature = "json"))]
#[path = "no_json.rs"]
pub(super) mod json;
pub(super) mod line;
mod mode_letters;
mod tags;
mod text;

/// A dialect that programs speak. What people type is told from it by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Program {
    Irc,
    Json,
}
