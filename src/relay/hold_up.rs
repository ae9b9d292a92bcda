//! When a session must wait, and what its lines cost it.

use super::Relay;
use super::session::{Role, Session, Stage};
use crate::protocol::{Moment, Output, Time};

impl Relay {
    /// Somebody comes from a place, and has what is left there. Says whether there is room.
    pub(super) fn enter_place(&mut self, session: &mut Session, now: Time) -> bool {
        // The host's is never looked at, and never given back.
        if session.role == Role::Host {
            return true;
        }
        let has_room = !self.origins.is_crowded(session.place);
        session.allowance = self.origins.take(session.place, now);
        // A crowd that comes all at once is counted before any of it is heard; but not who is turned
        // away and takes a while to go.
        let must_wait = self.origins.wait(&session.allowance, now).is_some();
        self.note_held_up(session, must_wait && has_room);
        has_room
    }

    /// What a connection has left over is for the next one from there.
    pub(super) fn leave_place(&mut self, session: &mut Session, now: Time) {
        let (place, allowance) = (session.place, session.allowance);
        self.note_held_up(session, false);
        if session.role != Role::Host {
            self.origins.give_back(place, allowance, now);
        }
        self.origins.close(place, now);
    }

    /// A line was taken: it counts as one, and as more if it had the hub do more.
    pub(super) fn spend(&mut self, session: &mut Session, now: Time) {
        let lines = self.hub.take_work().saturating_add(1);
        self.share = self.share.saturating_sub(lines);
        if session.role != Role::Host {
            self.origins
                .spend(session.place, &mut session.allowance, lines, now);
        }
    }

    /// When it may send its next line, if not now.
    pub(super) fn hold_up(&self, session: &Session, now: Time) -> Option<Moment> {
        if session.role == Role::Host {
            return None;
        }
        let guess_at = self.guess_at(session, now);
        self.origins.wait(&session.allowance, now).max(guess_at)
    }

    /// When its password is looked at, if it has to give one and not now.
    fn guess_at(&self, session: &Session, now: Time) -> Option<Moment> {
        match self.is_to_prove_itself(session) {
            true => self.origins.guess_at(session.place, now),
            false => None,
        }
    }

    /// Whether somebody who should wait is about to go, and need not: their place pays for their last
    /// lines, if it can.
    pub(super) fn goes_at_once(
        &mut self,
        session: &mut Session,
        waiting: &[u8],
        now: Time,
        out: &mut impl Output,
    ) -> bool {
        session.looks_ahead()
            && self.look_ahead(session, waiting, now, out)
            && self.guess_at(session, now).is_none()
            && self.origins.has_left(session.place, now)
    }

    pub(super) fn note_held_up(&mut self, session: &mut Session, is_held_up: bool) {
        if session.is_held_up != is_held_up {
            session.is_held_up = is_held_up;
            self.origins.note_held_up(session.place, is_held_up);
        }
    }

    /// Whether the next line may be a password.
    fn is_to_prove_itself(&self, session: &Session) -> bool {
        let is_nobody = match session.stage {
            Stage::Sniffing | Stage::Locked => true,
            Stage::Irc => !session.has_arrived(),
            _ => false,
        };
        is_nobody && self.config.password.is_some()
    }
}
