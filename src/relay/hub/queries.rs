//! Questions about the chat, which change nothing: people, rooms, messages.
//!
//! A question takes no actor unless the answer depends on one. It answers for the host program, so a dialect
//! has to ask whether a client may know a room ([`RoomView::is_visible_to`]) before it shows the answer.
//! Questions that may look at much note their work, where the dialect cannot know how much it is.

use super::action::Whose;
use super::cost;
use super::digest::digest;
use super::history::{Entry, MessageId};
use super::masks::{Mask, MaskSubject, mask_in_full, mask_of};
use super::metadata::find_metadata;
use super::person::{Person, PersonFlag};
use super::recipient::Recipient;
use super::state::Hub;
use super::terms::{List, RoomId, RoomRef};
use super::values::Metadata;
use super::view::RoomView;
use super::whowas::Past;
use crate::protocol::ConnId;

/// Numbers of people and rooms. They are kept as people come and go, so asking for them is cheap.
///
/// # Examples
///
/// ```
/// use parloir::RelayConfig;
/// use parloir::relay::hub::{Counts, Hub};
///
/// let hub = Hub::new(RelayConfig::default());
/// assert_eq!(hub.counts(), Counts::default(), "not even the default room is there before its first member");
/// assert_eq!(hub.digest(), Hub::new(RelayConfig::default()).digest());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// People with a nickname.
    pub named: usize,
    /// The highest number of people with a nickname at the same time.
    pub named_max: usize,
    /// Connected clients that are invisible.
    pub invisible: usize,
    /// Connected clients that are server operators.
    pub operators: usize,
    /// Clients without a nickname.
    pub listeners: usize,
    /// Rooms with at least one member, with a nickname or without.
    pub rooms: usize,
}

impl Hub {
    /// Returns a client's nickname; none if it has none or is not connected.
    pub fn name(&self, id: ConnId) -> Option<&str> {
        self.people.get(id)?.name.as_deref()
    }

    /// Returns whether a client is connected, with a nickname or without.
    pub fn is_here(&self, id: ConnId) -> bool {
        self.people.get(id).is_some()
    }

    /// Returns the client that has this nickname. Nicknames that differ only in Unicode form or in case
    /// are the same.
    pub fn find(&self, name: &str) -> Option<ConnId> {
        self.people.owner(name)
    }

    /// Number of people with a nickname.
    pub fn named(&self) -> usize {
        self.people.named()
    }

    /// Returns the id of the room with this name, if there is one.
    pub fn find_room(&self, name: &str) -> Option<RoomId> {
        Some(self.rooms.id(self.rooms.find(name)?))
    }

    /// Returns a room that was found before, if it still exists.
    pub fn room_at(&self, id: RoomId) -> Option<RoomView<'_>> {
        Some(self.view(self.rooms.by_id(id)?))
    }

    /// Returns the room that an action is about, if there is one.
    pub fn room_of(&self, room: RoomRef<'_>) -> Option<RoomView<'_>> {
        Some(self.view(self.rooms.by_ref(room)?))
    }

    /// Returns the room that a client entered first, of those that it is in.
    pub fn first_room(&self, id: ConnId) -> Option<RoomId> {
        let room = self.people.get(id)?.memberships.rooms().next()?;
        Some(self.rooms.id(room))
    }

    /// Returns the room with this name, if there is one. It may be empty.
    pub fn room(&self, name: &str) -> Option<RoomView<'_>> {
        Some(self.view(self.rooms.find(name)?))
    }

    /// Returns every room with at least one member, with a nickname or without.
    pub fn rooms(&self) -> impl Iterator<Item = RoomView<'_>> {
        let rooms = self.rooms.iter();
        let lively = rooms.filter(|(_, room)| !room.members.is_empty());
        lively.map(|(key, _)| self.view(key))
    }

    /// Returns the rooms that a client is in, in the order in which it entered them.
    pub fn rooms_of(&self, id: ConnId) -> impl Iterator<Item = RoomView<'_>> {
        let client = self.people.get(id).into_iter();
        let rooms = client.flat_map(|client| client.memberships.rooms());
        rooms.map(|room| self.view(room))
    }

    /// Returns whether two clients have a room in common.
    pub fn share_a_room(&self, one: ConnId, other: ConnId) -> bool {
        self.people.share_a_room(one, other)
    }

    /// Returns everyone with a nickname.
    pub fn people(&self) -> impl Iterator<Item = (ConnId, Person<'_>)> {
        let clients = self.people.iter();
        clients.filter_map(|client| Some((client.id, client.person()?)))
    }

    /// Returns the person who has this nickname. Nicknames that differ only in Unicode form or in case
    /// are the same.
    pub fn person(&self, name: &str) -> Option<Person<'_>> {
        self.people.called(name)?.person()
    }

    /// Returns the person behind a connected client, if it has a nickname.
    pub fn person_of(&self, id: ConnId) -> Option<Person<'_>> {
        self.people.person(id)
    }

    /// Returns the people who had this nickname and have given it up, the latest first. The last
    /// [`PAST_MAX`](super::PAST_MAX) nicknames that were given up are known.
    pub fn was_called(&self, name: &str) -> impl Iterator<Item = &Past> {
        let past = self.people.past();
        self.work.note(cost::LISTED as usize * past.len());
        past.called(name)
    }

    /// Returns where to send messages for a connected client alone.
    pub fn recipient(&self, id: ConnId) -> Option<Recipient> {
        Some(self.people.get(id)?.recipient())
    }

    /// Returns the private messages between two clients, oldest first.
    pub fn conversation(
        &self,
        one: ConnId,
        other: ConnId,
    ) -> impl DoubleEndedIterator<Item = &Entry> {
        self.conversations.between(one, other)
    }

    /// Returns the clients that a client has a conversation with.
    pub fn partners(&self, id: ConnId) -> impl Iterator<Item = ConnId> {
        self.conversations.partners_of(id)
    }

    /// Returns a number for all that the chat knows. Two chats have the same number if the same people
    /// did the same in both at the same times: ids of connections and the order of hash tables do not
    /// matter. It is meant for tests, and for machines that keep one chat together, since it goes
    /// through everything.
    pub fn digest(&self) -> u64 {
        digest(&self.people, &self.rooms, &self.conversations)
    }

    /// Returns the numbers of people and rooms.
    pub fn counts(&self) -> Counts {
        Counts {
            named: self.people.named(),
            named_max: self.people.named_max(),
            invisible: self.people.flagged(PersonFlag::Invisible),
            operators: self.people.flagged(PersonFlag::Operator),
            listeners: self.people.unnamed(),
            rooms: self.rooms.len() - self.rooms.empty(),
        }
    }

    /// Returns the metadata of a person or a room, if the client may know of that person or room.
    pub fn metadata(&self, id: ConnId, whose: Whose) -> Option<&Metadata> {
        find_metadata(&self.people, &self.rooms, id, whose)
    }

    /// Returns the nicknames that a client watches, in its own spelling.
    pub fn watched(&self, id: ConnId) -> impl Iterator<Item = &str> {
        let watched = self.people.get(id).map(|client| client.profile.watched());
        watched.unwrap_or_default().iter().map(|it| &*it.name)
    }

    /// Returns the metadata keys that a client follows, in order.
    pub fn followed(&self, id: ConnId) -> &[Box<str>] {
        let client = self.people.get(id);
        client.map_or(&[], |client| client.profile.followed())
    }

    /// Returns the metadata keys that a client follows, with their values.
    pub fn followed_of<'a>(
        &'a self,
        id: ConnId,
        metadata: &'a Metadata,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.people.followed_of(id, metadata)
    }

    /// Returns the first message in a room that a client that was in it before has not been sent; none
    /// if nothing is known of the client.
    pub fn first_unread(&self, id: ConnId, room: RoomId) -> Option<MessageId> {
        let source = self.people.get(id)?.source();
        self.rooms[self.rooms.by_id(room)?].first_unread(&source)
    }

    /// Returns the masks to put on a list or to take off it, for a nickname or a mask that an operator
    /// has typed. A nickname to ban becomes its host; a nickname to lift becomes every mask of the list that
    /// means the person, or taking the ban of the host away would leave one on the name.
    pub fn masks_meant(&self, room: RoomId, list: List, whom: &str, is_on: bool) -> Vec<String> {
        // A nickname has `_` for a blank, so a mask has it too. It is shown as it is kept, as one word, and
        // a byte-order mark at the beginning is shown nowhere.
        let whom = whom.trim_start_matches('\u{feff}');
        let whom = &whom.replace(|c: char| c.is_whitespace() || c.is_control(), "_");
        match (self.person(whom), is_on) {
            (_, false) => self.masks_to_lift(room, list, whom),
            (Some(person), true) => vec![mask_of(person)],
            (None, true) => vec![mask_in_full(whom)],
        }
    }

    /// Returns the masks to take off a list so that a person is matched no longer: the typed mask, and
    /// every mask that matches the person with the typed nickname, by nickname or by host. If no person
    /// has the nickname now, the last one who had it counts.
    fn masks_to_lift(&self, room: RoomId, list: List, whom: &str) -> Vec<String> {
        let typed = mask_in_full(whom);
        let source = match self.person(whom) {
            Some(person) => Some(MaskSubject::called(person)),
            None => self.was_called(whom).next().map(MaskSubject::past),
        };
        let room = self.rooms.by_id(room).map(|key| &self.rooms[key]);
        let masks = room.map_or(&[][..], |room| room.rules.list(list));
        let asked = Mask::new(&typed, Person::absent(""), 0);
        let mut lifted = Vec::new();
        for mask in masks {
            if mask.is(&asked) {
                lifted.push(typed.clone());
            } else if source.as_ref().is_some_and(|it| mask.means(it)) {
                lifted.push(mask.text.to_string());
            }
        }
        if lifted.is_empty() {
            // No mask on the list is meant. The typed one is returned, so that the answer is the same as
            // for any other mask that is not on the list.
            lifted.push(typed);
        }
        lifted
    }

    fn view(&self, key: usize) -> RoomView<'_> {
        RoomView::new(&self.people, &self.rooms, key)
    }
}
