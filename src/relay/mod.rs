//! The chat, as a [`Protocol`]: pure, with no socket and no clock.
//!
//! ```text
//!  bytes ─▶ sniff ─▶ framing ─▶ dialect ─▶ Action ─▶ hub
//!                                                     │
//!  bytes ◀─ one chunk per wire format ◀─ encoder ◀─ Event
//! ```
//!
//! | module | its one job |
//! | --- | --- |
//! | `sniff` | what first bytes are: text, HTTP, TLS |
//! | `first` | what comes first on a connection, told from text |
//! | `foreign` | hellos of protocols that are not spoken here |
//! | `http`, `requests` | requests: what is answered, and when |
//! | `framing` | bytes, or WebSocket frames, to clean lines |
//! | `socket` | conversations in WebSocket messages |
//! | `spares` | which silent connections are a browser's spare ones |
//! | `dialect` | lines to commands, events to lines |
//! | [`hub`] | rooms, nicknames, topics, history |
//! | `session` | what is known of one connection's conversation |
//! | `origins` | what is used up by everybody who comes from one place |
//! | `intake` | from a session's bytes to its lines, in their time |
//! | `hold_up` | when a session must wait, and what its lines cost it |
//! | `run` | what one person says in one go |
//! | `converse` | what a line means, by role and stage |
//! | `irc` | the connections that speak IRC |
//! | `encoder`, `wire_format` | an event into bytes, once for each wire format |

mod broker;
mod calls;
mod converse;
mod dialect;
mod encoder;
mod first;
mod foreign;
pub(crate) mod framing;
mod hold_up;
mod hooks;
mod http;
pub mod hub;
mod intake;
mod irc;
mod origins;
mod requests;
mod run;
mod session;
mod sniff;
mod socket;
mod spares;
mod turned_away;
mod wire_format;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use crate::config::RelayConfig;
use crate::error::Error;
use crate::protocol::{
    CloseReason, ConnId, Demand, Input, Moment, Output, Peer, Protocol, Refusal, Skipped, Tag,
    Taken, Time,
};
use crate::table::{table, trim};

#[cfg(feature = "lab")]
pub(crate) use framing::may_end_as_received;
#[cfg(feature = "lab")]
pub(crate) use hooks::one_line;

pub(crate) use dialect::line::is_refusal;

pub use calls::Call;
pub use hooks::{Answer, Hooks, Verdict};
pub use session::Role;

use broker::Broker;
use dialect::irc::{IrcShared, Reply, server_name};
use dialect::line::Sentence;
use encoder::say_closing;
use encoder::say_goodbye;
use encoder::{Encoder, Wire, tell, write_in};
use framing::websocket::CloseCode;
use hooks::NoHooks;
use hub::{Action, Hears, Hub, Reason};
use origins::Origins;
use run::Run;
use session::{Session, Stage};
use spares::Spares;
use wire_format::LINE;

/// Enough for a TLS hello, which is sent right behind TCP's own handshake, and once more if it is lost:
/// that takes 200 ms at the least.
const HELLO_WITHIN: Duration = Duration::from_millis(300);

/// How long somebody who has to speak first may take for a TLS hello.
const FIRST_WORD_WITHIN: Duration = Duration::from_secs(10);

/// A chat relay, to be run by a [`Server`](crate::Server).
///
/// Its listeners carry tags: tag 0 is [`Role::Auto`]; [`Self::tag`] makes others.
pub struct Relay {
    config: RelayConfig,
    hub: Hub,
    wire: Wire,
    /// What all IRC clients have in common.
    irc_shared: IrcShared,
    irc_reply: Reply,
    origins: Origins,
    /// As how many lines the session at hand may still count in this turn.
    share: u32,
    /// By tag.
    roles: Vec<Role>,
    /// By tag; used where the role is [`Role::Broker`].
    brokers: Vec<Broker>,
    /// By the index of a connection's id. Taken out and put back for each call; boxing them would
    /// spare that copy, but leave the heap in pieces once thousands have gone.
    sessions: Vec<Option<Session>>,
    hooks: Box<dyn Hooks>,
    /// Room for a line that came in pieces, and for its text, lent out while it is handled.
    line: Vec<u8>,
    text: String,
    /// Room for a piece of a WebSocket message, lent out likewise.
    payload: Vec<u8>,
    /// Where browsers are.
    spares: Spares,
    /// When it was last logged that a page was refused.
    page_refused_at: Option<Moment>,
    /// What the session at hand has said and the room has not heard: empty between calls.
    run: Run,
}

impl Relay {
    /// A relay under these rules.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for a setting that cannot work.
    pub fn new(config: RelayConfig) -> Result<Self, Error> {
        let config = config.validate()?;
        // Another name could be arrived at, but never joined.
        if hub::names::room_name(&config.default_room).as_ref() != Some(&config.default_room) {
            return Err(Error::Config {
                setting: "default_room",
                must: "a room's name as it could be typed: letters, digits and no blanks",
            });
        }
        Ok(Self {
            hub: Hub::new(config.clone()),
            wire: Wire::new(&config.name),
            irc_shared: IrcShared::new(&config.name),
            irc_reply: Reply::new(server_name(&config.name)),
            origins: Origins::new(&config),
            share: 0,
            roles: vec![Role::Auto],
            brokers: vec![Broker::default()],
            sessions: table(),
            hooks: Box::new(NoHooks),
            line: Vec::new(),
            text: String::new(),
            payload: Vec::new(),
            spares: Spares::default(),
            page_refused_at: None,
            run: Run::default(),
            config,
        })
    }

    /// Lets the host program admit, watch, change and answer.
    #[must_use]
    pub fn with_hooks(mut self, hooks: impl Hooks + 'static) -> Self {
        self.hooks = Box::new(hooks);
        self
    }

    /// A tag for one more listener whose connections have this role.
    /// Two listeners with the same broker tag are one broker.
    pub fn tag(&mut self, role: Role) -> Tag {
        self.roles.push(role);
        self.brokers.push(Broker::default());
        Tag(u32::try_from(self.roles.len() - 1)
            .expect("a listener is a descriptor, and those are few"))
    }

    /// How long somebody silent may still begin TLS on a listener with this role, for
    /// [`ListenOptions::plain_after`](crate::ListenOptions::plain_after): until the greeting, where there
    /// is one; on [`Role::Listen`] and [`Role::Broker`] 300 ms, since whoever connects there may be silent
    /// for ever, and hears nothing until then; ten seconds where nobody is spoken to first, or as long as
    /// a request or the first line of IRC may take, if that is less.
    pub fn plain_after(&self, role: Role) -> Duration {
        match role {
            Role::Listen | Role::Broker => HELLO_WITHIN,
            Role::Web => FIRST_WORD_WITHIN.min(self.config.request_within),
            Role::Irc if self.config.ping_after > Duration::ZERO => {
                FIRST_WORD_WITHIN.min(self.config.ping_after)
            }
            // Whoever is greeted at once could never begin.
            role if role.converses() && self.config.greet_after.is_zero() => HELLO_WITHIN,
            role if role.converses() => self.config.greet_after,
            _ => FIRST_WORD_WITHIN,
        }
    }

    /// The chat itself, to look at.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    fn role(&self, tag: Tag) -> Role {
        self.roles.get(tag.0 as usize).copied().unwrap_or_default()
    }

    fn session(&self, id: ConnId) -> Option<&Session> {
        let session = self.sessions.get(id.index())?.as_ref();
        session.filter(|session| session.id == id)
    }

    fn take_session(&mut self, id: ConnId) -> Option<Session> {
        self.sessions
            .get_mut(id.index())?
            .take_if(|session| session.id == id)
    }

    /// Someone is no longer part of anything here; their connection may last a little longer.
    fn depart(
        &mut self,
        session: &mut Session,
        reason: Option<Reason<'_>>,
        now: Time,
        out: &mut impl Output,
    ) {
        if session.role == Role::Broker
            && let Some(broker) = self.brokers.get_mut(session.tag.0 as usize)
        {
            broker.leave(session.id);
        }
        self.forget_irc(session);
        self.apply(session.id, Action::Leave(reason), now, out);
        session.stage = Stage::Departed;
    }

    /// The same, and the connection is closed.
    fn dismiss(
        &mut self,
        session: &mut Session,
        reason: Option<Reason<'_>>,
        now: Time,
        out: &mut impl Output,
    ) {
        self.depart(session, reason, now, out);
        say_goodbye(out, session.recipient(), CloseCode::NORMAL);
        out.close(session.id);
    }

    /// How a conversation begins once it is known what is spoken.
    fn first_stage(&self, session: &Session) -> Stage {
        match session.role {
            Role::Host => Stage::Talking,
            _ if self.config.password.is_some() => Stage::Locked,
            Role::Listen | Role::Broker => Stage::Talking,
            _ => Stage::Nameless,
        }
    }

    /// Lets a listener into the default room.
    fn admit(&mut self, session: &Session, now: Time) {
        if !self.hub.is_here(session.id) {
            self.admit_roomless(session);
            self.hub.enter_default(session.id, now);
        }
    }

    fn admit_roomless(&mut self, session: &Session) {
        let hears = match session.role {
            Role::Irc => Hears::Each,
            Role::Auto | Role::Line | Role::Host | Role::Web => Hears::Everything,
            Role::Listen => Hears::Speech,
            Role::Talk | Role::Broker => Hears::Nothing,
        };
        let address = session.address.as_deref().map(String::as_str);
        self.hub.admit_roomless(session.id, session.format, hears);
        self.hub.set_origin(session.id, session.host, address);
    }
}

impl Protocol for Relay {
    type Call = Call;

    fn started(&mut self, now: Time) {
        self.irc_shared.note_start(now);
    }

    fn opened(&mut self, id: ConnId, peer: &Peer, now: Time, out: &mut impl Output) -> Demand {
        self.wire.note_time(now);
        if self.sessions.len() <= id.index() {
            self.sessions.resize_with(id.index() + 1, || None);
        }
        let role = self.role(peer.tag);
        let place = self.origins.open(peer.address, now);
        let mut session = Session::new(id, peer, role, place, &self.config, now);
        if !self.enter_place(&mut session, now) {
            log::debug!("{id} from {}: too many wait there", peer.address);
            let why = Sentence::TooMuchTraffic.words(&[]);
            self.say_not_admitted(&session, &why, out);
            self.dismiss(&mut session, None, now, out);
        } else if let Err(reason) = self.hooks.admit(peer) {
            self.say_not_admitted(&session, &hooks::one_line(&reason), out);
            self.dismiss(&mut session, None, now, out);
        } else if role == Role::Host || self.config.password.is_none() {
            self.begin(&mut session, now, out);
        }
        // Not yet looked at, so a greeting without delay is still to come.
        let demand = match session.greet_at.or(session.request_by) {
            Some(at) if session.stage != Stage::Departed => Demand::MoreOr(at),
            _ => Demand::More,
        };
        self.sessions[id.index()] = Some(session);
        demand
    }

    fn received(
        &mut self,
        id: ConnId,
        input: Input<'_>,
        now: Time,
        out: &mut impl Output,
    ) -> Taken {
        self.wire.note_time(now);
        let Some(mut session) = self.take_session(id) else {
            return Taken {
                bytes: input.bytes.len(),
                demand: Demand::More,
            };
        };
        // A hook may panic, and its host go on: a session that was lost then would leave a person
        // behind who never goes. With `panic = "abort"` this costs nothing.
        let take_in = AssertUnwindSafe(|| self.take_in(&mut session, input, now, out));
        let taken = catch_unwind(take_in);
        self.sessions[id.index()] = Some(session);
        taken.unwrap_or_else(|panic| {
            self.run.clear();
            resume_unwind(panic)
        })
    }

    fn closed(&mut self, id: ConnId, reason: CloseReason, now: Time, out: &mut impl Output) {
        self.wire.note_time(now);
        if let Some(mut session) = self.take_session(id) {
            if session.stage != Stage::Departed {
                let words = reason.to_string();
                self.depart(&mut session, reason_for(reason, &words), now, out);
            }
            self.leave_place(&mut session, now);
        }
        trim(&mut self.sessions);
    }

    fn skipped(&mut self, id: ConnId, skipped: Skipped, line: &mut Vec<u8>) {
        let format = self.session(id).map_or(LINE, |session| session.format);
        let shared = match wire_format::unframed(format) {
            LINE => Sentence::LinesSkipped,
            _ => Sentence::MessagesSkipped,
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

    fn refused(&mut self, peer: &Peer, why: Refusal, line: &mut Vec<u8>) {
        let sentence = match why {
            Refusal::Full => Sentence::ServerFull,
            Refusal::FullForAddress => Sentence::TooManyConnections,
            Refusal::NotEncrypted | Refusal::HandshakeFailed => return,
        };
        self.write_refusal(self.role(peer.tag), &sentence.words(&[]), line);
    }

    fn called(&mut self, call: Call, now: Time, out: &mut impl Output) {
        self.wire.note_time(now);
        self.take_call(call, now, out);
    }

    fn stopping(&mut self, _: Time, out: &mut impl Output) {
        for session in self.sessions.iter_mut().flatten() {
            let is_here = self.hub.is_here(session.id);
            // Who had arrived and is not here any more has been removed, and its connection closed.
            let is_gone = session.stage == Stage::Departed || session.has_arrived() && !is_here;
            match session.stage {
                _ if is_gone => {}
                Stage::Irc => say_closing(out, session.recipient(), "the server is stopping"),
                _ if session.role.converses() && is_here => {
                    tell(out, session.recipient(), "the server is stopping");
                }
                _ => {}
            }
            if !is_gone {
                say_goodbye(out, session.recipient(), CloseCode::AWAY);
            }
            // Nobody is left to be told who leaves.
            session.stage = Stage::Departed;
        }
    }

    fn deadline(&self) -> Option<Moment> {
        self.hub.deadline()
    }

    fn expired(&mut self, now: Time, out: &mut impl Output) {
        self.wire.note_time(now);
        self.hub.expired(now, &mut Encoder::new(out, &self.wire));
    }
}

/// What a room is told of a connection's end; `words` are those of its reason.
fn reason_for(reason: CloseReason, words: &str) -> Option<Reason<'_>> {
    match reason {
        CloseReason::Finished => Some(Reason::Closed),
        CloseReason::Reset => Some(Reason::Reset),
        CloseReason::Asked => None,
        _ => Some(Reason::Server(words)),
    }
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay")
            .field("config", &self.config)
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}
