//! The request `search`: messages by their words, in the rooms that the client is in.

use super::dispatch::{CommandContext, answer_ok};
use super::errors::RequestError;
use super::fields::room;
use super::history::{LIMIT, members_of, time};
use super::history_query::CHATHISTORY_MAX;
use super::object::Object;
use super::queries::Array;
use super::request::JsonRequest;
use super::rooms::own_room;
use crate::protocol::Output;
use crate::relay::hub::cost;
use crate::relay::hub::names::fold;
use crate::relay::past::{PastQuestion, readable_of};
use crate::store::{Found, SearchTerms};

impl<O: Output> CommandContext<'_, O> {
    /// Looks for words, in one room or in all that the client is in.
    pub(super) fn search(&mut self, it: &JsonRequest) -> Result<(), RequestError> {
        if !self.abilities.has_search {
            let words = "nothing can be searched here: the server runs without --search";
            return Err(RequestError::new("no_search", words));
        }
        let room = match it.optional("room")? {
            Some(_) => Some(own_room(self.hub, self.conn.id, room(it)?)?.id()),
            None => None,
        };
        let terms = SearchTerms {
            words: it.optional("text")?.unwrap_or_default().to_owned(),
            from: it.optional("from")?.map(fold),
            after: time(it, "after")?,
            before: time(it, "before")?,
        };
        let limit = it.number("limit")?.unwrap_or(LIMIT).min(CHATHISTORY_MAX);
        self.hub.note_work(cost::SEARCHED as usize);
        let asked = PastQuestion::Search { room, terms, limit };
        self.pending.ask(asked, self.now);
        Ok(())
    }

    /// Shows what the store has found, each message with its room.
    pub(super) fn show_found(&mut self, found: &[Found]) {
        let found = readable_of(found, self.hub, self.conn.id);
        self.hub.note_replay(found.iter().map(|(_, entry)| *entry));
        let messages = Array::new(found.iter(), |out, (view, entry)| {
            let it = Object::new(out).text("room", view.name());
            members_of(it, entry).end();
        });
        answer_ok(self.out, self.conn, self.state, |it| {
            messages.add_to(it, "messages")
        });
    }
}
