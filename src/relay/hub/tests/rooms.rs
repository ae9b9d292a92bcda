//! Rooms: the time that an empty one is kept, the limit on their number, and their history.

use super::*;

#[test]
fn an_empty_room_is_kept_for_an_hour() {
    let hour = 3_600_000;
    let mut play = Play::new(|_| {});
    let [alice, bob] = play.arrive_all(["alice", "bob"]);
    play.perform(alice, Command::Join("dev"));
    play.perform(alice, Command::SetTopic(Some("tea")));
    play.say(alice, "hello");
    play.perform(alice, Command::Join("lobby"));
    play.wait(hour - 1);
    // Entering the room for a moment makes the hour begin anew.
    let expected = "in dev: ; topic Some(\"tea\")";
    assert_eq!(play.answer(bob, Command::Join("dev")), expected);
    play.perform(bob, Command::Join("lobby"));
    play.wait(hour - 1);
    assert_eq!(play.answer(bob, Command::Join("DEV")), expected);
    play.perform(bob, Command::Join("lobby"));
    play.wait(hour);
    play.check_history();
    assert_eq!(play.answer(bob, Command::Join("dev")), "in dev: ");
}

#[test]
fn of_too_many_empty_rooms_the_oldest_goes() {
    let mut play = Play::new(|config| config.empty_rooms_max = 2);
    let [alice, _] = play.arrive_all(["alice", "bob"]);
    for room in ["one", "two", "three", "lobby"] {
        play.perform(alice, Command::Join(room));
        play.say(alice, room);
        play.wait(10);
    }
    let kept = |play: &Play, room: &str| play.hub.rooms.find(room).is_some();
    assert_eq!(
        ["one", "two", "three"].map(|room| kept(&play, room)),
        [false, true, true]
    );
    play.check_history();
    // Alice enters "two" and leaves it, so it has been empty for a shorter time than "three".
    for room in ["two", "four", "lobby"] {
        play.perform(alice, Command::Join(room));
        play.wait(10);
    }
    assert_eq!(
        ["two", "three", "four"].map(|room| kept(&play, room)),
        [true, false, true]
    );
}

#[test]
fn moving_never_loses_the_room_moved_to() {
    for empty_rooms_max in 0..3 {
        let mut random = fastrand::Rng::with_seed(5);
        let mut play = Play::new(|config| config.empty_rooms_max = empty_rooms_max);
        let movers = play.arrive_all(["alice", "bob"]);
        for _ in 0..500 {
            let mover = movers[random.usize(..2)];
            let room = format!("r{}", random.u8(..4));
            play.perform(mover, Command::Join(&room));
            let who = play.answer(mover, Command::Who);
            assert!(who.starts_with(&format!("who {room}:")), "{room}: {who}");
            play.wait(random.u64(..2) * 10);
        }
        let empty = play
            .hub
            .rooms
            .iter()
            .filter(|(_, room)| room.members.is_empty());
        assert!(empty.count() <= empty_rooms_max);
    }
}

#[test]
fn past_the_limit_of_rooms_one_stays_where_one_is() {
    let mut play = Play::new(|config| config.rooms_max = 2);
    let [alice, bob] = play.arrive_all(["alice", "bob"]);
    play.perform(alice, Command::Join("dev"));
    let refused = "refused ops: TooManyRooms";
    assert_eq!(play.answer(bob, Command::Join("ops")), refused);
    assert_eq!(play.answer(bob, Command::Who), "who lobby: bob");
    assert_eq!(play.answer(bob, Command::Join("Dev")), "in dev: alice");
    // The empty lobby is kept, so there is no place for another room.
    assert_eq!(play.answer(bob, Command::Join("ops")), refused);
    play.wait(3_600_000);
    assert_eq!(play.answer(bob, Command::Join("ops")), "in ops: ");
    // The lobby has been forgotten by now, and is made again for a client that arrives.
    let carol = play.arrive("carol");
    assert_eq!(play.answer(carol, Command::Who), "who lobby: carol");
}

#[test]
fn whoever_remembers_most_forgets_first() {
    let mut play = Play::new(|config| config.history_total_bytes_max = 10_000);
    let [alice, bob] = play.arrive_all(["alice", "bob"]);
    play.perform(bob, Command::Join("quiet"));
    play.say(bob, "precious");
    for n in 0..1000 {
        play.say(alice, &format!("{n:0>100}"));
        play.check_history();
    }
    let last = play.answer(alice, Command::History(Some(1)));
    assert!(last.ends_with("0999"), "{last}");
    assert_eq!(play.answer(bob, Command::History(None)), "history precious");
    // A line that is larger than the whole limit is not kept.
    play.say(bob, &"x".repeat(20_000));
    play.check_history();
    let bare = play.answer(bob, Command::History(None));
    assert_eq!(bare, "refused quiet: NoHistory");
}
