//! Any bytes from a JSON client, through the whole relay, to people of every dialect.
//!
//! The first byte of an input chooses the stage of the client's connection, the second how many of
//! the next bytes are lengths of pieces; the rest is the client's input. As with `line_path`, it is
//! sent twice, whole and in pieces, while the clock stands still, and
//!
//! - nothing panics;
//! - JSON clients get whole objects, each an answer or an event of a known kind;
//! - each line that is an object is answered once, with the `id` that it gave;
//! - line clients get whole lines with true labels;
//! - the cuts make no difference to anyone.

#![no_main]

mod checks;
mod stage;

use libfuzzer_sys::fuzz_target;
use parloir::relay::Role;
use serde_json::Value;
use stage::{Actor, SENDER, Stage, WITNESS};

/// The index of another JSON client, which sends nothing unasked.
const PEER: usize = 4;

const LINE_BYTES_MAX: usize = 4096;

const EVENTS: [&str; 16] = [
    "message", "private", "join", "leave", "nick", "topic", "mode", "kick", "away", "invite",
    "redact", "react", "notice", "skipped", "gap", "bye",
];

fuzz_target!(|bytes: &[u8]| {
    let Some((choices, pieces, sent)) = stage::read(bytes) else {
        return;
    };
    let whole = play(choices, &[], sent);
    whole.assert_same_when_cut(&play(choices, pieces, sent));
    check_objects(&whole.actors[PEER]);
    check_answers(
        sent,
        &whole.actors[SENDER],
        &check_objects(&whole.actors[SENDER]),
    );
    for line in lines(&whole.actors[WITNESS]) {
        checks::check_shown(line);
        checks::check_label(line, false);
    }
});

fn play(choices: u8, pieces: &[u8], sent: &[u8]) -> Stage {
    let is_locked = choices & 4 != 0;
    let mut stage = Stage::new(Role::Json, is_locked, LINE_BYTES_MAX);
    hello(&mut stage, PEER, "carol");
    stage.say(
        PEER,
        b"{\"do\":\"join\",\"room\":\"lobby\"}\n{\"do\":\"join\",\"room\":\"ops\"}\n",
    );
    if choices & 3 != 0 {
        hello(&mut stage, SENDER, "bob");
        stage.say(
            SENDER,
            b"{\"do\":\"join\",\"room\":\"lobby\"}\n{\"do\":\"join\",\"room\":\"dev\"}\n",
        );
    }
    // From here on, every answer is to the bytes of the input.
    stage.forget(SENDER);
    stage.send_and_go(sent, pieces, choices & 8 != 0);
    stage
}

fn hello(stage: &mut Stage, place: usize, name: &str) {
    let hello = format!("{{\"do\":\"hello\",\"nick\":\"{name}\",\"password\":\"sesame\"}}\n");
    stage.say(place, hello.as_bytes());
}

fn lines(actor: &Actor) -> impl Iterator<Item = &str> {
    let text = std::str::from_utf8(actor.heard()).expect("all output is UTF-8");
    assert!(text.is_empty() || text.ends_with('\n'), "an unended line");
    text.lines()
}

/// Checks all bytes that a JSON client was sent.
fn check_objects(actor: &Actor) -> Vec<Value> {
    let objects = lines(actor).map(|line| {
        let object: Value = serde_json::from_str(line).expect("each line is JSON");
        let kinds = ["ok", "error", "event"].map(|kind| object.get(kind));
        assert_eq!(kinds.iter().flatten().count(), 1, "what is this: {line}");
        if let Some(event) = kinds[2] {
            let event = event.as_str().expect("an event's name");
            assert!(EVENTS.contains(&event), "no such event: {line}");
        }
        if let Some(error) = kinds[1] {
            assert!(
                error["code"].is_string() && error["message"].is_string(),
                "{line}"
            );
        }
        object
    });
    objects.collect()
}

/// Checks that each line of the input that says something is answered once, in order.
fn check_answers(sent: &[u8], sender: &Actor, objects: &[Value]) {
    let mut answers = objects.iter().filter(|it| it.get("event").is_none());
    let Some(whole) = sent.iter().rposition(|byte| *byte == b'\n') else {
        return;
    };
    for line in sent[..whole].split(|byte| *byte == b'\n') {
        let text = line.trim_ascii();
        if text.is_empty() {
            continue;
        }
        let Some(answer) = answers.next() else {
            assert!(sender.is_closed, "not answered: {}", line.escape_ascii());
            return;
        };
        let asked: Option<Value> = serde_json::from_slice(text).ok();
        let id = asked.as_ref().and_then(|it| it.get("id"));
        // Other numbers would not come back as they were written, so the line is refused without them.
        let id = id.filter(|id| id.is_string() || id.is_u64() || id.is_i64());
        assert_eq!(
            answer.get("re"),
            id,
            "the answer to {}",
            line.escape_ascii()
        );
    }
}
