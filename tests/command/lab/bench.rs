//! A running lab on free ports, with the calls that the tests need.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Instant;

use crate::wire::{Client, Exit, PATIENCE, Program, Tool, find};

/// The services, in the order of the table.
pub(crate) const SERVICES: [&str; 12] = [
    "feed", "burst", "echo", "hello", "ack", "operator", "broker", "mailbox", "pseudo", "listen",
    "talk", "chat",
];

pub(crate) struct Lab {
    pub(crate) program: Program,
    ports: BTreeMap<String, u16>,
}

impl Lab {
    /// Starts a lab at 127.0.0.1, in English.
    pub(crate) fn start(flags: &[&str]) -> Self {
        let mut command = Self::command();
        command.args(["--bind", "127.0.0.1", "--lang", "en"]);
        command.args(flags);
        Self::open(command)
    }

    /// The command `parloir lab`, with every service on a free port.
    pub(crate) fn command() -> Command {
        let mut command = Program::command();
        for name in ["LC_ALL", "LC_MESSAGES", "LANG"] {
            command.env_remove(name);
        }
        command.arg("lab");
        for service in SERVICES {
            command.args(["--port", &format!("{service}=0")]);
        }
        command
    }

    pub(crate) fn open(command: Command) -> Self {
        let program = Program::open(command);
        let ports = ports(&program.opening);
        Self { program, ports }
    }

    pub(crate) fn port(&self, service: &str) -> u16 {
        self.ports[service]
    }

    pub(crate) fn has(&self, service: &str) -> bool {
        self.ports.contains_key(service)
    }

    pub(crate) fn address(&self, service: &str) -> SocketAddr {
        self.address_at([127, 0, 0, 1].into(), service)
    }

    pub(crate) fn address_at(&self, ip: IpAddr, service: &str) -> SocketAddr {
        SocketAddr::new(ip, self.port(service))
    }

    pub(crate) fn connect(&self, service: &str) -> Client {
        Client::connect(self.address(service))
    }

    /// Connects, and waits until the teacher's terminal shows it: from then on the client is
    /// served.
    pub(crate) fn enter(&mut self, service: &str) -> Client {
        let client = self.connect(service);
        let line = format!("{} connects to {service}", client.local_address());
        self.program.wait_until_shown(&line);
        client
    }

    /// Waits until the teacher's terminal shows these bytes from a client.
    pub(crate) fn wait_until_received(&mut self, from: &Client, service: &str, bytes: &str) {
        let line = format!("{} → {service}  {bytes}", from.local_address());
        self.program.wait_until_shown(&line);
    }

    pub(crate) fn stop(self) -> Exit {
        self.program.stop()
    }

    /// Starts a student's program, which begins with a connection `s`.
    pub(crate) fn student(&self, service: &str, text: &str) -> Option<Tool> {
        let python: PathBuf = find(&["python3"], "python3")?;
        let script = format!(
            "import socket, sys\n\
             s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n{text}"
        );
        let port = self.port(service).to_string();
        let mut command = Command::new(python);
        command.env("PYTHONIOENCODING", "utf-8");
        Some(Tool::start(command.args(["-u", "-c", &script, &port])))
    }
}

/// A lab whose output is read only when the test asks for it.
pub(crate) struct Unwatched {
    child: Child,
    terminal: Option<BufReader<ChildStdout>>,
    ports: BTreeMap<String, u16>,
}

impl Unwatched {
    /// Starts a lab and reads its output up to the end of the opening.
    pub(crate) fn start() -> Self {
        let mut command = Lab::command();
        command.args(["--bind", "127.0.0.1", "--lang", "en"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut terminal = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut opening = Vec::new();
        while opening
            .last()
            .is_none_or(|it| it != "Ctrl-C stops the server.")
        {
            let mut line = String::new();
            assert!(terminal.read_line(&mut line).expect("the opening") > 0);
            opening.push(line.trim_end().to_owned());
        }
        Self {
            child,
            terminal: Some(terminal),
            ports: ports(&opening),
        }
    }

    pub(crate) fn connect(&self, service: &str) -> Client {
        Client::connect(([127, 0, 0, 1], self.ports[service]).into())
    }

    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        let terminal = self.terminal.as_mut().expect("it is open");
        let count = terminal.read_line(&mut line).expect("valid UTF-8");
        assert!(count > 0, "the program has ended");
        line
    }

    pub(crate) fn close_terminal(&mut self) {
        self.terminal = None;
    }

    /// All output that is left.
    pub(crate) fn rest(&mut self) -> String {
        let mut rest = String::new();
        let terminal = self.terminal.as_mut().expect("it is open");
        terminal.read_to_string(&mut rest).expect("valid UTF-8");
        rest
    }

    /// Stops the lab in good order; `see` may read its output meanwhile.
    pub(crate) fn stop(mut self, see: impl FnOnce(&mut Self)) {
        let kill = format!("kill -TERM {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status();
        assert!(status.expect("a shell").success());
        see(&mut self);
        let until = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it was started") {
                break status;
            }
            assert!(Instant::now() < until, "it goes on running");
            thread::yield_now();
        };
        assert!(status.success(), "{status}");
    }
}

impl Drop for Unwatched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The ports in the table: two blanks, the service, its port.
fn ports(opening: &[String]) -> BTreeMap<String, u16> {
    let rows = opening.iter().filter_map(|line| line.strip_prefix("  "));
    rows.map(|row| {
        let mut words = row.split_whitespace();
        let service = words.next().expect("a service").to_owned();
        let port = words.next().expect("a port").trim_end_matches("/udp");
        (service, port.parse().expect("a number"))
    })
    .collect()
}
