//! Browsers: HTTP and WebSocket through the whole relay, without a socket; every way to cut the bytes.

#[path = "../support/mod.rs"]
mod support;

mod browser;
mod conformance;
mod differential;
mod hostile;
mod irc;
mod messages;
mod requests;
