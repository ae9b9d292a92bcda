//! The model: the exact outcome of each call to the relay, to the byte.
//!
//! The model is told what the stage did and how many bytes the relay took, and works out the bytes
//! for each recipient. The relay chooses when it handles a line, within the rules of its allowance,
//! which are checked as well; it does not choose the outcome of a line, nor its recipients.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use parloir::relay::hub::names::legalize;
use parloir::relay::hub::{EventLevel, Rank};
use parloir::relay::{Call, Role};
use parloir::{CloseReason, ConnId, RelayConfig, Tag};

use crate::chat::Chat;
use crate::chat::speaking::Speaker;
use crate::chat::words::{Remark, Why};
use crate::frames::Control;
use crate::house::House;
use crate::irc::{Ids, View};
use crate::naive::{Framing, read};
use allowance::Level;
use irc::Irc;
use json::{Json, bye};
use web::Socket;

mod allowance;
mod checking;
mod irc;
mod irc_rooms;
mod json;
mod multiline;
mod reading;
mod talking;

pub(crate) use talking::split_word;
mod web;

pub(crate) struct Model {
    pub(crate) config: RelayConfig,
    /// The roles of the listeners, by tag.
    pub(crate) roles: Vec<Role>,
    pub(crate) house: Option<House>,
    pub(crate) chat: Chat,
    pub(crate) clients: BTreeMap<ConnId, Client>,
    brokers: BTreeMap<Tag, Vec<ConnId>>,
    closed: BTreeSet<ConnId>,
    now: Duration,
    /// The levels of connections that are gone.
    levels: Vec<Level>,
    /// The level of the common allowance.
    common: Level,
    /// Number of wrong passwords, and the time of the last one.
    wrong: (u32, Option<Duration>),
    /// The view of each IRC client.
    pub(crate) views: BTreeMap<ConnId, View>,
    /// The JSON clients.
    pub(crate) programs: BTreeSet<ConnId>,
    /// The ids of all messages.
    pub(crate) ids: Ids,
    /// The labels that the answers to each client must carry, in the current call.
    labels: Vec<(ConnId, String)>,
    /// The control frames that WebSockets are to be sent.
    controls: Vec<(ConnId, Control)>,
    /// Number of lines that were handled.
    pub(crate) lines: u64,
    /// Number of lines among them that cost more because the common allowance was exceeded.
    pub(crate) behind: u64,
    /// Number of times that a client received a message of several lines as one.
    pub(crate) several: u64,
    /// Number of objects that were sent, and were the expected ones.
    pub(crate) objects: u64,
    /// Number of times that something was sent in frames.
    pub(crate) framed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Deciding,
    AwaitPassword,
    AwaitNick,
    Talking,
    Program,
    Gone,
}

pub(crate) struct Client {
    id: ConnId,
    tag: Tag,
    pub(crate) role: Role,
    stage: Stage,
    framing: Framing,
    opened_at: Duration,
    has_spoken: bool,
    /// True once the client has sent a line that says something.
    has_line: bool,
    /// The lines so far, if none of them has ended in a newline.
    begun: Option<String>,
    is_welcomed: bool,
    was_asked: bool,
    wrong_passwords: u32,
    untaken: usize,
    piece: Option<(Duration, Duration)>,
    requested_at: Option<Duration>,
    /// True if the client's unfinished line counted as a line, except for its allowance, before
    /// more bytes came.
    was_quiet: bool,
    /// The part of the allowance that is used up.
    level: Level,
    /// True if the client has lines that must wait, or would have to.
    is_held_up: bool,
    ended: bool,
    /// The state of an IRC client.
    irc: Option<Box<Irc>>,
    /// The state of a JSON client.
    json: Option<Box<Json>>,
    /// The state of a WebSocket.
    socket: Option<Box<Socket>>,
}

impl Client {
    /// Returns whether the client is greeted, answered and told of errors.
    fn converses(&self) -> bool {
        matches!(self.role, Role::Auto | Role::Line | Role::Host)
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.stage == Stage::Gone
    }

    /// Returns whether the client's bytes are ignored, in whole lines or not.
    fn is_deaf(&self) -> bool {
        self.role == Role::Listen && self.stage == Stage::Talking
    }

    /// For a WebSocket, whether its messages are binary; otherwise none.
    pub(crate) fn is_binary_socket(&self) -> Option<bool> {
        self.socket.as_ref().map(|socket| socket.is_binary)
    }
}

impl Model {
    pub(crate) fn new(config: RelayConfig, roles: Vec<Role>, house: Option<House>) -> Self {
        Self {
            chat: Chat::new(config.clone()),
            config,
            roles,
            house,
            clients: BTreeMap::new(),
            brokers: BTreeMap::new(),
            closed: BTreeSet::new(),
            now: Duration::ZERO,
            levels: Vec::new(),
            common: (0, Duration::ZERO),
            wrong: (0, None),
            views: BTreeMap::new(),
            programs: BTreeSet::new(),
            ids: Ids::default(),
            labels: Vec::new(),
            controls: Vec::new(),
            lines: 0,
            behind: 0,
            several: 0,
            objects: 0,
            framed: 0,
        }
    }

    fn opened(&mut self, id: ConnId, tag: Tag) {
        let role = self.roles[tag.0 as usize];
        let is_crowded = role != Role::Host && self.is_crowded();
        let level = self.take_level(role);
        let mut client = Client {
            id,
            tag,
            role,
            stage: Stage::Deciding,
            framing: Framing::new(self.config.line_bytes_max),
            opened_at: self.now,
            has_spoken: false,
            has_line: false,
            begun: None,
            is_welcomed: !matches!(role, Role::Auto | Role::Line),
            was_asked: false,
            wrong_passwords: 0,
            untaken: 0,
            piece: None,
            requested_at: None,
            was_quiet: false,
            level,
            is_held_up: self.must_wait(level) && !is_crowded,
            ended: false,
            irc: None,
            json: None,
            socket: None,
        };
        let crowded = "too much comes from your address: try again in a minute";
        let house = self.house.and_then(|house| house.turns_away(tag));
        if let Some(reason) = is_crowded.then_some(crowded).or(house) {
            if client.converses() {
                self.chat.tell(id, reason);
            } else if role == Role::Irc {
                let farewell = format!("ERROR :Closing Link: {reason}\r\n");
                self.chat.send(id, farewell.as_bytes());
            } else if role == Role::Json {
                self.chat.send(id, farewell_in_json(reason));
            }
            self.dismiss(&mut client, None);
        } else if role == Role::Host || self.config.password.is_none() {
            self.begin(&mut client);
        }
        self.clients.insert(id, client);
    }

    fn begin(&mut self, client: &mut Client) {
        match client.role {
            Role::Host => {
                self.chat.admit_as(client.id, EventLevel::Room, true);
                self.chat.arrive_as_host(client.id);
                client.stage = Stage::Talking;
            }
            Role::Listen => {
                self.chat.admit(client.id, EventLevel::Messages);
            }
            Role::Broker => self.brokers.entry(client.tag).or_default().push(client.id),
            _ => {}
        }
    }

    fn freed(&mut self, id: ConnId, reason: CloseReason) {
        let mut client = self.clients.remove(&id).expect("it was connected");
        self.views.remove(&id);
        self.programs.remove(&id);
        if !client.is_gone() {
            self.depart(&mut client, why(reason));
        }
        self.give_back_level(&client);
    }

    fn depart(&mut self, client: &mut Client, reason: Option<Why>) {
        if let Some(members) = self.brokers.get_mut(&client.tag) {
            members.retain(|member| *member != client.id);
        }
        self.chat.leave(client.id, reason);
        client.stage = Stage::Gone;
    }

    fn dismiss(&mut self, client: &mut Client, reason: Option<Why>) {
        self.depart(client, reason);
        if client.socket.is_some() {
            self.say_goodbye(client.id, Some(1000));
        }
        self.closed.insert(client.id);
    }

    fn called(&mut self, call: &Call) {
        match call {
            Call::Say { from, room, text } => {
                let mut from = legalize(from);
                if from.is_empty() {
                    from.push_str("guest");
                }
                let room = parloir::relay::hub::names::room_name(room);
                let Some(room) = room.and_then(|room| self.chat.room(&room)) else {
                    return;
                };
                for line in text.lines().map(|line| read(line.as_bytes())) {
                    if !line.trim().is_empty() {
                        let speaker = Speaker {
                            id: None,
                            name: &from,
                            source: format!("{from}!~user@local.host"),
                            at_least: Rank::Member,
                        };
                        self.chat.say_in(room, speaker, &Remark::message(&line));
                    }
                }
            }
            Call::Kick { name, reason } => {
                let reason = reason.as_deref().map(|reason| read(reason.as_bytes()));
                self.kick(name, reason.as_deref());
            }
            other => unreachable!("the simulator does not call {other:?}"),
        }
    }

    fn kick(&mut self, name: &str, reason: Option<&str>) -> Option<ConnId> {
        let id = self.chat.kick(name, reason)?;
        self.close_removed(id);
        Some(id)
    }

    /// Closes the connection of a person whom the chat has removed.
    fn close_removed(&mut self, id: ConnId) {
        self.closed.insert(id);
        if let Some(client) = self.clients.get_mut(&id) {
            client.stage = Stage::Gone;
            if client.socket.is_some() {
                self.say_goodbye(id, Some(1008));
            }
        }
    }

    fn stopped(&mut self) {
        for (id, client) in &mut self.clients {
            if client.json.is_some() {
                let stops = bye("the server is stopping");
                let is_told = !client.is_gone();
                self.chat.objects.extend(is_told.then_some((*id, stops)));
            } else if client.converses()
                && client.irc.is_none()
                && self.chat.people.contains_key(id)
            {
                self.chat.tell(*id, "the server is stopping");
            }
            if client.socket.is_some() && !client.is_gone() {
                self.controls.push((*id, Control::Close(Some(1001))));
            }
            client.stage = Stage::Gone;
        }
    }
}

/// The one line to a client on a listener for JSON that is not let in, or has said nothing.
fn farewell_in_json(reason: &str) -> Vec<u8> {
    format!("{{\"event\":\"bye\",\"reason\":\"{reason}\"}}\n").into_bytes()
}

/// The reason that a room is told for the end of a connection.
fn why(reason: CloseReason) -> Option<Why> {
    let words = match reason {
        CloseReason::Finished => return Some(Why::Closed),
        CloseReason::Reset => return Some(Why::Reset),
        CloseReason::Stalled => "stopped reading",
        CloseReason::QueueFull => "read too slowly",
        CloseReason::InputFull => "sent too much at once",
        _ => return None,
    };
    Some(Why::Server(String::from(words)))
}
