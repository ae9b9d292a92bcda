//! Events in, lines out. The first character of each says what kind of line it is, and what users
//! wrote never stands there.

use std::fmt::{self, Write};
use std::time::{Duration, UNIX_EPOCH};

use crate::relay::hub::{Entry, Event, Names, Refused, Speech};

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
* /quit [REASON]: leave
* /help: this list. To begin a message with a slash, type two.
";

/// Writes the list of commands.
pub(in crate::relay) fn write_help(out: &mut Vec<u8>) {
    out.extend_from_slice(HELP.as_bytes());
}

/// Writes one event as one or more lines.
pub(in crate::relay) fn write_event(out: &mut Vec<u8>, event: &Event<'_>) {
    // What is sent most is written without the formatting machinery.
    if let Event::Spoken { from, speech, text } = event {
        spoken(out, from, *speech, text);
        return;
    }
    // A vector takes everything, so there is no error to handle.
    let _ = other(&mut Text(out), event);
}

fn spoken(out: &mut Vec<u8>, from: &str, speech: Speech, text: &str) {
    let (before, between): (&[u8], &[u8]) = match speech {
        Speech::Message => (b"<", b"> "),
        Speech::Action => (b"~ ", b" "),
    };
    for part in [before, from.as_bytes(), between, text.as_bytes(), b"\n"] {
        out.extend_from_slice(part);
    }
}

fn other(out: &mut Text<'_>, event: &Event<'_>) -> fmt::Result {
    match event {
        Event::Spoken { from, speech, text } => spoken(out.0, from, *speech, text),
        Event::Private { from, text } => writeln!(out, "-{from}- {text}")?,
        Event::Joined(name) => writeln!(out, "* {name} joined")?,
        Event::Left { name, reason: None } => writeln!(out, "* {name} left")?,
        Event::Left {
            name,
            reason: Some(reason),
        } => writeln!(out, "* {name} left ({reason})")?,
        Event::Gathered { joined, left } => {
            let joined = (!joined.is_empty()).then(|| format!("{} joined", List(joined)));
            let left = (!left.is_empty()).then(|| format!("{} left", List(left)));
            let parts: Vec<String> = joined.into_iter().chain(left).collect();
            writeln!(out, "* {}", parts.join("; "))?;
        }
        Event::Renamed { old, new } => writeln!(out, "* {old} is now {new}")?,
        Event::Notice(text) => writeln!(out, "* {text}")?,
        Event::Topic(Some(topic)) => writeln!(out, "* topic: {topic}")?,
        Event::Topic(None) => writeln!(out, "* no topic is set")?,
        Event::Arrived { name, room, others } => {
            let name = name.unwrap_or("a listener");
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
        Event::History(entries) => entries.iter().for_each(|entry| history(out.0, entry)),
        Event::NowCalled(name) => writeln!(out, "* You are now {name}.")?,
        Event::Who { room, everyone } => writeln!(out, "* {room}: {}", List(everyone))?,
        Event::Rooms { rooms, others } => write_rooms(out, rooms, *others)?,
        Event::Removed { room, by, reason } => {
            write!(out, "* you were removed from {room} by {by}")?;
            match reason {
                Some(reason) => writeln!(out, " ({reason})")?,
                None => writeln!(out)?,
            }
        }
        Event::Refused(why) => refused(out, why)?,
    }
    Ok(())
}

fn history(out: &mut Vec<u8>, entry: &Entry) {
    let time = UNIX_EPOCH + Duration::from_secs(entry.unix_seconds);
    // RFC 3339 with a space for the T, as it allows in 5.6.
    let stamp = humantime::format_rfc3339_seconds(time).to_string();
    let _ = write!(Text(out), "[{}] ", stamp.replace('T', " "));
    spoken(out, &entry.from, entry.speech, &entry.text);
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

fn refused(out: &mut Text<'_>, why: &Refused<'_>) -> fmt::Result {
    match why {
        Refused::NicknameFirst => writeln!(out, "* give a nickname first"),
        Refused::NoOneCalled(name) => writeln!(out, "* no one here is called {name}"),
        Refused::ReadsNothing(name) => writeln!(out, "* {name} reads nothing here: not sent"),
        Refused::AlreadyIn(room) => writeln!(out, "* you are in {room}"),
        Refused::NoRoomName => writeln!(out, "* usage: /join ROOM"),
        Refused::TooManyRooms => writeln!(out, "* too many rooms"),
        Refused::NoHistory(room) => writeln!(out, "* nothing has been said in {room} yet"),
    }
}

/// Names in a sentence: `alice, bob and 2 listeners`.
struct List<'a>(&'a Names<'a>);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Names {
            names,
            others,
            listeners,
        } = self.0;
        let is_last = |n: usize| n + 1 == names.len() && *others == 0 && *listeners == 0;
        for (n, name) in names.iter().enumerate() {
            let before = match n {
                0 => "",
                n if is_last(n) => " and ",
                _ => ", ",
            };
            write!(f, "{before}{name}")?;
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

/// Formats into bytes.
struct Text<'a>(&'a mut Vec<u8>);

impl Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
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
            unix_seconds: 1_795_183_387,
            speech: Speech::Message,
            from: "bob".into(),
            text: "hello".into(),
        };
        let mut out = Vec::new();
        history(&mut out, &entry);
        let line = String::from_utf8(out).unwrap();
        assert_eq!(line, "[2026-11-20 14:03:07Z] <bob> hello\n");
    }
}
