//! A file that is looked at beside the server that writes it, or without one: counts, checks, messages, copies.
//!
//! Nothing here changes what is kept or waits for the lock: a reader of SQLite's log sees what was committed when it
//! began. (The log of a server that was killed is taken into the file on the way.)

use std::path::{Path, PathBuf};

use rusqlite::{Connection, Row};

use super::lock::Lock;
use super::read::{ENTRY, entry};
use super::unsaid::Unsaid;
use super::{Summary, reading, refuse};
use crate::relay::hub::Entry;
use crate::relay::hub::names::fold;
use crate::store::StoreError;

/// Messages that are read at once.
const PAGE: usize = 500;

/// A file of a [`SqliteStore`](super::SqliteStore), to read.
#[derive(Debug)]
pub struct StoreFile {
    path: PathBuf,
    connection: Connection,
    /// Where it is needed to keep others from writing.
    _lock: Option<Lock>,
}

/// A room of a file, with what was said in it, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomSummary {
    /// The name.
    pub name: String,
    /// Messages.
    pub messages: u64,
    /// Time of the first message, in microseconds since 1970, UTC; None if there is none.
    pub first_us: Option<u64>,
    /// Time of the last message.
    pub last_us: Option<u64>,
}

impl StoreFile {
    /// Opens a file that is there. One that may not be written to is read as well, if nobody can change it meanwhile.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is no such file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = super::real(path.as_ref())?;
        let (connection, lock) = reading::connect(&path)?;
        Ok(Self {
            path,
            connection,
            _lock: lock,
        })
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
        faults(&self.connection).map_err(|error| self.refuse(error))
    }

    /// Returns the rooms, in the order of their names.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn rooms(&self) -> Result<Vec<RoomSummary>, StoreError> {
        self.read_rooms().map_err(|error| self.refuse(error))
    }

    fn read_rooms(&self) -> rusqlite::Result<Vec<RoomSummary>> {
        let sql = "SELECT name, (SELECT count(*) FROM message WHERE room = room.id) AS messages,
            (SELECT at FROM message WHERE room = room.id ORDER BY message.id LIMIT 1) AS first,
            (SELECT at FROM message WHERE room = room.id ORDER BY message.id DESC LIMIT 1) AS last
            FROM room ORDER BY folded";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            Ok(RoomSummary {
                name: row.get("name")?,
                messages: row.get("messages")?,
                first_us: row.get("first")?,
                last_us: row.get("last")?,
            })
        })?;
        rows.collect()
    }

    /// Shows messages in the order of their numbers, which in a room is that in which they were said, each with the
    /// name of its room: those of one room, or of all. It ends early when `show` returns false.
    ///
    /// Some hundred are read at a time, and nothing is held while they are shown: a reader that pauses would keep a
    /// server's log of changes from being taken into the file, and it would grow without end.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn messages(
        &self,
        room: Option<&str>,
        mut show: impl FnMut(&str, &Entry) -> bool,
    ) -> Result<(), StoreError> {
        let folded = room.map(fold);
        let unsaid = Unsaid::load(&self.connection).map_err(|error| self.refuse(error))?;
        let mut after = 0;
        loop {
            let page = self.page(folded.as_deref(), after);
            let page = page.map_err(|error| self.refuse(error))?;
            for (room, entry) in &page {
                after = entry.id.0;
                if !unsaid.has(entry) && !show(room, entry) {
                    return Ok(());
                }
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    /// The next messages behind a number.
    fn page(&self, folded: Option<&str>, after: u64) -> rusqlite::Result<Vec<(String, Entry)>> {
        let named = |row: &Row<'_>| Ok((row.get::<_, String>("room_name")?, entry(row)?));
        let columns = format!("SELECT {ENTRY}, room.name AS room_name FROM");
        let rest =
            format!("room.folded >= '!' AND message.id > ?1 ORDER BY message.id LIMIT {PAGE}");
        // The first table is the one that is gone through, by CROSS JOIN; the other is looked up in.
        match folded {
            Some(folded) => {
                let sql = format!(
                    "{columns} room CROSS JOIN message ON message.room = room.id WHERE room.folded = ?2 AND {rest}"
                );
                let mut statement = self.connection.prepare_cached(&sql)?;
                statement.query_map((after, folded), named)?.collect()
            }
            None => {
                let sql = format!(
                    "{columns} message CROSS JOIN room ON room.id = message.room WHERE {rest}"
                );
                let mut statement = self.connection.prepare_cached(&sql)?;
                statement.query_map([after], named)?.collect()
            }
        }
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

/// Reads everything, and says what is wrong with it.
pub(super) fn faults(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut faults = Vec::new();
    let mut statement = connection.prepare("PRAGMA integrity_check")?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    for row in rows {
        faults.push(row?);
    }
    faults.retain(|fault| fault != "ok");
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    for table in rows {
        faults.push(format!(
            "a row of {} is about a room that is not there",
            table?
        ));
    }
    Ok(faults)
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
