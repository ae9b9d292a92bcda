//! The answer to one line of a client: collected, then labelled if the client asked for that.
//!
//! IRCv3 labeled-response and batch: no answer is an `ACK`, one line carries the label itself, more
//! are a batch that carries it, or a batch of their own.

use std::ops::Range;

use super::caps::Caps;
use super::numerics::Numeric;
use super::said::{write_entry, write_said};
use super::select::time_shown;
use super::sink::{Batch, Collected, LineSink, Tags};
use super::wire::{LINE_BYTES_MAX, Line};
use super::write::{Place, write_change, write_joined, write_value};
use crate::protocol::{Chunk, ConnId, Time};
use crate::relay::hub::{Entry, Event, Person, To};

/// Words in one numeric besides its client's name: parameters are fifteen (RFC 1459, 2.3), of which
/// some clients take the command to be one.
const WORDS_MAX: usize = 13;

/// What one client is answered.
#[derive(Debug, Default)]
pub(in crate::relay) struct Reply {
    /// What the server is called.
    pub(super) server: String,
    /// What the client is called; `*` before it has a nickname.
    pub(super) me: String,
    lines: Collected,
    /// What the client put on its line, as it stands on the wire; empty if nothing.
    pub(super) label: String,
    /// Batches opened so far: the next one's name.
    batches: u64,
    /// Who is answered, and what it has negotiated.
    to: Option<ConnId>,
    caps: Caps,
    /// What others have it told meanwhile: that is read behind the answer.
    held_back: Vec<Chunk>,
}

impl Reply {
    /// Answers of a server with this name.
    pub(in crate::relay) fn new(server: String) -> Self {
        Self {
            server,
            ..Self::default()
        }
    }

    /// From now on it is a client of this name that is answered.
    pub(super) fn begin_for(&mut self, to: ConnId, me: &str, caps: Caps) {
        // A hook that panicked may have left something that was for somebody else.
        self.lines.clear();
        self.label.clear();
        self.held_back.clear();
        self.to = Some(to);
        self.me.clear();
        self.me.push_str(me);
        self.caps = caps;
    }

    /// The connection that is answered, if it has something to read first.
    pub(in crate::relay) fn reads_first(&self) -> Option<ConnId> {
        self.to.filter(|_| !self.lines.is_empty())
    }

    pub(in crate::relay) fn hold_back(&mut self, chunk: Chunk) {
        self.held_back.push(chunk);
    }

    /// What is to be sent behind the answer.
    pub(super) fn take_held_back(&mut self) -> impl Iterator<Item = Chunk> {
        self.held_back.drain(..)
    }

    /// Adds what the client reads of its own deed, if it is told of it in that way.
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
                let place = Place {
                    server: &self.server,
                    room,
                    to: &self.me,
                    format: caps.format(),
                };
                write_change(&mut self.lines, place, event);
            }
        }
    }

    /// `:server NNN me middle… :words`
    pub(super) fn numeric(&mut self, numeric: Numeric, middle: &[&str]) {
        self.numeric_with(numeric, middle, numeric.words);
    }

    /// A numeric with a last parameter of its own.
    pub(super) fn numeric_with(&mut self, numeric: Numeric, middle: &[&str], last: &str) {
        self.begin(numeric, middle).add(" :").add(last).end();
    }

    /// A numeric whose last parameter is a word like the others.
    pub(super) fn numeric_of(&mut self, numeric: Numeric, params: &[&str]) {
        self.begin(numeric, params).end();
    }

    /// A numeric whose last parameter is still to come.
    pub(super) fn begin(&mut self, numeric: Numeric, middle: &[&str]) -> Line<'_> {
        let line = self.lines.line().source(&self.server);
        line.add(numeric.code).words(&[&self.me]).words(middle)
    }

    /// A numeric whose last parameter is a list, as often as it takes for all of it; not at all for
    /// an empty one.
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
            // Half a word would be another one.
            line.end_uncut();
        }
    }

    /// A numeric whose parameters are words as many as there are, as often as it takes for all of
    /// them; not at all for none.
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

    /// `FAIL command code context… :words` (IRCv3 standard-replies).
    pub(super) fn fail(&mut self, command: &str, code: &str, context: &[&str], words: &str) {
        let line = self.standard("FAIL ", command, code);
        line.words(context).add(" :").add(words).end();
    }

    /// `WARN command code context… :words`
    pub(super) fn warn(&mut self, command: &str, code: &str, context: &[&str], words: &str) {
        let line = self.standard("WARN ", command, code);
        line.words(context).add(" :").add(words).end();
    }

    fn standard(&mut self, kind: &str, command: &str, code: &str) -> Line<'_> {
        self.line().add(kind).add(command).add(" ").add(code)
    }

    /// Begins a line of the server's own.
    pub(super) fn line(&mut self) -> Line<'_> {
        self.lines.line().source(&self.server)
    }

    /// Begins a line whose source is a person.
    pub(super) fn line_by(&mut self, person: Person<'_>) -> Line<'_> {
        self.lines.line().person(person)
    }

    /// What a key of a target is, or that it is nothing.
    pub(super) fn value(&mut self, target: &str, key: &str, value: Option<&str>) {
        let between = (&*self.server, &*self.me);
        write_value(&mut self.lines, between, target, key, value);
    }

    /// What was said before; `before` is a text that stands before what was said.
    pub(super) fn entry(&mut self, to: To<'_>, entry: &Entry, before: &str) {
        let caps = self.caps.in_effect();
        write_entry(&mut self.lines, caps, to, entry, before);
    }

    /// A new batch.
    pub(super) fn batch(&mut self) -> Batch {
        self.batches += 1;
        Batch::Answer(self.batches)
    }

    /// A new batch of the lines that `write` writes; `kind` are its type and parameters.
    pub(super) fn batched(&mut self, kind: &[&str], write: impl FnOnce(&mut Self)) {
        let batch = self.batch();
        self.within(batch, kind, write);
    }

    /// The same, of a batch that has its name already.
    pub(super) fn within(&mut self, batch: Batch, kind: &[&str], write: impl FnOnce(&mut Self)) {
        self.lines.begin_batch(&self.server, batch, kind);
        write(self);
        self.lines.end_batch(&self.server);
    }

    /// Whether nothing is to be sent.
    pub(super) fn is_nothing(&self) -> bool {
        self.lines.is_empty() && self.label.is_empty()
    }

    /// What is there so far.
    pub(super) fn lines(&self) -> &Collected {
        &self.lines
    }

    /// Takes away all lines.
    pub(super) fn take_lines(&mut self) -> Collected {
        std::mem::take(&mut self.lines)
    }

    /// Adds some of the lines that were taken away.
    pub(super) fn append(&mut self, from: &Collected, lines: Range<usize>) {
        self.lines.append(from, lines);
    }

    /// Takes back all lines but the first ones.
    pub(super) fn truncate(&mut self, count: usize) {
        self.lines.truncate(count);
    }

    /// Writes the lines as they are sent, with the label and, where they have none of their own, the
    /// time (IRCv3 server-time). Behind them, and no part of the answer, a client that goes is told
    /// why. Then nothing is left.
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
        // One message in several lines is a batch already, whose beginning stands for all of it
        // (IRCv3 draft/multiline, "Labeled response").
        let needs_batch = !label.is_empty() && !self.lines.is_one_message();
        let around = needs_batch.then(|| self.batch());
        // It stands on what is written first.
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

/// Begins the tags of a line of an answer: the time and the label, unless they are empty.
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
            seams: &[],
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
