//! The world of a seed: its clients, the next action of each, and the trail that explains a
//! failure.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hasher};
use std::rc::Rc;

use fastrand::Rng;
use parloir::relay::{Call, Role};
use parloir::{CloseReason, ConnId, Relay, RelayConfig, Tag};

use crate::house::House;
use crate::kept::Kept;
use crate::model::Model;
use crate::plain::Plain;
use crate::secrets::Secrets;
use crate::support::Stage;
use crate::traffic;

mod checks;
mod coming;
mod writing;

/// The properties of a world.
#[derive(Clone)]
pub(crate) struct Setting {
    pub(crate) config: RelayConfig,
    pub(crate) has_hooks: bool,
    pub(crate) clients_max: usize,
    /// Number of clients in 100 that chat; the others have the other roles.
    pub(crate) chatters: u8,
    /// Number of clients in 100 that speak IRC, taken before the others are counted.
    pub(crate) irc: u8,
    /// Number of clients in 100 that speak JSON, taken likewise.
    pub(crate) json: u8,
    /// Number of clients in 100 that come by WebSocket, of those on a listener for any dialect.
    pub(crate) web: u8,
    /// Number of lines in 100 that are hostile. If there are any, clients who leave sometimes come
    /// back at once.
    pub(crate) hostile: u8,
    /// Number of turns after which a line takes effect. None if the seed decides it; then half of
    /// the seeds take effect at once.
    pub(crate) outcomes_after: Option<u32>,
    /// True if a second relay, whose connections have other ids, is compared with the first at each
    /// call.
    pub(crate) has_twin: bool,
}

pub(crate) struct World {
    seed: u64,
    random: Rng,
    setting: Setting,
    stage: Stage,
    model: Model,
    plain: Plain,
    secrets: Option<Rc<RefCell<Secrets>>>,
    /// The store that is told of changes, in half of the worlds.
    kept: Option<Kept>,
    tags: Vec<Tag>,
    clients: Vec<Client>,
    connected: u64,
    said: u64,
    steps: u64,
    trail: VecDeque<String>,
    transcript: DefaultHasher,
}

struct Client {
    id: ConnId,
    number: u64,
    role: Role,
    /// Bytes that were written and have not arrived.
    pending: Vec<u8>,
    has_ended: bool,
    /// True for a client that leaves out the newline at the end of what it sends.
    is_forgetful: bool,
    tongue: Tongue,
    /// True for a client that comes by WebSocket.
    is_web: bool,
}

/// The dialect that a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tongue {
    Line,
    Irc,
    Json,
}

const ROLES: [Role; 9] = [
    Role::Auto,
    Role::Line,
    Role::Listen,
    Role::Talk,
    Role::Broker,
    Role::Broker,
    Role::Host,
    Role::Irc,
    Role::Json,
];

/// Number of actions that are reported when something fails.
const TRAIL: usize = 30;

impl World {
    pub(crate) fn new(seed: u64, setting: Setting) -> Self {
        // The peers of the last listener are refused by the hooks.
        let barred = Tag(ROLES.len() as u32);
        let house = setting.has_hooks.then_some(House { barred });
        let by_seed = || [0, 1, 0, 3][(seed % 4) as usize];
        let turns = setting.outcomes_after.unwrap_or_else(by_seed);
        let relay = |turns| {
            let relay = Relay::new(setting.config.clone()).expect("a valid configuration");
            let relay = relay.with_outcomes_after(turns);
            match house {
                Some(house) => relay.with_hooks(house),
                None => relay,
            }
        };
        // A twin has no store, and answers the same.
        let loses = if setting.has_twin {
            3
        } else {
            [0, 3][(seed / 2 % 2) as usize]
        };
        let kept = (seed % 2 == 1).then(|| Kept::new(loses));
        let has_store = kept.as_ref().is_some_and(Kept::answers);
        let first = match &kept {
            Some(kept) => relay(turns).with_store(kept.clone()).expect("it is empty"),
            None => relay(turns),
        };
        let mut stage = Stage::with(first);
        stage.watch();
        if setting.outcomes_after.is_none() {
            stage.limit_turns_to(2000);
        }
        if setting.has_twin {
            stage.set_twin(relay(turns));
        }
        stage.start();
        let mut roles = vec![Role::Auto];
        roles.extend(&ROLES[1..]);
        roles.push(Role::Line);
        let tags: Vec<Tag> = (0..roles.len() as u32).map(Tag).collect();
        for role in &roles[1..] {
            stage.listener(*role);
        }
        let names = (&*setting.config.default_room, &*setting.config.name);
        let of_tags = tags.iter().copied().zip(roles.iter().copied());
        let is_watched = setting.hostile > 0;
        let secrets = is_watched.then(|| Secrets::watch(&mut stage, of_tags.collect(), names));
        let mut model = Model::new(setting.config.clone(), roles, house);
        model.chat.has_store = has_store;
        Self {
            seed,
            random: Rng::with_seed(seed),
            model,
            plain: Plain::default(),
            secrets,
            kept,
            setting,
            stage,
            tags,
            clients: Vec::new(),
            connected: 0,
            said: 0,
            steps: 0,
            trail: VecDeque::new(),
            transcript: DefaultHasher::new(),
        }
    }

    /// Runs the world and brings it to rest. Returns a hash of all that was sent.
    pub(crate) fn run(&mut self, steps: u64) -> u64 {
        while self.steps < steps {
            self.steps += 1;
            self.step();
            self.check();
        }
        self.come_to_rest();
        self.transcript.finish()
    }

    /// Number of turns that were spent waiting for the outcome of a line.
    pub(crate) fn waits(&self) -> usize {
        self.stage.waits()
    }

    /// Checks that events of every kind have happened: a world with hardly any messages proves nothing.
    /// Each kind is wanted once in so many steps. The bounds are at most half of the least that forty
    /// stories had, so that a seed that never was before does not fail by chance.
    pub(crate) fn check_is_lively(&self) {
        let model = &self.model;
        let mut wanted = vec![
            ("messages of several lines", model.several, 20_000),
            ("objects", model.objects, 10),
            ("lines", model.lines, 10),
            ("lines in frames", model.framed, 100),
        ];
        if let Some(secrets) = &self.secrets {
            let it = secrets.borrow().looked;
            wanted.push(("refusals at closed rooms", it.barred, 20));
            wanted.push(("invitations", it.invitations, 4000));
            wanted.push(("messages heard", it.heard, 20));
            wanted.push(("messages from outside", it.outside, 1000));
        }
        let config = &self.setting.config;
        if config.rate > 0 && config.allowances_per_address == 1 {
            wanted.push(("lines behind others of their address", model.behind, 500));
        }
        for (what, count, one_in) in wanted {
            let (seed, steps) = (self.seed, self.steps);
            assert!(
                count > steps / one_in,
                "seed {seed}: {count} {what} in {steps} steps"
            );
        }
    }

    fn step(&mut self) {
        let action = self.random.u8(..100);
        let Some(at) = (!self.clients.is_empty()).then(|| self.random.usize(..self.clients.len()))
        else {
            return self.connect();
        };
        let room_left = self.clients.len() < self.setting.clients_max;
        if self.setting.hostile > 0 && self.random.u8(..40) == 0 {
            return self.come_back(at);
        }
        match action {
            0..8 if room_left => self.connect(),
            0..55 => self.write(at),
            55..72 => self.arrive(at),
            72..74 => self.end(at),
            74..76 => self.free(at),
            76..96 => self.wait(),
            _ => self.call(),
        }
    }

    fn note(&mut self, action: impl std::fmt::Display) {
        if self.trail.len() == TRAIL {
            self.trail.pop_front();
        }
        self.trail
            .push_back(format!("{:?} {action}", self.stage.clock()));
    }

    /// Some of the bytes that were written arrive.
    fn arrive(&mut self, at: usize) {
        let client = &mut self.clients[at];
        if client.pending.is_empty() || client.has_ended {
            return;
        }
        let length = match self.random.u8(..3) {
            0 => self.random.usize(1..=client.pending.len()),
            _ => client.pending.len(),
        };
        let bytes: Vec<u8> = client.pending.drain(..length).collect();
        let piece = match self.random.u8(..10) {
            0 => 1,
            1 => self.random.usize(1..=length),
            _ => length,
        };
        let id = client.id;
        let shown = bytes.escape_ascii();
        self.note(format!("{id} sends \"{shown}\" in pieces of {piece}"));
        for piece in bytes.chunks(piece) {
            self.stage.send(id, piece);
        }
    }

    fn end(&mut self, at: usize) {
        let reason = match self.random.bool() {
            true => CloseReason::Finished,
            false => CloseReason::Reset,
        };
        let client = &mut self.clients[at];
        if !client.has_ended {
            client.has_ended = true;
            let id = client.id;
            self.note(format!("{id} ends: {reason}"));
            self.stage.end_with(id, reason);
        }
    }

    /// The driver frees one connection, or all that the relay has closed.
    fn free(&mut self, at: usize) {
        let reasons = [
            CloseReason::Reset,
            CloseReason::Stalled,
            CloseReason::QueueFull,
            CloseReason::InputFull,
        ];
        let reason = self.random.choice(reasons).unwrap();
        let id = self.clients[at].id;
        if self.random.bool() {
            self.note(format!("{id} is freed: {reason}"));
            self.stage.free(id, reason);
            self.clients.remove(at);
        }
        self.free_closed();
    }

    fn free_closed(&mut self) {
        let closed: Vec<ConnId> = self
            .clients
            .iter()
            .map(|client| client.id)
            .filter(|id| self.stage.is_closed(*id))
            .collect();
        for id in closed {
            self.stage.free(id, CloseReason::Asked);
            self.clients.retain(|client| client.id != id);
        }
    }

    fn wait(&mut self) {
        let ms = match self.random.u8(..100) {
            0..50 => self.random.u64(1..60),
            50..80 => self.random.u64(60..400),
            80..95 => self.random.u64(400..3_000),
            95..99 => self.random.u64(3_000..60_000),
            _ => self.random.u64(60_000..10_000_000),
        };
        self.note(format!("{ms} ms pass"));
        self.stage.wait_ms(ms);
    }

    fn call(&mut self) {
        self.said += 1;
        let text = format!("c{}", self.said);
        let name = traffic::nickname(&mut self.random);
        let call = match self.random.u8(..10) {
            0 => Call::Kick { name, reason: None },
            1 => Call::Kick {
                name,
                reason: Some(format!("{text}\u{1b}[0m\n")),
            },
            _ => Call::Say {
                from: name,
                room: traffic::room(&mut self.random),
                text: format!("{text}\u{7}\r\n\n \n{text}"),
            },
        };
        self.note(format!("{call:?}"));
        self.stage.call(call);
    }
}
