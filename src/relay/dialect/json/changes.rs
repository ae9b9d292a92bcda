//! Changes of a room's modes as objects: requests and events write a change in the same form.
//!
//! So a program can send back what it was told. Masks and keys are checked here to be one clean word: one
//! with a line end in it was read at `nc` as lines of somebody else's, and one of IRC's could turn the text
//! around.

use super::errors::RequestError;
use super::object::Object;
use super::request::JsonRequest;
use super::text::cleaned;
use crate::relay::hub::{CommandError, Flag, List, ModeChange, Rank, is_key, mask_in_full};

/// The name of a flag, for requests and events alike. The words differ from those of lines by a `_` for `-`.
fn flag_name(flag: Flag) -> &'static str {
    match flag {
        Flag::InviteOnly => "invite_only",
        Flag::Moderated => "moderated",
        Flag::NoExternal => "no_external",
        Flag::Secret => "secret",
        Flag::TopicLocked => "topic_locked",
    }
}

fn list_name(list: List) -> &'static str {
    match list {
        List::Bans => "ban",
        List::BanExceptions => "ban_exception",
        List::InviteExceptions => "invite_exception",
        List::Mutes => "mute",
    }
}

/// `{"mode":"moderated","on":true}`, and likewise with a name, a mask or a value.
pub(super) fn write_change(out: &mut Vec<u8>, change: &ModeChange<'_>) {
    let it = Object::new(out);
    let (it, is_on) = match *change {
        ModeChange::Flag(flag, is_on) => (it.text("mode", flag_name(flag)), is_on),
        ModeChange::Key(key) => (it.text("mode", "key").optional("key", key), key.is_some()),
        ModeChange::Limit(limit) => {
            let it = it.text("mode", "limit");
            let it = match limit {
                Some(limit) => it.number("limit", u64::from(limit)),
                None => it,
            };
            (it, limit.is_some())
        }
        ModeChange::Rank { rank, name, is_on } => {
            let mode = if rank == Rank::Operator {
                "operator"
            } else {
                "voice"
            };
            (it.text("mode", mode).text("nick", name), is_on)
        }
        ModeChange::List { list, mask, is_on } => {
            (it.text("mode", list_name(list)).text("mask", mask), is_on)
        }
    };
    it.bool("on", is_on).end();
}

/// A change as a request has it; `mask` is its mask in full, if it has one. Names for what is not there are
/// refused, so that a slip does not pass for done.
pub(super) fn read_change<'a>(
    it: &'a JsonRequest,
    mask: &'a str,
) -> Result<ModeChange<'a>, RequestError> {
    let (mode, is_on) = (it.text("mode")?, it.is_on("on")?);
    let flag = Flag::ALL.into_iter().find(|flag| flag_name(*flag) == mode);
    let list = List::ALL.into_iter().find(|list| list_name(*list) == mode);
    Ok(match (mode, flag, list) {
        (_, Some(flag), _) => ModeChange::Flag(flag, is_on),
        (_, _, Some(_)) if mask.is_empty() => return Err(RequestError::missing("mask")),
        (_, _, Some(list)) => ModeChange::List { list, mask, is_on },
        ("key", ..) if !is_on => ModeChange::Key(None),
        ("key", ..) => match it.text("key")? {
            key if is_key(key) => ModeChange::Key(Some(key)),
            _ => return Err(RequestError::refused(&CommandError::KeyIllegal, "")),
        },
        ("limit", ..) if !is_on => ModeChange::Limit(None),
        ("limit", ..) => {
            let limit = it
                .number("limit")?
                .and_then(|limit| u32::try_from(limit).ok());
            let limit = limit.filter(|limit| *limit > 0);
            ModeChange::Limit(Some(
                limit.ok_or_else(|| RequestError::field("limit", "a number from 1 on"))?,
            ))
        }
        ("operator" | "voice", ..) => ModeChange::Rank {
            rank: if mode == "voice" {
                Rank::Voice
            } else {
                Rank::Operator
            },
            name: it.text("nick")?,
            is_on,
        },
        _ => return Err(RequestError::field("mode", "a mode that there is")),
    })
}

/// A mask, or a nickname that one is made of: lines and IRC show it, so it is one word without controls.
pub(super) fn check_word<'a>(field: &'static str, text: &'a str) -> Result<&'a str, RequestError> {
    let is_odd = |c: char| c.is_control() || c.is_whitespace();
    match !text.is_empty() && !text.contains(is_odd) && cleaned(text) == text {
        true => Ok(text),
        false => Err(RequestError::field(field, "one word, without controls")),
    }
}

/// The mask of a change, in full; empty if it has none. It is a text of its own, and `ModeChange` borrows: so
/// masks are made before the changes.
pub(super) fn mask_of(it: &JsonRequest) -> Result<String, RequestError> {
    match it.optional("mask")? {
        Some(mask) => Ok(mask_in_full(check_word("mask", mask)?)),
        None => Ok(String::new()),
    }
}
