//! Modes of a room in words, as they are typed and as they are told.
//!
//! IRC's letters are taken as well, for those who know them. Ranks and lists have commands of their own here,
//! such as `/op` and `/ban`.

use std::fmt::{self, Write};

use super::super::mode_letters::Mode;
use super::super::text::one_word;
use super::words::split_word;
use crate::relay::hub::{Flag, List, ModeChange, Rank, RoomView};

/// A change as it is typed: `+moderated`, `-key`, `limit 10`, `+m`; without a sign it is on. A flag's letter
/// counts in small form only, as on IRC; its word in any.
pub(super) fn mode_change(text: &str) -> Option<ModeChange<'_>> {
    let (word, value) = split_word(text);
    let (word, is_on) = match word.strip_prefix('-') {
        Some(word) => (word, false),
        None => (word.strip_prefix('+').unwrap_or(word), true),
    };
    let letter = word.chars().next().filter(|_| word.len() == 1);
    let word = word.to_ascii_lowercase();
    let flag = Flag::ALL
        .into_iter()
        .find(|flag| word == flag_name(*flag) || letter == Some(Mode::Flag(*flag).letter()));
    match (&*word, value, is_on) {
        (_, "", _) if flag.is_some() => flag.map(|flag| ModeChange::Flag(flag, is_on)),
        ("key" | "k", _, false) => Some(ModeChange::Key(None)),
        ("limit" | "l", _, false) => Some(ModeChange::Limit(None)),
        ("key" | "k", key, true) if !key.is_empty() => Some(ModeChange::Key(Some(key))),
        ("limit" | "l", limit, true) => {
            let limit = limit.parse().ok().filter(|limit| *limit > 0);
            limit.map(|limit| ModeChange::Limit(Some(limit)))
        }
        _ => None,
    }
}

/// Tells of each change on a line of its own. Keys and masks may come from other dialects, so they are made
/// one clean word.
pub(super) fn changed(out: &mut impl Write, by: &str, changes: &[ModeChange<'_>]) -> fmt::Result {
    for change in changes {
        out.write_str("* ")?;
        match *change {
            ModeChange::Rank { rank, name, is_on } => {
                write!(out, "{name} {}", rank_now(rank, is_on))
            }
            ModeChange::Flag(flag, is_on) => out.write_str(flag_now(flag, is_on)),
            ModeChange::Key(Some(key)) => {
                write!(out, "the room needs a key now: {}", one_word(key))
            }
            ModeChange::Key(None) => out.write_str("the room needs no key any more"),
            ModeChange::Limit(Some(limit)) => {
                write!(out, "at most {limit} may be in the room now")
            }
            ModeChange::Limit(None) => out.write_str("any number may be in the room now"),
            ModeChange::List { list, mask, is_on } => {
                write!(out, "{} {}", one_word(mask), list_now(list, is_on))
            }
        }?;
        writeln!(out, " (by {by})")?;
    }
    Ok(())
}

fn rank_now(rank: Rank, is_on: bool) -> &'static str {
    match (rank, is_on) {
        (Rank::Operator, true) => "is an operator now",
        (Rank::Operator, false) => "is not an operator any more",
        (Rank::Voice, true) => "has a voice now",
        (Rank::Voice, false) => "has no voice any more",
        // No letter and no command changes this rank.
        (Rank::Member, _) => "is here",
    }
}

fn flag_now(flag: Flag, is_on: bool) -> &'static str {
    match (flag, is_on) {
        (Flag::InviteOnly, true) => "only those invited may come in now",
        (Flag::InviteOnly, false) => "everyone may come in now",
        (Flag::Moderated, true) => "only those with a voice may speak now",
        (Flag::Moderated, false) => "everyone may speak now",
        (Flag::NoExternal, true) => "only those in the room may speak in it now",
        (Flag::NoExternal, false) => "those outside may speak in the room now",
        (Flag::Secret, true) => "the room is secret now",
        (Flag::Secret, false) => "the room is no secret any more",
        (Flag::TopicLocked, true) => "only operators may set the topic now",
        (Flag::TopicLocked, false) => "everyone may set the topic now",
    }
}

/// The words for a change of a list. They say what it comes to for those who are meant.
fn list_now(list: List, is_on: bool) -> &'static str {
    match (list, is_on) {
        (List::Bans, true) => "is kept out now",
        (List::Bans, false) => "is not kept out any more",
        (List::BanExceptions, true) => "is never kept out now",
        (List::BanExceptions, false) => "may be kept out now",
        (List::InviteExceptions, true) => "needs no invitation now",
        (List::InviteExceptions, false) => "needs an invitation now",
        (List::Mutes, true) => "may not speak now",
        (List::Mutes, false) => "may speak now",
    }
}

/// Tells what holds in a room: `* dev: moderated, needs a key`. A mask is shown as it must be typed to lift
/// it. The key is shown too: whoever asks is in the room.
pub(super) fn all(out: &mut impl Write, room: RoomView<'_>) -> fmt::Result {
    let flags = Flag::ALL.into_iter().filter(|flag| room.has(*flag));
    let mut rules: Vec<String> = flags.map(|flag| flag_name(flag).to_owned()).collect();
    if let Some(key) = room.key() {
        rules.push(format!("key {}", one_word(key)));
    }
    if let Some(limit) = room.limit() {
        rules.push(format!("limit {limit}"));
    }
    for list in List::ALL {
        let masks: Vec<_> = room.list(list).map(|it| one_word(it.mask)).collect();
        if !masks.is_empty() {
            rules.push(format!("{} {}", list_name(list), masks.join(" ")));
        }
    }
    let name = room.name();
    match rules.is_empty() {
        true => writeln!(out, "* {name}: no modes are set"),
        false => writeln!(out, "* {name}: {}", rules.join(", ")),
    }
}

/// The word for a rule, as it is typed.
fn flag_name(flag: Flag) -> &'static str {
    match flag {
        Flag::InviteOnly => "invite-only",
        Flag::Moderated => "moderated",
        Flag::NoExternal => "no-external",
        Flag::Secret => "secret",
        Flag::TopicLocked => "topic-locked",
    }
}

fn list_name(list: List) -> &'static str {
    match list {
        List::Bans => "banned",
        List::BanExceptions => "not banned",
        List::InviteExceptions => "invited",
        List::Mutes => "muted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_typed_as_words_or_letters() {
        use ModeChange::{Key, Limit};
        let flag = |flag, is_on| Some(ModeChange::Flag(flag, is_on));
        for (text, change) in [
            ("moderated", flag(Flag::Moderated, true)),
            ("+Moderated", flag(Flag::Moderated, true)),
            ("-moderated", flag(Flag::Moderated, false)),
            ("+m", flag(Flag::Moderated, true)),
            ("-i", flag(Flag::InviteOnly, false)),
            ("topic-locked", flag(Flag::TopicLocked, true)),
            ("s", flag(Flag::Secret, true)),
            ("-no-external", flag(Flag::NoExternal, false)),
            ("M", None),
            ("+m now", None),
            ("key sesame", Some(Key(Some("sesame")))),
            ("+k  sesame", Some(Key(Some("sesame")))),
            ("+k open sesame", Some(Key(Some("open sesame")))),
            ("+k", None),
            ("-k", Some(Key(None))),
            ("-key whatever", Some(Key(None))),
            ("limit 10", Some(Limit(Some(10)))),
            ("+l 0", None),
            ("+l -1", None),
            ("+l 4294967296", None),
            ("+l many", None),
            ("-l", Some(Limit(None))),
            ("+o bob", None),
            ("+", None),
            ("", None),
        ] {
            assert_eq!(mode_change(text), change, "{text:?}");
        }
    }
}
