//! Encodes events as bytes, once for each wire format among their audience.
//!
//! ```text
//! event, audience ──▶ for each recipient: its format ──▶ EncodedOnce: a range, made on first use ──▶ send
//! ```
//!
//! All output to a peer whose dialect is known passes [`encode`] here, with its format: events
//! by way of [`Encoder`], and lines of the relay itself by way of [`tell`]. Nothing here decides who is told:
//! that is the hub's.

use std::time::Duration;

use super::dialect::{Program, irc, json, line};
use super::framing::websocket::{CloseCode, frame_lines, write_close};
use super::hub::{Addressee, Event, Format, Recipient, Said, Sink};
use super::wire_format::{ANSWERS, ends_in_crlf, messages, program};
use crate::protocol::{ConnId, Delivery, Output, OutputRange, Time};

/// Wire formats of one event that are remembered while it is sent. Where more occur in an audience,
/// the event is encoded again for each further recipient: slower, and as right. Ten capabilities of IRC are a
/// thousand formats, but a message is written in four ways at most, so formats are first reduced to what the
/// event depends on.
const FORMATS_MAX: usize = 16;

/// Properties of the server that stand in its output.
#[derive(Debug)]
pub(super) struct Wire {
    /// The name of the server, as the source of its lines.
    pub(super) server: Box<str>,
    /// The time of this call, for lines that have the time at which they were sent.
    now: Time,
}

impl Wire {
    /// The wire of a relay with this name.
    pub(super) fn new(name: &str) -> Self {
        Self {
            server: irc::server_name(name).into(),
            now: Time::new(Duration::ZERO, Duration::ZERO),
        }
    }

    /// Sets the time of the current call.
    pub(super) fn note_time(&mut self, now: Time) {
        {
            self.now = now;
        }
    }
}

/// The hub's sink, which encodes and sends.
#[derive(Debug)]
pub(super) struct Encoder<'a, O> {
    out: &'a mut O,
    wire: &'a Wire,
    /// The answer in which the events that an IRC client reads about its own actions are collected: they are
    /// part of the answer, under its label.
    reply: Option<&'a mut irc::Reply>,
}

impl<'a, O: Output> Encoder<'a, O> {
    pub(super) fn new(out: &'a mut O, wire: &'a Wire) -> Self {
        Self {
            out,
            wire,
            reply: None,
        }
    }

    /// A sink for a command of an IRC client, which is being answered.
    pub(super) fn replying(out: &'a mut O, wire: &'a Wire, reply: &'a mut irc::Reply) -> Self {
        Self {
            out,
            wire,
            reply: Some(reply),
        }
    }

    /// Sends events to everyone in an audience. Each is a message of its own, and together they are
    /// one range for each recipient. A recipient in whose format they are nothing is sent nothing.
    fn send<'e>(
        &mut self,
        room: &str,
        audience: impl Iterator<Item = Recipient>,
        events: &(impl Iterator<Item = Event<'e>> + Clone),
    ) {
        let mut known = EncodedOnce::default();
        // Messages that one client sends in one go are of one kind, but some may be long.
        let Some(relevant) = events
            .clone()
            .map(|event| irc::relevant(&event))
            .reduce(|all, more| all | more)
        else {
            return;
        };
        let first = self.reply.as_ref().and_then(|reply| reply.reads_first());
        for Recipient { id, format } in audience {
            let format = relevant.only_in(format);
            let range = known.chunk(format, || {
                let place = EventTarget {
                    format,
                    room,
                    to: None,
                };
                let encode = |event| self.encode(place, Delivery::Skippable, &event);
                events
                    .clone()
                    .filter_map(encode)
                    .reduce(OutputRange::through)
            });
            if let Some(range) = range {
                match first {
                    Some(first) if first == id => self.hold_back(range),
                    _ => self.out.send(id, range),
                }
            }
        }
    }

    /// Keeps an event back that reaches the client which is being answered, until the answer is sent. There
    /// is one such recipient at most in an audience, so the call is kept out of the way of the others.
    #[cold]
    fn hold_back(&mut self, range: OutputRange) {
        if let Some(reply) = &mut self.reply {
            reply.hold_back(range);
        }
    }

    /// Encodes an event as one message; or, in the line dialect, as many messages as there are lines, so that
    /// a slow reader who misses some is told how many.
    fn encode(
        &mut self,
        at: EventTarget<'_>,
        delivery: Delivery,
        event: &Event<'_>,
    ) -> Option<OutputRange> {
        match event {
            Event::Spoken(said) if program(at.format).is_none() && said.has_lines() => {
                let lines = said.text.split('\n');
                let lines = lines.map(|text| Event::Spoken(Said { text, ..*said }));
                lines
                    .filter_map(|line| self.encode_whole(at, delivery, &line))
                    .reduce(OutputRange::through)
            }
            Event::ModesChanged { by, changes } if program(at.format).is_none() => changes
                .chunks(1)
                .map(|changes| Event::ModesChanged { by: *by, changes })
                .filter_map(|change| self.encode_whole(at, delivery, &change))
                .reduce(OutputRange::through),
            _ => self.encode_whole(at, delivery, event),
        }
    }

    fn encode_whole(
        &mut self,
        at: EventTarget<'_>,
        delivery: Delivery,
        event: &Event<'_>,
    ) -> Option<OutputRange> {
        let wire = self.wire;
        encode(self.out, at.format, delivery, |out| {
            match program(at.format) {
                None => line::write_event(out, event),
                Some(Program::Json) => json::write_event(out, at.room, event),
                Some(Program::Irc) => {
                    let place = irc::LineTarget {
                        server: &wire.server,
                        room: at.room,
                        to: at.to.unwrap_or("*"),
                        format: at.format,
                    };
                    irc::write_event(out, place, wire.now, event);
                }
            }
        })
    }
}

/// The place that an event is written for.
#[derive(Clone, Copy, Debug)]
struct EventTarget<'a> {
    format: Format,
    /// The room that the event is about; empty if it is about none.
    room: &'a str,
    /// The nickname of the recipient, if the event is for one alone and it has one.
    to: Option<&'a str>,
}

impl<O: Output> Sink for Encoder<'_, O> {
    fn to_room<'e>(
        &mut self,
        room: &str,
        audience: impl Iterator<Item = Recipient>,
        events: impl Iterator<Item = Event<'e>> + Clone,
    ) {
        self.send(room, audience, &events);
    }

    fn to_peers(&mut self, audience: impl Iterator<Item = Recipient>, event: &Event<'_>) {
        self.send("", audience, &std::iter::once(event.clone()));
    }

    fn to_watchers(&mut self, audience: impl Iterator<Item = Recipient>, event: &Event<'_>) {
        let audience = audience.filter(|to| irc::hears_of_watched(to.format));
        self.send("", audience, &std::iter::once(event.clone()));
    }

    fn to_actor(&mut self, actor: Addressee<'_>, room: &str, event: &Event<'_>) {
        if let Some(reply) = &mut self.reply {
            return reply.add_own(room, event);
        }
        // People see what came of their other actions by themselves; a JSON client reads it in the answer.
        let is_told = match event {
            Event::KeptOut { .. } => true,
            Event::TopicSet { .. }
            | Event::ModesChanged { .. }
            | Event::Kicked { .. }
            | Event::Removed { .. } => program(actor.format) != Some(Program::Json),
            Event::Spoken(_)
            | Event::Private(_)
            | Event::Joined(_)
            | Event::RulesAgain(_)
            | Event::Left { .. }
            | Event::Quit { .. }
            | Event::Gathered { .. }
            | Event::Renamed { .. }
            | Event::Invited { .. }
            | Event::TakenBack { .. }
            | Event::AwayChanged(_)
            | Event::RealNameChanged(_)
            | Event::ValueChanged { .. }
            | Event::Notice(_)
            | Event::Moved { .. }
            | Event::InvitedTo { .. }
            | Event::Disconnected { .. }
            | Event::Online { .. }
            | Event::Offline(_) => false,
        };
        if is_told {
            self.to_one(actor, event);
        }
    }

    fn to_one(&mut self, to: Addressee<'_>, event: &Event<'_>) {
        let place = EventTarget {
            format: to.format,
            room: "",
            to: to.name,
        };
        // Events that others cause are skippable, or others could have a slow reader closed.
        let delivery = match event {
            Event::Private(_) => Delivery::Direct,
            Event::InvitedTo { .. } | Event::Online { .. } | Event::Offline(_) => {
                Delivery::Skippable
            }
            _ => Delivery::Kept,
        };
        if let Some(range) = self.encode(place, delivery, event) {
            self.out.send(to.id, range);
        }
        if let Event::Removed { is_final: true, .. } | Event::Disconnected { .. } = event {
            let (id, format) = (to.id, to.format);
            say_goodbye(self.out, Recipient { id, format }, CloseCode::POLICY);
        }
    }

    fn dismissed(&mut self, id: ConnId) {
        self.out.close(id);
    }
}

/// Encoded events, by format. A search through an array is enough, as there are few formats.
#[derive(Default)]
struct EncodedOnce {
    ranges: [(Format, Option<OutputRange>); FORMATS_MAX],
    count: usize,
}

impl EncodedOnce {
    fn chunk(
        &mut self,
        format: Format,
        encode: impl FnOnce() -> Option<OutputRange>,
    ) -> Option<OutputRange> {
        let known = &self.ranges[..self.count];
        if let Some((_, range)) = known.iter().find(|(known, _)| *known == format) {
            return *range;
        }
        let range = encode();
        if let Some(place) = self.ranges.get_mut(self.count) {
            *place = (format, range);
            self.count += 1;
        }
        range
    }
}

/// Encodes lines that `write` writes in the dialect of a format. Returns none if it writes nothing: an empty
/// range must not be sent.
pub(super) fn encode(
    out: &mut impl Output,
    format: Format,
    delivery: Delivery,
    write: impl FnOnce(&mut Vec<u8>),
) -> Option<OutputRange> {
    let range = out.encode_as(format.0, delivery, |lines| write_in(lines, format, write));
    (!range.range().is_empty()).then_some(range)
}

/// Encodes an answer to one client. Answers have a place of their own among the encoded messages. In between
/// the events of a room, each would cut the range of every member in two: a room of 1,000 JSON clients paid
/// 21 times as much as one of line clients, and pays 2.6 times now, for events that are three times as long.
pub(super) fn encode_answer(
    out: &mut impl Output,
    format: Format,
    write: impl FnOnce(&mut Vec<u8>),
) -> Option<OutputRange> {
    let write = |lines: &mut Vec<u8>| write_in(lines, format, write);
    let range = out.encode_as(ANSWERS, Delivery::Kept, write);
    (!range.range().is_empty()).then_some(range)
}

/// Writes lines, and ends and frames them as a format asks.
pub(super) fn write_in(lines: &mut Vec<u8>, format: Format, write: impl FnOnce(&mut Vec<u8>)) {
    let start = lines.len();
    write(lines);
    if ends_in_crlf(format) {
        end_in_crlf(lines, start);
    }
    if let Some(kind) = messages(format) {
        frame_lines(lines, start, kind);
    }
}

/// Puts a CR before each LF of `lines[start..]`: in place and from the back, so that each byte moves once.
fn end_in_crlf(lines: &mut Vec<u8>, start: usize) {
    let mut from = lines.len();
    let mut to = from + memchr::memchr_iter(b'\n', &lines[start..]).count();
    lines.resize(to, 0);
    while from < to {
        from -= 1;
        to -= 1;
        lines[to] = lines[from];
        if lines[to] == b'\n' {
            to -= 1;
            lines[to] = b'\r';
        }
    }
}

/// Ends a stream of messages (RFC 6455, 7.1.2), if it is one. Nothing may be sent behind it.
pub(super) fn say_goodbye(out: &mut impl Output, to: Recipient, code: CloseCode) {
    if messages(to.format).is_some() {
        let write = |frame: &mut Vec<u8>| write_close(frame, Some(code), "");
        let range = out.encode_as(to.format.0, Delivery::Kept, write);
        out.send(to.id, range);
    }
}

/// Sends lines that are written already, in the dialect of a format, to one client.
pub(super) fn send_lines(out: &mut impl Output, to: Recipient, lines: &[u8]) {
    let write = |out: &mut Vec<u8>| out.extend_from_slice(lines);
    if let Some(range) = encode_answer(out, to.format, write) {
        out.send(to.id, range);
    }
}

/// Sends a program its last line.
pub(super) fn say_closing(out: &mut impl Output, to: Recipient, program: Program, why: &str) {
    let mut line = Vec::new();
    write_closing(&mut line, program, why);
    send_lines(out, to, &line);
}

/// Writes a program's last line.
pub(super) fn write_closing(line: &mut Vec<u8>, program: Program, why: &str) {
    match program {
        Program::Irc => irc::write_closing(line, why),
        Program::Json => json::write_bye(line, why),
    }
}

/// Sends a line of the server's to one client.
pub(super) fn tell(out: &mut impl Output, to: Recipient, text: &str) {
    let write = |line: &mut Vec<u8>| write_notice(line, to.format, text);
    if let Some(range) = encode_answer(out, to.format, write) {
        out.send(to.id, range);
    }
}

/// Writes a line of the server's, in the dialect of a format.
pub(super) fn write_notice(line: &mut Vec<u8>, format: Format, text: &str) {
    match program(format) {
        None => line::write_notice(line, text),
        Some(Program::Irc) => irc::write_notice(line, text),
        Some(Program::Json) => json::write_notice(line, text),
    }
}
