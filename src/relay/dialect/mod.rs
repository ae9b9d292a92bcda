//! The languages that peers speak: each turns lines into commands and events into lines.

pub(super) mod irc;
pub(super) mod line;
mod mode_letters;
