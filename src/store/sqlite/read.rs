//! Reads the tables at the start: every room, with its last messages.

use std::hash::{BuildHasher, Hasher, RandomState};

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::recent::Recent;
use super::words;
use crate::relay::hub::names::fold;
use crate::relay::hub::{Entry, Host, MaskRecord, MessageId, PersonRecord, RoomRecord, Topic};
use crate::store::{LoadLimits, Saved};

type Result<T> = rusqlite::Result<T>;

/// The rooms by which a writer finds them again: folded name and number.
pub(super) type RoomKeys = std::collections::HashMap<String, i64>;

/// Memory for pages of the file during a start, in KiB. The last messages of many rooms lie among each other: with
/// SQLite's own 2 MiB, each page was read again for nearly each of its messages.
const CACHE_KIB: i64 = 32 << 10;
/// The same from then on: SQLite's own.
const CACHE_DEFAULT: i64 = -2000;

/// Reads all, and counts a start.
pub(super) fn load(connection: &mut Connection, limits: LoadLimits) -> Result<(Saved, RoomKeys)> {
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    let (rooms, keys) = rooms(connection, limits)?;
    connection.pragma_update(None, "cache_size", CACHE_DEFAULT)?;
    // Only now is the file written to: one that cannot be read is left as it is.
    let transaction = connection.transaction()?;
    let starts = begin(&transaction)?;
    transaction.commit()?;
    let saved = Saved {
        rooms,
        next_id: MessageId((starts as u64) << 32),
        seed: setting(connection, "cloak_seed")?.map(i64::cast_unsigned),
    };
    Ok((saved, keys))
}

/// The rooms, each with its last messages.
type Rooms = Vec<(RoomRecord, Vec<Entry>)>;

/// Reads the rooms with their last messages.
fn rooms(connection: &Connection, limits: LoadLimits) -> Result<(Rooms, RoomKeys)> {
    let (mut recent, mut keys) = (Recent::begin(connection, limits)?, RoomKeys::new());
    let mut statement =
        connection.prepare("SELECT * FROM room WHERE made_at > 0 ORDER BY folded")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id = row.get("id")?;
        let record = room(connection, row, id)?;
        keys.insert(fold(&record.name), id);
        recent.read(connection, id, record)?;
    }
    Ok((recent.into_rooms(), keys))
}

/// Counts a start, so that its messages get numbers that none has had: the count is on the disk before the first of
/// them is given.
fn begin(connection: &Connection) -> Result<i64> {
    let before = setting(connection, "starts")?.unwrap_or_default();
    let last: Option<i64> =
        connection.query_row("SELECT max(id) FROM message", [], |row| row.get(0))?;
    // A start that has given more than 2^32 numbers has used up the next one's.
    let starts = (before + 1).max((last.unwrap_or_default() >> 32) + 2);
    set(connection, "starts", starts)?;
    if setting(connection, "cloak_seed")?.is_none() {
        // The standard library's random state, which tables of hashes begin with, is as random as it needs to be.
        let seed = RandomState::new().build_hasher().finish();
        set(connection, "cloak_seed", seed.cast_signed())?;
    }
    Ok(starts)
}

fn setting(connection: &Connection, name: &str) -> Result<Option<i64>> {
    connection
        .query_row("SELECT value FROM setting WHERE name = ?", [name], |row| {
            row.get(0)
        })
        .optional()
}

fn set(connection: &Connection, name: &str, value: i64) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)";
    connection.execute(sql, params![name, value]).map(|_| ())
}

fn room(connection: &Connection, row: &Row<'_>, id: i64) -> Result<RoomRecord> {
    let made_by: Option<String> = row.get("made_by")?;
    let topic: Option<String> = row.get("topic")?;
    let topic = match topic {
        Some(text) => Some(Topic {
            text: text.into(),
            by: row.get::<_, String>("topic_by")?.into(),
            unix_seconds: row.get("topic_at")?,
        }),
        None => None,
    };
    let person = |row: &Row<'_>| {
        Ok(PersonRecord {
            name: row.get("nick")?,
            user: row.get("user")?,
            host: host(&row.get::<_, String>("host")?)?,
        })
    };
    let mask = |row: &Row<'_>| {
        let list: String = row.get("list")?;
        let record = words::read_list(&list).map(|list| MaskRecord {
            list,
            mask: String::new(),
            by: String::new(),
            unix_seconds: 0,
        });
        let Some(record) = record else {
            return Ok(None);
        };
        Ok(Some(MaskRecord {
            mask: row.get("mask")?,
            by: row.get("set_by")?,
            unix_seconds: row.get("set_at")?,
            ..record
        }))
    };
    let masks: Vec<Option<MaskRecord>> = all(connection, "mask", id, mask)?;
    let mut masks: Vec<MaskRecord> = masks.into_iter().flatten().collect();
    masks.sort_by_key(|it| it.list);
    Ok(RoomRecord {
        name: row.get("name")?,
        made_at: row.get("made_at")?,
        made_by: made_by.map(|text| host(&text)).transpose()?,
        topic,
        flags: words::read_flags(&row.get::<_, String>("flags")?),
        key: row.get("key")?,
        limit: row.get("people_max")?,
        masks,
        metadata: all(connection, "metadata", id, |row| {
            Ok((row.get("key")?, row.get("value")?))
        })?,
        operators: all(connection, "operator", id, person)?,
        readers: all(connection, "reader", id, |row| {
            let next: u64 = row.get("next_message")?;
            Ok((person(row)?, MessageId(next)))
        })?,
    })
}

/// All rows of a room in one table, in the order in which they were written.
fn all<T>(
    connection: &Connection,
    table: &str,
    room: i64,
    read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let sql = format!("SELECT * FROM {table} WHERE room = ? ORDER BY rowid");
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map([room], read)?.collect()
}

/// The columns of a message, in the order in which [`entry`] reads them: looked up by name in each of two hundred
/// thousand rows, they were a third of a start.
pub(super) const ENTRY: &str =
    "message.id, message.at, message.kind, message.nick, message.user, message.host, message.text";

/// Reads the message of a row that begins with the columns of [`ENTRY`].
pub(super) fn entry(row: &Row<'_>) -> Result<Entry> {
    let text = |column| -> Result<&str> { Ok(row.get_ref(column)?.as_str()?) };
    Ok(Entry {
        id: MessageId(row.get(0)?),
        unix_us: row.get(1)?,
        speech: words::read_kind(text(2)?),
        by: None,
        from: row.get(3)?,
        own_user: row.get(4)?,
        host: host(text(5)?)?,
        text: row.get(6)?,
    })
}

/// A host as it is shown. Any other text is an error: a host read wrongly could mean other people.
pub(super) fn host(text: &str) -> Result<Host> {
    text.parse().map_err(|_| {
        let words = format!("{text:?} is no host");
        rusqlite::Error::FromSqlConversionFailure(0, Type::Text, words.into())
    })
}
