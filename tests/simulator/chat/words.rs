//! The words of an event in either dialect, written as naively as possible.

use std::collections::BTreeSet;
use std::time::Duration;

use parloir::relay::hub::{Rank, Speech};

use crate::irc::{Expected, Utterance, cut};

/// One event, in the words of both dialects.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    /// Whole lines. None if line clients are not told of the event.
    pub(crate) line: Option<String>,
    pub(crate) irc: Told,
}

/// An event for IRC clients, as far as it does not depend on their capabilities.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    Nothing,
    /// One line, and the capability that a client must have to be sent it, if there is one.
    Line(String, Option<&'static str>),
    Joined {
        source: String,
        room: String,
        real_name: String,
        away: Option<String>,
    },
    Said(Said),
}

/// The reason why a person has left.
#[derive(Clone, Debug)]
pub(crate) enum Why {
    /// In the person's own words.
    Words(String),
    Closed,
    Reset,
    /// In the server's words.
    Server(String),
    RemovedByHost(Option<String>),
}

/// The content of a message, and its kind.
#[derive(Clone, Debug)]
pub(crate) struct Remark {
    pub(crate) speech: Speech,
    /// One line or several.
    pub(crate) text: String,
    /// The places where a line of the author ended, but no line of the text does.
    pub(crate) concat_offsets: Vec<usize>,
    /// The client-only tags, which are passed on to other clients.
    pub(crate) tags: Vec<String>,
}

impl Remark {
    pub(crate) fn new(speech: Speech, text: &str) -> Self {
        Self {
            speech,
            text: text.to_owned(),
            concat_offsets: Vec::new(),
            tags: Vec::new(),
        }
    }

    pub(crate) fn message(text: &str) -> Self {
        Self::new(Speech::Message, text)
    }
}

/// A message with its sender and its target as they stand on the wire.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) source: String,
    pub(crate) target: String,
    pub(crate) remark: Remark,
    /// The number that identifies the message in the model.
    pub(crate) number: u64,
    /// The label of the line that the message answers.
    pub(crate) label: Option<String>,
    /// The time of a message in a room.
    pub(crate) at: Option<Duration>,
}

impl Words {
    /// No words at all.
    pub(crate) fn nothing() -> Self {
        Self {
            line: None,
            irc: Told::Nothing,
        }
    }

    /// Words for line clients only.
    pub(crate) fn line(line: String) -> Self {
        Self {
            line: Some(line),
            irc: Told::Nothing,
        }
    }

    /// Words for IRC clients only.
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

    /// The words of a message in a room.
    pub(crate) fn in_room(name: &str, said: Said) -> Self {
        Self {
            line: spoken("", name, &said.remark),
            irc: Told::Said(said),
        }
    }

    /// The words of a private message.
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

/// A message for line clients, such as `<bob> hello`, with a time before it if `stamp` is not
/// empty.
pub(crate) fn spoken(stamp: &str, name: &str, remark: &Remark) -> Option<String> {
    let begin = match remark.speech {
        Speech::Message | Speech::Notice => format!("{stamp}<{name}> "),
        Speech::Action => format!("{stamp}~ {name} "),
        _ => return None,
    };
    Some(in_lines(&begin, &remark.text))
}

/// The lines of a text, each with the same beginning. Lines that show nothing are left out.
fn in_lines(begin: &str, text: &str) -> String {
    let says = |line: &&str| !unformatted(line).trim().is_empty();
    let lines = text.split('\n').filter(says);
    lines.map(|line| format!("{begin}{line}\n")).collect()
}

/// The target of a message in a room, such as `@#dev`.
pub(crate) fn room_target(room: &str, at_least: Rank) -> String {
    match at_least {
        Rank::Operator => format!("@#{room}"),
        Rank::Voice => format!("+#{room}"),
        Rank::Member => format!("#{room}"),
    }
}

/// The text before and behind the body in each line of a message.
pub(crate) fn frame(source: &str, speech: Speech, target: &str) -> (String, &'static str) {
    let (command, before, behind) = match speech {
        Speech::Message => ("PRIVMSG", " :", ""),
        Speech::Action => ("PRIVMSG", " :\u{1}ACTION ", "\u{1}"),
        Speech::CtcpRequest => ("PRIVMSG", " :\u{1}", "\u{1}"),
        Speech::Notice => ("NOTICE", " :", ""),
        Speech::CtcpReply => ("NOTICE", " :\u{1}", "\u{1}"),
        Speech::TagsOnly => ("TAGMSG", "", ""),
    };
    (format!(":{source} {command} {target}{before}"), behind)
}

impl Said {
    /// The lines of a message for a client with these capabilities, each with `stamp` before its
    /// text.
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
            concat_offsets: it.concat_offsets.clone(),
            batch: is_whole.then(batch),
            label: self.label.clone(),
            tags: has("message-tags").then(|| it.tags.clone()),
        }))
    }
}

impl Told {
    /// The name of the person who does it. A message to oneself is told like any other.
    pub(crate) fn by(&self) -> Option<&str> {
        let source = match self {
            Self::Nothing | Self::Said(_) => return None,
            Self::Line(line, _) => line.strip_prefix(':')?,
            Self::Joined { source, .. } => source,
        };
        source.split(['!', ' ']).next()
    }

    /// The lines of an event for a client with these capabilities.
    pub(crate) fn expected(&self, caps: &BTreeSet<String>) -> Vec<Expected> {
        let has = |cap: &str| caps.contains(cap);
        match self {
            Self::Nothing => Vec::new(),
            Self::Line(_, Some(cap)) if !has(cap) => Vec::new(),
            Self::Line(line, _) => vec![Expected::line(line)],
            Self::Said(said) if said.remark.speech == Speech::TagsOnly && !has("message-tags") => {
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
    /// A line, cut at the limit of 510 bytes.
    pub(crate) fn line(line: &str) -> Self {
        Self::Line(cut(line, 510).to_owned())
    }
}

/// The parameter ` :reason`, or nothing.
pub(crate) fn because(reason: Option<&str>) -> String {
    reason.map_or(String::new(), |reason| format!(" :{reason}"))
}

/// A text as it is shown on a terminal: without bold, colours and other formatting.
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
