//! The chat page in a real browser: Chromium without a window, the real program, and the other
//! kinds of clients in the same room.
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "tests may unwrap: a panic there is the report"
)]

#[path = "../wire/mod.rs"]
mod wire;

mod driver;
mod page;

mod access;
mod coming_in;
mod cost;
mod hostile;
mod lost;
mod one_port;
mod past;
mod talk;
mod words;
