//! `/history` and `/search`: what was said in the room that one is in, by its time or by its words.
//!
//! The last lines are with the hub, and answered at once. Older ones, and all searches, are asked of the store; the
//! answer is written when it is there, and the lines of the client wait meanwhile. What is read is paid for by its
//! length.

use std::fmt::{self, Write};

use super::answers;
use super::dispatch::{CommandContext, answer};
use super::phrases::{Text, plural};
use super::refusals::Sentence;
use crate::protocol::Output;
use crate::relay::dialect::history_query::precise_stamp;
use crate::relay::hub::{CommandError, Entry, Reference, Selection, cost};
use crate::relay::past::{PastQuestion, at_hand, chosen, readable, readable_of};
use crate::store::{QuestionError, QuestionResult, SearchTerms};

/// Lines of one answer, if fewer are in memory.
const PAGE_LINES: usize = 200;
/// Lines that a search finds.
const FOUND_MAX: usize = 20;

impl<O: Output> CommandContext<'_, O> {
    /// Shows the last lines of the room, to listeners as well; or those before a time, in milliseconds since 1970.
    pub(super) fn tell_history(&mut self, count: Option<usize>, before: Option<u64>) {
        let Some(room) = self.hub.rooms_of(self.id).next() else {
            return self.refuse(CommandError::NotIn);
        };
        if room.history().len() == 0 && !(self.abilities.has_history && room.has_older()) {
            return self.refuse(CommandError::NoHistory);
        }
        let page_max = self.config.history.max(PAGE_LINES);
        let limit = count.unwrap_or(page_max).min(page_max);
        let before = before.map(Reference::Time);
        let selection = before.map_or(Selection::Latest(None), Selection::Before);
        if let Some(entries) = at_hand(room, selection, limit, self.abilities) {
            if entries.is_empty() {
                return self.refuse(CommandError::NoSuchMessage);
            }
            let is_more = self.abilities.has_history && room.has_older() && entries.len() == limit;
            self.hub.note_replay(entries.iter().copied());
            if let Some(to) = self.answered_to {
                answer(self.out, to, |out| page(out, &entries, is_more));
            }
            return;
        }
        let asked = PastQuestion::page(room, selection, limit, room.name());
        self.ask(asked, cost::STORED);
    }

    /// Looks for words in what was said in the room.
    pub(super) fn search(&mut self, words: &str) {
        let Some(room) = self.own_room() else {
            return self.refuse(CommandError::NotIn);
        };
        if !self.abilities.has_search {
            return self.answer(|out| Sentence::NoSearch.write(out, &[]));
        }
        let asked = PastQuestion::Search {
            room: Some(room.id()),
            terms: SearchTerms {
                words: words.to_owned(),
                ..SearchTerms::default()
            },
            limit: FOUND_MAX,
        };
        self.ask(asked, cost::SEARCHED);
    }

    fn ask(&mut self, asked: PastQuestion, parts: u32) {
        // A client that is answered nothing need not ask.
        if self.answered_to.is_some() {
            self.hub.note_work(parts as usize);
            self.pending.ask(asked, self.now);
        }
    }

    /// Shows what the store has found.
    pub(super) fn show_past(&mut self, asked: &PastQuestion, found: QuestionResult) {
        let Some(to) = self.answered_to else {
            return;
        };
        let found = match found {
            Ok(found) => found,
            Err(why) => return self.answer(|out| sentence(why).write(out, &[])),
        };
        match asked {
            PastQuestion::Page {
                room,
                selection,
                limit,
                ..
            } => {
                let Some(view) = readable(self.hub, self.id, *room) else {
                    return self.refuse(CommandError::NotIn);
                };
                let entries = chosen(&found, view, *selection, *limit);
                if entries.is_empty() {
                    return self.refuse(CommandError::NoSuchMessage);
                }
                self.hub.note_replay(entries.iter().copied());
                let is_more = entries.len() == *limit;
                answer(self.out, to, |out| page(out, &entries, is_more));
            }
            PastQuestion::Search { .. } => {
                let found = readable_of(&found, self.hub, self.id);
                if found.is_empty() {
                    return self.answer(|out| Sentence::NothingFound.write(out, &[]));
                }
                let entries = found.iter().map(|(_, entry)| *entry);
                self.hub.note_replay(entries.clone());
                answer(self.out, to, |out| hits(out, entries));
            }
        }
    }
}

/// Lines of the past; and, if there may be more before them, how to see those.
fn page(out: &mut Text<'_>, entries: &[&Entry], is_more: bool) -> fmt::Result {
    answers::history(out, entries.iter().copied())?;
    match entries.first() {
        Some(first) if is_more => {
            let (count, time) = (entries.len(), precise_stamp(first.unix_us));
            writeln!(out, "* /history {count} {time} shows what was said before")
        }
        _ => Ok(()),
    }
}

/// Lines that were found, and how to see what is around them.
fn hits<'e>(out: &mut Text<'_>, entries: impl ExactSizeIterator<Item = &'e Entry>) -> fmt::Result {
    let count = entries.len();
    answers::history(out, entries)?;
    let s = plural(count);
    let newest = match count == FOUND_MAX {
        true => "the newest ",
        false => "",
    };
    writeln!(
        out,
        "* {newest}{count} line{s}; /history 20 TIME shows what was said before one of them"
    )
}

fn sentence(why: QuestionError) -> Sentence {
    match why {
        QuestionError::Unavailable => Sentence::PastUnavailable,
        QuestionError::NotReady => Sentence::SearchNotReady,
        QuestionError::TooBroad => Sentence::SearchTooBroad,
        QuestionError::NoTerms => Sentence::NoWords,
    }
}
