//! Lines of text as people and their scripts send them: what is unfinished, and when it counts as a line
//! all the same.
//!
//! It adds to `framing::Lines` the rule of `unended` and the state of the first line. The session calls
//! `note_arrival` when there are new bytes, then `ready` and `take` in turn until there is nothing, with
//! `end_line` behind each line. `ready` decides without taking a line, since what comes next may have to wait
//! for an allowance.
//!
//! Whatever comes of the bytes must be the same however the network cuts them, and however late a busy loop
//! looks at them: the tests play each script whole, byte by byte and a line a turn. Most of the order in
//! `ready` is there for that.

use std::time::Duration;

use super::unended::{Arrival, Forgiveness};
use crate::protocol::{Input, Monotonic, Output, Time};
use crate::relay::context::Context;
use crate::relay::first_line::FirstLine;
use crate::relay::framing::{Framed, Lines, may_end_here};

/// Cuts one connection's bytes into lines, newlines or not.
#[derive(Debug)]
pub(in crate::relay) struct TextLines {
    lines: Lines,
    /// State of the first line that says something, which may yet turn out to be a request.
    pub(in crate::relay) first: FirstLine,
    /// Times at which the unfinished line's bytes came.
    arrival: Arrival,
    /// The time at which they count as a line. A time that has come stays here until it is acted on: bytes
    /// that came after it must not be added to the line that it ends.
    due: Option<Monotonic>,
}

/// The next thing to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::relay) enum Ready {
    /// Nothing: more bytes are waited for.
    Nothing,
    /// Bytes, to be cut.
    Bytes,
    /// The unfinished line counts as a line.
    Unended,
}

/// Rules by which bytes without a newline are taken.
pub(in crate::relay) fn forgiveness<O: Output>(cx: &Context<'_, O>) -> Forgiveness {
    let config = cx.config();
    Forgiveness {
        within: config.forgive_within,
        after: config.forgive_after,
        now: cx.now,
    }
}

impl TextLines {
    pub(in crate::relay) fn new(line_bytes_max: usize) -> Self {
        Self {
            lines: Lines::new(line_bytes_max),
            first: FirstLine::Awaited,
            arrival: Arrival::default(),
            due: None,
        }
    }

    /// New bytes are there. `was_held_up`: since when is not known, as they had to wait; they are no keys
    /// for that.
    pub(in crate::relay) fn note_arrival(&mut self, was_held_up: bool, now: Time) {
        match was_held_up && !self.lines.is_begun() {
            true => self.arrival = Arrival::at(now),
            false => self.arrival.note(now),
        }
        // The quiet that was waited for has not come about. If its time has passed already, these bytes came
        // later, and are a line of their own: a busy loop made one line of the two, which then waited for a
        // newline for ever.
        self.due = self.due.filter(|at| *at <= now);
    }

    /// The time at which what is unfinished counts as a line.
    pub(in crate::relay) fn due(&self) -> Option<Monotonic> {
        self.due
    }

    /// Nothing is waited for any more. Otherwise the session would be woken for a line that nobody waits for.
    pub(in crate::relay) fn forget_due(&mut self) {
        self.due = None;
    }

    /// Notes when bytes that are left where they are count as a line: so do first ones that may yet be
    /// something else. Says when that is.
    pub(in crate::relay) fn note_left(
        &mut self,
        bytes: &[u8],
        rules: Forgiveness,
    ) -> Option<Monotonic> {
        let is_ended = matches!(bytes.last(), Some(b'\r' | b'\n'));
        let is_whole = || is_ended || may_end_here(bytes);
        let has_newline = self.lines.has_newline();
        let at = self
            .arrival
            .whole_at(rules, has_newline, is_ended, is_whole);
        self.due = at.filter(|at| *at > rules.now);
        at
    }

    /// Until when the first line must have ended, if one is begun; `within` is five minutes by default, since
    /// people type slowly. Zero means that it may take as long as it likes.
    pub(in crate::relay) fn first_by(&self, within: Duration) -> Option<Monotonic> {
        let is_awaited = self.first == FirstLine::Awaited && !within.is_zero();
        self.arrival
            .first()
            .filter(|_| is_awaited)
            .map(|at| at + within)
    }

    /// The next thing to be taken, of the input and of the bytes before it. `may_end` says whether an
    /// unfinished line that may not end where it does is one even so: the hello of a binary protocol has no
    /// newline, and is not waited for.
    pub(in crate::relay) fn ready(
        &mut self,
        input: &mut Input<'_>,
        may_end: impl Fn(&FirstLine, &[u8]) -> bool,
        rules: Forgiveness,
    ) -> Ready {
        let now = rules.now;
        loop {
            // A forgotten newline comes before bytes that arrived after its time.
            let is_due = self.due.is_some_and(|at| at <= now);
            if is_due && self.lines.is_overlong() {
                // It has been told of, and counted: only where it ends was missing. A client that ends its
                // lines by being quiet was not heard any more behind a line that was too long.
                self.lines.finish_unended(&mut Vec::new());
                self.begin(now);
                continue;
            }
            let is_forgiven = is_due && self.may_be_whole(&may_end);
            if is_due && !is_forgiven {
                self.due = None;
            }
            // The rest of a line that is too long has been paid for: a sender that has nothing left does not
            // wait with it, nor with the end of the stream behind it. Otherwise the same bytes were over at
            // once, or late, by how they were cut.
            let was_overlong = self.lines.is_overlong();
            self.lines.skip_overlong(&mut input.bytes);
            self.note_end_of_overlong(was_overlong, now);
            let is_ended = input.bytes.is_empty() && input.end.is_some();
            if (is_forgiven || is_ended) && self.lines.is_begun() {
                return Ready::Unended;
            }
            if !input.bytes.is_empty() {
                return Ready::Bytes;
            }
            self.note_unfinished(&may_end, rules);
            if self.due.is_none_or(|at| at > now) {
                return Ready::Nothing;
            }
        }
    }

    /// Takes what is ready.
    pub(in crate::relay) fn take<'a, 'input: 'a>(
        &mut self,
        ready: Ready,
        input: &mut &'input [u8],
        line: &'a mut Vec<u8>,
        now: Time,
    ) -> Option<Framed<'a>> {
        let was_overlong = self.lines.is_overlong();
        let framed = match ready {
            Ready::Unended => self.lines.finish_unended(line),
            _ => self.lines.next(input, line),
        };
        self.note_end_of_overlong(was_overlong, now);
        framed
    }

    /// A line was taken: what is left of the bytes begins the next one.
    pub(in crate::relay) fn end_line(&mut self, now: Time) {
        if !self.lines.is_overlong() {
            self.begin(now);
        }
    }

    /// Returns whether the bytes ran out in the middle of a line.
    pub(in crate::relay) fn is_begun(&self) -> bool {
        self.lines.is_begun() || self.lines.is_overlong()
    }

    /// Returns whether some line has ended in a newline.
    pub(in crate::relay) fn has_newline(&self) -> bool {
        self.lines.has_newline()
    }

    /// Returns whether a terminal is at the other end.
    pub(in crate::relay) fn is_terminal(&self) -> bool {
        self.lines.is_terminal()
    }

    /// Returns whether the line at hand was typed key by key, so that backspaces in it take effect. Only then
    /// do they: in what a program sends, they are no keys.
    pub(in crate::relay) fn is_typed(&self, rules: Forgiveness) -> bool {
        let has_come = self.arrival.first().is_some();
        let came_in_keys = has_come && !self.arrival.is_one_piece(rules.within);
        self.lines.is_terminal() || came_in_keys
    }

    fn begin(&mut self, now: Time) {
        self.arrival = Arrival::at(now);
        self.due = None;
    }

    /// A line that was too long has ended: nothing else tells of that.
    fn note_end_of_overlong(&mut self, was_overlong: bool, now: Time) {
        if was_overlong && !self.lines.is_overlong() {
            self.begin(now);
        }
    }

    /// The bytes ran out in the middle of a line, or between two.
    fn note_unfinished(
        &mut self,
        may_end: &impl Fn(&FirstLine, &[u8]) -> bool,
        rules: Forgiveness,
    ) {
        if !self.is_begun() {
            (self.arrival, self.due) = (Arrival::default(), None);
            return;
        }
        if self.arrival.first().is_none() {
            self.arrival = Arrival::at(rules.now);
        }
        let is_whole = || self.lines.is_overlong() || self.may_be_whole(may_end);
        let (has_newline, ends_in_cr) = (self.lines.has_newline(), self.lines.ends_in_cr());
        self.due = match self.lines.ends_inside_telnet() {
            true => None,
            false => self
                .arrival
                .whole_at(rules, has_newline, ends_in_cr, is_whole),
        };
    }

    /// Returns whether an unfinished line may be one: it ends in a CR, or where a line may end, or may end
    /// even so.
    fn may_be_whole(&self, may_end: &impl Fn(&FirstLine, &[u8]) -> bool) -> bool {
        let partial = self.lines.partial();
        self.lines.ends_in_cr() || may_end_here(partial) || may_end(&self.first, partial)
    }
}
