//! Messages by their words: the index, and a search in it.
//!
//! The index is SQLite's FTS5. It has the numbers of messages for each word, and no text of its own; triggers keep it in
//! step with the messages, so that what is taken back or deleted is found no more. The room is a word as well: a search
//! in one room of a thousand does not go through the others.

use rusqlite::{Connection, OptionalExtension, ToSql, params_from_iter};

use super::page::{StoredRoom, stored_room};
use super::read::{ENTRY, entry};
use super::unsaid::Unsaid;
use crate::relay::hub::ArchiveKey;
use crate::relay::hub::names::fold;
use crate::store::{Found, SearchTerms};

type Result<T> = rusqlite::Result<T>;

/// The index and its triggers. Of the messages that were there before, those up to `words_done` are in it, and those
/// from there up to `words_before` are not yet: an index must not be told to forget what it does not have, or to learn
/// twice what it has.
const MAKE: &str = "
    CREATE VIRTUAL TABLE message_words USING fts5(
        text, room, content = 'message', content_rowid = 'id', columnsize = 0,
        tokenize = 'unicode61 remove_diacritics 2'
    );
    INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1);
    INSERT OR REPLACE INTO setting VALUES ('words_done', -1),
        ('words_before', (SELECT coalesce(max(id), -1) FROM message));
    CREATE TRIGGER message_words_insert AFTER INSERT ON message
    WHEN new.id <= (SELECT value FROM setting WHERE name = 'words_done')
        OR new.id > (SELECT value FROM setting WHERE name = 'words_before') BEGIN
        INSERT INTO message_words (rowid, text, room) VALUES (new.id, new.text, new.room);
    END;
    CREATE TRIGGER message_words_delete AFTER DELETE ON message
    WHEN old.id <= (SELECT value FROM setting WHERE name = 'words_done')
        OR old.id > (SELECT value FROM setting WHERE name = 'words_before') BEGIN
        INSERT INTO message_words (message_words, rowid, text, room)
        VALUES ('delete', old.id, old.text, old.room);
    END;
    CREATE TRIGGER message_words_update AFTER UPDATE ON message
    WHEN old.id <= (SELECT value FROM setting WHERE name = 'words_done')
        OR old.id > (SELECT value FROM setting WHERE name = 'words_before') BEGIN
        INSERT INTO message_words (message_words, rowid, text, room)
        VALUES ('delete', old.id, old.text, old.room);
        INSERT INTO message_words (rowid, text, room) VALUES (new.id, new.text, new.room);
    END;
";

const REMOVE: &str = "
    DROP TRIGGER message_words_insert;
    DROP TRIGGER message_words_delete;
    DROP TRIGGER message_words_update;
    DROP TABLE message_words;
    DELETE FROM setting WHERE name IN ('words_done', 'words_before');
";

/// Messages that come into the index in one step. It takes some tens of milliseconds, in which lines that come are not
/// committed yet.
const STEP: usize = 2_000;

/// Begins the index of all words, or removes it. [`index_some`] fills it.
pub(super) fn set_index(connection: &mut Connection, is_on: bool) -> Result<()> {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'message_words'";
    let count: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    if (count > 0) == is_on {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    transaction.execute_batch(if is_on { MAKE } else { REMOVE })?;
    transaction.commit()
}

/// Puts some messages into the index that were there before it. Returns whether there are more.
pub(super) fn index_some(connection: &mut Connection) -> Result<bool> {
    let transaction = connection.transaction()?;
    let sql = "SELECT max(id) FROM (SELECT id FROM message
        WHERE id > (SELECT value FROM setting WHERE name = 'words_done')
            AND id <= (SELECT value FROM setting WHERE name = 'words_before')
        ORDER BY id LIMIT ?)";
    let last: Option<i64> = transaction.query_row(sql, [STEP as i64], |row| row.get(0))?;
    let done = "UPDATE setting SET value = ? WHERE name = 'words_done'";
    if let Some(last) = last {
        let add = "INSERT INTO message_words (rowid, text, room) SELECT id, text, room FROM message
            WHERE id > (SELECT value FROM setting WHERE name = 'words_done') AND id <= ?";
        transaction.execute(add, [last])?;
        transaction.execute(done, [last])?;
    } else {
        // Messages that come in between later, as imported ones do, are in it at once.
        let all =
            "UPDATE setting SET value = (SELECT value FROM setting WHERE name = 'words_before')
            WHERE name = 'words_done'";
        transaction.execute(all, [])?;
    }
    transaction.commit()?;
    Ok(last.is_some())
}

/// Returns whether all messages are in the index.
pub(super) fn is_ready(connection: &Connection) -> Result<bool> {
    let sql = "SELECT value = (SELECT value FROM setting WHERE name = 'words_before')
        FROM setting WHERE name = 'words_done'";
    let mut statement = connection.prepare_cached(sql)?;
    let is_ready = statement.query_row([], |row| row.get(0)).optional()?;
    Ok(is_ready.unwrap_or(false))
}

/// Finds the newest messages that the terms are true of, the oldest of them first; none if the terms mean nothing.
pub(super) fn find(
    connection: &Connection,
    keys: &[ArchiveKey],
    terms: &SearchTerms,
    limit: usize,
) -> Result<Option<Vec<Found>>> {
    let words = expression(&terms.words);
    let is_bare = words.is_none() && terms.from.is_none();
    if is_bare || (words.is_none() && !terms.words.trim().is_empty()) {
        return Ok(None);
    }
    let mut rooms = Vec::new();
    for key in keys {
        rooms.extend(stored_room(connection, key)?);
    }
    if rooms.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let (sql, values) = statement(&rooms, words.as_deref(), terms);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let (mut found, unsaid) = (Vec::new(), Unsaid::load(connection)?);
    while found.len() < limit
        && let Some(row) = rows.next()?
    {
        let entry = entry(row)?;
        let is_meant = |from: &String| fold(&entry.from) == *from;
        if terms.from.as_ref().is_none_or(is_meant) && !unsaid.has(&entry) {
            let room = row.get("folded")?;
            found.push(Found { room, entry });
        }
    }
    found.reverse();
    Ok(Some(found))
}

/// The question in SQL, the newest message first, and its values.
fn statement(
    rooms: &[StoredRoom],
    words: Option<&str>,
    terms: &SearchTerms,
) -> (String, Vec<Box<dyn ToSql>>) {
    let either = |part: fn(&StoredRoom) -> String| {
        let parts: Vec<_> = rooms.iter().map(part).collect();
        parts.join(" OR ")
    };
    let readable =
        either(|it| format!("(message.room = {} AND message.id >= {})", it.id, it.first));
    let mut sql = format!("SELECT {ENTRY}, room.folded FROM message ");
    let mut values: Vec<Box<dyn ToSql>> = Vec::new();
    if let Some(words) = words {
        let places = either(|it| format!("\"{}\"", it.id));
        values.push(Box::new(format!("room : ({places}) AND text : ({words})")));
        sql += "JOIN message_words ON message_words.rowid = message.id ";
    }
    sql += "JOIN room ON room.id = message.room WHERE ";
    if words.is_some() {
        sql += "message_words MATCH ? AND ";
    }
    sql += &format!("({readable})");
    for (condition, ms) in [(">=", terms.after.map(|ms| ms + 1)), ("<", terms.before)] {
        if let Some(ms) = ms {
            sql += &format!(" AND message.at {condition} ?");
            values.push(Box::new(
                i64::try_from(ms.saturating_mul(1000)).unwrap_or(i64::MAX),
            ));
        }
    }
    sql += match words {
        Some(_) => " ORDER BY message_words.rowid DESC",
        None => " ORDER BY message.id DESC",
    };
    (sql, values)
}

/// Words of one search. A line has room for two thousand, each of which takes memory of its own.
const WORDS_MAX: usize = 16;

/// The words as an expression of FTS5, each quoted, so that none means anything to it; none if there is no word.
fn expression(text: &str) -> Option<String> {
    let mut parts = Vec::new();
    // Every second piece stood between quotes.
    for (n, piece) in text.split('"').enumerate() {
        match n % 2 {
            0 => parts.extend(piece.split_whitespace().filter_map(quoted)),
            _ => parts.extend(quoted(piece)),
        }
    }
    parts.truncate(WORDS_MAX);
    (!parts.is_empty()).then(|| parts.join(" AND "))
}

fn quoted(piece: &str) -> Option<String> {
    let (piece, star) = match piece.strip_suffix('*') {
        Some(begin) => (begin, "*"),
        None => (piece, ""),
    };
    // Signs alone are no word, and a phrase without words would match nothing.
    let is_word = piece.chars().any(char::is_alphanumeric);
    let piece = piece.replace('\0', " ");
    is_word.then(|| format!("\"{piece}\"{star}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_whatever_they_are() {
        for (text, expected) in [
            ("release", Some("\"release\"")),
            (" new  release ", Some("\"new\" AND \"release\"")),
            ("\"new release\" NOT", Some("\"new release\" AND \"NOT\"")),
            ("rel*", Some("\"rel\"*")),
            ("c++ text:x OR", Some("\"c++\" AND \"text:x\" AND \"OR\"")),
            ("\"unended phrase", Some("\"unended phrase\"")),
            ("a\0b", Some("\"a b\"")),
            ("++ -- *", None),
            ("\"\"", None),
            ("", None),
        ] {
            assert_eq!(expression(text).as_deref(), expected, "{text:?}");
        }
    }
}
