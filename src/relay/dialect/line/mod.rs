//! The line dialect: what a person with netcat types and reads.

mod modes;
mod parse;
mod plain;
mod refusals;
mod write;

pub(in crate::relay) use parse::{Parsed, parse};
pub(crate) use refusals::is_refusal;
pub(in crate::relay) use write::{write_event, write_help, write_notice};
