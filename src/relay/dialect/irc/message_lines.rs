//! Writes messages as lines of IRC: as one line, or as several if the text is long or has several lines.
//!
//! A client with draft/multiline gets several lines as one message (IRCv3 draft/multiline, "Batch
//! types"). Other clients get them one by one, without the empty ones (the same, "Fallback").
//!
//! `write_said` is called by the encoder once for all clients of one format, and by `reply` for an echo;
//! `write_entry` for messages of the past. Both come to `MessageParts`, so that a message reads the same now
//! and later.

use super::caps::Caps;
use super::line_builder::{LINE_BYTES_MAX, LineBuilder, LineSource};
use super::sink::{Batch, LineSink, SaidTags};
use super::text::parts;
use crate::relay::hub::{Entry, MessageId, PersonFlag, Rank, Said, Speech, To};

/// Name of the capability, and the type of its batches.
pub(super) const MULTILINE: &str = "draft/multiline";

/// The tag of a line that continues the line before it (IRCv3 draft/multiline, "Tags").
pub(super) const CONCAT: &str = "draft/multiline-concat";

/// Bytes of a text that fits in one line whatever stands before it: names have no more bytes than four times
/// their characters. So most messages need no look at how long a line they make: whether a client knows
/// multiline makes no difference to them, and no format of its own.
const SHORT_BYTES_MAX: usize = 128;

/// Returns whether a message may take several lines.
pub(super) fn is_long(said: &Said<'_>) -> bool {
    said.text.len() > SHORT_BYTES_MAX || !said.concat_offsets.is_empty() || said.has_lines()
}

/// Writes a message. A message that has tags alone is written only for clients with `message-tags`.
pub(super) fn write_said(lines: &mut impl LineSink, caps: Caps, said: &Said<'_>) {
    if said.speech == Speech::TagsOnly && !caps.has(Caps::MESSAGE_TAGS) {
        return;
    }
    let has_tags = caps.has(Caps::MESSAGE_TAGS);
    let tags = SaidTags {
        unix_us: caps.has(Caps::SERVER_TIME).then_some(said.unix_us),
        id: has_tags.then_some((said.id, said.unix_us)),
        is_by_bot: has_tags && said.from.profile.is(PersonFlag::Bot),
        others: if has_tags { said.tags } else { "" },
    };
    let words = MessageParts {
        from: LineSource::of(said.from),
        tags,
        id: said.id,
        to: said.to,
        speech: said.speech,
        before: "",
        text: said.text,
        concat_offsets: said.concat_offsets,
        is_whole: caps.has(Caps::MULTILINE),
    };
    words.write(lines);
}

/// Writes a message of the past. `before` is put before its text.
pub(super) fn write_entry(
    lines: &mut impl LineSink,
    caps: Caps,
    to: To<'_>,
    entry: &Entry,
    before: &str,
) {
    let has_tags = caps.has(Caps::MESSAGE_TAGS);
    let tags = SaidTags {
        unix_us: caps.has(Caps::SERVER_TIME).then_some(entry.unix_us),
        id: has_tags.then_some((entry.id, entry.unix_us)),
        ..SaidTags::default()
    };
    let words = MessageParts {
        from: LineSource {
            name: &entry.from,
            user: entry.user(),
            host: entry.host,
        },
        tags,
        id: entry.id,
        to,
        speech: entry.speech,
        before,
        text: &entry.text,
        concat_offsets: &[],
        is_whole: caps.has(Caps::MULTILINE) && before.is_empty(),
    };
    words.write(lines);
}

/// A message with everything that writing it takes.
struct MessageParts<'a> {
    from: LineSource<'a>,
    tags: SaidTags<'a>,
    id: MessageId,
    to: To<'a>,
    speech: Speech,
    /// A text that is put before the text of each line.
    before: &'a str,
    text: &'a str,
    /// The byte offsets at which a line goes on with the one before it. They are not kept in the history,
    /// where a message is cut as it fits.
    concat_offsets: &'a [u32],
    /// True if several lines are to be written as one message, in a batch.
    is_whole: bool,
}

impl MessageParts<'_> {
    /// Writes the message in as many lines as it takes. All of it is written in place, since a message
    /// is written once for every set of capabilities in a room.
    fn write(&self, lines: &mut impl LineSink) {
        let (mark, end) = match self.speech {
            Speech::Message | Speech::Notice | Speech::TagsOnly => ("", ""),
            Speech::Action => ("\u{1}ACTION ", "\u{1}"),
            Speech::CtcpRequest | Speech::CtcpReply => ("\u{1}", "\u{1}"),
        };
        let batch = *lines.batch();
        if self.speech == Speech::TagsOnly {
            return self.begin(lines.begin(batch, Some(self.tags))).end();
        }
        // The part before the text has the same length in each line.
        let command: usize = self.command().iter().map(|part| part.len()).sum();
        let used = self.from.bytes() + command + " :".len();
        let used = used + mark.len() + self.before.len() + end.len();
        let parts = parts(
            self.text,
            self.concat_offsets,
            LINE_BYTES_MAX.saturating_sub(used),
        );
        // A CTCP has no form in a batch: each of its lines is one by itself.
        if self.is_whole && mark.is_empty() && parts.clone().nth(1).is_some() {
            return self.write_batch(lines, parts);
        }
        let parts = parts.filter(|(text, _)| !text.is_empty());
        let mut tags = self.tags;
        for (text, _) in parts {
            let line = self.begin(lines.begin(batch, Some(tags)));
            // No two lines may have the same `msgid`.
            tags.id = None;
            let line = line.add(" :").add(mark).add(self.before);
            line.add(text).add(end).end();
        }
    }

    /// Writes the message as a batch. The tags that hold for all of it stand on the line that opens the
    /// batch.
    fn write_batch<'t>(
        &self,
        lines: &mut impl LineSink,
        parts: impl Iterator<Item = (&'t str, bool)>,
    ) {
        let (outer, batch) = (*lines.batch(), Batch::Message(self.id));
        let [_, prefix, name] = self.command();
        let line = lines.begin(outer, Some(self.tags)).by(self.from);
        let line = batch.begin(line, &[MULTILINE, prefix]);
        line.add(name).end();
        for (text, goes_on) in parts {
            let tags = SaidTags {
                others: if goes_on { CONCAT } else { "" },
                ..SaidTags::default()
            };
            let line = self.begin(lines.begin(Some(batch), Some(tags)));
            line.add(" :").add(text).end();
        }
        // The line that closes the batch is in no batch itself, even if the line that opens it is.
        batch.end(lines.begin(None, None).by(self.from));
    }

    /// Adds the part of a line before the text: its source, command and target.
    fn begin<'l>(&self, line: LineBuilder<'l>) -> LineBuilder<'l> {
        let line = line.by(self.from);
        self.command()
            .iter()
            .fold(line, |line, part| line.add(part))
    }

    /// Returns the command, the prefix of the target, and the name of the target.
    fn command(&self) -> [&str; 3] {
        let verb = match self.speech {
            Speech::Message | Speech::Action | Speech::CtcpRequest => "PRIVMSG ",
            Speech::Notice | Speech::CtcpReply => "NOTICE ",
            Speech::TagsOnly => "TAGMSG ",
        };
        match self.to {
            To::Person(name) => [verb, "", name],
            To::Room { name, at_least } => match at_least {
                Rank::Operator => [verb, "@#", name],
                Rank::Voice => [verb, "+#", name],
                Rank::Member => [verb, "#", name],
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sink::Direct;
    use super::*;
    use crate::relay::hub::Person;

    /// Returns the lines of a message from bob to a room.
    fn written(caps: Caps, text: &str, concat_offsets: &[u32], speech: Speech) -> Vec<String> {
        let said = Said {
            from: Person::absent("bob"),
            to: To::Room {
                name: "dev",
                at_least: Rank::Member,
            },
            speech,
            text,
            concat_offsets,
            tags: "+x",
            id: MessageId(10),
            unix_us: 0,
        };
        let mut out = Vec::new();
        write_said(&mut Direct::new(&mut out, None), caps, &said);
        let text = String::from_utf8(out).unwrap();
        text.split_terminator("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn several_lines_are_one_message_for_who_knows_them() {
        let caps = Caps::MESSAGE_TAGS | Caps::MULTILINE;
        let text = "hello\n\nhow is everyone?";
        assert_eq!(
            written(caps, text, &[14], Speech::Message),
            [
                "@msgid=0-a;+x :bob!~user@local.host BATCH +ma draft/multiline #dev",
                "@batch=ma :bob!~user@local.host PRIVMSG #dev :hello",
                "@batch=ma :bob!~user@local.host PRIVMSG #dev :",
                "@batch=ma :bob!~user@local.host PRIVMSG #dev :how is ",
                "@batch=ma;draft/multiline-concat :bob!~user@local.host PRIVMSG #dev :everyone?",
                ":bob!~user@local.host BATCH -ma",
            ]
        );
        assert_eq!(
            written(Caps::MESSAGE_TAGS, text, &[14], Speech::Notice),
            [
                "@msgid=0-a;+x :bob!~user@local.host NOTICE #dev :hello",
                "@+x :bob!~user@local.host NOTICE #dev :how is ",
                "@+x :bob!~user@local.host NOTICE #dev :everyone?",
            ]
        );
        assert_eq!(
            written(caps, "hello", &[], Speech::Message),
            ["@msgid=0-a;+x :bob!~user@local.host PRIVMSG #dev :hello"]
        );
    }

    #[test]
    fn a_long_line_is_one_message_for_who_knows_several() {
        let text = "wörd ".repeat(700);
        for caps in [Caps::MULTILINE, Caps::default()] {
            let lines = written(caps, &text, &[], Speech::Message);
            let said = lines
                .iter()
                .filter_map(|line| line.split_once(" PRIVMSG #dev :"));
            let (heads, texts): (Vec<&str>, Vec<&str>) = said.unzip();
            assert_eq!(texts.concat(), text);
            let joined = heads.iter().filter(|head| head.contains(CONCAT)).count();
            let is_whole = caps.has(Caps::MULTILINE);
            assert_eq!(joined, if is_whole { texts.len() - 1 } else { 0 });
        }
        let deeds = written(Caps::MULTILINE, &text, &[], Speech::Action);
        assert!(deeds.len() > 5 && deeds.iter().all(|line| line.ends_with('\u{1}')));
    }
}
