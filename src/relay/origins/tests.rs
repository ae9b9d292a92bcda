//! The allowance of a place, and for how long it is remembered.

use super::*;

fn at(ms: u64) -> Time {
    Time::new(Duration::from_millis(ms), Duration::ZERO)
}

fn origin(ip: &str) -> Origin {
    Origin::of(address(ip))
}

#[test]
fn places_are_told_apart_and_shown() {
    for (ip, shown) in [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("127.0.0.1", "localhost"),
        ("127.9.9.9", "localhost"),
        ("::1", "localhost"),
    ] {
        assert_eq!(origin(ip).to_string(), shown);
    }
    assert_eq!(origin("2001:db8::1"), origin("2001:db8::ffff:0:0:2"));
    assert_ne!(origin("2001:db8::1"), origin("2001:db8:0:1::1"));
    assert_ne!(origin("192.0.2.1"), origin("192.0.2.2"));
    assert_eq!(Origin::of(Address::Unix), origin("::1"));
}

/// Ten lines a second and fifty at once; for two such connections from an address.
fn origins() -> Origins {
    Origins::new(&RelayConfig {
        rate: 10,
        burst: 50,
        allowances_per_address: 2,
        ..RelayConfig::default()
    })
}

fn address(ip: &str) -> Address {
    let ip = if ip.contains(':') {
        format!("[{ip}]")
    } else {
        ip.to_owned()
    };
    Address::Ip(format!("{ip}:1").parse().unwrap())
}

#[test]
fn coming_back_brings_back_what_was_used_up() {
    let mut origins = origins();
    let here = origins.open(address("192.0.2.1"), at(0));
    let there = origins.open(address("192.0.2.2"), at(0));
    let mut one = origins.take(here, at(0));
    origins.spend(here, &mut one, 49, at(0));
    let mut two = origins.take(here, at(0));
    origins.spend(here, &mut two, 10, at(0));
    origins.give_back(here, two, at(0));
    origins.give_back(here, one, at(0));
    // The most used one first, of which nothing is left: to come and go was a line as well.
    let one = origins.take(here, at(0));
    assert!(origins.wait(&one, at(0)).is_some());
    // Then the other; but of the place's hundred 61 are used, 11 of the second half, and so are 11 of
    // its own fifty.
    let mut two = origins.take(here, at(0));
    origins.spend(here, &mut two, 38, at(0));
    assert!(origins.wait(&two, at(0)).is_none());
    origins.spend(here, &mut two, 1, at(0));
    assert!(origins.wait(&two, at(0)).is_some());
    // Elsewhere, there is nothing of all this.
    assert!(origins.take(there, at(0)).is_full(at(0)));
}

fn overdrawn(origins: &Origins, place: OriginId, ms: u64) -> Duration {
    let record = &origins.records[place.index()];
    let common = origins.common.of(record.origin).unwrap();
    common.overdrawn(&record.common, at(ms))
}

/// A line that counts as thousands was paid for, for ten minutes, by whoever came next.
#[test]
fn what_one_has_overdrawn_the_place_pays_and_nobody_inherits() {
    let mut origins = origins();
    let place = origins.open(address("192.0.2.1"), at(0));
    let mut one = origins.take(place, at(0));
    origins.spend(place, &mut one, 6_000, at(0));
    origins.give_back(place, one, at(0));
    // At twenty lines a second, six thousand take the place five minutes, and one alone ten.
    let two = origins.take(place, at(300_000));
    assert!(two.is_full(at(300_000)));
    assert!(!one.is_full(at(300_000)));
}

/// So many come at once.
fn crowd(origins: &mut Origins, ip: &str, count: usize) -> Vec<Allowance> {
    let mut come = || {
        let place = origins.open(address(ip), at(0));
        origins.take(place, at(0))
    };
    (0..count).map(|_| come()).collect()
}

/// How many lines get through in a second from so many who say what they can, and stay.
fn said_in_a_second(origins: &mut Origins, place: OriginId, allowances: &mut [Allowance]) -> u32 {
    let mut said = 0;
    for ms in 0..1000 {
        for allowance in &mut *allowances {
            while origins.wait(allowance, at(ms)).is_none() {
                origins.spend(place, allowance, 1, at(ms));
                said += 1;
            }
        }
    }
    said
}

#[test]
fn a_crowd_at_one_address_shares_what_its_address_may_say() {
    for (ip, shares) in [("192.0.2.1", 2), ("127.0.0.1", 16)] {
        for (count, is_over) in [(shares - 1, false), (shares, false), (10 * shares, true)] {
            let mut origins = origins();
            let place = origins.open(address(ip), at(0));
            let mut crowd = crowd(&mut origins, ip, count);
            let said = said_in_a_second(&mut origins, place, &mut crowd);
            let most = 59 * shares as u32;
            match is_over {
                // They had come before anybody said anything.
                true => assert!((most..2 * most).contains(&said), "{said} lines from {ip}"),
                false => assert_eq!(said, 59 * crowd.len() as u32, "from {ip}"),
            }
        }
    }
}

/// One line that counts as thousands, and everybody else there waited for seconds.
#[test]
fn what_one_has_had_done_costs_the_others_no_more_than_a_line_of_each() {
    let mut origins = origins();
    let place = origins.open(address("192.0.2.1"), at(0));
    let mut all = crowd(&mut origins, "192.0.2.1", 10);
    let mut one = origins.take(place, at(0));
    origins.spend(place, &mut one, 20_000, at(0));
    // At twenty lines a second, eleven who say one each are 550 ms, besides a tenth of a second.
    for allowance in &mut all {
        origins.spend(place, allowance, 1, at(0));
        assert_eq!(origins.wait(allowance, at(0)), None);
        assert!(!allowance.is_full(at(649)) && allowance.is_full(at(650)));
    }
    let come = origins.open(address("192.0.2.1"), at(0));
    let come = origins.take(come, at(0));
    assert_eq!(origins.wait(&come, at(0)), Some(at(100 + 600).monotonic()));
}

#[test]
fn who_says_little_waits_for_nobody_in_a_crowd() {
    let mut origins = origins();
    let place = origins.open(address("192.0.2.1"), at(0));
    let mut quiet = origins.take(place, at(0));
    let mut crowd = crowd(&mut origins, "192.0.2.1", 40);
    said_in_a_second(&mut origins, place, &mut crowd);
    assert!(overdrawn(&origins, place, 1000) > Duration::ZERO);
    origins.spend(place, &mut quiet, 1, at(1000));
    assert_eq!(origins.wait(&quiet, at(1000)), None);
}

#[test]
fn where_everything_is_used_up_new_ones_begin_with_nothing() {
    let mut origins = origins();
    let place = origins.open(address("192.0.2.1"), at(0));
    let mut said = 0;
    for _ in 0..1000 {
        let mut allowance = origins.take(place, at(0));
        while origins.wait(&allowance, at(0)).is_none() {
            origins.spend(place, &mut allowance, 1, at(0));
            said += 1;
        }
    }
    assert!((98..=100).contains(&said), "{said}");
}

#[test]
fn no_more_wait_at_a_place_than_have_its_whole_rate() {
    for (ip, shares) in [("192.0.2.1", 2), ("127.0.0.1", 16)] {
        let mut origins = origins();
        let place = origins.open(address(ip), at(0));
        for _ in 0..shares {
            assert!(!origins.is_crowded(place));
            origins.note_held_up(place, true);
        }
        assert!(origins.is_crowded(place));
        origins.note_held_up(place, false);
        assert!(!origins.is_crowded(place));
    }
}

#[test]
fn who_only_connects_puts_nobody_behind() {
    let mut origins = origins();
    let place = origins.open(address("192.0.2.1"), at(0));
    for _ in 0..10_000 {
        let come = origins.open(address("192.0.2.1"), at(0));
        let allowance = origins.take(come, at(0));
        origins.give_back(come, allowance, at(0));
        origins.close(come, at(0));
    }
    assert_eq!(overdrawn(&origins, place, 0), Duration::ZERO);
}

#[test]
fn without_shares_there_are_as_many_allowances_as_connections() {
    let mut origins = Origins::new(&RelayConfig {
        allowances_per_address: 0,
        ..RelayConfig::default()
    });
    let place = origins.open(address("192.0.2.1"), at(0));
    for _ in 0..1000 {
        let mut allowance = origins.take(place, at(0));
        origins.spend(place, &mut allowance, 50, at(0));
        origins.note_held_up(place, true);
    }
    assert!(origins.take(place, at(0)).is_full(at(0)) && !origins.is_crowded(place));
}

#[test]
fn places_are_forgotten_once_everything_has_grown_back() {
    let mut origins = origins();
    for n in 0..10_000_u32 {
        let [a, b, c, d] = (n + (1 << 24)).to_be_bytes();
        let place = origins.open(address(&format!("{a}.{b}.{c}.{d}")), at(n.into()));
        let mut allowance = origins.take(place, at(n.into()));
        origins.spend(place, &mut allowance, 1, at(n.into()));
        origins.note_wrong(place, at(n.into()));
        origins.give_back(place, allowance, at(n.into()));
        origins.close(place, at(n.into()));
    }
    assert_eq!(origins.records.len(), 10_000);
    let later = 700_000;
    for n in 0..10_000 {
        let place = origins.open(Address::Unix, at(later + n));
        let mut allowance = origins.take(place, at(later + n));
        origins.spend(place, &mut allowance, 1, at(later + n));
        origins.give_back(place, allowance, at(later + n));
        origins.close(place, at(later + n));
    }
    assert!(origins.records.len() <= 2, "{}", origins.records.len());
    assert_eq!(origins.records.len(), origins.known.len());
}

#[test]
fn each_wrong_password_costs_more_time_up_to_a_limit() {
    for (ip, longest) in [("192.0.2.1", 8_000), ("::1", 1_000)] {
        let mut origins = origins();
        let place = origins.open(address(ip), at(0));
        let mut now = 0;
        let mut delays = Vec::new();
        for count in 1..=12 {
            assert_eq!(origins.note_wrong(place, at(now)), count);
            let next = origins.guess_at(place, at(now));
            let delay = next.map_or(0, |next| next.since(at(now)).as_millis() as u64);
            if delay > 0 {
                assert!(origins.guess_at(place, at(now + delay - 1)).is_some());
                assert_eq!(origins.guess_at(place, at(now + delay)), None);
            }
            delays.push(delay);
            now += delay;
        }
        let expected = (0..12).map(|n: u32| match n.checked_sub(2) {
            Some(n) => (250 << n).min(longest),
            None => 0,
        });
        assert!(expected.eq(delays), "{ip}");
        // After ten minutes without one, it begins anew.
        assert_eq!(origins.note_wrong(place, at(now + 600_000)), 1);
    }
}
