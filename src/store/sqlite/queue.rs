//! The loop's end of the queue to the thread that writes: what fits is handed over, what does not is counted, and
//! nobody waits.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::Instant;

use rusqlite::Connection;

use super::loss::Losses;
use super::read::RoomKeys;
use super::retention::Retention;
use super::stall::{Attempts, StallWatch};
use super::thread::{WriterSettings, WriterState};
use crate::relay::hub::Change;
use crate::store::Asked;

/// Bytes of changes that may wait for the disk, about. Beyond that, messages are counted in place of being kept.
/// They are bytes and not changes: a room with its lists takes a hundred times as much as a line.
pub(super) const QUEUE_BYTES_MAX: usize = 64 << 20;
/// Messages taken back that may wait besides, so that none comes back with the next start.
const REDACTED_MAX: usize = 65_536;

/// The things that the loop hands over.
#[derive(Debug)]
pub(super) enum Work {
    Changes(Vec<Change>),
    Question(Asked),
}

/// State that both ends of the queue look at.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared {
    /// Bytes of the changes that wait.
    pub(super) waiting: Arc<AtomicUsize>,
    /// Messages that were left out and are not written down yet.
    pub(super) losses: Losses,
    pub(super) attempts: Attempts,
    /// The last attempt to write has failed, or the file is not there.
    pub(super) is_failing: Arc<AtomicBool>,
}

/// The thread, as the loop has it.
#[derive(Debug)]
pub(super) struct WriterThread {
    to: Option<Sender<Work>>,
    shared: Shared,
    /// Changes of rooms were left out. All rooms are asked for again once the queue is empty.
    has_lost_track: bool,
    /// Messages that were taken back meanwhile.
    redacted: Vec<Change>,
    stall: StallWatch,
    thread: Option<JoinHandle<()>>,
}

impl WriterThread {
    pub(super) fn start(
        path: PathBuf,
        connection: Connection,
        keys: RoomKeys,
        keep: Retention,
        has_search: bool,
    ) -> std::io::Result<Self> {
        let (to, from) = channel();
        let shared = Shared::default();
        let stall = StallWatch::new(shared.attempts.clone(), Instant::now());
        let settings = WriterSettings { keep, has_search };
        let state = WriterState::new(path, (connection, keys), settings, (from, shared.clone()));
        let builder = std::thread::Builder::new().name("parloir-store".into());
        let thread = builder.spawn(move || state.run())?;
        Ok(Self {
            to: Some(to),
            shared,
            has_lost_track: false,
            redacted: Vec::new(),
            stall,
            thread: Some(thread),
        })
    }

    /// Bytes of the changes that wait for the disk.
    pub(super) fn waiting(&self) -> usize {
        self.shared.waiting.load(Ordering::Relaxed)
    }

    /// Returns whether changes are not kept now: the disk fails, hangs or is too slow.
    pub(super) fn is_failing(&self) -> bool {
        self.has_lost_track
            || self.stall.is_stalled()
            || self.shared.is_failing.load(Ordering::Relaxed)
    }

    /// Returns whether it is time to be told of all rooms anew.
    pub(super) fn has_lost_track(&mut self) -> bool {
        self.waiting() == 0 && std::mem::take(&mut self.has_lost_track)
    }

    /// Hands changes over. It does not wait: what has no place is left out. Messages are counted then, and rooms are
    /// asked for again later; what was taken back is not forgotten.
    pub(super) fn send(&mut self, changes: &mut Vec<Change>) {
        self.stall.tell(self.waiting() > 0);
        if self.waiting() > QUEUE_BYTES_MAX {
            if !std::mem::replace(&mut self.has_lost_track, true) {
                log::error!("messages are not kept from now on: the disk does not take them");
            }
            self.shared.losses.note(changes);
            let room_left = REDACTED_MAX.saturating_sub(self.redacted.len());
            let redacted = changes.drain(..);
            let redacted = redacted.filter(is_taken_back);
            self.redacted.extend(redacted.take(room_left));
            return;
        }
        // They come before the new changes: none of those can be of a message that was taken back before.
        let mut all = std::mem::take(&mut self.redacted);
        all.append(changes);
        self.hand_over(all);
    }

    fn hand_over(&self, changes: Vec<Change>) {
        let bytes: usize = changes.iter().map(bytes).sum();
        self.shared.waiting.fetch_add(bytes, Ordering::Relaxed);
        if let Some(to) = &self.to {
            // A thread that is gone has said why.
            let _ = to.send(Work::Changes(changes));
        }
    }

    /// Hands a question over, behind all changes so far. It is dropped while some of them had no place: what was taken
    /// back meanwhile would still be found.
    pub(super) fn ask(&self, asked: Asked) {
        if let Some(to) = self.to.as_ref().filter(|_| self.redacted.is_empty()) {
            let _ = to.send(Work::Question(asked));
        }
    }
}

/// Waits until everything that was handed over is on the disk, unless the disk fails.
impl Drop for WriterThread {
    fn drop(&mut self) {
        // Messages that were taken back while the queue was full must not come back with the next start.
        let redacted = std::mem::take(&mut self.redacted);
        self.hand_over(redacted);
        self.to = None;
        if self.has_lost_track {
            log::error!("the last changes of rooms are not kept: the disk has not taken them");
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Returns whether something that was said is to be kept no longer.
pub(super) fn is_taken_back(change: &Change) -> bool {
    matches!(
        change,
        Change::Redacted { .. } | Change::ForgottenName { .. }
    )
}

/// Bytes of memory that a change takes, about.
pub(super) fn bytes(change: &Change) -> usize {
    let person = 200;
    match change {
        Change::Said { entry, .. } => 300 + entry.text.len(),
        Change::Room(it) => {
            let people = it.operators.len() + it.readers.len();
            500 + 400 * it.masks.len() + person * people + 500 * it.metadata.len()
        }
        Change::AllRooms(rooms) => 100 * rooms.len(),
        Change::Redacted { .. } | Change::Forgotten { .. } | Change::ForgottenName { .. } => 100,
    }
}
