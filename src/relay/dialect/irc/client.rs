//! The connection of an IRC client: takes its lines, and finds out whether the client is still there.
//!
//! The session calls `take` for each line that the framing has cut, and `goes_at_once` when the next line
//! would have to wait for its allowance. The capabilities of a client are part of its wire format, so each
//! call that may change them ends with `conn.format = state.format()`; forgotten once, the client would be
//! sent events in a form that it has not agreed to.

use std::time::Duration;

use super::dispatch::CommandContext;
pub(in crate::relay) use super::dispatch::Disconnect;
use super::message::{MESSAGE_BYTES_MAX, TAGS_BYTES_MAX};
use super::state::State;
use crate::protocol::Output;
use crate::relay::conn::Conn;
use crate::relay::context::Context;
use crate::relay::encoder::send_lines;
use crate::relay::framing::{Framed, ProgramLines};
use crate::relay::pending::Pending;

/// Bytes of the longest line that can be a message with tags, without its line end. The framing cuts lines
/// before their tags are told from the rest, so each of the two is held to its own limit later, in `message`.
const LINE_BYTES_MAX: usize = TAGS_BYTES_MAX + MESSAGE_BYTES_MAX - 2;

/// Returns the framing that cuts a client's bytes into lines.
pub(in crate::relay) fn lines() -> ProgramLines {
    ProgramLines::new(LINE_BYTES_MAX as u32)
}

/// The consequence of a client's silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::relay) enum PingVerdict {
    /// The client stays connected.
    Bearable,
    /// The client has not answered a PING and is to be disconnected, with this text as the reason.
    Over(String),
}

/// Makes a connection an IRC client, and returns its state. `unregistered` is counted up here and down again
/// on registration or in `end`: LUSERS shows it.
pub(in crate::relay) fn begin(conn: &mut Conn, cx: &mut Context<'_, impl Output>) -> Box<State> {
    // The connection may have been silent for so long that it was admitted as a listener.
    cx.leave(conn, None);
    let mut state = Box::new(State::new(conn.format));
    conn.format = state.format();
    let parts = cx.parts();
    parts.irc_shared.unregistered += 1;
    parts.irc_shared.note_start(parts.now);
    wait_for_word(&mut state, cx);
    state
}

/// Removes a client that has ended from the count of unregistered clients, if it is one.
pub(in crate::relay) fn end(state: &State, cx: &mut Context<'_, impl Output>) {
    if !state.is_registered {
        cx.parts().irc_shared.unregistered -= 1;
    }
}

/// Takes one line from the framing. Returns the reason if the client is to be disconnected after it. Any line
/// shows that the client is still there, not a PONG alone.
pub(in crate::relay) fn take(
    conn: &mut Conn,
    state: &mut State,
    framed: Framed<'_>,
    cx: &mut Context<'_, impl Output>,
) -> Option<Disconnect> {
    wait_for_word(state, cx);
    state.is_pinged = false;
    let leaving = match state.ahead.was_answered(framed) {
        true => None,
        false => answer(conn, state, framed, cx),
    };
    cx.spend(conn);
    leaving
}

/// Handles the commands that do not wait with the lines of a client: answers its PINGs, and returns whether
/// its next line may be taken now, as one of its last before a QUIT. The allowance of the client's place pays
/// for such a line, so the line is taken only if that allowance has room. Clients that measure their lag by
/// PING gave up the link when a paste of theirs was paced for a minute. A QUIT that is obeyed at once was a
/// way around every allowance at first (46 lines and a QUIT, from each of 20,000 connections a second), so it
/// works for as many lines as may be sent at once, once for a client, and only while its address has
/// something left.
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
    // A PASS on the way to a QUIT must not be a guess that waits for nothing.
    let (now, is_guess) = (cx.now, is_guess(state, cx));
    state.ahead.quits()
        && !(is_guess && conn.budget.guess_at(cx.origins(), now).is_some())
        && conn.budget.has_place_left(cx.origins(), now)
}

/// Returns whether a client's next line may be a password.
pub(in crate::relay) fn is_guess(state: &State, cx: &Context<'_, impl Output>) -> bool {
    !state.is_registered && cx.config().password.is_some()
}

/// Sends a PING to a client that has been silent for too long, or gives the client up if it has not answered
/// the last one. A PING is sent as it is and not as an answer: it belongs to no line of the client, and has
/// no label or batch.
pub(in crate::relay) fn note_silence(
    conn: &Conn,
    state: &mut State,
    cx: &mut Context<'_, impl Output>,
) -> PingVerdict {
    if state.ping_at.is_none_or(|at| at > cx.now) {
        return PingVerdict::Bearable;
    }
    if state.is_pinged {
        let seconds = cx.config().ping_after.as_secs();
        return PingVerdict::Over(format!("Ping timeout: {seconds} seconds"));
    }
    state.is_pinged = true;
    let parts = cx.parts();
    let ping = format!("PING :{}\r\n", parts.wire.server);
    send_lines(parts.out, conn.recipient(), ping.as_bytes());
    wait_for_word(state, cx);
    PingVerdict::Bearable
}

/// Applies the actions of a line that had to wait.
pub(in crate::relay) fn take_effect(
    conn: &mut Conn,
    state: &mut State,
    pending: Pending,
    cx: &mut Context<'_, impl Output>,
) {
    talk(conn, state, cx).take_effect(pending);
    conn.format = state.format();
}

/// Returns everything that carrying out a line can need.
fn talk<'r, O: Output>(
    conn: &'r Conn,
    state: &'r mut State,
    cx: &'r mut Context<'_, O>,
) -> CommandContext<'r, O> {
    let parts = cx.parts();
    CommandContext {
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
        is_delayed: parts.is_delayed,
        abilities: parts.abilities,
        now: parts.now,
        out: parts.out,
        leaving: None,
    }
}

/// Carries out one line. Returns the reason if the client is to be disconnected after it.
fn answer(
    conn: &mut Conn,
    state: &mut State,
    framed: Framed<'_>,
    cx: &mut Context<'_, impl Output>,
) -> Option<Disconnect> {
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

/// Puts off the next PING. A time of zero means that clients are never sent any.
fn wait_for_word(state: &mut State, cx: &Context<'_, impl Output>) {
    let after = cx.config().ping_after;
    state.ping_at = (after > Duration::ZERO).then(|| cx.now + after);
}
