//! Tests of a file that is removed, moved or replaced while it is written.

use super::presence::Presence;
use super::*;

/// An open file with one message, and who looks after it.
struct Open {
    folder: Folder,
    connection: Connection,
    keys: read::RoomKeys,
    presence: Presence,
    _lock: Option<Lock>,
}

impl Open {
    fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        let store = SqliteStore::open(folder.file()).unwrap();
        let SqliteStore {
            connection, _lock, ..
        } = store;
        let mut open = Self {
            presence: Presence::new(&folder.file()),
            connection: connection.unwrap(),
            keys: read::RoomKeys::new(),
            _lock: Some(_lock),
            folder,
        };
        open.say(1);
        // The log is there from the first commit on.
        open.presence = Presence::new(&open.folder.file());
        open
    }

    fn say(&mut self, id: u64) {
        let changes = [Change::Room(record("dev")), said("dev", id, 100, "hello")];
        write::write(&mut self.connection, &mut self.keys, changes.iter()).unwrap();
    }

    fn look(&mut self) {
        self.presence.look_after(&mut self.connection);
    }

    fn path(&self, suffix: &str) -> PathBuf {
        let mut name = self.folder.file().into_os_string();
        name.push(suffix);
        name.into()
    }

    fn remove(&self, suffixes: &[&str]) {
        for suffix in suffixes {
            fs::remove_file(self.path(suffix)).unwrap();
        }
    }

    /// The numbers of the messages in the file at the path, which is whole.
    fn kept(&self) -> Vec<u64> {
        let file = StoreFile::open(self.folder.file()).unwrap();
        assert_eq!(file.check().unwrap(), Vec::<String>::new());
        let mut ids = Vec::new();
        let show = |_: &str, entry: &Entry| {
            ids.push(entry.id.0);
            true
        };
        file.messages(None, show).unwrap();
        ids
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_was_removed_is_put_back_with_all_that_it_held() {
    for removed in [
        &[""][..],
        &["", "-wal", "-shm"],
        &["", "-wal", "-shm", ".lock"],
        &["-wal"],
        &["-wal", "-shm"],
    ] {
        let mut open = Open::new("removed");
        open.look();
        open.remove(removed);
        open.say(2);
        open.look();
        open.say(3);
        open.look();
        assert_eq!(open.kept(), [1, 2, 3], "{removed:?}");
        let error = SqliteStore::open(open.folder.file()).unwrap_err();
        assert!(matches!(error, StoreError::InUse { .. }), "{error}");
        assert!(!open.path(".new").exists());
        drop(open.connection);
        open.connection = connect(&open.folder.file()).ok().unwrap();
        assert_eq!(open.kept(), [1, 2, 3], "{removed:?}, at the end");
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(open.folder.file()).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_somebody_put_there_is_left_as_it_is() {
    let mut open = Open::new("replaced");
    fs::rename(open.path(""), open.path(".old")).unwrap();
    fs::write(open.path(""), "somebody's").unwrap();
    open.say(2);
    open.look();
    open.presence.end(&mut open.connection);
    open.say(3);
    assert_eq!(fs::read(open.path("")).unwrap(), b"somebody's");
    // The place is free again.
    open.remove(&[""]);
    open.look();
    open.say(4);
    assert_eq!(open.kept(), [1, 2, 3, 4]);
}

#[cfg(unix)]
#[test]
fn a_file_that_is_moved_back_goes_on() {
    let mut open = Open::new("moved");
    fs::rename(open.path(""), open.path(".old")).unwrap();
    fs::write(open.path(""), "somebody's").unwrap();
    open.look();
    fs::rename(open.path(".old"), open.path("")).unwrap();
    open.say(2);
    open.look();
    assert_eq!(open.kept(), [1, 2]);
}

/// Somebody is putting a copy with its log there, the log first.
#[cfg(unix)]
#[test]
fn a_log_that_somebody_put_there_is_left_as_it_is() {
    let mut open = Open::new("log");
    open.remove(&["", "-wal"]);
    fs::write(open.path("-wal"), "somebody's").unwrap();
    open.look();
    assert!(!open.path("").exists());
    assert_eq!(fs::read(open.path("-wal")).unwrap(), b"somebody's");
}

/// A disk that is not mounted just now may have the file as it was: it is not made anew beside it.
#[cfg(unix)]
#[test]
fn in_another_folder_nothing_is_made() {
    let mut open = Open::new("folder");
    let aside = open.folder.0.with_extension("aside");
    fs::rename(&open.folder.0, &aside).unwrap();
    fs::create_dir(&open.folder.0).unwrap();
    open.say(2);
    open.look();
    assert_eq!(fs::read_dir(&open.folder.0).unwrap().count(), 0);
    fs::remove_dir(&open.folder.0).unwrap();
    open.look();
    fs::rename(&aside, &open.folder.0).unwrap();
    open.look();
    assert_eq!(open.kept(), [1, 2]);
}
