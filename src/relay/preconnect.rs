//! A browser's spare connections, told from silent people: to spare connections nothing is said.
//!
//! Chromium opens more connections than it asks on, and keeps the others for the next request. Bytes that it
//! finds there before the answer make the answer invalid: a reload of the page failed on a greeting.
//! So a connection that is silent next to a browser's request from the same place is not greeted, nor let in
//! to listen, until it speaks or its time as a spare one is over. A person at `nc` in the same two seconds is
//! greeted late; telling them from a spare connection would take a byte from either.

use std::time::Duration;

use super::hub::Host;
use crate::protocol::{Monotonic, Time};

/// The longest time between a request and its spare connections. To greet nobody near a browser for longer
/// would cost people at `nc` their first line.
const TOGETHER: Duration = Duration::from_secs(2);

/// The time for which a browser keeps a connection that it has not used: a minute in Chromium, and some room.
pub(super) const KEPT_FOR: Duration = Duration::from_secs(70);

/// Places that are remembered: as many as ask for the page in two seconds, in a school. More requests than
/// that push older ones out, and a spare connection may then be greeted.
const PLACES_MAX: usize = 64;

/// The places that requests came from lately: a ring, in which each request takes the place of the oldest.
#[derive(Debug)]
pub(super) struct Preconnects {
    places: [(Host, Option<Monotonic>); PLACES_MAX],
    next: usize,
}

impl Default for Preconnects {
    fn default() -> Self {
        Self {
            places: [(Host::LOCAL, None); PLACES_MAX],
            next: 0,
        }
    }
}

impl Preconnects {
    /// Notes that a request has come from a place.
    pub(super) fn note_request(&mut self, host: Host, now: Time) {
        self.places[self.next] = (host, Some(now.monotonic()));
        self.next = (self.next + 1) % PLACES_MAX;
    }

    /// Returns whether a silent connection from there is more likely a browser's spare one than a person.
    pub(super) fn may_have_one(&self, host: Host, now: Time) -> bool {
        let is_near = |at: Monotonic| now.since(at) <= TOGETHER;
        self.places
            .iter()
            .any(|(place, at)| *place == host && at.is_some_and(is_near))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Time {
        Time::new(Duration::from_millis(ms), Duration::ZERO)
    }

    #[test]
    fn a_request_is_near_for_two_seconds_and_only_where_it_came_from() {
        let mut spares = Preconnects::default();
        let start = at(0);
        assert!(!spares.may_have_one(Host::LOCAL, start));
        spares.note_request(Host::LOCAL, start);
        assert!(spares.may_have_one(Host::LOCAL, start));
        assert!(spares.may_have_one(Host::LOCAL, at(2000)));
        assert!(!spares.may_have_one(Host::LOCAL, at(2001)));
    }

    #[test]
    fn the_oldest_of_too_many_is_forgotten() {
        let mut spares = Preconnects::default();
        let start = at(0);
        let late = at(10_000);
        spares.note_request(Host::LOCAL, late);
        for _ in 0..PLACES_MAX - 1 {
            spares.note_request(Host::LOCAL, start);
        }
        assert!(spares.may_have_one(Host::LOCAL, late));
        spares.note_request(Host::LOCAL, start);
        assert!(!spares.may_have_one(Host::LOCAL, late));
    }
}
