//! Standard input and output of the command, which another program may have left non-blocking: that is
//! a property of the terminal or pipe, which all who have it share. Then these wait, as if they blocked.
//!
//! Without this, a chat whose pipe was left non-blocking ended with status 0 and its input lost, or with
//! status 1 and no message. The property is not changed here: it belongs to the other programs as well.
//! Only threads that may wait use these; the loop never does.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsRawFd, RawFd};

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

/// Standard input. It is locked for one read at a time only, in the thread that reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stdin;

/// Standard output, with the line buffer of the standard library's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stdout;

impl Read for Stdin {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut stdin = io::stdin().lock();
        let fd = stdin.as_raw_fd();
        patiently(fd, Interest::READABLE, || stdin.read(buffer))
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut stdout = io::stdout().lock();
        let fd = stdout.as_raw_fd();
        patiently(fd, Interest::WRITABLE, || stdout.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        let fd = stdout.as_raw_fd();
        patiently(fd, Interest::WRITABLE, || stdout.flush())
    }
}

/// Tries until it is no longer a matter of time. The attempt comes before the wait, so a stream that
/// blocks, as nearly all do, costs no system call more.
fn patiently<T>(
    fd: RawFd,
    interest: Interest,
    mut attempt: impl FnMut() -> io::Result<T>,
) -> io::Result<T> {
    loop {
        match attempt() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => wait(fd, interest)?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// Waits until something may be read or written. Rare enough for an event queue of its own each time. An
/// interrupted wait is no error: the caller tries again, and waits again if it was too early.
fn wait(fd: RawFd, interest: Interest) -> io::Result<()> {
    let mut poll = Poll::new()?;
    poll.registry()
        .register(&mut SourceFd(&fd), Token(0), interest)?;
    match poll.poll(&mut Events::with_capacity(1), None) {
        Err(error) if error.kind() != ErrorKind::Interrupted => Err(error),
        _ => Ok(()),
    }
}
