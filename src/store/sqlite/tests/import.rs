//! Tests of what comes from elsewhere: numbers, order, and what is there already; and of old messages that go.

use super::*;

const DAY_US: u64 = 86_400_000_000;
/// A day in 2026.
const NOON_US: u64 = 1_770_000_000_000_000;

fn said(id: u64, unix_us: u64, text: &str) -> Entry {
    Entry {
        id: MessageId(id),
        unix_us,
        from: "ana".into(),
        text: text.into(),
        ..Entry::default()
    }
}

/// Has a server say messages in a room, with the numbers that they are given here.
fn serve(folder: &Folder, room: &str, entries: &[Entry]) {
    let mut store = SqliteStore::open(folder.file()).unwrap();
    store.load(lines(0)).unwrap();
    let said = |entry: &Entry| Change::Said {
        room: room.into(),
        entry: entry.clone(),
    };
    store.keep(&mut entries.iter().map(said).collect());
}

fn import(folder: &Folder, entries: &[(&str, Entry)]) -> Imported {
    let mut editor = StoreEditor::open_or_make(folder.file()).unwrap();
    let mut import = editor.import().unwrap();
    for (room, entry) in entries {
        assert_eq!(import.add(room, entry), Ok(None), "{entry:?}");
    }
    import.finish().unwrap()
}

/// All messages, in the order of their numbers: number, time and text.
fn all(folder: &Folder) -> Vec<(u64, u64, String)> {
    let file = StoreFile::open(folder.file()).unwrap();
    let mut all = Vec::new();
    file.messages(None, |_, entry| {
        all.push((entry.id.0, entry.unix_us, entry.text.clone()));
        true
    })
    .unwrap();
    all
}

fn texts(folder: &Folder) -> String {
    let texts: Vec<_> = all(folder).into_iter().map(|(_, _, text)| text).collect();
    texts.join(" ")
}

#[test]
fn what_is_older_comes_before_what_a_server_has_said() {
    let folder = Folder::new("import-before");
    let first = 2 << 32;
    let now = [
        said(first, NOON_US, "c"),
        said(first + 1, NOON_US + DAY_US, "d"),
        said(3 << 32, NOON_US + 3 * DAY_US, "f"),
    ];
    serve(&folder, "dev", &now);
    // Out of order, before all, between two starts, behind all, and one for which a server has left no place.
    let old = [
        ("dev", said(0, NOON_US - 1_000_000, "b")),
        ("dev", said(0, NOON_US - DAY_US, "a")),
        ("dev", said(0, NOON_US + 2 * DAY_US, "e")),
        ("dev", said(0, NOON_US + 4 * DAY_US, "g")),
        ("dev", said(0, NOON_US + DAY_US / 2, "no place")),
    ];
    let imported = import(&folder, &old);
    assert_eq!(texts(&folder), "a b c d e f g");
    let counts = (
        imported.messages,
        imported.without_place,
        imported.rooms_made,
    );
    assert_eq!(counts, (4, 1, 0));
    let kept: Vec<_> = all(&folder);
    assert!(kept.iter().is_sorted_by_key(|(_, time, _)| time));
    assert_eq!(kept[2].0, first, "the numbers that were given stay");
    let again = import(&folder, &old);
    assert_eq!(
        (again.messages, again.known),
        (0, 4),
        "it was there already"
    );
    let next = SqliteStore::open(folder.file())
        .unwrap()
        .load(lines(0))
        .unwrap();
    assert!(next.next_id.0 > kept.last().unwrap().0);
}

#[test]
fn numbers_are_kept_if_they_are_free_and_in_order() {
    let folder = Folder::new("import-kept");
    serve(&folder, "ops", &[said(100, NOON_US, "taken")]);
    let id = |text: &str| {
        let all = all(&folder);
        let found = all.iter().find(|(_, _, it)| it == text);
        found.map(|(id, _, _)| *id)
    };
    let old = [
        ("dev", said(99, NOON_US, "one")),
        ("dev", said(100, NOON_US + 1_000, "two")),
        ("dev", said(50, NOON_US + 2_000, "three")),
        ("dev", said(u64::MAX >> 1, NOON_US + 3_000, "four")),
        ("dev", said(1 << 40, NOON_US + 4_000, "five")),
    ];
    assert_eq!(import(&folder, &old).messages, 5);
    assert_eq!((id("one"), id("five")), (Some(99), Some(1 << 40)));
    let mut ids: Vec<_> = old.iter().map(|(_, it)| id(&it.text)).collect();
    assert!(ids.is_sorted() && !ids.contains(&None), "{ids:?}");
    ids.dedup();
    assert_eq!(ids.len(), 5);
    assert_eq!(id("taken"), Some(100));
    assert_eq!(
        import(&folder, &old).known,
        5,
        "also those with other numbers"
    );
    assert_eq!(StoreFile::open(folder.file()).unwrap().check(), Ok(vec![]));
}

#[test]
fn what_is_said_twice_in_a_second_is_there_twice() {
    let folder = Folder::new("import-twice");
    let lol = || ("dev", said(0, NOON_US, "lol"));
    assert_eq!(import(&folder, &[lol(), lol()]).messages, 2);
    let kept = all(&folder);
    assert_eq!(kept[1].1 - kept[0].1, 1_000, "a room's times rise");
    // The log has grown within the minute: what is new is behind.
    let more = [lol(), lol(), lol(), ("dev", said(0, NOON_US, "end"))];
    let imported = import(&folder, &more);
    assert_eq!((imported.messages, imported.known), (2, 2));
    assert_eq!(texts(&folder), "lol lol lol end");
}

#[test]
fn what_cannot_be_said_in_the_chat_is_refused_or_made_legal() {
    let folder = Folder::new("import-legal");
    let mut editor = StoreEditor::open_or_make(folder.file()).unwrap();
    let mut import = editor.import().unwrap();
    let from = |from: &str| Entry {
        from: from.into(),
        ..said(0, NOON_US, "hello")
    };
    for (room, entry, refusal) in [
        ("dev", from("ana"), None),
        ("dev", from("*!*"), Some(Refusal::Nickname)),
        (" , ", from("ana"), Some(Refusal::Room)),
        (
            "dev",
            said(0, NOON_US, "\u{1b}[m \u{7}"),
            Some(Refusal::Text),
        ),
        ("dev", said(0, u64::MAX, "late"), Some(Refusal::Time)),
        ("dev", said(0, 0, "early"), Some(Refusal::Time)),
        (
            "dev",
            said(
                0,
                NOON_US,
                "\u{1b}]0;title\u{7}\u{2}bold\u{202e}\n* ana left",
            ),
            None,
        ),
    ] {
        assert_eq!(import.add(room, &entry), Ok(refusal), "{entry:?}");
    }
    let odd = Entry {
        from: "a na<*>".into(),
        own_user: "x@y".into(),
        ..said(0, NOON_US, "named")
    };
    assert_eq!(import.add("#dev", &odd), Ok(None));
    import.finish().unwrap();
    drop(editor);
    let file = StoreFile::open(folder.file()).unwrap();
    let mut kept = Vec::new();
    file.messages(None, |room, it| {
        kept.push(format!("{room} {}!{} {}", it.from, it.own_user, it.text));
        true
    })
    .unwrap();
    let expected = [
        "dev ana! hello",
        "dev ana! \u{2}bold\n* ana left",
        "#dev a_na! named",
    ];
    assert_eq!(kept, expected);
}

#[test]
fn a_room_that_was_not_there_is_open_and_comes_back() {
    let folder = Folder::new("import-room");
    let old = [
        ("Größe", said(0, NOON_US, "a")),
        ("größe", said(0, 7_000_000, "b")),
    ];
    let imported = import(&folder, &old);
    assert_eq!((imported.rooms, imported.rooms_made), (1, 1));
    let saved = SqliteStore::open(folder.file())
        .unwrap()
        .load(lines(200))
        .unwrap();
    let (record, history) = &saved.rooms[0];
    assert_eq!((&*record.name, record.made_at), ("Größe", 7));
    assert_eq!((&record.key, &record.operators[..]), (&None, &[][..]));
    // As the hub makes a room.
    let mut hub = Hub::new(RelayConfig::default());
    let join = Action::Join {
        room: "Größe",
        key: None,
        leaves_others: false,
    };
    let level = EventLevel::Raw;
    let admit = Action::Admit {
        level,
        host: Host::LOCAL,
        address: None,
        enters_default: false,
    };
    hub.apply(ANA, &admit, at(1), &mut Nowhere).unwrap();
    hub.apply(ANA, &join, at(1), &mut Nowhere).unwrap();
    assert_eq!(record.flags, hub.records().next().unwrap().flags);
    let texts: Vec<_> = history.iter().map(|it| &*it.text).collect();
    assert_eq!(texts, ["b", "a"]);
}

#[test]
fn an_import_that_is_not_finished_changes_nothing() {
    let folder = Folder::new("import-half");
    let mut editor = StoreEditor::open_or_make(folder.file()).unwrap();
    assert!(SqliteStore::open(folder.file()).is_err(), "it has the lock");
    let mut import = editor.import().unwrap();
    assert_eq!(import.add("dev", &said(0, NOON_US, "a")), Ok(None));
    drop(import);
    drop(editor);
    assert_eq!(all(&folder), []);
    assert!(SqliteStore::open(folder.file()).is_ok());
}

#[test]
fn more_messages_than_a_page_are_shown_and_a_reader_holds_nothing() {
    let folder = Folder::new("pages");
    let many: Vec<_> = (1..=1_200)
        .map(|n| said(n, NOON_US + n, &n.to_string()))
        .collect();
    serve(&folder, "dev", &many);
    let file = StoreFile::open(folder.file()).unwrap();
    for (room, expected) in [(None, 1_200), (Some("DEV"), 1_200), (Some("ops"), 0)] {
        let mut count = 0;
        file.messages(room, |_, entry| {
            count += 1;
            assert_eq!(entry.id.0, count);
            true
        })
        .unwrap();
        assert_eq!(count, expected);
    }
    let mut writer = connect(&folder.file()).ok().unwrap();
    file.messages(None, |_, entry| {
        let transaction = writer.transaction().unwrap();
        let sql = "UPDATE message SET text = 'x' WHERE id = ?";
        transaction.execute(sql, [entry.id.0]).unwrap();
        transaction.commit().unwrap();
        // It is 1 if a reader keeps the log from being taken in.
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        let is_kept: i64 = writer.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(is_kept, 0);
        entry.id.0 < 3
    })
    .unwrap();
}

/// Imported messages have smaller numbers than those of servers, whatever their times.
#[test]
fn old_messages_go_though_newer_ones_have_smaller_numbers() {
    let folder = Folder::new("prune-order");
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let now_us = u64::try_from(now.as_micros()).unwrap();
    serve(&folder, "lobby", &[said(2 << 32, NOON_US, "old")]);
    let new: Vec<_> = (0..1_500)
        .map(|n| ("dev", said(0, now_us - DAY_US + n * 1_000_000, "new")))
        .collect();
    import(&folder, &new);
    assert_eq!(all(&folder).last().unwrap().2, "old");
    let mut keep = Retention::default();
    keep.age_max = Some(Duration::from_secs(20 * 86_400));
    let connection = connect(&folder.file()).ok().unwrap();
    prune(&connection, keep);
    drop(connection);
    assert!(!texts(&folder).contains("old"));
    assert_eq!(all(&folder).len(), 1_500);
}

#[test]
fn pruning_on_demand_is_of_a_room_or_of_all() {
    let folder = Folder::new("prune-now");
    let many = |first: u64| -> Vec<_> {
        let entries = (first..first + 3_000).map(|n| said(n, n * 1_000_000, &"x".repeat(300)));
        entries.collect()
    };
    serve(&folder, "dev", &many(1));
    serve(&folder, "ops", &many(10_000));
    let count = |room| {
        let file = StoreFile::open(folder.file()).unwrap();
        let rooms = file.rooms().unwrap();
        rooms.iter().find(|it| it.name == room).unwrap().messages
    };
    let prune = |room, keep: &Retention| {
        let mut editor = StoreEditor::open(folder.file()).unwrap();
        let pruned = editor.prune(room, keep).unwrap();
        drop(editor);
        assert_eq!(pruned.bytes, fs::metadata(folder.file()).unwrap().len());
        pruned
    };
    assert_eq!(prune(None, &Retention::default()).messages, 0);
    let mut keep = Retention::default();
    keep.bytes_max = Some(1_500_000);
    assert_eq!(prune(Some("nosuch"), &keep).messages, 0);
    let pruned = prune(Some("OPS"), &keep);
    assert!(pruned.bytes <= 1_500_000 && pruned.bytes < pruned.bytes_before);
    assert_eq!(
        (count("dev"), count("ops")),
        (3_000, 3_000 - pruned.messages)
    );
    keep.bytes_max = None;
    keep.age_max = Some(Duration::from_secs(86_400));
    assert_eq!(prune(None, &keep).messages, 6_000 - pruned.messages);
    assert!(fs::metadata(folder.file()).unwrap().len() < 100_000);
}
