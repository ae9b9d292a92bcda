//! The languages that peers speak: each turns lines into commands and events into lines.
//!
//! A dialect carries out no rule of the chat and keeps no part of it. It makes actions of lines, and answers
//! from an action and its outcome. So the same rule holds for everybody, however they are connected, and an
//! outcome may come later than the line without any dialect waiting inside its code. Of one another they know
//! nothing; what several need is in the files beside their folders. The one exception is the list of refusals
//! of `line`, whose words JSON shows to people.

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

#[cfg(feature = "store")]
pub(crate) use text::cleaned;

/// A dialect that programs speak. What people type is told from it by its first bytes. A line dialect for
/// people has no variant: it is spoken by whatever is none of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Program {
    Irc,
    Json,
}
