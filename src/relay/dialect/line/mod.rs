//! The line dialect: what a person with netcat types and reads.

mod answers;
mod command;
pub(in crate::relay) mod converse;
mod modes;
mod outcome;
mod parse;
mod phrases;
mod plain;
pub(super) mod refusals;
pub(in crate::relay) mod talk;
mod words;
mod write;

pub(in crate::relay) use refusals::Sentence;
pub(crate) use refusals::is_refusal;
pub(in crate::relay) use write::{write_event, write_notice};
