//! Messages that were said elsewhere: gathered first, and then put into the tables, all of them or none.
//!
//! They are gathered in a temporary table, which SQLite keeps on the disk: logs may be larger than the memory, and
//! those of one room may come in several files and in any order.

use std::fmt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::placing::{Placed, place};
use super::read::RoomKeys;
use super::{refuse, words, write};
use crate::relay::cleaned;
use crate::relay::hub::names::{fold, legalize, legalize_room};
use crate::relay::hub::{Entry, Flag, RoomRecord, USER_DEFAULT};
use crate::store::StoreError;

/// Messages on their way into a file. Those that are not [finished](Self::finish) are gone, and the file is as it was.
#[derive(Debug)]
pub struct Import<'a> {
    transaction: Transaction<'a>,
    path: &'a Path,
    /// Time after which nothing can have been said yet, in microseconds since 1970.
    until_us: u64,
}

/// The counts of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Messages that are new in the file.
    pub messages: u64,
    /// Rooms that they are in.
    pub rooms: u64,
    /// Rooms that were made for them.
    pub rooms_made: u64,
    /// Messages that the file had already.
    pub known: u64,
    /// Messages that fall between others of their room whose numbers leave no place.
    pub without_place: u64,
}

/// The reason why a message cannot be one of the chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// A room's name has no legal character.
    Room,
    /// A nickname has no legal character.
    Nickname,
    /// Nothing of the text can be shown.
    Text,
    /// It is said to be from before 1970, or from a time to come. The room would not be in order again before that.
    Time,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Room => "no room can have this name",
            Self::Nickname => "nobody can have this nickname",
            Self::Text => "nothing of the text can be shown",
            Self::Time => "its time is yet to come, or is before 1970",
        })
    }
}

/// Time by which clocks may differ, in microseconds.
const CLOCKS_APART_US: u64 = 60_000_000;
/// Characters of a user name.
const USER_CHARS_MAX: usize = 64;

const TABLES: &str = "
    DROP TABLE IF EXISTS temp.incoming;
    DROP TABLE IF EXISTS temp.incoming_room;
    DROP TABLE IF EXISTS temp.placed;
    CREATE TEMP TABLE incoming_room (key INTEGER PRIMARY KEY, folded TEXT UNIQUE, name TEXT);
    CREATE TEMP TABLE incoming (
        seq INTEGER PRIMARY KEY,
        room INTEGER,
        at INTEGER,
        id INTEGER,     -- the number that it had where it comes from; 0: none
        kind TEXT,
        nick TEXT,
        user TEXT,
        host TEXT,
        text TEXT
    );
    CREATE TEMP TABLE placed (seq INTEGER PRIMARY KEY, id INTEGER, at INTEGER);
";

impl<'a> Import<'a> {
    pub(super) fn begin(
        connection: &'a mut Connection,
        path: &'a Path,
    ) -> Result<Self, StoreError> {
        let transaction = connection.transaction().and_then(|transaction| {
            transaction.execute_batch(TABLES)?;
            Ok(transaction)
        });
        let transaction = transaction.map_err(|error| refuse(path, error.into()))?;
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let now_us = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
        Ok(Self {
            transaction,
            path,
            until_us: now_us.saturating_add(CLOCKS_APART_US),
        })
    }

    /// Takes a message in, made legal as the chat does with names and lines; or returns why it cannot be one. It keeps
    /// its number if that is free and in order; number 0 is none.
    ///
    /// # Errors
    ///
    /// When the place for it cannot be written to.
    pub fn add(&mut self, room: &str, entry: &Entry) -> Result<Option<Refusal>, StoreError> {
        let room = legalize_room(room);
        let nick = legalize(&entry.from);
        let text = legal_text(&entry.text);
        let refusal = if room.is_empty() {
            Some(Refusal::Room)
        } else if nick.is_empty() {
            Some(Refusal::Nickname)
        } else if text.trim().is_empty() {
            Some(Refusal::Text)
        } else if entry.unix_us == 0 || entry.unix_us > self.until_us {
            Some(Refusal::Time)
        } else {
            None
        };
        if refusal.is_some() {
            return Ok(refusal);
        }
        let legal = Entry {
            from: nick,
            own_user: legal_user(&entry.own_user),
            text,
            host: entry.host,
            ..*entry
        };
        let added = self.insert(&room, &legal);
        added.map_err(|error| refuse(self.path, error.into()))?;
        Ok(None)
    }

    fn insert(&self, room: &str, entry: &Entry) -> rusqlite::Result<()> {
        let folded = fold(room);
        let sql = "INSERT OR IGNORE INTO temp.incoming_room (folded, name) VALUES (?, ?)";
        self.transaction
            .prepare_cached(sql)?
            .execute([&*folded, room])?;
        let sql = "INSERT INTO temp.incoming (room, at, id, kind, nick, user, host, text) VALUES
            ((SELECT key FROM temp.incoming_room WHERE folded = ?), ?, ?, ?, ?, ?, ?, ?)";
        let values = params![
            folded,
            entry.unix_us,
            i64::try_from(entry.id.0).unwrap_or_default(),
            words::kind(entry.speech),
            entry.from,
            entry.own_user,
            entry.host.to_string(),
            entry.text,
        ];
        self.transaction.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    /// Puts everything into the file.
    ///
    /// # Errors
    ///
    /// When the file cannot be written to. It is as it was before then.
    pub fn finish(self) -> Result<Imported, StoreError> {
        let path = self.path;
        let done = self.put();
        done.map_err(|error| refuse(path, error.into()))
    }

    fn put(self) -> rusqlite::Result<Imported> {
        let connection = &self.transaction;
        connection.execute_batch("CREATE INDEX temp.in_order ON incoming (room, at, seq)")?;
        let sql = "SELECT key, folded, name FROM temp.incoming_room ORDER BY key";
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        let mut imported = Imported::default();
        while let Some(row) = rows.next()? {
            let (incoming, folded): (i64, String) = (row.get(0)?, row.get(1)?);
            put_room(connection, &mut imported, incoming, &folded, row.get(2)?)?;
        }
        drop(rows);
        drop(statement);
        self.transaction.commit()?;
        Ok(imported)
    }
}

/// Puts the messages of one room into the file, and makes the room if need be.
fn put_room(
    connection: &Connection,
    imported: &mut Imported,
    incoming: i64,
    folded: &str,
    name: String,
) -> rusqlite::Result<()> {
    let find = "SELECT id FROM room WHERE folded = ?";
    let room: Option<i64> = connection
        .query_row(find, [folded], |row| row.get(0))
        .optional()?;
    let placed = place(connection, incoming, room)?;
    imported.known += placed.known;
    imported.without_place += placed.without_place;
    if placed.messages == 0 {
        return Ok(());
    }
    let room = match room {
        Some(room) => room,
        None => {
            imported.rooms_made += 1;
            make_room(connection, name, &placed)?
        }
    };
    let sql = "INSERT INTO message (id, room, at, kind, nick, user, host, text)
        SELECT placed.id, ?, placed.at, kind, nick, user, host, text
        FROM temp.placed JOIN temp.incoming USING (seq) ORDER BY placed.id";
    connection.execute(sql, [room])?;
    connection.execute("DELETE FROM temp.placed", [])?;
    imported.messages += placed.messages;
    imported.rooms += 1;
    Ok(())
}

/// Makes a room as the server makes its own: open, with the one flag that a new room has, and without operators.
fn make_room(connection: &Connection, name: String, placed: &Placed) -> rusqlite::Result<i64> {
    let mut keys = RoomKeys::new();
    let folded = fold(&name);
    let record = RoomRecord {
        name,
        made_at: (placed.oldest_us / 1_000_000).max(1),
        made_by: None,
        topic: None,
        flags: vec![Flag::NoExternal],
        key: None,
        limit: None,
        masks: Vec::new(),
        metadata: Vec::new(),
        operators: Vec::new(),
        readers: Vec::new(),
    };
    write::room(connection, &mut keys, &record)?;
    write::key(connection, &mut keys, &folded)
}

/// The part of a text that is fit to show, line by line. Formatting stays, as in what programs say.
fn legal_text(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(cleaned).collect();
    lines.join("\n")
}

/// A user name that can stand in a mask; none if it cannot.
fn legal_user(user: &str) -> String {
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '!' | '@');
    let is_legal = !user.contains(is_odd) && user.chars().count() <= USER_CHARS_MAX;
    match is_legal && user != USER_DEFAULT {
        true => user.to_owned(),
        false => String::new(),
    }
}
