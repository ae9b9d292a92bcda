//! `parloir data import`: goes through files line by line, and says what became of them.

mod report;

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use jiff::tz::Offset;
use parloir::describe;
use parloir::lines::{Line as CleanLine, LineReader};
use parloir::relay::hub::names::room_name;
use parloir::store::{Import, StoreEditor};

use report::Report;

use super::logs::{Clock, Line, Log, LogFormat, TOO_LONG, day_of, detect, room_of, utc_offset};
use super::print;
use super::words::advise;

#[derive(Debug, Args)]
pub(super) struct ImportOptions {
    /// Files, and folders with files whose names end in .jsonl, .log or .weechatlog
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What they are [default: told from the first lines of each]
    #[arg(long, value_name = "FORMAT")]
    format: Option<LogFormat>,
    /// The room for all of it [default: the one that a line, or the name of the file or its folder has]
    #[arg(long, value_name = "ROOM")]
    room: Option<String>,
    /// How far the times in logs are from UTC, such as +02:00 [default: the time zone of this machine]
    #[arg(long, value_name = "OFFSET", value_parser = utc_offset, allow_hyphen_values = true)]
    utc_offset: Option<Offset>,
}

/// Bytes of a line of a file; longer ones are left out. A text of the chat has 1 MiB at most, and JSON may take six times
/// as much for it.
const LINE_BYTES_MAX: usize = 8 << 20;
/// Lines that are looked at to tell a format.
const LOOKED_AT_MAX: usize = 50;
/// The ends of the names of files that are looked for in folders.
const ENDINGS: [&str; 3] = ["jsonl", "log", "weechatlog"];

const NO_ROOM: &str = "it names no room, nor does the file (see --room)";

pub(super) fn import(path: &Path, options: &ImportOptions) -> Result<u8, String> {
    let room = match &options.room {
        Some(room) => Some(room_name(room).ok_or(format!("no room can be called {room:?}"))?),
        None => None,
    };
    let clock = Clock::new(options.utc_offset);
    let sources = sources(&options.files)?;
    let mut editor = StoreEditor::open_or_make(path).map_err(|error| advise(&error))?;
    let import = editor.import().map_err(|error| advise(&error))?;
    let mut reader = Reader {
        import,
        report: Report::default(),
        clock: &clock,
        format: options.format,
        room,
    };
    for source in &sources {
        reader.read_file(source).map_err(|why| {
            let file = source.path.display();
            format!("{file}: {why}; nothing was imported")
        })?;
    }
    let Reader { import, report, .. } = reader;
    let imported = import.finish().map_err(|error| advise(&error))?;
    print(&(report.in_words(&imported, &clock) + "\n"))
}

/// A file to read.
struct Source {
    path: PathBuf,
    /// It was found in a folder: if it is none, that is no mistake.
    is_found: bool,
}

/// The files that are meant, those of folders in the order of their names. Links to folders are not followed, as they
/// may lead back.
fn sources(files: &[PathBuf]) -> Result<Vec<Source>, String> {
    let mut sources = Vec::new();
    for path in files {
        let failed = |error| format!("cannot read {}: {}", path.display(), describe(&error));
        if !fs::metadata(path).map_err(failed)?.is_dir() {
            let (path, is_found) = (path.clone(), false);
            sources.push(Source { path, is_found });
            continue;
        }
        let mut found = files_in(path)?;
        found.sort();
        if found.is_empty() {
            let path = path.display();
            return Err(format!(
                "there is no file in {path} whose name ends in .jsonl, .log or .weechatlog"
            ));
        }
        let found = found.into_iter().map(|path| Source {
            path,
            is_found: true,
        });
        sources.extend(found);
    }
    Ok(sources)
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let mut folders = VecDeque::from([folder.to_owned()]);
    while let Some(folder) = folders.pop_front() {
        let failed = |error| format!("cannot read {}: {}", folder.display(), describe(&error));
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let (kind, path) = (entry.file_type().map_err(failed)?, entry.path());
            let ending = path.extension().and_then(|it| it.to_str());
            if kind.is_dir() {
                folders.push_back(path);
            } else if ending.is_some_and(|it| ENDINGS.contains(&it)) && path.is_file() {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// Files on their way into a store.
struct Reader<'a> {
    import: Import<'a>,
    report: Report,
    clock: &'a Clock,
    format: Option<LogFormat>,
    room: Option<String>,
}

impl Reader<'_> {
    /// Reads one file. An error is one for which nothing is imported.
    fn read_file(&mut self, source: &Source) -> Result<(), String> {
        let path = &source.path;
        let format = match self.format {
            Some(format) => format,
            None => match guess(path)? {
                Guess::Format(format) => format,
                Guess::Empty => return Ok(()),
                Guess::None => {
                    let why = "its first lines are of no format that is known (see --format)";
                    return self.leave_out(source, why);
                }
            },
        };
        let room = self.room.clone().or_else(|| room_of(path));
        if room.is_none() && format != LogFormat::Jsonl {
            let why = "no room is in its name, nor in that of its folder (see --room)";
            return self.leave_out(source, why);
        }
        let day = day_of(path).filter(|_| format == LogFormat::Znc);
        if day.is_none() && format == LogFormat::Znc {
            let why = "its day is not in its name, as in 2026-11-28.log";
            return self.leave_out(source, why);
        }
        if format != LogFormat::Jsonl {
            self.report.has_local_times = true;
        }
        self.read_lines(path, Log::new(format, day, self.clock), room.as_deref())
    }

    /// Leaves out a file of a folder. A file that was named is an error.
    fn leave_out(&mut self, source: &Source, why: &str) -> Result<(), String> {
        if !source.is_found {
            return Err(why.to_owned());
        }
        self.report.leave_out(&source.path, why);
        Ok(())
    }

    fn read_lines(
        &mut self,
        path: &Path,
        mut log: Log<'_>,
        room: Option<&str>,
    ) -> Result<(), String> {
        let mut lines = Lines::open(path)?;
        while let Some(line) = lines.next()? {
            let why = match line.map(|line| log.read(&line)) {
                None => Some(TOO_LONG.to_owned()),
                Some(Line::Nothing) => None,
                Some(Line::Other) => {
                    self.report.others += 1;
                    None
                }
                Some(Line::Bad(why)) => Some(why.to_owned()),
                Some(Line::Said(named, entry)) => {
                    let wanted = self.room.as_deref().or(named.as_deref()).or(room);
                    match wanted {
                        None => Some(NO_ROOM.to_owned()),
                        Some(room) => {
                            let refusal = self.import.add(room, &entry);
                            let refusal = refusal.map_err(|error| advise(&error))?;
                            refusal.map(|it| it.to_string())
                        }
                    }
                }
            };
            if let Some(why) = why {
                self.report.note_bad(path, lines.number, &why);
            }
        }
        Ok(())
    }
}

enum Guess {
    Format(LogFormat),
    /// No line has anything in it.
    Empty,
    None,
}

/// Tells the format of a file from the first line that can be told by.
fn guess(path: &Path) -> Result<Guess, String> {
    let mut lines = Lines::open(path)?;
    let mut is_empty = true;
    while lines.number < LOOKED_AT_MAX as u64
        && let Some(line) = lines.next()?
    {
        let line = line.unwrap_or_default();
        if let Some(format) = detect(&line) {
            return Ok(Guess::Format(format));
        }
        is_empty &= line.trim().is_empty();
    }
    Ok(if is_empty { Guess::Empty } else { Guess::None })
}

/// The lines of a file, of which one at a time is in memory.
struct Lines {
    reader: BufReader<File>,
    raw: Vec<u8>,
    /// The number of the line that was read last.
    number: u64,
}

impl Lines {
    fn open(path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| describe(&error))?;
        Ok(Self {
            reader: BufReader::new(file),
            raw: Vec::new(),
            number: 0,
        })
    }

    /// Returns the next line; None for one that is too long.
    fn next(&mut self) -> Result<Option<Option<String>>, String> {
        let mut is_whole = true;
        loop {
            self.raw.clear();
            let mut part = self.reader.by_ref().take(LINE_BYTES_MAX as u64);
            let read = part.read_until(b'\n', &mut self.raw);
            let read = read.map_err(|error| describe(&error))?;
            let is_end = read == 0 || self.raw.last() == Some(&b'\n');
            if read == 0 && is_whole {
                return Ok(None);
            }
            if is_end || read < LINE_BYTES_MAX {
                break;
            }
            is_whole = false;
        }
        self.number += 1;
        Ok(Some(is_whole.then(|| text(&self.raw))))
    }
}

/// A line as text, without its end: UTF-8, or else what the chat takes old encodings for.
fn text(raw: &[u8]) -> String {
    let raw = raw.strip_suffix(b"\n").unwrap_or(raw);
    let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
    if let Ok(text) = str::from_utf8(raw) {
        return text.trim_start_matches('\u{feff}').to_owned();
    }
    // The reader is one of connections, on which this byte begins a telnet command, and is itself if it is doubled.
    let mut line = Vec::with_capacity(raw.len() + 1);
    for &byte in raw {
        line.push(byte);
        if byte == 0xff {
            line.push(byte);
        }
    }
    line.push(b'\n');
    let mut reader = LineReader::new(2 * LINE_BYTES_MAX);
    let now = parloir::Time::new(Duration::ZERO, Duration::ZERO);
    let mut lines = reader.read(&line, now).into_iter();
    match lines.next() {
        Some(CleanLine::Text(text)) => text,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_text_whatever_they_are_written_in() {
        for (raw, expected) in [
            (&b"caf\xc3\xa9\r\n"[..], "café"),
            (b"caf\xe9\n", "café"),
            (b"\x93\xff\xfe\x94\n", "“ÿþ”"),
            (b"\xef\xbb\xbfx", "x"),
            (b"\x02bold\n", "\u{2}bold"),
            (b"", ""),
        ] {
            assert_eq!(text(raw), expected, "{raw:?}");
        }
    }
}
