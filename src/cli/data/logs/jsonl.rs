//! Objects, a line each, as `export --format jsonl` writes them. Fields of other names are ignored.

use std::time::UNIX_EPOCH;

use parloir::relay::hub::{Entry, Host, MessageId, Speech};
use serde_json::Value;

use super::Line;

pub(super) fn read(line: &str) -> Line {
    if line.trim().is_empty() {
        return Line::Nothing;
    }
    let Ok(Value::Object(fields)) = serde_json::from_str(line) else {
        return Line::Bad("it is no JSON object");
    };
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let Some(unix_us) = text("time").and_then(unix_us) else {
        return Line::Bad("it has no \"time\" such as 2026-11-29T15:06:43.108Z");
    };
    let (Some(nick), Some(said)) = (text("nick"), text("text")) else {
        return Line::Bad("it has no \"nick\" or no \"text\"");
    };
    let speech = match text("kind") {
        None | Some("message") => Speech::Message,
        Some("action") => Speech::Action,
        Some("notice") => Speech::Notice,
        Some(_) => return Line::Bad("its \"kind\" is none of message, action and notice"),
    };
    let entry = Entry {
        id: MessageId(number(fields.get("id"))),
        unix_us,
        speech,
        by: None,
        from: nick.to_owned(),
        host: text("host")
            .and_then(|it| it.parse().ok())
            .unwrap_or(Host::LOCAL),
        own_user: text("user").unwrap_or_default().to_owned(),
        text: said.to_owned(),
    };
    Line::Said(text("room").map(str::to_owned), Box::new(entry))
}

/// The number of a message, which is a text, as JavaScript's numbers have too few digits; 0 if there is none.
fn number(value: Option<&Value>) -> u64 {
    let text = value.and_then(Value::as_str);
    let from_text = text.and_then(|text| text.parse().ok());
    let number = from_text.or_else(|| value.and_then(Value::as_u64));
    number.unwrap_or_default()
}

fn unix_us(text: &str) -> Option<u64> {
    let time = humantime::parse_rfc3339(text).ok()?;
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_micros()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_a_message() {
        let line = r#"{"room":"dev","id":"8589934592","time":"2026-11-30T00:53:20.123456Z","kind":"action",
            "nick":"ana","user":"a","host":"00000001.00000002.ip","text":"two\nlines","more":1}"#;
        let entry = Entry {
            id: MessageId(8_589_934_592),
            unix_us: 1_796_000_000_123_456,
            speech: Speech::Action,
            by: None,
            from: "ana".into(),
            host: "00000001.00000002.ip".parse().unwrap(),
            own_user: "a".into(),
            text: "two\nlines".into(),
        };
        assert_eq!(read(line), Line::Said(Some("dev".into()), Box::new(entry)));
        let least = r#"{"time":"2026-11-30T00:53:20Z","nick":"ana","text":"hello","id":7}"#;
        let Line::Said(None, entry) = read(least) else {
            panic!("it is a message");
        };
        assert_eq!((entry.id, entry.speech), (MessageId(7), Speech::Message));
    }

    #[test]
    fn anything_else_is_none() {
        assert_eq!(read(" "), Line::Nothing);
        for line in [
            "{",
            "[]",
            "null",
            "{}",
            r#"{"time":"2026-11-30T00:53:20Z","nick":"ana"}"#,
            r#"{"time":"2026-11-30T00:53:20Z","text":"hello"}"#,
            r#"{"time":"1969-11-29T23:33:20Z","nick":"ana","text":"hello"}"#,
            r#"{"time":"yesterday","nick":"ana","text":"hello"}"#,
            r#"{"time":1796000000,"nick":"ana","text":"hello"}"#,
            r#"{"time":"2026-11-30T00:53:20Z","nick":"ana","text":"hello","kind":"join"}"#,
        ] {
            assert!(matches!(read(line), Line::Bad(_)), "{line}");
        }
    }
}
