//! The model's rooms: how they come to be, who is in them, and how they are forgotten.

use super::*;

impl Chat {
    pub(super) fn find_or_make(&mut self, name: &str) -> Option<usize> {
        let found = self.room(name);
        if found.is_some() || self.rooms.len() >= self.config.rooms_max {
            return found;
        }
        Some(self.make(name))
    }

    pub(super) fn make(&mut self, name: &str) -> usize {
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
    pub(super) fn default_room(&mut self) -> usize {
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
            rooms: Vec::new(),
            hears,
            away: None,
            own_user: String::new(),
            real_name: None,
            caps: BTreeSet::new(),
            rules_all: false,
        };
        self.people.insert(id, person);
        self.enter(id, room);
    }

    /// An IRC client, into no room, under exactly this name; says whether that could be.
    pub(crate) fn admit_irc(
        &mut self,
        id: ConnId,
        name: &str,
        (user, real_name): (&str, &str),
        caps: BTreeSet<String>,
    ) -> bool {
        if self.find(name).is_some() {
            return false;
        }
        let person = Person {
            name: Some(name.to_owned()),
            folded: fold(name),
            rooms: Vec::new(),
            hears: Hears::Each,
            away: None,
            own_user: user.to_owned(),
            real_name: Some(real_name.to_owned()),
            caps,
            rules_all: false,
        };
        self.people.insert(id, person);
        true
    }

    /// The first of someone's rooms, which for line clients is the only one.
    pub(crate) fn room_of(&self, id: ConnId) -> usize {
        self.people[&id].rooms[0]
    }

    pub(super) fn enter(&mut self, id: ConnId, room: usize) {
        self.people.get_mut(&id).unwrap().rooms.push(room);
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
    pub(super) fn remove_member(&mut self, room: usize, id: ConnId) {
        if let Some(person) = self.people.get_mut(&id) {
            person.rooms.retain(|other| *other != room);
        }
        let it = &mut self.rooms[room];
        it.members.retain(|member| *member != id);
        it.operators.remove(&id);
        it.voices.remove(&id);
        if self.named(room).is_empty() {
            self.rooms[room].rules = Rules::default();
        }
    }

    /// Someone is out of a room; if that empties it, it is kept as long as there is a place for it.
    pub(super) fn exit(&mut self, room: usize) {
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
}

/// What IRC clients do, who are in several rooms, or in none.
impl Chat {
    pub(crate) fn enter_irc(&mut self, id: ConnId, name: &str, key: Option<&str>) {
        let found = self.room(name);
        let is_there = |room| self.people[&id].rooms.contains(&room);
        let is_barred = |room| self.bar_to_entry(id, room, key).is_some();
        if found.is_some_and(|room| is_there(room) || is_barred(room)) {
            return;
        }
        if self.people[&id].rooms.len() >= ROOMS_OF_ONE_MAX {
            return;
        }
        let Some(room) = self.find_or_make(name) else {
            return;
        };
        self.enter(id, room);
        self.announce(room, id, true, None);
        let mut irc = self.joined(room, id);
        if let Told::Joined { away, .. } = &mut irc {
            *away = None;
        }
        self.give(id, &Words { line: None, irc });
        if !self.people[&id].caps.contains("draft/chathistory") {
            self.play_back(id, room, self.config.replay, true);
        }
    }

    pub(crate) fn part(&mut self, id: ConnId, room: usize, reason: Option<&str>) {
        if !self.people[&id].rooms.contains(&room) {
            return;
        }
        let (source, name) = (self.source_of(id), &self.rooms[room].name);
        let line = format!(":{source} PART #{name}{}", because(reason));
        self.remove_member(room, id);
        self.announce(room, id, false, reason);
        self.give(id, &Words::irc(line));
        self.exit(room);
    }

    pub(crate) fn set_real_name(&mut self, id: ConnId, name: String) {
        self.people.get_mut(&id).unwrap().real_name = Some(name);
    }
}
