//! Whether the file that is written is still the one at its path, and what is done if it is not.
//!
//! A file that is removed while it is open can still be written, and is gone with the process. Nobody would notice
//! until the next start. So it is looked at before each commit, which costs some microseconds. If its place is free, it
//! is put back there with all that it holds, which can still be read. A file that somebody put there is never touched.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::lock::Lock;

/// Time until it is tried again to put the file back.
const AGAIN: Duration = Duration::from_secs(60);

/// A file, by whatever name: its device and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileId(u64, u64);

impl FileId {
    /// The file at a path; None if there is none, or it cannot be said.
    fn at(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|found| Self::of(&found))
    }

    #[cfg(unix)]
    fn of(found: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self(found.dev(), found.ino())
    }

    /// Other systems do not let a file go that is open.
    #[cfg(not(unix))]
    fn of(_: &fs::Metadata) -> Self {
        Self(0, 0)
    }
}

/// The files that belong to an open one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Files {
    file: Option<FileId>,
    /// The log of changes, without which the file lacks what is in it.
    log: Option<FileId>,
    /// The index of the log, which those who read the file share.
    index: Option<FileId>,
    lock: Option<FileId>,
    folder: Option<FileId>,
}

impl Files {
    fn at(path: &Path) -> Self {
        let beside = |suffix| FileId::at(&beside(path, suffix));
        Self {
            file: FileId::at(path),
            log: beside("-wal"),
            index: beside("-shm"),
            lock: beside(".lock"),
            folder: path.parent().and_then(FileId::at),
        }
    }
}

/// The path of a file beside it.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// The fault of a file at its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// There is no file at the path.
    Gone,
    /// There is another file at the path.
    Replaced,
    /// The file is there, and its log is not.
    LogGone,
}

/// Looks after an open file.
#[derive(Debug)]
pub(super) struct Presence {
    path: PathBuf,
    files: Files,
    /// The fault that was told.
    told: Option<Fault>,
    /// Time before which it is not tried again.
    again_at: Instant,
    /// The lock, if its file had to be made anew.
    _lock: Option<Lock>,
}

impl Presence {
    /// The file at the path is the open one.
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            files: Files::at(path),
            told: None,
            again_at: Instant::now(),
            _lock: None,
        }
    }

    fn fault(&self) -> Option<Fault> {
        match fs::metadata(&self.path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Some(Fault::Gone),
            // A disk that does not answer is noticed by writing to it.
            Err(_) => return None,
            Ok(found) if Some(FileId::of(&found)) != self.files.file => {
                return Some(Fault::Replaced);
            }
            Ok(_) => {}
        }
        let log = FileId::at(&beside(&self.path, "-wal"));
        let is_gone = self.files.log.is_some() && log != self.files.log;
        is_gone.then_some(Fault::LogGone)
    }

    /// Returns whether the file at the path was the open one at the last look.
    pub(super) fn is_there(&self) -> bool {
        self.told.is_none()
    }

    /// Looks whether the file is there, tells it once if not, and mends what can be mended. The connection is to the
    /// file at the path afterwards, if it is there. Returns whether it is another connection than before.
    pub(super) fn look_after(&mut self, connection: &mut Connection) -> bool {
        let path = self.path.display();
        let Some(fault) = self.fault() else {
            if self.told.take().is_some() {
                log::warn!("{path} is there again");
            }
            return false;
        };
        let is_told = self.told == Some(fault);
        if is_told && Instant::now() < self.again_at {
            return false;
        }
        self.told = Some(fault);
        self.again_at = Instant::now() + AGAIN;
        let mended = match fault {
            Fault::Gone => self.put_back(connection),
            Fault::Replaced => Err(String::from(
                "another file is there, which is left as it is: move that away, and the server puts its own back \
                 within a minute",
            )),
            Fault::LogGone => self.open_again(connection),
        };
        let path = self.path.display();
        match mended {
            Ok(()) => {
                self.told = None;
                self.files = Files::at(&self.path);
                log::error!(
                    "{path} or its log was removed or moved while the server uses it; it is there again, with all \
                     that it held (stop the server before you do that)"
                );
            }
            Err(why) if !is_told => log::error!(
                "{path} was removed, moved or replaced while the server uses it ({why}); the chat goes on, but what is \
                 said is lost with the end of the server"
            ),
            Err(_) => {}
        }
        self.told.is_none()
    }

    /// The last look.
    pub(super) fn end(&mut self, connection: &mut Connection) {
        self.again_at = Instant::now();
        self.look_after(connection);
        if self.told.is_some() {
            let path = self.path.display();
            log::error!("{path} is not there at the end: what was said since it went is not kept");
        }
    }

    /// Makes the file anew at its path, with all that it holds.
    fn put_back(&mut self, connection: &mut Connection) -> Result<(), String> {
        let now = Files::at(&self.path);
        if now.folder.is_none() || now.folder != self.files.folder {
            // On a disk that is not mounted just now, the file may be there as it was.
            return Err(String::from(
                "its folder is gone, or is another one: once that is there as it was, the server puts the file back",
            ));
        }
        if now.lock.is_none() || now.lock != self.files.lock {
            let lock = Lock::take(&self.path).map_err(|error| error.to_string())?;
            self.files.lock = FileId::at(&beside(&self.path, ".lock"));
            self._lock = Some(lock);
        }
        let new = beside(&self.path, ".new");
        super::make_new(&new).map_err(|error| refused("make", &new, &error))?;
        let placed = self.place(connection, &new);
        // It is ours: it was made just now.
        let _ = fs::remove_file(&new);
        placed?;
        *connection = connect(&self.path)?;
        Ok(())
    }

    /// Copies all to a new file, and gives it its name, unless there is a file of that name.
    fn place(&self, connection: &Connection, new: &Path) -> Result<(), String> {
        let name = new.to_str().ok_or("its name is not UTF-8")?;
        // The file has all of it then, wherever it was moved. If it cannot be had, the copy has it nevertheless.
        let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
        let copied = connection.execute("VACUUM INTO ?", [name]);
        copied.map_err(|error| format!("{} cannot be written: {error}", new.display()))?;
        // Remains of the old file would be read as the new one's.
        self.remove_old("-wal", self.files.log)?;
        self.remove_old("-shm", self.files.index)?;
        // Not a renaming, which would write over a file that has come there meanwhile.
        fs::hard_link(new, &self.path).map_err(|error| refused("make", &self.path, &error))
    }

    /// Removes a file beside the old one, if it is there and is that one's.
    fn remove_old(&self, suffix: &str, ours: Option<FileId>) -> Result<(), String> {
        let path = beside(&self.path, suffix);
        match FileId::at(&path) {
            None => Ok(()),
            found if found == ours => {
                fs::remove_file(&path).map_err(|error| refused("remove", &path, &error))
            }
            Some(_) => Err(format!("{} is somebody's", path.display())),
        }
    }

    /// Brings what is in the log that is gone into the file, and begins a new one.
    fn open_again(&self, connection: &mut Connection) -> Result<(), String> {
        let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
        let busy: i64 = connection
            .query_row(checkpoint, [], |row| row.get(0))
            .map_err(|error| error.to_string())?;
        if busy != 0 {
            return Err(String::from("somebody reads it just now"));
        }
        // The old one is closed first, or the new one would go on with files that are gone.
        let none = Connection::open_in_memory().map_err(|error| error.to_string())?;
        drop(std::mem::replace(connection, none));
        *connection = connect(&self.path)?;
        Ok(())
    }
}

fn connect(path: &Path) -> Result<Connection, String> {
    let opened = super::connect(path);
    opened.map_err(|fault| super::refuse(path, fault).to_string())
}

fn refused(what: &str, path: &Path, error: &std::io::Error) -> String {
    let why = crate::describe(error);
    format!("the server cannot {what} {}: {why}", path.display())
}
