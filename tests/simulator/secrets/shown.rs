//! The rooms that programs are shown: in the answers to an IRC client's questions, and in the objects
//! that a JSON client is sent.

use parloir::ConnId;
use parloir::relay::hub::names::fold;
use serde_json::{Deserializer, Value};

use super::{Secrets, Sight};
use crate::irc::Message;

impl Secrets {
    /// Checks that the answers to an IRC client's questions say nothing of a secret room.
    pub(super) fn check_numerics(&self, id: ConnId, text: &str, after: &Sight) {
        for line in text.lines() {
            let Some(message) = Message::read(line) else {
                continue;
            };
            let channels = match &*message.command {
                "322" | "324" | "329" | "332" | "333" | "346" | "348" | "352" | "367" | "728" => 1,
                "319" | "353" | "354" => 2,
                _ => continue,
            };
            let shown = message.param(channels).split(' ');
            let shown = shown.filter_map(|it| it.trim_start_matches(['@', '+']).strip_prefix('#'));
            for room in shown.map(fold) {
                let is_kept = self.before.keeps_from(id, &room) && after.keeps_from(id, &room);
                assert!(!is_kept, "{id} is shown {room}: {line:?}");
            }
        }
    }

    /// Checks that the objects that a JSON client is sent say nothing of a secret room.
    pub(super) fn check_objects(&self, id: ConnId, text: &str, after: &Sight) {
        for object in objects(text) {
            for room in rooms_in(&object).into_iter().map(fold) {
                let is_kept = self.before.keeps_from(id, &room) && after.keeps_from(id, &room);
                assert!(!is_kept, "{id} is shown {room}: {object}");
            }
        }
    }
}

/// The objects in a text, whether they stand in lines or in frames. In what others say, quotes are
/// escaped, so that no object begins there.
fn objects(text: &str) -> impl Iterator<Item = Value> {
    let begins = ["{\"ok\":", "{\"event\":"];
    let begins = begins.into_iter().flat_map(|it| text.match_indices(it));
    begins.filter_map(|(at, _)| {
        let mut read = Deserializer::from_str(&text[at..]).into_iter();
        read.next()?.ok()
    })
}

/// The names of the rooms in an object. An invitation names a room to somebody outside it.
fn rooms_in(object: &Value) -> Vec<&str> {
    let own = object.get("room").filter(|_| object["event"] != "invite");
    let listed = object["rooms"].as_array().into_iter().flatten();
    let listed = listed.map(|it| &it["room"]);
    let of_person = object["person"]["rooms"].as_array().into_iter().flatten();
    let all = own.into_iter().chain(listed).chain(of_person);
    all.filter_map(Value::as_str).collect()
}
