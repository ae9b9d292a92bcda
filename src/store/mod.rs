//! The interface to a place that keeps the chat when the process ends, and one such place: an SQLite file.
//!
//! The relay knows [`Store`] alone, and hands it the [changes](Change) that come out of the hub. It never waits:
//! a store that has to wait for a disk does so in a thread of its own. Without a store the chat is kept in memory,
//! and is gone with the process; that is the library's default.

mod question;
#[cfg(feature = "store")]
mod sqlite;

use std::fmt;
use std::path::PathBuf;

use crate::relay::hub::{Change, Entry, MessageId, RoomRecord};

pub use question::{Asked, Found, Question, QuestionError, QuestionResult, SearchTerms};
#[cfg(feature = "store")]
pub use sqlite::{
    Import, Imported, Pruned, Refusal, Repaired, Retention, RoomSummary, Salvaged, SqliteStore,
    StoreEditor, StoreFile, Summary, repair,
};

/// A place that keeps the chat.
///
/// ```
/// use std::sync::{Arc, Mutex};
///
/// use parloir::relay::hub::Change;
/// use parloir::store::{LoadLimits, Saved, Store, StoreError};
/// use parloir::{Relay, RelayConfig};
///
/// /// Keeps nothing, and counts what there was to keep.
/// struct Counter(Arc<Mutex<usize>>);
///
/// impl Store for Counter {
///     fn load(&mut self, _: LoadLimits) -> Result<Saved, StoreError> {
///         Ok(Saved::default())
///     }
///     fn keep(&mut self, changes: &mut Vec<Change>) {
///         *self.0.lock().unwrap() += changes.drain(..).count();
///     }
/// }
///
/// let relay = Relay::new(RelayConfig::default())?;
/// let relay = relay.with_store(Counter(Arc::default()))?;
/// # drop(relay);
/// # Ok::<(), parloir::Error>(())
/// ```
pub trait Store {
    /// Reads everything that the chat goes on from, with as many messages as are wanted. Called once, before
    /// everything else; this call may wait.
    ///
    /// # Errors
    ///
    /// When it cannot be read. Nothing that was kept is changed then.
    fn load(&mut self, limits: LoadLimits) -> Result<Saved, StoreError>;

    /// Takes changes, in their order, and leaves `changes` empty. Called by the loop, so it must not wait.
    fn keep(&mut self, changes: &mut Vec<Change>);

    /// Returns whether changes of rooms had to be left out, and all rooms are to be told anew
    /// ([`Change::AllRooms`]). Asked before each [`keep`](Self::keep).
    fn has_lost_track(&mut self) -> bool {
        false
    }

    /// Returns whether changes are not kept now, because a disk fails or hangs. Health checks ask for it (`/readyz`).
    fn is_failing(&self) -> bool {
        false
    }

    /// Returns the kinds of questions that the store answers; by default none.
    fn abilities(&self) -> Abilities {
        Abilities::default()
    }

    /// Takes a question. It is called by the loop, so it must not wait; the answer may come at any time. It takes
    /// into account all changes that were [kept](Self::keep) before it: what was taken back is shown to nobody.
    fn ask(&mut self, asked: Asked) {
        drop(asked);
    }
}

/// The kinds of questions that a store answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// [`Question::Page`].
    pub has_history: bool,
    /// [`Question::Search`].
    pub has_search: bool,
}

/// The messages that are wanted at the start. More than these would be dropped by the chat at once, and have taken the
/// memory until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadLimits {
    /// Last messages of each room.
    pub lines_max: usize,
    /// Bytes of the messages of all rooms, as [`Entry::bytes`] counts them. With more than these, each room has its
    /// share: those that have less keep all.
    pub bytes_max: usize,
}

impl LoadLimits {
    /// Returns limits with these numbers.
    pub const fn new(lines_max: usize, bytes_max: usize) -> Self {
        Self {
            lines_max,
            bytes_max,
        }
    }
}

/// Everything that a chat goes on from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// The rooms, each with its last messages, oldest first.
    pub rooms: Vec<(RoomRecord, Vec<Entry>)>,
    /// The number of the next message. It must be larger than each that was ever given, also than those whose
    /// messages were lost in a crash: programs know messages by their numbers.
    pub next_id: MessageId,
    /// The seed from which [hosts](crate::relay::hub::Host) are made; None: the one of the settings. With another
    /// seed, bans that were kept would mean nobody.
    pub seed: Option<u64>,
}

/// The reason why what was kept cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process has the file.
    InUse {
        /// The file.
        path: PathBuf,
        /// The process, as it wrote itself down; empty if it did not.
        by: String,
    },
    /// The file was written by a newer parloir.
    TooNew {
        /// The file.
        path: PathBuf,
        /// The version of its tables.
        version: i64,
    },
    /// The file is another program's, or is empty. It is left as it is.
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is, in words.
        why: String,
    },
    /// The file is none of parloir's, or is broken. It is left as it is.
    Broken {
        /// The file.
        path: PathBuf,
        /// The fault, in words.
        why: String,
    },
    /// The file cannot be opened, read or written.
    Unusable {
        /// The file.
        path: PathBuf,
        /// The system's reason, in words.
        why: String,
    },
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse { path, by } if by.is_empty() => {
                write!(f, "{} is used by another process", path.display())
            }
            Self::InUse { path, by } => {
                write!(
                    f,
                    "{} is used by another parloir, process {by}",
                    path.display()
                )
            }
            Self::TooNew { path, version } => write!(
                f,
                "{} was written by a newer parloir (its tables have version {version})",
                path.display()
            ),
            Self::Foreign { path, why } => write!(
                f,
                "{} is no file of parloir's, and was left as it is: {why}",
                path.display()
            ),
            Self::Broken { path, why } => write!(
                f,
                "{} is no file of parloir's, or is broken, and was left as it is: {why}",
                path.display()
            ),
            Self::Unusable { path, why } => write!(f, "cannot use {}: {why}", path.display()),
        }
    }
}

impl std::error::Error for StoreError {}
