//! Lines of irssi's logs, as its default theme and settings write them. The names of months are English.

use jiff::civil::Date;
use parloir::relay::hub::Speech;

use super::{Local, NO_LINE, NO_TIME, When, bare, number, time_of_day};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

pub(super) fn is_one(line: &str) -> bool {
    let begins = ["--- Log opened ", "--- Day changed "];
    let timed = time_of_day(line).is_some_and(|(_, rest)| rest.starts_with(' '));
    timed || begins.iter().any(|it| line.starts_with(it))
}

pub(super) fn read(line: &str) -> Local<'_> {
    if line.trim().is_empty() {
        return Local::Nothing;
    }
    if let Some(header) = line.strip_prefix("--- ") {
        return read_header(header);
    }
    let Some((time, rest)) = time_of_day(line) else {
        return Local::Bad(NO_TIME);
    };
    let Some(rest) = rest.strip_prefix(' ') else {
        return Local::Bad(NO_TIME);
    };
    let when = When::At(time);
    if rest.starts_with("-!-") {
        return Local::Other;
    }
    if let Some(said) = rest.strip_prefix('<') {
        return match said.split_once("> ") {
            Some((nick, text)) => Local::Said(when, Speech::Message, bare(nick), text),
            None => Local::Bad(NO_LINE),
        };
    }
    if let Some(action) = rest.strip_prefix(" * ") {
        let (nick, text) = action.split_once(' ').unwrap_or((action, ""));
        return Local::Said(when, Speech::Action, bare(nick), text);
    }
    if let Some(notice) = rest.strip_prefix('-') {
        // The nickname may have its address or the channel behind it: `-ana:#dev- text`.
        return match notice.split_once("- ") {
            Some((source, text)) => {
                let nick = source.split(['(', ':']).next().unwrap_or_default();
                Local::Said(when, Speech::Notice, bare(nick), text)
            }
            None => Local::Bad(NO_LINE),
        };
    }
    Local::Bad(NO_LINE)
}

/// A line that begins with `--- `: the day, or the end of a log.
fn read_header(header: &str) -> Local<'_> {
    let opened = header.strip_prefix("Log opened ");
    let day = opened.or_else(|| header.strip_prefix("Day changed "));
    match day.map(read_day) {
        Some(Some(day)) => Local::Day(day),
        Some(None) => Local::Bad("its day cannot be read; months must be in English"),
        None if header.starts_with("Log closed ") => Local::Nothing,
        None => Local::Other,
    }
}

/// `Sat Nov 28 14:03:07 2026` or `Sat Nov 28 2026`.
fn read_day(text: &str) -> Option<Date> {
    let words: Vec<_> = text.split_whitespace().collect();
    let ([_, month, day, year] | [_, month, day, _, year]) = words[..] else {
        return None;
    };
    let month = MONTHS.iter().position(|it| *it == month)? + 1;
    Date::new(year.parse().ok()?, i8::try_from(month).ok()?, number(day)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};

    #[test]
    fn lines_say_what_they_say() {
        let at = When::At(time(14, 3, 0, 0));
        let day = Local::Day(date(2026, 11, 28));
        for (line, expected) in [
            ("--- Log opened Sat Nov 28 14:03:07 2026", day),
            ("--- Day changed Sat Nov 28 2026", day),
            ("--- Day changed Sam Nov 28 2026", day),
            (
                "--- Day changed sam. nov. 28 2026",
                Local::Bad("its day cannot be read; months must be in English"),
            ),
            ("--- Log closed Sat Nov 28 23:00:00 2026", Local::Nothing),
            ("", Local::Nothing),
            (
                "14:03 <@ana> hello > you",
                Local::Said(at, Speech::Message, "ana", "hello > you"),
            ),
            (
                "14:03 < ana>  hello",
                Local::Said(at, Speech::Message, "ana", " hello"),
            ),
            (
                "14:03 <+bob|away> hi",
                Local::Said(at, Speech::Message, "bob|away", "hi"),
            ),
            (
                "14:03  * ana waves to * all",
                Local::Said(at, Speech::Action, "ana", "waves to * all"),
            ),
            (
                "14:03 -ana:#dev- look - here",
                Local::Said(at, Speech::Notice, "ana", "look - here"),
            ),
            (
                "14:03 -x-y(~x@host)- text",
                Local::Said(at, Speech::Notice, "x-y", "text"),
            ),
            ("14:03 -!- bob [~bob@host] has joined #dev", Local::Other),
            ("14:03 -!- mode/#dev [+o bob] by ana", Local::Other),
            ("14:03 <ana", Local::Bad(NO_LINE)),
            ("14:03 what", Local::Bad(NO_LINE)),
            ("14:03", Local::Bad(NO_TIME)),
            ("hello", Local::Bad(NO_TIME)),
        ] {
            assert_eq!(read(line), expected, "{line}");
        }
    }
}
