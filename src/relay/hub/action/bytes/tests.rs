//! Actions written as bytes and read back, and bytes that are no action.

use super::*;
use crate::protocol::ConnId;
use crate::relay::hub::action::Texts;
use crate::relay::hub::history::MessageId;
use crate::relay::hub::person::Host;

/// One action of each kind, with each of its optional parts.
fn all(then: impl Fn(&Action<'_>)) {
    let what = Utterance {
        speech: Speech::Notice,
        texts: Texts::several("onetwoé", &[3, 6, 8]),
        concat_offsets: &[1, 70_000],
        tags: "+x=y",
    };
    let (id, person) = (
        RoomId {
            index: 7,
            number: 9,
        },
        ConnId::new(5, u32::MAX),
    );
    let rooms = [RoomRef::Id(id), RoomRef::Named("dev")];
    let changes = [
        ModeChange::Flag(Flag::Secret, true),
        ModeChange::Key(None),
        ModeChange::Key(Some("sesame")),
        ModeChange::Limit(None),
        ModeChange::Limit(Some(u32::MAX)),
        ModeChange::Rank {
            rank: Rank::Voice,
            name: "bob",
            is_on: false,
        },
        ModeChange::List {
            list: List::Mutes,
            mask: "*!*@*",
            is_on: true,
        },
    ];
    for text in [None, Some(""), Some("l'été")] {
        let reason = text;
        for room in rooms {
            then(&Action::Part { room, reason });
            then(&Action::Say {
                room,
                at_least: Rank::Operator,
                what,
            });
            then(&Action::SetTopic { room, topic: text });
            then(&Action::Invite { room, name: "bob" });
            then(&Action::Kick {
                room,
                name: "bob",
                reason,
            });
            let message = MessageId(u64::MAX);
            then(&Action::Redact {
                room,
                message,
                unix_us: 3,
                reason,
            });
            then(&Action::ChangeModes {
                room,
                changes: &changes,
            });
            then(&Action::ChangeModes { room, changes: &[] });
        }
        for whose in [Whose::Person(person), Whose::Room(id)] {
            then(&Action::SetValue {
                whose,
                key: "url",
                value: text,
            });
            then(&Action::ClearValues(whose));
        }
        then(&Action::Join {
            room: "dev",
            key: text,
            leaves_others: true,
        });
        then(&Action::SetAway(text));
        then(&Action::Disconnect {
            name: "bob",
            by: text,
            reason,
        });
        then(&Action::Leave(Some(Reason::Removed { by: "bob", reason })));
        then(&Action::Leave(text.map(Reason::Words)));
        then(&Action::Leave(text.map(Reason::Server)));
        for level in EventLevel::ALL {
            let host = Host::cloak(1, crate::protocol::Address::Ip(([192, 0, 2, 1], 1).into()));
            then(&Action::Admit {
                level,
                host,
                address: text,
                enters_default: false,
            });
        }
    }
    for nick in [Nick::Exactly("a"), Nick::Like("b"), Nick::Reserved("c")] {
        then(&Action::Arrive { nick, names: None });
        then(&Action::Arrive {
            nick,
            names: Some(("u", "Real Name")),
        });
        then(&Action::Rename(nick));
    }
    for speech in Speech::ALL {
        let what = Utterance::lines(speech, Texts::one("hello"));
        then(&Action::Tell { to: "bob", what });
    }
    then(&Action::Leave(Some(Reason::Closed)));
    then(&Action::Leave(Some(Reason::Reset)));
    let flags = PersonFlag::ALL.map(|flag| (flag, true));
    then(&Action::SetFlags(&flags));
    then(&Action::SetRealName("Bob"));
    then(&Action::Announce("tea"));
    then(&Action::SayAs {
        name: "bot",
        room: "dev",
        text: "hello",
    });
    then(&Action::Tick);
}

#[test]
fn an_action_is_read_as_it_was_written() {
    all(|action| {
        let mut bytes = Vec::new();
        action.write(&mut bytes);
        let is_same = Action::read(&bytes, |read| read == action);
        assert_eq!(is_same, Some(true), "{action:?}");
    });
}

#[test]
fn what_is_no_action_is_none() {
    let mut random = fastrand::Rng::with_seed(1);
    all(|action| {
        let mut bytes = Vec::new();
        action.write(&mut bytes);
        for length in 0..bytes.len() {
            let read = Action::read(&bytes[..length], |_| ());
            assert_eq!(read, None, "{length} bytes of {action:?}");
        }
        bytes.push(0);
        assert_eq!(Action::read(&bytes, |_| ()), None, "{action:?} and a byte");
    });
    // Random bytes are read without a panic, as an action or as none.
    for _ in 0..200_000 {
        let mut bytes = [0; 40].map(|_: u8| random.u8(..8));
        bytes[0] = random.u8(..24);
        Action::read(&bytes[..random.usize(..40)], |action| format!("{action:?}"));
    }
}
