//! Events in, lines of IRC out: what a client is told of what others do.
//!
//! What a client does itself is answered where its command is carried out; of the hub's answers
//! only those are written here that other people cause.

use std::fmt::Write;

use super::batches::{add_tag, has_tag, put_in_batch};
use super::caps::Caps;
use super::mode_lines::write_modes;
use super::numerics;
use super::said::{is_long, is_part, write_said};
use super::select::{message_id, timestamp};
use super::wire::Line;
use crate::protocol::Time;
use crate::relay::hub::{Event, Format, Person, Reason};

/// Where a line is written to.
#[derive(Clone, Copy, Debug)]
pub(in crate::relay) struct Place<'a> {
    /// What the server is called.
    pub(in crate::relay) server: &'a str,
    /// The room that it is about; empty if it is about none.
    pub(in crate::relay) room: &'a str,
    /// What the one that it is for is called; for several it is nothing.
    pub(in crate::relay) to: &'a str,
    pub(in crate::relay) format: Format,
    pub(in crate::relay) now: Time,
}

/// Writes a line of the server's, for someone whose nickname need not be known.
pub(in crate::relay) fn write_notice(out: &mut Vec<u8>, text: &str) {
    Line::new(out).add("NOTICE * :").add(text).end();
}

/// Writes one event as no line, one or several.
pub(in crate::relay) fn write_event(out: &mut Vec<u8>, place: Place<'_>, event: &Event<'_>) {
    let caps = Caps::of(place.format);
    if let Event::Spoken(said) | Event::Private(said) = event {
        return write_said(out, caps, said);
    }
    let start = out.len();
    write_change(out, place, event);
    if caps.has(Caps::SERVER_TIME) && out.len() > start {
        let lines = out.split_off(start);
        add_time(out, &lines, place.now);
    }
}

/// What of a client's capabilities makes a difference to an event of this kind: of all the sets that
/// clients have, few are left, and each is written once. It is asked once for a whole audience, and
/// then taken from each one's format by [`Caps::only_in`].
pub(in crate::relay) fn relevant(event: &Event<'_>) -> Caps {
    let caps = match event {
        Event::Spoken(said) | Event::Private(said) if is_long(said) => {
            Caps::MESSAGE_TAGS | Caps::MULTILINE
        }
        Event::Spoken(_) | Event::Private(_) => Caps::MESSAGE_TAGS,
        Event::Joined(_) => Caps::EXTENDED_JOIN | Caps::AWAY_NOTIFY,
        Event::Invited { .. } => Caps::INVITE_NOTIFY,
        Event::TakenBack { .. } => Caps::REDACTION,
        Event::AwayChanged(_) => Caps::AWAY_NOTIFY,
        Event::RealNameChanged(_) => Caps::SETNAME,
        _ => Caps::default(),
    };
    caps | Caps::SERVER_TIME
}

/// Writes lines with the time before each that does not say it yet and is a message of its own
/// (IRCv3 server-time).
pub(super) fn add_time(out: &mut Vec<u8>, lines: &[u8], now: Time) {
    let time = timestamp(now.unix_micros());
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        if has_tag(line, "time") || is_part(line) {
            out.extend_from_slice(line);
        } else {
            add_tag(out, "time", &time, line);
        }
    }
}

/// What has become of rooms and people.
pub(super) fn write_change(out: &mut Vec<u8>, place: Place<'_>, event: &Event<'_>) {
    let caps = Caps::of(place.format);
    let room = place.room;
    match event {
        Event::Joined(person) => write_joined(out, caps, room, *person),
        Event::RulesAgain(person) => {
            let line = Line::from(out, place.server).add("MODE #").add(room);
            line.add(" +o ").add(person.name).end();
        }
        Event::Left { person, reason } => {
            let words = match reason {
                Some(Reason::Words(words)) => Some(*words),
                _ => None,
            };
            write_part(out, room, *person, words);
        }
        Event::Quit { person, reason } => write_quit(out, *person, *reason),
        Event::Renamed { person, new } => Line::by(out, *person).add("NICK ").add(new).end(),
        Event::Kicked { person, by, reason } => {
            write_kick(out, room, person.name, *by, *reason);
        }
        Event::ModesChanged { by, changes } => write_modes(out, room, *by, changes),
        Event::TopicSet { by, topic } => {
            let text = topic.map_or("", |topic| &topic.text);
            let line = Line::by(out, *by).add("TOPIC #").add(room);
            line.add(" :").add(text).end();
        }
        Event::Invited { name, by } if caps.has(Caps::INVITE_NOTIFY) => {
            let line = Line::by(out, *by).add("INVITE ").add(name);
            line.add(" #").add(room).end();
        }
        Event::TakenBack {
            by,
            id,
            unix_us,
            reason,
        } if caps.has(Caps::REDACTION) => {
            let line = Line::by(out, *by).add("REDACT #").add(room);
            let line = line.add(" ").add(&message_id(*id, *unix_us));
            with_reason(line, *reason).end();
        }
        Event::AwayChanged(person) if caps.has(Caps::AWAY_NOTIFY) => write_away(out, *person),
        Event::RealNameChanged(person) if caps.has(Caps::SETNAME) => {
            let line = Line::by(out, *person).add("SETNAME :");
            line.add(person.real_name()).end();
        }
        Event::ValueChanged { of, key, value } => {
            let target = match of {
                Some(person) => person.name,
                None => &format!("#{room}"),
            };
            write_value(out, (place.server, place.to), target, key, *value);
        }
        Event::Notice(text) => {
            let line = Line::from(out, place.server).add("NOTICE #").add(room);
            line.add(" :").add(text).end();
        }
        _ => write_to_one(out, place, event),
    }
}

/// What only one client is told.
fn write_to_one(out: &mut Vec<u8>, place: Place<'_>, event: &Event<'_>) {
    let Place { server, to, .. } = place;
    match event {
        Event::InvitedTo { room, by } => {
            let line = Line::by(out, *by).add("INVITE ").add(to);
            line.add(" #").add(room).end();
        }
        Event::Removed {
            person,
            room,
            by,
            reason,
            ..
        } => write_kick(out, room, person.name, *by, *reason),
        Event::Disconnected { by, reason } => write_killed(out, to, *by, *reason),
        Event::Online { person, values } => {
            let mut line = numeric(out, server, numerics::ONLINE.code, to);
            let _ = write!(line, " :{}", person.mask());
            line.end();
            if Caps::of(place.format).has(Caps::METADATA) {
                let start = out.len();
                for (key, value) in values {
                    write_value(out, (server, to), person.name, key, Some(value));
                }
                // Begun and ended at once, so it is mistaken for no other.
                put_in_batch(out, start, server, "k", &["metadata", person.name]);
            }
        }
        Event::Offline(name) => {
            let line = numeric(out, server, numerics::OFFLINE.code, to);
            line.add(" :").add(name).end();
        }
        _ => {}
    }
}

fn numeric<'a>(out: &'a mut Vec<u8>, server: &str, code: &str, to: &str) -> Line<'a> {
    Line::from(out, server).add(code).add(" ").add(to)
}

fn with_reason<'a>(line: Line<'a>, reason: Option<&str>) -> Line<'a> {
    match reason {
        Some(reason) => line.add(" :").add(reason),
        None => line,
    }
}

/// `JOIN`, with account and real name for who wants that; and `AWAY` behind it for whom it concerns.
pub(super) fn write_joined(out: &mut Vec<u8>, caps: Caps, room: &str, person: Person<'_>) {
    let line = Line::by(out, person).add("JOIN #").add(room);
    if caps.has(Caps::EXTENDED_JOIN) {
        line.add(" * :").add(person.real_name()).end();
    } else {
        line.end();
    }
    if caps.has(Caps::AWAY_NOTIFY) && person.profile.away().is_some() {
        write_away(out, person);
    }
}

/// `AWAY`, with the reason while there is one.
pub(super) fn write_away(out: &mut Vec<u8>, person: Person<'_>) {
    with_reason(Line::by(out, person).add("AWAY"), person.profile.away()).end();
}

/// `PART`. There is always a reason, since programs count on it: without one it is the nickname (RFC
/// 2812, 3.2.2).
pub(super) fn write_part(out: &mut Vec<u8>, room: &str, person: Person<'_>, reason: Option<&str>) {
    let line = Line::by(out, person).add("PART #").add(room);
    line.add(" :").add(reason.unwrap_or(person.name)).end();
}

/// `QUIT`. A user's own words are told from the server's by what stands before them; without any, it
/// is the nickname (RFC 1459, 4.1.6).
fn write_quit(out: &mut Vec<u8>, person: Person<'_>, reason: Option<Reason<'_>>) {
    let line = Line::by(out, person).add("QUIT :");
    let line = match reason {
        None => line.add(person.name),
        Some(Reason::Words(words)) => line.add("Quit: ").add(words),
        Some(Reason::Closed) => line.add("Connection closed"),
        Some(Reason::Reset) => line.add("Connection reset"),
        Some(Reason::Server(words)) => line.add(words),
        Some(Reason::Removed { by, reason }) => {
            let line = line.add("Killed by ").add(by);
            match reason {
                Some(reason) => line.add(": ").add(reason),
                None => line,
            }
        }
    };
    line.end();
}

/// `KICK`. Without a reason, it is the name of who does it (RFC 2812, 3.2.8).
pub(super) fn write_kick(
    out: &mut Vec<u8>,
    room: &str,
    name: &str,
    by: Person<'_>,
    reason: Option<&str>,
) {
    let line = Line::by(out, by).add("KICK #").add(room).add(" ").add(name);
    line.add(" :").add(reason.unwrap_or(by.name)).end();
}

/// Writes what a key of a target is, or that it is nothing, for one client or for several.
pub(super) fn write_value(
    out: &mut Vec<u8>,
    (server, to): (&str, &str),
    target: &str,
    key: &str,
    value: Option<&str>,
) {
    let numeric = if value.is_some() {
        numerics::KEY_VALUE
    } else {
        numerics::KEY_NOT_SET
    };
    let mut line = Line::from(out, server).add(numeric.code);
    for word in [to, target, key] {
        line = line.add(" ").add(word);
    }
    match value {
        // Everybody may see it.
        Some(value) => line.add(" * :").add(value).end(),
        None => line.add(" :").add(numeric.words).end(),
    }
}

/// How the last line to somebody begins. Clients look for these words: WeeChat and Limnoria take an
/// end without them for a failure of the network.
const CLOSING: &str = "ERROR :Closing Link: ";

/// The last line to somebody whom the server lets go.
pub(in crate::relay) fn write_closing(out: &mut Vec<u8>, why: &str) {
    Line::new(out).add(CLOSING).add(why).end();
}

fn write_killed(out: &mut Vec<u8>, name: &str, by: Person<'_>, reason: Option<&str>) {
    let reason = reason.unwrap_or("no reason given");
    let line = Line::by(out, by).add("KILL ").add(name);
    line.add(" :").add(reason).end();
    let line = Line::new(out).add(CLOSING).add("killed by ");
    line.add(by.name).add(" (").add(reason).add(")").end();
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_makes_no_difference_to_an_event_makes_no_format_of_its_own() {
        let everything = Caps::of(Format(u16::MAX));
        let all = everything.format();
        let bob = Person::absent("bob");
        for event in [
            Event::Joined(bob),
            Event::AwayChanged(bob),
            Event::RealNameChanged(bob),
            Event::Renamed {
                person: bob,
                new: "rob",
            },
        ] {
            let written = |format| {
                let mut out = Vec::new();
                let place = Place {
                    server: "srv",
                    room: "dev",
                    to: "*",
                    format,
                    now: Time::new(Duration::ZERO, Duration::ZERO),
                };
                write_event(&mut out, place, &event);
                out
            };
            let format = relevant(&event).only_in(all);
            assert_ne!(format, all);
            assert_eq!(written(format), written(all), "{event:?}");
            assert!(written(format) != written(Caps::default().format()));
        }
        let (line, framed) = (Format(0), Format(0x8001));
        assert_eq!(relevant(&Event::Joined(bob)).only_in(line), line);
        assert_eq!(relevant(&Event::Joined(bob)).only_in(framed), framed);
    }
}
