//! Parses one line of a client, carries it out and answers it.
//!
//! The commands are methods of `CommandContext`, each beside its kind. They ask the hub, change what the
//! client is subscribed to, add lines to `reply`, and `act`; nothing else changes the chat. An action takes
//! effect inside `act`, or later, where several machines share one order; so nothing behind a call of `act`
//! may count on its outcome, and what is answered to it stands in `outcome`.

use super::caps::Caps;
use super::message::{Malformed, Message};
use super::numerics as n;
use super::reply::Reply;
use super::shared::IrcShared;
use super::state::State;
use super::tags;
use crate::config::RelayConfig;
use crate::protocol::{ConnId, Output, Time};
use crate::relay::conn::{Conn, Others};
use crate::relay::encoder::{Encoder, Wire, encode_answer};
use crate::relay::framing::decode;
use crate::relay::hooks::Hooks;
use crate::relay::hub::{Action, CommandError, Hub, List, Reason, RoomId, RoomRef};
use crate::relay::origins::Origins;
use crate::relay::pending::Pending;
use crate::store::Abilities;

/// Bytes of the buffer for a command in upper case, in which every known command fits. Upper case without an
/// allocation: it is made for every line.
const COMMAND_BYTES_MAX: usize = 16;

/// Everything that carrying out a line can need.
pub(super) struct CommandContext<'r, O> {
    pub(super) id: ConnId,
    pub(super) conn: &'r Conn,
    pub(super) hub: &'r mut Hub,
    pub(super) config: &'r RelayConfig,
    pub(super) hooks: &'r mut dyn Hooks,
    pub(super) wire: &'r Wire,
    pub(super) shared: &'r mut IrcShared,
    pub(super) reply: &'r mut Reply,
    pub(super) origins: &'r mut Origins,
    /// The connections of all other clients: WHOIS asks whether another client is encrypted, and a server
    /// operator where it comes from.
    pub(super) others: &'r dyn Others,
    pub(super) state: &'r mut State,
    /// The place for actions that take effect later, and for a question to the store.
    pub(super) pending: &'r mut Pending,
    /// Actions must wait for their place in the order that several machines share, and do not take effect at once.
    pub(super) is_delayed: bool,
    /// The questions that the store answers.
    pub(super) abilities: Abilities,
    pub(super) now: Time,
    pub(super) out: &'r mut O,
    /// The reason to disconnect the client; none while it stays connected.
    pub(super) leaving: Option<Disconnect>,
}

/// The reason why a client is disconnected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::relay) struct Disconnect {
    /// The text of the `ERROR` line that is sent to the client last.
    pub(super) farewell: String,
    /// The reason that other clients are told.
    pub(super) told: Told,
}

/// The reason that other clients are told when a client is disconnected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Nothing,
    /// The reason that the client gave with `QUIT`.
    Words(String),
    /// The client is a server operator and has killed itself; the nickname is its own. Others are told as of
    /// any other removal.
    KilledBy(String),
}

impl Disconnect {
    pub(in crate::relay) fn reason(&self) -> Option<Reason<'_>> {
        match &self.told {
            Told::Nothing => None,
            Told::Words(words) => Some(Reason::Words(words)),
            Told::KilledBy(by) => Some(Reason::Removed { by, reason: None }),
        }
    }
}

impl<O: Output> CommandContext<'_, O> {
    /// Takes one line as it was received, without its line end.
    pub(super) fn take(&mut self, raw: &[u8]) {
        self.begin();
        // A line that is not UTF-8 is read as Windows-1252, as old clients mean it. Lines to clients are
        // UTF-8 only.
        let line = decode(raw);
        match Message::parse(&line, raw) {
            Err(Malformed::Empty) => {}
            Err(Malformed::TooLong) => self.reply.numeric(n::INPUT_TOO_LONG, &[]),
            Ok(message) => {
                self.note_label(message.tags);
                // Neither can be in a line (RFC 1459, 2.3.1). The tags were read before, so that the error
                // carries the label.
                if raw.contains(&0) || raw.contains(&b'\r') {
                    let command = known_or_star(message.command);
                    let words = "A message cannot have NUL or CR in it";
                    self.reply.numeric_with(n::UNKNOWN_ERROR, &[command], words);
                } else {
                    self.dispatch(&message);
                }
            }
        }
        self.finish();
    }

    /// Answers a line that exceeded the maximum length.
    pub(super) fn take_too_long(&mut self) {
        self.begin();
        self.reply.numeric(n::INPUT_TOO_LONG, &[]);
        self.finish();
    }

    /// Begins the answer to a line. A client that is not registered is addressed by the nickname that it has
    /// asked for, if any.
    fn begin(&mut self) {
        let me = self.hub.name(self.id).or(self.state.nickname.as_deref());
        let caps = self.state.caps;
        self.reply.begin_for(self.id, me.unwrap_or("*"), caps);
    }

    /// Applies the actions of a line that had to wait, and sends the whole answer. The lines that were
    /// collected with the actions are dealt out again: each outcome is answered at the place where it would
    /// have been, had it come at once.
    pub(super) fn take_effect(&mut self, mut pending: Pending) {
        if let Some(reply) = pending.reply.take() {
            *self.reply = *reply;
        }
        self.apply_pending(&pending);
        if let Some((asked, answer)) = pending.take_answer() {
            self.show_past(asked, answer);
        }
        self.finish();
    }

    fn apply_pending(&mut self, pending: &Pending) {
        self.is_delayed = false;
        let mut answered = self.reply.take_lines();
        let mut moved = 0;
        pending.take_effect(|action, behind| {
            self.reply.append(&answered, moved..behind);
            moved = behind;
            self.act(action);
        });
        self.reply.append(&answered, moved..answered.count());
        answered.clear();
    }

    /// Sends the answer, unless actions of the line are pending, or a question: then the answer waits with them.
    fn finish(&mut self) {
        if !self.pending.is_empty() {
            if self.leaving.is_none() {
                let next = Reply::new(self.reply.server.clone());
                self.pending.reply = Some(Box::new(std::mem::replace(self.reply, next)));
                return;
            }
            // A client that disconnects does not wait: its actions are applied now.
            let pending = std::mem::take(self.pending);
            self.apply_pending(&pending);
        }
        let reply = &mut *self.reply;
        let farewell = self.leaving.as_ref().map(|it| &*it.farewell);
        if reply.is_nothing() && farewell.is_none() {
            return;
        }
        let time = self.state.caps.has(Caps::SERVER_TIME).then_some(self.now);
        let write = |out: &mut Vec<u8>| reply.write_to(out, time, farewell);
        // The whole answer is one message to the loop, so nothing can come between its lines.
        if let Some(range) = encode_answer(self.out, self.state.format(), write) {
            self.out.send(self.id, range);
        }
        // Events that reach the client as one of many, such as somebody put out by it who comes into the
        // lobby where it is too: it reads first what it did.
        for range in reply.take_held_back() {
            self.out.send(self.id, range);
        }
    }

    /// Notes the label of a line. The capability takes `batch` as well: an answer in several lines can carry
    /// a label in no other way (IRCv3 labeled-response).
    fn note_label(&mut self, tags: &str) {
        if self.state.caps.has(Caps::LABELED_RESPONSE | Caps::BATCH) {
            let label = tags::label(tags).unwrap_or_default();
            self.reply.label.push_str(label);
        }
    }

    fn dispatch(&mut self, it: &Message<'_>) {
        let mut buffer = [0; COMMAND_BYTES_MAX];
        let command = upper_case(it.command, &mut buffer);
        if !self.state.is_registered {
            return self.register(command, it);
        }
        // From a client that knows multiline, a line with a `batch` tag is part of a draft, whatever its
        // command.
        if !it.tags.is_empty() && self.take_part(command, it) {
            return;
        }
        match command {
            "PING" => self.ping(it),
            "PONG" => {}
            "CAP" => self.cap(it),
            "NICK" => self.nick(it),
            "PASS" | "USER" => self.reply.numeric(n::ALREADY_REGISTERED, &[]),
            "QUIT" => self.quit(it),
            "JOIN" => self.join(it),
            "PART" => self.part(it),
            "KICK" => self.kick(it),
            "INVITE" => self.invite(it),
            "TOPIC" => self.topic(it),
            "NAMES" => self.names(it),
            "LIST" => self.list(it),
            "MODE" => self.mode(it),
            "BAN" | "UNBAN" => self.keep_out(it, List::Bans, command == "BAN"),
            "MUTE" | "UNMUTE" => self.keep_out(it, List::Mutes, command == "MUTE"),
            "PRIVMSG" | "NOTICE" | "TAGMSG" => self.say(command, it),
            "BATCH" => self.batch(it),
            "REDACT" => self.redact(it),
            "CHATHISTORY" => self.chathistory(it),
            "SEARCH" if self.abilities.has_search => self.search(it),
            "MARKREAD" => self.markread(it),
            "AWAY" => self.away(it),
            "SETNAME" => self.setname(it),
            "WHO" => self.who(it),
            "WHOIS" => self.whois(it),
            "WHOWAS" => self.whowas(it),
            "USERHOST" => self.userhost(it),
            "ISON" => self.ison(it),
            "MONITOR" => self.monitor(it),
            "METADATA" => self.metadata(it),
            "OPER" => self.oper(it),
            "KILL" => self.kill(it),
            "FORGET" => self.forget(it),
            "WALLOPS" => self.wallops(it),
            "REHASH" => self.rehash(),
            _ => self.ask(command, it),
        }
    }

    /// Answers a query about the server. Any other command is passed to `unknown`.
    fn ask(&mut self, command: &str, it: &Message<'_>) {
        let is_for_server = matches!(command, "MOTD" | "VERSION" | "TIME" | "ADMIN" | "INFO");
        if is_for_server && !self.is_meant(it) {
            return;
        }
        match command {
            "MOTD" => self.motd(),
            "LUSERS" => self.lusers(),
            "VERSION" => self.version(),
            "TIME" => self.time(),
            "ADMIN" => self.admin(),
            "INFO" => self.info(),
            "STATS" => self.stats(it),
            "LINKS" => self.reply.numeric(n::END_OF_LINKS, &["*"]),
            "HELP" | "HELPOP" => self.help(it),
            _ => self.unknown(it),
        }
    }

    /// Passes a command that IRC does not know to the host program, and answers `421` if the host program
    /// does not know it either. IRC's own commands come first, so a host program cannot take one over.
    pub(super) fn unknown(&mut self, it: &Message<'_>) {
        use crate::relay::hooks::{Answer, one_line};
        let argument = it.params().join(" ");
        let name = it.command.to_ascii_lowercase();
        let answer = self
            .hub
            .name(self.id)
            .and_then(|from| self.hooks.command(from, &name, &argument));
        let Some(Answer::Sender(text) | Answer::Room(text)) = &answer else {
            let command = known_or_star(it.command);
            return self.reply.numeric(n::UNKNOWN_COMMAND, &[command]);
        };
        let is_for_room = matches!(answer, Some(Answer::Room(_)));
        let has_room = self.hub.rooms_of(self.id).next().is_some();
        for line in text.lines().map(one_line) {
            if is_for_room && has_room {
                self.act(&Action::Announce(&line));
                continue;
            }
            let me = self.reply.me.clone();
            let notice = self.reply.line().add("NOTICE ").add(&me);
            notice.add(" :").add(&line).end();
        }
    }

    /// Applies an action and adds its outcome to the answer. If actions must wait, the action is queued
    /// instead, with the number of answer lines that come before its outcome. The actor's own lines about it
    /// come from the hub through the encoder, in the order in which all others read them.
    pub(super) fn act(&mut self, action: &Action<'_>) {
        if self.is_delayed {
            return self.pending.push(action, self.reply.lines().count());
        }
        let mut sink = Encoder::replying(self.out, self.wire, self.reply);
        let came = self.hub.apply(self.id, action, self.now, &mut sink);
        self.answer(action, came);
    }

    /// Applies an action in the room of a channel. A name that does not begin with `#` is answered with
    /// an error.
    pub(super) fn act_in<'a>(
        &mut self,
        channel: &'a str,
        action: impl FnOnce(RoomRef<'a>) -> Action<'a>,
    ) {
        match channel.strip_prefix('#') {
            Some(name) => self.act(&action(RoomRef::Named(name))),
            None => self.refuse(CommandError::NoSuchRoom, channel),
        }
    }

    /// Returns the room of a channel, if it exists.
    pub(super) fn find_room(&self, channel: &str) -> Option<RoomId> {
        self.hub.find_room(channel.strip_prefix('#')?)
    }

    /// Returns whether the first `count` parameters of a command are there and not empty. If not, the
    /// client is sent `461`.
    pub(super) fn needs(&mut self, it: &Message<'_>, count: usize) -> bool {
        let has_all = (0..count).all(|n| it.some(n).is_some());
        if !has_all {
            let command = it.command.to_ascii_uppercase();
            self.reply.numeric(n::NEED_MORE_PARAMS, &[&command]);
        }
        has_all
    }

    pub(super) fn ping(&mut self, it: &Message<'_>) {
        if it.params().is_empty() {
            return self.reply.numeric(n::NO_ORIGIN, &[]);
        }
        let server = self.reply.server.clone();
        let line = self.reply.line().add("PONG ").add(&server);
        line.add(" :").add(it.param(0)).end();
    }

    pub(super) fn quit(&mut self, it: &Message<'_>) {
        let reason = it
            .some(0)
            .map(super::text::cleaned)
            .filter(|reason| !reason.is_empty());
        let farewell = match &reason {
            Some(reason) => format!("Closing Link: quit ({reason})"),
            None => String::from("Closing Link: quit"),
        };
        let told = reason.map_or(Told::Nothing, Told::Words);
        self.leaving = Some(Disconnect { farewell, told });
    }
}

/// Returns a command in upper case; empty if it is longer than the buffer, and so than every known
/// command.
fn upper_case<'b>(command: &str, buffer: &'b mut [u8; COMMAND_BYTES_MAX]) -> &'b str {
    let Some(upper) = buffer.get_mut(..command.len()) else {
        return "";
    };
    upper.copy_from_slice(command.as_bytes());
    upper.make_ascii_uppercase();
    std::str::from_utf8(upper).unwrap_or_default()
}

/// Returns a command in a form that can be a middle parameter of an answer; `*` if it cannot be one. What a
/// client sent must not take the answer apart, by a blank, a colon or a control in the middle of it.
fn known_or_star(command: &str) -> &str {
    let is_word = !command.is_empty() && command.len() <= 32 && !command.starts_with(':');
    let is_clean = !command.contains(|c: char| c.is_control() || c == '\u{fffd}');
    if is_word && is_clean { command } else { "*" }
}
