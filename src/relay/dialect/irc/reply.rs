//! The answer to one line of a client. Its lines are collected, and labelled if the client sent a label.
//!
//! IRCv3 labeled-response and batch: an empty answer becomes an `ACK`. A single line carries the label
//! itself, and so does the first line of a message in several lines. Other answers become a batch that
//! carries the label.

use std::ops::Range;

use super::caps::Caps;
use super::events::{LineTarget, write_change, write_joined, write_value};
use super::history_query::time_shown;
use super::line_builder::{LINE_BYTES_MAX, LineBuilder};
use super::message_lines::{write_entry, write_said};
use super::numerics::Numeric;
use super::sink::{Batch, Collected, LineSink, Tags};
use crate::protocol::{ConnId, OutputRange, Time};
use crate::relay::hub::{Entry, Event, Person, To};

/// Number of words in one numeric besides the client's nickname. A message has at most fifteen
/// parameters (RFC 1459, 2.3), and some clients count the command as one of them.
const WORDS_MAX: usize = 13;

/// The answer to one line of a client.
#[derive(Debug, Default)]
pub(in crate::relay) struct Reply {
    /// The server's name.
    pub(super) server: String,
    /// The client's nickname; `*` before it has one.
    pub(super) me: String,
    lines: Collected,
    /// The label on the client's line, still escaped as in the line; empty if there is none.
    pub(super) label: String,
    /// Number of batches opened so far. The next batch is named after it.
    batches: u64,
    /// The client that is answered; `caps` are the capabilities that it has negotiated.
    to: Option<ConnId>,
    caps: Caps,
    /// Events that reach the client as one of an audience while its line is carried out. They are sent
    /// after the answer.
    held_back: Vec<OutputRange>,
}

impl Reply {
    /// Returns an empty answer of the server with this name.
    pub(in crate::relay) fn new(server: String) -> Self {
        Self {
            server,
            ..Self::default()
        }
    }

    /// Begins the answer to a client with this nickname and these capabilities.
    pub(super) fn begin_for(&mut self, to: ConnId, me: &str, caps: Caps) {
        // A hook that panicked may have left lines here that were meant for another client.
        self.lines.clear();
        self.label.clear();
        self.held_back.clear();
        self.to = Some(to);
        self.me.clear();
        self.me.push_str(me);
        self.caps = caps;
    }

    /// Returns the connection that is answered, if the answer has lines that it must read before further
    /// events.
    pub(in crate::relay) fn reads_first(&self) -> Option<ConnId> {
        self.to.filter(|_| !self.lines.is_empty())
    }

    pub(in crate::relay) fn hold_back(&mut self, range: OutputRange) {
        self.held_back.push(range);
    }

    /// Takes the events that are to be sent after the answer.
    pub(super) fn take_held_back(&mut self) -> impl Iterator<Item = OutputRange> {
        self.held_back.drain(..)
    }

    /// Adds the lines about an event that the client has caused itself. A message is added only for a
    /// client with `echo-message`.
    pub(in crate::relay) fn add_own(&mut self, room: &str, event: &Event<'_>) {
        let caps = self.caps;
        match event {
            Event::Spoken(said) | Event::Private(said) => {
                if caps.has(Caps::ECHO_MESSAGE) {
                    write_said(&mut self.lines, caps.in_effect(), said);
                }
            }
            Event::Joined(person) => {
                write_joined(&mut self.lines, caps - Caps::AWAY_NOTIFY, room, *person);
            }
            _ => {
                let place = LineTarget {
                    server: &self.server,
                    room,
                    to: &self.me,
                    format: caps.format(),
                };
                write_change(&mut self.lines, place, event);
            }
        }
    }

    /// Adds `:server NNN me middle… :words`.
    pub(super) fn numeric(&mut self, numeric: Numeric, middle: &[&str]) {
        self.numeric_with(numeric, middle, numeric.words);
    }

    /// Adds a numeric with `last` as its last parameter, in place of the usual words.
    pub(super) fn numeric_with(&mut self, numeric: Numeric, middle: &[&str], last: &str) {
        self.begin(numeric, middle).add(" :").add(last).end();
    }

    /// Adds a numeric whose last parameter is written like the others, without a `:` before it.
    pub(super) fn numeric_of(&mut self, numeric: Numeric, params: &[&str]) {
        self.begin(numeric, params).end();
    }

    /// Begins a numeric. The caller adds its last parameter and ends it.
    pub(super) fn begin(&mut self, numeric: Numeric, middle: &[&str]) -> LineBuilder<'_> {
        let line = self.lines.line().source(&self.server);
        line.add(numeric.code).words(&[&self.me]).words(middle)
    }

    /// Adds a numeric whose last parameter is a list, in as many lines as the list takes. For an empty
    /// list, no line is added.
    pub(super) fn numeric_list<T: AsRef<str>>(
        &mut self,
        numeric: Numeric,
        middle: &[&str],
        separator: &str,
        words: impl Iterator<Item = T>,
    ) {
        let mut words = words.peekable();
        while let Some(first) = words.next() {
            let line = self.begin(numeric, middle).add(" :");
            let mut line = line.add(first.as_ref());
            while let Some(word) = words.next_if(|word| {
                line.len() + separator.len() + word.as_ref().len() <= LINE_BYTES_MAX
            }) {
                line = line.add(separator).add(word.as_ref());
            }
            // The line is not cut, since half a word would be another word.
            line.end_uncut();
        }
    }

    /// Adds a numeric whose parameters are `words`, in as many lines as they take. Without words, no
    /// line is added.
    pub(super) fn numeric_words(&mut self, numeric: Numeric, words: &[impl AsRef<str>]) {
        let mut words = words.iter().map(AsRef::as_ref).peekable();
        while words.peek().is_some() {
            let mut line = self.begin(numeric, &[]);
            let mut count = 0;
            while let Some(word) = words.next_if(|word| {
                count < WORDS_MAX && (count == 0 || line.len() + 1 + word.len() <= LINE_BYTES_MAX)
            }) {
                line = line.add(" ").add(word);
                count += 1;
            }
            line.end();
        }
    }

    /// Adds `FAIL command code context… :words` (IRCv3 standard-replies).
    pub(super) fn fail(&mut self, command: &str, code: &str, context: &[&str], words: &str) {
        let line = self.standard("FAIL ", command, code);
        line.words(context).add(" :").add(words).end();
    }

    /// Adds `WARN command code context… :words`.
    pub(super) fn warn(&mut self, command: &str, code: &str, context: &[&str], words: &str) {
        let line = self.standard("WARN ", command, code);
        line.words(context).add(" :").add(words).end();
    }

    fn standard(&mut self, kind: &str, command: &str, code: &str) -> LineBuilder<'_> {
        self.line().add(kind).add(command).add(" ").add(code)
    }

    /// Begins a line whose source is the server.
    pub(super) fn line(&mut self) -> LineBuilder<'_> {
        self.lines.line().source(&self.server)
    }

    /// Begins a line whose source is a person.
    pub(super) fn line_by(&mut self, person: Person<'_>) -> LineBuilder<'_> {
        self.lines.line().person(person)
    }

    /// Adds the value of a target's metadata key, or the numeric for a key that is not set.
    pub(super) fn value(&mut self, target: &str, key: &str, value: Option<&str>) {
        let between = (&*self.server, &*self.me);
        write_value(&mut self.lines, between, target, key, value);
    }

    /// Adds a message of the past. `before` is put before its text.
    pub(super) fn entry(&mut self, to: To<'_>, entry: &Entry, before: &str) {
        let caps = self.caps.in_effect();
        write_entry(&mut self.lines, caps, to, entry, before);
    }

    /// Returns a batch with a new name.
    pub(super) fn batch(&mut self) -> Batch {
        self.batches += 1;
        Batch::Answer(self.batches)
    }

    /// Puts the lines that `write` adds in a new batch. `kind` holds its type and parameters.
    pub(super) fn batched(&mut self, kind: &[&str], write: impl FnOnce(&mut Self)) {
        let batch = self.batch();
        self.within(batch, kind, write);
    }

    /// Puts the lines that `write` adds in a batch that already has a name. `kind` holds its type and
    /// parameters.
    pub(super) fn within(&mut self, batch: Batch, kind: &[&str], write: impl FnOnce(&mut Self)) {
        self.lines.begin_batch(&self.server, batch, kind);
        write(self);
        self.lines.end_batch(&self.server);
    }

    /// Returns whether nothing is to be sent: there are no lines, and no label that asks for an `ACK`.
    pub(super) fn is_nothing(&self) -> bool {
        self.lines.is_empty() && self.label.is_empty()
    }

    /// The lines collected so far.
    pub(super) fn lines(&self) -> &Collected {
        &self.lines
    }

    /// Removes all lines and returns them.
    pub(super) fn take_lines(&mut self) -> Collected {
        std::mem::take(&mut self.lines)
    }

    /// Adds a range of lines that `take_lines` has removed.
    pub(super) fn append(&mut self, from: &Collected, lines: Range<usize>) {
        self.lines.append(from, lines);
    }

    /// Removes all lines after the first `count`.
    pub(super) fn truncate(&mut self, count: usize) {
        self.lines.truncate(count);
    }

    /// Writes the lines as they are sent, with the label, and with the time on each line that has none
    /// of its own (IRCv3 server-time). If the client is disconnected, `farewell` follows in a line that
    /// is no part of the answer. The answer is empty afterwards.
    pub(super) fn write_to(
        &mut self,
        out: &mut Vec<u8>,
        time: Option<Time>,
        farewell: Option<&str>,
    ) {
        let time = time.map_or_else(String::new, |now| {
            format!("time={}", time_shown(now.unix_micros()))
        });
        let label = std::mem::take(&mut self.label);
        if self.lines.is_empty() && !label.is_empty() {
            self.line().add("ACK").end();
        }
        // A message in several lines is already a batch, and the label on its first line stands for all
        // of it (IRCv3 draft/multiline, "Labeled response").
        let needs_batch = !label.is_empty() && !self.lines.is_one_message();
        let around = needs_batch.then(|| self.batch());
        // The label stands on the line that is written first.
        let mut label = &*label;
        if let Some(batch) = around {
            let tags = begin_tags(out, &time, std::mem::take(&mut label));
            let line = tags.line().source(&self.server);
            batch.begin(line, &["labeled-response"]).end();
        }
        for (info, text) in self.lines.iter() {
            let time = if info.is_now { &*time } else { "" };
            let mut tags = begin_tags(out, time, std::mem::take(&mut label));
            tags.add_batch(info.batch.or(around));
            tags.add_line(text, info.has_tags);
        }
        if let Some(batch) = around {
            batch.end(begin_tags(out, &time, "").line().source(&self.server));
        }
        if let Some(farewell) = farewell {
            let line = begin_tags(out, &time, "").line();
            line.add("ERROR :").add(farewell).end();
        }
        self.lines.clear();
    }
}

/// Begins the tags of a line of an answer, with the time and the label unless they are empty.
fn begin_tags<'o>(out: &'o mut Vec<u8>, time: &str, label: &str) -> Tags<'o> {
    let mut tags = Tags::new(out);
    tags.add(time);
    if !label.is_empty() {
        tags.add_value("label", label);
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::super::numerics;
    use super::super::sink::SaidTags;
    use super::*;

    fn reply(label: &str) -> Reply {
        Reply {
            server: "srv".into(),
            me: "bob".into(),
            label: label.into(),
            ..Reply::default()
        }
    }

    fn text(mut reply: Reply) -> String {
        let mut out = Vec::new();
        reply.write_to(&mut out, None, None);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numerics_name_server_and_client() {
        let mut reply = reply("");
        reply.numeric(numerics::NO_SUCH_NICK, &["eve"]);
        reply.numeric_with(numerics::TOPIC, &["#dev"], "hello there");
        reply.numeric_of(numerics::CREATION_TIME, &["#dev", "7"]);
        reply.fail("X", "Y", &["z"], "words");
        assert_eq!(
            text(reply),
            ":srv 401 bob eve :No such nick or channel\r\n\
             :srv 332 bob #dev :hello there\r\n\
             :srv 329 bob #dev 7\r\n\
             :srv FAIL X Y z :words\r\n"
        );
    }

    #[test]
    fn a_list_takes_as_many_lines_as_it_needs() {
        let mut reply = reply("");
        let names: Vec<String> = (0..200).map(|n| format!("nickname{n}")).collect();
        reply.numeric_list(numerics::NAMES, &["=", "#dev"], " ", names.iter());
        reply.numeric_list(numerics::NAMES, &["=", "#no"], " ", ["a"; 0].iter());
        let text = text(reply);
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert!(lines.len() > 3 && lines.iter().all(|line| line.len() <= 510));
        let listed = lines.iter().flat_map(|line| {
            let list = line.strip_prefix(":srv 353 bob = #dev :");
            list.expect("each line is one of the list's").split(' ')
        });
        assert!(listed.eq(names.iter()));
    }

    #[test]
    fn an_answer_carries_the_label_once() {
        assert_eq!(text(reply("")), "");
        assert_eq!(text(reply("l")), "@label=l :srv ACK\r\n");

        let mut one = reply("l");
        one.line().add("PONG").end();
        assert_eq!(text(one), "@label=l :srv PONG\r\n");

        let timed = SaidTags {
            others: "time=t",
            ..SaidTags::default()
        };
        let mut tagged = reply("l");
        let line = tagged.lines.begin(None, Some(timed));
        line.add(":x PRIVMSG y").end();
        assert_eq!(text(tagged), "@label=l;time=t :x PRIVMSG y\r\n");

        let mut several = reply("l");
        several.batched(&["chathistory", "#a"], |reply| {
            let batch = *reply.lines.batch();
            let line = reply.lines.begin(batch, Some(timed));
            line.add(":x PRIVMSG #a y").end();
        });
        assert_eq!(
            text(several),
            "@label=l :srv BATCH +b2 labeled-response\r\n\
             @batch=b2 :srv BATCH +b1 chathistory #a\r\n\
             @batch=b1;time=t :x PRIVMSG #a y\r\n\
             @batch=b2 :srv BATCH -b1\r\n\
             :srv BATCH -b2\r\n"
        );
    }

    #[test]
    fn a_message_in_several_lines_carries_the_label_unless_there_is_more() {
        use crate::relay::hub::{MessageId, Rank, Said, Speech};
        let said = Said {
            from: Person::absent("bob"),
            to: To::Room {
                name: "dev",
                at_least: Rank::Member,
            },
            speech: Speech::Message,
            text: "hello\nthere",
            concat_offsets: &[],
            tags: "",
            id: MessageId(10),
            unix_us: 0,
        };
        let caps = Caps::ECHO_MESSAGE | Caps::BATCH | Caps::MULTILINE | Caps::SERVER_TIME;
        let written = |write: fn(&mut Reply, &Said<'_>)| {
            let (mut reply, mut out) = (reply(""), Vec::new());
            reply.begin_for(ConnId::new(0, 0), "bob", caps);
            reply.label.push('l');
            write(&mut reply, &said);
            let now = std::time::Duration::from_secs(1);
            reply.write_to(&mut out, Some(Time::new(now, now)), Some("gone"));
            assert!(reply.is_nothing());
            let text = String::from_utf8(out).unwrap();
            text.replace("1970-01-01T00:00:0", "")
                .replace("bob!~user@local.host", "bob")
        };
        let echo = |reply: &mut Reply, said: &Said<'_>| reply.add_own("dev", &Event::Spoken(*said));
        assert_eq!(
            written(echo),
            "@label=l;time=0.000Z :bob BATCH +ma draft/multiline #dev\r\n\
             @batch=ma :bob PRIVMSG #dev :hello\r\n\
             @batch=ma :bob PRIVMSG #dev :there\r\n\
             @time=1.000Z :bob BATCH -ma\r\n\
             @time=1.000Z ERROR :gone\r\n"
        );
        assert_eq!(
            written(
                |reply, said| reply.batched(&["chathistory", "#dev"], |reply| {
                    reply.add_own("dev", &Event::Spoken(*said));
                })
            ),
            "@time=1.000Z;label=l :srv BATCH +b2 labeled-response\r\n\
             @time=1.000Z;batch=b2 :srv BATCH +b1 chathistory #dev\r\n\
             @batch=b1;time=0.000Z :bob BATCH +ma draft/multiline #dev\r\n\
             @batch=ma :bob PRIVMSG #dev :hello\r\n\
             @batch=ma :bob PRIVMSG #dev :there\r\n\
             @time=1.000Z;batch=b2 :bob BATCH -ma\r\n\
             @time=1.000Z;batch=b2 :srv BATCH -b1\r\n\
             @time=1.000Z :srv BATCH -b2\r\n\
             @time=1.000Z ERROR :gone\r\n"
        );
    }
}
