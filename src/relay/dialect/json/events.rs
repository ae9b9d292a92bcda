//! Events in, objects out: a client is told here of what others do.
//!
//! The encoder calls `write_event` once for all JSON clients that hear an event, so nothing here may depend
//! on the recipient. A client is told of its own deeds in its answers alone, but for a message to itself.
//! There is no arm for the rest of the events: a new one does not compile before it is decided whether
//! programs of this kind are told.

use std::collections::BTreeMap;

use super::changes::write_change;
use super::errors::refused_words;
use super::history_query::{id_shown, time_shown};
use super::object::Object;
use super::tags;
use super::tags::unescape;
use super::text::cleaned;
use super::values::{REACT, REPLY, each};
use crate::protocol::Skipped;
use crate::relay::hub::{Event, ModeChange, Person, Rank, Reason, Said, Speech, To};

/// True if this dialect is built in.
pub(in crate::relay) const IS_SPOKEN: bool = true;

fn event<'o>(out: &'o mut Vec<u8>, name: &str) -> Object<'o> {
    Object::new(out).text("event", name)
}

/// Something of the server's.
pub(in crate::relay) fn write_notice(out: &mut Vec<u8>, text: &str) {
    event(out, "notice").text("text", text).end_line();
}

/// The last line: why the connection ends.
pub(in crate::relay) fn write_bye(out: &mut Vec<u8>, why: &str) {
    event(out, "bye").text("reason", why).end_line();
}

/// The number of messages that were left out, since the client read too slowly: in rooms, and in private.
pub(in crate::relay) fn write_skipped(out: &mut Vec<u8>, skipped: Skipped) {
    let Skipped { shared, direct } = skipped;
    let it = event(out, "skipped").number("missed", shared);
    it.number("missed_private", direct).end_line();
}

/// The kind of a message, as `say` takes it.
pub(super) fn kind(speech: Speech) -> &'static str {
    match speech {
        Speech::Action => "action",
        Speech::Notice => "notice",
        _ => "message",
    }
}

/// Writes one event as a line; as none, if it is nothing to programs of this kind.
pub(in crate::relay) fn write_event(out: &mut Vec<u8>, room: &str, it: &Event<'_>) {
    match it {
        Event::Spoken(said) | Event::Private(said) => write_said(out, said),
        Event::Joined(person) => about(out, "join", room, *person).end_line(),
        // Told as the change of a mode that it is, so that a program needs no other event to keep its list of
        // ranks.
        Event::RulesAgain(person) => {
            let (rank, name, is_on) = (Rank::Operator, person.name, true);
            let changes = [ModeChange::Rank { rank, name, is_on }];
            write_changes(event(out, "mode").text("room", room), &changes);
        }
        Event::Left { person, reason } => {
            let it = about(out, "leave", room, *person);
            with_reason(it, *reason).end_line();
        }
        // Of all their rooms: none is named.
        Event::Quit { person, reason } => {
            let it = event(out, "leave").text("nick", person.name);
            with_reason(it, *reason).end_line();
        }
        Event::Renamed { person, new } => {
            event(out, "nick")
                .text("nick", person.name)
                .text("new", new)
                .end_line();
        }
        Event::Kicked { person, by, reason } => {
            let it = about(out, "kick", room, *person).text("by", by.name);
            it.optional("reason", *reason).end_line();
        }
        Event::Removed {
            person,
            room,
            by,
            reason,
            ..
        } => {
            let it = about(out, "kick", room, *person).text("by", by.name);
            it.optional("reason", *reason).end_line();
        }
        // Nobody has put it out: under its new nickname, the bans of the room mean it.
        Event::KeptOut { room, why } => {
            let words = refused_words(room, why);
            event(out, "kick")
                .text("room", room)
                .text("reason", &words)
                .end_line();
        }
        Event::ModesChanged { by, changes } => {
            let it = event(out, "mode").text("room", room).text("by", by.name);
            write_changes(it, changes);
        }
        Event::TopicSet { by, topic } => {
            let it = event(out, "topic").text("room", room).text("by", by.name);
            it.nullable("topic", topic.map(|topic| &*topic.text))
                .end_line();
        }
        Event::Invited { name, by } => {
            let it = event(out, "invite").text("room", room).text("nick", name);
            it.text("by", by.name).end_line();
        }
        Event::InvitedTo { room, by } => {
            event(out, "invite")
                .text("room", room)
                .text("by", by.name)
                .end_line();
        }
        Event::TakenBack {
            by,
            id,
            unix_us,
            reason,
        } => {
            let it = event(out, "redact").text("room", room).text("by", by.name);
            let it = it.show("msgid", id_shown(*id, *unix_us));
            it.optional("reason", *reason).end_line();
        }
        Event::AwayChanged(person) => {
            let it = event(out, "away").text("nick", person.name);
            it.nullable("away", person.profile.away()).end_line();
        }
        Event::Notice(text) => {
            event(out, "notice")
                .text("room", room)
                .text("text", text)
                .end_line();
        }
        Event::Disconnected { by, reason } => {
            let it = event(out, "bye").text("by", by.name);
            it.optional("reason", *reason).end_line();
        }
        // Of what a program of this kind is not told there is nothing to write: real names and keys,
        // who is watched; who comes and goes is told one by one, and nobody puts it in another room.
        Event::RealNameChanged(_)
        | Event::ValueChanged { .. }
        | Event::Gathered { .. }
        | Event::Moved { .. }
        | Event::Online { .. }
        | Event::Offline(_) => {}
    }
}

fn about<'o>(out: &'o mut Vec<u8>, name: &str, room: &str, person: Person<'_>) -> Object<'o> {
    event(out, name)
        .text("room", room)
        .text("nick", person.name)
}

fn with_reason<'o>(it: Object<'o>, reason: Option<Reason<'_>>) -> Object<'o> {
    match reason {
        None => it,
        Some(Reason::Words(words) | Reason::Server(words)) => it.text("reason", words),
        Some(Reason::Closed) => it.text("reason", "connection closed"),
        Some(Reason::Reset) => it.text("reason", "connection reset"),
        Some(Reason::Removed { by, reason }) => it.text("by", by).optional("reason", reason),
    }
}

fn write_changes(it: Object<'_>, changes: &[ModeChange<'_>]) {
    it.array("changes", changes.iter(), write_change).end_line();
}

fn write_said(out: &mut Vec<u8>, said: &Said<'_>) {
    let name = match (said.speech, said.to) {
        (Speech::TagsOnly, _) => return write_reaction(out, said),
        // CTCP is a matter between IRC clients.
        (Speech::CtcpRequest | Speech::CtcpReply, _) => return,
        (_, To::Room { .. }) => "message",
        (_, To::Person(_)) => "private",
    };
    let it = to_whom(event(out, name), said);
    let it = it.text("text", said.text).text("kind", kind(said.speech));
    let it = it.show("msgid", id_shown(said.id, said.unix_us));
    let it = it.show("time", time_shown(said.unix_us));
    let it = match said.tags {
        "" => it,
        all => it.object("tags", |it| {
            // The last one counts if there are several, as everywhere.
            let all: BTreeMap<&str, &str> = each(all).collect();
            all.into_iter().fold(it, |it, (key, value)| {
                it.text(key, &cleaned(&unescape(value)))
            })
        }),
    };
    it.end_line();
}

/// A message of tags alone that is a reaction (IRCv3 draft/react). Others, such as that somebody types, are
/// nothing to a program of this kind.
fn write_reaction(out: &mut Vec<u8>, said: &Said<'_>) {
    let value = |key| tags::value(said.tags, key).filter(|value| !value.is_empty());
    if let (Some(reaction), Some(id)) = (value(REACT), value(REPLY)) {
        let it = to_whom(event(out, "react"), said);
        let it = it.text("msgid", &cleaned(&unescape(id)));
        let it = it.text("text", &cleaned(&unescape(reaction)));
        it.show("time", time_shown(said.unix_us)).end_line();
    }
}

/// The room, if there is one, and who said it.
fn to_whom<'o>(it: Object<'o>, said: &Said<'_>) -> Object<'o> {
    let it = match said.to {
        To::Room { name, at_least } => {
            let it = it.text("room", name);
            match at_least {
                Rank::Member => it,
                Rank::Voice => it.text("for", "voice"),
                Rank::Operator => it.text("for", "operator"),
            }
        }
        To::Person(_) => it,
    };
    it.text("from", said.from.name)
}
