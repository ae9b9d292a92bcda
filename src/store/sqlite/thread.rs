//! The thread that writes: changes that have come meanwhile are committed together, and a disk that fails is tried
//! again, while nobody waits. Questions come the same way, and go on to the thread that reads once all changes before
//! them are committed.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::presence::Presence;
use super::prune::Pruner;
use super::queue::{Shared, Work, bytes, is_taken_back};
use super::read::RoomKeys;
use super::reader::ReaderThread;
use super::retention::Retention;
use super::search;
use super::unsaid::Forgetting;
use super::write::write;
use crate::relay::hub::Change;
use crate::store::Asked;

/// Changes in one transaction.
const BATCH_MAX: usize = 4_096;
/// Time until a disk that has failed is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// Time between two looks for messages that need not be kept any more.
const PRUNE_EVERY: Duration = Duration::from_secs(60);
/// The same while there are more of them than one step deletes, so that commits come between.
const PRUNE_AGAIN: Duration = Duration::from_millis(50);
/// Time between two steps of the index of words, so that commits come between.
const INDEX_AGAIN: Duration = Duration::from_millis(5);

/// The thread's work besides writing.
#[derive(Debug)]
pub(super) struct WriterSettings {
    pub(super) keep: Retention,
    pub(super) has_search: bool,
}

/// The state of the thread.
pub(super) struct WriterState {
    shared: Shared,
    presence: Presence,
    path: PathBuf,
    connection: Connection,
    keys: RoomKeys,
    from: Receiver<Work>,
    queue: VecDeque<Change>,
    /// Questions, each with the number of changes that come before it.
    questions: VecDeque<(u64, Asked)>,
    /// Number of changes that have come into the queue so far, and of those that have left it.
    taken: u64,
    done: u64,
    /// Something was taken back, and may still be in the log beside the file.
    has_to_truncate: bool,
    /// The thread that answers questions, once there was one.
    reader: Option<ReaderThread>,
    has_search: bool,
    /// Time of the next step of the index; None: it has all messages, or is not wanted.
    index_at: Option<Instant>,
    /// The last attempt has failed, and that was said.
    is_failing: bool,
    /// Time before which a disk that has failed is not tried again.
    retry_at: Instant,
    forgetting: Forgetting,
    pruner: Pruner,
    /// Time of the next look for messages that need not be kept.
    prune_at: Instant,
}

impl WriterState {
    pub(super) fn new(
        path: PathBuf,
        (connection, keys): (Connection, RoomKeys),
        settings: WriterSettings,
        (from, shared): (Receiver<Work>, Shared),
    ) -> Self {
        Self {
            shared,
            presence: Presence::new(&path),
            path,
            connection,
            keys,
            from,
            queue: VecDeque::new(),
            questions: VecDeque::new(),
            taken: 0,
            done: 0,
            has_to_truncate: false,
            reader: None,
            has_search: settings.has_search,
            index_at: None,
            is_failing: false,
            retry_at: Instant::now(),
            forgetting: Forgetting::default(),
            pruner: Pruner::new(settings.keep),
            prune_at: Instant::now(),
        }
    }

    pub(super) fn run(mut self) {
        self.set_index();
        loop {
            let is_open = self.receive();
            let is_done = self.write(!is_open);
            self.pass_questions();
            self.truncate_log();
            self.prune();
            self.index();
            if !is_open && (self.queue.is_empty() || !is_done) {
                break;
            }
        }
        if !self.queue.is_empty() {
            let (path, left) = (self.path.display(), self.queue.len());
            log::error!("{left} changes could not be written to {path} before the end");
        }
        self.note_lost();
        drop(self.reader.take());
        self.presence.end(&mut self.connection);
        // The log of changes becomes part of the file, so that one file is all there is to copy.
        let _ = self
            .connection
            .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    /// Waits for changes, or until it is time to try again. Returns whether more may come.
    fn receive(&mut self) -> bool {
        let first = match (self.queue.is_empty(), self.is_failing) {
            (true, _) => {
                let now = Instant::now();
                let truncate_at = self.has_to_truncate.then(|| now + RETRY);
                let times = [Some(self.prune_at), self.index_at, truncate_at];
                let next = times.into_iter().flatten().min().unwrap_or(now);
                self.from.recv_timeout(next.saturating_duration_since(now))
            }
            (false, true) => {
                let now = Instant::now();
                self.from
                    .recv_timeout(self.retry_at.saturating_duration_since(now))
            }
            (false, false) => Err(RecvTimeoutError::Timeout),
        };
        match first {
            Ok(work) => self.take(work),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return false,
        }
        while let Ok(work) = self.from.try_recv() {
            self.take(work);
        }
        true
    }

    fn take(&mut self, work: Work) {
        match work {
            Work::Changes(changes) => {
                self.taken += changes.len() as u64;
                self.queue.extend(changes);
            }
            Work::Question(asked) => self.questions.push_back((self.taken, asked)),
        }
    }

    /// Passes the questions on before which everything is committed. While that is not possible, they are answered at
    /// once: what was taken back meanwhile would still be found.
    fn pass_questions(&mut self) {
        while let Some((behind, asked)) = self.questions.pop_front() {
            if behind <= self.done {
                self.look_after();
                // A file that somebody put there is not read, as it is not written.
                if self.presence.is_there() {
                    self.look_up(asked);
                }
            } else if !self.is_failing {
                self.questions.push_front((behind, asked));
                return;
            }
        }
    }

    fn look_up(&mut self, asked: Asked) {
        let reader = match self.reader.take() {
            Some(reader) => Ok(reader),
            None => ReaderThread::start(self.path.clone()),
        };
        match reader {
            Ok(reader) => self.reader.insert(reader).ask(asked),
            Err(error) => log::error!("cannot read {}: {error}", self.path.display()),
        }
    }

    /// Looks whether the file is still at its path.
    fn look_after(&mut self) {
        if self.presence.look_after(&mut self.connection) {
            // It reads a file that is gone.
            self.reader = None;
        }
        self.note_failing();
    }

    /// Lets the loop know whether what it hands over is kept.
    fn note_failing(&self) {
        let is_failing = self.is_failing || !self.presence.is_there();
        self.shared.is_failing.store(is_failing, Ordering::Relaxed);
    }

    /// Begins the index of words, or removes it, as is asked for.
    fn set_index(&mut self) {
        let done = search::set_index(&mut self.connection, self.has_search);
        self.note_index(done.map(|()| self.has_search));
    }

    /// Goes on with the index of what was there before it, if it is time to.
    fn index(&mut self) {
        if self.index_at.is_some_and(|at| at <= Instant::now()) {
            let more = search::index_some(&mut self.connection);
            self.note_index(more);
        }
    }

    /// Notes whether there is more for the index, or that it has failed.
    fn note_index(&mut self, more: rusqlite::Result<bool>) {
        let now = Instant::now();
        self.index_at = match more {
            Ok(more) => more.then_some(now + INDEX_AGAIN),
            Err(error) => {
                let path = self.path.display();
                log::error!("the index of words in {path} is not as it should be: {error}");
                Some(now + PRUNE_EVERY)
            }
        };
    }

    /// Commits what waits, up to a batch. Returns whether the disk took it. One that has failed is tried once in a
    /// second, however much comes meanwhile.
    fn write(&mut self, is_last: bool) -> bool {
        let count = self.queue.len().min(BATCH_MAX);
        let now = Instant::now();
        if count == 0 || (self.is_failing && now < self.retry_at && !is_last) {
            return count == 0;
        }
        self.look_after();
        let changes = self.queue.iter().take(count);
        let written = write(&mut self.connection, &mut self.keys, changes);
        self.shared.attempts.end_one();
        match written {
            Ok(()) => {
                self.written(count);
                true
            }
            Err(error) => {
                // Rows of rooms that were made in the transaction are gone with it.
                self.keys.clear();
                self.retry_at = now + RETRY;
                if !std::mem::replace(&mut self.is_failing, true) {
                    let path = self.path.display();
                    log::error!(
                        "cannot write to {path}: {error}; the chat goes on, and it is tried again"
                    );
                }
                false
            }
        }
    }

    fn written(&mut self, count: usize) {
        let mut has_redacted = false;
        self.done += count as u64;
        for change in self.queue.drain(..count) {
            let is_forgotten = matches!(
                change,
                Change::Forgotten { .. } | Change::AllRooms(_) | Change::ForgottenName { .. }
            );
            if is_forgotten {
                self.prune_at = Instant::now();
            }
            has_redacted |= is_taken_back(&change);
            self.shared
                .waiting
                .fetch_sub(bytes(&change), Ordering::Relaxed);
        }
        self.has_to_truncate |= has_redacted;
        if std::mem::take(&mut self.is_failing) {
            log::warn!("{} is written to again", self.path.display());
        }
        self.note_lost();
    }

    /// Empties the log beside the file if something was taken back: its text would stay readable there until a clean
    /// stop. If somebody reads the file just now, nobody waits for that, and it is tried again.
    fn truncate_log(&mut self) {
        if !self.has_to_truncate {
            return;
        }
        let connection = &self.connection;
        let done = connection.busy_timeout(Duration::ZERO).and_then(|()| {
            let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
            connection.query_row(sql, [], |row| row.get::<_, i64>(0))
        });
        self.has_to_truncate = done != Ok(0);
        let _ = connection.busy_timeout(super::BUSY_WITHIN);
    }

    /// Deletes what need not be kept any more, if it is time to look.
    fn prune(&mut self) {
        let now = Instant::now();
        if now < self.prune_at || self.is_failing {
            return;
        }
        self.look_after();
        let forgotten = self.forgetting.step(&mut self.connection);
        self.has_to_truncate |= forgotten == Ok(true);
        let step = match forgotten {
            Ok(false) => self.pruner.step(&self.connection),
            other => other,
        };
        let pause = match step {
            Ok(true) => PRUNE_AGAIN,
            Ok(false) => PRUNE_EVERY,
            Err(error) => {
                log::warn!(
                    "cannot delete old messages in {}: {error}",
                    self.path.display()
                );
                PRUNE_EVERY
            }
        };
        self.prune_at = now + pause;
    }

    /// Writes down how many messages were left out, if any were.
    fn note_lost(&mut self) {
        let path = self.path.display();
        match self.shared.losses.write(&mut self.connection) {
            Ok(0) => {}
            Ok(lost) => {
                log::warn!("{lost} messages were not kept in {path}: the disk was too slow");
            }
            Err(error) => log::error!("cannot write to {path}: {error}"),
        }
    }
}
