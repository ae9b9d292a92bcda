//! A relay with a few people on it, one of whom sends the bytes of the input; time does not pass.

#[path = "../../../support/recorder.rs"]
mod recorder;

use std::time::Duration;

use parloir::relay::Role;
use parloir::{
    Address, CloseReason, ConnId, Delivery, Demand, Input, OperatorConfig, Output, OutputRange,
    Peer, Protocol, Relay, RelayConfig, Tag, Time, UdpPeer,
};
use recorder::Recorder;

const PASSWORD: &str = "sesame";

/// Takes an input apart: a byte of choices, the lengths of pieces, and the bytes to be sent. The second
/// byte says how many lengths there are.
pub fn read(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [choices, count, rest @ ..] = input else {
        return None;
    };
    let (pieces, bytes) = rest.split_at(usize::from(count % 16).min(rest.len()));
    Some((*choices, pieces, bytes))
}

pub struct Stage {
    pub actors: Vec<Actor>,
    relay: Relay,
    out: Recorder,
}

/// The index of the sender in [`Stage::actors`].
pub const SENDER: usize = 0;
/// The index of a client that has a nickname and hears everything.
pub const WITNESS: usize = 1;
/// One connection, with the state that the driver keeps of it, and the bytes that it was sent.
pub struct Actor {
    pub role: Role,
    pub is_closed: bool,
    heard: Vec<u8>,
    /// The end of each message in `heard`.
    ends: Vec<usize>,
    id: ConnId,
    unread: Vec<u8>,
    end: Option<CloseReason>,
}

impl Actor {
    pub fn heard(&self) -> &[u8] {
        &self.heard
    }

    /// The messages that the client was sent, one by one.
    pub fn messages(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts
            .zip(&self.ends)
            .map(|(start, end)| &self.heard[*start..*end])
    }
}

impl Stage {
    /// A stage with a sender of this role, which has said nothing yet, and other clients to hear
    /// it.
    pub fn new(role: Role, is_locked: bool, line_bytes_max: usize) -> Self {
        let config = RelayConfig {
            rate: 0,
            line_bytes_max,
            password: is_locked.then(|| PASSWORD.into()),
            motd: vec!["be kind".into()],
            operators: vec![OperatorConfig {
                name: "root".into(),
                password: PASSWORD.into(),
            }],
            history: 8,
            // Few, so that some calls leave lines for the next one.
            lines_per_turn: 4,
            ..RelayConfig::default()
        };
        let mut stage = Self {
            actors: Vec::new(),
            relay: Relay::new(config).expect("these settings are valid"),
            out: Recorder {
                turn_bytes_max: 512,
                ..Recorder::default()
            },
        };
        let tag = stage.relay.tag(role);
        stage.connect(role, tag);
        let line = stage.relay.tag(Role::Line);
        stage.connect(Role::Line, line);
        stage.unlock(WITNESS, is_locked);
        stage.say(WITNESS, b"alice\n");
        // A client without a nickname, a client that cannot have one, and one more of the sender's
        // kind.
        let listen = stage.relay.tag(Role::Listen);
        for (role, tag, first) in [
            (Role::Line, line, "/who\n"),
            (Role::Listen, listen, ""),
            (role, tag, ""),
        ] {
            let other = stage.connect(role, tag);
            stage.unlock(other, is_locked);
            stage.say(other, first.as_bytes());
        }
        stage
    }

    fn connect(&mut self, role: Role, tag: Tag) -> usize {
        let place = self.actors.len();
        let id = ConnId::new(place as u32, 7);
        self.actors.push(Actor {
            role,
            is_closed: false,
            heard: Vec::new(),
            ends: Vec::new(),
            id,
            unread: Vec::new(),
            end: None,
        });
        let address = Address::Ip(([127, 0, 0, 1], 40_000).into());
        self.out.open.insert(id, true);
        self.relay
            .opened(id, &Peer::new(tag, address, now()), now(), &mut self.out);
        self.deliver();
        place
    }

    /// Gives the password for a client, if there is one.
    pub fn unlock(&mut self, place: usize, is_locked: bool) {
        // The host of a server needs no password.
        if is_locked && self.actors[place].role != Role::Host {
            self.say(place, format!("{PASSWORD}\n").as_bytes());
        }
    }

    /// Forgets all bytes that a client has heard so far.
    pub fn forget(&mut self, place: usize) {
        let actor = &mut self.actors[place];
        (actor.heard, actor.ends) = Default::default();
    }

    /// Bytes arrive from a client. Without bytes, the call only lets the relay look at the clock.
    pub fn say(&mut self, place: usize, bytes: &[u8]) {
        self.actors[place].unread.extend_from_slice(bytes);
        self.offer(place);
    }

    /// The sender sends these bytes, cut into pieces of these lengths over and over, and then the
    /// driver frees its connection. A length of zero only lets the relay look at the clock.
    pub fn send_and_go(&mut self, bytes: &[u8], pieces: &[u8], ends: bool) {
        let mut rest = bytes;
        // A list that holds only zeros would never reach the end of the input.
        for length in pieces.iter().cycle().take(4 * bytes.len()) {
            let (piece, later) = rest.split_at(usize::from(*length).min(rest.len()));
            self.say(SENDER, piece);
            rest = later;
        }
        self.say(SENDER, rest);
        if ends {
            self.actors[SENDER].end = Some(CloseReason::Finished);
            self.offer(SENDER);
        }
        self.free(SENDER);
    }

    /// Checks that the cuts have made no difference to anyone.
    pub fn assert_same_when_cut(&self, cut: &Self) {
        for (place, (whole, cut)) in self.actors.iter().zip(&cut.actors).enumerate() {
            let (one, other) = (whole.heard.escape_ascii(), cut.heard.escape_ascii());
            assert!(whole.heard == cut.heard, "when cut:\n  {one}\n  {other}");
            assert_eq!(whole.is_closed, cut.is_closed, "actor {place}, when cut");
        }
    }

    /// The driver frees a connection. Whether the relay had closed it remains to be seen.
    fn free(&mut self, place: usize) {
        let id = self.actors[place].id;
        self.out.open.insert(id, false);
        self.relay
            .closed(id, CloseReason::Finished, now(), &mut self.out);
        self.deliver();
        assert!(
            !self.relay.hub().is_here(id),
            "someone gone is still in a room"
        );
    }

    fn offer(&mut self, place: usize) {
        loop {
            let actor = &mut self.actors[place];
            if actor.is_closed {
                return;
            }
            let (id, bytes) = (actor.id, std::mem::take(&mut actor.unread));
            let input = Input {
                bytes: &bytes,
                end: actor.end,
            };
            let taken = self.relay.received(id, input, now(), &mut self.out);
            self.actors[place].unread = bytes[taken.bytes..].to_vec();
            self.deliver();
            match taken.demand {
                Demand::Yield => {}
                Demand::More | Demand::ReadOrAt(_) => return,
                Demand::PauseUntil(_) | Demand::Paced(_) => {
                    panic!("held up although there is no limit")
                }
            }
        }
    }

    fn deliver(&mut self) {
        for (to, chunk) in self.out.sent.drain(..) {
            let actor = &mut self.actors[to.index()];
            assert!(actor.id == to, "sent to {to}, which never was");
            // A chunk may be encoded as empty, if it is nothing to some recipients, but the relay
            // does not send it.
            assert!(!chunk.range().is_empty(), "an empty message is sent");
            actor
                .heard
                .extend_from_slice(&self.out.arena[chunk.range()]);
            actor.ends.push(actor.heard.len());
        }
        self.out.arena.clear();
        self.out.skippable.clear();
        for id in self.out.closing.drain(..) {
            self.actors[id.index()].is_closed = true;
        }
    }
}

fn now() -> Time {
    Time::new(Duration::from_secs(60), Duration::from_secs(1_795_183_387))
}
