//! The budget of one connection: its own allowance, and its part of that of its place.
//!
//! The rules are in `origins.rs`. This type holds what one connection has of them, and keeps its promises to
//! the place: what is entered is left, and a connection that is held up is counted so exactly once.

use super::hub::Allowance;
use super::origins::{Origin, OriginId, Origins};
use crate::protocol::{Address, Monotonic, Time};

/// The allowance that a connection has left, and whether lines of its wait for more.
#[derive(Debug)]
pub(super) struct Budget {
    place: OriginId,
    allowance: Allowance,
    /// True while lines of this connection are there that must wait. The place counts such connections.
    is_held_up: bool,
    /// False for the host, whose allowance is never looked at, never taken from the place and never given
    /// back. When the console took one, it took the debt of somebody who had gone, and whoever came next
    /// had a full allowance.
    has_limit: bool,
}

impl Budget {
    /// The budget of a new connection, which its place then counts as open until [`Self::leave`].
    pub(super) fn new(origins: &mut Origins, address: Address, has_limit: bool, now: Time) -> Self {
        Self {
            place: origins.open(address, now),
            allowance: Allowance::full(now),
            is_held_up: false,
            has_limit,
        }
    }

    /// Takes the allowance that is left at the place. Returns whether there is room for one more connection
    /// there.
    pub(super) fn enter(&mut self, origins: &mut Origins, now: Time) -> bool {
        if !self.has_limit {
            return true;
        }
        let has_room = !origins.is_crowded(self.place);
        self.allowance = origins.take(self.place, now);
        // A crowd that comes all at once is counted before any of it is heard. A connection that is turned
        // away and takes a while to go is not counted.
        let must_wait = origins.wait(&self.allowance, now).is_some();
        self.note_held_up(origins, must_wait && has_room);
        has_room
    }

    /// Gives back what is left over, for the next connection from the same place. This one is gone.
    pub(super) fn leave(&mut self, origins: &mut Origins, now: Time) {
        self.note_held_up(origins, false);
        if self.has_limit {
            origins.give_back(self.place, self.allowance, now);
        }
        origins.close(self.place, now);
    }

    /// Takes a number of lines out of the allowance and out of that of the place.
    pub(super) fn spend(&mut self, origins: &mut Origins, lines: u32, now: Time) {
        if self.has_limit {
            origins.spend(self.place, &mut self.allowance, lines, now);
        }
    }

    /// Returns the time at which the next line may be taken; none if it may be taken now. `is_guess` is true
    /// if the line may be a password, for which wrong ones before it count as well.
    pub(super) fn wait(&self, origins: &Origins, is_guess: bool, now: Time) -> Option<Monotonic> {
        if !self.has_limit {
            return None;
        }
        let guess_at = self.guess_at(origins, now).filter(|_| is_guess);
        origins.wait(&self.allowance, now).max(guess_at)
    }

    /// Returns the time at which a password from the same place is looked at; none if now.
    pub(super) fn guess_at(&self, origins: &Origins, now: Time) -> Option<Monotonic> {
        origins.guess_at(self.place, now)
    }

    /// Returns whether the allowance of its place has room for one more line.
    pub(super) fn has_place_left(&self, origins: &Origins, now: Time) -> bool {
        origins.has_left(self.place, now)
    }

    /// Notes whether lines of this connection must wait.
    pub(super) fn note_held_up(&mut self, origins: &mut Origins, is_held_up: bool) {
        if self.is_held_up != is_held_up {
            self.is_held_up = is_held_up;
            origins.note_held_up(self.place, is_held_up);
        }
    }

    /// Notes a wrong password. Returns how many have come from the same place by now.
    pub(super) fn note_wrong(&self, origins: &mut Origins, now: Time) -> u32 {
        origins.note_wrong(self.place, now)
    }

    /// The place that the connection comes from.
    pub(super) fn origin(&self, origins: &Origins) -> Origin {
        origins.origin(self.place)
    }
}
