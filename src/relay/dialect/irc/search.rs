//! SEARCH: messages by their words, in the channels that the client is in.
//!
//! The capability and the command are those of the bouncer soju (`soju.im/search`), which several clients speak; the
//! draft at IRCv3 is the same under another name. Attributes are written as message tags are: `text=…;in=#dev;limit=20`.

use super::caps::Caps;
use super::dispatch::CommandContext;
use super::history_query::{CHATHISTORY_MAX, parse_timestamp};
use super::message::Message;
use super::reply::Reply;
use super::tags::{self, unescape};
use crate::protocol::Output;
use crate::relay::hub::names::fold;
use crate::relay::hub::{Rank, To, cost};
use crate::relay::past::{PastQuestion, readable_of};
use crate::store::{QuestionError, QuestionResult, SearchTerms};

/// The type of the batch of what was found.
const BATCH: &str = "soju.im/search";

/// Messages of an answer, if the client does not say how many.
const LIMIT: usize = 50;

impl<O: Output> CommandContext<'_, O> {
    pub(super) fn search(&mut self, it: &Message<'_>) {
        let attributes = it.param(0);
        let value = |key| tags::value(attributes, key).map(unescape);
        let time = |key| value(key).map(|text| parse_timestamp(&text).ok_or(key));
        let (after, before) = (time("after").transpose(), time("before").transpose());
        let (Ok(after), Ok(before)) = (after, before) else {
            return self.fail_search("INVALID_PARAMS", "That is no timestamp");
        };
        let limit = value("limit").map_or(Ok(LIMIT), |text| text.parse());
        let Ok(limit) = limit else {
            return self.fail_search("INVALID_PARAMS", "That is no limit");
        };
        let room = match value("in") {
            None => None,
            Some(target) => {
                let view = target
                    .strip_prefix('#')
                    .and_then(|name| self.hub.room(name));
                let view = view.filter(|view| view.ranks_of(self.id).is_some());
                let Some(view) = view else {
                    let words = "Messages of that target could not be searched";
                    return self.fail_search("INVALID_TARGET", words);
                };
                Some(view.id())
            }
        };
        let terms = SearchTerms {
            words: value("text").unwrap_or_default(),
            from: value("from").map(|name| fold(&name)),
            after,
            before,
        };
        let limit = limit.min(CHATHISTORY_MAX);
        self.hub.note_work(cost::SEARCHED as usize);
        let asked = PastQuestion::Search { room, terms, limit };
        self.pending.ask(asked, self.now);
    }

    fn fail_search(&mut self, code: &str, words: &str) {
        self.reply.fail("SEARCH", code, &[], words);
    }

    /// Shows what the store has found.
    pub(super) fn show_found(&mut self, found: QuestionResult) {
        let found = match found {
            Ok(found) => found,
            Err(why) => {
                let code = match why {
                    QuestionError::NoTerms => "INVALID_PARAMS",
                    _ => "MESSAGE_ERROR",
                };
                return self.fail_search(code, &why.to_string());
            }
        };
        let found = readable_of(&found, self.hub, self.id);
        self.hub.note_replay(found.iter().map(|(_, entry)| *entry));
        let write = |reply: &mut Reply| {
            for (view, entry) in &found {
                let (name, at_least) = (view.name(), Rank::Member);
                reply.entry(To::Room { name, at_least }, entry, "");
            }
        };
        match self.state.caps.has(Caps::BATCH) {
            true => self.reply.batched(&[BATCH], write),
            false => write(self.reply),
        }
    }
}
