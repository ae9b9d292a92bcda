//! What the model's chat answers: who is there, what was said, which rooms there are.

use std::time::{Duration, UNIX_EPOCH};

use parloir::ConnId;
use parloir::relay::hub::{Flag, Hears};

use super::{Chat, Room};
use crate::support::START_UNIX_SECONDS;

impl Chat {
    pub(crate) fn whisper(&mut self, id: ConnId, to: &str, text: &str) {
        let from = self.name(id).unwrap();
        match self.find(to) {
            None => self.tell(id, &format!("no one here is called {to}")),
            Some(other) if self.people[&other].hears < Hears::Everything => {
                self.tell(id, &format!("{to} reads nothing here: not sent"));
            }
            Some(other) => {
                self.send(other, format!("-{from}- {text}\n"));
                if let Some(why) = self.people[&other].away.clone() {
                    let to = self.name(other).unwrap();
                    self.tell(id, &format!("{to} is away: {why}"));
                }
            }
        }
    }

    pub(crate) fn tell_topic(&mut self, id: ConnId) {
        let line = topic_line(self.rooms[self.people[&id].room].topic.as_deref());
        self.send(id, line);
    }

    pub(crate) fn set_topic(&mut self, id: ConnId, topic: Option<&str>) {
        let room = self.people[&id].room;
        if self.rooms[room].rules.has(Flag::TopicLocked) && !self.rules(id) {
            return;
        }
        self.rooms[room].topic = topic.map(str::to_owned);
        self.tell_room(room, Hears::Everything, None, &topic_line(topic));
    }

    pub(super) fn show_room(&mut self, id: ConnId, is_first: bool) {
        let person = &self.people[&id];
        if person.hears < Hears::Everything {
            return;
        }
        let (key, room) = (person.room, &self.rooms[person.room]);
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
        self.send(id, text);
    }

    fn history(&self, room: usize, count: usize) -> String {
        let history = &self.rooms[room].history;
        let shown = &history[history.len() - count.min(history.len())..];
        let line = |(at, line, _): &(Duration, String, usize)| {
            let seconds = Duration::from_secs(START_UNIX_SECONDS + at.as_secs());
            let stamp = humantime::format_rfc3339_seconds(UNIX_EPOCH + seconds).to_string();
            format!("[{}] {line}", stamp.replace('T', " "))
        };
        shown.iter().map(line).collect()
    }

    pub(crate) fn tell_history(&mut self, id: ConnId, count: usize) {
        let room = self.people[&id].room;
        let lines = self.history(room, count);
        if lines.is_empty() {
            let text = format!("nothing has been said in {} yet", self.rooms[room].name);
            return self.tell(id, &text);
        }
        self.send(id, lines);
    }

    /// Who is in a room under a name, in order of arrival.
    pub(super) fn named(&self, room: usize) -> Vec<String> {
        let members = self.rooms[room].members.iter();
        members.filter_map(|id| self.name(*id)).collect()
    }

    pub(crate) fn tell_who(&mut self, id: ConnId) {
        let key = self.people[&id].room;
        let (room, named) = (&self.rooms[key], self.named(key));
        let everyone = list(&named, room.members.len() - named.len());
        let text = format!("{}: {everyone}", room.name);
        self.tell(id, &text);
    }

    pub(crate) fn tell_rooms(&mut self, id: ConnId) {
        let count = |(key, room): (usize, &Room)| (self.named(key).len(), room.name.clone());
        let person = &self.people[&id];
        let is_visible = |(key, room): &(usize, &Room)| {
            !room.rules.has(Flag::Secret) || person.room == *key || person.rules_all
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

fn topic_line(topic: Option<&str>) -> String {
    match topic {
        Some(topic) => format!("* topic: {topic}\n"),
        None => String::from("* no topic is set\n"),
    }
}

/// `alice, bob and 2 listeners`
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
