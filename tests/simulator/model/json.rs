//! The model's JSON clients: which connections speak it, their lines, and their answers.

use parloir::relay::Role;
use parloir::{CloseReason, Consumed, Demand};
use serde_json::{Map, Value, json};

use super::{Client, Model, Stage, why};
use crate::chat::programs::Code;
use crate::chat::words::Why;
use crate::house;
use crate::json::any;

mod fields;
mod requests;

/// The state of a JSON client apart from its person in the chat.
#[derive(Debug, Default)]
pub(super) struct Json {
    partial: Vec<u8>,
    pub(super) is_greeted: bool,
    /// The client has said that it goes, with these words if any.
    leaves: Option<Option<String>>,
}

impl Json {
    /// Returns a line once its last byte has come; none in place of a line that is too long.
    fn feed(&mut self, byte: u8, bytes_max: usize) -> Option<Option<Vec<u8>>> {
        if byte != b'\n' {
            self.partial.push(byte);
            return None;
        }
        let mut line = std::mem::take(&mut self.partial);
        while line.last() == Some(&b'\r') {
            line.pop();
        }
        Some(Some(line).filter(|line| line.len() <= bytes_max))
    }
}

/// The members of a request.
type Request = Map<String, Value>;

/// The members of an answer besides those that all answers have; or the code of an error.
type Answer = Result<Value, Code>;

/// The last line of a JSON client.
pub(super) fn bye(why: &str) -> Value {
    json!({"event": "bye", "reason": why})
}

impl Model {
    /// Returns whether first bytes come from a JSON client. From then on the connection is one.
    pub(super) fn decide_json(
        &mut self,
        c: &mut Client,
        bytes: &[u8],
        is_text: bool,
        begins_request: bool,
    ) -> bool {
        let line = String::from_utf8_lossy(bytes);
        let line = line.lines().next().unwrap_or_default();
        let is_request = house::request(line).is_some_and(|it| house::METHODS.contains(&it));
        let is_json = match c.role {
            Role::Auto => bytes.starts_with(b"{"),
            Role::Json => {
                bytes.starts_with(b"{")
                    || house::begins_irc(line)
                    || is_text && !is_request && !begins_request
            }
            _ => false,
        };
        if is_json {
            self.begin_json(c);
        }
        is_json
    }

    pub(super) fn begin_json(&mut self, c: &mut Client) {
        self.chat.leave(c.id, None);
        self.programs.insert(c.id);
        c.json = Some(Box::default());
        (c.stage, c.is_welcomed, c.has_spoken) = (Stage::Program, true, true);
    }

    pub(super) fn received_json(
        &mut self,
        c: &mut Client,
        bytes: &[u8],
        end: Option<CloseReason>,
        taken: Consumed,
    ) {
        for &byte in bytes {
            if c.is_gone() {
                break;
            }
            self.take_json_byte(c, byte);
        }
        match taken.demand {
            Demand::Yield => return,
            Demand::Paced(at) => return self.check_hold_up(c, at),
            _ if c.is_gone() => return,
            _ => assert_eq!(c.untaken, 0, "bytes are left for no reason"),
        }
        let Some(reason) = end else {
            return;
        };
        // The last line needs no newline.
        if !c.json.as_ref().unwrap().partial.is_empty() {
            self.take_json_byte(c, b'\n');
        }
        if !c.is_gone() {
            self.dismiss(c, why(reason));
        }
    }

    pub(super) fn take_json_byte(&mut self, c: &mut Client, byte: u8) {
        let bytes_max = self.config.line_bytes_max;
        if let Some(line) = c.json.as_mut().unwrap().feed(byte, bytes_max) {
            self.take_json(c, line);
        }
    }

    pub(super) fn take_json(&mut self, c: &mut Client, line: Option<Vec<u8>>) {
        self.begin_line(c);
        self.lines += 1;
        let name = self.chat.name(c.id).unwrap_or_default();
        self.chat.acting = Some((c.id, name));
        self.read_json(c, line);
        self.chat.acting = None;
        self.spend(c);
    }

    fn read_json(&mut self, c: &mut Client, line: Option<Vec<u8>>) {
        let Some(line) = line else {
            return self.answer_json(c, "", None, Err("too_long"));
        };
        if line.trim_ascii().is_empty() {
            return;
        }
        let Ok(Value::Object(it)) = serde_json::from_slice(&line) else {
            return self.answer_json(c, "", None, Err("bad_json"));
        };
        let id = it.get("id").filter(|id| !id.is_null()).cloned();
        let is_id = |id: &Value| id.is_string() || id.is_u64() || id.is_i64();
        if !id.as_ref().is_none_or(is_id) {
            return self.answer_json(c, "", None, Err("bad_field"));
        }
        let asked = fields::text(&it, "do").map(str::to_owned);
        let answer = asked
            .clone()
            .and_then(|asked| self.carry_out_json(c, &asked, &it));
        let is_refused = answer == Err("wrong_password");
        let asked = asked.unwrap_or_default();
        self.answer_json(c, &asked, id, answer);
        if is_refused && c.wrong_passwords == 3 {
            self.chat
                .objects
                .push((c.id, bye("too many wrong passwords")));
            self.dismiss(c, None);
        }
        if let Some(reason) = c.json.as_mut().and_then(|json| json.leaves.take()) {
            self.dismiss(c, reason.map(Why::Words));
        }
    }

    /// Each request has one answer, which repeats its id.
    fn answer_json(&mut self, c: &Client, asked: &str, id: Option<Value>, answer: Answer) {
        let mut object = match answer {
            Ok(Value::Object(members)) => {
                let mut object = Value::Object(members);
                object["ok"] = json!(asked);
                object
            }
            Ok(_) => json!({ "ok": asked }),
            // The words for people are left to the relay.
            Err(code) => json!({"error": {"code": code, "message": any()}}),
        };
        if let Some(id) = id {
            object["re"] = id;
        }
        self.chat.objects.push((c.id, object));
    }
}
