//! A relay on a stage: a driver without sockets, on which time passes only when a test says so.
//!
//! The stage keeps the contract of [`parloir::Protocol`] to the letter (bytes that are not taken
//! are shown again, demands are met at their time, an end is repeated until it is taken), so the
//! results hold on the real loop as well.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test uses what it needs of the stage"
)]

pub mod archive;
mod recorder;
mod twin;

use std::collections::BTreeMap;
use std::time::Duration;

use parloir::relay::{Call, Role};
use parloir::{
    Address, CloseReason, ConnId, Consumed, Delivery, Demand, Input, Output, OutputRange, Peer,
    Protocol, Relay, RelayConfig, Tag, Time, UdpPeer,
};

use recorder::Recorder;
use twin::Twin;

/// 2026-11-20 14:03:07 UTC, the time at which every stage's clock begins.
pub const START_UNIX_SECONDS: u64 = 1_795_183_387;

pub struct Stage {
    pub relay: Relay,
    clock: Duration,
    actors: BTreeMap<ConnId, Actor>,
    next: u32,
    out: Recorder,
    twin: Option<Twin>,
    yields: usize,
    waits: usize,
    /// True if connections that wait for the outcome of a line get their turns only from
    /// [`Stage::turn`].
    has_turns: bool,
    /// Every call to the relay since the last look, if a test watches.
    log: Option<Vec<Happening>>,
    watcher: Option<Watcher>,
}

/// A function that is told of every call after it was made.
type Watcher = Box<dyn FnMut(&Relay, &Happening)>;

/// One call that the stage made to the relay, and its outcome.
#[derive(Debug)]
pub struct Happening {
    /// The time since the clock began.
    pub now: Duration,
    pub what: What,
    /// The bytes that were sent, in order.
    pub sent: Vec<(ConnId, Vec<u8>)>,
    /// The messages among them that may be skipped; each counts as one if it is.
    pub skippable: Vec<(ConnId, Vec<u8>)>,
    pub closed: Vec<ConnId>,
}

#[derive(Debug)]
pub enum What {
    Opened(ConnId, Tag),
    Received {
        id: ConnId,
        /// All bytes that were shown, including those that were taken.
        bytes: Vec<u8>,
        end: Option<CloseReason>,
        taken: Consumed,
    },
    Freed(ConnId, CloseReason),
    Called(Call),
    Expired,
    Stopped,
}

/// One connection, with the state that the driver keeps of it.
struct Actor {
    unread: Vec<u8>,
    end: Option<CloseReason>,
    demand: Demand,
    /// Bytes that the connection was sent and that no test has looked at.
    output: Vec<u8>,
    /// True if the relay has closed the connection.
    is_closed: bool,
}

impl Stage {
    pub fn new(config: RelayConfig) -> Self {
        Self::with(Relay::new(config).expect("a valid configuration"))
    }

    pub fn with(relay: Relay) -> Self {
        Self {
            relay,
            clock: Duration::ZERO,
            actors: BTreeMap::new(),
            next: 0,
            out: Recorder::default(),
            twin: None,
            yields: 0,
            waits: 0,
            has_turns: false,
            log: None,
            watcher: None,
        }
    }

    /// Tells the relay that the server begins.
    pub fn start(&mut self) {
        let now = self.now();
        self.relay.started(now);
        if let Some(twin) = &mut self.twin {
            twin.relay.started(now);
        }
    }

    /// Repeats everything on a second relay from now on. Its output and its state must be the same.
    /// It has the same listeners and settings; no client is connected yet.
    pub fn set_twin(&mut self, relay: Relay) {
        self.twin = Some(Twin::new(relay, self.out.turn_bytes_max));
    }

    /// Keeps every call to the relay for [`Self::happenings`] from now on.
    pub fn watch(&mut self) {
        self.log = Some(Vec::new());
    }

    /// Calls a function with the relay after every call from now on. This needs
    /// [watching](Self::watch) too.
    pub fn on_each(&mut self, watcher: impl FnMut(&Relay, &Happening) + 'static) {
        self.watcher = Some(Box::new(watcher));
    }

    /// The calls since the last look. Their output is included, and can no longer be heard.
    pub fn happenings(&mut self) -> Vec<Happening> {
        for actor in self.actors.values_mut() {
            actor.output.clear();
        }
        self.log.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Limits the output of one turn, after which the relay is asked to yield.
    pub fn limit_turns_to(&mut self, bytes: usize) {
        self.out.turn_bytes_max = bytes;
    }

    /// The time that has passed.
    pub fn clock(&self) -> Duration {
        self.clock
    }

    /// The demand of a connection.
    pub fn demand(&self, id: ConnId) -> Option<Demand> {
        Some(self.actors.get(&id)?.demand)
    }

    pub fn now(&self) -> Time {
        Time::new(
            self.clock,
            Duration::from_secs(START_UNIX_SECONDS) + self.clock,
        )
    }

    /// Connects a client to a chat listener.
    pub fn connect(&mut self) -> ConnId {
        self.connect_to(Tag::default())
    }

    /// Makes a listener of this role.
    pub fn listener(&mut self, role: Role) -> Tag {
        if let Some(twin) = &mut self.twin {
            twin.relay.tag(role);
        }
        self.relay.tag(role)
    }

    pub fn connect_to(&mut self, tag: Tag) -> ConnId {
        // The lowest free index, as a slab gives it, and a new generation every time.
        let index = (0..).find(|index| self.actors.keys().all(|id| id.index() != *index as usize));
        self.next += 1;
        let id = ConnId::new(index.expect("there is always a free index"), self.next);
        self.actors.insert(id, Actor::new());
        let address = Address::Ip(([127, 0, 0, 1], 40_000).into());
        let now = self.now();
        self.out.open.insert(id, true);
        let peer = Peer::new(tag, address, now);
        let demand = self.relay.opened(id, &peer, now, &mut self.out);
        if let Some(twin) = &mut self.twin {
            let id = twin.note_open(id, true);
            let same = twin.relay.opened(id, &peer, now, &mut twin.out);
            assert_eq!(demand, same, "the twin demands");
        }
        self.note(|| What::Opened(id, tag));
        self.settle(id, demand);
        id
    }

    /// Connects a client with a nickname. The answers are thrown away.
    pub fn arrive(&mut self, nickname: &str) -> ConnId {
        let id = self.connect();
        self.send(id, format!("{nickname}\n"));
        self.hear(id);
        id
    }

    /// Bytes arrive from a client.
    pub fn send(&mut self, id: ConnId, bytes: impl AsRef<[u8]>) {
        if let Some(actor) = self.actors.get_mut(&id) {
            let is_shown = actor.is_shown();
            actor.unread.extend_from_slice(bytes.as_ref());
            if is_shown {
                self.offer(id);
            }
        }
    }

    /// The end of a client's stream arrives.
    pub fn end(&mut self, id: ConnId) {
        self.end_with(id, CloseReason::Finished);
    }

    pub fn end_with(&mut self, id: ConnId, reason: CloseReason) {
        if let Some(actor) = self.actors.get_mut(&id) {
            let is_shown = actor.is_shown();
            actor.end = Some(reason);
            if is_shown {
                self.offer(id);
            }
        }
    }

    /// Time passes, and everything that falls due happens in its order.
    pub fn wait(&mut self, duration: Duration) {
        let until = self.clock + duration;
        let mut at_once = 0;
        while let Some(at) = self.next_due().filter(|at| *at <= until) {
            at_once = if at == self.clock { at_once + 1 } else { 0 };
            assert!(
                at_once < 1000,
                "asks for a time that has come, over and over"
            );
            self.clock = at;
            self.fire();
        }
        self.clock = until;
    }

    /// Time passes while the driver is busy, and nothing that falls due is done yet.
    pub fn be_late(&mut self, duration: Duration) {
        self.clock += duration;
    }

    pub fn wait_ms(&mut self, ms: u64) {
        self.wait(Duration::from_millis(ms));
    }

    /// The text that a client was sent since the last look.
    pub fn hear(&mut self, id: ConnId) -> String {
        String::from_utf8(self.hear_bytes(id)).expect("what the relay sends is UTF-8")
    }

    pub fn hear_bytes(&mut self, id: ConnId) -> Vec<u8> {
        self.actors
            .get_mut(&id)
            .map(|actor| std::mem::take(&mut actor.output))
            .unwrap_or_default()
    }

    /// Returns whether the relay has closed this connection.
    pub fn is_closed(&self, id: ConnId) -> bool {
        self.actors.get(&id).is_none_or(|actor| actor.is_closed)
    }

    /// The driver frees a connection. Returns the bytes that it had been sent.
    pub fn free(&mut self, id: ConnId, reason: CloseReason) -> Vec<u8> {
        self.out.open.insert(id, false);
        let now = self.now();
        self.relay.closed(id, reason, now, &mut self.out);
        if let Some(twin) = &mut self.twin {
            let id = twin.note_open(id, false);
            twin.relay.closed(id, reason, now, &mut twin.out);
        }
        self.note(|| What::Freed(id, reason));
        self.deliver();
        self.actors
            .remove(&id)
            .map(|actor| actor.output)
            .unwrap_or_default()
    }

    /// The server stops.
    pub fn stop(&mut self) {
        let now = self.now();
        self.relay.stopping(now, &mut self.out);
        if let Some(twin) = &mut self.twin {
            twin.relay.stopping(now, &mut twin.out);
        }
        self.note(|| What::Stopped);
        self.deliver();
    }

    pub fn call(&mut self, call: Call) {
        let now = self.now();
        self.relay.called(call.clone(), now, &mut self.out);
        if let Some(twin) = &mut self.twin {
            twin.relay.called(call.clone(), now, &mut twin.out);
        }
        self.note(|| What::Called(call));
        self.deliver();
    }

    /// Number of bytes of a client's input that the stage holds back.
    pub fn unread(&self, id: ConnId) -> usize {
        self.actors.get(&id).map_or(0, |actor| actor.unread.len())
    }

    /// Number of times that the relay has asked for another turn.
    pub fn yields(&self) -> usize {
        self.yields
    }

    /// From now on a turn passes only when [`Self::turn`] is called.
    pub fn take_turns(&mut self) {
        self.has_turns = true;
    }

    /// A turn of a connection that waits for one.
    pub fn turn(&mut self, id: ConnId) {
        self.offer(id);
    }

    /// A thread of the relay's own has woken the loop: whoever has waited for it gets a turn.
    pub fn woken(&mut self) {
        let now = self.now();
        self.relay.woken(now, &mut self.out);
        for id in std::mem::take(&mut self.out.resumed) {
            self.offer(id);
        }
    }

    /// Number of turns that connections have waited for the outcomes of their lines.
    pub fn waits(&self) -> usize {
        self.waits
    }

    /// Returns whether the relay has asked for the server to stop.
    pub fn was_stopped(&self) -> bool {
        self.out.stopped
    }

    fn offer(&mut self, id: ConnId) {
        loop {
            let Some(actor) = self.actors.get_mut(&id).filter(|actor| !actor.is_closed) else {
                return;
            };
            let (bytes, end) = (std::mem::take(&mut actor.unread), actor.end);
            let input = Input { bytes: &bytes, end };
            let mut taken = self.received(id, input);
            // A line whose effect comes later must have the same outcome, so for the watcher all
            // this is one call.
            while self.relay.is_waiting(id) && !self.has_turns {
                let input = Input {
                    bytes: &bytes[taken.bytes..],
                    end,
                };
                let more = self.received(id, input);
                taken = Consumed {
                    bytes: taken.bytes + more.bytes,
                    demand: more.demand,
                };
                self.waits += 1;
            }
            assert!(taken.bytes <= bytes.len(), "took more than there was");
            if let Some(actor) = self.actors.get_mut(&id) {
                actor.unread = bytes[taken.bytes..].to_vec();
            }
            self.note(|| What::Received {
                id,
                bytes,
                end,
                taken,
            });
            self.settle(id, taken.demand);
            if taken.demand != Demand::Yield || self.has_turns {
                return;
            }
        }
    }

    fn received(&mut self, id: ConnId, input: Input<'_>) -> Consumed {
        let now = self.now();
        let taken = self.relay.received(id, input, now, &mut self.out);
        if let Some(twin) = &mut self.twin {
            let same = twin.relay.received(Twin::id(id), input, now, &mut twin.out);
            assert_eq!(taken, same, "the twin takes");
        }
        taken
    }

    fn settle(&mut self, id: ConnId, demand: Demand) {
        self.yields += usize::from(demand == Demand::Yield);
        if let Some(actor) = self.actors.get_mut(&id) {
            actor.demand = demand;
        }
        self.deliver();
    }

    fn note(&mut self, what: impl FnOnce() -> What) {
        let Some(log) = self.log.as_mut() else {
            return;
        };
        let (arena, sent) = (&self.out.arena, &self.out.sent);
        let skippable = sent.iter().flat_map(|(to, chunk)| {
            let is_in = |start: usize| chunk.range().contains(&start);
            let those = self.out.skippable.iter();
            let those = those.filter(move |chunk| is_in(chunk.range().start));
            those.map(|chunk| (*to, arena[chunk.range()].to_vec()))
        });
        let happening = Happening {
            now: self.clock,
            what: what(),
            skippable: skippable.collect(),
            sent: sent
                .iter()
                .map(|(to, chunk)| (*to, arena[chunk.range()].to_vec()))
                .collect(),
            closed: self.out.closing.clone(),
        };
        if let Some(watcher) = &mut self.watcher {
            watcher(&self.relay, &happening);
        }
        log.push(happening);
    }

    fn deliver(&mut self) {
        self.relay.turn_ended();
        if let Some(twin) = &mut self.twin {
            twin.compare(&self.relay, &self.out);
        }
        for (to, chunk) in self.out.sent.drain(..) {
            if let Some(actor) = self.actors.get_mut(&to) {
                actor
                    .output
                    .extend_from_slice(&self.out.arena[chunk.range()]);
            }
        }
        self.out.arena.clear();
        self.out.skippable.clear();
        for id in self.out.closing.drain(..) {
            if let Some(actor) = self.actors.get_mut(&id) {
                actor.is_closed = true;
                actor.unread.clear();
                actor.demand = Demand::More;
            }
        }
    }

    fn next_due(&self) -> Option<Duration> {
        let demanded = self.actors.values().filter_map(|actor| match actor.demand {
            Demand::ReadOrAt(at) | Demand::PauseUntil(at) | Demand::Paced(at) => Some(at),
            Demand::More | Demand::Yield => None,
        });
        let next = demanded.chain(self.relay.deadline()).min()?;
        Some(
            next.since(Time::new(Duration::ZERO, Duration::ZERO))
                .max(self.clock),
        )
    }

    /// The connections whose time has come. If there are none, it is the relay's own time.
    fn due(&self) -> Vec<ConnId> {
        let now = self.now();
        let is_due = |actor: &Actor| match actor.demand {
            Demand::ReadOrAt(at) | Demand::PauseUntil(at) | Demand::Paced(at) => at <= now,
            Demand::More | Demand::Yield => false,
        };
        let due = self.actors.iter().filter(|(_, actor)| is_due(actor));
        due.map(|(id, _)| *id).collect()
    }

    fn fire(&mut self) {
        let now = self.now();
        for id in self.due() {
            self.offer(id);
        }
        if self.relay.deadline().is_some_and(|at| at <= now) {
            self.relay.expired(now, &mut self.out);
            if let Some(twin) = &mut self.twin {
                twin.relay.expired(now, &mut twin.out);
            }
            self.note(|| What::Expired);
            self.deliver();
        }
    }
}

impl Actor {
    /// Returns whether bytes that arrive are shown to the relay at once.
    fn is_shown(&self) -> bool {
        match self.demand {
            Demand::PauseUntil(_) => false,
            Demand::Paced(_) => self.unread.len() < 32 << 10,
            _ => true,
        }
    }

    fn new() -> Self {
        Self {
            unread: Vec::new(),
            end: None,
            demand: Demand::More,
            output: Vec::new(),
            is_closed: false,
        }
    }
}
