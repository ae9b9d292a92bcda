//! A program under a terminal of 24 rows and 80 columns, and the screen that a user would see
//! there.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Instant;

use super::{PATIENCE, find};

/// Python makes the terminal: its standard input takes the keys, its standard output gives the
/// terminal's output.
const TERMINAL: &str = r#"
import fcntl, os, pty, select, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])
sources = [0, terminal]
try:
    while True:
        ready = select.select(sources, [], [])[0]
        if 0 in ready:
            keys = os.read(0, 4096)
            if not keys:
                sources.remove(0)
            os.write(terminal, keys)
        if terminal in ready:
            shown = os.read(terminal, 4096)
            if not shown:
                break
            os.write(1, shown)
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"#;

pub struct Terminal {
    child: Child,
    keys: ChildStdin,
    shown: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    /// All bytes that the terminal was sent.
    pub raw: String,
}

impl Terminal {
    /// Starts a program under a terminal. None if Python is not installed.
    pub fn start(program: &Command) -> Option<Self> {
        let python = find(&["python3"], "python3")?;
        let mut command = Command::new(python);
        command
            .args(["-u", "-c", TERMINAL])
            .arg(program.get_program())
            .args(program.get_args())
            .env("TERM", "xterm-256color")
            .env_remove("NO_COLOR")
            .env_remove("PARLOIR_PASSWORD");
        for (name, value) in program.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let mut stdout = child.stdout.take().expect("it is piped");
        let (sender, shown) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stdout.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Some(Self {
            keys: child.stdin.take().expect("it is piped"),
            child,
            shown,
            screen: vt100::Parser::new(24, 80, 0),
            raw: String::new(),
        })
    }

    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("it reads keys");
        self.keys.flush().expect("it reads keys");
    }

    /// The rows, without trailing blanks. A row that continues in the next one is joined with it.
    pub fn rows(&self) -> Vec<String> {
        let text = self.screen.screen().contents();
        text.lines().map(|row| row.trim_end().to_owned()).collect()
    }

    /// The row and column of the cursor.
    pub fn cursor(&self) -> (u16, u16) {
        self.screen.screen().cursor_position()
    }

    /// Waits until these are all the rows.
    #[track_caller]
    pub fn wait_for(&mut self, rows: &[&str]) {
        let expected = rows.join("\n");
        self.wait_until(&expected, |seen| seen.join("\n").trim_end() == expected);
    }

    #[track_caller]
    pub fn wait_until(&mut self, what: &str, is_so: impl Fn(&[String]) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !is_so(&self.rows()) {
            let left = until.saturating_duration_since(Instant::now());
            match self.shown.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(error) => panic!(
                    "{error} before:\n{what}\n\nit shows:\n{}\n\nraw: {:?}",
                    self.rows().join("\n"),
                    self.raw
                ),
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.screen.process(bytes);
        self.raw.push_str(&String::from_utf8_lossy(bytes));
    }

    /// Waits until the program has ended. Returns its exit status, and the last screen.
    #[track_caller]
    pub fn finish(mut self) -> (Option<i32>, Vec<String>, String) {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.shown.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("it goes on running; it shows:\n{}", self.rows().join("\n"))
                }
            }
        }
        let status = self.child.wait().expect("it was started").code();
        (status, self.rows(), std::mem::take(&mut self.raw))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // The terminal ends with this process, and so the program in it ends, too.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
