//! The chat as a whole: its parts, and to whom what is told of it.
//!
//! What somebody does is in [`apply`](super::apply); questions are in [`queries`](super::queries).

use super::conversations::Conversations;
use super::history::Entry;
use super::members::Member;
use super::people::People;
use super::recipient::Format;
use super::refused::Refused;
use super::rooms::Rooms;
use super::values::NotSet;
use super::work::Work;
use crate::config::RelayConfig;
use crate::protocol::{ConnId, Moment};

/// Rooms, nicknames, and who is where.
#[derive(Debug)]
pub struct Hub {
    pub(super) people: People,
    pub(super) rooms: Rooms,
    pub(super) conversations: Conversations,
    /// What was done for the line at hand.
    pub(super) work: Work,
}

impl Hub {
    /// An empty chat under these rules.
    pub fn new(config: RelayConfig) -> Self {
        Self {
            people: People::new(config.seed, config.reserved()),
            rooms: Rooms::new(config),
            conversations: Conversations::default(),
            work: Work::default(),
        }
    }

    /// From now on, what someone is told is to be written as this.
    pub fn set_format(&mut self, id: ConnId, format: Format) {
        if let Some(client) = self.people.get_mut(id) {
            client.format = format;
            let set = |member: &mut Member| member.format = format;
            self.rooms.change_members(client, set);
        }
    }

    /// From now on, someone is told when whoever is called so comes and goes: by
    /// [`Event::Online`](super::Event::Online) and [`Event::Offline`](super::Event::Offline).
    ///
    /// # Errors
    ///
    /// When nobody could be called so, or one watches as many as one may.
    pub fn watch(&mut self, id: ConnId, name: &str) -> Result<(), Refused<'static>> {
        self.people.watch(id, name)
    }

    /// Someone is no longer told of a name.
    pub fn unwatch(&mut self, id: ConnId, name: &str) {
        self.people.unwatch(id, name);
    }

    /// Someone is told of nobody any more.
    pub fn unwatch_all(&mut self, id: ConnId) {
        self.people.unwatch_all(id);
    }

    /// From now on someone is told when a key changes: their own by others, that of a room they are
    /// in, of someone there, or of someone they [watch](Self::watch). Says whether that is new.
    ///
    /// # Errors
    ///
    /// When that is no key, or one follows as many as one may.
    pub fn follow(&mut self, id: ConnId, key: &str) -> Result<bool, NotSet> {
        self.people.follow(id, key)
    }

    /// Someone is no longer told of a key.
    pub fn unfollow(&mut self, id: ConnId, key: &str) {
        self.people.unfollow(id, |other| other == key);
    }

    /// Someone is told of no key any more.
    pub fn unfollow_all(&mut self, id: ConnId) {
        self.people.unfollow(id, |_| true);
    }

    /// When there is something to do for a [tick](super::Action::Tick).
    pub fn deadline(&self) -> Option<Moment> {
        self.rooms.deadline()
    }

    /// Adds to what is done for the line at hand.
    pub fn note_work(&self, work: usize) {
        self.work.note(work);
    }

    /// The same, when this is shown of what was said before.
    pub fn note_replay<'a>(&self, entries: impl Iterator<Item = &'a Entry>) {
        self.work.note_replay(entries);
    }

    /// What was done since this was last asked, to be [noted](Self::note_work) again.
    pub fn take_work_parts(&mut self) -> usize {
        self.work.take_parts()
    }

    /// As how many lines counts what was done since this was last asked, besides the line itself.
    pub fn take_work(&mut self) -> u32 {
        self.work.take()
    }
}
