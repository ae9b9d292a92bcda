//! The actions of JSON clients in the model's chat: each is done, or is an error with this code.
//! They are those of IRC clients, but that a client may be without a name.

use parloir::relay::hub::{Flag, List, ROOMS_OF_ONE_MAX, Rank};
use serde_json::Map;

use super::speaking::Speaker;
use super::telling::{has_words, work_of};
use super::words::Remark;
use super::*;
use crate::json::{any, number, some_of, time};
use crate::support::START_UNIX_SECONDS;

/// The code of an error.
pub(crate) type Code = &'static str;

/// The code of a refusal in the words for line clients.
fn code_of(words: &str) -> Code {
    match words.split_once(": ").map_or("", |it| it.1) {
        "you are banned" => "banned",
        "only those invited may" => "invite_only",
        "it is full" => "full",
        "you are not in it" => "no_external",
        "it is moderated" => "moderated",
        "you are muted" => "muted",
        why if why.starts_with("it needs a key") => "needs_key",
        why => panic!("no code for {why:?}"),
    }
}

impl Chat {
    pub(crate) fn admit_json(&mut self, id: ConnId) {
        let person = Person {
            name: None,
            folded: String::new(),
            rooms: Vec::new(),
            level: EventLevel::Raw,
            away: None,
            own_user: String::new(),
            real_name: None,
            caps: BTreeSet::new(),
            rules_all: false,
            is_json: true,
        };
        self.people.insert(id, person);
    }

    /// A client takes exactly this name, its first one or another.
    pub(crate) fn call_exactly(&mut self, id: ConnId, name: &str) -> Result<(), Code> {
        let old = self.name(id);
        if old.is_some() && self.bar_to_name(id, name).is_some() {
            return Err("nick_kept");
        }
        let is_taken = self.find_like(name, id).is_some();
        let is_free = !self.is_reserved(name) && !is_taken;
        match old {
            Some(old) if is_free && old != name => _ = self.rename_exactly(id, name),
            _ => self.count_name(name),
        }
        match () {
            () if self.is_reserved(name) => return Err("nick_reserved"),
            () if is_taken => return Err("nick_taken"),
            () if self.name(id).is_some() => return Ok(()),
            () => {}
        }
        let person = self.people.get_mut(&id).unwrap();
        (person.folded, person.name) = (fold(name), Some(name.to_owned()));
        for room in self.people[&id].rooms.clone() {
            if !self.is_banned(id, room) {
                continue;
            }
            let it = &self.rooms[room];
            if !it.is_default {
                let why = format!("you cannot join {}: you are banned", it.name);
                let out = json!({"event": "kick", "room": it.name, "reason": why});
                self.objects.push((id, out));
            }
            self.remove_member(room, id);
            self.exit(room);
        }
        let rooms = self.people[&id].rooms.clone();
        for room in &rooms {
            self.rooms[*room].members.retain(|member| *member != id);
            self.take_place(id, *room);
        }
        for room in rooms {
            self.announce(room, id, true, None);
        }
        Ok(())
    }

    pub(crate) fn enter_exactly(
        &mut self,
        id: ConnId,
        name: &str,
        key: Option<&str>,
    ) -> Result<usize, Code> {
        let found = self.room(name);
        if found.is_some_and(|room| self.people[&id].rooms.contains(&room)) {
            return Err("already_in");
        }
        self.count_entry(found);
        if let Some(bar) = found.and_then(|room| self.bar_to_entry(id, room, key)) {
            return Err(code_of(&bar));
        }
        if self.people[&id].rooms.len() >= ROOMS_OF_ONE_MAX {
            return Err("in_too_many_rooms");
        }
        let room = self.find_or_make(name).ok_or("too_many_rooms")?;
        self.enter(id, room);
        self.announce(room, id, true, None);
        Ok(room)
    }

    /// A room that the client may know of.
    pub(crate) fn visible(&self, id: ConnId, name: &str) -> Result<usize, Code> {
        let room = self.room(name).filter(|room| self.knows_of(id, *room));
        room.ok_or("no_such_room")
    }

    /// The same, if the client is in it.
    pub(crate) fn own(&self, id: ConnId, name: &str) -> Result<usize, Code> {
        let room = self.visible(id, name)?;
        let is_in = self.people[&id].rooms.contains(&room);
        is_in.then_some(room).ok_or("not_in")
    }

    /// The same, if the client has a name, and is in it.
    pub(crate) fn member_of(&self, id: ConnId, name: &str) -> Result<usize, Code> {
        let room = self.visible(id, name)?;
        self.name(id).ok_or("nick_first")?;
        self.own(id, name).map(|_| room)
    }

    pub(crate) fn ruler_of(&self, id: ConnId, name: &str) -> Result<usize, Code> {
        let room = self.member_of(id, name)?;
        let rules = self.is_operator(id, room);
        rules.then_some(room).ok_or("not_operator")
    }

    pub(crate) fn part_exactly(
        &mut self,
        id: ConnId,
        name: &str,
        reason: Option<&str>,
    ) -> Result<(), Code> {
        let room = self.own(id, name)?;
        if self.name(id).is_some() {
            self.part(id, room, reason);
        } else {
            self.remove_member(room, id);
            self.exit(room);
        }
        Ok(())
    }

    /// Says something in a room. Returns the answer's members.
    pub(crate) fn say_exactly(
        &mut self,
        id: ConnId,
        room: &str,
        remark: &Remark,
    ) -> Result<Value, Code> {
        let room = self.room(room).ok_or("no_such_room")?;
        if let Some(bar) = self.bar_to_speech(id, room) {
            let is_hidden = !self.knows_of(id, room);
            return Err(if is_hidden {
                "no_such_room"
            } else {
                code_of(&bar)
            });
        }
        let name = self.name(id).unwrap();
        let speaker = Speaker {
            id: Some(id),
            name: &name,
            source: self.source(id, &name),
            at_least: Rank::Member,
        };
        let said = self.say_in(room, speaker, remark);
        Ok(json!({"msgid": number(said.number), "time": time(said.at)}))
    }

    pub(crate) fn whisper_exactly(
        &mut self,
        id: ConnId,
        to: &str,
        remark: &Remark,
    ) -> Result<Value, Code> {
        let other = self.reader(to)?;
        self.whisper(id, to, remark);
        let mut said = json!({"msgid": number(self.said), "time": time(None)});
        if self.people[&other].away.is_some() {
            said["away"] = json!(true);
        }
        Ok(said)
    }

    /// A person who can be told something.
    pub(crate) fn reader(&self, name: &str) -> Result<ConnId, Code> {
        let other = self.find(name).ok_or("no_such_nick")?;
        let reads = self.people[&other].level >= EventLevel::Room;
        reads.then_some(other).ok_or("reads_nothing")
    }

    pub(crate) fn may_set_topic(&self, id: ConnId, room: usize) -> Result<(), Code> {
        let name = &self.rooms[room].name;
        self.member_of(id, name)?;
        match self.bar_to_speech(id, room) {
            _ if self.is_operator(id, room) => Ok(()),
            _ if self.rooms[room].rules.has(Flag::TopicLocked) => Err("not_operator"),
            Some(bar) => Err(code_of(&bar)),
            None => Ok(()),
        }
    }

    pub(crate) fn set_away_exactly(&mut self, id: ConnId, why: Option<&str>) {
        if self.name(id).is_some() {
            return self.set_away(id, why);
        }
        if self.people[&id].away.as_deref() != why {
            // Nobody is told of somebody without a name.
            self.people.get_mut(&id).unwrap().away = why.map(str::to_owned);
            self.tell_peers_where_heard(id, EventLevel::Raw, &Words::nothing());
        }
    }

    pub(crate) fn keep_out_exactly(
        &mut self,
        id: ConnId,
        name: &str,
        (list, whom, is_on): (List, &str, bool),
    ) -> Result<Vec<(List, String, bool)>, Code> {
        let room = self.visible(id, name)?;
        let masks = self.masks_meant(room, list, whom, is_on);
        Ok(masks.into_iter().map(|mask| (list, mask, is_on)).collect())
    }

    /// Takes a message back.
    pub(crate) fn redact(
        &mut self,
        id: ConnId,
        room: &str,
        (msgid, message): (&str, Option<u64>),
        reason: Option<&str>,
    ) -> Result<(), Code> {
        let room = self.member_of(id, room)?;
        let (message, it) = (message.ok_or("no_such_message")?, &self.rooms[room]);
        let at = it.history.iter().position(|it| it.said.number == message);
        let is_older = it
            .history
            .first()
            .is_none_or(|first| message < first.said.number);
        let was_said = it.number < message && message <= self.said;
        if at.is_none() && !(was_said && is_older) {
            return Err("no_such_message");
        }
        let is_own = at.is_some_and(|at| it.history[at].by == Some(id));
        if !is_own && !self.is_operator(id, room) {
            return Err("not_operator");
        }
        let it = &mut self.rooms[room];
        it.history.retain(|kept| kept.said.number != message);
        it.older.retain(|kept| kept.said.number != message);
        let it = &self.rooms[room];
        let (by, reason) = (
            self.name(id),
            reason.filter(|_| self.bar_to_speech(id, room).is_none()),
        );
        let mut event = json!({"event": "redact", "room": it.name, "by": by, "msgid": msgid});
        if let Some(reason) = reason {
            event["reason"] = json!(reason);
        }
        for member in it.members.iter().filter(|member| **member != id) {
            if self.people[member].is_json {
                self.objects.push((*member, event.clone()));
            }
        }
        Ok(())
    }
}

/// The server's operators.
impl Chat {
    /// Takes back all that was said under a name.
    pub(crate) fn forget(&mut self, id: ConnId, name: &str) {
        let (by, folded) = (self.name(id), fold(name));
        let mut rooms: Vec<usize> = self.rooms.iter().map(|(room, _)| room).collect();
        rooms.sort_by_key(|room| fold(&self.rooms[*room].name));
        for room in rooms {
            let it = &mut self.rooms[room];
            it.older.retain(|kept| fold(&kept.name) != folded);
            let is_meant = |kept: &mut Kept| fold(&kept.name) == folded;
            let gone: Vec<Kept> = it.history.extract_if(.., is_meant).collect();
            let members = self.rooms[room].members.iter();
            let members = members.filter(|member| self.people[member].is_json);
            for (member, kept) in members.flat_map(|it| gone.iter().map(move |kept| (it, kept))) {
                let msgid = number(kept.said.number);
                let room = &self.rooms[room].name;
                let event = json!({"event": "redact", "room": room, "by": by, "msgid": msgid});
                self.objects.push((*member, event));
            }
        }
        let name = legalize(name);
        let text = format!("what {name} said is forgotten; copies that were made of it are not");
        self.tell(id, &text);
    }
}

/// The answers to questions.
impl Chat {
    /// The members of a room, by name.
    pub(crate) fn people_in(&mut self, room: usize) -> Value {
        self.work += cost::LISTED * self.named(room).len() as u32;
        let it = &self.rooms[room];
        let one = |id: &ConnId| {
            let person = &self.people[id];
            let flags = [
                ("operator", it.operators.contains(id)),
                ("voice", it.voices.contains(id)),
                ("away", person.away.is_some()),
            ];
            let flags = flags.into_iter().filter(|(_, is_so)| *is_so);
            let flags = flags.map(|(flag, _)| (flag.to_owned(), json!(true)));
            let mut one: Map<String, Value> = flags.collect();
            one.insert(String::from("nick"), json!(person.name.as_ref()?));
            Some(Value::Object(one))
        };
        let mut all: Vec<Value> = it.members.iter().filter_map(one).collect();
        all.sort_by_key(|it| it["nick"].to_string());
        json!(all)
    }

    /// The rooms that have people in them, by name.
    pub(crate) fn rooms_shown(&mut self, id: ConnId) -> Value {
        self.work += cost::QUERY + cost::LISTED * self.rooms.len() as u32;
        let shown = self
            .rooms
            .iter()
            .filter(|(key, _)| self.knows_of(id, *key) && !self.named(*key).is_empty());
        let one = |(_, it): (usize, &Room)| {
            let mut one = json!({"room": it.name, "people": it.members.len()});
            if let Some(topic) = &it.topic {
                one["topic"] = json!(topic);
            }
            one
        };
        let mut all: Vec<Value> = shown.map(one).collect();
        all.sort_by_key(|it| it["room"].to_string());
        json!(all)
    }

    pub(crate) fn about(&self, id: ConnId, name: &str) -> Result<Value, Code> {
        let other = self.find(name).ok_or("no_such_nick")?;
        let (it, name) = (&self.people[&other], self.name(other).unwrap());
        let source = self.source_of(other);
        let (_, user) = source.split_once('!').unwrap();
        let (user, host) = user.split_once('@').unwrap();
        let real_name = it.real_name.as_ref().filter(|it| !it.is_empty());
        let rooms = it.rooms.iter().filter(|room| self.knows_of(id, **room));
        let rooms = rooms.map(|room| json!(self.rooms[*room].name));
        let rooms: Vec<Value> = rooms.collect();
        let mut about = json!({
            "nick": name,
            "user": user,
            "host": host,
            "real_name": real_name.unwrap_or(&name),
            "idle_seconds": any(),
            "since": any(),
            // A person may wish not to be seen, which the model does not know.
            "rooms": some_of(&rooms),
        });
        if let Some(away) = &it.away {
            about["away"] = json!(away);
        }
        if it.rules_all {
            about["server_operator"] = json!(true);
        }
        Ok(about)
    }

    /// Messages of a room that are before a time and after one, in milliseconds: the last ones, or the first ones if
    /// they are to be after one.
    pub(crate) fn past_of(
        &mut self,
        room: usize,
        before: Option<u64>,
        after: Option<u64>,
        limit: usize,
    ) -> Vec<Value> {
        let ms = |kept: &Kept| unix_us(kept.at) / 1000;
        let is_meant = |kept: &Kept| {
            before.is_none_or(|it| ms(kept) < it) && after.is_none_or(|it| ms(kept) > it)
        };
        let memory = &self.rooms[room].history;
        let in_memory = memory.iter().filter(|kept| is_meant(kept)).count();
        let is_before_all = |it: u64| memory.first().is_none_or(|first| it < ms(first));
        let reaches = match (before, after) {
            (_, None) => in_memory < limit,
            (before, Some(after)) => is_before_all(after) || before.is_some_and(is_before_all),
        };
        if self.has_store && self.rooms[room].is_cut && reaches && limit > 0 {
            self.work += cost::STORED;
        }
        let mut kept = self.past(room);
        kept.retain(|kept| is_meant(kept));
        let (page, work) = page(kept, limit, after.is_some());
        self.work += work;
        page
    }

    /// The newest messages of some rooms that have these words and this sender.
    pub(crate) fn found_in(
        &mut self,
        rooms: &[usize],
        words: &str,
        from: Option<&str>,
        limit: usize,
    ) -> Vec<Value> {
        let mut found: Vec<(&str, &Kept)> = Vec::new();
        for room in rooms {
            let name = &*self.rooms[*room].name;
            let past = self.past(*room).into_iter();
            let meant = past.filter(|kept| {
                has_words(kept, words) && from.is_none_or(|from| fold(from) == fold(&kept.name))
            });
            found.extend(meant.map(|kept| (name, kept)));
        }
        found.sort_by_key(|(_, kept)| kept.said.number);
        found.drain(..found.len().saturating_sub(limit));
        let (page, work) = page(found.iter().map(|(_, kept)| *kept).collect(), limit, false);
        let with_room = |(mut it, (room, _)): (Value, &(&str, &Kept))| {
            it["room"] = json!(room);
            it
        };
        let page = page.into_iter().zip(&found).map(with_room).collect();
        self.work += work;
        page
    }

    /// Messages of a room that are in memory, of those whose time is meant: the first ones, or the last ones.
    pub(crate) fn memory_of(
        &mut self,
        room: usize,
        is_meant: impl Fn(u64) -> bool,
        (limit, is_first): (usize, bool),
    ) -> Vec<Value> {
        let kept = self.rooms[room].history.iter();
        let kept = kept.filter(|kept| is_meant(unix_us(kept.at))).collect();
        let (page, work) = page(kept, limit, is_first);
        self.work += work;
        page
    }

    /// The numbers of the messages that are kept of a room: of all, or of those of one person.
    pub(crate) fn kept(&self, room: usize, id: ConnId, is_own: bool) -> Vec<u64> {
        let it = &self.rooms[room];
        // The last of the older ones: this is asked for with each line of a program.
        let count = if self.has_store { 100 } else { 0 };
        let older = it.older.len().saturating_sub(count);
        let past = it.older[older..].iter().chain(&it.history);
        let meant = past.filter(|kept| !is_own || kept.by == Some(id));
        meant.map(|kept| kept.said.number).collect()
    }

    /// The number of messages that are kept of a room, and the number of those behind a time.
    pub(crate) fn kept_behind(&self, room: usize, us: u64) -> (usize, usize) {
        let history = &self.rooms[room].history;
        let behind = history.iter().filter(|kept| unix_us(kept.at) > us);
        (history.len(), behind.count())
    }
}

/// The first messages, or the last ones, as objects; and what showing them costs.
fn page(mut kept: Vec<&Kept>, limit: usize, is_first: bool) -> (Vec<Value>, u32) {
    match is_first {
        true => kept.truncate(limit),
        false => _ = kept.drain(..kept.len().saturating_sub(limit)),
    }
    let one = |kept: &&Kept| {
        json!({
            "from": kept.name,
            "text": kept.said.remark.text,
            "kind": json::kind(kept.said.remark.speech),
            "msgid": number(kept.said.number),
            "time": time(Some(kept.at)),
        })
    };
    let work = kept.iter().map(|kept| work_of(kept)).sum();
    (kept.iter().map(one).collect(), work)
}

/// A time in microseconds since 1970, as the ids of messages begin with.
pub(super) fn unix_us(at: Duration) -> u64 {
    START_UNIX_SECONDS * 1_000_000 + at.as_micros() as u64
}
