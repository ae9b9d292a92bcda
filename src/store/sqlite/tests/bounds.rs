//! Tests of the start: it takes the memory that is wanted, and no more.

use super::*;

/// A store with these rooms, each with so many lines of so many bytes.
fn with_rooms(folder: &Folder, rooms: &[(&str, u64, usize)]) -> SqliteStore {
    let mut store = SqliteStore::open(folder.file()).unwrap();
    store.load(lines(0)).unwrap();
    let mut id = 0;
    for (room, count, length) in rooms {
        let mut changes = vec![Change::Room(record(room))];
        for _ in 0..*count {
            id += 1;
            changes.push(said(room, id, 1_700_000_000, &"x".repeat(*length)));
        }
        store.keep(&mut changes);
    }
    drop(store);
    SqliteStore::open(folder.file()).unwrap()
}

#[test]
fn a_start_reads_no_more_than_the_chat_may_hold() {
    let folder = Folder::new("bounds");
    let line = said("", 0, 0, &"x".repeat(4_000));
    let Change::Said { entry, .. } = line else {
        panic!("it is a message");
    };
    let bytes = entry.bytes();
    drop(with_rooms(
        &folder,
        &[("a", 30, 4_000), ("b", 2, 4_000), ("c", 20, 4_000)],
    ));
    let count = |limits| {
        let mut store = SqliteStore::open(folder.file()).unwrap();
        let rooms = store.load(limits).unwrap().rooms;
        for (record, history) in &rooms {
            let newest = history.last().map(|entry| entry.id.0);
            let expected = match &*record.name {
                "a" => 30,
                "b" => 32,
                _ => 52,
            };
            assert!(
                newest.is_none_or(|it| it == expected),
                "the newest are read"
            );
        }
        rooms
            .iter()
            .map(|(_, history)| history.len())
            .collect::<Vec<_>>()
    };
    let limits = |lines_max, lines: usize| LoadLimits::new(lines_max, lines * bytes);
    assert_eq!(count(limits(200, 53)), [30, 2, 20], "below the limit");
    assert_eq!(count(limits(200, 52)), [30, 2, 20], "at the limit");
    assert_eq!(
        count(limits(200, 51)),
        [29, 2, 20],
        "the room that has most gives way"
    );
    assert_eq!(
        count(limits(200, 22)),
        [10, 2, 10],
        "each room has its share"
    );
    assert_eq!(
        count(limits(10, 22)),
        [10, 2, 10],
        "the limit on lines alone"
    );
    assert_eq!(count(limits(200, 2)), [0, 0, 0]);
}

/// Messages that the store gives, the hub keeps: both count the same bytes.
#[test]
fn the_chat_forgets_nothing_of_what_was_read() {
    let folder = Folder::new("shares");
    let mut store = with_rooms(
        &folder,
        &[("a", 40, 10), ("b", 40, 1_000), ("c", 40, 3_000)],
    );
    let config = RelayConfig {
        history_total_bytes_max: 100_000,
        ..RelayConfig::default()
    };
    let saved = store.load(LoadLimits::new(200, 100_000)).unwrap();
    let mut hub = Hub::new(config);
    for (record, history) in saved.rooms {
        let (name, count) = (record.name.clone(), history.len());
        hub.restore(record, history, at(2));
        let kept = hub.room(&name).unwrap().history().count();
        assert_eq!(kept, count, "{name}");
        assert!(count > 5, "{name} has a share");
    }
}

/// However rooms lie among each other, each has its own last messages.
#[test]
fn busy_and_quiet_rooms_have_their_last_messages() {
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let folder = Folder::new("mixed");
    let mut store = SqliteStore::open(folder.file()).unwrap();
    store.load(lines(0)).unwrap();
    let names = ["a", "b", "c", "d", "e"];
    let mut changes: Vec<_> = names.map(|room| Change::Room(record(room))).into();
    let mut all: Vec<(&str, u64)> = Vec::new();
    for id in 1..400 {
        // Some rooms speak in their time only.
        let room = names[random.usize(..1 + id as usize / 90)];
        changes.push(said(room, id, 100, "x"));
        all.push((room, id));
    }
    store.keep(&mut changes);
    drop(store);
    for lines_max in [0, 1, 7, 80, 1_000] {
        let mut store = SqliteStore::open(folder.file()).unwrap();
        for (record, history) in store.load(lines(lines_max)).unwrap().rooms {
            let of_room = all.iter().filter(|(room, _)| *room == record.name);
            let mut expected: Vec<u64> = of_room.map(|(_, id)| *id).collect();
            expected.drain(..expected.len().saturating_sub(lines_max));
            let ids: Vec<u64> = history.iter().map(|entry| entry.id.0).collect();
            assert_eq!(ids, expected, "seed {seed}, {lines_max} of {}", record.name);
        }
    }
}
