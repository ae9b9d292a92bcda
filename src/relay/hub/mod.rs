//! The chat itself, pure: rooms, nicknames, topics, history. No socket, no clock, no protocol.
//!
//! There is one way to change it: somebody's [`Action`], [applied](Hub::apply) at a time. What came of it
//! is a [`Done`] for whoever did it, or why it was [`Refused`]; whom else it concerns, and they
//! themselves, are told by [`Event`]s through a [`Sink`], each with its audience and in the order in
//! which they are to be read. The same actions give the same events, whatever the machine. Questions
//! (who is here, what was said, what holds in a room) are methods that change nothing.
//!
//! Someone is first [admitted](Hub::admit) as a listener, then [arrives](Action::Arrive) by taking a
//! nickname, does things, and [leaves](Action::Leave). An action names its room: most people are in one
//! at a time, and their dialect knows which; programs show several at once.
//!
//! Lines are what an action is made of and an event is written as, but neither is one: that is what a
//! dialect is for.
//!
//! | module | its one job |
//! | --- | --- |
//! | `people`, `person` | who is here, and what others see of them |
//! | `nicks`, `index` | who is called what |
//! | `names`, `fold`, `looks` | what one may be called, and which names are the same or look so |
//! | `rooms`, `members`, `roster` | which rooms there are, and who is in them |
//! | `recipient` | to whom something is sent, and as what |
//! | `rules`, `masks` | what is allowed in a room, and to whom |
//! | `enter` | coming into rooms, going out, and leaving for good |
//! | `action`, `apply` | what can be done, and the one way to do it |
//! | `act` | what people do about themselves |
//! | `speak`, `history`, `conversations` | what is said, and what is kept of it |
//! | `govern` | what operators do |
//! | `announce`, `gather` | who is told of whose coming and going, and when |
//! | `watch`, `past` | who waits for whom, and who was here |
//! | `metadata`, `values` | keys and values, and who follows them |
//! | [`work`] | what it costs |
//! | `view`, `digest` | all of it to look at, and to compare |

mod act;
mod action;
mod announce;
mod apply;
mod command;
mod conversations;
mod digest;
mod enter;
mod event;
mod flood;
mod fold;
mod gather;
mod govern;
mod history;
mod index;
mod looks;
mod masks;
mod members;
mod metadata;
pub mod names;
mod nicks;
mod past;
mod people;
mod person;
mod recipient;
mod refused;
mod rooms;
mod roster;
mod rules;
mod speak;
mod values;
mod view;
mod watch;
pub mod work;

use std::cell::Cell;

use crate::config::RelayConfig;
use crate::protocol::{ConnId, Moment, Time};

pub use action::{Action, Done, Nick, Outcome, Receipt, Texts, TextsIter, Utterance};
pub use command::{Flag, List, ModeChange, Rank, Ranks, Speech, To};
pub use conversations::CONVERSATION_LINES_MAX;
pub use enter::ROOMS_OF_ONE_MAX;
pub use event::{Event, Reason, Said, Sink};
pub use flood::{Allowance, Flood};
pub use history::{Entry, MessageId};
pub use masks::{MASK_PART_CHARS_MAX, mask_in_full, mask_of, matches};
pub use members::Hears;
pub use metadata::{FOLLOWED_MAX, Whose};
pub use past::{PAST_MAX, Past};
pub use person::{Host, Person, PersonFlag, Profile, USER_DEFAULT};
pub use recipient::{Addressee, Format, Recipient};
pub use refused::Refused;
pub use rooms::{RoomId, Topic};
pub use roster::{NAMES_SHOWN_MAX, Names};
pub use rules::{KEY_BYTES_MAX, MASKS_MAX, MASKS_TOTAL_MAX, is_key};
pub use values::{
    METADATA_KEY_BYTES_MAX, METADATA_KEYS_MAX, METADATA_VALUE_BYTES_MAX, Metadata, NotSet,
    is_metadata_key,
};
pub use view::{Counts, MaskView, MemberView, RoomView};
pub use watch::WATCHED_MAX;

use announce::Seen;
use conversations::Conversations;
use past::Pasts;
use people::{Client, People};
use rooms::Rooms;
use watch::Watch;

/// Rooms, nicknames, and who is where.
#[derive(Debug)]
pub struct Hub {
    config: RelayConfig,
    people: People,
    rooms: Rooms,
    past: Pasts,
    watch: Watch,
    conversations: Conversations,
    seen: Seen,
    /// The most people that ever had a nickname at once.
    named_max: usize,
    /// What was done for the line at hand: see [`work`].
    work: Cell<u32>,
}

impl Hub {
    /// An empty chat under these rules.
    pub fn new(config: RelayConfig) -> Self {
        Self {
            people: People::new(config.seed, config.reserved()),
            rooms: Rooms::new(&config),
            past: Pasts::default(),
            watch: Watch::default(),
            conversations: Conversations::default(),
            seen: Seen::default(),
            named_max: 0,
            work: Cell::new(0),
            config,
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
        if self.seats(id).is_empty() && !self.is_banned(id, room) {
            self.seat(id, room, now);
        }
    }

    /// Lets someone in who is in no room until they [join](Action::Join) one.
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
        let Some(client) = self.people.get_mut(id) else {
            return;
        };
        client.format = format;
        for seat in client.seats.all() {
            let members = &mut self.rooms[seat.room()].members;
            if let Some(member) = members.at_mut(seat.slot()) {
                member.format = format;
            }
        }
    }

    /// Whether someone is here and has a nickname.
    pub fn name(&self, id: ConnId) -> Option<&str> {
        self.people.get(id)?.name.as_deref()
    }

    /// Whether someone is here, named or not.
    pub fn is_here(&self, id: ConnId) -> bool {
        self.people.get(id).is_some()
    }

    /// Who is called so, up to the form and case of the letters.
    pub fn find(&self, name: &str) -> Option<ConnId> {
        self.people.owner(name)
    }

    /// How many people have a nickname.
    pub fn named(&self) -> usize {
        self.people.named()
    }

    /// When [`Self::expired`] has something to do.
    pub fn deadline(&self) -> Option<Moment> {
        self.rooms.deadline()
    }

    /// Adds to what is done for the line at hand.
    pub fn note_work(&self, work: usize) {
        let work = u32::try_from(work).unwrap_or(u32::MAX);
        self.work.set(self.work.get().saturating_add(work));
    }

    /// The same, when this is shown of what was said before.
    pub fn note_replay<'a>(&self, entries: impl Iterator<Item = &'a Entry>) {
        let parts =
            |entry: &Entry| work::REPLAYED as usize + entry.text.len() / work::REPLAYED_BYTES;
        self.note_work(entries.map(parts).sum());
    }

    /// As how many lines counts what was done since this was last asked, besides the line itself.
    pub fn take_work(&mut self) -> u32 {
        self.work.take() / work::LINE
    }

    /// Tells one person, who is told nothing if they want to hear no more than what is said.
    pub(super) fn tell(&self, id: ConnId, event: &Event<'_>, sink: &mut impl Sink) {
        if let Some(client) = self.people.get(id)
            && client.hears >= Hears::Everything
        {
            sink.to_one(client.addressee(), event);
        }
    }

    /// Time has passed: tells of gathered comings and goings, and forgets rooms long empty.
    pub fn expired(&mut self, now: Time, sink: &mut impl Sink) {
        self.rooms.tell_gathered(now, sink);
        self.rooms.expire(now);
    }
}

#[cfg(test)]
mod tests;
