//! Messages of several lines (draft/multiline): the lines are kept until the author ends the batch.

use parloir::relay::hub::Speech;
use parloir::relay::hub::names::fold;

use super::irc_rooms::{passed_on, speech, targets};
use super::{Client, Model};
use crate::chat::words::Remark;
use crate::irc::{Expected, Message, cut, server_name};

/// A message whose batch is open.
#[derive(Debug)]
pub(super) struct Draft {
    name: String,
    target: String,
    label: Option<String>,
    tags: Vec<String>,
    speech: Option<Speech>,
    /// Each line, and whether it continues the line before it.
    lines: Vec<(String, bool)>,
    /// True if the message is refused and will not be sent.
    is_refused: bool,
}

/// The text of the lines, and the places where lines were joined.
fn joined(lines: &[(String, bool)]) -> (String, Vec<usize>) {
    let (mut text, mut concat_offsets) = (String::new(), Vec::new());
    for (n, (line, goes_on)) in lines.iter().enumerate() {
        match goes_on {
            _ if n == 0 => {}
            true => concat_offsets.push(text.len()),
            false => text.push('\n'),
        }
        text += line;
    }
    (text, concat_offsets)
}

impl Model {
    fn says_several(c: &Client) -> bool {
        let caps = &c.irc.as_ref().unwrap().caps;
        caps.contains("draft/multiline") && caps.contains("batch")
    }

    /// Handles a line that belongs to an open message. Returns whether it does.
    pub(super) fn take_part(&mut self, c: &mut Client, command: &str, it: &Message) -> bool {
        let Some(name) = it.tag("batch").filter(|_| Self::says_several(c)) else {
            return false;
        };
        let why = match &mut c.irc.as_mut().unwrap().draft {
            Some(draft) if draft.name == name && draft.is_refused => None,
            Some(draft) if draft.name == name => self.add_to(draft, command, it),
            _ => Some(String::from("INVALID")),
        };
        if let Some(why) = why {
            self.refuse_draft(c, &why);
        }
        true
    }

    /// Adds a line. Returns the error code if the line is invalid.
    fn add_to(&self, draft: &mut Draft, command: &str, it: &Message) -> Option<String> {
        let invalid = || Some(String::from("INVALID"));
        let kind = match command {
            "PRIVMSG" => Speech::Message,
            "NOTICE" => Speech::Notice,
            _ => return invalid(),
        };
        let is_same_kind = *draft.speech.get_or_insert(kind) == kind;
        if !is_same_kind {
            return invalid();
        }
        let target = it.param(0);
        if fold(target) != fold(&draft.target) {
            let shown = |name: &str| match name {
                "" => String::from("*"),
                name if name.starts_with(':') || name.contains(' ') => String::from("*"),
                name => cut(name, 200).to_owned(),
            };
            let (wanted, target) = (shown(&draft.target), shown(target));
            return Some(format!("INVALID_TARGET {wanted} {target}"));
        }
        let goes_on = it.tag("draft/multiline-concat").is_some();
        if goes_on && it.param(1).is_empty() {
            return invalid();
        }
        // A line that says nothing, in a CTCP or not, is a blank line.
        let said = speech(command, it.param(1)).unwrap_or((kind, String::new()));
        if said.0 != kind {
            return invalid();
        }
        if draft.lines.len() == self.config.burst as usize {
            return Some(format!("MAX_LINES {}", self.config.burst));
        }
        draft.lines.push((said.1, goes_on));
        let bytes_max = self.config.line_bytes_max;
        let is_too_long = joined(&draft.lines).0.len() > bytes_max;
        is_too_long.then(|| format!("MAX_BYTES {bytes_max}"))
    }

    /// Handles `BATCH +name draft/multiline target` and `BATCH -name`.
    pub(super) fn batch(&mut self, c: &mut Client, it: &Message) {
        if !Self::says_several(c) || it.some(0).is_none() {
            return;
        }
        match it.param(0).split_at_checked(1) {
            Some(("+", name)) => self.begin_draft(c, name, it),
            Some(("-", name)) => self.end_draft(c, name),
            _ => self.refuse_draft(c, "INVALID"),
        }
    }

    fn begin_draft(&mut self, c: &mut Client, name: &str, it: &Message) {
        let irc = c.irc.as_mut().unwrap();
        if irc.draft.as_ref().is_some_and(|draft| !draft.is_refused) {
            return self.refuse_draft(c, "INVALID");
        }
        let has_tags = irc.caps.contains("message-tags");
        irc.draft = Some(Draft {
            name: name.to_owned(),
            target: it.param(2).to_owned(),
            // The label is answered at the end of the batch.
            label: self.chat.label.take(),
            tags: if has_tags { passed_on(it) } else { Vec::new() },
            speech: None,
            lines: Vec::new(),
            is_refused: false,
        });
        if it.param(1) != "draft/multiline" || it.some(2).is_none() {
            self.refuse_draft(c, "INVALID");
        }
    }

    fn end_draft(&mut self, c: &mut Client, name: &str) {
        let irc = c.irc.as_mut().unwrap();
        let Some(draft) = irc.draft.take_if(|draft| draft.name == name) else {
            return self.refuse_draft(c, "INVALID");
        };
        if draft.is_refused {
            return;
        }
        let has_labels = irc.caps.contains("labeled-response");
        let label = draft.label.filter(|_| has_labels);
        self.chat.label = self.chat.label.take().or(label);
        let (text, concat_offsets) = joined(&draft.lines);
        if text.trim().is_empty() {
            return self.refuse_draft(c, "INVALID");
        }
        let remark = Remark {
            speech: draft.speech.unwrap(),
            text,
            concat_offsets,
            tags: draft.tags,
        };
        self.count_targets(targets(&draft.target).len());
        for target in targets(&draft.target) {
            self.say_to(c.id, target, &remark);
        }
    }

    /// Tells the client that its message is refused, and does not send the message.
    fn refuse_draft(&mut self, c: &mut Client, why: &str) {
        let irc = c.irc.as_mut().unwrap();
        if let Some(draft) = &mut irc.draft {
            draft.is_refused = true;
            if self.chat.label.is_none() && irc.caps.contains("labeled-response") {
                self.chat.label = draft.label.take();
            }
        }
        let line = format!(":{} FAIL BATCH MULTILINE_{why}", server_name(&self.config));
        self.chat.told.push((c.id, Expected::line(&line)));
    }
}
