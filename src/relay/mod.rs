//! The chat, as a [`Protocol`]: pure, with no socket and no clock. The driver (`net`) calls it with bytes and
//! a time, and it answers with bytes to send and with the time at which it wants to be called again.
//!
//! ```text
//!  bytes ─▶ detect ─▶ framing ─▶ dialect ─▶ Action ─▶ hub
//!                                                     │
//!  bytes ◀─ one chunk per wire format ◀─ encoder ◀─ Event
//! ```
//!
//! | module | its one job |
//! | --- | --- |
//! | `session` | one connection's conversation: from its bytes to their meaning |
//! | `conn`, `role`, `budget` | one connection, whatever is spoken over it, and the lines that it may send |
//! | `detect` | the dialect of a connection, told from its first bytes |
//! | `sniff`, `first_line` | requests and TLS, told from text |
//! | `foreign` | hellos of protocols that are not spoken here |
//! | `framing` | the ends of lines and of WebSocket frames, and their clean text |
//! | `input` | a connection's bytes to lines, each in its time |
//! | `newcomer`, `password` | connections that are nobody yet |
//! | `dialect` | lines to actions, events to lines |
//! | `context` | the state that a dialect may use, and the order in which things come about |
//! | `message_batch` | the messages that one person says in one go |
//! | `pending` | a line that waits for the outcome of its actions, or for an answer of the store |
//! | `waiting` | connections whose last line has not come about yet |
//! | `past` | what was said, out of the hub and the store |
//! | `http` | requests, answered once |
//! | `preconnect` | silent connections that are a browser's spare ones |
//! | `reject` | refusals for peers that may not come in |
//! | `origins` | limits that all connections from one place share |
//! | [`hub`] | rooms, nicknames, topics, history |
//! | `encoder`, `wire_format` | an event into bytes, once for each wire format |
//! | `keeper`, `questions` | a store, what goes between it and the hub, and what it is asked |
//! | `remote`, `hooks` | the ways in which the host program takes part |

mod broker;
mod budget;
mod conn;
mod context;
mod detect;
mod dialect;
mod encoder;
mod first_line;
mod foreign;
pub(crate) mod framing;
mod hooks;
mod http;
pub mod hub;
pub(crate) mod input;
mod keeper;
mod message_batch;
mod newcomer;
mod origins;
mod password;
mod past;
mod pending;
mod preconnect;
mod questions;
mod reject;
mod remote;
mod role;
mod session;
mod sniff;
mod waiting;
mod wire_format;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use crate::config::RelayConfig;
use crate::error::Error;
use crate::protocol::{
    CloseReason, ConnId, Consumed, Demand, Input, Monotonic, Output, Peer, Protocol, RejectReason,
    Skipped, Tag, Time, Waker,
};
use crate::store::{LoadLimits, Store};
use crate::table::{table, trim};

#[cfg(feature = "lab")]
pub(crate) use framing::may_end_as_received;
#[cfg(feature = "lab")]
pub(crate) use hooks::one_line;

#[cfg(feature = "store")]
pub(crate) use dialect::cleaned;
pub(crate) use dialect::line::is_refusal;

pub use hooks::{Answer, Hooks, Verdict};
pub use remote::Call;
pub use role::Role;

use broker::Broker;
use budget::Budget;
use conn::{Conn, Others};
use context::{Chat, Context, NOBODY};
use dialect::line::Sentence;
use dialect::{Program, json};
use encoder::write_in;
use hub::{Action, Hub};
use keeper::Keeper;
use session::{Scratch, Session};
use wire_format::LINE;

/// The time for a TLS hello where the client may be silent for ever. A hello is sent right behind TCP's own
/// handshake, and once more if it is lost: that takes 200 ms at the least.
const HELLO_WITHIN: Duration = Duration::from_millis(300);

/// The time for a TLS hello where the client has to speak first.
const FIRST_WORD_WITHIN: Duration = Duration::from_secs(10);

/// A chat relay, to be run by a [`Server`](crate::Server).
///
/// The listeners of a relay carry tags: tag 0 is [`Role::Auto`]; [`Self::tag`] makes others.
///
/// # Examples
///
/// A relay whose settings cannot work is refused, and names the setting; one that works can be asked at once:
///
/// ```
/// use parloir::{Error, Relay, RelayConfig};
///
/// let config = RelayConfig { default_room: "no room".into(), ..RelayConfig::default() };
/// let setting = match Relay::new(config) {
///     Err(Error::Config { setting, .. }) => setting,
///     _ => unreachable!("a blank cannot be typed in a room's name"),
/// };
/// assert_eq!(setting, "default_room");
///
/// let relay = Relay::new(RelayConfig::default())?;
/// assert_eq!(relay.hub().counts().named, 0);
/// # Ok::<(), Error>(())
/// ```
pub struct Relay {
    chat: Chat,
    /// The role of each tag. A tag that was never given out has the default role.
    roles: Vec<Role>,
    /// The sessions, by the index of a connection's id. A session is taken out and put back for each call, so
    /// that it can be changed beside the rest of the relay. Boxes would spare that copy, but leave the heap
    /// in pieces once thousands have gone: 6.5 MB stayed of 15,000 idle connections, and 3.3 MB do now, from
    /// 3.0 before they came.
    sessions: Vec<Option<Session>>,
    scratch: Scratch,
}

impl Relay {
    /// A relay under these rules.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for a setting that cannot work. It names the setting and says what it must be.
    pub fn new(config: RelayConfig) -> Result<Self, Error> {
        let config = config.validate()?;
        // A default room of any other name could be arrived in but never joined again, and a line end in the
        // name forged a line of the server's.
        if hub::names::room_name(&config.default_room).as_ref() != Some(&config.default_room) {
            return Err(Error::Config {
                setting: "default_room",
                must: "a room's name as it could be typed: letters, digits and no blanks",
            });
        }
        Ok(Self {
            chat: Chat::new(config),
            roles: vec![Role::Auto],
            sessions: table(),
            scratch: Scratch::default(),
        })
    }

    /// Lets the host program admit, watch, change and answer.
    #[must_use]
    pub fn with_hooks(mut self, hooks: impl Hooks + 'static) -> Self {
        self.chat.hooks = Box::new(hooks);
        self
    }

    /// Goes on from what a store has kept, and hands it what changes. Rooms, their rules and their messages come
    /// back; who was connected does not.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when it cannot be read.
    pub fn with_store(mut self, store: impl Store + Send + 'static) -> Result<Self, Error> {
        let config = &self.chat.config;
        let limits = LoadLimits::new(config.history, config.history_total_bytes_max);
        let keeper = Keeper::load(store, limits).map_err(Error::Store)?;
        self.chat.keep_in(keeper);
        Ok(self)
    }

    /// Lets the actions of a line take effect only so many turns later, as it will be where several machines
    /// share one order. The next line of the same connection waits for them; actions of others come first
    /// meanwhile. It is for tests of programs that depend on neither.
    ///
    /// A connection that waits is served again each turn, which keeps a loop from resting.
    #[must_use]
    pub fn with_outcomes_after(mut self, turns: u32) -> Self {
        self.chat.delay_outcomes(turns);
        self
    }

    /// Returns whether a connection waits for the outcome of its last line.
    pub fn is_waiting(&self, id: ConnId) -> bool {
        self.chat.is_waiting(id)
    }

    /// A tag for one more listener whose connections have this role.
    /// Two listeners with the same broker tag are one broker.
    pub fn tag(&mut self, role: Role) -> Tag {
        self.roles.push(role);
        self.chat.brokers.push(Broker::default());
        Tag(u32::try_from(self.roles.len() - 1)
            .expect("a listener is a descriptor, and those are few"))
    }

    /// The time in which a silent client may still begin TLS on a listener with this role, for
    /// [`ListenOptions::plain_after`](crate::ListenOptions::plain_after): until the greeting, if there
    /// is one; on [`Role::Listen`] and [`Role::Broker`] 300 ms, since a client there may be silent
    /// for ever, and hears nothing until then; ten seconds on listeners that speak to nobody first, or as
    /// long as a request or the first line of IRC may take, if that is less.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use parloir::relay::Role;
    /// use parloir::{Relay, RelayConfig};
    ///
    /// let config = RelayConfig { greet_after: Duration::from_secs(1), ..RelayConfig::default() };
    /// let relay = Relay::new(config)?;
    /// assert_eq!(relay.plain_after(Role::Auto), Duration::from_secs(1));
    /// assert_eq!(relay.plain_after(Role::Listen), Duration::from_millis(300));
    /// # Ok::<(), parloir::Error>(())
    /// ```
    pub fn plain_after(&self, role: Role) -> Duration {
        match role {
            Role::Listen | Role::Broker => HELLO_WITHIN,
            Role::Web => FIRST_WORD_WITHIN.min(self.chat.config.request_within),
            role if role.program().is_some() && self.chat.config.ping_after > Duration::ZERO => {
                FIRST_WORD_WITHIN.min(self.chat.config.ping_after)
            }
            // A client that is greeted at once could never begin TLS.
            role if role.converses() && self.chat.config.greet_after.is_zero() => HELLO_WITHIN,
            role if role.converses() => self.chat.config.greet_after,
            _ => FIRST_WORD_WITHIN,
        }
    }

    /// The chat itself, for questions only.
    pub fn hub(&self) -> &Hub {
        &self.chat.hub
    }

    fn role(&self, tag: Tag) -> Role {
        self.roles.get(tag.0 as usize).copied().unwrap_or_default()
    }

    fn take_session(&mut self, id: ConnId) -> Option<Session> {
        self.sessions
            .get_mut(id.index())?
            .take_if(|session| session.conn.id == id)
    }

    /// The chat, for a call at this time.
    fn context<'r, O: Output>(
        &'r mut self,
        now: Time,
        out: &'r mut O,
    ) -> (Context<'r, O>, &'r mut Scratch) {
        self.chat.wire.note_time(now);
        let others = &self.sessions;
        let context = Context::new(&mut self.chat, others, now, out);
        (context, &mut self.scratch)
    }
}

impl Protocol for Relay {
    type Call = Call;

    fn attached(&mut self, waker: Waker) {
        self.chat.wake_by(waker);
    }

    fn started(&mut self, now: Time) {
        self.chat.irc_shared.note_start(now);
        self.chat.restore(now);
    }

    fn opened(&mut self, id: ConnId, peer: &Peer, now: Time, out: &mut impl Output) -> Demand {
        if self.sessions.len() <= id.index() {
            self.sessions.resize_with(id.index() + 1, || None);
        }
        let role = self.role(peer.tag);
        let (mut cx, _) = self.context(now, out);
        let budget = Budget::new(cx.origins(), peer.address, role != Role::Host, now);
        let conn = Conn::new(id, peer, role, budget, cx.config());
        let mut session = Session::new(conn, peer, cx.config());
        match session.enter(peer, &mut cx) {
            Ok(()) if role == Role::Host || cx.config().password.is_none() => {
                session.begin(&mut cx);
            }
            Ok(()) => {}
            Err(why) => session.turn_away(&why, &mut cx),
        }
        // The host has come in by now, without a line of its own that could wait for the outcome.
        session.settle(&mut cx);
        let demand = session.first_demand();
        self.sessions[id.index()] = Some(session);
        demand
    }

    fn received(
        &mut self,
        id: ConnId,
        input: Input<'_>,
        now: Time,
        out: &mut impl Output,
    ) -> Consumed {
        let Some(mut session) = self.take_session(id) else {
            return Consumed {
                bytes: input.bytes.len(),
                demand: Demand::More,
            };
        };
        let (mut cx, scratch) = self.context(now, out);
        // A hook may panic, and its host go on: a session that was lost then would leave a person
        // behind who never goes. With `panic = "abort"` this costs nothing.
        let receive = AssertUnwindSafe(|| session.receive(input, scratch, &mut cx));
        let taken = catch_unwind(receive);
        self.sessions[id.index()] = Some(session);
        taken.unwrap_or_else(|panic| {
            self.chat.forget_run();
            resume_unwind(panic)
        })
    }

    fn closed(&mut self, id: ConnId, reason: CloseReason, now: Time, out: &mut impl Output) {
        if let Some(mut session) = self.take_session(id) {
            let (mut cx, _) = self.context(now, out);
            session.end(reason, &mut cx);
        }
        trim(&mut self.sessions);
    }

    fn skipped(&mut self, id: ConnId, skipped: Skipped, line: &mut Vec<u8>) {
        let conn = self.sessions.conn(id);
        let format = conn.map_or(LINE, |conn| conn.format);
        let shared = match wire_format::program(format) {
            None => Sentence::LinesSkipped,
            Some(Program::Irc) => Sentence::MessagesSkipped,
            Some(Program::Json) => {
                let write = |line: &mut Vec<u8>| json::write_skipped(line, skipped);
                return write_in(line, format, write);
            }
        };
        let direct = Sentence::PrivateMessagesSkipped;
        for (count, sentence) in [(skipped.shared, shared), (skipped.direct, direct)] {
            if count > 0 {
                let plural = if count == 1 { "" } else { "s" };
                let text = sentence.words(&[&count, &plural]);
                write_in(line, format, |line| {
                    encoder::write_notice(line, format, &text);
                });
            }
        }
    }

    fn refused(&mut self, peer: &Peer, why: RejectReason, line: &mut Vec<u8>) {
        let sentence = match why {
            RejectReason::Full => Sentence::ServerFull,
            RejectReason::FullForAddress => Sentence::TooManyConnections,
            RejectReason::NotEncrypted | RejectReason::HandshakeFailed => return,
        };
        let (role, server) = (self.role(peer.tag), &self.chat.config.name);
        reject::write_refusal(role, server, &sentence.words(&[]), line);
    }

    fn called(&mut self, call: Call, now: Time, out: &mut impl Output) {
        let (mut cx, _) = self.context(now, out);
        call.dispatch(&mut cx);
    }

    fn woken(&mut self, _: Time, out: &mut impl Output) {
        self.chat.take_answers(out);
    }

    fn turn_ended(&mut self) {
        self.chat.keep_changes();
    }

    fn stopping(&mut self, _: Time, out: &mut impl Output) {
        for session in self.sessions.iter_mut().flatten() {
            let is_here = self.chat.hub.is_here(session.conn.id);
            session.stop(is_here, out);
        }
    }

    fn deadline(&self) -> Option<Monotonic> {
        self.chat.hub.deadline()
    }

    fn expired(&mut self, now: Time, out: &mut impl Output) {
        let (mut cx, _) = self.context(now, out);
        cx.apply(NOBODY, &Action::Tick);
    }
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay")
            .field("config", &self.chat.config)
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}
