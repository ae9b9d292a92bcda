//! The JSON dialect: the requests of programs, the answers and the events, beside people and IRC
//! clients.

use parloir::ConnId;
use parloir::relay::Role;
use serde_json::{Value, json};

use crate::support::Stage;

mod history;
mod requests;
mod rooms;

/// Programs on the stage.
trait Programs {
    /// A program that has sent its hello.
    fn program(&mut self, nick: &str) -> ConnId;
    /// The lines that a program has read since the last look.
    fn told(&mut self, id: ConnId) -> Vec<Value>;
    /// The answer that a program reads to a request.
    fn ask(&mut self, id: ConnId, what: &Value) -> Vec<Value>;
}

impl Programs for Stage {
    fn program(&mut self, nick: &str) -> ConnId {
        let tag = self.listener(Role::Json);
        let id = self.connect_to(tag);
        let hello = self.ask(id, &json!({"do": "hello", "nick": nick}));
        assert_eq!(hello[0]["ok"], "hello");
        id
    }

    fn told(&mut self, id: ConnId) -> Vec<Value> {
        let heard = self.hear(id);
        let lines = heard.lines().map(serde_json::from_str);
        let objects: Result<_, _> = lines.collect();
        objects.expect("objects, a line each")
    }

    fn ask(&mut self, id: ConnId, what: &Value) -> Vec<Value> {
        self.send(id, format!("{what}\n"));
        self.told(id)
    }
}

/// The names of events, in order; an answer has none.
fn events(told: &[Value]) -> Vec<Option<&str>> {
    told.iter().map(|it| it["event"].as_str()).collect()
}

fn texts(messages: &Value) -> Vec<&str> {
    let messages = messages.as_array().expect("a list of messages").iter();
    messages.filter_map(|it| it["text"].as_str()).collect()
}
