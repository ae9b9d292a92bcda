//! Metadata: the clients that may change it, and the clients that the hub tells of changes.

use super::*;

/// Returns the notes since the last call, each with its recipient.
fn told(play: &mut Play) -> Vec<(ConnId, String)> {
    std::mem::take(&mut play.notes.0)
}

#[test]
fn a_change_is_told_to_each_follower_once_whatever_they_share() {
    let mut play = Play::new(|_| {});
    let alice = play.program("alice", &["dev", "ops"]);
    let bob = play.program("bob", &["dev", "ops"]);
    let carol = play.program("carol", &["dev"]);
    let dave = play.program("dave", &["other"]);
    let erin = play.program("erin", &[]);
    play.arrive("person");
    for id in [alice, bob, dave, erin] {
        assert_eq!(play.hub.follow(id, "color"), Ok(true));
        assert_eq!(play.hub.follow(id, "color"), Ok(false));
    }
    assert_eq!(play.hub.follow(carol, "status"), Ok(true));
    for id in [bob, erin] {
        play.hub.watch(id, "alice").unwrap();
    }
    told(&mut play);
    let whose = Whose::Person(alice);
    let set = |play: &mut Play, by, value| {
        let done = play
            .hub
            .set_value(by, whose, "color", value, &mut play.notes);
        assert_eq!(done, Ok(()));
        told(play)
    };
    let red = String::from("alice color=red");
    let expected = [(bob, red.clone()), (erin, red)];
    assert_eq!(set(&mut play, alice, Some("red")), expected);
    assert_eq!(set(&mut play, alice, Some("red")), []);
    // A person is told of a change that someone else has made, and the one who has made it is not.
    play.hub.set_flag(bob, PersonFlag::Operator, true);
    let gone = String::from("alice color=");
    let expected = [(alice, gone.clone()), (erin, gone)];
    assert_eq!(set(&mut play, bob, None), expected);
    assert_eq!(set(&mut play, bob, None), []);
}

#[test]
fn who_has_no_name_is_nobody_for_others_and_can_have_something_all_the_same() {
    let mut play = Play::new(|_| {});
    let alice = play.program("alice", &[]);
    let id = ConnId::new(99, 1);
    let set = |play: &mut Play, by| {
        let whose = Whose::Person(id);
        play.hub
            .set_value(by, whose, "color", Some("red"), &mut play.notes)
    };
    assert_eq!(set(&mut play, id), Err(MetadataError::NoSuchTarget));
    assert_eq!(
        play.hub.follow(id, "color"),
        Err(MetadataError::NoSuchTarget)
    );
    play.hub.admit_roomless(id, Format(1), EventLevel::Raw);
    play.hub.set_flag(alice, PersonFlag::Operator, true);
    assert_eq!(set(&mut play, id), Ok(()));
    assert_eq!(set(&mut play, alice), Err(MetadataError::NoSuchTarget));
    assert_eq!(play.hub.metadata(alice, Whose::Person(id)), None);
    play.hub.follow(alice, "color").unwrap();
    play.hub.watch(alice, "bob").unwrap();
    told(&mut play);
    let now = play.now();
    let arrived = play
        .hub
        .arrive_exactly(id, "bob", ("b", "Bob"), now, &mut play.notes);
    assert_eq!(arrived, Ok(()));
    let here = String::from("here bob [(\"color\", \"red\")]");
    assert_eq!(told(&mut play), [(alice, here)]);
    play.leave(id, None);
    assert_eq!(play.hub.metadata(alice, Whose::Person(id)), None);
}

#[test]
fn a_room_is_told_of_by_followers_in_it_and_ruled_by_its_operators() {
    let mut play = Play::new(|_| {});
    let alice = play.program("alice", &["dev"]);
    let bob = play.program("bob", &["dev"]);
    let carol = play.program("carol", &[]);
    for id in [bob, carol] {
        play.hub.follow(id, "color").unwrap();
    }
    told(&mut play);
    let whose = Whose::Room(play.hub.room_called("DEV"));
    for (by, done) in [
        (bob, Err(MetadataError::NotAllowed)),
        (carol, Err(MetadataError::NotAllowed)),
        (alice, Ok(())),
    ] {
        let set = play
            .hub
            .set_value(by, whose, "color", Some("red"), &mut play.notes);
        assert_eq!(set, done);
    }
    assert_eq!(told(&mut play), [(bob, String::from("room color=red"))]);
    let cleared = play.hub.clear_values(bob, whose, &mut play.notes);
    assert_eq!(cleared, Err(MetadataError::NotAllowed));
    let cleared = play.hub.clear_values(alice, whose, &mut play.notes);
    assert_eq!(cleared, Ok(vec!["color".into()]));
    assert_eq!(told(&mut play), [(bob, String::from("room color="))]);
    let nowhere = Whose::Room(RoomId::default());
    assert_eq!(play.hub.metadata(carol, nowhere), None);
}

#[test]
fn what_is_followed_ends_with_the_one_who_follows() {
    let mut play = Play::new(|_| {});
    let alice = play.program("alice", &["dev"]);
    let bob = play.program("bob", &["dev"]);
    for key in ["b", "a", "c"] {
        play.hub.follow(bob, key).unwrap();
    }
    let followed = |play: &Play| play.hub.followed(bob).join(" ");
    assert_eq!(followed(&play), "a b c");
    play.hub.unfollow(bob, "b");
    play.hub.unfollow(bob, "x");
    assert_eq!(followed(&play), "a c");
    play.hub.unfollow_all(bob);
    assert_eq!(followed(&play), "");
    play.hub.follow(bob, "a").unwrap();
    play.leave(bob, None);
    assert_eq!(followed(&play), "");
    told(&mut play);
    let whose = Whose::Person(alice);
    let set = play
        .hub
        .set_value(alice, whose, "a", Some("x"), &mut play.notes);
    assert_eq!(set, Ok(()));
    assert_eq!(told(&mut play), []);
}
