//! The program `parloir`, started and watched; killed by its id if a test leaves it running.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use super::tool::{lines_of, signal};
use super::{Client, PATIENCE};

/// The last line of the opening, in the languages that it may be in.
const LAST_LINES: [&str; 2] = ["Ctrl-C stops the server.", "Ctrl-C arrête le serveur."];

pub struct Program {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Receiver<String>,
    stderr: Option<JoinHandle<()>>,
    log: Log,
    pub opening: Vec<String>,
}

/// The exit of a program, and its unread output.
#[derive(Debug)]
pub struct Exit {
    /// None if a signal killed the program.
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// The standard error so far.
#[derive(Clone, Default)]
struct Log(Arc<(Mutex<Vec<u8>>, Condvar)>);

impl Log {
    fn push(&self, bytes: &[u8]) {
        let (text, news) = &*self.0;
        text.lock().expect("no panic").extend(bytes);
        news.notify_all();
    }

    fn text(&self) -> String {
        let text = self.0.0.lock().expect("no panic");
        String::from_utf8_lossy(&text).into_owned()
    }

    fn wait_for(&self, words: &str) {
        let (text, news) = &*self.0;
        let is_missing = |text: &mut Vec<u8>| !String::from_utf8_lossy(text).contains(words);
        let text = text.lock().expect("no panic");
        let (text, _) = news
            .wait_timeout_while(text, PATIENCE, is_missing)
            .expect("no panic");
        let text = String::from_utf8_lossy(&text);
        assert!(text.contains(words), "{words:?} is not in the log: {text}");
    }
}

impl Program {
    /// Starts the program on a free port of the loopback, and waits until it is open.
    pub fn start(flags: &[&str]) -> Self {
        let mut command = Self::command();
        command.args(["--listen", "127.0.0.1:0"]).args(flags);
        Self::open(command)
    }

    /// The program, without flags and without the variables of the environment.
    pub fn command() -> Command {
        Self::clean(Command::new(env!("CARGO_BIN_EXE_parloir")))
    }

    /// Starts the program on a free port, under a limit of the shell's `ulimit`.
    pub fn start_limited(limit: &str, flags: &[&str]) -> Self {
        let mut command = Self::clean(Command::new("sh"));
        command
            .arg("-c")
            .arg(format!("ulimit {limit}; exec \"$@\""))
            .args(["sh", env!("CARGO_BIN_EXE_parloir")])
            .args(["--listen", "127.0.0.1:0"])
            .args(flags);
        Self::open(command)
    }

    fn clean(mut command: Command) -> Command {
        command
            .env_remove("PARLOIR_PASSWORD")
            .env("PARLOIR_DATA", "none")
            .env_remove("RUST_LOG");
        command
    }

    /// Starts a command, and waits until it reports that it is open.
    pub fn open(command: Command) -> Self {
        match Self::try_open(command) {
            Ok(program) => program,
            Err(exit) => panic!("it did not open: {exit:?}"),
        }
    }

    /// The same. If the program ends instead, its exit is returned as the error.
    pub fn try_open(mut command: Command) -> Result<Self, Exit> {
        // A test that is not about what is kept leaves nothing behind.
        if !command.get_envs().any(|(name, _)| name == "PARLOIR_DATA") {
            command.env("PARLOIR_DATA", "none");
        }
        Self::try_open_as_it_is(command)
    }

    /// Starts a command with the default place for the chat.
    pub fn open_as_it_is(command: Command) -> Self {
        match Self::try_open_as_it_is(command) {
            Ok(program) => program,
            Err(exit) => panic!("it did not open: {exit:?}"),
        }
    }

    fn try_open_as_it_is(mut command: Command) -> Result<Self, Exit> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stdout = lines_of(child.stdout.take().expect("it is piped"));
        let mut stderr = child.stderr.take().expect("it is piped");
        let log = Log::default();
        let reader = log.clone();
        let stderr = thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = stderr.read(&mut bytes) {
                reader.push(&bytes[..count]);
            }
        });
        let mut program = Self {
            stdin: child.stdin.take(),
            child,
            stdout,
            stderr: Some(stderr),
            log,
            opening: Vec::new(),
        };
        let is_last = |line: &String| LAST_LINES.contains(&line.as_str());
        while !program.opening.last().is_some_and(is_last) {
            match program.stdout.recv_timeout(PATIENCE) {
                Ok(line) => program.opening.push(line),
                Err(RecvTimeoutError::Timeout) => panic!("no opening: {:?}", program.opening),
                Err(RecvTimeoutError::Disconnected) => return Err(program.wait()),
            }
        }
        Ok(program)
    }

    /// The places that the program reports to listen in, in its own words.
    pub fn places(&self) -> Vec<&str> {
        let listed = self.opening.iter().filter_map(|line| {
            let line = line
                .strip_prefix("  ")
                .filter(|line| !line.starts_with(' '))?;
            line.split_once("  ").map(|(place, _)| place)
        });
        listed.collect()
    }

    /// The first TCP address of those places.
    pub fn address(&self) -> SocketAddr {
        self.addresses()[0]
    }

    pub fn addresses(&self) -> Vec<SocketAddr> {
        let places = self.places();
        places
            .iter()
            .filter_map(|place| place.parse().ok())
            .collect()
    }

    pub fn connect(&self) -> Client {
        Client::connect(self.address())
    }

    pub fn join(&self, name: &str) -> Client {
        Client::join(self.address(), name)
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, name: &str) {
        signal(self.id(), name);
    }

    /// Types text on the program's standard input.
    pub fn type_in(&mut self, text: &str) {
        let stdin = self.stdin.as_mut().expect("its input is open");
        stdin.write_all(text.as_bytes()).expect("it reads");
    }

    pub fn end_input(&mut self) {
        self.stdin = None;
    }

    /// The next line on the standard output after the opening.
    pub fn shown(&mut self) -> String {
        self.stdout
            .recv_timeout(PATIENCE)
            .expect("a line on the standard output")
    }

    pub fn wait_until_shown(&mut self, line: &str) {
        while self.shown() != line {}
    }

    /// Waits until these words are on the standard error.
    pub fn wait_until_logged(&self, words: &str) {
        self.log.wait_for(words);
    }

    pub fn has_logged(&self, words: &str) -> bool {
        self.log.text().contains(words)
    }

    /// Stops the program with SIGTERM.
    pub fn stop(self) -> Exit {
        self.signal("TERM");
        self.wait()
    }

    /// Stops the program, and starts another one in its place.
    pub fn restart(self, flags: &[&str]) -> Self {
        let place = self.address().to_string();
        assert_eq!(self.stop().status, Some(0));
        let mut command = Self::command();
        command.args(["--listen", &place]).args(flags);
        Self::open(command)
    }

    /// Waits until the program has ended.
    pub fn wait(mut self) -> Exit {
        let until = Instant::now() + PATIENCE;
        let mut stdout = String::new();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.stdout.recv_timeout(left) {
                Ok(line) => stdout = stdout + &line + "\n",
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it goes on running"),
            }
        }
        let status = self.child.wait().expect("it was started").code();
        let _ = self.stderr.take().map(JoinHandle::join);
        Exit {
            status,
            stdout,
            stderr: self.log.text(),
        }
    }

    /// Resident memory of the program, in kibibytes.
    pub fn resident_kib(&self) -> u64 {
        let status = self.proc("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.and_then(|n| n.parse().ok()).expect("VmRSS in kB")
    }

    /// CPU time of the program, in hundredths of a second.
    pub fn cpu_ticks(&self) -> u64 {
        let stat = self.proc("stat");
        // The name in parentheses may contain spaces; utime and stime are fields 14 and 15.
        let fields = stat.rsplit(") ").next().unwrap_or_default();
        let fields: Vec<&str> = fields.split(' ').collect();
        let ticks = |n: usize| fields[n].parse::<u64>().expect("a count of ticks");
        ticks(11) + ticks(12)
    }

    /// Number of sockets, files and pipes that the program holds open.
    pub fn descriptors(&self) -> usize {
        let open = PathBuf::from(format!("/proc/{}/fd", self.id()));
        std::fs::read_dir(open).expect("it is running").count()
    }

    /// Number of threads in the program.
    pub fn threads(&self) -> usize {
        let tasks = PathBuf::from(format!("/proc/{}/task", self.id()));
        std::fs::read_dir(tasks).expect("it is running").count()
    }

    fn proc(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.id())).expect("it is running")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
