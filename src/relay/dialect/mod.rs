//! The languages that peers speak: each turns lines into commands and events into lines.

#[cfg(feature = "irc")]
pub(super) mod irc;
pub(super) mod line;
