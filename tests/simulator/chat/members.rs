//! The model's rooms: how they are made, who their members are, and how they are forgotten.

use super::*;

impl Chat {
    pub(super) fn find_or_make(&mut self, name: &str) -> Option<usize> {
        let found = self.room(name);
        if found.is_some() {
            return found;
        }
        self.work += cost::NEW_ROOM;
        let has_room = self.rooms.len() < self.config.rooms_max;
        has_room.then(|| self.make(name))
    }

    pub(super) fn make(&mut self, name: &str) -> usize {
        self.rooms.insert(Room {
            name: name.to_owned(),
            members: Vec::new(),
            topic: None,
            history: Vec::new(),
            number: self.said,
            older: Vec::new(),
            is_cut: false,
            empty_since: None,
            said_at: None,
            readers: Vec::new(),
            told_at: None,
            joined: Vec::new(),
            left: Vec::new(),
            is_default: fold(name) == fold(&self.config.default_room),
            rules: Rules::default(),
            operators: BTreeSet::new(),
            voices: BTreeSet::new(),
            absent: Vec::new(),
        })
    }

    /// The default room, in which everybody arrives. It is made if it does not exist, even above
    /// the limit on rooms.
    pub(super) fn default_room(&mut self) -> usize {
        let name = self.config.default_room.clone();
        self.room(&name).unwrap_or_else(|| self.make(&name))
    }

    /// Admits a listener to the default room.
    pub(crate) fn admit(&mut self, id: ConnId, level: EventLevel) {
        self.admit_as(id, level, false);
    }

    /// The same as `admit`, for a person who is a server operator or not.
    pub(crate) fn admit_as(&mut self, id: ConnId, level: EventLevel, rules_all: bool) {
        if self.people.contains_key(&id) {
            return;
        }
        let room = self.default_room();
        let person = Person {
            name: None,
            folded: String::new(),
            rooms: Vec::new(),
            level,
            away: None,
            own_user: String::new(),
            real_name: None,
            caps: BTreeSet::new(),
            rules_all,
            is_json: false,
        };
        self.people.insert(id, person);
        if !self.is_banned(id, room) {
            self.enter(id, room);
        }
    }

    /// Admits an IRC client to no room, under exactly this name. Returns whether that was possible.
    pub(crate) fn admit_irc(
        &mut self,
        id: ConnId,
        name: &str,
        (user, real_name): (&str, &str),
        caps: BTreeSet<String>,
    ) -> bool {
        self.count_name(name);
        if self.find_like(name, id).is_some() || self.is_reserved(name) {
            return false;
        }
        let person = Person {
            name: Some(name.to_owned()),
            folded: fold(name),
            rooms: Vec::new(),
            level: EventLevel::Raw,
            away: None,
            own_user: user.to_owned(),
            real_name: Some(real_name.to_owned()),
            caps,
            rules_all: false,
            is_json: false,
        };
        self.people.insert(id, person);
        true
    }

    pub(super) fn enter(&mut self, id: ConnId, room: usize) {
        self.people.get_mut(&id).unwrap().rooms.push(room);
        self.take_place(id, room);
        let it = &mut self.rooms[room];
        it.rules.invited.remove(&id);
        it.empty_since = None;
    }

    /// Adds a person behind the other members of a room. A person who was its operator is operator
    /// again. In a room other than the default one, a person with a name becomes operator if no
    /// other member has a name and no operator can come back.
    pub(super) fn take_place(&mut self, id: ConnId, room: usize) {
        let is_named = self.name(id).is_some();
        let is_first = is_named && self.named(room).is_empty();
        let before = self.was_operator(id, room);
        let it = &mut self.rooms[room];
        it.members.push(id);
        match before {
            Some(at) => {
                it.absent.remove(at);
                it.operators.insert(id);
            }
            None if is_first && it.absent.is_empty() && !it.is_default => {
                it.operators.insert(id);
            }
            None => {}
        }
    }

    /// The index of a person among the absent operators of a room.
    pub(super) fn was_operator(&self, id: ConnId, room: usize) -> Option<usize> {
        let folded = fold(&self.name(id)?);
        let mut absent = self.rooms[room].absent.iter();
        absent.position(|(name, _)| *name == folded)
    }

    /// Removes a person from the list of members. An operator who leaves is remembered.
    pub(super) fn remove_member(&mut self, room: usize, id: ConnId) {
        if let Some(name) = self.name(id)
            && self.people[&id].level == EventLevel::Raw
        {
            let folded = fold(&name);
            let readers = &mut self.rooms[room].readers;
            readers.retain(|(other, _)| *other != folded);
            readers.push((folded, self.said));
            let over = readers.len().saturating_sub(64);
            readers.drain(..over);
        }
        if let Some(name) = self.name(id)
            && self.rooms[room].operators.contains(&id)
        {
            let (folded, source) = (fold(&name), self.source_of(id));
            let absent = &mut self.rooms[room].absent;
            absent.retain(|(other, _)| *other != folded);
            absent.push((folded, source));
            let over = absent.len().saturating_sub(16);
            absent.drain(..over);
        }
        if let Some(person) = self.people.get_mut(&id) {
            person.rooms.retain(|other| *other != room);
        }
        let it = &mut self.rooms[room];
        it.members.retain(|member| *member != id);
        it.operators.remove(&id);
        it.voices.remove(&id);
    }

    /// Notes that a person has left. An empty room is kept, but if there are too many of them, the
    /// one that has been empty the longest is removed.
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

/// The actions of IRC clients, who can be in several rooms or in none.
impl Chat {
    pub(crate) fn enter_irc(&mut self, id: ConnId, name: &str, key: Option<&str>) {
        let found = self.room(name);
        let is_there = |room| self.people[&id].rooms.contains(&room);
        if found.is_some_and(is_there) {
            return;
        }
        self.count_entry(found);
        let is_barred = |room| self.bar_to_entry(id, room, key).is_some();
        if found.is_some_and(is_barred) {
            return;
        }
        if self.people[&id].rooms.len() >= ROOMS_OF_ONE_MAX {
            return;
        }
        let Some(room) = self.find_or_make(name) else {
            return;
        };
        let folded = fold(&self.name(id).unwrap());
        let readers = &mut self.rooms[room].readers;
        let at = readers.iter().position(|(name, _)| *name == folded);
        let read = at.map_or(0, |at| readers[at].1);
        self.enter(id, room);
        self.announce(room, id, true, None);
        let mut irc = self.joined(room, id);
        if let Told::Joined { away, .. } = &mut irc {
            *away = None;
        }
        self.give(id, &Words { line: None, irc });
        let wants_none = ["no-implicit-names", "draft/no-implicit-names"];
        let caps = &self.people[&id].caps;
        if !wants_none.iter().any(|cap| caps.contains(*cap)) {
            self.work += cost::LISTED * self.named(room).len() as u32;
        }
        if !self.people[&id].caps.contains("draft/chathistory") {
            self.replay(id, room, read);
        }
    }

    pub(crate) fn part(&mut self, id: ConnId, room: usize, reason: Option<&str>) {
        if !self.people[&id].rooms.contains(&room) {
            return;
        }
        let (source, name) = (self.source_of(id), &self.rooms[room].name);
        let nick = self.name(id).unwrap();
        let reason = reason.filter(|_| self.bar_to_speech(id, room).is_none());
        let words = reason.unwrap_or(&nick);
        let line = format!(":{source} PART #{name} :{words}");
        self.remove_member(room, id);
        self.announce(room, id, false, reason);
        self.give(id, &Words::irc(line));
        self.exit(room);
    }

    pub(crate) fn set_real_name(&mut self, id: ConnId, name: String) {
        self.people.get_mut(&id).unwrap().real_name = Some(name);
        let heard = |room: &&usize| self.bar_to_speech(id, **room).is_none();
        let rooms = self.people[&id].rooms.iter().filter(heard).count();
        self.work += cost::ROOM_TOLD * rooms as u32;
    }
}
