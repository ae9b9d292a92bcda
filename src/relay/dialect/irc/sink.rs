//! The sinks that lines of IRC are written to. The tags of a line are known before it begins.
//!
//! Lines for other clients are written directly ([`Direct`]). Lines of an answer are collected, with the
//! tags that belong before them noted ([`Collected`]): the place of the answer's label is known only
//! when all lines are there.
//!
//! The same functions write an event for a room and for the one who caused it: they take a [`LineSink`], and
//! cannot tell the two apart. To write lines first and to put a time, a label or a batch before them
//! afterwards was rejected: each line had to be read again and rewritten.

use std::fmt::{self, Display, Write};
use std::ops::Range;

use super::history_query::{id_shown, time_shown};
use super::line_builder::{LineBuilder, shown_bytes};
use crate::protocol::Time;
use crate::relay::hub::MessageId;

/// A batch, identified by its name (IRCv3 batch).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Batch {
    /// Part of an answer, or all of it. It is numbered, since an answer may have several batches.
    Answer(u64),
    /// A message in several lines. Its name is that of the message, so an event written once for a room needs
    /// no counter.
    Message(MessageId),
    /// The metadata of a person who has come online. This batch ends before any other begins, so it
    /// needs no number.
    Values,
}

impl Display for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(number) => write!(f, "b{number:x}"),
            Self::Message(id) => write!(f, "m{:x}", id.0),
            Self::Values => f.write_str("k"),
        }
    }
}

impl Batch {
    /// Adds `BATCH +name type` behind the source. The parameters of the batch may follow.
    pub(super) fn begin<'l>(self, line: LineBuilder<'l>, kind: &[&str]) -> LineBuilder<'l> {
        line.add("BATCH +").show(self).words(kind)
    }

    /// Adds `BATCH -name` behind the source, and ends the line.
    pub(super) fn end(self, line: LineBuilder<'_>) {
        line.add("BATCH -").show(self).end();
    }
}

/// A sink that lines are written to.
pub(super) trait LineSink {
    /// Begins a line, in a batch or in none. `said` holds the tags if the line is part of a message;
    /// without them, the line is about an event of this moment.
    fn begin(&mut self, batch: Option<Batch>, said: Option<SaidTags<'_>>) -> LineBuilder<'_>;

    /// The batch that is open, if there is one.
    fn batch(&mut self) -> &mut Option<Batch>;

    /// Begins a line about an event of this moment, in the batch that is open.
    fn line(&mut self) -> LineBuilder<'_> {
        let batch = *self.batch();
        self.begin(batch, None)
    }

    /// Begins a batch whose source is the server.
    fn begin_batch(&mut self, server: &str, batch: Batch, kind: &[&str]) {
        batch.begin(self.line().source(server), kind).end();
        *self.batch() = Some(batch);
    }

    /// Ends the batch that is open, if there is one.
    fn end_batch(&mut self, server: &str) {
        if let Some(batch) = self.batch().take() {
            batch.end(self.line().source(server));
        }
    }
}

/// The tags of a line that is part of a message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SaidTags<'a> {
    /// Time at which the message was sent, in microseconds since 1970; none if another line of the
    /// message has the time, or if the client is not told it.
    pub(super) unix_us: Option<u64>,
    /// The number of the message and the time at which it was sent, which together are its `msgid`; none on
    /// all lines but the first, and for a client that is not told it.
    pub(super) id: Option<(MessageId, u64)>,
    /// True if the sender has the user mode `B` (IRCv3 bot-mode).
    pub(super) is_by_bot: bool,
    /// All other tags, in the form in which they are sent.
    pub(super) others: &'a str,
}

/// The tags of a line that is being written, at the end of a buffer.
pub(super) struct Tags<'a> {
    out: &'a mut Vec<u8>,
    /// The text before the next tag: `;`, or for the first tag `@`, or nothing in a collected line.
    before: &'static str,
}

impl<'a> Tags<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, before: "@" }
    }

    /// Adds tags in the form in which they are sent; nothing if `tags` is empty.
    pub(super) fn add(&mut self, tags: &str) {
        if !tags.is_empty() {
            for part in [self.before, tags] {
                self.out.extend_from_slice(part.as_bytes());
            }
            self.before = ";";
        }
    }

    pub(super) fn add_value(&mut self, key: &str, value: impl Display) {
        self.add(key);
        // Writing to a vector cannot fail, so there is no error to handle.
        let _ = write!(LineBuilder::new(self.out), "={value}");
    }

    pub(super) fn add_batch(&mut self, batch: Option<Batch>) {
        if let Some(batch) = batch {
            self.add_value("batch", batch);
        }
    }

    fn add_said(&mut self, said: Option<SaidTags<'_>>) {
        let said = said.unwrap_or_default();
        if let Some(unix_us) = said.unix_us {
            self.add_value("time", time_shown(unix_us));
        }
        if let Some((id, unix_us)) = said.id {
            self.add_value("msgid", id_shown(id, unix_us));
        }
        self.add(if said.is_by_bot { "bot" } else { "" });
        self.add(said.others);
    }

    /// Ends the tags, and adds a whole line, which begins with more tags if `has_tags`.
    pub(super) fn add_line(self, text: &[u8], has_tags: bool) {
        if has_tags {
            self.out.extend_from_slice(self.before.as_bytes());
            self.out.extend_from_slice(text);
        } else {
            self.line().add_bytes(text);
        }
    }

    /// Ends the tags, and begins the line.
    pub(super) fn line(self) -> LineBuilder<'a> {
        if self.before == ";" {
            self.out.push(b' ');
        }
        LineBuilder::new(self.out)
    }
}

/// A sink that writes lines in the form in which they are sent.
#[derive(Debug)]
pub(super) struct Direct<'a> {
    out: &'a mut Vec<u8>,
    /// The current time, if lines carry it (IRCv3 server-time).
    time: Option<Time>,
    batch: Option<Batch>,
}

impl<'a> Direct<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>, time: Option<Time>) -> Self {
        let batch = None;
        Self { out, time, batch }
    }
}

impl LineSink for Direct<'_> {
    fn begin(&mut self, batch: Option<Batch>, said: Option<SaidTags<'_>>) -> LineBuilder<'_> {
        let mut tags = Tags::new(self.out);
        if let (Some(time), None) = (self.time, said) {
            tags.add_value("time", time_shown(time.unix_micros()));
        }
        tags.add_batch(batch);
        tags.add_said(said);
        tags.line()
    }

    fn batch(&mut self) -> &mut Option<Batch> {
        &mut self.batch
    }
}

/// The properties of a collected line besides its text.
#[derive(Clone, Copy, Debug)]
pub(super) struct LineInfo {
    /// Offset of the line in the text of all lines. It ends where the next line begins.
    start: usize,
    pub(super) batch: Option<Batch>,
    /// True if the line is to carry the current time. Lines of a message do not: they have the message's own
    /// time.
    pub(super) is_now: bool,
    /// True if the text begins with tags of the line's own, without their `@`.
    pub(super) has_tags: bool,
}

/// A sink that keeps lines until all of them are there.
#[derive(Debug, Default)]
pub(super) struct Collected {
    text: Vec<u8>,
    infos: Vec<LineInfo>,
    batch: Option<Batch>,
}

impl Collected {
    pub(super) fn is_empty(&self) -> bool {
        self.infos.is_empty()
    }

    /// Returns whether there is a single line, or a single message in several lines. It looks at the batches
    /// of the lines and not at their texts: two messages whose texts look like the beginning and the end of a
    /// batch were once labelled as one.
    pub(super) fn is_one_message(&self) -> bool {
        let is_part = |it: &LineInfo| matches!(it.batch, Some(Batch::Message(_)));
        match &self.infos[..] {
            [_] => true,
            // The lines of a message stand between the lines that open and close its batch.
            [_, parts @ .., _] => !parts.is_empty() && parts.iter().all(is_part),
            [] => false,
        }
    }

    /// Returns the lines with their texts, which include tags of their own.
    pub(super) fn iter(&self) -> impl Iterator<Item = (LineInfo, &[u8])> {
        let ends = self.infos.iter().skip(1).map(|next| next.start);
        let ends = ends.chain([self.text.len()]);
        let lines = self.infos.iter().zip(ends);
        lines.map(|(info, end)| (*info, &self.text[info.start..end]))
    }

    /// Number of bytes of the text. Tags that are added when the lines are sent are not counted.
    pub(super) fn text_bytes(&self) -> usize {
        self.text.len()
    }

    /// Number of bytes of all lines so far, with the tags of their batches.
    pub(super) fn bytes(&self) -> usize {
        let tag_bytes = |it: &LineInfo| match it.batch {
            Some(batch) => "@batch= ".len() + shown_bytes(batch),
            None => usize::from(it.has_tags),
        };
        self.text.len() + self.infos.iter().map(tag_bytes).sum::<usize>()
    }

    /// Number of lines.
    pub(super) fn count(&self) -> usize {
        self.infos.len()
    }

    /// Adds a range of the lines of another collection.
    pub(super) fn append(&mut self, from: &Self, lines: Range<usize>) {
        for (info, text) in from.iter().take(lines.end).skip(lines.start) {
            let start = self.text.len();
            self.infos.push(LineInfo { start, ..info });
            self.text.extend_from_slice(text);
        }
    }

    /// Removes all lines after the first `count`.
    pub(super) fn truncate(&mut self, count: usize) {
        if let Some(next) = self.infos.get(count) {
            self.text.truncate(next.start);
            self.infos.truncate(count);
        }
    }

    /// Removes all lines. Memory that one long answer has taken is given back. What an ordinary answer takes
    /// is kept, so that it costs no allocation.
    pub(super) fn clear(&mut self) {
        self.truncate(0);
        self.text.shrink_to(64 << 10);
        self.infos.shrink_to(1 << 10);
    }
}

impl LineSink for Collected {
    fn begin(&mut self, batch: Option<Batch>, said: Option<SaidTags<'_>>) -> LineBuilder<'_> {
        let start = self.text.len();
        let mut tags = Tags {
            out: &mut self.text,
            before: "",
        };
        tags.add_said(said);
        self.infos.push(LineInfo {
            start,
            batch,
            is_now: said.is_none(),
            has_tags: !tags.before.is_empty(),
        });
        tags.line()
    }

    fn batch(&mut self) -> &mut Option<Batch> {
        &mut self.batch
    }
}
