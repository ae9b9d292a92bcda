//! Tests of the file: what comes back, who may have it, and what is done with a file that is not as it should be.

mod bounds;
mod forgotten;
mod overflow;
mod present;
mod pruning;
mod questions;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::RelayConfig;
use crate::protocol::{Address, ConnId, Time};
use crate::relay::hub::{
    Action, Addressee, Entry, Event, EventLevel, Flag, Host, Hub, List, MessageId, ModeChange,
    Nick, Rank, Recipient, RoomRecord, RoomRef, Sink, Speech, Texts, Utterance, Whose,
};

mod import;
mod repair;

/// A folder that is gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("parloir-store-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("chat.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

struct Nowhere;

impl Sink for Nowhere {
    fn to_room<'e>(
        &mut self,
        _: &str,
        _: impl Iterator<Item = Recipient>,
        _: impl Iterator<Item = Event<'e>> + Clone,
    ) {
    }
    fn to_peers(&mut self, _: impl Iterator<Item = Recipient>, _: &Event<'_>) {}
    fn to_one(&mut self, _: Addressee<'_>, _: &Event<'_>) {}
    fn dismissed(&mut self, _: ConnId) {}
}

const ANA: ConnId = ConnId::new(1, 1);
const BOB: ConnId = ConnId::new(2, 1);

fn at(seconds: u64) -> Time {
    Time::new(
        Duration::from_secs(seconds),
        Duration::from_secs(1_700_000_000 + seconds),
    )
}

/// A hub with everything in it that is kept.
fn full() -> (Hub, Vec<Change>) {
    let mut hub = Hub::new(RelayConfig::default());
    hub.begin_journal();
    let mut act = |id, action: &Action<'_>| {
        hub.apply(id, action, at(1), &mut Nowhere).unwrap();
    };
    for (id, name) in [(ANA, "Ana"), (BOB, "bob")] {
        let host = Host::cloak(7, Address::Ip(([192, 0, 2, 1], 1).into()));
        let level = EventLevel::Raw;
        act(
            id,
            &Action::Admit {
                level,
                host,
                address: None,
                enters_default: false,
            },
        );
        act(
            id,
            &Action::Arrive {
                nick: Nick::Exactly(name),
                names: Some(("user", "Real Name")),
            },
        );
        act(
            id,
            &Action::Join {
                room: "Größe",
                key: None,
                leaves_others: false,
            },
        );
    }
    let room = RoomRef::Named("Größe");
    let topic = Some("a topic; with 'quotes' and\u{1f600}");
    act(ANA, &Action::SetTopic { room, topic });
    let ban = |list, mask| ModeChange::List {
        list,
        mask,
        is_on: true,
    };
    let changes = [
        ModeChange::Flag(Flag::Moderated, true),
        ModeChange::Flag(Flag::NoExternal, false),
        ModeChange::Key(Some("secret")),
        ModeChange::Limit(Some(9)),
        ban(List::Mutes, "mallory!*@*"),
        ban(List::Bans, "*!*@*.12345678.ip"),
        ban(List::InviteExceptions, "eve!*@*"),
        ban(List::BanExceptions, "x!*@*"),
        ModeChange::Rank {
            rank: Rank::Operator,
            name: "bob",
            is_on: true,
        },
    ];
    act(
        ANA,
        &Action::ChangeModes {
            room,
            changes: &changes,
        },
    );
    for speech in [Speech::Message, Speech::Action, Speech::Notice] {
        for text in ["hello", "two\nlines", "\u{1f600}", "taken back"] {
            let what = Utterance::lines(speech, Texts::one(text));
            act(
                ANA,
                &Action::Say {
                    room,
                    at_least: Rank::Member,
                    what,
                },
            );
        }
    }
    act(BOB, &Action::Leave(None));
    let id = hub.find_room("größe").unwrap();
    let value = Action::SetValue {
        whose: Whose::Room(id),
        key: "url",
        value: Some("https://example.org/"),
    };
    hub.apply(ANA, &value, at(1), &mut Nowhere).unwrap();
    let last = hub.room("größe").unwrap().history().last().unwrap().clone();
    let redact = Action::Redact {
        room,
        message: last.id,
        unix_us: last.unix_us,
        reason: None,
    };
    hub.apply(ANA, &redact, at(1), &mut Nowhere).unwrap();
    let mut changes = Vec::new();
    hub.take_changes(&mut changes);
    (hub, changes)
}

/// A room with nothing in it.
fn record(name: &str) -> RoomRecord {
    RoomRecord {
        name: String::from(name),
        made_at: 1,
        made_by: None,
        topic: None,
        flags: Vec::new(),
        key: None,
        limit: None,
        masks: Vec::new(),
        metadata: Vec::new(),
        operators: Vec::new(),
        readers: Vec::new(),
    }
}

fn said(room: &str, id: u64, unix_seconds: u64, text: &str) -> Change {
    Change::Said {
        room: String::from(room),
        entry: Entry {
            id: MessageId(id),
            unix_us: unix_seconds * 1_000_000,
            text: String::from(text),
            ..Entry::default()
        },
    }
}

/// Deletes until nothing is left to do. Returns the number of steps.
fn prune(connection: &Connection, keep: Retention) -> usize {
    let mut pruner = prune::Pruner::new(keep);
    let mut steps = 1;
    while pruner.step(connection).unwrap() {
        steps += 1;
    }
    steps
}

/// Limits on lines alone.
fn lines(lines_max: usize) -> LoadLimits {
    LoadLimits::new(lines_max, usize::MAX)
}

fn bare(entry: &Entry) -> Entry {
    Entry {
        by: None,
        ..entry.clone()
    }
}

#[test]
fn everything_that_is_kept_comes_back() {
    let folder = Folder::new("back");
    let (hub, mut changes) = full();
    let mut store = SqliteStore::open(folder.file()).unwrap();
    let first = store.load(lines(200)).unwrap();
    assert_eq!(first.rooms, []);
    store.keep(&mut changes);
    assert!(changes.is_empty());
    drop(store);

    let mut store = SqliteStore::open(folder.file()).unwrap();
    assert_eq!(
        store.summary().unwrap(),
        Summary {
            rooms: 1,
            messages: 11,
            not_kept: 0
        }
    );
    let saved = store.load(lines(200)).unwrap();
    assert_eq!(saved.seed, first.seed, "bans mean the same people");
    assert!(saved.next_id > first.next_id, "no number is given twice");
    let records: Vec<_> = saved
        .rooms
        .iter()
        .map(|(record, _)| record.clone())
        .collect();
    assert!(hub.records().eq(records));
    let history: Vec<_> = hub.room("größe").unwrap().history().map(bare).collect();
    assert_eq!(saved.rooms[0].1, history);

    let mut again = Hub::new(RelayConfig::default());
    for (record, history) in saved.rooms {
        again.restore(record, history, at(2));
    }
    assert!(again.records().eq(hub.records()));
    drop(store);
    let mut store = SqliteStore::open(folder.file()).unwrap();
    let last = store.load(lines(3)).unwrap().rooms[0].1.clone();
    assert_eq!(last, history[8..], "as many as are wanted");
}

#[test]
fn a_room_that_is_forgotten_takes_its_messages_along() {
    let folder = Folder::new("forgotten");
    let (_, mut changes) = full();
    let room = String::from("grösse");
    changes.push(Change::Forgotten { room: room.clone() });
    let is_room = |change: &&Change| matches!(change, Change::Room(_));
    let Some(Change::Room(mut record)) = changes.iter().find(is_room).cloned() else {
        panic!("there is a room");
    };
    record.masks.clear();
    let entry = Entry {
        id: MessageId(77),
        text: "new".into(),
        ..Entry::default()
    };
    changes.push(Change::Said {
        room,
        entry: entry.clone(),
    });
    changes.push(Change::Room(record));
    let mut store = SqliteStore::open(folder.file()).unwrap();
    store.load(lines(0)).unwrap();
    store.keep(&mut changes);
    drop(store);
    let mut store = SqliteStore::open(folder.file()).unwrap();
    let saved = store.load(lines(200)).unwrap();
    assert_eq!(saved.rooms.len(), 1);
    assert_eq!(saved.rooms[0].0.masks, []);
    assert_eq!(saved.rooms[0].1, [entry]);
}

#[test]
fn one_store_at_a_time_has_a_file() {
    let folder = Folder::new("lock");
    let store = SqliteStore::open(folder.file()).unwrap();
    let error = SqliteStore::open(folder.file()).unwrap_err();
    let by = std::process::id().to_string();
    assert_eq!(
        error,
        StoreError::InUse {
            path: folder.file(),
            by
        }
    );
    drop(store);
    assert!(SqliteStore::open(folder.file()).is_ok());
}

#[test]
fn files_that_are_not_ours_are_left_as_they_are() {
    let folder = Folder::new("others");
    fs::write(
        folder.file(),
        "a text, and no database at all, of some length",
    )
    .unwrap();
    let before = fs::read(folder.file()).unwrap();
    let error = SqliteStore::open(folder.file()).unwrap_err();
    assert!(matches!(error, StoreError::Broken { .. }), "{error}");
    assert_eq!(fs::read(folder.file()).unwrap(), before);

    fs::remove_file(folder.file()).unwrap();
    let other = Connection::open(folder.file()).unwrap();
    other.execute_batch("CREATE TABLE notes (text)").unwrap();
    drop(other);
    let error = SqliteStore::open(folder.file()).unwrap_err();
    assert!(
        error.to_string().contains("it holds other tables"),
        "{error}"
    );

    fs::remove_file(folder.file()).unwrap();
    drop(SqliteStore::open(folder.file()).unwrap());
    let newer = Connection::open(folder.file()).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    let error = SqliteStore::open(folder.file()).unwrap_err();
    let path = folder.file();
    assert_eq!(error, StoreError::TooNew { path, version: 99 });
}

#[test]
fn the_files_are_their_owner_s_alone() {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::new("mode");
        let mut store = SqliteStore::open(folder.file()).unwrap();
        store.load(lines(0)).unwrap();
        let mut count = 0;
        for entry in fs::read_dir(&folder.0).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{:?}", entry.path());
            count += 1;
        }
        assert!(count >= 3, "the file, its log and its lock");
    }
}

#[test]
fn a_file_that_is_damaged_is_no_empty_one() {
    let folder = Folder::new("damaged");
    let (_, mut changes) = full();
    let mut store = SqliteStore::open(folder.file()).unwrap();
    store.load(lines(0)).unwrap();
    store.keep(&mut changes);
    drop(store);
    let mut bytes = fs::read(folder.file()).unwrap();
    bytes[4096..].fill(0xa5);
    fs::write(folder.file(), &bytes).unwrap();
    let error = match SqliteStore::open(folder.file()) {
        Ok(mut store) => store.load(lines(200)).unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(error, StoreError::Broken { .. }), "{error}");
    let after = fs::read(folder.file()).unwrap();
    let changed = (0..bytes.len()).find(|at| after.get(*at) != bytes.get(*at));
    assert_eq!(changed, None, "it was written to: {error}");
    assert_eq!(after.len(), bytes.len());
}
