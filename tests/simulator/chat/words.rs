//! What an event is in the words of either dialect, written as naively as it can be.

use std::collections::BTreeSet;

use parloir::relay::hub::{Rank, Speech};

use crate::irc::{Expected, Utterance, cut};

/// One event, for whoever is to be told of it.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    /// Whole lines; none, if it is nothing to a line client.
    pub(crate) line: Option<String>,
    pub(crate) irc: Told,
}

/// An event for IRC clients, as far as it does not depend on their capabilities.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    Nothing,
    /// One line, for those who have a capability, if it takes one.
    Line(String, Option<&'static str>),
    Joined {
        source: String,
        room: String,
        real_name: String,
        away: Option<String>,
    },
    Said(Said),
}

/// Why somebody left.
#[derive(Clone, Debug)]
pub(crate) enum Why {
    /// In their own words.
    Words(String),
    Closed,
    Reset,
    /// In the server's.
    Server(String),
    RemovedByHost(Option<String>),
}

/// What somebody says, and how.
#[derive(Clone, Debug)]
pub(crate) struct Remark {
    pub(crate) speech: Speech,
    /// One line or several.
    pub(crate) text: String,
    /// Where a line of its author's ended, but not one of the text.
    pub(crate) seams: Vec<usize>,
    /// For other clients.
    pub(crate) tags: Vec<String>,
}

impl Remark {
    pub(crate) fn new(speech: Speech, text: &str) -> Self {
        Self {
            speech,
            text: text.to_owned(),
            seams: Vec::new(),
            tags: Vec::new(),
        }
    }

    pub(crate) fn message(text: &str) -> Self {
        Self::new(Speech::Message, text)
    }
}

/// Something said: who, to whom as it stands on the wire, and what.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) source: String,
    pub(crate) target: String,
    pub(crate) remark: Remark,
    /// Which message it is.
    pub(crate) number: u64,
    /// It is an answer to a line with this label.
    pub(crate) label: Option<String>,
}

impl Words {
    /// For line clients alone.
    pub(crate) fn line(line: String) -> Self {
        Self {
            line: Some(line),
            irc: Told::Nothing,
        }
    }

    /// For IRC clients alone.
    pub(crate) fn irc(line: String) -> Self {
        Self {
            line: None,
            irc: Told::Line(line, None),
        }
    }

    pub(crate) fn both(line: String, irc: String) -> Self {
        Self {
            line: Some(line),
            irc: Told::Line(irc, None),
        }
    }

    /// What is said in a room.
    pub(crate) fn in_room(name: &str, said: Said) -> Self {
        Self {
            line: spoken("", name, &said.remark),
            irc: Told::Said(said),
        }
    }

    /// What is said to one person.
    pub(crate) fn in_private(name: &str, said: Said) -> Self {
        let begin = match said.remark.speech {
            Speech::Message | Speech::Notice => Some(format!("-{name}- ")),
            Speech::Action => Some(format!("-{name}- {name} ")),
            _ => None,
        };
        Self {
            line: begin.map(|begin| in_lines(&begin, &said.remark.text)),
            irc: Told::Said(said),
        }
    }
}

/// `<bob> hello`, behind a stamp if there is one.
pub(crate) fn spoken(stamp: &str, name: &str, remark: &Remark) -> Option<String> {
    let begin = match remark.speech {
        Speech::Message | Speech::Notice => format!("{stamp}<{name}> "),
        Speech::Action => format!("{stamp}~ {name} "),
        _ => return None,
    };
    Some(in_lines(&begin, &remark.text))
}

/// Each line of a text that shows something, with the same before it.
fn in_lines(begin: &str, text: &str) -> String {
    let says = |line: &&str| !unformatted(line).trim().is_empty();
    let lines = text.split('\n').filter(says);
    lines.map(|line| format!("{begin}{line}\n")).collect()
}

/// `@#dev`
pub(crate) fn room_target(room: &str, at_least: Rank) -> String {
    match at_least {
        Rank::Operator => format!("@#{room}"),
        Rank::Voice => format!("+#{room}"),
        Rank::Member => format!("#{room}"),
    }
}

/// What stands before a text in each of its lines, and what behind it.
pub(crate) fn frame(source: &str, speech: Speech, target: &str) -> (String, &'static str) {
    let (command, before, behind) = match speech {
        Speech::Message => ("PRIVMSG", " :", ""),
        Speech::Action => ("PRIVMSG", " :\u{1}ACTION ", "\u{1}"),
        Speech::Signal => ("PRIVMSG", " :\u{1}", "\u{1}"),
        Speech::Notice => ("NOTICE", " :", ""),
        Speech::Reply => ("NOTICE", " :\u{1}", "\u{1}"),
        Speech::Bare => ("TAGMSG", "", ""),
    };
    (format!(":{source} {command} {target}{before}"), behind)
}

impl Said {
    /// What a client with these capabilities is to get, with a stamp before each line if there is one.
    pub(crate) fn expected(&self, stamp: &str, caps: &BTreeSet<String>) -> Expected {
        let has = |cap: &str| caps.contains(cap);
        let (source, target, it) = (&self.source, &self.target, &self.remark);
        let (head, tail) = frame(source, it.speech, target);
        let is_text = matches!(it.speech, Speech::Message | Speech::Notice);
        let is_whole = has("draft/multiline") && has("batch") && is_text && stamp.is_empty();
        let batch = || {
            let begin = format!(":{source} BATCH + draft/multiline {target}");
            (begin, format!(":{source} BATCH -"))
        };
        Expected::Said(Box::new(Utterance {
            number: self.number,
            head: head + stamp,
            text: it.text.clone(),
            tail,
            seams: it.seams.clone(),
            batch: is_whole.then(batch),
            label: self.label.clone(),
            tags: has("message-tags").then(|| it.tags.clone()),
        }))
    }
}

impl Told {
    /// What a client with these capabilities is to get.
    pub(crate) fn expected(&self, caps: &BTreeSet<String>) -> Vec<Expected> {
        let has = |cap: &str| caps.contains(cap);
        match self {
            Self::Nothing => Vec::new(),
            Self::Line(_, Some(cap)) if !has(cap) => Vec::new(),
            Self::Line(line, _) => vec![Expected::line(line)],
            Self::Said(said) if said.remark.speech == Speech::Bare && !has("message-tags") => {
                Vec::new()
            }
            Self::Said(said) => vec![said.expected("", caps)],
            Self::Joined {
                source,
                room,
                real_name,
                away,
            } => {
                let more = match has("extended-join") {
                    true => format!(" * :{real_name}"),
                    false => String::new(),
                };
                let joined = Expected::line(&format!(":{source} JOIN #{room}{more}"));
                let away = away.as_ref().filter(|_| has("away-notify"));
                let away = away.map(|why| Expected::line(&format!(":{source} AWAY :{why}")));
                std::iter::once(joined).chain(away).collect()
            }
        }
    }
}

impl Expected {
    /// A line that is cut where it is too long.
    pub(crate) fn line(line: &str) -> Self {
        Self::Line(cut(line, 510).to_owned())
    }
}

/// ` :reason`, or nothing.
pub(crate) fn because(reason: Option<&str>) -> String {
    reason.map_or(String::new(), |reason| format!(" :{reason}"))
}

/// A text as a terminal gets it: without bold, colours and their like.
pub(crate) fn unformatted(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let (mut at, mut out) = (0, String::new());
    while at < chars.len() {
        let c = chars[at];
        at += 1;
        let (least, most, radix) = match c {
            '\u{3}' => (1, 2, 10),
            '\u{4}' => (6, 6, 16),
            c => {
                out.extend((c >= ' ' || "\t\n".contains(c)).then_some(c));
                continue;
            }
        };
        let number = |at: usize| {
            let digits = chars.iter().skip(at).take(most);
            let count = digits.take_while(|c| c.is_digit(radix)).count();
            (count >= least).then_some(count)
        };
        let Some(count) = number(at) else { continue };
        at += count;
        if chars.get(at) == Some(&',') {
            at += number(at + 1).map_or(0, |count| count + 1);
        }
    }
    out
}
