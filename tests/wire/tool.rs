//! Programs from elsewhere as clients: nc, ncat, telnet, Python.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;

use super::PATIENCE;

/// Telnet needs a terminal. Python makes one, and telnet's output comes back line by line.
pub const TELNET: &str = r#"
import os, pty, sys, threading
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
def type_in():
    for line in sys.stdin.buffer:
        os.write(terminal, b"\x03" if line == b"^C\n" else line[:-1] + b"\r")
threading.Thread(target=type_in, daemon=True).start()
try:
    while True:
        shown = os.read(terminal, 4096)
        if not shown:
            break
        sys.stdout.buffer.write(shown.replace(b"\r", b""))
        sys.stdout.buffer.flush()
except OSError:
    pass
"#;

/// A running program, with lines going in and out; killed by its id if a test leaves it running.
pub struct Tool {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    /// Lines that were read, for the report of a failure.
    passed: Vec<String>,
}

/// Looks for a program. In the automatic checks all of them must be there; other users are told
/// which package to install.
pub fn find(names: &[&str], package: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let places = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let found = places.into_iter().find(|place| place.is_file());
    if found.is_none() {
        skip(&format!(
            "{} is missing: apt-get install {package}",
            names[0]
        ));
    }
    found
}

/// Looks for a Python that has this module: in the environment of the automatic checks, or the
/// system's.
pub fn find_python(module: &str, package: &str) -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    let environment = target.expect("a folder in it").join("clients");
    let candidates = [environment.join("bin/python3"), "python3".into()];
    let has_it = |python: &PathBuf| {
        let mut command = Command::new(python);
        command.args(["-c", &format!("import {module}")]);
        let output = command.output();
        output.is_ok_and(|output| output.status.success())
    };
    let found = candidates.into_iter().find(has_it);
    if found.is_none() {
        let folder = environment.display();
        skip(&format!(
            "Python's {module} is missing: python3 -m venv {folder} && {folder}/bin/pip install {package}"
        ));
    }
    found
}

fn skip(text: &str) {
    assert!(std::env::var_os("CI").is_none(), "{text}");
    // Written past the test harness, which captures output, so that a run shows which tests proved
    // nothing.
    let test = std::thread::current();
    let name = test.name().unwrap_or("a test").to_owned();
    let _ = writeln!(std::io::stderr(), "skipped: {name}: {text}");
}

impl Tool {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stdout = child.stdout.take().expect("it is piped");
        Self {
            stdin: child.stdin.take(),
            child,
            lines: lines_of(stdout),
            passed: Vec::new(),
        }
    }

    pub fn type_in(&mut self, text: &str) {
        let stdin = self.stdin.as_mut().expect("its input is open");
        stdin.write_all(text.as_bytes()).expect("it reads");
    }

    pub fn end_input(&mut self) {
        self.stdin = None;
    }

    /// Reads up to this line.
    pub fn wait_for(&mut self, line: &str) {
        self.wait_until(line, |other| other == line);
    }

    /// Reads up to a line for which `is_it` is true, and returns it; `what` describes it in the
    /// failure message.
    pub fn wait_until(&mut self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if is_it(&line) => return line,
                Ok(line) => self.passed.push(line),
                Err(error) => panic!("{error} before {what:?}; it showed {:#?}", self.passed),
            }
        }
    }

    pub fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Lines that were read and passed over in a wait for another line.
    pub fn passed(&self) -> &[String] {
        &self.passed
    }

    /// The next line of output.
    pub fn line(&mut self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line")
    }

    /// All output that is left, and the exit status.
    pub fn finish(mut self) -> (String, Option<i32>) {
        let mut rest = String::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => rest = rest + &line + "\n",
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it goes on running; it showed {rest:?}"),
            }
        }
        let status = self.child.wait().expect("it was started").code();
        (rest, status)
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ports that were free a moment ago, for programs that cannot report a port of their choice.
pub fn free_addresses(count: usize) -> Vec<SocketAddr> {
    // All are bound at once, because otherwise one could be given twice.
    let listeners: Vec<TcpListener> = (0..count)
        .map(|_| TcpListener::bind("127.0.0.1:0").expect("a port"))
        .collect();
    let addresses = listeners.iter().map(TcpListener::local_addr);
    addresses.collect::<Result<_, _>>().expect("addresses")
}

/// A program whose error output is mixed into its standard output.
pub fn shown_whole(program: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$0\" \"$@\" 2>&1"]).arg(program);
    command
}

/// Sends a process a signal, by its id.
pub fn signal(id: u32, name: &str) {
    let status = Command::new("sh")
        .args(["-c", &format!("kill -{name} {id}")])
        .status()
        .expect("a shell");
    assert!(status.success(), "kill -{name}");
}

/// The lines of a stream, on a channel that can be waited on with a deadline.
pub fn lines_of(from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}
