//! The model's IRC: which connections speak it, their lines, and their registration.

use std::collections::BTreeSet;
use std::time::Duration;

use parloir::relay::Role;
use parloir::relay::hub::cost;
use parloir::relay::hub::names::legalize;
use parloir::{CloseReason, Consumed, Demand};

use super::multiline::Draft;
use super::{Client, Model, why};
use crate::chat::words::Why;
use crate::house;
use crate::irc::{Message, cut, server_name};
use crate::naive::{decode, read_formatted};

/// The capabilities that the server offers.
pub(crate) const OFFERED: [&str; 23] = [
    "account-notify",
    "away-notify",
    "batch",
    "cap-notify",
    "chghost",
    "draft/chathistory",
    "draft/extended-monitor",
    "draft/message-redaction",
    "draft/multiline",
    "draft/no-implicit-names",
    "draft/read-marker",
    "echo-message",
    "extended-join",
    "extended-monitor",
    "invite-notify",
    "labeled-response",
    "message-tags",
    "multi-prefix",
    "no-implicit-names",
    "server-time",
    "setname",
    "standard-replies",
    "userhost-in-names",
];

/// The state of an IRC client apart from its person in the chat.
#[derive(Debug, Default)]
pub(super) struct Irc {
    partial: Vec<u8>,
    pub(super) caps: BTreeSet<String>,
    pub(super) is_registered: bool,
    is_negotiating: bool,
    /// True if the client has given the right password.
    has_password: bool,
    gave_password: bool,
    nickname: Option<String>,
    user: Option<(String, String)>,
    /// The message of several lines that the client is sending.
    pub(super) draft: Option<Draft>,
    /// True if the client has sent QUIT: its last lines may be taken at once.
    pub(super) goes: bool,
    is_pinged: bool,
    heard_at: Duration,
}

impl Irc {
    pub(super) fn new(now: Duration) -> Self {
        Self {
            heard_at: now,
            ..Self::default()
        }
    }

    /// Looks for a QUIT among the waiting lines, up to a limit: the lines that fit into the
    /// allowance are taken first, and as many again are then taken without waiting.
    pub(super) fn look_ahead(&mut self, waiting: &[u8], lines_max: u32) {
        let lines = waiting.split_inclusive(|byte| *byte == b'\n').enumerate();
        let whole =
            lines.filter(|(n, line)| line.ends_with(b"\n") && (*n > 0 || self.partial.is_empty()));
        self.goes |= whole
            .take_while(|(n, _)| *n <= lines_max as usize)
            .any(|(_, line)| {
                let line = String::from_utf8_lossy(line).to_ascii_uppercase();
                let line = line.trim_end_matches(['\r', '\n']);
                let is_one = line
                    .strip_prefix("QUIT")
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
                is_one && line.len() <= 510 && !line.contains(['\r', '\0'])
            });
    }

    /// Returns a line once its last byte has come; none in place of a line that is too long.
    pub(super) fn feed(&mut self, byte: u8) -> Option<Option<Vec<u8>>> {
        if byte != b'\n' {
            self.partial.push(byte);
            return None;
        }
        let mut line = std::mem::take(&mut self.partial);
        while line.last() == Some(&b'\r') {
            line.pop();
        }
        Some(Some(line).filter(|line| line.len() <= 4096 + 510))
    }
}

impl Model {
    /// Returns whether first bytes come from an IRC client. From then on the connection is one.
    pub(super) fn decide_irc(
        &mut self,
        c: &mut Client,
        line: &str,
        is_text: bool,
        begins_request: bool,
    ) -> bool {
        let is_request = house::request(line).is_some_and(|it| house::METHODS.contains(&it));
        let is_irc = match c.role {
            Role::Auto => house::begins_irc(line),
            Role::Irc => house::begins_irc(line) || is_text && !is_request && !begins_request,
            _ => false,
        };
        if is_irc {
            self.begin_irc(c);
        }
        is_irc
    }

    pub(super) fn received_irc(
        &mut self,
        c: &mut Client,
        bytes: &[u8],
        end: Option<CloseReason>,
        taken: Consumed,
    ) {
        for &byte in bytes {
            if c.is_gone() {
                break;
            }
            if let Some(framed) = c.irc.as_mut().unwrap().feed(byte) {
                self.take_irc(c, framed);
            }
        }
        match taken.demand {
            Demand::Yield => return,
            Demand::Paced(at) => return self.check_hold_up(c, at),
            _ if c.is_gone() => return,
            _ => assert_eq!(c.untaken, 0, "bytes are left for no reason"),
        }
        if let Some(reason) = end {
            return self.dismiss(c, why(reason));
        }
        self.note_irc_silence(c);
    }

    pub(super) fn note_irc_silence(&mut self, c: &mut Client) {
        if c.is_gone() || !self.is_forgotten(c, self.now) {
            return;
        }
        let irc = c.irc.as_mut().unwrap();
        if irc.is_pinged {
            let seconds = self.config.ping_after.as_secs();
            let words = format!("Ping timeout: {seconds} seconds");
            return self.dismiss(c, Some(Why::Server(words)));
        }
        (irc.is_pinged, irc.heard_at) = (true, self.now);
    }

    /// Returns whether the silence of a client should have been noticed by now.
    pub(super) fn is_forgotten(&self, c: &Client, now: Duration) -> bool {
        let irc = c.irc.as_ref();
        irc.is_some_and(|irc| irc.heard_at + self.config.ping_after <= now)
    }

    pub(super) fn take_irc(&mut self, c: &mut Client, framed: Option<Vec<u8>>) {
        self.begin_line(c);
        self.lines += 1;
        self.read_irc(c, framed);
        self.spend(c);
    }

    fn read_irc(&mut self, c: &mut Client, framed: Option<Vec<u8>>) {
        let irc = c.irc.as_mut().unwrap();
        (irc.is_pinged, irc.heard_at) = (false, self.now);
        let Some(raw) = framed else {
            return;
        };
        let line = decode(&raw);
        let tags = match raw.starts_with(b"@") {
            true => raw
                .iter()
                .position(|b| *b == b' ')
                .map_or(raw.len(), |blank| blank + 1),
            false => 0,
        };
        let Some(it) = Message::read(&line).filter(|_| tags <= 4096 && raw.len() - tags <= 510)
        else {
            return;
        };
        let label = it.tag("label").filter(|label| {
            let has_both = ["batch", "labeled-response"].map(|cap| irc.caps.contains(cap));
            has_both == [true, true] && (1..=64).contains(&label.len())
        });
        let label = label.filter(|label| !label.contains(['\0', '\r']));
        self.chat.label = label.map(str::to_owned);
        if !raw.contains(&0) && !raw.contains(&b'\r') {
            self.carry_out(c, &it);
        }
        let label = self.chat.label.take();
        self.labels.extend(label.map(|label| (c.id, label)));
    }

    fn carry_out(&mut self, c: &mut Client, it: &Message) {
        let irc = c.irc.as_mut().unwrap();
        self.chat.answers_at = self.chat.told.len();
        let command = it.command.to_ascii_uppercase();
        let asks_for_all = match &*command {
            "LIST" => true,
            "INVITE" => it.params.is_empty(),
            "NAMES" => it.some(0).is_none(),
            "WHO" => (it.some(0))
                .is_none_or(|mask| !mask.starts_with('#') && self.chat.find(mask).is_none()),
            _ => false,
        };
        if irc.is_registered {
            self.chat.work += self.cost(&command, asks_for_all, it);
        }
        let irc = c.irc.as_mut().unwrap();
        match irc.is_registered {
            true => self.perform_irc(c, &command, it),
            false => self.register(c, &command, it),
        }
    }

    /// The cost of a question, by the number of entries that it looks at.
    fn cost(&self, command: &str, asks_for_all: bool, it: &Message) -> u32 {
        let chat = &self.chat;
        let lively = chat
            .rooms
            .iter()
            .filter(|(_, room)| !room.members.is_empty());
        let lively = lively.count() as u32;
        let everybody = chat.people.values().filter(|it| it.name.is_some());
        let everybody = everybody.count() as u32;
        let in_room = |channel: &str| {
            let room = channel.strip_prefix('#').and_then(|name| chat.room(name));
            room.map_or(0, |room| chat.named(room).len() as u32)
        };
        let listed = match command {
            "LIST" | "INVITE" if asks_for_all => lively,
            "NAMES" if asks_for_all => everybody,
            "WHO" if asks_for_all && !it.param(0).trim_matches('*').is_empty() => {
                everybody + 10 * cost::CONDITION * everybody
            }
            "WHO" if asks_for_all => everybody,
            "WHO" => in_room(it.param(0)),
            "NAMES" => in_room(it.param(0)),
            _ => 0,
        };
        let query = if asks_for_all { cost::QUERY } else { 0 };
        query + cost::LISTED * listed
    }

    fn register(&mut self, c: &mut Client, command: &str, it: &Message) {
        let given = |count: usize| (0..count).all(|n| it.some(n).is_some());
        let irc = c.irc.as_mut().unwrap();
        match command {
            "CAP" => self.cap(c, it),
            "PASS" if given(1) => {
                let password = self.config.password.as_deref();
                irc.gave_password = true;
                irc.has_password = password.is_none_or(|password| password == it.param(0));
            }
            "NICK" => {
                irc.nickname = legal(it).map(str::to_owned).or(irc.nickname.take());
            }
            "USER" if given(4) => {
                let user = cut(&format!("~{}", it.param(0)), 18).to_owned();
                irc.user = Some((user, real_name(it.param(3))));
            }
            "QUIT" => return self.quit(c, it),
            _ => {}
        }
        self.welcome(c);
    }

    fn welcome(&mut self, c: &mut Client) {
        let irc = c.irc.as_mut().unwrap();
        if irc.is_negotiating || irc.nickname.is_none() || irc.user.is_none() {
            return;
        }
        if self.config.password.is_some() && !irc.has_password {
            if irc.gave_password {
                self.note_wrong();
            }
            return self.dismiss(c, None);
        }
        let name = irc.nickname.take().unwrap();
        let (user, real_name) = irc.user.clone().unwrap();
        let caps = irc.caps.clone();
        irc.is_registered = self.chat.admit_irc(c.id, &name, (&user, &real_name), caps);
    }

    pub(super) fn cap(&mut self, c: &mut Client, it: &Message) {
        let irc = c.irc.as_mut().unwrap();
        let me = self.chat.name(c.id).or(irc.nickname.clone());
        match &*it.param(0).to_ascii_uppercase() {
            "LS" => irc.is_negotiating |= !irc.is_registered,
            "END" => irc.is_negotiating = false,
            "REQ" => {
                irc.is_negotiating |= !irc.is_registered;
                let list = it.param(1).trim_end();
                let me = me.as_deref().unwrap_or("*");
                let answer = format!(":{} CAP {me} ACK :{list}", server_name(&self.config));
                let words = || list.split_ascii_whitespace();
                let is_known =
                    |word: &str| OFFERED.contains(&word.strip_prefix('-').unwrap_or(word));
                if !words().all(is_known) || answer.len() > 510 {
                    return;
                }
                for word in words() {
                    match word.strip_prefix('-') {
                        Some(cap) => irc.caps.remove(cap),
                        None => irc.caps.insert(word.to_owned()),
                    };
                }
                if let Some(person) = self.chat.people.get_mut(&c.id) {
                    person.caps.clone_from(&irc.caps);
                }
            }
            _ => {}
        }
    }

    pub(super) fn quit(&mut self, c: &mut Client, it: &Message) {
        let reason = read_formatted(it.param(0));
        let words = Some(reason).filter(|reason| !reason.is_empty());
        self.dismiss(c, words.map(Why::Words));
    }
}

/// The first parameter, if it is a valid nickname without any change.
pub(super) fn legal(it: &Message) -> Option<&str> {
    let name = it.some(0)?;
    let is_numeric = name.starts_with(char::is_numeric);
    (!is_numeric && legalize(name) == name).then_some(name)
}

pub(super) fn real_name(text: &str) -> String {
    cut(read_formatted(text).trim(), 128).to_owned()
}
