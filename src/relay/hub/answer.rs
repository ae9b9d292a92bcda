//! What people are told who ask, who come into a room, or who may not do what they want.

use super::Hub;
use super::event::{Event, Sink};
use super::history::Entry;
use super::members::Hears;
use super::refused::Refused;
use super::rooms::Room;
use super::roster::NAMES_SHOWN_MAX;
use super::view::RoomView;
use crate::protocol::ConnId;

/// Rooms named in one answer.
const ROOMS_SHOWN_MAX: usize = 50;

impl Hub {
    /// What someone sees who comes into a room.
    pub(super) fn show_room(&self, id: ConnId, is_first: bool, sink: &mut impl Sink) {
        let Some(view) = self.rooms_of(id).last() else {
            return;
        };
        let arrived = Event::Arrived {
            person: self.people.person(id),
            room: view,
            others: view.names(Some(id)),
        };
        self.answer(id, &arrived, sink);
        if is_first && !self.config.motd.is_empty() {
            self.answer(id, &Event::Motd(&self.config.motd), sink);
        }
        if view.topic().is_some() {
            self.answer(id, &Event::Topic(view.topic()), sink);
        }
        self.tell_last(id, view, self.config.replay, sink);
    }

    /// Tells the last lines of a room, if there are any. Says whether there are.
    fn tell_last(
        &self,
        id: ConnId,
        view: RoomView<'_>,
        count: usize,
        sink: &mut impl Sink,
    ) -> bool {
        let entries: Vec<&Entry> = view.last(count).collect();
        if entries.is_empty() {
            return false;
        }
        let room = view.name();
        self.answer(id, &Event::History { room, entries }, sink);
        true
    }

    /// The room of someone who is in one.
    fn own_room(&self, id: ConnId) -> Option<RoomView<'_>> {
        self.rooms_of(id).next()
    }

    /// The same, to tell something of; that there is none is told as well.
    fn room_asked_about(&self, id: ConnId, sink: &mut impl Sink) -> Option<RoomView<'_>> {
        let room = self.own_room(id);
        if room.is_none() {
            self.refuse(id, Refused::NotIn, None, sink);
        }
        room
    }

    fn own_members(&self, id: ConnId) -> Option<&Room> {
        let seat = self.people.get(id)?.seats.first()?;
        Some(&self.rooms[seat.room()])
    }

    /// Tells everyone in someone's room something, in the server's name.
    pub fn tell_room(&self, id: ConnId, text: &str, sink: &mut impl Sink) {
        if let Some(room) = self.own_members(id) {
            let audience = room.members.audience(Hears::Everything, None);
            sink.to_room(&room.name, audience, std::iter::once(Event::Notice(text)));
        }
    }

    pub(super) fn tell_who(&self, id: ConnId, sink: &mut impl Sink) {
        if let Some(view) = self.room_asked_about(id, sink) {
            let shown = view.members().take(NAMES_SHOWN_MAX);
            let shown = shown.map(|it| it.person.profile.address().unwrap_or("?"));
            let who = Event::Who {
                room: view.name(),
                everyone: view.names(None),
                addresses: self.config.who_shows_addresses.then(|| shown.collect()),
            };
            self.answer(id, &who, sink);
        }
    }

    pub(super) fn tell_rooms(&self, id: ConnId, sink: &mut impl Sink) {
        let mut rooms: Vec<(&str, usize)> = self
            .rooms()
            .filter(|room| room.named() > 0 && room.is_visible_to(id))
            .map(|room| (room.name(), room.named()))
            .collect();
        let by_size = |a: &(&str, usize), b: &(&str, usize)| b.1.cmp(&a.1).then(a.0.cmp(b.0));
        let others = rooms.len().saturating_sub(ROOMS_SHOWN_MAX);
        if others > 0 {
            rooms.select_nth_unstable_by(ROOMS_SHOWN_MAX, by_size);
            rooms.truncate(ROOMS_SHOWN_MAX);
        }
        rooms.sort_unstable_by(by_size);
        self.answer(id, &Event::Rooms { rooms, others }, sink);
    }

    pub(super) fn tell_topic(&self, id: ConnId, sink: &mut impl Sink) {
        if let Some(view) = self.room_asked_about(id, sink) {
            self.answer(id, &Event::Topic(view.topic()), sink);
        }
    }

    pub(super) fn tell_modes(&self, id: ConnId, sink: &mut impl Sink) {
        if let Some(view) = self.room_asked_about(id, sink) {
            self.answer(id, &Event::Modes(view), sink);
        }
    }

    pub(super) fn tell_history(&self, id: ConnId, count: Option<usize>, sink: &mut impl Sink) {
        if let Some(view) = self.room_asked_about(id, sink)
            && !self.tell_last(id, view, count.unwrap_or(usize::MAX), sink)
        {
            self.refuse(id, Refused::NoHistory, None, sink);
        }
    }

    /// Why something is not done; `room` is the one it was about, if that is not one's own.
    pub(super) fn refuse(
        &self,
        id: ConnId,
        why: Refused<'_>,
        room: Option<&str>,
        sink: &mut impl Sink,
    ) {
        let known = room.and_then(|room| self.room(room));
        let own = self.own_room(id).filter(|_| room.is_none());
        let proper = known.or(own).map(RoomView::name);
        let room = proper.or(room).unwrap_or_default();
        self.answer(id, &Event::Refused { room, why }, sink);
    }

    /// An answer goes only to those who want to hear more than what is said.
    pub(super) fn answer(&self, id: ConnId, event: &Event<'_>, sink: &mut impl Sink) {
        if let Some(client) = self.people.get(id)
            && client.hears >= Hears::Everything
        {
            if let Event::History { entries, .. } = event {
                self.note_replay(entries.iter().copied());
            }
            sink.to_one(client.addressee(), event);
        }
    }
}
