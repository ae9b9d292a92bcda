//! What a line means, by the role of its connection and how far the conversation is.

use super::dialect::line::{Parsed, parse, write_help};
use super::encoder::Encoder;
use super::framing::is_blank;
use super::hooks::{Verdict, one_line};
use super::hub::{Command, Event, Recipient, Refused, Sink, Speech};
use super::session::{Role, Session, Stage};
use super::{LINE, Relay, tell};
use crate::protocol::{Delivery, Output, Time};

/// Wrong passwords after which a connection is closed.
const WRONG_PASSWORDS_MAX: u8 = 3;

/// Characters of an unknown command that are repeated to whoever typed it.
const ECHO_CHARS_MAX: usize = 32;

/// What the host of the server is called.
const HOST_NAME: &str = "host";

impl Relay {
    /// A connection is let in, before or after a password: what comes of that by itself?
    pub(super) fn begin(&mut self, session: &mut Session, now: Time, out: &mut impl Output) {
        match session.role {
            Role::Host => {
                self.admit(session, now);
                self.take_nickname(session, HOST_NAME, now, out);
                session.greet_at = None;
            }
            Role::Listen => {
                self.admit(session, now);
            }
            Role::Broker => {
                if let Some(broker) = self.brokers.get_mut(session.tag.0 as usize) {
                    broker.enter(session.id);
                }
            }
            Role::Auto | Role::Line | Role::Talk => {}
        }
    }

    /// Greets someone silent, or asks for the password.
    pub(super) fn greet(&mut self, session: &mut Session, now: Time, out: &mut impl Output) {
        if self.config.password.is_some()
            && matches!(session.stage, Stage::Sniffing | Stage::Locked)
        {
            session.was_asked = true;
            tell(out, session.id, "This server asks for a password.");
            return;
        }
        self.admit(session, now);
        let name = &self.config.name;
        let text = format!(
            "Welcome to {name}. Type a nickname and press Enter; /help lists the commands."
        );
        tell(out, session.id, &text);
    }

    /// One line, decoded and cleaned.
    pub(super) fn take_line(
        &mut self,
        session: &mut Session,
        text: &str,
        now: Time,
        out: &mut impl Output,
    ) {
        // An empty first line of a program that only talks is a nickname: the program's next line
        // is a message already.
        let names_nobody = session.role == Role::Talk && session.stage == Stage::Nameless;
        if is_blank(text) && !names_nobody {
            return;
        }
        match (session.stage, session.role) {
            (Stage::Locked, _) => self.take_password(session, text, now, out),
            (Stage::Nameless, Role::Talk) => {
                self.admit(session, now);
                self.take_nickname(session, text, now, out);
            }
            (Stage::Talking, Role::Talk) => {
                let command = Command::Speak(Speech::Message, text);
                self.say(session, command, text, now, out);
            }
            (Stage::Talking, Role::Broker) => {
                if let Some(broker) = self.brokers.get(session.tag.0 as usize) {
                    broker.pass_on(session.id, text, out);
                }
            }
            (Stage::Nameless | Stage::Talking, _) => self.converse(session, text, now, out),
            (Stage::Sniffing | Stage::Departed, _) => {}
        }
    }

    fn take_password(
        &mut self,
        session: &mut Session,
        text: &str,
        now: Time,
        out: &mut impl Output,
    ) {
        if self.is_password(text) {
            session.stage = match session.role {
                Role::Listen | Role::Broker => Stage::Talking,
                _ => Stage::Nameless,
            };
            self.begin(session, now, out);
            if session.was_asked {
                self.greet(session, now, out);
            } else if session.role.converses() && session.greet_at.is_none() {
                // The time for that had come while the password was still missing.
                self.admit(session, now);
            }
            return;
        }
        session.wrong_passwords += 1;
        if session.role.converses() {
            tell(out, session.id, "wrong password");
        }
        if !session.role.converses() || session.wrong_passwords == WRONG_PASSWORDS_MAX {
            self.dismiss(session, None, now, out);
        }
    }

    /// Compares all of both, so that the time it takes tells nothing.
    fn is_password(&self, text: &str) -> bool {
        let password = self.config.password.as_deref().unwrap_or_default();
        let longest = password.len().max(text.len());
        let byte = |text: &str, n: usize| text.as_bytes().get(n).copied().unwrap_or_default();
        let differing = (0..longest).fold(password.len() ^ text.len(), |differing, n| {
            differing | usize::from(byte(password, n) ^ byte(text, n))
        });
        differing == 0
    }

    fn take_nickname(
        &mut self,
        session: &mut Session,
        text: &str,
        now: Time,
        out: &mut impl Output,
    ) {
        self.hub
            .arrive(session.id, text, now, &mut Encoder::new(out));
        session.stage = Stage::Talking;
    }

    /// A line of the line dialect.
    fn converse(&mut self, session: &mut Session, text: &str, now: Time, out: &mut impl Output) {
        if !self.admit(session, now) {
            tell(out, session.id, "too many rooms");
            return self.dismiss(session, None, now, out);
        }
        session.greet_at = None;
        let is_named = session.stage == Stage::Talking;
        match parse(text) {
            Parsed::Text(text) if is_named => {
                let command = Command::Speak(Speech::Message, text);
                self.say(session, command, text, now, out);
            }
            Parsed::Text(name) => self.take_nickname(session, name, now, out),
            Parsed::Command(
                command @ (Command::Speak(_, text) | Command::Private { text, .. }),
            ) if is_named => self.say(session, command, text, now, out),
            Parsed::Command(command) => {
                if matches!(command, Command::Rename(_)) {
                    session.stage = Stage::Talking;
                }
                self.hub
                    .perform(session.id, command, now, &mut Encoder::new(out));
            }
            Parsed::Help => {
                let chunk = out.encode(Delivery::Kept, write_help);
                out.send(session.id, chunk);
            }
            Parsed::Quit(reason) => self.quit(session, reason, now, out),
            Parsed::Usage(usage) if is_named || is_for_listeners(usage) => {
                tell(out, session.id, &format!("usage: {usage}"));
            }
            Parsed::Usage(_) => {
                let (id, format) = (session.id, LINE);
                let refused = Event::Refused(Refused::NicknameFirst);
                Encoder::new(out).to_one(Recipient { id, format }, &refused);
            }
            Parsed::Unknown(name, rest) => self.take_unknown(session, name, rest, now, out),
        }
    }

    /// Says something, to the room or to one person, once the host program has seen it.
    fn say<'a>(
        &mut self,
        session: &Session,
        command: Command<'a>,
        text: &'a str,
        now: Time,
        out: &mut impl Output,
    ) {
        let from = self.hub.name(session.id).unwrap_or_default();
        let changed;
        let text = match self.hooks.message(from, text) {
            Verdict::Pass => text,
            Verdict::Change(text) => {
                changed = one_line(&text);
                &changed
            }
            Verdict::Refuse(reason) => {
                if session.role.converses() {
                    tell(out, session.id, &one_line(&reason));
                }
                return;
            }
        };
        let command = match command {
            Command::Speak(speech, _) => Command::Speak(speech, text),
            Command::Private { to, .. } => Command::Private { to, text },
            other => other,
        };
        if !is_blank(text) {
            self.hub
                .perform(session.id, command, now, &mut Encoder::new(out));
        }
    }

    fn quit(
        &mut self,
        session: &mut Session,
        reason: Option<&str>,
        now: Time,
        out: &mut impl Output,
    ) {
        if session.role == Role::Host {
            out.stop();
            return;
        }
        tell(out, session.id, "Bye.");
        self.dismiss(session, reason, now, out);
    }

    /// A command that is none of the chat's: the host's own, the host program's, or nobody's.
    fn take_unknown(
        &mut self,
        session: &Session,
        name: &str,
        rest: &str,
        now: Time,
        out: &mut impl Output,
    ) {
        if session.role == Role::Host && name.eq_ignore_ascii_case("kick") {
            return self.kick_for_host(session, rest, now, out);
        }
        if let Some(from) = self.hub.name(session.id)
            && let Some(answer) = self.hooks.command(from, name, rest)
        {
            for line in answer.lines() {
                tell(out, session.id, &one_line(line));
            }
            return;
        }
        let name: String = name.chars().take(ECHO_CHARS_MAX).collect();
        let text = format!("unknown command /{name}; /help lists the commands");
        tell(out, session.id, &text);
    }

    fn kick_for_host(&mut self, session: &Session, rest: &str, now: Time, out: &mut impl Output) {
        let (name, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let reason = Some(reason.trim()).filter(|reason| !reason.is_empty());
        if name.is_empty() {
            tell(out, session.id, "usage: /kick NAME [REASON]");
        } else if self.hub.find(name) == Some(session.id) {
            // Its own session is lent out here and could not be told that it has departed.
            tell(out, session.id, "that is you; /quit stops the server");
        } else if !self.kick(name, reason, now, out) {
            tell(out, session.id, &format!("no one here is called {name}"));
        }
    }

    /// Removes someone from the server, in the host's name. Says whether they were there.
    pub(super) fn kick(
        &mut self,
        name: &str,
        reason: Option<&str>,
        now: Time,
        out: &mut impl Output,
    ) -> bool {
        let mut sink = Encoder::new(out);
        let Some(id) = self.hub.remove(name, HOST_NAME, reason, now, &mut sink) else {
            return false;
        };
        if let Some(session) = self.sessions.get_mut(id.index()).and_then(Option::as_mut) {
            session.stage = Stage::Departed;
        }
        out.close(id);
        true
    }
}

/// Whether a command that was used wrongly is one that someone without a nickname may use.
fn is_for_listeners(usage: &str) -> bool {
    ["/nick", "/join", "/history"]
        .iter()
        .any(|command| usage.starts_with(command))
}
