//! The digest: a number for all that the chat knows, by which two chats are compared.
//!
//! The digest must not depend on anything that two equal chats may differ in: ids of connections (people are
//! written by name), places in tables (rooms go by folded name, people are sorted), formats, and the seed of
//! the index. It must depend on everything else, or a difference passes until it shows as an event. Types
//! with private state write it themselves (`Room::kept`, `Rooms::counters`), so a new field is added there.
//!
//! The hash is that of the standard library with fixed keys, which may change with the compiler: digests are
//! compared between running programs of one build, and never kept.

use std::fmt::{self, Write};
use std::hash::{DefaultHasher, Hasher};

use super::conversations::Conversations;
use super::people::{Client, People};
use super::rooms::Rooms;
use super::terms::{Flag, List};
use super::view::RoomView;
use crate::protocol::ConnId;

/// Returns the digest: see [`Hub::digest`](super::Hub::digest).
pub(super) fn digest(people: &People, rooms: &Rooms, conversations: &Conversations) -> u64 {
    let mut out = Hashed(DefaultHasher::new());
    let chat = DigestOf { people, rooms };
    // Writing into a hash cannot fail, so there is no error to handle.
    let _ = chat.write(conversations, &mut out);
    out.0.finish()
}

struct DigestOf<'h> {
    people: &'h People,
    rooms: &'h Rooms,
}

impl DigestOf<'_> {
    fn write(&self, conversations: &Conversations, out: &mut Hashed) -> fmt::Result {
        for room in self.rooms.by_folded_name() {
            self.write_room(room, out)?;
        }
        let mut clients: Vec<String> = self.people.iter().map(|it| self.client(it)).collect();
        clients.sort_unstable();
        let past = self.people.past();
        writeln!(out, "{clients:?} {} {past:?}", self.people.named_max())?;
        writeln!(out, "{:?}", self.rooms.counters())?;
        let mut conversations: Vec<String> = conversations
            .iter()
            .map(|((one, other), history)| {
                let mut names = [self.called(one), self.called(other)];
                names.sort_unstable();
                let said: Vec<_> = history.map(|it| (it.id, it.unix_us, &it.from)).collect();
                format!("{names:?} {said:?}")
            })
            .collect();
        conversations.sort_unstable();
        writeln!(out, "{conversations:?}")
    }

    fn write_room(&self, key: usize, out: &mut Hashed) -> fmt::Result {
        let view = RoomView::new(self.people, self.rooms, key);
        let room = &self.rooms[key];
        writeln!(out, "{:?} {:?}", room.kept(), view.id())?;
        for flag in Flag::ALL {
            writeln!(out, "{flag:?} {}", room.rules.has(flag))?;
        }
        for list in List::ALL {
            writeln!(out, "{list:?} {:?}", room.rules.list(list))?;
        }
        writeln!(out, "{:?} {:?}", room.rules.key, room.rules.limit)?;
        let invited = room.rules.invited().iter().map(|id| self.called(*id));
        writeln!(out, "{:?}", invited.collect::<Vec<_>>())?;
        for member in view.members() {
            writeln!(out, "{} {:?}", member.person.name, member.ranks)?;
        }
        for it in view.history() {
            let by = it.by.map(|id| self.called(id));
            writeln!(out, "{:?} {} {:?} {by:?}", it.id, it.unix_us, it.speech)?;
            writeln!(out, "{} {} {}", it.from, it.user(), it.text)?;
        }
        writeln!(out, "{}", view.listeners())
    }

    /// Returns a connected client and its rooms as text, the rooms in the order in which it entered
    /// them.
    fn client(&self, it: &Client) -> String {
        let rooms = it.memberships.rooms();
        let rooms: Vec<&str> = rooms.map(|room| &*self.rooms[room].name).collect();
        format!("{:?} {:?} {:?} {rooms:?}", it.name, it.profile, it.level)
    }

    fn called(&self, id: ConnId) -> &str {
        self.people.person(id).map_or("", |person| person.name)
    }
}

/// Hashes the text that is written to it.
struct Hashed(DefaultHasher);

impl Write for Hashed {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}
