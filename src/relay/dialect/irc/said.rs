//! What people say, into lines of IRC: one message, or several where it is long or has several lines.
//!
//! Who has draft/multiline gets those as one (IRCv3 draft/multiline, "Batch types"); others get them
//! one by one, without the blank ones (the same, "Fallback").

use std::fmt::Write;

use super::caps::Caps;
use super::select::{id_shown, time_shown};
use super::text::parts;
use super::wire::{LINE_BYTES_MAX, Line};
use crate::relay::hub::{Entry, MessageId, PersonFlag, Rank, Said, Speech, To};

/// What marks a message as going on where the one before it ends (IRCv3 draft/multiline, "Tags").
pub(super) const CONCAT: &str = "draft/multiline-concat";

/// The beginning of a line that is part of what is said in several. No other batch's name begins so.
const PART: &str = "@batch=m";

/// Bytes of a text for which there is room in one message whatever stands before it: names are no
/// longer than four times their characters.
const SHORT_BYTES_MAX: usize = 128;

/// Whether something may take several messages.
pub(super) fn is_long(said: &Said<'_>) -> bool {
    said.text.len() > SHORT_BYTES_MAX || !said.seams.is_empty() || said.text.contains('\n')
}

/// Whether a line is part of what is said in several: what holds for all of them stands before the
/// first.
pub(super) fn is_part(line: &[u8]) -> bool {
    line.starts_with(PART.as_bytes())
}

/// Whether lines are one thing said, in several.
pub(super) fn is_one_said(lines: &[u8]) -> bool {
    let mut lines = lines.split_inclusive(|byte| *byte == b'\n');
    let (first, last) = (lines.next(), lines.next_back());
    let is =
        |line: Option<&[u8]>, what: &[u8]| line.is_some_and(|it| command(it).starts_with(what));
    lines.all(is_part) && is(first, b"BATCH +m") && is(last, b"BATCH -m")
}

/// A line from its command on.
fn command(mut line: &[u8]) -> &[u8] {
    for mark in [b'@', b':'] {
        if line.first() == Some(&mark) {
            let end = line.iter().position(|byte| *byte == b' ');
            line = end.map_or(&[], |end| &line[end + 1..]);
        }
    }
    line
}

/// Writes what was said.
pub(super) fn write_said(out: &mut Vec<u8>, caps: Caps, said: &Said<'_>) {
    if said.speech == Speech::Bare && !caps.has(Caps::MESSAGE_TAGS) {
        return;
    }
    let tags = |tags: &mut Tags<'_>, is_first| {
        tags.add_time(caps, said.unix_us);
        if caps.has(Caps::MESSAGE_TAGS) {
            if is_first {
                tags.add_value("msgid", id_shown(said.id, said.unix_us));
            }
            if said.from.profile.is(PersonFlag::Bot) {
                tags.add("bot");
            }
            tags.add(said.tags);
        }
    };
    let words = Words {
        id: said.id,
        to: said.to,
        speech: said.speech,
        before: "",
        text: said.text,
        seams: said.seams,
        is_whole: caps.has(Caps::MULTILINE),
    };
    words.write(out, tags, |line| line.person(said.from).len());
}

/// Writes what was said in a room before. `more` are tags that stand before its own, `before` is a
/// text that stands before what was said.
pub(super) fn write_entry(
    out: &mut Vec<u8>,
    caps: Caps,
    to: To<'_>,
    entry: &Entry,
    more: &str,
    before: &str,
) {
    let tags = |tags: &mut Tags<'_>, is_first| {
        tags.add(more);
        tags.add_time(caps, entry.unix_us);
        if caps.has(Caps::MESSAGE_TAGS) && is_first {
            tags.add_value("msgid", id_shown(entry.id, entry.unix_us));
        }
    };
    let words = Words {
        id: entry.id,
        to,
        speech: entry.speech,
        before,
        text: &entry.text,
        seams: &[],
        is_whole: caps.has(Caps::MULTILINE) && before.is_empty(),
    };
    words.write(out, tags, |mut line| {
        let _ = write!(line, ":{}!{}@{} ", entry.from, entry.user(), entry.host);
        line.len()
    });
}

/// What was said, but for who it was.
struct Words<'a> {
    id: MessageId,
    to: To<'a>,
    speech: Speech,
    /// Stands before each message.
    before: &'a str,
    text: &'a str,
    seams: &'a [u32],
    /// Whether several messages are to be told as one.
    is_whole: bool,
}

impl Words<'_> {
    /// Writes them in as many messages as it takes. `source` writes who said it, `tags` what stands
    /// before that, and is told whether it is the first: no two messages may have the same id. All
    /// of it is written in place: a message is written for every set of capabilities there is in a
    /// room.
    fn write(
        &self,
        out: &mut Vec<u8>,
        tags: impl Fn(&mut Tags<'_>, bool),
        source: impl Fn(Line<'_>) -> usize,
    ) {
        let (mark, end) = match self.speech {
            Speech::Message | Speech::Notice | Speech::Bare => ("", ""),
            Speech::Action => ("\u{1}ACTION ", "\u{1}"),
            Speech::Signal | Speech::Reply => ("\u{1}", "\u{1}"),
        };
        let start = |out: &mut Vec<u8>, is_first| {
            let mut line_tags = Tags::new(out);
            tags(&mut line_tags, is_first);
            let start = line_tags.end();
            source(Line::new(out));
            start
        };
        if self.speech == Speech::Bare {
            let start = start(out, true);
            return self.command(Line::at(out, start)).end();
        }
        // What stands before it is as long in each: written once to be measured, and taken back.
        let at = out.len();
        source(Line::new(out));
        let used = self.command(Line::at(out, at)).len();
        out.truncate(at);
        let used = used + " :".len() + mark.len() + self.before.len() + end.len();
        let parts = parts(self.text, self.seams, LINE_BYTES_MAX.saturating_sub(used));
        if self.is_whole && mark.is_empty() && parts.clone().nth(1).is_some() {
            let start = start(out, true);
            return self.write_batch(out, start, parts, source);
        }
        let parts = parts.filter(|(text, _)| !text.is_empty());
        for (n, (text, _)) in parts.enumerate() {
            let start = start(out, n == 0);
            let line = self.command(Line::at(out, start));
            line.add(" :")
                .add(mark)
                .add(self.before)
                .add(text)
                .add(end)
                .end();
        }
    }

    /// Writes them as one, behind the tags and the source that are there from `start` on.
    fn write_batch<'t>(
        &self,
        out: &mut Vec<u8>,
        start: usize,
        parts: impl Iterator<Item = (&'t str, bool)>,
        source: impl Fn(Line<'_>) -> usize,
    ) {
        let name = format!("m{:x}", self.id.0);
        let line = Line::at(out, start).add("BATCH +").add(&name);
        self.target(line.add(" draft/multiline ")).end();
        for (text, goes_on) in parts {
            let mut tags = Tags::new(out);
            tags.add_value("batch", &name);
            if goes_on {
                tags.add(CONCAT);
            }
            let start = tags.end();
            source(Line::new(out));
            self.command(Line::at(out, start)).add(" :").add(text).end();
        }
        let start = out.len();
        source(Line::new(out));
        Line::at(out, start).add("BATCH -").add(&name).end();
    }

    /// The command, and whom it is for.
    fn command<'l>(&self, line: Line<'l>) -> Line<'l> {
        self.target(line.add(match self.speech {
            Speech::Message | Speech::Action | Speech::Signal => "PRIVMSG ",
            Speech::Notice | Speech::Reply => "NOTICE ",
            Speech::Bare => "TAGMSG ",
        }))
    }

    fn target<'l>(&self, line: Line<'l>) -> Line<'l> {
        match self.to {
            To::Person(name) => line.add(name),
            To::Room { name, at_least } => {
                let prefix = match at_least {
                    Rank::Operator => "@#",
                    Rank::Voice => "+#",
                    Rank::Member => "#",
                };
                line.add(prefix).add(name)
            }
        }
    }
}

/// Tags of a line in the making, where they are to stand.
struct Tags<'a> {
    out: &'a mut Vec<u8>,
    is_begun: bool,
}

impl<'a> Tags<'a> {
    fn new(out: &'a mut Vec<u8>) -> Self {
        let is_begun = false;
        Self { out, is_begun }
    }

    /// Adds tags in the form that they are sent in; nothing, if there are none.
    fn add(&mut self, tags: &str) {
        if !tags.is_empty() {
            self.out.push(if self.is_begun { b';' } else { b'@' });
            self.out.extend_from_slice(tags.as_bytes());
            self.is_begun = true;
        }
    }

    fn add_value(&mut self, key: &str, value: impl std::fmt::Display) {
        self.add(key);
        // A vector takes everything, so there is no error to handle.
        let _ = write!(Line::new(self.out), "={value}");
    }

    fn add_time(&mut self, caps: Caps, unix_us: u64) {
        if caps.has(Caps::SERVER_TIME) {
            self.add_value("time", time_shown(unix_us));
        }
    }

    /// Ends them; says where the line begins.
    fn end(self) -> usize {
        if self.is_begun {
            self.out.push(b' ');
        }
        self.out.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::hub::Person;

    /// The lines that are written of a text, for bob to read in a room.
    fn written(caps: Caps, text: &str, seams: &[u32], speech: Speech) -> Vec<String> {
        let said = Said {
            from: Person::absent("bob"),
            to: To::Room {
                name: "dev",
                at_least: Rank::Member,
            },
            speech,
            text,
            seams,
            tags: "+x",
            id: MessageId(10),
            unix_us: 0,
        };
        let mut out = Vec::new();
        write_said(&mut out, caps, &said);
        let is_batch = memchr::memmem::find(&out, b"BATCH +").is_some();
        assert_eq!(is_one_said(&out), is_batch);
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
