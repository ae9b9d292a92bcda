//! Writes changes of modes as lines.
//!
//! One event may have more changes than a line has room for. It is never cut: a client would not know of the
//! changes at its end, and its list of ranks would be wrong.

use super::super::mode_letters::Mode;
use super::modes::Changes;
use super::sink::LineSink;
use super::text::middle;
use crate::relay::hub::{ModeChange, Person};

/// Maximum bytes of the letters and parameters in one MODE, so that the source and the channel fit in
/// the line before them.
const MODE_BYTES_MAX: usize = 200;

/// Writes `MODE`, in as many lines as the changes take.
pub(super) fn write_modes(
    lines: &mut impl LineSink,
    room: &str,
    by: Person<'_>,
    changes: &[ModeChange<'_>],
) {
    let mut end = |text: &Changes| {
        let line = lines.line().person(by).add("MODE #").add(room);
        line.add(" ").add(&text.text()).end();
    };
    let mut text = Changes::default();
    for change in changes {
        let before = text.clone();
        add_change(&mut text, change);
        if text.len() > MODE_BYTES_MAX && !before.is_empty() {
            end(&before);
            text = Changes::default();
            add_change(&mut text, change);
        }
    }
    if !text.is_empty() {
        end(&text);
    }
}

fn add_change(text: &mut Changes, change: &ModeChange<'_>) {
    match *change {
        ModeChange::Flag(flag, is_on) => text.push(is_on, Mode::Flag(flag), None),
        ModeChange::Key(key) => {
            text.push(key.is_some(), Mode::Key, Some(&middle(key.unwrap_or("*"))));
        }
        ModeChange::Limit(Some(limit)) => text.push(true, Mode::Limit, Some(&limit.to_string())),
        ModeChange::Limit(None) => text.push(false, Mode::Limit, None),
        ModeChange::Rank { rank, name, is_on } => text.push(is_on, Mode::Rank(rank), Some(name)),
        ModeChange::List { list, mask, is_on } => {
            text.push(is_on, Mode::List(list), Some(&middle(mask)));
        }
    }
}
