//! How a file is opened to read: beside a server that writes it, or where nothing may be written.
//!
//! SQLite's log has a file of shared memory beside it, which readers write to as well. Where they cannot, there is only
//! one other way: to promise SQLite that the file never changes (`immutable=1`). A promise that is not kept gives wrong
//! answers, so it is given only where it is known to hold.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use rustix::fs::{StatVfsMountFlags, statvfs};

use super::lock::{Lock, beside};
use super::refuse;
use super::schema::{FileFault, fit};
use crate::store::StoreError;

/// Opens a file that is there, with the lock that has to be held meanwhile, if one has.
pub(super) fn connect(path: &Path) -> Result<(Connection, Option<Lock>), StoreError> {
    // Not read-only: the log of a server that was killed has to be taken in first, which writes to the file. SQLite
    // opens it read-only by itself if it may not be written to.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let unfit = match open(path, flags) {
        Ok(connection) => return Ok((connection, None)),
        Err(unfit) => unfit,
    };
    let may_not_write = matches!(
        &unfit,
        FileFault::Sqlite(error) if matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly)
        )
    );
    if !may_not_write || std::fs::File::open(path).is_err() {
        return Err(refuse(path, unfit));
    }
    connect_unchanging(path)
}

fn open(path: impl AsRef<Path>, flags: OpenFlags) -> Result<Connection, FileFault> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    fit(&connection)?;
    Ok(connection)
}

/// Opens a file that nobody can change: its file system is read-only, or this process holds the lock that a server
/// would need.
fn connect_unchanging(path: &Path) -> Result<(Connection, Option<Lock>), StoreError> {
    let refused = |why: &str| StoreError::Unusable {
        path: path.to_owned(),
        why: why.to_owned(),
    };
    let is_fixed = statvfs(path).is_ok_and(|it| it.f_flag.contains(StatVfsMountFlags::RDONLY));
    let lock = match is_fixed {
        true => None,
        false => Some(Lock::share(path).ok_or_else(|| {
            refused(
                "nothing can be written beside it, and a server may be changing it: \
                 read it as the user whose file it is, or read a copy",
            )
        })?),
    };
    // Asked for under the lock: nobody makes one now.
    if std::fs::metadata(beside(path, "-wal")).is_ok_and(|it| it.len() > 0) {
        return Err(refused(
            "its last changes are in the file -wal beside it, which can be read only where something can be written: \
             copy both to another folder",
        ));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open(uri(path), flags).map_err(|unfit| refuse(path, unfit))?;
    Ok((connection, lock))
}

/// The address of a file, every byte of whose path means itself.
fn uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for &byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => uri.push(byte.into()),
            _ if byte.is_ascii_alphanumeric() => uri.push(byte.into()),
            _ => uri.push_str(&format!("%{byte:02x}")),
        }
    }
    uri + "?immutable=1"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_means_itself_in_an_address() {
        for (path, expected) in [
            ("/a/chat.db", "file:/a/chat.db?immutable=1"),
            ("/a?b#c%d e", "file:/a%3fb%23c%25d%20e?immutable=1"),
            ("/é", "file:/%c3%a9?immutable=1"),
        ] {
            assert_eq!(uri(Path::new(path)), expected);
        }
    }
}
