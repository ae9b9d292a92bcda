//! `parloir data import`: logs of other programs and what was exported, into a file that a server goes on with.

use std::fs;

use super::{Folder, done, failed, start};

const IRSSI: &str = "\
--- Log opened Sat Nov 28 14:03:07 2026
14:03 -!- bob [~bob@host] has joined #dev
14:03 <@ana> hello
14:04  * bob waves
14:05 -ana:#dev- look
14:05 <***> nobody
--- Day changed Sun Nov 29 2026
00:01 <ana> a new \u{2}day\u{2}
nonsense
";
const WEECHAT: &str = "\
2026-11-28 15:00:00\t@ana\tfrom WeeChat
2026-11-28 15:00:01\t *\tbob waves again
2026-11-28 15:00:02\t-->\teve (~eve@host) has joined #ops
";
const ZNC: &str = "[16:00:00] <carol> from ZNC\n[16:00:01] *** Joins: eve (~eve@host)\n";

/// A file below the folder.
fn put(folder: &Folder, name: &str, text: &str) -> String {
    let path = folder.0.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a place for files");
    fs::write(&path, text).expect("a place for files");
    path.display().to_string()
}

fn lines(folder: &Folder) -> Vec<String> {
    let text = done(&folder.file(), &["export", "--format", "txt"]);
    text.lines().map(str::to_owned).collect()
}

#[test]
fn logs_of_three_programs_are_told_apart_and_go_into_their_rooms() {
    let folder = Folder::new("logs");
    put(&folder, "logs/libera/#dev.log", IRSSI);
    put(&folder, "logs/irc.libera.#ops.weechatlog", WEECHAT);
    put(&folder, "logs/znc/#ops/2026-11-28.log", ZNC);
    let private = put(&folder, "logs/znc/bob/2026-11-28.log", ZNC);
    put(&folder, "logs/#dev.orig", "no log");
    let logs = folder.0.join("logs").display().to_string();
    let said = done(&folder.file(), &["import", &logs, "--utc-offset", "-03:30"]);
    let bad = folder.0.join("logs/libera/#dev.log");
    let expected = format!(
        "7 messages into 2 rooms, 2 of them new; 5 lines were left out (3 joins and the like, \
         2 could not be read, the first in {}:6: nobody can have this nickname); 1 file of folders left out, \
         the first {private}: no room is in its name, nor in that of its folder (see --room); \
         times were taken for those of UTC-03:30 (see --utc-offset)\n",
        bad.display()
    );
    assert_eq!(said, expected);
    let expected = [
        "2026-11-28T17:33:00.000Z dev <ana> hello",
        "2026-11-28T17:34:00.000Z dev ~ bob waves",
        "2026-11-28T17:35:00.000Z dev -ana- look",
        "2026-11-28T18:30:00.000Z ops <ana> from WeeChat",
        "2026-11-28T18:30:01.000Z ops ~ bob waves again",
        "2026-11-28T19:30:00.000Z ops <carol> from ZNC",
        "2026-11-29T03:31:00.000Z dev <ana> a new \u{2}day\u{2}",
    ];
    assert_eq!(lines(&folder), expected);
    let again = done(&folder.file(), &["import", &logs, "--utc-offset", "-03:30"]);
    assert!(
        again.starts_with("0 messages into 0 rooms; 7 were there already; "),
        "{again}"
    );
    assert_eq!(lines(&folder), expected);
}

#[test]
fn a_server_shows_what_was_imported_before_what_it_has() {
    let folder = Folder::new("goes-on");
    let relay = start(&folder.file(), &[]);
    let mut ana = relay.join("ana");
    ana.send("/join dev\nsaid here\n/topic the plan\n");
    ana.wait_for_line("* topic: the plan");
    let log = put(&folder, "#dev.log", &IRSSI.replace("2026", "2025"));
    let error = failed(&folder.file(), &["import", &log]);
    let by = format!("is used by another parloir, process {}", relay.id());
    assert!(
        error.contains(&by) && error.contains("stop that one"),
        "{error}"
    );
    assert_eq!(relay.stop().status, Some(0));
    let said = done(&folder.file(), &["import", &log]);
    assert!(said.starts_with("4 messages into 1 room;"), "{said}");
    let relay = start(&folder.file(), &[]);
    let mut bob = relay.join("bob");
    bob.send("/join dev\n");
    bob.wait_for_line("* topic: the plan");
    for end in [
        "<ana> hello",
        "~ bob waves",
        "<ana> a new day",
        "<ana> said here",
    ] {
        bob.wait_for(|line| line.ends_with(end));
    }
    bob.send("after all\n");
    assert_eq!(relay.stop().status, Some(0));
    let lines = lines(&folder);
    assert!(lines.is_sorted(), "{lines:?}");
    assert!(lines[5].ends_with("dev <bob> after all"), "{lines:?}");
    assert!(done(&folder.file(), &["check"]).ends_with("is whole\n"));
}

#[test]
fn what_is_exported_and_imported_is_the_same() {
    let folder = Folder::new("round");
    let relay = start(&folder.file(), &[]);
    let mut ana = relay.join("ana");
    ana.send("hello \"you\"\n/me waves\n/join Größe\nin another room\n/topic end\n");
    ana.wait_for_line("* topic: end");
    assert_eq!(relay.stop().status, Some(0));
    let exported = done(&folder.file(), &["export"]);
    assert_eq!(exported.lines().count(), 3, "{exported}");
    let more = r#"{"room":"Größe","id":"7","time":"2026-01-01T00:00:00.000001Z","kind":"notice","nick":"Eve",
        "user":"eve","host":"00000001.00000002.ip","text":"two\nlines \u0002bold\u0002"}"#;
    let all = exported.clone() + &more.replace('\n', "") + "\n{\"half\":";
    let all = put(&folder, "all.jsonl", &all);
    let copy = folder.0.join("copy.db").display().to_string();
    let said = done(&copy, &["import", &all]);
    let expected = format!(
        "4 messages into 2 rooms, 2 of them new; 1 line was left out \
         (1 could not be read, the first in {all}:5: it is no JSON object)\n"
    );
    assert_eq!(said, expected);
    let copied = done(&copy, &["export"]);
    assert!(copied.ends_with(&exported), "{copied}");
    let again = put(&folder, "again.jsonl", &copied);
    let third = folder.0.join("third.db").display().to_string();
    done(&third, &["import", &again]);
    assert_eq!(done(&third, &["export"]), copied);
    for file in [&copy, &folder.file()] {
        let said = done(file, &["import", &again]);
        assert!(said.contains(" were there already"), "{said}");
    }
    assert_eq!(done(&copy, &["export"]), copied, "twice changes nothing");
    // The one that was not there is older than all, and is so there as well.
    assert_eq!(done(&folder.file(), &["export"]), copied);
}

#[test]
fn a_file_that_does_not_say_enough_is_an_error_and_nothing_is_imported() {
    let folder = Folder::new("unclear");
    let good = put(&folder, "#dev.log", IRSSI);
    let file = folder.file();
    for (name, text, why) in [
        (
            "bob.log",
            IRSSI,
            "no room is in its name, nor in that of its folder (see --room)",
        ),
        (
            "#ops.log",
            ZNC,
            "its day is not in its name, as in 2026-11-28.log",
        ),
        ("#x.log", "what is this?\n", "(see --format)"),
    ] {
        let bad = put(&folder, name, text);
        let error = failed(&file, &["import", &good, &bad]);
        assert!(
            error.contains(why) && error.contains(&bad) && error.contains("nothing was imported"),
            "{error}"
        );
        assert_eq!(lines(&folder), [""; 0]);
    }
    assert!(failed(&file, &["import", "/nosuch/#dev.log"]).contains("no such file"));
    let empty = folder.0.join("empty");
    fs::create_dir(&empty).expect("a place for files");
    let error = failed(&file, &["import", &empty.display().to_string()]);
    assert!(error.contains("there is no file in"), "{error}");
    assert!(failed(&file, &["import", &good, "--utc-offset", "2"]).contains("+02:00"));
    assert!(failed(&file, &["import", &good, "--room", ","]).contains("no room can be called"));

    let bob = put(&folder, "bob.log", IRSSI);
    let said = done(
        &file,
        &["import", &bob, "--room", "#Dev", "--format", "irssi"],
    );
    assert!(
        said.starts_with("4 messages into 1 room, 1 of them new;"),
        "{said}"
    );
    assert!(lines(&folder)[0].contains(" Dev <ana> hello"));
}

#[test]
fn lines_without_an_end_and_in_old_encodings_are_no_trouble() {
    let folder = Folder::new("odd");
    let path = folder.0.join("#dev.log");
    let mut log =
        b"\n--- Log opened Sat Nov 28 14:03:07 2026\r\n14:03 <ana> caf\xe9\r\n14:03 <ana> "
            .to_vec();
    log.extend(vec![b'x'; 20 << 20]);
    log.extend(
        b"\n14:04 <ana> \x1b[31mred\x1b[0m \xff\xfe\n14:05 <ana> \xe2\x80\xae\n14:06 <ana> end",
    );
    fs::write(&path, log).expect("a place for files");
    let path = path.display().to_string();
    let said = done(&folder.file(), &["import", &path, "--utc-offset", "Z"]);
    let expected = format!(
        "3 messages into 1 room, 1 of them new; 2 lines were left out (2 could not be read, \
         the first in {path}:4: it is longer than a line of the chat can be)"
    );
    assert!(said.starts_with(&expected), "{said}");
    let lines = lines(&folder);
    assert_eq!(lines[0], "2026-11-28T14:03:00.000Z dev <ana> café");
    assert!(
        lines[1].starts_with("2026-11-28T14:04:00.000Z dev <ana> red "),
        "{lines:?}"
    );
    assert_eq!(lines[2], "2026-11-28T14:06:00.000Z dev <ana> end");
}

#[test]
fn the_default_file_and_its_folder_are_made() {
    let folder = Folder::new("first");
    let log = put(&folder, "#dev.log", IRSSI);
    let state = folder.0.join("state");
    let run = |args: &[&str]| {
        let mut command = crate::wire::Program::command();
        command
            .env_remove("PARLOIR_DATA")
            .env_remove("STATE_DIRECTORY");
        command.env("XDG_STATE_HOME", &state).arg("data").args(args);
        command.output().expect("it runs").status.code()
    };
    assert_eq!(run(&["info"]), Some(2));
    assert!(!state.exists(), "looking makes nothing");
    assert_eq!(run(&["import", &log]), Some(0));
    assert_eq!(run(&["info"]), Some(0));
    assert!(state.join("parloir/chat.db").exists());
}

#[test]
fn times_are_those_of_this_machine_if_nothing_else_is_said() {
    let folder = Folder::new("zone");
    let log = put(&folder, "#dev.log", IRSSI);
    let import = |zone: &str| {
        let mut command = crate::wire::Program::command();
        command.args(["data", "--data", &folder.file(), "import", &log]);
        let output = command.env("TZ", zone).output().expect("it runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    import("JST-9");
    assert_eq!(
        lines(&folder)[0],
        "2026-11-28T05:03:00.000Z dev <ana> hello"
    );
    if std::path::Path::new("/usr/share/zoneinfo/Europe/Paris").exists() {
        let said = import("Europe/Paris");
        assert!(said.contains("for those of Europe/Paris"), "{said}");
        let paris = "2026-11-28T13:03:00.000Z dev <ana> hello";
        assert!(lines(&folder).iter().any(|it| it == paris));
    } else {
        println!("skipped: a zone by name: this machine has no table of them");
    }
}
