//! A client in several rooms: it is told of each event once, and of each room by itself.

use super::*;

#[test]
fn whoever_shares_several_rooms_is_told_once() {
    let mut play = Play::new(|_| {});
    let bob = play.program("bob", &["one", "two", "three"]);
    let alice = play.program("alice", &["one", "two"]);
    play.program("carol", &["three", "four"]);
    play.told();
    let now = play.now();
    let renamed = play
        .hub
        .rename_exactly(alice, "alicia", now, &mut play.notes);
    assert_eq!(renamed, Ok(()));
    assert_eq!(play.told(), ["bob: alice=alicia"]);
    play.hub.set_away(alice, Some("tea"), &mut play.notes);
    // A value that has not changed is not told.
    play.hub.set_away(alice, Some("tea"), &mut play.notes);
    assert_eq!(play.told(), ["bob: alicia away Some(\"tea\")"]);
    play.hub.set_real_name(bob, "Robert", &mut play.notes);
    assert_eq!(
        play.told(),
        ["alicia: bob real Robert", "carol: bob real Robert"]
    );
    play.leave(bob, Some("so long"));
    assert_eq!(
        play.told(),
        ["alicia: --bob (so long)", "carol: --bob (so long)"]
    );
    assert!(play.hub.rooms_of(bob).next().is_none());
}

#[test]
fn one_speaks_in_each_room_by_itself_and_is_not_told() {
    let mut play = Play::new(|_| {});
    let bob = play.program("bob", &["one", "two"]);
    play.program("alice", &["one"]);
    play.program("carol", &["two"]);
    play.told();
    assert_eq!(play.speak_to(bob, "ONE", "hi"), Ok(()));
    assert_eq!(play.speak_to(bob, "two", "ho"), Ok(()));
    assert_eq!(play.told(), ["alice: <bob> hi", "carol: <bob> ho"]);
    assert_eq!(
        play.speak_to(bob, "three", "?"),
        Err(CommandError::NoSuchRoom)
    );
    let texts = |play: &Play, room| -> Vec<String> {
        let history = play.hub.room(room).unwrap().history();
        history.map(|entry| entry.text.clone()).collect()
    };
    assert_eq!(texts(&play, "one"), ["hi"]);
    assert_eq!(texts(&play, "two"), ["ho"]);
    assert_eq!(play.part(bob, "one"), Ok(()));
    assert_eq!(play.part(bob, "one"), Err(CommandError::NotIn));
    assert_eq!(play.part(bob, "three"), Err(CommandError::NoSuchRoom));
    assert_eq!(play.told(), ["alice: -bob"]);
    assert_eq!(
        play.speak_to(bob, "one", "hi"),
        Err(CommandError::NoExternal)
    );
}

#[test]
fn places_in_many_rooms_survive_any_comings_and_goings() {
    let mut random = fastrand::Rng::with_seed(9);
    let mut play = Play::new(|_| {});
    let people: Vec<ConnId> = (0..12)
        .map(|n| play.program(&format!("p{n}"), &[]))
        .collect();
    let mut expected: Vec<(usize, usize)> = Vec::new();
    for step in 0..6_000 {
        let (person, room) = (random.usize(..people.len()), random.usize(..6));
        let (id, name) = (people[person], format!("r{room}"));
        let at = expected.iter().position(|it| *it == (person, room));
        match at {
            Some(at) if random.bool() => {
                expected.remove(at);
                assert_eq!(play.part(id, &name), Ok(()));
            }
            Some(_) => assert_eq!(play.enter(id, &name), Err(CommandError::AlreadyIn)),
            None => {
                expected.push((person, room));
                assert_eq!(play.enter(id, &name), Ok(()));
            }
        }
        if step % 50 == 0 {
            for (person, id) in people.iter().enumerate() {
                let rooms = play
                    .hub
                    .rooms_of(*id)
                    .map(|room| room.name()[1..].parse::<usize>().unwrap());
                let of_person = expected.iter().filter(|it| it.0 == person);
                assert!(rooms.eq(of_person.map(|it| it.1)), "step {step}");
            }
            for room in 0..6 {
                let view = play.hub.room(&format!("r{room}"));
                let members = view.into_iter().flat_map(RoomView::members);
                let here = expected.iter().filter(|it| it.1 == room);
                assert!(members.map(|it| it.id).eq(here.map(|it| people[it.0])));
            }
        }
    }
}

#[test]
fn one_may_be_in_so_many_rooms_and_no_more() {
    let mut play = Play::new(|_| {});
    let bob = play.program("bob", &[]);
    for n in 0..ROOMS_OF_ONE_MAX {
        assert_eq!(play.enter(bob, &format!("r{n}")), Ok(()));
    }
    assert_eq!(play.enter(bob, "more"), Err(CommandError::InTooManyRooms));
    assert!(play.hub.room("more").is_none(), "it was made in passing");
    assert_eq!(play.part(bob, "r7"), Ok(()));
    assert_eq!(play.enter(bob, "more"), Ok(()));
    assert_eq!(play.enter(bob, "  "), Err(CommandError::NoRoomName));
}

#[test]
fn programs_are_told_of_each_coming_where_others_are_told_of_many() {
    let mut play = Play::new(|config| config.gather_above = 1);
    let program = play.program("program", &["lobby"]);
    let reader = play.arrive("reader");
    play.told();
    let [alice, bob] = play.arrive_all(["alice", "bob"]);
    play.leave(alice, Some("bored"));
    let now = play.now();
    assert_eq!(play.part(program, "lobby"), Ok(()));
    assert_eq!(play.enter(program, "lobby"), Ok(()));
    let notes = std::mem::take(&mut play.notes.0);
    let of = |id| -> Vec<&str> {
        let notes = notes.iter().filter(move |(to, _)| *to == id);
        notes.map(|(_, note)| &**note).collect()
    };
    assert_eq!(of(program), ["+alice", "+bob", "--alice (bored)"]);
    // The reader's own arrival was announced at once, so these wait for the next second.
    assert_eq!(of(reader), [""; 0]);
    assert_eq!(of(bob), ["in lobby: program reader alice"]);
    assert_eq!(now, play.now());
    play.wait(1000);
    let told = play.heard(reader);
    assert_eq!(told, ["+[alice bob program] -[alice program]"]);
    let told: Vec<String> = play.heard(program);
    assert_eq!(told, [""; 0], "what was told one by one is not told again");
}

#[test]
fn someone_who_moves_and_someone_who_enters_see_each_other() {
    let mut play = Play::new(|_| {});
    let alice = play.arrive("alice");
    let bob = play.program("bob", &["dev", "lobby"]);
    assert_eq!(play.told(), ["alice: in lobby: ", "alice: +bob"]);
    play.perform(alice, Command::Join("dev"));
    assert_eq!(
        play.told(),
        ["alice: in dev: bob", "bob: -alice", "bob: +alice"]
    );
    assert!(play.hub.share_a_room(alice, bob));
    play.say(alice, "here");
    assert_eq!(play.speak_to(bob, "dev", "there"), Ok(()));
    assert_eq!(play.told(), ["bob: <alice> here", "alice: <bob> there"]);
    play.leave(bob, None);
    assert_eq!(play.told(), ["alice: -bob"]);
    assert!(!play.hub.share_a_room(alice, bob));
}

#[test]
fn a_new_format_holds_in_every_room() {
    let mut play = Play::new(|_| {});
    let alice = play.arrive("alice");
    let bob = play.program("bob", &["lobby", "dev"]);
    play.hub.set_format(bob, Format(77));
    play.notes.2.clear();
    let now = play.now();
    let texts = Texts::one("hi");
    let said = play.hub.speak(
        alice,
        Utterance::lines(Speech::Message, texts),
        now,
        &mut play.notes,
    );
    assert_eq!(said, Ok(()));
    let it = Utterance::message("psst");
    let told = play
        .hub
        .tell_privately(alice, "bob", it, now, &mut play.notes);
    assert!(told.is_ok());
    let say = Action::SayAs {
        name: "host",
        room: "dev",
        text: "hi",
    };
    let nobody = ConnId::new(0, 0);
    assert!(play.hub.apply(nobody, &say, now, &mut play.notes).is_ok());
    assert_eq!(play.notes.2, [Format(77); 3]);
}

#[test]
fn what_is_for_programs_goes_to_programs_and_is_not_kept() {
    let mut play = Play::new(|_| {});
    let alice = play.arrive("alice");
    let bob = play.program("bob", &["lobby"]);
    let carol = play.program("carol", &["lobby"]);
    play.told();
    let now = play.now();
    for speech in [Speech::CtcpRequest, Speech::CtcpReply, Speech::TagsOnly] {
        let it = Utterance {
            speech,
            texts: Texts::one("ping"),
            concat_offsets: &[],
            tags: "+x=1",
        };
        let to = ("lobby", Rank::Member);
        let said = play.hub.speak_to(bob, to, it, now, &mut play.notes);
        assert!(said.is_ok());
        assert_eq!(play.told(), ["carol: <bob> ping"]);
        for name in ["alice", "carol"] {
            let said = play.hub.tell_privately(bob, name, it, now, &mut play.notes);
            assert!(said.is_ok());
        }
        assert_eq!(play.told(), ["carol: -bob- ping"]);
    }
    assert_eq!(play.hub.room("lobby").unwrap().history().len(), 0);
    let notice = Utterance {
        speech: Speech::Notice,
        texts: Texts::one("dinner"),
        concat_offsets: &[],
        tags: "",
    };
    let to = ("lobby", Rank::Member);
    let said = play.hub.speak_to(carol, to, notice, now, &mut play.notes);
    assert!(said.is_ok());
    assert_eq!(
        play.told(),
        ["alice: <carol> dinner", "bob: <carol> dinner"]
    );
    let kept: Vec<Speech> = play
        .hub
        .room("lobby")
        .unwrap()
        .history()
        .map(|e| e.speech)
        .collect();
    assert_eq!(kept, [Speech::Notice]);
    let _ = alice;
}

#[test]
fn messages_are_numbered_as_they_are_said_and_can_be_taken_back() {
    let mut play = Play::new(|_| {});
    let alice = play.arrive("alice");
    let bob = play.program("bob", &["lobby"]);
    let carol = play.program("carol", &["lobby"]);
    let texts = Texts::several("onetwothree", &[3, 6, 11]);
    let now = play.now();
    let said = play.hub.speak(
        alice,
        Utterance::lines(Speech::Message, texts),
        now,
        &mut play.notes,
    );
    assert_eq!(said, Ok(()));
    assert_eq!(play.speak_to(bob, "lobby", "four"), Ok(()));
    let ids = |play: &Play| -> Vec<u64> {
        let history = play.hub.room("lobby").unwrap().history();
        history.map(|entry| entry.id.0).collect()
    };
    let all = ids(&play);
    let first = all[0];
    assert_eq!(all, [first, first + 1, first + 2, first + 3]);
    play.told();
    let redact = |play: &mut Play, id, message| {
        let message = MessageId(message);
        play.hub.redact(id, "lobby", message, None, &mut play.notes)
    };
    assert_eq!(
        redact(&mut play, bob, first),
        Err(CommandError::NotOperator)
    );
    assert_eq!(
        redact(&mut play, bob, 999),
        Err(CommandError::NoSuchMessage)
    );
    assert_eq!(redact(&mut play, bob, first + 3), Ok(()));
    assert_eq!(play.told(), [format!("carol: bob unsays {}", first + 3)]);
    assert_eq!(
        redact(&mut play, bob, first + 3),
        Err(CommandError::NoSuchMessage)
    );
    play.hub.set_flag(carol, PersonFlag::Operator, true);
    assert_eq!(redact(&mut play, carol, first + 1), Ok(()));
    assert_eq!(ids(&play), [first, first + 2]);
    play.check_history();
}

/// Without a store, ids begin anew with each process, but programs keep the ids that they have read.
#[test]
fn an_id_of_before_a_restart_took_back_another_message() {
    let mut play = Play::new(|_| {});
    let bob = play.program("bob", &["lobby"]);
    assert_eq!(play.speak_to(bob, "lobby", "one"), Ok(()));
    let entry = play.hub.room("lobby").unwrap().history().next().unwrap();
    let (message, said_us) = (entry.id, entry.unix_us);
    let mut redact = |unix_us| {
        let redact = Action::Redact {
            room: RoomRef::Named("lobby"),
            message,
            unix_us,
            reason: None,
        };
        play.hub.apply(
            bob,
            &redact,
            Time::new(Duration::ZERO, Duration::ZERO),
            &mut Nowhere,
        )
    };
    assert_eq!(redact(said_us + 1), Err(CommandError::NoSuchMessage));
    assert_eq!(redact(said_us), Ok(Done::All));
}
