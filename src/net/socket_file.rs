//! The file of a Unix socket: gets its mode before clients can connect; is removed by its maker only.

use std::fs::{self, Metadata, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr, Socket, Type};

/// A socket file that this program made. The file is removed when this is dropped, unless another
/// program has put its own file in its place by then, which device and inode show. It must be dropped
/// before its listener, which keeps the inode from being given to another file.
#[derive(Debug)]
pub(crate) struct SocketFile {
    path: PathBuf,
    /// Device and inode of the file; None if it was gone at once, and then nothing is removed.
    made: Option<(u64, u64)>,
}

impl SocketFile {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn made_at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            made: fs::symlink_metadata(path).ok().map(|data| identity(&data)),
        }
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let now = fs::symlink_metadata(&self.path).ok();
        if self.made.is_some() && now.map(|data| identity(&data)) == self.made {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(data: &Metadata) -> (u64, u64) {
    (data.dev(), data.ino())
}

/// Listens on a path. `mode` is the mode of the file; None leaves it to the umask.
///
/// The mode is set between `bind` and `listen`, when the file is there but no client can connect. The
/// umask, which would spare that step, belongs to the whole process with all its threads.
pub(crate) fn listen(
    path: &Path,
    mode: Option<u32>,
    backlog: i32,
) -> io::Result<(SocketFile, UnixListener)> {
    let address = SockAddr::unix(path).map_err(|error| match error.kind() {
        // The system's message is understandable only with knowledge of its headers.
        ErrorKind::InvalidInput => io::Error::new(
            ErrorKind::InvalidInput,
            "the path is too long for a socket, or has a NUL in it",
        ),
        _ => error,
    })?;
    remove_stale(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address)?;
    let file = SocketFile::made_at(path);
    if let Some(mode) = mode {
        fs::set_permissions(path, Permissions::from_mode(mode))?;
    }
    socket.listen(backlog)?;
    Ok((file, socket.into()))
}

/// Removes the socket file that a program that is gone left behind. Anything else is left for `bind` to
/// report.
fn remove_stale(path: &Path) -> io::Result<()> {
    let found = |data: io::Result<Metadata>| {
        let data = data.ok().filter(|data| data.file_type().is_socket())?;
        Some(identity(&data))
    };
    let before = found(fs::symlink_metadata(path));
    if before.is_none() || !is_deserted(path)? {
        return Ok(());
    }
    // Another program may have done the same, and may have its own socket there by now.
    if found(fs::symlink_metadata(path)) == before {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// Returns whether no program listens there. The check does not wait, because a live listener whose
/// backlog is full would otherwise hold up the start for as long as it likes.
fn is_deserted(path: &Path) -> io::Result<bool> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    let answer = socket.connect(&SockAddr::unix(path)?);
    Ok(matches!(answer, Err(error) if error.kind() == ErrorKind::ConnectionRefused))
}

#[cfg(test)]
mod tests;
