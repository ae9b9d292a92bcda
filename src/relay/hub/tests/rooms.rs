//! Rooms: the time that an empty one is kept, the limit on their number, and their history.

use super::*;
use crate::protocol::Address;

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
            play.say(mover, "hello");
            play.check_history();
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

/// One guest could have the rooms of all others forgotten, in a minute.
#[test]
fn whoever_leaves_many_rooms_loses_their_own() {
    let mut play = Play::new(|config| config.empty_rooms_max = 16);
    let hosts = [1, 2].map(|n| Host::cloak(7, Address::Ip(([192, 0, 2, n], 1).into())));
    let come = |play: &mut Play, host| {
        play.next += 1;
        let id = ConnId::new(play.next, 1);
        play.admit_from(id, EventLevel::Raw, host);
        let now = play.now();
        let name = format!("p{}", play.next);
        let whom = (&*name, "Someone");
        play.hub
            .arrive_exactly(id, &name, whom, now, &mut play.notes)
            .unwrap();
        id
    };
    let (ana, mallory) = (come(&mut play, hosts[0]), come(&mut play, hosts[1]));
    for room in ["team", "plans"] {
        play.enter(ana, room).unwrap();
        play.part(ana, room).unwrap();
    }
    for n in 0..60 {
        play.wait(1);
        let room = format!("m{n}");
        play.enter(mallory, &room).unwrap();
        play.part(mallory, &room).unwrap();
        let are_there = ["team", "plans"].map(|name| play.hub.room(name).is_some());
        assert_eq!(are_there, [true, true], "after {n} rooms of another");
    }
    let last = (44..60).filter(|n| play.hub.room(&format!("m{n}")).is_some());
    assert!(last.count() >= 8, "mallory has a share as well");
}
