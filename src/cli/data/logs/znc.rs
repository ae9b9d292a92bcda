//! Lines of the logs of ZNC's module `log`, a file for each day, which has the day in its name.

use parloir::relay::hub::Speech;

use super::{Local, NO_LINE, NO_TIME, When, bare, time_of_day};

pub(super) fn is_one(line: &str) -> bool {
    matches!(split(line), Some((_, rest)) if !rest.is_empty())
}

/// `[14:03:07] rest`
fn split(line: &str) -> Option<(When, &str)> {
    let (time, rest) = line.strip_prefix('[')?.split_once("] ")?;
    match time_of_day(time)? {
        (at, "") if time.len() == "14:03:07".len() => Some((When::At(at), rest)),
        _ => None,
    }
}

pub(super) fn read(line: &str) -> Local<'_> {
    if line.trim().is_empty() {
        return Local::Nothing;
    }
    let Some((when, rest)) = split(line) else {
        return Local::Bad(NO_TIME);
    };
    if rest.starts_with("*** ") {
        return Local::Other;
    }
    let (speech, parts) = if let Some(said) = rest.strip_prefix('<') {
        (Speech::Message, said.split_once("> "))
    } else if let Some(action) = rest.strip_prefix("* ") {
        (Speech::Action, action.split_once(' '))
    } else if let Some(notice) = rest.strip_prefix('-') {
        (Speech::Notice, notice.split_once("- "))
    } else {
        (Speech::Message, None)
    };
    match parts {
        Some((nick, text)) => Local::Said(when, speech, bare(nick), text),
        None => Local::Bad(NO_LINE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::time;

    #[test]
    fn lines_say_what_they_say() {
        let at = When::At(time(14, 3, 7, 0));
        for (rest, expected) in [
            (
                "<ana> hello > you",
                Local::Said(at, Speech::Message, "ana", "hello > you"),
            ),
            (
                "* ana waves",
                Local::Said(at, Speech::Action, "ana", "waves"),
            ),
            (
                "-ana-b- look - here",
                Local::Said(at, Speech::Notice, "ana-b", "look - here"),
            ),
            ("*** Joins: bob (~bob@host)", Local::Other),
            ("*** ana sets mode: +o bob", Local::Other),
            ("<ana", Local::Bad(NO_LINE)),
            ("hello", Local::Bad(NO_LINE)),
        ] {
            let line = format!("[14:03:07] {rest}");
            assert_eq!(read(&line), expected, "{line}");
        }
        assert_eq!(read(" "), Local::Nothing);
        assert_eq!(read("[14:03] <ana> hello"), Local::Bad(NO_TIME));
        assert_eq!(read("hello"), Local::Bad(NO_TIME));
    }
}
