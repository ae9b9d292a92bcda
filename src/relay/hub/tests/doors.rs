//! The checks whether a client may enter a room, and whether it may speak there.

use super::rules::ListVerdict;
use super::*;

#[test]
fn one_comes_in_only_as_the_rules_allow() {
    let cases: [(&[ModeChange<'_>], CommandError<'_>); 4] = [
        (&[ModeChange::Key(Some("sesame"))], CommandError::NeedsKey),
        (&[flag(Flag::InviteOnly)], CommandError::InviteOnly),
        (&[ModeChange::Limit(Some(1))], CommandError::Full),
        (
            &[list(List::Bans, "AL*!?al*@*", true)],
            CommandError::Banned,
        ),
    ];
    for (changes, why) in cases {
        let mut play = Play::new(|_| {});
        let bob = play.program("bob", &["dev"]);
        let alice = play.program("alice", &["lobby"]);
        assert!(play.change(bob, "dev", changes).is_ok());
        let expected = match why {
            // Alice's user name is `alice`, but the user part of the mask needs a character before `al`.
            CommandError::Banned => Ok(()),
            why => Err(why),
        };
        assert_eq!(play.enter(alice, "dev"), expected);
        let change = [list(List::Bans, "AL*!?l*@*", true)];
        if why == CommandError::Banned {
            assert_eq!(play.part(alice, "dev"), Ok(()));
            assert!(play.change(bob, "dev", &change).is_ok());
            assert_eq!(play.enter(alice, "dev"), Err(why));
        }
        let listed = match why {
            CommandError::NeedsKey => {
                assert_eq!(play.enter_with(alice, "dev", Some("Sesame")), Err(why));
                play.enter_with(alice, "dev", Some("sesame"))
            }
            CommandError::InviteOnly => {
                let change = [list(List::InviteExceptions, "alice", true)];
                assert!(play.change(bob, "dev", &change).is_ok());
                play.enter(alice, "dev")
            }
            CommandError::Banned => {
                let change = [list(List::BanExceptions, "alice", true)];
                assert!(play.change(bob, "dev", &change).is_ok());
                play.enter(alice, "dev")
            }
            _ => {
                assert!(
                    play.change(bob, "dev", &[ModeChange::Limit(Some(2))])
                        .is_ok()
                );
                play.enter(alice, "dev")
            }
        };
        assert_eq!(listed, Ok(()), "{why:?}");
    }
}

#[test]
fn an_invitation_opens_every_door_once() {
    let mut play = Play::new(|_| {});
    let bob = play.program("bob", &["dev"]);
    let eve = play.program("eve", &["dev"]);
    let alice = play.program("alice", &[]);
    let changes = [
        flag(Flag::InviteOnly),
        ModeChange::Key(Some("sesame")),
        ModeChange::Limit(Some(1)),
        list(List::Bans, "alice", true),
    ];
    assert!(play.change(bob, "dev", &changes).is_ok());
    let invite = |play: &mut Play, id, name| play.hub.invite_to(id, "dev", name, &mut play.notes);
    assert_eq!(
        invite(&mut play, eve, "alice"),
        Err(CommandError::NotOperator)
    );
    assert_eq!(invite(&mut play, alice, "bob"), Err(CommandError::NotIn));
    assert_eq!(
        invite(&mut play, bob, "eve"),
        Err(CommandError::AlreadyThere("eve"))
    );
    assert_eq!(
        invite(&mut play, bob, "x"),
        Err(CommandError::NoOneCalled("x"))
    );
    assert!(
        play.change(bob, "dev", &[rank(Rank::Operator, "eve", true)])
            .is_ok()
    );
    play.told();
    assert_eq!(invite(&mut play, bob, "alice"), Ok(()));
    assert_eq!(
        play.told(),
        ["alice: bob asks you into dev", "eve: bob asks alice in"]
    );
    assert_eq!(play.enter(alice, "dev"), Ok(()));
    assert_eq!(play.part(alice, "dev"), Ok(()));
    assert_eq!(play.enter(alice, "dev"), Err(CommandError::Banned));
}

#[test]
fn one_speaks_only_as_the_rules_allow() {
    let mut play = Play::new(|_| {});
    let bob = play.program("bob", &["dev"]);
    let alice = play.program("alice", &["dev"]);
    let eve = play.program("eve", &[]);
    let off = |flag| ModeChange::Flag(flag, false);
    assert_eq!(
        play.speak_to(eve, "dev", "hi"),
        Err(CommandError::NoExternal)
    );
    assert!(play.change(bob, "dev", &[off(Flag::NoExternal)]).is_ok());
    assert_eq!(play.speak_to(eve, "dev", "hi"), Ok(()));
    assert!(play.change(bob, "dev", &[flag(Flag::Moderated)]).is_ok());
    assert_eq!(
        play.speak_to(eve, "dev", "hi"),
        Err(CommandError::Moderated)
    );
    assert_eq!(
        play.speak_to(alice, "dev", "hi"),
        Err(CommandError::Moderated)
    );
    assert_eq!(play.speak_to(bob, "dev", "hi"), Ok(()));
    assert!(
        play.change(bob, "dev", &[rank(Rank::Voice, "alice", true)])
            .is_ok()
    );
    assert_eq!(play.speak_to(alice, "dev", "hi"), Ok(()));
    let quiet = [
        off(Flag::Moderated),
        list(List::Mutes, "alice", true),
        list(List::Bans, "eve", true),
    ];
    assert!(play.change(bob, "dev", &quiet).is_ok());
    assert_eq!(play.speak_to(alice, "dev", "hi"), Ok(()), "she has a voice");
    assert!(
        play.change(bob, "dev", &[rank(Rank::Voice, "alice", false)])
            .is_ok()
    );
    assert_eq!(play.speak_to(alice, "dev", "hi"), Err(CommandError::Muted));
    assert_eq!(
        play.speak_to(eve, "dev", "hi"),
        Err(CommandError::BannedThere)
    );
    let excepted = [list(List::BanExceptions, "*!*@*", true)];
    assert!(play.change(bob, "dev", &excepted).is_ok());
    assert_eq!(play.speak_to(alice, "dev", "hi"), Ok(()));
    play.told();
    assert!(
        play.change(bob, "dev", &[rank(Rank::Voice, "alice", true)])
            .is_ok()
    );
    play.told();
    for (to, told) in [(Rank::Operator, 1), (Rank::Voice, 2)] {
        assert_eq!(play.speak_to_rank(eve, "dev", to, "psst"), Ok(()));
        assert_eq!(play.told().len(), told);
    }
    let mut kept = play.hub.room("dev").unwrap().history();
    assert!(kept.all(|entry| entry.text != "psst"));
}

#[test]
fn each_line_that_is_not_said_is_answered() {
    let mut play = Play::new(|_| {});
    let bob = play.program("bob", &["dev"]);
    let alice = play.arrive("alice");
    play.perform(alice, Command::Join("dev"));
    assert!(play.change(bob, "dev", &[flag(Flag::Moderated)]).is_ok());
    play.told();
    let texts = Texts::several("onetwo", &[3, 6]);
    let now = play.now();
    let said = play.hub.speak(
        alice,
        Utterance::lines(Speech::Message, texts),
        now,
        &mut play.notes,
    );
    assert_eq!(said, Err(CommandError::Moderated));
}

#[test]
fn masks_of_all_rooms_together_are_bounded() {
    let mut play = Play::new(|_| {});
    let masks: Vec<String> = (0..MASKS_MAX).map(|n| format!("m{n}!*@*")).collect();
    let changes: Vec<ModeChange<'_>> = masks
        .iter()
        .map(|mask| list(List::Bans, mask, true))
        .collect();
    let fill = |play: &mut Play, id, room: &str| {
        let outcomes = play.change(id, room, &changes).unwrap();
        let is_applied = |outcome: &&Outcome<'_>| **outcome == Outcome::Applied;
        outcomes.iter().filter(is_applied).count()
    };
    let [bob, eve, dan] = ["bob", "eve", "dan"].map(|name| play.program(name, &[]));
    for n in 0..MASKS_TOTAL_MAX / MASKS_MAX {
        let (id, room) = ([bob, eve][n % 2], format!("r{n}"));
        assert_eq!(play.enter(id, &room), Ok(()));
        assert_eq!(fill(&mut play, id, &room), MASKS_MAX);
    }
    assert_eq!(play.enter(dan, "more"), Ok(()));
    assert_eq!(fill(&mut play, dan, "more"), 0);
    // The places of a room's masks are free for others once the room is forgotten, and so is the place
    // of a mask that is taken off.
    assert_eq!(play.part(bob, "r0"), Ok(()));
    assert_eq!(fill(&mut play, dan, "more"), 0);
    play.wait(3_600_000);
    assert_eq!(fill(&mut play, dan, "more"), MASKS_MAX);
    let one = [list(List::Bans, "m1", false)];
    assert_eq!(play.change(eve, "r1", &one), Ok(vec![Outcome::Applied]));
    assert_eq!(play.enter(bob, "r0"), Ok(()));
    assert_eq!(fill(&mut play, bob, "r0"), 1);
    for id in [bob, eve, dan] {
        play.leave(id, None);
    }
    play.wait(3_600_000);
    assert_eq!(play.hub.rooms.masks, 0);
}

/// A client without a nickname that connects from another host.
fn stranger(play: &mut Play) -> ConnId {
    let id = play.admit(EventLevel::Room);
    let elsewhere = crate::protocol::Address::Ip(([192, 0, 2, 1], 1).into());
    play.hub.set_origin(id, Host::cloak(0, elsewhere));
    id
}

#[test]
fn a_ban_means_the_person_named_or_not() {
    let mut play = Play::new(|_| {});
    let bob = play.program("bob", &["dev"]);
    let eve = stranger(&mut play);
    let host = Host::cloak(0, crate::protocol::Address::Ip(([192, 0, 2, 1], 1).into()));
    for (mask, nameless, named) in [
        ("*!*@*", false, false),
        (&*format!("*!*@{host}"), false, false),
        ("*!~*@*", true, false),
        ("eve!*@*", true, false),
        ("mallory", true, true),
    ] {
        let changes = [list(List::Bans, mask, true)];
        let changed = play.change(bob, "dev", &changes);
        assert_eq!(changed, Ok(vec![Outcome::Applied]));
        let banned = "refused dev: Banned";
        let told = play.answer(eve, Command::Join("dev"));
        assert_eq!(told != banned, nameless, "{mask}");
        // When a listener takes its first nickname, the bans of its rooms are checked again.
        let now = play.now();
        play.hub.arrive_like(eve, "eve", now, &mut play.notes);
        let is_in = |play: &Play, room: &str| play.hub.room(room).unwrap().ranks_of(eve).is_some();
        if nameless {
            assert_eq!(is_in(&play, "dev"), named, "{mask}");
            assert_eq!(is_in(&play, "lobby"), !named, "{mask}");
        }
        play.change(bob, "dev", &[list(List::Bans, mask, false)])
            .unwrap();
        play.leave(eve, None);
        play.admit_from(eve, EventLevel::Room, host);
    }
}

#[test]
fn nobody_takes_a_name_that_is_banned_or_by_which_they_would_speak() {
    let mut play = Play::new(|_| {});
    let bob = play.program("bob", &["dev"]);
    let eve = play.program("eve", &["dev", "other"]);
    let now = play.now();
    let rename = |play: &mut Play, name| play.hub.rename_exactly(eve, name, now, &mut play.notes);
    for (change, back) in [
        (
            flag(Flag::Moderated),
            ModeChange::Flag(Flag::Moderated, false),
        ),
        (
            list(List::Mutes, "eve", true),
            list(List::Mutes, "eve", false),
        ),
        (
            list(List::Bans, "*!*@*", true),
            list(List::Bans, "*!*@*", false),
        ),
        (
            list(List::Bans, "I_hate_you", true),
            list(List::Bans, "I_hate_you", false),
        ),
    ] {
        play.change(bob, "dev", &[change]).unwrap();
        let renamed = rename(&mut play, "I_hate_you");
        let is_kept = matches!(renamed, Err(CommandError::NameKept { room, .. }) if play.hub.find_room("dev") == Some(room));
        assert!(is_kept, "{change:?}: {renamed:?}");
        assert_eq!(play.hub.name(eve), Some("eve"));
        play.change(bob, "dev", &[back]).unwrap();
        assert_eq!(rename(&mut play, "I_hate_you"), Ok(()), "{change:?}");
        assert_eq!(rename(&mut play, "eve"), Ok(()));
    }
    // A client that may speak may also take another nickname.
    play.change(bob, "dev", &[flag(Flag::Moderated)]).unwrap();
    let now = play.now();
    let renamed = play.hub.rename_exactly(bob, "rob", now, &mut play.notes);
    assert_eq!(renamed, Ok(()));
}

#[test]
fn whoever_may_not_speak_is_not_heard_by_other_means_either() {
    let mut play = Play::new(|_| {});
    let bob = play.program("bob", &["dev"]);
    let eve = play.program("eve", &["dev"]);
    play.change(bob, "dev", &[list(List::Mutes, "eve", true)])
        .unwrap();
    play.notes.0.clear();
    let now = play.now();
    let topic = play
        .hub
        .set_topic_of(eve, "dev", Some("spam"), now, &mut play.notes);
    assert_eq!(topic, Err(CommandError::Muted));
    play.hub.set_away(eve, Some("spam"), &mut play.notes);
    play.hub.set_real_name(eve, "spam", &mut play.notes);
    assert_eq!(play.hub.follow(bob, "status"), Ok(true));
    let set = play.hub.set_value(
        eve,
        Whose::Person(eve),
        "status",
        Some("spam"),
        &mut play.notes,
    );
    assert_eq!(set, Ok(()));
    assert_eq!(play.told(), [""; 0]);
    let parted = play
        .hub
        .part_from(eve, "dev", Some("spam"), now, &mut play.notes);
    assert_eq!(parted, Ok(()));
    assert_eq!(play.told(), ["bob: -eve"]);
    assert_eq!(play.enter(eve, "dev"), Ok(()));
    play.notes.0.clear();
    play.leave(eve, Some("spam"));
    assert_eq!(play.told(), ["bob: --eve"]);
    // The server's own reason is told even where the client may not speak.
    let eve = play.program("eve", &["dev"]);
    play.notes.0.clear();
    let now = play.now();
    let reason = Some(Reason::Server("read too slowly"));
    play.hub.leave(eve, reason, now, &mut play.notes);
    assert_eq!(play.told(), ["bob: --eve (read too slowly)"]);
}

#[test]
fn only_an_operator_s_invitation_overrides_a_rule() {
    let mut play = Play::new(|_| {});
    let bob = play.program("bob", &["dev"]);
    let carol = play.program("carol", &["dev"]);
    let eve = play.program("eve", &[]);
    play.change(bob, "dev", &[list(List::Bans, "eve", true)])
        .unwrap();
    play.notes.0.clear();
    let invited = play.hub.invite_to(carol, "dev", "eve", &mut play.notes);
    assert_eq!(invited, Ok(()));
    assert!(play.told().iter().any(|it| it.starts_with("eve: ")));
    assert_eq!(play.enter(eve, "dev"), Err(CommandError::Banned));
    assert_eq!(
        play.hub.invite_to(bob, "dev", "eve", &mut play.notes),
        Ok(())
    );
    assert_eq!(play.enter(eve, "dev"), Ok(()));
}

#[test]
fn only_whoever_said_it_takes_it_back() {
    let mut play = Play::new(|_| {});
    let bob = play.program("bob", &["dev"]);
    let eve = play.program("eve", &["dev"]);
    play.say(eve, "oops");
    let message = play.hub.room("dev").unwrap().history().next().unwrap().id;
    play.leave(eve, None);
    // A client with the same nickname from the same host is not the sender.
    let other = play.program("eve", &["dev"]);
    let mut redact = |id| play.hub.redact(id, "dev", message, None, &mut play.notes);
    assert_eq!(redact(other), Err(CommandError::NotOperator));
    assert_eq!(redact(bob), Ok(()));
}

#[test]
fn one_host_leaves_an_eighth_of_the_rooms_to_others() {
    let mut play = Play::new(|config| config.rooms_max = 17);
    let bob = play.program("bob", &[]);
    for n in 0..15 {
        assert_eq!(play.enter(bob, &format!("{n}")), Ok(()));
    }
    assert_eq!(play.enter(bob, "d"), Err(CommandError::TooManyRooms));
    let eve = stranger(&mut play);
    assert_eq!(play.answer(eve, Command::Join("d")), "in d: ");
    // The places of rooms that are forgotten are free for others.
    assert_eq!(play.part(bob, "3"), Ok(()));
    play.wait(3_600_000);
    assert_eq!(play.enter(bob, "e"), Ok(()));
}

#[test]
fn a_verdict_of_the_lists_is_remembered_until_something_changes() {
    let mut play = Play::new(|_| {});
    let bob = play.program("bob", &["dev"]);
    let eve = play.program("eve", &["dev"]);
    let masks: Vec<String> = (0..99).map(|n| format!("*a*b*c*{n}*!*@*")).collect();
    let change = |mask| list(List::Mutes, mask, true);
    for masks in masks.chunks(12) {
        let changes: Vec<ModeChange<'_>> = masks.iter().map(|mask| change(mask)).collect();
        play.change(bob, "dev", &changes).unwrap();
    }
    let verdict = |play: &Play| {
        let members = &play.hub.rooms[play.hub.rooms.find("dev").unwrap()].members;
        members.iter().find(|it| it.id == eve).unwrap().verdict()
    };
    assert_eq!(verdict(&play), None);
    play.say(eve, "hello");
    assert_eq!(verdict(&play), Some(ListVerdict::Free));
    play.change(bob, "dev", &[list(List::Mutes, "eve", true)])
        .unwrap();
    assert_eq!(verdict(&play), None);
    play.say(eve, "hello");
    assert_eq!(verdict(&play), Some(ListVerdict::Muted));
    play.change(bob, "dev", &[list(List::Mutes, "eve", false)])
        .unwrap();
    play.say(eve, "hello");
    let now = play.now();
    let renamed = play.hub.rename_exactly(eve, "adam", now, &mut play.notes);
    assert_eq!((renamed, verdict(&play)), (Ok(()), None));
}

#[test]
fn what_a_line_has_the_hub_do_counts_as_lines() {
    let mut play = Play::new(|_| {});
    let bob = play.program("bob", &[]);
    play.hub.take_work();
    play.hub.take_work();
    assert_eq!(play.enter(bob, "new"), Ok(()));
    assert_eq!(play.hub.take_work(), 4);
    let many: Vec<String> = (0..MASKS_MAX).map(|n| format!("m{n}!*@*")).collect();
    let changes: Vec<ModeChange<'_>> = many.iter().map(|it| list(List::Bans, it, true)).collect();
    play.change(bob, "new", &changes).unwrap();
    assert_eq!(play.hub.take_work() as usize, MASKS_MAX - 1);
    let eve = play.program("eve", &[]);
    play.hub.take_work();
    assert_eq!(play.enter(eve, "new"), Ok(()));
    assert_eq!(play.hub.take_work(), 3, "a hundred masks");
    assert_eq!(play.enter(eve, "new"), Err(CommandError::AlreadyIn));
    assert_eq!(play.hub.take_work(), 0);
}
