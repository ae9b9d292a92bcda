//! Messages in the model, in a room and in private, and what is kept of them.

use std::time::Duration;

use parloir::ConnId;
use parloir::relay::hub::{Entry, EventLevel, Rank, Speech};

use super::words::{Remark, Said, Told, Words, room_target};
use super::{Chat, Kept, Room};
use crate::irc::Expected;

/// The sender of a message in a room, and the lowest rank that receives it.
pub(crate) struct Speaker<'a> {
    /// None if the sender is not connected.
    pub(crate) id: Option<ConnId>,
    pub(crate) name: &'a str,
    pub(crate) source: String,
    pub(crate) at_least: Rank,
}

impl Chat {
    /// A line client says something in its room.
    pub(crate) fn say(&mut self, id: ConnId, is_action: bool, text: &str) {
        let Some(room) = self.room_asked_about(id) else {
            return;
        };
        if let Some(bar) = self.bar_to_speech(id, room) {
            if self.people[&id].level == EventLevel::Room {
                self.tell(id, &bar);
            }
            return;
        }
        let speech = match is_action {
            true => Speech::Action,
            false => Speech::Message,
        };
        let name = self.name(id).unwrap();
        let speaker = Speaker {
            id: Some(id),
            name: &name,
            source: self.source(id, &name),
            at_least: Rank::Member,
        };
        self.say_in(room, speaker, &Remark::new(speech, text));
    }

    pub(crate) fn say_in(&mut self, room: usize, by: Speaker<'_>, remark: &Remark) -> Said {
        self.said += 1;
        let it = &mut self.rooms[room];
        let later = it.said_at.map(|at| at + Duration::from_millis(1));
        let at = self.now.max(later.unwrap_or_default());
        it.said_at = Some(at);
        let it = &self.rooms[room];
        let said = Said {
            source: by.source,
            target: room_target(&it.name, by.at_least),
            remark: remark.clone(),
            number: self.said,
            label: None,
            at: Some(at),
        };
        let speech = remark.speech;
        let words = Words::in_room(by.name, said.clone());
        let is_for_people = matches!(speech, Speech::Message | Speech::Action | Speech::Notice);
        let least = match is_for_people {
            true => EventLevel::Messages,
            false => EventLevel::Raw,
        };
        let is_ranked = |id: &ConnId| {
            let (rules, has_voice) = (it.operators.contains(id), it.voices.contains(id));
            match by.at_least {
                Rank::Member => true,
                Rank::Voice => rules || has_voice,
                Rank::Operator => rules,
            }
        };
        let audience: Vec<ConnId> = it.members.iter().copied().filter(is_ranked).collect();
        for id in audience {
            if Some(id) != by.id && self.people[&id].level >= least {
                self.give(id, &words);
            }
        }
        if is_for_people && by.at_least == Rank::Member {
            self.keep(room, by.id, by.name, said.clone());
        }
        said
    }

    /// Keeps a text in the history with its lines, and without what only mattered at the time of
    /// sending.
    fn keep(&mut self, room: usize, id: Option<ConnId>, name: &str, mut said: Said) {
        if self.config.history == 0 {
            return;
        }
        said.remark.concat_offsets.clear();
        said.remark.tags.clear();
        let own_user = id.map_or(0, |id| self.people[&id].own_user.len());
        // The size of a block as the memory allocator gives it out, with some to spare.
        let block = |length: usize, spare: usize| (length.max(spare) + 8).next_multiple_of(16);
        let place = size_of::<Entry>() + size_of::<Entry>() / 4;
        let at = said.at.unwrap_or_default();
        let history = &mut self.rooms[room].history;
        history.push(Kept {
            at,
            by: id,
            name: name.to_owned(),
            bytes: place
                + block(name.len(), 32)
                + block(own_user, 16)
                + block(said.remark.text.len(), 128),
            said,
        });
        let over = history.len().saturating_sub(self.config.history);
        self.let_go(room, over);
        let size = |room: &Room| room.history.iter().map(|kept| kept.bytes).sum::<usize>();
        let total = |chat: &Self| chat.rooms.iter().map(|(_, room)| size(room)).sum::<usize>();
        while self.config.history_total_bytes_max < 1 << 20
            && total(self) > self.config.history_total_bytes_max
        {
            let largest = self.rooms.iter().max_by_key(|(_, room)| size(room));
            let (largest, _) = largest.expect("somewhere it is kept");
            let half = self.rooms[largest].history.len().div_ceil(2);
            self.let_go(largest, half);
        }
    }

    /// The oldest lines leave the memory of the chat.
    fn let_go(&mut self, room: usize, count: usize) {
        let room = &mut self.rooms[room];
        room.is_cut |= count > 0;
        room.older.extend(room.history.drain(..count));
    }

    pub(crate) fn whisper(&mut self, id: ConnId, to: &str, remark: &Remark) {
        let from = self.name(id).unwrap();
        let Some(other) = self.find(to) else {
            return self.tell(id, &format!("no one here is called {to}"));
        };
        if self.people[&other].level < EventLevel::Room {
            return self.tell(id, &format!("{to} reads nothing here: not sent"));
        }
        self.said += 1;
        let said = Said {
            source: self.source(id, &from),
            target: self.name(other).unwrap(),
            remark: remark.clone(),
            number: self.said,
            label: None,
            at: None,
        };
        let words = Words::in_private(&from, said);
        if other == id {
            let answers = self.hold_answers(id);
            self.give(id, &words);
            self.answers_at = self.told.len();
            self.told.extend(answers);
        } else {
            self.give(other, &words);
        }
        self.echo(id, &words);
        if let Some(why) = self.people[&other].away.clone() {
            let to = self.name(other).unwrap();
            self.tell(id, &format!("{to} is away: {why}"));
        }
    }

    /// Takes out the answers to the current line, so that an event can be placed before them.
    pub(super) fn hold_answers(&mut self, id: ConnId) -> Vec<(ConnId, Expected)> {
        if self.people[&id].level < EventLevel::Raw {
            return Vec::new();
        }
        let told = self.told.split_off(self.answers_at.min(self.told.len()));
        let (answers, others) = told.into_iter().partition(|(to, _)| *to == id);
        self.told.extend::<Vec<_>>(others);
        answers
    }

    /// Sends an IRC client its own message, if it has asked for `echo-message`.
    pub(crate) fn echo(&mut self, id: ConnId, words: &Words) {
        let person = &self.people[&id];
        if person.level == EventLevel::Raw && person.caps.contains("echo-message") {
            let mut words = words.clone();
            if let Told::Said(said) = &mut words.irc {
                said.label.clone_from(&self.label);
            }
            self.give(id, &words);
        }
    }
}
