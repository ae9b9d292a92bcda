//! How long messages are kept, and how much: for all rooms, and for single ones.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::relay::hub::names::fold;

/// How long, and how much, is kept.
///
/// ```
/// use std::time::Duration;
///
/// use parloir::store::Retention;
///
/// let day = Duration::from_secs(86_400);
/// let mut keep = Retention::default();
/// keep.age_max = Some(90 * day);
/// keep.set_room("dev", Some(30 * day));
/// keep.set_room("News", None);
/// assert_eq!(keep.age_max_of("DEV"), Some(30 * day));
/// assert_eq!(keep.age_max_of("news"), None);
/// assert_eq!(keep.age_max_of("lobby"), Some(90 * day));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// Age from which a message is deleted; None: it may be of any age. Rooms may have
    /// [one of their own](Self::set_room).
    pub age_max: Option<Duration>,
    /// Bytes of the file from which the oldest messages are deleted, of the rooms that have most; None: there is no
    /// limit.
    pub bytes_max: Option<u64>,
    /// By folded name.
    rooms: BTreeMap<String, Option<Duration>>,
}

impl Retention {
    /// Sets the age for one room, in place of the one for all.
    pub fn set_room(&mut self, room: &str, age_max: Option<Duration>) {
        self.rooms.insert(fold(room), age_max);
    }

    /// Returns the age for a room.
    pub fn age_max_of(&self, room: &str) -> Option<Duration> {
        let own = self.rooms.get(&fold(room));
        own.copied().unwrap_or(self.age_max)
    }

    /// Folded names of the rooms that have an age of their own, or are kept for ever, with it.
    pub(super) fn rooms(&self) -> impl Iterator<Item = (&str, Option<Duration>)> {
        self.rooms.iter().map(|(room, age)| (room.as_str(), *age))
    }

    /// Returns whether age is asked at all.
    pub(super) fn has_ages(&self) -> bool {
        self.age_max.is_some() || self.rooms.values().any(Option::is_some)
    }
}
