//! A file that is changed by somebody else than a server, while no server has it.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension, params};

use super::import::Import;
use super::lock::Lock;
use super::prune::Pruner;
use super::refuse;
use super::retention::Retention;
use super::schema::FileFault;
use super::sizes::bytes_in_use;
use crate::relay::hub::names::fold;
use crate::store::StoreError;

/// A file of a [`SqliteStore`](super::SqliteStore) that no server has, to change it.
#[derive(Debug)]
pub struct StoreEditor {
    path: PathBuf,
    connection: Connection,
    /// Given back last, when the connection is closed.
    _lock: Lock,
}

/// Counts of what has gone, and of what is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Messages that were deleted.
    pub messages: u64,
    /// Bytes of the file before.
    pub bytes_before: u64,
    /// Bytes of the file now.
    pub bytes: u64,
}

/// Messages deleted in one step, where the size of the file says how many have to go. Up to as many go too many.
const STEP: usize = 100;

impl StoreEditor {
    /// Opens a file that is there.
    ///
    /// # Errors
    ///
    /// When another process has it, it is not of this program or of a newer one, or it cannot be used.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = super::real(path.as_ref())?;
        match std::fs::metadata(&path) {
            Ok(it) if it.len() == 0 => Err(refuse(&path, FileFault::Empty)),
            _ => Self::open_any(path),
        }
    }

    fn open_any(path: PathBuf) -> Result<Self, StoreError> {
        let lock = Lock::take(&path)?;
        let connection = super::connect(&path).map_err(|unfit| refuse(&path, unfit))?;
        Ok(Self {
            path,
            connection,
            _lock: lock,
        })
    }

    /// The same, and makes the file if it is not there or empty.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open), or when it cannot be made.
    pub fn open_or_make(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        super::make(path).map_err(|error| super::unusable(path, &error))?;
        Self::open_any(super::real(path)?)
    }

    /// Begins to take in messages. Nothing is in the file before [`Import::finish`].
    ///
    /// # Errors
    ///
    /// When the file cannot be written to.
    pub fn import(&mut self) -> Result<Import<'_>, StoreError> {
        Import::begin(&mut self.connection, &self.path)
    }

    /// Deletes messages that need not be kept, of one room or of all, and gives their space back.
    ///
    /// # Errors
    ///
    /// When the file cannot be written to. What was deleted before stays deleted then.
    pub fn prune(&mut self, room: Option<&str>, keep: &Retention) -> Result<Pruned, StoreError> {
        let bytes_before = self.bytes()?;
        let deleted = match room {
            Some(room) => self.delete_of(room, keep),
            None => self.delete(keep),
        };
        let messages = deleted.and_then(|messages| {
            give_back(&self.connection)?;
            Ok(messages)
        });
        let messages = messages.map_err(|error| refuse(&self.path, error.into()))?;
        Ok(Pruned {
            messages: messages as u64,
            bytes_before,
            bytes: self.bytes()?,
        })
    }

    fn bytes(&self) -> Result<u64, StoreError> {
        let length = std::fs::metadata(&self.path).map(|it| it.len());
        length.map_err(|error| super::unusable(&self.path, &error))
    }

    /// Deletes as a server does.
    fn delete(&self, keep: &Retention) -> rusqlite::Result<usize> {
        let count = || -> rusqlite::Result<usize> {
            let sql = "SELECT count(*) FROM message";
            self.connection.query_row(sql, [], |row| row.get(0))
        };
        let before = count()?;
        let mut pruner = Pruner::new(keep.clone());
        while pruner.step(&self.connection)? {}
        Ok(before - count()?)
    }

    /// Deletes messages of one room.
    fn delete_of(&self, room: &str, keep: &Retention) -> rusqlite::Result<usize> {
        let sql = "SELECT id FROM room WHERE folded = ?";
        let room: Option<i64> = self
            .connection
            .query_row(sql, [fold(room)], |row| row.get(0))
            .optional()?;
        let Some(room) = room else {
            return Ok(0);
        };
        let mut deleted = 0;
        if let Some(age) = keep.age_max {
            let now = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            let before = i64::try_from(now.saturating_sub(age).as_micros()).unwrap_or(i64::MAX);
            let sql = "DELETE FROM message WHERE at < ? AND room = ?";
            deleted += self.connection.execute(sql, params![before, room])?;
        }
        let Some(bytes) = keep.bytes_max else {
            return Ok(deleted);
        };
        let sql = "DELETE FROM message WHERE id IN
            (SELECT id FROM message WHERE room = ? ORDER BY id LIMIT ?)";
        let mut statement = self.connection.prepare(sql)?;
        while bytes_in_use(&self.connection)? > bytes {
            match statement.execute(params![room, STEP as i64])? {
                0 => break,
                count => deleted += count,
            }
        }
        Ok(deleted)
    }
}

/// Gives pages that hold nothing back to the system, and ends with one file that holds everything.
fn give_back(connection: &Connection) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("PRAGMA incremental_vacuum")?;
    // A page is given back at each step of the statement.
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    drop(rows);
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
}
