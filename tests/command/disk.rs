//! Disks that fail, for real: full, read-only, with errors, and one that hangs. The chat goes on, the log says it once,
//! and the file is whole afterwards.
//!
//! Small file systems are mounted for it, which only root may do; elsewhere the tests are skipped, and say so.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::wire::{Client, PATIENCE, Program};

/// Runs a tool. Returns whether it did what it was asked.
fn tool(words: &[&str]) -> bool {
    let output = Command::new(words[0]).args(&words[1..]).output();
    output.is_ok_and(|it| it.status.success())
}

/// A folder with small file systems in it, which are unmounted at the end.
struct Disks {
    folder: PathBuf,
    mounted: Vec<String>,
}

impl Disks {
    fn new(name: &str) -> Self {
        let name = format!("parloir-disk-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).expect("a place for files");
        let mounted = Vec::new();
        Self { folder, mounted }
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// Mounts a file system; None, and a word about it, where that cannot be done.
    fn mount(&mut self, name: &str, words: &[&str]) -> Option<String> {
        let place = self.path(name);
        fs::create_dir(&place).expect("a place for files");
        let all = [&["mount"], words, &[&*place]].concat();
        if !tool(&all) {
            println!("skipped: {}: only root may mount it", all.join(" "));
            return None;
        }
        self.mounted.push(place.clone());
        Some(place)
    }

    /// Mounts a file system of memory.
    fn memory(&mut self, name: &str, size: &str) -> Option<String> {
        self.mount(name, &["-t", "tmpfs", "-o", size, "tmpfs"])
    }

    /// Makes a disk out of a file, and mounts it.
    fn image(&mut self, name: &str, image: &str, mkfs: &[&str]) -> Option<String> {
        let file = fs::File::create(image).expect("a place for files");
        file.set_len(128 << 20).expect("a place for files");
        drop(file);
        if !tool(&[&["mkfs.ext4", "-q", "-F"], mkfs, &[image]].concat()) {
            println!("skipped: there is no mkfs.ext4");
            return None;
        }
        self.mount(name, &["-o", "loop", image])
    }
}

impl Drop for Disks {
    fn drop(&mut self) {
        for place in self.mounted.iter().rev() {
            // A program that a failed test has left behind may still have files open there.
            let _ = tool(&["umount", place]) || tool(&["umount", "-l", place]);
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A file system that takes no writes until this is dropped.
struct Frozen(String);

impl Frozen {
    fn new(place: &str) -> Option<Self> {
        let is_frozen = tool(&["fsfreeze", "-f", place]);
        if !is_frozen {
            println!("skipped: fsfreeze cannot freeze {place}");
        }
        is_frozen.then(|| Self(place.to_owned()))
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        let _ = tool(&["fsfreeze", "-u", &self.0]);
    }
}

struct Talk {
    relay: Program,
    ana: Client,
    bob: Client,
    said: usize,
    /// Of a line.
    length: usize,
}

impl Talk {
    fn start(file: &str) -> Self {
        let relay = Program::start(&["--data", file, "--rate", "0"]);
        let (mut ana, bob) = (relay.join("ana"), relay.join("bob"));
        ana.wait_for_line("* bob joined");
        Self {
            relay,
            ana,
            bob,
            said: 0,
            length: 1_000,
        }
    }

    /// Says a long line, and waits until it is heard. Returns how long that took.
    fn say(&mut self) -> Duration {
        let (n, began) = (self.said, Instant::now());
        self.said += 1;
        self.ana.send(format!("{n} {}\n", "x".repeat(self.length)));
        self.bob
            .wait_for(|line| line.starts_with(&format!("<ana> {n} ")));
        began.elapsed()
    }

    fn say_many(&mut self, count: usize) {
        for _ in 0..count {
            self.say();
        }
    }

    /// Talks until the log has these words.
    fn say_until_logged(&mut self, words: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.relay.has_logged(words) {
            assert!(Instant::now() < until, "{words:?} is not in the log");
            self.say();
        }
    }
}

/// Runs `parloir data`.
fn data(file: &str, args: &[&str]) -> Output {
    let mut command = Program::command();
    command.args(["data", "--data", file]).args(args);
    command.output().expect("it runs")
}

/// The number of messages in a file that is whole, which are the first that were said, in their order.
fn kept(file: &str) -> usize {
    let check = data(file, &["check"]);
    assert_eq!(check.status.code(), Some(0), "{check:?}");
    let output = data(file, &["export"]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let texts = text.lines().map(|line| {
        let object: serde_json::Value = serde_json::from_str(line).expect("an object");
        object["text"].as_str().expect("a text").to_owned()
    });
    let mut count = 0;
    for said in texts {
        assert!(
            said.starts_with(&format!("{count} ")),
            "{count}: {}",
            &said[..9]
        );
        count += 1;
    }
    count
}

fn wait_until_kept(file: &str, count: usize) {
    let until = Instant::now() + PATIENCE;
    while kept(file) < count {
        assert!(Instant::now() < until, "{count} lines are not in {file}");
    }
}

fn count(text: &str, words: &str) -> usize {
    text.matches(words).count()
}

const BEGINS: &str = "; the chat goes on, and it is tried again";
const ENDS: &str = "is written to again";

#[test]
fn a_full_disk_that_gets_room_again_has_lost_nothing() {
    let mut disks = Disks::new("room");
    let Some(place) = disks.memory("small", "size=1m") else {
        return;
    };
    let file = format!("{place}/chat.db");
    let mut talk = Talk::start(&file);
    talk.say_many(2_000);
    talk.relay.wait_until_logged(BEGINS);
    talk.say_many(500);
    assert!(tool(&["mount", "-o", "remount,size=64m", &place]));
    talk.say_until_logged(ENDS);
    let exit = talk.relay.stop();
    assert_eq!(exit.status, Some(0));
    assert_eq!(count(&exit.stderr, BEGINS), 1, "{}", exit.stderr);
    assert_eq!(count(&exit.stderr, ENDS), 1, "{}", exit.stderr);
    assert_eq!(kept(&file), talk.said);
}

/// A file system whose disk fails takes no writes any more.
#[test]
fn a_disk_that_became_read_only_keeps_what_was_there() {
    let mut disks = Disks::new("read-only");
    let image = disks.path("image");
    let Some(place) = disks.image("disk", &image, &[]) else {
        return;
    };
    let file = format!("{place}/chat.db");
    let mut talk = Talk::start(&file);
    talk.say_many(200);
    wait_until_kept(&file, talk.said);
    if !tool(&["mount", "-o", "remount,abort", &place]) {
        println!("skipped: a file system that cannot be made to fail");
        return;
    }
    talk.say_until_logged(BEGINS);
    talk.say_many(500);
    let exit = talk.relay.stop();
    assert_eq!(exit.status, Some(0));
    assert_eq!(count(&exit.stderr, BEGINS), 1, "{}", exit.stderr);
    assert_eq!(
        count(&exit.stderr, "could not be written"),
        1,
        "{}",
        exit.stderr
    );
    assert!(tool(&["umount", &place]));
    assert!(tool(&["mount", "-o", "loop", &image, &place]));
    let kept = kept(&file);
    assert!((200..talk.said).contains(&kept), "{kept} of {}", talk.said);
    // The same file goes on.
    let talk = Talk::start(&file);
    assert_eq!(talk.relay.stop().status, Some(0));
}

/// The image of the disk is larger than the place that it lies in, so that writing to it fails.
#[test]
fn a_disk_with_errors_stops_nobody() {
    let mut disks = Disks::new("errors");
    let Some(memory) = disks.memory("memory", "size=3m") else {
        return;
    };
    let image = format!("{memory}/image");
    let without_journal = ["-O", "^has_journal"];
    let Some(place) = disks.image("disk", &image, &without_journal) else {
        return;
    };
    let file = format!("{place}/chat.db");
    let mut talk = Talk::start(&file);
    talk.say_many(4_000);
    talk.relay.wait_until_logged(BEGINS);
    talk.say_many(500);
    assert!(tool(&["mount", "-o", "remount,size=128m", &memory]));
    talk.say_until_logged(ENDS);
    let exit = talk.relay.stop();
    assert_eq!(exit.status, Some(0));
    assert!(exit.stderr.contains("I/O error"), "{}", exit.stderr);
    assert_eq!(count(&exit.stderr, BEGINS), 1, "{}", exit.stderr);
    assert_eq!(count(&exit.stderr, ENDS), 1, "{}", exit.stderr);
    assert_eq!(kept(&file), talk.said);
}

/// The disk hangs: whoever waits for it cannot even be killed.
#[test]
fn a_disk_that_hangs_holds_up_nobody() {
    let mut disks = Disks::new("hangs");
    let image = disks.path("image");
    let Some(place) = disks.image("disk", &image, &[]) else {
        return;
    };
    let file = format!("{place}/chat.db");
    let mut talk = Talk::start(&file);
    // The talk meanwhile is to fit on the disk.
    talk.length = 10;
    talk.say_many(200);
    let Some(frozen) = Frozen::new(&place) else {
        return;
    };
    let began = Instant::now();
    let mut times = Vec::new();
    // Until it has been told, and some time longer.
    while began.elapsed() < Duration::from_secs(6) {
        times.push(talk.say());
    }
    talk.relay.wait_until_logged("has not answered for");
    drop(frozen);
    talk.say_until_logged("answers again");
    let exit = talk.relay.stop();
    assert_eq!(exit.status, Some(0));
    for words in ["has not answered for", "answers again"] {
        assert_eq!(count(&exit.stderr, words), 1, "{}", exit.stderr);
    }
    assert_eq!(kept(&file), talk.said);
    times.sort_unstable();
    let [middle, most] = [50, 99].map(|percent| times[times.len() * percent / 100]);
    println!("while the disk hangs: p50 {middle:?}, p99 {most:?}");
}

/// The file is removed while it is written: it is there again, with all that it held.
#[test]
fn a_file_that_is_removed_comes_back() {
    let disks = Disks::new("removed");
    let file = disks.path("chat.db");
    let mut talk = Talk::start(&file);
    talk.say_many(100);
    for suffix in ["", "-wal", "-shm", ".lock"] {
        // A late commit may have noticed it in between.
        let _ = fs::remove_file(format!("{file}{suffix}"));
    }
    talk.say_until_logged("it is there again, with all that it held");
    let exit = talk.relay.stop();
    assert_eq!(exit.status, Some(0));
    assert_eq!(kept(&file), talk.said);
}
