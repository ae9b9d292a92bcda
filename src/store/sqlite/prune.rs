//! Messages that need not be kept go, in small steps between commits, and the file shrinks.
//!
//! ```text
//! rooms that are forgotten ─▶ the oldest of each room ─▶ once a day: all messages ─▶ too large a file ─▶ rest a minute
//!          gone                        age                       age                      sizes
//! ```

use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::retention::Retention;
use super::sizes::{RoomSizes, bytes_in_use};
use super::{age, gone};

type Result<T> = rusqlite::Result<T>;

/// Messages deleted in one step. A step takes some milliseconds, in which lines that come are not committed yet.
const STEP: usize = 1_000;
/// Messages looked at in one step.
const LOOKS: usize = 5_000;
/// Pages that one step gives back to the system at most; 4 MiB.
const PAGES: usize = 1_000;
/// Time between two looks at all messages.
const ALL_EVERY: Duration = Duration::from_secs(24 * 3600);

/// The work that the next step does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// Messages of rooms that are forgotten.
    #[default]
    Gone,
    /// The oldest messages of the rooms behind this one.
    Oldest(i64),
    /// The age of the messages behind this one.
    All(i64),
    /// The rooms that have most.
    Largest,
}

/// Deletes what need not be kept.
#[derive(Debug)]
pub(super) struct Pruner {
    keep: Retention,
    stage: Stage,
    /// Time of the next look at all messages.
    all_at: Instant,
    sizes: RoomSizes,
}

impl Pruner {
    pub(super) fn new(keep: Retention) -> Self {
        Self {
            keep,
            stage: Stage::default(),
            all_at: Instant::now(),
            sizes: RoomSizes::default(),
        }
    }

    /// Does one step. Returns whether there may be more to do.
    pub(super) fn step(&mut self, connection: &Connection) -> Result<bool> {
        let next = match self.stage {
            Stage::Gone if gone::delete_some(connection, STEP)? => Some(Stage::Gone),
            Stage::Gone if self.keep.has_ages() => Some(Stage::Oldest(0)),
            Stage::Gone => Some(Stage::Largest),
            Stage::Oldest(room) => {
                let next = age::delete_oldest(connection, &self.keep, room, STEP)?;
                Some(next.map_or_else(|| self.after_oldest(), Stage::Oldest))
            }
            Stage::All(message) => {
                let next = age::delete_among(connection, &self.keep, message, LOOKS)?;
                Some(next.map_or(Stage::Largest, Stage::All))
            }
            Stage::Largest => self.shrink(connection)?.then_some(Stage::Largest),
        };
        self.stage = next.unwrap_or_default();
        let has_free_pages = give_back(connection)?;
        Ok(has_free_pages || next.is_some())
    }

    fn after_oldest(&mut self) -> Stage {
        let now = Instant::now();
        if now < self.all_at {
            return Stage::Largest;
        }
        self.all_at = now + ALL_EVERY;
        Stage::All(0)
    }

    /// Deletes messages of the largest rooms if the file is too large. Returns whether there may be more to do.
    fn shrink(&mut self, connection: &Connection) -> Result<bool> {
        let Some(bytes_max) = self.keep.bytes_max else {
            return Ok(false);
        };
        if bytes_in_use(connection)? <= bytes_max {
            return Ok(false);
        }
        if self.sizes.count_some(connection, LOOKS)? {
            return Ok(true);
        }
        let deleted = self.sizes.delete_some(connection, bytes_max, STEP)?;
        if deleted == STEP {
            return Ok(true);
        }
        if bytes_in_use(connection)? > bytes_max {
            // All that was counted is gone: the count was wrong, or what is no message takes so much.
            self.sizes = RoomSizes::default();
        }
        Ok(false)
    }
}

/// Gives pages that hold nothing back to the system. Returns whether there are more of them.
fn give_back(connection: &Connection) -> Result<bool> {
    let free: usize = connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
    if free > 0 {
        let mut statement = connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
        // A page is given back at each step of the statement.
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
    }
    Ok(free > PAGES)
}
