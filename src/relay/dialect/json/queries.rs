//! Questions about the present: who, rooms, whois, topic.
//!
//! A question that goes through a room, or all rooms, pays for what it looks at (`note_work`), whatever of
//! that is shown. Who may see whom and which room is as for IRC: invisible people and secret rooms are shown
//! to those who share a room with them.

use super::dispatch::CommandContext;
use super::errors::RequestError;
use super::fields::room;
use super::history_query::timestamp;
use super::object::{Object, write_text};
use super::request::JsonRequest;
use super::rooms::visible_room;
use crate::protocol::Output;
use crate::relay::hub::{CommandError, MemberView, PersonFlag, RoomView, cost};

/// Bytes of an answer that could be about everything there is, after which the rest is left out.
pub(super) const ANSWER_BYTES_MAX: usize = 1 << 20;

/// An array as JSON, and whether there were more items than an answer has room for. The client is told
/// `more`, and so knows that the list is not whole.
#[derive(Debug, Default)]
pub(super) struct Array {
    pub(super) json: Vec<u8>,
    pub(super) is_cut: bool,
}

impl Array {
    /// Collects what `write` writes of each item, as long as there is room in an answer.
    pub(super) fn new<T>(items: impl Iterator<Item = T>, write: impl Fn(&mut Vec<u8>, T)) -> Self {
        let (mut json, mut is_cut) = (vec![b'['], false);
        for (n, item) in items.enumerate() {
            is_cut = json.len() > ANSWER_BYTES_MAX;
            if is_cut {
                break;
            }
            if n > 0 {
                json.push(b',');
            }
            write(&mut json, item);
        }
        json.push(b']');
        Self { json, is_cut }
    }

    /// Adds it to an answer; `more` says that it is not all.
    pub(super) fn add_to<'o>(&self, it: Object<'o>, key: &str) -> Object<'o> {
        let it = it.member(key, |out| out.extend_from_slice(&self.json));
        it.flag("more", self.is_cut)
    }
}

/// The members of a room for whom `is_shown` is true.
pub(super) fn people(view: RoomView<'_>, is_shown: impl Fn(&MemberView<'_>) -> bool) -> Array {
    Array::new(view.members().filter(is_shown), |out, it| {
        let profile = it.person.profile;
        let object = Object::new(out).text("nick", it.person.name);
        let object = object.flag("operator", it.ranks.is_operator);
        let object = object.flag("voice", it.ranks.has_voice);
        let object = object.flag("away", profile.away().is_some());
        object.flag("bot", profile.is(PersonFlag::Bot)).end();
    })
}

impl<O: Output> CommandContext<'_, O> {
    pub(super) fn look(&mut self, it: &JsonRequest) -> Result<(), RequestError> {
        match self.state.asked {
            "who" => return self.who(room(it)?),
            "whois" => return self.whois(it.text("nick")?),
            "history" => return self.history(it),
            // It looks like a question, and pays like one, but sends events before its answer.
            "resume" => return self.resume(it),
            "search" => return self.search(it),
            _ => self.rooms(),
        }
        Ok(())
    }

    pub(super) fn show_topic(&mut self, name: &str) -> Result<(), RequestError> {
        let topic = visible_room(self.hub, self.conn.id, name)?.topic();
        let topic = topic.map(|it| (it.text.to_string(), it.by.to_string(), it.unix_seconds));
        self.ok(|it| match &topic {
            None => it.nullable("topic", None),
            Some((text, by, seconds)) => {
                // The nickname of `nick!user@host`, as events have it.
                let by = by.split('!').next().unwrap_or_default();
                let it = it.text("topic", text).text("by", by);
                it.text("time", &timestamp(seconds * 1_000_000))
            }
        });
        Ok(())
    }

    /// Answers who is in a room. To somebody outside, invisible members are shown only if the two share
    /// another room.
    fn who(&mut self, name: &str) -> Result<(), RequestError> {
        let id = self.conn.id;
        let view = visible_room(self.hub, self.conn.id, name)?;
        let is_there = view.ranks_of(id).is_some();
        let members = people(view, |it| {
            let is_hidden = it.person.profile.is(PersonFlag::Invisible);
            is_there || !is_hidden || self.hub.share_a_room(id, it.id)
        });
        self.hub.note_work(cost::LISTED as usize * view.named());
        self.ok(|it| members.add_to(it, "people"));
        Ok(())
    }

    /// The rooms that somebody with a nickname is in, as for line and IRC clients.
    fn rooms(&mut self) {
        let rooms = self.hub.counts().rooms;
        let looked_at = cost::LISTED as usize * rooms;
        self.hub.note_work(cost::QUERY as usize + looked_at);
        let id = self.conn.id;
        let shown = self.hub.rooms();
        let shown = shown.filter(|view| view.named() > 0 && view.is_visible_to(id));
        let list = Array::new(shown, |out, view| {
            let topic = view.topic().map(|topic| &*topic.text);
            let it = Object::new(out).text("room", view.name());
            let it = it.number("people", (view.named() + view.listeners()) as u64);
            it.optional("topic", topic).end();
        });
        self.ok(|it| list.add_to(it, "rooms"));
    }

    /// Answers what may be known of a person: the host is the label that is shown everywhere, and of the
    /// rooms those that the client may see.
    fn whois(&mut self, name: &str) -> Result<(), RequestError> {
        let (hub, me) = (&*self.hub, self.conn.id);
        let (Some(person), Some(id)) = (hub.person(name), hub.find(name)) else {
            return Err(RequestError::refused(&CommandError::NoOneCalled(name), ""));
        };
        let profile = person.profile;
        let is_hidden = profile.is(PersonFlag::Invisible) && id != me;
        let is_shown = |room: &RoomView<'_>| {
            room.ranks_of(me).is_some() || (!is_hidden && room.is_visible_to(me))
        };
        let rooms = Array::new(hub.rooms_of(id).filter(is_shown), |out, room| {
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
        let since = timestamp(profile.arrived_unix_seconds() * 1_000_000);
        rooms.add_to(it.text("since", &since), "rooms").end();
        self.ok(|it| it.member("person", |out| out.extend_from_slice(&members)));
        Ok(())
    }
}
