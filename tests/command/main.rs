//! The real programs on real sockets: the command with all its parts, the examples, and the clients
//! that other people have written.
//!
//! The tests run side by side: files and sockets have names of their own, and ports are free ones.

#[path = "../wire/mod.rs"]
mod wire;

mod bouncer;
mod browsers;
mod chat_pipe;
mod chat_terminal;
mod chat_tls;
mod chat_trust;
mod coming_back;
mod command;
mod data;
mod disk;
mod end_to_end;
mod examples;
mod irc_bots;
mod irc_clients;
mod lab;
mod limits;
mod listeners;
mod never_waits;
mod nonblocking;
mod proxies;
mod real_clients;
mod signals;
mod tls;
