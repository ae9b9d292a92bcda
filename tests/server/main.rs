//! The library's loop in this process, with clients on the loopback.
//!
//! Many of these tests hold a limit of a second to the clock, so they run apart from those of the
//! command, which start dozens of programs.

#[path = "../wire/mod.rs"]
mod wire;

mod arriving;
mod embedding;
mod opened_once;
