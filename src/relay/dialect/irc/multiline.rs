//! BATCH: several lines that a client sends as one message (IRCv3 draft/multiline, client batches).
//!
//! The lines are collected here, and the message is sent when the batch is closed.

use super::caps::Caps;
use super::dispatch::CommandContext;
use super::draft::{Draft, DraftLimits, Unfit};
use super::message::Message;
use super::message_lines::MULTILINE;
use super::tags;
use super::text::shown;
use crate::protocol::Output;
use crate::relay::framing::is_blank;
use crate::relay::hub::{Speech, Texts, Utterance};

impl<O: Output> CommandContext<'_, O> {
    /// Carries out `BATCH +name draft/multiline target` and `BATCH -name`. To a client without the
    /// capability, BATCH is a command that does not exist.
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

    /// Opens a draft. A batch that cannot be one is opened as refused, so that its lines, which are on their
    /// way already, are ignored and not said one by one.
    fn open_draft(&mut self, name: &str, it: &Message<'_>) {
        // A refused draft is no obstacle: nothing will come of it.
        if self.state.draft.as_ref().is_some_and(|it| !it.is_refused) {
            return self.refuse_draft(&Unfit::Other("A batch is open already"));
        }
        let mut tags = String::new();
        // Tags of a client that does not know them are dropped from a single message, and so from a batch.
        if self.state.caps.has(Caps::MESSAGE_TAGS) {
            tags::pass_on(it.tags, &mut tags);
        }
        self.state.draft = Some(Box::new(Draft {
            name: name.into(),
            target: it.param(2).into(),
            // The line that opens a batch has no answer; its label is for the line that ends it.
            label: std::mem::take(&mut self.reply.label).into(),
            tags: tags.into(),
            ..Draft::default()
        }));
        if it.param(1) != MULTILINE {
            self.refuse_draft(&Unfit::Other("There is no such type of batch"));
        } else if it.some(2).is_none() {
            self.refuse_draft(&Unfit::Other("A message needs a target"));
        }
    }

    /// Returns whether a line has a `batch` tag. Such a line is handled here: it is added to the open
    /// batch of that name, or refused. For a client without `draft/multiline`, the tag has no meaning.
    pub(super) fn take_part(&mut self, command: &str, it: &Message<'_>) -> bool {
        let named = tags::value(it.tags, "batch").filter(|_| self.knows_multiline());
        let Some(name) = named else {
            return false;
        };
        let limits = DraftLimits::new(self.config);
        let taken = match &mut self.state.draft {
            Some(draft) if *draft.name == *name => match draft.is_refused {
                true => Ok(()),
                false => draft.add(command, it, limits),
            },
            _ => Err(Unfit::Other("No batch of that name is open")),
        };
        if let Err(why) = taken {
            self.refuse_draft(&why);
        }
        true
    }

    /// Closes a draft. The message is sent only now: others never see a part of one.
    fn close_draft(&mut self, name: &str) {
        let Some(draft) = self.state.draft.take_if(|draft| *draft.name == *name) else {
            return self.refuse_draft(&Unfit::Other("No batch of that name is open"));
        };
        // That was answered when it was found out.
        if draft.is_refused {
            return;
        }
        // A client that has given up `labeled-response` since then is sent no label.
        let has_labels = self.state.caps.has(Caps::LABELED_RESPONSE);
        if self.reply.label.is_empty() && has_labels {
            self.reply.label = draft.label.into();
        }
        let speech = draft.speech.filter(|_| !is_blank(&draft.text));
        let Some(speech) = speech else {
            return self.refuse_draft(&Unfit::Other("There is nothing in it to be said"));
        };
        let what = Utterance {
            speech,
            texts: Texts::one(&draft.text),
            concat_offsets: &draft.concat_offsets,
            tags: &draft.tags,
        };
        let is_notice = speech == Speech::Notice;
        self.for_each_target(&draft.target, is_notice, |talk, target| {
            talk.say_to(target, &draft.text, what);
        });
    }

    /// Answers with the reason for a refusal. If a batch is open, its text is dropped and its further
    /// lines are ignored.
    fn refuse_draft(&mut self, why: &Unfit<'_>) {
        let reply = &mut *self.reply;
        let mut target = "*";
        if let Some(draft) = &mut self.state.draft {
            draft.is_refused = true;
            (draft.text, draft.concat_offsets) = Default::default();
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
