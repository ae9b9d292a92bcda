//! The thread that reads: questions about what is kept, one after another, on a connection of its own.
//!
//! It is not the thread that writes, so no commit waits for a search. That thread hands each question on once all
//! changes from before it are committed; so an answer holds nothing that had been taken back by then.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{page, search};
use crate::store::{Asked, Question, QuestionError, QuestionResult};

/// The time that one question may take. Others wait for it.
const READ_WITHIN: Duration = Duration::from_millis(500);
/// Instructions of SQLite's between two looks at the clock: some microseconds.
const STEPS: i32 = 10_000;

/// The end of the queue to the thread, which ends when this is dropped.
#[derive(Debug)]
pub(super) struct ReaderThread {
    to: Option<Sender<Asked>>,
    thread: Option<JoinHandle<()>>,
}

impl ReaderThread {
    pub(super) fn start(path: PathBuf) -> std::io::Result<Self> {
        let (to, from) = channel();
        let builder = thread::Builder::new().name("parloir-reader".into());
        let thread = builder.spawn(move || run(&path, &from))?;
        Ok(Self {
            to: Some(to),
            thread: Some(thread),
        })
    }

    /// Hands a question over.
    pub(super) fn ask(&self, asked: Asked) {
        if let Some(to) = &self.to {
            // A thread that is gone answers nothing, which is an answer as well.
            let _ = to.send(asked);
        }
    }
}

/// Waits for the question at hand, so that the file is closed afterwards.
impl Drop for ReaderThread {
    fn drop(&mut self) {
        self.to = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(path: &Path, from: &Receiver<Asked>) {
    let mut connection = None;
    let (mut pages, mut searches) = (VecDeque::new(), VecDeque::new());
    loop {
        // Pages come first: each takes some milliseconds, and would wait behind all searches otherwise.
        while let Ok(asked) = from.try_recv() {
            match asked.question() {
                Question::Page { .. } => pages.push_back(asked),
                Question::Search { .. } => searches.push_back(asked),
            }
        }
        let next: Option<Asked> = pages.pop_front().or_else(|| searches.pop_front());
        let Some(asked) = next.or_else(|| from.recv().ok()) else {
            return;
        };
        if asked.is_wanted() {
            let answer = answer(path, &mut connection, asked.question());
            asked.answer(answer);
        }
    }
}

/// Answers a question. The connection is made with the first one: most servers are asked none for a long time.
fn answer(path: &Path, open: &mut Option<Connection>, question: &Question) -> QuestionResult {
    let connection = match open {
        Some(connection) => connection,
        None => open.insert(connect(path).map_err(|error| unavailable(path, &error))?),
    };
    let is_search = matches!(question, Question::Search { .. });
    match search::is_ready(connection) {
        // Part of what there is would look like all of it.
        Ok(false) if is_search => return Err(QuestionError::NotReady),
        _ => {}
    }
    let until = Instant::now() + READ_WITHIN;
    let limited = connection.progress_handler(STEPS, Some(move || Instant::now() > until));
    let found = limited.and_then(|()| match question {
        Question::Page {
            room,
            selection,
            limit,
        } => page::find(connection, room, *selection, *limit).map(Some),
        Question::Search {
            rooms,
            terms,
            limit,
        } => search::find(connection, rooms, terms, *limit),
    });
    match found {
        Ok(found) => found.ok_or(QuestionError::NoTerms),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
            Err(QuestionError::TooBroad)
        }
        Err(error) => {
            // The file may have been replaced: the next question begins anew.
            *open = None;
            Err(unavailable(path, &error))
        }
    }
}

fn unavailable(path: &Path, error: &rusqlite::Error) -> QuestionError {
    log::warn!("cannot read {}: {error}", path.display());
    QuestionError::Unavailable
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_prepared_statement_cache_capacity(16);
    connection.busy_timeout(READ_WITHIN)?;
    Ok(connection)
}
