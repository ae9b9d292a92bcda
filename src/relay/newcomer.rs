//! Somebody who is nobody yet: greeted if they are silent, let in to listen if they take their time.

use super::conn::Conn;
use super::context::Context;
use super::preconnect::KEPT_FOR;
use super::role::Role;
use crate::config::RelayConfig;
use crate::protocol::{Monotonic, Output, Time};

/// How long it is since somebody came, and what has been said to them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Newcomer {
    /// They have sent text, if only a character.
    pub(super) has_spoken: bool,
    /// They have been asked for the password.
    pub(super) was_asked: bool,
    /// When a silent one is greeted, and one that writes its first line is let in to listen; on a
    /// listener for IRC alone, when it is given up. None once that is done.
    pub(super) greet_at: Option<Monotonic>,
}

impl Newcomer {
    /// One who connected then.
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

    /// One whose conversation begins anew, in messages.
    pub(super) fn in_messages(config: &RelayConfig, now: Time) -> Self {
        Self {
            has_spoken: false,
            was_asked: false,
            greet_at: Some(now + config.greet_after),
        }
    }

    /// Returns whether the time for a greeting has come. A browser's spare connection is not greeted: its time is over
    /// later.
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

    /// Greets someone silent, who needs no password.
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
