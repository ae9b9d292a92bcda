//! The input of hostile JSON clients: what no parser likes, names that people trust, and attempts to
//! enter rooms that are closed to them, or to see into them.

use fastrand::Rng;
use serde_json::{Value, json};

use super::Mind;
use crate::traffic::hostile::{mask, name, room};

/// The first lines of a person who comes back.
pub(crate) fn return_to(name: &str, rooms: &[String]) -> Vec<u8> {
    let hello = json!({"do": "hello", "nick": name});
    let rooms = rooms.iter().map(|room| json!({"do": "join", "room": room}));
    let lines = std::iter::once(hello).chain(rooms);
    lines
        .map(|line| format!("{line}\n"))
        .collect::<String>()
        .into_bytes()
}

/// One line. `secret` is a word that no other client says, and that is said once.
pub(crate) fn line(random: &mut Rng, secret: &str, mind: &Mind) -> Vec<u8> {
    let line = match random.u8(..8) {
        0 => odd(random, secret, mind),
        _ => request(random, secret, mind).to_string(),
    };
    (line + "\n").into_bytes()
}

fn request(random: &mut Rng, secret: &str, mind: &Mind) -> Value {
    let whom = mind.whom.as_deref();
    let (name, any) = (name(random, whom), room(random));
    let own = mind.room.clone().unwrap_or_else(|| String::from(any));
    match random.u8(..100) {
        0..18 if mind.rules => json!({"do": "invite", "room": own, "nick": name}),
        0..24 => json!({"do": "say", "room": own, "text": secret}),
        24..27 => json!({"do": "say", "room": any, "text": secret}),
        27..32 => json!({"do": "topic", "room": own, "topic": secret}),
        32..34 => json!({"do": "say", "to": name, "text": mind.trace}),
        34..42 => json!({"do": "join", "room": any, "replay": 20}),
        42..44 => json!({"do": "join", "room": any, "key": "sesame", "replay": 20}),
        44..46 => json!({"do": "part", "room": own, "reason": secret}),
        46..60 => modes(random, &own, whom),
        60..64 => json!({"do": "invite", "room": own, "nick": name}),
        64..67 => json!({"do": "kick", "room": own, "nick": name, "reason": secret}),
        67..72 => json!({"do": "nick", "nick": name}),
        72 => json!({"do": "away", "text": secret}),
        73 => json!({"do": "quit", "reason": secret}),
        74..76 => json!({"do": "ban", "room": own, "mask": mask(random, whom)}),
        76 => json!({"do": "unmute", "room": own, "nick": name}),
        77 => json!({"do": "redact", "room": own, "msgid": mind.message, "reason": secret}),
        78..80 => json!({"do": "react", "room": any, "msgid": mind.message, "text": secret}),
        80 => json!({"do": "hello", "nick": name}),
        _ => look(random, any, &name, mind),
    }
}

/// A question about a room, asked by a person outside it.
fn look(random: &mut Rng, room: &str, name: &str, mind: &Mind) -> Value {
    match random.u8(..9) {
        0 => json!({"do": "topic", "room": room}),
        1 => json!({"do": "who", "room": room}),
        2 => json!({"do": "history", "room": room, "limit": 20}),
        3 => json!({"do": "resume", "since": {room: "1-1", "lobby": mind.message}}),
        4 => json!({"do": "rooms"}),
        5 => json!({"do": "ban", "room": room, "nick": name}),
        6 => json!({"do": "search", "text": "swap"}),
        7 => json!({"do": "search", "room": room, "from": name}),
        _ => json!({"do": "whois", "nick": name}),
    }
}

fn modes(random: &mut Rng, room: &str, whom: Option<&str>) -> Value {
    let changes: Vec<Value> = (0..random.usize(1..4))
        .map(|_| {
            let (mask, name) = (mask(random, whom), name(random, whom));
            let lists = ["ban", "mute", "ban_exception", "invite_exception"];
            let flags = ["invite_only", "secret", "moderated", "no_external"];
            let is_on = random.bool();
            match random.u8(..8) {
                0..3 => json!({"mode": random.choice(flags), "on": is_on}),
                3 => json!({"mode": "key", "key": "sesame", "on": is_on}),
                4 => json!({"mode": "operator", "nick": name, "on": is_on}),
                5 => json!({"mode": "limit", "limit": 2, "on": is_on}),
                _ => json!({"mode": random.choice(lists), "mask": mask, "on": is_on}),
            }
        })
        .collect();
    json!({"do": "mode", "room": room, "changes": changes})
}

/// Lines that are no JSON, or JSON that means something else than it seems to.
fn odd(random: &mut Rng, secret: &str, mind: &Mind) -> String {
    let deep = random.usize(100..200);
    let own = mind.room.as_deref().unwrap_or("lobby");
    let says = |text: &str| format!("{{\"do\":\"say\",\"room\":\"{own}\",\"text\":\"{text}\"}}");
    match random.u8(..14) {
        0 => format!(
            "{{\"do\":\"ping\",\"x\":{}{}}}",
            "[".repeat(deep),
            "]".repeat(deep)
        ),
        1 => format!(
            "{{\"do\":\"ping\",\"x\":{}1{}}}",
            "{\"a\":".repeat(deep),
            "}".repeat(deep)
        ),
        2 => "[".repeat(deep * 20),
        3 => String::from("{\"do\":\"history\",\"room\":\"lobby\",\"limit\":1e400}"),
        4 => String::from("{\"do\":\"history\",\"room\":\"lobby\",\"limit\":18446744073709551616}"),
        5 => format!("{{\"do\":\"ping\",\"id\":{}}}", "9".repeat(deep)),
        6 => format!("{{\"do\":\"ping\",\"do\":\"quit\",\"reason\":\"{secret}\"}}"),
        7 => says(&format!("{secret}\\ud800")),
        8 => says(&format!(
            "{secret}\\u0000\\u001b[31m\\n* bob left\\r\\nQUIT\\u2028"
        )),
        9 => says(&format!("{secret}\u{1}")),
        10 => format!("{{\"do\":{{\"do\":\"quit\"}},\"text\":[\"{secret}\"]}}"),
        11 => String::from("{\"do\":\"nick\",\"nick\":\"parloir.local\"}"),
        12 => String::from("{\"do\":\"nick\",\"nick\":\"\\u0430dmin\\u200b\"}"),
        _ => format!(
            "{{\"do\":\"mode\",\"room\":\"{own}\",\"changes\":[{}]}}",
            ["{\"mode\":\"ban\",\"mask\":\"x!y@z\\n<bob> hi\"}"; 3].join(",")
        ),
    }
}
