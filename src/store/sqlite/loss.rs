//! Messages that could not be kept: counted by room while the disk takes nothing, and written down where they are
//! missing once it does.
//!
//! In the past of its room, a message in the server's name stands for them: `37 lines were not kept here`. It has the
//! number of the last of them, so that it is in their place. Nobody else can be called `server`.

use std::collections::BTreeMap;
use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, params};

use super::words;
use crate::relay::hub::{Change, Host, MessageId, Speech};

type Result<T> = rusqlite::Result<T>;

/// The nickname of the message that stands for those that are missing. It is reserved.
const BY: &str = "server";

/// The messages of one room that were left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Loss {
    messages: u64,
    /// The number and the time of the last one.
    last: MessageId,
    unix_us: u64,
}

/// Messages that were left out and are not written down yet, by folded room. Both ends of the queue have it, and use it only when
/// the disk has failed.
#[derive(Clone, Debug, Default)]
pub(super) struct Losses(Arc<Mutex<BTreeMap<String, Loss>>>);

impl Losses {
    /// Counts the messages among changes that are left out.
    pub(super) fn note(&self, changes: &[Change]) {
        let mut losses = self.lock();
        for change in changes {
            if let Change::Said { room, entry } = change {
                let messages = losses.get(room).map_or(0, |loss| loss.messages) + 1;
                let loss = Loss {
                    messages,
                    last: entry.id,
                    unix_us: entry.unix_us,
                };
                losses.insert(room.clone(), loss);
            }
        }
    }

    /// Writes down what was left out. Returns the number of messages.
    pub(super) fn write(&self, connection: &mut Connection) -> Result<u64> {
        let losses = take(&mut *self.lock());
        let written = write(connection, &losses);
        if written.is_err() {
            let mut again = self.lock();
            for (room, loss) in losses {
                let messages = again.get(&room).map_or(0, |newer| newer.messages);
                let newer = again.entry(room).or_insert(loss);
                newer.messages = messages + loss.messages;
            }
        }
        written
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Loss>> {
        // A count is right whatever happened to whoever held it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write(connection: &mut Connection, losses: &BTreeMap<String, Loss>) -> Result<u64> {
    let messages: u64 = losses.values().map(|loss| loss.messages).sum();
    if messages == 0 {
        return Ok(0);
    }
    let transaction = connection.transaction()?;
    let sql = "INSERT INTO gap (at, messages) VALUES (unixepoch(), ?)";
    transaction.execute(sql, [messages])?;
    for (room, loss) in losses {
        let find = "SELECT id FROM room WHERE folded = ?";
        let found = transaction.query_row(find, [room], |row| row.get::<_, i64>(0));
        // A room that is gone by now has no past.
        if let Some(room) = found.optional()? {
            mark(&transaction, room, loss)?;
        }
    }
    transaction.commit()?;
    Ok(messages)
}

/// Puts a message in the place of those that are missing.
fn mark(connection: &Connection, room: i64, loss: &Loss) -> Result<()> {
    let text = match loss.messages {
        1 => String::from("1 line was not kept here"),
        messages => format!("{messages} lines were not kept here"),
    };
    let sql = "INSERT OR IGNORE INTO message (id, room, at, kind, nick, user, host, text)
        VALUES (?, ?, ?, ?, ?, '', ?, ?)";
    let (kind, host) = (words::kind(Speech::Notice), Host::LOCAL.to_string());
    let values = params![loss.last.0, room, loss.unix_us, kind, BY, host, text];
    connection.execute(sql, values).map(|_| ())
}
