//! The model's operators: who is operator of a room, what they may change, and what the room
//! forbids to others.

use std::collections::{BTreeMap, BTreeSet};

use parloir::relay::hub::names::fold;
use parloir::relay::hub::{EventLevel, Flag, Host, List, ModeChange, cost, mask_in_full};
use parloir::{Address, ConnId};

use super::Chat;
use super::words::{Told, Words, because};
use crate::naive::read;

/// The rules of a room.
pub(crate) struct Rules {
    pub(super) flags: BTreeSet<Flag>,
    pub(crate) key: Option<String>,
    pub(super) limit: Option<u32>,
    pub(super) masks: BTreeMap<List, Vec<String>>,
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

/// The host of all clients on the stage, as it is shown to others.
pub(crate) fn host() -> String {
    let address = Address::Ip(([127, 0, 0, 1], 40_000).into());
    Host::cloak(0, address).to_string()
}

/// Returns whether a text can be a key: one word that is shown as it is.
pub(crate) fn is_key(text: &str) -> bool {
    let is_odd = |c: char| c == ',' || c == '\u{feff}' || c.is_whitespace();
    let is_short = (1..=23).contains(&text.len());
    is_short && !text.starts_with(':') && !text.contains(is_odd) && read(text.as_bytes()) == text
}

fn is_meant(pattern: &[char], text: &[char]) -> bool {
    // `means[n]` is true if the pattern up to here matches the first `n` characters of the text.
    let mut means = vec![false; text.len() + 1];
    means[0] = true;
    for c in pattern {
        let before = means.clone();
        for n in 0..=text.len() {
            means[n] = match c {
                '*' => before[..=n].contains(&true),
                '?' => n > 0 && before[n - 1],
                c => n > 0 && before[n - 1] && text[n - 1] == *c,
            };
        }
    }
    means[text.len()]
}

/// Returns whether a mask matches a person, part by part. A person without a name is
/// matched only if the mask's name and user are both `*`.
pub(crate) fn means(mask: &str, source: &str) -> bool {
    let parts = |text: &str| {
        let (name, rest) = text.split_once('!').unwrap();
        let (user, host) = rest.split_once('@').unwrap();
        [name, user, host].map(|part| fold(part).chars().collect::<Vec<_>>())
    };
    let (mask, source) = (parts(mask), parts(source));
    if source[0].is_empty() {
        return mask[0] == ['*'] && mask[1] == ['*'] && is_meant(&mask[2], &source[2]);
    }
    (0..3).all(|n| is_meant(&mask[n], &source[n]))
}

impl Chat {
    fn is_listed(&self, id: ConnId, room: usize, list: List) -> bool {
        let source = self.source(id, &self.name(id).unwrap_or_default());
        self.lists(room, list, &source)
    }

    fn lists(&self, room: usize, list: List, source: &str) -> bool {
        let masks = self.rooms[room].rules.masks.get(&list);
        let mut masks = masks.into_iter().flatten();
        masks.any(|mask| means(mask, source))
    }

    /// Returns whether a room bans this source, so that it may neither enter nor speak there.
    pub(super) fn bans(&self, room: usize, source: &str) -> bool {
        self.lists(room, List::Bans, source) && !self.lists(room, List::BanExceptions, source)
    }

    /// Returns whether a room bans this person. Its operators, its absent operators and those who
    /// were invited are never banned.
    pub(super) fn is_banned(&self, id: ConnId, room: usize) -> bool {
        let it = &self.rooms[room];
        let source = self.source(id, &self.name(id).unwrap_or_default());
        let rules_all = self.people[&id].rules_all;
        let may = rules_all || it.operators.contains(&id) || it.rules.invited.contains(&id);
        let is_back = self.was_operator(id, room).is_some();
        !may && !is_back && self.bans(room, &source)
    }

    /// Counts the cost of entering a room: each of its masks is matched against the person.
    pub(super) fn count_entry(&mut self, room: Option<usize>) {
        let masks = room.map(|room| self.rooms[room].rules.masks.values().map(Vec::len));
        let masks: usize = masks.into_iter().flatten().sum();
        self.work += cost::MASK * masks as u32;
    }

    /// The reason why a person may not enter a room, if there is one.
    pub(super) fn bar_to_entry(
        &self,
        id: ConnId,
        room: usize,
        key: Option<&str>,
    ) -> Option<String> {
        let it = &self.rooms[room];
        let (name, rules) = (&it.name, &it.rules);
        let is_banned =
            self.is_listed(id, room, List::Bans) && !self.is_listed(id, room, List::BanExceptions);
        let needs_invitation =
            rules.has(Flag::InviteOnly) && !self.is_listed(id, room, List::InviteExceptions);
        let why = match () {
            () if rules.invited.contains(&id) => return None,
            () if self.was_operator(id, room).is_some() => return None,
            () if is_banned => String::from("you are banned"),
            () if rules.key.is_some() && rules.key.as_deref() != key => {
                format!("it needs a key (/join {name} KEY)")
            }
            () if needs_invitation => String::from("only those invited may"),
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

    /// The reason why a person may not speak in a room, if there is one.
    pub(crate) fn bar_to_speech(&self, id: ConnId, room: usize) -> Option<String> {
        let it = &self.rooms[room];
        let is_excepted = self.is_listed(id, room, List::BanExceptions);
        let is_banned = self.is_listed(id, room, List::Bans) && !is_excepted;
        let is_muted = self.is_listed(id, room, List::Mutes) && !is_excepted;
        let is_outside = !it.members.contains(&id);
        let why = match () {
            () if is_outside && it.rules.has(Flag::NoExternal) => "you are not in it",
            () if it.operators.contains(&id) || it.voices.contains(&id) => return None,
            () if it.rules.has(Flag::Moderated) => "it is moderated",
            () if is_banned => "you are banned",
            () if is_muted => "you are muted",
            () => return None,
        };
        Some(format!("you cannot speak in {}: {why}", it.name))
    }

    /// Returns whether a person may know of a room. A secret room is known to its members only.
    pub(crate) fn knows_of(&self, id: ConnId, room: usize) -> bool {
        let person = &self.people[&id];
        let is_secret = self.rooms[room].rules.has(Flag::Secret);
        !is_secret || person.rules_all || person.rooms.contains(&room)
    }

    /// Returns whether a person is connected and is an operator of a room.
    pub(crate) fn is_operator(&self, id: ConnId, room: usize) -> bool {
        let person = self.people.get(&id);
        person.is_some_and(|person| person.rules_all || self.rooms[room].operators.contains(&id))
    }

    /// A room of which the person is an operator, if there is one.
    pub(crate) fn ruled_by(&self, id: ConnId) -> Option<usize> {
        let mut rooms = self.people.get(&id)?.rooms.iter();
        rooms.find(|room| self.is_operator(id, **room)).copied()
    }

    /// The names of all members of the person's rooms, the person included.
    pub(crate) fn neighbours(&self, id: ConnId) -> Vec<String> {
        let rooms = self.people.get(&id).map(|person| person.rooms.clone());
        let rooms = rooms.unwrap_or_default();
        rooms.iter().flat_map(|room| self.named(*room)).collect()
    }

    /// Returns whether a person is an operator of a room. A person who is not is told so.
    pub(crate) fn rules(&mut self, id: ConnId, room: usize) -> bool {
        let rules = self.is_operator(id, room);
        if !rules {
            let text = format!("you are not an operator of {}", self.rooms[room].name);
            self.tell(id, &text);
        }
        rules
    }

    /// A line client changes a rule of its room, if it has the right to.
    pub(crate) fn rule(&mut self, id: ConnId, change: ModeChange<'_>) {
        let Some(room) = self.room_asked_about(id) else {
            return;
        };
        if self.rules(id, room) {
            self.change(id, room, change);
        }
    }

    /// The same for a mask on a list. The mask may be given as a nickname.
    pub(crate) fn rule_list(&mut self, id: ConnId, list: List, whom: &str, is_on: bool) {
        let Some(room) = self.room_asked_about(id) else {
            return;
        };
        let masks = self.masks_meant(room, list, whom, is_on);
        self.work += cost::MODE * (masks.len() as u32 - 1);
        if !self.rules(id, room) {
            return;
        }
        for mask in &masks {
            self.change(id, room, ModeChange::List { list, mask, is_on });
        }
    }

    /// The masks to be put on a list, or taken off it, where this is typed.
    pub(super) fn masks_meant(
        &mut self,
        room: usize,
        list: List,
        whom: &str,
        is_on: bool,
    ) -> Vec<String> {
        let whom = whom.trim_start_matches('\u{feff}');
        let whom = &whom.replace(|c: char| c.is_whitespace() || c.is_control(), "_");
        if !is_on && self.find(whom).is_none() {
            self.work += cost::LISTED * self.past.len() as u32;
        }
        match self.find(whom) {
            _ if !is_on => self.masks_to_lift(room, list, whom),
            Some(_) => vec![format!("*!*@{}", host())],
            None => vec![mask_in_full(whom)],
        }
    }

    /// The mask as typed, and the masks on the list that match the person who has this nickname, or
    /// had it last.
    fn masks_to_lift(&self, room: usize, list: List, whom: &str) -> Vec<String> {
        let typed = mask_in_full(whom);
        let was = || self.past.iter().rfind(|(name, _)| *name == fold(whom));
        let source = match self.find(whom) {
            Some(id) => Some(self.source_of(id)),
            None => was().map(|(_, source)| source.clone()),
        };
        let masks = self.rooms[room].rules.masks.get(&list);
        let mut lifted: Vec<String> = masks.into_iter().flatten().cloned().collect();
        lifted.retain(|mask| {
            let is_meant = source.as_ref().is_some_and(|source| means(mask, source));
            is_meant || fold(mask) == fold(&typed)
        });
        for mask in lifted.iter_mut().filter(|mask| fold(mask) == fold(&typed)) {
            mask.clone_from(&typed);
        }
        if lifted.is_empty() {
            lifted.push(typed);
        }
        lifted
    }

    /// Sets a key. Anybody must be able to type it, in any dialect.
    pub(crate) fn set_key(&mut self, id: ConnId, key: &str) {
        let Some(room) = self.room_asked_about(id) else {
            return;
        };
        if !self.rules(id, room) {
            return;
        }
        if !is_key(key) {
            let text = "a key is one word of at most 23 bytes, without commas";
            return self.tell(id, text);
        }
        self.rule(id, ModeChange::Key(Some(key)));
    }

    pub(crate) fn tell_modes(&mut self, id: ConnId) {
        let Some(room) = self.room_asked_about(id) else {
            return;
        };
        let it = &self.rooms[room];
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
        let lists = [
            (List::Bans, "banned"),
            (List::BanExceptions, "not banned"),
            (List::InviteExceptions, "invited"),
            (List::Mutes, "muted"),
        ];
        for (list, word) in lists {
            let masks = it.rules.masks.get(&list).filter(|masks| !masks.is_empty());
            rules.extend(masks.map(|masks| format!("{word} {}", masks.join(" "))));
        }
        let text = match rules.is_empty() {
            true => format!("{}: no modes are set", it.name),
            false => format!("{}: {}", it.name, rules.join(", ")),
        };
        self.tell(id, &text);
    }

    pub(crate) fn invite(&mut self, id: ConnId, room: usize, name: &str) {
        let is_there = self.people[&id].rooms.contains(&room);
        if !is_there || self.rooms[room].rules.has(Flag::InviteOnly) && !self.rules(id, room) {
            return;
        }
        let Some(other) = self.find(name) else {
            return self.tell(id, &format!("no one here is called {name}"));
        };
        let it = &self.people[&other];
        let (room_name, by) = (self.rooms[room].name.clone(), self.name(id).unwrap());
        if it.level < EventLevel::Room {
            return self.tell(id, &format!("{name} reads nothing here: not sent"));
        }
        if it.rooms.contains(&room) {
            return self.tell(id, &format!("{name} is in {room_name} already"));
        }
        if self.is_operator(id, room) {
            self.rooms[room].rules.invited.insert(other);
        }
        let (name, source) = (self.name(other).unwrap(), self.source_of(id));
        let irc = format!(":{source} INVITE {name} #{room_name}");
        let text = format!("* {by} invites you: /join {room_name}\n");
        self.give(other, &Words::both(text, irc.clone()));
        let notice = Words {
            line: None,
            irc: Told::Line(irc, Some("invite-notify")),
        };
        let it = &self.rooms[room];
        let rulers = it.operators.iter().copied().filter(|ruler| *ruler != id);
        for ruler in rulers.collect::<Vec<_>>() {
            self.give(ruler, &notice);
        }
        self.tell(id, &format!("{name} is invited to {room_name}"));
    }

    /// Removes a person from a room. Returns that person if this removes it from the server as
    /// well.
    pub(crate) fn put_out(
        &mut self,
        id: ConnId,
        room: usize,
        name: &str,
        reason: Option<&str>,
    ) -> Option<ConnId> {
        if !self.rules(id, room) {
            return None;
        }
        let Some(other) = self.find(name) else {
            self.tell(id, &format!("no one here is called {name}"));
            return None;
        };
        let room_name = self.rooms[room].name.clone();
        if !self.people[&other].rooms.contains(&room) {
            self.tell(id, &format!("{name} is not in {room_name}"));
            return None;
        }
        let goes_back = self.people[&other].level < EventLevel::Raw;
        let is_final = goes_back && self.rooms[room].is_default;
        if is_final && self.people[&other].rules_all {
            self.tell(id, &format!("you are not an operator of {room_name}"));
            return None;
        }
        let (name, by) = (self.name(other).unwrap(), self.name(id).unwrap());
        let irc = format!(
            ":{} KICK #{room_name} {name} :{}",
            self.source_of(id),
            reason.unwrap_or(&by)
        );
        let why = reason
            .map(|reason| format!(" ({reason})"))
            .unwrap_or_default();
        let line = format!("* {name} was removed by {by}{why}\n");
        let words = Words::both(line, irc.clone());
        self.tell_room(room, EventLevel::Room, Some(other), &words);
        if self.people[&other].level >= EventLevel::Room {
            let line = format!("* you were removed from {room_name} by {by}{why}\n");
            self.give(other, &Words::both(line, irc));
        }
        self.rooms[room].operators.remove(&other);
        self.remove_member(room, other);
        if is_final {
            self.give_up(other, &name);
            self.people.remove(&other);
            self.exit(room);
            return Some(other);
        }
        self.exit(room);
        if goes_back {
            self.homeless.push(other);
        }
        None
    }

    /// Lets the people who were removed enter the default room. They read that after the news that
    /// they were removed.
    pub(crate) fn go_back(&mut self) {
        for other in std::mem::take(&mut self.homeless) {
            let lobby = self.default_room();
            self.enter(other, lobby);
            self.show_room(other, false);
            self.announce(lobby, other, true, None);
        }
    }

    pub(crate) fn set_away(&mut self, id: ConnId, why: Option<&str>) {
        let person = self.people.get_mut(&id).unwrap();
        let is_new = person.away.as_deref() != why;
        person.away = why.map(str::to_owned);
        if is_new {
            let irc = format!(":{} AWAY{}", self.source_of(id), because(why));
            let irc = Told::Line(irc, Some("away-notify"));
            let words = Words { line: None, irc };
            self.tell_peers_where_heard(id, EventLevel::Raw, &words);
        }
        let text = if why.is_some() {
            "you are away"
        } else {
            "you are back"
        };
        self.tell(id, text);
    }
}
