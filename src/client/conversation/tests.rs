//! Tests conversations written as data: events, and the client's actions after each of them.
//!
//! A line that begins in the first column is an event; the indented lines behind it are all the actions
//! that the client then takes. Times are in milliseconds.
//!
//! | event | meaning |
//! | --- | --- |
//! | `type TEXT` | a line is typed |
//! | `eof`, `ctrl-c` | the input ends, or is interrupted |
//! | `up [MS]` | the last `dial` succeeded, with this round trip |
//! | `down WHY` | the last `dial` failed |
//! | `recv BYTES` | bytes come, with `\n` and `\xNN` |
//! | `on N` | the following events are about the connection of dial number N |
//! | `fin`, `rst` | the peer ends the connection, in order or not |
//! | `wait MS` | time passes |
//! | `visit N IP`, `hears N BYTES`, `gone N` | a peer connects here, sends bytes, and goes |
//! | `written` | everything sent has been written |

mod joining;
mod peers;
mod pipes;
mod random;
mod relays;

use std::time::Duration;

use parloir::Time;

use super::{Dialogue, Effect, Failure, LineKind, LinkId, LoopEvent, Settings};

struct Stage {
    conversation: Dialogue,
    now: u64,
    link: LinkId,
    unwritten: usize,
}

fn person() -> Settings {
    Settings {
        target: None,
        nick: None,
        password: None,
        is_interactive: true,
        is_encrypted: false,
        is_listening: false,
        timeout: Duration::from_secs(10),
    }
}

fn pipe(target: &str) -> Settings {
    Settings {
        target: Some(target.parse().unwrap()),
        is_interactive: false,
        ..person()
    }
}

fn time(millis: u64) -> Time {
    Time::new(Duration::from_millis(millis), Duration::ZERO)
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend(before.as_bytes());
        if let Some(after) = after.strip_prefix('n') {
            bytes.push(b'\n');
            rest = after;
        } else {
            bytes.push(u8::from_str_radix(&after[1..3], 16).unwrap());
            rest = &after[3..];
        }
    }
    bytes.extend(rest.as_bytes());
    bytes
}

fn failed(link: LinkId, why: String, is_final: bool) -> LoopEvent {
    let failure = Failure { why, is_final };
    LoopEvent::Failed { link, failure }
}

/// A dial to a port at which no program listens.
fn refused(link: LinkId) -> LoopEvent {
    failed(link, String::from("connection refused"), false)
}

impl Stage {
    fn happen(&mut self, what: &str) -> Vec<Effect> {
        let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
        let link = self.link;
        let (number, text) = rest.split_once(' ').unwrap_or((rest, ""));
        let visitor = || LinkId::Visitor(number.parse().unwrap());
        let event = match verb {
            "start" => return self.conversation.start(time(self.now)),
            "wait" => return self.wait(rest.parse().unwrap()),
            "type" => LoopEvent::Typed(rest.to_owned()),
            "on" => {
                self.link = LinkId::Dialed(rest.parse().unwrap());
                return Vec::new();
            }
            "eof" => LoopEvent::InputEnded,
            "ctrl-c" => LoopEvent::Interrupted,
            "up" => LoopEvent::Dialed {
                link,
                round_trip: Duration::from_millis(rest.parse().unwrap_or(0)),
            },
            "down" => failed(link, format!("cannot be reached: {rest}"), false),
            "unfit" => failed(link, rest.to_owned(), true),
            "recv" => LoopEvent::Received {
                link,
                bytes: unescape(rest),
            },
            "fin" => LoopEvent::Ended { link, broken: None },
            "rst" => LoopEvent::Ended {
                link,
                broken: Some(String::from("broke off")),
            },
            "written" => LoopEvent::Sent {
                link,
                bytes: std::mem::take(&mut self.unwritten),
            },
            "visit" => LoopEvent::Visited {
                link: visitor(),
                from: text.to_owned(),
            },
            "hears" => LoopEvent::Received {
                link: visitor(),
                bytes: unescape(text),
            },
            "gone" => LoopEvent::Ended {
                link: visitor(),
                broken: None,
            },
            _ => panic!("{what:?} is nothing that happens"),
        };
        self.conversation.handle(event, time(self.now))
    }

    /// Lets time pass, and has everything that is due done when it is due.
    fn wait(&mut self, millis: u64) -> Vec<Effect> {
        let end = self.now + millis;
        let mut actions = Vec::new();
        while self.now < end {
            self.now += 1;
            if self
                .conversation
                .due()
                .is_some_and(|at| at <= time(self.now))
            {
                actions.extend(self.conversation.tick(time(self.now)));
            }
        }
        actions
    }

    fn told(&mut self, action: &Effect) -> String {
        match action {
            Effect::Show(LineKind::Trouble, text) => format!("trouble {text}"),
            Effect::Show(_, text) => format!("show {text}"),
            Effect::Dial { link, target, .. } => {
                self.link = *link;
                format!("dial {target}")
            }
            Effect::Send { bytes, .. } => {
                self.unwritten += bytes.len();
                let text = std::str::from_utf8(bytes).unwrap();
                format!("send {}", text.strip_suffix('\n').unwrap())
            }
            Effect::EndOutput(_) => String::from("end output"),
            Effect::Close(_) => String::from("close"),
            Effect::Finish(status) => format!("finish {status}"),
        }
    }
}

#[track_caller]
fn check(settings: Settings, script: &str) {
    let mut stage = Stage {
        conversation: Dialogue::new(settings),
        now: 0,
        link: LinkId::Dialed(0),
        unwritten: 0,
    };
    let script: Vec<&str> = script.lines().skip(1).collect();
    let indent = script[0].len() - script[0].trim_start().len();
    let mut told = Vec::new();
    let mut expected = Vec::new();
    for line in script {
        let line = line.get(indent..).unwrap_or_default();
        if line.is_empty() {
            continue;
        }
        expected.push(line.to_owned());
        if !line.starts_with(' ') {
            told.push(line.to_owned());
            for action in stage.happen(line) {
                let action = stage.told(&action);
                told.push(format!("    {action}"));
            }
        }
    }
    assert!(
        told == expected,
        "expected:\n{}\n\nbut:\n{}",
        expected.join("\n"),
        told.join("\n")
    );
}

#[test]
fn the_transcript_of_the_messenger() {
    check(
        person(),
        "
        start
            show Welcome to Messenger !
        type /join 192.168.1.42 3000
            dial 192.168.1.42:3000
        up
            show 192.168.1.42:3000 JOINED
        wait 600
        type Hello, ça farte ?
            send Hello, ça farte ?
        wait 10
        written
        recv Top, et toi ?\\n
            show 192.168.1.42 said: Top, et toi ?
        wait 300
        type /quit
            end output
            show BEY
            finish 0
        ",
    );
}
