//! A message of several lines, which a client sends one by one (IRCv3 draft/multiline).
//!
//! ```text
//!  none --BATCH +name--> open --lines with batch=name--> open --BATCH -name--> said, none
//!                          |  a line that does not fit: FAIL, once
//!                          v
//!                        refused: its further lines are ignored --BATCH -name--> none
//! ```
//!
//! A client has one draft at a time. `multiline` opens and closes it; here is what one of its lines may be. A
//! message is one text with line ends in the hub. The alternative, messages of one line that know that they
//! belong together, would have had them taken back, forgotten and skipped one by one, in the middle of a
//! batch.

use super::message::Message;
use super::message_lines::CONCAT;
use super::tags;
use super::text::read_speech;
use crate::config::RelayConfig;
use crate::relay::hub::Speech;
use crate::relay::hub::names::is_same;

/// The limits of one message. Its bytes are limited as those of a line of plain text, LF included; its lines,
/// to the number that one client may send at once. So an operator has nothing new to set.
#[derive(Clone, Copy, Debug)]
pub(super) struct DraftLimits {
    bytes: usize,
    lines: u32,
}

impl DraftLimits {
    pub(super) fn new(config: &RelayConfig) -> Self {
        Self {
            bytes: config.line_bytes_max,
            lines: config.burst,
        }
    }

    /// Returns the limits as the value of the capability.
    pub(super) fn shown(self) -> String {
        format!("max-bytes={},max-lines={}", self.bytes, self.lines)
    }
}

/// A message whose lines have not all arrived.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// The name that the client has given to the batch.
    pub(super) name: Box<str>,
    pub(super) target: Box<str>,
    /// The label on the line that opened the batch, for the answer to the line that closes it. Only the end
    /// of a batch is answered, or its first fault.
    pub(super) label: Box<str>,
    /// The tags of the opening line that are passed on to other clients.
    pub(super) tags: Box<str>,
    pub(super) speech: Option<Speech>,
    pub(super) text: String,
    /// The byte offsets at which a line went on with the one before it: clients that get the message in lines
    /// get it cut there again.
    pub(super) concat_offsets: Vec<u32>,
    pub(super) lines: u32,
    /// True if the message has been refused; its further lines are ignored.
    pub(super) is_refused: bool,
}

/// The reason why lines cannot be one message.
pub(super) enum Unfit<'a> {
    TooManyBytes(usize),
    TooManyLines(u32),
    OtherTarget(&'a str),
    Other(&'static str),
}

impl Draft {
    /// Adds the text of a line, if the line may be part of this message.
    pub(super) fn add<'a>(
        &mut self,
        command: &str,
        it: &Message<'a>,
        limits: DraftLimits,
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
        // An ACTION or another CTCP is marked by its first and last character, which would stand in the
        // middle of a text of several lines.
        if read.is_some_and(|read| read != speech) {
            return Err(Unfit::Other("CTCP takes one line"));
        }
        self.append(&line, goes_on, limits)
    }

    fn append<'a>(
        &mut self,
        line: &str,
        goes_on: bool,
        limits: DraftLimits,
    ) -> Result<(), Unfit<'a>> {
        if self.lines == limits.lines {
            return Err(Unfit::TooManyLines(limits.lines));
        }
        let is_first = self.lines == 0;
        let between = usize::from(!is_first && !goes_on);
        if self.text.len() + between + line.len() > limits.bytes {
            return Err(Unfit::TooManyBytes(limits.bytes));
        }
        if goes_on && !is_first {
            // The limit of a text's bytes, checked above, is far below what a `u32` can hold.
            self.concat_offsets
                .extend(u32::try_from(self.text.len()).ok());
        } else if !is_first {
            self.text.push('\n');
        }
        self.text.push_str(line);
        self.lines += 1;
        Ok(())
    }
}
