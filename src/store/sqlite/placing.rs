//! The numbers of messages that come from elsewhere: in each room they rise with the time, beside those that it has.
//!
//! ```text
//! 1 ── four numbers a second since 1988 ── 2^33 ── a server's first start ── 2^32 more: its second ── …
//!      messages older than those of servers         ▲ what was said between two starts fits between them
//! ```
//!
//! A message keeps the number that it has if that is free and in order. Otherwise it gets the number of its time, or the
//! next one that is free between its neighbours. While a server ran, its numbers leave no gaps: what would have to go
//! there has no place, and is counted.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use rusqlite::{Connection, OptionalExtension, Row, Rows};

/// How the messages of one room were placed.
#[derive(Debug, Default)]
pub(super) struct Placed {
    pub(super) messages: u64,
    pub(super) known: u64,
    pub(super) without_place: u64,
    /// Time of the first message that has a place.
    pub(super) oldest_us: u64,
}

/// Numbers from here on are not kept, or those of later starts would become too large for the tables.
const KEPT_MAX: i64 = 1 << 52;
/// The first number of a server's first start.
const SERVERS: i64 = 2 << 32;
/// 1988, when IRC began, in microseconds since 1970.
const FIRST_US: u64 = 567_993_600_000_000;
/// Microseconds for which there is one number.
const NUMBER_US: u64 = 250_000;
const SECOND_US: u64 = 1_000_000;
/// The least time between two messages of a room, as the hub has it.
const APART_US: u64 = 1_000;

/// A message that the room has already.
#[derive(Clone, Copy, Default)]
struct Old {
    id: i64,
    at: u64,
    digest: u64,
}

impl Old {
    /// Behind all messages.
    const END: Self = Self {
        id: i64::MAX,
        at: u64::MAX,
        digest: 0,
    };
}

/// Finds a number for each message that came in for a room, in the order of their times, and writes it into
/// `temp.placed`.
pub(super) fn place(
    connection: &Connection,
    incoming: i64,
    room: Option<i64>,
) -> rusqlite::Result<Placed> {
    let sql = "SELECT id, at, kind, nick, text FROM message WHERE room = ? ORDER BY id";
    let mut standing = connection.prepare(sql)?;
    let mut standing = Standing::new(standing.query([room])?)?;
    let sql =
        "SELECT id, at, kind, nick, text, seq FROM temp.incoming WHERE room = ? ORDER BY at, seq";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([incoming])?;
    let mut write = connection.prepare("INSERT INTO temp.placed (seq, id, at) VALUES (?, ?, ?)")?;
    let mut numbers = Numbers::new(connection);
    let (mut placed, mut last) = (Placed::default(), Old::default());
    while let Some(row) = rows.next()? {
        let new = standing.read(row)?;
        standing.go_to(new.at / SECOND_US)?;
        if standing.has(new.digest) {
            placed.known += 1;
            continue;
        }
        // A time without a number is one of a log, which has no parts of a second or none at all.
        let is_exact = new.id > 0;
        let (mut low, high) = standing.neighbours(new.at, is_exact);
        if last.id > low.id {
            low = last;
        }
        let at = match is_exact {
            true => new.at,
            false => new.at.max(low.at.saturating_add(APART_US)).min(high.at),
        };
        let Some(id) = numbers.find(new.id, at, low.id, high.id)? else {
            placed.without_place += 1;
            continue;
        };
        write.execute((row.get::<_, i64>(5)?, id, at))?;
        if placed.messages == 0 {
            placed.oldest_us = at;
        }
        placed.messages += 1;
        last = Old { id, at, digest: 0 };
    }
    Ok(placed)
}

/// The messages that a room has, gone through beside those that come in.
struct Standing<'s> {
    rows: Rows<'s>,
    hasher: RandomState,
    /// The last one before the second that is looked at.
    before: Old,
    /// All of that second.
    within: Vec<Old>,
    /// How many of that second have each digest, and were not met among those that come in.
    unmet: HashMap<u64, u32>,
    second: u64,
    /// The first one behind.
    next: Option<Old>,
}

impl<'s> Standing<'s> {
    fn new(rows: Rows<'s>) -> rusqlite::Result<Self> {
        let mut standing = Self {
            rows,
            hasher: RandomState::new(),
            before: Old::default(),
            within: Vec::new(),
            unmet: HashMap::new(),
            second: 0,
            next: None,
        };
        standing.advance()?;
        Ok(standing)
    }

    fn advance(&mut self) -> rusqlite::Result<()> {
        self.next = match self.rows.next()? {
            Some(row) => Some(read(&self.hasher, row)?),
            None => None,
        };
        Ok(())
    }

    fn read(&self, row: &Row<'_>) -> rusqlite::Result<Old> {
        read(&self.hasher, row)
    }

    /// Goes on to a second that is not before the last one.
    fn go_to(&mut self, second: u64) -> rusqlite::Result<()> {
        if second != self.second {
            self.before = self.within.last().copied().unwrap_or(self.before);
            self.within.clear();
            self.unmet.clear();
            self.second = second;
        }
        while let Some(next) = self.next.filter(|next| next.at / SECOND_US <= second) {
            if next.at / SECOND_US == second {
                self.within.push(next);
                *self.unmet.entry(next.digest).or_default() += 1;
            } else {
                // Behind one of this second only if a clock was set back.
                self.before = next;
            }
            self.advance()?;
        }
        Ok(())
    }

    /// Returns whether the same was said in this second, once more than was asked before.
    fn has(&mut self, digest: u64) -> bool {
        match self.unmet.get_mut(&digest) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }

    /// The messages between which one of this second belongs: by its exact time, or else behind all of the second.
    fn neighbours(&self, at: u64, is_exact: bool) -> (Old, Old) {
        let behind = match is_exact {
            true => self.within.partition_point(|old| old.at <= at),
            false => self.within.len(),
        };
        let low = match behind.checked_sub(1) {
            Some(last) => self.within.get(last).copied(),
            None => None,
        };
        let high = self.within.get(behind).copied().or(self.next);
        (low.unwrap_or(self.before), high.unwrap_or(Old::END))
    }
}

fn read(hasher: &RandomState, row: &Row<'_>) -> rusqlite::Result<Old> {
    let text = |column| {
        row.get_ref(column)
            .map(|it| it.as_bytes().unwrap_or_default())
    };
    let said = (text(2)?, text(3)?, text(4)?);
    Ok(Old {
        id: row.get(0)?,
        at: row.get(1)?,
        digest: hasher.hash_one(said),
    })
}

/// Numbers that are free.
struct Numbers<'c> {
    connection: &'c Connection,
    /// The last search that found nothing: from where, and up to where. It need not be done again.
    full: Option<(i64, i64)>,
}

impl<'c> Numbers<'c> {
    fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            full: None,
        }
    }

    /// A free number between two others: the one that is wanted, or else one that goes with the time, or else any.
    fn find(&mut self, wanted: i64, at: u64, low: i64, high: i64) -> rusqlite::Result<Option<i64>> {
        if low < wanted && wanted < high.min(KEPT_MAX) && self.is_free(wanted)? {
            return Ok(Some(wanted));
        }
        let by_time = by_time(at).max(low.saturating_add(1));
        match self.first_free(by_time, high)? {
            None if by_time - 1 > low => self.first_free(low + 1, high),
            found => Ok(found),
        }
    }

    fn is_free(&self, id: i64) -> rusqlite::Result<bool> {
        let sql = "SELECT 1 FROM message WHERE id = ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let found = statement.query_row([id], |_| Ok(())).optional()?;
        Ok(found.is_none())
    }

    fn first_free(&mut self, from: i64, high: i64) -> rusqlite::Result<Option<i64>> {
        let is_full = |(begin, end)| begin <= from && end == high;
        if from >= high || self.full.is_some_and(is_full) {
            return Ok(None);
        }
        let sql = "SELECT id FROM message WHERE id >= ? ORDER BY id";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([from])?;
        let mut free = from;
        while free < high
            && let Some(row) = rows.next()?
            && row.get::<_, i64>(0)? == free
        {
            free += 1;
        }
        if free < high {
            return Ok(Some(free));
        }
        self.full = Some((from, high));
        Ok(None)
    }
}

/// The number of a time. All of them are below those of servers.
fn by_time(at: u64) -> i64 {
    let number = at.saturating_sub(FIRST_US) / NUMBER_US;
    i64::try_from(number)
        .unwrap_or(i64::MAX)
        .clamp(1, SERVERS - 1)
}
