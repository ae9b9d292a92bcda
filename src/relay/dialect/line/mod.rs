//! The line dialect: what a person with netcat types and reads.

mod answers;
mod command;
pub(in crate::relay) mod dispatch;
mod events;
pub(in crate::relay) mod input;
mod modes;
mod outcome;
mod parse;
mod phrases;
pub(super) mod refusals;
mod unformatted;
mod words;

pub(in crate::relay) use events::{write_event, write_notice};
pub(in crate::relay) use refusals::Sentence;
pub(crate) use refusals::is_refusal;
