//! `parloir data prune` and `parloir data repair`, with a server before and after.

use std::fmt::Write as _;
use std::fs;

use super::{Folder, data, done, failed, start, text};

/// A file with so many messages in two rooms, a second apart, the last of them from an hour ago or so.
fn fill(folder: &Folder, count: u64) {
    let now = std::time::SystemTime::now();
    let mut lines = String::new();
    for n in 0..count {
        let age = std::time::Duration::from_secs(3_600 + count - n);
        let time = humantime::format_rfc3339_seconds(now - age);
        let room = ["dev", "ops"][n as usize % 2];
        let words = "word ".repeat(50);
        let line =
            format!(r#"{{"room":"{room}","time":"{time}","nick":"ana","text":"{n} {words}"}}"#);
        writeln!(lines, "{line}").expect("a text has room");
    }
    let path = folder.0.join("fill.jsonl");
    fs::write(&path, lines).expect("a place for files");
    done(&folder.file(), &["import", &path.display().to_string()]);
}

fn count(folder: &Folder, room: &str) -> usize {
    let exported = done(
        &folder.file(),
        &["export", "--room", room, "--format", "txt"],
    );
    exported.lines().count()
}

#[test]
fn old_messages_go_now_and_the_file_shrinks() {
    let folder = Folder::new("prune");
    fill(&folder, 4_000);
    let file = folder.file();
    assert!(
        failed(&file, &["prune"]).contains("--keep"),
        "of nothing, nothing"
    );
    let length = || fs::metadata(&file).expect("it is there").len();
    let before = length();
    let said = done(&file, &["prune", "--keep", "0"]);
    assert!(said.starts_with("0 messages deleted; "), "{said}");
    let said = done(&file, &["prune", "--keep", "90m", "--room", "#dev"]);
    // The clock goes on meanwhile.
    let left = count(&folder, "dev");
    assert!((800..=900).contains(&left), "{left}");
    assert!(
        said.starts_with(&format!("1,{} messages deleted; ", 1_000 - left)),
        "{said}"
    );
    assert_eq!(count(&folder, "ops"), 2_000);
    let said = done(&file, &["prune", "--keep-bytes", "200KiB"]);
    assert!(
        length() <= 200 << 10 && before > 1 << 20,
        "{before}: {said}"
    );
    assert!(said.contains(" KiB now, and was "), "{said}");
    assert!(count(&folder, "ops") > 100, "no more goes than has to");
    assert!(
        failed(&file, &["prune", "--keep", "1d", "--room", "nosuch"]).contains("no room nosuch")
    );

    let relay = start(&file, &[]);
    let error = failed(&file, &["prune", "--keep", "1d"]);
    assert!(error.contains("is used by another parloir"), "{error}");
    assert_eq!(relay.stop().status, Some(0));
}

#[test]
fn a_broken_file_is_repaired_and_served() {
    let folder = Folder::new("repair");
    fill(&folder, 2_000);
    let file = folder.file();
    let relay = start(&file, &[]);
    let error = failed(&file, &["repair"]);
    assert!(error.contains("is used by another parloir"), "{error}");
    assert_eq!(relay.stop().status, Some(0));
    let said = done(&file, &["repair"]);
    assert!(
        said.ends_with("is whole: there is nothing to repair\n"),
        "{said}"
    );

    let mut bytes = fs::read(&file).expect("it is there");
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0x5a);
    fs::write(&file, &bytes).expect("a place for files");
    assert_ne!(data(&file, &["check"]).status.code(), Some(0));
    let to = folder.0.join("to.db").display().to_string();
    let said = done(&file, &["repair", "--to", &to]);
    assert!(said.contains("is as it was\n"), "{said}");
    assert_eq!(fs::read(&file).expect("it is there"), bytes);
    assert!(done(&to, &["check"]).ends_with("is whole\n"));

    let said = done(&file, &["repair"]);
    let (_, aside) = said
        .split_once("the broken file is ")
        .expect("it says where");
    let (aside, _) = aside.split_once(" now\n").expect("it says where");
    assert_eq!(fs::read(aside).expect("it is there"), bytes);
    assert!(
        said.contains("\nroom: 2 saved\n") && said.contains(" could not be read\n"),
        "{said}"
    );
    let left = count(&folder, "dev") + count(&folder, "ops");
    assert!((1_900..2_000).contains(&left), "{left}");
    assert!(said.contains(&format!("message: {left} saved, ")), "{said}");
    let relay = start(&file, &[]);
    let mut bob = relay.join("bob");
    bob.send("/join dev\n");
    bob.wait_for(|line| line.contains("<ana> 1998 word"));
    assert_eq!(relay.stop().status, Some(0));
}

#[test]
fn files_that_are_none_are_told_apart() {
    let folder = Folder::new("none");
    let at = |name: &str| folder.0.join(name).display().to_string();
    fs::write(at("text.db"), "no database").expect("a place for files");
    fs::write(at("empty.db"), "").expect("a place for files");
    fs::create_dir(at("folder.db")).expect("a place for files");
    for (name, why) in [
        ("nosuch.db", "there is no "),
        ("empty.db", "it is empty"),
        ("text.db", "file is not a database"),
        ("folder.db", "it is a folder"),
    ] {
        for command in ["info", "check", "export"] {
            let error = failed(&at(name), &[command]);
            assert!(error.contains(why) && error.contains(name), "{error}");
        }
        let error = failed(&at(name), &["prune", "--keep", "1d"]);
        assert!(error.contains(name), "{error}");
    }
    assert!(
        !folder.0.join("nosuch.db").exists(),
        "looking makes nothing"
    );
    let error = failed(&at("text.db"), &["repair"]);
    assert!(error.contains("nothing of it can be read"), "{error}");
    let text_left = fs::read_to_string(at("text.db")).expect("it is there");
    assert_eq!(text_left, "no database");
    let none = failed("none", &["info"]);
    assert!(none.contains("nothing is kept in a file"), "{none}");
    assert_eq!(text(&data(&at("nosuch.db"), &["info"])), "");
}
