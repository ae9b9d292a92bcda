//! The chat in one SQLite file, which one process at a time may use.
//!
//! | module | its one job |
//! | --- | --- |
//! | `schema` | the tables, and the steps to them |
//! | `words` | words in the tables |
//! | `read` | what the chat begins with |
//! | `recent` | the last messages of each room, as many as there is memory for |
//! | `write` | changes into the tables |
//! | `gone`, `unsaid` | rooms, and what people said, that are forgotten |
//! | `file`, `reading` | a file that is looked at, by the server's side or without one; how it is opened |
//! | `editor` | a file that is changed while no server has it |
//! | `import`, `placing` | messages that were said elsewhere, and the numbers that they get |
//! | `repair`, `salvage`, `first_page` | a new file in place of a broken one, and the rows that can still be read |
//! | `lock` | one process at a time |
//! | `page`, `search` | what is found in the tables |
//! | `reader` | the thread that looks for it |
//! | `presence` | the file is still at its path |
//! | `retention` | how long messages are kept, and how much |
//! | `prune` | what need not be kept goes, in steps |
//! | `age`, `sizes` | the steps for what is too old, and for too large a file |
//! | `stall` | a disk that hangs is noticed |
//! | `queue` | the loop's end of what is to be written |
//! | `thread` | when it is written, and what happens if it cannot be |
//! | `loss` | messages that could not be kept |

mod age;
mod editor;
mod file;
mod first_page;
mod gone;
mod import;
mod lock;
mod loss;
mod page;
mod placing;
mod presence;
mod prune;
mod queue;
mod read;
mod reader;
mod reading;
mod recent;
mod repair;
mod retention;
mod salvage;
mod schema;
mod search;
mod sizes;
mod stall;
mod thread;
mod unsaid;
mod words;
mod write;

#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use self::lock::Lock;
use self::queue::WriterThread;
use self::schema::FileFault;
use super::{Abilities, Asked, LoadLimits, Saved, Store, StoreError};
use crate::relay::hub::Change;

pub use self::editor::{Pruned, StoreEditor};
pub use self::file::{RoomSummary, StoreFile};
pub use self::import::{Import, Imported, Refusal};
pub use self::repair::{Repaired, repair};
pub use self::retention::Retention;
pub use self::salvage::Salvaged;

/// Bytes that the log beside the file keeps when what is in it has become part of the file: as many as there are at
/// which SQLite does that. A longer one is cut.
const LOG_BYTES_KEPT: i64 = 4 << 20;

/// The time that another program which reads the file may hold up the thread that writes.
const BUSY_WITHIN: std::time::Duration = std::time::Duration::from_secs(5);

/// A chat in a file. It is read at the start, and written by a thread of its own from then on.
///
/// After a crash of the process the file is whole. It lacks at most what was said in the last moments before: the
/// changes that were being committed, which on a usual disk are some tens of milliseconds' worth.
///
/// ```no_run
/// use parloir::store::SqliteStore;
/// use parloir::{Relay, RelayConfig};
///
/// let store = SqliteStore::open("chat.db")?;
/// let relay = Relay::new(RelayConfig::default())?.with_store(store)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    keep: Retention,
    has_search: bool,
    /// Until the thread has it.
    connection: Option<Connection>,
    /// Dropped before the lock, so that the last change is written under it.
    writer: Option<WriterThread>,
    _lock: Lock,
}

/// The content of a file, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rooms.
    pub rooms: u64,
    /// Messages.
    pub messages: u64,
    /// Messages that could not be kept, because the disk was full, broken or too slow.
    pub not_kept: u64,
}

impl SqliteStore {
    /// Opens a file, or makes it, with access for its owner alone.
    ///
    /// # Errors
    ///
    /// When another process has it, it is not of this program or of a newer one, or it cannot be used. The file is
    /// as it was then.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        make(path).map_err(|error| unusable(path, &error))?;
        let path = real(path)?;
        let lock = Lock::take(&path)?;
        let connection = connect(&path).map_err(|unfit| refuse(&path, unfit))?;
        Ok(Self {
            path,
            keep: Retention::default(),
            has_search: false,
            connection: Some(connection),
            writer: None,
            _lock: lock,
        })
    }

    /// Deletes messages that are older, or more, than this. Without it, all are kept.
    #[must_use]
    pub fn with_retention(mut self, keep: Retention) -> Self {
        self.keep = keep;
        self
    }

    /// Keeps an index of all words, for searches. It makes the file a quarter larger, or more, and a line takes its thread
    /// two to four times as long; a file that had none gets it at the start, in the background. Without it, an index
    /// that is there is removed.
    #[must_use]
    pub fn with_search(mut self, has_search: bool) -> Self {
        self.has_search = has_search;
        self
    }

    /// Returns what the file holds. It is asked before the store is given to a relay; after that, the summary is
    /// empty.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn summary(&self) -> Result<Summary, StoreError> {
        let summary = self.connection.as_ref().map(file::summary);
        let summary = summary.unwrap_or_else(|| Ok(Summary::default()));
        summary.map_err(|error| refuse(&self.path, error.into()))
    }
}

impl Store for SqliteStore {
    fn load(&mut self, limits: LoadLimits) -> Result<Saved, StoreError> {
        let Some(mut connection) = self.connection.take() else {
            return Ok(Saved::default());
        };
        let loaded = read::load(&mut connection, limits);
        let (saved, keys) = loaded.map_err(|error| refuse(&self.path, error.into()))?;
        let writer = WriterThread::start(
            self.path.clone(),
            connection,
            keys,
            self.keep.clone(),
            self.has_search,
        );
        self.writer = Some(writer.map_err(|error| unusable(&self.path, &error))?);
        Ok(saved)
    }

    fn has_lost_track(&mut self) -> bool {
        let writer = self.writer.as_mut();
        writer.is_some_and(WriterThread::has_lost_track)
    }

    fn is_failing(&self) -> bool {
        self.writer.as_ref().is_some_and(WriterThread::is_failing)
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            has_history: true,
            has_search: self.has_search,
        }
    }

    fn ask(&mut self, asked: Asked) {
        if let Some(writer) = &self.writer {
            writer.ask(asked);
        }
    }

    fn keep(&mut self, changes: &mut Vec<Change>) {
        match &mut self.writer {
            Some(writer) => writer.send(changes),
            None => changes.clear(),
        }
    }
}

/// Returns the whole path of a file that is there, through all links: the lock is beside the file itself, whatever
/// name it was called by, and no name means anything special to SQLite, as `:memory:` does.
fn real(path: &Path) -> Result<PathBuf, StoreError> {
    let real = path
        .canonicalize()
        .map_err(|error| unusable(path, &error))?;
    let why = match (real.is_file(), real.is_dir()) {
        (true, _) => return Ok(real),
        (_, true) => "it is a folder",
        _ => "it is no file",
    };
    Err(StoreError::Unusable {
        path: real,
        why: why.to_owned(),
    })
}

/// Makes the file if it is not there.
fn make(path: &Path) -> std::io::Result<()> {
    match make_new(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other.map(|_| ()),
    }
}

/// Makes the file, for its owner alone. SQLite gives the files beside it the same mode.
fn make_new(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Gives a file that was made just now to the owner of another one. That is allowed to root alone, who acts for the user
/// whose server it is: that one could not open it otherwise.
fn give_to_owner_of(path: &Path, file: &File) {
    #[cfg(unix)]
    if let Ok(owner) = path.metadata() {
        use std::os::unix::fs::{MetadataExt, fchown};
        let _ = fchown(file, Some(owner.uid()), Some(owner.gid()));
    }
}

fn connect(path: &Path) -> Result<Connection, FileFault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    // Another program that reads the file must not make the writer fail.
    connection.busy_timeout(BUSY_WITHIN)?;
    connection.set_prepared_statement_cache_capacity(32);
    if schema::version(&connection)? == 0 {
        // Space that is free again goes back to the system, in steps. It must be said before anything is written.
        connection.pragma_update(None, "auto_vacuum", "incremental")?;
    }
    // A commit is on the disk when it returns, and readers do not wait for the writer.
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "full")?;
    // The log shrinks again after a large transaction.
    let limit = ("journal_size_limit", LOG_BYTES_KEPT);
    connection.pragma_update_and_check(None, limit.0, limit.1, |_| Ok(()))?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Pages of deleted messages are overwritten: what was taken back is not to be found in the file.
    connection.pragma_update(None, "secure_delete", true)?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

fn unusable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Unusable {
        path: path.to_owned(),
        why: crate::describe(error),
    }
}

fn refuse(path: &Path, unfit: FileFault) -> StoreError {
    let path = path.to_owned();
    let why = match unfit {
        FileFault::TooNew(version) => return StoreError::TooNew { path, version },
        FileFault::NotOurs => {
            let why = String::from("it holds other tables");
            return StoreError::Foreign { path, why };
        }
        FileFault::Empty => {
            let why = String::from("it is empty");
            return StoreError::Foreign { path, why };
        }
        FileFault::Sqlite(error) => error,
    };
    let is_broken = matches!(
        why.sqlite_error_code(),
        None | Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)
    );
    let why = why.to_string();
    match is_broken {
        true => StoreError::Broken { path, why },
        false => StoreError::Unusable { path, why },
    }
}
