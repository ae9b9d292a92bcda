//! `parloir data export`: messages as JSON for programs, as text, or as a page.

use std::io::{self, BufWriter, Write};

use clap::{Args, ValueEnum};
use parloir::relay::hub::names::is_same;
use parloir::relay::hub::{Entry, Speech};
use parloir::store::StoreFile;
use serde_json::json;

use super::words::{advise, exact_time, time};
use super::{finish, html};

#[derive(Debug, Args)]
pub(super) struct ExportOptions {
    /// One room only
    #[arg(long, value_name = "ROOM")]
    room: Option<String>,
    /// How they are written
    #[arg(long, value_name = "FORMAT", default_value = "jsonl")]
    format: ExportFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    /// A JSON object a line, for programs; `import` reads it again
    Jsonl,
    /// A line of text a message, for people
    Txt,
    /// One page for browsers, room by room
    Html,
}

/// Names that are suggested in place of one that is none.
const SUGGESTED_MAX: usize = 3;

pub(super) fn export(file: &StoreFile, options: &ExportOptions) -> Result<u8, String> {
    let room = match &options.room {
        Some(room) => Some(find_room(file, room)?),
        None => None,
    };
    let room = room.as_deref();
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match options.format {
        ExportFormat::Jsonl => write_lines(file, room, as_json, &mut out)?,
        ExportFormat::Txt => write_lines(file, room, as_text, &mut out)?,
        ExportFormat::Html => html::write(file, room, &mut out)?,
    };
    finish(written.and_then(|()| out.flush()))
}

fn write_lines(
    file: &StoreFile,
    room: Option<&str>,
    line: fn(&str, &Entry) -> String,
    out: &mut impl Write,
) -> Result<io::Result<()>, String> {
    let mut written = Ok(());
    let shown = file.messages(room, |room, entry| {
        written = out.write_all(line(room, entry).as_bytes());
        written.is_ok()
    });
    shown.map_err(|error| advise(&error))?;
    Ok(written)
}

/// `{"room":"dev","id":"8589934592","time":"2026-11-29T15:06:43.108000Z","kind":"message","nick":"ana","text":"hello"}`
fn as_json(room: &str, it: &Entry) -> String {
    let line = json!({
        "room": room,
        "id": it.id.0.to_string(),
        "time": exact_time(it.unix_us).to_string(),
        "kind": kind(it.speech),
        "nick": it.from,
        "user": it.user(),
        "host": it.host.to_string(),
        "text": it.text,
    });
    format!("{line}\n")
}

/// `2026-11-29T15:06:43.108Z dev <ana> hello`; further lines of one message are indented.
fn as_text(room: &str, it: &Entry) -> String {
    let (time, from, text) = (time(it.unix_us), &it.from, it.text.replace('\n', "\n    "));
    match it.speech {
        Speech::Action => format!("{time} {room} ~ {from} {text}\n"),
        Speech::Notice => format!("{time} {room} -{from}- {text}\n"),
        _ => format!("{time} {room} <{from}> {text}\n"),
    }
}

fn kind(speech: Speech) -> &'static str {
    match speech {
        Speech::Action => "action",
        Speech::Notice => "notice",
        _ => "message",
    }
}

/// The room that a name means, with or without the `#` that IRC writes before it.
pub(super) fn find_room(file: &StoreFile, name: &str) -> Result<String, String> {
    let rooms = file.rooms().map_err(|error| advise(&error))?;
    let rooms: Vec<_> = rooms.into_iter().map(|room| room.name).collect();
    let bare = name.strip_prefix('#').unwrap_or(name);
    for wanted in [name, bare] {
        if let Some(found) = rooms.iter().find(|room| is_same(room, wanted)) {
            return Ok(found.clone());
        }
    }
    let close: Vec<_> = rooms.iter().filter(|room| is_close(room, bare)).collect();
    let close: Vec<_> = close.iter().take(SUGGESTED_MAX).map(|it| &***it).collect();
    Err(match close.is_empty() {
        true => format!("there is no room {name} (parloir data info --rooms lists them)"),
        false => format!(
            "there is no room {name} (did you mean {}? parloir data info --rooms lists them)",
            close.join(" or ")
        ),
    })
}

/// Returns whether somebody may have meant one name by another: it is part of it, or two letters or fewer differ.
fn is_close(name: &str, meant: &str) -> bool {
    let (name, meant) = (name.to_lowercase(), meant.to_lowercase());
    let is_part = meant.chars().count() >= 3 && name.contains(&meant);
    is_part || (distance(&name, &meant) <= 2 && meant.chars().count() > 2)
}

/// The number of letters that have to be put in, left out or replaced to make one word of another (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<_> = other.chars().take(100).collect();
    // The distances of the word so far from each beginning of the other.
    let mut so_far: Vec<_> = (0..=other.len()).collect();
    for (row, letter) in one.chars().enumerate() {
        let mut next = vec![row + 1];
        for (at, its) in other.iter().enumerate() {
            let replaced = so_far[at] + usize::from(letter != *its);
            next.push(replaced.min(so_far[at + 1] + 1).min(next[at] + 1));
        }
        so_far = next;
    }
    so_far.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_close_if_somebody_may_have_meant_them() {
        for (name, meant, expected) in [
            ("general", "genral", true),
            ("general", "Generall", true),
            ("developers", "dev", true),
            ("dev", "ops", false),
            ("lobby", "lobyb", true),
            ("dev", "d", false),
            ("lobby", "", false),
        ] {
            assert_eq!(is_close(name, meant), expected, "{name} {meant}");
        }
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
