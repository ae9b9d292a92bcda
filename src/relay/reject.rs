//! Refusals for peers that may not come in, in the words of their dialect.
//!
//! A peer is refused before its first byte is read, so only the role of its listener says what it may
//! understand: HTTP, a program's dialect, a line, or nothing at all.

use super::conn::Conn;
use super::context::Context;
use super::encoder::{write_closing, write_notice};
use super::http::{self, Asked, HttpStatus};
use super::role::Role;
use super::wire_format::LINE;
use crate::protocol::Output;

/// Writes the reason why a peer may not come in, if the role of its listener tells it anything.
pub(super) fn write_refusal(role: Role, server: &str, text: &str, line: &mut Vec<u8>) {
    if role.is_web_alone() {
        let asked = Asked {
            name: server,
            is_local: false,
            is_ready: true,
            has_body: true,
            now: None,
        };
        return http::explain(HttpStatus::UNAVAILABLE, &format!("{text}\n"), asked, line);
    }
    match role.program() {
        Some(program) => write_closing(line, program, text),
        None if role.converses() => write_notice(line, LINE, text),
        None => {}
    }
}

/// Tells a connection the reason why it is not let in.
pub(super) fn say_not_admitted(conn: &Conn, why: &str, cx: &mut Context<'_, impl Output>) {
    let mut line = Vec::new();
    write_refusal(conn.role, &cx.config().name, why, &mut line);
    if !line.is_empty() {
        cx.reply(conn.id, &line);
    }
}
