//! The line dialect: what a person with netcat types and reads.

mod modes;
mod parse;
mod plain;
mod refusals;
mod write;

pub(in crate::relay) use parse::{Parsed, parse};
pub(in crate::relay) use write::{write_event, write_help, write_notice};
