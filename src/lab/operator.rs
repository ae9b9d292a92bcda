//! `operator`: a person answers messages one at a time, in the order in which they came.

use std::collections::VecDeque;

use super::message::{MessageArrival, MessagePiece};
use super::slots::Slots;
use super::{Service, Watcher, What};
use crate::protocol::{
    Address, CloseReason, ConnId, Consumed, Demand, Input, Output, Peer, Protocol, Time,
};
use crate::relay::one_line;

/// Number of messages of one client that may wait for an answer. Further ones are shown, and get none.
const UNANSWERED_MAX: usize = 16;

/// Number of messages of all clients that may wait: more than a person answers in a lesson.
const WAITING_MAX: usize = 1024;

/// The typed line that closes a client instead of answering it.
const EXIT: &str = "exit";

/// Shows messages, and hands each line that is typed to the client that has waited longest.
///
/// A client that has ended its input may have closed its connection altogether, which looks the same
/// from here. It gets its answer when no other client waits any more: clients that are certainly there
/// come first, since an answer to one that has gone is lost to those who wait.
#[derive(Debug)]
pub struct Operator {
    watcher: Watcher,
    clients: Slots<Waiting>,
    /// One entry for every message without an answer, oldest first.
    waiting: VecDeque<ConnId>,
    /// The client that the teacher was last told to be answering. It is told again when the turn changes,
    /// also because a client left, or the next line would go to somebody else than the teacher thinks.
    shown: Option<ConnId>,
}

#[derive(Debug)]
struct Waiting {
    address: Address,
    arrival: MessageArrival,
    unanswered: usize,
    has_ended: bool,
}

impl Operator {
    /// A service that tells the watcher of messages, of answers, and of the client whose turn it is.
    pub fn new(watcher: Watcher) -> Self {
        Self {
            watcher,
            clients: Slots::default(),
            waiting: VecDeque::new(),
            shown: None,
        }
    }

    /// Handles a typed line: `exit`, or an answer, which is sent without a newline and without the
    /// control characters that a terminal's keys leave in it.
    pub fn typed(&mut self, line: &str, out: &mut impl Output) {
        let line = one_line(line);
        let Some(at) = self.next() else {
            return self.say(What::NobodyWaits);
        };
        if line.trim().is_empty() {
            return self.say(What::NothingTyped);
        }
        let id = self.waiting[at];
        let Some(client) = self.clients.get_mut(id) else {
            return;
        };
        let address = client.address;
        self.shown = None;
        if line.trim() == EXIT {
            self.watcher
                .tell(Service::Operator, address, What::Dismissed);
            self.forget(id);
            out.close(id);
        } else {
            client.unanswered -= 1;
            let is_last = client.has_ended && client.unanswered == 0;
            self.waiting.remove(at);
            self.watcher
                .tell(Service::Operator, address, What::Answered(&line));
            out.reply(id, line.as_bytes());
            if is_last {
                out.close(id);
            }
        }
        self.show_next();
    }

    /// The place in the queue of the message whose turn it is.
    fn next(&self) -> Option<usize> {
        let is_there = |id: &ConnId| self.clients.get(*id).is_some_and(|it| !it.has_ended);
        let certain = self.waiting.iter().position(is_there);
        certain.or((!self.waiting.is_empty()).then_some(0))
    }

    fn show_next(&mut self) {
        let next = self.next().map(|at| self.waiting[at]);
        if next != self.shown
            && let Some(client) = next.and_then(|id| self.clients.get(id))
        {
            let what = What::Waits(self.waiting.len());
            self.watcher.tell(Service::Operator, client.address, what);
        }
        self.shown = next;
    }

    fn say(&self, what: What<'_>) {
        self.watcher.tell_of(Service::Operator, None, what);
    }

    /// Forgets a client, which waits no longer.
    fn forget(&mut self, id: ConnId) {
        self.clients.remove(id);
        self.waiting.retain(|other| *other != id);
    }
}

impl Protocol for Operator {
    type Call = String;

    fn opened(&mut self, id: ConnId, peer: &Peer, _: Time, _: &mut impl Output) -> Demand {
        let client = Waiting {
            address: peer.address,
            arrival: MessageArrival::default(),
            unanswered: 0,
            has_ended: false,
        };
        self.clients.insert(id, client);
        Demand::More
    }

    fn received(
        &mut self,
        id: ConnId,
        input: Input<'_>,
        now: Time,
        out: &mut impl Output,
    ) -> Consumed {
        let (bytes, demand) = (input.bytes.len(), Demand::More);
        let Some(client) = self.clients.get_mut(id) else {
            return Consumed { bytes, demand };
        };
        client.has_ended = input.end.is_some();
        if bytes > 0 {
            if let Err(demand) = client.arrival.look(input, MessagePiece::Whole, now) {
                return Consumed { bytes: 0, demand };
            }
            client.arrival.take(input.bytes);
            self.watcher
                .tell_received(Service::Operator, client.address, input.bytes);
            // A client whose connection broke off waits for no answer.
            let can_wait = matches!(input.end, None | Some(CloseReason::Finished));
            if can_wait && client.unanswered < UNANSWERED_MAX && self.waiting.len() < WAITING_MAX {
                client.unanswered += 1;
                self.waiting.push_back(id);
            }
        }
        if client.has_ended && client.unanswered == 0 {
            out.close(id);
        }
        self.show_next();
        Consumed { bytes, demand }
    }

    fn closed(&mut self, id: ConnId, _: CloseReason, _: Time, _: &mut impl Output) {
        self.forget(id);
        self.show_next();
    }

    fn called(&mut self, line: String, _: Time, out: &mut impl Output) {
        self.typed(&line, out);
    }
}
