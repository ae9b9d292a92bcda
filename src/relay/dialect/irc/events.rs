//! Writes events as lines of IRC.
//!
//! The answer to a client's own command is collected in `reply`, which writes the client's own events
//! with functions of this file.
//!
//! The encoder calls `write_event` once for each format among those who hear an event, so nothing here may
//! depend on the recipient, but for events that go to one client alone (`write_to_one`). A new event does not
//! compile before it has a line, or stands in the list of those that have none.

use super::caps::Caps;
use super::history_query::id_shown;
use super::line_builder::LineBuilder;
use super::message_lines::{is_long, write_said};
use super::mode_lines::write_modes;
use super::numerics;
use super::sink::{Batch, Direct, LineSink};
use crate::protocol::Time;
use crate::relay::hub::{Event, Format, Person, Reason};

/// The recipient of a line, and the room that the line is about.
#[derive(Clone, Copy, Debug)]
pub(in crate::relay) struct LineTarget<'a> {
    /// The server's name.
    pub(in crate::relay) server: &'a str,
    /// Name of the room that the line is about; empty if it is about none.
    pub(in crate::relay) room: &'a str,
    /// Nickname of the recipient; `*` if there are several recipients, or if the recipient has no
    /// nickname.
    pub(in crate::relay) to: &'a str,
    pub(in crate::relay) format: Format,
}

/// Writes a notice of the server that is addressed to `*`, for a recipient whose nickname need not be
/// known.
pub(in crate::relay) fn write_notice(out: &mut Vec<u8>, text: &str) {
    LineBuilder::new(out).add("NOTICE * :").add(text).end();
}

/// Writes one event, as no line, one line or several. With `server-time`, every line has a time, not messages
/// alone: clients take a line without one for sent now, and on a link that had lagged joins stood at another
/// time than the words around them.
pub(in crate::relay) fn write_event(
    out: &mut Vec<u8>,
    place: LineTarget<'_>,
    now: Time,
    event: &Event<'_>,
) {
    let caps = Caps::of(place.format);
    match event {
        // A message carries the time at which it was sent, in place of `now`.
        Event::Spoken(said) | Event::Private(said) => {
            write_said(&mut Direct::new(out, None), caps, said);
        }
        _ => {
            let time = caps.has(Caps::SERVER_TIME).then_some(now);
            write_change(&mut Direct::new(out, time), place, event);
        }
    }
}

/// Returns the capabilities that change how an event of this kind is written. With all others left out, the
/// clients of an audience have few formats, and the event is written once for each. This is computed once for
/// an audience, and applied to the format of each recipient with [`Caps::only_in`]. A capability that is
/// forgotten here has no effect; one too many costs formats.
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

/// Writes an event that is not a message.
pub(super) fn write_change(lines: &mut impl LineSink, place: LineTarget<'_>, event: &Event<'_>) {
    let caps = Caps::of(place.format);
    let room = place.room;
    match event {
        Event::Joined(person) => write_joined(lines, caps, room, *person),
        Event::RulesAgain(person) => {
            let line = lines.line().source(place.server).add("MODE #").add(room);
            line.add(" +o ").add(person.name).end();
        }
        Event::Left { person, reason } => {
            let words = match reason {
                Some(Reason::Words(words)) => Some(*words),
                _ => None,
            };
            write_part(lines, room, *person, words);
        }
        Event::Quit { person, reason } => write_quit(lines, *person, *reason),
        Event::Renamed { person, new } => lines.line().person(*person).add("NICK ").add(new).end(),
        Event::Kicked { person, by, reason } => {
            write_kick(lines, room, person.name, *by, *reason);
        }
        Event::ModesChanged { by, changes } => write_modes(lines, room, *by, changes),
        Event::TopicSet { by, topic } => {
            let text = topic.map_or("", |topic| &topic.text);
            let line = lines.line().person(*by).add("TOPIC #").add(room);
            line.add(" :").add(text).end();
        }
        Event::Invited { name, by } if caps.has(Caps::INVITE_NOTIFY) => {
            let line = lines.line().person(*by).add("INVITE ").add(name);
            line.add(" #").add(room).end();
        }
        Event::TakenBack {
            by,
            id,
            unix_us,
            reason,
        } if caps.has(Caps::REDACTION) => {
            let line = lines.line().person(*by).add("REDACT #").add(room);
            let line = line.add(" ").show(id_shown(*id, *unix_us));
            with_reason(line, *reason).end();
        }
        Event::AwayChanged(person) if caps.has(Caps::AWAY_NOTIFY) => write_away(lines, *person),
        Event::RealNameChanged(person) if caps.has(Caps::SETNAME) => {
            let line = lines.line().person(*person).add("SETNAME :");
            line.add(person.real_name()).end();
        }
        Event::ValueChanged { of, key, value } => {
            let target = match of {
                Some(person) => person.name,
                None => &format!("#{room}"),
            };
            write_value(lines, (place.server, place.to), target, key, *value);
        }
        Event::Notice(text) => {
            let line = lines.line().source(place.server).add("NOTICE #").add(room);
            line.add(" :").add(text).end();
        }
        _ => write_to_one(lines, place, event),
    }
}

/// Writes an event that is sent to one client only.
fn write_to_one(lines: &mut impl LineSink, place: LineTarget<'_>, event: &Event<'_>) {
    let LineTarget { server, to, .. } = place;
    match event {
        Event::InvitedTo { room, by } => {
            let line = lines.line().person(*by).add("INVITE ").add(to);
            line.add(" #").add(room).end();
        }
        Event::Removed {
            person,
            room,
            by,
            reason,
            ..
        } => write_kick(lines, room, person.name, *by, *reason),
        Event::Disconnected { by, reason } => write_killed(lines, to, *by, *reason),
        Event::Online { person, values } => {
            let line = lines.line().source(server).add(numerics::ONLINE.code);
            line.words(&[to]).add(" :").show(person.mask()).end();
            if Caps::of(place.format).has(Caps::METADATA) {
                lines.begin_batch(server, Batch::Values, &["metadata", person.name]);
                for (key, value) in values {
                    write_value(lines, (server, to), person.name, key, Some(value));
                }
                lines.end_batch(server);
            }
        }
        Event::Offline(name) => {
            let line = lines.line().source(server).add(numerics::OFFLINE.code);
            line.words(&[to]).add(" :").add(name).end();
        }
        // Events that clients without the capability are not told, that clients which keep lists of
        // members are told in another form, or that the caller has written.
        Event::Invited { .. }
        | Event::TakenBack { .. }
        | Event::AwayChanged(_)
        | Event::RealNameChanged(_)
        | Event::Gathered { .. }
        | Event::Moved { .. }
        | Event::KeptOut { .. }
        | Event::Spoken(_)
        | Event::Private(_)
        | Event::Joined(_)
        | Event::RulesAgain(_)
        | Event::Left { .. }
        | Event::Quit { .. }
        | Event::Renamed { .. }
        | Event::Kicked { .. }
        | Event::ModesChanged { .. }
        | Event::TopicSet { .. }
        | Event::ValueChanged { .. }
        | Event::Notice(_) => {}
    }
}

fn with_reason<'a>(line: LineBuilder<'a>, reason: Option<&str>) -> LineBuilder<'a> {
    match reason {
        Some(reason) => line.add(" :").add(reason),
        None => line,
    }
}

/// Writes `JOIN`, with account and real name for a client with `extended-join`. A client with
/// `away-notify` gets `AWAY` after it if the person is away.
pub(super) fn write_joined(lines: &mut impl LineSink, caps: Caps, room: &str, person: Person<'_>) {
    let line = lines.line().person(person).add("JOIN #").add(room);
    if caps.has(Caps::EXTENDED_JOIN) {
        line.add(" * :").add(person.real_name()).end();
    } else {
        line.end();
    }
    if caps.has(Caps::AWAY_NOTIFY) && person.profile.away().is_some() {
        write_away(lines, person);
    }
}

/// Writes `AWAY`, with the reason if the person is away, and without one if the person is back.
pub(super) fn write_away(lines: &mut impl LineSink, person: Person<'_>) {
    with_reason(
        lines.line().person(person).add("AWAY"),
        person.profile.away(),
    )
    .end();
}

/// Writes `PART`. It always has a reason, since programs count on one: if none was given, it is the
/// nickname (RFC 2812, 3.2.2).
pub(super) fn write_part(
    lines: &mut impl LineSink,
    room: &str,
    person: Person<'_>,
    reason: Option<&str>,
) {
    let line = lines.line().person(person).add("PART #").add(room);
    line.add(" :").add(reason.unwrap_or(person.name)).end();
}

/// Writes `QUIT`. The prefix `Quit: ` tells a user's own words from a reason that the server gives: otherwise
/// anybody could leave with "Ping timeout", or as killed by somebody. Without a reason, the nickname stands
/// in its place (RFC 1459, 4.1.6).
fn write_quit(lines: &mut impl LineSink, person: Person<'_>, reason: Option<Reason<'_>>) {
    let line = lines.line().person(person).add("QUIT :");
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

/// Writes `KICK`. Without a reason, the nickname of the person who kicks stands in its place (RFC 2812,
/// 3.2.8).
pub(super) fn write_kick(
    lines: &mut impl LineSink,
    room: &str,
    name: &str,
    by: Person<'_>,
    reason: Option<&str>,
) {
    let line = lines
        .line()
        .person(by)
        .add("KICK #")
        .add(room)
        .add(" ")
        .add(name);
    line.add(" :").add(reason.unwrap_or(by.name)).end();
}

/// Writes the value of a target's metadata key, or the numeric for a key that is not set. `to` is the
/// nickname of the recipient, or `*`.
pub(super) fn write_value(
    lines: &mut impl LineSink,
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
    let line = lines.line().source(server).add(numeric.code);
    let line = line.words(&[to, target, key]);
    match value {
        // The `*` is the visibility of the value: everybody may see it.
        Some(value) => line.add(" * :").add(value).end(),
        None => line.add(" :").add(numeric.words).end(),
    }
}

/// The beginning of the last line to a client. Clients look for these words: WeeChat and Limnoria take a
/// connection that ends without them for a network failure.
const CLOSING: &str = "ERROR :Closing Link: ";

/// Writes the last line to a client that the server disconnects.
pub(in crate::relay) fn write_closing(out: &mut Vec<u8>, why: &str) {
    LineBuilder::new(out).add(CLOSING).add(why).end();
}

/// Writes the last lines to a client that a server operator has disconnected: KILL says by whom, and ERROR
/// ends the link as always.
fn write_killed(lines: &mut impl LineSink, name: &str, by: Person<'_>, reason: Option<&str>) {
    let reason = reason.unwrap_or("no reason given");
    let line = lines.line().person(by).add("KILL ").add(name);
    line.add(" :").add(reason).end();
    let line = lines.line().add(CLOSING).add("killed by ");
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
                let place = LineTarget {
                    server: "srv",
                    room: "dev",
                    to: "*",
                    format,
                };
                let now = Time::new(Duration::ZERO, Duration::ZERO);
                write_event(&mut out, place, now, &event);
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
