//! Questions about the past: history, resume, and the last messages of a room that a client joins.
//!
//! A message is found by its time: the times of a room rise strictly, and without a store numbers begin anew
//! with each process, while programs keep the ids that they have read.
//!
//! Only members read the past of a room, and only the two who had it read that of a conversation. What is
//! read is paid for by its length, as it is for IRC (`note_replay`).

use super::dispatch::{CommandContext, answer_ok};
use super::errors::RequestError;
use super::events::kind;
use super::fields::room;
use super::history_query::{CHATHISTORY_MAX, id_shown, parse_timestamp, time_shown};
use super::messages::message_id;
use super::object::Object;
use super::queries::{ANSWER_BYTES_MAX, Array};
use super::request::JsonRequest;
use super::rooms::own_room;
use crate::protocol::Output;
use crate::relay::encoder::encode_answer;
use crate::relay::hub::{CommandError, Entry, Reference, RoomId, RoomView, Selection, cost};
use crate::relay::past::{PastQuestion, at_hand, chosen, readable};
use crate::store::{QuestionError, QuestionResult};

/// Messages of a page, if the request does not say how many.
pub(super) const LIMIT: usize = 50;

/// Bytes that a message takes in an answer besides its author and its text, about.
const MEMBERS_BYTES: usize = 160;

/// Messages of an answer: as many as there is room for, from one end. An answer is one line, and 512 KiB of
/// messages are the most of it.
pub(super) struct HistoryPage<'e> {
    entries: Vec<&'e Entry>,
    /// There was no room for all.
    is_cut: bool,
}

impl<'e> HistoryPage<'e> {
    /// The newest messages that fit, oldest first. Where there is no room for all, the messages furthest from
    /// the one that was asked about are left out.
    pub(super) fn newest(mut entries: Vec<&'e Entry>) -> Self {
        let count = fitting(entries.iter().rev());
        let is_cut = count < entries.len();
        entries.drain(..entries.len() - count);
        Self { entries, is_cut }
    }

    /// The messages that fit, counted from where the selection counts.
    fn of(selection: Selection, entries: Vec<&'e Entry>) -> Self {
        match selection {
            Selection::Latest(_) | Selection::Before(_) => Self::newest(entries),
            _ => Self::oldest(entries),
        }
    }

    /// The oldest messages that fit.
    fn oldest(mut entries: Vec<&'e Entry>) -> Self {
        let count = fitting(entries.iter());
        let is_cut = count < entries.len();
        entries.truncate(count);
        Self { entries, is_cut }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &'e Entry> {
        self.entries.iter().copied()
    }

    /// Adds the messages to an answer; `more` says that there was no room for all.
    pub(super) fn add_to<'o>(&self, it: Object<'o>) -> Object<'o> {
        let messages = Array::new(self.entries(), |out, entry| {
            members_of(Object::new(out), entry).end();
        });
        let it = it.member("messages", |out| out.extend_from_slice(&messages.json));
        it.flag("more", self.is_cut)
    }
}

/// Number of messages that fit into an answer. It is an estimate: escapes may make a text longer.
fn fitting<'a, 'e: 'a>(entries: impl Iterator<Item = &'a &'e Entry>) -> usize {
    let bytes = |entry: &&'e Entry| entry.from.len() + entry.text.len() + MEMBERS_BYTES;
    let sizes = entries.scan(0, |all, entry| {
        *all += bytes(entry);
        Some(*all)
    });
    sizes.take_while(|all| *all <= ANSWER_BYTES_MAX / 2).count()
}

pub(super) fn members_of<'o>(it: Object<'o>, entry: &Entry) -> Object<'o> {
    let it = it.text("from", &entry.from).text("text", &entry.text);
    let it = it.text("kind", kind(entry.speech));
    let it = it.show("msgid", id_shown(entry.id, entry.unix_us));
    it.show("time", time_shown(entry.unix_us))
}

impl<O: Output> CommandContext<'_, O> {
    pub(super) fn history(&mut self, it: &JsonRequest) -> Result<(), RequestError> {
        let limit = it.number("limit")?.unwrap_or(LIMIT).min(CHATHISTORY_MAX);
        let selection = selection(it)?;
        let id = self.conn.id;
        let chosen = match it.optional("to")? {
            Some(name) => {
                let other = self.hub.find(name).filter(|other| *other != id);
                let other = other
                    .ok_or_else(|| RequestError::refused(&CommandError::NoOneCalled(name), ""))?;
                let entries: Vec<&Entry> = self.hub.conversation(id, other).collect();
                selection.of(&entries, limit)
            }
            None => {
                let target = room(it)?;
                let view = own_room(self.hub, id, target)?;
                let Some(entries) = at_hand(view, selection, limit, self.abilities) else {
                    let asked = PastQuestion::page(view, selection, limit, target);
                    self.hub.note_work(cost::STORED as usize);
                    self.pending.ask(asked, self.now);
                    return Ok(());
                };
                entries
            }
        };
        let page = HistoryPage::of(selection, chosen);
        self.hub.note_replay(page.entries());
        answer_ok(self.out, self.conn, self.state, |it| page.add_to(it));
        Ok(())
    }

    /// Shows what the store has found.
    pub(super) fn show_past(
        &mut self,
        asked: PastQuestion,
        found: QuestionResult,
    ) -> Result<(), RequestError> {
        let found = found.map_err(unanswered)?;
        match asked {
            PastQuestion::Search { .. } => self.show_found(&found),
            PastQuestion::Page {
                room,
                selection,
                limit,
                target,
                ..
            } => {
                let view = readable(self.hub, self.conn.id, room)
                    .ok_or_else(|| RequestError::refused(&CommandError::NotIn, &target))?;
                let page = HistoryPage::of(selection, chosen(&found, view, selection, limit));
                self.hub.note_replay(page.entries());
                answer_ok(self.out, self.conn, self.state, |it| page.add_to(it));
            }
        }
        Ok(())
    }

    /// Sends the messages behind the given one of each room, then the answer. For a program that comes back:
    /// what is said between `join` and `resume` comes twice, with the same id.
    pub(super) fn resume(&mut self, it: &JsonRequest) -> Result<(), RequestError> {
        let since = it.texts("since")?;
        // All names are looked at before anything is sent, and each room is shown once, however often
        // it is named.
        let mut rooms: Vec<(RoomId, u64)> = Vec::new();
        self.hub.note_work(cost::NAME as usize * since.len());
        for (name, id) in since {
            let (_, since_us) = message_id(id)?;
            let room = own_room(self.hub, self.conn.id, name)?.id();
            if rooms.iter().all(|(other, _)| *other != room) {
                rooms.push((room, since_us));
            }
        }
        let mut out = Vec::new();
        for (room, since_us) in rooms {
            let Some(view) = self.hub.room_at(room) else {
                continue;
            };
            self.hub
                .note_work(cost::LISTED as usize * view.history().len());
            let shown = write_missed(&mut out, view, since_us);
            self.hub.note_replay(shown.into_iter());
        }
        let to = self.conn.recipient();
        let write = |lines: &mut Vec<u8>| lines.extend_from_slice(&out);
        if let Some(range) = encode_answer(self.out, to.format, write) {
            self.out.send(to.id, range);
        }
        self.ok(|it| it);
        Ok(())
    }
}

/// The messages that are asked for. `before` and `after` together are what lies between them.
fn selection(it: &JsonRequest) -> Result<Selection, RequestError> {
    let place = |field| Ok(time(it, field)?.map(Reference::Time));
    let places = ["before", "after", "around"].map(place);
    let [before, after, around]: [Result<_, RequestError>; 3] = places;
    Ok(match (before?, after?, around?) {
        (None, None, None) => Selection::Latest(None),
        (Some(it), None, None) => Selection::Before(it),
        (None, Some(it), None) => Selection::After(it),
        (None, None, Some(it)) => Selection::Around(it),
        (Some(to), Some(from), None) => Selection::Between(from, to),
        _ => return Err(RequestError::new("bad_field", "\"around\" goes alone")),
    })
}

/// Why the store has no answer.
fn unanswered(why: QuestionError) -> RequestError {
    let code = match why {
        QuestionError::Unavailable => "unavailable",
        QuestionError::NotReady => "not_ready",
        QuestionError::TooBroad => "too_broad",
        QuestionError::NoTerms => "no_words",
    };
    RequestError::new(code, &why.to_string())
}

/// A place in the past, in milliseconds since 1970: a time, or a message's id. That stands for its time: a program
/// may have read it before a restart, when it had another number.
pub(super) fn time(it: &JsonRequest, field: &'static str) -> Result<Option<u64>, RequestError> {
    let Some(text) = it.optional(field)? else {
        return Ok(None);
    };
    let ms = message_id(text).ok().map(|(_, unix_us)| unix_us / 1000);
    let must_be = "a message's id, or a time as in 2026-11-28T15:04:05.123Z";
    ms.or_else(|| parse_timestamp(text))
        .map(Some)
        .ok_or_else(|| RequestError::field(field, must_be))
}

/// Writes the messages of a room behind a time as events, and a gap for those that are not shown; gives
/// back the shown ones.
fn write_missed<'e>(out: &mut Vec<u8>, view: RoomView<'e>, since_us: u64) -> Vec<&'e Entry> {
    let new = |entry: &&Entry| entry.unix_us > since_us;
    let entries: Vec<&Entry> = view.history().filter(new).collect();
    // Without an older message, nobody knows how many between the two are kept no longer.
    if entries.len() == view.history().len() {
        gap(out, view.name()).raw("missed", "null").end_line();
    }
    let all = entries.len();
    let mut shown = Vec::new();
    for entry in entries.into_iter().take(CHATHISTORY_MAX) {
        if out.len() > ANSWER_BYTES_MAX {
            break;
        }
        let it = Object::new(out).text("event", "message");
        members_of(it.text("room", view.name()), entry).end_line();
        shown.push(entry);
    }
    if shown.len() < all {
        let missed = (all - shown.len()) as u64;
        gap(out, view.name()).number("missed", missed).end_line();
    }
    shown
}

fn gap<'o>(out: &'o mut Vec<u8>, room: &str) -> Object<'o> {
    Object::new(out).text("event", "gap").text("room", room)
}
