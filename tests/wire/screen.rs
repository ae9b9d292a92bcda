//! A program on a terminal: keys are typed, and the screen is read. tmux makes the terminal.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Instant;

use super::PATIENCE;
use super::tool::lines_of;

/// A folder for the files of a client, removed when dropped.
pub struct Home(pub PathBuf);

impl Home {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("parloir-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder of its own");
        Self(path)
    }

    pub fn text(&self) -> String {
        self.0.to_string_lossy().into_owned()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A terminal of 160 columns and 50 rows with one program on it. Both end when this is dropped.
///
/// tmux runs in its control mode, in which it reports every output of the program: so the screen is
/// looked at when something may have changed, and at no other time.
pub struct Screen {
    tmux: PathBuf,
    socket: PathBuf,
    child: Child,
    control: Option<ChildStdin>,
    told: Receiver<String>,
}

impl Screen {
    /// Starts `program` with these arguments on a terminal. Its files go to `home`.
    pub fn start(tmux: &Path, home: &Path, program: &Path, arguments: &[&str]) -> Self {
        let socket = home.join("tmux");
        let quoted = |word: &str| format!("'{}'", word.replace('\'', r"'\''"));
        let mut line = format!("exec {}", quoted(&program.to_string_lossy()));
        for argument in arguments {
            line = line + " " + &quoted(argument);
        }
        let mut child = Command::new(tmux)
            .arg("-S")
            .arg(&socket)
            .args([
                "-f",
                "/dev/null",
                "-u",
                "-C",
                "new-session",
                "-x",
                "160",
                "-y",
                "50",
            ])
            .arg(line)
            .env("HOME", home)
            .env("TERM", "xterm")
            .env("LC_ALL", "C.UTF-8")
            .env_remove("TMUX")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tmux starts");
        let told = lines_of(child.stdout.take().expect("it is piped"));
        let control = child.stdin.take();
        let mut screen = Self {
            tmux: tmux.into(),
            socket,
            child,
            control,
            told,
        };
        screen.tell("refresh-client -C 160x50");
        screen
    }

    /// Types a line and the Enter key.
    pub fn type_line(&mut self, text: &str) {
        let codes: String = text.bytes().map(|byte| format!(" {byte:x}")).collect();
        self.tell(&format!("send-keys -H{codes}"));
        self.tell("send-keys Enter");
    }

    /// Waits until this text is on the screen.
    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |screen| screen.contains(text));
    }

    /// Waits until `is_so` is true for the screen; `what` describes it in the failure message.
    pub fn wait_until(&mut self, what: &str, is_so: impl Fn(&str) -> bool) {
        let until = Instant::now() + PATIENCE;
        loop {
            // Any report from here on is about a change after this look, and leads to another look.
            while self.told.try_recv().is_ok() {}
            let shown = self.shown();
            if is_so(&shown) {
                return;
            }
            let left = until.saturating_duration_since(Instant::now());
            let news = self.told.recv_timeout(left);
            assert!(news.is_ok(), "{what:?} does not come; there is\n{shown}");
        }
    }

    /// The text on the screen.
    pub fn shown(&self) -> String {
        let output = Command::new(&self.tmux)
            .arg("-S")
            .arg(&self.socket)
            .args(["capture-pane", "-p", "-J"])
            .env_remove("TMUX")
            .output()
            .expect("tmux starts");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Waits until the program has ended, and its terminal with it.
    pub fn wait_for_end(self) {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.told.recv_timeout(left) {
                Ok(line) if line.starts_with("%exit") => return,
                Ok(_) => {}
                Err(error) => panic!("{error} before its end; there is\n{}", self.shown()),
            }
        }
    }

    fn tell(&mut self, command: &str) {
        let control = self.control.as_mut().expect("its input is open");
        writeln!(control, "{command}").expect("tmux reads");
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // The tmux server is a process of its own, and can be reached by this socket only.
        let _ = Command::new(&self.tmux)
            .arg("-S")
            .arg(&self.socket)
            .arg("kill-server")
            .env_remove("TMUX")
            .stderr(Stdio::null())
            .status();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
