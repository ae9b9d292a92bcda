//! Messages under a nickname that are to be forgotten: gone at once for all who read, and from the tables in small
//! steps.
//!
//! There is no index of nicknames, so all messages are looked at. In one transaction that kept every commit waiting for
//! ten seconds and more, and a crash meanwhile forgot that anything was to be forgotten.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use crate::relay::hub::Entry;
use crate::relay::hub::names::fold;

type Result<T> = rusqlite::Result<T>;

/// The beginning of a setting's name; the folded nickname follows.
const SETTING: &str = "forget ";

/// Messages looked at in one step, and deleted. To delete one takes the index of words half a millisecond.
const LOOKS: usize = 5_000;
const DELETED_MAX: usize = 200;

/// Notes that what has been said so far under a folded nickname is to be forgotten.
pub(super) fn note(connection: &Connection, folded: &str) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO setting (name, value)
        VALUES (?, (SELECT coalesce(max(id), 0) FROM message))";
    let mut statement = connection.prepare_cached(sql)?;
    statement
        .execute([format!("{SETTING}{folded}")])
        .map(|_| ())
}

/// The nicknames, each with the number of the last message that is meant.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Unsaid(BTreeMap<String, u64>);

impl Unsaid {
    pub(super) fn load(connection: &Connection) -> Result<Self> {
        let sql = "SELECT name, value FROM setting WHERE name >= ? AND name < ?";
        let mut statement = connection.prepare_cached(sql)?;
        // The first name that no longer begins so.
        let end = format!("{}!", SETTING.trim_end());
        let rows = statement.query_map([SETTING, &*end], |row| {
            let name: String = row.get(0)?;
            Ok((name[SETTING.len()..].to_owned(), row.get(1)?))
        })?;
        rows.collect::<Result<_>>().map(Self)
    }

    /// Returns whether a message is to be forgotten.
    pub(super) fn has(&self, entry: &Entry) -> bool {
        !self.0.is_empty() && self.means(entry.id.0, &entry.from)
    }

    fn means(&self, id: u64, nick: &str) -> bool {
        let last = self.0.get(&fold(nick));
        last.is_some_and(|last| id <= *last)
    }
}

/// Goes through all messages, and deletes those that are to be forgotten.
#[derive(Debug, Default)]
pub(super) struct Forgetting {
    names: Unsaid,
    /// Number of the last message that was looked at.
    after: u64,
}

impl Forgetting {
    /// Does one step. Returns whether there was something to do.
    pub(super) fn step(&mut self, connection: &mut Connection) -> Result<bool> {
        let names = Unsaid::load(connection)?;
        if names.0.is_empty() {
            return Ok(false);
        }
        if names != self.names {
            // Of a name that is new, nothing has been looked at.
            (self.names, self.after) = (names, 0);
        }
        let transaction = connection.transaction()?;
        let (after, is_all) = self.delete_some(&transaction)?;
        if is_all {
            for (name, last) in &self.names.0 {
                let sql = "DELETE FROM setting WHERE name = ? AND value = ?";
                transaction.execute(sql, params![format!("{SETTING}{name}"), last])?;
            }
        }
        transaction.commit()?;
        self.after = after;
        Ok(true)
    }

    /// Deletes some messages. Returns the number of the last one that was looked at, and whether it was the last of all.
    fn delete_some(&self, connection: &Connection) -> Result<(u64, bool)> {
        let sql = "SELECT id, nick FROM message WHERE id > ? ORDER BY id LIMIT ?";
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![self.after, LOOKS as i64])?;
        let (mut after, mut looks, mut meant) = (self.after, 0, Vec::new());
        while let Some(row) = rows.next()? {
            looks += 1;
            after = row.get(0)?;
            if self.names.means(after, row.get_ref(1)?.as_str()?) {
                meant.push(after);
            }
            if meant.len() == DELETED_MAX {
                break;
            }
        }
        drop(rows);
        let is_all = looks < LOOKS && meant.len() < DELETED_MAX;
        let mut delete = connection.prepare_cached("DELETE FROM message WHERE id = ?")?;
        for id in meant {
            delete.execute([id])?;
        }
        Ok((after, is_all))
    }
}
