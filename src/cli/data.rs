//! `--data`: the file that the chat is kept in, or none.

use std::fs::DirBuilder;
use std::path::{Path, PathBuf};

use parloir::describe;
use parloir::store::{SqliteStore, StoreError, Summary};

/// The value of `--data` that asks for no file.
const NONE: &str = "none";

/// The file for the chat, if it is kept in one, and a line for the announcement.
pub(super) struct Data {
    pub(super) store: Option<SqliteStore>,
    pub(super) line: String,
}

/// Opens the file that was asked for, or the default one. That one is no reason not to serve: if it cannot be had,
/// the chat is kept in memory, and the log says why.
pub(super) fn open(asked: Option<&Path>) -> Result<Data, String> {
    match asked {
        Some(path) if path == Path::new(NONE) => Ok(in_memory()),
        Some(path) => match SqliteStore::open(path) {
            Ok(store) => Ok(in_file(store, path)),
            Err(error) => Err(advise(&error)),
        },
        None => Ok(open_default().unwrap_or_else(|why| {
            log::warn!("{why}; the chat is kept in memory");
            in_memory()
        })),
    }
}

fn in_memory() -> Data {
    Data {
        store: None,
        line: String::from("The chat is kept in memory, and is gone when the server stops."),
    }
}

fn in_file(store: SqliteStore, path: &Path) -> Data {
    let Summary { rooms, messages } = store.summary();
    let plural = |count| if count == 1 { "" } else { "s" };
    Data {
        line: format!(
            "The chat is kept in {}: {rooms} room{} and {messages} message{} so far.",
            path.display(),
            plural(rooms),
            plural(messages)
        ),
        store: Some(store),
    }
}

fn open_default() -> Result<Data, String> {
    let folder = folder(|name| std::env::var_os(name).map(PathBuf::from));
    let folder = folder.ok_or("there is no folder for data: HOME is not set (see --data)")?;
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made = builder.create(&folder);
    made.map_err(|error| format!("cannot make {}: {}", folder.display(), describe(&error)))?;
    let path = folder.join("chat.db");
    let store = SqliteStore::open(&path).map_err(|error| advise(&error))?;
    Ok(in_file(store, &path))
}

/// The default folder: systemd's, or else parloir's own in the user's folder for state (XDG Base Directory
/// Specification).
fn folder(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let set = |name| variable(name).filter(|path| path.is_absolute());
    if let Some(folder) = set("STATE_DIRECTORY") {
        return Some(folder);
    }
    let state = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")))?;
    Some(state.join("parloir"))
}

fn advise(error: &StoreError) -> String {
    let advice = match error {
        StoreError::InUse { .. } => "stop that one, or use --data with another file or none",
        StoreError::TooNew { .. } => "use that parloir, or --data with another file",
        StoreError::Broken { .. } => "move it away to begin anew, or use --data with another file",
        _ => "use --data with another file or none",
    };
    format!("{error} ({advice})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_folder_is_the_platform_s() {
        for (set, expected) in [
            (
                &[("STATE_DIRECTORY", "/var/lib/parloir"), ("HOME", "/root")][..],
                Some("/var/lib/parloir"),
            ),
            (
                &[("XDG_STATE_HOME", "/x"), ("HOME", "/h")],
                Some("/x/parloir"),
            ),
            (
                &[("XDG_STATE_HOME", "relative"), ("HOME", "/h")],
                Some("/h/.local/state/parloir"),
            ),
            (&[("HOME", "/h")], Some("/h/.local/state/parloir")),
            (&[], None),
        ] {
            let variable = |name: &str| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| PathBuf::from(value))
            };
            assert_eq!(folder(variable), expected.map(PathBuf::from), "{set:?}");
        }
    }
}
