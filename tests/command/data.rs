//! The file that the chat is kept in: what comes back after a stop, after `kill -9`, and what `parloir data` says of it.

mod change;
mod export;
mod import;
mod unwritable;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use crate::wire::{Client, Program};

/// A folder that is gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("parloir-data-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).expect("a place for files");
        Self(path)
    }

    fn file(&self) -> String {
        self.0.join("chat.db").display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn start(file: &str, flags: &[&str]) -> Program {
    Program::start(&[&["--data", file], flags].concat())
}

/// Runs `parloir data`, and returns its output.
fn data(file: &str, args: &[&str]) -> Output {
    let mut command = Program::command();
    command.args(["data", "--data", file]).args(args);
    command.output().expect("it runs")
}

fn text(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).expect("UTF-8")
}

/// Runs it, and returns its output, which must be a success.
fn done(file: &str, args: &[&str]) -> String {
    let output = data(file, args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {output:?}");
    text(&output).to_owned()
}

/// Runs it, and returns what it says of why it failed.
fn failed(file: &str, args: &[&str]) -> String {
    let output = data(file, args);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {output:?}");
    String::from_utf8(output.stderr).expect("UTF-8")
}

/// The line about the file at the start.
fn kept(program: &Program) -> &str {
    let line = program
        .opening
        .iter()
        .find(|it| it.starts_with("The chat is kept"));
    line.expect("it says where the chat is kept")
}

#[test]
fn a_restart_takes_nothing_away() {
    let folder = Folder::new("restart");
    let relay = start(&folder.file(), &[]);
    assert!(
        kept(&relay).ends_with("chat.db: 0 rooms and 0 messages so far."),
        "{}",
        kept(&relay)
    );
    let mut ana = relay.join("ana");
    ana.send("/join dev\n/topic the plan\n/mode +key sesame\n/ban mallory\nhello\n/me waves\n");
    ana.send("/topic\n");
    ana.wait_for_line("* topic: the plan");
    let relay = relay.restart(&["--data", &folder.file()]);
    assert!(
        kept(&relay).ends_with("chat.db: 2 rooms and 2 messages so far."),
        "{}",
        kept(&relay)
    );
    let mut mallory = relay.join("mallory");
    mallory.send("/join dev sesame\n");
    mallory.wait_for(|line| line.contains("banned"));
    let mut bob = relay.join("bob");
    bob.send("/join dev\n");
    bob.wait_for(|line| line.contains("key"));
    bob.send("/join dev sesame\n");
    bob.wait_for_line("* topic: the plan");
    bob.wait_for(|line| line.ends_with("<ana> hello"));
    bob.wait_for(|line| line.ends_with("~ ana waves"));
    bob.send("/topic mine\n/mode +moderated\n");
    bob.wait_for(|line| line.contains("operator"));
    let mut ana = relay.join("ana");
    ana.send("/join dev sesame\n/mode +moderated\n");
    bob.wait_for_line("* only those with a voice may speak now (by ana)");
    assert_eq!(relay.stop().status, Some(0));
}

#[test]
fn an_explicit_file_in_use_is_an_error_and_the_default_one_a_warning() {
    let folder = Folder::new("in-use");
    let first = start(&folder.file(), &[]);
    let mut second = Program::command();
    second.args(["--listen", "127.0.0.1:0", "--data", &folder.file()]);
    let exit = Program::try_open(second).err().expect("it does not open");
    assert_eq!(exit.status, Some(2));
    let by = format!("is used by another parloir, process {}", first.id());
    assert!(exit.stderr.contains(&by), "{}", exit.stderr);
    assert_eq!(first.stop().status, Some(0));

    let at_home = || {
        let mut command = Program::command();
        command
            .args(["--listen", "127.0.0.1:0"])
            .env_remove("PARLOIR_DATA");
        command
            .env("XDG_STATE_HOME", &folder.0)
            .env_remove("STATE_DIRECTORY");
        command
    };
    let first = Program::open_as_it_is(at_home());
    assert!(
        kept(&first).contains("parloir/chat.db: 0 rooms"),
        "{}",
        kept(&first)
    );
    let second = Program::open_as_it_is(at_home());
    assert!(kept(&second).contains("in memory"), "{}", kept(&second));
    let exit = second.stop();
    assert!(
        exit.stderr.contains("the chat is kept in memory"),
        "{}",
        exit.stderr
    );
    assert_eq!(first.stop().status, Some(0));
}

#[test]
fn a_broken_file_is_not_written_over() {
    let folder = Folder::new("broken");
    fs::write(folder.file(), "no database").expect("a place for files");
    let mut command = Program::command();
    command.args(["--listen", "127.0.0.1:0", "--data", &folder.file()]);
    let exit = Program::try_open(command).err().expect("it does not open");
    assert_eq!(exit.status, Some(2));
    assert!(exit.stderr.contains("move it away"), "{}", exit.stderr);
    assert_eq!(
        fs::read_to_string(folder.file()).expect("it is there"),
        "no database"
    );
    assert_eq!(data(&folder.file(), &["check"]).status.code(), Some(2));
}

#[test]
fn the_file_can_be_looked_at_and_copied_while_it_is_written() {
    let folder = Folder::new("look");
    let relay = start(&folder.file(), &[]);
    let mut ana = relay.join("ana");
    let mut bob = relay.join("bob");
    ana.send("hello \"you\"\n/me waves\n");
    bob.wait_for_line("~ ana waves");
    bob.send("/join Größe\nalone\n");
    bob.wait_for(|line| line.contains("Größe"));
    let all = |file: &str| {
        let output = data(file, &["export", "--format", "txt"]);
        let lines = text(&output).lines().map(|line| {
            let (_, said) = line.split_once(' ').expect("a time");
            said.to_owned()
        });
        lines.collect::<Vec<_>>()
    };
    let expected = [
        "lobby <ana> hello \"you\"",
        "lobby ~ ana waves",
        "Größe <bob> alone",
    ];
    let until = Instant::now() + Duration::from_secs(30);
    // Each look is at the file as it is at that moment, which may be before the commit.
    while all(&folder.file()) != expected {
        assert!(Instant::now() < until, "{:?}", all(&folder.file()));
    }
    let info = data(&folder.file(), &["info"]);
    assert!(
        text(&info).ends_with("chat.db: 2 rooms and 3 messages\n"),
        "{}",
        text(&info)
    );
    let one = data(&folder.file(), &["export", "--room", "GRÖSSE"]);
    let object: serde_json::Value = serde_json::from_str(text(&one)).expect("one object");
    assert_eq!(
        (object["room"].as_str(), object["nick"].as_str()),
        (Some("Größe"), Some("bob"))
    );
    assert_eq!(
        (object["kind"].as_str(), object["text"].as_str()),
        (Some("message"), Some("alone"))
    );
    let copy = folder.0.join("copy.db").display().to_string();
    assert_eq!(
        data(&folder.file(), &["backup", &copy]).status.code(),
        Some(0)
    );
    assert_eq!(
        data(&folder.file(), &["backup", &copy]).status.code(),
        Some(2),
        "it is there"
    );
    assert_eq!(relay.stop().status, Some(0));
    assert_eq!(all(&copy), expected);
    for file in [&folder.file(), &copy] {
        let check = data(file, &["check"]);
        assert_eq!(check.status.code(), Some(0), "{}", text(&check));
    }
    let relay = start(&copy, &[]);
    relay
        .join("carol")
        .wait_for(|line| line.ends_with("~ ana waves"));
    assert_eq!(relay.stop().status, Some(0));
}

/// Says numbered lines until the connection is gone.
fn write_until_killed(mut client: Client, name: &str) {
    for n in 0.. {
        if client.try_send(format!("{name} {n}\n")).is_err() {
            break;
        }
        thread::sleep(Duration::from_millis(1)); // The pace of the writers, which is no wait for anything.
    }
}

/// The texts of all messages, with checks that hold for them whenever the server was killed.
fn messages(file: &str) -> Vec<String> {
    let check = data(file, &["check"]);
    assert_eq!(check.status.code(), Some(0), "{}", text(&check));
    let output = data(file, &["export"]);
    let mut last = 0;
    let texts = text(&output).lines().map(|line| {
        let object: serde_json::Value = serde_json::from_str(line).expect("an object");
        let id: u64 = object["id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .expect("an id");
        assert!(id > last, "numbers rise, over every restart");
        last = id;
        object["text"].as_str().expect("a text").to_owned()
    });
    texts.collect()
}

/// `PARLOIR_KILLS=100` kills it a hundred times.
#[test]
fn what_was_said_a_second_before_a_kill_is_kept_and_all_of_it_in_order() {
    let folder = Folder::new("kill");
    let kills = std::env::var("PARLOIR_KILLS")
        .ok()
        .and_then(|it| it.parse().ok());
    let seed = u64::from(std::process::id());
    let mut random = fastrand::Rng::with_seed(seed);
    let mut before = 0;
    for round in 0..kills.unwrap_or(4) {
        let relay = start(&folder.file(), &["--rate", "0"]);
        let mut eve = relay.join("eve");
        let names = ["a", "b", "c"].map(|name| format!("{name}{round}"));
        let writers = names.map(|name| {
            let client = relay.join(&name);
            thread::spawn(move || write_until_killed(client, &name))
        });
        let until = Instant::now() + Duration::from_millis(random.u64(100..1_800));
        let mut heard = Vec::new();
        while Instant::now() < until {
            if let Some((_, said)) = eve.line().split_once("> ") {
                heard.push((Instant::now(), said.to_owned()));
            }
        }
        let killed = Instant::now();
        relay.signal("KILL");
        assert_eq!(relay.wait().status, None);
        for writer in writers {
            writer.join().expect("it writes until the end");
        }
        let all = messages(&folder.file());
        let kept = &all[before..];
        before = all.len();
        // Eve hears the replay of earlier rounds first.
        let of_round = |said: &&(Instant, String)| {
            said.1
                .split(' ')
                .next()
                .is_some_and(|it| it.ends_with(&round.to_string()))
        };
        let heard: Vec<_> = heard.iter().filter(of_round).collect();
        let both = kept.len().min(heard.len());
        let words: Vec<_> = heard.iter().map(|(_, said)| said).collect();
        assert!(
            kept[..both].iter().eq(words[..both].iter().copied()),
            "seed {seed}, round {round}"
        );
        let old = heard
            .iter()
            .filter(|(at, _)| killed - *at > Duration::from_secs(1));
        let old = old.count();
        assert!(
            kept.len() >= old,
            "seed {seed}, round {round}: {} of {old}",
            kept.len()
        );
    }
    assert!(before > 0, "nothing was said");
}

/// The disk is full: the chat goes on, says so once, and the file stays whole.
#[test]
fn a_full_disk_stops_nobody() {
    let folder = Folder::new("full");
    let mount = folder.0.join("small");
    fs::create_dir(&mount).expect("a place for files");
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
        .arg(&mount)
        .output();
    if !mounted.is_ok_and(|it| it.status.success()) {
        println!("skipped: a full disk: only root may mount a small file system");
        return;
    }
    let _unmount = Mounted(mount.clone());
    let file = mount.join("chat.db").display().to_string();
    let relay = start(&file, &["--rate", "0"]);
    let (mut ana, mut bob) = (relay.join("ana"), relay.join("bob"));
    ana.wait_for_line("* bob joined");
    for n in 0..3_000 {
        ana.send(format!("{n} {}\n", "x".repeat(1_000)));
        bob.wait_for(|line| line.starts_with(&format!("<ana> {n} ")));
    }
    let exit = relay.stop();
    assert_eq!(exit.status, Some(0));
    assert_eq!(
        exit.stderr.matches("the chat goes on").count(),
        1,
        "{}",
        exit.stderr
    );
    assert!(
        exit.stderr.contains("could not be written"),
        "{}",
        exit.stderr
    );
    let kept = messages(&file);
    assert!(!kept.is_empty() && kept.len() < 3_000, "{}", kept.len());
    let in_order = (0..)
        .zip(&kept)
        .all(|(n, said)| said.starts_with(&format!("{n} ")));
    assert!(in_order, "what is kept is the beginning");
}

struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg::<&Path>(&self.0).status();
    }
}
