//! The answer to one line of a client: collected, then labelled if the client asked for that.
//!
//! IRCv3 labeled-response and batch: no answer is an `ACK`, one line carries the label itself, more
//! are a batch that carries it, or a batch of their own.

use super::batches::{add_tag, has_tag, put_in_batch};
use super::caps::Caps;
use super::numerics::Numeric;
use super::said::{is_one_said, write_said};
use super::wire::{LINE_BYTES_MAX, Line};
use super::write::{Place, write_change, write_joined};
use crate::protocol::{Chunk, ConnId, Time};
use crate::relay::hub::Event;

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
    /// Whole lines.
    pub(in crate::relay) lines: Vec<u8>,
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
    pub(super) fn new(server: String) -> Self {
        Self {
            server,
            ..Self::default()
        }
    }

    /// From now on it is a client of this name that is answered.
    pub(super) fn begin_for(&mut self, to: ConnId, me: &str, caps: Caps) {
        self.to = Some(to);
        self.me.clear();
        self.me.push_str(me);
        self.caps = caps;
    }

    /// Whether a connection is the one that is answered, and has something to read first.
    pub(in crate::relay) fn comes_before(&self, id: ConnId) -> bool {
        self.to == Some(id) && !self.lines.is_empty()
    }

    pub(in crate::relay) fn hold_back(&mut self, chunk: Chunk) {
        self.held_back.push(chunk);
    }

    /// What is to be sent behind the answer.
    pub(super) fn take_held_back(&mut self) -> impl Iterator<Item = Chunk> {
        self.held_back.drain(..)
    }

    /// Adds what the client reads of its own deed, if it is told of it in that way.
    pub(in crate::relay) fn add_own(&mut self, room: &str, event: &Event<'_>, now: Time) {
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
                    now,
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

    fn begin(&mut self, numeric: Numeric, middle: &[&str]) -> Line<'_> {
        let mut line = Line::from(&mut self.lines, &self.server);
        for word in [numeric.code, " ", &self.me] {
            line = line.add(word);
        }
        for param in middle {
            line = line.add(" ").add(param);
        }
        line
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
        let mut begin = format!(":{} {} {}", self.server, numeric.code, self.me);
        for param in middle {
            begin.push(' ');
            begin.push_str(param);
        }
        begin.push_str(" :");
        let mut used = 0;
        for word in words {
            let word = word.as_ref();
            if used > 0 && used + separator.len() + word.len() > LINE_BYTES_MAX {
                self.lines.extend_from_slice(b"\r\n");
                used = 0;
            }
            let before = if used == 0 { &*begin } else { separator };
            self.lines.extend_from_slice(before.as_bytes());
            self.lines.extend_from_slice(word.as_bytes());
            used += before.len() + word.len();
        }
        if used > 0 {
            self.lines.extend_from_slice(b"\r\n");
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
        self.standard("FAIL ", command, code, context, words);
    }

    /// `WARN command code context… :words`
    pub(super) fn warn(&mut self, command: &str, code: &str, context: &[&str], words: &str) {
        self.standard("WARN ", command, code, context, words);
    }

    fn standard(&mut self, kind: &str, command: &str, code: &str, context: &[&str], words: &str) {
        let mut line = Line::from(&mut self.lines, &self.server);
        for word in [kind, command, " ", code] {
            line = line.add(word);
        }
        for param in context {
            line = line.add(" ").add(param);
        }
        line.add(" :").add(words).end();
    }

    /// A line of the server's own, with the label's and batch's tags still to come.
    pub(super) fn line(&mut self) -> Line<'_> {
        Line::from(&mut self.lines, &self.server)
    }

    /// The name of a new batch.
    pub(super) fn batch(&mut self) -> String {
        self.batches += 1;
        format!("b{:x}", self.batches)
    }

    /// A batch of the lines that `write` writes; `what` are its type and parameters.
    pub(super) fn batched(&mut self, what: &[&str], write: impl FnOnce(&mut Self)) {
        let start = self.lines.len();
        write(self);
        let batch = self.batch();
        put_in_batch(&mut self.lines, start, &self.server, &batch, what);
    }

    /// Puts the label on what was collected.
    pub(super) fn apply_label(&mut self) {
        let label = std::mem::take(&mut self.label);
        if label.is_empty() {
            return;
        }
        let plain = std::mem::take(&mut self.lines);
        let mut lines = plain.split_inclusive(|byte| *byte == b'\n');
        match (lines.next(), lines.next()) {
            (None, _) => {
                let tag = format!("label={label}");
                let line = Line::tagged(&mut self.lines, &tag);
                line.source(&self.server).add("ACK").end();
            }
            (Some(only), None) => add_tag(&mut self.lines, "label", &label, only),
            // A batch already, whose beginning stands for all of it (IRCv3 draft/multiline,
            // "Labeled response").
            _ if is_one_said(&plain) => add_tag(&mut self.lines, "label", &label, &plain),
            _ => {
                let batch = self.batch();
                let tag = format!("label={label}");
                let start = Line::tagged(&mut self.lines, &tag).source(&self.server);
                start
                    .add("BATCH +")
                    .add(&batch)
                    .add(" labeled-response")
                    .end();
                for line in plain.split_inclusive(|byte| *byte == b'\n') {
                    // What is in a batch of its own is in this one through that one's start.
                    match has_tag(line, "batch") {
                        true => self.lines.extend_from_slice(line),
                        false => add_tag(&mut self.lines, "batch", &batch, line),
                    }
                }
                self.line().add("BATCH -").add(&batch).end();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::numerics;
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
        reply.apply_label();
        String::from_utf8(reply.lines).unwrap()
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

        let mut tagged = reply("l");
        tagged.lines.extend_from_slice(b"@time=t :x PRIVMSG y\r\n");
        assert_eq!(text(tagged), "@label=l;time=t :x PRIVMSG y\r\n");

        let mut several = reply("l");
        several.line().add("BATCH +h chathistory #a").end();
        several
            .lines
            .extend_from_slice(b"@time=t;batch=h :x PRIVMSG #a y\r\n");
        several.line().add("BATCH -h").end();
        assert_eq!(
            text(several),
            "@label=l :srv BATCH +b1 labeled-response\r\n\
             @batch=b1 :srv BATCH +h chathistory #a\r\n\
             @time=t;batch=h :x PRIVMSG #a y\r\n\
             @batch=b1 :srv BATCH -h\r\n\
             :srv BATCH -b1\r\n"
        );
    }
}
