//! Events in, lines out. The first character of each says what kind of line it is, and what users
//! wrote never stands there.
//!
//! The encoder calls `write_event` once for all line clients that hear an event, so nothing here may depend
//! on the recipient. There is no arm for the rest of the events: a new one does not compile before it is
//! decided what people read of it.

use std::fmt::{self, Write};

use super::phrases::{NameList, Text, spoken_behind};
use super::refusals::{Sentence, write_refused};
use super::unformatted::is_blank;
use super::{answers, modes};
use crate::relay::hub::{Event, Reason, Said, Speech};

/// The text of `/help`.
const HELP: &str = "\
* A line is a message to everyone in the room. These are commands:
* /nick NAME: be called something else
* /who: who is in this room
* /rooms: which rooms there are
* /join ROOM: go to another room, or make it
* /msg NAME TEXT: say something to one person
* /me TEXT: say what you do
* /topic [TEXT]: show or set the room's topic; /topic - clears it
* /history [N] [TIME]: the room's last lines, or those before a time
* /search WORDS: lines of the room with these words
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
    // Messages, which are sent most, are written without the formatting machinery.
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

/// Something said to one person. Who acts in private is shown as one who says so.
fn private(out: &mut Text<'_>, said: &Said<'_>) -> fmt::Result {
    let from = said.from.name;
    for text in said.text.split('\n').filter(|line| !is_blank(line)) {
        match said.speech {
            Speech::Message | Speech::Notice => writeln!(out, "-{from}- {text}")?,
            Speech::Action => writeln!(out, "-{from}- {from} {text}")?,
            Speech::CtcpRequest | Speech::CtcpReply | Speech::TagsOnly => {}
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
            let joined = (!joined.is_empty()).then(|| format!("{} joined", NameList(joined)));
            let left = (!left.is_empty()).then(|| format!("{} left", NameList(left)));
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
        Event::TopicSet { topic, .. } => answers::topic(out, *topic)?,
        // Only line clients are moved: they are in one room at all times, so who is put out of one comes into
        // the lobby.
        Event::Moved {
            person,
            room,
            others,
            replay,
        } => {
            answers::arrived(out, Some(*person), *room, others)?;
            if room.topic().is_some() {
                answers::topic(out, room.topic())?;
            }
            answers::history(out, replay.iter().copied())?;
        }
        // The line tells what to type.
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
        Event::KeptOut { room, why } => write_refused(out, room, why)?,
        // These are for programs: they keep lists, take messages back, and watch people.
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
