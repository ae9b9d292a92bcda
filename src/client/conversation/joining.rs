//! Going on to talk to someone else: who is connected is held on to until that one is.

use parloir::Time;

use super::link::Link;
use super::state::{Identity, Joining, Known};
use super::{Action, Conversation, LinkId};
use crate::client::target::Target;

impl Conversation {
    /// Talks to someone else from now on, or as soon as they are there.
    pub(super) fn join(&mut self, target: Target, now: Time) {
        self.stop_joining();
        // Lines from a pipe are for nobody but the new one, whether it is there or not.
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
        self.out.push(Action::Dial {
            link,
            target,
            within,
        });
    }

    fn turn_to(&mut self, target: Target) {
        self.hang_up();
        self.target = Some(target);
        self.known = Known::Nothing;
        // A nickname or a password that was typed was for someone else.
        self.identity = Identity::new(&self.settings);
        (self.tries, self.give_up_at) = (0, None);
    }

    /// Nobody else is wanted any more.
    pub(super) fn stop_joining(&mut self) {
        if let Some(joining) = self.joining.take() {
            self.out.push(Action::Close(joining.link));
        }
    }

    /// If it is the new one that is there, the old one is let go.
    pub(super) fn change_over(&mut self, link: LinkId) {
        if let Some(joining) = self.joining.take_if(|joining| joining.link == link) {
            self.turn_to(joining.target);
            self.link = Link::Dialing(link);
        }
    }

    /// If it is the new one that cannot be had, all stays as it was. Says whether it is. What was
    /// typed meanwhile was for the new one.
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
