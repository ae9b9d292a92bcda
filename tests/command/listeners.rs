//! The endpoints that `--listen` and `--console` open: Unix sockets, both families at once, roles,
//! the terminal.

use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use crate::wire::{Client, End, GREETING, PATIENCE, Program};

/// A path that belongs to this test.
fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A path for a socket, which must be a short one.
fn socket_path(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("parloir-{}-{name}", std::process::id()))
}

fn open(flags: &[&str]) -> Program {
    let mut command = Program::command();
    command.args(flags);
    Program::open(command)
}

fn unix(path: &Path) -> String {
    format!("unix:{}", path.display())
}

#[test]
fn a_stale_unix_socket_is_replaced_and_ones_own_removed() {
    let path = socket_path("stale.sock");
    drop(UnixListener::bind(&path).expect("a socket"));
    assert!(path.exists(), "it is stale, not gone");
    let program = open(&["--listen", &unix(&path)]);
    assert_eq!(program.places(), [unix(&path)]);
    Client::connect_unix(&path).named("bob");
    assert_eq!(program.stop().status, Some(0));
    assert!(!path.exists(), "it was left behind");
}

#[test]
fn a_live_unix_socket_is_left_alone() {
    let path = socket_path("taken.sock");
    let first = open(&["--listen", &unix(&path)]);
    let mut bob = Client::connect_unix(&path).named("bob");
    let mut second = Program::command();
    second.args(["--listen", &unix(&path)]);
    let exit = Program::try_open(second).err().expect("the place is taken");
    assert_eq!(exit.status, Some(2));
    bob.send("/who\n");
    bob.wait_for_line("* lobby: bob");
    Client::connect_unix(&path).named("alice");
    assert_eq!(first.stop().status, Some(0));
    assert!(!path.exists(), "it was left behind");
}

#[test]
fn a_unix_socket_has_the_mode_that_was_asked_for_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    for (umask, mode, bits) in [("022", "0660", 0o660), ("077", "666", 0o666)] {
        let path = socket_path(&format!("mode-{umask}.sock"));
        let mut command = Command::new("sh");
        command.args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")]);
        command.args([env!("CARGO_BIN_EXE_parloir"), "--listen", &unix(&path)]);
        command.args(["--unix-mode", mode]);
        let program = Program::open(command);
        let found = std::fs::metadata(&path).expect("it is there").permissions();
        assert_eq!(found.mode() & 0o777, bits, "{umask} {mode}");
        Client::connect_unix(&path).named("bob");
        assert_eq!(program.stop().status, Some(0));
    }
}

#[test]
fn a_socket_file_that_someone_else_made_meanwhile_is_not_removed() {
    let path = socket_path("theirs.sock");
    let program = open(&["--listen", &unix(&path)]);
    std::fs::remove_file(&path).expect("it is there");
    let theirs = UnixListener::bind(&path).expect("the name is free");
    assert_eq!(program.stop().status, Some(0));
    assert!(path.exists(), "it was not its own to remove");
    drop(theirs);
    std::fs::remove_file(&path).expect("it is there");
}

#[test]
fn behind_a_proxy_the_address_that_counts_is_the_one_it_tells() {
    let program = open(&[
        "--listen",
        "auto+proxy://127.0.0.1:0",
        "--listen",
        "127.0.0.1:0",
        "--max-per-address",
        "1",
        "-vv",
    ]);
    let [proxied, direct] = program.addresses()[..] else {
        panic!("{:?}", program.opening)
    };
    let come = |ip: &str| {
        let mut client = Client::connect(proxied);
        client.send(format!("PROXY TCP4 {ip} 198.51.100.1 12345 4242\r\n"));
        client
    };
    let mut alice = come("192.0.2.1").named("alice");
    let mut other = come("192.0.2.1");
    let told = "* too many connections from your address\n";
    assert_eq!(other.rest(), (told.to_owned(), End::Fin));
    come("192.0.2.2").named("bob");
    alice.expect("* bob joined");
    alice.expect("* bob left");
    let mut silent = come("192.0.2.3");
    silent.expect(GREETING);
    // On the other listener, such a header does not become a name.
    let mut plain = Client::connect(direct);
    plain.send("PROXY TCP4 192.0.2.9 198.51.100.1 12345 4242\r\n");
    assert_eq!(plain.rest(), (String::new(), End::Fin));
    let elsewhere = ["--proxy-from", "10.0.0.0/8"];
    let path = socket_path("proxied.sock");
    let place = format!("talk+proxy+{}", unix(&path));
    let other = open(
        &[
            &["--listen", "auto+proxy://127.0.0.1:0"],
            &["--listen", &*place],
            &elsewhere[..],
        ]
        .concat(),
    );
    let mut untrusted = other.connect();
    let _ = untrusted.try_send("PROXY UNKNOWN\r\n");
    assert_eq!(untrusted.rest().0, "");
    // A client that may write to the path is trusted.
    let mut trusted = Client::connect_unix(&path);
    trusted.send("PROXY UNKNOWN\r\nbot\nhello\n");
    trusted.end_output();
    assert_eq!(trusted.rest(), (String::new(), End::Fin));
    assert_eq!(other.stop().status, Some(0));
    let mut nobody = Client::connect(proxied);
    nobody.send("alice\n");
    assert_eq!(nobody.rest().0, "");
    let exit = program.stop();
    assert!(exit.stderr.contains("from 192.0.2.2:12345"), "{exit:?}");
    assert!(exit.stderr.contains("bad PROXY header"), "{exit:?}");
}

#[test]
fn the_unspecified_address_takes_both_families_and_shows_ipv4_as_such() {
    let program = open(&["--listen", "[::]:0", "-vv"]);
    let port = program.address().port();
    let four = format!("127.0.0.1:{port}").parse().unwrap();
    let six = format!("[::1]:{port}").parse().unwrap();
    let mut alice = Client::join(four, "alice");
    Client::join(six, "bob");
    alice.expect("* bob joined");
    let exit = program.stop();
    assert!(exit.stderr.contains(" from 127.0.0.1:"), "{exit:?}");
    assert!(exit.stderr.contains(" from [::1]:"), "{exit:?}");
    assert!(!exit.stderr.contains("::ffff:"), "{exit:?}");
}

#[test]
fn listeners_have_roles() {
    let program = open(&[
        "--listen",
        "127.0.0.1:0",
        "--listen",
        "listen://127.0.0.1:0",
        "--listen",
        "talk://127.0.0.1:0",
        "--listen",
        "broker://127.0.0.1:0",
        "--listen",
        "line://127.0.0.1:0",
    ]);
    let [chat, listen, talk, broker, line] = program.addresses()[..] else {
        panic!("{:?}", program.opening)
    };
    let mut alice = Client::join(chat, "alice");
    let mut reader = Client::connect(listen);
    // A client that only listens has nothing to say, and may end its output.
    reader.end_output();
    let mut people = Client::join(line, "people");
    alice.expect("* people joined");
    let mut writer = Client::connect(talk);
    writer.send("bot\n/who\n");
    writer.end_output();
    alice.expect("* bot joined");
    alice.expect("<bot> /who");
    alice.expect("* bot left");
    people.wait_for_line("<bot> /who");
    assert_eq!(writer.rest(), (String::new(), End::Fin));
    reader.expect("<bot> /who");

    let mut one = Client::connect(broker);
    let mut two = Client::connect(broker);
    // A greeting on another listener shows that the two earlier connections were accepted before.
    Client::connect(chat).expect(GREETING);
    one.send("bare\n");
    two.expect("bare");
    two.send("<alice> /quit\n");
    one.expect("<alice> /quit");
    alice.send("/who\n");
    let who = alice.wait_for(|line| line.starts_with("* lobby: "));
    assert!(who.starts_with("* lobby: alice, people and "), "{who}");
}

/// `nc -z`, haproxy and Kubernetes connect and leave at once. Their connections stayed for minutes,
/// because on a listener for listening only, the end of a client's output is not the end of the
/// connection.
#[test]
fn health_checks_stayed_where_one_only_listens() {
    let program = open(&[
        "--listen",
        "127.0.0.1:0",
        "--listen",
        "listen://127.0.0.1:0",
        "--rate",
        "0",
    ]);
    let [chat, listen] = program.addresses()[..] else {
        panic!("{:?}", program.opening)
    };
    let mut alice = Client::join(chat, "alice");
    // As `nc HOST PORT </dev/null` does.
    let mut reader = Client::connect(listen);
    reader.end_output();
    for _ in 0..20 {
        drop(Client::connect(listen));
    }
    loop {
        alice.send("/who\n");
        if alice.line() == "* lobby: alice and 1 listener" {
            break;
        }
    }
    alice.send("hello\n");
    reader.expect("<alice> hello");
}

#[test]
fn the_host_is_in_the_room_from_the_terminal() {
    let mut program = Program::start(&["--console"]);
    program.wait_until_shown("* You are host, alone in lobby.");
    let mut bob = program.join("bob");
    assert_eq!(program.shown(), "* bob joined");
    program.type_in("hello\n");
    bob.expect("<host> hello");
    bob.send("hi\n");
    assert_eq!(program.shown(), "<bob> hi");
    program.type_in("/who\n");
    assert_eq!(program.shown(), "* lobby: host and bob");
    program.type_in("/kick nobody\n");
    assert_eq!(program.shown(), "* no one here is called nobody");
    program.type_in("/kick bob too loud\n");
    assert_eq!(program.shown(), "* bob left (removed by host: too loud)");
    let told = "* you were disconnected by host (too loud)\n";
    assert_eq!(bob.rest(), (told.into(), End::Fin));
    let mut carol = program.join("carol");
    program.type_in("/quit\n");
    carol.wait_for_line("* the server is stopping");
    assert_eq!(carol.rest(), (String::new(), End::Fin));
    let exit = program.wait();
    assert_eq!(exit.status, Some(0));
    assert_eq!(exit.stdout, "* carol joined\n* the server is stopping\n");
}

#[test]
fn a_terminal_at_its_end_still_shows_what_is_said() {
    let mut program = Program::start(&["--console"]);
    program.end_input();
    program.wait_until_shown("* You are host, alone in lobby.");
    let mut bob = program.join("bob");
    bob.send("anyone?\n/who\n");
    bob.wait_for_line("* lobby: host and bob");
    program.wait_until_shown("<bob> anyone?");
    assert_eq!(program.stop().status, Some(0));
}

#[test]
fn the_console_reads_a_file() {
    let script = path("script");
    std::fs::write(&script, "first\nsecond, without an end").expect("a place for files");
    let mut command = Command::new("sh");
    let line = format!("exec \"$0\" \"$@\" <{}", script.display());
    command.args(["-c", &line, env!("CARGO_BIN_EXE_parloir")]);
    command.args(["--listen", "127.0.0.1:0", "--console"]);
    let mut program = Program::open(command);
    program.wait_until_shown("* You are host, alone in lobby.");
    let mut bob = program.join("bob");
    program.wait_until_shown("* bob joined");
    bob.send("/history\n");
    // Both lines were said, before bob came or afterwards.
    bob.wait_for(|line| line.ends_with("<host> second, without an end"));
    assert_eq!(program.stop().status, Some(0));
}

/// At the end, the program waited until all output was shown, however long the terminal was not
/// read.
#[test]
fn a_terminal_that_shows_nothing_kept_a_stopped_server_alive() {
    let mut child = Program::command()
        .args(["--listen", "127.0.0.1:0", "--console", "--rate", "0"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut shown = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut place = String::new();
    while !place.starts_with("  127.0.0.1") {
        place.clear();
        shown.read_line(&mut place).expect("the opening");
    }
    let address = place.split_whitespace().next().expect("an address");
    // From here on the output is not read: pipe and socket fill up.
    let mut bob = Client::join(address.parse().expect("an address"), "bob");
    for _ in 0..1000 {
        bob.send(format!("{}\n", "x".repeat(1000)));
    }
    bob.send("/who\n");
    bob.wait_for_line("* lobby: host and bob");
    let id = child.id();
    for _ in 0..2 {
        let line = format!("kill -TERM {id}");
        Command::new("sh")
            .args(["-c", &line])
            .status()
            .expect("a shell");
        bob.rest();
    }
    let (sender, ended) = channel();
    let waiting = thread::spawn(move || sender.send(child.wait().map(|status| status.code())));
    let status = ended.recv_timeout(PATIENCE + Duration::from_secs(10));
    if status.is_err() {
        let line = format!("kill -KILL {id}");
        Command::new("sh")
            .args(["-c", &line])
            .status()
            .expect("a shell");
    }
    waiting.join().expect("no panic").ok();
    assert_eq!(status.expect("it ends").expect("it was started"), Some(0));
}
