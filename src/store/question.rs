//! Questions about what is kept, and the way of their answers back to the loop.

use std::fmt;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Weak};

use crate::relay::hub::{ArchiveKey, Entry, Selection};
use crate::waker::Waker;

/// A question about messages that are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Messages of one room, by their place: at least those that [`Selection::of`] would choose among all of the
    /// room. (There may be more of them; the choice is made again, among them and what the hub has.)
    Page {
        /// The room.
        room: ArchiveKey,
        /// The messages that are meant.
        selection: Selection,
        /// Messages at most.
        limit: usize,
    },
    /// Messages with certain words, the newest that there are.
    Search {
        /// The rooms that may be searched.
        rooms: Vec<ArchiveKey>,
        /// The conditions, all of which must hold.
        terms: SearchTerms,
        /// Messages at most.
        limit: usize,
    },
}

/// The conditions of a search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchTerms {
    /// Words that are all in the text, in any order; words between double quotes follow each other, and a word
    /// with `*` behind it may go on. Empty: any text.
    pub words: String,
    /// The [folded](crate::relay::hub::names::fold) nickname of the sender.
    pub from: Option<String>,
    /// A time that the message is behind, in milliseconds since 1970.
    pub after: Option<u64>,
    /// A time that the message is before, in milliseconds since 1970.
    pub before: Option<u64>,
}

/// A message that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The folded name of its room.
    pub room: String,
    /// The message.
    pub entry: Entry,
}

/// The reason why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QuestionError {
    /// The store cannot be read now: the disk fails or is slow, or too many questions wait.
    Unavailable,
    /// The index for searches is still being made.
    NotReady,
    /// The search would take too long: it means too much.
    TooBroad,
    /// The terms mean nothing that could be searched for.
    NoTerms,
}

impl fmt::Display for QuestionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unavailable => "what is kept cannot be read now; try again in a moment",
            Self::NotReady => "the index of words is still being made; try again in a minute",
            Self::TooBroad => "that search takes too long; search for less common words",
            Self::NoTerms => "there is no word in it to search for",
        })
    }
}

impl std::error::Error for QuestionError {}

/// The messages that were asked for, the oldest first.
pub type QuestionResult = Result<Vec<Found>, QuestionError>;

/// A question on its way: a store [answers](Self::answer) it at once, or from another thread at any time. One that is
/// dropped is answered as [`QuestionError::Unavailable`].
#[derive(Debug)]
pub struct Asked {
    question: Question,
    number: u64,
    /// Gone when whoever asked is.
    wanted: Weak<()>,
    answers: Option<Sender<(u64, QuestionResult)>>,
    waker: Waker,
}

impl Asked {
    /// A question with this number. The answer is sent with the number, unless the value behind `wanted` is gone.
    pub(crate) fn new(
        question: Question,
        number: u64,
        wanted: &Arc<()>,
        answers: Sender<(u64, QuestionResult)>,
        waker: Waker,
    ) -> Self {
        Self {
            question,
            number,
            wanted: Arc::downgrade(wanted),
            answers: Some(answers),
            waker,
        }
    }

    /// The question.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// Returns whether somebody still waits for the answer. If not, there is no need to look for it.
    pub fn is_wanted(&self) -> bool {
        self.wanted.strong_count() > 0
    }

    /// Answers it.
    pub fn answer(mut self, answer: QuestionResult) {
        self.send(answer);
    }

    fn send(&mut self, answer: QuestionResult) {
        if let Some(answers) = self.answers.take() {
            // A relay that is gone needs none.
            let _ = answers.send((self.number, answer));
            self.waker.wake();
        }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.send(Err(QuestionError::Unavailable));
    }
}
