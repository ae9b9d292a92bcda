//! One line of somebody who talks with the server: a message, a nickname or a command.
//!
//! `session/lines.rs` calls `take` for whoever has a nickname, and for a listener who may be about to give
//! one. A message is not said here at once: the context collects it with those around it, so that a room is
//! gone through once for all that one read brought. Every other command tells those first.

use super::command::Command;
use super::events::write_help;
use super::parse::{Parsed, parse};
use super::refusals::Sentence;
use crate::protocol::Output;
use crate::relay::conn::Conn;
use crate::relay::context::Context;
use crate::relay::encoder::encode_answer;
use crate::relay::hooks::{Answer, one_line};
use crate::relay::hub::{Action, Nick};
use crate::relay::role::Role;

/// Characters of an unknown command that are repeated to whoever typed it.
const ECHO_CHARS_MAX: usize = 32;

/// The state of a client after its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::relay) enum Then<'a> {
    /// Nothing.
    Stays,
    /// They have a nickname now.
    IsNamed,
    /// They have had themselves removed. The session is lent out meanwhile, and learns of it by this.
    IsGone,
    /// They want to go, with these words if any.
    Quits(Option<&'a str>),
}

/// Takes one line, decoded and cleaned.
pub(in crate::relay) fn take<'a>(
    conn: &Conn,
    is_named: bool,
    text: &'a str,
    cx: &mut Context<'_, impl Output>,
) -> Then<'a> {
    cx.admit(conn);
    match parse(text) {
        Parsed::Text(text) if is_named => {
            cx.say(conn, text);
            Then::Stays
        }
        Parsed::Text(name) => {
            cx.line_commands(conn).arrive(Nick::Like(name));
            Then::IsNamed
        }
        Parsed::Quit(reason) => Then::Quits(reason),
        parsed => dispatch(conn, is_named, parsed, cx),
    }
}

fn dispatch<'a>(
    conn: &Conn,
    is_named: bool,
    parsed: Parsed<'_>,
    cx: &mut Context<'_, impl Output>,
) -> Then<'a> {
    match parsed {
        Parsed::Command(Command::Speak(speech, text)) if is_named => {
            if let Some(text) = cx.ask_hooks(conn, text) {
                return perform(conn, Command::Speak(speech, &text), cx);
            }
        }
        Parsed::Command(Command::Private { to, text }) if is_named => {
            if let Some(text) = cx.ask_hooks(conn, text) {
                return perform(conn, Command::Private { to, text: &text }, cx);
            }
        }
        Parsed::Command(Command::Kick { name, reason }) if conn.role == Role::Host => {
            kick_for_host(conn, name, reason, cx);
        }
        Parsed::Command(command) => return perform(conn, command, cx),
        Parsed::Help => {
            let out = cx.parts().out;
            if let Some(range) = encode_answer(out, conn.format, write_help) {
                out.send(conn.id, range);
            }
        }
        Parsed::Usage(usage) if is_named || is_for_listeners(usage) => {
            let text = Sentence::Usage.words(&[&usage.trim_start_matches('/')]);
            cx.tell(conn.recipient(), &text);
        }
        Parsed::Usage(_) => cx.tell(conn.recipient(), &Sentence::NicknameFirst.words(&[])),
        Parsed::Unknown(name, rest) => take_unknown(conn, name, rest, cx),
        Parsed::Text(_) | Parsed::Quit(_) => {}
    }
    Then::Stays
}

fn perform<'a>(conn: &Conn, command: Command<'_>, cx: &mut Context<'_, impl Output>) -> Then<'a> {
    let is_rename = matches!(command, Command::Rename(_));
    cx.line_commands(conn).perform(command);
    // Among what people may do is to have themselves removed.
    match cx.hub().is_here(conn.id) {
        false => Then::IsGone,
        true if is_rename => Then::IsNamed,
        true => Then::Stays,
    }
}

/// A command that is none of the chat's: the host program's, or nobody's. Commands of the chat come first: a
/// host program cannot take one of them over.
fn take_unknown(conn: &Conn, name: &str, rest: &str, cx: &mut Context<'_, impl Output>) {
    let parts = cx.parts();
    let from = parts.hub.name(conn.id);
    let answer = from.and_then(|from| parts.hooks.command(from, name, rest));
    let Some(Answer::Sender(text) | Answer::Room(text)) = &answer else {
        let name: String = name.chars().take(ECHO_CHARS_MAX).collect();
        let text = Sentence::UnknownCommand.words(&[&name]);
        return cx.tell(conn.recipient(), &text);
    };
    for line in text.lines().map(one_line) {
        match answer {
            Some(Answer::Room(_)) => {
                cx.apply(conn.id, &Action::Announce(&line));
            }
            _ => cx.tell(conn.recipient(), &line),
        }
    }
}

/// The host's `/kick` is out of the server, whatever room someone is in.
fn kick_for_host(conn: &Conn, name: &str, reason: Option<&str>, cx: &mut Context<'_, impl Output>) {
    if cx.hub().find(name) == Some(conn.id) {
        // Its own session is lent out here and could not be told that it has departed.
        cx.tell(conn.recipient(), &Sentence::OneselfKicked.words(&[]));
    } else if !cx.kick(name, reason) {
        cx.tell(conn.recipient(), &Sentence::NoOneCalled.words(&[&name]));
    }
}

/// Returns whether a command that was used wrongly is one that a client without a nickname may use. For all
/// others the answer is that a nickname is needed first: how to use them comes after that.
fn is_for_listeners(usage: &str) -> bool {
    ["/nick", "/join", "/history"]
        .iter()
        .any(|command| usage.starts_with(command))
}
