//! Tests of questions: a page from the tables and the hub's last messages together are what all messages would give,
//! and words are found as long as their message is there.

use super::*;
use crate::relay::hub::{ArchiveKey, MessageId, Reference, Selection};
use crate::store::{Found, SearchTerms};

fn key(room: &str) -> ArchiveKey {
    ArchiveKey {
        room: String::from(room),
        first_id: MessageId(0),
    }
}

fn said(room: &str, id: u64, unix_seconds: u64, text: &str) -> Change {
    Change::Said {
        room: String::from(room),
        entry: Entry {
            id: MessageId(id),
            unix_us: unix_seconds * 1_000_000,
            from: String::from("Ana"),
            text: String::from(text),
            ..Entry::default()
        },
    }
}

fn write_all(connection: &mut Connection, changes: &[Change]) {
    write::write(connection, &mut read::RoomKeys::new(), changes.iter()).unwrap();
}

/// Any selection, of places at and between the messages.
fn selection(random: &mut fastrand::Rng, all: &[Entry]) -> Selection {
    let mut place = || {
        let entry = &all[random.usize(..all.len())];
        let aside = random.u64(..3);
        match random.bool() {
            true => Reference::Id(MessageId(entry.id.0 + aside - 1)),
            false => Reference::Time(entry.unix_us / 1000 + aside - 1),
        }
    };
    let (one, other) = (place(), place());
    match random.u8(..6) {
        0 => Selection::Latest(None),
        1 => Selection::Latest(Some(one)),
        2 => Selection::Before(one),
        3 => Selection::After(one),
        4 => Selection::Between(one, other),
        _ => Selection::Around(one),
    }
}

#[test]
fn a_page_is_what_it_would_be_if_all_were_in_memory() {
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let folder = Folder::new("pages");
    drop(SqliteStore::open(folder.file()).unwrap());
    let mut connection = connect(&folder.file()).ok().unwrap();
    let (mut all, mut changes) = (Vec::new(), Vec::new());
    let mut id = 1 << 32;
    for n in 0..200_u64 {
        // Of other rooms, and behind a restart.
        id += random.u64(1..4) + if n == 100 { 1 << 32 } else { 0 };
        let mut change = said("dev", id, 0, &n.to_string());
        if let Change::Said { entry, .. } = &mut change {
            entry.unix_us = 1_700_000_000_000_000 + n * 2_000;
            all.push(entry.clone());
        }
        changes.push(change);
    }
    write_all(&mut connection, &changes);
    for _ in 0..2_000 {
        let (limit, in_memory) = (random.usize(..12), random.usize(..30));
        let asked = selection(&mut random, &all);
        let every: Vec<&Entry> = all.iter().collect();
        let expected = asked.of(&every, limit);
        let memory = &every[all.len() - in_memory..];
        let context = format!("seed {seed}: {asked:?}, {limit} with {in_memory} in memory");
        if !asked.reaches_before(memory, limit) {
            assert_eq!(asked.of(memory, limit), expected, "{context}");
        }
        let found = page::find(&connection, &key("dev"), asked, limit).unwrap();
        let first = memory.first().map(|entry| entry.id);
        let older = found.iter().map(|it| &it.entry);
        let older = older.filter(|entry| first.is_none_or(|first| entry.id < first));
        let together: Vec<&Entry> = older.chain(memory.iter().copied()).collect();
        assert_eq!(asked.of(&together, limit), expected, "{context}");
    }
    // A room that was made later has none of these.
    let later = ArchiveKey {
        first_id: MessageId(id + 1),
        ..key("dev")
    };
    assert_eq!(
        page::find(&connection, &later, Selection::Latest(None), 9),
        Ok(vec![])
    );
    assert_eq!(
        page::find(&connection, &key("no"), Selection::Latest(None), 9),
        Ok(vec![])
    );
}

/// The texts of what is found.
fn texts(connection: &Connection, rooms: &[&str], terms: &SearchTerms) -> Option<Vec<String>> {
    let keys: Vec<_> = rooms.iter().map(|room| key(room)).collect();
    let found = search::find(connection, &keys, terms, 3).unwrap();
    let text = |it: Found| format!("{}: {}", it.room, it.entry.text);
    Some(found?.into_iter().map(text).collect())
}

fn words(words: &str) -> SearchTerms {
    SearchTerms {
        words: String::from(words),
        ..SearchTerms::default()
    }
}

#[test]
fn words_are_found_in_the_rooms_that_are_asked_for() {
    let folder = Folder::new("words");
    drop(SqliteStore::open(folder.file()).unwrap());
    let mut connection = connect(&folder.file()).ok().unwrap();
    let early = [
        said("dev", 1, 100, "The Release is out"),
        said("ops", 2, 101, "déjà released"),
        said("dev", 3, 102, "release notes: out, and \"quoted\""),
    ];
    write_all(&mut connection, &early);
    // The index is made of what is there, and kept up.
    search::set_index(&mut connection, true).unwrap();
    assert_eq!(
        texts(&connection, &["ops"], &words("released"))
            .unwrap()
            .len(),
        0
    );
    while search::index_some(&mut connection).unwrap() {}
    let late = [
        said("dev", 4, 103, "no such word"),
        said("dev", 5, 104, "release four"),
        said("dev", 6, 105, "release five"),
        said("ops", 7, 106, "12"),
    ];
    write_all(&mut connection, &late);
    let both = ["dev", "ops"];
    for (rooms, terms, found) in [
        (
            &both[..1],
            "notes",
            vec!["dev: release notes: out, and \"quoted\""],
        ),
        (&both, "DEJA", vec!["ops: déjà released"]),
        (&both[..1], "deja", vec![]),
        // The newest three, the oldest of them first.
        (
            &both,
            "release",
            vec![
                "dev: release notes: out, and \"quoted\"",
                "dev: release four",
                "dev: release five",
            ],
        ),
        (&both[1..], "rel*", vec!["ops: déjà released"]),
        (
            &both,
            "out release notes",
            vec!["dev: release notes: out, and \"quoted\""],
        ),
        (&both, "\"release is\"", vec!["dev: The Release is out"]),
        (&both, "is-out", vec!["dev: The Release is out"]),
        // The number of a room is no word of its messages.
        (&both, "1", vec![]),
        (&both, "12", vec!["ops: 12"]),
        (&["no"], "release", vec![]),
    ] {
        assert_eq!(
            texts(&connection, rooms, &words(terms)).unwrap(),
            found,
            "{terms}"
        );
    }
    assert_eq!(texts(&connection, &both, &words("+ -")), None);
    assert_eq!(texts(&connection, &both, &words("")), None);
    let narrow = SearchTerms {
        from: Some(String::from("ana")),
        after: Some(102_000),
        before: Some(105_000),
        words: String::from("release"),
    };
    assert_eq!(
        texts(&connection, &both, &narrow).unwrap(),
        ["dev: release four"]
    );
    let from = |from: &str| SearchTerms {
        from: Some(String::from(from)),
        ..SearchTerms::default()
    };
    assert_eq!(texts(&connection, &["ops"], &from("ana")).unwrap().len(), 2);
    assert_eq!(texts(&connection, &["ops"], &from("eve")).unwrap().len(), 0);

    // Messages that are gone are found no more, by any way that it can go.
    let gone = [
        Change::Redacted {
            room: String::from("dev"),
            id: MessageId(5),
        },
        Change::Forgotten {
            room: String::from("ops"),
        },
    ];
    write_all(&mut connection, &gone);
    let left = [
        "dev: The Release is out",
        "dev: release notes: out, and \"quoted\"",
        "dev: release five",
    ];
    assert_eq!(texts(&connection, &both, &words("release")).unwrap(), left);
    assert_eq!(
        texts(&connection, &both, &words("released")).unwrap().len(),
        0
    );
    let check = "INSERT INTO message_words (message_words, rank) VALUES ('integrity-check', 1)";
    connection.execute_batch(check).unwrap();

    search::set_index(&mut connection, false).unwrap();
    assert!(search::find(&connection, &[key("dev")], &words("release"), 3).is_err());
    write_all(&mut connection, &[said("dev", 9, 107, "release nine")]);
    search::set_index(&mut connection, true).unwrap();
    while search::index_some(&mut connection).unwrap() {}
    assert_eq!(
        texts(&connection, &["dev"], &words("nine")).unwrap().len(),
        1
    );
}

/// Messages that go before the index has come to them, and between two steps, leave it whole.
#[test]
fn an_index_in_the_making_forgets_only_what_it_has() {
    let folder = Folder::new("making");
    drop(SqliteStore::open(folder.file()).unwrap());
    let mut connection = connect(&folder.file()).ok().unwrap();
    let early: Vec<_> = (0..5_000).map(|id| said("dev", id, 100, "word")).collect();
    write_all(&mut connection, &early);
    search::set_index(&mut connection, true).unwrap();
    let gone = |id| Change::Redacted {
        room: String::from("dev"),
        id: MessageId(id),
    };
    write_all(&mut connection, &[gone(7), said("dev", 5_000, 101, "word")]);
    assert!(search::index_some(&mut connection).unwrap());
    write_all(&mut connection, &[gone(8), gone(4_000), gone(5_000)]);
    while search::index_some(&mut connection).unwrap() {}
    let count = "SELECT count(*) FROM message_words WHERE message_words MATCH 'word'";
    let count: i64 = connection.query_row(count, [], |row| row.get(0)).unwrap();
    assert_eq!(count, 5_000 - 3);
    let check = "INSERT INTO message_words (message_words, rank) VALUES ('integrity-check', 1)";
    connection.execute_batch(check).unwrap();
}

/// All readers see it gone at once, over a restart as well; the tables follow, and newer messages of that name stay.
#[test]
fn what_is_to_be_forgotten_is_gone_at_once_and_goes_in_steps() {
    let folder = Folder::new("forgotten-name");
    drop(SqliteStore::open(folder.file()).unwrap());
    let mut connection = connect(&folder.file()).ok().unwrap();
    search::set_index(&mut connection, true).unwrap();
    while search::index_some(&mut connection).unwrap() {}
    let mut changes: Vec<_> = (1..=500).map(|id| said("dev", id, 100, "word")).collect();
    let mut bob = said("dev", 501, 100, "word of bob");
    if let Change::Said { entry, .. } = &mut bob {
        entry.from = String::from("bob");
    }
    changes.push(bob);
    changes.push(Change::ForgottenName {
        name: String::from("ana"),
    });
    changes.push(said("dev", 502, 100, "word again"));
    changes.push(Change::Room(record("dev")));
    write_all(&mut connection, &changes);
    let rows = |connection: &Connection| -> i64 {
        let sql = "SELECT count(*) FROM message";
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    let left = ["dev: word of bob", "dev: word again"];
    let check = |connection: &Connection| {
        assert_eq!(texts(connection, &["dev"], &words("word")).unwrap(), left);
        let page = page::find(connection, &key("dev"), Selection::Latest(None), 9).unwrap();
        assert_eq!(page.len(), 2);
        let file = StoreFile::open(folder.file()).unwrap();
        let mut shown = 0;
        let count = |_: &str, _: &Entry| {
            shown += 1;
            true
        };
        file.messages(None, count).unwrap();
        assert_eq!(shown, 2);
    };
    check(&connection);
    assert_eq!(rows(&connection), 502);
    let (saved, _) = read::load(&mut connection, lines(200)).unwrap();
    assert_eq!(saved.rooms[0].1.len(), 2);
    let mut forgetting = unsaid::Forgetting::default();
    assert!(forgetting.step(&mut connection).unwrap());
    assert_eq!(rows(&connection), 302);
    check(&connection);
    while forgetting.step(&mut connection).unwrap() {}
    assert_eq!(rows(&connection), 2);
    check(&connection);
    // The name may be used again.
    write_all(&mut connection, &[said("dev", 503, 100, "word")]);
    assert!(!forgetting.step(&mut connection).unwrap());
    assert_eq!(
        texts(&connection, &["dev"], &words("word")).unwrap().len(),
        3
    );
}
