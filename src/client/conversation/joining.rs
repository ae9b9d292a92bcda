//! Changes to another target: the current connection is kept until the new one is made.
//!
//! Until then both exist, and lines that are typed wait for the new one: they were typed to it. If it cannot
//! be had, they are reported as not sent, and the old connection goes on.

use parloir::Time;

use super::link::Link;
use super::state::{Identity, Joining, Known};
use super::{Dialogue, Effect, LinkId};
use crate::client::target::Destination;

impl Dialogue {
    /// Changes to another target, at once or as soon as it is connected.
    pub(super) fn join(&mut self, target: Destination, now: Time) {
        self.stop_joining();
        // Lines from a pipe are meant for the new target only, whether it can be reached or not.
        if !self.settings.is_interactive || !matches!(self.link, Link::Open(_)) {
            self.turn_to(target);
            return self.dial(now);
        }
        self.dialed += 1;
        let link = LinkId::Dialed(self.dialed);
        let within = self.settings.timeout;
        self.joining = Some(Joining {
            link,
            target: target.clone(),
        });
        self.out.push(Effect::Dial {
            link,
            target,
            within,
        });
    }

    fn turn_to(&mut self, target: Destination) {
        self.hang_up();
        self.target = Some(target);
        self.known = Known::Nothing;
        // A nickname or a password that was typed was meant for the previous target.
        self.identity = Identity::new(&self.settings);
        (self.tries, self.give_up_at) = (0, None);
    }

    /// Cancels the dial to another target.
    pub(super) fn stop_joining(&mut self) {
        if let Some(joining) = self.joining.take() {
            self.out.push(Effect::Close(joining.link));
        }
    }

    /// Changes to the new target, and closes the old connection, if this link is the new one.
    pub(super) fn change_over(&mut self, link: LinkId) {
        if let Some(joining) = self.joining.take_if(|joining| joining.link == link) {
            self.turn_to(joining.target);
            self.link = Link::Dialing(link);
        }
    }

    /// Keeps the current target if this link is the new one, which could not be connected. Returns
    /// whether it was. Lines typed in the meantime were meant for the new target, and are reported as
    /// not sent.
    pub(super) fn stay(&mut self, link: LinkId, why: &str) -> bool {
        let Some(joining) = self.joining.take_if(|joining| joining.link == link) else {
            return false;
        };
        let still = match self.link {
            Link::Open(_) => format!("; still connected to {}", self.who()),
            _ => String::new(),
        };
        self.say_what_is_unsent(&format!("{} {why}{still}", joining.target));
        true
    }
}
