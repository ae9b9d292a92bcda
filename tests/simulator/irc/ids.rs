//! What messages are called: the same by everyone, then and later, and no two alike.

use std::collections::BTreeMap;

use super::{Message, cut};

/// By message id: who said what, as far as no client can have it cut off.
#[derive(Debug, Default)]
pub(crate) struct Ids(BTreeMap<String, String>);

/// Bytes of a text that stand in its first line, whoever said it and to whom.
const COMPARED: usize = 60;

impl Ids {
    /// Looks at lines that somebody was sent.
    pub(crate) fn check(&mut self, lines: &[String]) {
        for it in lines.iter().filter_map(|line| Message::read(line)) {
            let Some(id) = it.tag("msgid") else {
                continue;
            };
            let text = it.param(1).trim_matches('\u{1}');
            let text = text.strip_prefix("ACTION ").unwrap_or(text);
            // Played back, it begins with the time.
            let stamped = text
                .strip_prefix("[20")
                .and_then(|text| text.split_once("Z] "));
            let text = stamped.map_or(text, |(_, text)| text);
            let said = format!("{} {} {}", it.source, it.command, cut(text, COMPARED));
            let known = self.0.entry(id.to_owned()).or_insert_with(|| said.clone());
            assert!(*known == said, "{id} is {known:?}, and {said:?}");
        }
    }
}
