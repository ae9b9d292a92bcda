//! Tests of broken files: what is saved of them, and that they stay as they are.

use super::*;
use crate::store::repair;

const PAGE: usize = 4096;

/// A file with two rooms and many messages in them.
fn make(folder: &Folder) {
    let (_, mut changes) = full();
    let said = |n: u64| Change::Said {
        room: String::from("dev"),
        entry: Entry {
            id: MessageId(n),
            unix_us: n * 1_000_000,
            from: "ana".into(),
            text: "x".repeat(300),
            ..Entry::default()
        },
    };
    changes.extend((1_000..3_000).map(said));
    let mut store = SqliteStore::open(folder.file()).unwrap();
    store.load(lines(0)).unwrap();
    store.keep(&mut changes);
}

/// Overwrites pages of the file, and returns its bytes.
fn damage(folder: &Folder, pages: &[usize]) -> Vec<u8> {
    let mut bytes = fs::read(folder.file()).unwrap();
    for page in pages {
        bytes[page * PAGE..(page + 1) * PAGE].fill(0xa5);
    }
    fs::write(folder.file(), &bytes).unwrap();
    bytes
}

fn saved(repaired: &Repaired, table: &str) -> (u64, Option<u64>) {
    let found = repaired.tables.iter().find(|it| it.table == table);
    let found = found.unwrap();
    (found.rows, found.unreadable)
}

/// The names of the files, without those of locks.
fn files(folder: &Folder) -> Vec<String> {
    let names = fs::read_dir(&folder.0).unwrap();
    let names = names.map(|it| it.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|it| !it.ends_with(".lock")).collect();
    names.sort();
    names
}

#[test]
fn a_whole_file_is_left_alone() {
    let folder = Folder::new("repair-whole");
    make(&folder);
    let before = fs::read(folder.file()).unwrap();
    assert_eq!(repair(&folder.file(), None), Ok(None));
    assert_eq!(fs::read(folder.file()).unwrap(), before);
    assert_eq!(files(&folder), ["chat.db"]);
}

#[test]
fn rows_beside_broken_pages_are_saved_and_the_broken_file_is_set_aside() {
    let folder = Folder::new("repair-pages");
    make(&folder);
    let pages = fs::metadata(folder.file()).unwrap().len() as usize / PAGE;
    let bytes = damage(&folder, &[pages / 2, pages / 2 + 1, pages * 3 / 4]);
    let repaired = repair(&folder.file(), None).unwrap().unwrap();
    let (rows, lost) = saved(&repaired, "message");
    assert_eq!(rows + lost.unwrap(), 2_011);
    assert!((10..100).contains(&lost.unwrap()), "{lost:?}");
    assert_eq!(saved(&repaired, "room"), (2, Some(0)));
    assert_eq!(saved(&repaired, "mask"), (4, Some(0)));
    let aside = repaired.aside.unwrap();
    assert!(aside.display().to_string().contains("chat.db.broken-20"));
    assert_eq!(fs::read(aside).unwrap(), bytes, "it is as it was");
    assert_eq!(files(&folder).len(), 2, "{:?}", files(&folder));
    let file = StoreFile::open(folder.file()).unwrap();
    assert_eq!(file.check(), Ok(vec![]));
    assert_eq!(file.summary().unwrap().messages, rows);
    drop(file);
    let mut store = SqliteStore::open(folder.file()).unwrap();
    let names: Vec<_> = store.load(lines(1)).unwrap().rooms;
    let names: Vec<_> = names.iter().map(|(room, _)| &*room.name).collect();
    assert_eq!(names, ["Größe"], "dev was never told of to the store");
}

#[test]
fn a_file_without_its_first_page_is_read_by_that_of_a_new_one() {
    let folder = Folder::new("repair-first");
    make(&folder);
    let bytes = damage(&folder, &[0]);
    assert!(SqliteStore::open(folder.file()).is_err());
    let to = folder.0.join("new.db");
    let repaired = repair(&folder.file(), Some(&to)).unwrap().unwrap();
    assert_eq!(saved(&repaired, "message"), (2_011, Some(0)));
    assert_eq!((repaired.aside, &repaired.file), (None, &to));
    assert_eq!(fs::read(folder.file()).unwrap(), bytes);
    assert_eq!(files(&folder), ["chat.db", "new.db"]);
    assert_eq!(StoreFile::open(&to).unwrap().check(), Ok(vec![]));
    assert!(repair(&folder.file(), Some(&to)).is_err(), "it is there");
    assert_eq!(StoreFile::open(&to).unwrap().check(), Ok(vec![]));
}

#[test]
fn messages_whose_room_is_lost_are_kept_where_nobody_can_enter() {
    let folder = Folder::new("repair-room");
    make(&folder);
    let root: usize = {
        let connection = Connection::open(folder.file()).unwrap();
        let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'room'";
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    damage(&folder, &[root - 1]);
    let repaired = repair(&folder.file(), None).unwrap().unwrap();
    assert_eq!(saved(&repaired, "room").0, 0);
    assert_eq!(saved(&repaired, "message"), (2_011, Some(0)));
    let file = StoreFile::open(folder.file()).unwrap();
    let names: Vec<_> = file.rooms().unwrap();
    let names: Vec<_> = names.iter().map(|it| &*it.name).collect();
    assert_eq!(names, ["lost room dev", "lost room grösse"]);
    drop(file);
    let mut store = SqliteStore::open(folder.file()).unwrap();
    assert_eq!(
        store.load(lines(1)).unwrap().rooms,
        [],
        "without their rules"
    );
}

#[test]
fn a_file_of_which_nothing_is_left_stays_where_it_is() {
    let folder = Folder::new("repair-nothing");
    for (text, why) in [
        ("no database", "nothing of it can be read"),
        ("", "it is empty"),
    ] {
        fs::write(folder.file(), text).unwrap();
        let error = repair(&folder.file(), None).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
        assert_eq!(fs::read_to_string(folder.file()).unwrap(), text);
        assert_eq!(files(&folder), ["chat.db"]);
    }
    let other = Connection::open(folder.file()).unwrap();
    other.execute_batch("CREATE TABLE notes (text)").unwrap();
    let error = repair(&folder.file(), None).unwrap_err();
    assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
}

#[test]
fn what_a_server_has_not_taken_into_the_file_is_saved_as_well() {
    let folder = Folder::new("repair-log");
    make(&folder);
    let writer = connect(&folder.file()).ok().unwrap();
    writer
        .execute("UPDATE message SET text = 'last' WHERE id = 2999", [])
        .unwrap();
    // As a server that is killed leaves them: the change is in the log alone.
    let log = folder.0.join("chat.db-wal");
    let parts = [folder.file(), log].map(|it| (fs::read(&it).unwrap(), it));
    drop(writer);
    for (bytes, path) in parts {
        fs::write(path, bytes).unwrap();
    }
    let pages = fs::metadata(folder.file()).unwrap().len() as usize / PAGE;
    damage(&folder, &[pages / 2]);
    let repaired = repair(&folder.file(), None).unwrap().unwrap();
    let aside = repaired.aside.unwrap().display().to_string();
    assert!(PathBuf::from(aside + "-wal").exists(), "it goes along");
    let file = StoreFile::open(folder.file()).unwrap();
    let mut last = String::new();
    file.messages(Some("dev"), |_, entry| {
        last.clone_from(&entry.text);
        true
    })
    .unwrap();
    assert_eq!(last, "last");
}
