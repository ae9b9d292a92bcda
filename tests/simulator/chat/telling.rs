//! The answers of the model's chat: the members, the history, the list of rooms.

use std::time::{Duration, UNIX_EPOCH};

use parloir::ConnId;
use parloir::relay::hub::{EventLevel, Flag, cost};

use super::programs::unix_us;
use super::words::{Words, spoken};
use super::{Chat, Kept, Room};
use crate::irc::Expected;
use crate::support::START_UNIX_SECONDS;

/// The cost of showing a message again, in parts of a line.
pub(super) fn work_of(kept: &Kept) -> u32 {
    cost::REPLAYED + (kept.said.remark.text.len() / cost::REPLAYED_BYTES) as u32
}

/// Returns whether a message has all of these words.
pub(super) fn has_words(kept: &Kept, words: &str) -> bool {
    let text = kept.said.remark.text.to_lowercase();
    let has = |word: &str| text.split_whitespace().any(|it| it == word);
    words.to_lowercase().split_whitespace().all(has)
}

impl Chat {
    pub(crate) fn tell_topic(&mut self, id: ConnId) {
        let Some(room) = self.room_asked_about(id) else {
            return;
        };
        let line = topic_line(self.rooms[room].topic.as_deref());
        self.give(id, &Words::line(line));
    }

    pub(crate) fn set_topic(&mut self, id: ConnId, room: usize, topic: Option<&str>) {
        let is_there = self.people[&id].rooms.contains(&room);
        let is_locked = self.rooms[room].rules.has(Flag::TopicLocked);
        if !is_there || is_locked && !self.rules(id, room) {
            return;
        }
        if let Some(bar) = self
            .bar_to_speech(id, room)
            .filter(|_| !self.is_operator(id, room))
        {
            return self.tell(id, &bar);
        }
        self.rooms[room].topic = topic.map(str::to_owned);
        let (source, name) = (self.source_of(id), &self.rooms[room].name);
        let text = topic.unwrap_or_default();
        let irc = format!(":{source} TOPIC #{name} :{text}");
        let words = Words::both(topic_line(topic), irc);
        self.tell_room(room, EventLevel::Room, None, &words);
    }

    pub(super) fn show_room(&mut self, id: ConnId, is_first: bool) {
        let person = &self.people[&id];
        if person.level < EventLevel::Room {
            return;
        }
        let key = *person.rooms.last().unwrap();
        let room = &self.rooms[key];
        let name = person.name.as_deref().unwrap_or("a listener");
        let others: Vec<String> = self
            .named(key)
            .into_iter()
            .filter(|other| other != name)
            .collect();
        let named = others.len() + usize::from(person.name.is_some());
        let listeners = room.members.len() - named - usize::from(person.name.is_none());
        let mut text = match others.len() + listeners {
            0 => format!("* You are {name}, alone in {}.\n", room.name),
            _ => format!(
                "* You are {name}, in {} with {}.\n",
                room.name,
                list(&others, listeners)
            ),
        };
        if is_first {
            text.extend(self.config.motd.iter().map(|line| format!("* {line}\n")));
        }
        if room.topic.is_some() {
            text += &topic_line(room.topic.as_deref());
        }
        text += &self.history(key, self.config.replay);
        self.give(id, &Words::line(text));
    }

    fn history(&mut self, room: usize, count: usize) -> String {
        let last: Vec<&Kept> = self.last(room, count).iter().collect();
        let (lines, work) = shown(&last);
        self.work += work;
        lines
    }

    fn last(&self, room: usize, count: usize) -> &[Kept] {
        let history = &self.rooms[room].history;
        &history[history.len() - count.min(history.len())..]
    }

    /// Shows the history to an IRC client that enters and has read up to `read`: as a batch if the
    /// client knows batches, or with the time in the text if no other way can tell it.
    pub(crate) fn replay(&mut self, id: ConnId, room: usize, read: u64) {
        let caps = &self.people[&id].caps;
        let stamps = !caps.contains("batch") && !caps.contains("server-time");
        self.show_past(id, room, self.config.replay, stamps, read);
    }

    /// Shows the last messages of a room to an IRC client that has asked for them.
    pub(crate) fn play_back(&mut self, id: ConnId, room: usize, count: usize) {
        self.note_stored(room, count, |_| true);
        let past = self.past(room);
        let from = past.len() - count.min(past.len());
        let numbers: Vec<u64> = past[from..].iter().map(|it| it.said.number).collect();
        self.show(id, room, &numbers, false);
    }

    fn show_past(&mut self, id: ConnId, room: usize, count: usize, stamps: bool, read: u64) {
        let kept = self.last(room, count).iter();
        let kept = kept.filter(|kept| kept.said.number > read);
        let numbers: Vec<u64> = kept.map(|it| it.said.number).collect();
        self.show(id, room, &numbers, stamps);
    }

    /// Shows messages to an IRC client.
    fn show(&mut self, id: ConnId, room: usize, numbers: &[u64], stamps: bool) {
        let stamped = |kept: &Kept| match stamps {
            true => format!("[{}] ", stamp(kept.at)),
            false => String::new(),
        };
        let room_name = format!("#{}", self.rooms[room].name);
        let caps = &self.people[&id].caps;
        let kept = self.past(room).into_iter();
        let kept: Vec<&Kept> = kept
            .filter(|it| numbers.contains(&it.said.number))
            .collect();
        let work: u32 = kept.iter().map(|kept| work_of(kept)).sum();
        let lines: Vec<Expected> = kept
            .into_iter()
            .map(|kept| {
                let mut said = kept.said.clone();
                said.target.clone_from(&room_name);
                said.label.clone_from(&self.label);
                said.expected(&stamped(kept), caps)
            })
            .collect();
        self.work += work;
        self.told.extend(lines.into_iter().map(|it| (id, it)));
    }

    /// All messages of a room that can be asked for.
    pub(super) fn past(&self, room: usize) -> Vec<&Kept> {
        let room = &self.rooms[room];
        let older: &[Kept] = if self.has_store { &room.older } else { &[] };
        older.iter().chain(&room.history).collect()
    }

    /// Counts a question to the store, if it is asked: when fewer than `limit` messages that are meant are in memory.
    fn note_stored(&mut self, room: usize, limit: usize, is_meant: impl Fn(&Kept) -> bool) {
        let it = &self.rooms[room];
        let in_memory = it.history.iter().filter(|kept| is_meant(kept)).count();
        if self.has_store && it.is_cut && in_memory < limit {
            self.work += cost::STORED;
        }
    }

    pub(crate) fn tell_history(&mut self, id: ConnId, count: usize, before: Option<u64>) {
        let Some(room) = self.room_asked_about(id) else {
            return;
        };
        let it = &self.rooms[room];
        let is_more = self.has_store && it.is_cut;
        if it.history.is_empty() && !is_more {
            let text = format!("nothing has been said in {} yet", it.name);
            return self.tell(id, &text);
        }
        let limit = count.min(self.config.history.max(200));
        let is_meant = |kept: &Kept| before.is_none_or(|ms| unix_us(kept.at) / 1000 < ms);
        self.note_stored(room, limit, is_meant);
        let mut past = self.past(room);
        past.retain(|kept| is_meant(kept));
        past.drain(..past.len().saturating_sub(limit));
        let (mut lines, work) = shown(&past);
        let Some(first) = past.first() else {
            return self.tell(id, "that is no longer kept");
        };
        if is_more && past.len() == limit {
            let at = UNIX_EPOCH + Duration::from_micros(unix_us(first.at));
            let time = humantime::format_rfc3339_millis(at).to_string();
            let time = time.replace('T', " ");
            lines += &format!("* /history {limit} {time} shows what was said before\n");
        }
        self.work += work;
        self.give(id, &Words::line(lines));
    }

    pub(crate) fn tell_found(&mut self, id: ConnId, words: &str) {
        let Some(room) = self.room_asked_about(id) else {
            return;
        };
        if !self.has_store {
            let text = "nothing can be searched here: the server runs without --search";
            return self.tell(id, text);
        }
        self.work += cost::SEARCHED;
        let mut past = self.past(room);
        past.retain(|kept| has_words(kept, words));
        past.drain(..past.len().saturating_sub(20));
        if past.is_empty() {
            return self.tell(id, "nothing was found");
        }
        let (mut lines, work) = shown(&past);
        let count = match past.len() {
            1 => String::from("1 line"),
            20 => String::from("the newest 20 lines"),
            count => format!("{count} lines"),
        };
        lines += &format!("* {count}; /history 20 TIME shows what was said before one of them\n");
        self.work += work;
        self.give(id, &Words::line(lines));
    }

    /// The names of a room's members, in order of arrival.
    pub(crate) fn named(&self, room: usize) -> Vec<String> {
        let members = self.rooms[room].members.iter();
        members.filter_map(|id| self.name(*id)).collect()
    }

    pub(crate) fn tell_who(&mut self, id: ConnId) {
        let Some(key) = self.room_asked_about(id) else {
            return;
        };
        let (room, named) = (&self.rooms[key], self.named(key));
        let everyone = list(&named, room.members.len() - named.len());
        let text = format!("{}: {everyone}", room.name);
        self.tell(id, &text);
    }

    pub(crate) fn tell_rooms(&mut self, id: ConnId) {
        self.work += cost::LISTED * self.rooms.len() as u32;
        let count = |(key, room): (usize, &Room)| (self.named(key).len(), room.name.clone());
        let person = &self.people[&id];
        let is_visible = |(key, room): &(usize, &Room)| {
            !room.rules.has(Flag::Secret) || person.rooms.contains(key) || person.rules_all
        };
        let visible = self.rooms.iter().filter(is_visible);
        let mut rooms: Vec<(usize, String)> = visible.map(count).collect();
        rooms.retain(|(named, _)| *named > 0);
        rooms.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let others = rooms.len().saturating_sub(50);
        rooms.truncate(50);
        let shown: Vec<String> = rooms
            .iter()
            .map(|(n, name)| format!("{name} ({n})"))
            .collect();
        let text = match (shown.is_empty(), others) {
            (true, _) => String::from("nobody with a nickname is in any room"),
            (_, 0) => shown.join(", "),
            (_, n) => format!("{} and {n} other{}", shown.join(", "), plural(n)),
        };
        self.tell(id, &text);
    }
}

/// The time of a message, such as `2026-11-20 14:03:07Z`.
/// Lines of the past, and what showing them costs.
fn shown(past: &[&Kept]) -> (String, u32) {
    let line = |kept: &&Kept| {
        let stamp = format!("[{}] ", stamp(kept.at));
        spoken(&stamp, &kept.name, &kept.said.remark).unwrap()
    };
    let work = past.iter().map(|kept| work_of(kept)).sum();
    (past.iter().map(line).collect(), work)
}

fn stamp(at: Duration) -> String {
    let seconds = Duration::from_secs(START_UNIX_SECONDS + at.as_secs());
    let stamp = humantime::format_rfc3339_seconds(UNIX_EPOCH + seconds).to_string();
    stamp.replace('T', " ")
}

fn topic_line(topic: Option<&str>) -> String {
    match topic {
        Some(topic) => format!("* topic: {topic}\n"),
        None => String::from("* no topic is set\n"),
    }
}

/// A list of members, such as `alice, bob and 2 listeners`.
pub(super) fn list(names: &[String], listeners: usize) -> String {
    let shown = &names[..names.len().min(20)];
    let others = names.len() - shown.len();
    let counts = [(others, "other"), (listeners, "listener")];
    let counts = counts.into_iter().filter(|(n, _)| *n > 0);
    let counts: Vec<String> = counts
        .map(|(n, what)| format!("{n} {what}{}", plural(n)))
        .collect();
    let mut text = match shown {
        [first @ .., last] if counts.is_empty() && !first.is_empty() => {
            format!("{} and {last}", first.join(", "))
        }
        shown => shown.join(", "),
    };
    for count in counts {
        let and = if text.is_empty() { "" } else { " and " };
        text += &format!("{and}{count}");
    }
    text
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}
