//! Events in, lines out. The first character of each says what kind of line it is, and what users
//! wrote never stands there.

use std::fmt::{self, Write};
use std::time::{Duration, UNIX_EPOCH};

use super::modes;
use super::plain::{is_blank, plain};
use super::refusals::{Sentence, silence, write_refused};
use crate::relay::hub::{Entry, Event, Names, Person, Reason, Said, Speech};

/// What `/help` says.
const HELP: &str = "\
* A line is a message to everyone in the room. These are commands:
* /nick NAME: be called something else
* /who: who is in this room
* /rooms: which rooms there are
* /join ROOM: go to another room, or make it
* /msg NAME TEXT: say something to one person
* /me TEXT: say what you do
* /topic [TEXT]: show or set the room's topic; /topic - clears it
* /history [N]: the room's last lines
* /away [TEXT]: say that you are away; without TEXT, that you are back
* /invite NAME: ask someone into this room
* /mode: what holds in this room
* Who makes a room is its operator, and may:
* /op NAME, /deop NAME: make someone else one, or no longer
* /voice NAME, /devoice NAME: let someone speak where not everyone may
* /kick NAME [REASON]: put someone out
* /ban NAME, /unban NAME: keep someone out; /mute NAME, /unmute NAME: keep someone quiet
* /mode +MODE or -MODE: moderated, invite-only, topic-locked, secret, key WORD, limit N
* /quit [REASON]: leave
* /help: this list. To begin a message with a slash, type two.
";

/// Writes the list of commands.
pub(in crate::relay) fn write_help(out: &mut Vec<u8>) {
    out.extend_from_slice(HELP.as_bytes());
}

/// Writes a line of the server's.
pub(in crate::relay) fn write_notice(out: &mut Vec<u8>, text: &str) {
    for part in ["* ", text, "\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// Writes one event as one or more lines; nothing, if it is one for programs.
pub(in crate::relay) fn write_event(out: &mut Vec<u8>, event: &Event<'_>) {
    // What is sent most is written without the formatting machinery.
    if let Event::Spoken(said) = event {
        spoken(out, said.from.name, said.speech, said.text);
        return;
    }
    // A vector takes everything, so there is no error to handle.
    let _ = other(&mut Text(out), event);
}

fn spoken(out: &mut Vec<u8>, from: &str, speech: Speech, text: &str) {
    spoken_behind("", out, from, speech, text);
}

/// Each line of what was said, with its author before it and something before that.
fn spoken_behind(before: &str, out: &mut Vec<u8>, from: &str, speech: Speech, text: &str) {
    let (open, close) = match speech {
        Speech::Message | Speech::Notice => ("<", "> "),
        Speech::Action => ("~ ", " "),
        Speech::Signal | Speech::Reply | Speech::Bare => return,
    };
    for line in text.split('\n').filter(|line| !is_blank(line)) {
        for part in [before, open, from, close] {
            out.extend_from_slice(part.as_bytes());
        }
        plain(out, line);
        out.push(b'\n');
    }
}

/// Something said to one person. Who acts in private is shown as one who says so.
fn private(out: &mut Text<'_>, said: &Said<'_>) -> fmt::Result {
    let from = said.from.name;
    for text in said.text.split('\n').filter(|line| !is_blank(line)) {
        match said.speech {
            Speech::Message | Speech::Notice => writeln!(out, "-{from}- {text}")?,
            Speech::Action => writeln!(out, "-{from}- {from} {text}")?,
            Speech::Signal | Speech::Reply | Speech::Bare => {}
        }
    }
    Ok(())
}

fn other(out: &mut Text<'_>, event: &Event<'_>) -> fmt::Result {
    match event {
        Event::Spoken(said) => spoken(out.0, said.from.name, said.speech, said.text),
        Event::Private(said) => private(out, said)?,
        Event::Joined(person) => writeln!(out, "* {} joined", person.name)?,
        Event::RulesAgain(person) => writeln!(out, "* {} is an operator again", person.name)?,
        Event::Left { person, reason } | Event::Quit { person, reason } => match reason {
            Some(Reason::Removed { by, reason }) => {
                let why = reason.map(|reason| format!(": {reason}"));
                let why = why.unwrap_or_default();
                writeln!(out, "* {} left (removed by {by}{why})", person.name)?;
            }
            Some(Reason::Words(words) | Reason::Server(words)) => {
                writeln!(out, "* {} left ({words})", person.name)?;
            }
            Some(Reason::Closed | Reason::Reset) | None => {
                writeln!(out, "* {} left", person.name)?;
            }
        },
        Event::Gathered { joined, left } => {
            let joined = (!joined.is_empty()).then(|| format!("{} joined", List(joined)));
            let left = (!left.is_empty()).then(|| format!("{} left", List(left)));
            let parts: Vec<String> = joined.into_iter().chain(left).collect();
            writeln!(out, "* {}", parts.join("; "))?;
        }
        Event::Renamed { person, new } => writeln!(out, "* {} is now {new}", person.name)?,
        Event::Kicked { person, by, reason } => {
            let (name, by) = (person.name, by.name);
            writeln!(out, "* {name} was removed by {by}{}", Because(*reason))?;
        }
        Event::ModesChanged { by, changes } => modes::changed(out, by.name, changes)?,
        Event::Notice(text) => writeln!(out, "* {text}")?,
        Event::Topic(topic) | Event::TopicSet { topic, .. } => match topic {
            Some(topic) => writeln!(out, "* topic: {}", topic.text)?,
            None => writeln!(out, "* no topic is set")?,
        },
        Event::Arrived {
            person,
            room,
            others,
        } => {
            let name = person.map_or("a listener", |person: Person<'_>| person.name);
            let room = room.name();
            if others.is_empty() {
                writeln!(out, "* You are {name}, alone in {room}.")?;
            } else {
                writeln!(out, "* You are {name}, in {room} with {}.", List(others))?;
            }
        }
        Event::Motd(lines) => {
            for line in *lines {
                writeln!(out, "* {line}")?;
            }
        }
        Event::History { entries, .. } => entries.iter().for_each(|entry| history(out.0, entry)),
        Event::NowCalled(name) => writeln!(out, "* You are now {name}.")?,
        Event::NickKept { room, why } => {
            Sentence::NameKeptIn.write(out, &[room, &silence(why)])?;
        }
        Event::Who {
            room,
            everyone,
            addresses,
        } => {
            let addresses = addresses.as_deref().unwrap_or_default();
            writeln!(out, "* {room}: {}", Addressed(everyone, addresses))?;
        }
        Event::Rooms { rooms, others } => write_rooms(out, rooms, *others)?,
        Event::Modes(room) => modes::all(out, *room)?,
        Event::NowAway(true) => writeln!(out, "* you are away")?,
        Event::NowAway(false) => writeln!(out, "* you are back")?,
        Event::IsAway(person) => {
            let why = person.profile.away().unwrap_or_default();
            writeln!(out, "* {} is away: {why}", person.name)?;
        }
        Event::Inviting { name, room } => writeln!(out, "* {name} is invited to {room}")?,
        Event::InvitedTo { room, by } => {
            writeln!(out, "* {} invites you: /join {room}", by.name)?;
        }
        Event::Removed {
            room, by, reason, ..
        } => {
            let by = format_args!("{}{}", by.name, Because(*reason));
            Sentence::Removed.write(out, &[room, &by])?;
        }
        Event::Disconnected { by, reason } => {
            let by = format_args!("{}{}", by.name, Because(*reason));
            Sentence::Disconnected.write(out, &[&by])?;
        }
        Event::Refused { room, why } => write_refused(out, room, why)?,
        Event::Invited { .. }
        | Event::TakenBack { .. }
        | Event::AwayChanged(_)
        | Event::RealNameChanged(_)
        | Event::ValueChanged { .. }
        | Event::Online { .. }
        | Event::Offline(_) => {}
    }
    Ok(())
}

/// A reason behind what it is for: ` (so long)`.
struct Because<'a>(Option<&'a str>);

impl fmt::Display for Because<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(reason) => write!(f, " ({reason})"),
            None => Ok(()),
        }
    }
}

fn history(out: &mut Vec<u8>, entry: &Entry) {
    let time = UNIX_EPOCH + Duration::from_secs(entry.unix_seconds());
    // RFC 3339 with a space for the T, as it allows in 5.6.
    let stamp = humantime::format_rfc3339_seconds(time).to_string();
    let stamp = format!("[{}] ", stamp.replace('T', " "));
    spoken_behind(&stamp, out, &entry.from, entry.speech, &entry.text);
}

fn write_rooms(out: &mut Text<'_>, rooms: &[(&str, usize)], others: usize) -> fmt::Result {
    if rooms.is_empty() {
        return writeln!(out, "* nobody with a nickname is in any room");
    }
    let rooms: Vec<String> = rooms
        .iter()
        .map(|(name, named)| format!("{name} ({named})"))
        .collect();
    write!(out, "* {}", rooms.join(", "))?;
    if others > 0 {
        write!(out, " and {others} other{}", plural(others))?;
    }
    writeln!(out)
}

/// Names in a sentence: `alice, bob and 2 listeners`.
struct List<'a>(&'a Names<'a>);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Addressed(self.0, &[]).fmt(f)
    }
}

/// The same, each with an address, and commas throughout, since programs read it in order to find
/// each other: `alice (192.0.2.1:5000), bob (unix)`.
struct Addressed<'a>(&'a Names<'a>, &'a [&'a str]);

impl fmt::Display for Addressed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(names, addresses) = self;
        let Names {
            names,
            others,
            listeners,
        } = names;
        let is_last = |n: usize| n + 1 == names.len() && *others == 0 && *listeners == 0;
        for (n, name) in names.iter().enumerate() {
            let before = match n {
                0 => "",
                n if is_last(n) && addresses.is_empty() => " and ",
                _ => ", ",
            };
            write!(f, "{before}{name}")?;
            if let Some(address) = addresses.get(n) {
                write!(f, " ({address})")?;
            }
        }
        if *others > 0 {
            write!(f, " and {others} other{}", plural(*others))?;
        }
        if *listeners > 0 {
            let before = if names.is_empty() { "" } else { " and " };
            write!(f, "{before}{listeners} listener{}", plural(*listeners))?;
        }
        Ok(())
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// Formats into bytes, without what a terminal should not get.
struct Text<'a>(&'a mut Vec<u8>);

impl Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        plain(self.0, text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_listed_as_in_a_sentence() {
        let people: Vec<String> = (1..=20).map(|n| format!("p{n}")).collect();
        let list = |count: usize, others, listeners| {
            let names = people[..count].iter().map(String::as_str).collect();
            List(&Names {
                names,
                others,
                listeners,
            })
            .to_string()
        };
        assert_eq!(list(1, 0, 0), "p1");
        assert_eq!(list(2, 0, 0), "p1 and p2");
        assert_eq!(list(3, 0, 0), "p1, p2 and p3");
        assert_eq!(list(0, 0, 1), "1 listener");
        assert_eq!(list(1, 0, 1), "p1 and 1 listener");
        assert_eq!(list(2, 0, 2), "p1, p2 and 2 listeners");
        assert!(list(20, 1, 0).ends_with(", p20 and 1 other"));
        assert!(list(20, 5, 2).ends_with(", p20 and 5 others and 2 listeners"));
    }

    #[test]
    fn history_shows_utc_to_the_second() {
        let entry = Entry {
            unix_us: 1_795_183_387_999_999,
            from: "bob".into(),
            text: "hello".into(),
            ..Entry::default()
        };
        let mut out = Vec::new();
        history(&mut out, &entry);
        let line = String::from_utf8(out).unwrap();
        assert_eq!(line, "[2026-11-20 14:03:07Z] <bob> hello\n");
    }
}
