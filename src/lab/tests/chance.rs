//! Tests a class by seeded chance: any bytes to any service, in any order, with any end.

use super::stage::Stage;
use crate::lab::Service;
use crate::protocol::{CloseReason, ConnId};

/// Pieces of input that may come from a faulty program or a mistaken person.
const PIECES: [&[u8]; 16] = [
    b"\n",
    b"\r\n",
    b"\r\0",
    b"hello",
    "é".as_bytes(),
    b"\xc3",
    b"\xff\xfd\x06",
    b"\xff",
    b"\x1b[",
    b"/quit\n",
    b"/who",
    b"exit\n",
    b"GET / HTTP/1.1\r\n",
    b"\x16\x03\x01",
    b"\0",
    b"x",
];

/// The driver's limit on the bytes that a service may leave untaken.
const UNREAD_BYTES_MAX: usize = 64 << 10;

#[test]
fn whatever_comes_harms_nothing_and_the_silent_stay_silent() {
    for seed in 0..60 {
        play(seed);
    }
}

fn play(seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut stage = Stage::new();
    let mut here: Vec<(ConnId, Service)> = Vec::new();
    for _ in 0..400 {
        match random.u8(..20) {
            0..=3 => {
                let service = random.choice(Service::ALL).expect("there are some");
                here.push((stage.connect(service), service));
            }
            4..=13 if !here.is_empty() => {
                let (id, _) = here[random.usize(..here.len())];
                let count = random.usize(1..6);
                let pieces = (0..count).map(|_| PIECES[random.usize(..PIECES.len())]);
                let mut bytes = pieces.collect::<Vec<_>>().concat();
                if random.u8(..50) == 0 {
                    bytes = bytes.repeat(5000 / bytes.len());
                }
                stage.send(id, bytes);
            }
            14..=15 => stage.typed(random.choice(["", "yes", "exit", "\x1b[A"]).unwrap_or("")),
            16..=17 => stage.wait([1, 50, 200, 1500][random.usize(..4)]),
            _ if !here.is_empty() => {
                let (id, _) = here.swap_remove(random.usize(..here.len()));
                let reason = match random.bool() {
                    true => CloseReason::Finished,
                    false => CloseReason::Reset,
                };
                stage.end(id, reason);
            }
            _ => {}
        }
        for (id, service) in &here {
            let person = &stage.people[id];
            let is_silent = matches!(service, Service::Pseudo | Service::Talk | Service::Mailbox);
            assert!(!is_silent || person.heard.is_empty(), "{service} in {seed}");
            assert!(
                person.unread.len() <= UNREAD_BYTES_MAX,
                "{service} in {seed}"
            );
            if matches!(service, Service::Listen | Service::Broker) {
                let heard = std::str::from_utf8(&person.heard).expect("strict readers live");
                assert!(heard.is_empty() || heard.ends_with('\n'), "{seed}");
                assert!(!heard.contains(['\r', '\x1b', '\0']), "{seed}");
            }
        }
    }
}
