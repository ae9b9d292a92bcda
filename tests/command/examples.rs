//! The examples do what their first lines say: each is run as it is, on a free port.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// The time that anything may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running example. It ends with the test, even if the test fails.
struct Example {
    child: Child,
    /// The output of the example, line by line.
    printed: Receiver<String>,
}

impl Example {
    fn start(name: &str, arguments: &[&str]) -> Self {
        let program = program(name);
        let mut child = Command::new(&program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{}: {e}; cargo build --examples", program.display()));
        let stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let (sender, printed) = channel();
        // This thread ends with the example. It goes on reading when the test does not, so that the
        // pipe is never full.
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self { child, printed }
    }

    /// The next line of output. None at the end of the output.
    fn line(&self) -> Option<String> {
        use std::sync::mpsc::RecvTimeoutError::{Disconnected, Timeout};
        match self.printed.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(Disconnected) => None,
            Err(Timeout) => panic!("nothing more was printed"),
        }
    }

    /// The address that the example reports.
    fn address(&self) -> String {
        let line = self.line().expect("it says where it listens");
        let address = line.strip_prefix("listening on ");
        address.expect("it says where it listens").to_owned()
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The path at which cargo has put the example: next to the directory of this test.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    let target = test
        .parent()
        .and_then(|deps| deps.parent())
        .expect("cargo puts it in target/*/deps");
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    target.join("examples").join(name)
}

fn connect(address: &str) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(address).expect("it listens");
    stream
        .set_read_timeout(Some(PATIENCE))
        .expect("patience is not zero");
    stream
        .set_write_timeout(Some(PATIENCE))
        .expect("patience is not zero");
    BufReader::new(stream)
}

fn send(peer: &mut BufReader<TcpStream>, text: &str) {
    let sent = peer.get_mut().write_all(text.as_bytes());
    sent.expect("it reads");
}

fn hear(peer: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    peer.read_line(&mut line).expect("a line comes in time");
    line
}

/// Connects to a relay and says something at once.
fn arrive(address: &str, text: &str) -> BufReader<TcpStream> {
    let mut peer = connect(address);
    send(&mut peer, text);
    // On a busy machine, the first line may come so late that the client is greeted before.
    let available = peer.fill_buf().expect("an answer comes in time");
    if available.starts_with(b"* Welcome") {
        hear(&mut peer);
    }
    peer
}

#[test]
fn hub_alone_plays_without_a_socket() {
    let mut example = Example::start("hub_alone", &[]);
    let mut stdin = example.child.stdin.take().unwrap();
    stdin
        .write_all(b"alice: hello\nbob: hi, alice\nbob: /join dev\n")
        .unwrap();
    drop(stdin);
    let printed: Vec<String> = std::iter::from_fn(|| example.line()).collect();
    assert_eq!(
        printed,
        [
            "alice is in lobby now",
            "alice sees bob come in",
            "bob is in lobby now",
            "bob has missed 1 lines",
            "alice hears bob say: hi, alice",
            "alice sees bob go",
            "bob is in dev now",
        ]
    );
    assert!(example.child.wait().unwrap().success());
}

#[test]
fn remember_remembers() {
    let path = std::env::temp_dir().join(format!("parloir-remember-{}", std::process::id()));
    let file = path.display().to_string();
    for round in 1..=3 {
        let mut example = Example::start("remember", &[&file]);
        let mut ana = arrive(&example.address(), "ana\n");
        assert_eq!(hear(&mut ana), "* You are ana, alone in lobby.\n");
        for earlier in 1..round {
            assert!(hear(&mut ana).ends_with(&format!("<ana> this is {earlier}\n")));
        }
        // More than the relay remembers: the store is asked.
        send(&mut ana, &format!("this is {round}\n/history 150\n"));
        for all in 1..=round {
            assert!(hear(&mut ana).ends_with(&format!("<ana> this is {all}\n")));
        }
        drop(example.child.stdin.take());
        assert!(example.child.wait().expect("it ends").success());
    }
    let _ = std::fs::remove_file(path);
}

#[test]
fn echo_gives_whole_lines_back() {
    let example = Example::start("echo", &["127.0.0.1:0"]);
    let mut peer = connect(&example.address());
    send(&mut peer, "one\ntwo\nthr");
    assert_eq!(hear(&mut peer), "one\n");
    assert_eq!(hear(&mut peer), "two\n");
    send(&mut peer, "ee\nlast");
    assert_eq!(hear(&mut peer), "three\n");
    peer.get_ref().shutdown(Shutdown::Write).unwrap();
    assert_eq!(hear(&mut peer), "last");
    assert!(example.line().unwrap().contains(" is 127.0.0.1:"));
    assert!(example.line().unwrap().ends_with("ended by the peer"));
}

#[test]
fn echo_gives_back_more_than_fits_in_a_turn() {
    let example = Example::start("echo", &["127.0.0.1:0"]);
    let mut peer = connect(&example.address());
    let sent: String = (0..200_000).map(|n| format!("{n}\n")).collect();
    let mut writer = peer.get_ref().try_clone().unwrap();
    let text = sent.clone();
    let writing = thread::spawn(move || {
        writer.write_all(text.as_bytes()).unwrap();
        writer.shutdown(Shutdown::Write).unwrap();
    });
    let mut heard = String::new();
    peer.read_to_string(&mut heard).unwrap();
    writing.join().unwrap();
    assert_eq!(heard.len(), sent.len());
    assert!(heard == sent, "the lines came back changed");
}

#[test]
fn own_loop_serves_and_ticks() {
    let example = Example::start("own_loop", &["127.0.0.1:0"]);
    let address = example.address();
    let mut alice = arrive(&address, "alice\n");
    assert_eq!(hear(&mut alice), "* You are alice, alone in lobby.\n");
    let _bob = arrive(&address, "bob\nhello\n");
    assert_eq!(hear(&mut alice), "* bob joined\n");
    assert_eq!(hear(&mut alice), "<bob> hello\n");
    while example.line().expect("it ticks for ever") != "tick: 2 with a nickname" {}
}

#[test]
fn own_loop_greets_whoever_is_silent() {
    let example = Example::start("own_loop", &["127.0.0.1:0"]);
    // The client sends nothing: the relay speaks first, when its own time has come.
    let greeting = hear(&mut connect(&example.address()));
    assert!(greeting.starts_with("* Welcome to parloir."), "{greeting}");
}

#[test]
fn hooks_admit_edit_and_roll() {
    let example = Example::start("hooks", &["127.0.0.1:0"]);
    let address = example.address();
    let (mut alice, mut bob) = (connect(&address), connect(&address));
    send(&mut alice, "alice\n");
    assert_eq!(hear(&mut alice), "* You are alice, alone in lobby.\n");
    send(
        &mut bob,
        "bob\nhello\nGOOD MORNING\nhttp://x/\n/roll 1\n/dance\n",
    );
    assert_eq!(hear(&mut alice), "* bob joined\n");
    assert_eq!(hear(&mut alice), "<bob> hello\n");
    assert_eq!(hear(&mut alice), "<bob> good morning\n");
    for answer in [
        "* You are bob, in lobby with alice.\n",
        "* no links in this house, please\n",
        "* bob rolls 1 of 1\n",
        "* unknown command /dance; /help lists the commands\n",
    ] {
        assert_eq!(hear(&mut bob), answer);
    }
    assert_eq!(example.line().as_deref(), Some("bob: hello"));
}

#[test]
fn clock_strikes_in_the_lobby() {
    let example = Example::start("clock", &["127.0.0.1:0", "0.1"]);
    let mut peer = connect(&example.address());
    assert!(hear(&mut peer).starts_with("* Welcome"));
    for _ in 0..2 {
        let line = hear(&mut peer);
        assert!(line.starts_with("<clock> 20"), "{line}");
        assert!(line.ends_with("Z, 1 connected\n"), "{line}");
    }
}
