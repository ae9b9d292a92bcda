//! One request: read, carried out by its `do`, and answered.
//!
//! A request changes the chat only by `act`, and is answered there or by `ok`, once. What comes of an action
//! is answered in `outcome.rs`, from the action and the outcome alone; so it does not matter whether the
//! outcome is there at once, or later, when the line is long gone.

use super::errors::RequestError;
use super::fields::{check_nick, one_line, reason, room};
use super::object::Object;
use super::request::JsonRequest;
use super::rooms::visible_room;
use super::state::State;
use super::text::{AWAY_BYTES_MAX, TOPIC_BYTES_MAX, cut};
use crate::config::RelayConfig;
use crate::protocol::{Output, Time};
use crate::relay::conn::Conn;
use crate::relay::dialect::Program;
use crate::relay::encoder::{Encoder, Wire, encode_answer, say_closing};
use crate::relay::hooks::Hooks;
use crate::relay::hub::names::NAME_CHARS_MAX;
use crate::relay::hub::{Action, EventLevel, Hub, Nick, ROOMS_OF_ONE_MAX, RoomRef};
use crate::relay::origins::Origins;
use crate::relay::password::{WRONG_PASSWORDS_MAX, is_password};
use crate::relay::pending::Pending;
use crate::store::Abilities;

/// Every value that `do` may have. `asked` in the state is one of these, so that nothing is allocated for it.
const DO: [&str; 24] = [
    "hello", "join", "part", "say", "nick", "topic", "away", "invite", "kick", "ban", "unban",
    "mode", "redact", "react", "who", "rooms", "whois", "history", "search", "resume", "ping",
    "quit", "mute", "unmute",
];

/// The context of one line: all that carrying it out may look at or change.
pub(super) struct CommandContext<'r, O> {
    pub(super) conn: &'r Conn,
    pub(super) hub: &'r mut Hub,
    pub(super) config: &'r RelayConfig,
    pub(super) hooks: &'r mut dyn Hooks,
    pub(super) wire: &'r Wire,
    pub(super) origins: &'r mut Origins,
    pub(super) state: &'r mut State,
    /// The place for actions that take effect later, and for a question to the store.
    pub(super) pending: &'r mut Pending,
    /// Actions take effect later, and not at once.
    pub(super) is_delayed: bool,
    /// The questions that the store answers.
    pub(super) abilities: Abilities,
    pub(super) now: Time,
    pub(super) out: &'r mut O,
    /// The client goes, with these words if any.
    pub(super) leaving: Option<Option<String>>,
}

impl<O: Output> CommandContext<'_, O> {
    /// One line without its end, as it came.
    pub(super) fn take(&mut self, line: &[u8]) {
        // Lines of nothing are no requests, and none that went wrong.
        if line.trim_ascii().is_empty() {
            return;
        }
        (self.state.re, self.state.asked) = (String::new(), "");
        let taken = JsonRequest::parse(line).and_then(|it| {
            self.state.re = it.id()?;
            self.dispatch(&it)
        });
        if let Err(fault) = taken {
            self.refuse(&fault);
            // Behind the refusal, so that a program reads first what was wrong.
            if self.leaving.is_some() {
                let to = self.conn.recipient();
                say_closing(self.out, to, Program::Json, "too many wrong passwords");
            }
        }
    }

    /// Refuses a line that was too long to be read.
    pub(super) fn refuse_line(&mut self, fault: &RequestError) {
        self.state.re.clear();
        self.refuse(fault);
    }

    fn dispatch(&mut self, it: &JsonRequest) -> Result<(), RequestError> {
        let asked = it.text("do")?;
        let known = DO.iter().find(|known| **known == asked);
        let Some(asked) = known else {
            let words = format!("there is nothing called {:?} to do", cut(asked, 64));
            return Err(RequestError::new("unknown_do", &words));
        };
        self.state.asked = asked;
        match *asked {
            "hello" => self.hello(it),
            "ping" => {
                self.ok(|it| it);
                Ok(())
            }
            "quit" => self.quit(it),
            _ if !self.state.is_greeted => {
                let words = "say hello first: {\"do\":\"hello\",\"nick\":\"…\"}";
                Err(RequestError::new("hello_first", words))
            }
            "join" => self.join(it),
            "part" => self.part(it),
            "say" => self.say(it),
            "react" => self.react(it),
            "nick" => self.nick(it.text("nick")?),
            "topic" => self.topic(it),
            "away" => self.away(it),
            "invite" => self.invite(it),
            "kick" => self.kick(it),
            "redact" => self.redact(it),
            "ban" | "unban" | "mute" | "unmute" => self.keep_out(it),
            "mode" => self.mode(it),
            _ => self.look(it),
        }
    }

    /// Lets a client in, with the password if one is set. Without a nickname it only listens, and may take a
    /// name later. It is in no room before it joins one.
    fn hello(&mut self, it: &JsonRequest) -> Result<(), RequestError> {
        if self.state.is_greeted {
            return Err(RequestError::new("hello_already", "you have said hello"));
        }
        if let Some(password) = &self.config.password {
            let given = it.optional("password")?.unwrap_or_default();
            if !is_password(password, given) {
                return Err(self.note_wrong_password());
            }
            let origin = self.conn.budget.origin(self.origins);
            log::info!("{} from {origin} gave the password", self.conn.id);
        }
        let nick = it.optional("nick")?;
        nick.map_or(Ok(()), check_nick)?;
        if !self.hub.is_here(self.conn.id) {
            let admit = self.conn.admit(EventLevel::Raw, false);
            let mut sink = Encoder::new(self.out, self.wire);
            let admitted = self.hub.apply(self.conn.id, &admit, self.now, &mut sink);
            debug_assert!(admitted.is_ok(), "a guest is always let in");
            self.hub.set_format(self.conn.id, self.conn.format);
        }
        match nick {
            Some(nick) => self.arrive(nick),
            None => self.show_hello(),
        }
        Ok(())
    }

    /// Notes a wrong password, for this connection and for its address: the third one ends the connection,
    /// and each costs the address more and more time.
    fn note_wrong_password(&mut self) -> RequestError {
        let count = self.conn.budget.note_wrong(self.origins, self.now);
        let origin = self.conn.budget.origin(self.origins);
        log::warn!(
            "{} from {origin} gave a wrong password ({count} in all from there)",
            self.conn.id
        );
        self.state.wrong_passwords += 1;
        if self.state.wrong_passwords == WRONG_PASSWORDS_MAX {
            self.leaving = Some(None);
        }
        RequestError::new(
            "wrong_password",
            "this server asks for a password: \"password\" of hello",
        )
    }

    /// It has said hello, and maybe who it is. The limits are those that a program must keep to: it cannot
    /// know how this server is set.
    pub(super) fn show_hello(&mut self) {
        self.state.is_greeted = true;
        let nick = self.hub.name(self.conn.id).map(str::to_owned);
        let config = self.config;
        self.ok(|it| {
            let it = it
                .optional("nick", nick.as_deref())
                .text("server", &config.name);
            let it = it.number("version", 1);
            it.object("limits", |it| {
                let it = it.number("line_bytes", config.line_bytes_max as u64);
                let it = it.number("lines_a_second", u64::from(config.rate));
                let it = it.number("lines_at_once", u64::from(config.burst));
                let it = it.number("nick_chars", NAME_CHARS_MAX as u64);
                it.number("rooms", ROOMS_OF_ONE_MAX as u64)
                    .number("history", config.history as u64)
            })
        });
    }

    fn arrive(&mut self, nick: &str) {
        let nick = Nick::Exactly(nick);
        self.act(&Action::Arrive { nick, names: None });
    }

    /// Takes a nickname, the first or another. A name that is taken is refused, as for IRC clients: the
    /// program picks another.
    fn nick(&mut self, nick: &str) -> Result<(), RequestError> {
        check_nick(nick)?;
        match self.hub.name(self.conn.id) {
            None => self.arrive(nick),
            Some(_) => self.act(&Action::Rename(Nick::Exactly(nick))),
        }
        Ok(())
    }

    fn quit(&mut self, it: &JsonRequest) -> Result<(), RequestError> {
        let reason = reason(it, "reason")?;
        self.ok(|it| it);
        self.leaving = Some(reason);
        Ok(())
    }

    /// Joins a room, and stays in the others. Past messages are shown only as far as they are asked for,
    /// since a bot would answer them.
    fn join(&mut self, it: &JsonRequest) -> Result<(), RequestError> {
        let room = room(it)?;
        let key = it.optional("key")?;
        self.state.replay = it.number("replay")?.unwrap_or(0).min(self.config.history);
        self.act(&Action::Join {
            room,
            key,
            leaves_others: false,
        });
        Ok(())
    }

    fn part(&mut self, it: &JsonRequest) -> Result<(), RequestError> {
        let room = RoomRef::Named(room(it)?);
        let reason = reason(it, "reason")?;
        let reason = reason.as_deref();
        self.act(&Action::Part { room, reason });
        Ok(())
    }

    /// Sets, clears or shows a topic: with a text, with `null`, or without the member. That is why `null` and
    /// a missing member are two things here, and nowhere else.
    fn topic(&mut self, it: &JsonRequest) -> Result<(), RequestError> {
        let name = room(it)?;
        if !it.has("topic") {
            return self.show_topic(name);
        }
        let topic = one_line(it, "topic", TOPIC_BYTES_MAX)?;
        let (topic, id) = (topic.as_deref(), self.conn.id);
        let view = visible_room(self.hub, id, name)?;
        let (room, is_news) = (view.id(), view.topic().map(|it| &*it.text) != topic);
        if !is_news && self.hub.bar_topic(id, room).is_ok() {
            // A bot that sets the topic again every minute is no news to anybody.
            self.ok(|it| it);
            return Ok(());
        }
        let room = RoomRef::Named(name);
        self.act(&Action::SetTopic { room, topic });
        Ok(())
    }

    fn away(&mut self, it: &JsonRequest) -> Result<(), RequestError> {
        let away = one_line(it, "text", AWAY_BYTES_MAX)?;
        self.act(&Action::SetAway(away.as_deref()));
        Ok(())
    }

    fn invite(&mut self, it: &JsonRequest) -> Result<(), RequestError> {
        let (room, name) = (RoomRef::Named(room(it)?), it.text("nick")?);
        self.act(&Action::Invite { room, name });
        Ok(())
    }

    fn kick(&mut self, it: &JsonRequest) -> Result<(), RequestError> {
        let (room, name) = (RoomRef::Named(room(it)?), it.text("nick")?);
        let reason = reason(it, "reason")?;
        let reason = reason.as_deref();
        self.act(&Action::Kick { room, name, reason });
        Ok(())
    }

    /// Has something done, and answers what came of it. If actions must wait for their place in the order
    /// that several machines share, it is queued instead, and `take_effect` comes here again.
    pub(super) fn act(&mut self, action: &Action<'_>) {
        if self.is_delayed {
            return self.pending.push(action, 0);
        }
        let mut sink = Encoder::new(self.out, self.wire);
        let outcome = self.hub.apply(self.conn.id, action, self.now, &mut sink);
        self.answer(action, outcome);
    }

    /// Does what was asked for and was waited with.
    pub(super) fn take_effect(&mut self, pending: &mut Pending) {
        self.is_delayed = false;
        pending.take_effect(|action, _| self.act(action));
        if let Some((asked, answer)) = pending.take_answer() {
            let shown = self.show_past(asked, answer);
            shown.unwrap_or_else(|fault| self.refuse(&fault));
        }
    }

    /// Answers that the request is done, with the members that `write` adds.
    pub(super) fn ok(&mut self, write: impl FnOnce(Object<'_>) -> Object<'_>) {
        answer_ok(self.out, self.conn, self.state, write);
    }

    /// Answers why it is not done.
    pub(super) fn refuse(&mut self, fault: &RequestError) {
        let state = &*self.state;
        let to = self.conn.recipient();
        let range = encode_answer(self.out, to.format, |out| {
            let it = Object::new(out).object("error", |it| {
                it.text("code", fault.code).text("message", &fault.message)
            });
            it.raw("re", &state.re).end_line();
        });
        if let Some(range) = range {
            self.out.send(to.id, range);
        }
    }
}

/// Answers that a request is done; apart from the rest, so that `write` may look at the hub.
pub(super) fn answer_ok(
    out: &mut impl Output,
    conn: &Conn,
    state: &State,
    write: impl FnOnce(Object<'_>) -> Object<'_>,
) {
    let to = conn.recipient();
    let range = encode_answer(out, to.format, |out| {
        let it = Object::new(out).text("ok", state.asked);
        write(it.raw("re", &state.re)).end_line();
    });
    if let Some(range) = range {
        out.send(to.id, range);
    }
}
