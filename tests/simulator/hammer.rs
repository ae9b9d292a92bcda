//! People who come back and back: however often they do, no more of theirs is heard than what as many
//! allowances give as there are connections at once.

use fastrand::Rng;
use parloir::relay::Role;
use parloir::{CloseReason, ConnId, RelayConfig, Tag};

use crate::seeds;
use crate::support::Stage;

const RATE: u64 = 5;
const BURST: u64 = 10;

/// Connections at once, besides the one that listens.
const MOST: usize = 3;

/// What was heard lately, as far as it has not been paid for: thousandths of lines.
struct Heard {
    level: u64,
    all: u64,
}

impl Heard {
    fn pass(&mut self, ms: u64) {
        self.level = self.level.saturating_sub(ms * RATE * MOST as u64);
    }

    fn note(&mut self, lines: u64) {
        self.all += lines;
        self.level += lines * 1000;
        let max = BURST * MOST as u64 * 1000;
        assert!(self.level <= max, "{} thousandths of lines", self.level);
    }
}

/// The first lines of somebody, and as many messages as they please.
fn words(random: &mut Rng, number: usize) -> String {
    let messages = random.usize(..2 * BURST as usize);
    match random.bool() {
        true => format!("u{number}\n{}", "word\n".repeat(messages)),
        false => {
            let messages = "PRIVMSG #lobby :word\r\n".repeat(messages);
            format!("NICK u{number}\r\nUSER u 0 * :x\r\nJOIN #lobby\r\n{messages}")
        }
    }
}

fn hammer(seed: u64) -> u64 {
    let mut random = Rng::with_seed(seed);
    let mut stage = Stage::new(RelayConfig {
        rate: RATE as u32,
        burst: BURST as u32,
        ..RelayConfig::default()
    });
    let (listen, host) = (stage.listener(Role::Listen), stage.listener(Role::Host));
    let witness = stage.connect_to(listen);
    let mut open: Vec<ConnId> = Vec::new();
    let mut heard = Heard { level: 0, all: 0 };
    for number in 0..12_000 {
        match random.u8(..8) {
            0..5 if open.len() < MOST => {
                let id = stage.connect_to(Tag::default());
                stage.send(id, words(&mut random, number));
                open.push(id);
            }
            0..6 if !open.is_empty() => {
                let id = open.swap_remove(random.usize(..open.len()));
                if random.bool() {
                    stage.send(id, "/quit\n");
                    stage.end(id);
                }
                stage.free(id, CloseReason::Reset);
            }
            // The host comes and goes, and says nothing.
            6 => {
                let id = stage.connect_to(host);
                stage.free(id, CloseReason::Reset);
            }
            _ => {
                let ms = random.u64(..400);
                heard.pass(ms);
                stage.wait_ms(ms);
            }
        }
        let lines = stage.hear(witness);
        heard.note(lines.matches("> word\n").count() as u64);
    }
    heard.all
}

#[test]
fn coming_back_a_thousand_times_is_heard_no_more_than_staying() {
    for seed in seeds() {
        let heard = hammer(seed);
        assert!(heard > 1000, "{heard} lines, seed {seed}");
    }
}
