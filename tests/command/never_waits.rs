//! The loop never waits: not for a log or a terminal that is not read, not for files, not for
//! calls.

use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;

use crate::wire::{Client, End, PATIENCE, Program};

/// A path for a socket, which must be a short one.
fn socket_path(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("parloir-{}-{name}", std::process::id()))
}

/// A pipe that is full and not read. It stays so for as long as its other end is kept.
fn full_pipe() -> (UnixStream, Stdio) {
    let (unread, full) = UnixStream::pair().expect("a pair");
    full.set_nonblocking(true).expect("an option");
    while (&full).write(&[b'x'; 4096]).is_ok() {}
    while (&full).write(b"x").is_ok() {}
    full.set_nonblocking(false).expect("an option");
    (unread, OwnedFd::from(full).into())
}

/// Causes are Ctrl-S in the terminal, or a parent program that never reads the output.
#[test]
fn a_log_that_nobody_read_froze_the_chat_and_the_stop() {
    for (n, flags) in [&["-vv"][..], &["-vv", "--console"]]
        .into_iter()
        .enumerate()
    {
        let path = socket_path(&format!("full-{n}"));
        let (unread, stderr) = full_pipe();
        let (unseen, stdout) = full_pipe();
        let mut command = Program::command();
        command.args(["--listen", &format!("unix:{}", path.display())]);
        let mut child = command
            .args(flags)
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .expect("the program starts");
        // The opening cannot be read, so the socket shows that the program is ready.
        while UnixStream::connect(&path).is_err() {
            thread::yield_now();
        }
        let mut alice = Client::connect_unix(&path).named("alice");
        let mut bob = Client::connect_unix(&path).named("bob");
        alice.expect("* bob joined");
        bob.send("hello\n");
        alice.expect("<bob> hello");
        let term = format!("kill -TERM {}", child.id());
        let sent = Command::new("sh").args(["-c", &term]).status();
        assert!(sent.expect("a shell").success());
        alice.expect("* the server is stopping");
        assert_eq!(alice.rest(), (String::new(), End::Fin));
        assert_eq!(bob.rest().1, End::Fin);
        let (sender, ended) = channel();
        let id = child.id();
        thread::spawn(move || sender.send(child.wait()));
        let status = ended.recv_timeout(PATIENCE);
        if status.is_err() {
            let kill = format!("kill -KILL {id}");
            let _ = Command::new("sh").args(["-c", &kill]).status();
        }
        let status = status.expect("it ends").expect("it was started");
        assert_eq!(status.code(), Some(0), "{flags:?}");
        drop((unread, unseen));
    }
}
