//! The model's chat: rooms and people as plain lists, with each rule written as briefly as
//! possible.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use parloir::relay::hub::names::{
    FOLDED_CHARS_MAX, NAME_CHARS_MAX, fold, guises, legalize, room_name, skeleton,
};
use parloir::relay::hub::{EventLevel, PAST_MAX, ROOMS_OF_ONE_MAX, cost};
use parloir::{ConnId, RelayConfig};
use serde_json::{Value, json};
use slab::Slab;

use crate::irc::Expected;
use crate::json;
pub(crate) use changes::one_word;
use rules::Rules;
use telling::list;
use words::{Said, Told, Why, Words, unformatted};

mod announcing;
mod changes;
mod members;
pub(crate) mod programs;
pub(crate) mod rules;
pub(crate) mod speaking;
mod telling;
pub(crate) mod words;

pub(crate) struct Chat {
    /// There is a store that answers questions.
    pub(crate) has_store: bool,
    config: RelayConfig,
    pub(crate) people: BTreeMap<ConnId, Person>,
    /// A slab, as in the relay, because the order of two equal rooms depends on their places in the
    /// table.
    pub(crate) rooms: Slab<Room>,
    /// The bytes to be sent to each connection, in order.
    pub(crate) sent: Vec<(ConnId, Vec<u8>)>,
    /// Connections whose lines end in CR LF.
    pub(crate) terminals: BTreeSet<ConnId>,
    /// The events that IRC clients are to be told, in order.
    pub(crate) told: Vec<(ConnId, Expected)>,
    /// The objects that JSON clients are to be told, in order.
    pub(crate) objects: Vec<(ConnId, Value)>,
    /// The JSON client whose request is carried out, and the name that it had before: the answer
    /// tells it what it does itself.
    pub(crate) acting: Option<(ConnId, String)>,
    /// The index in `told` at which an event is inserted that is no answer to the current line:
    /// answers are collected, and sent at the end of the line.
    pub(crate) answers_at: usize,
    /// The label of the current line, if its sender knows labels.
    pub(crate) label: Option<String>,
    /// Nicknames that were given up, folded, each with the `nick!user@host` of its last holder.
    pub(super) past: Vec<(String, String)>,
    /// Number of messages said so far.
    said: u64,
    /// People who were removed from a room and have not entered another one yet.
    pub(crate) homeless: Vec<ConnId>,
    pub(crate) now: Duration,
    /// The cost of the current line beyond the line itself.
    pub(crate) work: u32,
}

pub(crate) struct Person {
    pub(crate) name: Option<String>,
    folded: String,
    /// The rooms that this person is in, in the order of entering. A line client is in at most one.
    pub(crate) rooms: Vec<usize>,
    /// The events that the person is sent; `EventLevel::Raw` means an IRC client, or a JSON client.
    pub(crate) level: EventLevel,
    pub(crate) away: Option<String>,
    /// The user name and the real name that an IRC client gave.
    own_user: String,
    real_name: Option<String>,
    pub(crate) caps: BTreeSet<String>,
    /// True for a server operator.
    pub(crate) rules_all: bool,
    pub(crate) is_json: bool,
}

pub(crate) struct Room {
    pub(crate) name: String,
    /// The members in order of arrival.
    pub(crate) members: Vec<ConnId>,
    pub(crate) topic: Option<String>,
    history: Vec<Kept>,
    /// The number of the last message before the room was made.
    number: u64,
    /// The messages before those, which only a store has.
    older: Vec<Kept>,
    /// There were some, at least once.
    is_cut: bool,
    pub(crate) empty_since: Option<Duration>,
    /// Time of the last message.
    said_at: Option<Duration>,
    /// IRC clients who have left: the nickname of each, and the number of the last message at that
    /// time.
    readers: Vec<(String, u64)>,
    told_at: Option<Duration>,
    joined: Vec<String>,
    left: Vec<String>,
    /// True for the default room, in which everybody arrives and nobody becomes operator by being
    /// the first.
    is_default: bool,
    pub(crate) rules: Rules,
    operators: BTreeSet<ConnId>,
    voices: BTreeSet<ConnId>,
    /// Operators who have left: the nickname of each, and its `nick!user@host`, which masks are
    /// matched against.
    absent: Vec<(String, String)>,
}

/// A message in the history of a room.
pub(crate) struct Kept {
    at: Duration,
    by: Option<ConnId>,
    name: String,
    said: Said,
    bytes: usize,
}

impl Chat {
    pub(crate) fn new(config: RelayConfig) -> Self {
        Self {
            has_store: false,
            config,
            people: BTreeMap::new(),
            rooms: Slab::new(),
            sent: Vec::new(),
            terminals: BTreeSet::new(),
            told: Vec::new(),
            objects: Vec::new(),
            acting: None,
            answers_at: 0,
            label: None,
            past: Vec::new(),
            said: 0,
            homeless: Vec::new(),
            now: Duration::ZERO,
            work: 0,
        }
    }

    pub(crate) fn send(&mut self, to: ConnId, bytes: impl Into<Vec<u8>>) {
        let bytes: Vec<u8> = bytes.into();
        let bytes = match self.terminals.contains(&to) {
            true => bytes
                .split(|b| *b == b'\n')
                .collect::<Vec<_>>()
                .join(&b"\r\n"[..]),
            false => bytes,
        };
        self.send_as_it_is(to, bytes);
    }

    pub(crate) fn send_as_it_is(&mut self, to: ConnId, bytes: impl Into<Vec<u8>>) {
        self.sent.push((to, bytes.into()));
    }

    /// Sends an answer to a line client. The answers to IRC clients are numerics, which the model
    /// does not write.
    pub(crate) fn tell(&mut self, to: ConnId, text: &str) {
        self.give(to, &Words::line(format!("* {text}\n")));
    }

    /// Tells a person of an event, in the words of the person's dialect.
    pub(crate) fn give(&mut self, to: ConnId, words: &Words) {
        match self.people.get(&to) {
            Some(person) if person.is_json => {
                let by = words.irc.by().map(|by| (to, by.to_owned()));
                let is_own = by.is_some() && self.acting == by;
                let object = json::object(&words.irc, person.name.as_deref());
                self.objects
                    .extend(object.filter(|_| !is_own).map(|it| (to, it)));
            }
            Some(person) if person.level == EventLevel::Raw => {
                let expected = words.irc.expected(&person.caps);
                self.told.extend(expected.into_iter().map(|it| (to, it)));
            }
            _ => {
                if let Some(line) = &words.line {
                    self.send(to, unformatted(line));
                }
            }
        }
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

    pub(crate) fn arrive(&mut self, id: ConnId, asked: &str) {
        let Some(person) = self.people.get(&id) else {
            return;
        };
        let room = person.rooms.first().copied();
        let name = self.take_name(id, asked, false);
        self.count_name(&name);
        self.leave_where_banned(id);
        if let Some(room) = room.filter(|room| self.people[&id].rooms.contains(room)) {
            self.rooms[room].members.retain(|member| *member != id);
            self.take_place(id, room);
        }
        if self.people[&id].rooms.is_empty() {
            self.enter_lobby(id);
        }
        match self.people[&id].rooms.first() {
            Some(room) => {
                let room = *room;
                self.show_room(id, true);
                self.announce(room, id, true, None);
            }
            None => self.answer(id, &format!("You are now {name}.")),
        }
    }

    /// Sends an answer, unless the connection only sends and reads nothing.
    pub(crate) fn answer(&mut self, to: ConnId, text: &str) {
        if self.people[&to].level >= EventLevel::Room {
            self.tell(to, text);
        }
    }

    /// The room of a line client. A client that is in no room is told so.
    pub(crate) fn room_asked_about(&mut self, id: ConnId) -> Option<usize> {
        let room = self.people[&id].rooms.first().copied();
        if room.is_none() {
            self.answer(id, "you are in no room");
        }
        room
    }

    /// Removes a person who has just got a name from the room, if the room's bans match it.
    fn leave_where_banned(&mut self, id: ConnId) {
        if let Some(room) = self.people[&id].rooms.first().copied()
            && self.is_banned(id, room)
        {
            if !self.rooms[room].is_default {
                let bar = format!("you cannot join {}: you are banned", self.rooms[room].name);
                self.answer(id, &bar);
            }
            self.remove_member(room, id);
            self.exit(room);
        }
    }

    fn enter_lobby(&mut self, id: ConnId) {
        let lobby = self.default_room();
        match self.is_banned(id, lobby) {
            true => {
                let name = &self.rooms[lobby].name;
                self.answer(id, &format!("you cannot join {name}: you are banned"));
            }
            false => self.enter(id, lobby),
        }
    }

    /// Gives a person the requested nickname, or the first free one with a number behind it. The
    /// nickname `host` is reserved for the host.
    fn take_name(&mut self, id: ConnId, asked: &str, is_host: bool) -> String {
        let mut wanted = legalize(asked);
        if wanted.is_empty() {
            wanted = String::from("guest");
        }
        let mut numbered = (2..).map(|n: u32| {
            let digits = n.to_string();
            let mut kept: String = wanted.chars().take(NAME_CHARS_MAX - digits.len()).collect();
            let folds_to = |c: char| fold(&c.to_string()).chars().count();
            while kept.chars().map(folds_to).sum::<usize>() > FOLDED_CHARS_MAX - digits.len() {
                kept.pop();
            }
            kept + &digits
        });
        let is_free = |name: &String| {
            let is_open = is_host && *name == "host" || !self.is_reserved(name);
            is_open && self.find_like(name, id).is_none()
        };
        // A name with a number behind it is only compared with names that look the same, not with
        // every name that it could be confused with.
        let is_free_number = |name: &String| {
            let like = skeleton(&fold(name));
            let has_it = |(other, person): (&ConnId, &Person)| {
                *other != id && person.name.is_some() && skeleton(&person.folded) == like
            };
            !self.people.iter().any(has_it)
        };
        let name = Some(wanted.clone()).filter(is_free);
        let name = name.or_else(|| numbered.find(is_free_number)).unwrap();
        let person = self.people.get_mut(&id).unwrap();
        person.folded = fold(&name);
        person.name = Some(name.clone());
        name
    }

    /// Admits the host of the server, under the name that is reserved for it.
    pub(crate) fn arrive_as_host(&mut self, id: ConnId) {
        let room = self.people[&id].rooms[0];
        self.take_name(id, "host", true);
        self.rooms[room].members.retain(|member| *member != id);
        self.take_place(id, room);
        self.show_room(id, true);
        self.announce(room, id, true, None);
    }

    pub(crate) fn is_reserved(&self, name: &str) -> bool {
        let own = self.config.name.clone();
        let words = ["host", "server", "root", "admin", "operator", "system"];
        let reserved = words.map(String::from).into_iter().chain([own]);
        let reserved: Vec<String> = reserved.map(|word| skeleton(&fold(&word))).collect();
        let is_one = |like: &String| like.ends_with("serv") || reserved.contains(like);
        guises(name).iter().any(is_one)
    }

    /// Another person whose name could be confused with this one.
    fn find_like(&self, name: &str, except: ConnId) -> Option<ConnId> {
        let guises = guises(name);
        let is_it =
            |person: &Person| person.name.is_some() && guises.contains(&skeleton(&person.folded));
        let mut others = self.people.iter().filter(|(id, _)| **id != except);
        let found = others.find(|(_, person)| is_it(person));
        found.map(|(id, _)| *id)
    }

    /// The reason that forbids a person to change to this name, and the room that forbids it, in
    /// which the person is told.
    fn bar_to_name(&self, id: ConnId, new: &str) -> Option<(usize, String)> {
        let is_new = self.name(id).as_deref() != Some(new);
        let mut rooms = self.people[&id].rooms.iter().filter(|_| is_new);
        rooms.find_map(|room| {
            if let Some(bar) = self.bar_to_speech(id, *room) {
                let why = bar.split_once(": ").unwrap().1.to_owned();
                return Some((*room, why));
            }
            let it = &self.rooms[*room];
            let is_ranked = it.operators.contains(&id) || it.voices.contains(&id);
            let is_banned = !is_ranked && self.bans(*room, &self.source(id, new));
            is_banned.then(|| (*room, String::from("you are banned")))
        })
    }

    /// Counts the additional cost of a nickname that is not in ASCII.
    pub(crate) fn count_name(&mut self, name: &str) {
        if !name.is_ascii() {
            self.work += cost::NICKNAME;
        }
    }

    pub(crate) fn rename(&mut self, id: ConnId, asked: &str) {
        let old = self.name(id).unwrap();
        let new = self.take_name(id, asked, false);
        self.count_name(&new);
        let person = self.people.get_mut(&id).unwrap();
        (person.folded, person.name) = (fold(&old), Some(old.clone()));
        if let Some((room, why)) = self.bar_to_name(id, &new) {
            let name = &self.rooms[room].name;
            let text = format!("you cannot change your name in {name}: {why}");
            return self.tell(id, &text);
        }
        let person = self.people.get_mut(&id).unwrap();
        (person.folded, person.name) = (fold(&new), Some(new.clone()));
        self.tell(id, &format!("You are now {new}."));
        if new != old {
            self.tell_renamed(id, &old, &new);
        }
    }

    /// Gives a person exactly this name, if it is free. Returns whether the person has it now.
    pub(crate) fn rename_exactly(&mut self, id: ConnId, new: &str) -> bool {
        if self.bar_to_name(id, new).is_some() {
            return false;
        }
        self.count_name(new);
        if self.find_like(new, id).is_some() || self.is_reserved(new) {
            return false;
        }
        let old = self.name(id).unwrap();
        let person = self.people.get_mut(&id).unwrap();
        (person.folded, person.name) = (fold(new), Some(new.to_owned()));
        self.tell_renamed(id, &old, new);
        self.give(
            id,
            &Words::irc(format!(":{} NICK {new}", self.source(id, &old))),
        );
        true
    }

    fn tell_renamed(&mut self, id: ConnId, old: &str, new: &str) {
        if fold(old) != fold(new) {
            self.give_up(id, old);
        }
        let irc = format!(":{} NICK {new}", self.source(id, old));
        let words = Words::both(format!("* {old} is now {new}\n"), irc);
        self.tell_peers(id, EventLevel::Room, &words);
    }

    /// Notes that a person has given up a name.
    pub(super) fn give_up(&mut self, id: ConnId, name: &str) {
        self.past.push((fold(name), self.source(id, name)));
        let too_many = self.past.len().saturating_sub(PAST_MAX);
        self.past.drain(..too_many);
    }

    /// The `nick!user@host` of a person under a name that the person has or had.
    pub(crate) fn source(&self, id: ConnId, name: &str) -> String {
        let person = &self.people[&id];
        let user = match &*person.own_user {
            "" => "~user",
            user => user,
        };
        format!("{name}!{user}@{}", rules::host())
    }

    /// The `nick!user@host` of a person under the present name.
    pub(crate) fn source_of(&self, id: ConnId) -> String {
        self.source(id, &self.name(id).unwrap())
    }

    /// Splits the argument of a join into the room's name and its key. The last word is the key if
    /// the words before it name a room that needs one and the whole argument names no room.
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
        let old = self.people[&id].rooms.first().copied();
        let (asked, key) = self.meant(asked);
        let Some(name) = room_name(asked) else {
            return self.tell(id, "usage: /join ROOM");
        };
        let found = self.room(&name);
        if let Some(room) = found.filter(|room| old == Some(*room)) {
            let text = format!("you are in {}", self.rooms[room].name);
            return self.tell(id, &text);
        }
        self.count_entry(found);
        if let Some(bar) = found.and_then(|room| self.bar_to_entry(id, room, key)) {
            return self.tell(id, &bar);
        }
        let Some(new) = self.find_or_make(&name) else {
            return self.tell(id, "too many rooms");
        };
        self.enter(id, new);
        if let Some(old) = old {
            self.remove_member(old, id);
            self.announce(old, id, false, None);
            self.exit(old);
        }
        self.show_room(id, false);
        self.announce(new, id, true, None);
    }

    pub(crate) fn leave(&mut self, id: ConnId, reason: Option<Why>) {
        let Some(person) = self.people.get(&id) else {
            return;
        };
        let rooms = person.rooms.clone();
        let name = self.name(id).unwrap_or_default();
        let is_own = matches!(reason, Some(Why::Words(_)));
        let may_speak = |room: &usize| !is_own || self.bar_to_speech(id, *room).is_none();
        let told: Vec<Option<Why>> = rooms
            .iter()
            .map(|room| reason.clone().filter(|_| may_speak(room)))
            .collect();
        let everywhere = reason.filter(|_| told.iter().all(Option::is_some));
        let words = match everywhere {
            None => name.clone(),
            Some(Why::Words(words)) => format!("Quit: {words}"),
            Some(Why::Closed) => String::from("Connection closed"),
            Some(Why::Reset) => String::from("Connection reset"),
            Some(Why::Server(words)) => words,
            Some(Why::RemovedByHost(None)) => String::from("Killed by host"),
            Some(Why::RemovedByHost(Some(why))) => format!("Killed by host: {why}"),
        };
        let quit = format!(":{} QUIT :{words}", self.source(id, &name));
        for room in &rooms {
            self.rooms[*room].members.retain(|member| *member != id);
        }
        if !name.is_empty() {
            self.give_up(id, &name);
            for (room, reason) in rooms.iter().zip(told) {
                let words = match reason {
                    None | Some(Why::Closed | Why::Reset) => None,
                    Some(Why::Words(words) | Why::Server(words)) => Some(words),
                    Some(Why::RemovedByHost(None)) => Some(String::from("removed by host")),
                    Some(Why::RemovedByHost(Some(why))) => Some(format!("removed by host: {why}")),
                };
                self.announce_in_line(*room, id, false, words.as_deref());
            }
            self.tell_peers(id, EventLevel::Raw, &Words::irc(quit));
        }
        for room in &rooms {
            self.remove_member(*room, id);
        }
        self.people.remove(&id);
        for room in rooms {
            self.exit(room);
        }
    }

    pub(crate) fn kick(&mut self, name: &str, reason: Option<&str>) -> Option<ConnId> {
        let id = self.find(name)?;
        let why = reason
            .map(|reason| format!(" ({reason})"))
            .unwrap_or_default();
        if self.people[&id].level == EventLevel::Room {
            let text = format!("you were disconnected by host{why}");
            self.tell(id, &text);
        }
        if self.people[&id].is_json {
            let mut bye = json!({"event": "bye", "by": "host"});
            if let Some(reason) = reason {
                bye["reason"] = json!(reason);
            }
            self.objects.push((id, bye));
        }
        self.leave(id, Some(Why::RemovedByHost(reason.map(str::to_owned))));
        Some(id)
    }
}
