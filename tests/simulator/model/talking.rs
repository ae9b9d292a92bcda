//! The meaning of a line, by its sender's role and the stage of the conversation.

use parloir::ConnId;
use parloir::relay::hub::{EventLevel, Flag, List, ModeChange, Rank};
use parloir::relay::{Role, Verdict};

use super::{Client, Model, Stage};
use crate::chat::words::{Remark, Why};
use crate::house;
use crate::naive::read;

#[derive(Clone, Copy)]
enum Saying<'a> {
    Message,
    Action,
    To(&'a str),
}

/// Commands that [`Model::rule`] handles.
const RULING: [&str; 12] = [
    "away", "invite", "kick", "op", "deop", "voice", "devoice", "ban", "unban", "mute", "unmute",
    "mode",
];

impl Model {
    pub(super) fn take_line(&mut self, c: &mut Client, text: &str) {
        let is_name_of_talker = c.role == Role::Talk && c.stage == Stage::AwaitNick;
        if text.trim().is_empty() && !is_name_of_talker {
            return;
        }
        match (c.stage, c.role) {
            (Stage::AwaitPassword, _) => self.take_password(c, text),
            (Stage::AwaitNick, Role::Talk) => {
                self.chat.admit(c.id, EventLevel::None);
                self.chat.arrive(c.id, text);
                c.stage = Stage::Talking;
            }
            (Stage::Talking, Role::Talk) => self.say(c, Saying::Message, text),
            (Stage::Talking, Role::Broker) => {
                for other in self.brokers[&c.tag].clone() {
                    if other != c.id {
                        self.chat.send(other, format!("{text}\n"));
                    }
                }
            }
            _ => self.converse(c, text),
        }
    }

    fn take_password(&mut self, c: &mut Client, text: &str) {
        if self.config.password.as_deref() == Some(text) {
            c.stage = match c.role {
                Role::Listen | Role::Broker => Stage::Talking,
                _ => Stage::AwaitNick,
            };
            self.begin(c);
            if c.was_asked {
                self.greet(c);
            }
            return;
        }
        c.wrong_passwords += 1;
        self.note_wrong();
        if c.converses() {
            self.chat.tell(c.id, "wrong password");
        }
        if !c.converses() || c.wrong_passwords == 3 {
            self.dismiss(c, None);
        }
    }

    fn converse(&mut self, c: &mut Client, text: &str) {
        self.chat.admit(c.id, EventLevel::Room);
        c.is_welcomed = true;
        let Some(command) = text.strip_prefix('/').filter(|rest| !rest.starts_with('/')) else {
            let text = text.strip_prefix('/').unwrap_or(text);
            return match c.stage {
                Stage::Talking => self.say(c, Saying::Message, text),
                _ => self.take_nickname(c, text),
            };
        };
        let (name, rest) = split_word(command);
        let is_named = c.stage == Stage::Talking;
        let id = c.id;
        match (&*name.to_ascii_lowercase(), rest) {
            ("help", _) => self.chat.send(id, house::HELP),
            ("quit", _) if c.role == Role::Host => {}
            ("quit", reason) => {
                self.chat.tell(id, "Bye.");
                let words = Some(reason.trim_end()).filter(|reason| !reason.is_empty());
                self.dismiss(c, words.map(|words| Why::Words(words.to_owned())));
            }
            ("who", _) => self.chat.tell_who(id),
            ("rooms", _) => self.chat.tell_rooms(id),
            ("nick", "") => self.chat.tell(id, "usage: /nick NAME"),
            ("nick", name) if is_named => self.chat.rename(id, name),
            ("nick", name) => self.take_nickname(c, name),
            ("join", "") => self.chat.tell(id, "usage: /join ROOM"),
            ("join", room) => self.chat.join(id, room),
            ("history", what) => match house::history(what.trim_end()) {
                Some((count, before)) => self.chat.tell_history(id, count, before),
                None => self.chat.tell(id, "usage: /history [N]"),
            },
            ("search" | "forget", _) if !is_named => self.chat.tell(id, "give a nickname first"),
            ("forget", "") => self.chat.tell(id, "usage: /forget NAME"),
            ("forget", name) if c.role == Role::Host => self.chat.forget(id, name.trim_end()),
            ("forget", _) => {
                let text = "only an operator of the server may do that";
                self.chat.tell(id, text);
            }
            ("search", "") => self.chat.tell(id, "usage: /search WORDS"),
            ("search", words) => self.chat.tell_found(id, words),
            ("msg" | "me" | "topic", _) if !is_named => {
                self.chat.tell(id, "give a nickname first");
            }
            ("msg", rest) => match split_word(rest) {
                (_, "") => self.chat.tell(id, "usage: /msg NAME TEXT"),
                (to, text) => self.say(c, Saying::To(to), text),
            },
            ("me", "") => self.chat.tell(id, "usage: /me TEXT"),
            ("me", text) => self.say(c, Saying::Action, text),
            ("topic", "") => self.chat.tell_topic(id),
            ("topic", topic) => {
                let topic = Some(topic.trim_end()).filter(|topic| *topic != "-");
                if let Some(room) = self.chat.room_asked_about(id) {
                    self.chat.set_topic(id, room, topic);
                }
            }
            ("kick", _) if c.role == Role::Host => self.kick_for_host(c, rest),
            (name, rest) if RULING.contains(&name) && !is_named => {
                let _ = rest;
                self.chat.tell(id, "give a nickname first");
            }
            (name, rest) if RULING.contains(&name) => self.rule(c, name, rest.trim_end()),
            _ => self.take_unknown(c, name, rest),
        }
    }

    /// The commands of operators, and those related to them.
    fn rule(&mut self, c: &mut Client, word: &str, rest: &str) {
        let (id, chat) = (c.id, &mut self.chat);
        let is_on = !word.starts_with("un") && !word.starts_with("de");
        match (word, rest) {
            ("away", "") => chat.set_away(id, None),
            ("away", why) => chat.set_away(id, Some(why)),
            ("mode", "") => chat.tell_modes(id),
            ("mode", change) => self.change_mode(id, change),
            ("kick", "") => chat.tell(id, "usage: /kick NAME [REASON]"),
            ("ban" | "unban" | "mute" | "unmute", "") => {
                chat.tell(id, &format!("usage: /{word} NAME or /{word} MASK"));
            }
            (_, "") => chat.tell(id, &format!("usage: /{word} NAME")),
            ("invite", whom) => {
                if let Some(room) = chat.room_asked_about(id) {
                    chat.invite(id, room, whom);
                }
            }
            ("op" | "deop" | "voice" | "devoice", name) => {
                let rank = match word.ends_with("op") {
                    true => Rank::Operator,
                    false => Rank::Voice,
                };
                chat.rule(id, ModeChange::Rank { rank, name, is_on });
            }
            ("ban" | "unban", whom) => chat.rule_list(id, List::Bans, whom, is_on),
            ("mute" | "unmute", whom) => chat.rule_list(id, List::Mutes, whom, is_on),
            _ => {
                let (whom, reason) = split_word(rest);
                let reason = Some(reason).filter(|reason| !reason.is_empty());
                let Some(room) = chat.room_asked_about(id) else {
                    return;
                };
                if let Some(removed) = chat.put_out(id, room, whom, reason) {
                    self.close_removed(removed);
                    // The current client is not in `clients` at this time.
                    if removed == id {
                        c.stage = Stage::Gone;
                        if c.socket.is_some() {
                            self.say_goodbye(id, Some(1008));
                        }
                    }
                }
                self.chat.go_back();
            }
        }
    }

    fn change_mode(&mut self, id: ConnId, change: &str) {
        let (word, value) = split_word(change);
        let is_on = !word.starts_with('-');
        let word = word.strip_prefix(['+', '-']).unwrap_or(word);
        let flags = [
            (Flag::InviteOnly, "invite-only", "i"),
            (Flag::Moderated, "moderated", "m"),
            (Flag::NoExternal, "no-external", "n"),
            (Flag::Secret, "secret", "s"),
            (Flag::TopicLocked, "topic-locked", "t"),
        ];
        let lower = word.to_ascii_lowercase();
        let flag = flags
            .iter()
            .find(|(_, long, short)| lower == *long || word == *short);
        match (flag, &*lower, value) {
            (Some((flag, ..)), _, "") => self.chat.rule(id, ModeChange::Flag(*flag, is_on)),
            (_, "key" | "k", _) if !is_on => self.chat.rule(id, ModeChange::Key(None)),
            (_, "limit" | "l", _) if !is_on => self.chat.rule(id, ModeChange::Limit(None)),
            (_, "key" | "k", key) if !key.is_empty() => self.chat.set_key(id, key),
            (_, "limit" | "l", limit) if limit.parse().is_ok_and(|limit: u32| limit > 0) => {
                self.chat.rule(id, ModeChange::Limit(limit.parse().ok()));
            }
            _ => self.chat.tell(
                id,
                "usage: /mode [+MODE or -MODE], where MODE is moderated, invite-only, \
                 topic-locked, secret, no-external, key WORD or limit N",
            ),
        }
    }

    fn take_nickname(&mut self, c: &mut Client, name: &str) {
        self.chat.arrive(c.id, name);
        c.stage = Stage::Talking;
    }

    fn kick_for_host(&mut self, c: &Client, rest: &str) {
        let (name, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        if name.is_empty() {
            return self.chat.tell(c.id, "usage: /kick NAME [REASON]");
        }
        let reason = Some(reason.trim()).filter(|reason| !reason.is_empty());
        if self.chat.find(name) == Some(c.id) {
            self.chat.tell(c.id, "that is you; /quit stops the server");
        } else if self.kick(name, reason).is_none() {
            self.chat
                .tell(c.id, &format!("no one here is called {name}"));
        }
    }

    fn take_unknown(&mut self, c: &Client, name: &str, rest: &str) {
        let is_named = self.chat.name(c.id).is_some();
        let house = self.house.filter(|_| is_named);
        if let Some(answer) = house.and_then(|house| house.answer(name, rest)) {
            for line in answer.lines() {
                self.chat.tell(c.id, &read(line.as_bytes()));
            }
            return;
        }
        let name: String = name.chars().take(32).collect();
        let text = format!("unknown command /{name}; /help lists the commands");
        self.chat.tell(c.id, &text);
    }

    fn say(&mut self, c: &Client, how: Saying<'_>, text: &str) {
        if self.chat.name(c.id).is_none() {
            return;
        }
        let text = match self.house.map(|house| house.verdict(text)) {
            None | Some(Verdict::Pass) => text.to_owned(),
            Some(Verdict::Change(text)) => read(text.as_bytes()),
            Some(Verdict::Refuse(reason)) => {
                if c.converses() {
                    self.chat.tell(c.id, &read(reason.as_bytes()));
                }
                return;
            }
        };
        if text.trim().is_empty() {
            return;
        }
        match how {
            Saying::Message => self.chat.say(c.id, false, &text),
            Saying::Action => self.chat.say(c.id, true, &text),
            Saying::To(to) => self.chat.whisper(c.id, to, &Remark::message(&text)),
        }
    }
}

pub(crate) fn split_word(text: &str) -> (&str, &str) {
    match text.split_once(char::is_whitespace) {
        Some((word, rest)) => (word, rest.trim_start()),
        None => (text, ""),
    }
}
