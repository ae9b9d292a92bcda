//! Questions about the chat: who is here, which rooms there are, what was said. They change nothing.

use super::action::Whose;
use super::command::{List, RoomId, RoomRef};
use super::digest::digest;
use super::history::{Entry, MessageId};
use super::masks::{Mask, Source, mask_in_full, mask_of};
use super::metadata::find_metadata;
use super::past::Past;
use super::person::{Person, PersonFlag};
use super::recipient::Recipient;
use super::state::Hub;
use super::values::Metadata;
use super::view::RoomView;
use super::work;
use crate::protocol::ConnId;

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// People with a nickname.
    pub named: usize,
    /// The most that there ever were.
    pub named_max: usize,
    /// Of those here, the invisible ones.
    pub invisible: usize,
    /// Of those here, those who rule the server.
    pub operators: usize,
    /// Those without a nickname.
    pub listeners: usize,
    /// Rooms with somebody in them, named or not.
    pub rooms: usize,
}

impl Hub {
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

    /// Which room has this name, if there is one.
    pub fn find_room(&self, name: &str) -> Option<RoomId> {
        Some(self.rooms.id(self.rooms.find(name)?))
    }

    /// A room that was found before, if it is still there.
    pub fn room_at(&self, id: RoomId) -> Option<RoomView<'_>> {
        Some(self.view(self.rooms.by_id(id)?))
    }

    /// The room that an action names, if there is one.
    pub fn room_of(&self, room: RoomRef<'_>) -> Option<RoomView<'_>> {
        Some(self.view(self.rooms.by_ref(room)?))
    }

    /// The room that someone came into first of those that they are in.
    pub fn first_room(&self, id: ConnId) -> Option<RoomId> {
        let room = self.people.get(id)?.memberships.rooms().next()?;
        Some(self.rooms.id(room))
    }

    /// The room of this name, if there is one; it may be empty.
    pub fn room(&self, name: &str) -> Option<RoomView<'_>> {
        Some(self.view(self.rooms.find(name)?))
    }

    /// Every room that somebody is in, named or not.
    pub fn rooms(&self) -> impl Iterator<Item = RoomView<'_>> {
        let rooms = self.rooms.iter();
        let lively = rooms.filter(|(_, room)| !room.members.is_empty());
        lively.map(|(key, _)| self.view(key))
    }

    /// The rooms that someone is in, in the order in which they came.
    pub fn rooms_of(&self, id: ConnId) -> impl Iterator<Item = RoomView<'_>> {
        let client = self.people.get(id).into_iter();
        let rooms = client.flat_map(|client| client.memberships.rooms());
        rooms.map(|room| self.view(room))
    }

    /// Whether two are in a room together.
    pub fn share_a_room(&self, one: ConnId, other: ConnId) -> bool {
        self.people.share_a_room(one, other)
    }

    /// Everyone with a nickname.
    pub fn people(&self) -> impl Iterator<Item = (ConnId, Person<'_>)> {
        let clients = self.people.iter();
        clients.filter_map(|client| Some((client.id, client.person()?)))
    }

    /// Whoever is called so, up to the form and case of the letters.
    pub fn person(&self, name: &str) -> Option<Person<'_>> {
        self.people.called(name)?.person()
    }

    /// Whoever is here, if they have a nickname.
    pub fn person_of(&self, id: ConnId) -> Option<Person<'_>> {
        self.people.person(id)
    }

    /// Who was called so and is no longer, the latest first. Of all that have left or taken another
    /// name, the last [`PAST_MAX`](super::PAST_MAX) are kept.
    pub fn was_called(&self, name: &str) -> impl Iterator<Item = &Past> {
        let past = self.people.past();
        self.work.note(work::LISTED as usize * past.len());
        past.called(name)
    }

    /// Where what is said to someone here alone goes.
    pub fn recipient(&self, id: ConnId) -> Option<Recipient> {
        Some(self.people.get(id)?.recipient())
    }

    /// What someone and another said to each other, oldest first.
    pub fn conversation(
        &self,
        one: ConnId,
        other: ConnId,
    ) -> impl DoubleEndedIterator<Item = &Entry> {
        self.conversations.between(one, other)
    }

    /// Those with whom someone has a conversation.
    pub fn partners(&self, id: ConnId) -> impl Iterator<Item = ConnId> {
        self.conversations.partners_of(id)
    }

    /// A number for all that the chat knows: the same for two chats to which the same people did the
    /// same at the same times, whatever the ids of their connections, and whatever order a table of
    /// hashes has. Meant for tests, and for machines that keep one chat together: it goes through
    /// everything.
    pub fn digest(&self) -> u64 {
        digest(&self.people, &self.rooms, &self.conversations)
    }

    /// How many there are of what.
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

    /// All that a person or a room has, if one may know of it.
    pub fn metadata(&self, id: ConnId, whose: Whose) -> Option<&Metadata> {
        find_metadata(&self.people, &self.rooms, id, whose)
    }

    /// The names that someone watches, as they wrote them.
    pub fn watched(&self, id: ConnId) -> impl Iterator<Item = &str> {
        let watched = self.people.get(id).map(|client| client.profile.watched());
        watched.unwrap_or_default().iter().map(|it| &*it.name)
    }

    /// The keys that someone follows, in order.
    pub fn followed(&self, id: ConnId) -> &[Box<str>] {
        let client = self.people.get(id);
        client.map_or(&[], |client| client.profile.followed())
    }

    /// What someone follows of some metadata.
    pub fn followed_of<'a>(
        &'a self,
        id: ConnId,
        metadata: &'a Metadata,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.people.followed_of(id, metadata)
    }

    /// The first message in a room that someone has not had who was in it before; none: they have had
    /// nothing of it, as far as is known.
    pub fn first_unread(&self, id: ConnId, room: RoomId) -> Option<MessageId> {
        let source = self.people.get(id)?.source();
        self.rooms[self.rooms.by_id(room)?].first_unread(&source)
    }

    /// What is to be put on a list, or to go from it, where someone types a name or a mask.
    pub fn masks_meant(&self, room: RoomId, list: List, whom: &str, is_on: bool) -> Vec<String> {
        match (self.person(whom), is_on) {
            (_, false) => self.masks_to_lift(room, list, whom),
            (Some(person), true) => vec![mask_of(person)],
            (None, true) => vec![mask_in_full(whom)],
        }
    }

    /// What is to go from a list so that someone is not meant any more: the mask that was typed, and
    /// whatever means them, or whoever was called so last, by their name or by their host.
    fn masks_to_lift(&self, room: RoomId, list: List, whom: &str) -> Vec<String> {
        let typed = mask_in_full(whom);
        let source = match self.person(whom) {
            Some(person) => Some(Source::called(person)),
            None => self.was_called(whom).next().map(Source::past),
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
            // That it is not there is told as of any other.
            lifted.push(typed);
        }
        lifted
    }

    fn view(&self, key: usize) -> RoomView<'_> {
        RoomView::new(&self.people, &self.rooms, key)
    }
}
