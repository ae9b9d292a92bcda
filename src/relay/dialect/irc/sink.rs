//! Where lines of IRC are written: the tags of each are known before it begins.
//!
//! Lines for others go out as they are written ([`Direct`]). Lines of an answer are collected with
//! what belongs before them noted ([`Collected`]): only when all are there is it known where its
//! label goes.

use std::fmt::{self, Display, Write};
use std::ops::Range;

use super::select::{id_shown, time_shown};
use super::wire::{Line, shown_bytes};
use crate::protocol::Time;
use crate::relay::hub::MessageId;

/// A batch, by its name (IRCv3 batch).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Batch {
    /// Part of an answer, or all of it: numbered, since an answer may have several.
    Answer(u64),
    /// A message in several lines.
    Message(MessageId),
    /// The metadata of somebody who has come. It ends before any other batch begins, so it needs no
    /// number.
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
    /// `BATCH +name type`, behind the source. Its parameters may follow.
    pub(super) fn begin<'l>(self, line: Line<'l>, kind: &[&str]) -> Line<'l> {
        line.add("BATCH +").show(self).words(kind)
    }

    /// `BATCH -name`, behind the source.
    pub(super) fn end(self, line: Line<'_>) {
        line.add("BATCH -").show(self).end();
    }
}

/// Something that lines are written to.
pub(super) trait LineSink {
    /// Begins a line in a batch or in none: part of a message with these tags, or about what happens
    /// now.
    fn begin(&mut self, batch: Option<Batch>, said: Option<SaidTags<'_>>) -> Line<'_>;

    /// The batch that is open.
    fn batch(&mut self) -> &mut Option<Batch>;

    /// Begins a line of what happens now, in the batch that is open.
    fn line(&mut self) -> Line<'_> {
        let batch = *self.batch();
        self.begin(batch, None)
    }

    /// Begins a batch of the server's.
    fn begin_batch(&mut self, server: &str, batch: Batch, kind: &[&str]) {
        batch.begin(self.line().source(server), kind).end();
        *self.batch() = Some(batch);
    }

    /// Ends the batch that is open.
    fn end_batch(&mut self, server: &str) {
        if let Some(batch) = self.batch().take() {
            batch.end(self.line().source(server));
        }
    }
}

/// The tags of a line that is part of a message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SaidTags<'a> {
    /// When it was said, unless that stands before another line of it or is not told.
    pub(super) unix_us: Option<u64>,
    pub(super) id: Option<(MessageId, u64)>,
    pub(super) is_by_bot: bool,
    /// In the form that they are sent in.
    pub(super) others: &'a str,
}

/// Tags in the making, at the end of a buffer.
pub(super) struct Tags<'a> {
    out: &'a mut Vec<u8>,
    /// What stands before the next one.
    before: &'static str,
}

impl<'a> Tags<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, before: "@" }
    }

    /// Adds tags in the form that they are sent in; nothing, if there are none.
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
        // A vector takes everything, so there is no error to handle.
        let _ = write!(Line::new(self.out), "={value}");
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

    /// Ends them, and adds a whole line, which may begin with more tags.
    pub(super) fn add_line(self, text: &[u8], has_tags: bool) {
        if has_tags {
            self.out.extend_from_slice(self.before.as_bytes());
            self.out.extend_from_slice(text);
        } else {
            self.line().add_bytes(text);
        }
    }

    /// Ends them, and begins the line.
    pub(super) fn line(self) -> Line<'a> {
        if self.before == ";" {
            self.out.push(b' ');
        }
        Line::new(self.out)
    }
}

/// Writes lines as they go out.
#[derive(Debug)]
pub(super) struct Direct<'a> {
    out: &'a mut Vec<u8>,
    /// When it is, if lines say that (IRCv3 server-time).
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
    fn begin(&mut self, batch: Option<Batch>, said: Option<SaidTags<'_>>) -> Line<'_> {
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

/// What is known of a collected line besides its text.
#[derive(Clone, Copy, Debug)]
pub(super) struct LineInfo {
    /// Where it begins in the text of all; it ends where the next one begins.
    start: usize,
    pub(super) batch: Option<Batch>,
    /// The time of now belongs before it.
    pub(super) is_now: bool,
    /// Its text begins with tags of its own, without their `@`.
    pub(super) has_tags: bool,
}

/// Lines that are kept until all of them are there.
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

    /// Whether it is one line, or one message in several.
    pub(super) fn is_one_message(&self) -> bool {
        let is_part = |it: &LineInfo| matches!(it.batch, Some(Batch::Message(_)));
        match &self.infos[..] {
            [_] => true,
            // Before the lines of a message is its beginning, and behind them its end.
            [_, parts @ .., _] => !parts.is_empty() && parts.iter().all(is_part),
            [] => false,
        }
    }

    /// The lines with their text, tags of their own included.
    pub(super) fn iter(&self) -> impl Iterator<Item = (LineInfo, &[u8])> {
        let ends = self.infos.iter().skip(1).map(|next| next.start);
        let ends = ends.chain([self.text.len()]);
        let lines = self.infos.iter().zip(ends);
        lines.map(|(info, end)| (*info, &self.text[info.start..end]))
    }

    /// Bytes of the text, without tags that are not in it.
    pub(super) fn text_bytes(&self) -> usize {
        self.text.len()
    }

    /// Bytes of all lines so far with the tags of their batches.
    pub(super) fn bytes(&self) -> usize {
        let tag_bytes = |it: &LineInfo| match it.batch {
            Some(batch) => "@batch= ".len() + shown_bytes(batch),
            None => usize::from(it.has_tags),
        };
        self.text.len() + self.infos.iter().map(tag_bytes).sum::<usize>()
    }

    /// How many lines there are.
    pub(super) fn count(&self) -> usize {
        self.infos.len()
    }

    /// Adds some lines of others.
    pub(super) fn append(&mut self, from: &Self, lines: Range<usize>) {
        for (info, text) in from.iter().take(lines.end).skip(lines.start) {
            let start = self.text.len();
            self.infos.push(LineInfo { start, ..info });
            self.text.extend_from_slice(text);
        }
    }

    /// Takes back all lines but the first ones.
    pub(super) fn truncate(&mut self, count: usize) {
        if let Some(next) = self.infos.get(count) {
            self.text.truncate(next.start);
            self.infos.truncate(count);
        }
    }

    /// Takes back everything. One long answer is no reason to hold on to its memory.
    pub(super) fn clear(&mut self) {
        self.truncate(0);
        self.text.shrink_to(64 << 10);
        self.infos.shrink_to(1 << 10);
    }
}

impl LineSink for Collected {
    fn begin(&mut self, batch: Option<Batch>, said: Option<SaidTags<'_>>) -> Line<'_> {
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
