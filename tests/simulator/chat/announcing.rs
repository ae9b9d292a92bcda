//! The events of arriving, leaving and changing in the model's chat: who is told of each, and when.

use std::time::Duration;

use parloir::ConnId;
use parloir::relay::hub::{EventLevel, cost};

use super::words::{Told, Words};
use super::{BTreeSet, Chat, Room, list};
use crate::irc::server_name;

impl Chat {
    /// Tells every other person who shares a room with this one, once each.
    pub(crate) fn tell_peers(&mut self, id: ConnId, least: EventLevel, words: &Words) {
        let rooms = self.people[&id].rooms.iter();
        let members = rooms.flat_map(|room| self.rooms[*room].members.clone());
        let peers: BTreeSet<ConnId> = members.filter(|member| *member != id).collect();
        for peer in peers {
            if self.people[&peer].level >= least {
                self.give(peer, words);
            }
        }
    }

    /// The same as `tell_peers`, but leaves out rooms in which the person may not speak.
    pub(crate) fn tell_peers_where_heard(&mut self, id: ConnId, least: EventLevel, words: &Words) {
        let rooms = self.people[&id].rooms.clone();
        let mut heard = rooms.clone();
        heard.retain(|room| self.bar_to_speech(id, *room).is_none());
        self.work += cost::ROOM_TOLD * heard.len() as u32;
        self.people.get_mut(&id).unwrap().rooms = heard;
        self.tell_peers(id, least, words);
        self.people.get_mut(&id).unwrap().rooms = rooms;
    }

    pub(super) fn tell_room(
        &mut self,
        room: usize,
        least: EventLevel,
        except: Option<ConnId>,
        words: &Words,
    ) {
        for id in self.rooms[room].members.clone() {
            if Some(id) != except && self.people[&id].level >= least {
                self.give(id, words);
            }
        }
    }

    /// Announces that a person enters or leaves a room. IRC clients are told at once.
    pub(super) fn announce(&mut self, room: usize, id: ConnId, comes: bool, reason: Option<&str>) {
        let Some(name) = self.name(id) else {
            return;
        };
        self.announce_in_line(room, id, comes, reason);
        let irc = match comes {
            true => {
                let mut told = self.joined(room, id);
                let is_barred = self.bar_to_speech(id, room).is_some();
                if let Told::Joined {
                    real_name, away, ..
                } = &mut told
                    && is_barred
                {
                    (*real_name, *away) = (name.clone(), None);
                }
                told
            }
            false => {
                let (source, room) = (self.source(id, &name), &self.rooms[room].name);
                let reason = reason.unwrap_or(&name);
                Told::Line(format!(":{source} PART #{room} :{reason}"), None)
            }
        };
        let words = Words { line: None, irc };
        self.tell_room(room, EventLevel::Raw, Some(id), &words);
        let is_operator = self.rooms[room].operators.contains(&id);
        if comes && is_operator && self.named(room).len() > 1 {
            let (server, room_name) = (server_name(&self.config), &self.rooms[room].name);
            let irc = format!(":{server} MODE #{room_name} +o {name}");
            let words = Words::both(format!("* {name} is an operator again\n"), irc);
            self.tell_room(room, EventLevel::Room, Some(id), &words);
        }
    }

    pub(super) fn joined(&self, room: usize, id: ConnId) -> Told {
        let (person, name) = (&self.people[&id], self.name(id).unwrap());
        Told::Joined {
            source: self.source(id, &name),
            room: self.rooms[room].name.clone(),
            real_name: person.real_name.clone().unwrap_or(name),
            away: person.away.clone(),
        }
    }

    /// Announces it to line clients: at once, or later together with others.
    pub(super) fn announce_in_line(
        &mut self,
        room: usize,
        id: ConnId,
        comes: bool,
        reason: Option<&str>,
    ) {
        let name = self.name(id).unwrap();
        let named = self.named(room).len() + usize::from(!comes);
        let it = &mut self.rooms[room];
        let is_pending = !it.joined.is_empty() || !it.left.is_empty();
        if named > self.config.gather_above || is_pending {
            let is_quiet = it
                .told_at
                .is_none_or(|at| at + self.config.gather_every <= self.now);
            if is_pending || !is_quiet {
                let list = if comes { &mut it.joined } else { &mut it.left };
                return list.push(name);
            }
            it.told_at = Some(self.now);
        }
        let line = match (comes, reason) {
            (true, _) => format!("* {name} joined\n"),
            (false, None) => format!("* {name} left\n"),
            (false, Some(reason)) => format!("* {name} left ({reason})\n"),
        };
        self.tell_room(room, EventLevel::Room, Some(id), &Words::line(line));
    }

    /// Time at which a room announces the arrivals and departures that it has gathered.
    fn gathered_due(&self, room: &Room) -> Option<Duration> {
        let is_pending = !room.joined.is_empty() || !room.left.is_empty();
        is_pending.then(|| room.told_at.unwrap() + self.config.gather_every)
    }

    pub(crate) fn expire(&mut self) {
        for room in self.rooms.iter().map(|(key, _)| key).collect::<Vec<_>>() {
            let it = &self.rooms[room];
            if self.gathered_due(it).is_some_and(|at| at <= self.now) {
                let mut parts = Vec::new();
                for (people, what) in [(&it.joined, "joined"), (&it.left, "left")] {
                    if !people.is_empty() {
                        parts.push(format!("{} {what}", list(people, 0)));
                    }
                }
                let words = Words::line(format!("* {}\n", parts.join("; ")));
                self.tell_room(room, EventLevel::Room, None, &words);
                let it = &mut self.rooms[room];
                it.told_at = Some(self.now);
                (it.joined, it.left) = (Vec::new(), Vec::new());
            }
        }
        let mut old: Vec<(Duration, usize)> = self
            .rooms
            .iter()
            .filter_map(|(key, room)| Some((room.empty_since?, key)))
            .filter(|(since, _)| *since + self.config.empty_room_kept <= self.now)
            .collect();
        old.sort_unstable();
        for (_, room) in old {
            self.rooms.remove(room);
        }
    }

    /// A description of something that the relay should have done by now on its own, if there is
    /// any.
    pub(crate) fn overdue(&self, now: Duration) -> Option<String> {
        self.rooms.iter().find_map(|(_, room)| {
            let name = &room.name;
            let kept = room
                .empty_since
                .map(|since| since + self.config.empty_room_kept);
            if self.gathered_due(room).is_some_and(|at| at <= now) {
                return Some(format!("{name} has not told of its comings and goings"));
            }
            kept.filter(|until| *until <= now)?;
            Some(format!("{name} is still kept"))
        })
    }
}
