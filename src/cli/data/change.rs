//! `parloir data prune` and `repair`: what changes a file, while no server has it.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use parloir::store::{Retention, Salvaged, StoreEditor, repair as save};

use super::export::find_room;
use super::words::{advise, count, size};
use super::{look, print};
use crate::cli::units;

#[derive(Debug, Args)]
pub(super) struct PruneOptions {
    /// Delete messages that are older, such as 90d
    #[arg(long, value_name = "TIME", value_parser = units::time, required_unless_present = "keep_bytes")]
    keep: Option<Duration>,
    /// Delete the oldest messages until the file is no larger, such as 1GiB
    #[arg(long, value_name = "SIZE", value_parser = units::size)]
    keep_bytes: Option<usize>,
    /// Messages of this room only
    #[arg(long, value_name = "ROOM")]
    room: Option<String>,
}

/// Deletes messages, and says how many, and how large the file is now.
pub(super) fn prune(path: &Path, options: &PruneOptions) -> Result<u8, String> {
    let room = match &options.room {
        Some(room) => Some(find_room(&look(path)?, room)?),
        None => None,
    };
    let mut keep = Retention::default();
    // 0 is no limit, as it is for the server.
    keep.age_max = options.keep.filter(|age| !age.is_zero());
    keep.bytes_max = options.keep_bytes.map(|it| it as u64).filter(|it| *it > 0);
    let mut editor = StoreEditor::open(path).map_err(|error| advise(&error))?;
    let pruned = editor.prune(room.as_deref(), &keep);
    let pruned = pruned.map_err(|error| advise(&error))?;
    print(&format!(
        "{} deleted; {} is {} now, and was {}\n",
        count(pruned.messages, "message"),
        path.display(),
        size(pruned.bytes),
        size(pruned.bytes_before)
    ))
}

/// Saves what can be read of a broken file, and says what that is.
pub(super) fn repair(path: &Path, to: Option<&Path>) -> Result<u8, String> {
    let repaired = save(path, to).map_err(|error| advise_broken(&advise(&error)))?;
    let path = path.display();
    let Some(repaired) = repaired else {
        return print(&format!("{path} is whole: there is nothing to repair\n"));
    };
    let mut text = format!("{path} was broken: {}\n", repaired.fault);
    for table in &repaired.tables {
        text.push_str(&saved(table));
    }
    text += &match repaired.aside {
        Some(aside) => format!("the broken file is {} now\n", aside.display()),
        None => format!(
            "the new file is {}, and {path} is as it was\n",
            repaired.file.display()
        ),
    };
    print(&text)
}

/// An error, without the advice to do what was just tried.
fn advise_broken(error: &str) -> String {
    let again = "parloir data repair saves what can be read";
    error.replace(again, "go back to a copy, or move it away to begin anew")
}

/// A line about one table; none if there was nothing in it.
fn saved(table: &Salvaged) -> String {
    let what = match table.table {
        "setting" => "fact of the server",
        "room" => "room",
        "mask" => "ban and the like",
        "metadata" => "value of a room",
        "operator" => "operator",
        "reader" => "program that had left",
        "message" => "message",
        _ => "note of messages that were not kept",
    };
    let mut parts = Vec::new();
    if table.rows > 0 {
        parts.push(format!("{} saved", table.rows));
    }
    match table.unreadable {
        Some(0) => {}
        Some(number) => parts.push(format!("{number} could not be read")),
        None => parts.push(String::from("nobody knows how many could not be read")),
    }
    if table.senseless > 0 {
        parts.push(format!("{} made no sense", table.senseless));
    }
    match parts.is_empty() {
        true => String::new(),
        false => format!("{what}: {}\n", parts.join(", ")),
    }
}
