//! Retention: the oldest messages go, in small steps between commits, and the file shrinks.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::Connection;

/// How long, and how much, is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// Age from which a message is deleted; None: it may be of any age.
    pub age_max: Option<Duration>,
    /// Bytes of the file from which the oldest messages are deleted; None: there is no limit.
    pub bytes_max: Option<u64>,
}

/// Messages deleted in one step. A step takes some milliseconds, in which lines that come are not committed yet.
const STEP: usize = 1_000;
/// Pages that one step gives back to the system at most; 4 MiB.
const PAGES: usize = 1_000;

/// Deletes some messages that need not be kept. Returns whether there may be more of them.
pub(super) fn prune(connection: &Connection, keep: Retention) -> rusqlite::Result<bool> {
    let mut deleted = 0;
    if let Some(age) = keep.age_max {
        // Messages are in the order of their numbers, which is that of their times as long as no clock is set back.
        let sql = "DELETE FROM message WHERE at < ?1
            AND id IN (SELECT id FROM message ORDER BY id LIMIT ?2)";
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let before = now.saturating_sub(age).as_micros();
        let before = i64::try_from(before).unwrap_or(i64::MAX);
        deleted += connection.prepare_cached(sql)?.execute((before, STEP))?;
    }
    if let Some(bytes) = keep.bytes_max
        && bytes_in_use(connection)? > bytes
    {
        let sql = "DELETE FROM message WHERE id IN (SELECT id FROM message ORDER BY id LIMIT ?)";
        deleted += connection.prepare_cached(sql)?.execute([STEP])?;
    }
    let free = pragma(connection, "freelist_count")?;
    if free > 0 {
        let mut statement = connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
        // A page is given back at each step of the statement.
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
    }
    Ok(deleted >= STEP || free > PAGES as u64)
}

/// Bytes of the pages that hold something.
pub(super) fn bytes_in_use(connection: &Connection) -> rusqlite::Result<u64> {
    let pages = pragma(connection, "page_count")? - pragma(connection, "freelist_count")?;
    Ok(pages * pragma(connection, "page_size")?)
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<u64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}
