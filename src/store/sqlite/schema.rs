//! The tables, and the steps from each earlier version of them.
//!
//! The tables are meant to be read by people with `sqlite3` as well: one fact in one place, names and times that
//! explain themselves.

use rusqlite::Connection;

/// Says that a file is parloir's (`PRAGMA application_id`): the letters "parl".
const APPLICATION: i64 = 0x7061_726c;

/// The steps, each from the version that is its index. A step that was released is never changed.
const STEPS: [&str; 1] = ["
    -- Facts of the whole server: cloak_seed, from which the hosts in masks are made; starts, of which each begins
    -- the numbers of messages anew, at starts * 2^32.
    CREATE TABLE setting (name TEXT PRIMARY KEY, value) WITHOUT ROWID;

    CREATE TABLE room (
        id INTEGER PRIMARY KEY,
        folded TEXT NOT NULL UNIQUE,    -- the name in the form in which names are compared
        name TEXT NOT NULL,             -- the name as it is shown
        made_at INTEGER NOT NULL,       -- seconds since 1970, as all times but a message's
        made_by TEXT,                   -- a host, cloaked; NULL: the server
        topic TEXT,
        topic_by TEXT,
        topic_at INTEGER,
        flags TEXT NOT NULL,            -- words between blanks
        key TEXT,
        people_max INTEGER
    );
    CREATE TABLE mask (
        room INTEGER NOT NULL REFERENCES room ON DELETE CASCADE,
        list TEXT NOT NULL,             -- ban, ban-exception, invite-exception, mute
        mask TEXT NOT NULL,             -- nick!user@host with * and ?
        set_by TEXT NOT NULL,
        set_at INTEGER NOT NULL
    );
    CREATE INDEX mask_of_room ON mask (room);
    CREATE TABLE metadata (
        room INTEGER NOT NULL REFERENCES room ON DELETE CASCADE,
        key TEXT NOT NULL,
        value TEXT NOT NULL
    );
    CREATE INDEX metadata_of_room ON metadata (room);
    -- People that a room knows again, by folded names and cloaked host: its operators, and programs that have left,
    -- with the number of the first message that they have not been sent.
    CREATE TABLE operator (
        room INTEGER NOT NULL REFERENCES room ON DELETE CASCADE,
        nick TEXT NOT NULL,
        user TEXT NOT NULL,
        host TEXT NOT NULL
    );
    CREATE INDEX operator_of_room ON operator (room);
    CREATE TABLE reader (
        room INTEGER NOT NULL REFERENCES room ON DELETE CASCADE,
        nick TEXT NOT NULL,
        user TEXT NOT NULL,
        host TEXT NOT NULL,
        next_message INTEGER NOT NULL
    );
    CREATE INDEX reader_of_room ON reader (room);
    CREATE TABLE message (
        id INTEGER PRIMARY KEY,
        room INTEGER NOT NULL REFERENCES room ON DELETE CASCADE,
        at INTEGER NOT NULL,            -- microseconds since 1970
        kind TEXT NOT NULL,             -- message, action, notice
        nick TEXT NOT NULL,
        user TEXT NOT NULL,             -- empty if the sender gave none
        host TEXT NOT NULL,
        text TEXT NOT NULL
    );
    CREATE INDEX message_of_room ON message (room, id);
    -- Messages that could not be kept, because the disk was full, broken or too slow.
    CREATE TABLE gap (
        at INTEGER NOT NULL,            -- the end of it
        messages INTEGER NOT NULL
    );
"];

/// The fault of a file that is to be opened.
pub(super) enum FileFault {
    TooNew(i64),
    NotOurs,
    /// Nothing was written to it yet.
    Empty,
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for FileFault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Brings the tables to the newest version. Each step is done whole or not at all.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), FileFault> {
    let version = version(connection)?;
    let left = STEPS
        .iter()
        .skip(usize::try_from(version).unwrap_or(usize::MAX));
    for (at, step) in (version + 1..).zip(left) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", at)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Checks that the tables are of the newest version.
pub(super) fn fit(connection: &Connection) -> Result<(), FileFault> {
    match usize::try_from(version(connection)?) {
        Ok(version) if version == STEPS.len() => Ok(()),
        Ok(0) => Err(FileFault::Empty),
        _ => Err(FileFault::NotOurs),
    }
}

/// Returns the version of the tables; 0 for a new file.
pub(super) fn version(connection: &Connection) -> Result<i64, FileFault> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let version = pragma("user_version")?;
    let application = pragma("application_id")?;
    let count = "SELECT count(*) FROM sqlite_schema";
    let tables: i64 = connection.query_row(count, [], |row| row.get(0))?;
    if application != APPLICATION && (tables > 0 || application != 0) {
        return Err(FileFault::NotOurs);
    }
    match usize::try_from(version) {
        Ok(known) if known <= STEPS.len() => Ok(version),
        _ => Err(FileFault::TooNew(version)),
    }
}
