//! Tests a connection on a scripted stream: short writes, `WouldBlock`, interruptions, resets.

mod script;

use std::io::ErrorKind;
use std::time::Duration;

use self::script::Script;
use super::{Connection, Filled, Phase};
use crate::error::CloseReason;
use crate::net::ListenOptions;
use crate::net::handshake::PendingConnection;
use crate::net::listener::ListenerSettings;
use crate::net::outbox::{Outbox, PendingOutput};
use crate::net::queue::FlushRules;
use crate::protocol::{Address, ConnId, Delivery, Demand, Output, Skipped, Tag, Time};

const ID: ConnId = ConnId::new(0, 1);

struct Test {
    connection: Connection<Script>,
    outbox: Outbox,
    queue_bytes_max: usize,
    /// Everything sent, in order, with its delivery.
    sent: Vec<(String, Delivery)>,
}

fn at(seconds: u64) -> Time {
    Time::new(Duration::from_secs(seconds), Duration::ZERO)
}

impl Test {
    fn new(queue_bytes_max: usize) -> Self {
        let mut outbox = Outbox::new(1 << 16);
        outbox.open(ID);
        Self {
            connection: Connection::new(Script::default(), ID, at(0)),
            outbox,
            queue_bytes_max,
            sent: Vec::new(),
        }
    }

    fn writes(&mut self, script: &[Result<usize, ErrorKind>]) {
        self.connection.stream.writes.extend(script);
    }

    fn send(&mut self, text: &str, delivery: Delivery) {
        let write = |buffer: &mut Vec<u8>| buffer.extend_from_slice(text.as_bytes());
        let range = self.outbox.encode(delivery, write);
        self.outbox.send(ID, range);
        self.sent.push((text.into(), delivery));
    }

    fn say(&mut self, text: &str) {
        self.send(text, Delivery::Skippable);
    }

    fn flush(&mut self) {
        while self.outbox.next_dirty().is_some() {}
        let burst: PendingOutput<'_> = self.outbox.take(0);
        let mut rules = FlushRules {
            now: at(0),
            queue_bytes_max: self.queue_bytes_max,
            notice: |skipped: Skipped, line: &mut Vec<u8>| {
                line.extend_from_slice(format!("({})", skipped.total()).as_bytes());
            },
        };
        self.connection.flush(burst, &mut rules);
        self.outbox.clear();
    }

    fn becomes_writable(&mut self) {
        self.connection.note(false, true, false, false);
        self.flush();
    }

    fn taken(&self) -> &str {
        std::str::from_utf8(&self.connection.stream.taken).unwrap()
    }
}

#[test]
fn a_turn_is_one_write() {
    let mut test = Test::new(1000);
    test.say("one ");
    test.say("two ");
    test.flush();
    assert_eq!(test.taken(), "one two ");
    assert_eq!(test.connection.stream.write_calls, 1);
    assert!(test.connection.is_flowing());
}

#[test]
fn what_a_short_write_leaves_comes_later_and_in_order() {
    let mut test = Test::new(1000);
    test.writes(&[Ok(6), Err(ErrorKind::WouldBlock), Ok(3)]);
    test.say("one ");
    test.say("two ");
    test.flush();
    assert_eq!(test.taken(), "one tw");
    test.say("three ");
    test.flush();
    assert_eq!(
        test.connection.stream.write_calls, 1,
        "a full socket is not tried again"
    );
    for _ in 0..3 {
        test.becomes_writable();
    }
    assert_eq!(test.taken(), "one two three ");
    assert!(test.connection.is_flowing());
}

#[test]
fn an_interrupted_call_is_repeated() {
    let mut test = Test::new(1000);
    test.writes(&[Err(ErrorKind::Interrupted), Err(ErrorKind::Interrupted)]);
    test.say("hello");
    test.flush();
    assert_eq!(test.taken(), "hello");
    test.connection
        .stream
        .reads
        .extend([Err(ErrorKind::Interrupted), Ok(&b"x"[..])]);
    assert_eq!(test.connection.fill(&mut [0; 8]), Filled::Bytes(1));
}

#[test]
fn more_ranges_than_one_call_takes_all_arrive() {
    let mut test = Test::new(100_000);
    test.writes(&[Ok(usize::MAX), Ok(10)]);
    let other = ConnId::new(1, 1);
    test.outbox.open(other);
    for n in 0..500 {
        test.say(&format!("{n} "));
        // A message for another connection in between keeps the ranges apart.
        test.outbox.reply(other, b"-");
    }
    test.flush();
    test.becomes_writable();
    let expected: String = (0..500).map(|n| format!("{n} ")).collect();
    assert_eq!(test.taken(), expected);
}

#[test]
fn received_and_skipped_are_all_that_was_sent_whatever_the_system_takes() {
    for seed in 0..2_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut test = Test::new(random.usize(1..200));
        for n in 0..random.usize(1..100) {
            for _ in 0..random.usize(0..4) {
                let answer = match random.u32(0..3) {
                    0 => Err(ErrorKind::WouldBlock),
                    1 => Ok(random.usize(1..30)),
                    _ => Ok(usize::MAX),
                };
                test.writes(&[answer]);
            }
            for part in 0..random.usize(0..6) {
                let kept = random.u32(0..10) == 0;
                let label = if kept { '!' } else { '.' };
                let delivery = if kept {
                    Delivery::Kept
                } else {
                    Delivery::Skippable
                };
                test.send(&format!("<{label}{n}:{part}>"), delivery);
            }
            match random.bool() {
                true => test.becomes_writable(),
                false => test.flush(),
            }
        }
        if test.connection.phase != Phase::Open || test.connection.end.is_some() {
            continue;
        }
        test.connection.stream.writes.clear();
        test.becomes_writable();
        replay(&test, seed);
    }
}

/// Checks that the stream took what was sent, with `(n)` wherever `n` messages are missing.
fn replay(test: &Test, seed: u64) {
    let mut rest = test.taken();
    let mut owed = 0;
    for (text, delivery) in &test.sent {
        if owed == 0
            && let Some(notice) = rest.strip_prefix('(')
        {
            let (count, after) = notice.split_once(')').unwrap();
            owed = count.parse::<usize>().unwrap();
            rest = after;
        }
        if owed > 0 {
            assert_eq!(
                *delivery,
                Delivery::Skippable,
                "seed {seed}: {text} was skipped"
            );
            owed -= 1;
        } else {
            rest = rest
                .strip_prefix(text.as_str())
                .unwrap_or_else(|| panic!("seed {seed}: {text} is missing before {rest:?}"));
        }
    }
    assert_eq!((rest, owed), ("", 0), "seed {seed}");
}

#[test]
fn the_last_lines_of_a_peer_that_reset_are_still_read() {
    let mut test = Test::new(1000);
    test.writes(&[Err(ErrorKind::ConnectionReset)]);
    let script = [
        Ok(&b"last "[..]),
        Ok(&b"words"[..]),
        Err(ErrorKind::ConnectionReset),
    ];
    test.connection.stream.reads.extend(script);
    test.say("hello");
    test.flush();
    assert!(test.connection.has_input(at(0), 1000));
    let mut buffer = [0; 16];
    assert_eq!(test.connection.fill(&mut buffer), Filled::Bytes(5));
    assert!(
        test.connection.has_input(at(0), 1000),
        "a short read is not the last one"
    );
    assert_eq!(test.connection.fill(&mut buffer), Filled::Bytes(5));
    assert_eq!(
        test.connection.fill(&mut buffer),
        Filled::End(CloseReason::Reset)
    );
    test.say("to nobody");
    test.flush();
    assert_eq!(test.connection.stream.write_calls, 1);
    test.connection.take_end(at(0));
    assert_eq!(test.connection.phase, Phase::Gone);
    assert_eq!(test.connection.reason(), CloseReason::Reset);
}

#[test]
fn a_close_delivers_then_ends_then_drains() {
    let mut test = Test::new(1000);
    test.writes(&[Err(ErrorKind::WouldBlock)]);
    test.say("farewell");
    test.flush();
    test.connection.close(CloseReason::Asked);
    assert!(
        !test.connection.finish(at(0), Duration::from_secs(2)),
        "something waits still"
    );
    test.becomes_writable();
    assert!(test.connection.finish(at(0), Duration::from_secs(2)));
    assert_eq!(test.taken(), "farewell");
    assert!(test.connection.stream.shut);
    assert_eq!(test.connection.phase, Phase::Lingering);
    assert!(!test.connection.has_lingered(at(1)) && test.connection.has_lingered(at(2)));
    assert_eq!(
        test.connection.due_at(at(0), Duration::from_secs(60)),
        Some(at(2).monotonic())
    );
}

#[test]
fn a_peer_that_is_done_as_well_is_not_waited_for() {
    let mut test = Test::new(1000);
    test.connection.stream.reads.extend([Ok(&b""[..])]);
    assert_eq!(
        test.connection.fill(&mut [0; 8]),
        Filled::End(CloseReason::Finished)
    );
    test.connection.close(CloseReason::Asked);
    assert!(test.connection.finish(at(0), Duration::from_secs(2)));
    assert_eq!(test.connection.phase, Phase::Gone);
    assert_eq!(test.connection.reason(), CloseReason::Finished);
}

#[test]
fn a_full_queue_pauses_its_owner_s_own_input() {
    let mut test = Test::new(10);
    test.connection.note(true, false, false, false);
    assert!(test.connection.has_input(at(0), 10));
    test.writes(&[Err(ErrorKind::WouldBlock)]);
    test.say("0123456789");
    test.flush();
    assert!(!test.connection.has_input(at(0), 10));
    test.becomes_writable();
    assert!(test.connection.has_input(at(0), 10));
}

#[test]
fn whoever_takes_a_byte_now_and_then_is_not_stalled() {
    let stall = Duration::from_secs(60);
    let mut test = Test::new(1000);
    test.writes(&[Err(ErrorKind::WouldBlock)]);
    test.say("hello");
    test.flush();
    assert!(!test.connection.is_stalled(at(59), stall));
    assert!(test.connection.is_stalled(at(60), stall));
    assert_eq!(
        test.connection.due_at(at(0), stall),
        Some(at(60).monotonic())
    );
    test.becomes_writable();
    assert!(!test.connection.is_stalled(at(600), stall), "nothing waits");
}

#[test]
fn a_failed_connection_hands_on_what_was_read_before_it_goes() {
    let mut test = Test::new(10);
    test.connection.unread = b"held up".to_vec();
    test.connection.demand = Demand::PauseUntil(at(5).monotonic());
    test.connection.fail(CloseReason::Stalled);
    assert_eq!(test.connection.phase, Phase::Open);
    assert!(!test.connection.has_input(at(4), 10));
    assert!(test.connection.has_input(at(5), 10));
    test.connection.take_end(at(0));
    assert_eq!(test.connection.phase, Phase::Gone);
    assert_eq!(test.connection.reason(), CloseReason::Stalled);
}

#[test]
fn who_is_paced_is_read_until_enough_waits_and_who_is_held_up_is_not() {
    let mut test = Test::new(10);
    test.connection.readable = true;
    for (waits, demand, is_read) in [
        (0, Demand::PauseUntil(at(5).monotonic()), false),
        (0, Demand::Paced(at(5).monotonic()), true),
        (
            super::PACED_BYTES_MAX - 1,
            Demand::Paced(at(5).monotonic()),
            true,
        ),
        (
            super::PACED_BYTES_MAX,
            Demand::Paced(at(5).monotonic()),
            false,
        ),
    ] {
        test.connection.unread = vec![b'x'; waits];
        test.connection.demand = demand;
        assert_eq!(test.connection.has_input(at(4), 10), is_read, "{waits}");
        assert!(test.connection.has_input(at(5), 10));
        let due_at = test.connection.due_at(at(4), Duration::from_secs(60));
        assert_eq!(due_at, Some(at(5).monotonic()));
    }
}

/// A health check that connects and closes stayed for minutes on a listener where silence is allowed.
#[test]
fn who_stays_behind_an_end_is_asked_soon_and_then_more_rarely() {
    let mut test = Test::new(1 << 16);
    let stall = Duration::from_secs(60);
    test.connection.note(true, false, true, false);
    test.connection.stream.reads.push_back(Ok(b""));
    let filled = test.connection.fill(&mut [0; 64]);
    assert_eq!(filled, Filled::End(CloseReason::Finished));
    test.connection.take_end(at(10));
    let mut asked = Vec::new();
    for second in 10..300 {
        let now = at(second);
        if test.connection.due_at(now, stall) == Some(now.monotonic()) {
            test.connection.probe(now);
            asked.push(second - 10);
            assert_eq!(test.connection.stream.probes, asked.len());
        }
        test.connection.probe(now);
        assert_eq!(test.connection.stream.probes, asked.len(), "once");
    }
    assert_eq!(asked, [1, 3, 7, 15, 31, 63, 123, 183, 243]);
    assert_eq!(test.connection.phase, Phase::Open, "it lives");
    test.connection.close(CloseReason::Asked);
    assert_eq!(test.connection.due_at(at(400), stall), None);
}

/// A server that was busy for longer than the silence it waits for would take a hello for silence.
#[test]
fn first_bytes_that_wait_are_read_before_silence_is_plain() {
    let settings = ListenerSettings {
        tag: Tag::default(),
        options: ListenOptions::new().plain_after(Duration::from_secs(1)),
    };
    let within = Duration::from_secs(10);
    let mut pending = PendingConnection::new(settings.into(), Address::Unix, at(0), within);
    pending.await_first_bytes(at(0), 0);
    let mut connection = Connection::new(Script::default(), ID, at(0));
    connection.pending = Some(Box::new(pending));
    let stall = Duration::from_secs(60);
    assert_eq!(connection.due_at(at(0), stall), Some(at(1).monotonic()));
    assert!(!connection.is_late_for_handshake(at(0)));
    connection.readable = true;
    assert!(!connection.is_late_for_handshake(at(1)));
    assert_eq!(connection.due_at(at(1), stall), None);
    assert!(connection.has_input(at(1), 1));
    connection.readable = false;
    assert!(connection.is_late_for_handshake(at(1)));
}
