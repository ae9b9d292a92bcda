//! The chat as a whole: its parts, letting somebody in, and what passes with time.
//!
//! What somebody does is in [`apply`](super::apply); questions are in [`queries`](super::queries).

use super::conversations::Conversations;
use super::event::Sink;
use super::history::Entry;
use super::members::{Hears, Member};
use super::people::{Client, People};
use super::person::Host;
use super::recipient::Format;
use super::refused::Refused;
use super::rooms::Rooms;
use super::values::NotSet;
use super::work::Work;
use crate::config::RelayConfig;
use crate::protocol::{ConnId, Moment, Time};

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

    /// Lets someone into the default room as a listener, without a word to anybody. They are
    /// counted, but have no name.
    pub fn admit(&mut self, id: ConnId, format: Format, hears: Hears, now: Time) {
        self.admit_roomless(id, format, hears);
        self.enter_default(id, now);
    }

    /// Lets someone into the default room who is in no room; but not if they are banned there.
    pub fn enter_default(&mut self, id: ConnId, now: Time) {
        let room = self.rooms.find_or_make_default(now);
        if let Some(client) = self.people.get_mut(id)
            && client.memberships.all().is_empty()
            && !self.rooms.is_banned(client, room)
        {
            self.rooms.add_member(client, room, now);
        }
    }

    /// Lets someone in who is in no room until they [join](super::Action::Join) one.
    pub fn admit_roomless(&mut self, id: ConnId, format: Format, hears: Hears) {
        self.people.insert(Client::new(id, format, hears));
    }

    /// Notes where someone comes from: for masks to be held against, and for others to see. The
    /// address, if one is given, is shown to others as it is.
    pub fn set_origin(&mut self, id: ConnId, host: Host, address: Option<&str>) {
        if let Some(client) = self.people.get_mut(id) {
            client.profile.set_origin(host, address);
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

    /// When [`Self::expired`] has something to do.
    pub fn deadline(&self) -> Option<Moment> {
        self.rooms.deadline()
    }

    /// Time has passed: tells of gathered comings and goings, and forgets rooms long empty.
    pub fn expired(&mut self, now: Time, sink: &mut impl Sink) {
        self.rooms.tell_gathered(now, sink);
        self.rooms.expire(now);
    }

    /// Adds to what is done for the line at hand.
    pub fn note_work(&self, work: usize) {
        self.work.note(work);
    }

    /// The same, when this is shown of what was said before.
    pub fn note_replay<'a>(&self, entries: impl Iterator<Item = &'a Entry>) {
        self.work.note_replay(entries);
    }

    /// As how many lines counts what was done since this was last asked, besides the line itself.
    pub fn take_work(&mut self) -> u32 {
        self.work.take()
    }
}
