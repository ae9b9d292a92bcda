//! A connection that is nobody yet: greeted if it is silent, let in to listen if it takes its time.
//!
//! A person at `nc` waits for a word, and a program's first bytes are to stand before any. So the greeting
//! waits for a short silence, 300 ms by default, counted from the time at which the connection could
//! speak: over TLS that is after the handshake.

use super::conn::Conn;
use super::context::Context;
use super::preconnect::KEPT_FOR;
use super::role::Role;
use crate::config::RelayConfig;
use crate::protocol::{Monotonic, Output, Time};

/// The time since a connection came, and the lines that it has been told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Newcomer {
    /// True once it has sent text, if only a character.
    pub(super) has_spoken: bool,
    /// True once it has been asked for the password.
    pub(super) was_asked: bool,
    /// Time at which a silent client is greeted, and one that writes its first line is let in to listen; on
    /// a listener for IRC alone, the time at which it is given up. None once that is done: a time that has
    /// come and is asked for again would be a loop without a rest.
    pub(super) greet_at: Option<Monotonic>,
}

impl Newcomer {
    /// A newcomer that connected at this time.
    pub(super) fn new(role: Role, connected_at: Monotonic, config: &RelayConfig) -> Self {
        let within = match role {
            role if role.program().is_some() => Some(config.ping_after).filter(|it| !it.is_zero()),
            role if role.is_web_alone() => None,
            role => role.converses().then_some(config.greet_after),
        };
        Self {
            has_spoken: false,
            was_asked: false,
            greet_at: within.map(|within| connected_at + within),
        }
    }

    /// A newcomer whose conversation begins anew, in WebSocket messages. Nothing before the upgrade is part
    /// of it, not even a password that was asked for.
    pub(super) fn in_messages(config: &RelayConfig, now: Time) -> Self {
        Self {
            has_spoken: false,
            was_asked: false,
            greet_at: Some(now + config.greet_after),
        }
    }

    /// Returns whether the time for a greeting has come. A browser's spare connection is not greeted; its
    /// time is over later (`preconnect.rs`).
    pub(super) fn is_due(
        &mut self,
        conn: &Conn,
        is_unknown: bool,
        cx: &mut Context<'_, impl Output>,
    ) -> bool {
        if self.greet_at.is_none_or(|at| at > cx.now) {
            return false;
        }
        let may_be_spare = conn.role.serves_requests() && is_unknown && !self.has_spoken;
        let now = cx.now;
        if may_be_spare && cx.spares().may_have_one(conn.host, now) {
            self.greet_at = Some(now + KEPT_FOR);
            return false;
        }
        true
    }

    /// Greets a silent client that needs no password, and lets it in to listen.
    pub(super) fn greet(&mut self, conn: &Conn, cx: &mut Context<'_, impl Output>) {
        cx.admit(conn);
        let name = &cx.config().name;
        let text = format!(
            "Welcome to {name}. Type a nickname and press Enter; /help lists the commands."
        );
        cx.tell(conn.recipient(), &text);
    }

    /// Asks for the password.
    pub(super) fn ask(&mut self, conn: &Conn, cx: &mut Context<'_, impl Output>) {
        self.was_asked = true;
        cx.tell(conn.recipient(), "This server asks for a password.");
    }
}
