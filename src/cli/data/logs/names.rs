//! The room and the day that the name of a log's file has in it.
//!
//! ```text
//! irclogs/libera/#dev.log        irc.libera.#dev.weechatlog        #dev/2026-11-28.log        #dev_20261128.log
//! ```

use std::path::Path;

use jiff::civil::Date;
use parloir::relay::hub::names::room_name;

use super::number;

/// The day in the name of a file.
pub(in crate::cli::data) fn day_of(path: &Path) -> Option<Date> {
    split(stem(path)?).1
}

/// The room that a file is about, by its name or that of its folder; None if they name none. Conversations of two have
/// no `#` in their names, and are not for a room.
pub(in crate::cli::data) fn room_of(path: &Path) -> Option<String> {
    let (name, day) = split(stem(path)?);
    if name.is_empty() && day.is_some() {
        let folder = path.parent()?.file_name()?.to_str()?;
        return folder.starts_with('#').then(|| room_name(folder))?;
    }
    let is_begin = |(at, _): &(usize, &str)| *at == 0 || name[..*at].ends_with(['.', '_']);
    let (at, _) = name.match_indices('#').find(is_begin)?;
    room_name(&name[at..])
}

/// The name of a file, without what tells its kind.
fn stem(path: &Path) -> Option<&str> {
    path.file_stem()?.to_str()
}

/// A name, and the day at its end.
fn split(name: &str) -> (&str, Option<Date>) {
    for length in ["2026-11-28".len(), "20261128".len()] {
        let at = name.len().checked_sub(length);
        let parts = at.and_then(|at| Some((name.get(..at)?, date(name.get(at..)?)?)));
        match parts {
            Some(("", day)) => return ("", Some(day)),
            // Digits that are part of the room's name stand right behind it: `#summer20261128`.
            Some((rest, day)) if rest.ends_with(['_', '-', '.']) => {
                return (&rest[..rest.len() - 1], Some(day));
            }
            _ => {}
        }
    }
    (name, None)
}

/// `2026-11-28` or `20261128`
pub(super) fn date(text: &str) -> Option<Date> {
    let (year, month, day) = match text.len() {
        10 if text.get(4..5)? == "-" && text.get(7..8)? == "-" => {
            (text.get(..4)?, text.get(5..7)?, text.get(8..)?)
        }
        8 => (text.get(..4)?, text.get(4..6)?, text.get(6..)?),
        _ => return None,
    };
    let is_number = year.bytes().all(|byte| byte.is_ascii_digit());
    let year = is_number.then(|| year.parse().ok())??;
    Date::new(year, number(month)?, number(day)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_and_days_are_in_the_names_of_files() {
        let day = jiff::civil::date(2026, 11, 28);
        for (path, room, expected) in [
            ("irclogs/libera/#dev.log", Some("dev"), None),
            ("##chat.log", Some("#chat"), None),
            ("irc.libera.#dev.weechatlog", Some("dev"), None),
            ("irc.server.libera.weechatlog", None, None),
            ("irc.libera.bob.weechatlog", None, None),
            ("a/#Dev/2026-11-28.log", Some("Dev"), Some(day)),
            ("a/bob/2026-11-28.log", None, Some(day)),
            ("2026-11-28.log", None, Some(day)),
            ("#dev_20261128.log", Some("dev"), Some(day)),
            ("user_libera_#dev_20261128.log", Some("dev"), Some(day)),
            ("bob_20261128.log", None, Some(day)),
            ("#c#_20261128.log", Some("c#"), Some(day)),
            ("#summer20261128.log", Some("summer20261128"), None),
            ("#dev_20261328.log", Some("dev_20261328"), None),
            ("#dev.2026-11-28.log", Some("dev"), Some(day)),
            ("c#.log", None, None),
            ("#.log", None, None),
            ("é€.log", None, None),
            ("/", None, None),
        ] {
            let path = Path::new(path);
            assert_eq!(room_of(path).as_deref(), room, "{path:?}");
            assert_eq!(day_of(path), expected, "{path:?}");
        }
    }

    #[test]
    fn dates_are_read_strictly() {
        let day = jiff::civil::date(2024, 2, 29);
        for (text, expected) in [
            ("2024-02-29", Some(day)),
            ("20240229", Some(day)),
            ("2023-02-29", None),
            ("2024-2-29", None),
            ("+024-02-29", None),
            ("2024-02-2é", None),
            ("", None),
        ] {
            assert_eq!(date(text), expected, "{text}");
        }
    }
}
