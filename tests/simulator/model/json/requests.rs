//! The requests of JSON clients.

use parloir::ConnId;
use parloir::relay::Verdict;
use parloir::relay::hub::names::{NAME_CHARS_MAX, legalize};
use parloir::relay::hub::{Flag, List, ModeChange, ROOMS_OF_ONE_MAX, Speech, cost};
use serde_json::{Value, json};

use super::fields::{
    changes, count, escaped, one_line, optional, room_of, tags, text, time_of, word,
};
use super::{Answer, Request};
use crate::chat::programs::Code;
use crate::chat::words::Remark;
use crate::json::{any, some_of};
use crate::model::irc_rooms::Wanted;
use crate::model::{Client, Model};
use crate::naive::read_formatted;

impl Model {
    pub(super) fn carry_out_json(&mut self, c: &mut Client, asked: &str, it: &Request) -> Answer {
        let id = c.id;
        let is_greeted = c.json.as_ref().unwrap().is_greeted;
        let others = [
            "join", "part", "say", "react", "nick", "topic", "away", "invite", "kick", "redact",
            "ban", "unban", "mute", "unmute", "mode", "who", "rooms", "whois", "history", "resume",
            "search",
        ];
        match asked {
            "hello" => return self.hello_json(c, it),
            "ping" => return Ok(json!({})),
            "quit" => {
                let reason = one_line(it, "reason", 255)?;
                c.json.as_mut().unwrap().leaves = Some(reason);
                return Ok(json!({}));
            }
            _ if !others.contains(&asked) => return Err("unknown_do"),
            _ if !is_greeted => return Err("hello_first"),
            "join" => return self.join_json(id, it),
            "part" => {
                let (room, reason) = (room_of(it)?, one_line(it, "reason", 255)?);
                self.chat.part_exactly(id, room, reason.as_deref())?;
            }
            "say" => return self.say_json(id, it),
            "react" => return self.react_json(id, it),
            "nick" => {
                let name = text(it, "nick")?;
                let is_legal = !name.is_empty() && legalize(name) == name;
                is_legal.then_some(()).ok_or("bad_nick")?;
                self.chat.call_exactly(id, name)?;
                return Ok(json!({"nick": self.chat.name(id)}));
            }
            "topic" => return self.topic_json(id, it),
            "away" => {
                let away = one_line(it, "text", 200)?;
                self.chat.set_away_exactly(id, away.as_deref());
            }
            "invite" => self.invite_json(id, it)?,
            "kick" => self.kick_json(id, it)?,
            "redact" => {
                let (room, message) = (room_of(it)?, text(it, "msgid")?);
                time_of(message)?;
                let reason = one_line(it, "reason", 255)?;
                let message = (message, self.ids.number(message));
                self.chat.redact(id, room, message, reason.as_deref())?;
            }
            "mode" => {
                let (room, changes) = (room_of(it)?, changes(it)?);
                return self.change_json(id, room, &changes);
            }
            "search" if !self.chat.has_store => return Err("no_search"),
            "search" => return self.search_json(id, it),
            "who" | "rooms" | "whois" | "history" | "resume" => {
                return self.look_json(id, asked, it);
            }
            _ => {
                let room = room_of(it)?;
                let mask = optional(it, "mask")?;
                let whom = word(mask.map_or_else(|| text(it, "nick"), Ok)?)?;
                let list = if asked.ends_with("mute") {
                    List::Mutes
                } else {
                    List::Bans
                };
                let meant = (list, whom, !asked.starts_with("un"));
                let masks = self.chat.keep_out_exactly(id, room, meant)?;
                let changes = masks
                    .into_iter()
                    .map(|(list, mask, on)| Wanted::List(list, mask, on));
                return self.change_json(id, room, &changes.collect::<Vec<_>>());
            }
        }
        Ok(json!({}))
    }

    fn hello_json(&mut self, c: &mut Client, it: &Request) -> Answer {
        if c.json.as_ref().unwrap().is_greeted {
            return Err("hello_already");
        }
        if let Some(password) = &self.config.password
            && optional(it, "password")?.unwrap_or_default() != password
        {
            c.wrong_passwords += 1;
            self.note_wrong();
            return Err("wrong_password");
        }
        let nick = optional(it, "nick")?;
        let is_legal = |nick: &str| !nick.is_empty() && legalize(nick) == nick;
        nick.is_none_or(is_legal).then_some(()).ok_or("bad_nick")?;
        if !self.chat.people.contains_key(&c.id) {
            self.chat.admit_json(c.id);
        }
        let mut hello = json!({
            "server": self.config.name,
            "version": 1,
            "limits": {
                "line_bytes": self.config.line_bytes_max,
                "lines_a_second": self.config.rate,
                "lines_at_once": self.config.burst,
                "nick_chars": NAME_CHARS_MAX,
                "rooms": ROOMS_OF_ONE_MAX,
                "history": self.config.history,
            },
        });
        if let Some(nick) = nick {
            self.chat.call_exactly(c.id, nick)?;
            hello["nick"] = json!(nick);
        }
        c.json.as_mut().unwrap().is_greeted = true;
        Ok(hello)
    }

    fn join_json(&mut self, id: ConnId, it: &Request) -> Answer {
        let (room, key) = (room_of(it)?, optional(it, "key")?);
        let replay = count(it, "replay")?.unwrap_or(0).min(self.config.history);
        let room = self.chat.enter_exactly(id, room, key)?;
        let people = self.chat.people_in(room);
        let (name, topic) = {
            let it = &self.chat.rooms[room];
            (it.name.clone(), it.topic.clone())
        };
        let mut joined = json!({"room": name, "topic": topic, "people": people});
        if replay > 0 {
            joined["messages"] = json!(self.chat.memory_of(room, |_| true, (replay, false)));
        }
        Ok(joined)
    }

    fn say_json(&mut self, id: ConnId, it: &Request) -> Answer {
        let speech = match optional(it, "kind")? {
            None | Some("message") => Speech::Message,
            Some("action") => Speech::Action,
            Some("notice") => Speech::Notice,
            Some(_) => return Err("bad_field"),
        };
        let said = text(it, "text")?.trim_end_matches('\n');
        let lines: Vec<String> = said.split('\n').map(read_formatted).collect();
        if lines.len() > self.config.burst.max(1) as usize {
            return Err("too_many_lines");
        }
        self.chat.work += cost::LINE_MORE * (lines.len() as u32 - 1);
        self.chat.name(id).ok_or("nick_first")?;
        let verdict = |line: &String| self.house.map_or(Verdict::Pass, |it| it.verdict(line));
        let mut seen = Vec::new();
        for line in &lines {
            seen.push(match verdict(line) {
                Verdict::Pass => line.clone(),
                Verdict::Change(line) => read_formatted(&line),
                Verdict::Refuse(_) => return Err("refused"),
            });
        }
        let mut remark = Remark::new(speech, &seen.join("\n"));
        if remark.text.trim().is_empty() {
            return Err("nothing_to_say");
        }
        remark.tags = tags(it)?;
        self.say_or_tell(id, it, &remark)
    }

    fn react_json(&mut self, id: ConnId, it: &Request) -> Answer {
        let message = text(it, "msgid")?;
        time_of(message)?;
        let reaction = read_formatted(text(it, "text")?);
        if reaction.is_empty() || reaction.len() > 64 {
            return Err("bad_field");
        }
        let mut remark = Remark::new(Speech::TagsOnly, "");
        let reaction = escaped(&reaction);
        remark.tags = vec![
            format!("+draft/reply={message}"),
            format!("+draft/react={reaction}"),
        ];
        self.say_or_tell(id, it, &remark)
    }

    fn say_or_tell(&mut self, id: ConnId, it: &Request, remark: &Remark) -> Answer {
        let named = self.chat.name(id).ok_or("nick_first");
        match (optional(it, "room")?, optional(it, "to")?) {
            (Some(_), None) => {
                let room = room_of(it)?;
                named.and_then(|_| self.chat.say_exactly(id, room, remark))
            }
            (None, Some(to)) => named.and_then(|_| self.chat.whisper_exactly(id, to, remark)),
            _ => Err("bad_field"),
        }
    }

    fn topic_json(&mut self, id: ConnId, it: &Request) -> Answer {
        let name = room_of(it)?;
        if !it.contains_key("topic") {
            let room = self.chat.visible(id, name)?;
            return Ok(match &self.chat.rooms[room].topic {
                Some(topic) => {
                    json!({"topic": topic, "by": any(), "time": any()})
                }
                None => json!({"topic": null}),
            });
        }
        let topic = one_line(it, "topic", 390)?;
        let room = self.chat.visible(id, name)?;
        self.chat.may_set_topic(id, room)?;
        if self.chat.rooms[room].topic != topic {
            self.chat.set_topic(id, room, topic.as_deref());
        }
        Ok(json!({}))
    }

    fn invite_json(&mut self, id: ConnId, it: &Request) -> Result<(), Code> {
        let (name, whom) = (room_of(it)?, text(it, "nick")?);
        let room = self.chat.visible(id, name)?;
        match self.chat.rooms[room].rules.has(Flag::InviteOnly) {
            true => self.chat.ruler_of(id, name)?,
            false => self.chat.member_of(id, name)?,
        };
        let other = self.chat.reader(whom)?;
        if self.chat.people[&other].rooms.contains(&room) {
            return Err("already_there");
        }
        self.chat.invite(id, room, whom);
        Ok(())
    }

    fn kick_json(&mut self, id: ConnId, it: &Request) -> Result<(), Code> {
        let (name, whom) = (room_of(it)?, text(it, "nick")?);
        let reason = one_line(it, "reason", 255)?;
        let room = self.chat.ruler_of(id, name)?;
        let other = self.chat.find(whom).ok_or("no_such_nick")?;
        let is_there = |chat: &crate::chat::Chat| {
            let person = chat.people.get(&other);
            person.is_some_and(|person| person.rooms.contains(&room))
        };
        is_there(&self.chat).then_some(()).ok_or("not_with_you")?;
        let removed = self.chat.put_out(id, room, whom, reason.as_deref());
        // The host is not put out of the default room.
        let is_kept = is_there(&self.chat);
        if let Some(removed) = removed {
            self.close_removed(removed);
        }
        self.chat.go_back();
        (!is_kept).then_some(()).ok_or("not_operator")
    }

    fn change_json(&mut self, id: ConnId, name: &str, changes: &[Wanted]) -> Answer {
        let room = self.chat.visible(id, name)?;
        self.chat.work += cost::MODE * (changes.len() as u32 - 1);
        self.chat.ruler_of(id, name)?;
        let mut refused = Vec::new();
        for (n, change) in changes.iter().enumerate() {
            let change = change.as_change();
            let code = match change {
                ModeChange::Rank { name, .. } if self.chat.find(name).is_some() => "not_with_you",
                ModeChange::Rank { .. } => "no_such_nick",
                _ => "list_full",
            };
            if !self.chat.change(id, room, change) {
                refused.push((n, code));
            }
        }
        match &refused[..] {
            [] => Ok(json!({})),
            [(_, code)] if changes.len() == 1 => Err(code),
            refused => {
                let one = |(n, code): &(usize, Code)| json!({"change": n, "code": code, "message": any()});
                Ok(json!({"refused": refused.iter().map(one).collect::<Vec<_>>()}))
            }
        }
    }

    fn look_json(&mut self, id: ConnId, asked: &str, it: &Request) -> Answer {
        match asked {
            "who" => {
                let room = self.chat.visible(id, room_of(it)?)?;
                let people = self.chat.people_in(room);
                let is_there = self.chat.people[&id].rooms.contains(&room);
                // From outside, those are not seen who do not wish to be.
                let people = match people {
                    Value::Array(all) if !is_there => some_of(&all),
                    people => people,
                };
                Ok(json!({ "people": people }))
            }
            "rooms" => Ok(json!({"rooms": self.chat.rooms_shown(id)})),
            "whois" => Ok(json!({"person": self.chat.about(id, text(it, "nick")?)?})),
            "history" => {
                let limit = count(it, "limit")?.unwrap_or(50).min(100);
                let place = |field| {
                    let id = optional(it, field)?;
                    let ms = id.map(|id| time_of(id).map(|us| us / 1000));
                    ms.transpose().map_err(|_| "bad_field")
                };
                let (before, after) = (place("before")?, place("after")?);
                let room = self.chat.own(id, room_of(it)?)?;
                let past = self.chat.past_of(room, before, after, limit);
                Ok(json!({ "messages": past }))
            }
            _ => self.resume_json(id, it),
        }
    }

    fn search_json(&mut self, id: ConnId, it: &Request) -> Answer {
        let rooms = match optional(it, "room")? {
            Some(_) => vec![self.chat.own(id, room_of(it)?)?],
            None => self.chat.people[&id].rooms.clone(),
        };
        let words = optional(it, "text")?.unwrap_or_default();
        let from = optional(it, "from")?;
        let limit = count(it, "limit")?.unwrap_or(50).min(100);
        self.chat.work += cost::SEARCHED;
        if words.trim().is_empty() && from.is_none() {
            return Err("no_words");
        }
        Ok(json!({ "messages": self.chat.found_in(&rooms, words, from, limit) }))
    }

    fn resume_json(&mut self, id: ConnId, it: &Request) -> Answer {
        let since = match it.get("since") {
            None | Some(Value::Null) => Request::new(),
            Some(Value::Object(since)) => since.clone(),
            Some(_) => return Err("bad_field"),
        };
        since
            .values()
            .all(Value::is_string)
            .then_some(())
            .ok_or("bad_field")?;
        self.chat.work += cost::NAME * since.len() as u32;
        let mut rooms: Vec<(usize, u64)> = Vec::new();
        for (name, message) in &since {
            let us = time_of(message.as_str().unwrap())?;
            let room = self.chat.own(id, name)?;
            if rooms.iter().all(|(known, _)| *known != room) {
                rooms.push((room, us));
            }
        }
        for (room, since) in rooms {
            let (all, behind) = self.chat.kept_behind(room, since);
            self.chat.work += cost::LISTED * all as u32;
            let name = self.chat.rooms[room].name.clone();
            let gap = |missed: Value| json!({"event": "gap", "room": name, "missed": missed});
            let mut events = Vec::new();
            if all == behind {
                events.push(gap(Value::Null));
            }
            let past = self.chat.memory_of(room, |us| us > since, (100, true));
            let shown = past.len();
            for mut message in past {
                (message["event"], message["room"]) = (json!("message"), json!(name));
                events.push(message);
            }
            if shown < behind {
                events.push(gap(json!(behind - shown)));
            }
            self.chat
                .objects
                .extend(events.into_iter().map(|it| (id, it)));
        }
        Ok(json!({}))
    }
}
