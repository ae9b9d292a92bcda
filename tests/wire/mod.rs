//! Real sockets and the real program, for the end-to-end tests. Every wait has a deadline.

#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "each test uses what it needs of it"
)]

mod chat;
mod client;
mod program;
mod screen;
mod terminal;
mod tls;
mod tool;

use std::time::Duration;

pub use chat::{by_name, chat, chat_tls, peer, run, told};
pub use client::{Client, End, GREETING};
pub use program::{Exit, Program};
pub use screen::{Home, Screen};
pub use terminal::Terminal;
pub use tls::{Identity, TlsClient, TlsEnd};
pub use tool::{TELNET, Tool, find, find_python, free_addresses, lines_of, shown_whole};

/// The time that anything may take before a test fails. It is far longer than needed: it only makes
/// a test that would hang fail and say where.
pub const PATIENCE: Duration = Duration::from_secs(30);
