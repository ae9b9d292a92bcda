//! The lines that the model is asked about, selected from all that an IRC client is sent.

use std::collections::BTreeMap;

use super::{Message, mode_changes};

/// One such line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// The line without its tags; the line of a batch without the batch's name.
    pub(crate) line: String,
    pub(crate) id: Option<String>,
    /// The client-only tags, as they stand on the wire.
    pub(crate) tags: Vec<String>,
    /// The label that the line answers: its own, or that of its batch.
    pub(crate) label: Option<String>,
    /// For a part of a message of several lines: whether the part continues the line before it.
    pub(crate) part: Option<bool>,
}

/// The commands of a room's events.
const CORE: [&str; 12] = [
    "PRIVMSG", "NOTICE", "TAGMSG", "JOIN", "PART", "QUIT", "NICK", "TOPIC", "KICK", "MODE",
    "INVITE", "AWAY",
];

/// Selects the lines that the model is asked about.
pub(super) fn hear(lines: &[String], server: &str) -> Vec<Heard> {
    let (mut heard, mut batch) = (Vec::new(), None);
    let mut labels: BTreeMap<String, String> = BTreeMap::new();
    for line in lines {
        let it = Message::read(line).expect("a line has a command");
        let label = it.tag("batch").and_then(|outer| labels.get(outer).cloned());
        let label = it.tag("label").map(str::to_owned).or(label);
        if it.command == "BATCH" {
            let (sign, name) = it.param(0).split_at(1);
            labels.remove(name);
            labels.extend(label.clone().map(|label| (name.to_owned(), label)));
            if it.param(1) == "draft/multiline" {
                batch = Some(name.to_owned());
            }
            if batch.as_deref() == Some(name) {
                let rest = it.params[1..].join(" ");
                let begin = format!(":{} BATCH {sign} {rest}", it.source);
                heard.push(tagged(&it, begin.trim_end(), label, None));
            }
            if sign == "-" {
                batch = None;
            }
            continue;
        }
        let is_part = batch.is_some() && it.tag("batch") == batch.as_deref();
        let goes_on = it.tag("draft/multiline-concat").is_some();
        let part = is_part.then_some(goes_on);
        let lines = core(&it, line, server);
        heard.extend(
            lines
                .iter()
                .map(|line| tagged(&it, line, label.clone(), part)),
        );
    }
    heard
}

fn tagged(it: &Message, line: &str, label: Option<String>, part: Option<bool>) -> Heard {
    let tags = it.tags.iter().filter(|(key, _)| key.starts_with('+'));
    let tags = tags.map(|(key, value)| match &**value {
        "" => key.clone(),
        value => format!("{key}={value}"),
    });
    Heard {
        line: line.to_owned(),
        id: it.tag("msgid").map(str::to_owned),
        tags: tags.collect(),
        label,
        part,
    }
}

/// The line without its tags, if the model is asked about it. A change of several modes becomes one
/// line for each mode.
fn core(it: &Message, line: &str, server: &str) -> Vec<String> {
    let plain = match line.strip_prefix('@') {
        Some(tagged) => tagged.split_once(' ').unwrap().1,
        None => line,
    };
    if it.command == "FAIL" && it.param(1).starts_with("MULTILINE_") {
        // The wording of the reason is left to the relay.
        return vec![plain.split_once(" :").unwrap().0.to_owned()];
    }
    // The only lines from the server itself that count are those that make a returning person
    // operator again.
    let is_servers = it.source == server && it.command != "MODE";
    let is_core = CORE.contains(&&*it.command) && !is_servers;
    let is_own_mode = it.command == "MODE" && !it.param(0).starts_with('#');
    if !is_core || is_own_mode {
        return Vec::new();
    }
    if it.command != "MODE" {
        return vec![plain.to_owned()];
    }
    let changes = mode_changes(&it.params[1..]);
    assert!(!changes.is_empty(), "no change: {line:?}");
    let one = |(sets, letter, param): (bool, char, Option<String>)| {
        let sign = if sets { '+' } else { '-' };
        let param = param.map_or(String::new(), |param| format!(" {param}"));
        let (source, channel) = (&it.source, it.param(0));
        format!(":{source} MODE {channel} {sign}{letter}{param}")
    };
    changes.into_iter().map(one).collect()
}
