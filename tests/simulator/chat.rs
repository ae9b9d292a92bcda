//! The model's chat: rooms and people as plain lists, each rule in as few words as it takes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use parloir::relay::hub::names::{NAME_CHARS_MAX, fold, legalize, room_name};
use parloir::relay::hub::{Entry, Hears};
use parloir::{ConnId, RelayConfig};
use slab::Slab;

use rules::Rules;
use telling::list;

mod rules;
mod telling;

pub(crate) struct Chat {
    config: RelayConfig,
    pub(crate) people: BTreeMap<ConnId, Person>,
    /// A slab, as in the relay, because which of two equals goes first depends on their places.
    pub(crate) rooms: Slab<Room>,
    /// What everyone is to be sent, in order.
    pub(crate) sent: Vec<(ConnId, Vec<u8>)>,
    pub(crate) now: Duration,
}

pub(crate) struct Person {
    pub(crate) name: Option<String>,
    folded: String,
    pub(crate) room: usize,
    hears: Hears,
    away: Option<String>,
    /// It rules the whole server.
    pub(crate) rules_all: bool,
}

pub(crate) struct Room {
    pub(crate) name: String,
    /// In order of arrival.
    pub(crate) members: Vec<ConnId>,
    topic: Option<String>,
    /// When, and what, as the line dialect writes it; and its size.
    history: Vec<(Duration, String, usize)>,
    pub(crate) empty_since: Option<Duration>,
    told_at: Option<Duration>,
    joined: Vec<String>,
    left: Vec<String>,
    /// It is the one where everybody arrives, and nobody's.
    is_default: bool,
    pub(crate) rules: Rules,
    operators: BTreeSet<ConnId>,
    voices: BTreeSet<ConnId>,
}

impl Chat {
    pub(crate) fn new(config: RelayConfig) -> Self {
        Self {
            config,
            people: BTreeMap::new(),
            rooms: Slab::new(),
            sent: Vec::new(),
            now: Duration::ZERO,
        }
    }

    pub(crate) fn send(&mut self, to: ConnId, bytes: impl Into<Vec<u8>>) {
        self.sent.push((to, bytes.into()));
    }

    pub(crate) fn tell(&mut self, to: ConnId, text: &str) {
        self.send(to, format!("* {text}\n"));
    }

    pub(crate) fn name(&self, id: ConnId) -> Option<String> {
        self.people.get(&id)?.name.clone()
    }

    pub(crate) fn named_everywhere(&self) -> usize {
        self.people
            .values()
            .filter(|person| person.name.is_some())
            .count()
    }

    pub(crate) fn find(&self, name: &str) -> Option<ConnId> {
        let folded = fold(name);
        let is_it = |person: &Person| person.name.is_some() && person.folded == folded;
        let mut found = self.people.iter().filter(|(_, person)| is_it(person));
        let id = found.next().map(|(id, _)| *id);
        assert!(found.next().is_none(), "two are called {name}");
        id
    }

    pub(crate) fn room(&self, name: &str) -> Option<usize> {
        let named = |room: &Room| fold(&room.name) == fold(name);
        self.rooms
            .iter()
            .find(|(_, room)| named(room))
            .map(|(key, _)| key)
    }

    fn find_or_make(&mut self, name: &str) -> Option<usize> {
        let found = self.room(name);
        if found.is_some() || self.rooms.len() >= self.config.rooms_max {
            return found;
        }
        Some(self.make(name))
    }

    fn make(&mut self, name: &str) -> usize {
        self.rooms.insert(Room {
            name: name.to_owned(),
            members: Vec::new(),
            topic: None,
            history: Vec::new(),
            empty_since: None,
            told_at: None,
            joined: Vec::new(),
            left: Vec::new(),
            is_default: fold(name) == fold(&self.config.default_room),
            rules: Rules::default(),
            operators: BTreeSet::new(),
            voices: BTreeSet::new(),
        })
    }

    /// Where everybody arrives, however many rooms there are.
    fn default_room(&mut self) -> usize {
        let name = self.config.default_room.clone();
        self.room(&name).unwrap_or_else(|| self.make(&name))
    }

    /// Into the default room, as a listener.
    pub(crate) fn admit(&mut self, id: ConnId, hears: Hears) {
        if self.people.contains_key(&id) {
            return;
        }
        let room = self.default_room();
        let person = Person {
            name: None,
            folded: String::new(),
            room,
            hears,
            away: None,
            rules_all: false,
        };
        self.people.insert(id, person);
        self.enter(id, room);
    }

    fn enter(&mut self, id: ConnId, room: usize) {
        self.people.get_mut(&id).unwrap().room = room;
        let is_first = self.name(id).is_some() && self.named(room).is_empty();
        let it = &mut self.rooms[room];
        it.members.push(id);
        it.rules.invited.remove(&id);
        it.empty_since = None;
        if is_first && !it.is_default {
            it.operators.insert(id);
        }
    }

    /// Takes someone out of a room's list. When nobody with a name is left, its rules are forgotten.
    fn remove_member(&mut self, room: usize, id: ConnId) {
        let it = &mut self.rooms[room];
        it.members.retain(|member| *member != id);
        it.operators.remove(&id);
        it.voices.remove(&id);
        if self.named(room).is_empty() {
            self.rooms[room].rules = Rules::default();
        }
    }

    /// Someone is out of a room; if that empties it, it is kept as long as there is a place for it.
    fn exit(&mut self, room: usize) {
        let it = &mut self.rooms[room];
        if !it.members.is_empty() || it.empty_since.is_some() {
            return;
        }
        it.empty_since = Some(self.now);
        it.told_at = None;
        (it.joined, it.left) = (Vec::new(), Vec::new());
        let empty = |(key, room): (usize, &Room)| Some((room.empty_since?, key));
        let mut empties: Vec<(Duration, usize)> = self.rooms.iter().filter_map(empty).collect();
        empties.sort_unstable();
        if empties.len() > self.config.empty_rooms_max {
            self.rooms.remove(empties[0].1);
        }
    }

    pub(crate) fn arrive(&mut self, id: ConnId, asked: &str) {
        let Some(person) = self.people.get(&id) else {
            return;
        };
        let room = person.room;
        let others = self.named(room).len();
        self.take_name(id, asked);
        let it = &mut self.rooms[room];
        it.members.retain(|member| *member != id);
        it.members.push(id);
        if others == 0 && !it.is_default {
            it.operators.insert(id);
        }
        self.show_room(id, true);
        self.announce(room, id, true, None);
    }

    fn take_name(&mut self, id: ConnId, asked: &str) -> String {
        let mut wanted = legalize(asked);
        if wanted.is_empty() {
            wanted = String::from("guest");
        }
        let numbered = (2..).map(|n: u32| {
            let digits = n.to_string();
            let kept = NAME_CHARS_MAX - digits.len();
            wanted.chars().take(kept).collect::<String>() + &digits
        });
        let is_free = |name: &String| self.find(name).is_none_or(|owner| owner == id);
        let name = std::iter::once(wanted.clone())
            .chain(numbered)
            .find(is_free)
            .unwrap();
        let person = self.people.get_mut(&id).unwrap();
        person.folded = fold(&name);
        person.name = Some(name.clone());
        name
    }

    pub(crate) fn rename(&mut self, id: ConnId, asked: &str) {
        let old = self.name(id).unwrap();
        let new = self.take_name(id, asked);
        self.tell(id, &format!("You are now {new}."));
        if new != old {
            let room = self.people[&id].room;
            self.tell_room(
                room,
                Hears::Everything,
                Some(id),
                &format!("* {old} is now {new}\n"),
            );
        }
    }

    /// Which room is meant, and with which key: that is the last word where the rest names a room
    /// that needs one, and the whole is no room.
    fn meant<'a>(&self, asked: &'a str) -> (&'a str, Option<&'a str>) {
        let find = |text: &str| room_name(text).and_then(|name| self.room(&name));
        match asked.trim_end().rsplit_once(char::is_whitespace) {
            Some((name, key))
                if find(asked).is_none()
                    && find(name).is_some_and(|room| self.rooms[room].rules.key.is_some()) =>
            {
                (name, Some(key))
            }
            _ => (asked, None),
        }
    }

    pub(crate) fn join(&mut self, id: ConnId, asked: &str) {
        let old = self.people[&id].room;
        let (asked, key) = self.meant(asked);
        let Some(name) = room_name(asked) else {
            return self.tell(id, "usage: /join ROOM");
        };
        let found = self.room(&name);
        if found == Some(old) {
            let text = format!("you are in {}", self.rooms[old].name);
            return self.tell(id, &text);
        }
        if let Some(bar) = found.and_then(|room| self.bar_to_entry(id, room, key)) {
            return self.tell(id, &bar);
        }
        let Some(new) = self.find_or_make(&name) else {
            return self.tell(id, "too many rooms");
        };
        self.enter(id, new);
        self.remove_member(old, id);
        self.announce(old, id, false, None);
        self.exit(old);
        self.show_room(id, false);
        self.announce(new, id, true, None);
    }

    pub(crate) fn leave(&mut self, id: ConnId, reason: Option<&str>) {
        let Some(person) = self.people.get(&id) else {
            return;
        };
        let room = person.room;
        self.remove_member(room, id);
        self.announce(room, id, false, reason);
        self.people.remove(&id);
        self.exit(room);
    }

    pub(crate) fn kick(&mut self, name: &str, reason: Option<&str>) -> Option<ConnId> {
        let id = self.find(name)?;
        let why = reason
            .map(|reason| format!(" ({reason})"))
            .unwrap_or_default();
        if self.people[&id].hears == Hears::Everything {
            let room = &self.rooms[self.people[&id].room].name;
            let text = format!("you were removed from {room} by host{why}");
            self.tell(id, &text);
        }
        let why = reason
            .map(|reason| format!(": {reason}"))
            .unwrap_or_default();
        self.leave(id, Some(&format!("removed by host{why}")));
        Some(id)
    }

    fn tell_room(&mut self, room: usize, least: Hears, except: Option<ConnId>, line: &str) {
        for id in self.rooms[room].members.clone() {
            if Some(id) != except && self.people[&id].hears >= least {
                self.send(id, line);
            }
        }
    }

    /// Tells of someone's coming or going, now or later with others.
    fn announce(&mut self, room: usize, id: ConnId, comes: bool, reason: Option<&str>) {
        let Some(name) = self.name(id) else {
            return;
        };
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
        self.tell_room(room, Hears::Everything, Some(id), &line);
    }

    /// When a room is to tell of those it has gathered.
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
                let line = format!("* {}\n", parts.join("; "));
                self.tell_room(room, Hears::Everything, None, &line);
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

    /// What the relay should have done by now of itself.
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

    pub(crate) fn say(&mut self, id: ConnId, is_action: bool, text: &str) {
        if let Some(bar) = self.bar_to_speech(id) {
            if self.people[&id].hears == Hears::Everything {
                self.tell(id, &bar);
            }
            return;
        }
        let (room, name) = (self.people[&id].room, self.name(id).unwrap());
        self.say_in(room, Some(id), &name, is_action, text);
    }

    pub(crate) fn say_in(
        &mut self,
        room: usize,
        speaker: Option<ConnId>,
        name: &str,
        is_action: bool,
        text: &str,
    ) {
        let line = match is_action {
            true => format!("~ {name} {text}\n"),
            false => format!("<{name}> {text}\n"),
        };
        self.tell_room(room, Hears::Speech, speaker, &line);
        if self.config.history == 0 {
            return;
        }
        let history = &mut self.rooms[room].history;
        history.push((self.now, line, name.len() + text.len() + size_of::<Entry>()));
        let over = history.len().saturating_sub(self.config.history);
        history.drain(..over);
        let size = |room: &Room| {
            room.history
                .iter()
                .map(|(_, _, bytes)| bytes)
                .sum::<usize>()
        };
        let total = |chat: &Self| chat.rooms.iter().map(|(_, room)| size(room)).sum::<usize>();
        while self.config.history_total_bytes_max < 1 << 20
            && total(self) > self.config.history_total_bytes_max
        {
            let largest = self.rooms.iter().max_by_key(|(_, room)| size(room));
            let (largest, _) = largest.expect("somewhere it is kept");
            let history = &mut self.rooms[largest].history;
            history.drain(..history.len().div_ceil(2));
        }
    }
}
