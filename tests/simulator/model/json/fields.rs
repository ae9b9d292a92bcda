//! The fields of requests: texts, names, numbers, tags, changes of modes.

use parloir::relay::hub::names::legalize_room;
use parloir::relay::hub::{Flag, List, Rank, mask_in_full};
use serde_json::Value;

use super::Request;
use crate::chat::programs::Code;
use crate::chat::rules::is_key;
use crate::model::irc_rooms::Wanted;
use crate::naive::read_formatted;

/// A text that may be missing.
pub(super) fn optional<'a>(it: &'a Request, field: &str) -> Result<Option<&'a str>, Code> {
    match it.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err("bad_field"),
    }
}

pub(super) fn text<'a>(it: &'a Request, field: &str) -> Result<&'a str, Code> {
    optional(it, field)?.ok_or("missing_field")
}

pub(super) fn room_of(it: &Request) -> Result<&str, Code> {
    let room = text(it, "room")?;
    let is_legal = !room.is_empty() && legalize_room(room) == room;
    is_legal.then_some(room).ok_or("bad_room")
}

pub(super) fn count(it: &Request, field: &str) -> Result<Option<usize>, Code> {
    let Some(value) = it.get(field).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let count = value.as_u64().map(|it| it as usize);
    count.map(Some).ok_or("bad_field")
}

/// A text of one line.
pub(super) fn one_line(
    it: &Request,
    field: &str,
    bytes_max: usize,
) -> Result<Option<String>, Code> {
    let Some(text) = optional(it, field)? else {
        return Ok(None);
    };
    let shown = read_formatted(text);
    match text.contains('\n') || shown.len() > bytes_max {
        true => Err("bad_field"),
        false => Ok(Some(shown).filter(|shown| !shown.is_empty())),
    }
}

/// A nickname, or a mask.
pub(super) fn word(text: &str) -> Result<&str, Code> {
    let is_odd = |c: char| c.is_control() || c.is_whitespace();
    let is_one = !text.is_empty() && !text.contains(is_odd) && read_formatted(text) == text;
    is_one.then_some(text).ok_or("bad_field")
}

/// The time in the id of a message, in microseconds since 1970.
pub(super) fn time_of(id: &str) -> Result<u64, Code> {
    let (us, number) = id.split_once('-').ok_or("no_such_message")?;
    let number = u64::from_str_radix(number, 16).and_then(|_| u64::from_str_radix(us, 16));
    number.map_err(|_| "no_such_message")
}

/// The tags of a message for other programs, as they stand on the wire.
pub(super) fn tags(it: &Request) -> Result<Vec<String>, Code> {
    let tags = match it.get("tags") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(tags)) => tags,
        Some(_) => return Err("bad_field"),
    };
    let one = |(key, value): (&String, &Value)| {
        let value = value.as_str().filter(|value| !value.contains('\0'))?;
        let name = key.strip_prefix('+')?;
        let name = name.strip_prefix("draft/").unwrap_or(name);
        let is_legal = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let is_name = !name.is_empty() && name.chars().all(is_legal);
        is_name.then(|| match value {
            "" => key.clone(),
            value => format!("{key}={}", escaped(value)),
        })
    };
    let tags: Option<Vec<String>> = tags.iter().map(one).collect();
    tags.ok_or("bad_field")
}

pub(super) fn escaped(value: &str) -> String {
    let pairs = [
        ('\\', "\\\\"),
        (';', "\\:"),
        (' ', "\\s"),
        ('\r', "\\r"),
        ('\n', "\\n"),
    ];
    let one = |c: char| {
        let pair = pairs.iter().find(|(it, _)| *it == c);
        pair.map_or(c.to_string(), |(_, escaped)| String::from(*escaped))
    };
    value.chars().map(one).collect()
}

/// The changes of a room's modes that are asked for.
pub(super) fn changes(it: &Request) -> Result<Vec<Wanted>, Code> {
    let list = it.get("changes").and_then(Value::as_array);
    let list = list.filter(|list| (1..=20).contains(&list.len()));
    let list = list.ok_or("bad_field")?;
    let objects: Option<Vec<&Request>> = list.iter().map(Value::as_object).collect();
    let objects = objects.ok_or("bad_field")?;
    for it in &objects {
        optional(it, "mask")?.map_or(Ok(""), word)?;
    }
    objects.into_iter().map(change).collect()
}

fn change(it: &Request) -> Result<Wanted, Code> {
    let mode = text(it, "mode")?;
    let is_on = match it.get("on") {
        None | Some(Value::Null) => true,
        Some(Value::Bool(is_on)) => *is_on,
        Some(_) => return Err("bad_field"),
    };
    let list = |list| {
        let mask = optional(it, "mask")?.ok_or("missing_field")?;
        Ok(Wanted::List(list, mask_in_full(mask), is_on))
    };
    let rank = |rank| Ok(Wanted::Rank(rank, text(it, "nick")?.to_owned(), is_on));
    match mode {
        "invite_only" => Ok(Wanted::Flag(Flag::InviteOnly, is_on)),
        "moderated" => Ok(Wanted::Flag(Flag::Moderated, is_on)),
        "no_external" => Ok(Wanted::Flag(Flag::NoExternal, is_on)),
        "secret" => Ok(Wanted::Flag(Flag::Secret, is_on)),
        "topic_locked" => Ok(Wanted::Flag(Flag::TopicLocked, is_on)),
        "key" if !is_on => Ok(Wanted::Key(None)),
        "key" => {
            let key = text(it, "key")?;
            is_key(key)
                .then(|| Wanted::Key(Some(key.to_owned())))
                .ok_or("bad_key")
        }
        "limit" if !is_on => Ok(Wanted::Limit(None)),
        "limit" => {
            let limit = count(it, "limit")?.and_then(|it| u32::try_from(it).ok());
            let limit = limit.filter(|limit| *limit > 0).ok_or("bad_field")?;
            Ok(Wanted::Limit(Some(limit)))
        }
        "operator" => rank(Rank::Operator),
        "voice" => rank(Rank::Voice),
        "ban" => list(List::Bans),
        "ban_exception" => list(List::BanExceptions),
        "invite_exception" => list(List::InviteExceptions),
        "mute" => list(List::Mutes),
        _ => Err("bad_field"),
    }
}
