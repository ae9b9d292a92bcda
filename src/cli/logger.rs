//! The log, on stderr: text for people, or a JSON object a line for programs.
//!
//! A thread of its own writes the log: a stderr that is not read, or a terminal stopped with Ctrl-S,
//! loses lines of the log, which are counted, but holds up no other thread. (Written by the loop itself, with
//! `-vv` and a stderr that nobody reads, the log stops the chat, and SIGTERM is not obeyed.)

use std::io::{self, IsTerminal, Write};
use std::time::SystemTime;

use env_logger::{Target, WriteStyle};
use log::LevelFilter;

use super::args::{LogFormat, LoggingOptions};
use super::screen::Screen;

/// Installs the logger, and returns the screen it writes to. `RUST_LOG` refines the level that the flags
/// give.
pub(super) fn install(options: &LoggingOptions) -> io::Result<Screen> {
    let level = match (options.quiet, options.verbose) {
        (true, _) => LevelFilter::Error,
        (false, 0) => LevelFilter::Warn,
        (false, 1) => LevelFilter::Info,
        (false, 2) => LevelFilter::Debug,
        (false, _) => LevelFilter::Trace,
    };
    let notice = match options.log_format {
        LogFormat::Text => text_notice,
        LogFormat::Json => json_notice,
    };
    let stderr = Screen::open("log", io::stderr(), notice)?;
    let mut builder = env_logger::Builder::new();
    builder.filter_level(level).write_style(style());
    builder.parse_default_env();
    if options.log_format == LogFormat::Json {
        builder.format(|buffer, record| {
            let level = record.level().as_str();
            let message = record.args().to_string();
            buffer.write_all(json(level, record.target(), &message).as_bytes())
        });
    }
    let target = Target::Pipe(Box::new(Lines(stderr.clone())));
    builder.target(target).init();
    Ok(stderr)
}

/// Uses colours where stderr shows them; env_logger itself would look only at a stream of its own
/// choice.
fn style() -> WriteStyle {
    let is_unlike = |name, value: &str| std::env::var_os(name).is_some_and(|it| it != value);
    let is_wanted = is_unlike("TERM", "dumb") && !is_unlike("NO_COLOR", "");
    match io::stderr().is_terminal() && is_wanted {
        true => WriteStyle::Always,
        false => WriteStyle::Never,
    }
}

/// One line of the log, with its newline.
fn json(level: &str, target: &str, message: &str) -> String {
    let time = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
    let line = serde_json::json!({
        "time": time,
        "level": level,
        "target": target,
        "message": message,
    });
    format!("{line}\n")
}

fn missing(count: u64) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} line{s} of the log dropped: stderr was not read fast enough")
}

/// The line about lines that are missing. It does not go through the logger, whose lines are what is dropped,
/// so it is written here in the form of each format.
fn text_notice(count: u64) -> String {
    let time = humantime::format_rfc3339_seconds(SystemTime::now());
    format!("[{time} WARN  parloir] {}\n", missing(count))
}

fn json_notice(count: u64) -> String {
    json("WARN", "parloir", &missing(count))
}

/// The target of env_logger: each write is a whole line. A write never fails and never waits.
struct Lines(Screen);

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.push(&String::from_utf8_lossy(line));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
