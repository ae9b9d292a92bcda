//! The commands of registered IRC clients: in rooms and to people.

use parloir::ConnId;
use parloir::relay::Verdict;
use parloir::relay::hub::names::legalize_room;
use parloir::relay::hub::{Flag, List, ModeChange, Rank, Speech, cost, mask_in_full};

use super::irc::{legal, real_name};
use super::{Client, Model};
use crate::chat::one_word;
use crate::chat::rules::is_key;
use crate::chat::speaking::Speaker;
use crate::chat::words::{Remark, Words, frame};
use crate::irc::{Message, cut, mode_changes};
use crate::naive::read_formatted;

impl Model {
    pub(super) fn perform_irc(&mut self, c: &mut Client, command: &str, it: &Message) {
        let id = c.id;
        match command {
            _ if self.take_part(c, command, it) => {}
            "CAP" => self.cap(c, it),
            "QUIT" => self.quit(c, it),
            "NICK" => {
                let name = legal(it).filter(|name| self.chat.name(id).as_deref() != Some(name));
                if let Some(name) = name {
                    self.chat.rename_exactly(id, name);
                }
            }
            "JOIN" => self.join_irc(id, it),
            "PART" => {
                let reason = said(it, 1);
                let channels = distinct(it.param(0));
                self.count_targets(channels.len());
                for channel in channels {
                    if let Some(room) = self.channel(channel) {
                        self.chat.part(id, room, reason.as_deref());
                    }
                }
            }
            "PRIVMSG" | "NOTICE" | "TAGMSG" => self.say_irc(c, command, it),
            "BATCH" => self.batch(c, it),
            "TOPIC" if it.params.len() > 1 => {
                let text = read_formatted(it.param(1));
                let text = Some(cut(&text, 390)).filter(|text| !text.is_empty());
                let room = self.channel(it.param(0));
                let is_news = |room: &usize| self.chat.rooms[*room].topic.as_deref() != text;
                if let Some(room) = room.filter(is_news) {
                    self.chat.set_topic(id, room, text);
                }
            }
            "KICK" => self.kick_irc(c, it),
            "INVITE" => {
                if let Some(room) = self.channel(it.param(1)).filter(|_| it.some(0).is_some()) {
                    self.chat.invite(id, room, it.param(0));
                }
            }
            "MODE" => self.mode_irc(id, it),
            "AWAY" => {
                let text = read_formatted(it.param(0));
                let text = Some(cut(&text, 200)).filter(|text| !text.is_empty());
                self.chat.set_away(id, text);
            }
            "SETNAME" => {
                let name = real_name(it.param(0));
                if !name.is_empty() {
                    self.chat.set_real_name(id, name);
                }
            }
            "CHATHISTORY" => {
                let is_latest = it.param(0).eq_ignore_ascii_case("LATEST") && it.param(2) == "*";
                let limit: Option<usize> = it.param(3).parse().ok();
                let room = self.channel(it.param(1));
                let room = room.filter(|room| self.chat.people[&id].rooms.contains(room));
                if let (true, Some(limit), Some(room)) = (is_latest, limit, room) {
                    self.chat.play_back(id, room, limit.min(100));
                }
            }
            _ => {}
        }
    }

    /// Counts each target after the first as one more line.
    pub(super) fn count_targets(&mut self, count: usize) {
        self.chat.work += cost::TARGET * count.saturating_sub(1) as u32;
    }

    /// The room of this channel, if it exists.
    fn channel(&self, channel: &str) -> Option<usize> {
        let room = channel.strip_prefix('#').filter(|room| !room.is_empty())?;
        self.chat.room(room)
    }

    fn join_irc(&mut self, id: ConnId, it: &Message) {
        if it.param(0) == "0" {
            let rooms = self.chat.people[&id].rooms.clone();
            self.count_targets(rooms.len());
            for room in rooms {
                self.chat.part(id, room, None);
            }
            return;
        }
        let mut keys = it.param(1).split(',');
        let channels: Vec<&str> = it.param(0).split(',').filter(|it| !it.is_empty()).collect();
        self.count_targets(distinct(it.param(0)).len());
        for (n, channel) in channels.iter().enumerate() {
            let key = keys.next().filter(|key| !key.is_empty());
            if channels[..n].contains(channel) {
                continue;
            }
            let room = channel.strip_prefix('#');
            let room = room.filter(|room| !room.is_empty() && legalize_room(room) == *room);
            if let Some(room) = room {
                self.chat.enter_irc(id, room, key);
            }
        }
    }

    fn kick_irc(&mut self, c: &mut Client, it: &Message) {
        if it.some(0).is_none() || it.some(1).is_none() {
            return;
        }
        let reason = said(it, 2);
        let reason = reason.as_deref().map(|reason| cut(reason, 255));
        let channels: Vec<&str> = it.param(0).split(',').collect();
        let names: Vec<&str> = it.param(1).split(',').take(4).collect();
        self.count_targets(names.len());
        for (n, name) in names.into_iter().enumerate() {
            let channel = match channels.len() {
                1 => Some(&channels[0]),
                _ => channels.get(n),
            };
            let Some(room) = channel.and_then(|channel| self.channel(channel)) else {
                continue;
            };
            if let Some(removed) = self.chat.put_out(c.id, room, name, reason) {
                self.close_removed(removed);
            }
        }
        self.chat.go_back();
    }

    fn mode_irc(&mut self, id: ConnId, it: &Message) {
        let room = self.channel(it.param(0));
        let room = room.filter(|room| !self.chat.rooms[*room].members.is_empty());
        let Some(room) = room else { return };
        let rest = it.params.get(1..).unwrap_or_default();
        let (mut changes, mut params) = (Vec::new(), 0);
        for (sets, letter, param) in mode_changes(rest) {
            params += usize::from(param.is_some());
            if params > 12 {
                break;
            }
            changes.extend(Wanted::read(sets, letter, param));
        }
        if changes.is_empty() || !self.chat.knows_of(id, room) {
            return;
        }
        self.chat.work += cost::MODE * (changes.len() as u32 - 1);
        if !self.chat.rules(id, room) {
            return;
        }
        if !self.chat.people[&id].rooms.contains(&room) {
            return;
        }
        for change in &changes {
            self.chat.change(id, room, change.as_change());
        }
    }

    fn say_irc(&mut self, c: &Client, command: &str, it: &Message) {
        let has_tags = c.irc.as_ref().unwrap().caps.contains("message-tags");
        if command == "TAGMSG" && !has_tags {
            return;
        }
        let Some((speech, text)) = speech(command, it.param(1)) else {
            return;
        };
        let mut remark = Remark::new(speech, &text);
        if has_tags {
            remark.tags = passed_on(it);
        }
        let name = self.chat.name(c.id).unwrap();
        let source = self.chat.source(c.id, &name);
        self.count_targets(targets(it.param(0)).len());
        for target in targets(it.param(0)) {
            // A line of IRC is one line to every recipient, so its source counts towards the
            // length.
            let (head, tail) = frame(&source, speech, target);
            let room_left = 510_usize.saturating_sub(head.len() + tail.len());
            remark.text = cut(&text, room_left).to_owned();
            self.say_to(c.id, target, &remark);
        }
    }

    pub(super) fn say_to(&mut self, id: ConnId, target: &str, remark: &Remark) {
        let Some(remark) = self.seen_by_house(remark) else {
            return;
        };
        if remark.text.is_empty() && remark.speech != Speech::TagsOnly {
            return;
        }
        let ranks = [
            ("@#", Rank::Operator),
            ("+#", Rank::Voice),
            ("#", Rank::Member),
        ];
        let ranked = ranks.iter().find(|(prefix, _)| target.starts_with(prefix));
        let Some((prefix, at_least)) = ranked else {
            return self.chat.whisper(id, target, &remark);
        };
        let Some(room) = self.chat.room(&target[prefix.len()..]) else {
            return;
        };
        if self.chat.bar_to_speech(id, room).is_some() {
            return;
        }
        let name = self.chat.name(id).unwrap();
        let speaker = Speaker {
            id: Some(id),
            name: &name,
            source: self.chat.source(id, &name),
            at_least: *at_least,
        };
        let said = self.chat.say_in(room, speaker, &remark);
        self.chat.echo(id, &Words::in_room(&name, said));
    }

    /// The message after the hooks have seen each of its lines. None if they refuse a line or leave
    /// nothing.
    fn seen_by_house(&self, remark: &Remark) -> Option<Remark> {
        let mut remark = remark.clone();
        let is_for_people = matches!(
            remark.speech,
            Speech::Message | Speech::Action | Speech::Notice
        );
        let Some(house) = self.house.filter(|_| is_for_people) else {
            return Some(remark);
        };
        let (mut lines, mut is_changed) = (Vec::new(), false);
        for line in remark.text.split('\n') {
            lines.push(match house.verdict(line) {
                Verdict::Pass => line.to_owned(),
                Verdict::Change(text) => {
                    is_changed = true;
                    read_formatted(&text)
                }
                Verdict::Refuse(_) => return None,
            });
        }
        if is_changed {
            remark.text = lines.join("\n");
            remark.concat_offsets.clear();
        }
        (!is_changed || !remark.text.trim().is_empty()).then_some(remark)
    }
}

/// The elements of a list, each once.
pub(super) fn distinct(list: &str) -> Vec<&str> {
    let mut named: Vec<&str> = Vec::new();
    for it in list.split(',').filter(|it| !it.is_empty()) {
        if !named.contains(&it) {
            named.push(it);
        }
    }
    named
}

/// The targets in a list, at most four.
pub(super) fn targets(list: &str) -> Vec<&str> {
    distinct(list).into_iter().take(4).collect()
}

/// The client-only tags of a message: `+name` or `+vendor/name`.
pub(super) fn passed_on(it: &Message) -> Vec<String> {
    let legal = |text: &str, more: &str| {
        let is_legal = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
        text.chars().all(is_legal)
    };
    let is_theirs = |(key, _): &&(String, String)| {
        let Some(key) = key.strip_prefix('+') else {
            return false;
        };
        match key.rsplit_once('/') {
            Some((vendor, name)) => {
                !vendor.is_empty() && !name.is_empty() && legal(vendor, "-.") && legal(name, "-")
            }
            None => !key.is_empty() && legal(key, "-"),
        }
    };
    let theirs = it.tags.iter().filter(is_theirs);
    let on_the_wire = |(key, value): &(String, String)| match &**value {
        "" => key.clone(),
        value => format!("{key}={value}"),
    };
    theirs.map(on_the_wire).collect()
}

/// A parameter that is a text. None if nothing remains of it.
fn said(it: &Message, n: usize) -> Option<String> {
    Some(read_formatted(it.param(n))).filter(|text| !text.is_empty())
}

/// The kind of a message and its text. None if it says nothing.
pub(super) fn speech(command: &str, text: &str) -> Option<(Speech, String)> {
    let is_notice = command == "NOTICE";
    let (speech, text) = match text.strip_prefix('\u{1}') {
        _ if command == "TAGMSG" => return Some((Speech::TagsOnly, String::new())),
        None if is_notice => (Speech::Notice, text),
        None => (Speech::Message, text),
        Some(ctcp) => {
            let ctcp = ctcp.strip_suffix('\u{1}').unwrap_or(ctcp);
            match ctcp.strip_prefix("ACTION ") {
                _ if is_notice => (Speech::CtcpReply, ctcp),
                Some(action) => (Speech::Action, action),
                None => (Speech::CtcpRequest, ctcp),
            }
        }
    };
    let text = read_formatted(text);
    (!text.is_empty()).then_some((speech, text))
}

/// A change that is requested, and can be made if the rules of the chat allow it.
pub(super) enum Wanted {
    Flag(Flag, bool),
    Key(Option<String>),
    Limit(Option<u32>),
    Rank(Rank, String, bool),
    List(List, String, bool),
}

impl Wanted {
    fn read(sets: bool, letter: char, param: Option<String>) -> Option<Self> {
        let param = param.unwrap_or_default();
        let some = Some(param.clone()).filter(|param| !param.is_empty());
        let list = |list| Some(Self::List(list, mask_in_full(&one_word(&param)), sets));
        let is_number = param.bytes().all(|b| b.is_ascii_digit());
        let limit = param.parse().ok().filter(|it: &u32| *it > 0 && is_number);
        match letter {
            'i' => Some(Self::Flag(Flag::InviteOnly, sets)),
            'm' => Some(Self::Flag(Flag::Moderated, sets)),
            'n' => Some(Self::Flag(Flag::NoExternal, sets)),
            's' => Some(Self::Flag(Flag::Secret, sets)),
            't' => Some(Self::Flag(Flag::TopicLocked, sets)),
            'k' if !sets => Some(Self::Key(None)),
            'k' => some
                .filter(|key| is_key(key))
                .map(|key| Self::Key(Some(key))),
            'l' if !sets => Some(Self::Limit(None)),
            'l' => limit.map(|limit| Self::Limit(Some(limit))),
            'o' => some.map(|name| Self::Rank(Rank::Operator, name, sets)),
            'v' => some.map(|name| Self::Rank(Rank::Voice, name, sets)),
            'b' => some.and_then(|_| list(List::Bans)),
            'e' => some.and_then(|_| list(List::BanExceptions)),
            'I' => some.and_then(|_| list(List::InviteExceptions)),
            'q' => some.and_then(|_| list(List::Mutes)),
            _ => None,
        }
    }

    pub(super) fn as_change(&self) -> ModeChange<'_> {
        match self {
            Self::Flag(flag, is_on) => ModeChange::Flag(*flag, *is_on),
            Self::Key(key) => ModeChange::Key(key.as_deref()),
            Self::Limit(limit) => ModeChange::Limit(*limit),
            Self::Rank(rank, name, is_on) => ModeChange::Rank {
                rank: *rank,
                name,
                is_on: *is_on,
            },
            Self::List(list, mask, is_on) => ModeChange::List {
                list: *list,
                mask,
                is_on: *is_on,
            },
        }
    }
}
