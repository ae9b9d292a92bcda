//! The budget of one connection: its own allowance, and its part of that of its place.

use super::hub::Allowance;
use super::origins::{Origin, OriginId, Origins};
use crate::protocol::{Address, Monotonic, Time};

/// The allowance that a connection has left, and whether lines of its wait for more.
#[derive(Debug)]
pub(super) struct Budget {
    place: OriginId,
    allowance: Allowance,
    /// Lines of its are there that must wait.
    is_held_up: bool,
    /// The host's is never looked at, and never given back.
    has_limit: bool,
}

impl Budget {
    /// That of a new connection.
    pub(super) fn new(origins: &mut Origins, address: Address, has_limit: bool, now: Time) -> Self {
        Self {
            place: origins.open(address, now),
            allowance: Allowance::full(now),
            is_held_up: false,
            has_limit,
        }
    }

    /// Takes what is left at its place. Says whether there is room for one more connection there.
    pub(super) fn enter(&mut self, origins: &mut Origins, now: Time) -> bool {
        if !self.has_limit {
            return true;
        }
        let has_room = !origins.is_crowded(self.place);
        self.allowance = origins.take(self.place, now);
        // A crowd that comes all at once is counted before any of it is heard; but not who is turned
        // away and takes a while to go.
        let must_wait = origins.wait(&self.allowance, now).is_some();
        self.note_held_up(origins, must_wait && has_room);
        has_room
    }

    /// The connection is gone: what is left over is for the next one from there.
    pub(super) fn leave(&mut self, origins: &mut Origins, now: Time) {
        self.note_held_up(origins, false);
        if self.has_limit {
            origins.give_back(self.place, self.allowance, now);
        }
        origins.close(self.place, now);
    }

    /// Takes so many lines out of it.
    pub(super) fn spend(&mut self, origins: &mut Origins, lines: u32, now: Time) {
        if self.has_limit {
            origins.spend(self.place, &mut self.allowance, lines, now);
        }
    }

    /// When the next line may be taken, if not now. `is_guess`: it may be a password.
    pub(super) fn wait(&self, origins: &Origins, is_guess: bool, now: Time) -> Option<Monotonic> {
        if !self.has_limit {
            return None;
        }
        let guess_at = self.guess_at(origins, now).filter(|_| is_guess);
        origins.wait(&self.allowance, now).max(guess_at)
    }

    /// When a password from there is looked at, if not now.
    pub(super) fn guess_at(&self, origins: &Origins, now: Time) -> Option<Monotonic> {
        origins.guess_at(self.place, now)
    }

    /// Returns whether the allowance of its place has room for one more line.
    pub(super) fn has_place_left(&self, origins: &Origins, now: Time) -> bool {
        origins.has_left(self.place, now)
    }

    /// Notes whether lines of its must wait.
    pub(super) fn note_held_up(&mut self, origins: &mut Origins, is_held_up: bool) {
        if self.is_held_up != is_held_up {
            self.is_held_up = is_held_up;
            origins.note_held_up(self.place, is_held_up);
        }
    }

    /// Notes a wrong password; says the how manieth that is from there.
    pub(super) fn note_wrong(&self, origins: &mut Origins, now: Time) -> u32 {
        origins.note_wrong(self.place, now)
    }

    /// Where the connection comes from.
    pub(super) fn origin(&self, origins: &Origins) -> Origin {
        origins.origin(self.place)
    }
}
