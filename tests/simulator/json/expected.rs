//! The objects that the model expects a JSON client to be sent, compared with those that came.
//!
//! An expected value is the one that must come, or an object that stands for what the model does
//! not know to the letter. No client can write such an object: only the relay writes objects.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use crate::support::START_UNIX_SECONDS;

/// Stands for anything but nothing: a text that is not empty, or a number.
pub(crate) fn any() -> Value {
    json!({"$any": null})
}

/// Stands for the id of the message that has this number in the model.
pub(crate) fn number(number: u64) -> Value {
    json!({ "$number": number })
}

/// Stands for a part of a list.
pub(crate) fn some_of(list: &[Value]) -> Value {
    json!({ "$some": list })
}

/// A time as the dialect writes it. If the model does not know it, it is now or later.
pub(crate) fn time(at: Option<Duration>) -> Value {
    at.map_or(json!({"$later": null}), |at| json!(shown(at)))
}

/// A time, as in `2026-11-28T15:04:05.123Z`.
pub(crate) fn shown(at: Duration) -> String {
    let at = UNIX_EPOCH + Duration::from_secs(START_UNIX_SECONDS) + at;
    humantime::format_rfc3339_millis(at).to_string()
}

/// The id of a message on the wire, and its number in the model.
type Named = (String, u64);

/// Compares what came with what is expected. Returns the ids of the messages, or a description of
/// the difference.
pub(crate) fn compare(
    expected: &[Value],
    heard: &[Value],
    now: Duration,
) -> Result<Vec<Named>, String> {
    let mut named = Vec::new();
    for n in 0..expected.len().max(heard.len()) {
        match (expected.get(n), heard.get(n)) {
            (Some(expected), Some(heard)) if is_it(expected, heard, now, &mut named) => {}
            (expected, heard) => {
                let text =
                    |it: Option<&Value>| it.map_or(String::from("nothing"), Value::to_string);
                let (expected, heard) = (text(expected), text(heard));
                return Err(format!(
                    "the {n}th object is to be\n{expected}\nand is\n{heard}"
                ));
            }
        }
    }
    Ok(named)
}

fn is_it(expected: &Value, heard: &Value, now: Duration, named: &mut Vec<Named>) -> bool {
    let mut each = |(expected, heard): (&Value, &Value)| is_it(expected, heard, now, named);
    match (expected, heard) {
        (Value::Object(expected), heard) if is_sign(expected) => match expected.iter().next() {
            Some((sign, number)) if sign == "$number" => {
                let id = heard.as_str().map(str::to_owned);
                named.extend(id.clone().zip(number.as_u64()));
                id.is_some()
            }
            Some((sign, Value::Array(all))) if sign == "$some" => {
                let heard = heard.as_array();
                heard.is_some_and(|heard| heard.iter().all(|it| all.contains(it)))
            }
            Some((sign, _)) if sign == "$later" => {
                // Times of one form are in the order of their letters.
                heard.as_str().is_some_and(|it| it >= &*shown(now))
            }
            _ => heard.is_u64() || heard.as_str().is_some_and(|it| !it.is_empty()),
        },
        (Value::Object(expected), Value::Object(heard)) => {
            let keys = expected.keys().eq(heard.keys());
            keys && expected.values().zip(heard.values()).all(each)
        }
        (Value::Array(expected), Value::Array(heard)) => {
            expected.len() == heard.len() && expected.iter().zip(heard).all(&mut each)
        }
        _ => expected == heard,
    }
}

fn is_sign(object: &Map<String, Value>) -> bool {
    object.len() == 1 && object.keys().all(|key| key.starts_with('$'))
}
