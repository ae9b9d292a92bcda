//! Tests socket files: their modes, stale and live ones, and which program a file belongs to.

use std::os::unix::net::UnixStream;

use super::*;

const BACKLOG: i32 = 8;

/// A path for a socket, which must be a short one.
fn path(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("parloir-file-{}-{name}", std::process::id()))
}

fn mode_of(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o777
}

#[test]
fn the_mode_is_what_was_asked_for() {
    for mode in [0o600, 0o660, 0o666, 0o777] {
        let path = path(&format!("mode-{mode:o}"));
        let (file, _listener) = listen(&path, Some(mode), BACKLOG).unwrap();
        assert_eq!(mode_of(&path), mode);
        assert_eq!(file.path(), path);
        UnixStream::connect(&path).unwrap();
    }
}

#[test]
fn a_stale_socket_is_replaced_and_anything_else_left_alone() {
    let path = path("stale");
    let live = UnixListener::bind(&path).unwrap();
    let error = listen(&path, None, BACKLOG).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse, "it is live");
    drop(live);
    assert!(path.exists(), "it is stale");
    let ours = listen(&path, None, BACKLOG).unwrap();
    UnixStream::connect(&path).unwrap();
    drop(ours);
    assert!(!path.exists());

    fs::write(&path, "precious").unwrap();
    let error = listen(&path, None, BACKLOG).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    fs::remove_file(&path).unwrap();
}

/// A check that connected with a blocking call waited while the backlog was full.
#[test]
fn a_live_socket_that_accepts_nobody_held_up_the_start() {
    let path = path("busy");
    let _busy = listen(&path, None, 0).unwrap();
    let mut waiting = Vec::new();
    let full = loop {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        socket.set_nonblocking(true).unwrap();
        match socket.connect(&SockAddr::unix(&path).unwrap()) {
            Ok(()) => waiting.push(socket),
            Err(error) => break error.kind(),
        }
    };
    assert_eq!(full, io::ErrorKind::WouldBlock);
    let error = listen(&path, None, BACKLOG).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
}

#[test]
fn a_file_that_is_another_s_by_now_is_not_removed() {
    let path = path("taken");
    let ours = listen(&path, None, BACKLOG).unwrap();
    fs::remove_file(&path).unwrap();
    let theirs = UnixListener::bind(&path).unwrap();
    drop(ours);
    UnixStream::connect(&path).unwrap();
    drop(theirs);
    fs::remove_file(&path).unwrap();
}

#[test]
fn what_fails_leaves_no_file_behind() {
    let path = path(&"x".repeat(200));
    listen(&path, Some(0o600), BACKLOG).unwrap_err();
    assert!(!path.exists());
}
