//! A number for all that the chat knows, by which two chats are compared.

use std::fmt::{self, Write};
use std::hash::{DefaultHasher, Hasher};

use super::Hub;
use super::command::{Flag, List};
use super::people::Client;
use super::rooms::Room;
use crate::protocol::ConnId;

impl Hub {
    /// The same for two chats to which the same people did the same at the same times, whatever the ids
    /// of their connections, and whatever order a table of hashes has. Meant for tests, and for machines
    /// that keep one chat together: it goes through everything.
    pub fn digest(&self) -> u64 {
        let mut out = Hashed(DefaultHasher::new());
        // A hash takes everything, so there is no error to handle.
        let _ = self.write_state(&mut out);
        out.0.finish()
    }

    fn write_state(&self, out: &mut Hashed) -> fmt::Result {
        for (index, room) in self.rooms.by_folded_name() {
            self.write_room(out, index, room)?;
        }
        let mut clients: Vec<String> = self.people.iter().map(|it| self.client(it)).collect();
        clients.sort_unstable();
        writeln!(out, "{clients:?} {} {:?}", self.named_max, self.past)?;
        writeln!(out, "{:?}", self.rooms.counters())?;
        let mut conversations: Vec<String> = self
            .conversations
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

    fn write_room(&self, out: &mut Hashed, index: usize, room: &Room) -> fmt::Result {
        let view = self.view(index);
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

    /// Somebody who is here, and the rooms they are in, in the order in which they came.
    fn client(&self, it: &Client) -> String {
        let rooms = it.seats.all().iter();
        let rooms: Vec<&str> = rooms.map(|seat| &*self.rooms[seat.room()].name).collect();
        format!("{:?} {:?} {:?} {rooms:?}", it.name, it.profile, it.hears)
    }

    fn called(&self, id: ConnId) -> &str {
        self.name(id).unwrap_or_default()
    }
}

/// Hashes what is written.
struct Hashed(DefaultHasher);

impl Write for Hashed {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}
