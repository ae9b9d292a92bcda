//! One connection's conversation: how its bytes are cut into lines, what they mean, and what it waits for.
//!
//! A session is three parts, each a type of its own: the connection (`Conn`: address, budget, wire format),
//! the framing (bytes to lines) and the dialect (lines to actions). It has no socket and no clock.
//! `relay/mod.rs` takes it out of its table for each call and puts it back behind the call, also when a hook
//! panics; so for the time of a call nobody else finds the session, and nothing here may look for itself in
//! the table.
//!
//! ```text
//!                       .-> Irc, Json   (first bytes, the listener or the subprotocol)
//!  Detecting -> text ---+-> AwaitPassword -> AwaitNick -> Line, or Talk
//!      |                |                '-> Listen, Broker   (no nickname is needed)
//!      |                '-> Line   (the host: nothing is asked of it)
//!      '-> WebSocket: Detecting again, in messages; what came before it is no part of it
//!  any state -> Closed, which is final
//! ```
//!
//! A password is asked for only if one is set; without one, lines go from `Detecting` to `AwaitNick` or to
//! `Listen` and `Broker` directly. IRC and JSON have states of registration of their own, inside their
//! dialects.
//!
//! Every call ends in a `Demand`, which says when the session is to be called again. A demand for a time that
//! has already come makes the loop spin without a rest. The time of a greeting, of a request that was none,
//! and of bytes that a listener had sent have each done so; therefore all times pass through `demand`, which
//! drops those that have come.

mod dialect;
mod lines;
mod messages;
mod receive;

use self::dialect::Dialect;
use super::conn::{Conn, Others};
use super::context::Context;
use super::dialect::irc::client;
use super::dialect::json;
use super::dialect::line::Sentence;
use super::encoder::{say_closing, say_goodbye, tell};
use super::framing::websocket::CloseCode;
use super::hooks::one_line;
use super::hub::{Action, Nick, PersonFlag, Reason};
use super::input::{Framing, TextLines};
use super::newcomer::Newcomer;
use super::reject::say_not_admitted;
use super::role::{HOST_NAME, Role};
use crate::config::RelayConfig;
use crate::protocol::{CloseReason, ConnId, Demand, Monotonic, Output, Peer};

/// The conversation of one connection.
///
/// There is one for each of thousands of idle connections, so its size is held by a test below: a state that
/// few connections have is behind a pointer (IRC, JSON, messages), and pending actions lie in one table of
/// the relay, which is empty where nothing is delayed.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) conn: Conn,
    framing: Framing,
    dialect: Dialect,
    /// Number of bytes of its input that the last call left untaken. The loop shows them again, in front of
    /// what has come since: only by this number are new bytes told from old ones. It has 32 bits for the sake
    /// of a session's size.
    untaken: u32,
}

/// Room for what is taken, lent out while it is. It is one for all sessions, so an idle connection holds no
/// buffer.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// A piece of a WebSocket message.
    payload: Vec<u8>,
    of_line: LineScratch,
}

/// Room for one line.
#[derive(Debug, Default)]
struct LineScratch {
    /// Its bytes, if it came in pieces. A whole line is borrowed from the input instead.
    bytes: Vec<u8>,
    /// The text of the line, decoded and clean.
    text: String,
}

impl Others for Vec<Option<Session>> {
    fn conn(&self, id: ConnId) -> Option<&Conn> {
        let session = self.get(id.index())?.as_ref()?;
        // A place of the table may belong to a later connection by now: the whole id tells, not the index
        // alone.
        (session.conn.id == id).then_some(&session.conn)
    }
}

/// The course of a conversation.
impl Session {
    pub(super) fn new(conn: Conn, peer: &Peer, config: &RelayConfig) -> Self {
        let role = conn.role;
        // On a listener for browsers alone nothing but a request is waited for, from the first moment on. On
        // others the time begins with the first byte of what may be one: saying nothing at all stays fine
        // there.
        let request_by = role
            .is_web_alone()
            .then(|| peer.connected_at + config.request_within);
        Self {
            conn,
            framing: Framing::Text(TextLines::new(config.line_bytes_max)),
            dialect: Dialect::Detecting {
                newcomer: Newcomer::new(role, peer.connected_at, config),
                request_by,
            },
            untaken: 0,
        }
    }

    /// Asks whether there is room for the connection, and whether the host program lets it in.
    ///
    /// # Errors
    ///
    /// The reason why it may not come in.
    pub(super) fn enter(
        &mut self,
        peer: &Peer,
        cx: &mut Context<'_, impl Output>,
    ) -> Result<(), String> {
        let now = cx.now;
        if !self.conn.budget.enter(cx.origins(), now) {
            log::debug!(
                "{} from {}: too many wait there",
                self.conn.id,
                peer.address
            );
            return Err(Sentence::TooMuchTraffic.words(&[]));
        }
        let admitted = cx.parts().hooks.admit(peer);
        admitted.map_err(|reason| one_line(&reason))
    }

    /// Tells a connection that it may not come in, and closes it.
    pub(super) fn turn_away(&mut self, why: &str, cx: &mut Context<'_, impl Output>) {
        say_not_admitted(&self.conn, why, cx);
        self.dismiss(None, cx);
    }

    /// Does for a connection that is let in, before or after a password, all that needs no line of its own.
    ///
    /// For the other roles nothing comes of it: they are admitted when they speak or are greeted. On the
    /// common port nobody knows before that whether they are a person, a program or a browser.
    pub(super) fn begin(&mut self, cx: &mut Context<'_, impl Output>) {
        let conn = &self.conn;
        match conn.role {
            Role::Host => {
                cx.apply(conn.id, &conn.admit(conn.role.event_level(), false));
                // Before it comes into the default room: an operator is not banned there.
                cx.apply(conn.id, &Action::SetFlags(&[(PersonFlag::Operator, true)]));
                cx.line_commands(conn).arrive(Nick::Reserved(HOST_NAME));
                self.dialect = Dialect::Line;
            }
            Role::Listen => cx.admit(conn),
            Role::Broker => {
                if let Some(broker) = cx.broker(conn.tag()) {
                    broker.enter(conn.id);
                }
            }
            Role::Auto | Role::Line | Role::Talk | Role::Irc | Role::Json | Role::Web => {}
        }
    }

    /// Applies the pending actions of its last line, if there are any.
    ///
    /// This is where an outcome that comes later takes effect. It must happen before the next line is looked
    /// at, and before a connection that has ended is forgotten: what someone had sent before leaving is
    /// relayed.
    pub(super) fn settle(&mut self, cx: &mut Context<'_, impl Output>) {
        let waiting = cx.take_waiting(self.conn.id);
        let Some(mut pending) = waiting.or_else(|| cx.take_pending(self.conn.id)) else {
            return;
        };
        cx.go_on(&pending);
        match &mut self.dialect {
            Dialect::Irc(state) => client::take_effect(&mut self.conn, state, pending, cx),
            Dialect::Json(state) => {
                json::client::take_effect(&mut self.conn, state, &mut pending, cx);
            }
            _ => cx.line_commands(&self.conn).take_effect(&mut pending),
        }
        cx.spend(&mut self.conn);
        // The action may have removed its own client, whose next line would let it in again.
        if self.dialect.has_arrived() && !cx.hub().is_here(self.conn.id) {
            self.dialect = Dialect::Closed;
        }
    }

    /// Takes the client out of everything here; the connection may last a little longer. Nothing is sent to
    /// it: a farewell, if one is due, is the caller's.
    pub(super) fn depart(&mut self, reason: Option<Reason<'_>>, cx: &mut Context<'_, impl Output>) {
        if let Dialect::Irc(state) = &self.dialect {
            client::end(state, cx);
        }
        cx.leave(&self.conn, reason);
        self.dialect = Dialect::Closed;
    }

    /// Takes the client out of everything here, and closes the connection.
    pub(super) fn dismiss(
        &mut self,
        reason: Option<Reason<'_>>,
        cx: &mut Context<'_, impl Output>,
    ) {
        self.depart(reason, cx);
        say_goodbye(cx.parts().out, self.conn.recipient(), CloseCode::NORMAL);
        cx.close(self.conn.id);
    }

    /// Ends the conversation of a connection that has ended; its rooms are told the reason. Pending actions
    /// take effect first: the client had done them.
    pub(super) fn end(&mut self, reason: CloseReason, cx: &mut Context<'_, impl Output>) {
        self.settle(cx);
        if !self.dialect.is_closed() {
            let words = reason.to_string();
            self.depart(reason_for(reason, &words), cx);
        }
        let now = cx.now;
        self.conn.budget.leave(cx.origins(), now);
    }

    /// Tells the client that the server stops. `is_here` is true if the chat knows of it.
    pub(super) fn stop(&mut self, is_here: bool, out: &mut impl Output) {
        // A client that had a nickname and is not in the hub any more was removed: its connection is closed.
        let is_gone = self.dialect.is_closed() || self.dialect.has_arrived() && !is_here;
        let to = self.conn.recipient();
        match self.dialect.program() {
            _ if is_gone => {}
            Some(program) => say_closing(out, to, program, STOPPING),
            _ if self.conn.role.converses() && is_here => tell(out, to, STOPPING),
            _ => {}
        }
        if !is_gone {
            say_goodbye(out, to, CloseCode::AWAY);
        }
        // Nobody is left to be told who leaves.
        self.dialect = Dialect::Closed;
    }

    /// The demand of a new connection, before any bytes.
    pub(super) fn first_demand(&self) -> Demand {
        let Dialect::Detecting {
            newcomer,
            request_by,
        } = self.dialect
        else {
            return Demand::More;
        };
        // Not yet looked at, so a greeting without delay is still to come.
        let at = newcomer.greet_at.or(request_by);
        at.map_or(Demand::More, Demand::ReadOrAt)
    }

    /// The demand besides more bytes, once all that was due is done. A time that has come is not
    /// waited for again: that would be a loop without a rest.
    fn demand(&self, cx: &Context<'_, impl Output>) -> Demand {
        if self.dialect.is_closed() {
            return Demand::More;
        }
        let request_by = match self.dialect {
            Dialect::Detecting { request_by, .. } => request_by,
            _ => None,
        };
        let times = [
            self.dialect.due(),
            request_by,
            self.framing.due(),
            self.first_line_by(cx),
        ];
        let next = times.into_iter().flatten().filter(|at| *at > cx.now).min();
        next.map_or(Demand::More, Demand::ReadOrAt)
    }

    /// Returns the time by which the first line must have ended; none if it has not begun, or may take for
    /// ever.
    ///
    /// Without this, a connection that is nobody yet could keep a piece of a line for as long as it liked,
    /// and nothing else would ever come of it on a `talk` listener. To say nothing at all has no such limit:
    /// that is what a listener does.
    fn first_line_by(&self, cx: &Context<'_, impl Output>) -> Option<Monotonic> {
        match &self.framing {
            Framing::Text(lines) if self.dialect.newcomer().is_some() => {
                lines.first_by(cx.config().first_line_within)
            }
            _ => None,
        }
    }
}

/// The last words of a server that stops.
const STOPPING: &str = "the server is stopping";

/// The reason that a room is told of a connection's end; `words` are those of the close reason.
///
/// A reason of the server's is told from a user's own words, before which IRC puts `Quit: `: otherwise
/// anybody could leave with what looks like the server's word.
fn reason_for(reason: CloseReason, words: &str) -> Option<Reason<'_>> {
    match reason {
        CloseReason::Finished => Some(Reason::Closed),
        CloseReason::Reset => Some(Reason::Reset),
        CloseReason::Asked => None,
        _ => Some(Reason::Server(words)),
    }
}
#[cfg(test)]
mod tests {
    use super::*;

    /// There is one for each of thousands of idle connections, and its table has a quarter's room.
    #[test]
    fn a_session_is_small() {
        assert!(size_of::<Option<Session>>() <= 168);
    }
}
