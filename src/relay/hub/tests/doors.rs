//! Who may come into a room, and who may speak in it.

use super::*;

#[test]
fn one_comes_in_only_as_the_rules_allow() {
    let cases: [(&[ModeChange<'_>], Refused<'_>); 4] = [
        (&[ModeChange::Key(Some("sesame"))], Refused::NeedsKey),
        (&[flag(Flag::InviteOnly)], Refused::InviteOnly),
        (&[ModeChange::Limit(Some(1))], Refused::Full),
        (&[list(List::Bans, "AL*!?al*@*", true)], Refused::Banned),
    ];
    for (changes, why) in cases {
        let mut play = Play::new(|_| {});
        let bob = play.program("bob", &["dev"]);
        let alice = play.program("alice", &["lobby"]);
        assert!(play.change(bob, "dev", changes).is_ok());
        let expected = match why {
            // Her user name is `alice`, and the mask's begins with some other character.
            Refused::Banned => Ok(()),
            why => Err(why),
        };
        assert_eq!(play.enter(alice, "dev"), expected);
        let change = [list(List::Bans, "AL*!?l*@*", true)];
        if why == Refused::Banned {
            assert_eq!(play.part(alice, "dev"), Ok(()));
            assert!(play.change(bob, "dev", &change).is_ok());
            assert_eq!(play.enter(alice, "dev"), Err(why));
        }
        let listed = match why {
            Refused::NeedsKey => {
                assert_eq!(play.enter_with(alice, "dev", Some("Sesame")), Err(why));
                play.enter_with(alice, "dev", Some("sesame"))
            }
            Refused::InviteOnly => {
                let change = [list(List::InviteExceptions, "alice", true)];
                assert!(play.change(bob, "dev", &change).is_ok());
                play.enter(alice, "dev")
            }
            Refused::Banned => {
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
    let invite = |play: &mut Play, id, name| play.hub.invite(id, "dev", name, &mut play.notes);
    assert_eq!(invite(&mut play, eve, "alice"), Err(Refused::NotOperator));
    assert_eq!(invite(&mut play, alice, "bob"), Err(Refused::NotIn));
    assert_eq!(
        invite(&mut play, bob, "eve"),
        Err(Refused::AlreadyThere("eve"))
    );
    assert_eq!(invite(&mut play, bob, "x"), Err(Refused::NoOneCalled("x")));
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
    assert_eq!(play.enter(alice, "dev"), Err(Refused::Banned));
}

#[test]
fn one_speaks_only_as_the_rules_allow() {
    let mut play = Play::new(|_| {});
    let bob = play.program("bob", &["dev"]);
    let alice = play.program("alice", &["dev"]);
    let eve = play.program("eve", &[]);
    let off = |flag| ModeChange::Flag(flag, false);
    assert_eq!(play.speak_to(eve, "dev", "hi"), Err(Refused::NoExternal));
    assert!(play.change(bob, "dev", &[off(Flag::NoExternal)]).is_ok());
    assert_eq!(play.speak_to(eve, "dev", "hi"), Ok(()));
    assert!(play.change(bob, "dev", &[flag(Flag::Moderated)]).is_ok());
    assert_eq!(play.speak_to(eve, "dev", "hi"), Err(Refused::Moderated));
    assert_eq!(play.speak_to(alice, "dev", "hi"), Err(Refused::Moderated));
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
    assert_eq!(play.speak_to(alice, "dev", "hi"), Err(Refused::Muted));
    assert_eq!(play.speak_to(eve, "dev", "hi"), Err(Refused::BannedThere));
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
    let texts = ["one", "two"].into_iter();
    let now = play.now();
    play.hub
        .speak(alice, Speech::Message, texts, now, &mut play.notes);
    assert_eq!(play.told(), ["alice: refused dev: Moderated"; 2]);
}

#[test]
fn the_last_word_is_a_key_only_where_one_is_needed() {
    let mut play = Play::new(|_| {});
    let [alice, bob] = play.arrive_all(["alice", "bob"]);
    play.perform(alice, Command::Join("dev"));
    play.told();
    play.perform(bob, Command::Join("dev sesame"));
    assert_eq!(play.told(), ["bob: in dev_sesame: "]);
    play.perform(bob, Command::Join("lobby"));
    play.perform(alice, Command::SetMode(ModeChange::Key(Some("sesame"))));
    play.told();
    play.perform(bob, Command::Join("dev"));
    play.perform(bob, Command::Join("#dev  open"));
    assert_eq!(play.told(), ["bob: refused dev: NeedsKey"; 2]);
    // A room of that very name goes first, and there is one still.
    play.perform(bob, Command::Join("Dev Sesame"));
    assert_eq!(play.told(), ["bob: in dev_sesame: "]);
    play.perform(bob, Command::Join("lobby"));
    play.wait(3_600_000);
    play.told();
    play.perform(bob, Command::Join("DEV sesame "));
    assert_eq!(play.told(), ["bob: in dev: alice", "alice: +bob"]);
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
    // What an emptied room forgets is free for others; and what is taken back is.
    assert_eq!(play.part(bob, "r0"), Ok(()));
    assert_eq!(fill(&mut play, dan, "more"), MASKS_MAX);
    let one = [list(List::Bans, "m1", false)];
    assert_eq!(play.change(eve, "r1", &one), Ok(vec![Outcome::Applied]));
    assert_eq!(play.enter(bob, "r0"), Ok(()));
    assert_eq!(fill(&mut play, bob, "r0"), 1);
    for id in [bob, eve, dan] {
        play.leave(id, None);
    }
    assert_eq!(play.hub.rooms.masks, 0);
}

#[test]
fn a_name_that_folds_to_ever_so_much_is_compared_in_part() {
    let mut play = Play::new(|_| {});
    let bob = play.program("bob", &["dev"]);
    // Each is one letter, and eighteen when folded.
    let long = "\u{fdfa}".repeat(32);
    let eve = play.program(&long, &[]);
    let bans = [list(List::Bans, "*!*@local.host", true)];
    assert_eq!(play.change(bob, "dev", &bans), Ok(vec![Outcome::Applied]));
    assert_eq!(play.enter(eve, "dev"), Err(Refused::Banned));
}
