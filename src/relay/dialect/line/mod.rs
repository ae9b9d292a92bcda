//! The line dialect: what a person with netcat types and reads.

mod answers;
mod command;
mod modes;
mod parse;
mod phrases;
mod plain;
mod refusals;
mod talk;
mod write;

pub(in crate::relay) use command::Command;
pub(in crate::relay) use parse::{Parsed, parse};
pub(in crate::relay) use refusals::Sentence;
pub(crate) use refusals::is_refusal;
pub(in crate::relay) use talk::Talk;
pub(in crate::relay) use write::{write_event, write_help, write_notice};
