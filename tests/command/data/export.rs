//! `parloir data export`: the page, rooms by their names, and a reader that takes its time.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{Folder, done, failed, start};
use crate::wire::Program;

fn fill(folder: &Folder, lines: &str) {
    let path = folder.0.join("fill.jsonl");
    fs::write(&path, lines).expect("a place for files");
    done(&folder.file(), &["import", &path.display().to_string()]);
}

fn line(room: &str, time: &str, text: &str) -> String {
    let text = serde_json::Value::from(text);
    format!("{{\"room\":\"{room}\",\"time\":\"{time}\",\"nick\":\"ana\",\"text\":{text}}}\n")
}

#[test]
fn the_page_is_whole_by_itself_and_nothing_in_it_is_live() {
    let folder = Folder::new("page");
    let hostile = "<script>alert(1)</script> </p> \" ' & https://a.example/?q=1&x=\"onclick=\" javascript:alert(2)";
    let lines = [
        line("dev<b>", "2026-11-28T14:03:07Z", hostile),
        line("dev<b>", "2026-11-28T15:03:07Z", "same day"),
        line("dev<b>", "2026-11-29T00:00:00Z", "next day"),
        line("ops", "2026-11-28T14:03:07Z", "elsewhere"),
    ];
    fill(&folder, &lines.concat());
    let page = done(&folder.file(), &["export", "--format", "html"]);
    for part in [
        "&lt;script&gt;alert(1)&lt;/script&gt; &lt;/p&gt; &quot; &#39; &amp; <a",
        "<a href=\"https://a.example/?q=1&amp;x=\" rel=\"noopener noreferrer\">https://a.example/?q=1&amp;x=</a>&quot;onclick",
        "dev&lt;b&gt;</h2>\n<h3>2026-11-28</h3>",
        "same day</bdi></p>\n<h3>2026-11-29</h3>",
        "ops</h2>",
        "default-src 'none'",
        "prefers-color-scheme: dark",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(
        !page.contains("<script") && !page.contains("<b>\""),
        "{page}"
    );
    assert_eq!(page.matches("href=\"").count(), 3, "two rooms and a link");
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    let page = done(
        &folder.file(),
        &["export", "--format", "html", "--room", "ops"],
    );
    assert!(
        page.contains("elsewhere") && !page.contains("same day"),
        "{page}"
    );
}

#[test]
fn a_room_is_found_as_irc_writes_it_and_one_that_is_not_there_is_an_error() {
    let folder = Folder::new("rooms");
    let time = "2026-11-28T14:03:07Z";
    let rooms = ["dev", "general", "#chat"].map(|room| line(room, time, room));
    fill(&folder, &rooms.concat());
    let file = folder.file();
    for (name, said) in [
        ("dev", "dev <ana> dev"),
        ("#DEV", "dev <ana> dev"),
        ("#chat", "#chat <ana> #chat"),
        ("##chat", "#chat <ana> #chat"),
    ] {
        let text = done(&file, &["export", "--room", name, "--format", "txt"]);
        assert!(text.ends_with(&format!("{said}\n")), "{name}: {text}");
        assert_eq!(text.lines().count(), 1);
    }
    let error = failed(&file, &["export", "--room", "genral"]);
    assert!(
        error.contains("there is no room genral (did you mean general?"),
        "{error}"
    );
    let error = failed(&file, &["export", "--room", "nosuch"]);
    assert!(
        error.contains("parloir data info --rooms lists them"),
        "{error}"
    );
    let info = done(&file, &["info", "--rooms"]);
    let rooms: Vec<_> = info.lines().skip(1).map(str::trim).collect();
    let expected =
        ["#chat", "dev", "general"].map(|room| format!("1  2026-11-28 to 2026-11-28  {room}"));
    assert_eq!(rooms, expected);
}

/// A reader that stops in the middle, as `less` does, once held a look at the file, and the log beside it grew.
#[test]
fn a_reader_that_pauses_does_not_let_the_log_grow() {
    let folder = Folder::new("pause");
    let words = "word ".repeat(100);
    let lines: String = (0..4_000)
        .map(|n| {
            line(
                "dev",
                &format!("2026-11-28T{:02}:{:02}:00Z", n / 60 % 24, n % 60),
                &format!("{n} {words}"),
            )
        })
        .collect();
    fill(&folder, &lines);
    let relay = start(&folder.file(), &["--rate", "0"]);
    let mut export = Program::command();
    export.args(["data", "--data", &folder.file(), "export"]);
    let mut export = export.stdout(Stdio::piped()).spawn().expect("it runs");
    let mut output = BufReader::new(export.stdout.take().expect("it is piped"));
    let mut first = String::new();
    output.read_line(&mut first).expect("it writes");
    // The export waits now: a pipe takes less than there is to write.
    let mut ana = relay.join("ana");
    let log = folder.0.join("chat.db-wal");
    let length = || fs::metadata(&log).map_or(0, |it| it.len());
    // The pages are written over again once it is taken in, which is when the log has 4 MiB or so.
    let until = Instant::now() + Duration::from_secs(60);
    let mut largest = 0;
    for n in 0..6_000 {
        ana.send(format!("{n} {words}{words}{words}\n"));
        if n % 100 == 99 {
            ana.send("/topic\n");
            ana.wait_for(|line| line.starts_with("* "));
            largest = largest.max(length());
            assert!(Instant::now() < until, "it is slow");
        }
    }
    assert!(largest > 0, "nothing was written");
    let rest = output.lines().count();
    assert!(export.wait().expect("it ends").success());
    assert!(rest >= 3_999, "{rest} lines");
    assert_eq!(relay.stop().status, Some(0));
    assert!(largest < 8 << 20, "{largest} bytes");
}
