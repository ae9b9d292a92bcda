//! The connections that speak IRC: how they are told, what their lines go through, and whether they
//! are still there.

use std::time::Duration;

use super::Relay;
use super::dialect::irc::{Leaving, State, Talk};
use super::encoder::{say_closing, send_lines};
use super::framing::Framed;
use super::hub::{Action, Reason};
use super::session::{Role, Session, Stage};
use super::sniff::Sniffed;
use crate::protocol::{Output, Time};

impl Session {
    /// The next line of a connection that speaks IRC.
    pub(super) fn next_irc<'a, 'input: 'a>(
        &mut self,
        input: &mut &'input [u8],
        line: &'a mut Vec<u8>,
    ) -> Option<Framed<'a>> {
        let state = self.irc.as_mut()?;
        let before = input.len();
        let framed = state.lines.next(input, line);
        state
            .ahead
            .note_taken(before - input.len(), framed.is_some());
        framed
    }
}

impl Relay {
    /// Whether a connection is one of IRC, by its listener or by its first bytes; `too_long`: they
    /// are more than it is waited for.
    pub(super) fn speaks_irc(&self, session: &Session, told: Sniffed, too_long: bool) -> bool {
        match session.role {
            Role::Auto => told == Sniffed::Irc,
            // Whatever it is that is no request and no hello of another protocol.
            Role::Irc => match told {
                Sniffed::Irc | Sniffed::Line => true,
                Sniffed::Undecided => too_long,
                _ => false,
            },
            _ => false,
        }
    }

    /// From now on a connection speaks IRC.
    pub(super) fn become_irc(&mut self, session: &mut Session, now: Time, out: &mut impl Output) {
        // It may have been silent so long that it was let in to listen.
        self.apply(session.id, Action::Leave(None), now, out);
        let state = Box::new(State::new(session.format));
        session.format = state.format();
        session.irc = Some(state);
        session.stage = Stage::Irc;
        session.greet_at = None;
        session.forgive_at = None;
        self.irc_shared.unregistered += 1;
        self.irc_shared.note_start(now);
        self.wait_for_word(session, now);
    }

    /// One line, as framing has cut it.
    pub(super) fn take_irc(
        &mut self,
        session: &mut Session,
        framed: Framed<'_>,
        now: Time,
        out: &mut impl Output,
    ) {
        self.wait_for_word(session, now);
        let Some(state) = &mut session.irc else {
            return;
        };
        state.is_pinged = false;
        if state.ahead.was_answered(framed) {
            return self.spend(session, now);
        }
        let leaving = self.answer_irc(session, framed, now, out);
        self.spend(session, now);
        if let Some(leaving) = leaving {
            self.dismiss(session, leaving.reason(), now, out);
        }
    }

    /// What does not wait behind the lines of a client that has to: its PINGs are answered, and if it
    /// is about to go, its last lines are taken. Says whether they are.
    pub(super) fn look_ahead(
        &mut self,
        session: &mut Session,
        waiting: &[u8],
        now: Time,
        out: &mut impl Output,
    ) -> bool {
        let lines_max = self.config.burst;
        while let Some(state) = &mut session.irc {
            let State { ahead, lines, .. } = &mut **state;
            let Some(ping) = ahead.next_ping(waiting, lines, lines_max) else {
                return ahead.quits();
            };
            self.wait_for_word(session, now);
            self.answer_irc(session, Framed::Line(ping), now, out);
        }
        false
    }

    /// Has one line carried out. Says whether the client goes then, and why.
    fn answer_irc(
        &mut self,
        session: &mut Session,
        framed: Framed<'_>,
        now: Time,
        out: &mut impl Output,
    ) -> Option<Leaving> {
        let state = session.irc.as_mut()?;
        let mut talk = Talk {
            id: session.id,
            shown_origin: (session.host, session.address.as_deref().map(String::as_str)),
            hub: &mut self.hub,
            config: &self.config,
            hooks: &mut *self.hooks,
            wire: &self.wire,
            shared: &mut self.irc_shared,
            reply: &mut self.irc_reply,
            origins: &mut self.origins,
            place: session.place,
            is_encrypted: session.is_encrypted,
            others: &self.sessions,
            state,
            now,
            out,
            leaving: None,
        };
        match framed {
            Framed::Line(raw) => talk.take(raw),
            Framed::TooLong => talk.take_too_long(),
            Framed::Answer(_) | Framed::AreYouThere => {}
        }
        let leaving = talk.leaving.take();
        session.format = state.format();
        leaving
    }

    /// Asks a client whether it is still there, or gives it up.
    pub(super) fn note_irc_silence(
        &mut self,
        session: &mut Session,
        now: Time,
        out: &mut impl Output,
    ) {
        if session.stage != Stage::Irc || session.ping_at().is_none_or(|at| at > now) {
            return;
        }
        let Some(state) = &mut session.irc else {
            return;
        };
        if state.is_pinged {
            let seconds = self.config.ping_after.as_secs();
            let words = format!("Ping timeout: {seconds} seconds");
            say_closing(out, session.recipient(), &words);
            return self.dismiss(session, Some(Reason::Server(&words)), now, out);
        }
        state.is_pinged = true;
        let ping = format!("PING :{}\r\n", self.wire.server);
        send_lines(out, session.recipient(), ping.as_bytes());
        self.wait_for_word(session, now);
    }

    /// A connection is no longer part of anything here.
    pub(super) fn forget_irc(&mut self, session: &mut Session) {
        if session.irc.take().is_some_and(|state| !state.is_registered) {
            self.irc_shared.unregistered -= 1;
        }
    }

    fn wait_for_word(&self, session: &mut Session, now: Time) {
        let after = self.config.ping_after;
        if let Some(state) = &mut session.irc {
            state.ping_at = (after > Duration::ZERO).then(|| now + after);
        }
    }
}
