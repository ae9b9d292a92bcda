//! A terminal, or a pipe, that may be slow, and is written to by a thread of its own: when too much
//! waits, lines are lost and counted, but a writer is never held up.
//!
//! ```text
//!  push ─▶ pending, up to 1 MiB ─▶ the thread ─▶ terminal
//!     └─ no room: missed + 1, until all that is pending is taken; then a notice says how many
//! ```

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Number of bytes that may wait to be shown.
const PENDING_BYTES_MAX: usize = 1 << 20;

/// Time that the end waits for a terminal that shows nothing, such as one stopped with Ctrl-S.
const SHOWN_WITHIN: Duration = Duration::from_secs(2);

/// The handle to the terminal, which takes lines from any thread.
#[derive(Clone)]
pub(super) struct Screen(Arc<ScreenQueue>);

struct ScreenQueue {
    state: Mutex<ScreenState>,
    changed: Condvar,
    /// Returns the text that says how many lines are missing.
    notice: fn(u64) -> String,
}

#[derive(Default)]
struct ScreenState {
    pending: String,
    /// Number of lines that were dropped after the pending ones.
    missed: u64,
    /// No more lines will come.
    is_closed: bool,
    /// Everything is shown, or nothing more can be shown.
    is_done: bool,
}

impl Screen {
    /// Begins to show lines on `terminal`, on a thread of this name.
    pub(super) fn open(
        thread: &str,
        terminal: impl Write + Send + 'static,
        notice: fn(u64) -> String,
    ) -> std::io::Result<Self> {
        let screen = Self(Arc::new(ScreenQueue {
            state: Mutex::default(),
            changed: Condvar::new(),
            notice,
        }));
        let shown = screen.clone();
        thread::Builder::new()
            .name(thread.into())
            .spawn(move || shown.show(terminal))?;
        Ok(screen)
    }

    /// Shows a line, which includes its newline, when the terminal gets to it. Never waits for the
    /// terminal.
    pub(super) fn push(&self, line: &str) {
        let mut state = self.lock();
        if state.is_done {
            return;
        }
        // Once a line is missing, the following lines are dropped as well until the terminal has caught
        // up, so that there is one gap, with its notice in its place.
        if state.missed > 0 || state.pending.len() + line.len() > PENDING_BYTES_MAX {
            state.missed += 1;
        } else {
            state.pending.push_str(line);
        }
        drop(state);
        self.0.changed.notify_all();
    }

    /// Notes that no more lines will come: the thread ends when everything is shown.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.0.changed.notify_all();
    }

    /// Waits until everything is shown, for [`SHOWN_WITHIN`] at most.
    pub(super) fn finish(&self) {
        self.close();
        let state = self.lock();
        let _ = self
            .0
            .changed
            .wait_timeout_while(state, SHOWN_WITHIN, |state| !state.is_done);
    }

    fn show(&self, mut terminal: impl Write) {
        while let Some(text) = self.take() {
            let written = terminal.write_all(text.as_bytes());
            if written.and_then(|()| terminal.flush()).is_err() {
                // A stdout that is closed is no reason not to serve.
                break;
            }
        }
        let mut state = self.lock();
        state.is_done = true;
        state.pending = String::new();
        drop(state);
        self.0.changed.notify_all();
    }

    /// Waits for text to show. None: no more will come.
    fn take(&self) -> Option<String> {
        let idle = |state: &mut ScreenState| {
            state.pending.is_empty() && state.missed == 0 && !state.is_closed
        };
        let state = self.lock();
        let waited = self.0.changed.wait_while(state, idle);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        let mut text = std::mem::take(&mut state.pending);
        let missed = std::mem::take(&mut state.missed);
        if missed > 0 {
            text.push_str(&(self.0.notice)(missed));
        }
        (!text.is_empty()).then_some(text)
    }

    fn lock(&self) -> MutexGuard<'_, ScreenState> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use super::*;

    /// A terminal that shows nothing until told to.
    struct Stopped {
        go: Receiver<()>,
        shown: SyncSender<String>,
    }

    impl Write for Stopped {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.go.recv().map_err(io::Error::other)?;
            let text = String::from_utf8_lossy(bytes).into_owned();
            self.shown.send(text).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_terminal_that_is_stopped_loses_lines_and_says_so_in_their_place() {
        let (go, gone) = sync_channel(9);
        let (sender, shown) = sync_channel(9);
        let terminal = Stopped {
            go: gone,
            shown: sender,
        };
        let screen = Screen::open("test", terminal, |count| format!("({count} missed)\n")).unwrap();
        screen.push("first\n");
        let line = "x".repeat(PENDING_BYTES_MAX / 2);
        // The first line is on its way to the terminal, or about to be.
        while !screen.lock().pending.is_empty() {
            thread::yield_now();
        }
        for _ in 0..5 {
            screen.push(&line);
        }
        screen.push("small\n");
        for _ in 0..3 {
            go.send(()).unwrap();
        }
        assert_eq!(shown.recv().unwrap(), "first\n");
        assert_eq!(shown.recv().unwrap(), format!("{line}{line}(4 missed)\n"));
        screen.push("after\n");
        assert_eq!(shown.recv().unwrap(), "after\n");
        screen.finish();
        assert!(screen.lock().is_done);
    }

    #[test]
    fn a_terminal_that_is_closed_is_forgotten() {
        let (go, gone) = sync_channel(9);
        let (shown, _) = sync_channel(9);
        let screen = Screen::open("test", Stopped { go: gone, shown }, |_| String::new()).unwrap();
        drop(go);
        screen.push("nobody reads this\n");
        screen.finish();
        screen.push("nor this\n");
        assert!(screen.lock().pending.is_empty());
    }
}
