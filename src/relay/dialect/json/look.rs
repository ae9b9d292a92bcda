//! Questions: who is here, which rooms there are, what was said.

use super::errors::Fault;
use super::object::{Object, write_text};
use super::request::Request;
use super::say::message_id;
use super::select::{
    CHATHISTORY_MAX, Reference, Selection, id_shown, parse_timestamp, time_shown, timestamp,
};
use super::talk::{Talk, room};
use super::write::kind;
use crate::protocol::{Delivery, Output};
use crate::relay::encoder::encode;
use crate::relay::hub::{Entry, MemberView, MessageId, PersonFlag, Refused, RoomView, work};

/// Messages that are shown of the past if it is not said how many.
const LIMIT: usize = 50;

/// Bytes of an answer that could be about everything there is, after which the rest is left out.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Something said before.
pub(super) struct Message<'a> {
    entry: &'a Entry,
}

impl<'a> Message<'a> {
    pub(super) fn of_room(entry: &'a Entry) -> Self {
        Self { entry }
    }
}

/// An array, of which `write` writes each value, as long as there is room in an answer.
pub(super) fn write_array<T>(
    out: &mut Vec<u8>,
    items: impl Iterator<Item = T>,
    write: impl Fn(&mut Vec<u8>, T),
) {
    out.push(b'[');
    for (n, item) in items.enumerate() {
        if out.len() > ANSWER_BYTES_MAX {
            break;
        }
        if n > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

pub(super) fn write_message(out: &mut Vec<u8>, Message { entry }: Message<'_>) {
    members_of(Object::new(out), entry).end();
}

fn members_of<'o>(it: Object<'o>, entry: &Entry) -> Object<'o> {
    let it = it.text("from", &entry.from).text("text", &entry.text);
    let it = it.text("kind", kind(entry.speech));
    let it = it.show("msgid", id_shown(entry.id, entry.unix_us));
    it.show("time", time_shown(entry.unix_us))
}

/// Who is in a room, of those that are shown.
pub(super) fn write_people(
    out: &mut Vec<u8>,
    view: RoomView<'_>,
    is_shown: impl Fn(&MemberView<'_>) -> bool,
) {
    write_array(out, view.members().filter(is_shown), |out, it| {
        let profile = it.person.profile;
        let object = Object::new(out).text("nick", it.person.name);
        let object = object.flag("operator", it.ranks.is_operator);
        let object = object.flag("voice", it.ranks.has_voice);
        let object = object.flag("away", profile.away().is_some());
        object.flag("bot", profile.is(PersonFlag::Bot)).end();
    });
}

impl<O: Output> Talk<'_, O> {
    pub(super) fn look(&mut self, it: &Request) -> Result<(), Fault> {
        match self.state.asked {
            "who" => self.who(room(it)?),
            "rooms" => self.rooms(),
            "whois" => return self.whois(it.text("nick")?),
            "history" => return self.history(it),
            "resume" => return self.resume(it),
            _ => {
                let words = "nothing is kept here that could be searched";
                return Err(Fault::new("no_search", words));
            }
        }
        Ok(())
    }

    /// A room that the client may know of.
    fn view(&self, name: &str) -> Result<RoomView<'_>, Fault> {
        let view = self
            .hub
            .room(name)
            .filter(|view| view.is_visible_to(self.conn.id));
        view.ok_or_else(|| Fault::refused(&Refused::NoSuchRoom, name))
    }

    pub(super) fn show_topic(&mut self, name: &str) -> Result<(), Fault> {
        let view = self.view(name)?;
        let topic = view
            .topic()
            .map(|it| (it.text.to_string(), it.by.to_string(), it.unix_seconds));
        self.ok(|it| match &topic {
            None => it.nullable("topic", None),
            Some((text, by, seconds)) => {
                let it = it.text("topic", text).text("by", by);
                it.text("time", &timestamp(seconds * 1_000_000))
            }
        });
        Ok(())
    }

    fn who(&mut self, name: &str) {
        let mut people = Vec::new();
        let id = self.conn.id;
        match self.view(name) {
            Err(fault) => return self.refuse(&fault),
            Ok(view) => {
                self.hub.note_work(work::LISTED as usize * view.named());
                let is_there = view.ranks_of(id).is_some();
                write_people(&mut people, view, |it| {
                    let is_hidden = it.person.profile.is(PersonFlag::Invisible);
                    is_there || !is_hidden || self.hub.share_a_room(id, it.id)
                });
            }
        }
        self.ok_with("people", &people);
    }

    fn rooms(&mut self) {
        let rooms = self.hub.counts().rooms;
        self.hub
            .note_work(work::QUERY as usize + work::LISTED as usize * rooms);
        let mut list = Vec::new();
        let visible = self
            .hub
            .rooms()
            .filter(|view| view.is_visible_to(self.conn.id));
        write_array(&mut list, visible, |out, view| {
            let topic = view.topic().map(|topic| &*topic.text);
            let it = Object::new(out).text("room", view.name());
            let it = it.number("people", (view.named() + view.listeners()) as u64);
            it.optional("topic", topic).end();
        });
        self.ok_with("rooms", &list);
    }

    fn whois(&mut self, name: &str) -> Result<(), Fault> {
        let (hub, me) = (&*self.hub, self.conn.id);
        let (Some(person), Some(id)) = (hub.person(name), hub.find(name)) else {
            return Err(Fault::refused(&Refused::NoOneCalled(name), ""));
        };
        let profile = person.profile;
        let is_hidden = profile.is(PersonFlag::Invisible) && id != me;
        let rooms = hub
            .rooms_of(id)
            .filter(|room| room.ranks_of(me).is_some() || (!is_hidden && room.is_visible_to(me)));
        let mut list = Vec::new();
        write_array(&mut list, rooms, |out, room| {
            write_text(out, room.name());
        });
        let mut members = Vec::new();
        let it = Object::new(&mut members).text("nick", person.name);
        let it = it.text("user", profile.user()).show("host", profile.host());
        let it = it.text("real_name", person.real_name());
        let it = it.optional("away", profile.away());
        let it = it.flag("bot", profile.is(PersonFlag::Bot));
        let it = it.flag("server_operator", profile.is(PersonFlag::Operator));
        let it = it.number("idle_seconds", profile.idle(self.now).as_secs());
        let it = it.text(
            "since",
            &timestamp(profile.arrived_unix_seconds() * 1_000_000),
        );
        it.raw("rooms", &String::from_utf8_lossy(&list)).end();
        self.ok_with("person", &members);
        Ok(())
    }

    fn history(&mut self, it: &Request) -> Result<(), Fault> {
        let limit = it.number("limit")?.unwrap_or(LIMIT).min(CHATHISTORY_MAX);
        let selection = selection(it)?;
        let id = self.conn.id;
        let entries: Vec<&Entry> = match it.optional("to")? {
            Some(name) => {
                let other = self.hub.find(name).filter(|other| *other != id);
                let other = other.ok_or_else(|| Fault::refused(&Refused::NoOneCalled(name), ""))?;
                self.hub.conversation(id, other).collect()
            }
            None => self.own_room(room(it)?)?.history().collect(),
        };
        let chosen = selection.of(&entries, limit);
        self.hub.note_replay(chosen.iter().copied());
        let mut messages = Vec::new();
        write_array(
            &mut messages,
            chosen.into_iter().map(Message::of_room),
            write_message,
        );
        self.ok_with("messages", &messages);
        Ok(())
    }

    /// A room that the client is in: what was said there is for those.
    fn own_room(&self, name: &str) -> Result<RoomView<'_>, Fault> {
        let view = self.view(name)?;
        match view.ranks_of(self.conn.id) {
            Some(_) => Ok(view),
            None => Err(Fault::new("not_in", &format!("you are not in {name}"))),
        }
    }

    /// What was missed in some rooms, each behind a message; then that this was all.
    fn resume(&mut self, it: &Request) -> Result<(), Fault> {
        let since = it.texts("since")?;
        // All of it is looked at before anything is sent.
        let mut missed = Vec::new();
        for (name, id) in since {
            let (id, _) = message_id(id)?;
            let view = self.own_room(name)?;
            missed.push((
                view.name().to_owned(),
                view.history().collect::<Vec<_>>(),
                id,
            ));
        }
        let mut out = Vec::new();
        for (name, entries, since) in &missed {
            write_missed(&mut out, name, entries, *since);
        }
        let shown = missed.iter().flat_map(|(_, entries, since)| {
            entries
                .iter()
                .copied()
                .filter(|it| it.id > *since)
                .take(CHATHISTORY_MAX)
        });
        self.hub.note_replay(shown);
        let to = self.conn.recipient();
        let write = |lines: &mut Vec<u8>| lines.extend_from_slice(&out);
        if let Some(chunk) = encode(self.out, to.format, Delivery::Kept, write) {
            self.out.send(to.id, chunk);
        }
        self.ok(|it| it);
        Ok(())
    }

    /// Answers with one member more, which is JSON already.
    fn ok_with(&mut self, key: &str, json: &[u8]) {
        let json = String::from_utf8_lossy(json);
        self.ok(|it| it.raw(key, &json));
    }
}

/// Which messages are asked for.
fn selection(it: &Request) -> Result<Selection, Fault> {
    let places = ["before", "after", "around"].map(|field| place(it, field));
    let [before, after, around] = places;
    Ok(match (before?, after?, around?) {
        (None, None, None) => Selection::Latest(None),
        (Some(it), None, None) => Selection::Before(it),
        (None, Some(it), None) => Selection::After(it),
        (None, None, Some(it)) => Selection::Around(it),
        (Some(to), Some(from), None) => Selection::Between(from, to),
        _ => return Err(Fault::new("bad_field", "\"around\" goes alone")),
    })
}

/// A message's id, or a time.
fn place(it: &Request, field: &'static str) -> Result<Option<Reference>, Fault> {
    let Some(text) = it.optional(field)? else {
        return Ok(None);
    };
    let id = message_id(text).ok().map(|(id, _)| Reference::Id(id));
    let place = id.or_else(|| parse_timestamp(text).map(Reference::Time));
    let must_be = "a message's id, or a time as in 2026-11-28T15:04:05.123Z";
    place.map(Some).ok_or_else(|| Fault::field(field, must_be))
}

/// The messages of a room behind one, as if they were said now; and how many there are not.
fn write_missed(out: &mut Vec<u8>, room: &str, entries: &[&Entry], since: MessageId) {
    let new: Vec<&Entry> = entries.iter().copied().filter(|it| it.id > since).collect();
    let is_kept = entries.iter().any(|it| it.id <= since);
    let gap = |out: &mut Vec<u8>, missed: Option<usize>| {
        let it = Object::new(out).text("event", "gap").text("room", room);
        match missed {
            Some(missed) => it.number("missed", missed as u64).end_line(),
            // How many were not kept, nobody knows any more.
            None => it.raw("missed", "null").end_line(),
        }
    };
    if !is_kept && !new.is_empty() {
        gap(out, None);
    }
    let left_out = new.len().saturating_sub(CHATHISTORY_MAX);
    for entry in new.iter().take(new.len() - left_out) {
        let it = Object::new(out).text("event", "message").text("room", room);
        members_of(it, entry).end_line();
    }
    if left_out > 0 {
        gap(out, Some(left_out));
    }
}
