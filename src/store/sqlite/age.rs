//! Messages that are too old go.
//!
//! Each minute the oldest messages of each room are looked at, which is quick, and enough as long as clocks run forward.
//! Once a day all messages are: behind one whose time is in the future, older ones would stay for ever otherwise. An
//! index on the time would find them as well, and take a tenth more of the disk.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::retention::Retention;

type Result<T> = rusqlite::Result<T>;

/// Rooms that are looked at in one step.
const ROOMS: usize = 256;

/// Deletes the oldest messages of the rooms behind one, up to `count_max` of them. Returns the room to go on behind; None
/// if all have been looked at.
pub(super) fn delete_oldest(
    connection: &Connection,
    keep: &Retention,
    behind: i64,
    count_max: usize,
) -> Result<Option<i64>> {
    let sql = "SELECT id, folded FROM room WHERE id > ? AND folded >= '!' ORDER BY id LIMIT ?";
    let mut statement = connection.prepare_cached(sql)?;
    let named = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let rooms = statement.query_map(params![behind, ROOMS], named)?;
    let rooms: Vec<(i64, String)> = rooms.collect::<Result<_>>()?;
    let mut left = count_max;
    for (room, folded) in &rooms {
        if let Some(age) = keep.age_max_of(folded) {
            left -= delete_oldest_of(connection, *room, time_before(age), left)?;
            if left == 0 {
                return Ok(Some(room - 1));
            }
        }
    }
    let last = rooms.last().filter(|_| rooms.len() == ROOMS);
    Ok(last.map(|(room, _)| *room))
}

fn delete_oldest_of(
    connection: &Connection,
    room: i64,
    before: i64,
    count_max: usize,
) -> Result<usize> {
    let sql = "SELECT at FROM message WHERE room = ? ORDER BY id LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    let first: Option<i64> = statement.query_row([room], |row| row.get(0)).optional()?;
    if first.is_none_or(|at| at >= before) {
        return Ok(0);
    }
    let sql = "DELETE FROM message WHERE at < ?1
        AND id IN (SELECT id FROM message WHERE room = ?2 ORDER BY id LIMIT ?3)";
    let mut statement = connection.prepare_cached(sql)?;
    statement.execute(params![before, room, count_max])
}

/// Looks at so many messages behind one, and deletes those of them that are too old. Returns the message to go on
/// behind; None if all have been looked at.
pub(super) fn delete_among(
    connection: &Connection,
    keep: &Retention,
    behind: i64,
    looks: usize,
) -> Result<Option<i64>> {
    let own = times_of_rooms(connection, keep)?;
    let others = keep.age_max.map(time_before);
    let mut too_old = Vec::new();
    let sql = "SELECT id, room, at FROM message WHERE id > ? ORDER BY id LIMIT ?";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![behind, looks])?;
    let (mut last, mut count) = (behind, 0);
    while let Some(row) = rows.next()? {
        let (room, at): (i64, i64) = (row.get(1)?, row.get(2)?);
        (last, count) = (row.get(0)?, count + 1);
        let before = own.get(&room).copied().unwrap_or(others);
        if before.is_some_and(|before| at < before) {
            too_old.push(last);
        }
    }
    drop(rows);
    delete(connection, &too_old)?;
    Ok((count == looks).then_some(last))
}

fn delete(connection: &Connection, messages: &[i64]) -> Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let transaction = connection.unchecked_transaction()?;
    for message in messages {
        let mut statement = transaction.prepare_cached("DELETE FROM message WHERE id = ?")?;
        statement.execute([message])?;
    }
    transaction.commit()
}

/// Rooms with an age of their own, and the time before which their messages go; None: they stay.
fn times_of_rooms(connection: &Connection, keep: &Retention) -> Result<HashMap<i64, Option<i64>>> {
    let sql = "SELECT id FROM room WHERE folded = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let mut times = HashMap::new();
    for (room, age) in keep.rooms() {
        let found: Option<i64> = statement.query_row([room], |row| row.get(0)).optional()?;
        times.extend(found.map(|room| (room, age.map(time_before))));
    }
    Ok(times)
}

/// The time so long ago, in microseconds since 1970.
fn time_before(age: Duration) -> i64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(now.saturating_sub(age).as_micros()).unwrap_or(i64::MAX)
}
