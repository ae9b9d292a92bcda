//! The actions of operators, and their effects on others.

use super::*;

fn is_operator(play: &Play, room: &str, id: ConnId) -> bool {
    let ranks = play.hub.room(room).unwrap().ranks_of(id);
    ranks.is_some_and(|ranks| ranks.is_operator)
}

#[test]
fn whoever_is_first_in_a_room_rules_it_but_nobody_the_lobby() {
    let mut play = Play::new(|_| {});
    let [alice, bob] = play.arrive_all(["alice", "bob"]);
    assert!(!is_operator(&play, "lobby", alice));
    play.perform(alice, Command::Join("dev"));
    play.perform(bob, Command::Join("dev"));
    assert!(is_operator(&play, "dev", alice));
    assert!(!is_operator(&play, "dev", bob));
    play.perform(alice, Command::Join("lobby"));
    play.perform(alice, Command::Join("dev"));
    assert!(is_operator(&play, "dev", alice), "she is known again");
    assert!(!is_operator(&play, "dev", bob));
    // A listener is no operator, and does not keep others from becoming one.
    let listener = play.admit(EventLevel::Room);
    play.perform(listener, Command::Join("ops"));
    assert!(!is_operator(&play, "ops", listener));
    play.perform(bob, Command::Join("ops"));
    assert!(is_operator(&play, "ops", bob));
    play.perform(listener, Command::Rename("carol"));
    assert!(!is_operator(&play, "ops", listener));
    let lonely = play.admit(EventLevel::Room);
    play.perform(lonely, Command::Join("den"));
    play.perform(lonely, Command::Rename("dave"));
    assert!(is_operator(&play, "den", lonely));
}

#[test]
fn an_empty_room_keeps_its_rules_as_long_as_its_topic() {
    let mut play = Play::new(|_| {});
    let bob = play.program("bob", &["dev"]);
    let changes = [
        flag(Flag::InviteOnly),
        flag(Flag::Secret),
        ModeChange::Key(Some("sesame")),
        list(List::Bans, "*!*@*", true),
    ];
    assert_eq!(
        play.change(bob, "dev", &changes),
        Ok(vec![Outcome::Applied; 4])
    );
    let now = play.now();
    let set = play
        .hub
        .set_topic_of(bob, "dev", Some("tea"), now, &mut play.notes);
    assert_eq!(set, Ok(()));
    let alice = play.program("alice", &[]);
    assert_eq!(play.part(bob, "dev"), Ok(()));
    // The room is empty, and still no other client may enter it or see its topic.
    assert_eq!(play.enter(alice, "dev"), Err(CommandError::Banned));
    assert!(!play.hub.room("dev").unwrap().is_visible_to(alice));
    // Its operator may enter and is an operator again, but another client under another nickname may
    // not.
    let eve = play.program("bob2", &[]);
    assert_eq!(play.enter(eve, "dev"), Err(CommandError::Banned));
    assert_eq!(play.enter(bob, "dev"), Ok(()));
    assert!(is_operator(&play, "dev", bob));
    let dev = play.hub.room("dev").unwrap();
    assert_eq!(&*dev.topic().unwrap().text, "tea");
    assert_eq!(&*dev.topic().unwrap().by, "bob!bob@local.host");
    assert!(dev.has(Flag::InviteOnly) && dev.key() == Some("sesame"));
    // All state of the room is forgotten together.
    play.leave(bob, None);
    play.wait(3_599_999);
    assert_eq!(play.enter(alice, "dev"), Err(CommandError::Banned));
    play.wait(1);
    assert_eq!(play.enter(alice, "dev"), Ok(()));
    assert!(is_operator(&play, "dev", alice));
    let dev = play.hub.room("dev").unwrap();
    assert!(dev.topic().is_none() && dev.key().is_none() && !dev.has(Flag::Secret));
    assert_eq!(dev.list(List::Bans).len(), 0);
}

#[test]
fn an_operator_who_comes_back_is_one_again_and_the_others_are_told() {
    let mut play = Play::new(|_| {});
    let bob = play.program("bob", &["dev"]);
    let alice = play.program("alice", &["dev"]);
    let voiced = [ModeChange::Rank {
        rank: Rank::Voice,
        name: "alice",
        is_on: true,
    }];
    play.change(bob, "dev", &voiced).unwrap();
    play.leave(bob, None);
    play.notes.0.clear();
    // A client with the same nickname from another host is another person.
    let elsewhere = crate::protocol::Address::Ip(([192, 0, 2, 1], 1).into());
    let eve = play.program("bob", &[]);
    play.hub.set_origin(eve, Host::cloak(0, elsewhere));
    assert_eq!(play.enter(eve, "dev"), Ok(()));
    assert!(!is_operator(&play, "dev", eve));
    play.leave(eve, None);
    play.notes.0.clear();
    let bob = play.program("BOB", &["dev"]);
    assert!(is_operator(&play, "dev", bob));
    assert_eq!(play.told(), ["alice: +BOB", "alice: again BOB"]);
    // A voice is not remembered.
    assert_eq!(play.part(alice, "dev"), Ok(()));
    assert_eq!(play.enter(alice, "dev"), Ok(()));
    let dev = play.hub.room("dev").unwrap();
    assert_eq!(dev.ranks_of(alice), Some(Ranks::default()));
}

#[test]
fn whoever_was_put_out_banned_or_deposed_is_not_known_again() {
    for how in ["kick", "ban", "depose"] {
        let mut play = Play::new(|_| {});
        let alice = play.program("alice", &["dev"]);
        let bob = play.program("bob", &["dev"]);
        let rank = |is_on| ModeChange::Rank {
            rank: Rank::Operator,
            name: "bob",
            is_on,
        };
        play.change(alice, "dev", &[rank(true)]).unwrap();
        let now = play.now();
        if how == "kick" {
            let hub = &mut play.hub;
            let kicked = hub.kick_from(alice, "dev", ("bob", None), now, &mut play.notes);
            assert_eq!(kicked, Ok(()));
        } else {
            assert_eq!(play.part(bob, "dev"), Ok(()));
            let change = match how {
                "ban" => list(List::Bans, "bob", true),
                _ => rank(false),
            };
            let changes = [change];
            let changed = play.change(alice, "dev", &changes);
            assert_eq!(changed, Ok(vec![Outcome::Applied]), "{how}");
        }
        match how {
            "ban" => assert_eq!(play.enter(bob, "dev"), Err(CommandError::Banned)),
            _ => {
                assert_eq!(play.enter(bob, "dev"), Ok(()));
                assert!(!is_operator(&play, "dev", bob), "{how}");
            }
        }
    }
}

#[test]
fn so_many_absent_operators_are_remembered_and_the_one_gone_longest_is_not() {
    let mut play = Play::new(|_| {});
    let alice = play.program("alice", &["dev"]);
    let names: Vec<String> = (0..17).map(|n| format!("op{n}x")).collect();
    for name in &names {
        let id = play.program(name, &["dev"]);
        let change = ModeChange::Rank {
            rank: Rank::Operator,
            name,
            is_on: true,
        };
        play.change(alice, "dev", &[change]).unwrap();
        play.leave(id, None);
    }
    for (n, name) in names.iter().enumerate() {
        let id = play.program(name, &["dev"]);
        assert_eq!(is_operator(&play, "dev", id), n > 0, "{name}");
    }
}

#[test]
fn only_operators_change_modes_and_each_change_stands_by_itself() {
    let mut play = Play::new(|_| {});
    let bob = play.program("bob", &["dev"]);
    let alice = play.program("alice", &["dev"]);
    play.program("carol", &[]);
    play.told();
    let moderated = [flag(Flag::Moderated)];
    assert_eq!(
        play.change(alice, "dev", &moderated),
        Err(CommandError::NotOperator)
    );
    assert_eq!(
        play.change(alice, "ops", &moderated),
        Err(CommandError::NoSuchRoom)
    );
    let changes = [
        flag(Flag::Moderated),
        flag(Flag::NoExternal),
        rank(Rank::Voice, "ALICE", true),
        rank(Rank::Voice, "carol", true),
        rank(Rank::Operator, "nobody", true),
        ModeChange::Limit(Some(2)),
        ModeChange::Key(None),
    ];
    let outcomes = play.change(bob, "dev", &changes).unwrap();
    let expected = [
        Outcome::Applied,
        Outcome::Unchanged,
        Outcome::Applied,
        Outcome::Refused(CommandError::NotWithYou("carol")),
        Outcome::Refused(CommandError::NoOneCalled("nobody")),
        Outcome::Applied,
        Outcome::Unchanged,
    ];
    assert_eq!(outcomes, expected);
    let told = play.told().concat();
    assert!(
        told.starts_with("alice: bob sets [Flag(Moderated, true), Rank"),
        "{told}"
    );
    assert!(told.contains("\"alice\""), "by the name she has: {told}");
    assert!(told.ends_with("Limit(Some(2))]"), "{told}");
    // An operator may have a voice as well, and keeps it.
    let both = [
        rank(Rank::Operator, "alice", true),
        rank(Rank::Operator, "bob", false),
    ];
    assert_eq!(
        play.change(bob, "dev", &both),
        Ok(vec![Outcome::Applied; 2])
    );
    let ranks = play.hub.room("dev").unwrap().ranks_of(alice).unwrap();
    assert!(ranks.is_operator && ranks.has_voice);
    assert_eq!(
        play.change(bob, "dev", &moderated),
        Err(CommandError::NotOperator)
    );
    // A server operator has the rights of an operator in every room, even without being a member.
    let dave = play.program("dave", &[]);
    assert_eq!(
        play.change(dave, "dev", &moderated),
        Err(CommandError::NotIn)
    );
    play.hub.set_flag(dave, PersonFlag::Operator, true);
    assert_eq!(
        play.change(dave, "dev", &moderated),
        Ok(vec![Outcome::Unchanged])
    );
}

#[test]
fn a_room_s_lists_have_room_for_so_many_masks() {
    let mut play = Play::new(|_| {});
    let bob = play.program("bob", &["dev"]);
    let masks: Vec<String> = (0..=MASKS_MAX).map(|n| format!("m{n}!*@*")).collect();
    let changes: Vec<ModeChange<'_>> = masks
        .iter()
        .enumerate()
        .map(|(n, mask)| list(List::ALL[n % 4], mask, true))
        .collect();
    let outcomes = play.change(bob, "dev", &changes).unwrap();
    let (last, others) = outcomes.split_last().unwrap();
    assert!(others.iter().all(|outcome| *outcome == Outcome::Applied));
    let full = List::ALL[MASKS_MAX % 4];
    assert_eq!(*last, Outcome::Refused(CommandError::ListFull(full)));
    // A mask that is on the list already needs no place, and one that is taken off makes a place.
    let again = [
        list(List::Bans, "M0", true),
        list(List::Bans, "M0", false),
        changes[MASKS_MAX],
    ];
    let expected = vec![Outcome::Unchanged, Outcome::Applied, Outcome::Applied];
    assert_eq!(play.change(bob, "dev", &again), Ok(expected));
    let dev = play.hub.room("dev").unwrap();
    let bans: Vec<MaskView<'_>> = dev.list(List::Bans).collect();
    assert_eq!((bans[0].mask, bans[0].by), ("m4!*@*", "bob!bob@local.host"));
}

#[test]
fn a_secret_room_is_not_for_everybody_to_see() {
    let mut play = Play::new(|_| {});
    let bob = play.program("bob", &["dev"]);
    let alice = play.arrive("alice");
    assert!(play.change(bob, "dev", &[flag(Flag::Secret)]).is_ok());
    let visible = |play: &Play, id| play.hub.room("dev").unwrap().is_visible_to(id);
    assert!(visible(&play, bob) && !visible(&play, alice));
    play.hub.set_flag(alice, PersonFlag::Operator, true);
    assert!(visible(&play, alice));
}

#[test]
fn by_word_of_mouth_the_same_is_done_and_everyone_is_told() {
    let mut play = Play::new(|_| {});
    let [alice, bob] = play.arrive_all(["alice", "bob"]);
    for id in [alice, bob] {
        play.perform(id, Command::Join("dev"));
    }
    play.told();
    play.own();
    let [name, whom] = ["BOB", "bob"];
    play.perform(bob, Command::SetTopic(Some("tea")));
    assert_eq!(play.told(), ["alice: topic Some(\"tea\")"]);
    assert_eq!(play.own(), ["bob: topic Some(\"tea\")"]);
    let voice = Command::Change(rank(Rank::Voice, name, true));
    play.perform(bob, voice);
    assert_eq!(play.told(), ["bob: refused dev: NotOperator"]);
    play.perform(alice, voice);
    let voiced = "alice sets [Rank { rank: Voice, name: \"bob\", is_on: true }]";
    assert_eq!(play.told(), [format!("bob: {voiced}")]);
    assert_eq!(play.own(), [format!("alice: {voiced}")]);
    play.perform(alice, voice);
    assert_eq!(play.told(), ["alice: refused dev: Unchanged"]);
    let masks = play.hub.masks_in("dev", List::Bans, whom, true);
    let ban = Command::Change(list(List::Bans, &masks[0], true));
    play.perform(alice, ban);
    let told = play.told().concat();
    assert!(
        told.contains("mask: \"bob!*@*\""),
        "on a shared host, by name: {told}"
    );
    let reason = None;
    play.perform(alice, Command::Kick { name, reason });
    let expected = ["bob: alice kicks you, dev", "bob: in lobby: "];
    assert_eq!(play.told(), expected);
    assert_eq!(play.own().last().unwrap(), "alice: alice kicks bob");
    play.perform(bob, Command::Join("dev"));
    assert_eq!(play.told(), ["bob: refused dev: Banned"]);
    play.perform(alice, Command::Invite(whom));
    assert_eq!(play.told(), ["bob: alice asks you into dev"]);
    play.perform(bob, Command::Join("dev"));
    assert_eq!(
        play.told(),
        [
            "bob: in dev: alice",
            "bob: topic Some(\"tea\")",
            "alice: +bob"
        ]
    );
}
