//! One client's connection: the way of its lines from the session to `dispatch` and back.
//!
//! The session calls `begin` once, then `take` for each line, and `take_effect` when outcomes are there that
//! come later than the call. Framing for programs cuts the lines; a line that is too long is refused with an
//! answer of its own.

use super::dispatch::CommandContext;
use super::errors::RequestError;
pub(in crate::relay) use super::state::State;
use crate::protocol::Output;
use crate::relay::conn::Conn;
use crate::relay::context::Context;
use crate::relay::framing::{Framed, ProgramLines};
use crate::relay::pending::Pending;
use crate::relay::wire_format::as_json;

/// The framing of a client's bytes.
pub(in crate::relay) fn lines(cx: &Context<'_, impl Output>) -> ProgramLines {
    let bytes_max = cx.config().line_bytes_max;
    ProgramLines::new(u32::try_from(bytes_max).unwrap_or(u32::MAX))
}

/// A connection speaks JSON from now on.
pub(in crate::relay) fn begin(conn: &mut Conn, cx: &mut Context<'_, impl Output>) -> Box<State> {
    // It may have been silent so long that it was let in to listen.
    cx.leave(conn, None);
    conn.format = as_json(conn.format);
    Box::default()
}

/// Returns whether a client's next line may hold a password. Such a line waits as long as wrong passwords
/// have cost its address, whatever is in it: to look first would be to try.
pub(in crate::relay) fn is_guess(state: &State, cx: &Context<'_, impl Output>) -> bool {
    !state.is_greeted && cx.config().password.is_some()
}

/// Takes one line, as framing has cut it. Says whether the client goes then, with these words if any.
pub(in crate::relay) fn take(
    conn: &mut Conn,
    state: &mut State,
    framed: Framed<'_>,
    cx: &mut Context<'_, impl Output>,
) -> Option<Option<String>> {
    let limit = cx.config().line_bytes_max;
    let mut talk = talk(conn, state, cx);
    match framed {
        Framed::Line(line) => talk.take(line),
        Framed::TooLong => {
            let words = format!("a line has at most {limit} bytes: not taken");
            talk.refuse_line(&RequestError::new("too_long", &words));
        }
        Framed::Answer(_) | Framed::AreYouThere => {}
    }
    let leaving = talk.leaving.take();
    cx.spend(conn);
    leaving
}

/// Applies the pending actions of a line, or shows the answer to its question.
pub(in crate::relay) fn take_effect(
    conn: &mut Conn,
    state: &mut State,
    pending: &mut Pending,
    cx: &mut Context<'_, impl Output>,
) {
    talk(conn, state, cx).take_effect(pending);
}

/// The context of one line: all that carrying it out may look at or change.
fn talk<'r, O: Output>(
    conn: &'r Conn,
    state: &'r mut State,
    cx: &'r mut Context<'_, O>,
) -> CommandContext<'r, O> {
    let parts = cx.parts();
    CommandContext {
        conn,
        hub: parts.hub,
        config: parts.config,
        hooks: parts.hooks,
        wire: parts.wire,
        origins: parts.origins,
        state,
        pending: parts.pending,
        is_delayed: parts.is_delayed,
        abilities: parts.abilities,
        now: parts.now,
        out: parts.out,
        leaving: None,
    }
}
