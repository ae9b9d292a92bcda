//! The last messages of each room, as many as there is memory for: each room has its share.
//!
//! Where all that are few enough do not fit, their lengths are looked at first, which takes no memory for the texts.
//! Reading them, and dropping what is too much afterwards, took 354 MB for a thousand rooms with long lines.

use rusqlite::{Connection, Row, params};

use super::read::{ENTRY, entry};
use crate::relay::hub::Entry;
use crate::store::LoadLimits;

type Result<T> = rusqlite::Result<T>;

/// How much of each room is read.
pub(super) struct Recent {
    lines_max: i64,
    /// Bytes that one room may have.
    share: usize,
}

impl Recent {
    /// All that are few enough.
    pub(super) fn all(limits: LoadLimits) -> Self {
        Self {
            lines_max: i64::try_from(limits.lines_max).unwrap_or(i64::MAX),
            share: usize::MAX,
        }
    }

    /// Looks how long the last messages of all rooms are.
    pub(super) fn measure(connection: &Connection, limits: LoadLimits) -> Result<Self> {
        let lines_max = i64::try_from(limits.lines_max).unwrap_or(i64::MAX);
        let mut statement = connection.prepare("SELECT id FROM room WHERE made_at > 0")?;
        let rooms = statement.query_map([], |row| row.get(0))?;
        let sizes = rooms.map(|room| size(connection, room?, lines_max));
        let share = share(sizes.collect::<Result<_>>()?, limits.bytes_max);
        Ok(Self { lines_max, share })
    }

    /// Reads the last messages of a room, oldest first.
    pub(super) fn messages(&self, connection: &Connection, room: i64) -> Result<Vec<Entry>> {
        let sql = format!("SELECT {ENTRY} FROM message WHERE room = ? ORDER BY id DESC LIMIT ?");
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params![room, self.lines_max])?;
        let (mut entries, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let entry = entry(row)?;
            bytes += entry.bytes();
            if bytes > self.share {
                break;
            }
            entries.push(entry);
        }
        entries.reverse();
        entries.shrink_to_fit();
        Ok(entries)
    }
}

/// Bytes of memory for the last messages of a room.
fn size(connection: &Connection, room: i64, lines_max: i64) -> Result<usize> {
    let sql = "SELECT octet_length(nick), octet_length(user), octet_length(text) FROM message
        WHERE room = ? ORDER BY id DESC LIMIT ?";
    let mut statement = connection.prepare_cached(sql)?;
    let bytes = |row: &Row<'_>| Ok(Entry::bytes_of(row.get(0)?, row.get(1)?, row.get(2)?));
    statement
        .query_map(params![room, lines_max], bytes)?
        .sum::<Result<usize>>()
}

/// The most that each room may have, so that all together have no more than `bytes_max`: what small rooms leave over is
/// shared among the larger ones.
fn share(mut sizes: Vec<usize>, bytes_max: usize) -> usize {
    sizes.sort_unstable();
    let mut left = bytes_max;
    let mut rooms = sizes.len();
    for size in sizes {
        let each = left / rooms;
        if size > each {
            return each;
        }
        left -= size;
        rooms -= 1;
    }
    usize::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_small_rooms_leave_over_is_shared() {
        let all = usize::MAX;
        for (sizes, bytes_max, expected) in [
            (&[][..], 0, all),
            (&[10, 20, 30], 60, all),
            (&[10, 20, 30], 61, all),
            (&[30, 10, 20], 59, 29),
            (&[100, 100, 4], 104, 50),
            (&[5, 5], 0, 0),
        ] {
            assert_eq!(share(sizes.to_vec(), bytes_max), expected, "{sizes:?}");
            let taken: usize = sizes.iter().map(|it| it.min(&expected)).sum();
            assert!(taken <= bytes_max, "{taken} of {bytes_max}");
        }
    }
}
