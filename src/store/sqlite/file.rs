//! A file that is looked at beside the server that writes it, or without one: counts, checks, messages, copies.
//!
//! Nothing here changes what is kept or waits for the lock: a reader of SQLite's log sees what was committed when it
//! began. (The log of a server that was killed is taken into the file on the way.)

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, Row};

use super::read::entry;
use super::schema::{FileFault, fit};
use super::{Summary, refuse};
use crate::relay::hub::Entry;
use crate::relay::hub::names::fold;
use crate::store::StoreError;

/// A file of a [`SqliteStore`](super::SqliteStore), to read.
#[derive(Debug)]
pub struct StoreFile {
    path: PathBuf,
    connection: Connection,
}

impl StoreFile {
    /// Opens a file that is there.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is no such file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = super::real(path.as_ref())?;
        match connect(&path) {
            Ok(connection) => Ok(Self { path, connection }),
            Err(unfit) => Err(refuse(&path, unfit)),
        }
    }

    /// Returns what the file holds.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn summary(&self) -> Result<Summary, StoreError> {
        summary(&self.connection).map_err(|error| self.refuse(error))
    }

    /// Reads the whole file and returns its faults, in words; none if it is whole.
    ///
    /// # Errors
    ///
    /// When it cannot be read at all.
    pub fn check(&self) -> Result<Vec<String>, StoreError> {
        self.faults().map_err(|error| self.refuse(error))
    }

    fn faults(&self) -> rusqlite::Result<Vec<String>> {
        let mut faults = Vec::new();
        let mut statement = self.connection.prepare("PRAGMA integrity_check")?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        for row in rows {
            faults.push(row?);
        }
        faults.retain(|fault| fault != "ok");
        let mut statement = self.connection.prepare("PRAGMA foreign_key_check")?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        for table in rows {
            faults.push(format!(
                "a row of {} is about a room that is not there",
                table?
            ));
        }
        Ok(faults)
    }

    /// Shows messages in the order in which they were said, each with the name of its room: those of one room, or of
    /// all. It ends early when `show` returns false.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn messages(
        &self,
        room: Option<&str>,
        show: impl FnMut(&str, &Entry) -> bool,
    ) -> Result<(), StoreError> {
        let shown = self.show(room.map(fold), show);
        shown.map_err(|error| self.refuse(error))
    }

    fn show(
        &self,
        folded: Option<String>,
        mut show: impl FnMut(&str, &Entry) -> bool,
    ) -> rusqlite::Result<()> {
        let sql = "SELECT message.*, room.name AS room_name FROM message JOIN room ON room.id = message.room
            WHERE room.folded >= '!' AND (?1 IS NULL OR room.folded = ?1) ORDER BY message.id";
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([folded])?;
        let name = |row: &Row<'_>| row.get::<_, String>("room_name");
        while let Some(row) = rows.next()? {
            if !show(&name(row)?, &entry(row)?) {
                break;
            }
        }
        Ok(())
    }

    /// Writes a copy to a file that is not there yet, also while a server goes on writing: the copy is the state at one
    /// moment.
    ///
    /// # Errors
    ///
    /// When the copy cannot be written, or is there already.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        super::make_new(to).map_err(|error| super::unusable(to, &error))?;
        let done = self.copy_to(to);
        if done.is_err() {
            // The file is ours: it was made just now.
            let _ = std::fs::remove_file(to);
        }
        done
    }

    fn copy_to(&self, to: &Path) -> Result<(), StoreError> {
        let real = super::real(to)?;
        let name = real.to_str().ok_or_else(|| StoreError::Unusable {
            path: to.to_owned(),
            why: String::from("its name is not UTF-8"),
        })?;
        // An empty file is what VACUUM INTO may write to.
        let done = self.connection.execute("VACUUM INTO ?", [name]);
        done.map(|_| ()).map_err(|error| refuse(to, error.into()))
    }

    fn refuse(&self, error: rusqlite::Error) -> StoreError {
        refuse(&self.path, error.into())
    }
}

fn connect(path: &Path) -> Result<Connection, FileFault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // Not read-only: the log of a server that was killed has to be taken in first, which writes to the file.
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    fit(&connection)?;
    Ok(connection)
}

/// Counts rooms and messages, without those of rooms that are [forgotten](super::gone).
pub(super) fn summary(connection: &Connection) -> rusqlite::Result<Summary> {
    let count = |what: &str| connection.query_row(what, [], |row| row.get(0));
    Ok(Summary {
        rooms: count("SELECT count(*) FROM room WHERE folded >= '!'")?,
        messages: count(
            "SELECT count(*) FROM message
            WHERE room NOT IN (SELECT id FROM room WHERE folded < '!')",
        )?,
        not_kept: count("SELECT coalesce(sum(messages), 0) FROM gap")?,
    })
}
