//! From a session's bytes to its lines: what it speaks, how much it may say, and what silence means.

use super::Relay;
use super::dialect::line::Sentence;
use super::encoder::say_closing;
use super::encoder::tell;
use super::first::is_request;
use super::first::{completes_request, first_request, from_first_line, is_first};
use super::foreign;
use super::framing::{self, Framed};
use super::session::{Role, Session, Stage};
use super::sniff::{Sniffed, sniff};
use super::wire_format::LINE;
use super::wire_format::for_terminals;
use crate::protocol::{CloseReason, Demand, Input, Moment, Output, Taken, Time};

/// What [`Relay::take_lines`] stopped at.
pub(super) enum Stop {
    /// All bytes are taken.
    Dry,
    /// The turn's share is used up.
    Share,
    /// The allowance is used up, until then.
    Allowance(Moment),
}

impl Relay {
    /// All that one call brings: bytes, a time that has come, the end.
    pub(super) fn take_in(
        &mut self,
        session: &mut Session,
        input: Input<'_>,
        now: Time,
        out: &mut impl Output,
    ) -> Taken {
        // What calls and times have had done is nobody's.
        self.hub.take_work();
        session.note_arrival(input.bytes.len(), now);
        let mut rest = input.bytes;
        if session.is_unknown() {
            let Some(taken) = self.decide(session, input, now, out) else {
                session.note_untaken(input.bytes);
                self.note_held_up(session, false);
                self.note_silence(session, now, out);
                let demand = session.demand(&self.config, now);
                return Taken { bytes: 0, demand };
            };
            rest = &rest[taken..];
        }
        let stop = self.take_rest(session, &mut rest, input.end, now, out);
        session.note_untaken(rest);
        self.note_held_up(session, matches!(stop, Stop::Allowance(_)));
        let bytes = input.bytes.len() - rest.len();
        let demand = match stop {
            _ if session.stage == Stage::Departed => Demand::More,
            Stop::Share => Demand::Yield,
            Stop::Allowance(at) if session.looks_ahead() => Demand::Paced(at),
            Stop::Allowance(at) => Demand::Until(at),
            Stop::Dry => {
                self.take_end(session, input.end, now, out);
                self.note_silence(session, now, out);
                self.note_irc_silence(session, now, out);
                self.note_quiet(session, now, out);
                session.demand(&self.config, now)
            }
        };
        Taken { bytes, demand }
    }

    /// Lines, or messages with lines in them.
    fn take_rest(
        &mut self,
        session: &mut Session,
        rest: &mut &[u8],
        end: Option<CloseReason>,
        now: Time,
        out: &mut impl Output,
    ) -> Stop {
        if session.socket.is_some() {
            return self.take_messages(session, rest, now, out);
        }
        self.take_lines(session, rest, end, now, out)
    }

    /// What does it speak? None while its first bytes do not tell; they are left where they are. Else
    /// how many of them have been taken.
    fn decide(
        &mut self,
        session: &mut Session,
        input: Input<'_>,
        now: Time,
        out: &mut impl Output,
    ) -> Option<usize> {
        if session.may_be_met() && foreign::begins(input.bytes) {
            self.dismiss(session, None, now, out);
            return Some(0);
        }
        let told = sniff(
            from_first_line(session.role, input.bytes),
            input.end.is_some(),
        );
        if session.role.serves_requests() && is_request(session.role, told) {
            return self.take_request(session, input, now, out);
        }
        let too_long = input.bytes.len() > self.config.line_bytes_max;
        if self.speaks_irc(session, told, too_long) {
            self.become_irc(session, now, out);
            return Some(0);
        }
        session.has_spoken |= !input.bytes.is_empty() && told != Sniffed::Line;
        if told != Sniffed::Request {
            session.request_by = None;
        }
        match told {
            Sniffed::Undecided if input.bytes.is_empty() => return None,
            Sniffed::Undecided if session.role == Role::Irc => return None,
            Sniffed::Undecided if !too_long => {
                let is_ended = matches!(input.bytes.last(), Some(b'\r' | b'\n'));
                let is_whole = || is_ended || framing::may_end_here(input.bytes);
                session.forgive_at = self
                    .quiet_at(session, is_ended)
                    .filter(|at| *at > now || is_whole());
                if session.forgive_at.is_none_or(|at| at > now) {
                    return None;
                }
                // It is one piece: a line is made of it once it has gone through framing whole.
                session.forgive_at = None;
            }
            Sniffed::Request => {
                session.forgive_at = None;
                let by = *session
                    .request_by
                    .get_or_insert(now + self.config.request_within);
                if by > now && !too_long {
                    return None;
                }
                self.dismiss(session, None, now, out);
                return Some(0);
            }
            Sniffed::Http(method) => {
                self.turn_http_away(session, method, now, out);
                return Some(0);
            }
            Sniffed::Tls => {
                self.turn_tls_away(session, now, out);
                return Some(0);
            }
            Sniffed::Line | Sniffed::Irc | Sniffed::Undecided => {}
        }
        session.stage = self.first_stage(session);
        Some(0)
    }

    /// Takes lines until there are none, or until others must have their turn.
    fn take_lines(
        &mut self,
        session: &mut Session,
        rest: &mut &[u8],
        end: Option<CloseReason>,
        now: Time,
        out: &mut impl Output,
    ) -> Stop {
        self.share = u32::try_from(self.config.lines_per_turn).unwrap_or(u32::MAX);
        let mut line = std::mem::take(&mut self.line);
        let stop = loop {
            if session.stage == Stage::Departed || Self::is_deaf_to(session) {
                *rest = &[];
                session.forgive_at = None;
                break Stop::Dry;
            }
            // A forgotten newline comes before bytes that arrived after its time.
            let is_quiet = session.forgive_at.is_some_and(|at| at <= now);
            if is_quiet && session.lines.is_overlong() {
                // It has been told of, and counted: only where it ends was missing.
                session.lines.finish_unended(&mut line);
                session.begin_piece(now);
                continue;
            }
            let is_forgiven = is_quiet && may_be_whole(session);
            if is_quiet && !is_forgiven {
                session.forgive_at = None;
            }
            // It has been paid for: whoever has nothing left does not wait with the rest of it, nor with
            // the end behind that.
            let was_overlong = session.lines.is_overlong();
            session.lines.skip_overlong(rest);
            session.note_end_of_overlong(was_overlong, now);
            let is_ended = rest.is_empty() && end.is_some();
            let is_line = (is_forgiven || is_ended) && session.lines.is_begun();
            if rest.is_empty() && !is_line {
                self.note_unfinished(session, now);
                if session.forgive_at.is_some_and(|at| at <= now) {
                    continue;
                }
                self.note_terminal(session, now, out);
                break Stop::Dry;
            }
            if self.share == 0 || out.is_full() {
                break Stop::Share;
            }
            if let Some(at) = self.hold_up(session, now)
                && !self.goes_at_once(session, rest, now, out)
            {
                break Stop::Allowance(at);
            }
            let was_overlong = session.lines.is_overlong();
            let framed = match session.stage {
                Stage::Irc => session.next_irc(rest, &mut line),
                _ if is_line => session.lines.finish_unended(&mut line),
                _ => session.lines.next(rest, &mut line),
            };
            session.note_end_of_overlong(was_overlong, now);
            if let Some(framed) = framed {
                self.take_framed(session, framed, now, out);
            }
        };
        self.line = line;
        self.say_run(session, now, out);
        stop
    }

    /// Input of a `listen` connection means nothing, once it has been let in.
    fn is_deaf_to(session: &Session) -> bool {
        session.role == Role::Listen && session.stage == Stage::Talking
    }

    pub(super) fn take_framed(
        &mut self,
        session: &mut Session,
        framed: Framed<'_>,
        now: Time,
        out: &mut impl Output,
    ) {
        if session.stage == Stage::Sniffing && !self.decide_by_line(session, framed, now, out) {
            return self.spend(session, now);
        }
        if session.stage == Stage::Irc {
            return self.take_irc(session, framed, now, out);
        }
        if !matches!(framed, Framed::Line(_)) {
            // What was said before may be answered, and first.
            self.say_run(session, now, out);
        }
        self.note_terminal(session, now, out);
        match framed {
            Framed::Answer(answer) => {
                if session.role.converses() {
                    out.reply(session.id, &answer);
                }
                return self.spend(session, now);
            }
            Framed::AreYouThere => {
                if session.role.converses() {
                    tell(out, session.recipient(), "yes, still here");
                }
                return self.spend(session, now);
            }
            Framed::TooLong => {
                if session.role.converses() {
                    let limit = self.config.line_bytes_max;
                    let text = Sentence::LineTooLong.words(&[&limit]);
                    tell(out, session.recipient(), &text);
                }
            }
            Framed::Line(raw) => {
                let mut text = std::mem::take(&mut self.text);
                match self.is_typed(session) {
                    true => framing::read_typed(raw, &mut text),
                    false => framing::read_line(raw, &mut text),
                }
                let is_hello = is_first(session) && foreign::is_hello(raw, &text);
                if is_hello || completes_request(session, &text, self.config.line_bytes_max) {
                    self.dismiss(session, None, now, out);
                } else if let Some(method) = first_request(session, &text) {
                    self.turn_http_away(session, method, now, out);
                } else {
                    self.take_line(session, &text, now, out);
                }
                self.text = text;
            }
        }
        session.has_spoken = true;
        if !session.lines.is_overlong() {
            session.begin_piece(now);
        }
        self.spend(session, now);
    }

    /// Whether the line at hand was typed key by key: what takes keys back in it is to be obeyed.
    fn is_typed(&self, session: &Session) -> bool {
        let came_in_keys = || {
            let piece = session.piece;
            piece.is_some_and(|(first, last)| last.since(first) > self.config.forgive_within)
        };
        session.lines.may_be_typed() && (session.lines.is_terminal() || came_in_keys())
    }

    /// Lines out end as the terminal at the other end has them end, once one has shown.
    fn note_terminal(&mut self, session: &mut Session, now: Time, out: &mut impl Output) {
        if session.lines.is_terminal() && session.format == LINE && session.role.converses() {
            // What was said before may be answered, and as before.
            self.say_run(session, now, out);
            session.format = for_terminals(LINE);
            self.hub.set_format(session.id, session.format);
        }
    }

    /// The bytes ran out in the middle of a line, or between two.
    fn note_unfinished(&mut self, session: &mut Session, now: Time) {
        let is_overlong = session.lines.is_overlong();
        if !session.lines.is_begun() && !is_overlong {
            session.piece = None;
            session.forgive_at = None;
            return;
        }
        session.has_spoken = true;
        session.piece.get_or_insert((now.moment(), now.moment()));
        // The bytes are looked at when it is time: for each that comes alone, it would be over and over.
        session.forgive_at = match session.lines.ends_inside_telnet() {
            true => None,
            false => self
                .quiet_at(session, session.lines.ends_in_cr())
                .filter(|at| *at > now || is_overlong || may_be_whole(session)),
        };
    }

    /// When an unterminated beginning counts as a line, if it may end where it does: its bytes end in a
    /// CR; or the connection has never sent a newline, and they came in one piece.
    fn quiet_at(&self, session: &Session, ends_in_cr: bool) -> Option<Moment> {
        let (first, last) = session.piece?;
        let is_one = last.since(first) <= self.config.forgive_within;
        let is_quiet = ends_in_cr || (is_one && !session.lines.has_newline());
        is_quiet.then(|| last + self.config.forgive_after)
    }

    /// No byte will come any more, and all that came is taken.
    fn take_end(
        &mut self,
        session: &mut Session,
        end: Option<CloseReason>,
        now: Time,
        out: &mut impl Output,
    ) {
        let Some(reason) = end else {
            return;
        };
        // Who only listens has nothing to say and may say so, once it has been let in.
        if !(Self::is_deaf_to(session) && reason == CloseReason::Finished) {
            let words = reason.to_string();
            self.dismiss(session, super::reason_for(reason, &words), now, out);
        }
    }

    /// After a while, someone silent is a person, who is greeted, or a script that only reads; and
    /// someone who is writing a first line is let in to listen meanwhile.
    fn note_silence(&mut self, session: &mut Session, now: Time, out: &mut impl Output) {
        let first_line_by = session.first_line_by(self.config.first_line_within);
        if first_line_by.is_some_and(|by| by <= now) {
            if session.role.converses() {
                let text = Sentence::FirstLineUnended.words(&[]);
                tell(out, session.recipient(), &text);
            }
            return self.dismiss(session, None, now, out);
        }
        if session.stage == Stage::Departed || session.greet_at.is_none_or(|at| at > now) {
            return;
        }
        if session.role == Role::Irc {
            say_closing(out, session.recipient(), "nothing was said");
            return self.dismiss(session, None, now, out);
        }
        if self.is_spare(session, now) {
            session.greet_at = Some(now + super::spares::KEPT_FOR);
            return;
        }
        match session.stage {
            Stage::Sniffing | Stage::Nameless | Stage::Locked if !session.has_spoken => {
                self.greet(session, now, out);
            }
            // It will be let in once it is known to be one who chats, and may.
            Stage::Sniffing | Stage::Locked => return,
            Stage::Nameless => {
                self.admit(session, now);
            }
            _ => {}
        }
        session.greet_at = None;
    }
}

/// Whether a beginning may be a line: it ends in a CR, or where a line may end; or it is no text at all.
fn may_be_whole(session: &Session) -> bool {
    let partial = session.lines.partial();
    session.lines.ends_in_cr()
        || framing::may_end_here(partial)
        || is_first(session) && foreign::is_hello(partial, "")
}
