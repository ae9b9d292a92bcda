//! Signals: files are reloaded where there are any, meaningless signals are ignored, and a terminal
//! that is closed ends the programs that were started in it.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;

use crate::wire::{Client, End, Identity, PATIENCE, Program, find};

/// A path for a socket, which must be a short one.
fn socket_path(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("parloir-{}-{name}", std::process::id()))
}

#[test]
fn a_signal_that_means_nothing_ended_the_server() {
    let program = Program::start(&[]);
    let mut bob = program.join("bob");
    for signal in ["HUP", "USR1", "USR2"] {
        program.signal(signal);
        bob.send("/who\n");
        bob.expect("* lobby: bob");
    }
    let exit = program.stop();
    assert_eq!(exit.status, Some(0));
    for signal in ["SIGHUP", "SIGUSR1", "SIGUSR2"] {
        let told = format!("{signal}: nothing to reload; ignored");
        assert!(exit.stderr.contains(&told), "{exit:?}");
    }
}

/// A disk that has gone to sleep, or a network file system, can be this slow.
#[test]
fn a_certificate_that_takes_its_time_is_waited_for_by_nobody() {
    // A pipe that an interrupted run has left behind would never be written.
    let _ = std::fs::remove_file(Path::new(env!("CARGO_TARGET_TMPDIR")).join("slow-disk.cert.pem"));
    let old = Identity::make("slow-disk");
    let program = Program::start(&old.flags());
    let mut alice = program.join("alice");
    std::fs::remove_file(&old.certificate).expect("it was made");
    let made = Command::new("mkfifo").arg(&old.certificate).status();
    assert!(made.expect("mkfifo").success());
    let new = Identity::make("slow-disk-new");
    let pem = std::fs::read(&new.certificate).expect("it was made");
    std::fs::copy(&new.key, &old.key).expect("a place for files");
    program.signal("HUP");
    // This opens when the program has opened the other end.
    let pipe = std::fs::File::options().write(true).open(&old.certificate);
    let mut bob = old.join(program.address(), "bob");
    alice.expect("* bob joined");
    bob.send("hello\n");
    alice.expect("<bob> hello");
    std::io::Write::write_all(&mut pipe.expect("a pipe"), &pem).expect("it reads");
    let connect = || {
        let stream = std::net::TcpStream::connect(program.address()).expect("it is listening");
        new.shake_hands(stream)
    };
    while connect().is_err() {
        thread::yield_now();
    }
    // Another request, which is never answered, does not hold up anything either.
    program.signal("HUP");
    let _pipe = std::fs::File::options().write(true).open(&old.certificate);
    program.signal("TERM");
    alice.wait_for_line("* the server is stopping");
    drop((alice, bob));
    assert_eq!(program.wait().status, Some(0));
}

/// Runs a program under a terminal that is closed when this script's input ends. The script's exit
/// status is that of the program.
const TERMINAL: &str = r#"
import os, pty, signal, sys
pid, terminal = pty.fork()
if pid == 0:
    if sys.argv[1] == "nohup":
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.execvp(sys.argv[2], sys.argv[2:])
print(pid, flush=True)
sys.stdin.read()
os.close(terminal)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"#;

/// Starts the program under a terminal. Returns the script's process and the program's id.
fn under_terminal(python: &Path, how: &str, flags: &[&str]) -> (Child, u32) {
    let mut command = Command::new(python);
    command.args(["-u", "-c", TERMINAL, how, env!("CARGO_BIN_EXE_parloir")]);
    command
        .args(flags)
        .env_remove("PARLOIR_PASSWORD")
        .env("PARLOIR_DATA", "none");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("Python starts");
    let mut stdout = std::io::BufReader::new(child.stdout.take().expect("it is piped"));
    let mut id = String::new();
    std::io::BufRead::read_line(&mut stdout, &mut id).expect("an id");
    (child, id.trim().parse().expect("an id"))
}

/// The exit status, once the script has ended.
fn status(mut child: Child, id: u32) -> Option<i32> {
    let (sender, ended) = channel();
    thread::spawn(move || sender.send(child.wait()));
    let status = ended.recv_timeout(PATIENCE);
    if status.is_err() {
        let kill = format!("kill -KILL {id}");
        let _ = Command::new("sh").args(["-c", &kill]).status();
    }
    status.expect("it ends").expect("it was started").code()
}

fn wait_until_open(path: &Path) {
    while UnixStream::connect(path).is_err() {
        thread::yield_now();
    }
}

fn signal(name: &str, id: u32) {
    let line = format!("kill -{name} {id}");
    let status = Command::new("sh").args(["-c", &line]).status();
    assert!(status.expect("a shell").success());
}

#[test]
fn the_end_of_its_own_terminal_was_taken_for_a_request_to_reload() {
    let Some(python) = find(&["python3"], "python3") else {
        return;
    };
    let identity = Identity::make("hung-up");
    for (n, flags) in [&[][..], &identity.flags(), &["--console"]]
        .into_iter()
        .enumerate()
    {
        let path = socket_path(&format!("hup-{n}"));
        let place = format!("unix:{}", path.display());
        let flags = [&["--listen", &place], flags].concat();
        let (mut child, id) = under_terminal(&python, "plain", &flags);
        wait_until_open(&path);
        let mut bob = Client::connect_unix(&path).named("bob");
        // A SIGHUP that a user sends does not end the program.
        signal("HUP", id);
        bob.send("/quit nothing\n");
        bob.wait_for_line("* Bye.");
        let mut carol = Client::connect_unix(&path).named("carol");
        drop(child.stdin.take());
        carol.wait_for_line("* the server is stopping");
        assert_eq!(carol.rest(), (String::new(), End::Fin));
        drop((bob, carol));
        assert_eq!(status(child, id), Some(0), "{flags:?}");
    }
}

#[test]
fn who_is_to_outlive_the_terminal_does() {
    let Some(python) = find(&["python3"], "python3") else {
        return;
    };
    let path = socket_path("nohup");
    let place = format!("unix:{}", path.display());
    let (mut child, id) = under_terminal(&python, "nohup", &["--listen", &place]);
    wait_until_open(&path);
    let mut bob = Client::connect_unix(&path).named("bob");
    drop(child.stdin.take());
    for _ in 0..2 {
        signal("HUP", id);
        bob.send("/who\n");
        bob.wait_for_line("* lobby: bob");
    }
    signal("TERM", id);
    bob.wait_for_line("* the server is stopping");
    drop(bob);
    assert_eq!(status(child, id), Some(0));
}

#[test]
fn a_client_ends_with_its_terminal_and_with_nothing_less() {
    let Some(python) = find(&["python3"], "python3") else {
        return;
    };
    let relay = Program::start(&[]);
    let mut bob = relay.join("bob");
    let place = relay.address().to_string();
    let flags = ["chat", "--nick", "alice", &place];
    let (mut child, id) = under_terminal(&python, "plain", &flags);
    bob.expect("* alice joined");
    for name in ["HUP", "USR1", "USR2"] {
        signal(name, id);
    }
    bob.send("/who\n");
    bob.expect("* lobby: bob and alice");
    drop(child.stdin.take());
    bob.expect("* alice left");
    status(child, id);
}
