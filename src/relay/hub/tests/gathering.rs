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
fn above_it_the_first_is_told_of_at_once_and_the_others_together() {
    let mut play = Play::new(|config| config.gather_above = 2);
    let [alice, bob, _carol] = play.arrive_all(["alice", "bob", "carol"]);
    assert_eq!(play.heard(alice)[1..], ["+bob", "+carol"]);
    let [dave, _erin] = play.arrive_all(["dave", "erin"]);
    play.leave(bob, Some("a reason is not for a list"));
    play.leave(dave, None);
    assert_eq!(play.heard(alice), [""; 0]);
    play.wait(999);
    assert_eq!(play.heard(alice), [""; 0]);
    play.wait(1);
    assert_eq!(play.heard(alice), ["+[dave erin] -[bob dave]"]);
    // The next announcement comes no sooner than a second later, and is a single one again.
    play.wait(1000);
    play.leave(_carol, Some("tired"));
    assert_eq!(play.heard(alice), ["-carol (tired)"]);
}

#[test]
fn whoever_leaves_was_one_of_those_who_made_the_room_full() {
    let mut play = Play::new(|config| config.gather_above = 2);
    let [alice, bob, carol] = play.arrive_all(["alice", "bob", "carol"]);
    play.heard(alice);
    play.leave(carol, None);
    assert_eq!(
        play.heard(alice),
        [""; 0],
        "it is within a second of the last"
    );
    // The room is no longer full, but one announcement is still pending.
    play.leave(bob, None);
    assert_eq!(play.heard(alice), [""; 0]);
    play.wait(1000);
    assert_eq!(play.heard(alice), ["+[] -[carol bob]"]);
    play.arrive("dave");
    assert_eq!(play.heard(alice), ["+dave"]);
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
fn an_emptied_room_tells_nobody_later() {
    let mut play = Play::new(|config| config.gather_above = 0);
    let [alice, bob] = play.arrive_all(["alice", "bob"]);
    play.leave(alice, None);
    play.leave(bob, None);
    let carol = play.arrive("carol");
    play.wait(5000);
    assert_eq!(play.heard(carol), ["in lobby: "]);
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

#[test]
fn past_twenty_the_rest_is_a_number() {
    let mut play = Play::new(|config| config.gather_above = 0);
    let alice = play.arrive("alice");
    play.wait(5000);
    let names: Vec<String> = (0..30).map(|n| format!("p{n}")).collect();
    for name in &names {
        play.arrive(name);
    }
    play.wait(5000);
    let told = play.heard(alice);
    assert_eq!(told[1], "+p0");
    assert_eq!(
        told[2],
        format!("+[{} 9 others] -[]", names[1..21].join(" "))
    );
}
