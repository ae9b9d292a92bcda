//! The model's chat: rooms and people as plain lists, each rule in as few words as it takes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use parloir::relay::hub::names::{NAME_CHARS_MAX, fold, legalize, room_name};
use parloir::relay::hub::{Hears, PAST_MAX, ROOMS_OF_ONE_MAX};
use parloir::{ConnId, RelayConfig};
use slab::Slab;

use crate::irc::Expected;
pub(crate) use changes::one_word;
use rules::Rules;
use telling::list;
use words::{Said, Told, Words, because, unformatted};

mod announcing;
mod changes;
mod members;
mod rules;
pub(crate) mod speaking;
mod telling;
pub(crate) mod words;

pub(crate) struct Chat {
    config: RelayConfig,
    pub(crate) people: BTreeMap<ConnId, Person>,
    /// A slab, as in the relay, because which of two equals goes first depends on their places.
    pub(crate) rooms: Slab<Room>,
    /// What everyone is to be sent, in order.
    pub(crate) sent: Vec<(ConnId, Vec<u8>)>,
    /// And what IRC clients are.
    pub(crate) told: Vec<(ConnId, Expected)>,
    /// Where among that an event comes that is no answer to the line at hand: answers are collected,
    /// and sent at its end.
    pub(crate) answers_at: usize,
    /// The label of the line at hand, if its sender knows labels.
    pub(crate) label: Option<String>,
    /// Names that were given up, folded, and whose they were as `nick!user@host`.
    pub(super) past: Vec<(String, String)>,
    /// Messages said so far.
    said: u64,
    /// Who was put out of a room and is in none yet.
    pub(crate) homeless: Vec<ConnId>,
    pub(crate) now: Duration,
}

pub(crate) struct Person {
    pub(crate) name: Option<String>,
    folded: String,
    /// In the order in which it came into them; a line client is in one.
    pub(crate) rooms: Vec<usize>,
    /// Each thing: it speaks IRC.
    pub(crate) hears: Hears,
    pub(crate) away: Option<String>,
    /// The user name and the real name it gave.
    own_user: String,
    real_name: Option<String>,
    pub(crate) caps: BTreeSet<String>,
    /// It rules the whole server.
    pub(crate) rules_all: bool,
}

pub(crate) struct Room {
    pub(crate) name: String,
    /// In order of arrival.
    pub(crate) members: Vec<ConnId>,
    pub(crate) topic: Option<String>,
    history: Vec<Kept>,
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

/// Something said that is kept.
pub(crate) struct Kept {
    at: Duration,
    name: String,
    said: Said,
    bytes: usize,
}

impl Chat {
    pub(crate) fn new(config: RelayConfig) -> Self {
        Self {
            config,
            people: BTreeMap::new(),
            rooms: Slab::new(),
            sent: Vec::new(),
            told: Vec::new(),
            answers_at: 0,
            label: None,
            past: Vec::new(),
            said: 0,
            homeless: Vec::new(),
            now: Duration::ZERO,
        }
    }

    pub(crate) fn send(&mut self, to: ConnId, bytes: impl Into<Vec<u8>>) {
        self.sent.push((to, bytes.into()));
    }

    /// An answer; an IRC client's are numerics, of which the model does not speak.
    pub(crate) fn tell(&mut self, to: ConnId, text: &str) {
        self.give(to, &Words::line(format!("* {text}\n")));
    }

    /// Tells someone of an event in their own words.
    pub(crate) fn give(&mut self, to: ConnId, words: &Words) {
        match self.people.get(&to) {
            Some(person) if person.hears == Hears::Each => {
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
        let room = person.rooms[0];
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
            self.tell_renamed(id, &old, &new);
        }
    }

    /// Exactly this name, if nobody else has it: says whether that is so.
    pub(crate) fn rename_exactly(&mut self, id: ConnId, new: &str) -> bool {
        if self.find(new).is_some_and(|owner| owner != id) {
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
        self.tell_peers(id, Hears::Everything, &words);
    }

    /// Someone is not called so any more.
    pub(super) fn give_up(&mut self, id: ConnId, name: &str) {
        self.past.push((fold(name), self.source(id, name)));
        let too_many = self.past.len().saturating_sub(PAST_MAX);
        self.past.drain(..too_many);
    }

    /// `nick!user@host` of someone who is, or was, called so.
    pub(crate) fn source(&self, id: ConnId, name: &str) -> String {
        let person = &self.people[&id];
        let user = match &*person.own_user {
            "" => "~user",
            user => user,
        };
        format!("{name}!{user}@{}", rules::host())
    }

    /// The same, of someone who is called so now.
    pub(crate) fn source_of(&self, id: ConnId) -> String {
        self.source(id, &self.name(id).unwrap())
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
        let old = self.room_of(id);
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
        let rooms = person.rooms.clone();
        let name = self.name(id).unwrap_or_default();
        let quit = format!(":{} QUIT{}", self.source(id, &name), because(reason));
        for room in &rooms {
            self.rooms[*room].members.retain(|member| *member != id);
        }
        if !name.is_empty() {
            self.give_up(id, &name);
            for room in &rooms {
                self.announce_in_line(*room, id, false, reason);
            }
            self.tell_peers(id, Hears::Each, &Words::irc(quit));
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
        if self.people[&id].hears == Hears::Everything {
            let text = format!("you were disconnected by host{why}");
            self.tell(id, &text);
        }
        let why = reason
            .map(|reason| format!(": {reason}"))
            .unwrap_or_default();
        self.leave(id, Some(&format!("removed by host{why}")));
        Some(id)
    }
}
