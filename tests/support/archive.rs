//! A store in memory that answers questions, by the definition of each: all messages are looked at.

use std::collections::BTreeMap;
use std::mem::take;
use std::sync::{Arc, Mutex};

use parloir::relay::hub::names::fold;
use parloir::relay::hub::{ArchiveKey, Change, Entry};
use parloir::store::{
    Abilities, Asked, Found, LoadLimits, Question, QuestionError, QuestionResult, Saved,
    SearchTerms, Store, StoreError,
};

/// The messages, by the folded names of their rooms.
pub type Messages = BTreeMap<String, Vec<Entry>>;

/// Questions with their answers.
type Waiting = Vec<(Asked, QuestionResult)>;

/// The store, and the eyes of a test on it.
#[derive(Clone, Default)]
pub struct Archive {
    said: Arc<Mutex<Messages>>,
    /// Questions wait here until the test answers them, with their answers as of when they were put; none: they are
    /// answered at once.
    asked: Option<Arc<Mutex<Waiting>>>,
}

impl Archive {
    /// One whose questions wait for [`Self::answer`].
    pub fn slow() -> Self {
        Self {
            asked: Some(Arc::default()),
            ..Self::default()
        }
    }

    /// Number of questions that wait and are still wanted.
    pub fn wanted(&self) -> usize {
        let asked = self.asked.as_ref().expect("a slow one");
        let asked = asked.lock().expect("no test goes on after a panic");
        asked.iter().filter(|(it, _)| it.is_wanted()).count()
    }

    /// Answers the questions that wait.
    pub fn answer(&self) {
        let asked = self.asked.as_ref().expect("a slow one");
        let asked = take(&mut *asked.lock().expect("no test goes on after a panic"));
        for (it, answer) in asked {
            it.answer(answer);
        }
    }

    fn look_up(&self, question: &Question) -> QuestionResult {
        let said = self.said.lock().expect("no test goes on after a panic");
        let of_room = |room: &str| said.get(room).map_or(&[][..], Vec::as_slice);
        look_up(&of_room, question)
    }
}

/// The answer to a question, out of the messages of each room, by its folded name.
pub fn look_up<'s>(said: &impl Fn(&str) -> &'s [Entry], question: &Question) -> QuestionResult {
    match question {
        Question::Page {
            room,
            selection,
            limit,
        } => {
            let entries = of_room(said, room);
            let chosen = selection.of(&entries, *limit);
            Ok(chosen.into_iter().map(|entry| found(room, entry)).collect())
        }
        Question::Search {
            rooms,
            terms,
            limit,
        } => {
            if terms.words.trim().is_empty() && terms.from.is_none() {
                return Err(QuestionError::NoTerms);
            }
            let mut all = Vec::new();
            for room in rooms {
                let entries = of_room(said, room).into_iter();
                let meant = entries.filter(|entry| is_meant(terms, entry));
                all.extend(meant.map(|entry| found(room, entry)));
            }
            all.sort_by_key(|it| it.entry.id);
            all.drain(..all.len().saturating_sub(*limit));
            Ok(all)
        }
    }
}

fn of_room<'s>(said: &impl Fn(&str) -> &'s [Entry], key: &ArchiveKey) -> Vec<&'s Entry> {
    let entries = said(&key.room).iter();
    entries.filter(|entry| entry.id >= key.first_id).collect()
}

fn found(key: &ArchiveKey, entry: &Entry) -> Found {
    Found {
        room: key.room.clone(),
        entry: entry.clone(),
    }
}

fn is_meant(terms: &SearchTerms, entry: &Entry) -> bool {
    let ms = entry.unix_us / 1000;
    let text = entry.text.to_lowercase();
    let has = |word: &str| text.split_whitespace().any(|it| it == word);
    terms.words.to_lowercase().split_whitespace().all(has)
        && terms
            .from
            .as_ref()
            .is_none_or(|from| fold(&entry.from) == *from)
        && terms.after.is_none_or(|after| ms > after)
        && terms.before.is_none_or(|before| ms < before)
}

impl Store for Archive {
    fn load(&mut self, _: LoadLimits) -> Result<Saved, StoreError> {
        Ok(Saved::default())
    }

    fn keep(&mut self, changes: &mut Vec<Change>) {
        let mut said = self.said.lock().expect("no test goes on after a panic");
        for change in changes.drain(..) {
            match change {
                Change::Said { room, entry } => said.entry(room).or_default().push(entry),
                Change::Redacted { room, id } => {
                    let room = said.entry(room).or_default();
                    room.retain(|entry| entry.id != id);
                }
                Change::ForgottenName { name } => {
                    let rooms = said.values_mut();
                    rooms.for_each(|room| room.retain(|entry| fold(&entry.from) != name));
                }
                // A room that is forgotten leaves its messages here for a while, as a disk may.
                Change::Room(_) | Change::Forgotten { .. } | Change::AllRooms(_) => {}
            }
        }
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            has_history: true,
            has_search: true,
        }
    }

    fn ask(&mut self, asked: Asked) {
        let answer = self.look_up(asked.question());
        match &self.asked {
            Some(waiting) => {
                let mut waiting = waiting.lock().expect("no test goes on after a panic");
                waiting.push((asked, answer));
            }
            None => asked.answer(answer),
        }
    }
}
