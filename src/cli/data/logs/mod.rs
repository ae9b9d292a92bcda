//! Logs of other programs, and what `export` writes: what a line of them says. Nothing here reads a file.
//!
//! | module | its one job |
//! | --- | --- |
//! | `jsonl` | objects, a line each, as `export` writes them |
//! | `irssi`, `weechat`, `znc` | lines of those logs |
//! | `clock` | local times into UTC |
//! | `names` | the room and the day in the name of a file |

mod clock;
mod irssi;
mod jsonl;
mod names;
mod weechat;
mod znc;

use clap::ValueEnum;
use jiff::civil::{Date, DateTime, Time};
use parloir::RelayConfig;
use parloir::relay::hub::{Entry, Speech};

pub(super) use clock::{Clock, utc_offset};
pub(super) use names::{day_of, room_of};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// What `export` writes: a JSON object a line
    Jsonl,
    /// A log of irssi, as it is written by default
    Irssi,
    /// A log of WeeChat (.weechatlog)
    Weechat,
    /// A log of ZNC: a file for each day
    Znc,
}

/// The meaning of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A message, and its room if the line names one.
    Said(Option<String>, Box<Entry>),
    /// Something that is not kept: joins, departures, modes, and what the program itself says.
    Other,
    /// Nothing, or what day it is.
    Nothing,
    /// It cannot be understood; the reason.
    Bad(&'static str),
}

/// A line of a log of another program, whose times are local.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Local<'a> {
    Said(When, Speech, &'a str, &'a str),
    Day(Date),
    Other,
    Nothing,
    Bad(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// A time of the day that was named last.
    At(Time),
    Exactly(DateTime),
}

pub(super) const TOO_LONG: &str = "it is longer than a line of the chat can be";
const NO_DAY: &str = "no day is named before it";
const NO_TIME: &str = "it does not begin with a time";
const NO_LINE: &str = "it is no line of this format";

/// Tells the format from a line; None if it may be of any, or is of none.
pub(super) fn detect(line: &str) -> Option<LogFormat> {
    if line.starts_with('{') {
        Some(LogFormat::Jsonl)
    } else if weechat::is_one(line) {
        Some(LogFormat::Weechat)
    } else if znc::is_one(line) {
        Some(LogFormat::Znc)
    } else if irssi::is_one(line) {
        Some(LogFormat::Irssi)
    } else {
        None
    }
}

/// One log, read line by line.
pub(super) struct Log<'c> {
    format: LogFormat,
    clock: &'c Clock,
    day: Option<Date>,
    /// Time of the line before, in microseconds since 1970.
    last_us: u64,
    /// Bytes of a text. What is longer was said by nobody: a line of IRC is far shorter.
    text_bytes_max: usize,
}

impl<'c> Log<'c> {
    /// `day`: the one that the file's name has.
    pub(super) fn new(format: LogFormat, day: Option<Date>, clock: &'c Clock) -> Self {
        Self {
            format,
            clock,
            day,
            last_us: 0,
            text_bytes_max: RelayConfig::default().line_bytes_max,
        }
    }

    /// Reads the next line.
    pub(super) fn read(&mut self, line: &str) -> Line {
        let local = match self.format {
            LogFormat::Jsonl => return jsonl::read(line),
            LogFormat::Irssi => irssi::read(line),
            LogFormat::Weechat => weechat::read(line),
            LogFormat::Znc => znc::read(line),
        };
        let (when, speech, nick, text) = match local {
            Local::Said(when, speech, nick, text) => (when, speech, nick, text),
            Local::Other => return Line::Other,
            Local::Nothing => return Line::Nothing,
            Local::Bad(why) => return Line::Bad(why),
            Local::Day(day) => {
                self.day = Some(day);
                return Line::Nothing;
            }
        };
        if text.len() > self.text_bytes_max {
            return Line::Bad(TOO_LONG);
        }
        let moment = match (when, self.day) {
            (When::Exactly(moment), _) => moment,
            (When::At(time), Some(day)) => day.to_datetime(time),
            (When::At(_), None) => return Line::Bad(NO_DAY),
        };
        let Some(unix_us) = self.clock.unix_us(moment, self.last_us) else {
            return Line::Bad("its time is before 1970");
        };
        self.last_us = unix_us;
        let entry = Entry {
            unix_us,
            speech,
            from: nick.to_owned(),
            text: text.to_owned(),
            ..Entry::default()
        };
        Line::Said(None, Box::new(entry))
    }
}

/// Reads a time of the day at the beginning, `14:03` or `14:03:07`; returns it with what is behind it.
fn time_of_day(text: &str) -> Option<(Time, &str)> {
    let hour = number(text.get(..2)?)?;
    let (minute, mut rest) = (number(text.get(3..5)?)?, &text[5..]);
    let mut second = 0;
    if let Some(seconds) = rest.strip_prefix(':') {
        second = number(seconds.get(..2)?)?;
        rest = &seconds[2..];
    }
    // A leap second is the last one of its minute.
    let second = second.min(59);
    let is_time = text.as_bytes()[2] == b':';
    let time = is_time.then(|| Time::new(hour, minute, second, 0).ok());
    Some((time??, rest))
}

/// Reads digits alone: what parses numbers takes signs as well.
fn number(digits: &str) -> Option<i8> {
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok())?
}

/// Reads a nickname without the sign before it that tells a rank in the room.
fn bare(nick: &str) -> &str {
    nick.trim()
        .trim_start_matches(['@', '+', '%', '&', '~', '!'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_told_from_a_line() {
        for (line, format) in [
            ("{\"room\":\"dev\"}", Some(LogFormat::Jsonl)),
            (
                "--- Log opened Tue Nov 28 14:03:07 2026",
                Some(LogFormat::Irssi),
            ),
            ("14:03 <@ana> hello", Some(LogFormat::Irssi)),
            ("2026-11-28 14:03:07\tana\thello", Some(LogFormat::Weechat)),
            ("[14:03:07] <ana> hello", Some(LogFormat::Znc)),
            ("hello", None),
            ("", None),
            ("[14:03] <ana> hello", None),
            ("2026-11-28 14:03:07 ana hello", None),
        ] {
            assert_eq!(detect(line), format, "{line}");
        }
    }

    #[test]
    fn times_of_the_day_are_read_strictly() {
        let time = |hour, minute, second| Time::new(hour, minute, second, 0).unwrap();
        for (text, expected) in [
            ("14:03 x", Some((time(14, 3, 0), " x"))),
            ("14:03:07", Some((time(14, 3, 7), ""))),
            ("23:59:60 x", Some((time(23, 59, 59), " x"))),
            ("24:00 x", None),
            ("+4:03 x", None),
            ("14.03 x", None),
            ("14:3", None),
            ("14:03:", None),
            ("1é:03", None),
            ("é", None),
            ("", None),
        ] {
            assert_eq!(time_of_day(text), expected, "{text}");
        }
    }

    #[test]
    fn the_day_that_was_named_last_is_that_of_a_time() {
        let clock = Clock::utc();
        let mut log = Log::new(LogFormat::Irssi, None, &clock);
        assert_eq!(log.read("14:03 <ana> hello"), Line::Bad(NO_DAY));
        let mut said = |line| match log.read(line) {
            Line::Said(None, entry) => Some((entry.unix_us / 1_000_000, entry.text)),
            _ => None,
        };
        assert_eq!(said("--- Log opened Sat Nov 28 14:03:07 2026"), None);
        let first = (1_795_874_580, "hello".to_owned());
        assert_eq!(said("14:03 <ana> hello"), Some(first));
        assert_eq!(said("--- Day changed Sun Nov 29 2026"), None);
        let next = (1_795_910_400, "hello".to_owned());
        assert_eq!(said("00:00 <ana> hello"), Some(next));
    }

    /// Lines of all formats, cut and put together at random.
    #[test]
    fn no_line_is_too_odd_to_be_read() {
        let pieces = [
            "--- Log opened ",
            "--- Day changed Sat Nov 28 2026",
            "Sat Nov 31 99999",
            "14:03",
            ":07",
            " ",
            "<",
            "> ",
            " * ",
            "-",
            "- ",
            "-!-",
            "[14:03:07] ",
            "2026-11-28 14:03:07",
            "\t",
            "*** ",
            "Notice(",
            "): ",
            "{",
            "}",
            "\"time\":",
            "é",
            "\u{1b}",
            "😀",
            "@",
            "#dev",
            "20261128",
            "_",
            ".log",
            "0",
            "/",
        ];
        let formats = [
            LogFormat::Jsonl,
            LogFormat::Irssi,
            LogFormat::Weechat,
            LogFormat::Znc,
        ];
        let clock = Clock::utc();
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..100_000 {
            let count = random.usize(0..6);
            let parts = (0..count).map(|_| {
                let piece = pieces[random.usize(..pieces.len())];
                let end = random.usize(..=piece.len());
                piece.get(..end).unwrap_or(piece)
            });
            let line: String = parts.collect();
            let path = std::path::Path::new(&line);
            let _ = (
                detect(&line),
                room_of(path),
                day_of(path),
                utc_offset(&line),
            );
            for format in formats {
                let day = Date::new(2026, 11, 28).ok();
                let _ = Log::new(format, day, &clock).read(&line);
            }
        }
    }
}
