//! Tests of a disk that is too slow: what waits for it is bounded, and what is left out is counted.

use super::queue::QUEUE_BYTES_MAX;
use super::*;

const TEXT: usize = 4_000;
/// Bytes of memory that a message of this length counts for.
const MESSAGE: usize = 300 + TEXT;

/// Another program has the file, so that no commit comes to an end until it lets go.
fn hold(folder: &Folder) -> Connection {
    let other = Connection::open(folder.file()).unwrap();
    other.busy_timeout(Duration::from_secs(30)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    other
}

fn messages(ids: std::ops::Range<u64>) -> Vec<Change> {
    ids.map(|id| said("dev", id, 100, &"x".repeat(TEXT)))
        .collect()
}

/// Ten thousand lines a second, for a while, in turns of a hundred.
#[test]
fn what_waits_is_bounded_and_what_is_left_out_is_counted() {
    let folder = Folder::new("slow");
    let mut store = SqliteStore::open(folder.file()).unwrap();
    store.load(lines(0)).unwrap();
    let other = hold(&folder);
    store.keep(&mut vec![Change::Room(record("dev"))]);
    let (turn, turns) = (100, 400);
    let mut has_lost_track = false;
    for n in 0..turns {
        store.keep(&mut messages(1 + n * turn..1 + (n + 1) * turn));
        let waiting = store.writer.as_ref().map_or(0, WriterThread::waiting);
        let most = QUEUE_BYTES_MAX + turn as usize * MESSAGE;
        assert!(waiting <= most, "{waiting} of {most}");
        has_lost_track |= store.has_lost_track();
    }
    assert!(
        !has_lost_track,
        "it is not asked for while the disk is slow"
    );
    // One of those that wait is taken back, and the room has another topic meanwhile.
    store.keep(&mut vec![Change::Redacted {
        room: String::from("dev"),
        id: MessageId(1),
    }]);
    drop(other);
    let until = std::time::Instant::now() + Duration::from_secs(60);
    while !store.has_lost_track() {
        assert!(std::time::Instant::now() < until, "it asks for all rooms");
        std::thread::yield_now();
    }
    drop(store);
    let file = StoreFile::open(folder.file()).unwrap();
    assert_eq!(file.check().unwrap(), Vec::<String>::new());
    let summary = file.summary().unwrap();
    let all = turn * turns;
    // One is kept in the place of those that are not, and one was taken back.
    assert_eq!(
        summary.messages - 1 + summary.not_kept + 1,
        all,
        "{summary:?}"
    );
    let fit = (QUEUE_BYTES_MAX / MESSAGE) as u64;
    assert!(summary.messages + 1 >= fit, "{summary:?}");
    assert!(summary.messages <= fit + 2 * turn, "{summary:?}");
}

#[test]
fn nothing_is_left_out_up_to_the_bound() {
    let folder = Folder::new("at-the-bound");
    let mut store = SqliteStore::open(folder.file()).unwrap();
    store.load(lines(0)).unwrap();
    store.keep(&mut vec![Change::Room(record("dev"))]);
    let other = hold(&folder);
    let fit = (QUEUE_BYTES_MAX / MESSAGE) as u64;
    store.keep(&mut messages(1..fit));
    // At the bound or below it, one more turn is taken whole; above it, none is.
    store.keep(&mut messages(fit..fit + 10));
    store.keep(&mut messages(fit + 10..fit + 13));
    drop(other);
    drop(store);
    let summary = StoreFile::open(folder.file()).unwrap().summary().unwrap();
    assert_eq!(summary.messages, fit + 9 + 1);
    assert_eq!(summary.not_kept, 3);
    // In their place, the room is told of it.
    let file = StoreFile::open(folder.file()).unwrap();
    let mut last = Entry::default();
    let keep_last = |_: &str, entry: &Entry| {
        last = entry.clone();
        true
    };
    file.messages(Some("dev"), keep_last).unwrap();
    assert_eq!((last.id, &*last.from), (MessageId(fit + 12), "server"));
    assert_eq!(last.text, "3 lines were not kept here");
}
