//! A server in a process of its own: started on its core, measured from outside, never left behind.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::machine::Cores;
use super::{Failure, Outcome};

/// The time in which a server must begin to listen.
const START_WITHIN: Duration = Duration::from_secs(10);

/// A running server. Dropping this ends the server.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    child: Child,
    /// Held open, because a server that prints something later must not meet a closed pipe.
    stdout: Option<BufReader<ChildStdout>>,
    /// The addresses that the server listens on, one or more.
    pub(crate) addresses: Vec<SocketAddr>,
}

impl ServerProcess {
    /// Starts a server that prints the addresses that it has taken, one for each `--listen` and at
    /// least one, anywhere in its first lines.
    pub(crate) fn announced(program: &Path, args: &[String], cores: &Cores) -> Outcome<Self> {
        let mut command = guarded(program);
        command.args(args).stdout(Stdio::piped());
        let mut child = start(&mut command, cores)?;
        let mut stdout = child.stdout.take().map(BufReader::new);
        let listeners = args.iter().filter(|arg| *arg == "--listen").count();
        let announced = stdout.as_mut().map_or_else(
            || Err(Failure::from("no standard output")),
            |stdout| announced_addresses(stdout, listeners.max(1)),
        );
        // Made before anything can fail, so that the child is never left behind.
        let mut process = Self {
            child,
            stdout,
            addresses: Vec::new(),
        };
        process.addresses = announced.map_err(|error| format!("{}: {error}", program.display()))?;
        Ok(process)
    }

    /// Starts a server that has to be given its port; `args` makes its arguments for a port.
    pub(crate) fn on_port(
        program: &Path,
        args: impl FnOnce(u16) -> Outcome<Vec<String>>,
        cores: &Cores,
    ) -> Outcome<Self> {
        // This port was free a moment ago, and the system hands out other ports first.
        let address = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let mut command = guarded(program);
        command.args(args(address.port())?).stdout(Stdio::null());
        let child = start(&mut command, cores)?;
        let mut process = Self {
            child,
            stdout: None,
            addresses: vec![address],
        };
        process.wait_until_it_listens(program, address.port())?;
        Ok(process)
    }

    fn wait_until_it_listens(&mut self, program: &Path, port: u16) -> Outcome<()> {
        let deadline = Instant::now() + START_WITHIN;
        while !is_listening(port)? {
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("{} ended: {status}", program.display()).into());
            }
            if Instant::now() > deadline {
                return Err(format!("{} does not listen", program.display()).into());
            }
            // Nothing reports that another program begins to listen.
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// CPU time so far, user and kernel, of all threads of the server.
    ///
    /// The source is `schedstat`, in nanoseconds, because `stat` counts in hundredths of a second,
    /// too coarse for a short round. The time of threads that have ended is not included; none ends
    /// under load.
    pub(crate) fn cpu(&self) -> Outcome<Duration> {
        self.cpu_of_threads(|_| true)
    }

    /// The same of the threads with this name.
    pub(crate) fn cpu_of(&self, thread: &str) -> Outcome<Duration> {
        self.cpu_of_threads(|name| name == thread)
    }

    fn cpu_of_threads(&self, is_counted: impl Fn(&str) -> bool) -> Outcome<Duration> {
        let mut total = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.id()))? {
            let task = task?.path();
            if !is_counted(fs::read_to_string(task.join("comm"))?.trim_end()) {
                continue;
            }
            let text = fs::read_to_string(task.join("schedstat"))?;
            let nanoseconds = text.split_whitespace().next().unwrap_or_default();
            total += nanoseconds.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(total))
    }

    /// Share of the CPU time so far that was spent in user mode, from 0 to 1. It is counted in
    /// hundredths of a second, so it is only useful once there are many.
    pub(crate) fn user_share(&self) -> Outcome<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id()))?;
        // The name in the fields before may contain spaces, but ends with the last parenthesis.
        let fields = stat.rsplit_once(") ").ok_or("no stat")?.1;
        let mut times = fields.split_whitespace().skip(11);
        let mut next = || times.next().unwrap_or_default().parse::<f64>();
        let (user, system) = (next()?, next()?);
        Ok(user / (user + system).max(1.0))
    }

    /// Resident memory of user space, in bytes.
    pub(crate) fn resident_bytes(&self) -> Outcome<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
        Ok(kilobytes.ok_or("no VmRSS")?.parse::<u64>()? * 1024)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // An error means that the child has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.stdout = None;
    }
}

/// A command that dies with this process even if this one is killed, where `setpriv` is installed.
/// `setpriv` becomes the program itself, so the process id is the server's.
fn guarded(program: &Path) -> Command {
    let setpriv = Path::new("/usr/bin/setpriv");
    let mut command = if setpriv.exists() {
        let mut command = Command::new(setpriv);
        command.args(["--pdeathsig", "KILL", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.stdin(Stdio::null());
    // The chat is kept in memory, unless whoever measures has named a file.
    if std::env::var_os("PARLOIR_DATA").is_none() {
        command.env("PARLOIR_DATA", "none");
    }
    command
}

fn start(command: &mut Command, cores: &Cores) -> Outcome<Child> {
    cores
        .on_servers_core(|| command.spawn())
        .map_err(|error| format!("{command:?}: {error}").into())
}

/// Returns whether a server listens on this port. The answer comes from the system, not the server,
/// because some servers do not survive a first client that leaves at once.
fn is_listening(port: u16) -> Outcome<bool> {
    let table = fs::read_to_string("/proc/net/tcp")?;
    let local = format!(":{port:04X}");
    Ok(table.lines().any(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let is_local = fields.next().is_some_and(|field| field.ends_with(&local));
        // The state, which stands behind the remote address: LISTEN.
        is_local && fields.nth(1) == Some("0A")
    }))
}

fn announced_addresses(
    stdout: &mut BufReader<ChildStdout>,
    count: usize,
) -> Outcome<Vec<SocketAddr>> {
    let mut addresses = Vec::new();
    let mut line = String::new();
    while addresses.len() < count {
        line.clear();
        if stdout.read_line(&mut line)? == 0 {
            return Err("it ended without a word of where it listens".into());
        }
        let mut words = line.split_whitespace();
        addresses.extend(words.find_map(|word| word.parse::<SocketAddr>().ok()));
    }
    Ok(addresses)
}
