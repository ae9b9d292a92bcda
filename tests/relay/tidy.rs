//! The rules of this project that a program can check.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Maximum number of lines in a file of `src`, tests within it included.
const LINES_MAX: usize = 450;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder: its path from the root, and its text.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((shown(&path), text));
            }
        }
    }
    found.sort();
    found
}

fn shown(path: &Path) -> String {
    let path = path.strip_prefix(root()).unwrap();
    path.to_string_lossy().replace('\\', "/")
}

/// Lines of code, without comments, that contain one of `words`.
fn lines_with<'a>(text: &'a str, words: &[&str]) -> Vec<&'a str> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .filter(|line| words.iter().any(|word| line.contains(word)))
        .collect()
}

#[test]
fn every_file_begins_with_its_one_job() {
    for folder in ["src", "tests", "benches", "examples"] {
        for (path, text) in sources(folder) {
            let Some(first) = text.lines().next() else {
                continue;
            };
            let job = first.strip_prefix("//! ").unwrap_or_default();
            assert!(
                job.len() > 20,
                "{path} does not begin with what it is for: {first:?}"
            );
        }
    }
}

/// The guide sends a successor to files by the end of their path: `hub/apply.rs`.
#[test]
fn the_guide_names_files_that_are_there() {
    let all = ["src", "tests", "benches"].map(sources).concat();
    let is_there = |name: &str| {
        all.iter()
            .any(|(path, _)| format!("/{path}").ends_with(&format!("/{name}")))
    };
    let mut count = 0;
    for (path, text) in sources("src/guide") {
        for name in text
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|name| name.ends_with(".rs"))
        {
            assert!(is_there(name), "{path} names {name}");
            count += 1;
        }
    }
    assert!(count > 50, "{count} names");
}

#[test]
fn files_are_of_a_size_to_be_read() {
    for (path, text) in sources("src") {
        let lines = text.lines().count();
        assert!(
            lines <= LINES_MAX,
            "{path} has {lines} lines: is that one job?"
        );
    }
}

#[test]
fn the_two_halves_do_not_know_each_other() {
    for (path, text) in sources("src/net") {
        let found = lines_with(&text, &["crate::relay", "Nick", "room_"]);
        assert!(found.is_empty(), "{path} knows the chat: {found:?}");
    }
    for (path, text) in [sources("src/relay"), sources("src/lab")].concat() {
        let found = lines_with(&text, &["crate::net", "mio::", "Server<", "TcpStream"]);
        assert!(found.is_empty(), "{path} knows the loop: {found:?}");
    }
}

#[test]
fn the_relay_and_the_lab_are_pure_and_deterministic() {
    let impure = [
        "std::net",
        "std::io",
        "std::fs",
        "std::thread",
        "Instant",
        "SystemTime::now",
        "HashMap",
        "HashSet",
    ];
    for (path, text) in [sources("src/relay"), sources("src/lab")].concat() {
        let found = lines_with(&text, &impure);
        assert!(found.is_empty(), "{path}: {found:?}");
    }
    for (path, text) in sources("src/relay/hub") {
        let found = lines_with(&text, &["log::", "dialect", "framing"]);
        assert!(found.is_empty(), "{path} knows too much: {found:?}");
    }
}

#[test]
fn nothing_is_left_for_later_or_slept_through() {
    let later = ["todo!(", "unimplemented!(", "dbg!("];
    for (path, text) in sources("src") {
        let found = lines_with(&text, &later);
        assert!(found.is_empty(), "{path}: {found:?}");
        let found = lines_with(&text, &["thread::sleep"]);
        assert!(found.is_empty(), "{path}: {found:?}");
    }
}

#[test]
fn dependencies_are_content_with_the_stated_rust_version() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let stated = field(&manifest, "rust-version = \"").expect("a rust-version");
    let rustc = run("rustc", &["-vV"]);
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: "));
    let platform = host.expect("rustc names its host");
    let metadata = run(
        env!("CARGO"),
        &[
            "metadata",
            "--format-version=1",
            "--offline",
            "--filter-platform",
            platform,
        ],
    );
    let mut rest = metadata.as_str();
    let mut seen = 0;
    while let Some(at) = rest.find("\"rust_version\":\"") {
        rest = &rest[at..];
        let needed = field(rest, "\"rust_version\":\"").unwrap();
        assert!(
            version(needed) <= version(stated),
            "a dependency needs Rust {needed}"
        );
        rest = &rest[1..];
        seen += 1;
    }
    assert!(seen > 5, "the metadata was not understood");
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root())
        .output();
    String::from_utf8(output.expect("it runs").stdout).unwrap()
}

fn field<'a>(text: &'a str, before: &str) -> Option<&'a str> {
    let at = text.find(before)? + before.len();
    text[at..].split('"').next()
}

/// The parts of a version: `1.88` is `1.88.0`.
fn version(text: &str) -> [u32; 3] {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    std::array::from_fn(|_| parts.next().unwrap_or(0))
}
