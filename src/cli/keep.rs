//! `--keep`: how long messages are kept, in all rooms (`90d`) or in one (`dev=30d`).

use std::collections::BTreeSet;
use std::str::FromStr;
use std::time::Duration;

use parloir::relay::hub::names::{fold, is_same, room_name};
use parloir::store::Retention;

use super::units::time;

/// One `--keep`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeepArgument {
    /// The room that it is for; None: all that have none of their own.
    room: Option<String>,
    /// None: for ever.
    age_max: Option<Duration>,
}

impl FromStr for KeepArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // A time has no `=`, and a room's name may.
        let (room, age) = match text.rsplit_once('=') {
            Some((room, age)) => (Some(named(room)?), age),
            None => (None, text),
        };
        let age = time(age.trim()).map_err(|why| {
            format!("{why}; a time is wanted, or a room and a time (try 90d, or dev=30d)")
        })?;
        Ok(Self {
            room,
            age_max: Some(age).filter(|age| !age.is_zero()),
        })
    }
}

/// Returns the name of a room, by the rules for those that people type.
fn named(text: &str) -> Result<String, String> {
    let typed = text.trim();
    let typed = typed.strip_prefix('#').unwrap_or(typed);
    match room_name(text) {
        Some(name) if is_same(&name, typed) => Ok(name),
        Some(name) => Err(format!("no room is called {typed:?} (try {name}=30d)")),
        None => Err(String::from(
            "a room is wanted before the = (try dev=30d, or 90d for all rooms)",
        )),
    }
}

/// The retention that the flags ask for. An error if two are for the same.
pub(super) fn retention(keep: &[KeepArgument], bytes: usize) -> Result<Retention, String> {
    let mut retention = Retention::default();
    retention.bytes_max = Some(bytes as u64).filter(|bytes| *bytes > 0);
    let mut seen = BTreeSet::new();
    for KeepArgument { room, age_max } in keep {
        if !seen.insert(room.as_deref().map(fold)) {
            let what = room.as_deref().unwrap_or("all rooms");
            return Err(format!("--keep is given twice for {what}"));
        }
        match room {
            Some(room) => retention.set_room(room, *age_max),
            None => retention.age_max = *age_max,
        }
    }
    Ok(retention)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(flags: &[&str]) -> Result<Retention, String> {
        let flags: Result<Vec<_>, _> = flags.iter().map(|flag| flag.parse()).collect();
        retention(&flags?, 0)
    }

    #[test]
    fn ages_for_all_and_for_rooms() {
        let day = Duration::from_secs(86_400);
        let kept = keep(&["90d", "dev=30d", "#News=0", "a=b=2h", "Größe=1d"]).unwrap();
        for (room, age) in [
            ("lobby", Some(90 * day)),
            ("DEV", Some(30 * day)),
            ("news", None),
            ("a=b", Some(day / 12)),
            ("grösse", Some(day)),
        ] {
            assert_eq!(kept.age_max_of(room), age, "{room}");
        }
        assert_eq!(keep(&["0"]).unwrap(), Retention::default());
        assert_eq!(keep(&[]).unwrap(), Retention::default());
    }

    #[test]
    fn what_is_wrong_is_told_with_what_is_right() {
        for (flags, words) in [
            (&["dev=soon"][..], "try 90d, or dev=30d"),
            (&["dev"], "try 90d, or dev=30d"),
            (&["dev="], "try 90d, or dev=30d"),
            (&["2w"], "use ms, s, m, h or d"),
            (&["=30d"], "a room is wanted before the ="),
            (&["a b=30d"], "try a_b=30d"),
            (&["dev=1d", "#DEV=2d"], "--keep is given twice for DEV"),
            (&["1d", "2d"], "--keep is given twice for all rooms"),
        ] {
            let error = keep(flags).unwrap_err();
            assert!(error.contains(words), "{flags:?}: {error}");
        }
        let long = format!("{}=1d", "x".repeat(33));
        assert!(keep(&[&long]).is_err(), "a name that is too long");
        assert!(keep(&[&long[1..]]).is_ok());
    }
}
