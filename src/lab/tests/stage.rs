//! A driver without sockets that keeps the contract of [`Protocol`]; time passes only when told to.

#[path = "../../../tests/support/recorder.rs"]
mod recorder;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::lab::{Call, Lab, LabConfig, LabEvent, Service, Visible, Watcher, What};
use crate::protocol::{
    Address, CloseReason, ConnId, Delivery, Demand, Input, Monotonic, Output, OutputRange, Peer,
    Protocol, Time, UdpPeer,
};

use recorder::Recorder;

pub(super) struct Stage {
    pub(super) lab: Lab,
    clock: Duration,
    next: u32,
    pub(super) people: BTreeMap<ConnId, Person>,
    pub(super) out: Recorder,
    pub(super) events: Arc<Mutex<Vec<String>>>,
}

#[derive(Default)]
pub(super) struct Person {
    pub(super) unread: Vec<u8>,
    end: Option<CloseReason>,
    due: Option<Monotonic>,
    pub(super) heard: Vec<u8>,
    is_closed: bool,
}

impl Stage {
    pub(super) fn new() -> Self {
        Self::with(LabConfig::default())
    }

    pub(super) fn with(config: LabConfig) -> Self {
        let events = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&events);
        let watcher = Watcher::new(move |event| seen.lock().unwrap().push(told(event)));
        Self {
            lab: Lab::new(config, watcher).unwrap(),
            clock: Duration::ZERO,
            next: 0,
            people: BTreeMap::new(),
            out: Recorder::default(),
            events,
        }
    }

    pub(super) fn now(&self) -> Time {
        Time::new(self.clock, self.clock)
    }

    /// Connects a client, from a port that is the number of the connection.
    pub(super) fn connect(&mut self, service: Service) -> ConnId {
        let id = ConnId::new(self.next, self.next);
        self.next += 1;
        let address = Address::Ip(([127, 0, 0, 1], self.next as u16).into());
        let tag = service.tag();
        self.people.insert(id, Person::default());
        self.out.open.insert(id, true);
        let now = self.now();
        let demand = self
            .lab
            .opened(id, &Peer::new(tag, address, now), now, &mut self.out);
        self.settle(id, demand);
        id
    }

    pub(super) fn send(&mut self, id: ConnId, bytes: impl AsRef<[u8]>) {
        let person = self.people.get_mut(&id).unwrap();
        person.unread.extend_from_slice(bytes.as_ref());
        self.offer(id);
    }

    pub(super) fn end(&mut self, id: ConnId, reason: CloseReason) {
        self.people.get_mut(&id).unwrap().end = Some(reason);
        self.offer(id);
        if reason != CloseReason::Finished {
            let now = self.now();
            self.out.open.insert(id, false);
            self.lab.closed(id, reason, now, &mut self.out);
        }
    }

    fn offer(&mut self, id: ConnId) {
        let now = self.now();
        let person = self.people.get_mut(&id).unwrap();
        if person.is_closed {
            return;
        }
        let bytes = std::mem::take(&mut person.unread);
        let end = person.end;
        let input = Input { bytes: &bytes, end };
        let taken = self.lab.received(id, input, now, &mut self.out);
        self.people.get_mut(&id).unwrap().unread = bytes[taken.bytes..].to_vec();
        self.settle(id, taken.demand);
    }

    fn settle(&mut self, id: ConnId, demand: Demand) {
        let person = self.people.get_mut(&id).unwrap();
        person.due = match demand {
            Demand::ReadOrAt(at) | Demand::PauseUntil(at) | Demand::Paced(at) => Some(at),
            Demand::Yield => Some(Time::new(Duration::ZERO, Duration::ZERO).monotonic()),
            Demand::More => None,
        };
        self.deliver();
    }

    fn deliver(&mut self) {
        for (to, chunk) in self.out.sent.drain(..) {
            let person = self.people.get_mut(&to).unwrap();
            person.heard.extend(&self.out.arena[chunk.range()]);
        }
        self.out.arena.clear();
        for id in self.out.closing.drain(..) {
            self.people.get_mut(&id).unwrap().is_closed = true;
        }
    }

    /// Lets time pass while the loop is busy: nothing that falls due is handled yet.
    pub(super) fn be_late(&mut self, ms: u64) {
        self.clock += Duration::from_millis(ms);
    }

    pub(super) fn wait(&mut self, ms: u64) {
        let until = self.clock + Duration::from_millis(ms);
        loop {
            let end = Time::new(until, until);
            let due = self.people.iter().filter(|(_, it)| !it.is_closed);
            let due = due.filter_map(|(id, it)| Some((it.due.filter(|at| *at <= end)?, *id)));
            let Some((at, id)) = due.min() else {
                break;
            };
            let start = Time::new(Duration::ZERO, Duration::ZERO);
            self.clock = self.clock.max(at.since(start));
            self.offer(id);
        }
        self.clock = until;
    }

    pub(super) fn typed(&mut self, line: &str) {
        let now = self.now();
        self.lab
            .called(Call::Typed(line.into()), now, &mut self.out);
        self.deliver();
    }

    #[track_caller]
    pub(super) fn hears(&mut self, id: ConnId, bytes: impl AsRef<[u8]>) {
        let heard = std::mem::take(&mut self.people.get_mut(&id).unwrap().heard);
        let shown = Visible(&heard).to_string();
        assert_eq!(shown, Visible(bytes.as_ref()).to_string());
    }

    pub(super) fn is_closed(&self, id: ConnId) -> bool {
        self.people[&id].is_closed
    }

    /// Checks the events that the teacher has seen since the last look.
    #[track_caller]
    pub(super) fn sees(&self, events: &[&str]) {
        assert_eq!(self.seen(), events);
    }

    pub(super) fn seen(&self) -> Vec<String> {
        std::mem::take(&mut *self.events.lock().unwrap())
    }

    pub(super) fn overlook(&self) {
        self.events.lock().unwrap().clear();
    }
}

/// An event in short form, in which the client is named by its port.
fn told(event: &LabEvent<'_>) -> String {
    let who = match event.address {
        Some(Address::Ip(address)) => address.port().to_string(),
        _ => String::from("-"),
    };
    let what = match event.what {
        What::Came => String::from("came"),
        What::NotEncrypted => String::from("speaks no TLS"),
        What::HandshakeFailed => String::from("failed at TLS"),
        What::Left(reason) => format!("left, {reason}"),
        What::Received { bytes, total } => {
            assert!(bytes.len() as u64 <= total);
            format!("> {}", Visible(bytes))
        }
        What::Acknowledged(bytes) => format!("sent {}", Visible(bytes)),
        What::Named(name) => format!("is {}", Visible(name)),
        What::Lines(count) => format!("{count} lines"),
        What::Waits(count) => format!("waits, of {count}"),
        What::Answered(text) => format!("< {text}"),
        What::Dismissed => String::from("dismissed"),
        What::NobodyWaits => String::from("nobody waits"),
        What::NothingTyped => String::from("nothing typed"),
    };
    format!("{who} {what}")
}
