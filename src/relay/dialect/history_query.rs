//! The part of a room's past that a program asks for, and the names of messages and times (IRCv3
//! draft/chathistory, "CHATHISTORY").
//!
//! IRC and JSON ask the same questions, so both come to a [`Selection`].
//!
//! A message is named by the time at which it was said and its number: `6616902e32284-2`. Without a store,
//! numbers begin anew with each process, and programs keep ids for longer than that. Messages of a room are
//! at least a millisecond apart, so that a page of history by time loses none: thirty lines of one write
//! shared a millisecond once, of which all but some were lost.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use crate::relay::hub::{MessageId, Reference, Selection};

/// Messages in one answer about the past. IRC clients are told it in 005.
pub(in crate::relay::dialect) const CHATHISTORY_MAX: usize = 100;

/// The `msgid` of a message: when it was said makes it another after a restart.
pub(in crate::relay::dialect) fn id_shown(id: MessageId, unix_us: u64) -> impl fmt::Display {
    struct Id(u64, u64);
    impl fmt::Display for Id {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{:x}-{:x}", self.0, self.1)
        }
    }
    Id(unix_us, id.0)
}

/// The message that a `msgid` is of, with the time at which it was said; none for a text that is no id of
/// this server's.
pub(in crate::relay::dialect) fn parse_message_id(text: &str) -> Option<(MessageId, u64)> {
    let (unix_us, id) = text.split_once('-')?;
    let is_digit = |b: u8| b.is_ascii_hexdigit();
    let is_number = |text: &&str| text.bytes().all(is_digit);
    let number = |text| u64::from_str_radix(Some(text).filter(is_number)?, 16).ok();
    Some((MessageId(number(id)?), number(unix_us)?))
}

/// `2026-11-20T14:03:07.123Z`, as in `server-time`.
pub(in crate::relay::dialect) fn time_shown(unix_us: u64) -> impl fmt::Display {
    let time = UNIX_EPOCH + Duration::from_millis(unix_us / 1000);
    humantime::format_rfc3339_millis(time)
}

/// The same, as a text.
pub(in crate::relay::dialect) fn timestamp(unix_us: u64) -> String {
    time_shown(unix_us).to_string()
}

/// `2026-11-20 14:03:07Z`, as in the line dialect's history.
pub(in crate::relay::dialect) fn stamp(unix_us: u64) -> String {
    let time = UNIX_EPOCH + Duration::from_micros(unix_us);
    humantime::format_rfc3339_seconds(time)
        .to_string()
        .replace('T', " ")
}

/// The same, to the millisecond, by which a message is found again: `2026-11-20 14:03:07.123Z`.
pub(in crate::relay::dialect) fn precise_stamp(unix_us: u64) -> String {
    timestamp(unix_us).replace('T', " ")
}

/// Milliseconds since 1970, of a time as people type it or copy it: `2026-11-20`, `2026-11-20 14:03`,
/// `[2026-11-20 14:03:07Z]`. It is UTC, as all times are that are shown.
pub(in crate::relay::dialect) fn parse_time(text: &str) -> Option<u64> {
    let text = text.trim_start_matches('[').trim_end_matches([']', 'Z']);
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let seconds = if time.len() == 5 { ":00" } else { "" };
    parse_timestamp(&format!("{date}T{time}{seconds}Z"))
}

/// Milliseconds since 1970.
pub(in crate::relay::dialect) fn parse_timestamp(text: &str) -> Option<u64> {
    // The calendar beyond is not one that the text can be written in again.
    const YEAR_10_000: u64 = 253_402_300_800_000;
    let time = humantime::parse_rfc3339(text).ok()?;
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_millis())
        .ok()
        .filter(|ms| *ms < YEAR_10_000)
}

/// `msgid=…` or `timestamp=…`
fn parse_reference(text: &str) -> Option<Reference> {
    match text.split_once('=')? {
        ("msgid", id) => parse_message_id(id).map(|(id, _)| Reference::Id(id)),
        ("timestamp", time) => parse_timestamp(time).map(Reference::Time),
        _ => None,
    }
}

/// The parameters of CHATHISTORY behind subcommand and target, and how many messages at most; none, if they are
/// not what the subcommand takes.
pub(in crate::relay::dialect) fn parse_selection(
    subcommand: &str,
    params: &[&str],
) -> Option<(Selection, usize)> {
    let (limit, references) = params.split_last()?;
    let limit: usize = limit.parse().ok()?;
    let reference = |text: &&str| parse_reference(text);
    let selection = match (subcommand, references) {
        ("LATEST", ["*"]) => Selection::Latest(None),
        ("LATEST", [behind]) => Selection::Latest(Some(reference(behind)?)),
        ("BEFORE", [it]) => Selection::Before(reference(it)?),
        ("AFTER", [it]) => Selection::After(reference(it)?),
        ("BETWEEN", [one, other]) => Selection::Between(reference(one)?, reference(other)?),
        ("AROUND", [it]) => Selection::Around(reference(it)?),
        _ => return None,
    };
    Some((selection, limit.min(CHATHISTORY_MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::hub::Entry;

    fn entries() -> Vec<Entry> {
        let entry = |n: u64| {
            let mut entry = Entry::default();
            (entry.id, entry.unix_us) = (MessageId(n), n * 2_000_000);
            entry
        };
        (1..=10).map(entry).collect()
    }

    fn selected(subcommand: &str, params: &[&str]) -> Option<Vec<u64>> {
        let entries = entries();
        let entries: Vec<&Entry> = entries.iter().collect();
        let (selection, limit) = parse_selection(subcommand, params)?;
        let chosen = selection.of(&entries, limit);
        Some(chosen.iter().map(|entry| entry.id.0).collect())
    }

    fn id(n: u64) -> String {
        format!("msgid={}", id_shown(MessageId(n), 0))
    }

    fn at(n: u64) -> String {
        format!("timestamp={}", timestamp(n * 2_000_000))
    }

    #[test]
    fn messages_are_chosen_by_id_and_by_time() {
        for it in [id, at] {
            for (subcommand, params, chosen) in [
                (
                    "LATEST",
                    vec![String::from("*"), "3".into()],
                    vec![8, 9, 10],
                ),
                ("LATEST", vec![it(8), "5".into()], vec![9, 10]),
                ("LATEST", vec![it(2), "3".into()], vec![8, 9, 10]),
                ("BEFORE", vec![it(5), "3".into()], vec![2, 3, 4]),
                ("BEFORE", vec![it(2), "3".into()], vec![1]),
                ("AFTER", vec![it(5), "3".into()], vec![6, 7, 8]),
                ("AFTER", vec![it(10), "3".into()], vec![]),
                ("BETWEEN", vec![it(3), it(8), "9".into()], vec![4, 5, 6, 7]),
                ("BETWEEN", vec![it(3), it(8), "2".into()], vec![4, 5]),
                ("BETWEEN", vec![it(8), it(3), "2".into()], vec![6, 7]),
                ("BETWEEN", vec![it(3), it(3), "2".into()], vec![]),
                ("AROUND", vec![it(5), "1".into()], vec![5]),
                ("AROUND", vec![it(5), "3".into()], vec![4, 5, 6]),
                ("AROUND", vec![it(1), "3".into()], vec![1, 2, 3]),
                ("AROUND", vec![it(10), "3".into()], vec![8, 9, 10]),
                ("AROUND", vec![it(5), "0".into()], vec![]),
                ("AROUND", vec![it(5), "50".into()], (1..=10).collect()),
            ] {
                let words: Vec<&str> = params.iter().map(String::as_str).collect();
                assert_eq!(
                    selected(subcommand, &words),
                    Some(chosen),
                    "{subcommand} {words:?}"
                );
            }
        }
        let (one, other) = (id(3), at(8));
        assert_eq!(
            selected("BETWEEN", &[&one, &other, "9"]),
            Some(vec![4, 5, 6, 7])
        );
        assert_eq!(selected("BETWEEN", &[&other, &one, "2"]), Some(vec![6, 7]));
    }

    #[test]
    fn nonsense_chooses_nothing() {
        for (subcommand, params) in [
            ("LATEST", &[][..]),
            ("LATEST", &["*"]),
            ("LATEST", &["*", "x"]),
            ("LATEST", &["msgid=zz", "5"]),
            ("LATEST", &["*", "-1"]),
            ("BEFORE", &["*", "5"]),
            ("BEFORE", &["timestamp=yesterday", "5"]),
            ("BETWEEN", &["msgid=1-1", "5"]),
            ("NEVER", &["msgid=1-1", "5"]),
        ] {
            assert_eq!(
                parse_selection(subcommand, params),
                None,
                "{subcommand} {params:?}"
            );
        }
    }

    #[test]
    fn times_are_read_as_people_type_them() {
        for (text, shown) in [
            ("2026-11-20", "2026-11-20 00:00:00.000Z"),
            ("2026-11-20 14:03", "2026-11-20 14:03:00.000Z"),
            ("[2026-11-20 14:03:07Z]", "2026-11-20 14:03:07.000Z"),
            ("2026-11-20T14:03:07.123Z", "2026-11-20 14:03:07.123Z"),
        ] {
            let ms = parse_time(text).unwrap();
            assert_eq!(precise_stamp(ms * 1000), shown);
        }
        for text in ["", "14:03", "2026-11", "2026-11-20 14", "2026-13-20", "x y"] {
            assert_eq!(parse_time(text), None, "{text:?}");
        }
    }

    #[test]
    fn times_and_ids_are_read_as_they_are_written() {
        let text = "2026-11-20T14:03:07.123Z";
        let ms = parse_timestamp(text).unwrap();
        assert_eq!(timestamp(ms * 1000 + 999), text);
        assert_eq!(parse_timestamp("1969-12-31T23:59:59.999Z"), None);
        let id = id_shown(MessageId(77), 1_795_183_387_000_000).to_string();
        assert_eq!(
            parse_message_id(&id),
            Some((MessageId(77), 1_795_183_387_000_000))
        );
        assert_eq!(parse_message_id("77"), None);
    }
}
