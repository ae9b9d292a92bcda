//! `parloir data`: looks at the file that a chat is kept in, checks it and copies it, beside a running server too.

use std::fmt::Write as _;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use parloir::describe;
use parloir::relay::hub::{Entry, Speech};
use parloir::store::StoreFile;
use serde_json::json;

use super::data::{advise, counted, default_file};

#[derive(Debug, Args)]
pub(super) struct DataOptions {
    /// The file [default: the one that parloir itself uses without --data]
    #[arg(long, value_name = "FILE", env = "PARLOIR_DATA", global = true)]
    data: Option<PathBuf>,
    #[command(subcommand)]
    command: DataCommand,
}

#[derive(Debug, Subcommand)]
enum DataCommand {
    /// Say which file it is, and how much is in it
    Info,
    /// Read the whole file, and say what is wrong with it
    Check,
    /// Write the messages to the standard output, the oldest first
    Export {
        /// One room only
        #[arg(long, value_name = "ROOM")]
        room: Option<String>,
        /// How they are written
        #[arg(long, value_name = "FORMAT", default_value = "jsonl")]
        format: ExportFormat,
    },
    /// Write a copy to a new file, while the server goes on
    Backup {
        /// The new file
        to: PathBuf,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    /// A JSON object a line, for programs
    Jsonl,
    /// A line of text a message, for people
    Txt,
}

/// Returns the exit status: 1 if the file is not whole.
pub(super) fn data(options: &DataOptions) -> Result<u8, String> {
    let path = match &options.data {
        Some(path) => path.clone(),
        None => {
            default_file().ok_or("there is no folder for data: HOME is not set (see --data)")?
        }
    };
    let file = StoreFile::open(&path).map_err(|error| advise(&error))?;
    match &options.command {
        DataCommand::Info => {
            let summary = file.summary().map_err(|error| advise(&error))?;
            let mut text = format!("{}: {}", path.display(), counted(summary));
            if summary.not_kept > 0 {
                // Writing to a string cannot fail.
                let _ = write!(text, "; {} more could not be kept", summary.not_kept);
            }
            print(&(text + "\n"))
        }
        DataCommand::Check => {
            let faults = file.check().map_err(|error| advise(&error))?;
            if faults.is_empty() {
                return print(&format!("{} is whole\n", path.display()));
            }
            print(&(faults.join("\n") + "\n")).map(|_| 1)
        }
        DataCommand::Export { room, format } => export(&file, room.as_deref(), *format),
        DataCommand::Backup { to } => {
            file.backup(to).map_err(|error| advise(&error))?;
            print(&format!(
                "{} is a copy of {}\n",
                to.display(),
                path.display()
            ))
        }
    }
}

fn export(file: &StoreFile, room: Option<&str>, format: ExportFormat) -> Result<u8, String> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut written = Ok(());
    let shown = file.messages(room, |room, entry| {
        let line = match format {
            ExportFormat::Jsonl => as_json(room, entry),
            ExportFormat::Txt => as_text(room, entry),
        };
        written = out.write_all(line.as_bytes());
        written.is_ok()
    });
    shown.map_err(|error| advise(&error))?;
    finish(written.and_then(|()| out.flush()))
}

/// `{"room":"dev","id":"8589934592","time":"2026-11-29T15:06:43.108Z","kind":"message","nick":"ana","text":"hello"}`
fn as_json(room: &str, it: &Entry) -> String {
    let line = json!({
        "room": room,
        "id": it.id.0.to_string(),
        "time": time(it).to_string(),
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
    let (time, from, text) = (time(it), &it.from, it.text.replace('\n', "\n    "));
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

fn time(it: &Entry) -> impl std::fmt::Display {
    let since = std::time::Duration::from_micros(it.unix_us);
    humantime::format_rfc3339_millis(std::time::UNIX_EPOCH + since)
}

fn print(text: &str) -> Result<u8, String> {
    let mut out = io::stdout().lock();
    finish(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

fn finish(written: io::Result<()>) -> Result<u8, String> {
    match written {
        // The reader has seen enough, as `head` does.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(0),
        Err(error) => Err(format!("cannot write the output: {}", describe(&error))),
        Ok(()) => Ok(0),
    }
}
