//! How the clients of a world come, and come back.

use parloir::CloseReason;
use parloir::relay::Role;

use super::{Client, Tongue, World};
use crate::traffic;

/// The indexes of [`Role::Irc`] and [`Role::Json`] in `ROLES`.
const IRC: usize = 7;
const JSON: usize = 8;

impl World {
    pub(super) fn connect(&mut self) {
        let is_chatter = self.random.u8(..100) < self.setting.chatters;
        let tongue = match self.random.u8(..100) {
            n if n < self.setting.irc => Tongue::Irc,
            n if n < self.setting.irc + self.setting.json => Tongue::Json,
            _ => Tongue::Line,
        };
        let kind = match is_chatter {
            _ if tongue == Tongue::Irc => *self.random.choice([0, IRC].iter()).unwrap(),
            _ if tongue == Tongue::Json => *self.random.choice([0, JSON].iter()).unwrap(),
            true => self.random.usize(..2),
            false => self.random.usize(2..self.tags.len()),
        };
        // There is at most one host, and it connects while the default room exists.
        let is_host = |client: &Client| client.role == Role::Host;
        let lobby = self.model.chat.room(&self.setting.config.default_room);
        let kind = match self.model.roles[kind] {
            Role::Host if lobby.is_none() || self.clients.iter().any(is_host) => 0,
            Role::Irc | Role::Json if tongue == Tongue::Line => 0,
            _ => kind,
        };
        let role = self.model.roles[kind];
        let is_web = role == Role::Auto && self.random.u8(..100) < self.setting.web;
        let is_forgetful = self.random.u8(..8) == 0 && tongue == Tongue::Line && !is_web;
        let password = self.setting.config.password.as_deref();
        let mut pending = match tongue {
            Tongue::Irc => traffic::irc::opening(&mut self.random, password).into_bytes(),
            Tongue::Json => traffic::json::opening(&mut self.random, password),
            Tongue::Line => self.first_words(is_forgetful),
        };
        if is_web {
            let subprotocol = traffic::web::subprotocol(&mut self.random, tongue);
            let messages = traffic::web::messages(&mut self.random, &pending);
            pending = [traffic::web::request(subprotocol), messages].concat();
        }
        self.open(kind, pending, (is_forgetful, is_web), tongue);
    }

    fn open(
        &mut self,
        kind: usize,
        pending: Vec<u8>,
        (is_forgetful, is_web): (bool, bool),
        tongue: Tongue,
    ) {
        let role = self.model.roles[kind];
        self.note(format!("{role:?} connects"));
        self.connected += 1;
        self.clients.push(Client {
            id: self.stage.connect_to(self.tags[kind]),
            number: self.connected,
            role,
            pending,
            has_ended: false,
            is_forgetful,
            tongue,
            is_web,
        });
    }

    /// A client drops out and reconnects at once, under its name or another.
    pub(super) fn come_back(&mut self, at: usize) {
        let Client { id, tongue, .. } = self.clients[at];
        let Some(name) = self.model.chat.name(id) else {
            return;
        };
        let rooms = self.model.chat.people[&id].rooms.clone();
        let rooms: Vec<String> = rooms
            .iter()
            .map(|it| self.model.chat.rooms[*it].name.clone())
            .collect();
        let user = self.model.chat.source_of(id);
        let user = user
            .split(['!', '@'])
            .nth(1)
            .unwrap()
            .trim_start_matches('~')
            .to_owned();
        let name = match self.random.u8(..3) {
            0 => traffic::hostile::name(&mut self.random, None),
            _ => name,
        };
        self.note(format!("{id} comes back"));
        if self.random.bool() {
            self.stage.end_with(id, CloseReason::Finished);
        }
        self.stage.free(id, CloseReason::Reset);
        self.clients.remove(at);
        let words = match tongue {
            Tongue::Irc => traffic::hostile::irc_return(&name, &user, &rooms).into_bytes(),
            Tongue::Json => traffic::json::hostile::return_to(&name, &rooms),
            Tongue::Line => {
                traffic::hostile::return_to(&mut self.random, &name, &rooms).into_bytes()
            }
        };
        self.open(0, words, (false, false), tongue);
        self.arrive(self.clients.len() - 1);
    }

    /// The first lines of a line client.
    fn first_words(&mut self, is_forgetful: bool) -> Vec<u8> {
        let mut pending = Vec::new();
        if let Some(password) = self.setting.config.password.clone()
            && self.random.u8(..5) > 0
        {
            let end = if is_forgetful { "" } else { "\n" };
            pending.extend_from_slice(format!("{password}{end}").as_bytes());
        }
        if self.random.u8(..12) == 0 {
            pending.extend(traffic::opening(&mut self.random));
        } else if !is_forgetful && self.random.u8(..3) > 0 {
            let name = traffic::nickname(&mut self.random);
            pending.extend_from_slice(format!("{name}\n").as_bytes());
        }
        pending
    }
}
