//! The bytes of a connection: text or another protocol, the number of lines, and the time of each.

use std::time::Duration;

use parloir::relay::Role;
use parloir::relay::hub::EventLevel;
use parloir::{CloseReason, Consumed, Demand};

use super::checking::HTTP_ANSWER;
use super::{Client, Model, Stage, why};
use crate::house;
use crate::naive::{Framed, Framing, may_end, read, read_typed};

/// Returns whether other people may still come to know the client.
fn may_be_met(c: &Client) -> bool {
    let is_before = matches!(
        c.stage,
        Stage::Deciding | Stage::AwaitPassword | Stage::AwaitNick
    );
    is_before && matches!(c.role, Role::Auto | Role::Line | Role::Talk)
}

/// Returns whether a listener is for programs of one dialect alone.
fn is_for_programs(role: Role) -> bool {
    matches!(role, Role::Irc | Role::Json)
}

impl Model {
    pub(super) fn received(
        &mut self,
        c: &mut Client,
        bytes: &[u8],
        end: Option<CloseReason>,
        taken: Consumed,
    ) {
        if bytes.len() > c.untaken {
            let is_text = c.stage != Stage::Deciding;
            let was_held_up = c.untaken > 0 && is_text && c.framing.unfinished().is_none();
            let first = c.piece.filter(|_| !was_held_up).map(|(first, _)| first);
            c.piece = Some((first.unwrap_or(self.now), self.now));
            if let Some(socket) = &mut c.socket {
                socket.note_arrival(self.now);
            }
        }
        c.untaken = bytes.len() - taken.bytes;
        c.is_held_up = matches!(taken.demand, Demand::PauseUntil(_) | Demand::Paced(_));
        c.ended |= end.is_some();
        let is_unknown = c.stage == Stage::Deciding && c.socket.is_none();
        if is_unknown && !self.decide(c, bytes, end, taken) {
            return self.keep_company(c);
        }
        if let Some(socket) = &mut c.socket {
            let head = std::mem::take(&mut socket.head);
            return self.received_frames(c, &bytes[head..taken.bytes], end, taken);
        }
        if c.irc.is_some() {
            c.irc
                .as_mut()
                .unwrap()
                .look_ahead(bytes, 2 * self.config.burst);
            return self.received_irc(c, &bytes[..taken.bytes], end, taken);
        }
        if c.json.is_some() {
            return self.received_json(c, &bytes[..taken.bytes], end, taken);
        }
        // The quiet line is taken now, unless another client has given a wrong password meanwhile,
        // which holds up every client that still has to give one.
        if c.was_quiet && self.guess_at(c).is_none_or(|at| at <= self.now) {
            c.was_quiet = false;
            let framed = c.framing.finish();
            self.take(c, framed);
        }
        for &byte in &bytes[..taken.bytes] {
            if c.is_gone() || c.is_deaf() {
                break;
            }
            let mut framed = Vec::new();
            let was_too_long = c.framing.too_long;
            c.framing.feed(byte, &mut framed);
            if was_too_long && !c.framing.too_long {
                c.piece = Some((self.now, self.now));
            }
            if c.framing.is_terminal && c.converses() {
                self.chat.terminals.insert(c.id);
            }
            for framed in framed {
                self.take(c, framed);
            }
        }
        if c.is_deaf() {
            c.framing = Framing::new(self.config.line_bytes_max);
        }
        // The next byte has not been taken, but has shown that the CR stood alone. The end of a
        // line that is too long costs nothing more.
        let next = bytes.get(taken.bytes).copied();
        let is_alone = next.is_some_and(|next| !matches!(next, b'\n' | 0));
        let was_too_long = c.framing.too_long;
        if is_alone && !c.framing.is_in_telnet() && (was_too_long || self.may_take(c)) {
            let mut framed = Vec::new();
            c.framing.note_lone_cr(&mut framed);
            if was_too_long && !c.framing.too_long {
                c.piece = Some((self.now, self.now));
            }
            for framed in framed {
                self.take(c, framed);
            }
        }
        let unfinished = c.framing.unfinished().is_some();
        c.has_spoken |= unfinished;
        match taken.demand {
            Demand::Yield => return,
            Demand::PauseUntil(at) => {
                let is_quiet = c.untaken == 0 && self.is_forgiven(c, self.now);
                c.was_quiet = unfinished && (c.was_quiet || is_quiet);
                return self.check_hold_up(c, at);
            }
            _ if c.is_gone() => return,
            _ => assert_eq!(c.untaken, 0, "bytes are left for no reason"),
        }
        if unfinished && (end.is_some() || self.is_forgiven(c, self.now)) {
            let framed = c.framing.finish();
            self.take(c, framed);
        }
        if c.framing.too_long && self.is_forgiven(c, self.now) {
            c.framing.finish();
        }
        if c.framing.unfinished().is_none() && !c.framing.too_long {
            c.piece = None;
        }
        let stays = c.is_deaf() && end == Some(CloseReason::Finished);
        if let Some(reason) = end
            && !stays
            && !c.is_gone()
        {
            self.dismiss(c, why(reason));
        }
        self.keep_company(c);
    }

    /// Decides what the first bytes are. True once they are text, or were refused.
    fn decide(
        &mut self,
        c: &mut Client,
        bytes: &[u8],
        end: Option<CloseReason>,
        taken: Consumed,
    ) -> bool {
        let all = bytes;
        if house::begins_foreign(all) && may_be_met(c) {
            self.dismiss(c, None);
            return true;
        }
        let bytes = match c.role {
            Role::Auto => house::without_blank_lines(bytes),
            _ => bytes,
        };
        let is_end = |b: &u8| matches!(b, b'\r' | b'\n');
        let line_end = bytes.iter().position(is_end);
        let line = String::from_utf8_lossy(&bytes[..line_end.unwrap_or(bytes.len())]);
        // A CR ends the line once another byte stands behind it.
        let newline = line_end.filter(|at| bytes[*at] == b'\n' || at + 1 < bytes.len());
        let is_whole = newline.is_some() || end.is_some();
        let begins_request = newline.is_none() && house::begins_request(&line);
        if bytes.starts_with(&[0x16, 3]) {
            if c.role == Role::Auto {
                self.chat.send(c.id, [0x15, 3, 1, 0, 2, 2, 40]);
            }
            self.dismiss(c, None);
            return true;
        }
        let is_text = is_whole || taken.bytes > 0;
        if self.decide_json(c, bytes, is_text, begins_request)
            || self.decide_irc(c, &line, is_text, begins_request)
        {
            return true;
        }
        let known =
            house::request(&line).filter(|method| is_whole && house::METHODS.contains(method));
        let is_served = c.role == Role::Auto && matches!(known, Some("GET" | "HEAD"));
        if known.is_some() && !is_served {
            self.turn_http_away(c);
            return true;
        }
        let is_too_long = all.len() > self.config.line_bytes_max;
        if begins_request || known.is_some() {
            c.has_spoken = true;
            let since = *c.requested_at.get_or_insert(self.now);
            let is_late = since + self.config.request_within <= self.now;
            let is_over = match c.role {
                Role::Auto => {
                    house::ends_head(bytes) || all.len() >= self.config.web.head_bytes_max
                }
                _ => is_too_long,
            };
            if is_over && c.role == Role::Auto && self.upgrade(c, bytes) {
                return true;
            }
            if is_over || is_late || end.is_some() {
                self.turn_http_away(c);
                return true;
            }
            assert_eq!(taken.bytes, 0, "half a request is taken for text");
            return false;
        }
        c.requested_at = None;
        // A client that has used up its allowance already is known to be held up.
        let is_held_up = c.is_held_up;
        if taken.bytes == 0 && end.is_none() && !is_held_up {
            c.has_spoken |= !all.is_empty();
            let may_be_more = bytes.is_empty() || house::may_begin_request(bytes);
            assert!(
                newline.is_none() && !is_too_long && may_be_more,
                "left lying: {line:?}"
            );
            let is_ended = all.last().is_some_and(is_end);
            let may_end = is_ended || may_end(bytes);
            assert!(
                is_for_programs(c.role) || !self.is_quiet_behind(c, is_ended, self.now) || !may_end,
                "not forgiven: {line:?}"
            );
            return false;
        }
        c.stage = match c.role {
            _ if self.config.password.is_some() => Stage::AwaitPassword,
            Role::Listen | Role::Broker => Stage::Talking,
            _ => Stage::AwaitNick,
        };
        true
    }

    /// Sends an HTTP answer if the role allows it. Other tests check its text.
    fn turn_http_away(&mut self, c: &mut Client) {
        if c.role == Role::Auto {
            self.chat.send(c.id, HTTP_ANSWER);
        }
        self.dismiss(c, None);
    }

    pub(super) fn is_forgiven(&self, c: &Client, now: Duration) -> bool {
        let unfinished = c.framing.unfinished().unwrap_or_default();
        let is_ended = c.framing.ends_in_cr();
        // The bytes are looked at last, because that is most of the work when a client sends
        // megabytes.
        self.is_quiet_behind(c, is_ended, now)
            && !c.framing.is_in_telnet()
            && (c.framing.too_long
                || is_ended
                || may_end(unfinished)
                || !c.has_line && may_be_met(c) && house::is_foreign(unfinished, ""))
    }

    /// Returns whether bytes without a newline count as a line by now, provided that they may end
    /// where they do. If they end in a CR, silence is enough.
    fn is_quiet_behind(&self, c: &Client, is_ended: bool, now: Duration) -> bool {
        let Some((first, last)) = c.piece else {
            return false;
        };
        let is_one = !c.framing.has_newline && last - first <= self.config.forgive_within;
        (is_one || is_ended) && last + self.config.forgive_after <= now
    }

    /// Returns whether a line was typed key by key, or comes from a terminal.
    fn is_typed(&self, c: &Client) -> bool {
        let came_in_keys =
            |(first, last): (Duration, Duration)| last - first > self.config.forgive_within;
        !c.framing.is_plain && (c.framing.is_terminal || c.piece.is_some_and(came_in_keys))
    }

    /// After a while, a client that has sent nothing is greeted, and a client that has sent something
    /// but has no name is admitted as a listener.
    pub(super) fn keep_company(&mut self, c: &mut Client) {
        if is_for_programs(c.role) && c.stage == Stage::Deciding {
            return self.give_up_the_silent(c);
        }
        let at = c.opened_at + self.config.greet_after;
        if c.is_gone() || c.is_welcomed || self.now < at {
            return;
        }
        if !c.has_spoken {
            return self.greet(c);
        }
        if c.stage == Stage::AwaitNick {
            self.chat.admit(c.id, EventLevel::Room);
            c.is_welcomed = true;
        }
    }

    /// A client on a listener for programs is not greeted, and is given up after a long silence.
    fn give_up_the_silent(&mut self, c: &mut Client) {
        let patience = self.config.ping_after;
        if !c.is_gone() && !patience.is_zero() && c.opened_at + patience <= self.now {
            let farewell = match c.role {
                Role::Irc => b"ERROR :Closing Link: nothing was said\r\n".to_vec(),
                _ => super::farewell_in_json("nothing was said"),
            };
            self.chat.send(c.id, farewell);
            self.dismiss(c, None);
        }
    }

    pub(super) fn greet(&mut self, c: &mut Client) {
        c.is_welcomed = true;
        if self.config.password.is_some()
            && matches!(c.stage, Stage::Deciding | Stage::AwaitPassword)
        {
            c.was_asked = true;
            return self.chat.tell(c.id, "This server asks for a password.");
        }
        self.chat.admit(c.id, EventLevel::Room);
        let name = self.config.name.clone();
        let text = format!(
            "Welcome to {name}. Type a nickname and press Enter; /help lists the commands."
        );
        self.chat.tell(c.id, &text);
    }

    pub(super) fn take(&mut self, c: &mut Client, framed: Framed) {
        match framed {
            Framed::Answer(answer) => {
                self.begin_line(c);
                self.spend(c);
                if c.converses() && !c.is_gone() {
                    self.chat.send_as_it_is(c.id, answer);
                }
                return;
            }
            Framed::AreYouThere => {
                self.begin_line(c);
                self.spend(c);
                if c.converses() && !c.is_gone() {
                    self.chat.tell(c.id, "yes, still here");
                }
                return;
            }
            _ => self.begin_line(c),
        }
        self.lines += 1;
        c.has_spoken = true;
        let is_typed = self.is_typed(c);
        if !c.framing.too_long {
            c.piece = Some((self.now, self.now));
        }
        match framed {
            Framed::TooLong if c.converses() => {
                let limit = self.config.line_bytes_max;
                let text = format!("line too long (limit {limit} bytes): not sent");
                self.chat.tell(c.id, &text);
            }
            Framed::Line(line) => {
                let text = match is_typed {
                    true => read_typed(&line),
                    false => read(&line),
                };
                let is_foreign = !c.has_line && may_be_met(c) && house::is_foreign(&line, &text);
                let is_first = !c.has_line && !text.trim().is_empty();
                c.has_line |= is_first;
                let is_request = house::request(&text).is_some();
                match is_foreign || self.completes_request(c, &text, is_first) {
                    true => self.dismiss(c, None),
                    false if is_first && is_request => self.turn_http_away(c),
                    false => self.take_line(c, &text),
                }
            }
            _ => {}
        }
        self.spend(c);
    }

    /// Returns whether all lines from the first one on are together a request, or IRC. None of them
    /// but the last has ended in a newline.
    fn completes_request(&self, c: &mut Client, text: &str, is_first: bool) -> bool {
        let before = c.begun.take();
        if before.is_none() && !is_first {
            return false;
        }
        let is_alone = before.is_none();
        let whole = before.unwrap_or_default() + text;
        let is_irc = c.role == Role::Auto && house::begins_irc(&whole);
        let is_request = !is_alone && (is_irc || house::request(&whole).is_some());
        let is_kept = is_alone || whole.len() <= self.config.line_bytes_max;
        c.begun = Some(whole).filter(|_| is_kept && !c.framing.has_newline);
        is_request
    }
}
