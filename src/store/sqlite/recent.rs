//! The last messages of each room, as many as there is memory for: each room has its share.
//!
//! First the newest messages of all rooms are read, in one go: where rooms are alike, that is nearly all of them, and
//! takes half the time of looking each one up. Then each room gets what it lacks. Once they take more than they may, the
//! largest give way, before the next is read; so there is at most twice as much in memory, for a moment. Reading all, and
//! dropping what is too much afterwards, took 354 MB for a thousand rooms with long lines; looking at all lengths first
//! read everything twice.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::read::{ENTRY, entry};
use super::unsaid::Unsaid;
use crate::relay::hub::{Entry, RoomRecord};
use crate::store::LoadLimits;

type Result<T> = rusqlite::Result<T>;

/// Rooms with their last messages, within limits.
pub(super) struct Recent {
    limits: LoadLimits,
    unsaid: Unsaid,
    /// The newest messages of rooms that are not read yet, the newest first; and the number that all of them have or are
    /// above.
    newest: HashMap<i64, Vec<Entry>>,
    from: i64,
    rooms: Vec<(RoomRecord, Vec<Entry>)>,
    /// Bytes of the messages of each room, and of all.
    sizes: Vec<usize>,
    bytes: usize,
    /// Bytes that one room may have.
    share: usize,
}

impl Recent {
    /// Reads the newest messages of all rooms.
    pub(super) fn begin(connection: &Connection, limits: LoadLimits) -> Result<Self> {
        let mut recent = Self {
            limits,
            unsaid: Unsaid::load(connection)?,
            newest: HashMap::new(),
            from: i64::MAX,
            rooms: Vec::new(),
            sizes: Vec::new(),
            bytes: 0,
            share: usize::MAX,
        };
        recent.read_newest(connection)?;
        Ok(recent)
    }

    fn read_newest(&mut self, connection: &Connection) -> Result<()> {
        let count = "SELECT count(*) FROM room";
        let rooms: usize = connection.query_row(count, [], |row| row.get(0))?;
        let lines_max = self.limits.lines_max;
        let all = i64::try_from(lines_max.saturating_mul(rooms)).unwrap_or(i64::MAX);
        let sql = format!("SELECT {ENTRY}, message.room FROM message ORDER BY id DESC LIMIT ?");
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([all])?;
        let mut bytes = 0;
        while bytes <= self.limits.bytes_max
            && let Some(row) = rows.next()?
        {
            self.from = row.get(0)?;
            let entries = self.newest.entry(row.get(7)?).or_default();
            if entries.len() < lines_max {
                let entry = entry(row)?;
                if !self.unsaid.has(&entry) {
                    bytes += entry.bytes();
                    entries.push(entry);
                }
            }
        }
        Ok(())
    }

    /// Reads the last messages of a room.
    pub(super) fn read(
        &mut self,
        connection: &Connection,
        id: i64,
        record: RoomRecord,
    ) -> Result<()> {
        let mut entries = self.newest.remove(&id).unwrap_or_default();
        let mut bytes = entries.iter().map(Entry::bytes).sum();
        let sql = format!(
            "SELECT {ENTRY} FROM message WHERE room = ? AND id < ? ORDER BY id DESC LIMIT ?"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let left = self.limits.lines_max - entries.len();
        let left = i64::try_from(left).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![id, self.from, left])?;
        while let Some(row) = rows.next()? {
            let entry = entry(row)?;
            if self.unsaid.has(&entry) {
                continue;
            }
            if bytes + entry.bytes() > self.share {
                break;
            }
            bytes += entry.bytes();
            entries.push(entry);
        }
        entries.reverse();
        entries.shrink_to_fit();
        self.rooms.push((record, entries));
        self.sizes.push(bytes);
        self.bytes += bytes;
        if self.bytes > self.limits.bytes_max {
            self.shrink();
        }
        Ok(())
    }

    /// The rooms, each with its messages, the oldest first.
    pub(super) fn into_rooms(self) -> Vec<(RoomRecord, Vec<Entry>)> {
        self.rooms
    }

    /// Drops the oldest messages of the rooms that have more than their share.
    fn shrink(&mut self) {
        self.share = share(self.sizes.clone(), self.limits.bytes_max);
        for ((_, entries), bytes) in self.rooms.iter_mut().zip(&mut self.sizes) {
            let (before, mut count) = (*bytes, 0);
            while *bytes > self.share {
                *bytes -= entries[count].bytes();
                count += 1;
            }
            if count > 0 {
                entries.drain(..count);
                entries.shrink_to_fit();
                self.bytes -= before - *bytes;
            }
        }
    }
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
