//! What a line means, by the role of its connection and how far the conversation is.

use std::borrow::Cow;

use super::Relay;
use super::dialect::line::{Command, Parsed, Sentence, Talk, parse, write_help};
use super::encoder::{Encoder, encode, tell};
use super::framing::is_blank;
use super::hooks::{Answer, Verdict, one_line};
use super::hub::{Action, Nick, PersonFlag, Reason, Speech};
use super::session::{Role, Session, Stage};
use crate::protocol::{ConnId, Delivery, Output, Time};

/// Wrong passwords after which a connection is closed.
pub(super) const WRONG_PASSWORDS_MAX: u8 = 3;

/// Characters of an unknown command that are repeated to whoever typed it.
const ECHO_CHARS_MAX: usize = 32;

/// What the host of the server is called.
const HOST_NAME: &str = "host";

impl Relay {
    /// A connection is let in, before or after a password: what comes of that by itself?
    pub(super) fn begin(&mut self, session: &mut Session, now: Time, out: &mut impl Output) {
        match session.role {
            Role::Host => {
                self.admit_roomless(session);
                let rules = Action::SetFlag(PersonFlag::Operator, true);
                self.apply(session.id, rules, now, out);
                self.hub.enter_default(session.id, now);
                let nick = Nick::Reserved(HOST_NAME);
                self.talk(session, now, out).arrive(nick);
                session.stage = Stage::Talking;
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
            Role::Irc => {}
            Role::Web => {}
        }
    }

    /// Greets someone silent, or asks for the password.
    pub(super) fn greet(&mut self, session: &mut Session, now: Time, out: &mut impl Output) {
        if self.config.password.is_some()
            && matches!(session.stage, Stage::Sniffing | Stage::Locked)
        {
            session.was_asked = true;
            tell(out, session.recipient(), "This server asks for a password.");
            return;
        }
        self.admit(session, now);
        let name = &self.config.name;
        let text = format!(
            "Welcome to {name}. Type a nickname and press Enter; /help lists the commands."
        );
        tell(out, session.recipient(), &text);
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
            (Stage::Talking, Role::Talk) => self.take_message(session, text, now, out),
            (Stage::Talking, Role::Broker) => {
                if let Some(broker) = self.brokers.get(session.tag.0 as usize) {
                    broker.pass_on(session.id, text, out);
                }
            }
            (Stage::Nameless | Stage::Talking, _) => self.converse(session, text, now, out),
            (Stage::Sniffing | Stage::Departed, _) => {}
            (Stage::Irc, _) => {}
        }
    }

    fn take_password(
        &mut self,
        session: &mut Session,
        text: &str,
        now: Time,
        out: &mut impl Output,
    ) {
        if is_password(self.config.password.as_deref().unwrap_or_default(), text) {
            session.stage = match session.role {
                Role::Listen | Role::Broker => Stage::Talking,
                _ => Stage::Nameless,
            };
            let origin = self.origins.origin(session.place);
            log::info!("{} from {origin} gave the password", session.id);
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
        let count = self.origins.note_wrong(session.place, now);
        log::warn!(
            "{} from {} gave a wrong password ({count} in all from there)",
            session.id,
            self.origins.origin(session.place)
        );
        if session.role.converses() {
            let text = Sentence::WrongPassword.words(&[]);
            tell(out, session.recipient(), &text);
        }
        if !session.role.converses() || session.wrong_passwords == WRONG_PASSWORDS_MAX {
            self.dismiss(session, None, now, out);
        }
    }

    fn take_nickname(
        &mut self,
        session: &mut Session,
        text: &str,
        now: Time,
        out: &mut impl Output,
    ) {
        self.talk(session, now, out).arrive(Nick::Like(text));
        session.stage = Stage::Talking;
    }

    /// A line of the line dialect.
    fn converse(&mut self, session: &mut Session, text: &str, now: Time, out: &mut impl Output) {
        self.admit(session, now);
        session.greet_at = None;
        match parse(text) {
            Parsed::Text(text) if session.stage == Stage::Talking => {
                self.take_message(session, text, now, out);
            }
            parsed => {
                self.say_run(session, now, out);
                self.carry_out(session, parsed, now, out);
            }
        }
    }

    /// Anything but a message.
    fn carry_out(
        &mut self,
        session: &mut Session,
        parsed: Parsed<'_>,
        now: Time,
        out: &mut impl Output,
    ) {
        let is_named = session.stage == Stage::Talking;
        match parsed {
            Parsed::Text(name) => self.take_nickname(session, name, now, out),
            Parsed::Command(Command::Speak(speech, text)) if is_named => {
                if let Some(text) = self.pass_hooks(session, text, now, out) {
                    let command = Command::Speak(speech, &text);
                    self.perform(session, command, now, out);
                }
            }
            Parsed::Command(Command::Private { to, text }) if is_named => {
                if let Some(text) = self.pass_hooks(session, text, now, out) {
                    let text = &text;
                    self.perform(session, Command::Private { to, text }, now, out);
                }
            }
            Parsed::Command(Command::Kick { name, reason }) if session.role == Role::Host => {
                self.kick_for_host(session, name, reason, now, out);
            }
            Parsed::Command(command) => {
                if matches!(command, Command::Rename(_)) {
                    session.stage = Stage::Talking;
                }
                self.perform(session, command, now, out);
            }
            Parsed::Help => {
                if let Some(chunk) = encode(out, session.format, Delivery::Kept, write_help) {
                    out.send(session.id, chunk);
                }
            }
            Parsed::Quit(reason) => self.quit(session, reason, now, out),
            Parsed::Usage(usage) if is_named || is_for_listeners(usage) => {
                let text = Sentence::Usage.words(&[&usage.trim_start_matches('/')]);
                tell(out, session.recipient(), &text);
            }
            Parsed::Usage(_) => {
                let text = Sentence::NicknameFirst.words(&[]);
                tell(out, session.recipient(), &text);
            }
            Parsed::Unknown(name, rest) => self.take_unknown(session, (name, rest), now, out),
        }
    }

    fn perform(
        &mut self,
        session: &mut Session,
        command: Command<'_>,
        now: Time,
        out: &mut impl Output,
    ) {
        self.talk(session, now, out).perform(command);
        // Among what people may do is to have themselves removed.
        if !self.hub.is_here(session.id) {
            session.stage = Stage::Departed;
        }
    }

    /// Takes a message to the room. It is said with those around it: see [`Self::say_run`].
    fn take_message(&mut self, session: &Session, text: &str, now: Time, out: &mut impl Output) {
        if let Some(text) = self.pass_hooks(session, text, now, out) {
            self.run.push(&text);
        }
    }

    /// Says what has been taken. Called before anything else that this person does, and when no
    /// more of theirs is at hand.
    pub(super) fn say_run(&mut self, session: &Session, now: Time, out: &mut impl Output) {
        if !self.run.is_empty() {
            let run = std::mem::take(&mut self.run);
            self.talk(session, now, out)
                .speak(Speech::Message, run.texts());
            self.run = run;
            self.run.clear();
        }
    }

    /// The line dialect, for this session.
    fn talk<'r, O: Output>(
        &'r mut self,
        session: &Session,
        now: Time,
        out: &'r mut O,
    ) -> Talk<'r, O> {
        Talk {
            id: session.id,
            answered_to: session.role.converses().then(|| session.recipient()),
            hub: &mut self.hub,
            config: &self.config,
            wire: &self.wire,
            now,
            out,
        }
    }

    /// What the host program makes of something that is about to be said: none, if it is not.
    fn pass_hooks<'t>(
        &mut self,
        session: &Session,
        text: &'t str,
        now: Time,
        out: &mut impl Output,
    ) -> Option<Cow<'t, str>> {
        let from = self.hub.name(session.id)?;
        match self.hooks.message(from, text) {
            Verdict::Pass => Some(Cow::Borrowed(text)),
            Verdict::Change(text) => {
                Some(Cow::Owned(one_line(&text))).filter(|text| !is_blank(text))
            }
            Verdict::Refuse(reason) => {
                if session.role.converses() {
                    // What was said before may be answered, and first.
                    self.say_run(session, now, out);
                    tell(out, session.recipient(), &one_line(&reason));
                }
                None
            }
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
        tell(out, session.recipient(), "Bye.");
        self.dismiss(session, reason.map(Reason::Words), now, out);
    }

    /// A command that is none of the chat's: the host program's, or nobody's.
    fn take_unknown(
        &mut self,
        session: &Session,
        (name, rest): (&str, &str),
        now: Time,
        out: &mut impl Output,
    ) {
        let from = self.hub.name(session.id);
        let answer = from.and_then(|from| self.hooks.command(from, name, rest));
        let Some(Answer::Sender(text) | Answer::Room(text)) = &answer else {
            let name: String = name.chars().take(ECHO_CHARS_MAX).collect();
            let text = Sentence::UnknownCommand.words(&[&name]);
            return tell(out, session.recipient(), &text);
        };
        for line in text.lines().map(one_line) {
            match answer {
                Some(Answer::Room(_)) => {
                    self.apply(session.id, Action::Announce(&line), now, out);
                }
                _ => tell(out, session.recipient(), &line),
            }
        }
    }

    /// The host's `/kick` is out of the server, whatever room someone is in.
    fn kick_for_host(
        &mut self,
        session: &Session,
        name: &str,
        reason: Option<&str>,
        now: Time,
        out: &mut impl Output,
    ) {
        if self.hub.find(name) == Some(session.id) {
            // Its own session is lent out here and could not be told that it has departed.
            let text = Sentence::OneselfKicked.words(&[]);
            tell(out, session.recipient(), &text);
        } else if !self.kick(name, reason, now, out) {
            let text = Sentence::NoOneCalled.words(&[&name]);
            tell(out, session.recipient(), &text);
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
        let by = Some(HOST_NAME);
        // Nobody who is here does it.
        let host = ConnId::new(0, 0);
        let kick = Action::Disconnect { name, by, reason };
        self.apply(host, kick, now, out)
    }

    /// Has something done that nobody is answered. Says whether it was.
    pub(super) fn apply(
        &mut self,
        actor: ConnId,
        action: Action<'_>,
        now: Time,
        out: &mut impl Output,
    ) -> bool {
        let mut sink = Encoder::new(out, &self.wire);
        self.hub.apply(actor, &action, now, &mut sink).is_ok()
    }
}

/// Whether a command that was used wrongly is one that someone without a nickname may use.
fn is_for_listeners(usage: &str) -> bool {
    ["/nick", "/join", "/history"]
        .iter()
        .any(|command| usage.starts_with(command))
}

/// Whether a text is the password. Compares all of both, so that the time it takes tells nothing.
pub(super) fn is_password(password: &str, text: &str) -> bool {
    let longest = password.len().max(text.len());
    let byte = |text: &str, n: usize| text.as_bytes().get(n).copied().unwrap_or_default();
    let differing = (0..longest).fold(password.len() ^ text.len(), |differing, n| {
        differing | usize::from(byte(password, n) ^ byte(text, n))
    });
    differing == 0
}
