//! The client without its I/O: decides what to show, to send and to dial for each event.
//!
//! An event or a time goes in, a list of actions comes out; there is no other effect. So its
//! tests need no sockets and no waiting, and random events hold it to its rules: nothing comes after the end.
//!
//! ```text
//!  typed ─▶ waiting ─▶ send_queue ─▶ Send ─▶ unwritten ─▶ Sent
//!              ▲            │ asks
//!              │            ▼
//!  too many: no more     link: is somebody there, and may they be sent a line?
//!  is read from a pipe      ▲
//!                connect, receive, joining, shutdown change it
//! ```

mod connect;
mod interface;
mod joining;
mod link;
mod receive;
mod relay;
mod send_queue;
mod shutdown;
mod state;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, VecDeque};

use parloir::lines::{Line, LineReader};
use parloir::{Monotonic, Time};

use super::target::Destination;
use link::Link;
use relay::HeardNames;
use state::{Identity, Joining, Known, Leaving, Typed, Visitor};

pub(crate) use interface::Settings;
pub(super) use interface::{Effect, Failure, LineKind, LinkId, LoopEvent};

/// Number of bytes in a line that is shown or typed, at most. A relay's own lines are far shorter.
pub(super) const LINE_BYTES_MAX: usize = 64 << 10;

/// Number of lines that may wait to be sent, and of their bytes; past either, no more is read from a
/// pipe.
const WAITING_MAX: usize = 1000;
const WAITING_BYTES_MAX: usize = 256 << 10;

/// The client's whole state.
pub(super) struct Dialogue {
    settings: Settings,
    target: Option<Destination>,
    known: Known,
    link: Link,
    /// A dial to another target, while the current connection stays: a target where nobody listens would
    /// otherwise leave the user with nobody.
    joining: Option<Joining>,
    /// Lines and commands that were typed and not yet handed to a connection.
    waiting: VecDeque<Typed>,
    waiting_bytes: usize,
    /// Number of bytes handed to the connection and not yet written.
    unwritten: usize,
    visitors: BTreeMap<LinkId, Visitor>,
    identity: Identity,
    names: HeardNames,
    /// Number of connections dialed so far.
    dialed: u64,
    /// Number of attempts since the client was last connected.
    tries: u32,
    /// With input from a pipe: time at which waiting for a peer to talk to is given up.
    give_up_at: Option<Monotonic>,
    /// Lines handed to this connection in the last moments, which may be lost with it. That a socket has
    /// taken them does not mean that the peer has read them.
    recent: VecDeque<(Time, String)>,
    leaving: Option<Leaving>,
    /// Some of the input may not have arrived. Once set it stays: a script fails then, whatever comes later.
    is_undelivered: bool,
    is_finished: bool,
    /// The reason why there is no connection, in a few words.
    trouble: String,
    out: Vec<Effect>,
}

impl Dialogue {
    pub(super) fn new(settings: Settings) -> Self {
        let identity = Identity::new(&settings);
        Self {
            target: settings.target.clone(),
            settings,
            known: Known::Nothing,
            link: Link::None,
            joining: None,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            unwritten: 0,
            visitors: BTreeMap::new(),
            identity,
            names: HeardNames::default(),
            dialed: 0,
            tries: 0,
            give_up_at: None,
            recent: VecDeque::new(),
            leaving: None,
            is_undelivered: false,
            is_finished: false,
            trouble: String::new(),
            out: Vec::new(),
        }
    }

    /// The actions to take before any event.
    pub(super) fn start(&mut self, now: Time) -> Vec<Effect> {
        if self.settings.is_interactive {
            self.show(LineKind::Welcome, "Welcome to Messenger !");
        }
        if self.target.is_some() {
            self.dial(now);
        } else if !self.settings.is_interactive && !self.settings.is_listening {
            self.give_up_at = Some(now + self.settings.timeout);
        }
        std::mem::take(&mut self.out)
    }

    pub(super) fn handle(&mut self, event: LoopEvent, now: Time) -> Vec<Effect> {
        match event {
            _ if self.is_finished => return Vec::new(),
            LoopEvent::Typed(line) => self.take_typed(line, now),
            LoopEvent::TypedTooMuch => {
                self.is_undelivered = true;
                let text = format!("a line of more than {LINE_BYTES_MAX} bytes: not sent");
                self.show(LineKind::Trouble, text);
            }
            // After a `/quit`, the end of the input says nothing new.
            LoopEvent::InputEnded if self.leaving.is_some() => {}
            LoopEvent::InputEnded => self.leave(None, now),
            LoopEvent::Interrupted if self.settings.is_interactive => self.leave(None, now),
            LoopEvent::Interrupted => {
                self.is_undelivered |= self.has_something_under_way();
                self.finish();
            }
            LoopEvent::Visited { link, from } => {
                let inbound = LineReader::new(LINE_BYTES_MAX);
                self.visitors.insert(link, Visitor { from, inbound });
            }
            LoopEvent::Received { link, bytes } => match self.visitors.get_mut(&link) {
                Some(visitor) => {
                    let heard = visitor.inbound.read(&bytes, now);
                    let from = visitor.from.clone();
                    self.show_said(&from, heard);
                }
                None => self.take_received(link, &bytes, now),
            },
            LoopEvent::Ended { link, broken } => match self.visitors.remove(&link) {
                Some(mut visitor) => {
                    let last = visitor.inbound.flush().map(Line::Text);
                    self.show_said(&visitor.from, last);
                }
                None => self.take_end(link, broken.as_deref(), now),
            },
            LoopEvent::Dialed { link, round_trip } => self.take_connected(link, round_trip, now),
            LoopEvent::Failed { link, failure } => self.take_failed(link, &failure, now),
            LoopEvent::Sent { link, bytes } => {
                if self.is_current(link) {
                    self.unwritten = self.unwritten.saturating_sub(bytes);
                }
            }
        }
        self.go_on(now);
        self.take_actions()
    }

    /// Handles everything that is due by now.
    pub(super) fn tick(&mut self, now: Time) -> Vec<Effect> {
        if self.is_finished {
            return Vec::new();
        }
        let is_due = |at: Option<Monotonic>| at.is_some_and(|at| at <= now);
        let mut messages = Vec::new();
        for visitor in self.visitors.values_mut() {
            if is_due(visitor.inbound.due())
                && let Some(line) = visitor.inbound.flush()
            {
                messages.push((visitor.from.clone(), line));
            }
        }
        for (from, line) in messages {
            self.show_said(&from, [Line::Text(line)]);
        }
        self.tick_link(now);
        if is_due(self.leaving.as_ref().and_then(|leaving| leaving.until)) {
            self.leave_at_once();
        }
        if is_due(self.give_up_at) && !self.is_finished {
            self.give_up();
        }
        self.go_on(now);
        self.take_actions()
    }

    /// Time at which to call [`Self::tick`], if no event comes before.
    pub(super) fn due(&self) -> Option<Monotonic> {
        if self.is_finished {
            return None;
        }
        let visitors = self.visitors.values();
        visitors
            .filter_map(|visitor| visitor.inbound.due())
            .chain(self.link_due())
            .chain(self.leaving.as_ref().and_then(|leaving| leaving.until))
            .chain(self.give_up_at)
            .min()
    }

    /// Returns whether there is room for more lines. Bytes that the connection has and the socket has not
    /// count as well, because the queue between the two has no limit of its own.
    pub(super) fn wants_input(&self) -> bool {
        self.waiting.len() < WAITING_MAX && self.waiting_bytes + self.unwritten < WAITING_BYTES_MAX
    }

    /// Returns whether the next line typed is a password, which must not be shown.
    pub(super) fn asks_for_secret(&self) -> bool {
        self.joining.is_none() && self.link.asks_for_password()
    }

    /// Returns whether a dial is under way, so that it will soon be known if a peer is there.
    pub(super) fn is_connecting(&self) -> bool {
        self.joining.is_some() || matches!(self.link, Link::Dialing(_))
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.leaving.is_some() || self.is_finished
    }

    pub(super) fn is_interactive(&self) -> bool {
        self.settings.is_interactive
    }

    /// Nicknames heard of, the latest first.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.latest_first()
    }

    /// The actions that were decided on; none comes after [`Effect::Finish`]. An event may have decided on
    /// more, such as to dial again, before it came to the end.
    fn take_actions(&mut self) -> Vec<Effect> {
        let mut actions = std::mem::take(&mut self.out);
        let end = |action: &Effect| matches!(action, Effect::Finish(_));
        if let Some(at) = actions.iter().position(end) {
            actions.truncate(at + 1);
        }
        actions
    }

    fn take_typed(&mut self, line: String, now: Time) {
        if self.leaving.is_some() || line.trim().is_empty() {
            return;
        }
        if is_command(&line, "/quit") {
            return self.leave(Some(line), now);
        }
        if let Some(joined) = join_of(&line) {
            return match joined {
                Ok(target) if self.settings.is_interactive => {
                    self.say_what_is_unsent("");
                    self.join(target, now);
                }
                Ok(target) => self.waiting.push_back(Typed::Join(target)),
                Err(why) => self.refuse(&format!("{why}; usage: /join HOST PORT")),
            };
        }
        if !self.wants_input() {
            return self.refuse(&format!("too many lines wait already; not sent: {line}"));
        }
        self.waiting_bytes += line.len();
        self.waiting.push_back(Typed::Line(line));
    }

    /// Reports that something typed is not carried out.
    fn refuse(&mut self, why: &str) {
        self.is_undelivered = true;
        self.show(LineKind::Trouble, why);
    }

    fn show(&mut self, kind: LineKind, text: impl Into<String>) {
        self.out.push(Effect::Show(kind, text.into()));
    }

    fn show_said(&mut self, from: &str, heard: impl IntoIterator<Item = Line>) {
        for heard in heard {
            let text = match heard {
                Line::Text(text) => text,
                Line::TooLong => format!("(a line of more than {LINE_BYTES_MAX} bytes)"),
            };
            let label = format!("{from} said:");
            self.show(LineKind::Said(label.len()), format!("{label} {text}"));
        }
    }
}

/// Returns whether a line is this command, whatever follows; case does not matter.
fn is_command(line: &str, name: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    line.starts_with('/') && first.eq_ignore_ascii_case(name)
}

/// Parses `/join HOST PORT`, which is a command of the client. `/join ROOM` is a command of the relay,
/// and so is `/join ROOM KEY`, if the key is not a number.
fn join_of(line: &str) -> Option<Result<Destination, String>> {
    if !is_command(line, "/join") {
        return None;
    }
    let arguments: Vec<&str> = line.split_whitespace().skip(1).collect();
    let [host, port] = arguments[..] else {
        return None;
    };
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Destination::of(host, port))
}
