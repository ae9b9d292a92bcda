//! The model: what each call to the relay is to bring about, to the byte.
//!
//! It is told what the stage did and how many bytes the relay took, and works out who is sent what.
//! When lines are handled is the relay's choice, within the rules of its allowance, which are
//! checked as well; what comes of each, and for whom, is not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, UNIX_EPOCH};

use parloir::relay::hub::names::legalize;
use parloir::relay::hub::{Hears, Hub, Rank, Speech};
use parloir::relay::{Call, Role};
use parloir::{CloseReason, ConnId, Demand, RelayConfig, Tag};

use crate::chat::Chat;
use crate::chat::speaking::Speaker;
use crate::house::House;
use crate::irc::{Expected, Ids, View, compare};
use crate::naive::{Framing, read};
use crate::support::{Happening, START_UNIX_SECONDS, What};
use irc::Irc;

mod irc;
mod irc_rooms;
mod reading;
mod talking;

/// What stands for any answer in HTTP.
const HTTP_ANSWER: &[u8] = b"HTTP/1.1 ";

/// A message as the model writes it.
fn shortened(bytes: &[u8]) -> Vec<u8> {
    match bytes.starts_with(HTTP_ANSWER) {
        true => HTTP_ANSWER.to_vec(),
        false => bytes.to_vec(),
    }
}

pub(crate) struct Model {
    pub(crate) config: RelayConfig,
    /// By tag.
    pub(crate) roles: Vec<Role>,
    pub(crate) house: Option<House>,
    pub(crate) chat: Chat,
    pub(crate) clients: BTreeMap<ConnId, Client>,
    brokers: BTreeMap<Tag, Vec<ConnId>>,
    closed: BTreeSet<ConnId>,
    now: Duration,
    /// What each IRC client makes of what it is sent.
    pub(crate) views: BTreeMap<ConnId, View>,
    /// And what all call what was said.
    ids: Ids,
    /// The labels that each is to be answered with, of the call at hand.
    labels: Vec<(ConnId, String)>,
    /// Lines that were handled.
    pub(crate) lines: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Deciding,
    Locked,
    Nameless,
    Talking,
    Irc,
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
    /// It has sent a line that says something.
    has_line: bool,
    /// Its lines so far, if none has ended in a newline.
    begun: Option<String>,
    is_welcomed: bool,
    was_asked: bool,
    wrong_passwords: u32,
    untaken: usize,
    piece: Option<(Duration, Duration)>,
    requested_at: Option<Duration>,
    /// Lines over the allowance's rate, in millionths, and when that was.
    level: (u128, Duration),
    demand: Demand,
    ended: bool,
    /// It speaks IRC.
    irc: Option<Box<Irc>>,
}

impl Client {
    /// Greeted, answered, told of errors.
    fn converses(&self) -> bool {
        matches!(self.role, Role::Auto | Role::Line | Role::Host)
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.stage == Stage::Gone
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
            views: BTreeMap::new(),
            ids: Ids::default(),
            labels: Vec::new(),
            lines: 0,
        }
    }

    /// Holds one call's outcome against what it is to be.
    pub(crate) fn check(&mut self, it: &Happening) {
        (self.now, self.chat.now) = (it.now, it.now);
        match &it.what {
            What::Opened(id, tag) => self.opened(*id, *tag),
            What::Received {
                id,
                bytes,
                end,
                taken,
            } => {
                let mut client = self.clients.remove(id).expect("it is connected");
                self.received(&mut client, bytes, *end, *taken);
                self.clients.insert(*id, client);
            }
            What::Freed(id, reason) => self.freed(*id, *reason),
            What::Called(call) => self.called(call),
            What::Expired => self.chat.expire(),
            What::Stopped => self.stopped(),
        }
        let expected = by_client(std::mem::take(&mut self.chat.sent));
        let mut sent = by_client(
            it.sent
                .iter()
                .map(|(id, bytes)| (*id, shortened(bytes)))
                .collect(),
        );
        self.check_irc(it, &mut sent);
        for id in expected.keys().chain(sent.keys()) {
            let text = |sent: &BTreeMap<ConnId, Vec<u8>>| {
                let bytes = sent.get(id).cloned().unwrap_or_default();
                bytes.escape_ascii().to_string().replace("\\n", "\n")
            };
            let (expected, sent) = (text(&expected), text(&sent));
            assert!(
                expected == sent,
                "{id} is to be sent\n{expected}\nand was sent\n{sent}\nat {:?} for {:?}",
                it.now,
                it.what
            );
        }
        let closed: BTreeSet<ConnId> = it.closed.iter().copied().collect();
        let expected = std::mem::take(&mut self.closed);
        assert_eq!(
            expected, closed,
            "to be closed, and closed, at {:?}",
            it.what
        );
    }

    /// Takes out what IRC clients were sent, which is read as they read it.
    fn check_irc(&mut self, it: &Happening, sent: &mut BTreeMap<ConnId, Vec<u8>>) {
        let told = std::mem::take(&mut self.chat.told);
        let labels = std::mem::take(&mut self.labels);
        let clock = Duration::from_secs(START_UNIX_SECONDS) + it.now;
        let now = humantime::format_rfc3339_millis(UNIX_EPOCH + clock).to_string();
        for (id, view) in &mut self.views {
            let bytes = sent.remove(id).unwrap_or_default();
            view.labels.clear();
            let lines = match bytes.is_empty() {
                true => Vec::new(),
                false => view.read(&bytes, &self.config, &now),
            };
            self.ids.check(&lines);
            let mine = told.iter().filter(|(to, _)| to == id);
            let expected: Vec<Expected> = mine.map(|(_, it)| it.clone()).collect();
            if let Err(why) = compare(&expected, &lines, &self.config.name) {
                panic!("{id}: {why}\nat {:?} for {:?}", it.now, it.what);
            }
            let labels = labels.iter().filter(|(to, _)| to == id);
            assert!(
                labels.map(|(_, label)| label).eq(&view.labels),
                "{id} has other labels: {lines:#?}"
            );
            let client = self.clients.get(id).and_then(|client| client.irc.as_ref());
            if let Some(irc) = client {
                assert_eq!(irc.caps, view.caps, "what {id} can do");
            }
        }
        let lost = told.iter().find(|(to, _)| !self.views.contains_key(to));
        assert!(lost.is_none(), "no IRC client: {lost:?}");
    }

    /// Holds what each client knows against the truth.
    pub(crate) fn check_views(&self, hub: &Hub) {
        for (id, view) in &self.views {
            if !self.clients.get(id).is_none_or(Client::is_gone) && view.nick.is_some() {
                view.check(*id, hub);
            }
        }
    }

    fn opened(&mut self, id: ConnId, tag: Tag) {
        let role = self.roles[tag.0 as usize];
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
            level: (0, self.now),
            demand: Demand::More,
            ended: false,
            irc: None,
        };
        if let Some(reason) = self.house.and_then(|house| house.turns_away(tag)) {
            if client.converses() {
                self.chat.tell(id, reason);
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
                self.chat.admit(client.id, Hears::Everything);
                self.chat.arrive(client.id, "host");
                self.chat.people.get_mut(&client.id).unwrap().rules_all = true;
                client.stage = Stage::Talking;
            }
            Role::Listen => {
                self.chat.admit(client.id, Hears::Speech);
            }
            Role::Broker => self.brokers.entry(client.tag).or_default().push(client.id),
            _ => {}
        }
    }

    fn freed(&mut self, id: ConnId, reason: CloseReason) {
        let mut client = self.clients.remove(&id).expect("it was connected");
        self.views.remove(&id);
        if !client.is_gone() {
            self.depart(&mut client, words(reason).as_deref());
        }
    }

    fn depart(&mut self, client: &mut Client, reason: Option<&str>) {
        if let Some(members) = self.brokers.get_mut(&client.tag) {
            members.retain(|member| *member != client.id);
        }
        self.chat.leave(client.id, reason);
        client.stage = Stage::Gone;
    }

    fn dismiss(&mut self, client: &mut Client, reason: Option<&str>) {
        self.depart(client, reason);
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
                        self.chat.say_in(room, speaker, Speech::Message, &line);
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

    /// The chat has removed someone: their connection is closed.
    fn close_removed(&mut self, id: ConnId) {
        self.closed.insert(id);
        if let Some(client) = self.clients.get_mut(&id) {
            client.stage = Stage::Gone;
        }
    }

    fn stopped(&mut self) {
        for (id, client) in &mut self.clients {
            if client.converses() && client.irc.is_none() && self.chat.people.contains_key(id) {
                self.chat.tell(*id, "the server is stopping");
            }
            client.stage = Stage::Gone;
        }
    }

    /// What should have come about by now without anybody's doing.
    pub(crate) fn check_nothing_is_overdue(&self, now: Duration) {
        if let Some(what) = self.chat.overdue(now) {
            panic!("{what} at {now:?}");
        }
        for c in self.clients.values().filter(|c| !c.is_gone()) {
            let is_held_up = matches!(c.demand, Demand::Until(_));
            let is_silent = !c.is_welcomed && !c.has_spoken && !is_held_up;
            let greeted_at = c.opened_at + self.config.greet_after;
            assert!(!is_silent || now < greeted_at, "{} is not greeted", c.id);
            let requested = c.requested_at.filter(|_| c.stage == Stage::Deciding);
            let is_late = requested.is_some_and(|at| at + self.config.request_within <= now);
            assert!(!is_late, "{} may take for ever over a request", c.id);
            let stays = c.role == Role::Listen;
            assert!(
                !c.ended || stays || is_held_up,
                "{} has ended, and lives on",
                c.id
            );
            assert!(
                is_held_up || !self.is_forgotten(c, now),
                "{} is not asked whether it is there",
                c.id
            );
            assert!(
                is_held_up || !self.is_forgiven(c, now),
                "{} is not forgiven its newline",
                c.id
            );
            let most = match requested {
                // A request is waited for until its head is whole.
                Some(_) if c.role == Role::Auto => self.config.web.head_bytes_max,
                _ => self.config.line_bytes_max,
            };
            assert!(
                is_held_up || c.untaken <= most,
                "{} has too much unread",
                c.id
            );
        }
    }
}

/// What a room is told of an end that the peer did not choose.
fn words(reason: CloseReason) -> Option<String> {
    match reason {
        CloseReason::Stalled => Some(String::from("stopped reading")),
        CloseReason::QueueFull => Some(String::from("read too slowly")),
        CloseReason::InputFull => Some(String::from("sent too much at once")),
        _ => None,
    }
}

fn by_client(sent: Vec<(ConnId, Vec<u8>)>) -> BTreeMap<ConnId, Vec<u8>> {
    let mut all: BTreeMap<ConnId, Vec<u8>> = BTreeMap::new();
    for (id, bytes) in sent {
        all.entry(id).or_default().extend(bytes);
    }
    all
}
