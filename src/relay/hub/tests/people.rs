//! People: the profile that others see, past nicknames, and watched nicknames.

use super::*;

#[test]
fn a_name_is_taken_exactly_or_not_at_all() {
    let mut play = Play::new(|_| {});
    play.arrive("alice");
    let bob = play.admit(EventLevel::Raw);
    let now = play.now();
    for (name, expected) in [
        ("alice", Err(CommandError::NameTaken)),
        ("ALICE", Err(CommandError::NameTaken)),
        ("ＡＬＩＣＥ", Err(CommandError::NameTaken)),
        ("", Err(CommandError::NameIllegal)),
        ("b b", Err(CommandError::NameIllegal)),
        ("-bob", Err(CommandError::NameIllegal)),
        ("bob!", Err(CommandError::NameIllegal)),
        ("Bob", Ok(())),
    ] {
        let whom = ("b", "Bob B.");
        let arrived = play
            .hub
            .arrive_exactly(bob, name, whom, now, &mut play.notes);
        assert_eq!(arrived, expected, "{name}");
    }
    for (name, expected) in [
        ("Alice", Err(CommandError::NameTaken)),
        ("x y", Err(CommandError::NameIllegal)),
        ("BOB", Ok(())),
        ("carol", Ok(())),
    ] {
        let renamed = play.hub.rename_exactly(bob, name, now, &mut play.notes);
        assert_eq!(renamed, expected, "{name}");
    }
    assert_eq!(play.hub.find("bob"), None);
    assert_eq!(play.hub.find("carol"), Some(bob));
    assert_eq!(play.hub.named(), 2);
    let person = play.hub.person("CAROL").unwrap();
    assert_eq!(person.mask().to_string(), "carol!b@local.host");
    assert_eq!(person.real_name(), "Bob B.");
    // The same nickname in another case is not a new one, so the old one is not remembered.
    let was: Vec<&str> = play.hub.was_called("bob").map(|past| &*past.name).collect();
    assert_eq!(was, ["BOB"]);
}

#[test]
fn the_last_names_given_up_are_remembered() {
    let mut play = Play::new(|_| {});
    for n in 0..PAST_MAX {
        let id = play.arrive(&format!("p{n}"));
        play.leave(id, None);
    }
    assert_eq!(play.hub.was_called("P0").count(), 1);
    play.ms = 5_000;
    for _ in 0..2 {
        let id = play.arrive("p1");
        play.leave(id, None);
    }
    assert_eq!(play.hub.was_called("p0").count(), 0);
    let left: Vec<&Past> = play.hub.was_called("p1").collect();
    assert_eq!(left.len(), 2, "the first p1 has been forgotten");
    assert_eq!((&*left[0].user, &*left[0].real_name), ("~user", "p1"));
    assert_eq!(play.hub.was_called("p2").count(), 1);
}

#[test]
fn whoever_watches_is_told_of_comings_and_goings() {
    let mut play = Play::new(|_| {});
    let alice = play.program("alice", &[]);
    for name in ["bob", "BOB", "carol"] {
        assert_eq!(play.hub.watch(alice, name), Ok(()));
    }
    assert!(play.hub.watched(alice).eq(["bob", "carol"]));
    assert_eq!(play.hub.watch(alice, "a b"), Err(CommandError::NameIllegal));
    let bob = play.arrive("Bob");
    play.told();
    play.perform(bob, Command::Rename("bOB"));
    assert_eq!(play.told(), ["bOB: you=bOB"]);
    play.perform(bob, Command::Rename("Carol"));
    assert_eq!(
        play.told(),
        ["Carol: you=Carol", "alice: gone bOB", "alice: here Carol"]
    );
    play.perform(bob, Command::Away(Some("tea")));
    assert_eq!(
        play.told(),
        [
            "alice: watching Carol away Some(\"tea\")",
            "Carol: NowAway(true)"
        ]
    );
    play.hub.unwatch(alice, "CAROL");
    play.leave(bob, None);
    assert_eq!(play.told(), [""; 0]);
    let bob = play.arrive("bob");
    assert_eq!(play.told(), ["bob: in lobby: ", "alice: here bob"]);
    play.hub.unwatch_all(alice);
    play.leave(bob, None);
    assert_eq!(play.told(), [""; 0]);
    // A client that leaves watches no nicknames any more.
    assert_eq!(play.hub.watch(alice, "dave"), Ok(()));
    play.leave(alice, None);
    play.arrive("dave");
    assert_eq!(play.told(), ["dave: in lobby: "]);
}

#[test]
fn everyone_is_counted_as_what_they_are() {
    let mut play = Play::new(|_| {});
    let alice = play.arrive("alice");
    let bob = play.program("bob", &["dev"]);
    play.admit(EventLevel::Room);
    for flag in [PersonFlag::Invisible, PersonFlag::Operator] {
        assert!(play.hub.set_flag(bob, flag, true));
        assert!(!play.hub.set_flag(bob, flag, true));
    }
    let expected = Counts {
        named: 2,
        named_max: 2,
        invisible: 1,
        operators: 1,
        listeners: 1,
        rooms: 2,
    };
    assert_eq!(play.hub.counts(), expected);
    assert!(
        play.hub
            .person("bob")
            .unwrap()
            .profile
            .is(PersonFlag::Invisible)
    );
    assert!(!play.hub.person("bob").unwrap().profile.is(PersonFlag::Bot));
    play.leave(bob, None);
    play.leave(alice, None);
    let expected = Counts {
        named_max: 2,
        listeners: 1,
        rooms: 1,
        ..Counts::default()
    };
    assert_eq!(play.hub.counts(), expected);
}

#[test]
fn silence_is_measured_from_what_was_last_said() {
    let mut play = Play::new(|_| {});
    let at = |seconds: u64| Time::new(Duration::from_secs(seconds), Duration::from_secs(seconds));
    let alice = play.admit(EventLevel::Room);
    play.hub
        .arrive_like(alice, "alice", at(10), &mut play.notes);
    let idle = |play: &Play, now| {
        play.hub
            .person("alice")
            .unwrap()
            .profile
            .idle(at(now))
            .as_secs()
    };
    assert_eq!(idle(&play, 15), 5);
    let said = Texts::one("hi");
    let said = play.hub.speak(
        alice,
        Utterance::lines(Speech::Message, said),
        at(20),
        &mut play.notes,
    );
    assert_eq!(said, Ok(()));
    assert_eq!(idle(&play, 30), 10);
    // The clock was set back.
    assert_eq!(idle(&play, 3), 0);
    let profile = play.hub.person("alice").unwrap().profile;
    assert_eq!(profile.arrived_unix_seconds(), 10);
}
