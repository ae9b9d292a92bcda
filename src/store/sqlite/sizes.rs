//! The file is too large: the rooms that have most give way, so that whoever says very much in one room does not
//! shorten the past of the others.
//!
//! The sizes of rooms are kept in memory from the first time that they are needed. They are counted message by message,
//! some at a time, and the next count goes on where the last one has ended: messages have rising numbers.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rusqlite::{Connection, params};

type Result<T> = rusqlite::Result<T>;

/// Bytes that a message takes besides its texts, with its place in the index.
const MESSAGE_BYTES: u64 = 50;
/// Part of a room that goes before another may have become the largest.
const PART: u64 = 8;
/// The bytes of the texts of a message.
const TEXTS: &str =
    "octet_length(nick) + octet_length(user) + octet_length(host) + octet_length(text)";

/// The sizes of all rooms that have messages, by number.
#[derive(Debug, Default)]
pub(super) struct RoomSizes {
    rooms: BTreeMap<i64, Size>,
    /// The last message that is counted.
    last: i64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Size {
    messages: u64,
    bytes: u64,
}

impl RoomSizes {
    /// Counts some of the messages that are not counted yet. Returns whether there may be more of them.
    pub(super) fn count_some(&mut self, connection: &Connection, looks: usize) -> Result<bool> {
        let sql = format!("SELECT id, room, {TEXTS} FROM message WHERE id > ? ORDER BY id LIMIT ?");
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params![self.last, looks])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            self.last = row.get(0)?;
            let size = self.rooms.entry(row.get(1)?).or_default();
            size.messages += 1;
            size.bytes += MESSAGE_BYTES + row.get::<_, u64>(2)?;
            count += 1;
        }
        Ok(count == looks)
    }

    /// Deletes the oldest messages of the rooms that have most, up to so many, until the file is small enough. Returns
    /// how many were deleted.
    pub(super) fn delete_some(
        &mut self,
        connection: &Connection,
        bytes_max: u64,
        count_max: usize,
    ) -> Result<usize> {
        let transaction = connection.unchecked_transaction()?;
        let mut deleted = 0;
        while deleted < count_max && bytes_in_use(&transaction)? > bytes_max {
            let largest = self
                .rooms
                .iter()
                .max_by_key(|(room, size)| (size.bytes, Reverse(**room)));
            let Some((&room, size)) = largest else {
                break;
            };
            let part = usize::try_from(size.messages / PART).unwrap_or(usize::MAX);
            let part = part.clamp(1, count_max - deleted);
            let gone = delete_oldest_of(&transaction, room, part)?;
            deleted += gone.messages as usize;
            self.subtract(room, gone);
        }
        transaction.commit()?;
        Ok(deleted)
    }

    /// A room of which nothing was left to delete was counted wrongly, since age and people delete as well.
    fn subtract(&mut self, room: i64, gone: Size) {
        let Some(size) = self.rooms.get_mut(&room) else {
            return;
        };
        size.messages = size.messages.saturating_sub(gone.messages);
        size.bytes = size.bytes.saturating_sub(gone.bytes);
        if gone.messages == 0 || size.messages == 0 {
            self.rooms.remove(&room);
        }
    }
}

fn delete_oldest_of(connection: &Connection, room: i64, count_max: usize) -> Result<Size> {
    let sql = format!(
        "DELETE FROM message WHERE id IN
        (SELECT id FROM message WHERE room = ? ORDER BY id LIMIT ?) RETURNING {TEXTS}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![room, count_max])?;
    let mut gone = Size::default();
    while let Some(row) = rows.next()? {
        gone.messages += 1;
        gone.bytes += MESSAGE_BYTES + row.get::<_, u64>(0)?;
    }
    Ok(gone)
}

/// Bytes of the pages that hold something.
pub(super) fn bytes_in_use(connection: &Connection) -> Result<u64> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, u64>(0));
    let pages = pragma("page_count")? - pragma("freelist_count")?;
    Ok(pages * pragma("page_size")?)
}
