//! Answers to questions, and the lines that greet a person in a room.
//!
//! Only those who asked read them, so they may say more than events do. `dispatch` and `outcome` call them,
//! and count what they look at.

use std::fmt::{self, Write};
use std::time::{Duration, UNIX_EPOCH};

use super::modes;
use super::phrases::{Addressed, NameList, Text, plural, spoken_behind};
use crate::config::RelayConfig;
use crate::protocol::ConnId;
use crate::relay::hub::names::legalize;
use crate::relay::hub::{Entry, Hub, NAMES_SHOWN_MAX, Names, Person, RoomView, Topic};

/// Rooms named in one answer.
const ROOMS_SHOWN_MAX: usize = 50;

/// Says where the client is now, and with whom; without a nickname, it is a listener.
pub(super) fn arrived(
    out: &mut Text<'_>,
    person: Option<Person<'_>>,
    room: RoomView<'_>,
    others: &Names<'_>,
) -> fmt::Result {
    let name = person.map_or("a listener", |person| person.name);
    let room = room.name();
    match others.is_empty() {
        true => writeln!(out, "* You are {name}, alone in {room}."),
        false => writeln!(
            out,
            "* You are {name}, in {room} with {}.",
            NameList(others)
        ),
    }
}

pub(super) fn motd(out: &mut Text<'_>, lines: &[String]) -> fmt::Result {
    lines.iter().try_for_each(|line| writeln!(out, "* {line}"))
}

pub(super) fn topic(out: &mut Text<'_>, topic: Option<&Topic>) -> fmt::Result {
    match topic {
        Some(topic) => writeln!(out, "* topic: {}", topic.text),
        None => writeln!(out, "* no topic is set"),
    }
}

/// The history, each line with its time.
pub(super) fn history<'a>(
    out: &mut Text<'_>,
    entries: impl Iterator<Item = &'a Entry>,
) -> fmt::Result {
    for entry in entries {
        let time = UNIX_EPOCH + Duration::from_secs(entry.unix_seconds());
        // RFC 3339 with a space for the T, as it allows in 5.6.
        let stamp = humantime::format_rfc3339_seconds(time).to_string();
        let stamp = format!("[{}] ", stamp.replace('T', " "));
        spoken_behind(&stamp, out.0, &entry.from, entry.speech, &entry.text);
    }
    Ok(())
}

/// Says what was done, and what was not.
pub(super) fn forgotten(out: &mut Text<'_>, name: &str) -> fmt::Result {
    let name = legalize(name);
    writeln!(
        out,
        "* what {name} said is forgotten; copies that were made of it are not"
    )
}

pub(super) fn now_called(out: &mut Text<'_>, name: &str) -> fmt::Result {
    writeln!(out, "* You are now {name}.")
}

/// The members of the room, with addresses where those are shown. The lab shows addresses, so that students'
/// programs find each other; a relay does not unless it is set to.
pub(super) fn who(out: &mut Text<'_>, room: RoomView<'_>, config: &RelayConfig) -> fmt::Result {
    let shown = room.members().take(NAMES_SHOWN_MAX);
    let address = shown.map(|it| it.person.profile.address().unwrap_or("?"));
    let addresses: Vec<&str> = match config.who_shows_addresses {
        true => address.collect(),
        false => Vec::new(),
    };
    let everyone = room.names(None);
    writeln!(
        out,
        "* {}: {}",
        room.name(),
        Addressed(&everyone, &addresses)
    )
}

/// The largest rooms with somebody named in them, as far as somebody may know of them.
pub(super) fn rooms(out: &mut Text<'_>, hub: &Hub, id: ConnId) -> fmt::Result {
    let visible = hub.rooms();
    let visible = visible.filter(|room| room.named() > 0 && room.is_visible_to(id));
    let mut rooms: Vec<(&str, usize)> = visible.map(|it| (it.name(), it.named())).collect();
    let by_size = |a: &(&str, usize), b: &(&str, usize)| b.1.cmp(&a.1).then(a.0.cmp(b.0));
    let others = rooms.len().saturating_sub(ROOMS_SHOWN_MAX);
    if others > 0 {
        // Only the largest are sorted: there may be ten thousand rooms.
        rooms.select_nth_unstable_by(ROOMS_SHOWN_MAX, by_size);
        rooms.truncate(ROOMS_SHOWN_MAX);
    }
    rooms.sort_unstable_by(by_size);
    if rooms.is_empty() {
        return writeln!(out, "* nobody with a nickname is in any room");
    }
    let shown = |(name, named): &(&str, usize)| format!("{name} ({named})");
    let shown: Vec<String> = rooms.iter().map(shown).collect();
    write!(out, "* {}", shown.join(", "))?;
    if others > 0 {
        write!(out, " and {others} other{}", plural(others))?;
    }
    writeln!(out)
}

/// The modes of the room.
pub(super) fn modes(out: &mut Text<'_>, room: RoomView<'_>) -> fmt::Result {
    modes::all(out, room)
}

pub(super) fn now_away(out: &mut Text<'_>, is_away: bool) -> fmt::Result {
    match is_away {
        true => writeln!(out, "* you are away"),
        false => writeln!(out, "* you are back"),
    }
}

/// The recipient of a private message is away.
pub(super) fn is_away(out: &mut Text<'_>, person: Person<'_>) -> fmt::Result {
    let why = person.profile.away().unwrap_or_default();
    writeln!(out, "* {} is away: {why}", person.name)
}

pub(super) fn inviting(out: &mut Text<'_>, name: &str, room: &str) -> fmt::Result {
    writeln!(out, "* {name} is invited to {room}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{ConnId, Time};
    use crate::relay::hub::tests::Nowhere;
    use crate::relay::hub::{Action, EventLevel, Host, Nick};

    #[test]
    fn rooms_are_listed_by_size_then_name_and_fifty_at_most() {
        let now = Time::new(Duration::ZERO, Duration::ZERO);
        let mut hub = Hub::new(RelayConfig::default());
        for n in 0..61 {
            let id = ConnId::new(n, 1);
            let admit = Action::Admit {
                level: EventLevel::Room,
                host: Host::LOCAL,
                address: None,
                enters_default: true,
            };
            hub.apply(id, &admit, now, &mut Nowhere).unwrap();
            let arrive = Action::Arrive {
                nick: Nick::Like(&format!("p{n}")),
                names: None,
            };
            hub.apply(id, &arrive, now, &mut Nowhere).unwrap();
            let join = Action::Join {
                room: &format!("r{:02}", n.min(59)),
                key: None,
                leaves_others: true,
            };
            hub.apply(id, &join, now, &mut Nowhere).unwrap();
        }
        let mut out = Vec::new();
        rooms(&mut Text(&mut out), &hub, ConnId::new(0, 1)).unwrap();
        let line = String::from_utf8(out).unwrap();
        assert!(line.starts_with("* r59 (2), r00 (1), r01 (1)"), "{line}");
        assert!(line.ends_with("r48 (1) and 10 others\n"), "{line}");
    }

    #[test]
    fn history_shows_utc_to_the_second() {
        let entry = Entry {
            unix_us: 1_795_183_387_999_999,
            from: "bob".into(),
            text: "hello".into(),
            ..Entry::default()
        };
        let mut out = Vec::new();
        history(&mut Text(&mut out), std::iter::once(&entry)).unwrap();
        let line = String::from_utf8(out).unwrap();
        assert_eq!(line, "[2026-11-20 14:03:07Z] <bob> hello\n");
    }
}
