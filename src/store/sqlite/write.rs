//! Writes changes into the tables, many in one transaction.

use rusqlite::{Connection, OptionalExtension, params};

use super::read::RoomKeys;
use super::{gone, unsaid, words};
use crate::relay::hub::names::fold;
use crate::relay::hub::{Change, Entry, PersonRecord, RoomRecord};

type Result<T> = rusqlite::Result<T>;

/// Writes changes in one transaction: all of them, or none. `keys` is right afterwards only if all were written.
pub(super) fn write<'c>(
    connection: &mut Connection,
    keys: &mut RoomKeys,
    changes: impl Iterator<Item = &'c Change>,
) -> Result<()> {
    let transaction = connection.transaction()?;
    for change in changes {
        apply(&transaction, keys, change)?;
    }
    transaction.commit()
}

fn apply(connection: &Connection, keys: &mut RoomKeys, change: &Change) -> Result<()> {
    match change {
        Change::Said { room, entry } => {
            let room = key(connection, keys, room)?;
            message(connection, room, entry)
        }
        Change::Redacted { room, id } => {
            let room = key(connection, keys, room)?;
            let sql = "DELETE FROM message WHERE id = ? AND room = ?";
            run(connection, sql, params![id.0, room])
        }
        Change::ForgottenName { name } => unsaid::note(connection, name),
        Change::Room(record) => room(connection, keys, record),
        Change::AllRooms(rooms) => forget_others(connection, keys, rooms),
        Change::Forgotten { room } => {
            keys.remove(room);
            gone::forget(connection, room)
        }
    }
}

/// The number of a room. A room that is not in the tables yet gets a row, which is filled in when its facts come. Until
/// then `made_at` is 0, and the room does not come back: without its rules it would be open to anybody.
pub(super) fn key(connection: &Connection, keys: &mut RoomKeys, folded: &str) -> Result<i64> {
    if let Some(key) = keys.get(folded) {
        return Ok(*key);
    }
    let find = "SELECT id FROM room WHERE folded = ?";
    let found = connection
        .query_row(find, [folded], |row| row.get(0))
        .optional()?;
    let key = match found {
        Some(key) => key,
        None => {
            let sql = "INSERT INTO room (folded, name, made_at, flags) VALUES (?1, ?1, 0, '')";
            run(connection, sql, [folded])?;
            connection.last_insert_rowid()
        }
    };
    keys.insert(folded.to_owned(), key);
    Ok(key)
}

/// The same for a room that was made at this time. Another one of that name, whose end was not told, is forgotten: its
/// messages are not for those who are in this one.
fn key_of_new(
    connection: &Connection,
    keys: &mut RoomKeys,
    folded: &str,
    made_at: u64,
) -> Result<i64> {
    let known = key(connection, keys, folded)?;
    let find = "SELECT made_at FROM room WHERE id = ?";
    let mut statement = connection.prepare_cached(find)?;
    let known_made_at: u64 = statement.query_row([known], |row| row.get(0))?;
    if known_made_at == 0 || known_made_at == made_at {
        return Ok(known);
    }
    gone::forget(connection, folded)?;
    keys.remove(folded);
    let new = key(connection, keys, folded)?;
    gone::move_later(connection, known, new, made_at)?;
    Ok(new)
}

/// Forgets all rooms but these.
fn forget_others(connection: &Connection, keys: &mut RoomKeys, rooms: &[String]) -> Result<()> {
    let mut statement = connection.prepare_cached("SELECT folded FROM room WHERE folded >= '!'")?;
    let known: Vec<String> = statement
        .query_map([], |row| row.get(0))?
        .collect::<Result<_>>()?;
    let are: std::collections::HashSet<&String> = rooms.iter().collect();
    for room in known.into_iter().filter(|it| !are.contains(it)) {
        keys.remove(&room);
        gone::forget(connection, &room)?;
    }
    Ok(())
}

fn message(connection: &Connection, room: i64, entry: &Entry) -> Result<()> {
    let sql = "INSERT OR IGNORE INTO message (id, room, at, kind, nick, user, host, text)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    let values = params![
        entry.id.0,
        room,
        entry.unix_us,
        words::kind(entry.speech),
        entry.from,
        entry.own_user,
        entry.host.to_string(),
        entry.text,
    ];
    run(connection, sql, values)
}

/// Writes the facts about a room in place of those that are there.
pub(super) fn room(connection: &Connection, keys: &mut RoomKeys, it: &RoomRecord) -> Result<()> {
    let room = key_of_new(connection, keys, &fold(&it.name), it.made_at)?;
    let sql =
        "UPDATE room SET name = ?, made_at = ?, made_by = ?, topic = ?, topic_by = ?, topic_at = ?,
        flags = ?, key = ?, people_max = ? WHERE id = ?";
    let topic = it.topic.as_ref();
    let values = params![
        it.name,
        it.made_at,
        it.made_by.map(|host| host.to_string()),
        topic.map(|topic| &*topic.text),
        topic.map(|topic| &*topic.by),
        topic.map(|topic| topic.unix_seconds),
        words::flags(&it.flags),
        it.key,
        it.limit,
        room,
    ];
    run(connection, sql, values)?;
    gone::delete_lists(connection, room)?;
    for mask in &it.masks {
        let sql = "INSERT INTO mask (room, list, mask, set_by, set_at) VALUES (?, ?, ?, ?, ?)";
        let list = words::list(mask.list);
        run(
            connection,
            sql,
            params![room, list, mask.mask, mask.by, mask.unix_seconds],
        )?;
    }
    for (key, value) in &it.metadata {
        let sql = "INSERT INTO metadata (room, key, value) VALUES (?, ?, ?)";
        run(connection, sql, params![room, key, value])?;
    }
    for PersonRecord { name, user, host } in &it.operators {
        let sql = "INSERT INTO operator (room, nick, user, host) VALUES (?, ?, ?, ?)";
        run(connection, sql, params![room, name, user, host.to_string()])?;
    }
    for (PersonRecord { name, user, host }, next) in &it.readers {
        let sql =
            "INSERT INTO reader (room, nick, user, host, next_message) VALUES (?, ?, ?, ?, ?)";
        run(
            connection,
            sql,
            params![room, name, user, host.to_string(), next.0],
        )?;
    }
    Ok(())
}

fn run(connection: &Connection, sql: &str, values: impl rusqlite::Params) -> Result<()> {
    connection.prepare_cached(sql)?.execute(values).map(|_| ())
}
