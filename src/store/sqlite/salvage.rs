//! Rows that can still be read are copied out of a broken file, around the pages that cannot.
//!
//! A table is read by ranges of its row numbers. Where a page cannot be read, what is left of the range is halved, and
//! each half is tried by itself: the halves beside the broken page are read, and those within it get ever smaller. The
//! widest ranges are tried first, so that a limit on the number of tries costs little.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, ErrorCode, Row, Statement, params_from_iter};

use super::read::host;
use crate::relay::hub::names::fold;

/// The rows of one table that were saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salvaged {
    /// The table.
    pub table: &'static str,
    /// Rows that are in the new file.
    pub rows: u64,
    /// Rows that could be read, but mean nothing.
    pub senseless: u64,
    /// Rows that could not be read. None: nobody knows how many.
    pub unreadable: Option<u64>,
}

/// The value that a column has to have.
#[derive(Clone, Copy)]
enum Kind {
    Number,
    MaybeNumber,
    Text,
    MaybeText,
    Host,
    MaybeHost,
    Any,
}

type Columns = &'static [(&'static str, Kind)];

use Kind::{Any, Host, MaybeHost, MaybeNumber, MaybeText, Number, Text};

/// All tables, rooms before those whose rows are about rooms.
const TABLES: [(&str, Columns); 8] = [
    ("setting", &[("name", Text), ("value", Any)]),
    (
        "room",
        &[
            ("id", Number),
            ("folded", Text),
            ("name", Text),
            ("made_at", Number),
            ("made_by", MaybeHost),
            ("topic", MaybeText),
            ("topic_by", MaybeText),
            ("topic_at", MaybeNumber),
            ("flags", Text),
            ("key", MaybeText),
            ("people_max", MaybeNumber),
        ],
    ),
    (
        "mask",
        &[
            ("room", Number),
            ("list", Text),
            ("mask", Text),
            ("set_by", Text),
            ("set_at", Number),
        ],
    ),
    (
        "metadata",
        &[("room", Number), ("key", Text), ("value", Text)],
    ),
    (
        "operator",
        &[
            ("room", Number),
            ("nick", Text),
            ("user", Text),
            ("host", Host),
        ],
    ),
    (
        "reader",
        &[
            ("room", Number),
            ("nick", Text),
            ("user", Text),
            ("host", Host),
            ("next_message", Number),
        ],
    ),
    (
        "message",
        &[
            ("id", Number),
            ("room", Number),
            ("at", Number),
            ("kind", Text),
            ("nick", Text),
            ("user", Text),
            ("host", Host),
            ("text", Text),
        ],
    ),
    ("gap", &[("at", Number), ("messages", Number)]),
];

/// Ranges that are tried of one table, at most. A page holds some tens of rows, so that this is for thousands of them.
const TRIES_MAX: usize = 200_000;

/// Copies what can be read of all tables into a new file, whose tables are empty.
pub(super) fn salvage(from: &Connection, to: &mut Connection) -> rusqlite::Result<Vec<Salvaged>> {
    let transaction = to.transaction()?;
    let mut rooms = Rooms {
        names: names_in_index(from),
        saved: BTreeSet::new(),
    };
    let mut all = Vec::new();
    for (table, columns) in TABLES {
        all.push(Table::new(table, columns, &transaction)?.copy(from, &mut rooms)?);
    }
    transaction.commit()?;
    Ok(all)
}

/// The rooms, by their numbers.
struct Rooms {
    /// Folded names, as far as they are known.
    names: BTreeMap<i64, String>,
    saved: BTreeSet<i64>,
}

/// The names of rooms, from the index, which may be whole where the table is not.
fn names_in_index(from: &Connection) -> BTreeMap<i64, String> {
    let mut names = BTreeMap::new();
    let Ok(mut statement) = from.prepare("SELECT rowid, folded FROM room ORDER BY folded") else {
        return names;
    };
    let Ok(mut rows) = statement.query([]) else {
        return names;
    };
    while let Ok(Some(row)) = rows.next() {
        if let (Ok(id), Ok(name)) = (row.get(0), row.get(1)) {
            names.insert(id, name);
        }
    }
    names
}

/// One table on its way.
struct Table<'c> {
    to: &'c Connection,
    columns: Columns,
    select: String,
    insert: String,
    done: Salvaged,
    /// A range could not be read to its end.
    is_torn: bool,
}

impl<'c> Table<'c> {
    fn new(table: &'static str, columns: Columns, to: &'c Connection) -> rusqlite::Result<Self> {
        let names: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
        let (names, places) = (names.join(", "), vec!["?"; columns.len()].join(", "));
        let select = match table {
            // The one table whose rows have no number. It has a handful of them.
            "setting" => format!("SELECT 0, {names} FROM setting WHERE ?1 = 0 AND ?2 > 0"),
            _ => format!(
                "SELECT rowid, {names} FROM {table} NOT INDEXED WHERE rowid BETWEEN ?1 AND ?2 ORDER BY rowid"
            ),
        };
        Ok(Self {
            to,
            columns,
            select,
            insert: format!("INSERT OR IGNORE INTO {table} ({names}) VALUES ({places})"),
            done: Salvaged {
                table,
                rows: 0,
                senseless: 0,
                unreadable: Some(0),
            },
            is_torn: false,
        })
    }

    fn copy(mut self, from: &Connection, rooms: &mut Rooms) -> rusqlite::Result<Salvaged> {
        // Without its row of the schema a table is not there, and no range of it is.
        let Ok(mut statement) = from.prepare(&self.select) else {
            self.done.unreadable = None;
            return Ok(self.done);
        };
        let mut ranges = VecDeque::from([(0, i64::MAX)]);
        let mut tries = 0;
        while let Some((low, high)) = ranges.pop_front().filter(|_| tries < TRIES_MAX) {
            tries += 1;
            let Some(next) = self.copy_range(&mut statement, low, high, rooms)? else {
                continue;
            };
            self.is_torn = true;
            if next < high && self.done.table != "setting" {
                let middle = next + (high - next) / 2;
                ranges.extend([(next, middle), (middle + 1, high)]);
            }
        }
        if self.is_torn {
            // An index may still know how many there were.
            let sql = format!("SELECT count(*) FROM {}", self.done.table);
            let count = from.query_row(&sql, [], |row| row.get::<_, u64>(0));
            let read = self.done.rows + self.done.senseless;
            self.done.unreadable = count.ok().and_then(|all| all.checked_sub(read));
        }
        Ok(self.done)
    }

    /// Copies the rows of a range; returns the number from which on they cannot be read, if it comes to that. An error
    /// is one of the new file.
    fn copy_range(
        &mut self,
        from: &mut Statement<'_>,
        low: i64,
        high: i64,
        rooms: &mut Rooms,
    ) -> rusqlite::Result<Option<i64>> {
        let Ok(mut rows) = from.query([low, high]) else {
            return Ok(Some(low));
        };
        let mut next = low;
        loop {
            match rows.next() {
                Ok(None) => return Ok(None),
                Err(_) => return Ok(Some(next)),
                Ok(Some(row)) => {
                    let number: i64 = row.get(0).unwrap_or(next);
                    next = next.max(number.saturating_add(1)).min(high);
                    self.copy_row(row, rooms)?;
                }
            }
        }
    }

    fn copy_row(&mut self, row: &Row<'_>, rooms: &mut Rooms) -> rusqlite::Result<()> {
        let Some(values) = self.values(row) else {
            self.done.senseless += 1;
            return Ok(());
        };
        if self.done.table == "message" {
            self.make_room_for(&values, rooms)?;
        }
        let mut insert = self.to.prepare_cached(&self.insert)?;
        match insert.execute(params_from_iter(&values)) {
            Ok(1) => {
                self.done.rows += 1;
                if let ("room", Some(Value::Integer(id))) = (self.done.table, values.first()) {
                    rooms.saved.insert(*id);
                }
            }
            Ok(_) => self.done.senseless += 1,
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                self.done.senseless += 1;
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The values of a row; None if one of them cannot be what its column is for.
    fn values(&self, row: &Row<'_>) -> Option<Vec<Value>> {
        let columns = self.columns.iter().zip(1..);
        let value = |((_, kind), at): (&(&str, Kind), usize)| read(*kind, row.get_ref(at).ok()?);
        columns.map(value).collect()
    }

    /// Makes a room for a message whose own was lost. Its name has blanks, so that nobody can enter it, and it was never
    /// made (`made_at` is 0), so that the server does not show it: its rules are lost as well.
    fn make_room_for(&self, message: &[Value], rooms: &mut Rooms) -> rusqlite::Result<()> {
        let Some(Value::Integer(room)) = message.get(1) else {
            return Ok(());
        };
        if rooms.saved.insert(*room) {
            let name = rooms.names.get(room).cloned();
            let name = format!("lost room {}", name.unwrap_or_else(|| room.to_string()));
            let sql = "INSERT OR IGNORE INTO room (id, folded, name, made_at, flags)
                VALUES (?, ?, ?, 0, '')";
            self.to.execute(sql, (room, fold(&name), &name))?;
        }
        Ok(())
    }
}

fn read(kind: Kind, value: ValueRef<'_>) -> Option<Value> {
    let is_legal = match (kind, value) {
        (Any, _) => true,
        (MaybeNumber | MaybeText | MaybeHost, ValueRef::Null) => true,
        (Number | MaybeNumber, ValueRef::Integer(number)) => number >= 0,
        (Text | MaybeText, ValueRef::Text(text)) => str::from_utf8(text).is_ok(),
        (Host | MaybeHost, ValueRef::Text(text)) => {
            str::from_utf8(text).is_ok_and(|text| host(text).is_ok())
        }
        _ => false,
    };
    let value = is_legal.then(|| Value::try_from(value));
    value?.ok()
}
