//! The interface to a place that keeps the chat when the process ends, and one such place: an SQLite file.
//!
//! The relay knows [`Store`] alone, and hands it the [changes](Change) that come out of the hub. It never waits:
//! a store that has to wait for a disk does so in a thread of its own. Without a store the chat is kept in memory,
//! and is gone with the process; that is the library's default.

#[cfg(feature = "store")]
mod sqlite;

use std::fmt;
use std::path::PathBuf;

use crate::relay::hub::{Change, Entry, MessageId, RoomRecord};

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
/// use parloir::store::{Saved, Store, StoreError};
/// use parloir::{Relay, RelayConfig};
///
/// /// Keeps nothing, and counts what there was to keep.
/// struct Counter(Arc<Mutex<usize>>);
///
/// impl Store for Counter {
///     fn load(&mut self, _: usize) -> Result<Saved, StoreError> {
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
    /// Reads everything that the chat goes on from. `lines_max`: the number of last messages of each room that are
    /// wanted. Called once, before everything else; this call may wait.
    ///
    /// # Errors
    ///
    /// When it cannot be read. Nothing that was kept is changed then.
    fn load(&mut self, lines_max: usize) -> Result<Saved, StoreError>;

    /// Takes changes, in their order, and leaves `changes` empty. Called by the loop, so it must not wait.
    fn keep(&mut self, changes: &mut Vec<Change>);

    /// Returns whether changes of rooms had to be left out, and all rooms are to be told anew
    /// ([`Change::AllRooms`]). Asked before each [`keep`](Self::keep).
    fn has_lost_track(&mut self) -> bool {
        false
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
