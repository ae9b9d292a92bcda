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
#[cfg(feature = "tls")]
mod tls;
mod tool;

use std::time::Duration;

pub use chat::{by_name, chat, chat_tls, peer, run, told};
pub use client::{Client, End, GREETING};
pub use program::{Exit, Program};
pub use screen::{Home, Screen};
pub use terminal::Terminal;
#[cfg(feature = "tls")]
pub use tls::{Identity, TlsClient, TlsEnd};
pub use tool::{TELNET, Tool, find, find_python, free_addresses, lines_of, shown_whole};

/// How long anything may take before a test fails. Far more than needed: it only turns a test that
/// would hang into one that says where.
pub const PATIENCE: Duration = Duration::from_secs(30);
