//! The lock on a file: one process at a time has it, and writes down which.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;

use super::unusable;
use crate::store::StoreError;

/// Held for as long as it lives. The system takes it back when the process ends, in whatever way.
///
/// SQLite's own locks would do as well, but only with `locking_mode=EXCLUSIVE`, which keeps `sqlite3` and a backup
/// from reading beside the server.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a file. The file of the lock stays: if it were removed, another process could lock the old
    /// one, and a third the new one.
    pub(super) fn take(path: &Path) -> Result<Self, StoreError> {
        let beside = beside(path, ".lock");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            // Not through a link, or the file at its other end would be written over.
            options
                .mode(0o600)
                .custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
        }
        let made = options.clone().create_new(true).open(&beside);
        if let Ok(file) = &made {
            super::give_to_owner_of(path, file);
        }
        let mut file = made
            .or_else(|_| options.open(&beside))
            .map_err(|error| unusable(&beside, &error))?;
        if let Err(error) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
            if error != Errno::WOULDBLOCK {
                return Err(unusable(&beside, &error.into()));
            }
            let mut by = String::new();
            let _ = file.read_to_string(&mut by);
            return Err(StoreError::InUse {
                path: path.to_owned(),
                by: by.trim().to_owned(),
            });
        }
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        write(&mut file).map_err(|error| unusable(&beside, &error))?;
        Ok(Self { _file: file })
    }

    /// Keeps everybody from taking the lock, without writing anything. None if that cannot be had: the file of the
    /// lock is not there or not ours to read, or somebody has the lock.
    pub(super) fn share(path: &Path) -> Option<Self> {
        let file = File::open(beside(path, ".lock")).ok()?;
        flock(&file, FlockOperation::NonBlockingLockShared).ok()?;
        Some(Self { _file: file })
    }
}

/// A file beside another one, with more behind its name.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
