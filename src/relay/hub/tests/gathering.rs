//! Joins and departures: announced one by one, or together in a full room, and each exactly once.

use super::*;

#[test]
fn up_to_the_limit_everyone_is_told_of_singly() {
    let mut play = Play::new(|config| config.gather_above = 3);
    let [alice, _] = play.arrive_all(["alice", "bob"]);
    let carol = play.arrive("carol");
    play.leave(carol, Some("tired"));
    let carol = play.arrive("carol");
    play.leave(carol, None);
    let told = play.heard(alice);
    assert_eq!(
        told[1..],
        ["+bob", "+carol", "-carol (tired)", "+carol", "-carol"]
    );
    assert_eq!(play.hub.deadline(), None);
}

#[test]
fn nobody_overtakes_those_yet_to_be_told_of() {
    let mut play = Play::new(|config| config.gather_above = 1);
    let [alice, _, _] = play.arrive_all(["alice", "bob", "carol"]);
    play.heard(alice);
    // The second is over, but the loop has not handled the deadline yet.
    play.ms += 1500;
    play.arrive("dave");
    assert_eq!(play.heard(alice), [""; 0]);
    play.wait(0);
    assert_eq!(play.heard(alice), ["+[carol dave] -[]"]);
}

#[test]
fn in_a_crowd_everyone_is_counted_exactly_once() {
    for seed in 0..20 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut play = Play::new(|config| config.gather_above = 5);
        let watcher = play.arrive("watcher");
        let (mut here, mut joined, mut left) = (Vec::new(), 0, 0);
        for n in 0..300 {
            match random.u8(..10) {
                0..5 => {
                    here.push(play.arrive(&format!("p{n}")));
                    joined += 1;
                }
                5..9 if !here.is_empty() => {
                    play.leave(here.swap_remove(random.usize(..here.len())), None);
                    left += 1;
                }
                _ => play.wait(random.u64(..2500)),
            }
        }
        play.wait(5000);
        let told: Vec<(usize, usize)> = play
            .heard(watcher)
            .iter()
            .skip(1)
            .map(|l| count(l))
            .collect();
        let sum = told
            .iter()
            .fold((0, 0), |sum, told| (sum.0 + told.0, sum.1 + told.1));
        assert_eq!(sum, (joined, left), "seed {seed}");
    }
}

/// Returns how many people have entered and left according to a note.
fn count(note: &str) -> (usize, usize) {
    let people = |list: &str| -> usize {
        let names = list.split(' ').filter(|word| word.starts_with('p')).count();
        let mut words = list.split(' ').rev();
        let others = words.next().filter(|word| *word == "others");
        names + others.map_or(0, |_| words.next().unwrap().parse().unwrap())
    };
    match note
        .strip_prefix("+[")
        .and_then(|rest| rest.split_once("] -["))
    {
        Some((joined, left)) => (people(joined), people(left.trim_end_matches(']'))),
        None => (note.starts_with('+').into(), note.starts_with('-').into()),
    }
}
