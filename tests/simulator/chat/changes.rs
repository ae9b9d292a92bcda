//! The model's modes: each change of what holds in a room, and how either dialect announces it.

use parloir::ConnId;
use parloir::relay::hub::names::fold;
use parloir::relay::hub::{EventLevel, Flag, List, MASKS_MAX, ModeChange, Rank};

use super::Chat;
use super::rules::means;
use super::words::Words;

impl Chat {
    /// Makes one change, and announces it if it changes anything. The caller has checked the right
    /// to make it. Returns whether it could be made.
    pub(crate) fn change(&mut self, id: ConnId, room: usize, change: ModeChange<'_>) -> bool {
        let Some((is_new, text, irc)) = self.make_change(id, room, change) else {
            return false;
        };
        if !is_new {
            self.tell(id, "that is so already");
            return true;
        }
        let (by, source) = (self.name(id).unwrap(), self.source_of(id));
        let name = &self.rooms[room].name;
        let irc = format!(":{source} MODE #{name} {irc}");
        let words = Words::both(format!("* {text} (by {by})\n"), irc);
        self.tell_room(room, EventLevel::Room, None, &words);
        true
    }

    /// Makes the change. Returns whether it changes anything, and its announcement for line clients
    /// and for IRC. None if it cannot be made; the person is then told so.
    fn make_change(
        &mut self,
        id: ConnId,
        room: usize,
        change: ModeChange<'_>,
    ) -> Option<(bool, String, String)> {
        let name = self.rooms[room].name.clone();
        let sign = |is_on: bool| if is_on { '+' } else { '-' };
        Some(match change {
            ModeChange::Rank {
                rank,
                name: whom,
                is_on,
            } => {
                let found = self.find(whom);
                let is_there = found.is_some_and(|it| self.rooms[room].members.contains(&it));
                let absent = &mut self.rooms[room].absent;
                let waits_for = absent.iter().position(|(it, _)| *it == fold(whom));
                if let Some(at) =
                    waits_for.filter(|_| !is_there && rank == Rank::Operator && !is_on)
                {
                    absent.remove(at);
                    let called = found
                        .and_then(|it| self.name(it))
                        .unwrap_or(whom.to_owned());
                    let text = format!("{called} is not an operator any more");
                    return Some((true, text, format!("-o {called}")));
                }
                let Some(other) = found else {
                    self.tell(id, &format!("no one here is called {whom}"));
                    return None;
                };
                let called = self.name(other).unwrap();
                if !is_there {
                    self.tell(id, &format!("{whom} is not in {name}"));
                    return None;
                }
                let it = &mut self.rooms[room];
                let (who, letter, texts) = match rank {
                    Rank::Operator => {
                        let texts = ["is not an operator any more", "is an operator now"];
                        (&mut it.operators, 'o', texts)
                    }
                    _ => {
                        let texts = ["has no voice any more", "has a voice now"];
                        (&mut it.voices, 'v', texts)
                    }
                };
                let is_new = match is_on {
                    true => who.insert(other),
                    false => who.remove(&other),
                };
                let text = format!("{called} {}", texts[usize::from(is_on)]);
                (is_new, text, format!("{}{letter} {called}", sign(is_on)))
            }
            ModeChange::List { list, mask, is_on } => {
                let rules = &mut self.rooms[room].rules;
                let count: usize = rules.masks.values().map(Vec::len).sum();
                let masks = rules.masks.entry(list).or_default();
                let at = masks.iter().position(|other| fold(other) == fold(mask));
                match at {
                    None if is_on && count >= MASKS_MAX => {
                        let text = format!("{name} has as many bans as it may have");
                        self.tell(id, &text);
                        return None;
                    }
                    None if is_on => {
                        masks.push(mask.to_owned());
                        if list == List::Bans {
                            let absent = &mut self.rooms[room].absent;
                            absent.retain(|(_, source)| !means(mask, source));
                        }
                    }
                    Some(at) if !is_on => {
                        masks.remove(at);
                    }
                    _ => {}
                }
                let (letter, texts) = in_list(list);
                let text = format!("{mask} {}", texts[usize::from(is_on)]);
                let irc = format!("{}{letter} {}", sign(is_on), one_word(mask));
                (at.is_none() == is_on, text, irc)
            }
            ModeChange::Flag(flag, is_on) => {
                let flags = &mut self.rooms[room].rules.flags;
                let is_new = match is_on {
                    true => flags.insert(flag),
                    false => flags.remove(&flag),
                };
                let (letter, texts) = in_force(flag);
                let text = texts[usize::from(is_on)].to_owned();
                (is_new, text, format!("{}{letter}", sign(is_on)))
            }
            ModeChange::Key(key) => {
                let rules = &mut self.rooms[room].rules;
                let key: Option<String> = key.map(|key| key.chars().take(32).collect());
                let is_new = rules.key != key;
                rules.key.clone_from(&key);
                match key {
                    Some(key) => {
                        let irc = format!("+k {}", one_word(&key));
                        (is_new, format!("the room needs a key now: {key}"), irc)
                    }
                    None => {
                        let text = String::from("the room needs no key any more");
                        (is_new, text, String::from("-k *"))
                    }
                }
            }
            ModeChange::Limit(limit) => {
                let rules = &mut self.rooms[room].rules;
                let is_new = rules.limit != limit;
                rules.limit = limit;
                match limit {
                    Some(limit) => {
                        let text = format!("at most {limit} may be in the room now");
                        (is_new, text, format!("+l {limit}"))
                    }
                    None => {
                        let text = String::from("any number may be in the room now");
                        (is_new, text, String::from("-l"))
                    }
                }
            }
        })
    }
}

/// The letter of a list, and the words for a person who was taken off it and put on it.
fn in_list(list: List) -> (char, [&'static str; 2]) {
    match list {
        List::Bans => ('b', ["is not kept out any more", "is kept out now"]),
        List::BanExceptions => ('e', ["may be kept out now", "is never kept out now"]),
        List::InviteExceptions => ('I', ["needs an invitation now", "needs no invitation now"]),
        List::Mutes => ('q', ["may speak now", "may not speak now"]),
    }
}

/// The letter of a rule, and the words for the rule being off and on.
fn in_force(flag: Flag) -> (char, [&'static str; 2]) {
    match flag {
        Flag::InviteOnly => (
            'i',
            [
                "everyone may come in now",
                "only those invited may come in now",
            ],
        ),
        Flag::Moderated => (
            'm',
            [
                "everyone may speak now",
                "only those with a voice may speak now",
            ],
        ),
        Flag::NoExternal => (
            'n',
            [
                "those outside may speak in the room now",
                "only those in the room may speak in it now",
            ],
        ),
        Flag::Secret => (
            's',
            ["the room is no secret any more", "the room is secret now"],
        ),
        Flag::TopicLocked => (
            't',
            [
                "everyone may set the topic now",
                "only operators may set the topic now",
            ],
        ),
    }
}

/// The text that a line client typed, with its blanks replaced, for places where one word must
/// stand.
pub(crate) fn one_word(text: &str) -> String {
    let text = text.trim_start_matches(':');
    let word = |c: char| {
        if c.is_whitespace() || c.is_control() {
            '_'
        } else {
            c
        }
    };
    match text {
        "" => String::from("*"),
        text => text.chars().map(word).collect(),
    }
}
