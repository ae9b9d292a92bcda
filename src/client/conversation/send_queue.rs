//! Hands typed lines on in their order, as far as the peer that is connected can take them.
//!
//! One step does one thing, and steps follow until nothing can be done without an event. A line is never
//! overtaken by a later one: what cannot be sent yet stays at the head of the queue, and `/join` stands in it
//! at its place.

use parloir::Time;

use super::connect::CLOSES_WITHIN;
use super::link::{Link, Stage};
use super::state::Typed;
use super::{Dialogue, LineKind, is_command};

/// The help text, for where no relay answers `/help`.
const HELP: &str = "\
/join HOST PORT talks to someone else, /quit leaves; every other line is sent";

impl Dialogue {
    /// Does everything that can be done now.
    pub(super) fn go_on(&mut self, now: Time) {
        while !self.is_finished && self.step(now) {}
    }

    /// Does one thing. Returns false if nothing can be done until an event comes.
    fn step(&mut self, now: Time) -> bool {
        if self.joining.is_some() {
            // Lines typed now are for the target that is being dialed.
            if self.leaving.is_none() || !self.waiting.is_empty() {
                return false;
            }
            self.stop_joining();
        }
        match &self.link {
            Link::None => self.step_alone(now),
            Link::Dialing(_) | Link::Later(_) => {
                let is_vain = self.waiting.is_empty() && self.settings.is_interactive;
                if self.leaving.is_some() && is_vain {
                    self.finish();
                }
                false
            }
            Link::Open(open) => match open.stage {
                // A line sent now might be a nickname, a password or a message, by what the peer is.
                Stage::Probing(_)
                | Stage::OneShot { .. }
                | Stage::AwaitPassword { is_sent: true } => false,
                Stage::Full => false,
                Stage::Peer { hold: Some(_), .. } if !self.waiting.is_empty() => false,
                Stage::AwaitPassword { is_sent: false } | Stage::Relay | Stage::Peer { .. } => {
                    self.step_together(now)
                }
            },
        }
    }

    /// Handles the next input while no peer is connected. A target that closed is dialed with the next line,
    /// and not before: nothing may ever follow.
    fn step_alone(&mut self, now: Time) -> bool {
        match self.waiting.front() {
            None => {
                if self.leaving.is_some() {
                    self.leave_alone();
                }
                return false;
            }
            Some(Typed::Join(_)) => return self.take_join(now),
            Some(Typed::Line(_)) if self.target.is_some() => self.dial(now),
            Some(Typed::Line(line)) if self.settings.is_interactive => {
                if is_command(line, "/help") {
                    self.next_typed();
                    self.show(LineKind::Note, HELP);
                } else {
                    self.say_what_is_unsent("nobody to talk to yet (type /join HOST PORT)");
                }
            }
            Some(Typed::Line(_)) if self.leaving.is_some() => self.give_up(),
            Some(Typed::Line(_)) => {
                let by = now + self.settings.timeout;
                self.give_up_at.get_or_insert(by);
                return false;
            }
        }
        true
    }

    /// Handles the next input while a peer is connected and can be sent a line.
    fn step_together(&mut self, now: Time) -> bool {
        match self.waiting.front() {
            None => {
                if self.leaving.is_some() {
                    self.say_goodbye(now);
                }
                return false;
            }
            Some(Typed::Join(_)) => return self.take_join(now),
            Some(Typed::Line(_)) => {}
        }
        let Some(Typed::Line(line)) = self.next_typed() else {
            return false;
        };
        if self.link.asks_for_password() {
            self.send_password(line, now);
            return true;
        }
        let is_peer = matches!(&self.link, Link::Open(open) if open.stage.is_peer());
        if is_peer && is_command(&line, "/help") {
            self.show(LineKind::Note, HELP);
            return true;
        }
        if is_peer && is_command(&line, "/join") {
            self.refuse("usage: /join HOST PORT");
            return true;
        }
        self.send_line(&line, now);
        if let Link::Open(open) = &mut self.link
            && let Stage::Peer { hold, keeps: false } = &mut open.stage
        {
            *hold = Some(now + CLOSES_WITHIN);
        }
        true
    }

    fn take_join(&mut self, now: Time) -> bool {
        if let Some(Typed::Join(target)) = self.next_typed() {
            self.join(target, now);
        }
        true
    }
}
