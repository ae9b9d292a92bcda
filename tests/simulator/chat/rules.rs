//! The model's operators: who rules a room, what they change, and what it keeps others from.

use std::collections::{BTreeMap, BTreeSet};

use parloir::relay::hub::names::fold;
use parloir::relay::hub::{Flag, Hears, Host, List, MASKS_MAX, Rank, mask_in_full};
use parloir::{Address, ConnId};

use super::Chat;

/// What is allowed in a room.
pub(crate) struct Rules {
    flags: BTreeSet<Flag>,
    pub(crate) key: Option<String>,
    limit: Option<u32>,
    masks: BTreeMap<List, Vec<String>>,
    pub(crate) invited: BTreeSet<ConnId>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            flags: BTreeSet::from([Flag::NoExternal]),
            key: None,
            limit: None,
            masks: BTreeMap::new(),
            invited: BTreeSet::new(),
        }
    }
}

impl Rules {
    pub(crate) fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }
}

/// Where all clients of the stage come from.
fn host() -> String {
    let address = Address::Ip(([127, 0, 0, 1], 40_000).into());
    Host::cloak(0, address).to_string()
}

fn is_meant(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['*', rest @ ..] => (0..=text.len()).any(|n| is_meant(rest, &text[n..])),
        ['?', rest @ ..] => !text.is_empty() && is_meant(rest, &text[1..]),
        [c, rest @ ..] => text.first() == Some(c) && is_meant(rest, &text[1..]),
    }
}

impl Chat {
    fn is_listed(&self, id: ConnId, room: usize, list: List) -> bool {
        let Some(name) = self.name(id) else {
            return false;
        };
        let chars = |text: &str| fold(text).chars().collect::<Vec<_>>();
        let source = chars(&format!("{name}!~user@{}", host()));
        let masks = self.rooms[room].rules.masks.get(&list);
        let mut masks = masks.into_iter().flatten();
        masks.any(|mask| is_meant(&chars(mask), &source))
    }

    /// What keeps someone out of a room, if anything does.
    pub(super) fn bar_to_entry(
        &self,
        id: ConnId,
        room: usize,
        key: Option<&str>,
    ) -> Option<String> {
        let it = &self.rooms[room];
        let (name, rules) = (&it.name, &it.rules);
        let why = match () {
            () if rules.invited.contains(&id) => return None,
            () if self.is_listed(id, room, List::Bans) => String::from("you are banned"),
            () if rules.key.is_some() && rules.key.as_deref() != key => {
                format!("it needs a key (/join {name} KEY)")
            }
            () if rules.has(Flag::InviteOnly) => String::from("only those invited may"),
            () if rules
                .limit
                .is_some_and(|limit| it.members.len() >= limit as usize) =>
            {
                String::from("it is full")
            }
            () => return None,
        };
        Some(format!("you cannot join {name}: {why}"))
    }

    /// What keeps someone from speaking where they are, if anything does.
    pub(super) fn bar_to_speech(&self, id: ConnId) -> Option<String> {
        let room = self.people[&id].room;
        let it = &self.rooms[room];
        let is_muted =
            self.is_listed(id, room, List::Bans) || self.is_listed(id, room, List::Mutes);
        let why = match () {
            () if it.operators.contains(&id) || it.voices.contains(&id) => return None,
            () if it.rules.has(Flag::Moderated) => "it is moderated",
            () if is_muted => "you are muted",
            () => return None,
        };
        Some(format!("you cannot speak in {}: {why}", it.name))
    }

    /// Whether someone is here and rules the room they are in.
    pub(crate) fn is_operator(&self, id: ConnId) -> bool {
        self.people.get(&id).is_some_and(|person| {
            person.rules_all || self.rooms[person.room].operators.contains(&id)
        })
    }

    /// Whoever has a name in someone's room, themselves included.
    pub(crate) fn neighbours(&self, id: ConnId) -> Vec<String> {
        let room = self.people.get(&id).map(|person| person.room);
        room.map_or_else(Vec::new, |room| self.named(room))
    }

    /// Whether someone rules the room they are in; if not, they are told so.
    pub(super) fn rules(&mut self, id: ConnId) -> bool {
        let rules = self.is_operator(id);
        if !rules {
            let room = &self.rooms[self.people[&id].room];
            let text = format!("you are not an operator of {}", room.name);
            self.tell(id, &text);
        }
        rules
    }

    fn tell_change(&mut self, id: ConnId, text: &str) {
        let (room, by) = (self.people[&id].room, self.name(id).unwrap());
        self.tell_room(
            room,
            Hears::Everything,
            None,
            &format!("* {text} (by {by})\n"),
        );
    }

    /// Tells of a change, if it is one.
    fn changed(&mut self, id: ConnId, is_new: bool, text: &str) {
        match is_new {
            true => self.tell_change(id, text),
            false => self.tell(id, "that is so already"),
        }
    }

    pub(crate) fn set_rank(&mut self, id: ConnId, rank: Rank, name: &str, is_on: bool) {
        if !self.rules(id) {
            return;
        }
        let room = self.people[&id].room;
        let Some(other) = self.find(name) else {
            return self.tell(id, &format!("no one here is called {name}"));
        };
        if self.people[&other].room != room {
            let text = format!("{name} is not in {}", self.rooms[room].name);
            return self.tell(id, &text);
        }
        let it = &mut self.rooms[room];
        let (who, texts) = match rank {
            Rank::Operator => {
                let texts = ["is not an operator any more", "is an operator now"];
                (&mut it.operators, texts)
            }
            _ => (&mut it.voices, ["has no voice any more", "has a voice now"]),
        };
        let is_new = match is_on {
            true => who.insert(other),
            false => who.remove(&other),
        };
        let name = self.name(other).unwrap();
        let text = format!("{name} {}", texts[usize::from(is_on)]);
        self.changed(id, is_new, &text);
    }

    pub(crate) fn set_mask(&mut self, id: ConnId, list: List, whom: &str, is_on: bool) {
        if !self.rules(id) {
            return;
        }
        let mask = match self.find(whom) {
            Some(_) => format!("*!*@{}", host()),
            None => mask_in_full(whom),
        };
        let room = &mut self.rooms[self.people[&id].room];
        let count: usize = room.rules.masks.values().map(Vec::len).sum();
        let masks = room.rules.masks.entry(list).or_default();
        let at = masks.iter().position(|other| fold(other) == fold(&mask));
        match at {
            None if is_on && count >= MASKS_MAX => {
                let text = format!("{} has as many bans as it may have", room.name);
                return self.tell(id, &text);
            }
            None if is_on => masks.push(mask.clone()),
            Some(at) if !is_on => {
                masks.remove(at);
            }
            _ => {}
        }
        let texts = match list {
            List::Bans => ["is not kept out any more", "is kept out now"],
            _ => ["may speak now", "may not speak now"],
        };
        let text = format!("{mask} {}", texts[usize::from(is_on)]);
        self.changed(id, at.is_none() == is_on, &text);
    }

    pub(crate) fn set_flag(&mut self, id: ConnId, flag: Flag, is_on: bool) {
        if !self.rules(id) {
            return;
        }
        let flags = &mut self.rooms[self.people[&id].room].rules.flags;
        let is_new = match is_on {
            true => flags.insert(flag),
            false => flags.remove(&flag),
        };
        let texts = match flag {
            Flag::InviteOnly => ["everyone may come in", "only those invited may come in"],
            Flag::Moderated => ["everyone may speak", "only those with a voice may speak"],
            Flag::NoExternal => [
                "those outside may speak in the room",
                "only those in the room may speak in it",
            ],
            Flag::Secret => ["the room is no secret any more", "the room is secret"],
            Flag::TopicLocked => [
                "everyone may set the topic",
                "only operators may set the topic",
            ],
        };
        let now = if flag == Flag::Secret && !is_on {
            ""
        } else {
            " now"
        };
        let text = format!("{}{now}", texts[usize::from(is_on)]);
        self.changed(id, is_new, &text);
    }

    pub(crate) fn set_key(&mut self, id: ConnId, key: Option<&str>) {
        if !self.rules(id) {
            return;
        }
        let is_bad = |c: char| c == ',' || c.is_whitespace() || c.is_control();
        if key.is_some_and(|key| key.len() > 23 || key.starts_with(':') || key.contains(is_bad)) {
            let text = "a key is one word of at most 23 bytes, without commas";
            return self.tell(id, text);
        }
        let rules = &mut self.rooms[self.people[&id].room].rules;
        let key = key.map(str::to_owned);
        let is_new = rules.key != key;
        rules.key = key;
        let text = match rules.key.is_some() {
            true => format!("the room needs a key now: {}", rules.key.as_ref().unwrap()),
            false => String::from("the room needs no key any more"),
        };
        self.changed(id, is_new, &text);
    }

    pub(crate) fn set_limit(&mut self, id: ConnId, limit: Option<u32>) {
        if !self.rules(id) {
            return;
        }
        let rules = &mut self.rooms[self.people[&id].room].rules;
        let is_new = rules.limit != limit;
        rules.limit = limit;
        let text = match limit {
            Some(limit) => format!("at most {limit} may be in the room now"),
            None => String::from("any number may be in the room now"),
        };
        self.changed(id, is_new, &text);
    }

    pub(crate) fn tell_modes(&mut self, id: ConnId) {
        let it = &self.rooms[self.people[&id].room];
        let flags = [
            (Flag::InviteOnly, "invite-only"),
            (Flag::Moderated, "moderated"),
            (Flag::NoExternal, "no-external"),
            (Flag::Secret, "secret"),
            (Flag::TopicLocked, "topic-locked"),
        ];
        let flags = flags.iter().filter(|(flag, _)| it.rules.has(*flag));
        let mut rules: Vec<String> = flags.map(|(_, word)| word.to_string()).collect();
        rules.extend(it.rules.key.as_ref().map(|key| format!("key {key}")));
        rules.extend(it.rules.limit.map(|limit| format!("limit {limit}")));
        for (list, word) in [(List::Bans, "banned"), (List::Mutes, "muted")] {
            let masks = it.rules.masks.get(&list).filter(|masks| !masks.is_empty());
            rules.extend(masks.map(|masks| format!("{word} {}", masks.join(" "))));
        }
        let text = match rules.is_empty() {
            true => format!("{}: no modes are set", it.name),
            false => format!("{}: {}", it.name, rules.join(", ")),
        };
        self.tell(id, &text);
    }

    pub(crate) fn invite(&mut self, id: ConnId, name: &str) {
        let room = self.people[&id].room;
        if self.rooms[room].rules.has(Flag::InviteOnly) && !self.rules(id) {
            return;
        }
        let Some(other) = self.find(name) else {
            return self.tell(id, &format!("no one here is called {name}"));
        };
        let it = &self.people[&other];
        let (room_name, by) = (self.rooms[room].name.clone(), self.name(id).unwrap());
        if it.hears < Hears::Everything {
            return self.tell(id, &format!("{name} reads nothing here: not sent"));
        }
        if it.room == room {
            return self.tell(id, &format!("{name} is in {room_name} already"));
        }
        self.rooms[room].rules.invited.insert(other);
        self.tell(other, &format!("{by} invites you: /join {room_name}"));
        let name = self.name(other).unwrap();
        self.tell(id, &format!("{name} is invited to {room_name}"));
    }

    /// Puts someone out of the room. Gives whoever is out of the server with that.
    pub(crate) fn put_out(
        &mut self,
        id: ConnId,
        name: &str,
        reason: Option<&str>,
    ) -> Option<ConnId> {
        if !self.rules(id) {
            return None;
        }
        let room = self.people[&id].room;
        let Some(other) = self.find(name) else {
            self.tell(id, &format!("no one here is called {name}"));
            return None;
        };
        let room_name = self.rooms[room].name.clone();
        if self.people[&other].room != room {
            self.tell(id, &format!("{name} is not in {room_name}"));
            return None;
        }
        let is_final = self.rooms[room].is_default;
        if is_final && self.people[&other].rules_all {
            self.tell(id, &format!("you are not an operator of {room_name}"));
            return None;
        }
        let (name, by) = (self.name(other).unwrap(), self.name(id).unwrap());
        let why = reason
            .map(|reason| format!(" ({reason})"))
            .unwrap_or_default();
        let line = format!("* {name} was removed by {by}{why}\n");
        self.tell_room(room, Hears::Everything, Some(other), &line);
        if self.people[&other].hears == Hears::Everything {
            self.tell(
                other,
                &format!("you were removed from {room_name} by {by}{why}"),
            );
        }
        self.remove_member(room, other);
        if is_final {
            self.people.remove(&other);
            self.exit(room);
            return Some(other);
        }
        let lobby = self.default_room();
        self.enter(other, lobby);
        self.show_room(other, false);
        self.announce(lobby, other, true, None);
        self.exit(room);
        None
    }

    pub(crate) fn set_away(&mut self, id: ConnId, why: Option<&str>) {
        self.people.get_mut(&id).unwrap().away = why.map(str::to_owned);
        let text = if why.is_some() {
            "you are away"
        } else {
            "you are back"
        };
        self.tell(id, text);
    }
}
