//! The cases: each is a closure that does a fixed amount of work, and the number of units in it.

use std::hint::black_box;
use std::time::Duration;

use parloir::relay::Role;
use parloir::relay::hub::{
    Action, Addressee, Event, EventLevel, Host, Hub, Nick, Rank, Recipient, Sink, Utterance,
};
use parloir::{
    Address, ConnId, Consumed, Delivery, Demand, Input, Output, OutputRange, Peer, Protocol, Relay,
    RelayConfig, Tag, Time,
};

use crate::relay::{clean, split};

#[path = "hostile.rs"]
mod hostile;

/// Number of lines in one input: as many as one read of a busy sender brings.
const LINES: usize = 64;
/// Number of recipients of a broadcast.
const HEARERS: u32 = 1_000;

/// One case.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) what: &'static str,
    /// Number of units in one run.
    pub(crate) units: fn() -> usize,
    pub(crate) prepare: fn() -> Box<dyn FnMut()>,
}

/// All cases.
pub(crate) fn cases() -> impl Iterator<Item = &'static Case> {
    CASES.iter().chain(hostile::CASES)
}

const CASES: &[Case] = &[
    Case {
        name: "split-whole",
        unit: "line",
        what: "64 lines of 64 bytes in one read, cut where they lie",
        units: || LINES,
        prepare: || split(&stream(ASCII), LINES, usize::MAX),
    },
    Case {
        name: "split-pieces",
        unit: "line",
        what: "the same in pieces of 100 bytes: most lines are copied",
        units: || LINES,
        prepare: || split(&stream(ASCII), LINES, 100),
    },
    Case {
        name: "clean-ascii",
        unit: "line",
        what: "a line of 63 plain bytes, decoded and cleaned",
        units: || LINES,
        prepare: || clean(line(ASCII), LINES),
    },
    Case {
        name: "clean-accents",
        unit: "line",
        what: "the same length with accents",
        units: || LINES,
        prepare: || clean(line(ACCENTS), LINES),
    },
    Case {
        name: "clean-escapes",
        unit: "line",
        what: "the same length with colours to be taken out",
        units: || LINES,
        prepare: || clean(line(ESCAPES), LINES),
    },
    Case {
        name: "relay-alone",
        unit: "line",
        what: "from bytes to an event that one other hears: split, cleaned, understood, encoded, kept",
        units: || LINES,
        prepare: || relay(Tag::default(), 1),
    },
    Case {
        name: "relay-fan-out",
        unit: "delivery",
        what: "the same that 1,000 hear",
        units: || LINES * HEARERS as usize,
        prepare: || relay(Tag::default(), HEARERS),
    },
    Case {
        name: "messages-alone",
        unit: "line",
        what: "relay-alone, but the 64 lines are as many WebSocket messages",
        units: || LINES,
        prepare: messages,
    },
    Case {
        name: "messages-fan-out",
        unit: "delivery",
        what: "64 lines that 1,000 WebSockets hear as messages",
        units: || LINES * HEARERS as usize,
        prepare: || room(&stream(ASCII), HEARERS, join, join_browser),
    },
    Case {
        name: "broker-fan-out",
        unit: "delivery",
        what: "the same on a broker listener",
        units: || LINES * HEARERS as usize,
        prepare: || relay(Tag(1), HEARERS),
    },
    Case {
        name: "hub-fan-out",
        unit: "delivery",
        what: "a command of the hub that 1,000 hear, into a sink that counts",
        units: || LINES * HEARERS as usize,
        prepare: hub,
    },
    Case {
        name: "arrivals",
        unit: "arrival",
        what: "1,000 connect, take a nickname in one room, and leave",
        units: || HEARERS as usize,
        prepare: arrivals,
    },
];

const ASCII: &str = "the quick brown fox jumps over the lazy dog, and then once again";
const ACCENTS: &str = "le cœur déçu mais l'âme plutôt naïve, Louÿs rêva de crapaüter";
const ESCAPES: &str =
    "\u{1b}[31mred\u{1b}[0m and \u{1b}[1;32mgreen\u{1b}[0m and plain text behind them";

/// The first 63 bytes of a text, or a little less if that is inside a character.
fn line(text: &str) -> &str {
    let end = (0..=63).rev().find(|&end| text.is_char_boundary(end));
    &text[..end.unwrap_or(0)]
}

fn stream(text: &str) -> Vec<u8> {
    format!("{}\n", line(text)).repeat(LINES).into_bytes()
}

/// The same lines, each as a message from a browser: a masked frame.
fn messages() -> Box<dyn FnMut()> {
    let mut bytes = Vec::new();
    for _ in 0..LINES {
        bytes.extend(message(line(ASCII)));
    }
    room(&bytes, 1, join_browser, join)
}

fn message(text: &str) -> Vec<u8> {
    const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
    let length = u8::try_from(text.len()).expect("a short one");
    let masked = text.bytes().zip(MASK.into_iter().cycle());
    let masked = masked.map(|(byte, mask)| byte ^ mask);
    [0x81, 0x80 | length]
        .into_iter()
        .chain(MASK)
        .chain(masked)
        .collect()
}

fn relay(tag: Tag, hearers: u32) -> Box<dyn FnMut()> {
    let join = match tag {
        Tag(0) => join,
        _ => join_broker,
    };
    room(&stream(ASCII), hearers, join, join)
}

/// Connects a client and lets it enter a room.
type Join = fn(&mut Relay, u32, &mut Counter);

/// A relay with one speaker, who enters the room first, and several recipients.
fn room(bytes: &[u8], hearers: u32, speaker: Join, hearer: Join) -> Box<dyn FnMut()> {
    let mut relay = quiet_relay();
    let mut out = Counter::default();
    speaker(&mut relay, 0, &mut out);
    for index in 1..=hearers {
        hearer(&mut relay, index, &mut out);
    }
    let bytes = bytes.to_vec();
    Box::new(move || {
        out.begin_turn();
        let taken = relay.received(ConnId::new(0, 1), input(&bytes), now(), &mut out);
        assert_eq!(taken.bytes, bytes.len(), "all of it is taken in one call");
        // Lines that arrive together are sent as one range, so the bytes are counted, not the
        // calls.
        assert!(out.arena.len() >= LINES * 63, "every line is there");
        let all = out.arena.len() * hearers as usize;
        assert_eq!(out.sent_bytes, all, "everyone hears every line");
    })
}

fn hub() -> Box<dyn FnMut()> {
    let mut hub = Hub::new(RelayConfig::default());
    let mut sink = CountingSink::default();
    for index in 0..=HEARERS {
        let id = ConnId::new(index, 1);
        let admit = Action::Admit {
            level: EventLevel::Room,
            host: Host::default(),
            address: None,
            enters_default: true,
        };
        hub.apply(id, &admit, now(), &mut sink).expect("a guest");
        let arrive = Action::Arrive {
            nick: Nick::Like(&format!("c{index}")),
            names: None,
        };
        hub.apply(id, &arrive, now(), &mut sink)
            .expect("a nickname");
    }
    Box::new(move || {
        sink.heard = 0;
        for _ in 0..LINES {
            let id = ConnId::new(0, 1);
            let say = Action::Say {
                room: hub.first_room(id).expect("it is in the lobby").into(),
                at_least: Rank::Member,
                what: Utterance::message(black_box(ASCII)),
            };
            hub.apply(id, &say, now(), &mut sink)
                .expect("whoever is in the room may speak");
        }
        assert_eq!(sink.heard, LINES * HEARERS as usize);
    })
}

fn arrivals() -> Box<dyn FnMut()> {
    let mut relay = quiet_relay();
    let mut out = Counter::default();
    let mut generation = 1;
    Box::new(move || {
        out.begin_turn();
        for index in 0..HEARERS {
            let id = ConnId::new(index, generation);
            relay.opened(id, &peer(Tag::default()), now(), &mut out);
            relay.received(id, input(format!("c{index}\n").as_bytes()), now(), &mut out);
        }
        assert_eq!(relay.hub().named(), HEARERS as usize, "all have arrived");
        for index in 0..HEARERS {
            let reason = parloir::CloseReason::Finished;
            relay.closed(ConnId::new(index, generation), reason, now(), &mut out);
        }
        generation += 1;
    })
}

fn now() -> Time {
    Time::new(Duration::ZERO, Duration::from_secs(1_795_183_387))
}

fn quiet_relay() -> Relay {
    let config = RelayConfig {
        rate: 0,
        ..RelayConfig::default()
    };
    let mut relay = Relay::new(config).expect("only the rate differs from the defaults");
    relay.tag(Role::Broker);
    relay
}

fn join(relay: &mut Relay, index: u32, out: &mut Counter) {
    let taken = come(relay, index, Tag(0), format!("c{index}\n").as_bytes(), out);
    assert_eq!(taken.demand, Demand::More, "it is in");
}

fn join_broker(relay: &mut Relay, index: u32, out: &mut Counter) {
    let taken = come(relay, index, Tag(1), b"", out);
    assert_eq!(taken.demand, Demand::More, "it is in");
}

fn join_browser(relay: &mut Relay, index: u32, out: &mut Counter) {
    let request =
        b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Protocol: line.parloir\r\n\r\n";
    let bytes = [request, &message(&format!("c{index}"))[..]].concat();
    let taken = come(relay, index, Tag(0), &bytes, out);
    let is_in = matches!(taken.demand, Demand::ReadOrAt(_));
    assert!(is_in, "it is in, and will be pinged");
}

/// Connects a client that sends these bytes first.
fn come(relay: &mut Relay, index: u32, tag: Tag, bytes: &[u8], out: &mut Counter) -> Consumed {
    let id = ConnId::new(index, 1);
    relay.opened(id, &peer(tag), now(), out);
    relay.received(id, input(bytes), now(), out)
}

fn peer(tag: Tag) -> Peer {
    let address = Address::Ip(([127, 0, 0, 1], 40_000).into());
    Peer::new(tag, address, now())
}

fn input(bytes: &[u8]) -> Input<'_> {
    Input { bytes, end: None }
}

/// An output that does only what the driver must: it keeps an arena, and counts the bytes to be
/// sent.
#[derive(Default)]
struct Counter {
    arena: Vec<u8>,
    sent_bytes: usize,
}

impl Counter {
    fn begin_turn(&mut self) {
        self.arena.clear();
        self.sent_bytes = 0;
    }
}

impl Output for Counter {
    fn encode(&mut self, _: Delivery, write: impl FnOnce(&mut Vec<u8>)) -> OutputRange {
        let start = self.arena.len() as u32;
        write(&mut self.arena);
        OutputRange::new(start, self.arena.len() as u32)
    }

    fn send(&mut self, to: ConnId, range: OutputRange) {
        black_box((to, range));
        self.sent_bytes += range.range().len();
    }

    fn close(&mut self, _: ConnId) {}

    fn stop(&mut self) {}

    fn is_full(&self) -> bool {
        false
    }
}

#[derive(Default)]
struct CountingSink {
    heard: usize,
}

impl Sink for CountingSink {
    fn to_room<'e>(
        &mut self,
        _: &str,
        audience: impl Iterator<Item = Recipient>,
        events: impl Iterator<Item = Event<'e>> + Clone,
    ) {
        events.for_each(|event| drop(black_box(event)));
        for recipient in audience {
            black_box(recipient);
            self.heard += 1;
        }
    }

    fn to_peers(&mut self, audience: impl Iterator<Item = Recipient>, _: &Event<'_>) {
        audience.for_each(|recipient| {
            black_box(recipient);
        });
    }

    fn to_one(&mut self, to: Addressee<'_>, _: &Event<'_>) {
        black_box(to);
    }

    fn dismissed(&mut self, id: ConnId) {
        black_box(id);
    }
}
