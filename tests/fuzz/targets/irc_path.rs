//! Any bytes from an IRC client, through the whole relay, to people of both dialects.
//!
//! The first byte of an input chooses the stage of the client's connection and its rights, the
//! second how many of the next bytes are lengths of pieces; the rest is the client's input. As with
//! `line_path`, it is sent twice, whole and in pieces, while the clock stands still, and
//!
//! - nothing panics;
//! - IRC clients get whole lines of IRC, none too long, that another parser takes apart as well;
//! - line clients get whole lines with true labels;
//! - the cuts make no difference to anyone;
//! - the other parser and the relay agree about each line: on the label of the answer, the
//!   parameter of the answer to a PING, and the unknown command.

#![no_main]

mod checks;
mod stage;

use libfuzzer_sys::fuzz_target;
use parloir::relay::Role;
use stage::{Actor, SENDER, Stage, WITNESS};

/// The index of another IRC client, which sends nothing unasked.
const PEER: usize = 4;

/// Maximum bytes of a message without its tags, and of the tags, as the relay takes and gives them.
const MESSAGE_BYTES_MAX: usize = 512;
const TAGS_BYTES_MAX: usize = 8191;

fuzz_target!(|bytes: &[u8]| {
    let Some(scene) = Scene::read(bytes) else {
        return;
    };
    let whole = scene.play(&[]);
    whole.assert_same_when_cut(&scene.play(scene.pieces));
    for place in [SENDER, PEER] {
        check_lines(&whole.actors[place]);
    }
    for line in lines(&whole.actors[WITNESS], "\n") {
        checks::check_shown(line);
        checks::check_label(line, false);
    }
    if scene.is_registered {
        check_answers(&scene, &whole.actors[SENDER]);
    }
});

/// The scene that an input describes.
struct Scene<'a> {
    /// True if the sender is registered, and in a room with the others.
    is_registered: bool,
    has_caps: bool,
    /// True if the sender may become a server operator.
    is_operator: bool,
    is_locked: bool,
    ends: bool,
    pieces: &'a [u8],
    bytes: &'a [u8],
}

impl<'a> Scene<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (choices, pieces, bytes) = stage::read(bytes)?;
        Some(Self {
            is_registered: choices & 3 != 0,
            has_caps: choices & 4 != 0,
            is_operator: choices & 8 != 0,
            is_locked: choices & 0x20 != 0,
            ends: choices & 0x40 != 0,
            pieces,
            bytes,
        })
    }

    fn play(&self, pieces: &[u8]) -> Stage {
        let mut stage = Stage::new(Role::Irc, self.is_locked, 4096);
        register(&mut stage, PEER, "carol", self.is_locked, true);
        stage.say(PEER, b"JOIN #lobby,#ops\r\n");
        if self.is_registered {
            register(&mut stage, SENDER, "bob", self.is_locked, self.has_caps);
            stage.say(SENDER, b"JOIN #lobby,#ops,#dev\r\n");
        }
        if self.is_registered && self.is_operator {
            stage.say(SENDER, b"OPER root sesame\r\n");
        }
        // The peer and the sender are each operator of one of the rooms.
        stage.say(PEER, b"JOIN #dev\r\n");
        stage.send_and_go(self.bytes, pieces, self.ends);
        stage
    }
}

fn lines<'a>(actor: &'a Actor, end: &str) -> impl Iterator<Item = &'a str> {
    let text = std::str::from_utf8(actor.heard()).expect("all output is UTF-8");
    let text = match text.strip_suffix(end) {
        Some(text) => text,
        None if text.is_empty() => text,
        None => panic!("an unended line: {text:?}"),
    };
    let lines: Vec<&str> = text.split(end).filter(|line| !line.is_empty()).collect();
    lines.into_iter()
}

/// Checks all bytes that an IRC client was sent.
fn check_lines(actor: &Actor) {
    for message in actor.messages() {
        assert!(
            message.ends_with(b"\r\n"),
            "unended: {}",
            message.escape_ascii()
        );
    }
    for line in lines(actor, "\r\n") {
        assert!(!line.contains(['\0', '\r', '\n']), "not one line: {line:?}");
        let (tags, message) = match line.strip_prefix('@') {
            Some(tagged) => tagged.split_once(' ').expect("a message behind the tags"),
            None => ("", line),
        };
        assert!(message.len() <= MESSAGE_BYTES_MAX - 2, "too long: {line:?}");
        assert!(tags.len() <= TAGS_BYTES_MAX, "too many tags: {line:?}");
        let is_from_someone = message.starts_with(':') || message.starts_with("ERROR ");
        assert!(is_from_someone, "nobody sent it: {line:?}");
        if let Err(error) = ircv3_parse::parse(line) {
            panic!("{error}: {line:?}");
        }
    }
}

/// Compares the answers with those that the lines require according to the other parser.
fn check_answers(scene: &Scene<'_>, sender: &Actor) {
    let sent = scene.bytes.split(|byte| *byte == b'\n');
    let expected: Vec<Expected<'_>> = sent.map(|line| expected(line, scene.has_caps)).collect();
    let answers: Vec<Answer<'_>> = lines(sender, "\r\n").filter_map(answer).collect();
    // The last line may have no end, and nothing is answered after the connection is closed.
    let is_whole = !sender.is_closed && scene.bytes.ends_with(b"\n");
    // The numbers of answers that may have been given once each line was read, in order.
    let mut given = vec![0];
    let mut all = answers.is_empty();
    for expected in &expected {
        let before = std::mem::take(&mut given);
        for count in before {
            let fits = match expected {
                Expected::Nothing => false,
                Expected::Answer(answer) => answers.get(count) == Some(answer),
                Expected::Anything => count < answers.len(),
            };
            if fits {
                given.push(count + 1);
            }
            if !matches!(expected, Expected::Answer(_)) {
                given.push(count);
            }
        }
        given.sort_unstable();
        given.dedup();
        all |= given.contains(&answers.len());
    }
    let is_so = if is_whole {
        given.contains(&answers.len())
    } else {
        all
    };
    assert!(is_so, "answered\n  {answers:?}\nto\n  {expected:?}");
}

/// The answer to a PING: its label and its token.
type Answer<'a> = (&'a str, &'a str);

/// The outcome that a line must have.
#[derive(Debug)]
enum Expected<'a> {
    Nothing,
    Answer(Answer<'a>),
    /// The other parser cannot decide: the line is not quite legal, or the answer has only a part
    /// of the token.
    Anything,
}

fn expected(line: &[u8], has_caps: bool) -> Expected<'_> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let is_plain = |c: char| (' '..='~').contains(&c) || c.is_alphanumeric();
    let Some(line) = std::str::from_utf8(line)
        .ok()
        .filter(|line| line.chars().all(is_plain))
    else {
        return Expected::Anything;
    };
    // Between parts, where RFC 1459 has one space, the other parser accepts only one; clients send
    // more.
    let is_wide = line.contains("  ") || line.starts_with(' ') || line.ends_with(' ');
    let Some(message) = ircv3_parse::parse(line)
        .ok()
        .filter(|_| !is_wide && line.len() <= 300)
    else {
        return Expected::Anything;
    };
    if !message.command().as_str().eq_ignore_ascii_case("PING") {
        return Expected::Nothing;
    }
    let params = message.params();
    let Some(token) = params.middles.first().or(params.trailing.raw()) else {
        return Expected::Nothing;
    };
    let tags = message.tags();
    let mut labels = tags
        .into_iter()
        .flatten()
        .filter(|(key, _)| *key == "label");
    let label = labels.next_back().map_or("", |(_, value)| value.as_str());
    let mut tags = message.tags().into_iter().flatten();
    if has_caps && tags.any(|(key, _)| key == "batch") {
        // A part of a message of several lines, or of a batch that was never begun.
        return Expected::Anything;
    }
    let is_heard = has_caps && label.len() <= 64;
    Expected::Answer((if is_heard { label } else { "" }, token))
}

fn answer(line: &str) -> Option<Answer<'_>> {
    let message = ircv3_parse::parse(line).ok()?;
    if message.command().as_str() != "PONG" {
        return None;
    }
    let params = message.params();
    let token = params.trailing.raw().or(params.middles.second())?;
    let tags = message.tags();
    let label = tags.into_iter().flatten().find(|(key, _)| *key == "label");
    Some((label.map_or("", |(_, value)| value.as_str()), token))
}

/// Registers an IRC client, with every capability if it is to have them.
fn register(stage: &mut Stage, place: usize, name: &str, is_locked: bool, has_caps: bool) {
    let pass = if is_locked { "PASS sesame\r\n" } else { "" };
    let user = format!("{pass}NICK {name}\r\nUSER {name} 0 * :{name}\r\n");
    stage.say(place, user.as_bytes());
    if has_caps {
        stage.say(place, b"CAP LS 302\r\n");
        let heard = String::from_utf8_lossy(stage.actors[place].heard()).into_owned();
        let offered = heard.rsplit(" LS :").next().unwrap_or_default();
        let names = offered
            .split_whitespace()
            .filter_map(|cap| cap.split('=').next());
        let names: Vec<&str> = names.collect();
        stage.say(
            place,
            format!("CAP REQ :{}\r\n", names.join(" ")).as_bytes(),
        );
        let heard = String::from_utf8_lossy(stage.actors[place].heard()).into_owned();
        assert!(heard.contains(" ACK :"), "not granted: {heard}");
    }
}
