//! Any bytes, cut anywhere, from a connection through the whole relay to every recipient.
//!
//! The first byte of an input chooses the sender and the way in which its connection ends, the
//! second how many of the next bytes are lengths of pieces; the rest is the sender's input. It is
//! sent twice, whole to one relay and in pieces to another, while the clock stands still, and
//!
//! - nothing panics;
//! - everyone gets whole lines of valid UTF-8 without controls, each with a label that is true;
//! - the cuts make no difference to anyone;
//! - any text that got through gets through again unchanged.

#![no_main]

mod checks;
mod stage;

use checks::{check_label, check_shown};
use libfuzzer_sys::fuzz_target;
use parloir::relay::Role;
use stage::{Actor, SENDER, Stage, WITNESS};

/// The smallest permitted limit, so that short inputs exceed it.
const LINE_BYTES_MAX: usize = 64;

fuzz_target!(|bytes: &[u8]| {
    let Some(scene) = Scene::read(bytes) else {
        return;
    };
    if scene.is_program() {
        return;
    }
    let whole = scene.play(&[]);
    for (place, actor) in whole.actors.iter().enumerate() {
        check_lines(actor, place == SENDER, &scene);
    }
    if scene.is_independent_of_cuts() {
        whole.assert_same_when_cut(&scene.play(scene.pieces));
    }
    check_idempotence(&whole.actors[WITNESS]);
});

fn assert_same(one: &[u8], other: &[u8], when: &str) {
    let (shown, other_shown) = (one.escape_ascii(), other.escape_ascii());
    assert!(one == other, "{when}:\n  {shown}\n  {other_shown}");
}

/// The scene that an input describes.
struct Scene<'a> {
    role: Role,
    /// True if the sender has a nickname before the first of these bytes.
    is_named: bool,
    /// True if the relay asks for a password first.
    is_locked: bool,
    /// True if the stream ends after these bytes.
    ends: bool,
    /// Lengths of pieces, repeated.
    pieces: &'a [u8],
    bytes: &'a [u8],
}

impl<'a> Scene<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (choices, pieces, bytes) = stage::read(bytes)?;
        let roles = [
            Role::Auto,
            Role::Line,
            Role::Talk,
            Role::Listen,
            Role::Broker,
            Role::Host,
        ];
        Some(Self {
            // Half of all inputs are about the role that can do most.
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

    /// Returns whether the cuts make no difference. They may in two cases: a request whose first
    /// line is longer than any line may be is answered as soon as that is known, with an error of
    /// its own; and one line does not identify Redis or version 2 of PROXY.
    fn is_independent_of_cuts(&self) -> bool {
        let bytes = self.from_first_line();
        let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
        let takes_two = self.bytes.starts_with(b"*") || self.bytes.starts_with(b"\r\n\r\n\0");
        self.is_named || (first.len() <= LINE_BYTES_MAX && !takes_two)
    }

    /// Returns whether the first bytes make the sender an IRC client or a JSON client, which
    /// `irc_path` and `json_path` test.
    fn is_program(&self) -> bool {
        let openings: [&[u8]; 5] = [b"CAP ", b"NICK ", b"USER ", b"PASS ", b"{"];
        let bytes = self.from_first_line();
        let begins = openings.iter().any(|it| bytes.starts_with(it));
        self.role == Role::Auto && !self.is_named && begins
    }

    /// The bytes behind the blank lines that may stand before a request.
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
        stage.send_and_go(self.bytes, pieces, self.ends);
        stage
    }
}

/// Checks everything that a client was sent, message by message.
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
        // A client that has shown to be a terminal is sent CR LF.
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

/// Returns whether a message is the refusal of HTTP or TLS, which is in the language of that
/// protocol.
fn is_turned_away(message: &[u8]) -> bool {
    message.starts_with(b"HTTP/1.1 ") || message == [0x15, 3, 1, 0, 2, 2, 40]
}

/// Checks that a text that was said once does not change when it is said again.
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
    // The text of a client that only talks is taken literally. It may be longer than the bytes that
    // were sent, because those may have been in another encoding.
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

/// Gives the password, if there is one, and a nickname for the sender.
fn name_sender(stage: &mut Stage, is_locked: bool) {
    stage.unlock(SENDER, is_locked);
    stage.say(SENDER, b"bob\n");
}
