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
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let before = now.saturating_sub(age).as_micros();
        deleted += delete_older(connection, i64::try_from(before).unwrap_or(i64::MAX))?;
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

/// Deletes some messages that are from before a time, room by room. In a room the order of the numbers is that of the
/// times, as long as no clock is set back. Among all rooms it is not: imported messages have small numbers, and those
/// of a room that goes on elsewhere would keep older ones behind them from being found.
fn delete_older(connection: &Connection, before: i64) -> rusqlite::Result<usize> {
    let sql = "SELECT id FROM room WHERE
        (SELECT at FROM message WHERE message.room = room.id ORDER BY message.id LIMIT 1) < ?";
    let mut statement = connection.prepare_cached(sql)?;
    let rooms = statement.query_map([before], |row| row.get::<_, i64>(0))?;
    let rooms: Vec<_> = rooms.collect::<rusqlite::Result<_>>()?;
    let sql = "DELETE FROM message WHERE at < ?1
        AND id IN (SELECT id FROM message WHERE room = ?2 ORDER BY id LIMIT ?3)";
    let mut statement = connection.prepare_cached(sql)?;
    let mut deleted = 0;
    for room in rooms {
        deleted += statement.execute((before, room, STEP - deleted))?;
        if deleted >= STEP {
            break;
        }
    }
    Ok(deleted)
}

/// Bytes of the pages that hold something.
pub(super) fn bytes_in_use(connection: &Connection) -> rusqlite::Result<u64> {
    let pages = pragma(connection, "page_count")? - pragma(connection, "freelist_count")?;
    Ok(pages * pragma(connection, "page_size")?)
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<u64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}
