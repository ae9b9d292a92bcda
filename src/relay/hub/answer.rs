//! What is told to one person, or in the server's name.

use super::Hub;
use super::event::{Event, Sink};
use super::members::Hears;
use crate::protocol::ConnId;

impl Hub {
    pub(super) fn tell_room(&self, id: ConnId, text: &str, sink: &mut impl Sink) {
        let client = self.people.get(id);
        if let Some(seat) = client.and_then(|client| client.seats.first()) {
            let room = &self.rooms[seat.room()];
            let audience = room.members.audience(Hears::Everything, None);
            sink.to_room(&room.name, audience, std::iter::once(Event::Notice(text)));
        }
    }

    /// Tells one person, who is told nothing if they want to hear no more than what is said.
    pub(super) fn tell(&self, id: ConnId, event: &Event<'_>, sink: &mut impl Sink) {
        if let Some(client) = self.people.get(id)
            && client.hears >= Hears::Everything
        {
            sink.to_one(client.addressee(), event);
        }
    }
}
