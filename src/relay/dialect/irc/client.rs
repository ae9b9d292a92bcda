//! One client's connection: what its lines go through, and whether it is still there.

use std::time::Duration;

use super::message::{MESSAGE_BYTES_MAX, TAGS_BYTES_MAX};
use super::state::State;
pub(in crate::relay) use super::talk::Leaving;
use super::talk::Talk;
use crate::protocol::Output;
use crate::relay::conn::Conn;
use crate::relay::context::Context;
use crate::relay::encoder::send_lines;
use crate::relay::framing::{Framed, ProgramLines};
use crate::relay::pending::Pending;

/// The longest line there is any use for, without its end.
const LINE_BYTES_MAX: usize = TAGS_BYTES_MAX + MESSAGE_BYTES_MAX - 2;

/// What cuts a client's bytes into lines.
pub(in crate::relay) fn lines() -> ProgramLines {
    ProgramLines::new(LINE_BYTES_MAX as u32)
}

/// What is to be done about a client's silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::relay) enum Silence {
    /// Nothing, or nothing more.
    Bearable,
    /// Nobody is there: the words for it.
    Over(String),
}

/// A connection speaks IRC from now on.
pub(in crate::relay) fn begin(conn: &mut Conn, cx: &mut Context<'_, impl Output>) -> Box<State> {
    // It may have been silent so long that it was let in to listen.
    cx.leave(conn, None);
    let mut state = Box::new(State::new(conn.format));
    conn.format = state.format();
    let parts = cx.parts();
    parts.irc_shared.unregistered += 1;
    parts.irc_shared.note_start(parts.now);
    wait_for_word(&mut state, cx);
    state
}

/// A client is no longer part of anything here.
pub(in crate::relay) fn end(state: &State, cx: &mut Context<'_, impl Output>) {
    if !state.is_registered {
        cx.parts().irc_shared.unregistered -= 1;
    }
}

/// Takes one line, as framing has cut it. Says whether the client goes then, and why.
pub(in crate::relay) fn take(
    conn: &mut Conn,
    state: &mut State,
    framed: Framed<'_>,
    cx: &mut Context<'_, impl Output>,
) -> Option<Leaving> {
    wait_for_word(state, cx);
    state.is_pinged = false;
    let leaving = match state.ahead.was_answered(framed) {
        true => None,
        false => answer(conn, state, framed, cx),
    };
    cx.spend(conn);
    leaving
}

/// What does not wait behind the lines of a client that has to: its PINGs are answered, and if it is
/// about to go, its last lines are taken. Says whether they are: their place pays for them, if it can.
pub(in crate::relay) fn goes_at_once(
    conn: &mut Conn,
    state: &mut State,
    lines: &ProgramLines,
    waiting: &[u8],
    cx: &mut Context<'_, impl Output>,
) -> bool {
    let lines_max = cx.config().burst;
    while let Some(ping) = state.ahead.next_ping(waiting, lines, lines_max) {
        wait_for_word(state, cx);
        answer(conn, state, Framed::Line(ping), cx);
    }
    let (now, is_guess) = (cx.now, is_guess(state, cx));
    state.ahead.quits()
        && !(is_guess && conn.budget.guess_at(cx.origins(), now).is_some())
        && conn.budget.has_place_left(cx.origins(), now)
}

/// Whether a client's next line may be a password.
pub(in crate::relay) fn is_guess(state: &State, cx: &Context<'_, impl Output>) -> bool {
    !state.is_registered && cx.config().password.is_some()
}

/// Asks a client whether it is still there, or gives it up.
pub(in crate::relay) fn note_silence(
    conn: &Conn,
    state: &mut State,
    cx: &mut Context<'_, impl Output>,
) -> Silence {
    if state.ping_at.is_none_or(|at| at > cx.now) {
        return Silence::Bearable;
    }
    if state.is_pinged {
        let seconds = cx.config().ping_after.as_secs();
        return Silence::Over(format!("Ping timeout: {seconds} seconds"));
    }
    state.is_pinged = true;
    let parts = cx.parts();
    let ping = format!("PING :{}\r\n", parts.wire.server);
    send_lines(parts.out, conn.recipient(), ping.as_bytes());
    wait_for_word(state, cx);
    Silence::Bearable
}

/// What a line asked for and waited with takes effect.
pub(in crate::relay) fn take_effect(
    conn: &mut Conn,
    state: &mut State,
    pending: Pending,
    cx: &mut Context<'_, impl Output>,
) {
    talk(conn, state, cx).take_effect(pending);
    conn.format = state.format();
}

/// All that a line can have to do with.
fn talk<'r, O: Output>(
    conn: &'r Conn,
    state: &'r mut State,
    cx: &'r mut Context<'_, O>,
) -> Talk<'r, O> {
    let parts = cx.parts();
    Talk {
        id: conn.id,
        conn,
        hub: parts.hub,
        config: parts.config,
        hooks: parts.hooks,
        wire: parts.wire,
        shared: parts.irc_shared,
        reply: parts.irc_reply,
        origins: parts.origins,
        others: parts.others,
        state,
        pending: parts.pending,
        now: parts.now,
        out: parts.out,
        leaving: None,
    }
}

/// Has one line carried out. Says whether the client goes then, and why.
fn answer(
    conn: &mut Conn,
    state: &mut State,
    framed: Framed<'_>,
    cx: &mut Context<'_, impl Output>,
) -> Option<Leaving> {
    let mut talk = talk(conn, state, cx);
    match framed {
        Framed::Line(raw) => talk.take(raw),
        Framed::TooLong => talk.take_too_long(),
        Framed::Answer(_) | Framed::AreYouThere => {}
    }
    let leaving = talk.leaving.take();
    conn.format = state.format();
    leaving
}

fn wait_for_word(state: &mut State, cx: &Context<'_, impl Output>) {
    let after = cx.config().ping_after;
    state.ping_at = (after > Duration::ZERO).then(|| cx.now + after);
}
