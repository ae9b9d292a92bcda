//! A new file in place of a broken one, with what can still be read of it. The broken one is set aside, never written to.
//!
//! All reading is done in a copy: SQLite takes the log of a server that was killed into the file that it opens.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::{Connection, OpenFlags};

use super::file::faults;
use super::first_page;
use super::lock::{Lock, beside};
use super::salvage::{Salvaged, salvage};
use super::schema::{FileFault, fit};
use super::{give_to_owner_of, read, refuse, unusable};
use crate::store::{LoadLimits, StoreError};

/// The outcome for a broken file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// The first of its faults.
    pub fault: String,
    /// The rows that were saved, table by table.
    pub tables: Vec<Salvaged>,
    /// The new file.
    pub file: PathBuf,
    /// Where the broken file is now; None if it is where it was.
    pub aside: Option<PathBuf>,
}

/// The files that are one, by their endings.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];
/// A file that is made on the way, and left behind by a crash.
const SPARE: &str = "-new";

/// Looks for faults, and writes what can be read into a new file if there are any: into `to`, or in place of the broken
/// file, which is set aside. Returns None for a file that is whole, and does nothing then.
///
/// # Errors
///
/// When a process has the file, nothing of it can be read, or the new file cannot be written. The broken file is as it
/// was then.
pub fn repair(path: &Path, to: Option<&Path>) -> Result<Option<Repaired>, StoreError> {
    let path = super::real(path)?;
    let _lock = Lock::take(&path)?;
    let copy = Copy::make(&path, to.unwrap_or(&path))?;
    let Some((broken, fault)) = copy.open_if_broken(&path)? else {
        return Ok(None);
    };
    let new = match to {
        Some(to) => to.to_owned(),
        None => beside(&path, ".repaired"),
    };
    if to.is_none() {
        // One that is left from an attempt that did not come to its end.
        remove(&new)?;
    }
    let file = super::make_new(&new).map_err(|error| unusable(&new, &error))?;
    if to.is_none() {
        give_to_owner_of(&path, &file);
    }
    let done = write_new(&path, &broken, &new);
    let tables = done.inspect_err(|_| {
        // The file is ours: it was made just now.
        let _ = remove(&new);
    })?;
    if to.is_some() {
        let (file, aside) = (new, None);
        return Ok(Some(Repaired {
            fault,
            tables,
            file,
            aside,
        }));
    }
    let aside = set_aside(&path)?;
    let moved = fs::rename(&new, &path);
    moved.map_err(|error| StoreError::Unusable {
        path: path.clone(),
        why: format!(
            "the new file stays {}, and the broken one is {}: {}",
            new.display(),
            aside.display(),
            crate::describe(&error)
        ),
    })?;
    Ok(Some(Repaired {
        fault,
        tables,
        file: path,
        aside: Some(aside),
    }))
}

/// Fills a new file, and makes sure that a server could begin with it.
fn write_new(path: &Path, broken: &Connection, new: &Path) -> Result<Vec<Salvaged>, StoreError> {
    let mut connection = super::connect(&super::real(new)?).map_err(|unfit| refuse(new, unfit))?;
    let tables = salvage(broken, &mut connection);
    let tables = tables.map_err(|error| refuse(new, error.into()))?;
    if tables.iter().all(|table| table.rows == 0) {
        return Err(StoreError::Broken {
            path: path.to_owned(),
            why: String::from("nothing of it can be read"),
        });
    }
    let fit = || {
        let faults = faults(&connection)?;
        read::load(&mut connection, LoadLimits::new(1, usize::MAX))?;
        connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        Ok(faults.into_iter().next())
    };
    let fault = { fit }().map_err(|error: rusqlite::Error| refuse(new, error.into()))?;
    match fault {
        None => Ok(tables),
        Some(why) => Err(StoreError::Broken {
            path: path.to_owned(),
            why: format!("what can be read of it makes no whole file: {why}"),
        }),
    }
}

/// Gives a file and those that belong to it another name, with the time in it. Returns that of the file.
fn set_aside(path: &Path) -> Result<PathBuf, StoreError> {
    let now = humantime::format_rfc3339_seconds(SystemTime::now());
    let ending = format!(".broken-{}", now.to_string().replace(':', "-"));
    let aside = beside(path, &ending);
    if aside.exists() {
        return Err(unusable(&aside, &ErrorKind::AlreadyExists.into()));
    }
    // The file itself goes last: what belongs to it is of no use to another file, and would harm it.
    for part in PARTS.iter().rev() {
        let from = beside(path, part);
        match fs::rename(&from, beside(&aside, part)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(unusable(&from, &error));
            }
            _ => {}
        }
    }
    Ok(aside)
}

fn remove(path: &Path) -> Result<(), StoreError> {
    for part in PARTS {
        let path = beside(path, part);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(unusable(&path, &error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A copy of a file and its log, to read in. It is gone at the end.
struct Copy(PathBuf);

impl Copy {
    /// Makes the copy beside a file that is to be written.
    fn make(path: &Path, to: &Path) -> Result<Self, StoreError> {
        let copy = Self(beside(to, ".repairing"));
        remove(&copy.0)?;
        remove(&beside(&copy.0, SPARE))?;
        for part in ["", "-wal"] {
            let (from, to) = (beside(path, part), beside(&copy.0, part));
            let copied = super::make_new(&to).and_then(|_| fs::copy(&from, &to));
            match copied {
                Err(error) if part == "-wal" && error.kind() == ErrorKind::NotFound => {
                    fs::remove_file(&to).map_err(|error| unusable(&to, &error))?;
                }
                other => {
                    other.map_err(|error| unusable(&to, &error))?;
                }
            }
        }
        Ok(copy)
    }

    /// Opens the copy and returns its first fault; None if there is no fault.
    fn open_if_broken(&self, path: &Path) -> Result<Option<(Connection, String)>, StoreError> {
        let connection = self.open(path)?;
        let fault = match fit(&connection) {
            Ok(()) => match faults(&connection) {
                Ok(faults) => faults.into_iter().next(),
                Err(error) => Some(error.to_string()),
            },
            // A fault of the first page, without which there are no tables.
            Err(FileFault::Sqlite(error)) => {
                drop(connection);
                first_page::lend(&self.0, &beside(&self.0, SPARE))?;
                return Ok(Some((self.open(path)?, error.to_string())));
            }
            Err(unfit) => return Err(refuse(path, unfit)),
        };
        Ok(fault.map(|fault| (connection, fault)))
    }

    fn open(&self, path: &Path) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.0, flags);
        let connection = connection.map_err(|error| refuse(path, error.into()))?;
        // Finds more that is broken, before it is taken for rows. If it cannot be set, less is found.
        let _ = connection.pragma_update(None, "cell_size_check", true);
        Ok(connection)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = remove(&self.0);
    }
}
