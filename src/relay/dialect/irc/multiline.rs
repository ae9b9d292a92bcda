//! BATCH: several lines that a client says as one message (IRCv3 draft/multiline, client batches).
//!
//! They are collected here, and said once the last one is there.

use super::caps::Caps;
use super::message::Message;
use super::register::shown;
use super::said::CONCAT;
use super::tags;
use super::talk::Talk;
use super::text::read_speech;
use crate::config::RelayConfig;
use crate::protocol::Output;
use crate::relay::framing::is_blank;
use crate::relay::hub::names::is_same;
use crate::relay::hub::{Speech, Utterance};

/// The capability, and the type of its batches.
pub(super) const MULTILINE: &str = "draft/multiline";

/// What the capability says of its limits: bytes as in a line of plain text, LF included, and lines
/// as many as one client may send at once.
pub(super) fn limits(config: &RelayConfig) -> String {
    let (bytes, lines) = (config.line_bytes_max, config.burst);
    format!("max-bytes={bytes},max-lines={lines}")
}

/// A message of which more lines are to come.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// What the client calls it.
    name: Box<str>,
    target: Box<str>,
    /// What the client put on its beginning, for the answer to its end.
    label: Box<str>,
    /// Those for other clients.
    tags: Box<str>,
    speech: Option<Speech>,
    text: String,
    seams: Vec<u32>,
    lines: u32,
    /// It was refused already: what else comes of it means nothing.
    is_refused: bool,
}

/// Why lines cannot be said as one message.
enum Unfit<'a> {
    TooManyBytes(usize),
    TooManyLines(u32),
    OtherTarget(&'a str),
    Other(&'static str),
}

impl<O: Output> Talk<'_, O> {
    /// `BATCH +name draft/multiline target`, `BATCH -name`
    pub(super) fn batch(&mut self, it: &Message<'_>) {
        if !self.knows_multiline() {
            return self.unknown(it);
        }
        if !self.needs(it, 1) {
            return;
        }
        match it.param(0).split_at_checked(1) {
            Some(("+", name)) => self.open_draft(name, it),
            Some(("-", name)) => self.close_draft(name),
            _ => self.refuse_draft(&Unfit::Other("A batch begins with + or ends with -")),
        }
    }

    fn knows_multiline(&self) -> bool {
        self.state.caps.in_effect().has(Caps::MULTILINE)
    }

    fn open_draft(&mut self, name: &str, it: &Message<'_>) {
        if self.state.draft.as_ref().is_some_and(|it| !it.is_refused) {
            return self.refuse_draft(&Unfit::Other("A batch is open already"));
        }
        let mut tags = String::new();
        if self.state.caps.has(Caps::MESSAGE_TAGS) {
            tags::pass_on(it.tags, &mut tags);
        }
        self.state.draft = Some(Box::new(Draft {
            name: name.into(),
            target: it.param(2).into(),
            label: std::mem::take(&mut self.desk.reply.label).into(),
            tags: tags.into(),
            ..Draft::default()
        }));
        if it.param(1) != MULTILINE {
            self.refuse_draft(&Unfit::Other("There is no such type of batch"));
        } else if it.some(2).is_none() {
            self.refuse_draft(&Unfit::Other("A message needs a target"));
        }
    }

    /// Whether a line is one of a batch, or says so; then it is dealt with.
    pub(super) fn take_part(&mut self, command: &str, it: &Message<'_>) -> bool {
        let named = tags::value(it.tags, "batch").filter(|_| self.knows_multiline());
        let Some(name) = named else {
            return false;
        };
        let bytes_max = self.config.line_bytes_max;
        let lines_max = self.config.burst;
        let taken = match &mut self.state.draft {
            Some(draft) if *draft.name == *name => match draft.is_refused {
                true => Ok(()),
                false => draft.add(command, it, bytes_max, lines_max),
            },
            _ => Err(Unfit::Other("No batch of that name is open")),
        };
        if let Err(why) = taken {
            self.refuse_draft(&why);
        }
        true
    }

    fn close_draft(&mut self, name: &str) {
        let Some(draft) = self.state.draft.take_if(|draft| *draft.name == *name) else {
            return self.refuse_draft(&Unfit::Other("No batch of that name is open"));
        };
        if draft.is_refused {
            return;
        }
        // Who has given up labels since is sent none.
        let has_labels = self.state.caps.has(Caps::LABELED_RESPONSE);
        if self.desk.reply.label.is_empty() && has_labels {
            self.desk.reply.label = draft.label.into();
        }
        let speech = draft.speech.filter(|_| !is_blank(&draft.text));
        let Some(speech) = speech else {
            return self.refuse_draft(&Unfit::Other("There is nothing in it to be said"));
        };
        let what = Utterance {
            speech,
            text: &draft.text,
            seams: &draft.seams,
            tags: &draft.tags,
        };
        let is_notice = speech == Speech::Notice;
        self.for_each_target(&draft.target, is_notice, |talk, target| {
            talk.say_to(target, what)
        });
    }

    /// Says why, and has nothing to do with the rest of what is open.
    fn refuse_draft(&mut self, why: &Unfit<'_>) {
        let reply = &mut self.desk.reply;
        let mut target = "*";
        if let Some(draft) = &mut self.state.draft {
            draft.is_refused = true;
            (draft.text, draft.seams) = Default::default();
            if reply.label.is_empty() && self.state.caps.has(Caps::LABELED_RESPONSE) {
                reply.label = std::mem::take(&mut draft.label).into();
            }
            target = shown(&draft.target);
        }
        match why {
            Unfit::TooManyBytes(limit) => {
                let words = "That is too long for one message";
                reply.fail("BATCH", "MULTILINE_MAX_BYTES", &[&limit.to_string()], words);
            }
            Unfit::TooManyLines(limit) => {
                let words = "Those are too many lines for one message";
                reply.fail("BATCH", "MULTILINE_MAX_LINES", &[&limit.to_string()], words);
            }
            Unfit::OtherTarget(other) => {
                let words = "All of a message is for the same target";
                let context = [target, shown(other)];
                reply.fail("BATCH", "MULTILINE_INVALID_TARGET", &context, words);
            }
            Unfit::Other(words) => reply.fail("BATCH", "MULTILINE_INVALID", &[], words),
        }
    }
}

impl Draft {
    fn add<'a>(
        &mut self,
        command: &str,
        it: &Message<'a>,
        bytes_max: usize,
        lines_max: u32,
    ) -> Result<(), Unfit<'a>> {
        let speech = match command {
            "PRIVMSG" => Speech::Message,
            "NOTICE" => Speech::Notice,
            _ => return Err(Unfit::Other("A message is of PRIVMSG or NOTICE alone")),
        };
        if *self.speech.get_or_insert(speech) != speech {
            return Err(Unfit::Other("A message is all PRIVMSG or all NOTICE"));
        }
        if !is_same(it.param(0), &self.target) {
            return Err(Unfit::OtherTarget(it.param(0)));
        }
        let goes_on = tags::value(it.tags, CONCAT).is_some();
        if goes_on && it.param(1).is_empty() {
            return Err(Unfit::Other("What goes on with a line cannot be empty"));
        }
        let mut line = String::new();
        let read = read_speech(it.param(1), speech == Speech::Notice, &mut line);
        if read.is_some_and(|read| read != speech) {
            return Err(Unfit::Other("CTCP takes one line"));
        }
        self.append(&line, goes_on, bytes_max, lines_max)
    }

    fn append<'a>(
        &mut self,
        line: &str,
        goes_on: bool,
        bytes_max: usize,
        lines_max: u32,
    ) -> Result<(), Unfit<'a>> {
        if self.lines == lines_max {
            return Err(Unfit::TooManyLines(lines_max));
        }
        let is_first = self.lines == 0;
        let between = usize::from(!is_first && !goes_on);
        if self.text.len() + between + line.len() > bytes_max {
            return Err(Unfit::TooManyBytes(bytes_max));
        }
        if goes_on && !is_first {
            // A text is shorter than this by far: see its limit.
            self.seams.extend(u32::try_from(self.text.len()).ok());
        } else if !is_first {
            self.text.push('\n');
        }
        self.text.push_str(line);
        self.lines += 1;
        Ok(())
    }
}
