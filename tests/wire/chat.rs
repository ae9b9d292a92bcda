//! `parloir chat` between pipes, and small programs for it to talk to.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

use super::Program;

pub fn chat(flags: &[&str]) -> Command {
    let mut command = Program::command();
    command.arg("chat").args(flags);
    command
}

/// The command for a client that trusts this certificate alone.
pub fn chat_tls(certificate: &Path, flags: &[&str]) -> Command {
    let mut command = chat(&["--tls", "--ca"]);
    command.arg(certificate).args(flags);
    command
}

/// Runs a command with this input to its end.
pub fn run(command: &mut Command, input: impl Into<Vec<u8>>) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    let input = input.into();
    // The command may end before it has read everything, and may print something before that.
    thread::spawn(move || drop(stdin.write_all(&input)));
    child.wait_with_output().expect("it ends")
}

/// The exit status, the standard output and the standard error.
pub fn told(output: &Output) -> (i32, &str, &str) {
    (
        output.status.code().expect("no signal"),
        std::str::from_utf8(&output.stdout).expect("UTF-8"),
        std::str::from_utf8(&output.stderr).expect("UTF-8"),
    )
}

/// The address by the name that the tests' certificates are for.
pub fn by_name(address: SocketAddr) -> String {
    format!("localhost:{}", address.port())
}

/// A program on a thread of its own, which accepts connections.
pub fn peer<T: Send + 'static>(
    talk: impl FnOnce(TcpListener) -> T + Send + 'static,
) -> (SocketAddr, thread::JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    (address, thread::spawn(move || talk(listener)))
}
