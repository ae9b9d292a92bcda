//! The lines that a JSON client is sent, read as its program reads them.

use serde_json::{Value, json};

/// The events that the documentation names.
const EVENTS: [&str; 15] = [
    "message", "private", "join", "leave", "nick", "topic", "mode", "kick", "away", "invite",
    "redact", "react", "notice", "gap", "bye",
];

/// Reads the bytes of one call. A change of several modes becomes one object for each.
pub(crate) fn read(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).expect("what is sent is UTF-8");
    let lines = text.split_inclusive('\n').map(|line| {
        let line = line.strip_suffix('\n').expect("whole lines are sent");
        read_one(line)
    });
    lines.flat_map(|it| one_by_one(in_order(it))).collect()
}

fn read_one(line: &str) -> Value {
    let read = serde_json::from_str(line);
    let it: Value = read.unwrap_or_else(|why| panic!("no JSON: {why}: {line:?}"));
    let kinds = ["ok", "error", "event"];
    let kinds = kinds.iter().filter(|kind| it.get(kind).is_some());
    assert_eq!(kinds.count(), 1, "an answer, or an event: {line:?}");
    // A member that comes twice is read once.
    assert_eq!(it.to_string().len(), line.len(), "members: {line:?}");
    if let Some(event) = it.get("event") {
        let is_known = EVENTS.iter().any(|known| event == known);
        assert!(is_known, "no such event: {line:?}");
    }
    it
}

/// The order of lists of people and of rooms is left to the relay.
fn in_order(mut it: Value) -> Value {
    for (list, name) in [("people", "nick"), ("rooms", "room")] {
        if let Some(list) = it.get_mut(list).and_then(Value::as_array_mut) {
            list.sort_by_key(|it| it[name].to_string());
        }
    }
    it
}

fn one_by_one(it: Value) -> Vec<Value> {
    let changes = it.get("changes").and_then(Value::as_array).cloned();
    let Some(changes) = changes.filter(|_| it["event"] == "mode") else {
        return vec![it];
    };
    assert!(!changes.is_empty(), "no change: {it}");
    let one = |change| {
        let mut one = it.clone();
        one["changes"] = json!([change]);
        one
    };
    changes.into_iter().map(one).collect()
}
