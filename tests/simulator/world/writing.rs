//! The bytes that the clients of a world write.

use parloir::ConnId;
use parloir::relay::Role;

use super::{Client, Tongue, World};
use crate::secrets::word;
use crate::traffic;
use crate::traffic::irc::Mind;

impl World {
    pub(super) fn write(&mut self, at: usize) {
        self.said += 1;
        let trace = format!("m{}-{}", self.clients[at].number, self.said);
        let max = self.setting.config.line_bytes_max;
        let id = self.clients[at].id;
        let neighbours = self.model.chat.neighbours(id);
        let whom = self.random.choice(neighbours);
        let rules = self.model.chat.ruled_by(id).is_some();
        let is_hostile = self.setting.hostile > 0 && self.random.u8(..100) < self.setting.hostile;
        let line = match self.clients[at].role {
            Role::Host if is_hostile => traffic::hostile::relent(&mut self.random, whom),
            _ if is_hostile => self.hostile_line(at, trace),
            _ if self.clients[at].tongue != Tongue::Line => self.programs_line(at, trace, whom),
            Role::Host if self.random.u8(..5) == 0 => traffic::kick(&mut self.random),
            _ if rules && self.random.u8(..3) == 0 => {
                traffic::ruling(&mut self.random, &trace, whom)
            }
            _ => traffic::line(&mut self.random, &trace, max),
        };
        let client = &mut self.clients[at];
        if client.has_ended {
            return;
        }
        if let Some(secrets) = &self.secrets {
            secrets.borrow_mut().note_written(id, &line);
        }
        let ends = b"\r\n\0";
        match line.iter().rposition(|byte| !ends.contains(byte)) {
            Some(last) if client.is_forgetful => client.pending.extend(&line[..=last]),
            _ if client.is_web => {
                let messages = traffic::web::messages(&mut self.random, &line);
                client.pending.extend(messages);
            }
            _ => client.pending.extend(line),
        }
        if self.random.u8(..4) > 0 {
            self.arrive(at);
        }
    }

    fn hostile_line(&mut self, at: usize, trace: String) -> Vec<u8> {
        let Client { id, tongue, .. } = self.clients[at];
        let secret = word(id, self.said);
        let max = self.setting.config.line_bytes_max;
        let everybody = self.model.chat.people.values();
        let everybody: Vec<String> = everybody.filter_map(|it| it.name.clone()).collect();
        let whom = self.random.choice(everybody);
        let mind = self.mind(id, trace, whom);
        match tongue {
            Tongue::Irc => traffic::hostile::irc_line(&mut self.random, &secret, &mind),
            Tongue::Json => traffic::json::hostile::line(&mut self.random, &secret, &mind),
            Tongue::Line => traffic::hostile::line(&mut self.random, &secret, &mind, max),
        }
    }

    fn programs_line(&mut self, at: usize, trace: String, whom: Option<String>) -> Vec<u8> {
        let Client { id, tongue, .. } = self.clients[at];
        let mind = self.mind(id, trace, whom);
        match tongue {
            Tongue::Json => traffic::json::line(&mut self.random, &mind),
            _ => traffic::irc::line(&mut self.random, &mind),
        }
    }

    fn mind(&mut self, id: ConnId, trace: String, whom: Option<String>) -> Mind {
        let chat = &self.model.chat;
        let rooms = chat.people.get(&id).map(|person| person.rooms.clone());
        let room = self.random.choice(rooms.unwrap_or_default());
        let ruled = chat.ruled_by(id).filter(|_| self.random.u8(..3) > 0);
        let room = ruled.or(room);
        let has = |cap: &str| chat.people.get(&id).is_some_and(|it| it.caps.contains(cap));
        let is_own = self.random.bool();
        let kept = room.map_or(Vec::new(), |room| chat.kept(room, id, is_own));
        let message = self.random.choice(kept);
        Mind {
            trace,
            message: message.and_then(|number| self.model.ids.id(number).cloned()),
            room: room.map(|room| chat.rooms[room].name.clone()),
            whom,
            is_named: chat.name(id).is_some(),
            rules: ruled.is_some(),
            says_several: has("draft/multiline") && has("batch"),
            bytes_max: self.setting.config.line_bytes_max,
            lines_max: self.setting.config.burst,
        }
    }
}
