//! The past of a room, out of the hub and out of a store: from a question to the messages that are meant.
//!
//! The hub has the last messages of each room, and answers at once. For older ones a dialect puts a question, which
//! the store answers later; what the hub has by then is put behind the answer, and the choice is made again among
//! both. Who may read is asked twice: with the question, and when its answer is shown.

use super::hub::{Entry, Hub, MessageId, RoomId, RoomView, Selection};
use crate::protocol::ConnId;
use crate::store::{Abilities, Found, Question, SearchTerms};

/// A question to the store, with what is needed to show its answer.
#[derive(Debug)]
pub(super) enum PastQuestion {
    /// Messages of a room by their place.
    Page {
        room: RoomId,
        selection: Selection,
        limit: usize,
        /// The room as the client called it.
        target: String,
        /// The number of the next message when the question was put: those before are with the store.
        next: MessageId,
    },
    /// Messages with certain words, in rooms that the client is in.
    Search {
        /// The only room that is meant; none: all that the client is in.
        room: Option<RoomId>,
        terms: SearchTerms,
        limit: usize,
    },
}

impl PastQuestion {
    /// A question about messages of a room by their place.
    pub(super) fn page(
        view: RoomView<'_>,
        selection: Selection,
        limit: usize,
        target: &str,
    ) -> Self {
        Self::Page {
            room: view.id(),
            selection,
            limit,
            target: target.to_owned(),
            next: MessageId::default(),
        }
    }

    /// Notes that the question is put now, with this number for the next message.
    pub(super) fn note_put(&mut self, number: MessageId) {
        if let Self::Page { next, .. } = self {
            *next = number;
        }
    }

    /// Returns whether messages that were said since the question was put have left the hub's memory by now: an answer
    /// has a hole in their place.
    pub(super) fn lacks_some(&self, hub: &Hub) -> bool {
        let Self::Page { room, next, .. } = self else {
            return false;
        };
        let first = hub.room_at(*room).and_then(|view| view.history().next());
        first.is_some_and(|first| first.id > *next)
    }

    /// The question as the store is asked it, if the client may read what it is about.
    pub(super) fn for_store(&self, hub: &Hub, id: ConnId) -> Option<Question> {
        match self {
            Self::Page {
                room,
                selection,
                limit,
                ..
            } => Some(Question::Page {
                room: readable(hub, id, *room)?.archive_key(),
                selection: *selection,
                limit: *limit,
            }),
            Self::Search { room, terms, limit } => {
                let views = hub.rooms_of(id);
                let views = views.filter(|view| room.is_none_or(|room| view.id() == room));
                Some(Question::Search {
                    rooms: views.map(RoomView::archive_key).collect(),
                    terms: terms.clone(),
                    limit: *limit,
                })
            }
        }
    }
}

/// Returns a room, if a client is in it: only those read its past.
pub(super) fn readable(hub: &Hub, id: ConnId, room: RoomId) -> Option<RoomView<'_>> {
    hub.room_at(room).filter(|view| view.ranks_of(id).is_some())
}

/// Returns the messages that are meant, if the hub has all of them.
pub(super) fn at_hand(
    view: RoomView<'_>,
    selection: Selection,
    limit: usize,
    abilities: Abilities,
) -> Option<Vec<&Entry>> {
    let entries: Vec<&Entry> = view.history().collect();
    let may_be_older = abilities.has_history && view.has_older();
    match may_be_older && selection.reaches_before(&entries, limit) {
        true => None,
        false => Some(selection.of(&entries, limit)),
    }
}

/// Returns the messages that are meant, out of what a store has found and what the hub has, each once.
pub(super) fn chosen<'e>(
    found: &'e [Found],
    view: RoomView<'e>,
    selection: Selection,
    limit: usize,
) -> Vec<&'e Entry> {
    let first = view.history().next().map(|entry| entry.id);
    let older = found.iter().map(|it| &it.entry);
    let older = older.filter(|entry| first.is_none_or(|first| entry.id < first));
    let entries: Vec<&Entry> = older.chain(view.history()).collect();
    selection.of(&entries, limit)
}

/// Returns the messages that were found and that a client may read, each with its room.
pub(super) fn readable_of<'e>(
    found: &'e [Found],
    hub: &'e Hub,
    id: ConnId,
) -> Vec<(RoomView<'e>, &'e Entry)> {
    let readable = |it: &'e Found| {
        let view = hub.room(&it.room)?;
        // The room may have been left, or be another one of that name by now.
        let is_member = view.ranks_of(id).is_some();
        let is_of_room = it.entry.id >= view.archive_key().first_id;
        (is_member && is_of_room).then_some((view, &it.entry))
    };
    found.iter().filter_map(readable).collect()
}
