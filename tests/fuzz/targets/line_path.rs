//! Any bytes, cut anywhere, from a connection through the whole relay to everyone who hears of it.
//!
//! The first byte of an input chooses who sends it and how it ends, the second how many of the next
//! are lengths of pieces; the rest is what is sent. It is sent twice, whole to one relay and in
//! pieces to another, while the clock stands still, and
//!
//! - nothing panics;
//! - everyone gets whole lines of valid UTF-8 without controls, each with a label that is true;
//! - how the bytes were cut makes no difference to anyone;
//! - whatever text got through gets through again unchanged.

#![no_main]

mod checks;
mod stage;

use checks::{check_label, check_shown};
use libfuzzer_sys::fuzz_target;
use parloir::relay::Role;
use stage::{Actor, SENDER, Stage, WITNESS};

/// As small as it may be, so that short inputs go beyond it.
const LINE_BYTES_MAX: usize = 64;

fuzz_target!(|bytes: &[u8]| {
    let Some(scene) = Scene::read(bytes) else {
        return;
    };
    if scene.is_irc() {
        return;
    }
    let whole = scene.play(&[]);
    for (place, actor) in whole.actors.iter().enumerate() {
        check_lines(actor, place == SENDER, &scene);
    }
    if scene.is_independent_of_cuts() {
        let cut = scene.play(scene.pieces);
        for (place, (whole, cut)) in whole.actors.iter().zip(&cut.actors).enumerate() {
            assert_same(whole.heard(), cut.heard(), "when cut");
            assert_eq!(whole.is_closed, cut.is_closed, "actor {place}, when cut");
        }
    }
    check_idempotence(&whole.actors[WITNESS]);
});

fn assert_same(one: &[u8], other: &[u8], when: &str) {
    let (shown, other_shown) = (one.escape_ascii(), other.escape_ascii());
    assert!(one == other, "{when}:\n  {shown}\n  {other_shown}");
}

/// What an input says is to be done.
struct Scene<'a> {
    role: Role,
    /// The sender has a nickname before the first of these bytes.
    is_named: bool,
    /// A password is wanted first.
    is_locked: bool,
    /// The stream ends after these bytes.
    ends: bool,
    /// Lengths of pieces, over and over; a zero is a look at the clock.
    pieces: &'a [u8],
    bytes: &'a [u8],
}

impl<'a> Scene<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let [choices, count, rest @ ..] = bytes else {
            return None;
        };
        let count = usize::from(count % 16).min(rest.len());
        let (pieces, bytes) = rest.split_at(count);
        let roles = [
            Role::Auto,
            Role::Line,
            Role::Talk,
            Role::Listen,
            Role::Broker,
            Role::Host,
        ];
        Some(Self {
            // Half of all inputs are about the role that has most to say.
            role: roles
                .get(usize::from(choices % 16))
                .copied()
                .unwrap_or_default(),
            is_named: choices & 0x10 != 0,
            is_locked: choices & 0x20 != 0,
            ends: choices & 0x40 != 0,
            pieces,
            bytes,
        })
    }

    /// Two things may depend on the cuts. A request whose first line is longer than any line may be
    /// is answered as soon as that is known, with an error of its own. And of Redis, and of version 2 of
    /// PROXY, one line does not tell.
    fn is_independent_of_cuts(&self) -> bool {
        let bytes = self.from_first_line();
        let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
        let takes_two = self.bytes.starts_with(b"*") || self.bytes.starts_with(b"\r\n\r\n\0");
        self.is_named || (first.len() <= LINE_BYTES_MAX && !takes_two)
    }

    /// Whether the first words make an IRC client of the sender, which `irc_path` is about.
    fn is_irc(&self) -> bool {
        let words: [&[u8]; 4] = [b"CAP ", b"NICK ", b"USER ", b"PASS "];
        let bytes = self.from_first_line();
        let begins = words.iter().any(|word| bytes.starts_with(word));
        self.role == Role::Auto && !self.is_named && begins
    }

    /// What comes behind the blank lines that may stand before a request.
    fn from_first_line(&self) -> &[u8] {
        let is_text = |b: &u8| !matches!(b, b'\r' | b'\n');
        let start = self.bytes.iter().position(is_text);
        &self.bytes[start.unwrap_or(self.bytes.len())..]
    }

    fn play(&self, pieces: &[u8]) -> Stage {
        let mut stage = Stage::new(self.role, self.is_locked, LINE_BYTES_MAX);
        if self.is_named {
            name_sender(&mut stage, self.is_locked);
        }
        let mut rest = self.bytes;
        // A list of nothing but zeros would never come to the end.
        let lengths = pieces.iter().cycle().take(4 * self.bytes.len());
        for length in lengths {
            let (piece, later) = rest.split_at(usize::from(*length).min(rest.len()));
            stage.say(SENDER, piece);
            rest = later;
        }
        stage.say(SENDER, rest);
        if self.ends {
            stage.end(SENDER);
        }
        stage.free(SENDER);
        stage
    }
}

/// Everything that was sent to someone, message by message.
fn check_lines(actor: &Actor, is_sender: bool, scene: &Scene<'_>) {
    assert!(
        actor.role != Role::Talk || actor.heard().is_empty(),
        "a talker was sent something"
    );
    for message in actor.messages() {
        let may_be_turned_away = is_sender && scene.role == Role::Auto && !scene.is_named;
        if may_be_turned_away && is_turned_away(message) {
            continue;
        }
        if let [0xff, _, _] = message {
            assert!(is_sender && scene.bytes.contains(&0xff), "telnet unasked");
            continue;
        }
        let text = std::str::from_utf8(message).expect("all output is UTF-8");
        let lines = text
            .strip_suffix('\n')
            .expect("a message ends its last line");
        // Whoever has shown to be a terminal is sent lines for one.
        let is_terminal = is_sender && scene.bytes.contains(&0xff) && text.ends_with("\r\n");
        for line in lines.split('\n') {
            let line = match is_terminal {
                true => line.strip_suffix('\r').expect("all lines end so"),
                false => line,
            };
            check_shown(line);
            if actor.role != Role::Broker {
                check_label(line, is_sender);
            }
        }
    }
}

/// HTTP and TLS get an answer in their own language.
fn is_turned_away(message: &[u8]) -> bool {
    message.starts_with(b"HTTP/1.1 ") || message == [0x15, 3, 1, 0, 2, 2, 40]
}

/// Text that has come through once says nothing that a second time would take out.
fn check_idempotence(witness: &Actor) {
    let texts: Vec<&[u8]> = witness
        .heard()
        .split(|b| *b == b'\n')
        .filter(|line| line.starts_with(b"<") && !line.is_ascii())
        .filter_map(|line| line.splitn(2, |b| *b == b' ').nth(1))
        .collect();
    if texts.is_empty() {
        return;
    }
    // Who only talks is taken literally. What got through may be longer than what was sent, since
    // that was perhaps in another encoding.
    let mut again = Stage::new(Role::Talk, false, 4 * LINE_BYTES_MAX);
    name_sender(&mut again, false);
    let before = again.actors[WITNESS].heard().len();
    let mut expected = Vec::new();
    for text in texts {
        again.say(SENDER, &[text, b"\n"].concat());
        expected.extend_from_slice(&[b"<bob> ", text, b"\n"].concat());
    }
    let heard = again.actors[WITNESS].heard();
    assert_same(&heard[before..], &expected, "the second time");
}

/// The sender gets past the password, if there is one, and takes a nickname.
fn name_sender(stage: &mut Stage, is_locked: bool) {
    stage.unlock(SENDER, is_locked);
    stage.say(SENDER, b"bob\n");
}
