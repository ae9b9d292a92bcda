//! Messages of several lines as IRC clients send them: valid ones, and every kind of invalid one.

use fastrand::Rng;

use super::{Mind, channel, whom};
use crate::traffic::nickname;

/// Lines that do not belong between the lines of a message.
const ALIEN: [&str; 9] = [
    "@batch=NAME TAGMSG TARGET",
    "@batch=NAME JOIN #dev",
    "@batch=NAME BATCH -NAME",
    "@batch=other PRIVMSG TARGET :TRACE astray",
    "@batch=NAME PRIVMSG #nowhere :TRACE elsewhere",
    "@batch=NAME NOTICE TARGET :TRACE noted",
    "@batch=NAME;draft/multiline-concat PRIVMSG TARGET :",
    "@batch=NAME PRIVMSG TARGET",
    "BATCH +nested draft/multiline TARGET",
];

/// Lines that only make sense outside of a message, or not at all.
const STRAY: [&str; 12] = [
    "BATCH +NAME draft/multiline TARGET",
    "@label=TRACE;+x=1 BATCH +NAME draft/multiline TARGET",
    "@label=TRACE BATCH -NAME",
    "BATCH -NAME",
    "BATCH",
    "BATCH NAME",
    "BATCH +",
    "BATCH +NAME netsplit TARGET",
    "@label=TRACE BATCH +NAME draft/multiline",
    "@batch=NAME PRIVMSG TARGET :TRACE",
    "@batch=NAME;draft/multiline-concat;label=TRACE PRIVMSG TARGET :TRACE goes on",
    "@batch=NAME;label=TRACE NOTICE TARGET :",
];

/// A message that is being written.
struct Writer<'a> {
    random: &'a mut Rng,
    name: &'static str,
    target: String,
    trace: &'a str,
    command: &'static str,
    lines: Vec<String>,
}

/// A message in lines, or a line of a message that was never begun.
pub(crate) fn lines(random: &mut Rng, mind: &Mind) -> Vec<u8> {
    let name = random.choice(["1", "b", "m1"]).unwrap();
    let command = if random.u8(..5) > 0 {
        "PRIVMSG"
    } else {
        "NOTICE"
    };
    let mut writer = Writer {
        target: target(random, mind),
        random,
        name,
        trace: &mind.trace,
        command,
        lines: Vec::new(),
    };
    match writer.random.u8(..16) {
        0..2 => writer.some_of(&STRAY),
        2 => writer.at_the_limit_of_bytes(mind.bytes_max),
        3 => writer.at_the_limit_of_lines(mind.lines_max as usize),
        4..7 => writer.badly(),
        _ => writer.well(),
    }
    let lines = writer.lines.iter().map(|line| format!("{line}\r\n"));
    lines.collect::<String>().into_bytes()
}

fn target(random: &mut Rng, mind: &Mind) -> String {
    let channel = channel(random, mind);
    match random.u8(..10) {
        0..6 => channel,
        6 => format!("@{channel}"),
        7 => format!("{channel},{}", nickname(random)),
        _ => whom(random, mind),
    }
}

impl Writer<'_> {
    fn add(&mut self, line: &str) {
        let line = line.replace("NAME", self.name);
        let line = line.replace("TARGET", &self.target);
        self.lines.push(line.replace("TRACE", self.trace));
    }

    fn some_of(&mut self, lines: &[&str]) {
        let line = self.random.choice(lines).unwrap();
        self.add(line);
    }

    fn begin(&mut self) {
        let begin = match self.random.u8(..6) {
            0 => "@label=TRACE BATCH +NAME draft/multiline TARGET",
            1 => "@+x=1;+draft/y;+;+bad_key=2;x=y BATCH +NAME draft/multiline TARGET",
            2 => "@label=TRACE;+x=\\:z;+v.org/w=1 BATCH +NAME draft/multiline TARGET",
            _ => "BATCH +NAME draft/multiline TARGET",
        };
        self.add(begin);
    }

    fn say(&mut self, text: &str) {
        let concat = match self.random.u8(..4) {
            0 if !text.is_empty() => ";draft/multiline-concat",
            _ => "",
        };
        // The tags of a part are ignored.
        let more = if self.random.u8(..16) == 0 {
            ";+z=1"
        } else {
            ""
        };
        let (command, source) = match self.random.u8(..10) {
            0 => (self.command.to_ascii_lowercase(), ":me "),
            _ => (self.command.to_owned(), ""),
        };
        let target = match self.random.u8(..6) {
            0 => self.target.to_ascii_uppercase(),
            _ => self.target.clone(),
        };
        self.lines.push(format!(
            "@batch={}{concat}{more} {source}{command} {target} :{text}",
            self.name
        ));
    }

    fn end(&mut self) {
        self.add("BATCH -NAME");
    }

    /// The text of a line.
    fn text(&mut self) -> String {
        let trace = self.trace;
        let n = self.lines.len();
        match self.random.u8(..40) {
            0..6 => String::new(),
            6..8 => String::from("  "),
            8 => String::from("\u{1}\u{1}"),
            9 => String::from("\u{2}\u{2}"),
            10 => String::from("\u{7}"),
            11 => format!("{trace} swap {n}"),
            12 => format!("{trace} vanish"),
            13 => format!("{trace} taboo"),
            14..16 => format!("{trace} {}", "wörd word ".repeat(self.random.usize(..40))),
            16..18 => format!("{trace}{}", "x".repeat(self.random.usize(300..420))),
            18 => String::from("* bob left"),
            19 => String::from("<bob> I am bob"),
            20 => format!(":{trace} BATCH +m BATCH -m"),
            21 => format!("\u{3}4{trace}\u{1b}[31m\u{202e}\u{feff}\t\u{3}"),
            22 => format!("{trace}é😀 "),
            _ => format!("{trace}-{n} "),
        }
    }

    fn some_lines(&mut self) {
        for _ in 0..self.random.u8(1..5) {
            let text = self.text();
            self.say(&text);
        }
    }

    fn well(&mut self) {
        self.begin();
        self.some_lines();
        // Lines that the client sends between the lines of the message.
        match self.random.u8(..12) {
            0 => self.add("PRIVMSG TARGET :TRACE meanwhile"),
            1 => self.add("@label=TRACE-2 PING :x"),
            2 => self.add("NICK NAMETRACE"),
            3 => self.add("PART TARGET"),
            _ => {}
        }
        self.some_lines();
        self.end();
    }

    fn badly(&mut self) {
        self.begin();
        self.some_lines();
        match self.random.u8(..20) {
            // The message is never ended.
            0 => return,
            1 => self.add("QUIT :TRACE in the middle"),
            2 => self.end(),
            3 => self.add("@batch=NAME PRIVMSG TARGET :\u{1}ACTION TRACE waves\u{1}"),
            4 => self.add("@batch=NAME PRIVMSG TARGET :\u{1}VERSION\u{1}"),
            5 => self.add("BATCH -other"),
            6 => self.add("CAP REQ :-draft/multiline"),
            7 => self.add("CAP REQ :-batch"),
            8 => self.add("CAP REQ :-labeled-response"),
            9 => self.add("CAP REQ :-message-tags"),
            _ => self.some_of(&ALIEN),
        }
        self.some_lines();
        self.end();
        if self.random.bool() {
            self.add("@label=TRACE-3 BATCH -NAME");
        }
        if self.random.bool() {
            self.add("CAP REQ :batch draft/multiline labeled-response message-tags");
        }
    }

    /// A message with as many bytes as it may have, or one more or fewer.
    fn at_the_limit_of_bytes(&mut self, bytes_max: usize) {
        self.begin();
        let mut left = bytes_max + self.random.usize(..3) - 1;
        let mut is_first = true;
        while left > 0 {
            left -= usize::from(!is_first);
            is_first = false;
            let length = left.min(self.random.usize(1..300));
            left -= length;
            let line = format!("@batch=NAME PRIVMSG TARGET :{}", "y".repeat(length));
            self.add(&line);
        }
        self.end();
    }

    /// A message with as many lines as it may have, or one more or fewer.
    fn at_the_limit_of_lines(&mut self, lines_max: usize) {
        self.begin();
        for n in 1..lines_max + self.random.usize(..3) {
            self.add(&format!("@batch=NAME PRIVMSG TARGET {n}"));
        }
        self.end();
    }
}
