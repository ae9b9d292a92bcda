//! A room that is forgotten: it is gone at once, for readers and for the next start, and its messages go in small steps.
//!
//! Deleting the row of a room with a million messages would be one transaction as large as all of them, for which
//! every commit waits. So the row is renamed to what no room can be called, a name that begins with a blank, and stays
//! until the last message is deleted. A new room of the old name has a row of its own.

use rusqlite::{Connection, OptionalExtension, params};

type Result<T> = rusqlite::Result<T>;

/// Forgets a room, if it is there.
pub(super) fn forget(connection: &Connection, folded: &str) -> Result<()> {
    let sql = "UPDATE room SET folded = ' gone ' || id, name = ' gone ' || id, made_at = 0, made_by = NULL,
        topic = NULL, topic_by = NULL, topic_at = NULL, flags = '', key = NULL, people_max = NULL
        WHERE folded = ? RETURNING id";
    let mut statement = connection.prepare_cached(sql)?;
    let room: Option<i64> = statement.query_row([folded], |row| row.get(0)).optional()?;
    match room {
        Some(room) => delete_lists(connection, room),
        None => Ok(()),
    }
}

/// Deletes what is written anew whenever one of the facts about a room changes.
pub(super) fn delete_lists(connection: &Connection, room: i64) -> Result<()> {
    for table in ["mask", "metadata", "operator", "reader"] {
        let sql = format!("DELETE FROM {table} WHERE room = ?");
        connection.prepare_cached(&sql)?.execute([room])?;
    }
    Ok(())
}

/// Gives messages that were said since `made_at`, in seconds, to another room: they were said in that one, before its
/// facts came.
pub(super) fn move_later(connection: &Connection, from: i64, to: i64, made_at: u64) -> Result<()> {
    let sql = "SELECT id FROM message WHERE room = ? AND at < ? * 1000000 ORDER BY id DESC LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    let earlier: Option<i64> = statement
        .query_row(params![from, made_at], |row| row.get(0))
        .optional()?;
    let sql = "UPDATE message SET room = ? WHERE room = ? AND id > ?";
    let values = params![to, from, earlier.unwrap_or(i64::MIN)];
    connection.prepare_cached(sql)?.execute(values).map(|_| ())
}

/// Deletes some messages of one room that is gone, and its row after the last of them. Returns
/// whether there was such a room.
pub(super) fn delete_some(connection: &Connection, count_max: usize) -> Result<bool> {
    let sql = "SELECT id FROM room WHERE folded < '!' LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    let room: Option<i64> = statement.query_row([], |row| row.get(0)).optional()?;
    let Some(room) = room else {
        return Ok(false);
    };
    let sql = "DELETE FROM message WHERE id IN
        (SELECT id FROM message WHERE room = ? ORDER BY id LIMIT ?)";
    let values = params![room, count_max as i64];
    let deleted = connection.prepare_cached(sql)?.execute(values)?;
    if deleted < count_max {
        let sql = "DELETE FROM room WHERE id = ?";
        connection.prepare_cached(sql)?.execute([room])?;
    }
    Ok(true)
}
