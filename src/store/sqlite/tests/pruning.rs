//! Tests of what need not be kept: too old, or too much.

use std::time::{SystemTime, UNIX_EPOCH};

use super::*;

const DAY: u64 = 86_400;

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_secs()
}

/// A connection to a file with these messages.
fn with(folder: &Folder, messages: &[Change]) -> Connection {
    drop(SqliteStore::open(folder.file()).unwrap());
    let mut connection = connect(&folder.file()).ok().unwrap();
    let mut keys = read::RoomKeys::new();
    write::write(&mut connection, &mut keys, messages.iter()).unwrap();
    connection
}

/// The numbers of the messages that are left.
fn left(connection: &Connection) -> Vec<u64> {
    let mut statement = connection
        .prepare("SELECT id FROM message ORDER BY id")
        .unwrap();
    let ids = statement.query_map([], |row| row.get(0)).unwrap();
    ids.collect::<rusqlite::Result<_>>().unwrap()
}

fn count(connection: &Connection, room: &str) -> u64 {
    let sql = "SELECT count(*) FROM message JOIN room ON room.id = message.room WHERE folded = ?";
    connection.query_row(sql, [room], |row| row.get(0)).unwrap()
}

fn days(days: u64) -> Retention {
    let mut keep = Retention::default();
    keep.age_max = Some(Duration::from_secs(days * DAY));
    keep
}

#[test]
fn the_oldest_messages_go_and_the_file_shrinks() {
    let folder = Folder::new("prune");
    let message = |id| said("dev", id, id, &"x".repeat(300));
    let connection = with(&folder, &(1..=5_500).map(message).collect::<Vec<_>>());
    let length = || {
        connection
            .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
            .unwrap();
        fs::metadata(folder.file()).unwrap().len()
    };
    let before = length();
    let mut keep = Retention::default();
    prune(&connection, keep.clone());
    keep.bytes_max = Some(before);
    prune(&connection, keep.clone());
    assert_eq!(left(&connection).len(), 5_500, "at the limit");
    keep.bytes_max = Some(before / 2);
    let steps = prune(&connection, keep.clone());
    assert!(steps >= 3, "{steps} steps");
    let ids = left(&connection);
    assert!((1..3_000).contains(&ids.len()), "{} are left", ids.len());
    let newest: Vec<u64> = (5_501 - ids.len() as u64..=5_500).collect();
    assert_eq!(ids, newest, "the oldest are gone");
    assert!(length() <= before / 2);
    // All that is left was said in 1970.
    prune(&connection, days(1));
    assert!(left(&connection).is_empty());
    assert!(length() < before / 10, "{} of {before} bytes", length());
}

#[test]
fn a_message_is_too_old_at_its_age() {
    let folder = Folder::new("age");
    let now = now();
    let ages = [40 * DAY, 30 * DAY + 60, 30 * DAY - 60, DAY, 0];
    let messages: Vec<_> = (1..)
        .zip(ages)
        .map(|(id, age)| said("dev", id, now - age, "hello"))
        .collect();
    let connection = with(&folder, &messages);
    prune(&connection, Retention::default());
    assert_eq!(left(&connection).len(), 5, "for ever");
    prune(&connection, days(41));
    assert_eq!(left(&connection).len(), 5);
    prune(&connection, days(30));
    assert_eq!(left(&connection), [3, 4, 5]);
}

/// Old messages stayed for ever behind one whose time is in the future.
#[test]
fn clocks_that_were_set_back_hold_up_nothing() {
    let folder = Folder::new("clock");
    let now = now();
    let ahead = (1..=6_000).map(|id| said("dev", id, now + 9_000 * DAY, "ahead"));
    let old = (6_001..=12_000).map(|id| said("dev", id, now - 9 * DAY, "old"));
    let new = (12_001..=12_002).map(|id| said("dev", id, now, "new"));
    let late = [
        said("dev", 12_003, now - 9 * DAY, "late"),
        said("dev", 12_004, now, "new"),
    ];
    let all: Vec<_> = ahead.chain(old).chain(new).chain(late).collect();
    let connection = with(&folder, &all);
    prune(&connection, days(5));
    let rest = left(&connection).split_off(6_000);
    assert_eq!(rest, [12_001, 12_002, 12_004]);
}

#[test]
fn a_room_may_have_an_age_of_its_own() {
    let folder = Folder::new("own-age");
    let now = now();
    let rooms = ["dev", "news", "grösse", "lobby"];
    let mut id = 0;
    let mut messages = Vec::new();
    for age in [100 * DAY, 50 * DAY, 20 * DAY, DAY] {
        for room in rooms {
            id += 1;
            messages.push(said(room, id, now - age, "hello"));
        }
    }
    let connection = with(&folder, &messages);
    let mut keep = days(90);
    keep.set_room("Dev", Some(Duration::from_secs(30 * DAY)));
    keep.set_room("news", None);
    keep.set_room("Größe", Some(Duration::from_secs(2 * DAY)));
    keep.set_room("nobody's", Some(Duration::from_secs(DAY)));
    prune(&connection, keep);
    let counts = rooms.map(|room| count(&connection, room));
    assert_eq!(counts, [2, 4, 1, 3]);

    let mut keep = Retention::default();
    keep.set_room("news", Some(Duration::from_secs(30 * DAY)));
    prune(&connection, keep);
    let counts = rooms.map(|room| count(&connection, room));
    assert_eq!(counts, [2, 2, 1, 3], "the others are kept for ever");
}

/// Many rooms, each with little to delete, are more than one step looks at.
#[test]
fn all_rooms_are_looked_at() {
    let folder = Folder::new("many");
    let now = now();
    let messages: Vec<_> = (1..=1_200)
        .map(|id| {
            let (room, age) = (id % 600, if id <= 600 { 9 * DAY } else { 0 });
            said(&format!("room{room}"), id, now - age, "hello")
        })
        .collect();
    let connection = with(&folder, &messages);
    prune(&connection, days(5));
    assert_eq!(left(&connection), (601..=1_200).collect::<Vec<_>>());
}

#[test]
fn a_room_that_floods_does_not_shorten_the_past_of_others() {
    let folder = Folder::new("flood");
    let quiet = |id| said(&format!("room{}", id % 5), id, 1, "what was said long ago");
    let flood = |id| said("flood", id, 2, &"x".repeat(1_000));
    let few: Vec<_> = (1..=500).map(quiet).collect();
    let connection = with(&folder, &few);
    let bytes = sizes::bytes_in_use(&connection).unwrap();
    let mut keep = Retention::default();
    keep.bytes_max = Some(bytes + 1_000_000);
    let mut pruner = prune::Pruner::new(keep.clone());
    let mut keys = read::RoomKeys::new();
    let mut other = connect(&folder.file()).ok().unwrap();
    for round in 0..4 {
        let from = 1_000 + round * 3_000;
        let more: Vec<_> = (from..from + 3_000).map(flood).collect();
        write::write(&mut other, &mut keys, more.iter()).unwrap();
        while pruner.step(&connection).unwrap() {}
        let bytes = sizes::bytes_in_use(&connection).unwrap();
        assert!(bytes <= keep.bytes_max.unwrap(), "{bytes} bytes");
        for room in 0..5 {
            assert_eq!(count(&connection, &format!("room{room}")), 100);
        }
        let newest = left(&connection).last().copied();
        assert_eq!(newest, Some(from + 2_999));
        assert!(count(&connection, "flood") > 600);
    }
}

#[test]
fn rooms_of_one_size_give_way_alike() {
    let folder = Folder::new("alike");
    let message = |id| said(&format!("room{}", id % 4), id, id, &"x".repeat(500));
    let connection = with(&folder, &(1..=4_000).map(message).collect::<Vec<_>>());
    let mut keep = Retention::default();
    keep.bytes_max = Some(sizes::bytes_in_use(&connection).unwrap() / 2);
    prune(&connection, keep);
    for room in 0..4 {
        let count = count(&connection, &format!("room{room}"));
        assert!((300..600).contains(&count), "{count}");
    }
}
