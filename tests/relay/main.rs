//! The relay on a stage: the conversations of every dialect, in this process and without a socket.
//! Nothing here waits for anything, or shares anything with another test.

#[path = "../support/mod.rs"]
mod support;

mod script;

mod arrival;
mod conversation;
mod first_bytes;
mod forgiven;
mod gather;
mod host;
mod irc;
mod irc_link;
#[cfg(feature = "json")]
mod json;
mod leaving;
mod limits;
mod names;
mod operators;
mod past;
mod refusals;
mod roles;
mod scripts;
mod terminals;
mod text;
mod tidy;
