//! `--console`: the host's terminal as one more connection of the relay.
//!
//! Two threads copy between the terminal and one end of a socket pair; the other end is adopted by
//! the server. So a terminal that is stopped with Ctrl-S is a slow reader like any other and never
//! holds up the loop, and the chat needs no code for it.
//!
//! ```text
//!  stdin ─▶ copy_lines ─▶ ┌──────┐ ─▶ the server, as a connection with the role `host`
//!  stdout ◀─ show ◀────── │ pair │ ◀─
//! ```

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::stdio::Stdin;

/// Time that the end waits for a terminal that shows nothing, such as one stopped with Ctrl-S. Without a
/// limit the process stays for ever, and only SIGKILL ends it: its signals are for a loop that is gone.
const SHOWN_WITHIN: Duration = Duration::from_secs(2);

/// The handle to the threads on the terminal's side of the pair.
pub(super) struct Console {
    /// Disconnected once everything is shown.
    shown: Receiver<()>,
}

impl Console {
    /// Shows the opening, then begins to copy; returns the server's end.
    pub(super) fn open(opening: String) -> io::Result<(Self, UnixStream)> {
        let (ours, servers) = UnixStream::pair()?;
        let typed = ours.try_clone()?;
        thread::Builder::new()
            .name("console input".into())
            .spawn(move || copy_lines(&typed))?;
        let (until_shown, shown) = channel();
        thread::Builder::new()
            .name("console output".into())
            .spawn(move || {
                show(&opening, ours);
                drop(until_shown);
            })?;
        Ok((Self { shown }, servers))
    }

    /// Waits until everything that the server sent is shown, for [`SHOWN_WITHIN`] at most. The server
    /// has closed its end.
    pub(super) fn finish(self) {
        let _ = self.shown.recv_timeout(SHOWN_WITHIN);
    }
}

/// Copies lines until the input ends. The host stays connected then, and still reads.
fn copy_lines(mut to: &UnixStream) {
    let mut from = BufReader::new(Stdin);
    let mut line = Vec::new();
    while matches!(from.read_until(b'\n', &mut line), Ok(n) if n > 0) {
        if line.last() != Some(&b'\n') {
            line.push(b'\n');
        }
        if to.write_all(&line).is_err() {
            break;
        }
        line.clear();
    }
}

fn show(opening: &str, mut from: UnixStream) {
    // A stdout that is closed is no reason not to serve.
    let _ = show_now(opening.as_bytes());
    let mut buffer = [0; 4096];
    while let Ok(count) = from.read(&mut buffer) {
        if count == 0 || show_now(&buffer[..count]).is_err() {
            break;
        }
    }
}

fn show_now(bytes: &[u8]) -> io::Result<()> {
    let mut terminal = io::stdout().lock();
    terminal.write_all(bytes)?;
    terminal.flush()
}
