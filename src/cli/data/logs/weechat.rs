//! Lines of WeeChat's logs: a time, a prefix and a text, with tabs between them.

use jiff::civil::DateTime;
use parloir::relay::hub::Speech;

use super::names::date;
use super::{Local, NO_LINE, NO_TIME, When, bare, time_of_day};

pub(super) fn is_one(line: &str) -> bool {
    let time = line.split_once('\t').map(|(time, _)| time);
    time.is_some_and(|time| read_time(time).is_some())
}

pub(super) fn read(line: &str) -> Local<'_> {
    if line.trim().is_empty() {
        return Local::Nothing;
    }
    let Some((time, rest)) = line.split_once('\t') else {
        return Local::Bad(NO_LINE);
    };
    let Some(when) = read_time(time).map(When::Exactly) else {
        return Local::Bad(NO_TIME);
    };
    let Some((prefix, text)) = rest.split_once('\t') else {
        // The beginning and the end of a log.
        return Local::Other;
    };
    match prefix.trim() {
        "*" => {
            let (nick, text) = text.split_once(' ').unwrap_or((text, ""));
            Local::Said(when, Speech::Action, bare(nick), text)
        }
        "--" => match read_notice(text) {
            Some((nick, text)) => Local::Said(when, Speech::Notice, bare(nick), text),
            None => Local::Other,
        },
        "" | "-->" | "<--" | "=!=" => Local::Other,
        nick => Local::Said(when, Speech::Message, bare(nick), text),
    }
}

/// `Notice(ana): text`, also with the channel before the colon.
fn read_notice(text: &str) -> Option<(&str, &str)> {
    let (nick, rest) = text.strip_prefix("Notice(")?.split_once(')')?;
    let (_, text) = rest.split_once(": ")?;
    Some((nick, text))
}

/// `2026-11-28 14:03:07`
fn read_time(text: &str) -> Option<DateTime> {
    let (day, time) = text.split_once(' ')?;
    match time_of_day(time)? {
        (time, "") => Some(date(day)?.to_datetime(time)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::datetime;

    #[test]
    fn lines_say_what_they_say() {
        let at = When::Exactly(datetime(2026, 11, 28, 14, 3, 7, 0));
        for (rest, expected) in [
            (
                "\tana\thello\tyou",
                Local::Said(at, Speech::Message, "ana", "hello\tyou"),
            ),
            (
                "\t@ana\thello",
                Local::Said(at, Speech::Message, "ana", "hello"),
            ),
            ("\t+bob\t", Local::Said(at, Speech::Message, "bob", "")),
            (
                "\t *\tana waves",
                Local::Said(at, Speech::Action, "ana", "waves"),
            ),
            (
                "\t--\tNotice(ana): look: here",
                Local::Said(at, Speech::Notice, "ana", "look: here"),
            ),
            (
                "\t--\tNotice(ana) -> #dev: look",
                Local::Said(at, Speech::Notice, "ana", "look"),
            ),
            ("\t--\tMode #dev [+o bob] by ana", Local::Other),
            ("\t-->\tbob (~bob@host) has joined #dev", Local::Other),
            ("\t<--\tbob (~bob@host) has quit", Local::Other),
            ("\t****  Beginning of log  ****", Local::Other),
            (" ana hello", Local::Bad(NO_LINE)),
            ("x\tana\thello", Local::Bad(NO_TIME)),
        ] {
            let line = format!("2026-11-28 14:03:07{rest}");
            assert_eq!(read(&line), expected, "{line}");
        }
        assert_eq!(read(""), Local::Nothing);
        assert_eq!(read("2026-02-30 14:03:07\tana\thello"), Local::Bad(NO_TIME));
    }
}
