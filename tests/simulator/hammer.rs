//! Clients that reconnect again and again: however often they do, others hear no more from them
//! than the allowances of so many simultaneous connections give, and no more than the allowance of
//! their address.

use fastrand::Rng;
use parloir::relay::Role;
use parloir::{CloseReason, ConnId, RelayConfig, Tag};

use crate::seeds;
use crate::support::Stage;

const RATE: u64 = 5;
const BURST: u64 = 10;

/// The number of connections whose allowances count at most. All come from this machine, which
/// counts as eight addresses.
const SHARES: u64 = 8;

/// The lines that were heard and are not yet paid for by time, in thousandths of lines.
struct Heard {
    /// The greatest number of simultaneous connections, without the listener.
    most: u64,
    level: u64,
    all: u64,
}

impl Heard {
    fn pass(&mut self, ms: u64) {
        let shares = self.most.min(SHARES);
        self.level = self.level.saturating_sub(ms * RATE * shares);
    }

    fn note(&mut self, lines: u64) {
        self.all += lines;
        self.level += lines * 1000;
        let max = BURST * self.most.min(SHARES) + self.over();
        assert!(self.level <= max * 1000, "{} of {max} lines", self.level);
    }

    /// The number of additional lines that a crowd can say when the allowance of its address is
    /// used up and each connection still has all of its own: the n-th of them costs
    /// `1 + n / SHARES`, and they have `most * BURST` together.
    fn over(&self) -> u64 {
        let costs = (0..).map(|n| (n, n + n * n / (2 * SHARES)));
        let all = (self.most * BURST) * u64::from(self.most > SHARES);
        let affordable = costs.take_while(|(_, cost)| *cost <= all);
        affordable.last().map_or(0, |(lines, _)| lines)
    }
}

/// The first lines of a client, and any number of messages. A client that quits says so before the
/// server has taken all of them.
fn words(random: &mut Rng, number: usize, quits: bool) -> String {
    let messages = random.usize(..2 * BURST as usize);
    if random.bool() {
        return format!("u{number}\n{}", "word\n".repeat(messages));
    }
    let messages = "PRIVMSG #lobby :word\r\n".repeat(messages);
    let begin = format!("NICK u{number}\r\nUSER u 0 * :x\r\nJOIN #lobby\r\n{messages}");
    match random.u8(..3) {
        0 if quits => format!("{begin}QUIT :bye\r\n"),
        1 if quits => begin + &format!("QUIT :{}\r\n{messages}", "x".repeat(600)).repeat(5),
        _ => begin,
    }
}

fn hammer(seed: u64, most: usize) -> u64 {
    let mut random = Rng::with_seed(seed);
    let mut stage = Stage::new(RelayConfig {
        rate: RATE as u32,
        burst: BURST as u32,
        allowances_per_address: 1,
        replay: 0,
        ..RelayConfig::default()
    });
    let (listen, host) = (stage.listener(Role::Listen), stage.listener(Role::Host));
    let witness = stage.connect_to(listen);
    let mut open: Vec<ConnId> = Vec::new();
    let mut heard = Heard {
        most: most as u64,
        level: 0,
        all: 0,
    };
    for number in 0..12_000 {
        match random.u8(..8) {
            0..5 if open.len() < most => {
                let id = stage.connect_to(Tag::default());
                stage.send(id, words(&mut random, number, most as u64 > SHARES));
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
            // The host connects and disconnects, and says nothing.
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
        for most in [3, 20] {
            let heard = hammer(seed, most);
            assert!(heard > 1000, "{heard} lines of {most}, seed {seed}");
        }
    }
}
