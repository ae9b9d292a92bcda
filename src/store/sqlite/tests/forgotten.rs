//! Tests of rooms that are forgotten: gone at once, and their messages in small steps.

use super::*;

/// A connection to a file in which `dev` has so many messages, and the keys of its rooms.
fn with_messages(folder: &Folder, count: u64) -> (Connection, read::RoomKeys) {
    drop(SqliteStore::open(folder.file()).unwrap());
    let mut connection = connect(&folder.file()).ok().unwrap();
    let mut keys = read::RoomKeys::new();
    let messages = (1..=count).map(|id| said("dev", id, 100, &"x".repeat(100)));
    let changes: Vec<_> = [Change::Room(record("dev"))]
        .into_iter()
        .chain(messages)
        .collect();
    write::write(&mut connection, &mut keys, changes.iter()).unwrap();
    (connection, keys)
}

fn forgotten(room: &str) -> Change {
    Change::Forgotten {
        room: String::from(room),
    }
}

/// Room, number and text of all messages that a reader sees.
fn seen(folder: &Folder) -> Vec<(String, u64)> {
    let file = StoreFile::open(folder.file()).unwrap();
    let mut seen = Vec::new();
    let show = |room: &str, entry: &Entry| {
        seen.push((String::from(room), entry.id.0));
        true
    };
    file.messages(None, show).unwrap();
    let summary = file.summary().unwrap();
    assert_eq!(summary.messages, seen.len() as u64);
    seen
}

fn rows(connection: &Connection, table: &str) -> u64 {
    let sql = format!("SELECT count(*) FROM {table}");
    connection.query_row(&sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn a_large_room_is_gone_at_once_and_its_messages_in_steps() {
    let folder = Folder::new("large");
    let (mut connection, mut keys) = with_messages(&folder, 20_000);
    let log = || fs::metadata(folder.0.join("chat.db-wal")).unwrap().len();
    let truncate = "PRAGMA wal_checkpoint(TRUNCATE)";
    connection.execute_batch(truncate).unwrap();
    assert_eq!(log(), 0);
    let again = [
        forgotten("dev"),
        said("dev", 20_001, 200, "new"),
        Change::Room(record("dev")),
    ];
    write::write(&mut connection, &mut keys, again.iter()).unwrap();
    assert!(log() < 100_000, "{} bytes are one small commit", log());
    let new = [(String::from("dev"), 20_001)];
    assert_eq!(seen(&folder), new);
    assert_eq!(rows(&connection, "message"), 20_001, "the rows are there");

    // A start in between sees the new room alone, and goes on deleting.
    drop(connection);
    let mut store = SqliteStore::open(folder.file()).unwrap();
    assert_eq!(store.summary().unwrap().rooms, 1);
    let saved = store.load(lines(200)).unwrap();
    assert_eq!((saved.rooms.len(), saved.rooms[0].1.len()), (1, 1));
    drop(store);
    let connection = connect(&folder.file()).ok().unwrap();
    prune(&connection, Retention::default());
    assert_eq!(rows(&connection, "message"), 1);
    assert_eq!(rows(&connection, "room"), 1);
    assert_eq!(seen(&folder), new);
}

#[test]
fn all_rooms_but_those_that_are_told_are_forgotten() {
    let folder = Folder::new("others-go");
    let (mut connection, mut keys) = with_messages(&folder, 3);
    let changes = [
        said("eve", 4, 100, "hello"),
        Change::Room(record("eve")),
        Change::AllRooms(vec![String::from("eve")]),
    ];
    write::write(&mut connection, &mut keys, changes.iter()).unwrap();
    assert_eq!(seen(&folder), [(String::from("eve"), 4)]);
    // Told again, those that are being deleted are no rooms.
    write::write(&mut connection, &mut keys, changes[2..].iter()).unwrap();
    prune(&connection, Retention::default());
    assert_eq!(rows(&connection, "message"), 1);
    assert_eq!(rows(&connection, "room"), 1);
}

/// The end of a room was lost: what was said before the new one of that name was made is not for those in it.
#[test]
fn a_room_that_was_made_anew_begins_without_the_old_messages() {
    let folder = Folder::new("anew");
    let (mut connection, mut keys) = with_messages(&folder, 3);
    let anew = RoomRecord {
        made_at: 150,
        ..record("dev")
    };
    let changes = [said("dev", 4, 150, "the first"), Change::Room(anew)];
    write::write(&mut connection, &mut keys, changes.iter()).unwrap();
    assert_eq!(seen(&folder), [(String::from("dev"), 4)]);
    prune(&connection, Retention::default());
    assert_eq!(rows(&connection, "message"), 1);
    assert_eq!(rows(&connection, "room"), 1);
}
