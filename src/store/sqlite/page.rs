//! A page of a room's messages, by their place.
//!
//! Everything is a range of numbers: they rise with the times of a room, so a time is looked for by halving. An index of
//! times would make the file a tenth larger.

use rusqlite::{Connection, OptionalExtension, params};

use super::read::{ENTRY, entry};
use super::unsaid::Unsaid;
use crate::relay::hub::{ArchiveKey, Reference, Selection};
use crate::store::Found;

type Result<T> = rusqlite::Result<T>;

/// A room in the tables.
pub(super) struct StoredRoom {
    pub(super) id: i64,
    /// The number from which on its messages are for those who are in it.
    pub(super) first: i64,
}

/// Finds a room; none if it has never been written.
pub(super) fn stored_room(connection: &Connection, key: &ArchiveKey) -> Result<Option<StoredRoom>> {
    let sql = "SELECT id FROM room WHERE folded = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let id = statement
        .query_row([&key.room], |row| row.get(0))
        .optional()?;
    let first = number(key.first_id.0);
    Ok(id.map(|id| StoredRoom { id, first }))
}

/// Finds the messages that are meant.
pub(super) fn find(
    connection: &Connection,
    key: &ArchiveKey,
    selection: Selection,
    limit: usize,
) -> Result<Vec<Found>> {
    let Some(room) = stored_room(connection, key)? else {
        return Ok(Vec::new());
    };
    let page = Page {
        connection,
        key,
        room,
        limit,
        unsaid: Unsaid::load(connection)?,
    };
    let all = i64::MAX;
    match selection {
        Selection::Latest(None) => page.last(0, all),
        Selection::Latest(Some(it)) => page.last(page.behind(it)?, all),
        Selection::Before(it) => page.last(0, page.upto(it)?),
        Selection::After(it) => page.first(page.behind(it)?, all),
        Selection::Between(one, other) => {
            // It is counted from the first that is named, which may be the later one.
            match page.upto(one)? <= page.upto(other)? {
                true => page.first(page.behind(one)?, page.upto(other)?),
                false => page.last(page.behind(other)?, page.upto(one)?),
            }
        }
        Selection::Around(it) => {
            let middle = page.upto(it)?;
            let mut found = page.last(0, middle)?;
            found.extend(page.first(middle, all)?);
            Ok(found)
        }
    }
}

struct Page<'a> {
    connection: &'a Connection,
    key: &'a ArchiveKey,
    room: StoredRoom,
    limit: usize,
    /// Names whose messages are shown no more, and are still there.
    unsaid: Unsaid,
}

impl Page<'_> {
    /// The first number that is behind a place.
    fn behind(&self, it: Reference) -> Result<i64> {
        match it {
            Reference::Id(id) => Ok(number(id.0).saturating_add(1)),
            Reference::Time(ms) => self.since(ms.saturating_add(1)),
        }
    }

    /// The first number that is not before a place.
    fn upto(&self, it: Reference) -> Result<i64> {
        match it {
            Reference::Id(id) => Ok(number(id.0)),
            Reference::Time(ms) => self.since(ms),
        }
    }

    /// The first number of a message from this millisecond on.
    fn since(&self, ms: u64) -> Result<i64> {
        let at = number(ms.saturating_mul(1000));
        let sql = "SELECT id, at FROM message WHERE room = ? AND id >= ? ORDER BY id LIMIT 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let (mut low, mut high) = (0, i64::MAX);
        while low < high {
            let middle = low + (high - low) / 2;
            let next: Option<(i64, i64)> = statement
                .query_row(params![self.room.id, middle], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?;
            match next {
                Some((id, time)) if time < at => low = id + 1,
                _ => high = middle,
            }
        }
        Ok(low)
    }

    /// The last messages with numbers from one up to another.
    fn last(&self, from: i64, to: i64) -> Result<Vec<Found>> {
        let sql = "WHERE room = ? AND id >= ? AND id < ? ORDER BY id DESC LIMIT ?";
        let mut found = self.select(sql, from, to)?;
        found.reverse();
        Ok(found)
    }

    /// The first ones.
    fn first(&self, from: i64, to: i64) -> Result<Vec<Found>> {
        let sql = "WHERE room = ? AND id >= ? AND id < ? ORDER BY id LIMIT ?";
        self.select(sql, from, to)
    }

    fn select(&self, condition: &str, from: i64, to: i64) -> Result<Vec<Found>> {
        let sql = format!("SELECT {ENTRY} FROM message {condition}");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let from = from.max(self.room.first);
        let values = params![self.room.id, from, to, self.limit as i64];
        let entries = statement.query_map(values, entry)?;
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry?;
            if !self.unsaid.has(&entry) {
                let room = self.key.room.clone();
                found.push(Found { room, entry });
            }
        }
        Ok(found)
    }
}

/// A number as the tables have it.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
