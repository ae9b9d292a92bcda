//! A relay with a store of your own: here a text file with a line for each message, from which the rooms come back.
//!
//! ```text
//! cargo run --example remember chat.txt
//! ```
//!
//! The store that `parloir` itself uses is an SQLite file: `parloir::store::SqliteStore`, with the feature `store`.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

use parloir::relay::hub::{Change, Entry, Flag, MessageId, RoomRecord};
use parloir::store::{Abilities, Asked, Found, LoadLimits, Question, Saved, Store, StoreError};
use parloir::{Relay, RelayConfig, Server, ServerConfig, Tag};

enum Work {
    Line(String),
    Question(Asked),
}

/// Keeps the messages of all rooms, and nothing else of them.
struct TextFile {
    path: PathBuf,
    /// Work for the thread that has the file: the loop never waits for a disk.
    work: Option<Sender<Work>>,
    thread: Option<JoinHandle<()>>,
}

impl TextFile {
    fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            work: None,
            thread: None,
        }
    }

    fn unusable(&self, error: &std::io::Error) -> StoreError {
        StoreError::Unusable {
            path: self.path.clone(),
            why: error.to_string(),
        }
    }
}

impl Store for TextFile {
    fn load(&mut self, limits: LoadLimits) -> Result<Saved, StoreError> {
        let text = match fs::read_to_string(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            other => other.map_err(|error| self.unusable(&error))?,
        };
        let mut saved = Saved::default();
        for (room, entry) in text.lines().map(read) {
            saved.next_id = saved.next_id.max(MessageId(entry.id.0 + 1));
            match saved.rooms.iter_mut().find(|(it, _)| it.name == room) {
                Some((_, history)) => history.push(entry),
                None => saved.rooms.push((record(room), vec![entry])),
            }
        }
        for (_, history) in &mut saved.rooms {
            history.drain(..history.len().saturating_sub(limits.lines_max));
        }
        let mut file = open(&self.path).map_err(|error| self.unusable(&error))?;
        let (to, from) = channel();
        self.work = Some(to);
        let path = self.path.clone();
        self.thread = Some(thread::spawn(move || {
            for work in from {
                match work {
                    Work::Line(line) => {
                        if let Err(error) = file.write_all(line.as_bytes()) {
                            eprintln!("a line is not kept: {error}");
                        }
                    }
                    Work::Question(asked) => answer(&path, asked),
                }
            }
        }));
        Ok(saved)
    }

    fn keep(&mut self, changes: &mut Vec<Change>) {
        for change in changes.drain(..) {
            if let (Change::Said { room, entry }, Some(work)) = (change, &self.work) {
                let Entry {
                    id,
                    unix_us,
                    from,
                    text,
                    ..
                } = entry;
                let text = text.replace('\n', "\u{2028}");
                // A thread that is gone has said why.
                let line = format!("{room}\t{}\t{unix_us}\t{from}\t{text}\n", id.0);
                let _ = work.send(Work::Line(line));
            }
        }
    }

    /// Without this, people could only go back as far as the relay remembers.
    fn abilities(&self) -> Abilities {
        Abilities {
            has_history: true,
            has_search: false,
        }
    }

    /// Behind all lines so far, in the same queue: the answer has them all.
    fn ask(&mut self, asked: Asked) {
        if let Some(work) = &self.work {
            let _ = work.send(Work::Question(asked));
        }
    }
}

/// Finds the messages that are meant: the relay's own choice among all of the room, from the whole file.
fn answer(path: &Path, asked: Asked) {
    let Question::Page {
        room,
        selection,
        limit,
    } = asked.question()
    else {
        return;
    };
    let text = fs::read_to_string(path).unwrap_or_default();
    let all = text
        .lines()
        .map(read)
        .filter(|(name, _)| *name == room.room);
    let all: Vec<Entry> = all.map(|(_, entry)| entry).collect();
    let entries: Vec<&Entry> = all.iter().filter(|it| it.id >= room.first_id).collect();
    let found = |entry: &Entry| Found {
        room: room.room.clone(),
        entry: entry.clone(),
    };
    let chosen = selection
        .of(&entries, *limit)
        .into_iter()
        .map(found)
        .collect();
    asked.answer(Ok(chosen));
}

/// A line as it was written: the room, and the message.
fn read(line: &str) -> (&str, Entry) {
    let mut words = line.splitn(5, '\t');
    let mut next = || words.next().unwrap_or_default();
    let room = next();
    let entry = Entry {
        id: MessageId(next().parse().unwrap_or(0)),
        unix_us: next().parse().unwrap_or(0),
        from: next().into(),
        text: next().replace('\u{2028}', "\n"),
        ..Entry::default()
    };
    (room, entry)
}

/// Waits until the last line is written.
impl Drop for TextFile {
    fn drop(&mut self) {
        self.work = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// A room as it is when it is new.
fn record(name: &str) -> RoomRecord {
    RoomRecord {
        name: name.into(),
        made_at: 0,
        made_by: None,
        topic: None,
        flags: vec![Flag::NoExternal],
        key: None,
        limit: None,
        masks: Vec::new(),
        metadata: Vec::new(),
        operators: Vec::new(),
        readers: Vec::new(),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "chat.txt".into());
    let store = TextFile::new(Path::new(&path));
    let relay = Relay::new(RelayConfig::default())?.with_store(store)?;
    let mut server = Server::new(relay, ServerConfig::default())?;
    let address = server.listen(SocketAddr::from(([127, 0, 0, 1], 0)), Tag::default())?;
    println!("listening on {address}");
    let handle = server.handle();
    // Ends in good order when standard input does.
    thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = handle.stop();
    });
    server.run()?;
    Ok(())
}
