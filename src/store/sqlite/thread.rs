//! The thread that writes: changes that have come meanwhile are committed together, and a disk that fails is tried
//! again, while nobody waits.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::prune::{Retention, prune};
use super::read::RoomKeys;
use super::write::{write, write_gap};
use crate::relay::hub::Change;

/// Changes that may wait for the disk. Beyond that, messages are counted in place of being kept.
const QUEUE_MAX: usize = 65_536;
/// Changes of rooms that may wait besides: a room's facts must not be lost with the messages around them.
const ROOMS_MAX: usize = QUEUE_MAX / 4;
/// Changes in one transaction.
const BATCH_MAX: usize = 4_096;
/// Time until a disk that has failed is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// Time between two looks for messages that need not be kept any more.
const PRUNE_EVERY: Duration = Duration::from_secs(60);
/// The same while there are more of them than one step deletes, so that commits come between.
const PRUNE_AGAIN: Duration = Duration::from_millis(50);

/// The loop's end of the queue to the thread.
#[derive(Debug)]
pub(super) struct WriterThread {
    to: Option<Sender<Vec<Change>>>,
    /// Number of changes that wait.
    waiting: Arc<AtomicUsize>,
    /// Number of messages that were left out since the last one that was not.
    lost: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl WriterThread {
    pub(super) fn start(
        path: PathBuf,
        connection: Connection,
        keys: RoomKeys,
        keep: Retention,
    ) -> std::io::Result<Self> {
        let (to, from) = channel();
        let (waiting, lost) = (Arc::default(), Arc::default());
        let work = WriterState {
            path,
            connection,
            keys,
            from,
            waiting: Arc::clone(&waiting),
            lost: Arc::clone(&lost),
            queue: VecDeque::new(),
            is_failing: false,
            keep,
            prune_at: Instant::now(),
        };
        let builder = thread::Builder::new().name("parloir-store".into());
        let thread = builder.spawn(move || work.run())?;
        Ok(Self {
            to: Some(to),
            waiting,
            lost,
            thread: Some(thread),
        })
    }

    /// Hands changes over. It does not wait: what has no place is left out, and messages among it are counted.
    pub(super) fn send(&self, changes: &mut Vec<Change>) {
        let waiting = self.waiting.load(Ordering::Relaxed);
        if waiting + changes.len() > QUEUE_MAX {
            let before = changes.len();
            changes.retain(|change| !matches!(change, Change::Said { .. }));
            self.lost
                .fetch_add(before - changes.len(), Ordering::Relaxed);
            if waiting + changes.len() > QUEUE_MAX + ROOMS_MAX {
                log::error!(
                    "{} changes of rooms are not kept: the disk takes nothing",
                    changes.len()
                );
                changes.clear();
            }
        }
        if changes.is_empty() {
            return;
        }
        self.waiting.fetch_add(changes.len(), Ordering::Relaxed);
        if let Some(to) = &self.to {
            // A thread that is gone has said why.
            let _ = to.send(std::mem::take(changes));
        }
    }
}

/// Waits until everything that was handed over is on the disk, unless the disk fails.
impl Drop for WriterThread {
    fn drop(&mut self) {
        self.to = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The state of the thread.
struct WriterState {
    path: PathBuf,
    connection: Connection,
    keys: RoomKeys,
    from: Receiver<Vec<Change>>,
    waiting: Arc<AtomicUsize>,
    lost: Arc<AtomicUsize>,
    queue: VecDeque<Change>,
    /// The last attempt has failed, and that was said.
    is_failing: bool,
    keep: Retention,
    /// Time of the next look for messages that need not be kept.
    prune_at: Instant,
}

impl WriterState {
    fn run(mut self) {
        loop {
            let is_open = self.receive();
            let is_done = self.write();
            self.prune();
            if !is_open && (self.queue.is_empty() || !is_done) {
                break;
            }
        }
        if !self.queue.is_empty() {
            let (path, left) = (self.path.display(), self.queue.len());
            log::error!("{left} changes could not be written to {path} before the end");
        }
        self.note_lost();
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
                self.from
                    .recv_timeout(self.prune_at.saturating_duration_since(now))
            }
            (false, true) => self.from.recv_timeout(RETRY),
            (false, false) => Err(RecvTimeoutError::Timeout),
        };
        match first {
            Ok(changes) => self.queue.extend(changes),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return false,
        }
        while let Ok(changes) = self.from.try_recv() {
            self.queue.extend(changes);
        }
        true
    }

    /// Commits what waits, up to a batch. Returns whether the disk took it.
    fn write(&mut self) -> bool {
        let count = self.queue.len().min(BATCH_MAX);
        if count == 0 {
            return true;
        }
        let changes = self.queue.iter().take(count);
        match write(&mut self.connection, &mut self.keys, changes) {
            Ok(()) => {
                self.queue.drain(..count);
                self.waiting.fetch_sub(count, Ordering::Relaxed);
                if std::mem::take(&mut self.is_failing) {
                    log::warn!("{} is written to again", self.path.display());
                }
                self.note_lost();
                true
            }
            Err(error) => {
                // Rows of rooms that were made in the transaction are gone with it.
                self.keys.clear();
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

    /// Deletes what need not be kept any more, if it is time to look.
    fn prune(&mut self) {
        let now = Instant::now();
        if now < self.prune_at {
            return;
        }
        let pause = match prune(&self.connection, self.keep) {
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

    fn note_lost(&mut self) {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost == 0 {
            return;
        }
        log::warn!(
            "{lost} messages were not kept in {}: the disk was too slow",
            self.path.display()
        );
        if let Err(error) = write_gap(&self.connection, lost as u64) {
            log::error!("cannot write to {}: {error}", self.path.display());
        }
    }
}
