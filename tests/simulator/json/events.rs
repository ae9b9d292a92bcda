//! The model's events as objects, from the words in which IRC clients are told of them.

use std::collections::BTreeMap;

use parloir::relay::hub::Speech;
use serde_json::{Map, Value, json};

use super::{number, time};
use crate::chat::words::{Said, Told};
use crate::irc::{Message, mode_changes};
use crate::naive::read_formatted;

/// The object of an event for the client that has this name. None if it is nothing to programs.
pub(crate) fn object(told: &Told, me: Option<&str>) -> Option<Value> {
    match told {
        Told::Nothing => None,
        Told::Joined { source, room, .. } => {
            let (nick, _) = source.split_once('!')?;
            Some(json!({"event": "join", "room": room, "nick": nick}))
        }
        Told::Said(said) => said_object(said),
        Told::Line(line, _) => line_object(&Message::read(line)?, me),
    }
}

/// The object, with another member if there is one.
fn with(mut object: Value, key: &str, value: Option<&str>) -> Value {
    if let Some(value) = value {
        object[key] = json!(value);
    }
    object
}

fn line_object(it: &Message, me: Option<&str>) -> Option<Value> {
    let from = it.from();
    let room = it.param(0).strip_prefix('#').unwrap_or_default();
    // IRC has a name where no reason is given.
    let reason =
        |n: usize, instead: &str| it.some(n).filter(|it| *it != instead).map(str::to_owned);
    Some(match &*it.command {
        "PART" => {
            let left = json!({"event": "leave", "room": room, "nick": from});
            with(left, "reason", reason(1, from).as_deref())
        }
        "QUIT" => quit(from, it.param(0)),
        "NICK" => json!({"event": "nick", "nick": from, "new": it.param(0)}),
        "TOPIC" => {
            let topic = it.some(1);
            json!({"event": "topic", "room": room, "by": from, "topic": topic})
        }
        "KICK" => {
            let out = json!({"event": "kick", "room": room, "nick": it.param(1), "by": from});
            with(out, "reason", reason(2, from).as_deref())
        }
        "INVITE" => {
            let room = it.param(1).strip_prefix('#')?;
            let invited = json!({"event": "invite", "room": room, "by": from});
            let whom = Some(it.param(0)).filter(|whom| Some(*whom) != me);
            with(invited, "nick", whom)
        }
        "AWAY" => json!({"event": "away", "nick": from, "away": it.some(0)}),
        "MODE" => {
            let changes = mode_changes(&it.params[1..]).into_iter();
            let changes: Vec<Value> = changes.map(change).collect();
            let changed = json!({"event": "mode", "room": room, "changes": changes});
            // The server itself makes those operators again who come back.
            with(changed, "by", it.source.contains('!').then_some(from))
        }
        other => panic!("no event is {other}"),
    })
}

/// All rooms are told at once, so none is named.
fn quit(from: &str, words: &str) -> Value {
    let left = json!({"event": "leave", "nick": from});
    let own = words.strip_prefix("Quit: ");
    let killed = words.strip_prefix("Killed by host");
    match (words, own, killed) {
        (words, ..) if words == from => left,
        (_, Some(own), _) => with(left, "reason", Some(own)),
        (_, _, Some(why)) => {
            let left = with(left, "by", Some("host"));
            with(left, "reason", why.strip_prefix(": "))
        }
        ("Connection closed", ..) => with(left, "reason", Some("connection closed")),
        ("Connection reset", ..) => with(left, "reason", Some("connection reset")),
        (words, ..) => with(left, "reason", Some(words)),
    }
}

fn change((is_on, letter, param): (bool, char, Option<String>)) -> Value {
    let (mode, member) = match letter {
        'i' => ("invite_only", ""),
        'm' => ("moderated", ""),
        'n' => ("no_external", ""),
        's' => ("secret", ""),
        't' => ("topic_locked", ""),
        'k' => ("key", "key"),
        'l' => ("limit", "limit"),
        'o' => ("operator", "nick"),
        'v' => ("voice", "nick"),
        'b' => ("ban", "mask"),
        'e' => ("ban_exception", "mask"),
        'I' => ("invite_exception", "mask"),
        'q' => ("mute", "mask"),
        other => panic!("no mode is {other}"),
    };
    let mut change = json!({"mode": mode, "on": is_on});
    match (member, param) {
        // Of a key and a limit that are taken off, nothing is left to be said.
        ("key" | "limit", _) if !is_on => {}
        ("limit", Some(limit)) => change["limit"] = json!(limit.parse::<u32>().unwrap()),
        (member, Some(param)) if !member.is_empty() => change[member] = json!(param),
        _ => {}
    }
    change
}

pub(crate) fn kind(speech: Speech) -> &'static str {
    match speech {
        Speech::Action => "action",
        Speech::Notice => "notice",
        _ => "message",
    }
}

fn said_object(said: &Said) -> Option<Value> {
    let from = said.source.split('!').next()?;
    let it = &said.remark;
    let mut tags = BTreeMap::new();
    for tag in &it.tags {
        let (key, value) = tag.split_once('=').unwrap_or((tag, ""));
        tags.insert(key.to_owned(), read_formatted(&unescaped(value)));
    }
    let ranks = [("@", Some("operator")), ("+", Some("voice")), ("", None)];
    let place = ranks.iter().find_map(|(prefix, rank)| {
        let room = said.target.strip_prefix(prefix)?.strip_prefix('#')?;
        Some((room, *rank))
    });
    let (room, rank) = (place.map(|it| it.0), place.and_then(|it| it.1));
    let about = |event: &str| {
        let about = json!({"event": event, "from": from, "time": time(said.at)});
        with(with(about, "room", room), "for", rank)
    };
    if it.speech == Speech::TagsOnly {
        let tag = |key| tags.get(key).filter(|value| !value.is_empty());
        let (id, text) = (tag("+draft/reply")?, tag("+draft/react")?);
        return Some(with(
            with(about("react"), "msgid", Some(id)),
            "text",
            Some(text),
        ));
    }
    if matches!(it.speech, Speech::CtcpRequest | Speech::CtcpReply) {
        return None;
    }
    let mut said_it = about(if room.is_some() { "message" } else { "private" });
    said_it["text"] = json!(it.text);
    said_it["kind"] = json!(kind(it.speech));
    said_it["msgid"] = number(said.number);
    if !tags.is_empty() {
        let tags = tags.into_iter().map(|(key, value)| (key, json!(value)));
        said_it["tags"] = Value::Object(tags.collect::<Map<_, _>>());
    }
    Some(said_it)
}

/// The value that an escaped one stands for (IRCv3 message-tags, "Escaping Values").
fn unescaped(value: &str) -> String {
    let (mut out, mut is_escaped) = (String::new(), false);
    for c in value.chars() {
        match (is_escaped, c) {
            (false, '\\') => {}
            (true, ':') => out.push(';'),
            (true, 's') => out.push(' '),
            (true, 'r') => out.push('\r'),
            (true, 'n') => out.push('\n'),
            (_, c) => out.push(c),
        }
        is_escaped = !is_escaped && c == '\\';
    }
    out
}
