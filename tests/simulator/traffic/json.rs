//! The input of JSON clients: requests with and without ids, invalid, cut off, and long.

use fastrand::Rng;
use serde_json::{Value, json};

use super::irc::Mind;
use super::{nickname, room};

pub(crate) mod hostile;

/// The first lines of a client.
pub(crate) fn opening(random: &mut Rng, password: Option<&str>) -> Vec<u8> {
    let name = match random.u8(..3) {
        0 => nickname(random),
        _ => format!("u{}", random.u8(..40)),
    };
    let mut hello = json!({"do": "hello"});
    if random.u8(..12) > 0 {
        hello["nick"] = json!(name);
    }
    if let Some(password) = password {
        let word = if random.u8(..6) > 0 {
            password
        } else {
            "nonsense"
        };
        hello["password"] = json!(word);
    }
    let mut lines = vec![hello];
    for room in ["lobby", "dev"] {
        if random.u8(..4) > 0 {
            lines.push(json!({"do": "join", "room": room, "replay": random.u8(..5)}));
        }
    }
    let lines = lines.into_iter().map(|it| numbered(random, it));
    let lines: String = lines.map(|line| format!("{line}\n")).collect();
    lines.into_bytes()
}

/// The request with an id, or without.
fn numbered(random: &mut Rng, mut request: Value) -> Value {
    match random.u8(..6) {
        0..3 => request["id"] = json!(random.u16(..1000)),
        3 => request["id"] = json!(format!("é\n\"{}", random.u8(..100))),
        4 => request["id"] = json!([i64::MIN, -1].get(random.usize(..3))),
        _ => {}
    }
    request
}

fn own_room(random: &mut Rng, mind: &Mind) -> String {
    match &mind.room {
        Some(room) if random.u8(..5) > 0 => room.clone(),
        _ => room(random).trim_start_matches('#').to_owned(),
    }
}

fn whom(random: &mut Rng, mind: &Mind) -> String {
    let whom = mind.whom.clone().filter(|_| random.u8(..6) > 0);
    whom.unwrap_or_else(|| nickname(random))
}

/// One line, most often with its end.
pub(crate) fn line(random: &mut Rng, mind: &Mind) -> Vec<u8> {
    let max = mind.bytes_max;
    let mut line = match random.u8(..40) {
        0 => junk(random, &mind.trace).into_bytes(),
        1 => overlong(random, max),
        _ => {
            let request = request(random, mind);
            let request = numbered(random, request);
            spoiled(random, request.to_string()).into_bytes()
        }
    };
    line.extend_from_slice(match random.u8(..30) {
        0..24 => b"\n",
        24..28 => b"\r\n",
        28 => b"\r\r\n",
        _ => b"",
    });
    line
}

/// The request as it is, or with something in it that changes what it means, or nothing.
fn spoiled(random: &mut Rng, request: String) -> String {
    match random.u8(..40) {
        0 => request.replacen("\"room\":", "\"room\" : ", 1),
        1 => request.replacen('{', "{\"do\":\"quit\",", 1),
        2 => request.replacen(
            "\"text\":",
            "\"id\":7,\"more\":{\"a\":[null,1.5e3]},\"text\":",
            1,
        ),
        3 => request.replacen('}', "", 1),
        4 => request.replacen("\":\"", "\":7,\"x\":\"", 1),
        _ => request,
    }
}

fn request(random: &mut Rng, mind: &Mind) -> Value {
    let (room, name, trace) = (own_room(random, mind), whom(random, mind), &*mind.trace);
    let text = text(random, trace);
    let message = match random.u8(..8) {
        // The id of a message that is yet to be said.
        0 => json!("5-fffffffff"),
        1 => json!("no id"),
        _ => json!(mind.message),
    };
    match random.u8(..100) {
        // A client that has no name yet has been refused one.
        0..60 if !mind.is_named => json!({"do": "hello", "nick": nickname(random)}),
        0..40 if mind.rules => rule(random, &room, &name, trace),
        0..26 => json!({"do": "say", "room": room, "text": text}),
        26..29 => json!({"do": "say", "room": room, "text": text, "kind": "action"}),
        29..31 => json!({"do": "say", "room": room, "text": text, "kind": "notice"}),
        31..33 => {
            let tags = json!({"+x": "a;b \\c\u{7}", "+draft/reply": message, "+e": ""});
            json!({"do": "say", "room": room, "text": text, "tags": tags})
        }
        33..38 => json!({"do": "say", "to": name, "text": text}),
        38..41 => json!({"do": "react", "room": room, "msgid": message, "text": "👍 ;"}),
        41 => json!({"do": "react", "to": name, "msgid": message, "text": trace}),
        42..46 => json!({"do": "redact", "room": room, "msgid": message, "reason": trace}),
        46..54 => {
            let key = random.choice([json!(null), json!("sesame"), json!("open")]);
            json!({"do": "join", "room": room, "key": key, "replay": random.u8(..9)})
        }
        54..57 => json!({"do": "part", "room": room, "reason": trace}),
        57..60 => json!({"do": "nick", "nick": nickname(random)}),
        60..62 => json!({"do": "topic", "room": room, "topic": trace}),
        62 => json!({"do": "topic", "room": room, "topic": null}),
        63..65 => json!({"do": "topic", "room": room}),
        65 => json!({"do": "away", "text": trace}),
        66 => json!({"do": "away"}),
        67..69 => json!({"do": "invite", "room": room, "nick": name}),
        69..79 => rule(random, &room, &name, trace),
        79..82 => json!({"do": "who", "room": room}),
        82..84 => json!({"do": "rooms"}),
        84..86 => json!({"do": "whois", "nick": name}),
        86..89 => json!({"do": "history", "room": room, "limit": random.u8(..20)}),
        89 => json!({"do": "history", "room": room, "before": message}),
        90 => json!({"do": "history", "room": room, "after": message}),
        91..94 => json!({"do": "resume", "since": {room: message}}),
        94 => json!({"do": "hello", "nick": name}),
        95 if random.u8(..3) == 0 => json!({"do": "quit", "reason": trace}),
        96 => match random.u8(..4) {
            0 => json!({"do": "search", "text": trace}),
            1 => json!({"do": "search", "text": "swap", "limit": random.u8(..9)}),
            2 => json!({"do": "search", "from": name, "room": room}),
            _ => json!({"do": "search", "room": room, "text": " "}),
        },
        _ => json!({"do": "ping"}),
    }
}

fn text(random: &mut Rng, trace: &str) -> String {
    match random.u8(..20) {
        0 => format!("{trace}\n{trace} two\n\n{trace} four\n"),
        1 => format!("\u{2}{trace}\u{2} \u{3}4red \"\\ é😀"),
        2 => format!("{trace} swap {trace}"),
        3 => format!("{trace} taboo"),
        4 => String::from("vanish"),
        5 => format!("{trace}\u{1b}[31m\u{7}\u{202e}\u{2028}\t\u{0}\u{feff}"),
        6 => format!("{trace}{}", "wörd ".repeat(random.usize(..60))),
        7 => format!("/quit {trace}"),
        8 => String::from(" \u{7}"),
        9 => format!("{trace}\r\n* bob left"),
        _ => trace.to_owned(),
    }
}

/// Requests that operators make, and others try as well.
fn rule(random: &mut Rng, room: &str, name: &str, trace: &str) -> Value {
    match random.u8(..10) {
        0..2 => json!({"do": "kick", "room": room, "nick": name, "reason": trace}),
        2 => json!({"do": "kick", "room": room, "nick": name}),
        3 => json!({"do": "invite", "room": room, "nick": name}),
        4..6 => {
            let list = random.choice(["ban", "unban", "mute", "unmute"]);
            json!({"do": list, "room": room, "nick": name})
        }
        _ => mode(random, room, name),
    }
}

fn mode(random: &mut Rng, room: &str, name: &str) -> Value {
    let one = |random: &mut Rng| {
        let flags = [
            "moderated",
            "invite_only",
            "no_external",
            "secret",
            "topic_locked",
        ];
        let lists = ["ban", "ban_exception", "invite_exception", "mute"];
        let is_on = random.bool();
        match random.u8(..10) {
            0..3 => json!({"mode": random.choice(flags), "on": is_on}),
            3 => json!({"mode": random.choice(["operator", "voice"]), "nick": name}),
            4 => json!({"mode": "voice", "nick": name, "on": is_on}),
            5 => json!({"mode": "key", "key": "sesame", "on": is_on}),
            6 => json!({"mode": "limit", "limit": random.u8(1..40), "on": is_on}),
            7 => json!({"mode": random.choice(lists), "mask": name, "on": is_on}),
            8 => json!({"mode": random.choice(lists), "mask": "*!u*@*", "on": false}),
            _ => json!({"mode": "key", "key": "a b"}),
        }
    };
    let changes: Vec<Value> = (0..random.usize(..4)).map(|_| one(random)).collect();
    json!({"do": "mode", "room": room, "changes": changes})
}

fn overlong(random: &mut Rng, max: usize) -> Vec<u8> {
    let length = max - 3 + random.usize(..7) + random.usize(..2) * random.usize(..3 * max);
    let text = "y".repeat(length.saturating_sub(19));
    format!("{{\"do\":\"ping\",\"x\":\"{text}\"}}").into_bytes()
}

fn junk(random: &mut Rng, trace: &str) -> String {
    let lines = [
        "",
        " \t",
        "{}",
        "[1]",
        "\"do\"",
        "NICK bob",
        "/who",
        "{\"do\":\"dance\"}",
        "{\"do\":7}",
        "{\"do\":\"say\"}",
        "{\"do\":\"say\",\"text\":\"x\",\"room\":\"dev\",\"to\":\"bob\"}",
        "{\"do\":\"join\",\"room\":\"a b\"}",
        "{\"do\":\"ping\",\"id\":[1]}",
        "{\"do\":\"ping\",\"id\":1.5}",
        "{\"do\":\"mode\",\"room\":\"dev\",\"changes\":[7]}",
        "{\"do\":\"resume\",\"since\":{\"dev\":7}}",
        "{\"do\":\"ping\"} {\"do\":\"ping\"}",
    ];
    match random.u8(..20) {
        0 => trace.to_owned(),
        _ => String::from(random.choice(lines).unwrap()),
    }
}
