//! Tests output under TLS: the bytes taken, those that wait encrypted or in plain, and the end.

use super::*;
use crate::net::connection::Phase;

/// Bytes of a record, with those that its encryption adds.
const RECORD_MAX: usize = (1 << 14) + 64;
/// Bytes encrypted at once for a socket that was not full before.
const BURST_MAX: usize = 3 * RECORD_MAX;

#[test]
fn a_turn_is_one_record_and_one_write() {
    let mut test = Test::new();
    test.send("one ", Delivery::Skippable);
    let other = ConnId::new(1, 1);
    test.outbox.open(other);
    test.outbox.reply(other, b"-");
    test.send("two", Delivery::Skippable);
    test.flush();
    let record = test.pipe().to_client.clone();
    let length = usize::from(u16::from_be_bytes([record[3], record[4]]));
    assert_eq!(record.len(), 5 + length);
    test.client_reads();
    assert_eq!(test.heard, b"one two");
    assert!(test.connection.is_flowing());
}

#[test]
fn little_is_encrypted_ahead_of_the_socket() {
    let mut test = Test::new();
    test.pipe().room = 100;
    for _ in 0..20 {
        test.send(&"x".repeat(10_000), Delivery::Skippable);
    }
    test.flush();
    let held = test.connection.stream.buffered();
    assert!((1..=BURST_MAX).contains(&held), "{held} bytes are held");
    assert!(!test.connection.is_flowing());
    // Messages that wait in plain can still be left out: all but the encrypted ones.
    let queued = test.connection.queued();
    assert!(queued > 190_000, "{queued} bytes are queued");
    let freed = test.connection.drop_skippable(&mut |skipped, line| {
        line.extend_from_slice(format!("({})", skipped.total()).as_bytes());
    });
    assert!(freed > 120_000, "{freed} of {queued} bytes were freed");
    while !test.connection.is_flowing() {
        let before = test.connection.stream.buffered();
        test.becomes_writable(5_000);
        let held = test.connection.stream.buffered();
        assert!(held <= before.max(RECORD_MAX), "{held} bytes are held");
        test.client_reads();
    }
    let heard = String::from_utf8(std::mem::take(&mut test.heard)).unwrap();
    let (words, notice) = heard.split_once('(').unwrap();
    let skipped: usize = notice.strip_suffix(')').unwrap().parse().unwrap();
    assert_eq!(words.len(), (20 - skipped) * 10_000);
}

#[test]
fn received_and_skipped_are_all_that_was_sent_whatever_the_socket_takes() {
    for seed in 0..60 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut test = Test::new();
        test.queue_bytes_max = random.usize(1..4000);
        for n in 0..random.usize(1..60) {
            for part in 0..random.usize(0..6) {
                let (label, delivery) = match random.u32(0..10) {
                    0 => ('!', Delivery::Kept),
                    _ => ('.', Delivery::Skippable),
                };
                let padding = "x".repeat(random.usize(0..100));
                test.send(&format!("<{label}{n}:{part}{padding}>"), delivery);
            }
            match random.bool() {
                true => test.becomes_writable(random.usize(0..1000)),
                false => test.flush(),
            }
            test.client_reads();
        }
        if test.connection.phase != Phase::Open || test.connection.end.is_some() {
            continue;
        }
        test.becomes_writable(PLENTY);
        test.client_reads();
        replay(&test, seed);
    }
}

/// Checks that the client heard what was sent, with `(n)` wherever `n` messages are missing.
fn replay(test: &Test, seed: u64) {
    let mut rest = std::str::from_utf8(&test.heard).unwrap();
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
            assert_eq!(*delivery, Delivery::Skippable, "seed {seed}: {text}");
            owed -= 1;
        } else {
            let after = rest.strip_prefix(text.as_str());
            rest = after
                .unwrap_or_else(|| panic!("seed {seed}: {text} is missing before {rest:.300}"));
        }
    }
    assert_eq!((rest, owed), ("", 0), "seed {seed}");
}

#[test]
fn a_close_says_so_in_tls_before_the_stream_ends() {
    for room in [PLENTY, 0] {
        let mut test = Test::new();
        let linger = Duration::from_secs(2);
        test.send("farewell", Delivery::Kept);
        test.flush();
        test.pipe().room = room;
        test.connection.close(CloseReason::Asked);
        assert!(test.connection.finish(at(0), linger));
        if room == 0 {
            assert!(
                !test.pipe().is_shut,
                "the end overtook what stands before it"
            );
            let stall = Duration::from_secs(60);
            assert_eq!(
                test.connection.due_at(at(0), stall),
                Some(at(60).monotonic())
            );
            test.becomes_writable(3);
            assert!(!test.connection.finish(at(0), linger));
            test.becomes_writable(PLENTY);
            assert!(test.connection.finish(at(0), linger));
        }
        assert!(test.pipe().is_shut);
        assert_eq!(test.connection.phase, Phase::Lingering);
        assert!(!test.connection.has_lingered(at(1)) && test.connection.has_lingered(at(2)));
        assert!(test.client_reads(), "no close_notify came");
        assert_eq!(test.heard, b"farewell");
        // Bytes that still come are thrown away without being decrypted.
        test.pipe().to_server.extend(b"neither TLS nor wanted");
        test.connection.note(true, false, false, false);
        assert_eq!(test.connection.fill(&mut [0; 64]), Filled::Bytes(22));
    }
}
